// SPDX-License-Identifier: GPL-2.0
#include "flows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/metrics.h"
#include "../lib/quantile.h"

#define RING_FIRST		4096u
#define RING_KEEP_NS		2000000u	/* two of the longest windows */
#define RING_MAX		(1u << 22)	/* 64 MB */
#define FLOWS_FIRST		64u
#define FLOWS_MAX		(1u << 20)
#define WIRE_THETA_NS		2048u
#define FRAME_L1_BYTES		1538u
#define SHARES_MAX		64u
#define NONE			UINT32_MAX
#define PPM			1000000u

const uint32_t scope_flow_windows_ns[SCOPE_FLOW_WINDOWS] = {
	100000, 1000000
};

/* A recent packet; indices count on and are taken modulo the ring. */
struct ring_pkt {
	uint32_t time_ns;		/* low 32 bits */
	uint32_t bytes;
	uint32_t next;			/* of the flow; NONE: it is the newest */
	uint32_t flow;
};

struct scope_flows {
	struct scope_flows_config config;
	struct sluice_flows *numbers;
	struct scope_flow *flow;
	uint32_t room;
	struct ring_pkt *ring;
	uint32_t ring_mask;
	uint32_t ring_end;		/* index of the next packet */
	uint64_t ring_pkts;		/* ever */
	uint32_t theta_ns[SCOPE_FLOW_THETAS];
	uint64_t last_ns;
	uint64_t unknown_pkts;
	struct scope_sent_pool pool;
	struct scope_fair fair;
	bool ring_is_short;		/* could not grow: peaks are lower bounds */
};

struct scope_flows *scope_flows_create(const struct scope_flows_config *config)
{
	struct scope_flows *flows = calloc(1, sizeof(*flows));

	if (!flows)
		return NULL;
	flows->config = *config;
	if (!config->max_flows)
		flows->config.max_flows = FLOWS_MAX;
	flows->theta_ns[0] = config->line_rate_bits_ps ? (uint32_t)
		(FRAME_L1_BYTES * 88 * (SLUICE_NS_PER_S / 10) /
		 config->line_rate_bits_ps) + config->uncertainty_ns :
		WIRE_THETA_NS;
	flows->theta_ns[1] = SCOPE_CLUMP_NS;
	flows->pool.uncertainty_ns = config->uncertainty_ns;
	scope_fair_init(&flows->fair, config->start_ns);
	flows->numbers = sluice_flows_create();
	flows->ring = malloc(RING_FIRST * sizeof(*flows->ring));
	flows->ring_mask = RING_FIRST - 1;
	if (!flows->numbers || !flows->ring) {
		scope_flows_free(flows);
		return NULL;
	}
	return flows;
}

void scope_flows_free(struct scope_flows *flows)
{
	if (!flows)
		return;
	for (uint32_t i = 0; i < flows->room; i++)
		scope_sent_free(&flows->flow[i].sent);
	scope_fair_done(&flows->fair);
	sluice_flows_free(flows->numbers);
	free(flows->flow);
	free(flows->ring);
	free(flows);
}

/* ---- the ring of recent packets ---- */

static int ring_grow(struct scope_flows *flows)
{
	uint32_t mask = flows->ring_mask * 2 + 1;
	struct ring_pkt *ring;

	if (mask >= RING_MAX)
		return -1;
	ring = malloc(((size_t)mask + 1) * sizeof(*ring));
	if (!ring)
		return -1;
	for (uint32_t i = 0; i <= flows->ring_mask; i++) {
		uint32_t index = flows->ring_end - 1 - i;

		ring[index & mask] = flows->ring[index & flows->ring_mask];
	}
	free(flows->ring);
	flows->ring = ring;
	flows->ring_mask = mask;
	return 0;
}

/*
 * A packet is kept for two of the longest windows at least: a flow's window may
 * be as old as one when its next packet comes. Returns its index.
 */
static uint32_t ring_add(struct scope_flows *flows, uint64_t time_ns,
			 uint32_t bytes, uint32_t number)
{
	uint32_t index = flows->ring_end;

	if (flows->ring_pkts > flows->ring_mask && !flows->ring_is_short) {
		uint32_t oldest = flows->ring[index & flows->ring_mask].time_ns;

		if ((uint32_t)time_ns - oldest < RING_KEEP_NS &&
		    ring_grow(flows) < 0)
			flows->ring_is_short = true;
	}
	flows->ring[index & flows->ring_mask] = (struct ring_pkt){
		.time_ns = (uint32_t)time_ns, .bytes = bytes, .next = NONE,
		.flow = number,
	};
	flows->ring_end++;
	flows->ring_pkts++;
	return index;
}

/* ---- peaks, gaps, trains ---- */

/* The second is over: its peaks over its mean. */
static void block_close(struct scope_flow *flow, uint64_t length_ns)
{
	double mean = (double)flow->block_bytes / (double)length_ns;

	for (uint32_t i = 0; i < SCOPE_FLOW_WINDOWS && mean > 0; i++) {
		struct scope_flow_window *window = &flow->window[i];
		double pmr = window->block_max_bytes /
			     (mean * scope_flow_windows_ns[i]);

		if (pmr > window->pmr)
			window->pmr = (float)pmr;
		window->block_max_bytes = 0;
	}
	flow->blocks_counted++;
	flow->block_bytes = 0;
}

static void windows_add(struct scope_flows *flows, struct scope_flow *flow,
			uint64_t time_ns, uint32_t index, uint32_t bytes)
{
	const struct ring_pkt *ring = flows->ring;
	uint32_t mask = flows->ring_mask;
	uint64_t idle_ns = time_ns - flow->last_ns;

	for (uint32_t i = 0; i < SCOPE_FLOW_WINDOWS; i++) {
		struct scope_flow_window *window = &flow->window[i];
		uint32_t length_ns = scope_flow_windows_ns[i];

		if (!flow->pkts || idle_ns >= length_ns ||
		    index - window->tail > mask) {
			window->tail = index;
			window->bytes = 0;
		}
		while ((uint32_t)time_ns - ring[window->tail & mask].time_ns >=
		       length_ns) {
			window->bytes -= ring[window->tail & mask].bytes;
			window->tail = ring[window->tail & mask].next;
		}
		window->bytes += bytes;
		if (window->bytes > window->block_max_bytes)
			window->block_max_bytes = window->bytes;
		if (window->bytes > window->max_bytes)
			window->max_bytes = window->bytes;
	}
}

static void train_close(struct scope_flow *flow, uint32_t theta)
{
	struct scope_flow_train *train = &flow->train[theta];
	uint32_t octave;

	if (!train->run_pkts)
		return;
	octave = 31 - (uint32_t)__builtin_clz(train->run_pkts);
	if (octave >= SCOPE_FLOW_TRAIN_OCTAVES)
		octave = SCOPE_FLOW_TRAIN_OCTAVES - 1;
	flow->train_pkts[theta][octave] += train->run_pkts;
	train->trains++;
	if (train->run_pkts > train->max_pkts)
		train->max_pkts = train->run_pkts;
	train->run_pkts = 0;
}

static void gap_add(struct scope_flows *flows, struct scope_flow *flow,
		    uint64_t gap_ns)
{
	flow->gap[sluice_bucket_index(gap_ns, SCOPE_FLOW_GAP_BITS,
				      SCOPE_FLOW_GAP_BUCKETS - 1)]++;
	flow->gap_square_sum += (double)gap_ns * (double)gap_ns;
	if (gap_ns < flow->gap_min_ns || flow->pkts == 1)
		flow->gap_min_ns = gap_ns;
	if (gap_ns > flow->gap_max_ns)
		flow->gap_max_ns = gap_ns;
	for (uint32_t i = 0; i < SCOPE_FLOW_THETAS; i++)
		if (gap_ns > flows->theta_ns[i])
			train_close(flow, i);
}

static void flow_add(struct scope_flows *flows, uint32_t number,
		     uint64_t time_ns, uint32_t bytes)
{
	struct scope_flow *flow = &flows->flow[number];
	uint32_t second = (uint32_t)((time_ns - flows->config.start_ns) /
				     SLUICE_NS_PER_S);
	uint32_t index = ring_add(flows, time_ns, bytes, number);

	if (!flow->pkts) {
		flow->first_ns = time_ns;
		flow->block = second;
	} else {
		gap_add(flows, flow, time_ns - flow->last_ns);
		if (index - flow->last_pkt <= flows->ring_mask)
			flows->ring[flow->last_pkt & flows->ring_mask].next =
				index;
	}
	if (second != flow->block) {
		block_close(flow, SLUICE_NS_PER_S);
		flow->block = second;
	}
	windows_add(flows, flow, time_ns, index, bytes);
	for (uint32_t i = 0; i < SCOPE_FLOW_THETAS; i++)
		flow->train[i].run_pkts++;
	flow->block_bytes += bytes;
	flow->bytes += bytes;
	flow->pkts++;
	flow->last_pkt = index;
	flow->last_ns = time_ns;
}

static struct scope_flow *reverse_of(struct scope_flows *flows, uint32_t number,
				     const struct sluice_flow_key *key)
{
	struct scope_flow *flow = &flows->flow[number];
	struct sluice_flow_key back = *key;
	int64_t other;

	if (flow->reverse)
		return &flows->flow[flow->reverse - 1];
	memcpy(back.source, key->destination, sizeof(back.source));
	memcpy(back.destination, key->source, sizeof(back.destination));
	back.source_port = key->destination_port;
	back.destination_port = key->source_port;
	other = sluice_flows_find(flows->numbers, &back);
	if (other < 0)
		return NULL;
	flow->reverse = (uint32_t)other + 1;
	flows->flow[other].reverse = number + 1;
	return &flows->flow[other];
}

/* ---- flows ---- */

static int flow_room(struct scope_flows *flows, uint32_t number)
{
	uint32_t room = flows->room ? flows->room * 2 : FLOWS_FIRST;
	struct scope_flow *flow;

	if (number < flows->room)
		return 0;
	flow = realloc(flows->flow, room * sizeof(*flow));
	if (!flow)
		return -1;
	memset(flow + flows->room, 0,
	       (room - flows->room) * sizeof(*flow));
	flows->flow = flow;
	flows->room = room;
	return 0;
}

/* The number of a packet's flow; -1: there is no room or memory for it. */
static int64_t number_of(struct scope_flows *flows,
			 const struct sluice_flow_key *key, uint32_t hash)
{
	int64_t number;

	if (sluice_flows_count(flows->numbers) >= flows->config.max_flows)
		return sluice_flows_find(flows->numbers, key);
	number = sluice_flows_number_prepared(flows->numbers, key, hash);
	return number >= 0 && flow_room(flows, (uint32_t)number) < 0 ? -1 :
	       number;
}

void scope_flows_look_up(struct scope_flows *flows,
			 struct scope_packet *packets, uint32_t count)
{
	uint32_t hash[SCOPE_LOOK_UP_MAX];

	for (uint32_t i = 0; i < count; i++)
		if (packets[i].is_ip)
			hash[i] = sluice_flows_prepare(flows->numbers,
						       &packets[i].frame.key);
	for (uint32_t i = 0; i < count; i++) {
		int64_t number = packets[i].is_ip ?
			number_of(flows, &packets[i].frame.key, hash[i]) : -1;
		const struct scope_flow *flow;

		packets[i].has_flow = number >= 0;
		if (number < 0)
			continue;
		packets[i].flow = (uint32_t)number;
		flow = &flows->flow[number];
		__builtin_prefetch(flow, 1);
		__builtin_prefetch((const char *)flow + 64, 1);
		__builtin_prefetch((const char *)flow + 128, 1);
		__builtin_prefetch(flow->gap + SCOPE_FLOW_GAP_BUCKETS / 4, 1);
	}
}

int scope_flows_add(struct scope_flows *flows, const struct scope_packet *packet,
		    uint64_t time_ns, uint32_t bytes,
		    struct scope_flow_event *ret_event)
{
	const struct sluice_frame *frame = &packet->frame;
	int64_t number = packet->has_flow ? packet->flow :
		number_of(flows, &frame->key,
			  sluice_flows_prepare(flows->numbers, &frame->key));
	struct scope_flow *flow;
	uint64_t idle_ns;

	*ret_event = (struct scope_flow_event){ .number = NONE };
	if (number < 0) {
		flows->unknown_pkts++;
		return sluice_flows_count(flows->numbers) <
		       flows->config.max_flows ? -1 : 0;
	}
	flow = &flows->flow[number];
	ret_event->is_new = !flow->pkts;
	if (ret_event->is_new)
		flow->direction = packet->direction;
	/* lo and hairpins show a packet as it leaves and as it comes */
	if (packet->direction != flow->direction) {
		flow->again_pkts++;
		return 0;
	}
	ret_event->number = (uint32_t)number;
	idle_ns = time_ns - flow->last_ns;
	flow_add(flows, (uint32_t)number, time_ns, bytes);
	flow->supers += packet->segment_bytes != 0;
	flows->last_ns = time_ns;
	if (frame->key.protocol == SLUICE_PROTOCOL_TCP && frame->has_transport) {
		scope_tcp_add(flow, reverse_of(flows, (uint32_t)number,
					       &frame->key), &flows->pool,
			      frame, time_ns, idle_ns, ret_event);
		if (!frame->payload_bytes)
			return 0;
	}
	scope_fair_add(&flows->fair, &flow->share, &flow->share_1s, time_ns,
		       bytes);
	return 0;
}

void scope_flows_finish(struct scope_flows *flows, uint64_t end_ns)
{
	uint64_t seconds = (end_ns - flows->config.start_ns) / SLUICE_NS_PER_S;
	uint64_t rest_ns = (end_ns - flows->config.start_ns) % SLUICE_NS_PER_S;

	for (uint32_t i = 0; i < scope_flows_count(flows); i++) {
		struct scope_flow *flow = &flows->flow[i];

		/* a part of a second has no mean that means much: only if alone */
		if (flow->pkts && flow->block < seconds)
			block_close(flow, SLUICE_NS_PER_S);
		else if (flow->pkts && !flow->blocks_counted && rest_ns)
			block_close(flow, rest_ns);
		for (uint32_t k = 0; k < SCOPE_FLOW_THETAS; k++)
			train_close(flow, k);
		scope_fair_flow_finish(&flows->fair, &flow->share,
				       &flow->share_1s);
	}
	scope_fair_finish(&flows->fair);
}

uint32_t scope_flows_count(const struct scope_flows *flows)
{
	uint32_t count = sluice_flows_count(flows->numbers);

	return count < flows->room ? count : flows->room;
}

const struct scope_flow *scope_flow_at(const struct scope_flows *flows,
				       uint32_t number)
{
	return &flows->flow[number];
}

const struct sluice_flow_key *scope_flow_key(const struct scope_flows *flows,
					     uint32_t number)
{
	return sluice_flows_key(flows->numbers, number);
}

const struct scope_fair *scope_flows_fair(const struct scope_flows *flows)
{
	return &flows->fair;
}

uint64_t scope_flows_unknown_pkts(const struct scope_flows *flows)
{
	return flows->unknown_pkts;
}

/* ---- who sent in a span ---- */

static int share_compare(const void *a, const void *b)
{
	const struct scope_share *one = a, *other = b;

	return one->bytes < other->bytes ? 1 : one->bytes > other->bytes ? -1 :
	       one->number < other->number ? -1 : 1;
}

uint32_t scope_flows_shares(const struct scope_flows *flows, uint64_t from_ns,
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
		const struct ring_pkt *pkt = &flows->ring[(flows->ring_end - 1 -
							   i) & flows->ring_mask];

		/* one from before the clock's low half went round ends it too */
		if ((int32_t)(pkt->time_ns - (uint32_t)from_ns) < 0 ||
		    (int32_t)(after_ns - pkt->time_ns) < 0)
			break;
		after_ns = pkt->time_ns;
		if ((int32_t)(pkt->time_ns - (uint32_t)to_ns) >= 0)
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

/* ---- figures ---- */

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
