/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The figures of a direction that have a name of their own: what --fail-if
 * compares, what Prometheus gets, what the first lines show. One table, and one for
 * the host that they are of.
 */
#ifndef SLUICE_SCOPE_FIGURE_H
#define SLUICE_SCOPE_FIGURE_H

#include <stdbool.h>
#include <stddef.h>

#include "scope.h"

struct scope_figure {
	const char *name;		/* "pmr_1ms" */
	const char *unit;		/* "", "bits/s", "packets", "ns", "ppm" */
	const char *help;		/* one line */
	/* Of what was seen: scope_figure_value() asks whether that was all. */
	double (*value)(const struct scope *scope, const struct scope_lane *lane);
	bool is_of_span;		/* not known of several pieces: see scope_is_one_piece() */
};

extern const struct scope_figure scope_figures[];
extern const size_t scope_figures_count;

/* Those of the host: value does not look at lane, which may be NULL. */
extern const struct scope_figure scope_cpu_figures[];
extern const size_t scope_cpu_figures_count;
bool scope_figure_is_of_host(const struct scope_figure *figure);

/* NAN: cannot be known here. lane: not looked at for a figure of the host. */
double scope_figure_value(const struct scope_figure *figure,
			  const struct scope *scope,
			  const struct scope_lane *lane);

/* NULL: there is none of that name. */
const struct scope_figure *scope_figure_find(const char *name);

/*
 * The direction that figures are about: what leaves, or where that is not known
 * all; the other one if there was nothing. NULL: no packet at all.
 */
const struct scope_lane *scope_main_lane(const struct scope *scope);

enum scope_compare { SCOPE_GREATER, SCOPE_GREATER_EQUAL, SCOPE_LESS,
		     SCOPE_LESS_EQUAL };

struct scope_condition {		/* "pmr_1ms>1.2" */
	const struct scope_figure *figure;
	enum scope_compare compare;
	double limit;
};

/* 0, or -EINVAL with a phrase in error that quotes the text. */
int scope_condition_parse(const char *text, struct scope_condition *ret,
			  char *error, size_t error_size);

/* What the condition finds; *ret_value is NAN where it cannot be known. */
bool scope_condition_holds(const struct scope_condition *condition,
			   const struct scope *scope, double *ret_value);

#endif
