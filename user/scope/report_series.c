// SPDX-License-Identifier: GPL-2.0
/*
 * The first panel, the picture that shows the problem: the mean of each second
 * as a line, over every millisecond's mean and the highest 100 µs and 10 µs as
 * dots. The same numbers stand behind it in a compact form, for the script.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report_parts.h"

#define WIDTH		960
#define HEIGHT		348
#define LEFT		64.0
#define RIGHT		944.0
#define TOP		12.0
#define BOTTOM		310.0
#define MS_NS		1e6
#define LOG_RATIO	8.0		/* from here on a linear axis hides the mean */

/* A series as the page shows it: bins may be joined, to keep the page small. */
struct bins {
	const struct scope_series *series;
	uint32_t step;			/* bins of the series in one */
	uint32_t count;
	double bin_ns;
	double span_ns;
	uint32_t seconds;		/* means; the last one takes what is left */
};

static struct scope_bin bin_at(const struct bins *bins, uint32_t i)
{
	struct scope_bin ret = { .bytes = 0 };

	for (uint32_t k = i * bins->step;
	     k < (i + 1) * bins->step && k < bins->series->bins; k++) {
		const struct scope_bin *one = &bins->series->bin[k];

		ret.bytes += one->bytes;
		ret.pkts += one->pkts;
		if (one->max_1ms_bytes > ret.max_1ms_bytes)
			ret.max_1ms_bytes = one->max_1ms_bytes;
		if (one->max_100us_bytes > ret.max_100us_bytes)
			ret.max_100us_bytes = one->max_100us_bytes;
		if (one->max_10us_bytes > ret.max_10us_bytes)
			ret.max_10us_bytes = one->max_10us_bytes;
	}
	return ret;
}

static struct bins bins_of(const struct panel *panel)
{
	const struct scope_series *series = &panel->lane->series;
	struct bins bins = { .series = series, .step = 1 };

	while (series->bins / bins.step > panel->bins_max)
		bins.step *= 2;
	bins.count = (series->bins + bins.step - 1) / bins.step;
	bins.bin_ns = (double)series->bin_ns * bins.step;
	bins.span_ns = fmax((double)(panel->scope->end_ns -
				     panel->scope->start_ns), 1);
	bins.seconds = (uint32_t)(bins.span_ns / 1e9);
	if (bins.bin_ns > 1e9)
		bins.seconds = bins.count;
	if (!bins.seconds)
		bins.seconds = 1;
	return bins;
}

/* The mean of second i, in bits/s, from the bins that begin in it. */
static double mean_at(const struct bins *bins, uint32_t i)
{
	double length_ns = fmax(1e9, bins->bin_ns);
	bool is_last = i + 1 == bins->seconds;
	uint32_t from = (uint32_t)ceil(i * length_ns / bins->bin_ns - 1e-9);
	uint32_t to = is_last ? bins->count : (uint32_t)
		      ceil((i + 1) * length_ns / bins->bin_ns - 1e-9);
	double end_ns = is_last ? bins->span_ns : to * bins->bin_ns;
	double bytes = 0;

	for (uint32_t k = from; k < to && k < bins->count; k++)
		bytes += (double)bin_at(bins, k).bytes;
	return bytes * 8e9 / fmax(end_ns - from * bins->bin_ns, 1);
}

/* Bytes of a bin's busiest window, as a rate. */
static double peak_of(const struct scope_bin *bin, enum scope_peak peak)
{
	return scope_bin_peak_bytes(bin, peak) * 8e9 / scope_peaks_ns[peak];
}

/* The shortest windows that stamps tell; SCOPE_PEAKS: none. */
static enum scope_peak peak_first(const struct panel *panel)
{
	enum scope_peak peak = SCOPE_PEAK_10US;

	while (peak < SCOPE_PEAKS &&
	       !scope_tells(panel->scope, scope_peaks_ns[peak]))
		peak++;
	return peak;
}

/* The rate axis: up to the highest dot, and logarithmic where that hides the mean. */
static struct scale rate_scale(const struct panel *panel,
			       const struct bins *bins)
{
	const struct sluice_window_result *result =
		&panel->lane->meter.results[peak_first(panel)];
	bool has_dots = peak_first(panel) < SCOPE_PEAKS;
	double mean = fmax(panel_mean_bits_ps(panel), 1);
	double top = fmax(has_dots ? result->peak_bits_ps : 0, mean);
	struct scale ret = { 0, 0, BOTTOM, TOP, false };
	double step;

	for (uint32_t i = 0; i < bins->seconds && !has_dots; i++)
		top = fmax(top, mean_at(bins, i));
	/* of a span shorter than 10 us no peak is known, but it has dots */
	for (uint32_t i = 0; i < bins->count && has_dots && !result->peak_bytes; i++) {
		struct scope_bin bin = bin_at(bins, i);

		top = fmax(top, peak_of(&bin, peak_first(panel)));
	}

	if (top > LOG_RATIO * mean) {
		ret.from = tick_step(mean / 20, 1);
		ret.to = tick_step(top, 1);
		ret.is_log = true;
		return ret;
	}
	step = tick_step(top, 6);
	ret.to = ceil(top / step * (1 - 1e-9)) * step;
	return ret;
}

/* ---- the still picture ---- */

static void rate_axis(FILE *out, const struct scale *rate)
{
	double step = rate->is_log ? 0 : tick_step(rate->to, 6);
	double value = rate->is_log ? pow(10, ceil(log10(rate->from) - 1e-9)) :
				      0;

	while (value <= rate->to * (1 + 1e-9)) {
		double y = scale_at(rate, value);

		svg_line(out, "hair", LEFT, y, RIGHT, y);
		svg_text(out, "tick", LEFT - 6, y + 3.5, "end",
			 value > 0 ? rate_text(value).text : "0");
		value = rate->is_log ? value * 10 : value + step;
	}
	svg_line(out, "base", LEFT, BOTTOM, RIGHT, BOTTOM);
}

static const char *const peak_classes[] = { "p4", "p5", "p1" };

static void dots(const struct panel *panel, const struct bins *bins,
		 const struct scale *rate)
{
	double width = RIGHT - LEFT;

	for (enum scope_peak peak = peak_first(panel); peak < SCOPE_PEAKS; peak++) {
		struct svg_dots field;

		svg_dots_open(&field, panel->out, peak_classes[peak], LEFT,
			      width, BOTTOM);
		for (uint32_t i = 0; i < bins->count; i++) {
			struct scope_bin bin = bin_at(bins, i);
			double x = (i + .5) * bins->bin_ns / bins->span_ns;

			if (bin.bytes)
				svg_dots_add(&field, fmin(x, 1) * width,
					     scale_at(rate, peak_of(&bin, peak)));
		}
		svg_dots_close(&field);
	}
}

static void means(FILE *out, const struct bins *bins, const struct scale *time,
		  const struct scale *rate)
{
	double length_s = fmax(1, bins->bin_ns / 1e9);

	fputs("<path class=\"mean\" d=\"", out);
	for (uint32_t i = 0; i < bins->seconds; i++) {
		double y = scale_at(rate, mean_at(bins, i));

		fprintf(out, "%c%.5g %.4gH%.5g", i ? 'L' : 'M',
			scale_at(time, i * length_s), y,
			i + 1 == bins->seconds ? RIGHT :
			scale_at(time, (i + 1) * length_s));
	}
	fputs("\"/>\n", out);
}

static void still(const struct panel *panel, const struct bins *bins,
		  const struct scale *rate)
{
	const struct scale time = { 0, bins->span_ns / 1e9, LEFT, RIGHT, false };
	double line = (double)panel->scope->config.vantage.line_rate_bits_ps;
	FILE *out = panel->out;

	fprintf(out, "<svg class=\"still\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Rate over time: mean of each second, highest windows in it\">\n",
		WIDTH, HEIGHT);
	rate_axis(out, rate);
	if (line > 0 && line < rate->to) {
		double y = scale_at(rate, line);

		svg_line(out, "level", LEFT, y, RIGHT, y);
		svg_text(out, "note", RIGHT - 4, y - 4, "end", "line rate");
	}
	dots(panel, bins, rate);
	means(out, bins, &time, rate);
	svg_time_axis(out, &time, BOTTOM + 16);
	fputs("</svg>\n", out);
}

/* ---- the numbers behind it ---- */

static uint64_t field_of(const struct scope_bin *bin, unsigned int field)
{
	return field < SCOPE_PEAKS ? scope_bin_peak_bytes(bin, field) :
	       field == SCOPE_PEAKS ? bin->bytes : bin->pkts;
}

struct packed {
	const struct bins *bins;
	unsigned int field;
};

static uint64_t packed_value(const void *context, uint32_t i)
{
	const struct packed *packed = context;
	struct scope_bin bin = bin_at(packed->bins, i);

	return field_of(&bin, packed->field);
}

static void numbers(const struct panel *panel, const struct bins *bins,
		    const struct scale *rate)
{
	static const char *const names[] = {
		"us10", "us100", "ms1", "bytes", "pkts"
	};
	enum scope_peak first = peak_first(panel);
	FILE *out = panel->out;

	fprintf(out, "<script type=\"application/json\">{\"bin_ns\":%.0f,\"bins\":%u,\"span_ns\":%.0f,\"line_bits_ps\":%" PRIu64 ",\"from\":%.6g,\"to\":%.6g,\"log\":%s%s,\"mean\":[",
		bins->bin_ns, bins->count, bins->span_ns,
		panel->scope->config.vantage.line_rate_bits_ps, rate->from,
		rate->to, rate->is_log ? "true" : "false",
		first > SCOPE_PEAK_1MS ? ",\"no_ms\":true" : "");
	for (uint32_t i = 0; i < bins->seconds; i++)
		fprintf(out, "%s%.0f", i ? "," : "", mean_at(bins, i));
	fputs("]", out);
	for (unsigned int field = first; field < 5; field++) {
		struct packed packed = { bins, field };

		/* bins of a millisecond are their own highest one */
		if (field != SCOPE_PEAK_1MS || bins->bin_ns > MS_NS)
			pack_print(out, names[field], bins->count, packed_value,
				   &packed);
	}
	fputs("}</script>\n", out);
}

void page_series(const struct panel *panel)
{
	struct bins bins = bins_of(panel);
	struct scale rate = rate_scale(panel, &bins);
	enum scope_peak first = peak_first(panel);
	FILE *out = panel->out;

	fputs("<section>\n<h2>Millisecond by millisecond</h2>\n<p class=\"how\">"
	      "A throughput test sees the line, a buffer on the path sees the dots. ", out);
	if (first > SCOPE_PEAK_10US)
		fprintf(out, "Stamps are too coarse (%s) for dots of shorter windows than %s. ",
			time_text(panel->scope->config.vantage.uncertainty_ns).text,
			first < SCOPE_PEAKS ? time_text(scope_peaks_ns[first]).text :
					      "that");
	if (bins.bin_ns > MS_NS && first < SCOPE_PEAKS)
		fprintf(out, "Each dot is the busiest window within %s. ",
			time_text(bins.bin_ns).text);
	if (!scope_is_whole(panel->scope))
		fputs("Packets were not seen: all of it is at least what is drawn. ", out);
	else if (!scope_is_one_piece(panel->scope))
		fputs("The file is a part: all of it is at least what is drawn, and nothing is known of where it has no frame. ", out);
	if (rate.is_log)
		fputs("The scale is logarithmic; what lies below it is drawn on its lower edge, and times without a frame have no dot.", out);
	fputs("</p>\n<p class=\"how legend\">", out);
	series_key(out, "mean", "mean of each second");
	if (first <= SCOPE_PEAK_1MS)
		series_key(out, "dot p1", bins.bin_ns > MS_NS ?
			   "highest 1 ms" : "every 1 ms");
	if (first <= SCOPE_PEAK_100US)
		series_key(out, "dot p5", "highest 100 µs in it");
	if (first <= SCOPE_PEAK_10US)
		series_key(out, "dot p4", "highest 10 µs in it");
	fprintf(out, "</p>\n<div class=\"series\" id=\"series-%u\">\n",
		panel->number);
	still(panel, &bins, &rate);
	numbers(panel, &bins, &rate);
	fputs("</div>\n</section>\n", out);
}
