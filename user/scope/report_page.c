// SPDX-License-Identifier: GPL-2.0
/* Head and foot of the page, and the first figures of a vantage. */
#include <math.h>
#include <string.h>

#include "../lib/version.h"
#include "figure.h"
#include "report_parts.h"

static void title(FILE *out, const struct scope_report *report)
{
	fputs("Bursts at ", out);
	for (uint32_t i = 0; i < report->count; i++) {
		fputs(i ? " and " : "", out);
		html_text(out, report->scopes[i]->config.vantage.name);
	}
}

void page_head(FILE *out, const struct scope_report *report)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
	      "<link rel=\"icon\" href=\"data:,\">\n<title>", out);
	title(out, report);
	fputs("</title>\n<style>\n", out);
	html_style(out);
	fputs(page_uplot_style, out);
	fputs("\n", out);
	fputs(page_style, out);
	fputs("</style>\n</head>\n<body>\n<header>\n<h1>", out);
	title(out, report);
	fputs("</h1>\n</header>\n", out);
}

/* The point of it in a few sentences. */
static void lead(const struct panel *panel)
{
	const struct sluice_meter *meter = &panel->lane->meter;
	const struct sluice_window_result *ms = &meter->results[2];
	const struct sluice_window_result *us = &meter->results[0];
	FILE *out = panel->out;

	fputs("<p class=\"lead\">", out);
	html_count(out, (double)meter->pkts);
	fprintf(out, " packet%s%s in %s", meter->pkts == 1 ? "" : "s",
		panel->scope->pkts == meter->pkts ? "" : " that leave",
		time_text((double)(panel->scope->end_ns -
				   panel->scope->start_ns)).text);
	if (panel_mean_bits_ps(panel) > 0)
		fprintf(out, ", %s%s on average",
			scope_is_one_piece(panel->scope) ? "" : "at least ",
			rate_text(panel_mean_bits_ps(panel)).text);
	fputs(".", out);
	if (!scope_is_whole(panel->scope)) {
		fputs(" ", out);
		html_count(out, (double)panel->scope->unseen_pkts);
		fputs(" packets more were not seen, so most of the figures are not known.</p>\n", out);
		return;
	}
	if (!scope_is_one_piece(panel->scope)) {
		fputs(" ", out);
		html_count(out, (double)panel->scope->left_out_pkts);
		fputs(" packets more were received and are not in the file, so what takes the whole span is not known.</p>\n", out);
		return;
	}
	if (ms->pmr > 0)
		fprintf(out, " The busiest millisecond carries %s times the mean of its second",
			number_text(ms->pmr).text);
	if (ms->pmr > 0 && us->pmr > 0)
		fprintf(out, ", the busiest 10&#8239;µs %s times; perfectly spaced it would be %s",
			number_text(us->pmr).text, number_text(ms->floor).text);
	if (ms->pmr > 0 && us->pmr > 0)
		fprintf(out, " and %s.", number_text(us->floor).text);
	else if (ms->pmr > 0)
		fputs(".", out);
	fputs("</p>\n", out);
}

void page_vantage(const struct panel *panel, uint32_t vantages)
{
	FILE *out = panel->out;

	fputs("<article>\n", out);
	if (vantages > 1) {
		fputs("<h1 class=\"vantage\">", out);
		html_text(out, panel->scope->config.vantage.name);
		fputs("</h1>\n", out);
	}
	if (panel->note) {
		fputs("<p class=\"warning\">", out);
		html_text(out, panel->note);
		fputs(". The figures are of what came before.</p>\n", out);
	}
	if (panel->lane)
		lead(panel);
	else
		fputs("<p class=\"lead\">No packet was seen, so nothing is known.</p>\n", out);
}

/* ---- the five figures ---- */

/* Why a figure of the whole span is not known; NULL: it may be. */
static const char *why_no_span(const struct panel *panel)
{
	return !scope_is_whole(panel->scope) ? "packets were not seen" :
	       !scope_is_one_piece(panel->scope) ? "the file is a part" : NULL;
}

static void tile(FILE *out, const char *name, const char *value,
		 const char *unit, const char *how)
{
	fprintf(out, "<div class=\"tile\"><dt>%s</dt><dd><b%s>%s</b>%s%s<small>%s</small></dd></div>\n",
		name, value ? "" : " class=\"none\"", value ? value : "not known",
		value && *unit ? "&#8239;" : "", value ? unit : "", how);
}

static double figure_value(const struct panel *panel, const char *name)
{
	return scope_figure_value(scope_figure_find(name), panel->scope,
				  panel->lane);
}

/* By the times that were meant, else by the rate that was to be kept. */
static void departures(const struct panel *panel)
{
	double late = figure_value(panel, "departure_p99");
	double early = figure_value(panel, "cdvt");
	struct text how = rate_text((double)
				    panel->scope->config.commanded_bits_ps);

	if (!isnan(late)) {
		tile(panel->out, "Departures late, p99", time_text(late).text,
		     "", "0: as intended");
	} else if (!isnan(early)) {
		strncat(how.text, " was to be kept",
			sizeof(how.text) - strlen(how.text) - 1);
		tile(panel->out, "Too early at most", time_text(early).text, "",
		     how.text);
	} else {
		tile(panel->out, "Departures late, p99", NULL, "",
		     why_no_span(panel) ? why_no_span(panel) :
		     "nothing here says when frames were meant to leave");
	}
}

void page_headline(const struct panel *panel)
{
	const struct sluice_meter *meter = &panel->lane->meter;
	double pmr = figure_value(panel, "pmr_1ms");
	double excess = figure_value(panel, "bef_125");
	double b0 = figure_value(panel, "b0");
	double goodput = figure_value(panel, "goodput");
	const char *why = why_no_span(panel);
	struct text text, how;
	FILE *out = panel->out;

	fputs("<dl class=\"tiles\">\n", out);
	text = number_text(pmr);
	tile(out, "Peak to mean, 1&#8239;ms", isnan(pmr) ? NULL : text.text,
	     "&#215;", why ? why : "1: as even as can be");
	text = number_text(excess);
	tile(out, "Excess at 1.25 &#215; mean", isnan(excess) ? NULL : text.text,
	     "frames", why ? why :
	     sluice_excess_is_told(&meter->excess[2]) ? "1: perfectly paced" :
	     "it is mostly made by the step of stamps");
	departures(panel);
	text = number_text(b0);
	how = rate_text((double)sluice_spectrum_rate(&meter->spectrum, 0));
	strncat(how.text, " behind it", sizeof(how.text) - strlen(how.text) - 1);
	tile(out, "Buffer without loss, B0", isnan(b0) ? NULL : text.text,
	     "frames", !isnan(b0) ? how.text :
	     why ? why : panel->scope->config.bottleneck_bits_ps ?
	     "it is mostly made by the step of stamps" :
	     "no bottleneck was named: <code>--bottleneck 1gbit</code>");
	text = rate_text(goodput);
	tile(out, "Goodput", isnan(goodput) ? NULL : text.text, "",
	     why ? why :
	     isnan(goodput) ? "there was no data of TCP" :
	     "TCP payload, first sendings");
	fputs("</dl>\n", out);
	if (meter->blocks_cut && !why)
		fprintf(out, "<p class=\"warning\">%u seconds had more frames than are kept: their burst excess is a lower bound.</p>\n",
			meter->blocks_cut);
}

void page_foot(FILE *out)
{
	fputs("<footer>\n<p>Made by Sluice " SLUICE_VERSION ", <code>sluice scope --report</code>. "
	      "The page needs nothing else: it opens offline, reads without JavaScript and prints.</p>\n</footer>\n", out);
	fputs("<script>\n/*!\n", out);
	fputs(page_uplot_licence, out);
	fputs("\n*/\n", out);
	fputs(page_uplot_script, out);
	fputs("\n</script>\n<script>\n", out);
	fputs(page_script, out);
	fputs("</script>\n</body>\n</html>\n", out);
}
