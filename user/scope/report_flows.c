// SPDX-License-Identifier: GPL-2.0
/* Who it was: the largest bursts with the flows in each, and the flows. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report_parts.h"
#include "sums.h"

#define BURSTS_OPEN	12u		/* the rest is folded away */
#define PPM_P50		500000u
#define PPM_P99		990000u

/* "10.0.1.1:10001 → 10.0.0.1:5001" */
static void flow_name(const struct panel *panel, uint32_t number)
{
	const struct sluice_flow_key *key = scope_flow_key(panel->scope->flows,
							   number);
	char from[SLUICE_FLOW_END_SIZE], to[SLUICE_FLOW_END_SIZE];

	sluice_flow_end_print(key, true, from, sizeof(from));
	sluice_flow_end_print(key, false, to, sizeof(to));
	html_text(panel->out, from);
	fputs(" &#8594; ", panel->out);
	html_text(panel->out, to);
}

/* ---- bursts ---- */

static void burst_flows(const struct panel *panel,
			const struct scope_burst *burst)
{
	uint64_t known = 0;

	for (uint32_t i = 0; i < burst->flows; i++) {
		const struct scope_share *share = &burst->share[i];

		known += share->bytes;
		fputs(i ? "<br>" : "", panel->out);
		flow_name(panel, share->number);
		if (burst->is_whole)
			fprintf(panel->out, " <small>%.0f&#8239;%%</small>",
				100.0 * (double)share->bytes /
				fmax((double)burst->burst.bytes, 1));
		else
			fprintf(panel->out, " <small>%s</small>",
				bytes_text((double)share->bytes).text);
	}
	if (!burst->is_whole)
		fputs("<br><small>of its last packets; flows of those before are not kept</small>",
		      panel->out);
	else if (known < burst->burst.bytes)
		fprintf(panel->out, "<br><small>others %.0f&#8239;%%</small>",
			100.0 * (double)(burst->burst.bytes - known) /
			(double)burst->burst.bytes);
}

static void burst_row(const struct panel *panel,
		      const struct scope_burst *burst)
{
	uint64_t start_ns = burst->burst.start_ns - panel->scope->start_ns;
	FILE *out = panel->out;

	fprintf(out, "<tr><td><a href=\"#series-%u\" data-from=\"%" PRIu64 "\" data-to=\"%" PRIu64 "\">%.6f s</a></td>",
		panel->number, start_ns, start_ns + burst->burst.duration_ns,
		(double)start_ns / 1e9);
	fprintf(out, "<td>%s</td><td>", time_text((double)
			burst->burst.duration_ns).text);
	html_count(out, (double)burst->burst.pkts);
	fprintf(out, "</td><td>%s</td><td>%s</td><td>%.0f&#8239;%%</td><td class=\"left\">",
		bytes_text((double)burst->burst.bytes).text,
		rate_text((double)burst->burst.peak_bytes * 8e9 /
			  SLUICE_SLOT_NS).text,
		sluice_burst_intensity(burst->burst.idle_ns,
				       burst->burst.wire_ns));
	burst_flows(panel, burst);
	fputs("</td></tr>\n", out);
}

static void burst_table(const struct panel *panel, uint32_t from, uint32_t to)
{
	fputs("<div class=\"wide\"><table>\n<thead><tr><th>begins</th><th>lasts</th><th>frames</th><th>bytes</th><th>busiest 10&#8239;µs</th><th title=\"of the microburst, RFC 8238: 100&#8239;% is back to back, 0&#8239;% half of the line rate\">intensity</th><th class=\"left\">flows in it</th></tr></thead>\n<tbody>\n",
	      panel->out);
	for (uint32_t i = from; i < to; i++)
		burst_row(panel, &panel->lane->burst[i]);
	fputs("</tbody></table></div>\n", panel->out);
}

/* How much of time and bytes lies in hot windows. */
static void hot_words(const struct panel *panel)
{
	const struct sluice_meter *meter = &panel->lane->meter;

	for (uint32_t i = 0; i < SLUICE_HOTS; i++) {
		const struct sluice_hot *hot = &meter->aligned.hot[i];
		double windows = (double)scope_hot_windows(panel->scope, i);

		if (windows <= 0)	/* the span is shorter */
			break;
		fprintf(panel->out, i ? "; of %s %s&#8239;%%, with %s&#8239;%%" :
			" Of all stretches of %s %s&#8239;%% are that full, with %s&#8239;%% of the bytes",
			time_text((double)sluice_hots_ns[i]).text,
			number_text(100 * (double)hot->hot_windows /
				    windows).text,
			number_text(meter->bytes ? 100 * (double)
				hot->hot_bytes / (double)meter->bytes : 0).text);
	}
	if (scope_hot_windows(panel->scope, 0))
		fputs(".", panel->out);
}

void page_bursts(const struct panel *panel)
{
	const struct scope_lane *lane = panel->lane;
	uint32_t open = lane->bursts < BURSTS_OPEN ? lane->bursts : BURSTS_OPEN;
	FILE *out = panel->out;

	fputs("<section>\n<h2>The largest bursts</h2>\n<p class=\"how\">", out);
	if (!lane->meter.config.line_rate_bits_ps) {
		fputs("Not known here: a burst is an unbroken run of 10&#8239;µs above half of the line rate, and the line rate is not known. <code>--line-rate 10gbit</code> says it.</p>\n</section>\n", out);
		return;
	}
	if (!scope_tells_bursts(lane)) {
		fputs("Not known here: a burst is an unbroken run of 10&#8239;µs above half of the line rate, and stamps do not tell 10&#8239;µs.</p>\n</section>\n", out);
		return;
	}
	fputs("Unbroken runs of 10&#8239;µs above half of the line rate: ", out);
	html_count(out, (double)lane->bursts_seen);
	if (lane->bursts_seen > lane->bursts)
		fprintf(out, ", of which the %u largest are kept", lane->bursts);
	fputs(".", out);
	if (scope_is_one_piece(panel->scope))
		hot_words(panel);
	fputs(open ? "<span class=\"live\"> A click on the time shows it in the first picture.</span></p>\n" :
		     "</p>\n", out);
	if (open)
		burst_table(panel, 0, open);
	if (open < lane->bursts) {
		fprintf(out, "<details><summary>%u more</summary>\n",
			lane->bursts - open);
		burst_table(panel, open, lane->bursts);
		fputs("</details>\n", out);
	}
	fputs("</section>\n", out);
}

/* ---- flows ---- */

/* What must have been seen for a column to be known: its packets, its pieces, all of it. */
enum column_needs { NEEDS_PKTS, NEEDS_PIECES, NEEDS_ALL };

static bool is_shown(const struct scope *scope, enum column_needs needs)
{
	return needs == NEEDS_PKTS || (needs == NEEDS_PIECES ?
	       scope_is_whole(scope) : scope_is_one_piece(scope));
}

/* A cell that sorts by its value; "–" where there is none. */
static void cell(const struct panel *panel, enum column_needs needs,
		 double value, const char *text)
{
	if (!is_shown(panel->scope, needs))
		return;
	if (isnan(value))
		fputs("<td>–</td>", panel->out);
	else
		fprintf(panel->out, "<td data-v=\"%.9g\">%s</td>", value, text);
}

static void flow_spacing(const struct panel *panel,
			 const struct scope_flow *flow)
{
	double p50 = (double)scope_flow_gap_quantile(flow, PPM_P50);
	uint32_t least_ns = panel->scope->config.vantage.uncertainty_ns;
	double cov = scope_flow_gap_cov(panel->scope->flows, flow);
	bool has_gaps = flow->pkts > 1;
	bool has_peak = scope_tells_flow(panel->scope, 1);

	cell(panel, NEEDS_PIECES, has_peak ? flow->window[1].max_bytes * 8e3 : NAN,
	     rate_text(flow->window[1].max_bytes * 8e3).text);
	cell(panel, NEEDS_ALL, has_peak && flow->window[1].pmr > 0 ?
	     flow->window[1].pmr : NAN, number_text(flow->window[1].pmr).text);
	cell(panel, NEEDS_ALL, has_gaps ? p50 : NAN, told_text(p50, least_ns).text);
	cell(panel, NEEDS_ALL, cov, number_text(cov).text);
	cell(panel, NEEDS_PIECES, scope_tells_train(panel->scope, 0) ?
	     flow->train[0].max_pkts : NAN,
	     number_text(flow->train[0].max_pkts).text);
}

static struct text percent_text(double value)
{
	struct text ret = number_text(value);

	strncat(ret.text, "&#8239;%", sizeof(ret.text) - strlen(ret.text) - 1);
	return ret;
}

static double flow_queue_ns(const struct scope_flow *flow)
{
	struct scope_sums sums = { .rtts = 0 };

	scope_sums_add(&sums, flow);
	return scope_sums_standing(&sums);
}

static void flow_tcp(const struct panel *panel, const struct scope_flow *flow,
		     bool is_tcp)
{
	uint32_t least_ns = panel->scope->config.vantage.uncertainty_ns;
	const struct scope_flow_tcp *tcp = &flow->tcp;
	double again = tcp->data_pkts ? (double)tcp->retransmitted_pkts : NAN;
	double least = tcp->rtts ? (double)tcp->rtt_min_ns : NAN;
	double p99 = tcp->rtts ? (double)scope_flow_rtt_quantile(flow, PPM_P99) :
				 NAN;
	double clumped = flow->acks.acks > 1 &&
			 scope_tells(panel->scope, SCOPE_CLUMP_NS) ?
			 100 * (double)flow->acks.clumped /
			 (double)(flow->acks.acks - 1) : NAN;
	double queue = flow_queue_ns(flow);
	double row = flow->sent.loss ? flow->sent.loss->run_max_pkts : NAN;
	double compressed = flow->sent.ack_pairs ?
		100 * (double)flow->sent.compressed / flow->sent.ack_pairs : NAN;

	cell(panel, NEEDS_PIECES, is_tcp ? again : NAN, number_text(again).text);
	cell(panel, NEEDS_ALL, row, number_text(row).text);
	cell(panel, NEEDS_ALL, is_tcp && tcp->data_pkts ?
	     (double)tcp->timeouts : NAN,
	     number_text((double)tcp->timeouts).text);
	cell(panel, NEEDS_PIECES, least, told_text(least, least_ns).text);
	cell(panel, NEEDS_ALL, p99, told_text(p99, least_ns).text);
	cell(panel, NEEDS_ALL, queue, told_text(queue, least_ns).text);
	cell(panel, NEEDS_PIECES, clumped, percent_text(clumped).text);
	cell(panel, NEEDS_PIECES, compressed, percent_text(compressed).text);
}

static void flow_row(const struct panel *panel, uint32_t number)
{
	const struct scope_flow *flow = scope_flow_at(panel->scope->flows,
						      number);
	const struct sluice_flow_key *key = scope_flow_key(panel->scope->flows,
							   number);
	double span_ns = (double)(panel->scope->end_ns -
				  panel->scope->start_ns);
	double mean = span_ns > 0 ? (double)flow->bytes * 8e9 / span_ns : NAN;
	FILE *out = panel->out;

	fprintf(out, "<tr><th data-v=\"%u\"><small>%s</small> ", number,
		sluice_flow_protocol_name(key));
	flow_name(panel, number);
	fprintf(out, "</th><td data-v=\"%" PRIu64 "\">", flow->pkts);
	html_count(out, (double)flow->pkts);
	fputs("</td>", out);
	cell(panel, NEEDS_PKTS, (double)flow->bytes,
	     bytes_text((double)flow->bytes).text);
	cell(panel, NEEDS_PKTS, mean, rate_text(mean).text);
	flow_spacing(panel, flow);
	flow_tcp(panel, flow, key->protocol == SLUICE_PROTOCOL_TCP);
	fputs("</tr>\n", out);
}

/* How alike shares are, over time. */
static void fairness(const struct panel *panel)
{
	struct scope_fairness one;

	scope_fair_result(scope_flows_fair(panel->scope->flows), 0, &one);
	if (!one.windows)
		return;
	fprintf(panel->out, " Jain&#8217;s index is %.3g of all bytes, %.3g on average of 100&#8239;ms, %.3g at least; ",
		scope_jain(panel->scope), one.mean, one.min);
	if (isnan(one.converged_ns))
		fputs("it never stays at 0.95.", panel->out);
	else
		fprintf(panel->out, "it stays at 0.95 after %s.",
			time_text(one.converged_ns).text);
	if (one.is_cut)
		fputs(" Later windows were not kept.", panel->out);
}

/* What the columns behind the mean say, and how alike the flows are. */
static void flows_words(const struct panel *panel)
{
	FILE *out = panel->out;

	if (!scope_is_whole(panel->scope)) {
		fputs(" Packets were not seen: means are at least what is said, and more is not known.", out);
		return;
	}
	if (!scope_is_one_piece(panel->scope))
		fputs(" The file is a part: means, highest milliseconds and what was sent again are at least what is said, least round trips at most. More is not known.", out);
	fprintf(out, " A train here has gaps of at most %s. An ACK is in a clump when it comes within 100&#8239;µs of the one before; it is compressed when it comes closer to that than 3/4 of what their data was apart when sent.",
		panel->scope->config.vantage.line_rate_bits_ps ?
		"1.1 times a frame&#8217;s time on the wire" :
		"2.048&#8239;µs");
	if (scope_flows_are_short(panel->scope->flows))
		fputs(" There was no memory for all packets of a millisecond: their peaks may be higher.", out);
	if (scope_is_one_piece(panel->scope))
		fairness(panel);
}

void page_flows(const struct panel *panel)
{
	static const struct {
		const char *name;
		enum column_needs needs;
	} columns[] = {
		{ "frames", NEEDS_PKTS }, { "bytes", NEEDS_PKTS },
		{ "mean", NEEDS_PKTS }, { "highest 1&#8239;ms", NEEDS_PIECES },
		{ "&#215; its mean", NEEDS_ALL }, { "gap, median", NEEDS_ALL },
		{ "gap vari&shy;ation", NEEDS_ALL },
		{ "longest train", NEEDS_PIECES }, { "sent again", NEEDS_PIECES },
		{ "in a row", NEEDS_ALL }, { "timeouts", NEEDS_ALL },
		{ "RTT, least", NEEDS_PIECES }, { "RTT, p99", NEEDS_ALL },
		{ "queue that stands", NEEDS_ALL },
		{ "ACKs in clumps", NEEDS_PIECES },
		{ "ACKs com&shy;pressed", NEEDS_PIECES },
	};
	uint32_t all = panel->scope->flows ?
		       scope_flows_count(panel->scope->flows) : 0;
	uint32_t *numbers = calloc(panel->top_flows + 1, sizeof(*numbers));
	int count = numbers && all ? scope_top_flows(panel->scope, numbers,
						     panel->top_flows) : 0;
	FILE *out = panel->out;

	fputs("<section>\n<h2>Flows</h2>\n<p class=\"how\">", out);
	if (count <= 0) {
		fputs(all ? "There was no memory to list them.</p>\n" :
			    "No packet of IP was seen.</p>\n", out);
	} else {
		html_count(out, all);
		fprintf(out, " in all%s, most bytes first.<span class=\"live\"> A click on a heading sorts.</span>",
			(uint32_t)count < all ? "; those with most bytes are listed" : "");
		flows_words(panel);
		fputs("</p>\n<div class=\"wide\"><table class=\"sorted\">\n<thead><tr><th class=\"left\">flow</th>", out);
		for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
			if (is_shown(panel->scope, columns[i].needs))
				fprintf(out, "<th>%s</th>", columns[i].name);
		fputs("</tr></thead>\n<tbody>\n", out);
		for (int i = 0; i < count; i++)
			flow_row(panel, numbers[i]);
		fputs("</tbody></table></div>\n", out);
	}
	fputs("</section>\n", out);
	free(numbers);
}
