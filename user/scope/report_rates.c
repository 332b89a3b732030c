// SPDX-License-Identifier: GPL-2.0
/*
 * How high rates go: the peak of each window against perfect spacing, the buffer
 * that bursts need, the envelope, the dispersion of counts.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "report_parts.h"

#define WIDTH		960
#define ROW		26.0
#define TOP		30.0
#define LEFT		82.0
#define RIGHT		640.0
#define IDC_MIN		1e-4		/* less than this is drawn on the edge */

/* ---- peaks of windows ---- */

static void window_row(FILE *out, const struct scale *x,
		       const struct sluice_window_result *one, double y)
{
	double from = scale_at(x, one->floor), to = scale_at(x, one->pmr);

	svg_text(out, "name", LEFT - 12, y + 4.5, "end",
		 time_text((double)one->window_ns).text);
	if (!(one->pmr > 0)) {
		svg_text(out, "note", LEFT + 6, y + 4.5, "start",
			 "not known: longer than the span, or shorter than stamps tell");
		return;
	}
	fprintf(out, "<path class=\"bar p1\" d=\"M%.5g %.5gH%.5gv11H%.5gz\"/>\n",
		from, y - 5.5, fmax(to, from + 1.5), from);
	fprintf(out, "<g class=\"goal\"><title>perfect spacing at this rate: %.3g times the mean</title><path d=\"M%.5g %.5gv%.4gM%.5g %.5gl-3.5-5h7z\"/></g>\n",
		one->floor, from, y - 8, ROW - 10, from, y - 8);
	svg_text(out, "value", 748, y + 4.5, "end",
		 rate_text(one->peak_bits_ps).text);
	svg_text(out, "value", 836, y + 4.5, "end", number_text(one->pmr).text);
	svg_text(out, "value", 932, y + 4.5, "end", one->floor > 0 ?
		 number_text(one->pmr / one->floor).text : "–");
}

void page_windows(const struct panel *panel)
{
	const struct sluice_meter *meter = &panel->lane->meter;
	double bottom = TOP + SLUICE_METER_WINDOWS * ROW, top = 10;
	FILE *out = panel->out;
	struct scale x;

	for (uint32_t i = 0; i < SLUICE_METER_WINDOWS; i++)
		top = fmax(top, meter->results[i].pmr);
	x = chart_decades(1, top);
	x.at_from = LEFT;
	x.at_to = RIGHT;
	fprintf(out, "<section>\n<h2>Peak over mean</h2>\n<p class=\"how\">"
		"The fullest window of each length, wherever it lies, over the mean of its second. A bar begins at the triangle, which is where a perfectly constant rate would be "
		"(one frame more or less counts for much in a short window), and ends at what was measured.</p>\n"
		"<div class=\"wide\"><svg viewBox=\"0 0 %d %.0f\" role=\"img\" aria-label=\"Peak over mean by window length\">\n",
		WIDTH, bottom + 36);
	svg_text(out, "note", 748, 14, "end", "peak");
	svg_text(out, "note", 836, 14, "end", "× mean");
	svg_text(out, "note", 932, 14, "end", "× perfect");
	svg_log_axis(out, &x, TOP - 6, bottom, false, "times the mean");
	for (uint32_t i = 0; i < SLUICE_METER_WINDOWS; i++)
		window_row(out, &x, &meter->results[i], TOP + (i + .5) * ROW);
	fputs("</svg></div>\n</section>\n", out);
}

/* Peaks of what was seen are what those of all are at least; over no mean. */
void page_least(const struct panel *panel)
{
	const struct sluice_meter *meter = &panel->lane->meter;
	FILE *out = panel->out;
	bool has_one = false;

	fprintf(out, "<section>\n<h2>Peaks%s</h2>\n<p class=\"how\">",
		scope_is_whole(panel->scope) ? "" : ", gaps and trains");
	for (uint32_t i = 0; i < SLUICE_METER_WINDOWS; i++) {
		const struct sluice_window_result *one = &meter->results[i];

		if (!one->peak_bytes)
			continue;
		fprintf(out, has_one ? ", %s in %s" :
			"The fullest windows carried at least %s in %s",
			rate_text(one->peak_bits_ps).text,
			time_text((double)one->window_ns).text);
		has_one = true;
	}
	fputs(has_one ? ". " : "", out);
	fputs(scope_is_whole(panel->scope) ?
	      "What peaks are over the mean and the buffer that bursts need: not known here, because the file is a part.</p>\n</section>\n" :
	      "What peaks are over the mean, gaps and trains, the buffer that bursts need, the largest bursts: not known here, because packets were not seen.</p>\n</section>\n", out);
}

/* ---- burst spectrum ---- */

static int point_compare(const void *a, const void *b)
{
	const struct chart_point *one = a, *other = b;

	return (one->x > other->x) - (one->x < other->x);
}

static uint32_t spectrum_points(const struct sluice_meter *meter,
				struct chart_point *points)
{
	const struct sluice_spectrum *spectrum = &meter->spectrum;
	uint32_t count = 0;

	for (uint32_t i = 0; i < spectrum->count; i++) {
		double rate = (double)sluice_spectrum_rate(spectrum, i);
		double bytes = (double)sluice_spectrum_bytes(spectrum, i);

		if (!sluice_meter_tells_backlog(meter, i))
			continue;
		points[count].x = rate;
		points[count].y = bytes / fmax(meter->max_bytes, 1);
		snprintf(points[count].title, sizeof(points[count].title),
			 "at %s: %s frames, %s", rate_text(rate).text,
			 number_text(points[count].y).text,
			 bytes_text(bytes).text);
		count++;
	}
	qsort(points, count, sizeof(*points), point_compare);
	return count;
}

static void spectrum(const struct panel *panel)
{
	const struct sluice_meter *meter = &panel->lane->meter;
	double bottleneck = (double)panel->scope->config.bottleneck_bits_ps;
	struct chart_point points[SLUICE_SPECTRUM_MAX] = { { .x = 0 } };
	uint32_t count = spectrum_points(meter, points);
	struct chart chart = { .out = panel->out };
	double top = 10;

	if (!count) {
		chart_absent(panel->out, "Burst spectrum.", meter->spectrum.count ?
			     "Not known here: stamps are too coarse." :
			     "Not known here: no rate was asked for.");
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		top = fmax(top, points[i].y);
	chart.x = chart_decades(points[0].x, points[count - 1].x);
	chart.y = chart_decades(1, top);
	chart_open(&chart, panel->out, "Burst spectrum.",
		   "Smallest buffer that holds these frames without loss, at a bottleneck of each rate.",
		   false, "rate of the bottleneck, b/s");
	chart_log_y(&chart, "frames");
	chart_level_x(&chart, panel_mean_bits_ps(panel), "mean");
	chart_curve(&chart, "p1", points, count);
	for (uint32_t i = 0; i < count && bottleneck > 0; i++) {
		if (points[i].x < bottleneck)
			continue;
		fprintf(panel->out, "<circle class=\"mark\" cx=\"%.4g\" cy=\"%.4g\" r=\"3\"/>\n",
			scale_at(&chart.x, points[i].x),
			scale_at(&chart.y, points[i].y));
		svg_text(panel->out, "note", scale_at(&chart.x, points[i].x) + 5,
			 scale_at(&chart.y, points[i].y) - 6,
			 points[i].x * 10 > chart.x.to ? "end" : "start", "B0");
		break;
	}
	chart_close(&chart);
}

/* ---- envelope ---- */

/* The bytes of a constant rate, named on the side where its anchor is not. */
static void rate_line(const struct chart *chart, double bits_ps,
		      const char *anchor, const char *word)
{
	double bytes = bits_ps / 8e9;
	double a = fmax(chart->x.from, chart->y.from / bytes);
	double b = fmin(chart->x.to, chart->y.to / bytes), at = pow(a, .3) * pow(b, .7);

	if (bits_ps <= 0 || a >= b)
		return;
	svg_line(chart->out, "level", scale_at(&chart->x, a),
		 scale_at(&chart->y, a * bytes), scale_at(&chart->x, b),
		 scale_at(&chart->y, b * bytes));
	svg_text(chart->out, "note", scale_at(&chart->x, at) +
		 (*anchor == 'e' ? -7 : 7), scale_at(&chart->y, at * bytes) +
		 (*anchor == 'e' ? 0 : 10), anchor, word);
}

static void envelope(const struct panel *panel)
{
	const struct sluice_meter *meter = &panel->lane->meter;
	double span_ns = (double)(panel->scope->end_ns -
				  panel->scope->start_ns);
	struct chart_point points[SLUICE_METER_SPANS];
	struct chart chart = { .out = panel->out };
	double low = INFINITY, high = 0;
	uint32_t count = 0;

	for (uint32_t i = 0; i < SLUICE_METER_SPANS; i++) {
		double bytes = (double)meter->span_bytes[i];
		double length_ns = (double)sluice_meter_spans_ns[i];

		if (bytes <= 0 || (count && length_ns > span_ns) ||
		    !scope_tells(panel->scope, sluice_meter_spans_ns[i]))
			continue;
		points[count] = (struct chart_point){ length_ns, bytes, "" };
		snprintf(points[count].title, sizeof(points[count].title),
			 "in %s: %s at most, a rate of %s",
			 time_text(length_ns).text, bytes_text(bytes).text,
			 rate_text(bytes * 8e9 / length_ns).text);
		low = fmin(low, bytes);
		high = fmax(high, bytes);
		count++;
	}
	if (!count) {
		chart_absent(panel->out, "Envelope.",
			     "Not known here: stamps are too coarse.");
		return;
	}
	chart.x = chart_decades(points[0].x, fmax(points[count - 1].x,
						  points[0].x * 10));
	chart.y = chart_decades(low, high);
	chart_open(&chart, panel->out, "Envelope.",
		   "Most bytes in any stretch of time of each length; a constant rate is a straight line.",
		   true, "length of the stretch");
	chart_log_y(&chart, "bytes");
	chart_curve(&chart, "p1", points, count);
	rate_line(&chart, panel_mean_bits_ps(panel), "start", "mean");
	rate_line(&chart, (double)meter->config.line_rate_bits_ps, "end",
		  "line rate");
	chart_close(&chart);
}

/* ---- dispersion ---- */

static void dispersion(const struct panel *panel)
{
	uint64_t least_ns = scope_dispersion_least_ns(panel->scope, panel->lane);
	struct chart_point points[SLUICE_LEVELS];
	struct chart chart = { .out = panel->out };
	double low = .1, high = 10;
	uint32_t count = 0;

	for (uint32_t k = 0; k < SLUICE_LEVELS; k++) {
		struct sluice_dispersion one;

		sluice_aligned_dispersion(&panel->lane->meter.aligned, k,
					  panel->scope->end_ns, &one);
		if (one.windows < 2)
			break;
		if (one.window_ns < least_ns)
			continue;
		points[count].x = (double)one.window_ns;
		points[count].y = fmax(one.pkts_idc, IDC_MIN);
		low = fmin(low, points[count].y);
		high = fmax(high, points[count].y);
		snprintf(points[count].title, sizeof(points[count].title),
			 "windows of %s: %.3g; %" PRIu64 " windows",
			 time_text((double)one.window_ns).text, one.pkts_idc,
			 one.windows);
		count++;
	}
	if (count < 2) {
		chart_absent(panel->out, "Dispersion.",
			     "Not known here: the span is too short for two windows, or stamps are too coarse.");
		return;
	}
	chart.x = chart_decades(points[0].x, points[count - 1].x);
	chart.y = chart_decades(low, high);
	chart_open(&chart, panel->out, "Dispersion.",
		   "Variance over mean of the frames in a window: 1 at random, near 0 paced, above 1 in bursts.",
		   true, "length of the windows");
	chart_log_y(&chart, "IDC");
	chart_level_y(&chart, 1, "Poisson");
	chart_curve(&chart, "p1", points, count);
	chart_close(&chart);
}

void page_rates(const struct panel *panel)
{
	FILE *out = panel->out;

	fputs("<section>\n<h2>What a buffer would see</h2>\n<div class=\"row\">\n",
	      out);
	spectrum(panel);
	envelope(panel);
	dispersion(panel);
	fputs("</div>\n", out);
	if (panel->lane->meter.spectrum.is_saturated)
		fputs("<p class=\"how\">A backlog was larger than is counted: the burst spectrum is a lower bound.</p>\n", out);
	fputs("</section>\n", out);
}
