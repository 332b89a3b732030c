// SPDX-License-Identifier: GPL-2.0
/* What `sluice verify` prints for people; see out_verify.h. */
#include "out_verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "../lib/units.h"
#include "out_lapse.h"

#define BITS_PER_BYTE	8u
#define PPM_P50		500000u
#define PPM_P99		990000u
/* Flows that are shown: those with most bytes. */
#define FLOWS_SHOWN	5u
/* Of the meter: windows of 1 ms, and 1.05 times the mean rate. */
#define WINDOW_1MS	2u
#define MULTIPLE_105	1u
#define SENTENCE_SIZE	512

unsigned int out_verified_worst(const struct sluice_verified *devices,
				unsigned int count)
{
	unsigned int i, worst = 0;

	for (i = 1; i < count; i++)
		if (devices[i].verdict.kind > devices[worst].verdict.kind)
			worst = i;
	return worst;
}

__attribute__((format(printf, 3, 4)))
static void line(FILE *out, const char *label, const char *format, ...)
{
	va_list args;

	fprintf(out, "    %-14s", label);
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	fputc('\n', out);
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

/* ---- what was asked of the device ---- */

static void commanded_print(FILE *out, const struct sluice_verified *device)
{
	const struct sluice_options *options = &device->interval.options;
	uint64_t rate_bytes_ps = options->values[TCA_SLUICE_RATE_BYTES_PS];
	uint64_t maxrate_bytes_ps =
		options->values[TCA_SLUICE_MAXRATE_BYTES_PS];
	uint64_t gap_ns = sluice_interval_gap_ns(&device->interval);
	char text[32];

	fputs("  commanded: ", out);
	if (rate_bytes_ps) {
		sluice_format_rate(rate_bytes_ps * BITS_PER_BYTE, text,
				   sizeof(text));
		fprintf(out, "rate %s; ", text);
	}
	if (maxrate_bytes_ps) {
		sluice_format_rate(maxrate_bytes_ps * BITS_PER_BYTE, text,
				   sizeof(text));
		fprintf(out, "maxrate %s; ", text);
	}
	fputs("each frame at its flow's own rate", out);
	if (device->interval.is_stand_in)
		fprintf(out, ", TCP's in packets of at most %" PRIu64 " frame%s",
			options->values[TCA_SLUICE_TRAIN_FRAMES],
			options->values[TCA_SLUICE_TRAIN_FRAMES] == 1 ? "" : "s");
	if (gap_ns) {
		sluice_format_time_about(gap_ns, text, sizeof(text));
		fprintf(out, "; the mean frame takes %s at %s", text,
			rate_bytes_ps ? "rate" : "maxrate");
	}
	fputc('\n', out);
}

/* ---- what the qdiscs counted ---- */

/* What they take of the link is no traffic: it ends at the next bridge. */
static void gap_frames_print(FILE *out, const struct sluice_verified *device)
{
	const struct tc_sluice_xstats *delta = &device->interval.delta;
	uint64_t bits_ps = BITS_PER_BYTE *
		sluice_interval_per_s(&device->interval, delta->gap_wire_bytes);
	char rate[32];

	if (!delta->gap_frames && !device->is_kept_by_line)
		return;
	sluice_format_rate_about(bits_ps, rate, sizeof(rate));
	if (device->link_bits_ps)
		line(out, "gap frames", "%llu beside these, %s, %.3g %% of the link",
		     delta->gap_frames, rate,
		     percent(bits_ps, device->link_bits_ps));
	else
		line(out, "gap frames", "%llu beside these, %s",
		     delta->gap_frames, rate);
}

static void lateness_print(FILE *out, const struct sluice_interval *interval)
{
	uint64_t departures = sluice_interval_departures(interval);
	uint64_t waited = sluice_interval_waited(interval);
	char below[32], max[32];

	line(out, "had to wait", "%" PRIu64 " of %" PRIu64 " departures, %.3g %%",
	     waited, departures, percent(waited, departures));
	if (!waited || interval->is_stand_in)
		return;
	sluice_format_time_about(sluice_interval_lateness_ns(interval), below,
				 sizeof(below));
	sluice_format_time_about(interval->delta.lateness_max_ns, max,
				 sizeof(max));
	line(out, "lateness", "99 %% of them below %s%s%s",
	     !strcmp(below, "0ns") ? "1ns" : below,
	     interval->delta.lateness_max_ns ? ", the latest of all " : "",
	     interval->delta.lateness_max_ns ? max : "");
}

static void trains_print(FILE *out, const struct sluice_interval *interval)
{
	uint64_t frames = sluice_interval_train_frames(interval);
	char burst[32];

	if (frames)
		line(out, "trains",
		     "99 %% of the frames of paced flows in trains of at most %" PRIu64,
		     frames);
	else
		line(out, "trains", "none has ended, or no flow has a rate");
	sluice_format_time_about(interval->delta.burst_now_ns, burst,
				 sizeof(burst));
	line(out, "burst", "%s at most, and grew %llu times", burst,
	     interval->delta.burst_grown);
}

static void broken_print(FILE *out, const struct tc_sluice_xstats *delta)
{
	const struct {
		const char *what;
		uint64_t count;
	} counts[] = {
		{ "over limit", delta->limit_dropped_pkts },
		{ "over flow_limit", delta->flow_limit_dropped_pkts },
		{ "dropped by CoDel", delta->codel_dropped_pkts },
		{ "that nobody can cut", delta->corrupt_dropped_pkts },
		{ "lost as the device went down", delta->reset_dropped_pkts },
		{ "uncut", delta->uncut_pkts },
		{ "without memory for a flow", delta->flow_alloc_failed_pkts },
		{ "beyond the horizon", delta->horizon_capped_pkts },
		{ "asking for the past", delta->past_pkts },
		{ "with a foreign clock", delta->foreign_clock_pkts },
	};
	unsigned int i;
	bool is_any = false;

	fprintf(out, "    %-14s", "not as asked");
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		if (!counts[i].count)
			continue;
		fprintf(out, "%s%" PRIu64 " packets %s", is_any ? ", " : "",
			counts[i].count, counts[i].what);
		is_any = true;
	}
	fputs(is_any ? "\n" : "nothing\n", out);
}

static void qdiscs_print(FILE *out, const struct sluice_verified *device)
{
	const struct sluice_interval *interval = &device->interval;
	const struct tc_sluice_xstats *delta = &interval->delta;
	char span[32], error[32], rate[32];

	sluice_format_time_about(interval->span_ns, span, sizeof(span));
	sluice_format_time_about(interval->error_ns, error, sizeof(error));
	fprintf(out,
		interval->is_stand_in ?
		"  qdisc: counters of %u fq, without the module, read %s apart, wrong by up to %s; fq counts no lateness and no trains\n" :
		"  qdisc: counters of %u sluice, read %s apart, wrong by up to %s; times and trains are ends of powers of two\n",
		interval->qdiscs, span, error);
	sluice_format_rate_about(BITS_PER_BYTE *
				 sluice_interval_per_s(interval,
						       delta->sent_wire_bytes),
				 rate, sizeof(rate));
	line(out, "achieved", "%s on the wire, %llu frames", rate,
	     delta->sent_frames);
	gap_frames_print(out, device);
	out_lapse(out, "    departures    ", &device->lapse, &device->link);
	lateness_print(out, interval);
	if (!interval->is_stand_in)
		trains_print(out, interval);
	broken_print(out, delta);
	line(out, "still waiting", "%" PRIu64 " packets, %" PRIu64 " bytes",
	     interval->qlen_pkts, interval->backlog_bytes);
}

/* ---- what the tap saw ---- */

static void buffer_needed_print(FILE *out, const struct sluice_meter *meter)
{
	/* The mean of a second is known when it is over. */
	bool is_of_rate = meter->spectrum.count;
	double frames = is_of_rate ?
		(double)sluice_spectrum_bytes(&meter->spectrum, 0) /
		meter->max_bytes : meter->excess[MULTIPLE_105].max;
	char text[32];

	if (!is_of_rate && frames <= 0)
		return;
	sluice_format_number_about(frames, text, sizeof(text));
	line(out, "buffer needed", "%s frames in front of a link of %s", text,
	     is_of_rate ? "that rate" : "1.05 times the mean rate");
}

static void device_seen_print(FILE *out, const struct sluice_seen *seen)
{
	const struct sluice_meter *meter = &seen->meter;
	const struct sluice_window_result *window = &meter->results[WINDOW_1MS];
	uint64_t trains = sluice_seen_train_frames(seen);
	char text[32], even[32];

	if (window->floor > 0) {
		sluice_format_number_about(window->pmr, text, sizeof(text));
		sluice_format_number_about(window->floor, even, sizeof(even));
		line(out, "peak in 1 ms",
		     "%s of the mean of its second (%s if evenly spaced)",
		     text, even);
	}
	sluice_format_time_about(sluice_hist_quantile(&meter->gap, PPM_P50),
				 text, sizeof(text));
	line(out, "gap", "half of them at most %s", text);
	if (trains)
		line(out, "trains",
		     "99 %% of the frames in trains of at most %" PRIu64 " at %s",
		     trains, seen->config.rate_bytes_ps ? "rate" : "maxrate");
	if (seen->config.link_bits_ps) {
		sluice_format_rate(seen->config.link_bits_ps, text,
				   sizeof(text));
		line(out, "at link speed",
		     "99 %% of the frames in trains of at most %" PRIu64 " without a gap at %s",
		     sluice_hist_quantile_weighted(&meter->trains.theta[0].pkts,
						   PPM_P99), text);
	}
	buffer_needed_print(out, meter);
}

static void flow_end_print(FILE *out, const struct sluice_flow_key *key,
			   bool is_source, uint16_t port)
{
	char address[64];

	sluice_flow_address_print(key, is_source, address, sizeof(address));
	fputs(address, out);
	if (port)
		fprintf(out, " port %u", port);
}

/* "10.0.0.1 port 5000 to 10.0.0.2 port 80, tcp" */
static void flow_name_print(FILE *out, const struct sluice_flow_key *key)
{
	flow_end_print(out, key, true, key->source_port);
	fputs(" to ", out);
	flow_end_print(out, key, false, key->destination_port);
	fputs(key->protocol == SLUICE_PROTOCOL_TCP ? ", tcp" :
	      key->protocol == SLUICE_PROTOCOL_UDP ? ", udp" : "", out);
}

static void flow_print(FILE *out, const struct sluice_seen *seen,
		       unsigned int number)
{
	const struct sluice_meter *meter = &seen->flows[number]->meter;
	char rate[32], gap[32], even[32];

	sluice_format_rate_about((uint64_t)sluice_meter_mean_bits_ps(meter),
				 rate, sizeof(rate));
	sluice_format_time_about(sluice_hist_quantile(&meter->gap, PPM_P50),
				 gap, sizeof(gap));
	sluice_format_time_about(meter->pkts > 1 ?
				 (meter->last_ns - meter->first_ns) /
				 (meter->pkts - 1) : 0, even, sizeof(even));
	fputs("    flow          ", out);
	flow_name_print(out, sluice_flows_key(seen->numbers, number));
	fprintf(out, ": %s, half of its gaps at most %s (%s if evenly spaced)\n",
		rate, gap, even);
}

/* The flow with most bytes of those that have not been shown. */
static int flow_next(const struct sluice_seen *seen, const bool *is_shown)
{
	int best = -1;
	unsigned int i;

	for (i = 0; i < sluice_seen_flows(seen); i++)
		if (seen->flows[i] && !is_shown[i] &&
		    (best < 0 || seen->flows[i]->meter.bytes >
				 seen->flows[best]->meter.bytes))
			best = (int)i;
	return best;
}

static void flows_print(FILE *out, const struct sluice_seen *seen)
{
	bool is_shown[SLUICE_SEEN_FLOWS_MAX] = { false };
	unsigned int shown;
	int next;

	for (shown = 0; shown < FLOWS_SHOWN; shown++) {
		next = flow_next(seen, is_shown);
		if (next < 0)
			return;
		is_shown[next] = true;
		flow_print(out, seen, (unsigned int)next);
	}
	if (flow_next(seen, is_shown) >= 0)
		line(out, "flow", "... and more: --json has %u of them",
		     sluice_seen_flows(seen));
}

static void tap_print(FILE *out, const struct sluice_verified *device)
{
	const struct sluice_seen *seen = &device->seen;
	char rate[32];

	if (device->tap_err == -EPERM || device->tap_err == -EACCES) {
		fputs("  tap: none, only root may see frames (CAP_NET_RAW): no gaps were measured; try it with sudo\n",
		      out);
		return;
	}
	if (device->tap_err) {
		fprintf(out, "  tap: none: %s: no gaps were measured\n",
			strerror(-device->tap_err));
		return;
	}
	fprintf(out,
		"  tap: frames behind the qdisc, before the driver; the kernel's stamps in software, 1ns steps, taken to be wrong by up to %uns\n",
		SLUICE_SEEN_ERROR_NS);
	if (device->losses.missed_pkts)
		line(out, "missed",
		     "%" PRIu64 " packets: it was not quick enough, so gaps and trains are not known",
		     device->losses.missed_pkts);
	if (device->losses.unshown_pkts)
		line(out, "not shown",
		     "%" PRIu64 " super-packets whose kind this kernel does not show, so gaps and trains are not known",
		     device->losses.unshown_pkts);
	sluice_format_rate_about((uint64_t)
				 sluice_meter_mean_bits_ps(&seen->meter),
				 rate, sizeof(rate));
	line(out, sluice_verified_has_tap(device) ? "achieved" : "at least",
	     "%s on the wire, %" PRIu64 " frames", rate, seen->meter.pkts);
	if (seen->cut_pkts)
		line(out, "cut behind it",
		     "%" PRIu64 " packets are %" PRIu64 " of these frames (stack, expanded: each counts as one train)",
		     seen->cut_pkts, seen->cut_frames);
	if (seen->mac_control_frames)
		line(out, "MAC control",
		     "%" PRIu64 " frames, %" PRIu64 " bytes on the wire (PAUSE, gap frames): the next bridge discards them; in no other figure",
		     seen->mac_control_frames, seen->mac_control_wire_bytes);
	if (device->is_kept_by_line)
		line(out, "gaps",
		     "not measured: gap frames keep departures (gap_frames), and the device gets all ahead of them");
	else if (device->is_kept_behind)
		line(out, "gaps",
		     "not measured: the device keeps departures (offload_horizon), and gets frames ahead of them");
	if (!sluice_verified_has_gaps(device) || seen->meter.pkts < 2)
		return;
	device_seen_print(out, seen);
	flows_print(out, seen);
}

/* ---- all of it ---- */

static void device_print(FILE *out, const struct sluice_verified *device)
{
	if (device->interval.qdiscs) {
		commanded_print(out, device);
		qdiscs_print(out, device);
	}
	tap_print(out, device);
}

static void sentence_of(const struct sluice_verified *device, char *text)
{
	sluice_verdict_say(&device->verdict, &device->evidence, text,
			   SENTENCE_SIZE);
}

void out_verified(FILE *out, const char *asked,
		  const struct sluice_verified *devices, unsigned int count)
{
	unsigned int i, worst = out_verified_worst(devices, count);
	bool is_itself = count == 1 && !strcmp(devices[0].device, asked);
	char sentence[SENTENCE_SIZE];

	sentence_of(&devices[worst], sentence);
	fprintf(out, "%s: %s", asked, sentence);
	if (!is_itself)
		fprintf(out, " (%s)", devices[worst].device);
	fputc('\n', out);
	for (i = 0; i < count; i++) {
		if (!is_itself) {
			sentence_of(&devices[i], sentence);
			fprintf(out, "%s: %s\n", devices[i].device, sentence);
		}
		if (devices[i].verdict.kind != SLUICE_VERDICT_NO_LINK)
			device_print(out, &devices[i]);
	}
}
