/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fills a view from a scope that runs: what passed lately, who sent it, what TCP
 * and the processors of this host know of it. All that needs a file or a socket
 * is opened at the start, so that privileges can be given up after it.
 */
#ifndef SLUICE_SCOPE_VIEWER_H
#define SLUICE_SCOPE_VIEWER_H

#include "view.h"

struct scope_viewer;

/* NULL: no memory. The scope need not have begun. */
struct scope_viewer *scope_viewer_open(const struct scope *scope);
void scope_viewer_close(struct scope_viewer *viewer);	/* accepts NULL */

/* The scope's config is to report to the viewer: before scope_init. */
void scope_viewer_hook(struct scope_viewer *viewer,
		       struct scope_config *config);

/* A packet that the scope has taken. */
void scope_viewer_event(struct scope_viewer *viewer, uint64_t time_ns,
			enum scope_direction direction,
			const struct scope_flow_event *event);

/*
 * Every SCOPE_SLOT_NS: look at what is counted elsewhere. real_ns: the stamps' clock.
 * has_missed: packets were not seen since the turn before.
 */
void scope_viewer_turn(struct scope_viewer *viewer, struct scope *scope,
		       uint64_t real_ns, bool has_missed);

/* How many slots were over at the last turn. */
uint64_t scope_viewer_slots(const struct scope_viewer *viewer);

/*
 * The figures of the last slots that were over at the last turn. Fields that the
 * scope does not know (how many were missed, the recording) are left as they are.
 */
void scope_viewer_fill(const struct scope_viewer *viewer, uint64_t slots,
		       struct scope_view *ret);

#endif
