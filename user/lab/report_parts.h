/* SPDX-License-Identifier: GPL-2.0 */
/* What the files report*.c share: the page, its drawings and its words. */
#ifndef SLUICE_LAB_REPORT_PARTS_H
#define SLUICE_LAB_REPORT_PARTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../lib/svg.h"
#include "summary.h"

struct report {
	FILE *out;
	const json_t *results;
	const json_t *settings;		/* scenario.settings */
	struct lab_summary *policies;
	size_t count;
	double nic_rate_bits_ps;	/* 0 where the results do not say */
	double port_rate_bits_ps;
	double senders;
	double buffer_pkts;
	unsigned int seeds;		/* most runs of a policy */
};

/* ---- report_svg.c: figures, policies, series ---- */

/* "355 ± 12" in the unit, ± only where there were several runs. */
void html_figure(FILE *out, const struct lab_figure *figure, double unit,
		 int digits);

/* The colour class of a policy ("p0" …): Sluice's own are always p0. */
const char *policy_class(const struct report *report, size_t i);

/* A line in several numbers: the array at path of the run, or NULL. */
const json_t *series_of(const json_t *run, const char *path);
double series_at(const json_t *array, size_t i);
double series_max(const json_t *array);

/* ---- a strip for each policy that has the series at path, one below the other ---- */

size_t strips_count(const struct report *report, const char *path);
/*
 * Calls strip for each, with the number of its policy and the value at the
 * strip's top. first_y and pitch are pixels: of the first strip, and from one to
 * the next.
 */
void strips_draw(const struct report *report, const char *path, double top,
		 double first_y, double pitch,
		 void (*strip)(const struct report *report, size_t i, double top,
			       bool is_first, bool is_last));

/* ---- the panels, each a whole <section> ---- */

void report_rates(const struct report *report);		/* report_rate.c */
void report_queue(const struct report *report);		/* report_queue.c */
void report_curves(const struct report *report);	/* report_curves.c */
void report_bars(const struct report *report);		/* report_bars.c */
void report_table(const struct report *report);		/* report_text.c */
void report_expected(const struct report *report);	/* report_text.c */
void report_head(const struct report *report);		/* report_page.c */
void report_foot(const struct report *report);		/* report_page.c */

#endif
