// SPDX-License-Identifier: GPL-2.0
/*
 * The analysis as JSON. Headline figures stand flat under `metrics`: peaks
 * are of the worst sender, quantiles of all senders' frames together; each
 * sender's own meter follows under `senders`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/flow_json.h"
#include "../lib/json_set.h"
#include "../lib/metrics_json.h"
#include "analyse_parts.h"

#define PPM_P1		10000u
#define PPM_P50		500000u
#define PPM_P99		990000u
#define PPM_P999	999000u
#define MILLI		1000u
/* Buckets per octave in the histograms of the report: 2^3. */
#define SERIES_HIST_BITS	3u

static void set_text(json_t *object, const char *key, const char *value)
{
	json_object_set_new(object, key, json_string(value));
}

static const struct lab_wire *wire_at(const struct lab_analysis *analysis,
				      uint32_t i)
{
	return &analysis->wires[i];
}

/* Where, how and how exactly all this was measured. */
static json_t *about_json(const struct lab_analysis *analysis)
{
	const struct lab_analyse_input *in = analysis->in;
	json_t *about = json_object();
	uint64_t other = 0, backward = 0;

	for (uint32_t i = 0; i < in->senders; i++) {
		other += wire_at(analysis, i)->other_pkts;
		backward += wire_at(analysis, i)->meter.backward_pkts;
	}
	set_text(about, "vantage", "each sender's wire, after its NIC");
	set_text(about, "layer", "L1");
	set_int(about, "frame_overhead_bytes", in->frame_overhead_bytes);
	set_int(about, "link_overhead_bytes", in->link_overhead_bytes);
	set_text(about, "stamp", "start of frame, virtual time");
	set_int(about, "uncertainty_ns", analysis->clock_step_ns);
	set_int(about, "span_start_ns", analysis->metrics_start_ns);
	set_int(about, "span_ns", in->end_ns - analysis->metrics_start_ns);
	set_int(about, "warmup_ns", in->warmup_ns);
	set_int(about, "line_rate_bits_ps", in->nic_rate_bits_ps);
	set_int(about, "not_ip_pkts", other);
	set_int(about, "backward_stamps_pkts", backward);
	return about;
}

static void peaks_json(const struct lab_analysis *analysis, json_t *metrics)
{
	for (uint32_t w = 0; w < SLUICE_METER_WINDOWS; w++) {
		const struct sluice_window_result *worst =
			&wire_at(analysis, 0)->meter.results[w];
		double peak = 0;
		char key[48];

		for (uint32_t i = 0; i < analysis->in->senders; i++) {
			const struct sluice_window_result *result =
				&wire_at(analysis, i)->meter.results[w];

			if (result->pmr > worst->pmr)
				worst = result;
			if (result->peak_bits_ps > peak)
				peak = result->peak_bits_ps;
		}
		snprintf(key, sizeof(key), "pmr_%s", sluice_window_name(w));
		set_real(metrics, key, worst->pmr);
		snprintf(key, sizeof(key), "pmr_%s_over_floor",
			 sluice_window_name(w));
		set_real(metrics, key, worst->floor ? worst->pmr / worst->floor : 0);
		snprintf(key, sizeof(key), "peak_%s_bits_ps",
			 sluice_window_name(w));
		set_int(metrics, key, (uint64_t)peak);
	}
}

static void excess_json(const struct lab_analysis *analysis, json_t *metrics)
{
	for (uint32_t m = 0; m < SLUICE_METER_MULTIPLES; m++) {
		double max = 0;
		char key[48];

		for (uint32_t i = 0; i < analysis->in->senders; i++) {
			double one = wire_at(analysis, i)->meter.excess[m].max;

			if (one > max)
				max = one;
		}
		snprintf(key, sizeof(key), "burst_excess_%u_pkts",
			 sluice_meter_multiples_percent[m]);
		set_real(metrics, key, max);
	}
}

/* What one sender's frames alone ask of a buffer before the port. */
static void port_burst_json(const struct lab_analysis *analysis,
			    json_t *metrics)
{
	double worst = 0;

	for (uint32_t i = 0; i < analysis->in->senders; i++) {
		const struct sluice_meter *meter = &wire_at(analysis, i)->meter;
		double one = sluice_spectrum_factor(&meter->spectrum,
						    analysis->port_rate_index,
						    meter->max_bytes, 0);

		if (one > worst)
			worst = one;
	}
	set_real(metrics, "burst_at_port_rate_pkts", worst);
}

/* slack / rate, rounded towards minus infinity: a breach must show as one. */
static int64_t floor_divide(int64_t slack, int64_t rate)
{
	return slack / rate - (slack % rate < 0);
}

/* Invariant P2 of the pacer under test: frames against the device's clock. */
static json_t *device_json(const struct lab_analysis *analysis)
{
	uint64_t rate = analysis->in->device_rate_bits_ps;
	uint32_t index = (uint32_t)analysis->device_rate_index;
	json_t *object = json_object();
	const struct lab_stretch *longest = &wire_at(analysis, 0)->longest;
	double factor = 0, least = 1;
	int64_t slack_ns = INT64_MAX;
	uint64_t pkts = 0, too_close = 0;

	for (uint32_t i = 0; i < analysis->in->senders; i++) {
		const struct lab_wire *wire = wire_at(analysis, i);
		const struct sluice_meter *meter = &wire->meter;
		double one = sluice_spectrum_factor(&meter->spectrum, index,
						    meter->max_bytes, 0);

		pkts += meter->pkts;
		too_close += wire->too_close_pkts;
		if (one > factor)
			factor = one;
		one = sluice_spectrum_factor(&meter->spectrum, index,
					     meter->max_bytes,
					     meter->config.uncertainty_ns);
		if (one > least)
			least = one;
		if (wire->has_device_slack &&
		    floor_divide(wire->device_slack_min, (int64_t)rate) < slack_ns)
			slack_ns = floor_divide(wire->device_slack_min,
						(int64_t)rate);
		if (wire->longest.pkts > longest->pkts)
			longest = &wire->longest;
	}
	set_int(object, "rate_bits_ps", rate);
	set_int(object, "pkts", pkts);
	set_real(object, "burst_excess_pkts", factor);
	set_real(object, "burst_excess_at_least_pkts", least);
	set_int(object, "too_close_pkts", too_close);
	set_int(object, "saturated_pkts", longest->pkts);
	if (longest->pkts)
		set_real(object, "rate_error_ppm",
			 ((double)longest->bytes * 8e9 /
			  (double)longest->duration_ns / (double)rate - 1) * 1e6);
	if (slack_ns != INT64_MAX)
		json_object_set_new(object, "closest_gap_over_wire_time_ns",
				    json_integer(slack_ns));
	return object;
}

/* Sum of one histogram of every sender, in a fresh one. -1: no memory. */
static int merge(const struct lab_analysis *analysis, size_t offset,
		 uint32_t octaves, struct sluice_hist *ret_hist)
{
	uint32_t bits = analysis->wires[0].meter.config.hist_bits;

	if (sluice_hist_init(ret_hist, bits, octaves) < 0)
		return -1;
	for (uint32_t i = 0; i < analysis->in->senders; i++)
		sluice_hist_merge(ret_hist, (const struct sluice_hist *)
			((const char *)&analysis->wires[i].meter + offset));
	return 0;
}

/*
 * Low edge, number and sum of the values of each bucket, a few buckets per
 * octave, empty ones left out.
 */
static json_t *histogram_json(const struct sluice_hist *hist, const char *unit)
{
	json_t *object = json_object(), *lows = json_array();
	json_t *counts = json_array(), *sums = json_array();
	struct sluice_hist coarse = { .bits = SERIES_HIST_BITS, .last = UINT32_MAX };
	uint64_t low = 0, count = 0, sum = 0;
	char key[32];

	for (uint32_t i = 0; i <= hist->last + 1; i++) {
		const struct sluice_hist_bucket *bucket =
			i <= hist->last ? &hist->buckets[i] : NULL;
		uint64_t own_low = UINT64_MAX;

		if (bucket && !bucket->count)
			continue;
		if (bucket)
			own_low = sluice_hist_low(&coarse,
				sluice_hist_index(&coarse,
						  bucket->sum / bucket->count));
		if (count && own_low != low) {
			json_array_append_new(lows, json_integer((json_int_t)low));
			json_array_append_new(counts, json_integer((json_int_t)count));
			json_array_append_new(sums, json_integer((json_int_t)sum));
			count = 0;
			sum = 0;
		}
		low = own_low;
		count += bucket ? bucket->count : 0;
		sum += bucket ? bucket->sum : 0;
	}
	snprintf(key, sizeof(key), "low_%s", unit);
	json_object_set_new(object, key, lows);
	json_object_set_new(object, "count", counts);
	snprintf(key, sizeof(key), "sum_%s", unit);
	json_object_set_new(object, key, sums);
	return object;
}

static int gaps_json(const struct lab_analysis *analysis, json_t *metrics,
		     json_t *series)
{
	struct sluice_hist all;
	double cov = 0;

	if (merge(analysis, offsetof(struct sluice_meter, gap),
		  SLUICE_HIST_OCTAVES_NS, &all) < 0)
		return -1;
	for (uint32_t i = 0; i < analysis->in->senders; i++) {
		double one = sluice_meter_gap_cov(&analysis->wires[i].meter);

		if (one > cov)
			cov = one;
	}
	set_real(metrics, "gap_cov", cov);
	set_int(metrics, "gap_min_ns", all.count ? all.min : 0);
	set_int(metrics, "gap_p1_ns", sluice_hist_quantile(&all, PPM_P1));
	set_int(metrics, "gap_p50_ns", sluice_hist_quantile(&all, PPM_P50));
	set_int(metrics, "gap_p99_ns", sluice_hist_quantile(&all, PPM_P99));
	json_object_set_new(series, "gap_histogram", histogram_json(&all, "ns"));
	sluice_hist_done(&all);
	return 0;
}

static int trains_json(const struct lab_analysis *analysis, json_t *metrics,
		       json_t *series)
{
	struct sluice_hist all;

	if (merge(analysis, offsetof(struct sluice_meter, trains.theta[0].pkts),
		  SLUICE_HIST_OCTAVES_PKTS, &all) < 0)
		return -1;
	set_int(metrics, "train_p50_pkts",
		sluice_hist_quantile_weighted(&all, PPM_P50));
	set_int(metrics, "train_p99_pkts",
		sluice_hist_quantile_weighted(&all, PPM_P99));
	set_int(metrics, "train_max_pkts", all.max);
	json_object_set_new(metrics, "trains", sluice_train_json(&all));
	json_object_set_new(series, "train_histogram",
			    histogram_json(&all, "pkts"));
	sluice_hist_done(&all);
	return 0;
}

/* Per rate the worst sender: what a bottleneck of that rate has to hold. */
static json_t *spectrum_json(const struct lab_analysis *analysis)
{
	const struct sluice_spectrum *first = &analysis->wires[0].meter.spectrum;
	json_t *object = json_object();
	json_t *rates = json_array(), *bytes = json_array();

	for (uint32_t r = 0; r < first->count; r++) {
		uint64_t worst = 0;

		for (uint32_t i = 0; i < analysis->in->senders; i++) {
			uint64_t one = sluice_spectrum_bytes(
				&analysis->wires[i].meter.spectrum, r);

			if (one > worst)
				worst = one;
		}
		json_array_append_new(rates, json_integer((json_int_t)
					sluice_spectrum_rate(first, r)));
		json_array_append_new(bytes, json_integer((json_int_t)worst));
	}
	json_object_set_new(object, "rate_bits_ps", rates);
	json_object_set_new(object, "burst_bytes", bytes);
	return object;
}

/* All senders' stamped frames together; absent if there were none. */
static int departure_json(const struct lab_analysis *analysis, json_t *metrics)
{
	struct sluice_departure all = { 0 };
	json_t *object = NULL;
	int result = 0;

	for (uint32_t i = 0; i < analysis->in->senders && !result; i++) {
		const struct sluice_departure *one =
			analysis->wires[i].meter.departure;

		if (!one)
			continue;
		if (!all.late.buckets)
			result = sluice_hist_init(&all.late, one->late.bits,
						  SLUICE_HIST_OCTAVES_NS) |
				 sluice_hist_init(&all.early, one->early.bits,
						  SLUICE_HIST_OCTAVES_NS);
		if (result)
			break;
		sluice_hist_merge(&all.late, &one->late);
		sluice_hist_merge(&all.early, &one->early);
		all.exact += one->exact;
	}
	if (!result && all.late.buckets) {
		object = sluice_departure_json(&all,
					       SLUICE_DEPARTURE_STAMPED);
		if (object)
			json_object_set_new(metrics, "departure_error", object);
		else
			result = -1;
	}
	sluice_hist_done(&all.late);
	sluice_hist_done(&all.early);
	return result;
}

static int metrics_json(const struct lab_analysis *analysis, json_t *metrics,
			json_t *series)
{
	uint64_t pkts = 0;
	double mean = 0;
	json_t *senders = json_array();

	for (uint32_t i = 0; i < analysis->in->senders; i++) {
		const struct sluice_meter *meter = &wire_at(analysis, i)->meter;
		json_t *one = sluice_meter_json(meter);

		json_object_set_new(one, "sender", json_integer(i + 1));
		json_array_append_new(senders, one);
		pkts += meter->pkts;
		mean += sluice_meter_mean_bits_ps(meter);
	}
	json_object_set_new(metrics, "about", about_json(analysis));
	set_int(metrics, "pkts", pkts);
	set_int(metrics, "mean_bits_ps",
		(uint64_t)(mean / analysis->in->senders));
	peaks_json(analysis, metrics);
	excess_json(analysis, metrics);
	port_burst_json(analysis, metrics);
	set_int(metrics, "b0_open_loop_bytes",
		sluice_spectrum_bytes(&analysis->port_spectrum, 0));
	set_int(metrics, "b0_open_loop_pkts",
		analysis->replay.unlimited_max_pkts);
	if (analysis->device_rate_index >= 0)
		json_object_set_new(metrics, "device", device_json(analysis));
	json_object_set_new(metrics, "spectrum", spectrum_json(analysis));
	if (gaps_json(analysis, metrics, series) < 0 ||
	    trains_json(analysis, metrics, series) < 0 ||
	    departure_json(analysis, metrics) < 0) {
		json_decref(senders);
		return -1;
	}
	json_object_set_new(metrics, "senders", senders);
	return 0;
}

static json_t *port_json(const struct lab_analysis *analysis, json_t *series)
{
	const struct lab_replay *replay = &analysis->replay;
	json_t *port = json_object(), *queue = json_object();
	json_t *mean = json_array(), *max = json_array();
	uint64_t slot_ns = replay->config.slot_ns;

	set_real(port, "mean_pkts", lab_replay_mean_pkts(replay));
	set_int(port, "p50_pkts", lab_replay_quantile_pkts(replay, PPM_P50));
	set_int(port, "p99_pkts", lab_replay_quantile_pkts(replay, PPM_P99));
	set_int(port, "p999_pkts", lab_replay_quantile_pkts(replay, PPM_P999));
	set_int(port, "max_pkts", replay->max_pkts);
	set_int(port, "limit_pkts", replay->config.limit_pkts);
	set_int(port, "arrived_pkts", replay->arrived_pkts);
	set_int(port, "dropped_pkts", replay->port.dropped_pkts);
	set_int(port, "span_dropped_pkts", replay->span_dropped_pkts);
	set_text(port, "source", "replay of the frames on the senders' wires");
	set_int(port, "arrivals_at_a_departure", replay->port.ties);
	if (analysis->port) {
		set_int(port, "compared_pkts", analysis->port_pkts);
		set_int(port, "not_from_a_wire_pkts",
			analysis->port_other_pkts);
		set_int(port, "departures_unlike_the_capture_pkts",
			analysis->port_wrong_pkts);
		set_int(port, "departure_difference_max_ns",
			analysis->port_wrong_max_ns);
	}
	for (uint32_t i = 0; i < replay->slots; i++) {
		json_array_append_new(mean, json_integer((json_int_t)
			(replay->slot_area_pkt_ns[i] * MILLI / slot_ns)));
		json_array_append_new(max, json_integer(
					replay->slot_max_pkts[i]));
	}
	set_int(queue, "step_ns", slot_ns);
	json_object_set_new(queue, "mean_milli_pkts", mean);
	json_object_set_new(queue, "max_pkts", max);
	json_object_set_new(series, "queue", queue);
	return port;
}

/* Sender 1's rate in steps of 1 ms, and of 1 s, in link bytes. */
static void rates_json(const struct lab_analysis *analysis, json_t *series)
{
	const struct lab_series *own = &analysis->series;
	json_t *fine = json_array(), *coarse = json_array();
	uint32_t per_second = (uint32_t)(SLUICE_NS_PER_S / 1000000);
	uint64_t sum = 0;

	for (uint32_t i = 0; i < own->slots; i++) {
		json_array_append_new(fine, json_integer((json_int_t)
					(own->slot_bytes[i] * 8 * MILLI)));
		sum += own->slot_bytes[i];
		if ((i + 1) % per_second == 0) {
			json_array_append_new(coarse,
				json_integer((json_int_t)(sum * 8)));
			sum = 0;
		}
	}
	set_int(series, "sender", 1);
	json_object_set_new(series, "rate_1ms_bits_ps", fine);
	json_object_set_new(series, "rate_1s_bits_ps", coarse);
}

static json_t *flow_json(const struct lab_seen_flow *flow)
{
	json_t *object = flow->has_meter ? sluice_meter_json(&flow->meter) :
					   json_object();

	set_int(object, "captured_pkts", flow->captured_pkts);
	return object;
}

static bool has_text(const json_t *entry, const char *key, const char *text)
{
	const char *value = json_string_value(json_object_get(entry, key));

	return value && !strcmp(value, text);
}

static bool has_number(const json_t *entry, const char *key, uint16_t number)
{
	return json_integer_value(json_object_get(entry, key)) == number;
}

/* The entry of run's flows with this 5-tuple, or a new one. */
static json_t *flow_entry(json_t *flows, const struct sluice_flow_key *key)
{
	char source[64], destination[64];
	json_t *entry;
	size_t i;

	sluice_flow_address_print(key, true, source, sizeof(source));
	sluice_flow_address_print(key, false, destination, sizeof(destination));
	json_array_foreach(flows, i, entry)
		if (has_text(entry, "protocol",
			     sluice_flow_protocol_name(key)) &&
		    has_text(entry, "source_address", source) &&
		    has_text(entry, "destination_address", destination) &&
		    has_number(entry, "source_port", key->source_port) &&
		    has_number(entry, "destination_port",
			       key->destination_port))
			return entry;
	entry = json_object();
	sluice_flow_key_json(entry, key);
	json_array_append_new(flows, entry);
	return entry;
}

static void flows_json(const struct lab_analysis *analysis, json_t *flows)
{
	for (uint32_t i = 0; i < sluice_flows_count(analysis->flows); i++) {
		const struct lab_seen_flow *flow = &analysis->flow[i];
		json_t *entry = flow_entry(flows,
					   sluice_flows_key(analysis->flows, i));

		set_int(entry, "sender", flow->sender);
		json_object_set_new(entry, "metrics", flow_json(flow));
	}
}

int lab_analysis_json(struct lab_analysis *analysis, json_t *run)
{
	json_t *metrics = json_object(), *series = json_object();
	json_t *port = port_json(analysis, series);
	json_t *flows = json_object_get(run, "flows");

	rates_json(analysis, series);
	if (metrics_json(analysis, metrics, series) < 0) {
		json_decref(metrics);
		json_decref(series);
		json_decref(port);
		return lab_analysis_fail(analysis, "no memory for the analysis");
	}
	if (!json_is_array(flows)) {
		flows = json_array();
		json_object_set_new(run, "flows", flows);
	}
	flows_json(analysis, flows);
	json_object_set_new(run, "metrics", metrics);
	json_object_set_new(run, "port_queue", port);
	json_object_set_new(run, "series", series);
	return 0;
}
