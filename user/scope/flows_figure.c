// SPDX-License-Identifier: GPL-2.0
/* Figures of a flow from what was counted; see flows.h. */
#include "flows_parts.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/quantile.h"

#define PPM			1000000u
#define SHARES_MAX		64u
/* A place is near a host when its answers come so many times sooner than the other's. */
#define NEARER			10u

void scope_flow_carry(struct scope_flow *flow, uint32_t bucket, uint32_t more)
{
	uint16_t *low = bucket < SCOPE_FLOW_GAP_BUCKETS ? &flow->gap[bucket] :
			&flow->rtt[bucket - SCOPE_FLOW_GAP_BUCKETS];

	if (!flow->carry)
		flow->carry = calloc(SCOPE_FLOW_GAP_BUCKETS +
				     SCOPE_FLOW_RTT_BUCKETS,
				     sizeof(*flow->carry));
	if (flow->carry)
		flow->carry[bucket] += more;
	else				/* no memory: no more than that */
		*low = UINT16_MAX;
}

/* Of count buckets; carry: of them, or NULL. */
static uint64_t quantile(const uint16_t *buckets, const uint32_t *carry,
			 uint32_t count, uint32_t bits, uint32_t share_ppm)
{
	uint64_t sums[SCOPE_FLOW_GAP_BUCKETS], total = 0, rank, below = 0;

	for (uint32_t i = 0; i < count; i++) {
		sums[i] = buckets[i] + (carry ? (uint64_t)carry[i] << 16 : 0);
		total += sums[i];
	}
	rank = (total * share_ppm + PPM - 1) / PPM;
	for (uint32_t i = 0; i < count && total; i++) {
		uint64_t low = sluice_bucket_low(i, bits);

		below += sums[i];
		if (below >= rank && sums[i])
			return low + (sluice_bucket_low(i + 1, bits) - low) / 2;
	}
	return 0;
}

static_assert(SCOPE_FLOW_RTT_BUCKETS <= SCOPE_FLOW_GAP_BUCKETS,
	      "there is room for the sums of either");

uint64_t scope_flow_gap_quantile(const struct scope_flow *flow,
				 uint32_t share_ppm)
{
	uint64_t gap_ns = quantile(flow->gap, flow->carry,
				   SCOPE_FLOW_GAP_BUCKETS, SCOPE_FLOW_GAP_BITS,
				   share_ppm);

	/* a bucket's middle may lie outside of what was seen */
	if (gap_ns < flow->gap_min_ns)
		gap_ns = flow->gap_min_ns;
	return gap_ns > flow->gap_max_ns ? flow->gap_max_ns : gap_ns;
}

uint64_t scope_flow_rtt_quantile(const struct scope_flow *flow,
				 uint32_t share_ppm)
{
	const struct scope_flow_tcp *tcp = &flow->tcp;
	const uint32_t *carry = flow->carry ? flow->carry +
					      SCOPE_FLOW_GAP_BUCKETS : NULL;
	uint64_t rtt_ns = quantile(flow->rtt, carry, SCOPE_FLOW_RTT_BUCKETS, 1,
				   share_ppm);

	if (rtt_ns < tcp->rtt_min_ns)
		rtt_ns = tcp->rtt_min_ns;
	return rtt_ns > tcp->rtt_max_ns ? tcp->rtt_max_ns : rtt_ns;
}

bool scope_flows_are_short(const struct scope_flows *flows)
{
	return flows->ring_is_short;
}

double scope_flow_gap_cov(const struct scope_flows *flows,
			  const struct scope_flow *flow)
{
	double n = (double)flow->pkts - 1;
	double mean, variance;

	if (flow->pkts < 3 || flow->last_ns == flow->first_ns)
		return NAN;
	mean = (double)(flow->last_ns - flow->first_ns) / n;
	if (mean < flows->pool.uncertainty_ns)
		return NAN;
	variance = flow->gap_square_sum / n - mean * mean;
	return variance > 0 ? sqrt(variance) / mean : 0;
}

bool scope_flow_is_received(const struct scope_flows *flows,
			    const struct scope_flow *flow)
{
	const struct scope_flow_tcp *back;

	if (flow->direction != SCOPE_ANY || !flow->reverse)
		return flow->direction == SCOPE_IN;
	back = &flows->flow[flow->reverse - 1].tcp;
	return flow->tcp.rtts && back->rtts &&
	       flow->tcp.rtt_min_ns < back->rtt_min_ns / NEARER;
}

/* ---- who sent in a span ---- */

static int share_compare(const void *a, const void *b)
{
	const struct scope_share *one = a, *other = b;

	return one->bytes < other->bytes ? 1 : one->bytes > other->bytes ? -1 :
	       one->number < other->number ? -1 : 1;
}

/* Those of lo pass in both, but count in the one in which they were seen first. */
static bool is_of(const struct scope_flow *flow, enum scope_direction direction)
{
	return flow->direction == direction || flow->again_pkts;
}

uint32_t scope_flows_shares(const struct scope_flows *flows,
			    enum scope_direction direction, uint64_t from_ns,
			    uint64_t to_ns, struct scope_share *ret,
			    uint32_t count, bool *ret_is_whole)
{
	struct scope_share share[SHARES_MAX];
	uint32_t kept = flows->ring_pkts > flows->ring_mask ?
			flows->ring_mask + 1 : (uint32_t)flows->ring_pkts;
	uint32_t shares = 0, after_ns = (uint32_t)flows->last_ns, i, k;

	*ret_is_whole = false;
	if (flows->last_ns - from_ns > UINT32_MAX / 2)
		return 0;
	for (i = 0; i < kept; i++) {
		const struct ring_pkt *pkt = &flows->ring[((uint32_t)flows->ring_pkts -
							   1 - i) & flows->ring_mask];

		/* one from before the clock's low half went round ends it too */
		if ((int32_t)(pkt->time_ns - (uint32_t)from_ns) < 0 ||
		    (int32_t)(after_ns - pkt->time_ns) < 0)
			break;
		after_ns = pkt->time_ns;
		if ((int32_t)(pkt->time_ns - (uint32_t)to_ns) >= 0 ||
		    !is_of(&flows->flow[pkt->flow], direction))
			continue;
		for (k = 0; k < shares && share[k].number != pkt->flow; k++)
			;
		if (k == SHARES_MAX)
			continue;
		if (k == shares)
			share[shares++] = (struct scope_share){ pkt->flow, 0 };
		share[k].bytes += pkt->bytes;
	}
	*ret_is_whole = (i < kept || kept == flows->ring_pkts) &&
			shares < SHARES_MAX;
	qsort(share, shares, sizeof(*share), share_compare);
	if (count > shares)
		count = shares;
	memcpy(ret, share, count * sizeof(*ret));
	return count;
}
