// SPDX-License-Identifier: GPL-2.0
#include "scope_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/json_set.h"
#include "../lib/metrics_json.h"
#include "figure.h"
#include "scope_json_parts.h"

#define PPM_P50		500000u
#define PPM_P99		990000u
#define PPM_P999	999000u
#define PPM_ALL		1000000u
#define XPYN_COUNTS	4u

static const uint32_t xpyn_pkts[XPYN_COUNTS] = { 2, 4, 8, 16 };

/* ---- one direction ---- */

static json_t *hot_json(const struct scope *scope,
			const struct scope_lane *lane)
{
	const struct sluice_meter *meter = &lane->meter;
	json_t *all = json_array();

	for (uint32_t i = 0; i < SLUICE_HOTS; i++) {
		const struct sluice_hot *hot = &meter->aligned.hot[i];
		double windows = (double)scope_hot_windows(scope, i);
		bool is_told = sluice_meter_tells(meter, sluice_hots_ns[i]);
		json_t *one = json_object();

		set_int(one, "window_ns", sluice_hots_ns[i]);
		set_int_if(one, "hot_windows", is_told, hot->hot_windows);
		set_real(one, "hot_windows_percent", windows > 0 && is_told ?
			 100 * (double)hot->hot_windows / windows : NAN);
		set_real(one, "hot_bytes_percent", meter->bytes && is_told ? 100 *
			 (double)hot->hot_bytes / (double)meter->bytes : NAN);
		set_int_if(one, "bursts", is_told, hot->bursts);
		set_int_if(one, "longest_ns", is_told, hot->burst_max_windows *
			   sluice_hots_ns[i]);
		json_array_append_new(all, one);
	}
	return all;
}

static json_t *dispersion_json(const struct scope *scope,
			       const struct scope_lane *lane)
{
	json_t *object = json_object(), *windows = json_array();
	json_t *pkts = json_array(), *bytes = json_array();
	json_t *variance = json_array(), *deviation = json_array();
	uint64_t least_ns = scope_dispersion_least_ns(scope, lane);
	double hurst = sluice_aligned_hurst(&lane->meter.aligned, scope->end_ns,
					    least_ns);

	for (uint32_t k = 0; k < SLUICE_LEVELS; k++) {
		struct sluice_dispersion one;

		sluice_aligned_dispersion(&lane->meter.aligned, k,
					  scope->end_ns, &one);
		if (one.windows < 2)
			break;
		if (one.window_ns < least_ns)
			continue;
		append_int(windows, one.window_ns);
		json_array_append_new(pkts, sluice_json_real(one.pkts_idc));
		json_array_append_new(bytes, sluice_json_real(one.bytes_idc));
		json_array_append_new(variance,
				      sluice_json_real(one.rate_variance));
		json_array_append_new(deviation,
				      sluice_json_real(one.rate_deviation));
	}
	json_object_set_new(object, "window_ns", windows);
	json_object_set_new(object, "pkts_idc", pkts);
	json_object_set_new(object, "bytes_idc", bytes);
	json_object_set_new(object, "relative_rate_variance", variance);
	json_object_set_new(object, "relative_allan_deviation", deviation);
	if (!isnan(hurst))
		set_real(object, "hurst", hurst);
	return object;
}

static json_t *envelope_json(const struct sluice_meter *meter)
{
	json_t *object = json_object();
	json_t *spans = json_array(), *bytes = json_array();

	for (uint32_t i = 0; i < SLUICE_METER_SPANS; i++) {
		append_int(spans, sluice_meter_spans_ns[i]);
		json_array_append_new(bytes,
			sluice_meter_tells(meter, sluice_meter_spans_ns[i]) ?
			json_integer((json_int_t)meter->span_bytes[i]) :
			json_null());
	}
	json_object_set_new(object, "span_ns", spans);
	json_object_set_new(object, "max_bytes", bytes);
	return object;
}

/* How many trains of at least X packets there are, for each theta. */
static json_t *xpyn_json(const struct sluice_meter *meter)
{
	json_t *object = json_object(), *pkts = json_array();
	json_t *thetas = json_array(), *rows = json_array();

	for (uint32_t i = 0; i < XPYN_COUNTS; i++)
		append_int(pkts, xpyn_pkts[i]);
	for (uint32_t k = 1; k < SLUICE_THETAS; k++) {
		json_t *row;

		/* what is not known is absent */
		if (!sluice_meter_tells(meter, sluice_thetas_ns[k]))
			continue;
		row = json_array();
		append_int(thetas, sluice_thetas_ns[k]);
		for (uint32_t i = 0; i < XPYN_COUNTS; i++)
			append_int(row, sluice_trains_at_least(&meter->trains,
						k, xpyn_pkts[i]));
		json_array_append_new(rows, row);
	}
	json_object_set_new(object, "at_least_pkts", pkts);
	json_object_set_new(object, "theta_ns", thetas);
	json_object_set_new(object, "trains", rows);
	return object;
}

static json_t *burst_json(const struct scope *scope,
			  const struct scope_burst *burst)
{
	json_t *one = json_object(), *flows = json_array();

	set_int(one, "start_ns", burst->burst.start_ns - scope->start_ns);
	set_int(one, "duration_ns", burst->burst.duration_ns);
	set_int(one, "bytes", burst->burst.bytes);
	set_int(one, "pkts", burst->burst.pkts);
	set_int(one, "peak_bits_ps", burst->burst.peak_bytes * 8 *
		SLUICE_NS_PER_S / SLUICE_SLOT_NS);
	set_real(one, "intensity_percent",
		 sluice_burst_intensity(burst->burst.idle_ns,
					burst->burst.wire_ns));
	for (uint32_t i = 0; i < burst->flows; i++) {
		json_t *share = json_object();

		set_int(share, "flow", burst->share[i].number);
		set_int(share, "bytes", burst->share[i].bytes);
		json_array_append_new(flows, share);
	}
	json_object_set_new(one, "flows", flows);
	json_object_set_new(one, "flows_are_whole",
			    json_boolean(burst->is_whole));
	return one;
}

/* Null where stamps do not tell such windows. */
static json_t *peaks_json(const struct sluice_meter *meter,
			  const struct scope_series *series,
			  enum scope_peak peak)
{
	json_t *all;

	if (!sluice_meter_tells(meter, scope_peaks_ns[peak]))
		return json_null();
	all = json_array();
	for (uint32_t i = 0; i < series->bins; i++)
		append_int(all, scope_bin_peak_bytes(&series->bin[i], peak));
	return all;
}

static json_t *series_json(const struct scope_lane *lane)
{
	const struct scope_series *series = &lane->series;
	json_t *object = json_object();
	json_t *bytes = json_array(), *pkts = json_array();

	for (uint32_t i = 0; i < series->bins; i++) {
		append_int(bytes, series->bin[i].bytes);
		append_int(pkts, series->bin[i].pkts);
	}
	set_int(object, "bin_ns", series->bin_ns);
	json_object_set_new(object, "bytes", bytes);
	json_object_set_new(object, "pkts", pkts);
	json_object_set_new(object, "max_1ms_bytes",
			    peaks_json(&lane->meter, series, SCOPE_PEAK_1MS));
	json_object_set_new(object, "max_100us_bytes",
			    peaks_json(&lane->meter, series, SCOPE_PEAK_100US));
	json_object_set_new(object, "max_10us_bytes",
			    peaks_json(&lane->meter, series, SCOPE_PEAK_10US));
	return object;
}

/* What the smallest buffer without loss is at a bottleneck, by this trace. */
static void buffer_json(const struct scope *scope,
			const struct scope_lane *lane, json_t *object)
{
	const struct sluice_meter *meter = &lane->meter;
	uint64_t bytes;
	bool is_told;

	if (!scope->config.bottleneck_bits_ps)
		return;
	bytes = sluice_spectrum_bytes(&meter->spectrum, 0);
	is_told = sluice_meter_tells_backlog(meter, 0);
	set_int(object, "bottleneck_bits_ps",
		sluice_spectrum_rate(&meter->spectrum, 0));
	set_int_if(object, "b0_open_loop_bytes", is_told, bytes);
	set_real(object, "b0_open_loop_pkts", !is_told ? NAN :
		 meter->max_bytes ? (double)bytes / meter->max_bytes : 0);
}

/* Null where nothing is known, and why. */
static void departures_json(const struct scope *scope,
			    const struct scope_lane *lane, json_t *object)
{
	json_t *error = json_object_get(json_object_get(object, "metrics"),
					"departure_error");

	set_int(object, "departure_unknown_pkts", lane->undated_pkts);
	if (error) {
		json_object_set_new(error, "source", json_string("skb->tstamp"));
		return;
	}
	json_object_set_new(json_object_get(object, "metrics"),
			    "departure_error", json_null());
	json_object_set_new(object, "departure_unknown_why", json_string(
		*scope->config.why_undated ? scope->config.why_undated :
		"no packet says when it was meant to leave"));
}

static json_t *lane_json(const struct scope *scope, uint32_t direction)
{
	const struct scope_lane *lane = &scope->lane[direction];
	json_t *object = json_object(), *bursts = json_array();

	json_object_set_new(object, "direction",
			    json_string(scope_direction_name(direction)));
	set_int(object, "mac_control_frames", lane->mac_control.frames);
	set_int(object, "mac_control_wire_bytes", lane->mac_control.wire_bytes);
	/* There was nothing else, so nothing else is known. */
	if (!lane->is_used) {
		json_decref(bursts);
		return object;
	}
	set_int(object, "not_ip_pkts", lane->not_ip_pkts);
	set_int(object, "super_pkts", lane->super_pkts);
	set_int(object, "super_frames", lane->super_frames);
	set_int(object, "retransmitted_pkts", lane->retransmitted_pkts);
	set_int(object, "timeouts", lane->timeouts);
	set_int(object, "pure_acks", lane->pure_acks);
	json_object_set_new(object, "tcp", scope_lane_tcp_json(scope, direction));
	json_object_set_new(object, "metrics", sluice_meter_json(&lane->meter));
	if (scope->config.wants_departures && direction != SCOPE_IN)
		departures_json(scope, lane, object);
	set_int(object, "blocks_cut", lane->meter.blocks_cut);
	set_int_if(object, "delay_factor_ns", lane->meter.blocks_counted &&
		   sluice_meter_tells(&lane->meter, lane->meter.delay_factor_ns),
		   lane->meter.delay_factor_ns);
	buffer_json(scope, lane, object);
	if (scope->config.commanded_bits_ps)
		json_object_set_new(object, "commanded",
				    scope_commanded_json(&lane->commanded));
	json_object_set_new(object, "envelope", envelope_json(&lane->meter));
	json_object_set_new(object, "dispersion", dispersion_json(scope, lane));
	json_object_set_new(object, "bursts_at_least", xpyn_json(&lane->meter));
	if (scope->config.vantage.line_rate_bits_ps) {
		json_object_set_new(object, "hot", hot_json(scope, lane));
	}
	if (scope_tells_bursts(lane)) {
		set_int(object, "bursts_seen", lane->bursts_seen);
		set_real(object, "burst_intensity_percent",
			 sluice_burst_intensity(lane->bursts_idle_ns,
						lane->bursts_wire_ns));
		for (uint32_t i = 0; i < lane->bursts; i++)
			json_array_append_new(bursts, burst_json(scope,
							&lane->burst[i]));
		json_object_set(object, "bursts", bursts);
	}
	json_decref(bursts);
	json_object_set_new(object, "series", series_json(lane));
	return object;
}

/* ---- all of it ---- */

/* Null where the source does not tell. */
static void clock_json(const struct scope_vantage *vantage, json_t *object)
{
	bool is_known = *vantage->clock;

	json_object_set_new(object, "clock", is_known ?
			    json_string(vantage->clock) : json_null());
	json_object_set_new(object, "clock_ahead_ns", is_known ?
			    json_integer(vantage->clock_ahead_ns) :
			    json_null());
	set_int_if(object, "clock_ahead_error_ns", is_known,
		   vantage->clock_error_ns);
}

static json_t *vantage_json(const struct scope *scope)
{
	const struct scope_vantage *vantage = &scope->config.vantage;
	json_t *object = json_object();

	json_object_set_new(object, "name", json_string(vantage->name));
	json_object_set_new(object, "stamp_class", json_string(
				    scope_stamp_name(vantage->stamp)));
	set_int(object, "resolution_ns", vantage->resolution_ns);
	set_int(object, "uncertainty_ns", vantage->uncertainty_ns);
	if (scope_is_coarser(scope))
		set_int(object, "file_resolution_ns", scope->file_step_ns);
	clock_json(vantage, object);
	json_object_set_new(object, "is_coalesced",
			    json_boolean(vantage->is_coalesced));
	json_object_set_new(object, "super_packets",
			    json_string(scope_supers_name(scope)));
	if (scope_long_bytes(scope))
		set_int(object, "longest_frame_bytes", scope_long_bytes(scope));
	if (scope->interfaces > 1)
		set_int(object, "interfaces_together", scope->interfaces);
	json_object_set_new(object, "accounting", json_string("L1"));
	if (scope->has_other_link) {
		set_int(object, "link_type", scope->link_type);
		json_object_set_new(object, "headers_are_read", json_boolean(
				    sluice_frame_reads(scope->link_type)));
		json_object_set_new(object, "has_several_link_types",
				    json_boolean(scope->has_several_links));
	}
	if (scope->copies_percent)
		set_int(object, "copies_percent", scope->copies_percent);
	if (vantage->line_rate_bits_ps)
		set_int(object, "line_rate_bits_ps",
			vantage->line_rate_bits_ps);
	return object;
}

/* Null where nothing is known, and why. */
static void processors_json(const struct scope *scope, json_t *object)
{
	json_object_set_new(object, "processors", scope->cpu ?
			    scope_cpu_json(scope->cpu) : json_null());
	if (!scope->cpu)
		json_object_set_new(object, "processors_unknown_why",
				    json_string(*scope->config.why_no_cpu ?
						scope->config.why_no_cpu :
						SCOPE_CPU_NO_PACKET));
}

json_t *scope_json(const struct scope *scope, uint32_t top_flows)
{
	json_t *object = json_object(), *lanes = json_array();

	if (!object || !lanes) {
		json_decref(object);
		json_decref(lanes);
		return NULL;
	}
	json_object_set_new(object, "vantage", vantage_json(scope));
	set_int_if(object, "start_real_ns", scope->pkts, scope->start_ns);
	set_int(object, "duration_ns", scope->end_ns - scope->start_ns);
	set_int(object, "pkts", scope->pkts);
	set_int(object, "backward_stamps_pkts", scope->backward_pkts);
	if (scope->backward_pkts)
		set_int(object, "backward_max_ns", scope->backward_max_ns);
	set_int(object, "short_pkts", scope->short_pkts);
	set_int(object, "without_time_pkts", scope->timeless_pkts);
	if (scope->left_out_pkts)
		set_int(object, "left_out_pkts", scope->left_out_pkts);
	if (!scope_is_whole(scope) || scope->has_unseen_count)
		set_int(object, "unseen_pkts", scope->unseen_pkts);
	if (scope->config.wants_cpu)
		processors_json(scope, object);
	for (uint32_t i = 0; i < SCOPE_DIRECTIONS; i++)
		if (scope_lane_is_seen(&scope->lane[i]))
			json_array_append_new(lanes, lane_json(scope, i));
	json_object_set_new(object, "directions", lanes);
	if (scope->flows) {
		set_int(object, "flows_seen", scope_flows_count(scope->flows));
		set_int(object, "flows_unknown_pkts",
			scope_flows_unknown_pkts(scope->flows));
		if (scope_flows_are_short(scope->flows))
			json_object_set_new(object, "flow_peaks_are_lower_bounds",
					    json_true());
		set_real(object, "jain", scope_jain(scope));
		json_object_set_new(object, "fairness",
				    scope_fairness_json(scope));
		json_object_set_new(object, "flows",
				    scope_flows_json(scope, top_flows));
	}
	if (!scope_is_whole(scope))
		scope_json_keep_seen(object);
	else if (!scope_is_one_piece(scope))
		scope_json_drop_span(object);
	return object;
}

/* ---- two places ---- */

/* What is not known is absent. */
static void set_known(json_t *object, const char *key, double value)
{
	if (!isnan(value))
		set_real(object, key, value);
}

static json_t *place_json(const struct scope_join *join,
			  enum scope_join_side side)
{
	const struct scope_join_place *place = &join->place[side];
	json_t *object = json_object();

	set_int(object, "pkts", place->pkts);
	set_int(object, "super_pkts", place->supers);
	set_int(object, "untold_pkts", place->untold_pkts);
	set_int(object, "long_pkts", place->long_pkts);
	set_known(object, "bef_125",
		  scope_join_value(join, side, SCOPE_JOIN_BEF));
	set_known(object, "gap_cov",
		  scope_join_value(join, side, SCOPE_JOIN_COV));
	return object;
}

json_t *scope_join_json(const struct scope_join *join)
{
	json_t *object = json_object();

	set_int(object, "first_pkts", join->place[SCOPE_JOIN_FIRST].pkts);
	set_int(object, "second_pkts", join->place[SCOPE_JOIN_SECOND].pkts);
	set_int(object, "both_pkts", join->both_pkts);
	set_int(object, "inside_pkts", join->inside_pkts);
	set_int(object, "copied_pkts", join->copied_pkts);
	set_int(object, "forgotten_pkts", join->forgotten_pkts);
	json_object_set_new(object, "super_packets", json_string(
		!join->place[0].supers && !join->place[1].supers ? "none" :
		join->config.expands_supers ? "stack, expanded" :
					      "counted as one packet"));
	set_int(object, "mixed_pkts", join->mixed_pkts);
	set_int(object, "later_pkts", join->ways);
	if (join->ways) {
		set_int(object, "later_sample_pkts",
			scope_join_ways_kept(join));
		set_int(object, "later_p50_ns",
			scope_join_later_ns(join, PPM_P50));
		set_int(object, "later_p99_ns",
			scope_join_later_ns(join, PPM_P99));
		set_int(object, "later_p999_ns",
			scope_join_later_ns(join, PPM_P999));
		set_int(object, "later_max_ns",
			scope_join_later_ns(join, PPM_ALL));
	}
	json_object_set_new(object, "first",
			    place_json(join, SCOPE_JOIN_FIRST));
	json_object_set_new(object, "second",
			    place_json(join, SCOPE_JOIN_SECOND));
	set_known(object, "retention_bef_125",
		  scope_join_retention(join, SCOPE_JOIN_BEF));
	set_known(object, "retention_gap_cov",
		  scope_join_retention(join, SCOPE_JOIN_COV));
	if (!scope_join_is_whole(join))
		scope_json_keep_seen(object);
	return object;
}
