// SPDX-License-Identifier: GPL-2.0
/*
 * json-check [object]: is standard input one valid JSON array, or objects one after
 * another, without repeated keys, and does each number say its unit?
 *
 * A unit is the end of a key, the number itself, or of a list of them. What has none is
 * a ratio or counts what its key names, and is in the list below.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const char *const units[] = {
	"_ns", "_us", "_ms", "_bytes", "_pkts", "_frames", "_segments", "_acks",
	"_bits_ps", "_mbits_ps", "_bytes_ps", "_frames_ps", "_wakeups_ps", "_percent", "_ppm",
	"_ns_hist", "_frames_hist", "_bytes_hist", "_by_octave", "_share",
	"_idc", "_cov", "_cookie", "_port", "_at_least",
	"_segments_mean", "_over_floor", "pmr_1ms", "pmr_10ms", "pmr_100ms",
	"pmr_10us", "pmr_100us",
};

static const char *const plain[] = {
	/* counts of what the key names */
	"acks_compared", "acks_compressed", "arrivals_at_a_departure",
	"below_uncertainty", "blocks_cut", "bundles", "burst_grown", "bursts",
	"bursts_seen", "bytes", "count", "cpus", "drops", "dsacks", "duplicate_acks",
	"flows", "flows_created", "flows_due", "flows_freed", "flows_seen",
	"flows_waiting", "gaps", "hot_windows", "loss_runs", "lost_runs",
	"lost_runs_count", "overlimits", "packets", "pauses", "pkts",
	"pure_acks", "qdiscs", "queues", "receive_softirqs", "refcnt",
	"requeues", "rtt_samples", "runs", "before_runs", "after_runs",
	"before_missed_runs", "after_missed_runs", "send_softirqs", "senders", "squeezed",
	"stack_superpackets", "standing_queue_intervals", "timeouts",
	"timer_wakeups", "trains", "triggers", "windows",
	/* ratios */
	"bef_125", "bytes_per_ack", "cov", "hurst", "jain", "jain_mean",
	"jain_min", "one_pmr", "over_frame_p50", "over_frame_p99", "pmr",
	"pmr_floor", "rate_over_mean",
	"relative_allan_deviation", "relative_rate_variance",
	"retention_bef_125", "rtt_over_least_mean",
	/* names */
	"cookie", "first_lost_index", "flow", "hash", "ip_protocol", "link_type",
	"ip_version", "number", "schema_version", "seed", "sender", "cpu",
	"vlan_id",
	/* 1 or 0 */
	"gap_is_ended", "offload_is_ended",
	/* in the unit of the key that stands beside them */
	"half_width", "measured", "value",
};

static int is_named(const char *key)
{
	size_t length = strlen(key);

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (!strcmp(key, plain[i]))
			return 1;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (length >= strlen(units[i]) &&
		    !strcmp(key + length - strlen(units[i]), units[i]))
			return 1;
	return 0;
}

/* How many numbers of it have no unit; key is what it stands behind. */
static int unnamed(const char *key, json_t *json)
{
	json_t *value;
	const char *name;
	size_t i;
	int count = 0;

	if (json_is_number(json)) {
		count = !is_named(key);
		if (count)
			fprintf(stderr, "'%s' does not say its unit\n", key);
	}
	json_array_foreach(json, i, value)
		count += unnamed(key, value);
	json_object_foreach(json, name, value)
		count += unnamed(name, value);
	return count;
}

static int is_good(json_t *json, const json_error_t *error, int wants_object)
{
	if (!json) {
		fprintf(stderr, "line %d: %s\n", error->line, error->text);
		return 0;
	}
	if (wants_object ? !json_is_object(json) : !json_is_array(json)) {
		fprintf(stderr, "valid JSON, but no %s\n",
			wants_object ? "object" : "array");
		return 0;
	}
	return !unnamed("", json);
}

int main(int argc, char **argv)
{
	int wants_object = argc > 1 && !strcmp(argv[1], "object");
	int is_well = 1, count = 0, c;

	do {
		json_error_t error;
		json_t *json = json_loadf(stdin, JSON_REJECT_DUPLICATES |
					  JSON_DISABLE_EOF_CHECK, &error);

		is_well &= is_good(json, &error, wants_object);
		count += !!json;
		json_decref(json);
		do
			c = getc(stdin);
		while (c == ' ' || c == '\n');
		ungetc(c, stdin);
	} while (is_well && c != EOF);
	if (!wants_object && count > 1)
		fprintf(stderr, "more than one array\n");
	return !is_well || (!wants_object && count != 1);
}
