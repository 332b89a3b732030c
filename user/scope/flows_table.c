// SPDX-License-Identifier: GPL-2.0
/* Where flows lie, and how packets find theirs; see flows.h. */
#include "flows_parts.h"

#include <string.h>

#include "../lib/pages.h"
#include "../lib/quantile.h"

#define FLOWS_FIRST		64u
#define GAP_USUAL		36u	/* bucket of 1 µs: gaps in trains at 10 Gb/s */

/* They lie far apart, and so would the translations of small pages. */
static int flow_room(struct scope_flows *flows, uint32_t number)
{
	uint32_t room = flows->room ? flows->room * 2 : FLOWS_FIRST;
	size_t bytes = room * sizeof(*flows->flow);
	struct scope_flow *flow;

	if (number < flows->room)
		return 0;
	flow = flows->flow ?
	       sluice_pages_grow(flows->flow, bytes / 2, bytes) :
	       sluice_pages_take(bytes);
	if (!flow)
		return -1;
	flows->flow = flow;
	flows->room = room;
	return 0;
}

/* A new flow's other direction, if it is there; else that one, new, will find it. */
static void reverse_link(struct scope_flows *flows, uint32_t number,
			 const struct sluice_flow_key *key)
{
	struct sluice_flow_key back = *key;
	int64_t other;

	if (key->protocol != SLUICE_PROTOCOL_TCP)
		return;
	memcpy(back.source, key->destination, sizeof(back.source));
	memcpy(back.destination, key->source, sizeof(back.destination));
	back.source_port = key->destination_port;
	back.destination_port = key->source_port;
	other = sluice_flows_find(flows->numbers, &back);
	if (other < 0)
		return;
	flows->flow[number].reverse = (uint32_t)other + 1;
	flows->flow[other].reverse = number + 1;
}

int64_t scope_flow_number(struct scope_flows *flows,
			  const struct sluice_flow_key *key, uint32_t hash)
{
	uint32_t known = sluice_flows_count(flows->numbers);
	int64_t number;

	if (known >= flows->config.max_flows)
		return sluice_flows_find(flows->numbers, key);
	number = sluice_flows_number_prepared(flows->numbers, key, hash);
	if (number < 0 || flow_room(flows, (uint32_t)number) < 0)
		return -1;
	if (number == known)
		reverse_link(flows, known, key);
	return number;
}

/* ---- what is known of flows is fetched before it is needed ---- */

/* In line: the compiler drops calls of what does nothing but fetch. */
#define FETCH	static inline __attribute__((always_inline))

FETCH void lines_fetch(const void *from, uint32_t lines)
{
	for (uint32_t i = 0; i < lines; i++)
		__builtin_prefetch((const char *)from + i * SCOPE_LINE_BYTES, 1);
}

/* What a packet will change of its flow. */
FETCH void flow_fetch(const struct scope_flow *flow, bool has_data)
{
	lines_fetch(flow, 2);
	lines_fetch(&flow->gap[GAP_USUAL], 1);
	lines_fetch(flow->train, 1);
	if (has_data) {
		lines_fetch(&flow->sent, 1);
		lines_fetch(&flow->share, 1);
	} else {
		lines_fetch(&flow->acks, 2);
	}
}

FETCH void bucket_fetch(const uint16_t *buckets, uint32_t bits, uint32_t count,
			uint64_t value)
{
	lines_fetch(&buckets[sluice_bucket_index(value, bits, count - 1)], 1);
}

/*
 * The same, where that is written in the flow, which is there by now; count: packets
 * of it in a row.
 */
FETCH void flow_fetch_more(const struct scope_flows *flows,
			   const struct scope_packet *packet, uint32_t count)
{
	const struct scope_flow *flow = &flows->flow[packet->flow];
	const struct scope_flow *reverse = scope_flow_reverse(flows, flow);

	bucket_fetch(flow->gap, SCOPE_FLOW_GAP_BITS, SCOPE_FLOW_GAP_BUCKETS,
		     packet->time_ns - flow->last_ns);
	if (packet->frame.payload_bytes)
		scope_sent_fetch(&flow->sent, flow->sent.end, count);
	if (reverse)
		lines_fetch(&reverse->sent, packet->frame.payload_bytes ? 2 : 3);
}

/* And where it is written in the other direction. */
FETCH void flow_fetch_acked(const struct scope_flows *flows,
			    const struct scope_packet *packet)
{
	const struct scope_flow *reverse =
		scope_flow_reverse(flows, &flows->flow[packet->flow]);

	if (packet->frame.payload_bytes || !reverse)
		return;
	bucket_fetch(reverse->rtt, 1, SCOPE_FLOW_RTT_BUCKETS,
		     packet->time_ns - reverse->tcp.timed_ns);
	scope_sent_fetch(&reverse->sent, reverse->sent.begin,
			 reverse->sent.end - reverse->sent.begin);
}

/* ---- look-up ---- */

/* Its hash stands where its flow will. */
static void first_look_up(struct scope_flows *flows, struct scope_packet *packet)
{
	int64_t number = packet->is_ip ?
		scope_flow_number(flows, &packet->frame.key, packet->flow) : -1;

	packet->has_flow = number >= 0;
	packet->flow = number >= 0 ? (uint32_t)number : 0;
}

/* What is known of the flow, if the slot says which it is. */
static void guess_fetch(const struct scope_flows *flows,
			const struct scope_packet *packet)
{
	int64_t number = packet->is_ip ?
		sluice_flows_guess(flows->numbers, &packet->frame.key,
				   packet->flow) : -1;

	if (number >= 0)
		flow_fetch(&flows->flow[number], packet->frame.payload_bytes);
}

/* first: of packets, one of each row of the same flow. */
static void firsts_look_up(struct scope_flows *flows,
			   struct scope_packet *packets, const uint32_t *first,
			   uint32_t firsts)
{
	if (firsts)
		guess_fetch(flows, &packets[first[firsts - 1]]);
	for (uint32_t k = 0; k < firsts; k++)
		first_look_up(flows, &packets[first[k]]);
	for (uint32_t k = 0; k < firsts; k++)
		if (packets[first[k]].has_flow)
			flow_fetch_more(flows, &packets[first[k]],
					first[k + 1] - first[k]);
	for (uint32_t k = 0; k < firsts; k++)
		if (packets[first[k]].has_flow)
			flow_fetch_acked(flows, &packets[first[k]]);
}

void scope_flows_look_up_begin(const struct scope_flows *flows,
			       struct scope_packet *packet,
			       const struct scope_packet *before)
{
	if (packet->is_ip)
		packet->flow = sluice_flows_prepare(flows->numbers,
						    &packet->frame.key);
	if (before)
		guess_fetch(flows, before);
}

void scope_flows_look_up(struct scope_flows *flows,
			 struct scope_packet *packets, uint32_t count)
{
	uint32_t first[SCOPE_LOOK_UP_MAX + 1], firsts = 0;

	for (uint32_t i = 0; i < count; i++) {
		first[firsts] = i;
		firsts += !packets[i].is_next;
	}
	first[firsts] = count;
	firsts_look_up(flows, packets, first, firsts);
	for (uint32_t k = 0; k < firsts; k++) {
		const struct scope_packet *one = &packets[first[k]];
		bool has_flow = one->has_flow;
		uint32_t flow = one->flow;

		for (uint32_t i = first[k] + 1; i < first[k + 1]; i++) {
			packets[i].has_flow = has_flow;
			packets[i].is_next = false;
			packets[i].flow = flow;
		}
	}
}
