// SPDX-License-Identifier: GPL-2.0
#include "flows_parts.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/metrics.h"
#include "../lib/pages.h"
#include "../lib/quantile.h"

#define RING_FIRST		4096u
#define FLOWS_MAX		(1u << 20)
#define FLOWS_AHEAD		8u	/* that are fetched */

void scope_flows_coarsen(struct scope_flows *flows, uint32_t uncertainty_ns)
{
	uint64_t rate = flows->config.line_rate_bits_ps;
	uint64_t theta_ns = SCOPE_FLOW_WIRE_NS;

	if (rate)
		theta_ns = SCOPE_FLOW_FRAME_BYTES * 88 * (SLUICE_NS_PER_S / 10) / rate +
			   uncertainty_ns;
	flows->theta_ns[0] = theta_ns < UINT32_MAX ? (uint32_t)theta_ns :
						     UINT32_MAX;
	flows->pool.uncertainty_ns = uncertainty_ns;
}

struct scope_flows *scope_flows_create(const struct scope_flows_config *config)
{
	struct scope_flows *flows = calloc(1, sizeof(*flows));

	if (!flows)
		return NULL;
	flows->config = *config;
	if (!config->max_flows)
		flows->config.max_flows = FLOWS_MAX;
	flows->theta_ns[1] = SCOPE_CLUMP_NS;
	scope_flows_coarsen(flows, config->uncertainty_ns);
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

/* Where all flows are looked at: they lie far apart. */
static const struct scope_flow *flow_ahead(const struct scope_flows *flows,
					   uint32_t number)
{
	uint32_t ahead = number + FLOWS_AHEAD;

	return &flows->flow[ahead < flows->room ? ahead : number];
}

void scope_flows_free(struct scope_flows *flows)
{
	if (!flows)
		return;
	for (uint32_t i = 0; flows->flow && i < scope_flows_count(flows); i++) {
		__builtin_prefetch(&flow_ahead(flows, i)->sent);
		__builtin_prefetch(&flow_ahead(flows, i)->carry);
		scope_sent_free(&flows->flow[i].sent);
		free(flows->flow[i].carry);
	}
	scope_sent_pool_done(&flows->pool);
	scope_fair_done(&flows->fair);
	sluice_flows_free(flows->numbers);
	sluice_pages_give(flows->flow, flows->room * sizeof(*flows->flow));
	free(flows->ring);
	free(flows);
}

/* ---- packets ---- */

/* It has no flow, for lack of room or memory. */
static int packet_unknown(struct scope_flows *flows)
{
	flows->unknown_pkts++;
	return sluice_flows_count(flows->numbers) < flows->config.max_flows ?
	       -1 : 0;
}

/* What their headers tell of packets of a flow in a row. */
struct run {
	const struct scope_packet *packets;
	const uint64_t *times_ns;
	const uint32_t *bytes;		/* at L1 */
	uint32_t count;
	uint64_t idle_ns;		/* in front of the first */
	uint32_t places[SCOPE_LOOK_UP_MAX];	/* in their trains */
};

/*
 * Packets from the first on that are alike are taken in together. Returns how many
 * there are.
 */
static uint32_t run_alike(struct scope_flows *flows, struct scope_flow *flow,
			  struct scope_flow *reverse, const struct run *run,
			  uint32_t first, struct scope_flow_sums *sums)
{
	const struct scope_packet *packets = run->packets + first;
	uint32_t acks, left = run->count - first;

	if (packets->frame.payload_bytes)
		return scope_tcp_add_plain(flow, reverse, packets,
					   run->times_ns + first,
					   run->places + first, left);
	acks = scope_tcp_add_acks(flow, reverse, &flows->pool, packets,
				  run->times_ns + first, left);
	sums->pure_acks += acks;
	return acks;
}

/*
 * event: of a packet alone, what it was; sums are of all. Returns true where all
 * of them are alike.
 */
static bool run_tcp(struct scope_flows *flows, uint32_t number,
		    const struct run *run, struct scope_flow_event *event,
		    struct scope_flow_sums *sums)
{
	struct scope_flow *flow = &flows->flow[number];
	struct scope_flow *reverse = scope_flow_reverse(flows, flow);
	uint32_t alike;

	for (uint32_t i = 0; i < run->count; i += alike ? alike : 1) {
		const struct scope_packet *packet = &run->packets[i];

		alike = 0;
		if (!packet->frame.has_transport) {
			flow->untold_pkts++;
			continue;
		}
		if (run->count > 1)
			alike = run_alike(flows, flow, reverse, run, i, sums);
		if (alike == run->count)
			return true;
		if (alike)
			continue;
		if (i)
			*event = (struct scope_flow_event){ .number = number };
		scope_tcp_add(flow, reverse, &flows->pool, &packet->frame,
			      run->times_ns[i], i ? run->times_ns[i] -
			      run->times_ns[i - 1] : run->idle_ns,
			      run->places[i], event);
		sums->retransmitted_pkts += event->is_retransmitted;
		sums->timeouts += event->is_timeout;
		sums->pure_acks += event->is_pure_ack;
	}
	return run->count == 1;
}

static inline bool is_tcp(const struct scope_packet *packet)
{
	return packet->frame.key.protocol == SLUICE_PROTOCOL_TCP;
}

/* Of TCP, packets with data take a share of what flows send; sum: bytes of all. */
static void run_share(struct scope_flows *flows, struct scope_flow *flow,
		      const struct run *run, bool are_alike, uint32_t sum)
{
	uint32_t step = run->count;

	if (!are_alike || run->times_ns[step - 1] >= flows->fair.end_ns)
		step = 1;
	for (uint32_t i = 0; i < run->count; i += step) {
		const struct scope_packet *packet = &run->packets[i];

		if (is_tcp(packet) && packet->frame.has_transport &&
		    !packet->frame.payload_bytes)
			continue;
		scope_fair_add(&flows->fair, &flow->share, &flow->share_1s,
			       run->times_ns[i], step == 1 ? run->bytes[i] :
							     sum);
	}
}

/* Packets of one flow and direction in a row. */
static void run_add(struct scope_flows *flows, uint32_t number, struct run *run,
		    struct scope_flow_event *event,
		    struct scope_flow_sums *sums)
{
	struct scope_flow *flow = &flows->flow[number];
	bool are_alike = true;
	uint32_t sum;

	event->is_new = !flow->pkts;
	if (event->is_new)
		flow->direction = run->packets->direction;
	run->idle_ns = event->is_new ? UINT64_MAX :
				       run->times_ns[0] - flow->last_ns;
	sum = scope_pkts_add(flows, number, run->times_ns, run->bytes,
			     run->count, run->places);
	if (is_tcp(run->packets))
		are_alike = run_tcp(flows, number, run, event, sums);
	run_share(flows, flow, run, are_alike, sum);
	flows->last_ns = run->times_ns[run->count - 1];
}

/* As scope_flows_add_all, of packets that are of one flow or alone. */
static int packets_add(struct scope_flows *flows, struct run *run,
		       struct scope_flow_event *event,
		       struct scope_flow_sums *sums)
{
	const struct scope_packet *packets = run->packets;
	const struct sluice_flow_key *key = &packets->frame.key;
	int64_t number = packets->has_flow ? packets->flow :
		scope_flow_number(flows, key,
				  sluice_flows_prepare(flows->numbers, key));
	struct scope_flow *flow;

	*event = (struct scope_flow_event){ .number = SCOPE_FLOW_NONE };
	if (number < 0)
		return packet_unknown(flows);
	flow = &flows->flow[number];
	/* lo and hairpins show a packet as it leaves and as it comes */
	if (flow->pkts && packets->direction != flow->direction) {
		flow->again_pkts += run->count;
		return 0;
	}
	event->number = (uint32_t)number;
	run_add(flows, (uint32_t)number, run, event, sums);
	return 0;
}

int scope_flows_add(struct scope_flows *flows, const struct scope_packet *packet,
		    uint64_t time_ns, uint32_t bytes,
		    struct scope_flow_event *ret_event)
{
	struct scope_flow_sums sums = { 0 };
	struct run run;

	run.packets = packet;
	run.times_ns = &time_ns;
	run.bytes = &bytes;
	run.count = 1;
	if (packets_add(flows, &run, ret_event, &sums) < 0)
		return -1;
	if (packet->segment_bytes && ret_event->number != SCOPE_FLOW_NONE)
		flows->flow[ret_event->number].supers++;
	return 0;
}

/* Direction, kind and flow of a packet: what those of a run have in common. */
static inline uint64_t packet_kind(const struct scope_packet *packet)
{
	uint64_t kind;

	memcpy(&kind, (const uint8_t *)packet +
	       offsetof(struct scope_packet, direction), sizeof(kind));
	return kind;
}

static_assert(offsetof(struct scope_packet, flow) -
	      offsetof(struct scope_packet, direction) == 4,
	      "direction, kind and flow are one word");

static uint32_t run_length(const struct scope_packet *packets, uint32_t count)
{
	uint64_t kind = packet_kind(packets);
	uint32_t i = 1;

	if (count > SCOPE_LOOK_UP_MAX)
		count = SCOPE_LOOK_UP_MAX;
	while (packets->has_flow && i < count &&
	       packet_kind(&packets[i]) == kind)
		i++;
	return i;
}

uint32_t scope_flows_add_all(struct scope_flows *flows,
			     const struct scope_packet *packets,
			     const uint64_t *times_ns, const uint32_t *bytes,
			     uint32_t count, struct scope_flow_sums *sums)
{
	struct scope_flow_event event;
	struct run run;

	for (uint32_t i = 0; i < count; i += run.count) {
		run.packets = packets + i;
		run.times_ns = times_ns + i;
		run.bytes = bytes + i;
		run.count = run_length(packets + i, count - i);
		if (!packets[i].is_ip) {
			sums->not_ip_pkts++;
		} else if (packets_add(flows, &run, &event, sums) < 0) {
			sums->has_failed = true;
			return i + run.count;
		}
	}
	return count;
}

/* What the end of a flow looks at, some flows ahead. */
static void finish_fetch(const struct scope_flows *flows, uint32_t number)
{
	const struct scope_flow *ahead = flow_ahead(flows, number);

	__builtin_prefetch(ahead);
	__builtin_prefetch(ahead->window);
	__builtin_prefetch(ahead->train);
	__builtin_prefetch(&ahead->share);
	__builtin_prefetch(&ahead->standing);
}

void scope_flows_finish(struct scope_flows *flows, uint64_t end_ns)
{
	uint64_t seconds = (end_ns - flows->config.start_ns) / SLUICE_NS_PER_S;
	uint64_t rest_ns = (end_ns - flows->config.start_ns) % SLUICE_NS_PER_S;

	for (uint32_t i = 0; i < scope_flows_count(flows); i++) {
		struct scope_flow *flow = &flows->flow[i];

		finish_fetch(flows, i);
		scope_pkts_finish(flow, seconds, rest_ns);
		scope_fair_flow_finish(&flows->fair, &flow->share,
				       &flow->share_1s);
		scope_standing_finish(&flow->standing);
		flow->standing.is_received = scope_flow_is_received(flows, flow);
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
