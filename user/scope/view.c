// SPDX-License-Identifier: GPL-2.0
/* A frame of the live view as text; see view.h. */
#include "view.h"

#include <inttypes.h>

#include "words.h"

#define BURST_SHARE	3u	/* of the lines that are left, a third is for bursts */
#define NAME_COLUMNS	48u	/* so many hold both ends of a flow with IPv4 */

/* ---- panels ---- */

static void head_draw(struct canvas *canvas, const struct scope_view *view)
{
	char unshown[48] = "", end[160];

	if (view->unshown_pkts)
		snprintf(unshown, sizeof(unshown), "  ! %" PRIu64 " unshown",
			 view->unshown_pkts);
	snprintf(end, sizeof(end), "  %s%" PRIu64 " missed%s  %" PRIu64 "s%s",
		 view->missed_pkts ? "! " : "", view->missed_pkts, unshown,
		 (uint64_t)(view->elapsed_ns / SLUICE_NSEC_PER_SEC),
		 view->is_paused ? "  PAUSED" : "");
	canvas_put(canvas, view->vantage.name);
	/* What tells how far figures can be believed has its room first. */
	canvas->line.room = canvas->columns > strlen(end) ?
			    canvas->columns - (unsigned int)strlen(end) : 0;
	canvas_part(canvas, "  stamps %s, wrong by %s or more",
		    scope_stamp_name(view->vantage.stamp),
		    time_of(view->vantage.uncertainty_ns).text);
	if (view->vantage.line_rate_bits_ps)
		canvas_part(canvas, "  line %s", rate_of((double)
			    view->vantage.line_rate_bits_ps).text);
	canvas->line.room = canvas->columns;
	canvas_sentence(canvas, "%s", end);
	if (view->why_tap && *view->why_tap)
		canvas_sentence(canvas, "no BPF: %s", view->why_tap);
	if (view->has_switched_on)
		canvas_sentence(canvas, "the NIC stamps for all programs until this ends");
	if (view->unstamped_pkts)
		canvas_sentence(canvas, "! %" PRIu64 " packets were not stamped by the NIC and are in no figure",
				view->unstamped_pkts);
	if (view->cpu.is_wanted && *view->cpu.why)
		canvas_sentence(canvas, "processors are not known: %s",
				view->cpu.why);
	if (*view->recorded)
		canvas_sentence(canvas, "recording: %s", view->recorded);
}

/* The newest of a history of shares, as many as there is room for behind the label. */
static void shares_draw(struct canvas *canvas, uint32_t count,
			double (*share)(const struct scope_view *view,
					uint32_t at),
			const struct scope_view *view)
{
	unsigned int from = canvas->line.columns < SCOPE_VIEW_LABEL_COLUMNS ?
			    SCOPE_VIEW_LABEL_COLUMNS : canvas->line.columns + 1;
	unsigned int cells = canvas->columns > from ? canvas->columns - from : 0;
	uint32_t first = count > cells ? count - cells : 0;

	canvas_pad(canvas, from + cells - (count - first));
	for (uint32_t i = first; i < count; i++)
		canvas_height(canvas, share(view, i));
	canvas_end_line(canvas);
}

static double busy_share(const struct scope_view *view, uint32_t at)
{
	return view->load[at].busy_share;
}

static double softirq_share(const struct scope_view *view, uint32_t at)
{
	return view->load[at].softirq_share;
}

static double one_cpu_share(const struct scope_view *view, uint32_t at)
{
	return view->cpu.history[at];
}

/* Mean and highest millisecond of the last second, where that is known. */
static void load_label(struct canvas *canvas, const struct scope_view *view,
		       const char *name, double share,
		       const struct scope_cpu_peak *peak)
{
	if (view->cpu.is_known)
		canvas_printf(canvas, "%-7s %3.0f%% 1ms %3.0f%%", name,
			      100 * peak->mean_share, 100 * peak->peak_share);
	else
		canvas_printf(canvas, "%-7s %3.0f%%", name, 100 * share);
}

/* All processors together, and the one with the highest millisecond. */
static void loads_draw(struct canvas *canvas, const struct scope_view *view)
{
	const struct scope_host_load *newest = view->loads ?
		&view->load[view->loads - 1] : NULL;
	const struct scope_cpu_peak *one = &view->cpu.one[SCOPE_CPU_BUSY];
	bool is_known = view->cpu.is_known || (newest && newest->is_known);
	unsigned int cells = canvas->columns - SCOPE_VIEW_LABEL_COLUMNS;
	uint32_t first = view->loads > cells ? view->loads - cells : 0;
	uint64_t squeezed = 0, dropped = 0;

	for (uint32_t i = first; i < view->loads; i++) {
		squeezed += view->load[i].squeezed;
		dropped += view->load[i].dropped_pkts;
	}
	if (is_known)
		load_label(canvas, view, "cpu", newest ? newest->busy_share : 0,
			   &view->cpu.all[SCOPE_CPU_BUSY]);
	else
		canvas_put(canvas, "cpu ?");
	shares_draw(canvas, view->loads, busy_share, view);
	if (is_known)
		load_label(canvas, view, "softirq",
			   newest ? newest->softirq_share : 0,
			   &view->cpu.all[SCOPE_CPU_SOFTIRQ]);
	else
		canvas_put(canvas, "softirq ?");
	canvas_part(canvas, "%s%s", squeezed ? " squeezed" : "",
		    dropped ? " DROPS" : "");
	shares_draw(canvas, view->loads, softirq_share, view);
	if (!view->cpu.is_known)
		return;
	canvas_printf(canvas, "cpu %-3u %3.0f%% 1ms %3.0f%%", one->cpu,
		      100 * one->mean_share, 100 * one->peak_share);
	shares_draw(canvas, view->cpu.slots, one_cpu_share, view);
}

static void burst_draw(struct canvas *canvas,
		       const struct scope_view_burst *burst)
{
	char flows[16 + 11 * SCOPE_BURST_FLOWS] = "";
	int at = 0;

	canvas_part(canvas, "%-7s %-3s", burst->is_largest ? "largest" : "burst",
		    scope_direction_name(burst->direction));
	canvas_part(canvas, " %6.2fs ago", (double)burst->ago_ns / 1e9);
	canvas_part(canvas, " %9s", time_of(burst->duration_ns).text);
	canvas_part(canvas, " %8s", bytes_of(burst->bytes).text);
	canvas_part(canvas, " %5" PRIu64 " packets", burst->pkts);
	for (uint32_t i = 0; i < burst->flows; i++)
		at += snprintf(flows + at, sizeof(flows) - (size_t)at, "%s%u",
			       i ? "," : " of flow ", burst->flow[i]);
	canvas_part(canvas, "%s", flows);
	canvas_end_line(canvas);
}

/* ---- flows ---- */

#define NUMBER_COLUMNS	5u	/* in front of a name */
#define NAME_MIN	24u	/* columns that are worth more than another figure */

enum flow_figure { RATE, PEAK_1MS, AGAIN, RTT, CWND, FLOW_FIGURES };

/* In the order in which they are given room; with how much, and a blank in front. */
static const unsigned int figure_columns[FLOW_FIGURES] = { 11, 11, 6, 9, 6 };

/* What there is room for. Returns where the name ends. */
static unsigned int flow_layout(const struct canvas *canvas,
				bool has[FLOW_FIGURES])
{
	unsigned int left = canvas->columns - NUMBER_COLUMNS;

	for (unsigned int i = 0; i < FLOW_FIGURES; i++) {
		has[i] = i == RATE || left >= NAME_MIN + figure_columns[i];
		left -= has[i] ? figure_columns[i] : 0;
	}
	return NUMBER_COLUMNS + left;
}

/* In the order in which they stand. */
static void flow_figures_put(struct canvas *canvas, const bool has[FLOW_FIGURES],
			     const char *const text[FLOW_FIGURES])
{
	static const enum flow_figure order[] = { RATE, PEAK_1MS, CWND, RTT, AGAIN };

	for (unsigned int i = 0; i < FLOW_FIGURES; i++)
		if (has[order[i]])
			canvas_printf(canvas, " %*s",
				      (int)figure_columns[order[i]] - 1,
				      text[order[i]]);
	canvas_end_line(canvas);
}

/* Where not all was seen, rates are at least what is said. */
static void flows_head_draw(struct canvas *canvas, bool has_holes)
{
	const char *const heads[FLOW_FIGURES] = {
		[RATE] = has_holes ? "rate >=" : "rate",
		[PEAK_1MS] = has_holes ? "1 ms >=" : "1 ms",
		[AGAIN] = "again", [RTT] = "rtt", [CWND] = "cwnd",
	};
	bool has[FLOW_FIGURES];
	unsigned int name_end = flow_layout(canvas, has);

	canvas_put(canvas, "   # flow");
	canvas_pad(canvas, name_end);
	flow_figures_put(canvas, has, heads);
}

static void flow_draw(struct canvas *canvas, const struct scope_view_flow *flow,
		      bool has_holes)
{
	struct scope_text rate = rate_of(flow->rate_bits_ps);
	struct scope_text peak = rate_of(flow->peak_1ms_bits_ps);
	struct scope_text rtt = { "- " };
	char cwnd[12] = "-", again[24] = "?";
	const char *const text[FLOW_FIGURES] = {
		[RATE] = rate.text, [PEAK_1MS] = peak.text, [AGAIN] = again,
		[RTT] = rtt.text, [CWND] = cwnd,
	};
	bool has[FLOW_FIGURES];
	unsigned int name_end = flow_layout(canvas, has);

	if (flow->cwnd_pkts)
		snprintf(cwnd, sizeof(cwnd), "%u", flow->cwnd_pkts);
	if (!has_holes)
		snprintf(again, sizeof(again), "%" PRIu64,
			 flow->retransmitted_pkts);
	if (flow->rtt != SCOPE_VIEW_RTT_NONE) {
		/* three digits are enough for what moves all the time */
		uint64_t step = 1;

		while (flow->rtt_ns / step >= 1000)
			step *= 10;
		rtt = time_of(flow->rtt_ns / step * step);
		strcat(rtt.text, flow->rtt == SCOPE_VIEW_RTT_TIMED ? "~" : " ");
	}
	canvas_printf(canvas, "%4u ", flow->number);
	canvas_name(canvas, name_end - NUMBER_COLUMNS < NAME_COLUMNS ?
			    flow->short_name : flow->name, name_end);
	flow_figures_put(canvas, has, text);
}

static void help_draw(struct canvas *canvas)
{
	static const char *const lines[] = {
		"o i b    what is sent, what is received, both",
		"p        pause: the figures stand still, packets are still counted",
		"q        quit, also Ctrl-C: all figures follow, with sliding windows",
		"?        this, or the flows again",
		"Figures are of the last second, peaks of aligned windows in it. Bars are of",
		"the line rate, or of the highest seen. Trains: share of packets in trains of",
		"so many, gaps to 100us. rtt~ is by timing segments, the others are TCP's.",
	};

	for (unsigned int i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		canvas_sentence(canvas, "%s", lines[i]);
}

/* Bursts and flows share what is left above the last line. */
static void lists_draw(struct canvas *canvas, const struct scope_view *view)
{
	unsigned int bursts = canvas->rows_left / BURST_SHARE;

	if (view->had_holes && bursts) {
		canvas_sentence(canvas, "largest burst: not known, packets were missed");
		bursts--;
	}
	if (bursts > view->bursts)
		bursts = view->bursts;
	for (unsigned int i = 0; i < bursts; i++)
		burst_draw(canvas, &view->burst[i]);
	if (canvas->rows_left < 2)
		return;
	flows_head_draw(canvas, view->flows_have_holes);
	for (unsigned int i = 0; i < view->flows && canvas->rows_left; i++)
		flow_draw(canvas, &view->flow[i], view->flows_have_holes);
}

void scope_view_draw(FILE *out, const struct scope_view *view,
		     const struct scope_view_style *style)
{
	struct canvas canvas;
	const bool has[SCOPE_VIEW_DIRECTIONS] = { style->has_out,
						  style->has_in };
	static const char *const names[SCOPE_VIEW_DIRECTIONS] = { "out", "in" };
	static const char *const foot[] = {
		"q quit  p pause  o/i/b out, in, both  ? help",
		"q quit  p pause  ? help", NULL
	};

	canvas_begin(&canvas, out, style->columns, style->rows, style->is_utf8);
	head_draw(&canvas, view);
	for (unsigned int i = 0; i < SCOPE_VIEW_DIRECTIONS; i++)
		if (has[i])
			scope_view_lane_draw(&canvas, names[i], &view->lane[i]);
	for (unsigned int i = 0; i < SCOPE_VIEW_DIRECTIONS; i++)
		if (has[i])
			scope_view_gaps_draw(&canvas, names[i],
					     &view->lane[i]);
	scope_view_gap_axis_draw(&canvas);
	for (unsigned int i = 0; i < SCOPE_VIEW_DIRECTIONS; i++)
		if (has[i])
			scope_view_events_draw(&canvas, names[i], &view->lane[i],
					       view->is_expanded);
	loads_draw(&canvas, view);
	if (style->has_help)
		help_draw(&canvas);
	else
		lists_draw(&canvas, view);
	canvas_foot(&canvas, foot);
}

/* ---- plain lines ---- */

/* Means and highest milliseconds: of all processors, and of the one where that is highest. */
static void cpu_words(FILE *out, const struct scope_cpu_view *cpu)
{
	static const char *const names[] = { "cpu", "softirq" };

	for (uint32_t k = SCOPE_CPU_BUSY; k <= SCOPE_CPU_SOFTIRQ; k++) {
		const struct scope_cpu_peak *all = &cpu->all[k];
		const struct scope_cpu_peak *one = &cpu->one[k];

		fprintf(out, " %s=%.0f%% %s_1ms=%.0f%% %s_of_one=%.0f%% %s_of_one_1ms=%.0f%%",
			names[k], 100 * all->mean_share, names[k],
			100 * all->peak_share, names[k], 100 * one->mean_share,
			names[k], 100 * one->peak_share);
	}
}

/* What holes make wrong is not known with them. */
static void known_word(FILE *out, const struct scope_view *view,
		       const char *word, uint64_t value)
{
	if (view->has_holes)
		fprintf(out, " %s=unknown", word);
	else
		fprintf(out, " %s=%" PRIu64, word, value);
}

static void lane_line(FILE *out, const struct scope_view *view,
		      const char *prefix, const char *name,
		      const struct scope_view_lane *lane)
{
	const struct scope_host_load *load = view->loads ?
		&view->load[view->loads - 1] : NULL;
	const struct scope_slot *span = &lane->span;
	static const struct {
		const char *word;
		unsigned int window;
	} rates[] = {
		{ "mean", SCOPE_VIEW_MEAN }, { "1ms", SCOPE_VIEW_1MS },
		{ "100us", SCOPE_VIEW_100US }, { "10us", SCOPE_VIEW_10US },
	};

	fprintf(out, "%s %-3s", prefix, name);
	for (uint32_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		fprintf(out, " %s=%s%s", rates[i].word,
			view->has_holes ? ">=" : "",
			rate_of(lane->bits_ps[rates[i].window]).text);
	fprintf(out, " pkts=%" PRIu64, span->pkts);
	known_word(out, view, "again", span->retransmitted_pkts);
	known_word(out, view, "timeouts", span->timeouts);
	fprintf(out, " acks=%" PRIu64, span->acks);
	known_word(out, view, "clumped", span->clumped_acks);
	fprintf(out, " missed=%" PRIu64, view->missed_pkts);
	if (view->vantage.stamp == SCOPE_STAMP_HARDWARE)
		fprintf(out, " unstamped=%" PRIu64, view->unstamped_pkts);
	if (lane->has_supers)
		fprintf(out, " supers=%s", view->is_expanded ? "expanded" : "one");
	if (span->burst.burst.bytes && !view->has_holes)
		fprintf(out, " burst=%s", bytes_of(span->burst.burst.bytes).text);
	if (span->mac_control.frames)
		fprintf(out, " mac_control_frames=%" PRIu64
			" mac_control_wire_bytes=%" PRIu64,
			span->mac_control.frames, span->mac_control.wire_bytes);
	if (load && load->is_known && !view->cpu.is_known)
		fprintf(out, " cpu=%.0f%% softirq=%.0f%%",
			100 * load->busy_share, 100 * load->softirq_share);
	if (view->cpu.is_known)
		cpu_words(out, &view->cpu);
	fputc('\n', out);
}

void scope_view_lines(FILE *out, const struct scope_view *view,
		      const char *prefix)
{
	lane_line(out, view, prefix, "out", &view->lane[0]);
	lane_line(out, view, prefix, "in", &view->lane[1]);
}
