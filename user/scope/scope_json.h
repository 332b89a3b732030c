/* SPDX-License-Identifier: GPL-2.0 */
/* What a scope found, as JSON with the unit in every key. */
#ifndef SLUICE_SCOPE_JSON_H
#define SLUICE_SCOPE_JSON_H

#include <jansson.h>

#include "join.h"
#include "scope.h"

/*
 * A finished scope: its vantage, each direction, the top_flows flows with most
 * bytes. NULL: no memory. The caller owns it.
 */
json_t *scope_json(const struct scope *scope, uint32_t top_flows);

/* What became of packets and their spacing between two places. */
json_t *scope_join_json(const struct scope_join *join);

#endif
