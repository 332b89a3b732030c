// SPDX-License-Identifier: GPL-2.0
/* One direction, or one place, of a live view; see view_lane.h. */
#include "view_lane.h"

#include <inttypes.h>
#include <math.h>

#include "words.h"

void scope_view_lane_fill(const struct scope_slots *slots, uint64_t end,
			  uint64_t count, uint64_t line_bits_ps,
			  const struct scope_holes *holes,
			  struct scope_view_lane *ret)
{
	struct scope_slot one;

	if (count > end)
		count = end;
	scope_slots_sum(slots, end, count, &ret->span);
	ret->bits_ps[SCOPE_VIEW_MEAN] = scope_view_bits_ps(ret->span.bytes,
						count * SCOPE_SLOT_NS);
	ret->bits_ps[SCOPE_VIEW_1MS] =
		scope_view_bits_ps(ret->span.max_1ms_bytes, 1000000);
	ret->bits_ps[SCOPE_VIEW_100US] =
		scope_view_bits_ps(ret->span.max_100us_bytes, 100000);
	ret->bits_ps[SCOPE_VIEW_10US] =
		scope_view_bits_ps(ret->span.max_10us_bytes, 10000);
	ret->slots = (uint32_t)(end < SCOPE_SLOTS ? end : SCOPE_SLOTS);
	ret->has_holes = scope_holes_within(holes, end, count);
	ret->history_has_holes = scope_holes_within(holes, end, ret->slots);
	ret->top_bits_ps = (double)line_bits_ps;
	for (uint32_t i = 0; i < ret->slots; i++) {
		scope_slots_sum(slots, end - ret->slots + i + 1, 1, &one);
		ret->history_bits_ps[i] = scope_view_bits_ps(one.bytes,
							     SCOPE_SLOT_NS);
		if (!line_bits_ps)
			ret->top_bits_ps = fmax(ret->top_bits_ps,
				scope_view_bits_ps(one.max_10us_bytes, 10000));
	}
}

static void history_draw(struct canvas *canvas,
			 const struct scope_view_lane *lane)
{
	unsigned int cells = canvas->columns - SCOPE_VIEW_LABEL_COLUMNS;
	uint32_t first = lane->slots > cells ? lane->slots - cells : 0;
	double top = 0;

	for (uint32_t i = first; i < lane->slots; i++)
		top = fmax(top, lane->history_bits_ps[i]);
	canvas_part(canvas, "    %us, to %s%s", cells / SCOPE_SLOTS_PS,
		      lane->history_has_holes ? ">=" : "", rate_of(top).text);
	canvas_pad(canvas, SCOPE_VIEW_LABEL_COLUMNS);
	canvas_pad(canvas, SCOPE_VIEW_LABEL_COLUMNS + cells - (lane->slots - first));
	for (uint32_t i = first; i < lane->slots; i++)
		canvas_height(canvas, top > 0 ?
			      lane->history_bits_ps[i] / top : 0);
	canvas_end_line(canvas);
}

void scope_view_lane_draw(struct canvas *canvas, const char *name,
			  const struct scope_view_lane *lane)
{
	static const char *const labels[SCOPE_VIEW_PEAKS] = {
		"mean", "1 ms", "100 us", "10 us"
	};
	unsigned int cells = canvas->columns - SCOPE_VIEW_LABEL_COLUMNS;
	char rate[64];

	for (unsigned int i = 0; i < SCOPE_VIEW_PEAKS; i++) {
		snprintf(rate, sizeof(rate), "%s%s", lane->has_holes ? ">=" : "",
			 rate_of(lane->bits_ps[i]).text);
		canvas_printf(canvas, "%-3s %-6s %11s", i ? "" : name,
			      labels[i], rate);
		canvas_pad(canvas, SCOPE_VIEW_LABEL_COLUMNS);
		canvas_bar(canvas, lane->top_bits_ps > 0 ?
			   lane->bits_ps[i] / lane->top_bits_ps : 0, cells);
		canvas_end_line(canvas);
	}
	history_draw(canvas, lane);
}

/* Narrower than this, heights over the axis of gaps have no room. */
#define GAPS_COLUMNS	(9u + SCOPE_SLOT_GAPS)

void scope_view_gaps_draw(struct canvas *canvas, const char *name,
			  const struct scope_view_lane *lane)
{
	const struct scope_slot *span = &lane->span;
	uint64_t top = 0, pkts = 0;
	char trains[5 * SCOPE_SLOT_TRAINS + 1] = "";

	if (lane->has_holes) {
		canvas_sentence(canvas, "gaps %-3s and trains: not known, packets were missed",
				name);
		return;
	}
	if (canvas->columns < GAPS_COLUMNS)
		return;
	for (uint32_t i = 0; i < SCOPE_SLOT_GAPS; i++)
		top = span->gaps[i] > top ? span->gaps[i] : top;
	for (uint32_t i = 0; i < SCOPE_SLOT_TRAINS; i++)
		pkts += span->train_pkts[i];
	canvas_printf(canvas, "gaps %-3s ", name);
	for (uint32_t i = 0; i < SCOPE_SLOT_GAPS; i++)
		canvas_height(canvas, top ? (double)span->gaps[i] /
					    (double)top : 0);
	for (uint32_t i = 0; i < SCOPE_SLOT_TRAINS && pkts; i++)
		snprintf(trains + 5 * i, 6, " %3.0f%%", 100. *
			 (double)span->train_pkts[i] / (double)pkts);
	/* all of them under their heads, or none */
	canvas_part(canvas, "%s", trains);
	canvas_end_line(canvas);
}

void scope_view_gap_axis_draw(struct canvas *canvas)
{
	if (canvas->columns < GAPS_COLUMNS)
		return;
	canvas_put(canvas, "         100n1us 10us100u1ms 10ms.1s");
	canvas_part(canvas, "      1  2-3  4-7 8-15  16+  32+  64+ trains");
	canvas_end_line(canvas);
}

void scope_view_events_draw(struct canvas *canvas, const char *name,
			    const struct scope_view_lane *lane,
			    bool is_expanded)
{
	const struct scope_slot *span = &lane->span;

	canvas_part(canvas, "%-3s %" PRIu64 " packets", name, span->pkts);
	if (lane->has_holes) {
		canvas_part(canvas, ", ACKs %" PRIu64, span->acks);
		canvas_part(canvas, "; again, timeouts, clumps: not known");
	} else {
		canvas_part(canvas, ", again %" PRIu64, span->retransmitted_pkts);
		canvas_part(canvas, ", timeouts %" PRIu64, span->timeouts);
		canvas_part(canvas, ", ACKs %" PRIu64, span->acks);
		canvas_part(canvas, ", in clumps %" PRIu64 "%%", span->acks ?
			    100 * span->clumped_acks / span->acks : 0);
	}
	if (lane->has_supers)
		canvas_part(canvas, "  supers %s",
			    is_expanded ? "expanded" : "as one");
	canvas_end_line(canvas);
	if (span->mac_control.frames)
		canvas_sentence(canvas, "%-3s MAC control %" PRIu64 " frames, %s on the wire: in no figure",
				name, span->mac_control.frames,
				bytes_of(span->mac_control.wire_bytes).text);
}
