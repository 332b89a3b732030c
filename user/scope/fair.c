// SPDX-License-Identifier: GPL-2.0
#include "fair.h"

#include <math.h>
#include <stdlib.h>

#define ROOM_FIRST	64u

void scope_fair_init(struct scope_fair *fair, uint64_t start_ns)
{
	*fair = (struct scope_fair){ .start_ns = start_ns };
}

void scope_fair_done(struct scope_fair *fair)
{
	for (uint32_t i = 0; i < SCOPE_FAIR_WINDOWS; i++)
		free(fair->series[i].window);
}

static uint32_t second_of(uint32_t number)
{
	return (number - 1) / SCOPE_FAIR_SECOND + 1;
}

/* Returns 0, or -1 without room. */
static int series_append(struct scope_fair_series *series, uint32_t number)
{
	if (series->count && series->window[series->count - 1].number == number)
		return 0;
	if (series->count == series->room) {
		uint32_t room = series->room ? series->room * 2 : ROOM_FIRST;
		struct scope_fair_window *window = room <= SCOPE_FAIR_MAX ?
			realloc(series->window, room * sizeof(*window)) : NULL;

		if (!window)
			return -1;
		series->window = window;
		series->room = room;
	}
	series->window[series->count++] = (struct scope_fair_window){
		.number = number,
	};
	return 0;
}

void scope_fair_turn(struct scope_fair *fair, uint64_t time_ns)
{
	uint64_t windows = (time_ns - fair->start_ns) / SCOPE_FAIR_NS;

	fair->end_ns = fair->start_ns + (windows + 1) * SCOPE_FAIR_NS;
	if (fair->end_ns < time_ns)	/* the last one before time ends */
		fair->end_ns = UINT64_MAX;
	fair->number = windows < UINT32_MAX ? (uint32_t)windows + 1 :
					      UINT32_MAX;
	if (!fair->is_cut &&
	    (series_append(&fair->series[0], fair->number) < 0 ||
	     series_append(&fair->series[1], second_of(fair->number)) < 0))
		fair->is_cut = true;
}

/* The first window from that number on; count: there is none. */
static uint32_t at_or_behind(const struct scope_fair_series *series,
			     uint32_t number)
{
	uint32_t from = 0, to = series->count;

	while (from < to) {
		uint32_t middle = from + (to - from) / 2;

		if (series->window[middle].number >= number)
			to = middle;
		else
			from = middle + 1;
	}
	return from;
}

/* The flow sends in a later window: what it had in that one is known. */
static void share_turn(struct scope_fair_series *series,
		       struct scope_fair_share *share, uint32_t number)
{
	uint32_t at;

	if (!share->window) {
		share->first = number;
	} else if (share->window != share->first) {
		at = at_or_behind(series, share->window);
		if (at < series->count &&
		    series->window[at].number == share->window) {
			double bytes = (double)share->bytes;

			series->window[at].sum += bytes;
			series->window[at].square_sum += bytes * bytes;
		}
	}
	share->window = number;
	share->bytes = 0;
}

void scope_fair_flow_turn(struct scope_fair *fair,
			  struct scope_fair_share *share,
			  struct scope_fair_share *second)
{
	uint32_t number = second_of(fair->number);

	second->bytes += share->bytes;
	if (second->window != number)
		share_turn(&fair->series[1], second, number);
	share_turn(&fair->series[0], share, fair->number);
}

static void span_add(struct scope_fair_series *series,
		     const struct scope_fair_share *share)
{
	uint32_t from, to;

	if (share->window <= share->first)
		return;
	from = at_or_behind(series, share->first + 1);
	to = at_or_behind(series, share->window);
	if (from < series->count)
		series->window[from].flows++;
	if (to < series->count)
		series->window[to].flows--;
}

void scope_fair_flow_finish(struct scope_fair *fair,
			    const struct scope_fair_share *share,
			    const struct scope_fair_share *second)
{
	span_add(&fair->series[0], share);
	span_add(&fair->series[1], second);
}

void scope_fair_finish(struct scope_fair *fair)
{
	for (uint32_t k = 0; k < SCOPE_FAIR_WINDOWS; k++) {
		struct scope_fair_series *series = &fair->series[k];

		for (uint32_t i = 1; i < series->count; i++)
			series->window[i].flows += series->window[i - 1].flows;
	}
}

void scope_fair_result(const struct scope_fair *fair, uint32_t number,
		       struct scope_fairness *ret)
{
	const struct scope_fair_series *series = &fair->series[number];
	bool is_fair = false;
	double sum = 0;

	*ret = (struct scope_fairness){
		.window_ns = number ? SCOPE_FAIR_NS * SCOPE_FAIR_SECOND :
				      SCOPE_FAIR_NS,
		.mean = NAN, .min = NAN, .converged_ns = NAN,
		.is_cut = fair->is_cut,
	};
	for (uint32_t i = 0; i < series->count; i++) {
		const struct scope_fair_window *window = &series->window[i];
		double jain;

		if (window->flows < 2 || window->square_sum <= 0)
			continue;
		jain = window->sum * window->sum /
		       (window->flows * window->square_sum);
		ret->windows++;
		sum += jain;
		ret->min = fmin(ret->min, jain);
		if (jain < SCOPE_FAIR_ENOUGH)
			ret->converged_ns = NAN;
		else if (!is_fair)
			ret->converged_ns = (double)(window->number - 1) *
					    (double)ret->window_ns;
		is_fair = jain >= SCOPE_FAIR_ENOUGH;
	}
	if (ret->windows)
		ret->mean = sum / (double)ret->windows;
}
