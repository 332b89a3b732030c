// SPDX-License-Identifier: GPL-2.0
/* The port's queue over time: mean and longest of every 10 ms, per policy. */
#include <math.h>
#include <string.h>

#include "report_parts.h"

#define WIDTH		960
#define LEFT		58.0
#define RIGHT		770.0
#define HEIGHT		62.0
#define PITCH		88.0
#define TOP		20.0
#define NOTE_X		788.0
#define COLUMNS		712		/* at most one point per pixel */
#define SCALE		10.0		/* drawing units per pixel: whole numbers */
#define MAX_PKTS	"series.queue.max_pkts"
#define MEAN_PKTS	"series.queue.mean_milli_pkts"

/* Column c of the series: the largest value in it, or their mean. */
static double column_of(const json_t *array, size_t columns, size_t c,
			bool is_max)
{
	size_t count = json_array_size(array);
	size_t from = c * count / columns, to = (c + 1) * count / columns;
	double sum = 0, max = 0;

	for (size_t i = from; i < to; i++) {
		double value = series_at(array, i);

		sum += value;
		if (value > max)
			max = value;
	}
	return is_max ? max : to > from ? sum / (double)(to - from) : 0;
}

/* A stepped line through all columns; closed to the base for an area. */
static void steps(const struct report *report, const json_t *array, double unit,
		  double top, const char *class, const char *policy, bool is_area)
{
	size_t columns = json_array_size(array) < COLUMNS ?
			 json_array_size(array) : COLUMNS;
	long base = lround(HEIGHT * SCALE), last_x = 0, last_y = base;

	fprintf(report->out, "<path class=\"%s %s\" transform=\"translate(%g 0)scale(%g)\" d=\"M0 %ld",
		class, policy, LEFT, 1 / SCALE, base);
	for (size_t c = 0; c < columns; c++) {
		double value = column_of(array, columns, c, is_area) / unit;
		long x = lround((double)(c + 1) * (RIGHT - LEFT) * SCALE /
				(double)columns);
		long y = lround(HEIGHT * SCALE * (1 - fmin(value / top, 1)));

		if (y != last_y)
			fprintf(report->out, "v%ld", y - last_y);
		fprintf(report->out, "h%ld", x - last_x);
		last_x = x;
		last_y = y;
	}
	fprintf(report->out, is_area ? "V%ldz\"/>\n" : "\"/>\n", base);
}

static void strip(const struct report *report, size_t i, double top,
		  bool is_first, bool is_last)
{
	const struct lab_summary *policy = &report->policies[i];
	const json_t *max = series_of(policy->first_run, MAX_PKTS);
	const struct scale level = { 0, top, HEIGHT, 0, false };
	struct scale time = { 0, 0, LEFT, RIGHT, false };
	double step_ns = 1e7, y;
	char text[96];

	lab_number_at(policy->first_run, "series.queue.step_ns", &step_ns);
	time.to = (double)json_array_size(max) * step_ns / 1e9;
	svg_line(report->out, "base", LEFT, HEIGHT, RIGHT, HEIGHT);
	steps(report, max, 1, top, "area", policy_class(report, i), true);
	steps(report, series_of(policy->first_run, MEAN_PKTS), 1e3, top,
	      "curve", policy_class(report, i), false);
	if (report->buffer_pkts > 0 && report->buffer_pkts <= top) {
		y = scale_at(&level, report->buffer_pkts);
		svg_line(report->out, "level", LEFT, y, RIGHT, y);
		snprintf(text, sizeof(text), "%.0f", report->buffer_pkts);
		svg_text(report->out, "tick", LEFT - 6, y + 3.5, "end", text);
		if (is_first)
			svg_text(report->out, "note", RIGHT - 4, y - 4, "end",
				 "limit of the port, packets");
	}
	svg_text(report->out, "tick", LEFT - 6, HEIGHT + 3.5, "end", "0");
	fprintf(report->out, "<text class=\"name %s\" x=\"%g\" y=\"12\">",
		policy_class(report, i), NOTE_X);
	html_text(report->out, policy->policy);
	fputs("</text>\n", report->out);
	snprintf(text, sizeof(text), "mean %.1f, p99 %.0f packets",
		 policy->queue_mean_pkts.mean, policy->queue_p99_pkts.mean);
	svg_text(report->out, "note", NOTE_X, 32, "start", text);
	fprintf(report->out, "<text class=\"note\" x=\"%g\" y=\"49\">", NOTE_X);
	html_count(report->out, policy->dropped_pkts.mean);
	fputs(" dropped</text>\n", report->out);
	if (is_last)
		svg_time_axis(report->out, &time, HEIGHT + 16);
}

void report_queue(const struct report *report)
{
	size_t strips = strips_count(report, MAX_PKTS);
	double top = report->buffer_pkts, longest = 0;

	for (size_t i = 0; i < report->count; i++)
		longest = fmax(longest, series_max(series_of(report->policies[i].first_run,
							     MAX_PKTS)));
	if (top > 1000 && longest * 4 < top)
		top = longest * 4;	/* never full: no use to show */
	if (!strips || top <= 0)
		return;
	fprintf(report->out, "<section>\n<h2>The queue at the port</h2>\n<p class=\"how\">"
		"Packets waiting at the shared port, the one being sent included: the line is the mean of every 10 ms, the shade its longest moment. "
		"Whatever reaches the limit overflows and is lost.</p>\n"
		"<svg viewBox=\"0 0 %d %.0f\" role=\"img\" aria-label=\"Queue at the port over time, by policy\">\n",
		WIDTH, TOP + (double)strips * PITCH);
	strips_draw(report, MAX_PKTS, top, TOP, PITCH, strip);
	fputs("</svg>\n</section>\n", report->out);
}
