/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When packets of a place were not seen, in the slots of a live view (slots.h). It is
 * noticed when somebody looks, so it was since he looked before. What lies across it
 * counts when it ends: the gap that is none with the next packet of each direction,
 * whenever that comes, and the train that this packet is in, which may be half of one,
 * with the first longer gap behind it.
 */
#ifndef SLUICE_SCOPE_VIEW_HOLES_H
#define SLUICE_SCOPE_VIEW_HOLES_H

#include "slots.h"

/**
 * struct scope_holes - all zero at the start
 * @had_any: since the start
 * @is_anywhere: when is not known, so it may be in any slot
 * @waits: the scope has not begun, so there is no slot yet
 * @looked_ns: in the stamps' clock, when it was looked at before
 * @pkts: of that direction, when one was noticed
 * @awaits_packet: the next one of it
 * @awaits_train: one that begins behind that
 * @marked: numbers of slots + 1, each at its place
 */
struct scope_holes {
	bool had_any;
	bool is_anywhere;
	bool waits;
	uint64_t looked_ns;
	uint64_t pkts[SCOPE_DIRECTIONS];
	bool awaits_packet[SCOPE_DIRECTIONS];
	bool awaits_train[SCOPE_DIRECTIONS];
	uint64_t marked[SCOPE_SLOTS];
};

/*
 * At each turn, with the slots that are over and now_ns of the stamps' clock. has_more:
 * packets were not seen since the turn before.
 */
void scope_holes_turn(struct scope_holes *holes, const struct scope *scope,
		      uint64_t end, uint64_t now_ns, bool has_more);

/* Whether there may be one in the count slots in front of end. */
bool scope_holes_within(const struct scope_holes *holes, uint64_t end,
			uint64_t count);

/* The same between two times of the stamps' clock. */
bool scope_holes_between(const struct scope_holes *holes,
			 const struct scope *scope, uint64_t from_ns,
			 uint64_t to_ns);

#endif
