// SPDX-License-Identifier: GPL-2.0
/* How frames are spaced: gaps, trains, and trains by length and gap at once. */
#include <inttypes.h>
#include <math.h>

#include "report_parts.h"

#define PPM_P50		500000u
#define PPM_P99		990000u
#define PER_DECADE	10		/* bars of the gaps */
#define DECADES		12
#define BARS		(PER_DECADE * DECADES)
#define THETA_2US	5u
#define THETA_100US	6u

/* ---- gaps ---- */

static void gap_bars(const struct chart *chart, const struct sluice_hist *gap)
{
	double base = scale_at(&chart->y, 0);
	uint64_t bar[BARS] = { 0 };

	for (uint32_t i = 0; i <= gap->last; i++) {
		const struct sluice_hist_bucket *bucket = &gap->buckets[i];
		double value;
		int at;

		if (!bucket->count)
			continue;
		value = fmax((double)bucket->sum / (double)bucket->count, 1);
		at = (int)floor(log10(value) * PER_DECADE + 1e-9);
		bar[at < BARS ? at : BARS - 1] += bucket->count;
	}
	for (int i = 0; i < BARS; i++) {
		double from = pow(10, (double)i / PER_DECADE);
		double to = pow(10, (i + 1.0) / PER_DECADE);
		double share = (double)bar[i] / (double)gap->count;

		if (!bar[i] || to <= chart->x.from * (1 + 1e-9))
			continue;
		fprintf(chart->out, "<path class=\"bar p1 soft\" d=\"M%.4g %.4gV%.4gH%.4gV%.4gz\"><title>%s to %s: %.3g %% of all gaps</title></path>\n",
			scale_at(&chart->x, from), base,
			scale_at(&chart->y, share) - .5,
			scale_at(&chart->x, to), base, time_text(from).text,
			time_text(to).text, 100 * share);
	}
}

static void gaps(const struct panel *panel)
{
	const struct sluice_meter *meter = &panel->lane->meter;
	const struct sluice_hist *gap = &meter->gap;
	uint32_t uncertainty = meter->config.uncertainty_ns;
	struct chart chart = { .out = panel->out };
	double edge;

	if (!gap->count) {
		chart_absent(panel->out, "Gaps.",
			     "Not known here: it takes two frames.");
		return;
	}
	/* what is shorter than stamps tell has no place on the axis */
	edge = fmax(fmax((double)gap->min, uncertainty), 1);
	chart.x = chart_decades(edge, fmax((double)gap->max, 10 * edge));
	chart_open(&chart, panel->out, "Gaps.",
		   "Start of a frame to the start of the next: the share within so much (line), and in each tenth of a decade (bars).",
		   true, "gap");
	chart_share_y(&chart);
	edge = scale_at(&chart.x, uncertainty);
	if (uncertainty > chart.x.from)
		fprintf(panel->out, "<path class=\"unknown\" d=\"M%.4g %.4gH%.4gV%.4gH%.4gz\"><title>below %s stamps do not tell gaps apart</title></path>\n",
			chart.x.at_from, chart.y.at_from, edge, chart.y.at_to,
			chart.x.at_from, time_text(uncertainty).text);
	gap_bars(&chart, gap);
	chart_cdf(&chart, "p1", gap, false);
	if (scope_is_one_piece(panel->scope))
		chart_level_x(&chart, (double)gap->sum / (double)gap->count,
			      "mean");
	chart_close(&chart);
}

/* ---- trains ---- */

static const struct {
	uint32_t theta;
	const char *class;
	const char *name;
} trains_shown[] = {
	{ 0, "p0 thin", "at line rate" },
	{ THETA_2US, "p1 middle", "gaps to 2 µs" },
	{ THETA_100US, "p5 thick", "gaps to 100 µs" },
};

#define TRAINS_SHOWN	(sizeof(trains_shown) / sizeof(trains_shown[0]))

/* Whether gaps of that theta are: 0 is the wire's. */
static bool is_told(const struct sluice_meter *meter, size_t theta)
{
	return theta ? sluice_meter_tells(meter, sluice_thetas_ns[theta]) :
		       sluice_meter_tells_wire(meter);
}

static void trains(const struct panel *panel)
{
	const struct sluice_meter *meter = &panel->lane->meter;
	size_t first = is_told(meter, 0) ? 0 : is_told(meter, THETA_2US) ? 1 : 2;
	struct chart chart = { .out = panel->out };
	double longest = 10;

	for (size_t i = first; i < TRAINS_SHOWN; i++) {
		const struct sluice_hist *pkts =
			&meter->trains.theta[trains_shown[i].theta].pkts;

		if (pkts->count)
			longest = fmax(longest, (double)pkts->max);
	}
	if (!is_told(meter, THETA_100US)) {
		chart_absent(panel->out, "Trains.",
			     "Not known here: stamps do not tell gaps of 100&#8239;µs.");
		return;
	}
	chart.x = chart_decades(1, longest);
	chart_open(&chart, panel->out, "Trains.", first ?
		   "Share of frames in trains of at most so many. Those at line rate are not known here: the line rate is not, or stamps do not tell so short gaps." :
		   "Share of frames in trains of at most so many; 1 is a frame by itself.",
		   false, "frames in the train");
	chart_share_y(&chart);
	/* those that are alike are seen behind one another */
	for (size_t i = TRAINS_SHOWN; i-- > first;) {
		double y = chart.y.at_from - 12 - 15.0 * (double)(TRAINS_SHOWN - 1 - i);

		chart_cdf(&chart, trains_shown[i].class,
			  &meter->trains.theta[trains_shown[i].theta].pkts,
			  true);
		fprintf(panel->out, "<text class=\"note %s\" x=\"%.4g\" y=\"%.4g\" text-anchor=\"end\">%s</text>\n",
			trains_shown[i].class, chart.x.at_to - 4, y,
			trains_shown[i].name);
	}
	chart_close(&chart);
}

/* ---- trains by length and gap ---- */

static const uint32_t heat_pkts[] = { 2, 4, 8, 16, 32, 64 };

#define HEAT_ROWS	(sizeof(heat_pkts) / sizeof(heat_pkts[0]))
#define HEAT_COLUMNS	(SLUICE_THETAS - 1)	/* without "wire" */
#define HEAT_LEFT	44.0
#define HEAT_TOP	14.0
#define HEAT_WIDTH	42.6
#define HEAT_HEIGHT	30.3

static void heat_cell(FILE *out, uint64_t count, uint64_t most, size_t row,
		      size_t column)
{
	double x = HEAT_LEFT + (double)column * HEAT_WIDTH;
	double y = HEAT_TOP + (double)(HEAT_ROWS - 1 - row) * HEAT_HEIGHT;
	double share = most ? log((double)count + 1) / log((double)most + 1) : 0;
	char text[32];

	snprintf(text, sizeof(text), count < 1000 ? "%.0f" : count < 999500 ?
		 "%.3gk" : "%.4gM", (double)count /
		 (count < 1000 ? 1 : count < 999500 ? 1e3 : 1e6));
	fprintf(out, "<g><title>%" PRIu64 " trains of at least %u frames with gaps of at most %s</title>"
		"<path class=\"heat\" fill-opacity=\"%.2f\" d=\"M%.4g %.4gh%gv%gh-%gz\"/>",
		count, heat_pkts[row],
		time_text((double)sluice_thetas_ns[column + 1]).text,
		.85 * share, x + 1, y + 1, HEAT_WIDTH - 2, HEAT_HEIGHT - 2,
		HEAT_WIDTH - 2);
	svg_text(out, count ? share > .55 ? "cell full" : "cell" : "cell none",
		 x + HEAT_WIDTH / 2, y + HEAT_HEIGHT / 2 + 4, "middle", text);
	fputs("</g>\n", out);
}

static void heat(const struct panel *panel)
{
	const struct sluice_trains *all = &panel->lane->meter.trains;
	double bottom = HEAT_TOP + (double)HEAT_ROWS * HEAT_HEIGHT;
	uint64_t most = sluice_trains_at_least(all, HEAT_COLUMNS, heat_pkts[0]);
	FILE *out = panel->out;
	char text[32];

	for (size_t i = 1; i < HEAT_COLUMNS; i++) {
		uint64_t count = sluice_trains_at_least(all, (uint32_t)i,
							heat_pkts[0]);

		most = count > most ? count : most;
	}
	fputs("<figure><figcaption><b>Bursts by size and gap.</b> How many trains there are of at least so many frames with gaps of at most so much; none is said where stamps do not tell such gaps.</figcaption>\n"
	      "<svg viewBox=\"0 0 308 232\" role=\"img\" aria-label=\"Bursts by size and gap\">\n", out);
	for (size_t row = 0; row < HEAT_ROWS; row++) {
		snprintf(text, sizeof(text), "≥ %u", heat_pkts[row]);
		svg_text(out, "tick", HEAT_LEFT - 6, HEAT_TOP +
			 ((double)(HEAT_ROWS - 1 - row) + .5) * HEAT_HEIGHT + 3.5,
			 "end", text);
		for (size_t i = 0; i < HEAT_COLUMNS; i++)
			if (is_told(&panel->lane->meter, i + 1))
				heat_cell(out, sluice_trains_at_least(all,
						(uint32_t)i + 1, heat_pkts[row]),
					  most, row, i);
	}
	for (size_t i = 0; i < HEAT_COLUMNS; i++) {
		double unit = sluice_thetas_ns[i + 1] < 1000 ? 1 : 1000;

		svg_text(out, "tick", HEAT_LEFT + ((double)i + .5) * HEAT_WIDTH,
			 bottom + 14, "middle",
			 time_text(round((double)sluice_thetas_ns[i + 1] / unit) * unit).text);
	}
	svg_text(out, "note", HEAT_LEFT + HEAT_COLUMNS * HEAT_WIDTH / 2,
		 bottom + 31, "middle", "gaps of at most");
	fputs("</svg></figure>\n", out);
}

/* Of a file that is a part they are holes, for all that is known. */
static void longest_gaps(const struct panel *panel)
{
	const struct sluice_meter *meter = &panel->lane->meter;
	uint32_t least_ns = meter->config.uncertainty_ns;
	double cov = sluice_meter_gap_cov(meter);

	if (!scope_is_one_piece(panel->scope)) {
		fputs(". Between two pieces of the file is a hole, which is drawn as a gap: how long the longest gaps are, and how much gaps vary, is not known.",
		      panel->out);
		return;
	}
	fprintf(panel->out, ", 99 %% up to %s, most %s; standard deviation over mean %s (0: paced, 1: at random).",
		told_text((double)sluice_hist_quantile(&meter->gap, PPM_P99),
			  least_ns).text,
		told_text((double)meter->gap.max, least_ns).text,
		isnan(cov) ? "not known" : number_text(cov).text);
}

void page_spacing(const struct panel *panel)
{
	const struct sluice_meter *meter = &panel->lane->meter;
	uint32_t least_ns = meter->config.uncertainty_ns;
	FILE *out = panel->out;

	fputs("<section>\n<h2>Gaps and trains</h2>\n<div class=\"row\">\n", out);
	gaps(panel);
	trains(panel);
	heat(panel);
	fputs("</div>\n", out);
	if (meter->gap.count) {
		fprintf(out, "<p class=\"how\">Gaps: least %s, median %s",
			told_text((double)meter->gap.min, least_ns).text,
			told_text((double)sluice_hist_quantile(&meter->gap,
							       PPM_P50),
				  least_ns).text);
		longest_gaps(panel);
		if (meter->censored_gaps) {
			fprintf(out, " Below what stamps tell apart (%s), and not zero: ",
				time_text(meter->config.uncertainty_ns).text);
			html_count(out, (double)meter->censored_gaps);
			fputs(".", out);
		}
		fputs("</p>\n", out);
	}
	if (panel->scope->config.vantage.has_supers)
		fputs(panel->scope->config.expands_supers ?
		      "<p class=\"how\">Stack, expanded: a super-packet is shown as its frames, all with its one stamp. How the wire spaces them is not seen here.</p>\n" :
		      "<p class=\"how\">A super-packet counts as one here: gaps and trains are of what the stack hands down, not of frames on the wire.</p>\n", out);
	fputs("</section>\n", out);
}
