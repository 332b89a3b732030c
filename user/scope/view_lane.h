/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a live view shows of packets that pass in one direction, or at one place:
 * the mean of lately beside its peaks, what went before, gaps and trains.
 */
#ifndef SLUICE_SCOPE_VIEW_LANE_H
#define SLUICE_SCOPE_VIEW_LANE_H

#include "canvas.h"
#include "view_holes.h"

/* Where bars begin, behind "out 100 us    9.876gbit ". */
#define SCOPE_VIEW_LABEL_COLUMNS	23u

enum scope_view_peak {
	SCOPE_VIEW_MEAN,
	SCOPE_VIEW_1MS,
	SCOPE_VIEW_100US,
	SCOPE_VIEW_10US,
	SCOPE_VIEW_PEAKS,
};

struct scope_view_lane {
	double bits_ps[SCOPE_VIEW_PEAKS];	/* enum scope_view_peak */
	bool has_supers;		/* it had super-packets: peaks may be above the line rate */
	double top_bits_ps;		/* full length of bars: the line rate, or the highest seen */
	struct scope_slot span;		/* sums behind the figures */
	bool has_holes;			/* packets of the span were not seen: rates are at least so, and
					 * of the rest counts alone are known */
	bool history_has_holes;
	uint32_t slots;			/* in history, the newest last */
	double history_bits_ps[SCOPE_SLOTS];
};

static inline double scope_view_bits_ps(uint64_t bytes, uint64_t ns)
{
	return ns ? (double)bytes * 8e9 / (double)ns : 0;
}

/**
 * scope_view_lane_fill - the figures of some slots
 * @slots: what passed
 * @end: slots before this one are over
 * @count: of them, the newest
 * @line_bits_ps: the line rate; 0: not known
 * @holes: when packets were not seen
 * @ret: where they go, all but has_supers
 */
void scope_view_lane_fill(const struct scope_slots *slots, uint64_t end,
			  uint64_t count, uint64_t line_bits_ps,
			  const struct scope_holes *holes,
			  struct scope_view_lane *ret);

/* Bars of mean and peaks, and the history: five lines. */
void scope_view_lane_draw(struct canvas *canvas, const char *name,
			  const struct scope_view_lane *lane);

/* Gaps as heights over a logarithmic axis, and shares of packets by train beside them. */
void scope_view_gaps_draw(struct canvas *canvas, const char *name,
			  const struct scope_view_lane *lane);
void scope_view_gap_axis_draw(struct canvas *canvas);

/* Packets, what was sent again, ACKs; a line more where MAC control is. */
void scope_view_events_draw(struct canvas *canvas, const char *name,
			    const struct scope_view_lane *lane,
			    bool is_expanded);

#endif
