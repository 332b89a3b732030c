// SPDX-License-Identifier: GPL-2.0
/* A frame of the live view of two places as text; see pair_view.h. */
#include "pair_view.h"

#include <inttypes.h>

#include "words.h"

static const char *const labels[SCOPE_PAIR_PLACES] = { "1st", "2nd" };

static void head_draw(struct canvas *canvas, const struct scope_pair_view *view)
{
	const struct scope_vantage *first = &view->place[0].vantage;
	const struct scope_vantage *second = &view->place[1].vantage;
	char unshown[48] = "";

	if (view->unshown_pkts)
		snprintf(unshown, sizeof(unshown), "  ! %" PRIu64 " unshown",
			 view->unshown_pkts);
	canvas_sentence(canvas, "1st %s, 2nd %s  %s%" PRIu64 " missed%s  %" PRIu64 "s%s",
			first->name, second->name,
			view->missed_pkts ? "! " : "", view->missed_pkts,
			unshown,
			(uint64_t)(view->elapsed_ns / SLUICE_NSEC_PER_SEC),
			view->is_paused ? "  PAUSED" : "");
	canvas_sentence(canvas, "stamps %s, wrong by %s or more; %s, wrong by %s or more",
			scope_stamp_name(first->stamp),
			time_of(first->uncertainty_ns).text,
			scope_stamp_name(second->stamp),
			time_of(second->uncertainty_ns).text);
}

static void both_draw(struct canvas *canvas, const struct scope_pair_view *view)
{
	canvas_sentence(canvas, "found at both %" PRIu64
			" packets, of %" PRIu64 " there and %" PRIu64 " here",
			view->both_pkts, view->place[0].pkts,
			view->place[1].pkts);
}

static void delay_draw(struct canvas *canvas, const struct scope_pair_view *view)
{
	unsigned int cells = canvas->columns - SCOPE_VIEW_LABEL_COLUMNS;
	uint32_t first = view->slots > cells ? view->slots - cells : 0;
	uint64_t top = 0;

	if (view->had_holes) {
		canvas_sentence(canvas, "delay beyond the quickest packet: not known, packets were missed");
		canvas_end_line(canvas);
		return;
	}
	if (view->timed_pkts)
		canvas_sentence(canvas, "delay beyond the quickest packet: least %s, mean %s, most %s",
				time_of(view->least_ns).text,
				time_of(view->mean_ns).text,
				time_of(view->most_ns).text);
	else
		canvas_sentence(canvas, "delay beyond the quickest packet: not known, no packet was timed");
	for (uint32_t i = first; i < view->slots; i++)
		top = view->history_ns[i] > top ? view->history_ns[i] : top;
	canvas_printf(canvas, "most to %s", time_of(top).text);
	canvas_pad(canvas, SCOPE_VIEW_LABEL_COLUMNS);
	canvas_pad(canvas, SCOPE_VIEW_LABEL_COLUMNS + cells -
			   (view->slots - first));
	for (uint32_t i = first; i < view->slots; i++)
		canvas_height(canvas, top ? (double)view->history_ns[i] /
					    (double)top : 0);
	canvas_end_line(canvas);
}

/* What is left of the peaks, of all packets of each place. */
static void peaks_draw(struct canvas *canvas, const struct scope_pair_view *view)
{
	static const char *const windows[SCOPE_VIEW_PEAKS] = {
		"mean", "1 ms", "100 us", "10 us"
	};
	const double *first = view->place[0].lane.bits_ps;
	const double *second = view->place[1].lane.bits_ps;
	bool has_holes = view->place[0].lane.has_holes ||
			 view->place[1].lane.has_holes;

	if (has_holes) {
		canvas_sentence(canvas, "2nd over 1st: not known, packets were missed");
		return;
	}
	canvas_put(canvas, "2nd over 1st:");
	for (unsigned int i = 0; i < SCOPE_VIEW_PEAKS; i++)
		if (first[i] > 0 && second[i] > 0)
			canvas_part(canvas, "  %s x%.2f", windows[i],
				    second[i] / first[i]);
		else
			canvas_part(canvas, "  %s -", windows[i]);
	canvas_end_line(canvas);
}

static void help_draw(struct canvas *canvas)
{
	static const char *const lines[] = {
		"Of the last second; peaks of aligned windows, in the direction with more bytes.",
		"The quickest packet since the start has no delay, so clocks need not agree.",
	};

	for (unsigned int i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		canvas_sentence(canvas, "%s", lines[i]);
}

void scope_pair_view_draw(FILE *out, const struct scope_pair_view *view,
			  const struct scope_view_style *style)
{
	static const char *const foot[] = { "q quit  p pause  ? help", NULL };
	struct canvas canvas;

	canvas_begin(&canvas, out, style->columns, style->rows, style->is_utf8);
	head_draw(&canvas, view);
	for (unsigned int i = 0; i < SCOPE_PAIR_PLACES; i++)
		scope_view_lane_draw(&canvas, labels[i], &view->place[i].lane);
	both_draw(&canvas, view);
	delay_draw(&canvas, view);
	peaks_draw(&canvas, view);
	for (unsigned int i = 0; i < SCOPE_PAIR_PLACES; i++)
		scope_view_gaps_draw(&canvas, labels[i],
				     &view->place[i].lane);
	scope_view_gap_axis_draw(&canvas);
	for (unsigned int i = 0; i < SCOPE_PAIR_PLACES; i++)
		scope_view_events_draw(&canvas, labels[i],
				       &view->place[i].lane, view->is_expanded);
	if (style->has_help)
		help_draw(&canvas);
	canvas_foot(&canvas, foot);
}
