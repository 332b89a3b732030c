// SPDX-License-Identifier: GPL-2.0
#include "sums.h"

#include <math.h>

void scope_sums_add(struct scope_sums *sums, const struct scope_flow *flow)
{
	const struct scope_flow_tcp *tcp = &flow->tcp;
	const struct scope_loss *loss = flow->sent.loss;

	sums->retransmitted_pkts += tcp->retransmitted_pkts;
	sums->acks_compared += flow->sent.ack_pairs;
	sums->acks_compressed += flow->sent.compressed;
	if (tcp->rtt_min_ns) {
		sums->rtts += tcp->rtts;
		sums->inflation_sum += tcp->rtt_sum_ns /
				       (double)tcp->rtt_min_ns;
	}
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

	*ret = (struct scope_sums){ .rtts = 0 };
	for (uint32_t i = 0; i < flows; i++) {
		const struct scope_flow *flow = scope_flow_at(scope->flows, i);

		if (flow->direction == direction)
			scope_sums_add(ret, flow);
	}
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
