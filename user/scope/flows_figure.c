// SPDX-License-Identifier: GPL-2.0
/* Figures of a flow from what was counted; see flows.h. */
#include "flows.h"

#include <math.h>

#include "../lib/quantile.h"

#define PPM			1000000u

static uint64_t quantile(const uint32_t *buckets, uint32_t count, uint32_t bits,
			 uint32_t share_ppm)
{
	uint64_t total = 0, rank, below = 0;

	for (uint32_t i = 0; i < count; i++)
		total += buckets[i];
	rank = (total * share_ppm + PPM - 1) / PPM;
	for (uint32_t i = 0; i < count && total; i++) {
		uint64_t low = sluice_bucket_low(i, bits);

		below += buckets[i];
		if (below >= rank && buckets[i])
			return low + (sluice_bucket_low(i + 1, bits) - low) / 2;
	}
	return 0;
}

uint64_t scope_flow_gap_quantile(const struct scope_flow *flow,
				 uint32_t share_ppm)
{
	uint64_t gap_ns = quantile(flow->gap, SCOPE_FLOW_GAP_BUCKETS,
				   SCOPE_FLOW_GAP_BITS, share_ppm);

	/* a bucket's middle may lie outside of what was seen */
	if (gap_ns < flow->gap_min_ns)
		gap_ns = flow->gap_min_ns;
	return gap_ns > flow->gap_max_ns ? flow->gap_max_ns : gap_ns;
}

uint64_t scope_flow_rtt_quantile(const struct scope_flow *flow,
				 uint32_t share_ppm)
{
	const struct scope_flow_tcp *tcp = &flow->tcp;
	uint64_t rtt_ns = quantile(flow->rtt, SCOPE_FLOW_RTT_BUCKETS, 1,
				   share_ppm);

	if (rtt_ns < tcp->rtt_min_ns)
		rtt_ns = tcp->rtt_min_ns;
	return rtt_ns > tcp->rtt_max_ns ? tcp->rtt_max_ns : rtt_ns;
}

double scope_flow_gap_cov(const struct scope_flow *flow)
{
	double n = (double)flow->pkts - 1;
	double mean, variance;

	if (flow->pkts < 2 || flow->last_ns == flow->first_ns)
		return 0;
	mean = (double)(flow->last_ns - flow->first_ns) / n;
	variance = flow->gap_square_sum / n - mean * mean;
	return variance > 0 ? sqrt(variance) / mean : 0;
}
