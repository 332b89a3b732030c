// SPDX-License-Identifier: GPL-2.0
/*
 * What the processors did meanwhile, under the series of the packets and on its time
 * axis: of each millisecond the busiest processor, and the one with most softirqs.
 */
#include <math.h>

#include "cpu.h"
#include "report_parts.h"

#define WIDTH		960
#define HEIGHT		208
#define LEFT		64.0
#define RIGHT		944.0
#define TOP		12.0
#define BOTTOM		170.0
#define MS_NS		1e6
#define US_NS		1000u		/* the page has them in us */

/* As the page shows them: bins may be joined. Those behind the last packet are left out. */
struct bins {
	const struct scope_cpu *cpu;
	uint32_t step;
	uint32_t count;
	double bin_ns;
	double span_ns;
};

static struct scope_cpu_bin bin_at(const struct bins *bins, uint32_t i)
{
	struct scope_cpu_bin ret = { .ms = 0 };

	for (uint32_t k = i * bins->step;
	     k < (i + 1) * bins->step && k < bins->cpu->bins; k++) {
		const struct scope_cpu_bin *one = &bins->cpu->bin[k];

		ret.busy_ns += one->busy_ns;
		ret.ms += one->ms;
		for (uint32_t kind = 0; kind < SCOPE_CPU_KINDS; kind++)
			if (one->max_ns[kind] > ret.max_ns[kind])
				ret.max_ns[kind] = one->max_ns[kind];
	}
	return ret;
}

static struct bins bins_of(const struct panel *panel)
{
	struct bins bins = { .cpu = panel->scope->cpu, .step = 1 };
	uint32_t count;

	bins.span_ns = fmax((double)(panel->scope->end_ns -
				     panel->scope->start_ns), 1);
	count = (uint32_t)ceil(bins.span_ns / (double)bins.cpu->bin_ns);
	if (count > bins.cpu->bins)
		count = bins.cpu->bins;
	while (count / bins.step > panel->bins_max)
		bins.step *= 2;
	bins.count = (count + bins.step - 1) / bins.step;
	bins.bin_ns = (double)bins.cpu->bin_ns * bins.step;
	return bins;
}

/* ---- in words ---- */

static void percent_print(FILE *out, double share)
{
	fprintf(out, "%s&#8239;%%", number_text(100 * share).text);
}

static void pmr_print(FILE *out, const struct scope_cpu_peak *peak)
{
	percent_print(out, peak->peak_share);
	fprintf(out, ", %s times the mean of its second (",
		number_text(peak->pmr).text);
	percent_print(out, peak->mean_share);
	fputs(")", out);
}

static void words(FILE *out, const struct scope_cpu *cpu)
{
	const struct scope_cpu_peak *all = &cpu->pmr[SCOPE_CPU_BUSY];
	const struct scope_cpu_peak *one = &cpu->one_pmr[SCOPE_CPU_BUSY];
	const struct scope_cpu_peak *softirq = &cpu->peak[SCOPE_CPU_SOFTIRQ];

	fprintf(out, "Of the time of all %u processors ", cpu->cpus);
	percent_print(out, scope_cpu_mean_share(cpu, SCOPE_CPU_BUSY));
	fputs(" was busy", out);
	if (all->pmr > 0) {
		fputs(", of the busiest millisecond ", out);
		pmr_print(out, all);
	}
	fputs(".", out);
	if (one->pmr > 0) {
		fprintf(out, " Of one processor alone, the worst is number %u: ",
			one->cpu);
		pmr_print(out, one);
		fputs(".", out);
	}
	if (softirq->pmr > 0) {
		fprintf(out, " Softirqs took up to ");
		percent_print(out, softirq->peak_share);
		fprintf(out, " of a millisecond of processor %u, ",
			softirq->cpu);
		percent_print(out, softirq->mean_share);
		fputs(" of its second.", out);
	}
	if (cpu->missed_ms) {
		fputs(" Of ", out);
		html_count(out, (double)cpu->missed_ms);
		fputs(" milliseconds nothing is known: they were not read in time.", out);
	}
}

/* ---- the still picture ---- */

static void share_axis(FILE *out, const struct scale *share)
{
	char text[16];

	for (unsigned int percent = 0; percent <= 100; percent += 25) {
		double y = scale_at(share, percent / 100.);

		svg_line(out, percent ? "hair" : "base", LEFT, y, RIGHT, y);
		snprintf(text, sizeof(text), "%u%s", percent,
			 percent == 100 ? " %" : "");
		svg_text(out, "tick", LEFT - 6, y + 3.5, "end", text);
	}
}

/* Of all processors together. */
static double all_share(const struct bins *bins, const struct scope_cpu_bin *bin)
{
	return (double)bin->busy_ns / bin->ms / bins->cpu->cpus / MS_NS;
}

/* @kind: of the processor with most; SCOPE_CPU_KINDS: busy, of all together. */
static void dots(FILE *out, const struct bins *bins, const struct scale *share,
		 const char *class, enum scope_cpu_kind kind)
{
	double width = RIGHT - LEFT;
	struct svg_dots field;

	svg_dots_open(&field, out, class, LEFT, width, BOTTOM);
	for (uint32_t i = 0; i < bins->count; i++) {
		struct scope_cpu_bin bin = bin_at(bins, i);
		double x = (i + .5) * bins->bin_ns / bins->span_ns;

		if (bin.ms)
			svg_dots_add(&field, fmin(x, 1) * width,
				     scale_at(share, kind == SCOPE_CPU_KINDS ?
					      all_share(bins, &bin) :
					      bin.max_ns[kind] / MS_NS));
	}
	svg_dots_close(&field);
}

/* All processors, second by second, as far as it is known. */
static void means(FILE *out, const struct bins *bins, const struct scale *time,
		  const struct scale *share)
{
	uint32_t bins_ps = (uint32_t)fmax(1, 1e9 / bins->bin_ns);

	fputs("<path class=\"mean\" d=\"", out);
	for (uint32_t i = 0; i < bins->count; i += bins_ps) {
		double busy_ns = 0, ms = 0;
		uint32_t end = i + bins_ps < bins->count ? i + bins_ps :
							   bins->count;

		for (uint32_t k = i; k < end; k++) {
			struct scope_cpu_bin bin = bin_at(bins, k);

			busy_ns += (double)bin.busy_ns;
			ms += bin.ms;
		}
		if (ms > 0)
			fprintf(out, "M%.5g %.4gH%.5g",
				scale_at(time, i * bins->bin_ns / 1e9),
				scale_at(share, busy_ns / ms / MS_NS /
						bins->cpu->cpus),
				scale_at(time, end * bins->bin_ns / 1e9));
	}
	fputs("\"/>\n", out);
}

static void still(FILE *out, const struct bins *bins)
{
	const struct scale time = { 0, bins->span_ns / 1e9, LEFT, RIGHT, false };
	const struct scale share = { 0, 1, BOTTOM, TOP, false };

	fprintf(out, "<svg class=\"still\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Processors over time: share of each millisecond that the busiest was busy, and that one was in softirqs\">\n",
		WIDTH, HEIGHT);
	share_axis(out, &share);
	dots(out, bins, &share, "p5", SCOPE_CPU_KINDS);
	dots(out, bins, &share, "p1", SCOPE_CPU_BUSY);
	dots(out, bins, &share, "p4", SCOPE_CPU_SOFTIRQ);
	means(out, bins, &time, &share);
	svg_time_axis(out, &time, BOTTOM + 16);
	fputs("</svg>\n", out);
}

/* ---- the numbers behind it ---- */

/* Plus one, because 0 means that nothing is known. */
static uint64_t busy_value(const void *context, uint32_t i)
{
	struct scope_cpu_bin bin = bin_at(context, i);

	return bin.ms ? bin.max_ns[SCOPE_CPU_BUSY] / US_NS + 1 : 0;
}

static uint64_t softirq_value(const void *context, uint32_t i)
{
	struct scope_cpu_bin bin = bin_at(context, i);

	return bin.ms ? bin.max_ns[SCOPE_CPU_SOFTIRQ] / US_NS + 1 : 0;
}

/* Of all processors on average. */
static uint64_t all_value(const void *context, uint32_t i)
{
	const struct bins *bins = context;
	struct scope_cpu_bin bin = bin_at(bins, i);

	return bin.ms ? (uint64_t)(all_share(bins, &bin) * MS_NS / US_NS) + 1 :
			0;
}

static void numbers(FILE *out, const struct bins *bins)
{
	fprintf(out, "<script type=\"application/json\">{\"bin_ns\":%.0f,\"bins\":%u,\"span_ns\":%.0f",
		bins->bin_ns, bins->count, bins->span_ns);
	pack_print(out, "busy", bins->count, busy_value, bins);
	pack_print(out, "softirq", bins->count, softirq_value, bins);
	pack_print(out, "together", bins->count, all_value, bins);
	fputs("}</script>\n", out);
}

void page_cpu(const struct panel *panel)
{
	const struct scope *scope = panel->scope;
	FILE *out = panel->out;
	struct bins bins;

	if (!scope->config.wants_cpu)
		return;
	fputs("<section>\n<h2>Processors of this host, on the same axis</h2>\n<p class=\"how\">", out);
	if (!scope->cpu) {
		fputs("Not known here: ", out);
		html_text(out, *scope->config.why_no_cpu ?
			       scope->config.why_no_cpu : SCOPE_CPU_NO_PACKET);
		fputs(".</p>\n</section>\n", out);
		return;
	}
	bins = bins_of(panel);
	words(out, scope->cpu);
	if (bins.bin_ns > MS_NS)
		fprintf(out, " Each dot is the highest millisecond within %s.",
			time_text(bins.bin_ns).text);
	fputs("</p>\n<p class=\"how legend\">", out);
	series_key(out, "mean", "mean of all, each second");
	series_key(out, "dot p1", "busiest processor");
	series_key(out, "dot p5", "all together");
	series_key(out, "dot p4", "in softirqs, of the one with most");
	fprintf(out, "</p>\n<div class=\"series\" data-kind=\"cpu\" id=\"cpu-%u\">\n",
		panel->number);
	still(out, &bins);
	numbers(out, &bins);
	fputs("</div>\n</section>\n", out);
}
