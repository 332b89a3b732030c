// SPDX-License-Identifier: GPL-2.0
/* What has arrived of a burst; see burst_arrivals.h. */
#include "burst_arrivals.h"

#include <string.h>

void burst_arrivals_begin(struct burst_arrivals *arrivals, uint32_t packets)
{
	arrivals->packets = packets;
	arrivals->received = 0;
	arrivals->duplicates = 0;
	arrivals->reordered = 0;
	arrivals->highest = 0;
	memset(arrivals->here, 0, sizeof(arrivals->here));
}

static bool is_here(const struct burst_arrivals *arrivals, uint32_t index)
{
	return arrivals->here[index / 64] >> (index % 64) & 1;
}

void burst_arrivals_add(struct burst_arrivals *arrivals, uint32_t index,
			uint64_t stamp_ns)
{
	if (index >= arrivals->packets)
		return;
	if (is_here(arrivals, index)) {
		arrivals->duplicates++;
		return;
	}
	arrivals->here[index / 64] |= UINT64_C(1) << (index % 64);
	if (index < arrivals->highest)
		arrivals->reordered++;
	else
		arrivals->highest = index;
	arrivals->stamp_ns[arrivals->received++] = stamp_ns;
}

static void runs_report(const struct burst_arrivals *arrivals,
			struct burst_report *ret)
{
	struct burst_run run = { .packets = 0 };
	uint32_t index;

	ret->first_lost = arrivals->packets;
	for (index = 0; index <= arrivals->packets; index++) {
		if (index < arrivals->packets && !is_here(arrivals, index)) {
			if (!run.packets++)
				run.first = index;
			continue;
		}
		if (!run.packets)
			continue;
		if (!ret->runs)
			ret->first_lost = run.first;
		if (ret->runs < BURST_RUNS_TOLD)
			ret->told[ret->runs] = run;
		ret->runs++;
		run.packets = 0;
	}
}

/* The clock may have been set back meanwhile: then no time has passed. */
static void marks_report(const struct burst_arrivals *arrivals,
			 struct burst_report *ret)
{
	uint64_t last_ns = 0;
	unsigned int i;

	for (i = 0; arrivals->received && i < BURST_MARKS; i++) {
		uint32_t at = (uint32_t)((uint64_t)(arrivals->received - 1) *
					 i / (BURST_MARKS - 1));
		uint64_t ns = arrivals->stamp_ns[at] - arrivals->stamp_ns[0];

		if ((int64_t)ns > (int64_t)last_ns)
			last_ns = ns;
		ret->marks[i].arrivals = at + 1;
		ret->marks[i].ns = last_ns;
	}
}

void burst_arrivals_report(const struct burst_arrivals *arrivals,
			   uint32_t overflowed, struct burst_report *ret)
{
	*ret = (struct burst_report){
		.packets = arrivals->packets,
		.received = arrivals->received,
		.duplicates = arrivals->duplicates,
		.reordered = arrivals->reordered,
		.overflowed = overflowed,
	};
	runs_report(arrivals, ret);
	marks_report(arrivals, ret);
}
