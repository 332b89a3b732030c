// SPDX-License-Identifier: GPL-2.0
/*
 * The JSON of traffic of which not all was seen: counts of what was seen stay, and all
 * else is null. What is known in spite of it is listed, so that a figure which is new is
 * not said by mistake. Of a file that is a part, what takes the whole span is null.
 */
#include <stdio.h>
#include <string.h>

#include "scope_json_parts.h"

/* Counts of what was seen, names, where and how it was measured. */
static const char *const kept[] = {
	"vantage", "start_real_ns", "duration_ns", "pkts", "bytes", "unseen_pkts",
	"left_out_pkts",
	"backward_stamps_pkts", "backward_max_ns", "without_time_pkts", "short_pkts",
	"processors", "processors_unknown_why", "direction", "not_ip_pkts",
	"mac_control_frames", "mac_control_wire_bytes",
	"super_pkts", "super_frames", "pure_acks", "untold_pkts", "long_pkts",
	"departure_unknown_pkts", "departure_unknown_why", "bottleneck_bits_ps",
	"window_ns", "bin_ns", "flows_seen", "flows_unknown_pkts",
	"flow", "protocol", "ip_protocol", "source_address", "source_port",
	"destination_address", "destination_port", "other_direction_pkts",
	"first_ns", "last_ns", "payload_bytes", "data_pkts",
	"first_pkts", "second_pkts", "both_pkts", "inside_pkts", "copied_pkts",
	"forgotten_pkts", "super_packets", "mixed_pkts", "later_pkts",
	"later_sample_pkts",
	/* of a line */
	"time_ns", "span_ns", "missed_pkts", "span_missed_pkts", "has_holes",
	"flows_have_holes", "unshown_pkts", "unstamped_pkts", "has_super_packets", "host", "name",
	"cwnd_pkts", "rtt_ns", "rtt_by",
	/* of bounds */
	"mean_bits_ps_at_least", "peak_bits_ps_at_least",
	"peak_1ms_bits_ps_at_least", "peak_100us_bits_ps_at_least",
	"peak_10us_bits_ps_at_least",
};

/* Objects, and arrays of them, in which there is something of that. */
static const char *const entered[] = {
	"directions", "metrics", "windows", "10us", "100us", "1ms", "10ms",
	"100ms", "tcp", "series", "flows", "first", "second", "out", "in",
};

struct bound {
	const char *key, *bound;
};

/* More packets make them higher, of the whole span as of a window. */
static const struct bound bounds[] = {
	{ "mean_bits_ps", "mean_bits_ps_at_least" },
	{ "peak_bits_ps", "peak_bits_ps_at_least" },
	{ "peak_1ms_bits_ps", "peak_1ms_bits_ps_at_least" },
	{ "peak_100us_bits_ps", "peak_100us_bits_ps_at_least" },
	{ "peak_10us_bits_ps", "peak_10us_bits_ps_at_least" },
};

/* The same of a file that is a part. A round trip across a hole is longer than it was. */
static const struct bound bounds_of_part[] = {
	{ "retransmitted_pkts", "retransmitted_pkts_at_least" },
	{ "retransmitted_bytes", "retransmitted_bytes_at_least" },
	{ "rtt_min_ns", "rtt_min_ns_at_most" },
};

/*
 * Not known of several pieces (scope_is_one_piece()). The longest gaps are holes, and so
 * may be all gaps and round trips of a flow that has few packets in each piece.
 */
static const char *const of_span[] = {
	"mean_bits_ps", "at_mean_bits_ps", "peak_bits_ps", "peak_bytes", "pmr",
	"pmr_floor", "pmr_over_floor", "burst_excess", "spectrum",
	"b0_open_loop_bytes", "b0_open_loop_pkts", "delay_factor_ns",
	"commanded", "envelope", "dispersion", "hot", "goodput_bits_ps",
	"retransmitted_pkts", "retransmitted_bytes", "timeouts", "timeout_silence_ns",
	"loss_runs", "loss_run_max_pkts", "rtt_over_least_mean", "rtt_min_ns",
	"rtt_mean_ns", "rtt_p50_ns", "rtt_p99_ns", "rtt_max_ns", "bytes_per_ack",
	"standing_queue_mean_ns", "standing_queue_max_ns",
	"standing_queue_intervals", "jain", "fairness", "gap_cov",
	"gap_mean_ns", "gap_min_ns", "gap_p50_ns", "gap_p99_ns", "gap_max_ns",
	"gap.cov", "gap.mean_ns", "gap.p90_ns", "gap.p99_ns", "gap.p999_ns",
	"gap.max_ns",
};

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

static bool is_among(const char *key, const char *const *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(key, keys[i]))
			return true;
	return false;
}

/* The figure itself is not known, and becomes null with the others. */
static void bounds_add(json_t *object, const struct bound *bound, size_t count)
{
	for (; count; bound++, count--) {
		json_t *value = json_object_get(object, bound->key);

		if (value)
			json_object_set(object, bound->bound, value);
	}
}

void scope_json_keep_seen(json_t *object)
{
	const char *key;
	json_t *value;

	bounds_add(object, bounds, COUNT(bounds));
	json_object_foreach(object, key, value) {
		if (is_among(key, kept, COUNT(kept)))
			continue;
		if (!is_among(key, entered, COUNT(entered)))
			json_object_set_new(object, key, json_null());
		else if (json_is_object(value))
			scope_json_keep_seen(value);
		else
			for (size_t i = 0; i < json_array_size(value); i++)
				scope_json_keep_seen(json_array_get(value, i));
	}
}

/* @name: of the object, "" for one without. */
static void drop_span(json_t *object, const char *name)
{
	char path[64];
	const char *key;
	json_t *value;

	bounds_add(object, bounds, COUNT(bounds));
	bounds_add(object, bounds_of_part, COUNT(bounds_of_part));
	json_object_foreach(object, key, value) {
		snprintf(path, sizeof(path), "%s.%s", name, key);
		if (is_among(key, of_span, COUNT(of_span)) ||
		    is_among(path, of_span, COUNT(of_span)))
			json_object_set_new(object, key, json_null());
		else if (json_is_object(value))
			drop_span(value, key);
		else
			for (size_t i = 0; i < json_array_size(value); i++)
				drop_span(json_array_get(value, i), key);
	}
}

void scope_json_drop_span(json_t *object)
{
	drop_span(object, "");
}
