/* SPDX-License-Identifier: GPL-2.0 */
/* Fills a view of two places from their scopes and what joins them. */
#ifndef SLUICE_SCOPE_PAIR_VIEWER_H
#define SLUICE_SCOPE_PAIR_VIEWER_H

#include "join.h"
#include "pair_view.h"

struct scope_pair_viewer;

/* NULL: no memory. Neither scope need have begun. */
struct scope_pair_viewer *scope_pair_viewer_open(const struct scope *first,
						 const struct scope *second);
void scope_pair_viewer_close(struct scope_pair_viewer *viewer);	/* accepts NULL */

/* The config of a place's scope is to report to the viewer: before scope_init. */
void scope_pair_viewer_hook(struct scope_pair_viewer *viewer,
			    enum scope_join_side side,
			    struct scope_config *config);

/* A packet that the place's scope has taken. */
void scope_pair_viewer_event(struct scope_pair_viewer *viewer,
			     enum scope_join_side side, uint64_t time_ns,
			     enum scope_direction direction,
			     const struct scope_flow_event *event);

/**
 * scope_pair_viewer_turn - every SCOPE_SLOT_NS: look at what is counted elsewhere
 * @viewer: the viewer
 * @scope: both, with as many places
 * @join: what joins them; its short account is taken
 * @now_ns: of each place's clock
 * @has_missed: of each place, packets were not seen since the turn before
 */
void scope_pair_viewer_turn(struct scope_pair_viewer *viewer,
			    struct scope *scope, struct scope_join *join,
			    const uint64_t now_ns[SCOPE_PAIR_PLACES],
			    const bool has_missed[SCOPE_PAIR_PLACES]);

/* What that place misses may be missing anywhere: a capture may say how many, not when. */
void scope_pair_viewer_missed_anywhere(struct scope_pair_viewer *viewer,
				       enum scope_join_side side);

/* The last second. Fields that neither scope knows are left as they are. */
void scope_pair_viewer_fill(const struct scope_pair_viewer *viewer,
			    struct scope_pair_view *ret);

#endif
