/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What processors did lately, in the slots of slots.h: for live views, which show the
 * highest millisecond of a span beside its mean.
 */
#ifndef SLUICE_SCOPE_CPU_SLOTS_H
#define SLUICE_SCOPE_CPU_SLOTS_H

#include "cpu.h"
#include "slots.h"

struct scope_cpu_slots {
	uint32_t cpus;
	const uint32_t *id;
	uint64_t newest;		/* number of it */
	uint32_t ms[SCOPE_SLOTS];	/* that are in each */
	struct scope_cpu_sum all[SCOPE_SLOTS];
	struct scope_cpu_sum *cpu;	/* those of a slot side by side */
};

/**
 * struct scope_cpu_view - what is shown of a span
 * @is_wanted: it was asked for
 * @why: why it is not to be had; "": it is
 * @is_known: there are milliseconds in the span
 * @cpus: how many are looked at
 * @missed_ms: since the start
 * @all: of all together
 * @one: of the processor with the highest millisecond
 * @slots: in history, the newest last
 * @history: of each slot the highest millisecond of one processor, busy
 */
struct scope_cpu_view {
	bool is_wanted;
	const char *why;
	bool is_known;
	uint32_t cpus;
	uint64_t missed_ms;
	struct scope_cpu_peak all[SCOPE_CPU_KINDS];
	struct scope_cpu_peak one[SCOPE_CPU_KINDS];
	uint32_t slots;
	double history[SCOPE_SLOTS];
};

/* @id is kept. Returns 0, or -1 without memory. done accepts one that init refused. */
int scope_cpu_slots_init(struct scope_cpu_slots *slots, uint32_t cpus,
			 const uint32_t *id);
void scope_cpu_slots_done(struct scope_cpu_slots *slots);

/* As scope_cpu_add. */
void scope_cpu_slots_add(struct scope_cpu_slots *slots, uint64_t number,
			 const struct scope_cpu_ms *ms);

/* Of count slots in front of end; fields that these do not know are left as they are. */
void scope_cpu_slots_fill(const struct scope_cpu_slots *slots, uint64_t end,
			  uint64_t count, struct scope_cpu_view *ret);

#endif
