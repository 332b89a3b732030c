// SPDX-License-Identifier: GPL-2.0
#include "report.h"

#include "figure.h"
#include "report_parts.h"

#define TOP_FLOWS_MAX	192u
/* Of all series together, some 30 bytes each: 12 s of two directions. */
#define BINS_MAX	24000u

static uint32_t lanes_count(const struct scope_report *report)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < report->count; i++)
		for (uint32_t k = 0; k < SCOPE_DIRECTIONS; k++)
			count += report->scopes[i]->lane[k].is_used;
	return count ? count : 1;
}

/* @is_first: the host's panels stand beside it. */
static void lane_print(struct panel *panel, enum scope_direction direction,
		       bool is_alone, bool is_first)
{
	panel->lane = &panel->scope->lane[direction];
	if (!is_alone)
		fprintf(panel->out, "<h2 class=\"lane\">%s</h2>\n",
			direction == SCOPE_OUT ? "What leaves" :
			direction == SCOPE_IN ? "What arrives" :
			"Where no direction is known");
	page_headline(panel);
	page_series(panel);
	if (is_first)
		page_cpu(panel);
	if (scope_is_whole(panel->scope) && !scope_is_one_piece(panel->scope)) {
		page_least(panel);
		page_spacing(panel);
		page_bursts(panel);
	} else if (scope_is_whole(panel->scope)) {
		page_windows(panel);
		page_spacing(panel);
		page_rates(panel);
		page_commanded(panel);
		page_bursts(panel);
	} else {
		page_least(panel);
	}
	panel->number++;
}

int scope_report_print(const struct scope_report *report, FILE *out)
{
	/* What leaves comes first. */
	static const enum scope_direction order[SCOPE_DIRECTIONS] = {
		SCOPE_OUT, SCOPE_ANY, SCOPE_IN
	};
	uint32_t flows_max = TOP_FLOWS_MAX / (report->count ? report->count : 1);
	struct panel panel = {
		.out = out,
		.losses = report->losses,
		.bins_max = BINS_MAX / lanes_count(report),
		.top_flows = report->top_flows < flows_max ?
			     report->top_flows : flows_max,
	};

	page_head(out, report);
	for (uint32_t i = 0; i < report->count; i++) {
		uint32_t used = 0, printed = 0;

		panel.scope = report->scopes[i];
		panel.note = report->notes ? report->notes[i] : NULL;
		panel.lane = scope_main_lane(panel.scope);
		page_vantage(&panel, report->count);
		for (uint32_t k = 0; k < SCOPE_DIRECTIONS; k++)
			used += panel.scope->lane[k].is_used;
		for (uint32_t k = 0; k < SCOPE_DIRECTIONS; k++)
			if (panel.scope->lane[order[k]].is_used)
				lane_print(&panel, order[k], used == 1,
					   !printed++);
		page_flows(&panel);
		page_measured(&panel);
		fputs("</article>\n", out);
	}
	if (report->count == 2 && report->join)
		page_between(out, report);
	page_meanings(out);
	page_foot(out);
	return fflush(out) || ferror(out) ? -1 : 0;
}
