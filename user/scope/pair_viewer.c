// SPDX-License-Identifier: GPL-2.0
/* Fills a view of two places; see pair_viewer.h. */
#include "pair_viewer.h"

#include <stdlib.h>

#define TURNS		SCOPE_SLOTS_PS	/* a second */

/* One place: what passed by direction, and where its clock stands. */
struct place_past {
	struct scope_pair_viewer *viewer;
	const struct scope *scope;
	struct scope_slots slots[SCOPE_VIEW_DIRECTIONS];
	uint64_t end;				/* slots before this one are over */
	struct scope_holes holes;
};

/* What joined lately, by turn. */
struct join_past {
	uint64_t pkts[SCOPE_PAIR_PLACES];	/* that came in the turn */
	uint64_t both_pkts;
	struct scope_join_lately lately;
};

struct scope_pair_viewer {
	struct place_past place[SCOPE_PAIR_PLACES];
	struct join_past past[SCOPE_SLOTS];
	uint64_t turns;
	uint64_t pkts[SCOPE_PAIR_PLACES];	/* at the last turn, in all */
	uint64_t both_pkts;
	int64_t way_min_ns;
};

struct scope_pair_viewer *scope_pair_viewer_open(const struct scope *first,
						 const struct scope *second)
{
	struct scope_pair_viewer *viewer = calloc(1, sizeof(*viewer));

	if (!viewer)
		return NULL;
	viewer->place[0].scope = first;
	viewer->place[1].scope = second;
	return viewer;
}

void scope_pair_viewer_close(struct scope_pair_viewer *viewer)
{
	free(viewer);
}

static void millisecond_take(void *context, enum scope_direction direction,
			     const struct sluice_millisecond *one)
{
	struct place_past *place = context;

	scope_slots_millisecond(&place->slots[direction == SCOPE_IN], one);
}

void scope_pair_viewer_hook(struct scope_pair_viewer *viewer,
			    enum scope_join_side side,
			    struct scope_config *config)
{
	config->millisecond = millisecond_take;
	config->context = &viewer->place[side];
}

void scope_pair_viewer_event(struct scope_pair_viewer *viewer,
			     enum scope_join_side side, uint64_t time_ns,
			     enum scope_direction direction,
			     const struct scope_flow_event *event)
{
	struct place_past *place = &viewer->place[side];
	uint64_t start_ns = place->scope->start_ns;

	scope_slots_event(&place->slots[direction == SCOPE_IN],
			  time_ns > start_ns ? time_ns - start_ns : 0, event);
}

/* ---- at each turn ---- */

void scope_pair_viewer_turn(struct scope_pair_viewer *viewer,
			    struct scope *scope, struct scope_join *join,
			    const uint64_t now_ns[SCOPE_PAIR_PLACES],
			    const bool has_missed[SCOPE_PAIR_PLACES])
{
	struct join_past *past = &viewer->past[viewer->turns++ % SCOPE_SLOTS];

	for (unsigned int i = 0; i < SCOPE_PAIR_PLACES; i++) {
		struct place_past *place = &viewer->place[i];

		place->end = scope_slots_turn(place->slots, &scope[i],
					      place->end, now_ns[i]);
		scope_holes_turn(&place->holes, &scope[i], place->end,
				 now_ns[i], has_missed[i]);
		past->pkts[i] = join->place[i].pkts - viewer->pkts[i];
		viewer->pkts[i] = join->place[i].pkts;
	}
	past->both_pkts = join->both_pkts - viewer->both_pkts;
	viewer->both_pkts = join->both_pkts;
	viewer->way_min_ns = join->way_min_ns;
	scope_join_lately_take(join, &past->lately);
}

void scope_pair_viewer_missed_anywhere(struct scope_pair_viewer *viewer,
				       enum scope_join_side side)
{
	viewer->place[side].holes.had_any = true;
	viewer->place[side].holes.is_anywhere = true;
}

/* ---- the view ---- */

static void place_fill(const struct place_past *place,
		       struct scope_pair_view_place *ret)
{
	const struct scope_lane *lane = place->scope->lane;
	uint64_t bytes[SCOPE_VIEW_DIRECTIONS];
	unsigned int index;

	for (index = 0; index < SCOPE_VIEW_DIRECTIONS; index++) {
		struct scope_slot all;

		scope_slots_sum(&place->slots[index], place->end,
				place->end < SCOPE_SLOTS ? place->end :
							   SCOPE_SLOTS, &all);
		bytes[index] = all.bytes;
	}
	index = bytes[1] > bytes[0];
	ret->vantage = place->scope->config.vantage;
	scope_view_lane_fill(&place->slots[index], place->end, SCOPE_SLOTS_PS,
			     ret->vantage.line_rate_bits_ps, &place->holes,
			     &ret->lane);
	ret->lane.has_supers = index ? lane[SCOPE_IN].super_pkts :
			       lane[SCOPE_OUT].super_pkts ||
			       lane[SCOPE_ANY].super_pkts;
}

/* Beyond the shortest way there ever was. */
static uint64_t later_ns(const struct scope_pair_viewer *viewer, int64_t way_ns)
{
	return (uint64_t)way_ns - (uint64_t)viewer->way_min_ns;
}

/* The ways of the last second. */
static void delay_fill(const struct scope_pair_viewer *viewer,
		       struct scope_pair_view *ret)
{
	double sum_ns = 0;

	ret->timed_pkts = 0;
	ret->least_ns = UINT64_MAX;
	ret->most_ns = 0;
	for (uint64_t i = 0; i < TURNS && i < viewer->turns; i++) {
		const struct scope_join_lately *lately =
			&viewer->past[(viewer->turns - 1 - i) % SCOPE_SLOTS].lately;
		uint64_t least_ns, most_ns;

		if (!lately->ways)
			continue;
		least_ns = later_ns(viewer, lately->min_ns);
		most_ns = later_ns(viewer, lately->max_ns);
		sum_ns += (double)later_ns(viewer, lately->base_ns) *
			  (double)lately->ways + lately->sum_over_base_ns;
		ret->timed_pkts += lately->ways;
		if (least_ns < ret->least_ns)
			ret->least_ns = least_ns;
		if (most_ns > ret->most_ns)
			ret->most_ns = most_ns;
	}
	ret->mean_ns = ret->timed_pkts ?
		       (uint64_t)(sum_ns / (double)ret->timed_pkts + .5) : 0;
}

void scope_pair_viewer_fill(const struct scope_pair_viewer *viewer,
			    struct scope_pair_view *ret)
{
	if (!viewer->turns)
		return;
	ret->both_pkts = 0;
	ret->is_expanded = viewer->place[0].scope->config.expands_supers;
	ret->had_holes = viewer->place[0].holes.had_any ||
			 viewer->place[1].holes.had_any;
	for (unsigned int i = 0; i < SCOPE_PAIR_PLACES; i++) {
		place_fill(&viewer->place[i], &ret->place[i]);
		ret->place[i].pkts = 0;
	}
	for (uint64_t i = 0; i < TURNS && i < viewer->turns; i++) {
		const struct join_past *past =
			&viewer->past[(viewer->turns - 1 - i) % SCOPE_SLOTS];

		ret->both_pkts += past->both_pkts;
		for (unsigned int k = 0; k < SCOPE_PAIR_PLACES; k++)
			ret->place[k].pkts += past->pkts[k];
	}
	/* One that waited for the other place since before came when it was found. */
	for (unsigned int i = 0; i < SCOPE_PAIR_PLACES; i++)
		if (ret->place[i].pkts < ret->both_pkts)
			ret->place[i].pkts = ret->both_pkts;
	delay_fill(viewer, ret);
	ret->slots = (uint32_t)(viewer->turns < SCOPE_SLOTS ? viewer->turns :
							      SCOPE_SLOTS);
	for (uint32_t i = 0; i < ret->slots; i++) {
		const struct scope_join_lately *lately =
			&viewer->past[(viewer->turns - ret->slots + i) %
				      SCOPE_SLOTS].lately;

		ret->history_ns[i] = lately->ways ?
				     later_ns(viewer, lately->max_ns) : 0;
	}
}
