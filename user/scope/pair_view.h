/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a live view of two places shows: both as lanes, and between them what was
 * found at both, how long it took, and what is left of the peaks. Figures in, text
 * out; pair_viewer.h fills them.
 */
#ifndef SLUICE_SCOPE_PAIR_VIEW_H
#define SLUICE_SCOPE_PAIR_VIEW_H

#include "view.h"

#define SCOPE_PAIR_PLACES	2u

/**
 * struct scope_pair_view_place - one of them
 * @vantage: where it is
 * @lane: what passes in the direction that has more bytes
 * @pkts: that can be known again, in the span
 */
struct scope_pair_view_place {
	struct scope_vantage vantage;
	struct scope_view_lane lane;
	uint64_t pkts;
};

/**
 * struct scope_pair_view - one frame
 * @place: the first and the second
 * @elapsed_ns: since the start
 * @missed_pkts: of both, since the start
 * @unshown_pkts: likewise
 * @had_holes: packets of either place were not seen: the quickest may be one of them
 * @is_paused: figures stand still
 * @is_expanded: super-packets count as frames with one stamp, else as one packet
 * @both_pkts: found at both in the span
 * @timed_pkts: of them, whose way is known; 0: there are no delays
 * @least_ns: delay of theirs beyond the shortest way there ever was
 * @mean_ns: likewise
 * @most_ns: likewise
 * @slots: in history, the newest last
 * @history_ns: most of each slot
 */
struct scope_pair_view {
	struct scope_pair_view_place place[SCOPE_PAIR_PLACES];
	uint64_t elapsed_ns;
	uint64_t missed_pkts;
	uint64_t unshown_pkts;
	bool had_holes;
	bool is_paused;
	bool is_expanded;
	uint64_t both_pkts;
	uint64_t timed_pkts;
	uint64_t least_ns;
	uint64_t mean_ns;
	uint64_t most_ns;
	uint32_t slots;
	uint64_t history_ns[SCOPE_SLOTS];
};

/* As scope_view_draw(); of the style, directions are not asked for. */
void scope_pair_view_draw(FILE *out, const struct scope_pair_view *view,
			  const struct scope_view_style *style);

#endif
