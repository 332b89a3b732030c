// SPDX-License-Identifier: GPL-2.0
/* A direction against the rate that it was to keep: errors in words, wander as a chart. */
#include <math.h>

#include "report_parts.h"
#include "words.h"

#define PPM_P50		500000u
#define PPM_P99		990000u
#define LEAST_NS	0.1		/* less than this is drawn on the edge */

/* MTIE, or TDEV where there is one. Returns how many. */
static uint32_t wander_points(const struct sluice_phase *phase, bool is_tdev,
			      struct chart_point *points)
{
	struct sluice_wander one;
	uint32_t count = 0;

	for (uint32_t k = 0; k < SLUICE_PHASE_LEVELS &&
			     sluice_phase_wander(phase, k, &one) &&
			     (one.has_tdev || !is_tdev); k++) {
		struct chart_point *point = &points[count++];
		double value = is_tdev ? one.tdev_ns : one.mtie_ns;

		point->x = (double)one.tau_ns;
		point->y = fmax(value, LEAST_NS);
		snprintf(point->title, sizeof(point->title), "%s in %s: %.4g ns",
			 is_tdev ? "TDEV" : "MTIE", time_text(point->x).text,
			 value);
	}
	return count;
}

static void wander(const struct panel *panel)
{
	struct chart_point mtie[SLUICE_PHASE_LEVELS], tdev[SLUICE_PHASE_LEVELS];
	const struct sluice_phase *phase = &panel->lane->commanded.phase;
	uint32_t mties = wander_points(phase, false, mtie);
	uint32_t tdevs = wander_points(phase, true, tdev);
	struct chart chart = { .out = panel->out };
	double low = INFINITY, high = 1;

	if (!mties) {
		chart_absent(panel->out, "Wander.",
			     "Not known here: the span is too short.");
		return;
	}
	for (uint32_t i = 0; i < mties; i++) {
		low = fmin(low, mtie[i].y);
		high = fmax(high, mtie[i].y);
	}
	for (uint32_t i = 0; i < tdevs; i++)
		low = fmin(low, tdev[i].y);
	chart.x = chart_decades(mtie[0].x, fmax(mtie[mties - 1].x,
						mtie[0].x * 10));
	chart.y = chart_decades(low, high);
	chart_open(&chart, panel->out, "Wander.",
		   "How much the phase moves in a stretch of each length: at most (MTIE, blue) and as a deviation (TDEV, green; ITU-T G.810).",
		   true, "length of the stretch, tau");
	chart_log_y(&chart, "ns");
	chart_curve(&chart, "p1", mtie, mties);
	chart_curve(&chart, "p2", tdev, tdevs);
	chart_close(&chart);
}

/* Errors of departure, late and early apart: which share is up to so much. */
static void departures(const struct panel *panel)
{
	const struct sluice_departure *departure =
		&panel->lane->commanded.departure;
	const struct sluice_hist *late = &departure->late;
	const struct sluice_hist *early = &departure->early;
	struct chart chart = { .out = panel->out };

	if (!late->count && !early->count) {
		chart_absent(panel->out, "Departures.",
			     "Every frame came when it was due.");
		return;
	}
	chart.x = chart_decades(fmax(fmin((double)late->min,
					  (double)early->min), 1),
				fmax(fmax((double)late->max,
					  (double)early->max), 10));
	chart_open(&chart, panel->out, "Departures.",
		   "How far from its time by the rate a frame came: of the late ones (blue) and of the early ones (green), the share within so much.",
		   true, "late, early by");
	chart_share_y(&chart);
	if (early->count)
		chart_cdf(&chart, "p2", early, false);
	if (late->count)
		chart_cdf(&chart, "p1", late, false);
	chart_close(&chart);
}

static void rate_errors(FILE *out, const struct sluice_commanded *commanded)
{
	double error_ppm = sluice_commanded_error_ppm(commanded);

	if (isnan(error_ppm))
		fputs("How far its mean is off is not known", out);
	else
		fprintf(out, "Its mean is %s off", error_of(error_ppm).text);
	for (uint32_t i = 0; i < SLUICE_COMMANDED_WINDOWS; i++) {
		const struct sluice_rate_errors *errors =
			&commanded->rate_errors[i];

		if (errors->windows)
			fprintf(out, ", that of %s %s to %s",
				time_text((double)
					  sluice_commanded_windows_ns[i]).text,
				error_of(errors->min_ppm).text,
				error_of(errors->max_ppm).text);
	}
	fputs(". ", out);
}

void page_commanded(const struct panel *panel)
{
	const struct sluice_commanded *commanded = &panel->lane->commanded;
	const struct sluice_hist *late = &commanded->departure.late;
	const struct sluice_hist *early = &commanded->departure.early;
	FILE *out = panel->out;

	if (!panel->scope->config.commanded_bits_ps)
		return;
	fprintf(out, "<section>\n<h2>Against %s</h2>\n<div class=\"row\">\n",
		rate_text((double)commanded->rate_bits_ps).text);
	wander(panel);
	departures(panel);
	fputs("</div>\n<p class=\"how\">", out);
	rate_errors(out, commanded);
	fputs("Had a frame always been ready, ", out);
	html_count(out, (double)late->count);
	fprintf(out, " were late (p99 %s), ",
		time_text((double)sluice_hist_quantile(late, PPM_P99)).text);
	html_count(out, (double)early->count);
	fprintf(out, " early (p99 %s); half of all were off by up to %s&#8239;%% of their own time on the wire at that rate. ",
		time_text((double)sluice_hist_quantile(early, PPM_P99)).text,
		number_text((double)sluice_hist_quantile(&commanded->over_frame,
							 PPM_P50) / 10).text);
	html_count(out, (double)commanded->pauses);
	fputs(" frames came more than 262&#8239;µs late: they are taken as the first behind a pause.</p>\n</section>\n", out);
}
