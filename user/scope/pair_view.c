// SPDX-License-Identifier: GPL-2.0
/* A frame of the live view of two places as text; see pair_view.h. */
#include "pair_view.h"

#include "words.h"

static const char *const labels[SCOPE_PAIR_PLACES] = { "1st", "2nd" };

static void head_draw(struct canvas *canvas, const struct scope_pair_view *view)
{
	canvas_printf(canvas, "1st %s, 2nd %s", view->place[0].vantage.name,
		      view->place[1].vantage.name);
	canvas_printf(canvas, "  %s%" PRIu64 " missed",
		      view->missed_pkts ? "! " : "", view->missed_pkts);
	if (view->unshown_pkts)
		canvas_printf(canvas, "  ! %" PRIu64 " unshown",
			      view->unshown_pkts);
	canvas_printf(canvas, "  %" PRIu64 "s%s",
		      (uint64_t)(view->elapsed_ns / SLUICE_NSEC_PER_SEC),
		      view->is_paused ? "  PAUSED" : "");
	canvas_end_line(canvas);
	canvas_put(canvas, "stamps");
	for (unsigned int i = 0; i < SCOPE_PAIR_PLACES; i++) {
		const struct scope_vantage *vantage = &view->place[i].vantage;

		canvas_printf(canvas, "%s %s, wrong by %s or more",
			      i ? ";" : "", scope_stamp_name(vantage->stamp),
			      time_of(vantage->uncertainty_ns).text);
	}
	canvas_end_line(canvas);
}

static void both_draw(struct canvas *canvas, const struct scope_pair_view *view)
{
	canvas_printf(canvas, "found at both %" PRIu64
		      " packets, of %" PRIu64 " there and %" PRIu64 " here",
		      view->both_pkts, view->place[0].pkts,
		      view->place[1].pkts);
	canvas_end_line(canvas);
}

static void delay_draw(struct canvas *canvas, const struct scope_pair_view *view)
{
	unsigned int cells = canvas->columns - SCOPE_VIEW_LABEL_COLUMNS;
	uint32_t first = view->slots > cells ? view->slots - cells : 0;
	uint64_t top = 0;

	if (view->had_holes) {
		canvas_put(canvas, "delay beyond the quickest packet: not known, packets were missed");
		canvas_end_line(canvas);
		canvas_end_line(canvas);
		return;
	}
	if (view->timed_pkts)
		canvas_printf(canvas, "delay beyond the quickest packet: least %s, mean %s, most %s",
			      time_of(view->least_ns).text,
			      time_of(view->mean_ns).text,
			      time_of(view->most_ns).text);
	else
		canvas_put(canvas, "delay beyond the quickest packet: not known, no packet was timed");
	canvas_end_line(canvas);
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

	canvas_printf(canvas, "2nd over 1st:%s",
		      has_holes ? " not known, packets were missed" : "");
	for (unsigned int i = 0; i < SCOPE_VIEW_PEAKS && !has_holes; i++)
		if (first[i] > 0 && second[i] > 0)
			canvas_printf(canvas, "  %s x%.2f", windows[i],
				      second[i] / first[i]);
		else
			canvas_printf(canvas, "  %s -", windows[i]);
	canvas_end_line(canvas);
}

static void help_draw(struct canvas *canvas)
{
	static const char *const lines[] = {
		"Of the last second; peaks of aligned windows, in the direction with more bytes.",
		"The quickest packet since the start has no delay, so clocks need not agree.",
	};

	for (unsigned int i = 0; i < sizeof(lines) / sizeof(lines[0]) &&
				 canvas->rows_left > 1; i++) {
		canvas_put(canvas, lines[i]);
		canvas_end_line(canvas);
	}
}

void scope_pair_view_draw(FILE *out, const struct scope_pair_view *view,
			  const struct scope_view_style *style)
{
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
	while (canvas.rows_left > 1)
		canvas_end_line(&canvas);
	canvas_put(&canvas, "q quit  p pause  ? help");
	canvas_end_line(&canvas);
}
