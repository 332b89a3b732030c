// SPDX-License-Identifier: GPL-2.0
/* The text of `sluice scope`; see out_scope.h. */
#include "out_scope.h"

#include <inttypes.h>
#include <langinfo.h>
#include <math.h>
#include <string.h>

#include "../scope/figure.h"
#include "../scope/sums.h"
#include "../scope/words.h"

#define PPM_P1		10000u
#define PPM_P50		500000u
#define PPM_P99		990000u
#define PPM_P999	999000u
#define BURSTS_SHOWN	5u
#define FLOWS_SHOWN	8u
#define BAR_CELLS	24u
#define WANDER_SHOWN	5u		/* of so many octaves one */

/* ---- words ---- */

static struct scope_text mean_of(double bits_ps)
{
	struct scope_text ret = { "not known" };

	return bits_ps > 0 ? rate_of(bits_ps) : ret;
}

static struct scope_text count_of(double value)
{
	struct scope_text ret = { "" };

	/* none of the figures shown so is 0 where there is something to know */
	if (value <= 0)
		snprintf(ret.text, sizeof(ret.text), "-");
	else
		sluice_format_number_about(value, ret.text, sizeof(ret.text));
	return ret;
}

/* A bar of eighths of cells, as long as share of it. */
static void bar_print(FILE *out, double share, unsigned int cells)
{
	static const char *const eighths[] = {
		"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"
	};
	bool is_utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	unsigned int parts = share <= 0 ? 0 : share >= 1 ? cells * 8 :
			     (unsigned int)(share * cells * 8 + .5);

	if (!is_utf8)
		parts += 4;	/* to whole cells */
	for (unsigned int i = 0; i < parts / 8; i++)
		fputs(is_utf8 ? "█" : "#", out);
	if (is_utf8)
		fputs(eighths[parts % 8], out);
}

/* ---- panels ---- */

static void head_print(FILE *out, const struct scope *scope)
{
	const struct scope_vantage *vantage = &scope->config.vantage;
	uint64_t span_ns = scope->end_ns - scope->start_ns;

	fprintf(out, "%s: %" PRIu64 " packets in %s, %u flows\n", vantage->name,
		scope->pkts, time_of(span_ns).text,
		scope->flows ? scope_flows_count(scope->flows) : 0);
	fprintf(out, "stamps: %s%s%s, step %s, wrong by %s or more; bytes at layer 1 (frame + 24)",
		scope_stamp_name(vantage->stamp),
		vantage->stamp == SCOPE_STAMP_HARDWARE ? " by " : "",
		vantage->stamp == SCOPE_STAMP_HARDWARE ? vantage->clock : "",
		time_of(vantage->resolution_ns).text,
		time_of(vantage->uncertainty_ns).text);
	if (vantage->line_rate_bits_ps)
		fprintf(out, "; line rate %s", rate_of((double)
				vantage->line_rate_bits_ps).text);
	fputc('\n', out);
	if (!scope_is_whole(scope))
		fprintf(out, "! %" PRIu64 " packets more were not seen: what they would change is not known\n",
			scope->unseen_pkts);
	if (scope->timeless_pkts)
		fprintf(out, "! of these, %" PRIu64 " have no time in the file\n",
			scope->timeless_pkts);
	if (scope->short_pkts)
		fprintf(out, "! %" PRIu64 " packets are shorter than their IP header says: the capture does not tell how long they were, so bytes and rates are too low\n",
			scope->short_pkts);
	if (!vantage->line_rate_bits_ps)
		fputs("the line rate is not known: no wire trains, no bursts (--line-rate 10gbit)\n", out);
	if (scope_is_coarser(scope))
		fprintf(out, "! the file says that stamps have a step of %s, but they move by %s and its multiples: what is shorter is not told\n",
			time_of(scope->file_step_ns).text,
			time_of(vantage->resolution_ns).text);
	if (vantage->has_supers)
		fprintf(out, "super-packets are %s: what the wire does with them is not seen here\n",
			scope->config.expands_supers ?
			"shown as frames with one stamp (stack, expanded)" :
			"counted as one packet each");
	if (scope_long_bytes(scope))
		fprintf(out, "! frames of up to %u bytes: jumbo frames, or super-packets of the host that wrote the capture, whose gaps on the wire are not seen here\n",
			scope_long_bytes(scope));
	if (scope->has_other_link && !sluice_frame_reads(scope->link_type))
		fprintf(out, "! headers of link type %u are not read: no packet %sis of a flow\n",
			scope->link_type, scope->has_several_links ?
			"of such an interface " : "");
	else if (scope->has_other_link)
		fprintf(out, "%sframes are of link type %u: their lengths are those in the file + 24, not an Ethernet's\n",
			scope->has_several_links ? "! some " : "",
			scope->link_type);
	if (scope->left_out_pkts)
		fprintf(out, "! its interfaces received %" PRIu64 " packets more than are in the file, which is a part (around triggers, or of another file): what takes the whole span is not known\n",
			scope->left_out_pkts);
	if (scope->copies_percent)
		fprintf(out, "! about %u %% of the packets are copies of one shortly before, as of several interfaces or a mirror port: they count twice, and as sent again (--interface or --filter takes one of them)\n",
			scope->copies_percent);
	if (scope->interfaces > 1)
		fprintf(out, "! the file has %u interfaces, all taken together: --interface NAME takes one\n",
			scope->interfaces);
	if (vantage->is_coalesced)
		fputs("received packets are stamped after interrupt moderation and joining: their trains may be made by that\n", out);
	if (scope->backward_pkts)
		fprintf(out, "! %" PRIu64 " packets are stamped before the packet before them, by up to %s; taken as at the same time, which makes peaks and trains\n",
			scope->backward_pkts,
			time_of(scope->backward_max_ns).text);
	if (scope->flows && scope_flows_unknown_pkts(scope->flows))
		fprintf(out, "! %" PRIu64 " packets are of more flows than are kept: they count in no flow, nor in what was sent again\n",
			scope_flows_unknown_pkts(scope->flows));
	if (scope->flows && scope_flows_are_short(scope->flows))
		fputs("! there was no memory for all packets of a millisecond: peaks of flows may be higher\n", out);
}

/* What more there is to say where a rate was to be kept. */
static void commanded_print(FILE *out, const struct sluice_commanded *commanded)
{
	const struct sluice_rate_errors *errors = commanded->rate_errors;
	const struct sluice_hist *late = &commanded->departure.late;
	struct sluice_wander wander;
	bool has_one = false;

	if (errors[1].windows)
		fprintf(out, "  rate of 100 ms               %s to %s\n",
			error_of(errors[1].min_ppm).text,
			error_of(errors[1].max_ppm).text);
	fprintf(out, "  late, had all been ready     p99 %s, at most %s; %" PRIu64 " pauses left out\n",
		time_of(sluice_hist_quantile(late, PPM_P99)).text,
		time_of(late->count ? late->max : 0).text, commanded->pauses);
	for (uint32_t k = 0; k < SLUICE_PHASE_LEVELS &&
			     sluice_phase_wander(&commanded->phase, k,
						 &wander); k++) {
		if (k % WANDER_SHOWN)
			continue;
		fprintf(out, has_one ? "; in %s %s" :
				       "  phase moves (MTIE)           in %s %s",
			time_of(wander.tau_ns).text,
			time_of((uint64_t)fmin(wander.mtie_ns, 1e18)).text);
		has_one = true;
	}
	if (has_one)
		fputc('\n', out);
}

/* What of all packets that were sent again stood in such a place. */
static void place_print(FILE *out, const char *name, uint64_t pkts,
			const struct scope_sums *sums)
{
	if (pkts)
		fprintf(out, " %.3g %% %s", 100 * (double)pkts /
			(double)sums->retransmitted_pkts, name);
}

/* Nothing where no data of TCP was seen. */
static void standing_print(FILE *out, const struct scope_sums *sums)
{
	if (sums->standing_intervals)
		fprintf(out, "  queue that stands            %s on average, at most %s (least round trip of each of %" PRIu64 " x 100 ms over that of its flow)\n",
			told_of((uint64_t)scope_sums_standing(sums),
				sums->uncertainty_ns).text,
			told_of(sums->standing_max_ns, sums->uncertainty_ns).text,
			sums->standing_intervals);
	else if (sums->data_pkts)
		fprintf(out, "  queue that stands            not known: %s\n",
			scope_sums_why_no_standing(sums));
}

static void tcp_print(FILE *out, const struct scope *scope,
		      const struct scope_lane *lane)
{
	static const char *const names[SCOPE_PLACES] = {
		"alone", "first", "in the middle", "last"
	};
	struct scope_sums sums;
	double goodput;

	scope_sums_of(scope, lane->direction, &sums);
	goodput = scope_sums_goodput_bits_ps(&sums, scope);
	if (!isnan(goodput))
		fprintf(out, "  goodput                      %s (TCP's payload, first sendings)\n",
			rate_of(goodput).text);
	if (sums.untold_pkts)
		fprintf(out, "! %" PRIu64 " packets of TCP came without a whole header, or without a length: what of them was sent again is not known\n",
			sums.untold_pkts);
	if (lane->retransmitted_pkts || lane->timeouts) {
		fprintf(out, "  sent again                   %" PRIu64 " packets, %" PRIu64 " after 200 ms of silence; up to %" PRIu64 " in a row\n",
			lane->retransmitted_pkts, lane->timeouts,
			sums.loss_run_max_pkts);
		fputs("    in their trains           ", out);
		for (uint32_t i = 0; i < SCOPE_PLACES; i++)
			place_print(out, names[i], sums.lost[i], &sums);
		place_print(out, "unknown", scope_sums_unplaced(&sums), &sums);
		fputc('\n', out);
	}
	if (sums.rtts)
		fprintf(out, "  round trips, on average      %s x the least of their flow\n",
			count_of(scope_sums_inflation(&sums)).text);
	standing_print(out, &sums);
	if (sums.acks_compared)
		fprintf(out, "  ACKs closer than their data  %.3g %% (below 3/4 of its gap when sent)\n",
			100 * (double)sums.acks_compressed /
			(double)sums.acks_compared);
}

static void departure_print(FILE *out, const char *name,
			    const struct sluice_hist *hist)
{
	if (hist->count)
		fprintf(out, "    %-5s %9" PRIu64 " packets: median %s, p99 %s, p99.9 %s, max %s\n",
			name, hist->count,
			time_of(sluice_hist_quantile(hist, PPM_P50)).text,
			time_of(sluice_hist_quantile(hist, PPM_P99)).text,
			time_of(sluice_hist_quantile(hist, PPM_P999)).text,
			time_of(hist->max).text);
}

/* Against skb->tstamp, when each packet was meant to leave. */
static void departures_print(FILE *out, const struct scope *scope,
			     const struct scope_lane *lane)
{
	const struct sluice_departure *departure = lane->meter.departure;
	double bias;

	if (!scope->config.wants_departures || lane->direction == SCOPE_IN)
		return;
	if (!departure) {
		fprintf(out, "  departure error              not known%s%s\n",
			*scope->config.why_undated ? ": " :
			": no packet says when it was meant to leave",
			scope->config.why_undated);
		return;
	}
	bias = scope_figure_value(scope_figure_find("departure_bias"),
				  scope, lane);
	fprintf(out, "  departure error              %s %s on average; %" PRIu64 " of %" PRIu64 " packets do not say when they were meant to leave\n",
		time_of((uint64_t)fabs(bias)).text,
		bias < 0 ? "early" : "late", lane->undated_pkts,
		lane->meter.pkts);
	departure_print(out, "late", &departure->late);
	departure_print(out, "early", &departure->early);
}

/* The five figures of the first screen. */
static void headline_print(FILE *out, const struct scope *scope,
			   const struct scope_lane *lane)
{
	const struct sluice_meter *meter = &lane->meter;
	double b0 = scope_figure_value(scope_figure_find("b0"), scope, lane);

	fprintf(out, "  peak of 1 ms over the mean   %s\n",
		count_of(meter->results[2].pmr).text);
	if (sluice_excess_is_told(&meter->excess[2]))
		fprintf(out, "  burst excess at 1.25 x mean  %s packets (1: perfectly paced)\n",
			count_of(meter->excess[2].max).text);
	else
		fprintf(out, "  burst excess at 1.25 x mean  not known: %s to %s packets, by the step of stamps\n",
			count_of(meter->excess[2].least_max).text,
			count_of(meter->excess[2].max).text);
	departures_print(out, scope, lane);
	if (scope->config.bottleneck_bits_ps && meter->max_bytes)
		fprintf(out, isnan(b0) ?
			"  buffer without loss at %s   not known: it is mostly made by the step of stamps\n" :
			"  buffer without loss at %s   %s packets\n",
			rate_of((double)sluice_spectrum_rate(&meter->spectrum,
							     0)).text,
			count_of(isnan(b0) ? 0 : b0).text);
	if (scope->config.commanded_bits_ps) {
		double error_ppm = sluice_commanded_error_ppm(&lane->commanded);

		fprintf(out, "  against %-20s rate %s, %" PRIu64 " packets early, by %s at most\n",
			rate_of((double)scope->config.commanded_bits_ps).text,
			isnan(error_ppm) ? "not known" : error_of(error_ppm).text,
			lane->commanded.early.count,
			time_of(lane->commanded.early.count ?
				lane->commanded.early.max : 0).text);
		commanded_print(out, &lane->commanded);
	}
	tcp_print(out, scope, lane);
}

static const char *const window_names[SLUICE_METER_WINDOWS] = {
	"10 us", "100 us", "1 ms", "10 ms", "100 ms"
};

static void windows_print(FILE *out, const struct sluice_meter *meter)
{
	double mean = sluice_meter_mean_bits_ps(meter);
	double top = meter->results[0].peak_bits_ps;

	if (meter->config.line_rate_bits_ps)
		top = fmax(top, (double)meter->config.line_rate_bits_ps);
	fprintf(out, "  %-8s %11s  %8s  %6s\n", "window", "peak", "x mean", "x CBR");
	for (uint32_t i = 0; i < SLUICE_METER_WINDOWS; i++) {
		const struct sluice_window_result *one = &meter->results[i];

		fprintf(out, "  %-8s %11s  %8s  %6s  ", window_names[i],
			one->peak_bytes ? rate_of(one->peak_bits_ps).text : "-", count_of(one->pmr).text,
			count_of(one->floor > 0 ? one->pmr / one->floor : 0).text);
		bar_print(out, top > 0 ? one->peak_bits_ps / top : 0, BAR_CELLS);
		fputc('\n', out);
	}
	fprintf(out, "  %-8s %11s  %8s  %6s  ", "mean", mean_of(mean).text,
		mean > 0 ? "1" : "-", "");
	bar_print(out, top > 0 ? mean / top : 0, BAR_CELLS);
	fputc('\n', out);
}

/* Between two pieces there is no gap, but a hole: the longest ones are. */
static void gaps_print(FILE *out, const struct sluice_meter *meter,
		       bool is_one_piece)
{
	const struct sluice_hist *gap = &meter->gap;
	uint32_t least_ns = meter->config.uncertainty_ns;
	double cov = is_one_piece ? sluice_meter_gap_cov(meter) : NAN;

	if (!gap->count)
		return;
	fprintf(out, "  gaps     min %s, p1 %s, median %s, p99 %s, max %s; ",
		told_of(gap->min, least_ns).text,
		told_of(sluice_hist_quantile(gap, PPM_P1), least_ns).text,
		told_of(sluice_hist_quantile(gap, PPM_P50), least_ns).text,
		is_one_piece ?
		told_of(sluice_hist_quantile(gap, PPM_P99), least_ns).text :
		"not known",
		is_one_piece ? told_of(gap->max, least_ns).text : "not known");
	if (isnan(cov))
		fputs("variation not known\n", out);
	else
		fprintf(out, "variation %.3g\n", cov);
	if (meter->censored_gaps)
		fprintf(out, "           %" PRIu64 " below what stamps tell apart\n",
			meter->censored_gaps);
}

static void train_print(FILE *out, const char *name,
			const struct sluice_train *train, bool is_told)
{
	if (!is_told) {
		fprintf(out, "  trains   %s: not known: stamps do not tell such gaps\n",
			name);
		return;
	}
	fprintf(out, "  trains   %s: half of all packets in trains of up to %" PRIu64 ", 99 %% %" PRIu64 ", longest %" PRIu64 " (%s)\n",
		name, sluice_hist_quantile_weighted(&train->pkts, PPM_P50),
		sluice_hist_quantile_weighted(&train->pkts, PPM_P99),
		train->pkts.count ? train->pkts.max : 0,
		bytes_of(train->bytes_max).text);
}

static void bursts_print(FILE *out, const struct scope *scope,
			 const struct scope_lane *lane)
{
	if (!lane->bursts)
		return;
	if (!scope_tells_bursts(lane)) {
		fputs("  bursts   not known: stamps do not tell 10 us\n", out);
		return;
	}
	fprintf(out, "  bursts   %" PRIu64 " runs of 10 us above half of the line rate, intensity %.0f %% (RFC 8238); the largest:\n",
		lane->bursts_seen,
		sluice_burst_intensity(lane->bursts_idle_ns,
				       lane->bursts_wire_ns));
	for (uint32_t i = 0; i < lane->bursts && i < BURSTS_SHOWN; i++) {
		const struct scope_burst *burst = &lane->burst[i];

		fprintf(out, "           at %-10s %9s  %6" PRIu64 " packets %10s %3.0f %% ",
			time_of(burst->burst.start_ns - scope->start_ns).text,
			time_of(burst->burst.duration_ns).text,
			burst->burst.pkts, bytes_of(burst->burst.bytes).text,
			sluice_burst_intensity(burst->burst.idle_ns,
					       burst->burst.wire_ns));
		for (uint32_t k = 0; k < burst->flows; k++)
			fprintf(out, " %s%u", k ? "" : "flow ",
				burst->share[k].number);
		fputc('\n', out);
	}
}

/* "at least" where packets were not seen or are not in the file, which add to it. */
static const char *least_word(const struct scope *scope, double bits_ps)
{
	return scope_is_one_piece(scope) || !(bits_ps > 0) ? "" : "at least ";
}

/* Where not all was seen: what it was in spite of that. */
static void peaks_least_print(FILE *out, const struct sluice_meter *meter)
{
	bool has_one = false;

	for (uint32_t i = 0; i < SLUICE_METER_WINDOWS; i++) {
		if (!meter->results[i].peak_bytes)
			continue;
		fprintf(out, "%s%s in %s", has_one ? ", " : "  peaks    at least ",
			rate_of(meter->results[i].peak_bits_ps).text,
			window_names[i]);
		has_one = true;
	}
	fputs(has_one ? "\n" : "", out);
}

/* Of a file that is a part: nothing of its whole span. */
static void pieces_print(FILE *out, const struct scope *scope,
			 const struct scope_lane *lane)
{
	peaks_least_print(out, &lane->meter);
	fputs("  peaks over the mean, burst excess, goodput, fairness and all else of the whole span: not known, for the file is a part\n",
	      out);
	departures_print(out, scope, lane);
	if (lane->retransmitted_pkts)
		fprintf(out, "  sent again                   at least %" PRIu64 " packets\n",
			lane->retransmitted_pkts);
}

/* They take time of this line, but no place behind it. */
static void mac_control_print(FILE *out, const struct scope_mac_control *sums)
{
	if (sums->frames)
		fprintf(out, "  MAC control                  %" PRIu64 " frames, %" PRIu64 " bytes on the wire (PAUSE, gap frames): the next bridge discards them; in no other figure\n",
			sums->frames, sums->wire_bytes);
}

static void lane_print(FILE *out, const struct scope *scope, uint32_t direction)
{
	const struct scope_lane *lane = &scope->lane[direction];
	const struct sluice_meter *meter = &lane->meter;
	const char *name = direction == SCOPE_OUT ? "out" :
			   direction == SCOPE_IN ? "in" : "all";
	double mean;

	if (!lane->is_used) {
		fprintf(out, "\n%s: no packets\n", name);
		mac_control_print(out, &lane->mac_control);
		return;
	}
	mean = sluice_meter_mean_bits_ps(meter);
	fprintf(out, "\n%s: %" PRIu64 " packets, %s, mean %s%s\n", name,
		meter->pkts, bytes_of(meter->bytes).text,
		least_word(scope, mean), mean_of(mean).text);
	mac_control_print(out, &lane->mac_control);
	if (lane->not_ip_pkts)
		fprintf(out, "  not IP, or cut before its addresses: %" PRIu64 " packets, which are of no flow\n",
			lane->not_ip_pkts);
	if (!scope_is_whole(scope)) {
		peaks_least_print(out, meter);
		fputs("  gaps, trains and all else: not known, for not all was seen\n",
		      out);
		return;
	}
	if (scope_is_one_piece(scope)) {
		headline_print(out, scope, lane);
		windows_print(out, meter);
	} else {
		pieces_print(out, scope, lane);
	}
	gaps_print(out, meter, scope_is_one_piece(scope));
	if (meter->config.line_rate_bits_ps)
		train_print(out, "at line rate", &meter->trains.theta[0],
			    sluice_meter_tells_wire(meter));
	train_print(out, "gaps to 2.048 us", &meter->trains.theta[5],
		    sluice_meter_tells(meter, sluice_thetas_ns[5]));
	train_print(out, "gaps to 100 us", &meter->trains.theta[6],
		    sluice_meter_tells(meter, sluice_thetas_ns[6]));
	bursts_print(out, scope, lane);
	if (meter->blocks_cut)
		fprintf(out, "! %u seconds had more packets than are kept: their burst excess is a lower bound\n",
			meter->blocks_cut);
}

/* Of one in a file that is a part: what holes do not change, or only in one way. */
static void flow_pieces_print(FILE *out, const struct scope *scope,
			      const struct scope_flow *flow)
{
	uint32_t least_ns = scope->config.vantage.uncertainty_ns;
	struct scope_sums sums = { .uncertainty_ns = least_ns };

	if (scope_tells_flow(scope, 1))
		fprintf(out, ", peak 1 ms at least %s",
			rate_of(flow->window[1].max_bytes * 8e3).text);
	if (scope_tells_train(scope, 0))
		fprintf(out, ", longest train %u", flow->train[0].max_pkts);
	scope_sums_add(&sums, flow);
	if (sums.told_pkts)
		fprintf(out, ", again at least %" PRIu64,
			flow->tcp.retransmitted_pkts);
	if (flow->tcp.rtts)
		fprintf(out, ", least rtt at most %s",
			told_of(flow->tcp.rtt_min_ns, least_ns).text);
	fputc('\n', out);
}

static void flow_print(FILE *out, const struct scope *scope, uint32_t number)
{
	const struct scope_flow *flow = scope_flow_at(scope->flows, number);
	const struct sluice_flow_key *key = scope_flow_key(scope->flows, number);
	double span_ns = (double)(scope->end_ns - scope->start_ns);
	double mean = span_ns > 0 ? (double)flow->bytes * 8e9 / span_ns : 0;
	uint32_t least_ns = scope->config.vantage.uncertainty_ns;
	struct scope_sums sums = { .uncertainty_ns = least_ns };
	char from[SLUICE_FLOW_END_SIZE], to[SLUICE_FLOW_END_SIZE], rtt[112] = "", queue[80] = "", again[24] = "-";
	char peak[128] = "peak 1 ms not known", train[24] = "not known";

	sluice_flow_end_print(key, true, from, sizeof(from));
	sluice_flow_end_print(key, false, to, sizeof(to));
	fprintf(out, "%4u  %s %s > %s\n", number,
		sluice_flow_protocol_name(key), from, to);
	if (!scope_is_whole(scope)) {
		fprintf(out, "      %s%s, %" PRIu64 " packets, %s\n",
			least_word(scope, mean), mean_of(mean).text,
			flow->pkts, bytes_of(flow->bytes).text);
		return;
	}
	if (!scope_is_one_piece(scope)) {
		fprintf(out, "      %s%s", least_word(scope, mean),
			mean_of(mean).text);
		flow_pieces_print(out, scope, flow);
		return;
	}
	if (flow->tcp.rtts)
		snprintf(rtt, sizeof(rtt), ", rtt %s to %s",
			 told_of(flow->tcp.rtt_min_ns, least_ns).text,
			 told_of(scope_flow_rtt_quantile(flow, PPM_P99),
				 least_ns).text);
	scope_sums_add(&sums, flow);
	if (sums.told_pkts)
		snprintf(again, sizeof(again), "%" PRIu64,
			 flow->tcp.retransmitted_pkts);
	if (sums.standing_intervals)
		snprintf(queue, sizeof(queue), ", queue %s",
			 told_of((uint64_t)scope_sums_standing(&sums),
				 least_ns).text);
	if (scope_tells_flow(scope, 1))
		snprintf(peak, sizeof(peak), "peak 1 ms %s (x %s)",
			 rate_of(flow->window[1].max_bytes * 8e3).text,
			 count_of(flow->window[1].pmr).text);
	if (scope_tells_train(scope, 0))
		snprintf(train, sizeof(train), "%u", flow->train[0].max_pkts);
	fprintf(out, "      %s, %s, gap %s, longest train %s, again %s%s%s\n",
		mean_of(mean).text, peak, flow->pkts > 1 ?
		told_of(scope_flow_gap_quantile(flow, PPM_P50), least_ns).text :
		"-", train, again, rtt, queue);
}

/* How alike the flows' shares are: of all of it, and window by window. */
static void fairness_print(FILE *out, const struct scope *scope)
{
	struct scope_fairness one;

	scope_fair_result(scope_flows_fair(scope->flows), 0, &one);
	if (!one.windows)
		return;
	fprintf(out, "\nfairness (Jain): %.3g in all, %.3g in 100 ms, least %.3g; ",
		scope_jain(scope), one.mean, one.min);
	if (isnan(one.converged_ns))
		fputs("never 0.95 for good\n", out);
	else
		fprintf(out, "0.95 for good after %s\n",
			time_of((uint64_t)one.converged_ns).text);
	if (one.is_cut)
		fprintf(out, "! fairness is that of the first %" PRIu64 " windows with two flows: no more are kept\n",
			one.windows);
}

void out_scope(FILE *out, const struct scope *scope)
{
	uint32_t numbers[FLOWS_SHOWN];
	int count;

	head_print(out, scope);
	for (uint32_t i = 0; i < SCOPE_DIRECTIONS; i++)
		if (scope_lane_is_seen(&scope->lane[i]))
			lane_print(out, scope, i);
	out_scope_cpu(out, scope);
	if (scope->flows && scope_is_one_piece(scope))
		fairness_print(out, scope);
	count = scope_top_flows(scope, numbers, FLOWS_SHOWN);
	if (count > 0)
		fputs("\nflows with most bytes:\n", out);
	for (int i = 0; i < count; i++)
		flow_print(out, scope, numbers[i]);
}
