/* SPDX-License-Identifier: GPL-2.0 */
/* What the files report*.c share: the page, its charts, its words. */
#ifndef SLUICE_SCOPE_REPORT_PARTS_H
#define SLUICE_SCOPE_REPORT_PARTS_H

#include <math.h>

#include "../lib/svg.h"
#include "report.h"

/* ---- report_files.c: files of page/, each with a NUL behind it ---- */

extern const char page_style[];
extern const char page_script[];
extern const char page_uplot_style[];
extern const char page_uplot_script[];
extern const char page_uplot_licence[];

/* One vantage, and in most panels one direction of it. */
struct panel {
	FILE *out;
	const struct scope *scope;
	const struct scope_lane *lane;	/* NULL: no packet was seen */
	const char *note;
	const struct scope_live_losses *losses;
	uint32_t number;		/* of the direction in the page, for ids */
	uint32_t bins_max;		/* of its series */
	uint32_t top_flows;
};

/* Of the direction; 0 where there was no time for one. */
static inline double panel_mean_bits_ps(const struct panel *panel)
{
	double mean = sluice_meter_mean_bits_ps(&panel->lane->meter);

	return isfinite(mean) ? mean : 0;
}

/* ---- report_chart.c: a small chart ---- */

struct text { char text[48]; };

/* "1.23 Gb/s" and "1.21 µs", of what is not negative: see svg.h. */
struct text rate_text(double bits_ps);
struct text time_text(double ns);
/* "below 1 ms" of what stamps that are wrong by least_ns do not tell from 0. */
struct text told_text(double ns, uint32_t least_ns);
/* "1.23 MB": three digits, units of 1000. */
struct text bytes_text(double bytes);
/* Three digits that count; whole from 100 on, "184k" from 100 000 on. */
struct text number_text(double value);

struct chart {
	FILE *out;
	struct scale x;
	struct scale y;
};

/* A title and a sentence, with no picture: why there is none. */
void chart_absent(FILE *out, const char *title, const char *why);
/* Whole decades that hold both; one at least. */
struct scale chart_decades(double from, double to);
/*
 * A figure up to its axis x; @chart has both scales, logarithmic, from
 * chart_decades(). Title and how are HTML. Ends with chart_close().
 */
void chart_open(struct chart *chart, FILE *out, const char *title,
		const char *how, bool x_is_time, const char *x_label);
/* Decades of y, as numbers of that unit. */
void chart_log_y(const struct chart *chart, const char *unit);
/* y from 0 to 100 %. */
void chart_share_y(struct chart *chart);
void chart_close(const struct chart *chart);

struct chart_point {
	double x;			/* in values of the scales */
	double y;
	char title[192];		/* plain text; empty: none */
};

/* A curve through points, each of which says its title when pointed at. */
void chart_curve(const struct chart *chart, const char *class,
		 const struct chart_point *points, uint32_t count);
/* What share of hist's values, or of their sum, lies up to x. */
void chart_cdf(const struct chart *chart, const char *class,
	       const struct sluice_hist *hist, bool is_weighted);
/* Dashed, with a word at its end. */
void chart_level_x(const struct chart *chart, double x, const char *word);
void chart_level_y(const struct chart *chart, double y, const char *word);

/* What a mark of a series stands for: "mean" is a line, others are dots. */
void series_key(FILE *out, const char *class, const char *text);

/* ---- report_pack.c ---- */

/* Behind other keys of an object: count numbers, for the script's unpack(). */
void pack_print(FILE *out, const char *name, uint32_t count,
		uint64_t (*value)(const void *context, uint32_t i),
		const void *context);

/* ---- report_page.c ---- */

/*
 * These and all below print HTML. What could not be written is found when the file is
 * flushed.
 */

/* Title and styles, for all vantages of the report. */
void page_head(FILE *out, const struct scope_report *report);
/* An article begins, of one of so many; the lane may be NULL. */
void page_vantage(const struct panel *panel, uint32_t vantages);
/* The tiles of a direction: the figures that say most. */
void page_headline(const struct panel *panel);
/* The scripts, and the end of the page. */
void page_foot(FILE *out);

/* ---- report_words.c ---- */

/* How a vantage measured: stamps, bytes, line rate, what was not seen. */
void page_measured(const struct panel *panel);
/* Two places: what became of the packets on the way. */
void page_between(FILE *out, const struct scope_report *report);
/* What each figure means. */
void page_meanings(FILE *out);

/* ---- the panels of a direction ---- */

void page_series(const struct panel *panel);		/* report_series.c */
/* Of the host, beside the first direction; nothing where it was not asked for. */
void page_cpu(const struct panel *panel);		/* report_cpu.c */
void page_windows(const struct panel *panel);		/* report_rates.c */
/* In the place of all that follow, where not all was seen. */
void page_least(const struct panel *panel);		/* report_rates.c */
void page_rates(const struct panel *panel);		/* report_rates.c */
void page_spacing(const struct panel *panel);		/* report_gaps.c */
/* Nothing without a rate that was to be kept. */
void page_commanded(const struct panel *panel);		/* report_commanded.c */
void page_bursts(const struct panel *panel);		/* report_flows.c */
void page_flows(const struct panel *panel);		/* report_flows.c */

#endif
