// SPDX-License-Identifier: GPL-2.0
/* When packets were not seen; see view_holes.h. */
#include "view_holes.h"

static uint64_t slot_of(const struct scope *scope, uint64_t time_ns)
{
	return time_ns > scope->start_ns ?
	       (time_ns - scope->start_ns) / SCOPE_SLOT_NS : 0;
}

static void slots_mark(struct scope_holes *holes, uint64_t from, uint64_t to)
{
	if (to >= SCOPE_SLOTS && from <= to - SCOPE_SLOTS)
		from = to - SCOPE_SLOTS + 1;
	for (; from <= to; from++)
		holes->marked[from % SCOPE_SLOTS] = from + 1;
}

static void await(struct scope_holes *holes, const struct scope *scope)
{
	for (unsigned int i = 0; i < SCOPE_DIRECTIONS; i++) {
		holes->pkts[i] = scope->lane[i].meter.trains.pkts;
		holes->awaits_packet[i] = holes->awaits_train[i] = true;
	}
}

/* Whether what is awaited behind a hole has come, so that what lies across it was counted. */
static bool has_come(struct scope_holes *holes, const struct scope *scope)
{
	bool has_any = false;

	for (unsigned int i = 0; i < SCOPE_DIRECTIONS; i++) {
		const struct sluice_trains *trains = &scope->lane[i].meter.trains;
		bool is_packet = holes->awaits_packet[i] &&
				 trains->pkts > holes->pkts[i];
		/* the last one with a gap beyond all thetas; packets count from 0 */
		bool is_train = holes->awaits_train[i] &&
				trains->start[SLUICE_THETAS - 1].pkt >
				holes->pkts[i];

		holes->awaits_packet[i] &= !is_packet;
		holes->awaits_train[i] &= !is_train;
		has_any |= is_packet || is_train;
	}
	return has_any;
}

void scope_holes_turn(struct scope_holes *holes, const struct scope *scope,
		      uint64_t end, uint64_t now_ns, bool has_more)
{
	uint64_t from = slot_of(scope, holes->looked_ns);

	holes->had_any |= has_more;
	holes->waits |= has_more;
	if (!scope->flows)
		return;
	if (holes->waits) {
		holes->waits = false;
		await(holes, scope);
		has_more = true;
	} else {
		has_more = has_come(holes, scope);
	}
	/* What was counted since the turn before is in the last one that is over. */
	if (end && from > end - 1)
		from = end - 1;
	if (has_more)
		slots_mark(holes, from, slot_of(scope, now_ns));
	holes->looked_ns = now_ns;
}

bool scope_holes_within(const struct scope_holes *holes, uint64_t end,
			uint64_t count)
{
	uint64_t at = end > count ? end - count : 0;

	if (holes->is_anywhere)
		return true;
	if (end > SCOPE_SLOTS && at < end - SCOPE_SLOTS)
		at = end - SCOPE_SLOTS;
	for (; at < end; at++)
		if (holes->marked[at % SCOPE_SLOTS] == at + 1)
			return true;
	return false;
}

bool scope_holes_between(const struct scope_holes *holes,
			 const struct scope *scope, uint64_t from_ns,
			 uint64_t to_ns)
{
	uint64_t from = slot_of(scope, from_ns), end = slot_of(scope, to_ns) + 1;

	return scope_holes_within(holes, end, end - from);
}
