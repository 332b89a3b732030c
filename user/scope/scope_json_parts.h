/* SPDX-License-Identifier: GPL-2.0 */
/* What the files scope_json*.c share. */
#ifndef SLUICE_SCOPE_SCOPE_JSON_PARTS_H
#define SLUICE_SCOPE_SCOPE_JSON_PARTS_H

#include "../lib/json_set.h"
#include "cpu.h"
#include "scope.h"

static inline void append_int(json_t *array, uint64_t value)
{
	json_array_append_new(array, json_integer((json_int_t)value));
}

/* ---- scope_json_flows.c ---- */

/* Those with most bytes. */
json_t *scope_flows_json(const struct scope *scope, uint32_t top_flows);
/* All flows of a direction together: losses, ACKs, round trips. */
json_t *scope_lane_tcp_json(const struct scope *scope, uint32_t direction);
/* Jain's index over time. */
json_t *scope_fairness_json(const struct scope *scope);

/* ---- scope_json_rate.c ---- */

/* Against the rate that was to be kept. */
json_t *scope_commanded_json(const struct sluice_commanded *commanded);

/* ---- scope_json_cpu.c ---- */

/* The processors meanwhile. */
json_t *scope_cpu_json(const struct scope_cpu *cpu);

/* ---- scope_json_part.c ---- */

/* Of traffic of which not all was seen: what is not known then becomes null. */
void scope_json_keep_seen(json_t *object);

/* Of a file that is a part (scope_is_one_piece()): what takes the whole span becomes null. */
void scope_json_drop_span(json_t *object);

#endif
