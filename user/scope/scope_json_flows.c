// SPDX-License-Identifier: GPL-2.0
/* The JSON of flows: each of them, those of a direction together, and their shares. */
#include <math.h>
#include <stdlib.h>

#include "../lib/flow_json.h"
#include "scope_json_parts.h"
#include "sums.h"

#define PPM_P50		500000u
#define PPM_P99		990000u

static json_t *flow_windows_json(const struct scope *scope,
				 const struct scope_flow *flow)
{
	static const char *const names[SCOPE_FLOW_WINDOWS] = {
		"100us", "1ms"
	};
	json_t *all = json_object();

	for (uint32_t i = 0; i < SCOPE_FLOW_WINDOWS; i++) {
		bool is_told = scope_tells_flow(scope, i);
		json_t *one = json_object();

		set_int_if(one, "peak_bits_ps", is_told,
			   flow->window[i].max_bytes * 8ull *
			   SLUICE_NS_PER_S / scope_flow_windows_ns[i]);
		set_real(one, "pmr", is_told && flow->window[i].pmr > 0 ?
			 flow->window[i].pmr : NAN);
		json_object_set_new(all, names[i], one);
	}
	return all;
}

/* The queue that stood, or why it is not known; nothing without data of TCP. */
static void standing_json(const struct scope_sums *sums, json_t *object)
{
	if (!sums->data_pkts)
		return;
	set_int(object, "standing_queue_intervals", sums->standing_intervals);
	if (!sums->standing_intervals) {
		json_object_set_new(object, "standing_queue_unknown_why",
			json_string(scope_sums_why_no_standing(sums)));
		return;
	}
	set_real(object, "standing_queue_mean_ns", scope_sums_standing(sums));
	set_int(object, "standing_queue_max_ns", sums->standing_max_ns);
}

/* What was sent again: in runs of how many, and where in their trains. */
static void losses_json(const struct scope_sums *sums, json_t *object)
{
	static const char *const names[SCOPE_PLACES] = {
		"alone_pkts", "first_pkts", "middle_pkts", "last_pkts"
	};
	json_t *places = json_object();

	set_int(object, "untold_pkts", sums->untold_pkts);
	set_int(object, "loss_runs", sums->loss_runs);
	set_int(object, "loss_run_max_pkts", sums->loss_run_max_pkts);
	set_int(object, "timeout_silence_ns", sums->silent_ns);
	for (uint32_t i = 0; i < SCOPE_PLACES; i++)
		set_int(places, names[i], sums->lost[i]);
	set_int(places, "unknown_pkts", scope_sums_unplaced(sums));
	json_object_set_new(object, "lost_in_train", places);
	set_int(object, "acks_compared", sums->acks_compared);
	set_int(object, "acks_compressed", sums->acks_compressed);
	if (sums->rtts)
		set_real(object, "rtt_over_least_mean",
			 scope_sums_inflation(sums));
	standing_json(sums, object);
}

json_t *scope_lane_tcp_json(const struct scope *scope, uint32_t direction)
{
	json_t *object = json_object();
	struct scope_sums sums;

	scope_sums_of(scope, direction, &sums);
	if (sums.data_pkts)
		set_real(object, "goodput_bits_ps",
			 scope_sums_goodput_bits_ps(&sums, scope));
	losses_json(&sums, object);
	return object;
}

json_t *scope_fairness_json(const struct scope *scope)
{
	json_t *all = json_array();

	for (uint32_t i = 0; i < SCOPE_FAIR_WINDOWS; i++) {
		json_t *one = json_object();
		struct scope_fairness fairness;

		scope_fair_result(scope_flows_fair(scope->flows), i, &fairness);
		set_int(one, "window_ns", fairness.window_ns);
		set_int(one, "windows", fairness.windows);
		if (fairness.windows) {
			set_real(one, "jain_mean", fairness.mean);
			set_real(one, "jain_min", fairness.min);
		}
		if (!isnan(fairness.converged_ns))
			set_int(one, "converged_ns",
				(uint64_t)fairness.converged_ns);
		if (fairness.is_cut)
			json_object_set_new(one, "is_cut", json_true());
		json_array_append_new(all, one);
	}
	return all;
}

/* Null where it is shorter than stamps tell. */
static void set_told(json_t *object, const char *key, const struct scope *scope,
		     uint64_t ns)
{
	set_int_if(object, key, scope_tells(scope, ns), ns);
}

static json_t *flow_tcp_json(const struct scope *scope,
			     const struct scope_flow *flow)
{
	const struct scope_flow_tcp *tcp = &flow->tcp;
	json_t *object = json_object();
	struct scope_sums sums = {
		.uncertainty_ns = scope->config.vantage.uncertainty_ns
	};

	scope_sums_add(&sums, flow);

	set_int(object, "payload_bytes", tcp->payload_bytes);
	set_int(object, "data_pkts", tcp->data_pkts);
	set_int(object, "retransmitted_pkts", tcp->retransmitted_pkts);
	set_int(object, "retransmitted_bytes", tcp->retransmitted_bytes);
	set_int(object, "reordered_pkts", tcp->reordered_pkts);
	set_int(object, "timeouts", tcp->timeouts);
	losses_json(&sums, object);
	set_int(object, "rtt_samples", tcp->rtts);
	if (!tcp->rtts)
		return object;
	set_told(object, "rtt_min_ns", scope, tcp->rtt_min_ns);
	set_told(object, "rtt_mean_ns", scope, (uint64_t)
		 (tcp->rtt_sum_ns / (double)tcp->rtts));
	set_told(object, "rtt_p50_ns", scope,
		 scope_flow_rtt_quantile(flow, PPM_P50));
	set_told(object, "rtt_p99_ns", scope,
		 scope_flow_rtt_quantile(flow, PPM_P99));
	set_told(object, "rtt_max_ns", scope, tcp->rtt_max_ns);
	return object;
}

static json_t *flow_acks_json(const struct scope *scope,
			      const struct scope_flow_acks *acks)
{
	bool is_told = scope_tells(scope, SCOPE_CLUMP_NS);
	json_t *object = json_object();
	double gaps = acks->acks ? (double)(acks->acks - 1) : 0;
	double mean = gaps > 0 ? acks->gap_sum_ns / gaps : NAN;
	double variance = gaps > 0 ? acks->gap_square_sum / gaps - mean * mean :
				     0;

	set_int(object, "pure_acks", acks->acks);
	set_real(object, "gap_mean_ns", mean);
	set_real(object, "gap_cov", mean > 0 && gaps > 1 &&
		 scope_tells(scope, (uint64_t)mean) ? sqrt(fmax(variance, 0)) / mean : NAN);
	set_real(object, "bytes_per_ack", acks->acks > 1 ?
		 (double)acks->acked_bytes / (double)(acks->acks - 1) : NAN);
	set_int_if(object, "clumped_acks", is_told, acks->clumped);
	set_int_if(object, "clump_max_acks", is_told, acks->run_max_acks);
	set_int(object, "duplicate_acks", acks->duplicates);
	set_int(object, "dsacks", acks->dsacks);
	return object;
}

/* Null where there are none, or they are shorter than stamps tell. */
static void flow_gaps_json(const struct scope *scope,
			   const struct scope_flow *flow, json_t *object)
{
	uint64_t p50_ns = scope_flow_gap_quantile(flow, PPM_P50);
	uint64_t p99_ns = scope_flow_gap_quantile(flow, PPM_P99);
	bool has_gaps = flow->pkts > 1;

	set_int_if(object, "gap_min_ns", has_gaps &&
		   scope_tells(scope, flow->gap_min_ns), flow->gap_min_ns);
	set_int_if(object, "gap_p50_ns", has_gaps && scope_tells(scope, p50_ns),
		   p50_ns);
	set_int_if(object, "gap_p99_ns", has_gaps && scope_tells(scope, p99_ns),
		   p99_ns);
	set_int_if(object, "gap_max_ns", has_gaps &&
		   scope_tells(scope, flow->gap_max_ns), flow->gap_max_ns);
	set_real(object, "gap_cov", scope_flow_gap_cov(scope->flows, flow));
}

static json_t *flow_json(const struct scope *scope, uint32_t number)
{
	const struct scope_flow *flow = scope_flow_at(scope->flows, number);
	const struct sluice_flow_key *key = scope_flow_key(scope->flows, number);
	const struct scope_flow_train *train = flow->train;
	json_t *object = json_object();
	double span_ns = (double)(scope->end_ns - scope->start_ns);

	set_int(object, "flow", number);
	sluice_flow_key_json(object, key);
	set_int(object, "pkts", flow->pkts);
	set_int(object, "bytes", flow->bytes);
	set_int(object, "super_pkts", flow->supers);
	set_int(object, "other_direction_pkts", flow->again_pkts);
	json_object_set_new(object, "direction", json_string(
				    scope_direction_name(flow->direction)));
	set_int(object, "first_ns", flow->first_ns - scope->start_ns);
	set_int(object, "last_ns", flow->last_ns - scope->start_ns);
	set_int_if(object, "mean_bits_ps", span_ns > 0, span_ns > 0 ? (uint64_t)
		   ((double)flow->bytes * 8e9 / span_ns) : 0);
	json_object_set_new(object, "windows", flow_windows_json(scope, flow));
	flow_gaps_json(scope, flow, object);
	set_int_if(object, "train_max_pkts", scope_tells_train(scope, 0),
		   train[0].max_pkts);
	set_real(object, "train_mean_pkts", !scope_tells_train(scope, 0) ? NAN :
		 train[0].trains ? (double)flow->pkts / train[0].trains : 0);
	set_int_if(object, "train_100us_max_pkts", scope_tells_train(scope, 1),
		   train[1].max_pkts);
	if (key->protocol == SLUICE_PROTOCOL_TCP) {
		json_object_set_new(object, "tcp", flow_tcp_json(scope, flow));
		if (flow->acks.acks)
			json_object_set_new(object, "acks",
					    flow_acks_json(scope, &flow->acks));
	}
	return object;
}

json_t *scope_flows_json(const struct scope *scope, uint32_t top_flows)
{
	uint32_t *numbers = malloc((top_flows + 1) * sizeof(*numbers));
	json_t *all = json_array();
	int count = numbers ? scope_top_flows(scope, numbers, top_flows) : -1;

	for (int i = 0; i < count; i++)
		json_array_append_new(all, flow_json(scope, numbers[i]));
	free(numbers);
	return all;
}
