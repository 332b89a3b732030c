// SPDX-License-Identifier: GPL-2.0
#include "flows_parts.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/metrics.h"
#include "../lib/quantile.h"

#define WINDOW_MIN_NS		100000u		/* the windows of flows */
#define WINDOW_MAX_NS		1000000u
#define RING_FIRST		4096u
#define RING_KEEP_NS		(2 * WINDOW_MAX_NS)
#define RING_MAX		(1u << 22)	/* 64 MB */
#define FLOWS_FIRST		64u
#define FLOWS_MAX		(1u << 20)
#define WIRE_THETA_NS		2048u
#define FRAME_L1_BYTES		1538u

const uint32_t scope_flow_windows_ns[SCOPE_FLOW_WINDOWS] = {
	WINDOW_MIN_NS, WINDOW_MAX_NS
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
		uint32_t index = (uint32_t)flows->ring_pkts - 1 - i;

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
static inline uint32_t ring_add(struct scope_flows *flows, uint32_t time_ns,
				uint32_t bytes, uint32_t number)
{
	uint32_t index = (uint32_t)flows->ring_pkts;

	if (flows->ring_pkts > flows->ring_mask &&
	    time_ns - flows->ring[index & flows->ring_mask].time_ns <
	    RING_KEEP_NS && !flows->ring_is_short && ring_grow(flows) < 0)
		flows->ring_is_short = true;
	flows->ring[index & flows->ring_mask] = (struct ring_pkt){
		.time_ns = time_ns, .bytes = bytes, .next = SCOPE_FLOW_NONE,
		.flow = number,
	};
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

/* The window begins too early for a packet at time_ns: drop its first ones. */
static void window_move(const struct scope_flows *flows,
			struct scope_flow_window *window, uint32_t length_ns,
			uint32_t time_ns)
{
	const struct ring_pkt *ring = flows->ring;
	const struct ring_pkt *tail = &ring[window->tail & flows->ring_mask];

	while (time_ns - tail->time_ns >= length_ns) {
		window->bytes -= tail->bytes;
		window->tail = tail->next;
		tail = &ring[window->tail & flows->ring_mask];
	}
	window->tail_ns = tail->time_ns;
}

static inline void window_add(const struct scope_flows *flows,
			      struct scope_flow_window *window,
			      uint32_t length_ns, uint64_t idle_ns,
			      uint32_t time_ns, uint32_t index, uint32_t bytes)
{
	if (idle_ns >= length_ns || (flows->ring_is_short &&
				     index - window->tail > flows->ring_mask)) {
		window->tail = index;
		window->tail_ns = time_ns;
		window->bytes = 0;
	} else if (time_ns - window->tail_ns >= length_ns) {
		window_move(flows, window, length_ns, time_ns);
	}
	window->bytes += bytes;
	if (window->bytes <= window->block_max_bytes)
		return;
	window->block_max_bytes = window->bytes;
	if (window->bytes > window->max_bytes)
		window->max_bytes = window->bytes;
}

/* The trains end with the packets so far. */
static void train_close(struct scope_flow *flow, uint32_t theta)
{
	struct scope_flow_train *train = &flow->train[theta];
	uint32_t pkts = scope_flow_train_pkts(flow, theta), octave;

	if (!pkts)
		return;
	octave = 31 - (uint32_t)__builtin_clz(pkts);
	if (octave >= SCOPE_FLOW_TRAIN_OCTAVES)
		octave = SCOPE_FLOW_TRAIN_OCTAVES - 1;
	flow->train_pkts[theta][octave] += pkts;
	train->trains++;
	if (pkts > train->max_pkts)
		train->max_pkts = pkts;
	train->first_pkt = (uint32_t)flow->pkts;
}

static inline void gap_add(const struct scope_flows *flows,
			   struct scope_flow *flow, uint64_t gap_ns)
{
	double gap = (double)(int64_t)gap_ns;

	flow->gap[sluice_bucket_index(gap_ns, SCOPE_FLOW_GAP_BITS,
				      SCOPE_FLOW_GAP_BUCKETS - 1)]++;
	flow->gap_square_sum += gap * gap;
	if (gap_ns < flow->gap_min_ns || flow->pkts == 1)
		flow->gap_min_ns = gap_ns;
	if (gap_ns > flow->gap_max_ns)
		flow->gap_max_ns = gap_ns;
	if (gap_ns > flows->theta_ns[0])
		train_close(flow, 0);
	if (gap_ns > flows->theta_ns[1])
		train_close(flow, 1);
}

static void second_begin(struct scope_flows *flows, uint64_t time_ns)
{
	uint64_t start_ns = flows->config.start_ns;
	uint64_t second = (time_ns - start_ns) / SLUICE_NS_PER_S;

	flows->second = (uint32_t)second;
	flows->second_end_ns = start_ns + (second + 1) * SLUICE_NS_PER_S;
}

/* The flow's newest packet is in another second than the one before. */
static void flow_turn(const struct scope_flows *flows, struct scope_flow *flow)
{
	block_close(flow, SLUICE_NS_PER_S);
	flow->block = flows->second;
}

/* idle_ns: since the flow's packet before; of the first any long time. */
static inline __attribute__((always_inline))
void flow_add(struct scope_flows *flows, struct scope_flow *flow,
	      uint32_t number, uint64_t time_ns, uint64_t idle_ns,
	      uint32_t bytes)
{
	uint32_t index = ring_add(flows, (uint32_t)time_ns, bytes, number);

	if (time_ns >= flows->second_end_ns)
		second_begin(flows, time_ns);
	if (flow->pkts)
		gap_add(flows, flow, idle_ns);
	/* windows do not reach back farther */
	if (idle_ns < WINDOW_MAX_NS &&
	    index - flow->last_pkt <= flows->ring_mask)
		flows->ring[flow->last_pkt & flows->ring_mask].next = index;
	if (flow->block != flows->second)
		flow_turn(flows, flow);
	window_add(flows, &flow->window[0], WINDOW_MIN_NS, idle_ns,
		   (uint32_t)time_ns, index, bytes);
	window_add(flows, &flow->window[1], WINDOW_MAX_NS, idle_ns,
		   (uint32_t)time_ns, index, bytes);
	flow->block_bytes += bytes;
	flow->bytes += bytes;
	flow->pkts++;
	flow->last_pkt = index;
	flow->last_ns = time_ns;
}

static struct scope_flow *reverse_find(struct scope_flows *flows,
				       uint32_t number,
				       const struct sluice_flow_key *key)
{
	struct scope_flow *flow = &flows->flow[number];
	struct sluice_flow_key back = *key;
	int64_t other;

	/* who is not there comes with a new flow only */
	if (flow->unseen_flows == sluice_flows_count(flows->numbers))
		return NULL;
	memcpy(back.source, key->destination, sizeof(back.source));
	memcpy(back.destination, key->source, sizeof(back.destination));
	back.source_port = key->destination_port;
	back.destination_port = key->source_port;
	other = sluice_flows_find(flows->numbers, &back);
	if (other < 0) {
		flow->unseen_flows = sluice_flows_count(flows->numbers);
		return NULL;
	}
	flow->reverse = (uint32_t)other + 1;
	flows->flow[other].reverse = number + 1;
	return &flows->flow[other];
}

static inline struct scope_flow *reverse_of(struct scope_flows *flows,
					    uint32_t number,
					    const struct sluice_flow_key *key)
{
	uint32_t reverse = flows->flow[number].reverse;

	return reverse ? &flows->flow[reverse - 1] :
			 reverse_find(flows, number, key);
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

static void flow_fetch(const struct scope_flow *flow)
{
	__builtin_prefetch(flow, 1);
	__builtin_prefetch((const char *)flow + 64, 1);
	__builtin_prefetch((const char *)flow + 128, 1);
	__builtin_prefetch(flow->gap + SCOPE_FLOW_GAP_BUCKETS / 4, 1);
}

/* A packet is of the flow of the one before it. */
static inline bool is_same_flow(const struct scope_packet *packet)
{
	const struct scope_packet *before = packet - 1;

	return packet->is_ip && before->is_ip &&
	       sluice_flow_key_is(&packet->frame.key, &before->frame.key);
}

static void first_look_up(struct scope_flows *flows,
			  struct scope_packet *packet, uint32_t hash)
{
	int64_t number = packet->is_ip ?
			 number_of(flows, &packet->frame.key, hash) : -1;

	packet->has_flow = number >= 0;
	if (number < 0)
		return;
	packet->flow = (uint32_t)number;
	flow_fetch(&flows->flow[number]);
}

void scope_flows_look_up(struct scope_flows *flows,
			 struct scope_packet *packets, uint32_t count)
{
	/* those that are not of the flow of the one before */
	uint32_t first[SCOPE_LOOK_UP_MAX + 1], hash[SCOPE_LOOK_UP_MAX];
	uint32_t firsts = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (i && is_same_flow(&packets[i]))
			continue;
		if (packets[i].is_ip)
			hash[firsts] = sluice_flows_prepare(flows->numbers,
							    &packets[i].frame.key);
		first[firsts++] = i;
	}
	first[firsts] = count;
	for (uint32_t k = 0; k < firsts; k++) {
		const struct scope_packet *one = &packets[first[k]];
		bool has_flow;
		uint32_t flow;

		first_look_up(flows, &packets[first[k]], hash[k]);
		has_flow = one->has_flow;
		flow = one->flow;
		for (uint32_t i = first[k] + 1; i < first[k + 1]; i++) {
			packets[i].has_flow = has_flow;
			packets[i].flow = flow;
		}
	}
}

/* It has no flow, for lack of room or memory. */
static int packet_unknown(struct scope_flows *flows)
{
	flows->unknown_pkts++;
	return sluice_flows_count(flows->numbers) < flows->config.max_flows ?
	       -1 : 0;
}

/* The flow of a packet, new or not, is seen from its direction. */
static struct scope_flow *flow_of(struct scope_flows *flows, uint32_t number,
				  const struct scope_packet *packet,
				  uint64_t time_ns)
{
	struct scope_flow *flow = &flows->flow[number];

	if (flow->pkts)
		return flow;
	if (time_ns >= flows->second_end_ns)
		second_begin(flows, time_ns);
	flow->direction = packet->direction;
	flow->first_ns = time_ns;
	flow->block = flows->second;
	return flow;
}

/*
 * Packets of one flow and direction in a row. *event is what the last of them
 * was; sums are of all.
 */
static void run_add(struct scope_flows *flows, uint32_t number,
		    const struct scope_packet *packets,
		    const uint64_t *times_ns, const uint32_t *bytes,
		    uint32_t count, struct scope_flow_event *event,
		    struct scope_flow_sums *sums)
{
	struct scope_flow *flow = flow_of(flows, number, packets, times_ns[0]);
	const struct sluice_flow_key *key = &packets->frame.key;
	bool is_tcp = key->protocol == SLUICE_PROTOCOL_TCP;
	struct scope_flow *reverse = NULL;

	event->is_new = !flow->pkts;
	for (uint32_t i = 0; i < count; i++) {
		const struct sluice_frame *frame = &packets[i].frame;
		uint64_t time_ns = times_ns[i];
		uint64_t idle_ns = flow->pkts ? time_ns - flow->last_ns :
						UINT64_MAX;

		flow_add(flows, flow, number, time_ns, idle_ns, bytes[i]);
		if (packets[i].segment_bytes)
			flow->supers++;
		if (!is_tcp || !frame->has_transport || frame->payload_bytes)
			scope_fair_add(&flows->fair, &flow->share,
				       &flow->share_1s, time_ns, bytes[i]);
		if (!is_tcp || !frame->has_transport)
			continue;
		if (!reverse)
			reverse = reverse_of(flows, number, key);
		if (i)
			*event = (struct scope_flow_event){ .number = number };
		scope_tcp_add(flow, reverse, &flows->pool, frame, time_ns,
			      idle_ns, event);
		sums->retransmitted_pkts += event->is_retransmitted;
		sums->timeouts += event->is_timeout;
		sums->pure_acks += event->is_pure_ack;
	}
	flows->last_ns = times_ns[count - 1];
}

/* As scope_flows_add_all, of packets that are of one flow or alone. */
static int packets_add(struct scope_flows *flows,
		       const struct scope_packet *packets,
		       const uint64_t *times_ns, const uint32_t *bytes,
		       uint32_t count, struct scope_flow_event *event,
		       struct scope_flow_sums *sums)
{
	const struct sluice_flow_key *key = &packets->frame.key;
	int64_t number = packets->has_flow ? packets->flow :
		number_of(flows, key,
			  sluice_flows_prepare(flows->numbers, key));
	struct scope_flow *flow;

	*event = (struct scope_flow_event){ .number = SCOPE_FLOW_NONE };
	if (number < 0)
		return packet_unknown(flows);
	flow = &flows->flow[number];
	/* lo and hairpins show a packet as it leaves and as it comes */
	if (flow->pkts && packets->direction != flow->direction) {
		flow->again_pkts += count;
		return 0;
	}
	event->number = (uint32_t)number;
	run_add(flows, (uint32_t)number, packets, times_ns, bytes, count,
		event, sums);
	return 0;
}

int scope_flows_add(struct scope_flows *flows, const struct scope_packet *packet,
		    uint64_t time_ns, uint32_t bytes,
		    struct scope_flow_event *ret_event)
{
	struct scope_flow_sums sums = { 0 };

	return packets_add(flows, packet, &time_ns, &bytes, 1, ret_event,
			   &sums);
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
	uint32_t run;

	for (uint32_t i = 0; i < count; i += run) {
		run = run_length(packets + i, count - i);
		if (!packets[i].is_ip) {
			sums->not_ip_pkts++;
		} else if (packets_add(flows, packets + i, times_ns + i,
				       bytes + i, run, &event, sums) < 0) {
			sums->has_failed = true;
			return i + run;
		}
	}
	return count;
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
