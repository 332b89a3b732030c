// SPDX-License-Identifier: GPL-2.0
/* A frame of the live view as text; see view.h. */
#include "view.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "words.h"

#define LABEL_COLUMNS	23u	/* "out 100 us    9.876gbit " */
#define COLUMNS_MIN	80u
#define ROWS_MIN	12u
#define LINE_BYTES	1024u
#define BURST_SHARE	3u	/* of the lines that are left, a third is for bursts */
#define NAME_COLUMNS	48u	/* so many hold both ends of a flow with IPv4 */

/* A line that knows how many columns it fills; what is too much is cut. */
struct line {
	char text[LINE_BYTES];
	size_t bytes;
	unsigned int columns;
	unsigned int room;
};

/* The screen that is filled: lines are cut at its width, and end at its height. */
struct screen {
	FILE *out;
	const struct scope_view_style *style;
	unsigned int columns;
	unsigned int rows_left;
	struct line line;
};

/* ---- lines ---- */

/* Whole characters of UTF-8, one column each; control bytes become dots. */
static void line_put(struct line *line, const char *text)
{
	while (*text && line->columns < line->room) {
		size_t bytes = 1;

		while ((text[bytes] & 0xc0) == 0x80)
			bytes++;
		if (line->bytes + bytes >= sizeof(line->text))
			return;
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			line->text[line->bytes] = '.';
		else
			memcpy(line->text + line->bytes, text, bytes);
		line->bytes += bytes;
		line->columns++;
		text += bytes;
	}
}

__attribute__((format(printf, 2, 3)))
static void line_printf(struct line *line, const char *format, ...)
{
	char text[LINE_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	line_put(line, text);
}

static void line_pad(struct line *line, unsigned int columns)
{
	while (line->columns < columns && line->columns < line->room)
		line_put(line, " ");
}

/* Write what was put together, and begin the next line. */
static void line_end(struct screen *screen)
{
	struct line *line = &screen->line;

	while (line->bytes && line->text[line->bytes - 1] == ' ')
		line->bytes--;
	if (screen->rows_left) {
		screen->rows_left--;
		fwrite(line->text, 1, line->bytes, screen->out);
		fputc('\n', screen->out);
	}
	line->bytes = 0;
	line->columns = 0;
	line->room = screen->columns;
}

/* ---- bars ---- */

/* As long as share of cells; with Unicode in eighths of a cell. */
static void bar_put(struct screen *screen, double share, unsigned int cells)
{
	static const char *const eighths[] = {
		"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"
	};
	unsigned int parts = share <= 0 ? 0 : share >= 1 ? cells * 8 :
			     (unsigned int)(share * cells * 8 + .5);

	/* something is not nothing */
	if (!parts && share > 0)
		parts = 1;
	if (!screen->style->is_utf8) {
		for (parts = parts && parts < 4 ? 1 : (parts + 4) / 8; parts;
		     parts--)
			line_put(&screen->line, "#");
		return;
	}
	for (; parts >= 8; parts -= 8)
		line_put(&screen->line, "█");
	line_put(&screen->line, eighths[parts]);
}

/* A column of eight heights, 0 to 1; what is there is never drawn as nothing. */
static void height_put(struct screen *screen, double share)
{
	static const char *const utf8[] = {
		" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"
	};
	static const char *const ascii[] = {
		" ", ".", ".", ":", ":", "|", "|", "#", "#"
	};
	unsigned int step = share <= 0 ? 0 : share >= 1 ? 8 :
			    1 + (unsigned int)(share * 7.5);

	line_put(&screen->line, screen->style->is_utf8 ? utf8[step] :
							 ascii[step]);
}

/* ---- panels ---- */

static void head_draw(struct screen *screen, const struct scope_view *view)
{
	struct line *line = &screen->line;

	line_printf(line, "%s  stamps %s, wrong by %s or more", view->vantage.name,
		    scope_stamp_name(view->vantage.stamp),
		    time_of(view->vantage.uncertainty_ns).text);
	if (view->vantage.line_rate_bits_ps)
		line_printf(line, "  line %s", rate_of((double)
			    view->vantage.line_rate_bits_ps).text);
	line_printf(line, "  %s%" PRIu64 " missed",
		    view->missed_pkts ? "! " : "", view->missed_pkts);
	if (view->unshown_pkts)
		line_printf(line, "  ! %" PRIu64 " unshown", view->unshown_pkts);
	line_printf(line, "  %" PRIu64 "s%s",
		    (uint64_t)(view->elapsed_ns / SLUICE_NSEC_PER_SEC),
		    view->is_paused ? "  PAUSED" : "");
	line_end(screen);
	if (view->why_tap && *view->why_tap) {
		line_printf(line, "no BPF: %s", view->why_tap);
		line_end(screen);
	}
	if (view->cpu.is_wanted && *view->cpu.why) {
		line_printf(line, "processors are not known: %s", view->cpu.why);
		line_end(screen);
	}
	if (*view->recorded) {
		line_printf(line, "recording: %s", view->recorded);
		line_end(screen);
	}
}

static void history_draw(struct screen *screen,
			 const struct scope_view_lane *lane)
{
	unsigned int cells = screen->columns - LABEL_COLUMNS;
	uint32_t first = lane->slots > cells ? lane->slots - cells : 0;
	double top = 0;

	for (uint32_t i = first; i < lane->slots; i++)
		top = fmax(top, lane->history_bits_ps[i]);
	line_printf(&screen->line, "    %us, to %s", cells / SCOPE_SLOTS_PS,
		    rate_of(top).text);
	line_pad(&screen->line, LABEL_COLUMNS);
	line_pad(&screen->line, LABEL_COLUMNS + cells - (lane->slots - first));
	for (uint32_t i = first; i < lane->slots; i++)
		height_put(screen, top > 0 ? lane->history_bits_ps[i] / top :
					     0);
	line_end(screen);
}

static void lane_draw(struct screen *screen, const char *name,
		      const struct scope_view_lane *lane)
{
	static const char *const labels[SCOPE_VIEW_PEAKS] = {
		"mean", "1 ms", "100 us", "10 us"
	};
	unsigned int cells = screen->columns - LABEL_COLUMNS;

	for (unsigned int i = 0; i < SCOPE_VIEW_PEAKS; i++) {
		line_printf(&screen->line, "%-3s %-6s %11s", i ? "" : name,
			    labels[i], rate_of(lane->bits_ps[i]).text);
		line_pad(&screen->line, LABEL_COLUMNS);
		bar_put(screen, lane->top_bits_ps > 0 ?
			lane->bits_ps[i] / lane->top_bits_ps : 0, cells);
		line_end(screen);
	}
	history_draw(screen, lane);
}

/* Gaps as heights over a logarithmic axis, and shares of packets by train beside them. */
static void gaps_draw(struct screen *screen, const char *name,
		      const struct scope_slot *span)
{
	uint64_t top = 0, pkts = 0;

	for (uint32_t i = 0; i < SCOPE_SLOT_GAPS; i++)
		top = span->gaps[i] > top ? span->gaps[i] : top;
	for (uint32_t i = 0; i < SCOPE_SLOT_TRAINS; i++)
		pkts += span->train_pkts[i];
	line_printf(&screen->line, "gaps %-3s ", name);
	for (uint32_t i = 0; i < SCOPE_SLOT_GAPS; i++)
		height_put(screen, top ? (double)span->gaps[i] / (double)top :
					 0);
	for (uint32_t i = 0; i < SCOPE_SLOT_TRAINS && pkts; i++)
		line_printf(&screen->line, " %3.0f%%", 100. *
			    (double)span->train_pkts[i] / (double)pkts);
	line_end(screen);
}

static void gap_axis_draw(struct screen *screen)
{
	line_put(&screen->line,
		 "         100n1us 10us100u1ms 10ms.1s      1  2-3  4-7 8-15  16+  32+  64+ trains");
	line_end(screen);
}

static void events_draw(struct screen *screen, const char *name,
			const struct scope_view_lane *lane, bool is_expanded)
{
	const struct scope_slot *span = &lane->span;

	line_printf(&screen->line, "%-3s %" PRIu64 " packets, again %" PRIu64
		    ", timeouts %" PRIu64 ", ACKs %" PRIu64
		    ", in clumps %" PRIu64 "%%", name, span->pkts,
		    span->retransmitted_pkts, span->timeouts, span->acks,
		    span->acks ? 100 * span->clumped_acks / span->acks : 0);
	if (lane->has_supers)
		line_printf(&screen->line, "  supers %s",
			    is_expanded ? "expanded" : "as one");
	line_end(screen);
}

/* The newest of a history of shares, as many as there is room for behind the label. */
static void shares_draw(struct screen *screen, uint32_t count,
			double (*share)(const struct scope_view *view,
					uint32_t at),
			const struct scope_view *view)
{
	unsigned int from = screen->line.columns < LABEL_COLUMNS ?
			    LABEL_COLUMNS : screen->line.columns + 1;
	unsigned int cells = screen->columns > from ? screen->columns - from : 0;
	uint32_t first = count > cells ? count - cells : 0;

	line_pad(&screen->line, from + cells - (count - first));
	for (uint32_t i = first; i < count; i++)
		height_put(screen, share(view, i));
	line_end(screen);
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
static void load_label(struct screen *screen, const struct scope_view *view,
		       const char *name, double share,
		       const struct scope_cpu_peak *peak)
{
	if (view->cpu.is_known)
		line_printf(&screen->line, "%-7s %3.0f%% 1ms %3.0f%%", name,
			    100 * peak->mean_share, 100 * peak->peak_share);
	else
		line_printf(&screen->line, "%-7s %3.0f%%", name, 100 * share);
}

/* All processors together, and the one with the highest millisecond. */
static void loads_draw(struct screen *screen, const struct scope_view *view)
{
	const struct scope_host_load *newest = view->loads ?
		&view->load[view->loads - 1] : NULL;
	const struct scope_cpu_peak *one = &view->cpu.one[SCOPE_CPU_BUSY];
	bool is_known = view->cpu.is_known || (newest && newest->is_known);
	unsigned int cells = screen->columns - LABEL_COLUMNS;
	uint32_t first = view->loads > cells ? view->loads - cells : 0;
	uint64_t squeezed = 0, dropped = 0;

	for (uint32_t i = first; i < view->loads; i++) {
		squeezed += view->load[i].squeezed;
		dropped += view->load[i].dropped_pkts;
	}
	if (is_known)
		load_label(screen, view, "cpu", newest ? newest->busy_share : 0,
			   &view->cpu.all[SCOPE_CPU_BUSY]);
	else
		line_put(&screen->line, "cpu ?");
	shares_draw(screen, view->loads, busy_share, view);
	if (is_known)
		load_label(screen, view, "softirq",
			   newest ? newest->softirq_share : 0,
			   &view->cpu.all[SCOPE_CPU_SOFTIRQ]);
	else
		line_put(&screen->line, "softirq ?");
	line_printf(&screen->line, "%s%s", squeezed ? " squeezed" : "",
		    dropped ? " DROPS" : "");
	shares_draw(screen, view->loads, softirq_share, view);
	if (!view->cpu.is_known)
		return;
	line_printf(&screen->line, "cpu %-3u %3.0f%% 1ms %3.0f%%", one->cpu,
		    100 * one->mean_share, 100 * one->peak_share);
	shares_draw(screen, view->cpu.slots, one_cpu_share, view);
}

static void burst_draw(struct screen *screen,
		       const struct scope_view_burst *burst)
{
	struct line *line = &screen->line;

	line_printf(line, "%-7s %-3s %6.2fs ago %9s %8s %5" PRIu64 " packets",
		    burst->is_largest ? "largest" : "burst",
		    scope_direction_name(burst->direction), (double)burst->ago_ns / 1e9,
		    time_of(burst->duration_ns).text, bytes_of(burst->bytes).text, burst->pkts);
	for (uint32_t i = 0; i < burst->flows; i++)
		line_printf(line, "%s%u", i ? "," : " of flow ", burst->flow[i]);
	line_end(screen);
}

static void flows_head_draw(struct screen *screen)
{
	line_printf(&screen->line, "   # %-*s %10s %10s %5s %8s %5s",
		    (int)screen->columns - 48, "flow", "rate", "1 ms", "cwnd",
		    "rtt", "again");
	line_end(screen);
}

static void flow_draw(struct screen *screen, const struct scope_view_flow *flow)
{
	unsigned int name_end = screen->columns - 43;
	struct line *line = &screen->line;
	struct scope_text rtt = { "-" };
	char cwnd[12] = "-";

	if (flow->cwnd_pkts)
		snprintf(cwnd, sizeof(cwnd), "%u", flow->cwnd_pkts);
	if (flow->rtt != SCOPE_VIEW_RTT_NONE) {
		/* three digits are enough for what moves all the time */
		uint64_t step = 1;

		while (flow->rtt_ns / step >= 1000)
			step *= 10;
		rtt = time_of(flow->rtt_ns / step * step);
	}
	line_printf(line, "%4u ", flow->number);
	line->room = name_end;
	line_put(line, name_end - 5 < NAME_COLUMNS ? flow->short_name :
						     flow->name);
	line_pad(line, name_end);
	line->room = screen->columns;
	line_printf(line, " %10s %10s %5s %7s%c %5" PRIu64,
		    rate_of(flow->rate_bits_ps).text,
		    rate_of(flow->peak_1ms_bits_ps).text, cwnd, rtt.text,
		    flow->rtt == SCOPE_VIEW_RTT_TIMED ? '~' : ' ',
		    flow->retransmitted_pkts);
	line_end(screen);
}

static void help_draw(struct screen *screen)
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

	for (unsigned int i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		line_put(&screen->line, lines[i]);
		line_end(screen);
	}
}

/* Bursts and flows share what is left above the last line. */
static void lists_draw(struct screen *screen, const struct scope_view *view)
{
	unsigned int left = screen->rows_left - 1;
	unsigned int bursts = left / BURST_SHARE;

	if (bursts > view->bursts)
		bursts = view->bursts;
	for (unsigned int i = 0; i < bursts; i++)
		burst_draw(screen, &view->burst[i]);
	if (left - bursts < 2)
		return;
	flows_head_draw(screen);
	for (unsigned int i = 0; i < view->flows && screen->rows_left > 1; i++)
		flow_draw(screen, &view->flow[i]);
}

void scope_view_draw(FILE *out, const struct scope_view *view,
		     const struct scope_view_style *style)
{
	struct screen screen = {
		.out = out, .style = style,
		.columns = style->columns < COLUMNS_MIN ? COLUMNS_MIN :
							  style->columns,
		.rows_left = style->rows < ROWS_MIN ? ROWS_MIN : style->rows,
	};
	const bool has[SCOPE_VIEW_DIRECTIONS] = { style->has_out,
						  style->has_in };
	static const char *const names[SCOPE_VIEW_DIRECTIONS] = { "out", "in" };

	/* wider than a history and a line can be */
	if (screen.columns > SCOPE_SLOTS)
		screen.columns = SCOPE_SLOTS;
	screen.line = (struct line){ .room = screen.columns };
	head_draw(&screen, view);
	for (unsigned int i = 0; i < SCOPE_VIEW_DIRECTIONS; i++)
		if (has[i])
			lane_draw(&screen, names[i], &view->lane[i]);
	for (unsigned int i = 0; i < SCOPE_VIEW_DIRECTIONS; i++)
		if (has[i])
			gaps_draw(&screen, names[i], &view->lane[i].span);
	gap_axis_draw(&screen);
	for (unsigned int i = 0; i < SCOPE_VIEW_DIRECTIONS; i++)
		if (has[i])
			events_draw(&screen, names[i], &view->lane[i],
				    view->is_expanded);
	loads_draw(&screen, view);
	if (screen.rows_left > 1) {
		if (style->has_help)
			help_draw(&screen);
		else
			lists_draw(&screen, view);
	}
	while (screen.rows_left > 1)
		line_end(&screen);
	line_put(&screen.line, "q quit  p pause  o/i/b out, in, both  ? help");
	line_end(&screen);
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

static void lane_line(FILE *out, const struct scope_view *view,
		      const char *prefix, const char *name,
		      const struct scope_view_lane *lane)
{
	const struct scope_host_load *load = view->loads ?
		&view->load[view->loads - 1] : NULL;
	const struct scope_slot *span = &lane->span;

	fprintf(out, "%s %-3s mean=%s 1ms=%s 100us=%s 10us=%s pkts=%" PRIu64
		" again=%" PRIu64 " timeouts=%" PRIu64 " acks=%" PRIu64
		" clumped=%" PRIu64 " missed=%" PRIu64, prefix, name,
		rate_of(lane->bits_ps[SCOPE_VIEW_MEAN]).text,
		rate_of(lane->bits_ps[SCOPE_VIEW_1MS]).text,
		rate_of(lane->bits_ps[SCOPE_VIEW_100US]).text,
		rate_of(lane->bits_ps[SCOPE_VIEW_10US]).text, span->pkts,
		span->retransmitted_pkts, span->timeouts, span->acks,
		span->clumped_acks, view->missed_pkts);
	if (lane->has_supers)
		fprintf(out, " supers=%s", view->is_expanded ? "expanded" : "one");
	if (span->burst.burst.bytes)
		fprintf(out, " burst=%s", bytes_of(span->burst.burst.bytes).text);
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
