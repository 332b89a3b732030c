// SPDX-License-Identifier: GPL-2.0
/*
 * Three small charts with all policies in one: how far apart frames are, how
 * long trains are, and the burst spectrum against the port's buffer.
 */
#include <math.h>
#include <string.h>

#include "report_parts.h"

#define WIDTH		308
#define HEIGHT		232
#define LEFT		44.0
#define RIGHT		300.0
#define TOP		14.0
#define BOTTOM		196.0
/* The histograms have 8 buckets per octave. */
#define BUCKET_RATIO	1.125
#define FRAME_L1_BYTES	1538.0		/* 1500 bytes of IP at L1 */

struct curve {
	const char *title;
	const char *x_label;
	const char *how;
	const char *low;		/* arrays of the histogram */
	const char *weight;
};

static void chart_open(const struct report *report, const char *title,
		       const char *how)
{
	fprintf(report->out, "<figure><figcaption><b>%s</b> %s</figcaption>\n"
		"<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n",
		title, how, WIDTH, HEIGHT, title);
}

/* Decades that hold all lower edges of one histogram of every policy. */
static bool decades_of(const struct report *report, const char *path,
		       struct scale *x)
{
	double from = INFINITY, to = 0;

	for (size_t i = 0; i < report->count; i++) {
		const json_t *lows = series_of(report->policies[i].first_run,
					       path);

		for (size_t k = 0; k < json_array_size(lows); k++) {
			double low = series_at(lows, k);

			if (low > 0 && low < from)
				from = low;
			if (low * BUCKET_RATIO > to)
				to = low * BUCKET_RATIO;
		}
	}
	if (to <= 0)
		return false;
	*x = (struct scale){ pow(10, floor(log10(from) + 1e-9)),
			     pow(10, ceil(log10(to) - 1e-9)), LEFT, RIGHT, true };
	if (x->to <= x->from)
		x->to = x->from * 10;
	return true;
}

static void distribution(const struct report *report, const struct scale *x,
			 const struct curve *curve, size_t i)
{
	const json_t *run = report->policies[i].first_run;
	const json_t *lows = series_of(run, curve->low);
	const json_t *weights = series_of(run, curve->weight);
	const struct scale y = { 0, 1, BOTTOM, TOP, false };
	double sum = 0, below = 0;

	if (!lows || json_array_size(weights) != json_array_size(lows))
		return;
	for (size_t k = 0; k < json_array_size(weights); k++)
		sum += series_at(weights, k);
	fprintf(report->out, "<path class=\"curve %s\" d=\"M%.4g %.4g",
		policy_class(report, i), LEFT, BOTTOM);
	for (size_t k = 0; k < json_array_size(lows); k++) {
		fprintf(report->out, "H%.4g", scale_at(x, series_at(lows, k)));
		below += series_at(weights, k);
		fprintf(report->out, "V%.4g", scale_at(&y, below / sum));
	}
	fprintf(report->out, "H%.4g\"/>\n", RIGHT);
}

static void distributions(const struct report *report,
			  const struct curve *curve, bool is_time)
{
	const struct scale y = { 0, 1, BOTTOM, TOP, false };
	struct scale x;
	char text[16];

	if (!decades_of(report, curve->low, &x))
		return;
	chart_open(report, curve->title, curve->how);
	svg_log_axis(report->out, &x, TOP, BOTTOM, is_time,
		     curve->x_label);
	for (unsigned int percent = 0; percent <= 100; percent += 25) {
		double at = scale_at(&y, percent / 100.0);

		svg_line(report->out, "hair", LEFT, at, RIGHT, at);
		snprintf(text, sizeof(text), "%u%s", percent,
			 percent == 100 ? " %" : "");
		svg_text(report->out, "tick", LEFT - 6, at + 3.5, "end", text);
	}
	for (size_t i = 0; i < report->count; i++)
		distribution(report, &x, curve, i);
	fputs("</svg></figure>\n", report->out);
}

static void spectrum_curve(const struct report *report, size_t i,
			   const struct scale *x, const struct scale *y)
{
	const json_t *run = report->policies[i].first_run;
	const json_t *rates = series_of(run, "metrics.spectrum.rate_bits_ps");
	const json_t *bytes = series_of(run, "metrics.spectrum.burst_bytes");
	double last = 0;

	if (!rates || json_array_size(bytes) != json_array_size(rates))
		return;
	fprintf(report->out, "<path class=\"curve %s\" d=\"",
		policy_class(report, i));
	for (size_t k = 0; k < json_array_size(rates); k++) {
		/* rates of special interest stand last, out of order */
		if (series_at(rates, k) < last)
			break;
		last = series_at(rates, k);
		fprintf(report->out, "%c%.4g %.4g", k ? 'L' : 'M',
			scale_at(x, last),
			scale_at(y, series_at(bytes, k) / FRAME_L1_BYTES));
	}
	fputs("\"/>\n", report->out);
}

/* The buffer of the shared port: bursts above the mark do not fit. */
static void port_mark(const struct report *report, const struct scale *x,
		      const struct scale *y)
{
	double at_x = scale_at(x, report->port_rate_bits_ps);
	double at_y = scale_at(y, report->buffer_pkts);

	if (report->port_rate_bits_ps <= x->from ||
	    report->port_rate_bits_ps >= x->to || report->buffer_pkts <= 0 ||
	    report->buffer_pkts >= y->to)
		return;
	svg_line(report->out, "level", at_x, BOTTOM, at_x, at_y);
	svg_line(report->out, "level", LEFT, at_y, at_x, at_y);
	fprintf(report->out, "<circle class=\"mark\" cx=\"%.4g\" cy=\"%.4g\" r=\"3\"/>\n",
		at_x, at_y);
	svg_text(report->out, "note", at_x - 6, at_y + 14, "end", "port's buffer");
}

static void spectrum(const struct report *report)
{
	struct scale x = { INFINITY, 0, LEFT, RIGHT, true };
	struct scale y = { 1, 10, BOTTOM, TOP, true };
	char text[32];

	for (size_t i = 0; i < report->count; i++) {
		const json_t *run = report->policies[i].first_run;
		const json_t *rates = series_of(run, "metrics.spectrum.rate_bits_ps");
		const json_t *bytes = series_of(run, "metrics.spectrum.burst_bytes");

		if (!rates || !bytes)
			continue;
		x.from = fmin(x.from, series_at(rates, 0));
		x.to = fmax(x.to, series_max(rates));
		y.to = fmax(y.to, series_max(bytes) / FRAME_L1_BYTES);
	}
	if (x.to <= 0)
		return;
	x.from = pow(10, floor(log10(x.from)));
	x.to = pow(10, ceil(log10(x.to) - 0.05));
	y.to = pow(10, ceil(log10(y.to)));
	chart_open(report, "Burst spectrum.", "Smallest buffer that would hold the worst sender's frames without loss, at a bottleneck of each rate.");
	svg_log_axis(report->out, &x, TOP, BOTTOM, false,
		     "rate of the bottleneck, b/s");
	for (double value = 1; value <= y.to * 1.01; value *= 10) {
		svg_line(report->out, "hair", LEFT, scale_at(&y, value), RIGHT,
			 scale_at(&y, value));
		svg_decade_format(value, false, text, sizeof(text));
		svg_text(report->out, "tick", LEFT - 6, scale_at(&y, value) + 3.5,
			 "end", text);
	}
	svg_text(report->out, "note", LEFT + 4, TOP + 10, "start", "frames");
	port_mark(report, &x, &y);
	for (size_t i = 0; i < report->count; i++)
		spectrum_curve(report, i, &x, &y);
	fputs("</svg></figure>\n", report->out);
}

void report_curves(const struct report *report)
{
	static const struct curve gaps = {
		"Gaps.", "start of frame to start of the next",
		"Share of frames that follow the one before within so much time.",
		"series.gap_histogram.low_ns", "series.gap_histogram.count",
	};
	static const struct curve trains = {
		"Trains.", "frames back to back at the NIC's rate",
		"Share of frames that left in trains of at most so many.",
		"series.train_histogram.low_pkts",
		"series.train_histogram.sum_pkts",
	};

	fputs("<section>\n<h2>Gaps, trains, bursts</h2>\n<p class=\"how legend\">", report->out);
	for (size_t i = 0; i < report->count; i++) {
		fprintf(report->out, "<span class=\"key %s\"><svg viewBox=\"0 0 22 8\"><path class=\"curve %s\" d=\"M0 4H22\"/></svg>",
			policy_class(report, i), policy_class(report, i));
		html_text(report->out, report->policies[i].policy);
		fputs("</span> ", report->out);
	}
	fputs("</p>\n<div class=\"row\">\n", report->out);
	distributions(report, &gaps, true);
	distributions(report, &trains, false);
	spectrum(report);
	fputs("</div>\n</section>\n", report->out);
}
