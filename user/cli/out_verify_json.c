// SPDX-License-Identifier: GPL-2.0
/* What `sluice verify` prints for programs; see out_verify.h. */
#include <string.h>

#include "../lib/flow_json.h"
#include "../lib/json_set.h"
#include "../lib/metrics_json.h"
#include "out.h"
#include "out_lapse.h"
#include "out_verify.h"

#define SENTENCE_SIZE	512

static json_t *commanded_json(const struct sluice_interval *interval)
{
	const uint64_t *values = interval->options.values;
	json_t *object = json_object();

	set_int(object, "rate_bytes_ps", values[TCA_SLUICE_RATE_BYTES_PS]);
	set_int(object, "maxrate_bytes_ps",
		values[TCA_SLUICE_MAXRATE_BYTES_PS]);
	set_int(object, "train_frames", values[TCA_SLUICE_TRAIN_FRAMES]);
	set_int(object, "burst_frames", values[TCA_SLUICE_BURST_FRAMES]);
	set_int(object, "burst_ns", values[TCA_SLUICE_BURST_NS]);
	set_int(object, "gap_ns", sluice_interval_gap_ns(interval));
	return object;
}

static json_t *qdiscs_json(const struct sluice_interval *interval)
{
	const struct tc_sluice_xstats *delta = &interval->delta;
	json_t *object = json_object();

	json_object_set_new(object, "source",
			    json_string(interval->is_stand_in ?
					"counters of fq, without the module" :
					"counters of the sluice qdiscs"));
	json_object_set_new(object, "clock", json_string("CLOCK_MONOTONIC"));
	set_int(object, "span_ns", interval->span_ns);
	set_int(object, "span_error_ns", interval->error_ns);
	json_object_set_new(object, "quantiles",
			    json_string("ends of powers of two"));
	set_int(object, "qdiscs", interval->qdiscs);
	json_object_set_new(object, "root_kind",
			    json_string(interval->root_kind));
	if (!interval->qdiscs)
		return object;
	set_int(object, "sent_wire_bytes_ps",
		sluice_interval_per_s(interval, delta->sent_wire_bytes));
	set_int(object, "sent_frames_ps",
		sluice_interval_per_s(interval, delta->sent_frames));
	set_int(object, "departed_pkts", sluice_interval_departures(interval));
	set_int(object, "waited_pkts", sluice_interval_waited(interval));
	/* fq counts neither. */
	if (!interval->is_stand_in) {
		set_int(object, "lateness_p99_below_ns",
			sluice_interval_lateness_ns(interval));
		set_int(object, "train_p99_frames",
			sluice_interval_train_frames(interval));
	}
	set_int(object, "drops", interval->drops);
	set_int(object, "backlog_bytes", interval->backlog_bytes);
	set_int(object, "qlen_pkts", interval->qlen_pkts);
	json_object_set_new(object, "statistics",
			    out_statistics_json(delta, interval->xstats_bytes));
	return object;
}

static json_t *flow_json(const struct sluice_seen *seen, unsigned int number)
{
	const struct sluice_flow_key *key =
		sluice_flows_key(seen->numbers, number);
	json_t *object = json_object();

	sluice_flow_key_json(object, key);
	json_object_set_new(object, "meter",
			    sluice_meter_json(&seen->flows[number]->meter));
	return object;
}

static void seen_json(json_t *object, const struct sluice_seen *seen)
{
	json_t *flows = json_array();
	unsigned int i;

	set_int(object, "cut_pkts", seen->cut_pkts);
	set_int(object, "cut_frames", seen->cut_frames);
	set_int(object, "no_flow_frames", seen->no_flow_frames);
	set_int(object, "mac_control_frames", seen->mac_control_frames);
	set_int(object, "mac_control_wire_bytes", seen->mac_control_wire_bytes);
	if (sluice_seen_train_frames(seen))
		set_int(object, "train_p99_frames",
			sluice_seen_train_frames(seen));
	json_object_set_new(object, "meter", sluice_meter_json(&seen->meter));
	for (i = 0; i < sluice_seen_flows(seen); i++)
		if (seen->flows[i])
			json_array_append_new(flows, flow_json(seen, i));
	json_object_set_new(object, "flows", flows);
}

static json_t *tap_json(const struct sluice_verified *device)
{
	json_t *object = json_object();

	json_object_set_new(object, "source",
			    json_string("packet socket, behind the qdisc and before the driver"));
	if (device->tap_err) {
		json_object_set_new(object, "error",
				    json_string(strerror(-device->tap_err)));
		return object;
	}
	json_object_set_new(object, "clock",
			    json_string("CLOCK_REALTIME, in software"));
	set_int(object, "resolution_ns", 1);
	set_int(object, "error_ns", SLUICE_SEEN_ERROR_NS);
	set_int(object, "missed_pkts", device->losses.missed_pkts);
	set_int(object, "unshown_pkts", device->losses.unshown_pkts);
	json_object_set_new(object, "departures_kept_by_device",
			    json_boolean(device->is_kept_behind &&
					 !device->is_kept_by_line));
	json_object_set_new(object, "departures_kept_by_gap_frames",
			    json_boolean(device->is_kept_by_line));
	/* With any of these gaps and trains are not what they were. */
	json_object_set_new(object, "complete",
			    json_boolean(sluice_verified_has_gaps(device)));
	seen_json(object, &device->seen);
	return object;
}

static json_t *device_json(const char *asked,
			   const struct sluice_verified *device)
{
	const char *reason = sluice_reason_key(device->verdict.reason);
	json_t *object = json_object();
	char sentence[SENTENCE_SIZE];

	sluice_verdict_say(&device->verdict, &device->evidence, sentence,
			   sizeof(sentence));
	set_int(object, "schema_version", OUT_JSON_SCHEMA_VERSION);
	json_object_set_new(object, "dev", out_name_json(device->device));
	json_object_set_new(object, "asked", out_name_json(asked));
	json_object_set_new(object, "verdict", json_string(
			    sluice_verdict_key(device->verdict.kind)));
	if (reason)
		json_object_set_new(object, "reason", json_string(reason));
	json_object_set_new(object, "sentence", json_string(sentence));
	if (device->verdict.kind == SLUICE_VERDICT_KEPT ||
	    device->verdict.kind == SLUICE_VERDICT_TRAINS)
		set_int(object, "train_frames", device->verdict.train_frames);
	if (device->link_bits_ps)
		set_int(object, "link_bits_ps", device->link_bits_ps);
	if (device->interval.qdiscs)
		json_object_set_new(object, "commanded",
				    commanded_json(&device->interval));
	json_object_set_new(object, "qdisc", qdiscs_json(&device->interval));
	out_lapse_json(object, &device->lapse);
	json_object_set_new(object, "tap", tap_json(device));
	return object;
}

int out_verified_json(const char *asked, const struct sluice_verified *devices,
		      unsigned int count)
{
	json_t *array = json_array();
	unsigned int i;
	int err = 0;

	for (i = 0; i < count; i++)
		err |= json_array_append_new(array,
					     device_json(asked, &devices[i]));
	return out_json("verify", array, err);
}
