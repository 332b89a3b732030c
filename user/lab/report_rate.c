// SPDX-License-Identifier: GPL-2.0
/*
 * The first panel: one sender's rate, every millisecond as a dot, the mean of
 * every second as a line; one strip per policy, all on the same axes.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report_parts.h"

#define WIDTH		960
#define LEFT		58.0
#define RIGHT		770.0
#define HEIGHT		132.0		/* of a strip's axes */
#define PITCH		160.0		/* strip to strip */
#define TOP		26.0
#define NOTE_X		788.0
#define DOTS		"series.rate_1ms_bits_ps"
#define MEANS		"series.rate_1s_bits_ps"

static int by_value(const void *a, const void *b)
{
	double one = *(const double *)a, other = *(const double *)b;

	return (one > other) - (one < other);
}

/* What all but one in a thousand of the dots stay below. */
static double high_rate(const json_t *rates)
{
	size_t count = json_array_size(rates);
	double *sorted = calloc(count + 1, sizeof(*sorted)), high;

	if (!sorted || !count) {
		free(sorted);
		return series_max(rates);
	}
	for (size_t i = 0; i < count; i++)
		sorted[i] = series_at(rates, i);
	qsort(sorted, count, sizeof(*sorted), by_value);
	high = sorted[count - 1 - count / 1000];
	free(sorted);
	return high;
}

/*
 * The common top of all strips: above all dots but a few, which are drawn on
 * the upper edge; else one millisecond of slow start would flatten the rest.
 */
static double top_rate(const struct report *report)
{
	double top = 0, step;

	for (size_t i = 0; i < report->count; i++) {
		const json_t *run = report->policies[i].first_run;

		top = fmax(top, high_rate(series_of(run, DOTS)) * 1.05);
	}
	if (report->senders > 0)
		top = fmax(top, report->port_rate_bits_ps / report->senders * 1.5);
	if (top <= 0)
		top = 1e6;
	step = tick_step(top, 10);
	return ceil(top / step * (1 - 1e-9)) * step;
}

static bool has_above(const struct report *report, double top)
{
	for (size_t i = 0; i < report->count; i++)
		if (series_max(series_of(report->policies[i].first_run, DOTS)) >
		    top)
			return true;
	return false;
}

static void dots(const struct report *report, const json_t *rates,
		 const char *class, double top)
{
	double count = (double)json_array_size(rates);
	struct svg_dots field;

	svg_dots_open(&field, report->out, class, LEFT, RIGHT - LEFT, HEIGHT);
	for (size_t i = 0; i < json_array_size(rates); i++)
		svg_dots_add(&field, ((double)i + .5) / count * (RIGHT - LEFT),
			     (1 - fmin(series_at(rates, i) / top, 1)) * HEIGHT);
	svg_dots_close(&field);
}

static void means(const struct report *report, const json_t *rates,
		  const struct scale *time, const struct scale *rate)
{
	double span = time->to;

	fputs("<path class=\"mean\" d=\"", report->out);
	for (size_t i = 0; i < json_array_size(rates); i++) {
		double y = scale_at(rate, series_at(rates, i));

		fprintf(report->out, "%c%.4g %.4gH%.4g", i ? 'L' : 'M',
			scale_at(time, (double)i), y,
			scale_at(time, fmin((double)i + 1, span)));
	}
	fputs("\"/>\n", report->out);
}

static void rate_axis(const struct report *report, const struct scale *rate,
		      bool has_unit)
{
	double step = tick_step(rate->to, 4);
	double unit = rate->to >= 2e9 ? 1e9 : 1e6;
	char text[32];
	bool is_top;

	for (double value = 0; value <= rate->to * (1 + 1e-9); value += step) {
		double y = scale_at(rate, value);

		svg_line(report->out, value > 0 ? "hair" : "base", LEFT, y,
			 RIGHT, y);
		is_top = has_unit && value + step > rate->to * (1 + 1e-9);
		snprintf(text, sizeof(text), is_top ? "%g %s" : "%g",
			 value / unit, unit == 1e9 ? "Gb/s" : "Mb/s");
		svg_text(report->out, "tick", LEFT - 6, y + 3.5, "end", text);
	}
}

/* A level that every strip has, named once. */
static void level(const struct report *report, const struct scale *rate,
		  double value, const char *what, bool is_named)
{
	char text[64], number[32];
	double y;

	if (value <= 0 || value > rate->to)
		return;
	y = scale_at(rate, value);
	svg_line(report->out, "level", LEFT, y, RIGHT, y);
	if (!is_named)
		return;
	svg_rate_format(value, number, sizeof(number));
	snprintf(text, sizeof(text), "%s %s", what, number);
	svg_text(report->out, "note", RIGHT - 4, y - 4, "end", text);
}

static void notes(const struct report *report, size_t i)
{
	const struct lab_summary *policy = &report->policies[i];
	const json_t *rates = series_of(policy->first_run, DOTS);
	char text[96], number[32];
	double sum = 0, mean, peak = series_max(rates);
	size_t silent = 0, count = json_array_size(rates);

	for (size_t k = 0; k < count; k++) {
		sum += series_at(rates, k);
		silent += series_at(rates, k) <= 0;
	}
	mean = sum / (double)count;
	fprintf(report->out, "<text class=\"name %s\" x=\"%g\" y=\"12\">",
		policy_class(report, i), NOTE_X);
	html_text(report->out, policy->policy);
	fputs("</text>\n", report->out);
	svg_rate_format(mean, number, sizeof(number));
	snprintf(text, sizeof(text), "mean %s", number);
	svg_text(report->out, "note", NOTE_X, 32, "start", text);
	svg_rate_format(peak, number, sizeof(number));
	snprintf(text, sizeof(text), "highest ms %s", number);
	svg_text(report->out, "note", NOTE_X, 49, "start", text);
	if (mean > 0) {
		snprintf(text, sizeof(text), "%.3g times the mean", peak / mean);
		svg_text(report->out, "note", NOTE_X, 66, "start", text);
	}
	snprintf(text, sizeof(text), "%.0f %% of ms without a frame",
		 100.0 * (double)silent / (double)count);
	svg_text(report->out, "note", NOTE_X, 83, "start", text);
}

static void strip(const struct report *report, size_t i, double top,
		  bool is_first, bool is_last)
{
	const json_t *run = report->policies[i].first_run;
	const json_t *rates = series_of(run, DOTS);
	const struct scale rate = { 0, top, HEIGHT, 0, false };
	const struct scale time = { 0, (double)json_array_size(rates) / 1e3,
				    LEFT, RIGHT, false };

	rate_axis(report, &rate, is_first);
	level(report, &rate, report->nic_rate_bits_ps, "NIC", is_first);
	if (report->senders > 1)
		level(report, &rate, report->port_rate_bits_ps /
		      report->senders, "fair share", is_first);
	dots(report, rates, policy_class(report, i), top);
	means(report, series_of(run, MEANS), &time, &rate);
	notes(report, i);
	if (is_last)
		svg_time_axis(report->out, &time, HEIGHT + 16);
}

void report_rates(const struct report *report)
{
	double top = top_rate(report), seed;
	size_t strips = strips_count(report, DOTS);
	char number[32];

	if (!strips)
		return;
	fputs("<section>\n<h2>One sender, millisecond by millisecond</h2>\n<p class=\"how\">"
	      "Each dot is the rate of sender 1 over one millisecond, the dark line its mean over each second. "
	      "A buffer on the path sees the dots, a throughput test only the line.", report->out);
	if (report->nic_rate_bits_ps > top) {
		svg_rate_format(report->nic_rate_bits_ps, number, sizeof(number));
		fprintf(report->out, " The NIC sends at %s, above the scale.", number);
	}
	if (has_above(report, top))
		fputs(" Dots on the upper edge belong higher; the highest is given at the right.", report->out);
	if (report->seeds > 1 &&
	    lab_number_at(report->policies[0].first_run, "seed", &seed))
		fprintf(report->out, " Seed %.0f of %u.", seed, report->seeds);
	fprintf(report->out, "</p>\n<svg viewBox=\"0 0 %d %.0f\" role=\"img\" aria-label=\"Rate of sender 1 per millisecond and per second, by policy\">\n",
		WIDTH, TOP + (double)strips * PITCH);
	strips_draw(report, DOTS, top, TOP, PITCH, strip);
	fputs("</svg>\n</section>\n", report->out);
}
