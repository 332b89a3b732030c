// SPDX-License-Identifier: GPL-2.0
/* What processors did lately; see cpu_slots.h. */
#include "cpu_slots.h"

#include <stdlib.h>
#include <string.h>

#define SLOT_MS		(SCOPE_SLOT_NS / SCOPE_CPU_MS_NS)

int scope_cpu_slots_init(struct scope_cpu_slots *slots, uint32_t cpus,
			 const uint32_t *id)
{
	memset(slots, 0, sizeof(*slots));
	slots->cpus = cpus;
	slots->id = id;
	slots->cpu = calloc((size_t)SCOPE_SLOTS * cpus, sizeof(*slots->cpu));
	return slots->cpu ? 0 : -1;
}

void scope_cpu_slots_done(struct scope_cpu_slots *slots)
{
	free(slots->cpu);
	memset(slots, 0, sizeof(*slots));
}

static struct scope_cpu_sum *cpus_at(const struct scope_cpu_slots *slots,
				     uint64_t number)
{
	return &slots->cpu[number % SCOPE_SLOTS * slots->cpus];
}

static void slot_clear(struct scope_cpu_slots *slots, uint64_t number)
{
	slots->ms[number % SCOPE_SLOTS] = 0;
	slots->all[number % SCOPE_SLOTS] = (struct scope_cpu_sum){ 0 };
	memset(cpus_at(slots, number), 0, slots->cpus * sizeof(*slots->cpu));
}

void scope_cpu_slots_add(struct scope_cpu_slots *slots, uint64_t number,
			 const struct scope_cpu_ms *ms)
{
	uint64_t at = number / SLOT_MS, all[SCOPE_CPU_KINDS] = { 0 };

	if (at > slots->newest + SCOPE_SLOTS)
		slots->newest = at - SCOPE_SLOTS;
	while (slots->newest < at)
		slot_clear(slots, ++slots->newest);
	for (uint32_t i = 0; i < slots->cpus; i++) {
		uint64_t one[SCOPE_CPU_KINDS];

		for (uint32_t k = 0; k < SCOPE_CPU_KINDS; k++) {
			one[k] = ms[i].ns[k];
			all[k] += one[k];
		}
		scope_cpu_sum_add(&cpus_at(slots, at)[i], one);
	}
	scope_cpu_sum_add(&slots->all[at % SCOPE_SLOTS], all);
	slots->ms[at % SCOPE_SLOTS]++;
}

/* One processor, or all together (@cpu NULL), over the span. */
static void sum_span(const struct scope_cpu_slots *slots, uint64_t from,
		     uint64_t end, const uint32_t *cpu, struct scope_cpu_sum *ret)
{
	*ret = (struct scope_cpu_sum){ 0 };
	for (; from < end; from++)
		scope_cpu_sum_merge(ret, cpu ? &cpus_at(slots, from)[*cpu] :
					       &slots->all[from % SCOPE_SLOTS]);
}

static void history_fill(const struct scope_cpu_slots *slots, uint64_t end,
			 struct scope_cpu_view *ret)
{
	ret->slots = (uint32_t)(end < SCOPE_SLOTS ? end : SCOPE_SLOTS);
	for (uint32_t i = 0; i < ret->slots; i++) {
		uint64_t at = end - ret->slots + i;

		ret->history[i] = 0;
		if (at > slots->newest ||
		    at + SCOPE_SLOTS <= slots->newest)
			continue;
		for (uint32_t k = 0; k < slots->cpus; k++) {
			double share = (double)cpus_at(slots, at)[k]
				       .max_ns[SCOPE_CPU_BUSY] /
				       SCOPE_CPU_MS_NS;

			if (share > ret->history[i])
				ret->history[i] = share;
		}
	}
}

void scope_cpu_slots_fill(const struct scope_cpu_slots *slots, uint64_t end,
			  uint64_t count, struct scope_cpu_view *ret)
{
	uint64_t from = end > count ? end - count : 0, ms = 0;
	struct scope_cpu_sum sum;

	history_fill(slots, end, ret);
	if (end > slots->newest + 1)
		end = slots->newest + 1;
	if (from + SCOPE_SLOTS <= slots->newest)
		from = slots->newest - SCOPE_SLOTS + 1;
	for (uint64_t at = from; at < end; at++)
		ms += slots->ms[at % SCOPE_SLOTS];
	ret->cpus = slots->cpus;
	ret->is_known = ms;
	if (!ms)
		return;
	sum_span(slots, from, end, NULL, &sum);
	for (uint32_t k = 0; k < SCOPE_CPU_KINDS; k++) {
		ret->all[k] = scope_cpu_peak_of(&sum, k, ms, slots->cpus);
		ret->one[k] = (struct scope_cpu_peak){ .cpu = slots->id[0] };
	}
	for (uint32_t i = 0; i < slots->cpus; i++) {
		sum_span(slots, from, end, &i, &sum);
		for (uint32_t k = 0; k < SCOPE_CPU_KINDS; k++) {
			struct scope_cpu_peak peak =
				scope_cpu_peak_of(&sum, k, ms, 1);

			peak.cpu = slots->id[i];
			if (scope_cpu_is_higher(&peak, &ret->one[k]))
				ret->one[k] = peak;
		}
	}
}
