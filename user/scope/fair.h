/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether flows share alike over time: Jain's index (sum x)^2 / (n sum x^2) in
 * aligned windows of 100 ms and 1 s, x being the bytes of a flow with data.
 *
 * A window is judged by the flows that were there during all of it, with data
 * before and behind it, and needs two. So neither a flow's beginning nor its end
 * makes a share small, and one that gets nothing for a while counts with 0.
 * A flow's bytes are added to a window when it sends in a later one: what the
 * last window of each has, is never added.
 */
#ifndef SLUICE_SCOPE_FAIR_H
#define SLUICE_SCOPE_FAIR_H

#include <stdbool.h>
#include <stdint.h>

#define SCOPE_FAIR_WINDOWS	2u	/* 100 ms, 1 s */
#define SCOPE_FAIR_NS		100000000u
#define SCOPE_FAIR_SECOND	10u	/* windows of 100 ms in one of 1 s */
#define SCOPE_FAIR_MAX		(1u << 18)	/* windows kept: 7 hours of 100 ms */
#define SCOPE_FAIR_ENOUGH	0.95

/* Of one flow; numbers count from 1. */
struct scope_fair_share {
	uint32_t first;			/* window with its first data; 0: none yet */
	uint32_t window;		/* with its newest */
	uint64_t bytes;			/* in that */
};

struct scope_fair_window {
	uint32_t number;
	int32_t flows;			/* that were there; until the end: more than in the one before */
	double sum;
	double square_sum;
};

struct scope_fair_series {		/* windows of one length that had data */
	struct scope_fair_window *window;
	uint32_t count;
	uint32_t room;
};

struct scope_fair {
	uint64_t start_ns;
	uint64_t end_ns;		/* of the 100 ms under way */
	uint32_t number;		/* of that */
	bool is_cut;			/* the rest found no room */
	struct scope_fair_series series[SCOPE_FAIR_WINDOWS];
};

/* start_ns: where windows are counted from, by the clock of the stamps. */
void scope_fair_init(struct scope_fair *fair, uint64_t start_ns);
/* Frees the windows; accepts zeroes. Not twice. */
void scope_fair_done(struct scope_fair *fair);

/* The window under way is over: begin the one that holds time_ns. */
void scope_fair_turn(struct scope_fair *fair, uint64_t time_ns);
/* A flow's first data in the window under way. share: of 100 ms and of 1 s. */
void scope_fair_flow_turn(struct scope_fair *fair,
			  struct scope_fair_share *share,
			  struct scope_fair_share *second);

/* A packet with data. Time must not go backwards. */
static inline void scope_fair_add(struct scope_fair *fair,
				  struct scope_fair_share *share,
				  struct scope_fair_share *second,
				  uint64_t time_ns, uint32_t bytes)
{
	if (time_ns >= fair->end_ns)
		scope_fair_turn(fair, time_ns);
	if (share->window != fair->number)
		scope_fair_flow_turn(fair, share, second);
	share->bytes += bytes;
}

/* At the end: which windows a flow was there in; once for each, then sum up. */
void scope_fair_flow_finish(struct scope_fair *fair,
			    const struct scope_fair_share *share,
			    const struct scope_fair_share *second);
void scope_fair_finish(struct scope_fair *fair);

struct scope_fairness {
	uint64_t window_ns;
	uint64_t windows;		/* with two flows or more */
	double mean;			/* of Jain's index; NAN: no window */
	double min;
	/* Up to the window from which on all have 0.95; NAN: the last has not. */
	double converged_ns;
	bool is_cut;			/* of the first SCOPE_FAIR_MAX windows, or fewer */
};

/* After _finish. */
void scope_fair_result(const struct scope_fair *fair, uint32_t series,
		       struct scope_fairness *ret);

#endif
