// SPDX-License-Identifier: GPL-2.0
#include "sums.h"

#include <math.h>

static void standing_add(struct scope_sums *sums, const struct scope_flow *flow)
{
	const struct scope_standing *standing = &flow->standing;
	uint64_t least_ns = flow->tcp.rtt_min_ns;

	sums->timed += flow->tcp.rtts;
	if (standing->is_received)
		sums->received_intervals += standing->intervals;
	if (standing->is_received || !standing->intervals)
		return;
	sums->standing_intervals += standing->intervals;
	sums->standing_sum_ns += standing->sum_ns - (double)least_ns *
						    standing->intervals;
	if (standing->highest_ns - least_ns > sums->standing_max_ns)
		sums->standing_max_ns = standing->highest_ns - least_ns;
}

void scope_sums_add(struct scope_sums *sums, const struct scope_flow *flow)
{
	const struct scope_flow_tcp *tcp = &flow->tcp;
	const struct scope_loss *loss = flow->sent.loss;

	sums->first_bytes += tcp->payload_bytes - tcp->retransmitted_bytes;
	sums->data_pkts += tcp->data_pkts;
	sums->told_pkts += tcp->data_pkts + flow->acks.acks;
	sums->untold_pkts += flow->untold_pkts;
	sums->retransmitted_pkts += tcp->retransmitted_pkts;
	sums->acks_compared += flow->sent.ack_pairs;
	sums->acks_compressed += flow->sent.compressed;
	/* a least one that stamps do not tell from 0 is no measure */
	if (tcp->rtt_min_ns && tcp->rtt_min_ns >= sums->uncertainty_ns) {
		sums->rtts += tcp->rtts;
		sums->inflation_sum += tcp->rtt_sum_ns /
				       (double)tcp->rtt_min_ns;
	}
	standing_add(sums, flow);
	if (!loss)
		return;
	sums->loss_runs += loss->runs;
	if (loss->run_max_pkts > sums->loss_run_max_pkts)
		sums->loss_run_max_pkts = loss->run_max_pkts;
	for (uint32_t i = 0; i < SCOPE_PLACES; i++)
		sums->lost[i] += loss->place[i];
	sums->silent_ns += loss->silent_ns;
}

void scope_sums_of(const struct scope *scope, uint32_t direction,
		   struct scope_sums *ret)
{
	uint32_t flows = scope->flows ? scope_flows_count(scope->flows) : 0;

	*ret = (struct scope_sums){
		.uncertainty_ns = scope->config.vantage.uncertainty_ns
	};
	for (uint32_t i = 0; i < flows; i++) {
		const struct scope_flow *flow = scope_flow_at(scope->flows, i);

		if (flow->direction == direction)
			scope_sums_add(ret, flow);
	}
}

double scope_sums_goodput_bits_ps(const struct scope_sums *sums,
				  const struct scope *scope)
{
	double span_ns = (double)(scope->end_ns - scope->start_ns);

	return sums->first_bytes && span_ns > 0 ?
	       (double)sums->first_bytes * 8e9 / span_ns : NAN;
}

uint64_t scope_sums_unplaced(const struct scope_sums *sums)
{
	uint64_t placed = 0;

	for (uint32_t i = 0; i < SCOPE_PLACES; i++)
		placed += sums->lost[i];
	return sums->retransmitted_pkts - placed;
}

double scope_sums_inflation(const struct scope_sums *sums)
{
	return sums->rtts ? sums->inflation_sum / (double)sums->rtts : NAN;
}

double scope_sums_standing(const struct scope_sums *sums)
{
	return sums->standing_intervals ? sums->standing_sum_ns /
	       (double)sums->standing_intervals : NAN;
}

const char *scope_sums_why_no_standing(const struct scope_sums *sums)
{
	if (!sums->timed)
		return "no data was seen together with its ACK";
	if (sums->received_intervals)
		return "the data is received here: its queue lies in front of what is timed";
	return "no flow had two round trips and 100 ms without a pause";
}
