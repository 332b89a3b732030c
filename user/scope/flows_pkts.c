// SPDX-License-Identifier: GPL-2.0
/*
 * What all packets of a flow change: sums, peaks, gaps, trains; see flows.h.
 *
 * Most packets follow the one before closely, as most others of their row do. For
 * such a row nothing is asked for each packet that has one answer for all.
 */
#include "flows_parts.h"

#include <stdlib.h>

#include "../lib/metrics.h"
#include "../lib/quantile.h"

#define WINDOW_MIN_NS		100000u		/* the windows of flows */
#define WINDOW_MAX_NS		1000000u
#define RING_KEEP_NS		(2 * WINDOW_MAX_NS)
#define RING_MAX		(1u << 22)	/* 64 MB */

const uint32_t scope_flow_windows_ns[SCOPE_FLOW_WINDOWS] = {
	WINDOW_MIN_NS, WINDOW_MAX_NS
};

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

/* A packet's place in the ring has one that must be kept: see ring_add. */
static inline bool ring_is_full(const struct scope_flows *flows, uint32_t index,
				uint32_t time_ns)
{
	return time_ns - flows->ring[index & flows->ring_mask].time_ns <
	       RING_KEEP_NS;
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
	    ring_is_full(flows, index, time_ns) && !flows->ring_is_short &&
	    ring_grow(flows) < 0)
		flows->ring_is_short = true;
	flows->ring[index & flows->ring_mask] = (struct ring_pkt){
		.time_ns = time_ns, .bytes = bytes, .next = SCOPE_FLOW_NONE,
		.flow = number,
	};
	flows->ring_pkts++;
	return index;
}

/* ---- peaks, gaps, trains ---- */

/* The second is over, or what there was of it: its peaks over its mean. */
static void block_close(struct scope_flow *flow, uint64_t length_ns)
{
	double mean = (double)flow->block_bytes / (double)length_ns;

	for (uint32_t i = 0; i < SCOPE_FLOW_WINDOWS && mean > 0; i++) {
		struct scope_flow_window *window = &flow->window[i];
		double pmr = window->block_max_bytes /
			     (mean * scope_flow_windows_ns[i]);

		/* a window that is longer than what was seen says nothing */
		if (pmr > window->pmr && length_ns >= scope_flow_windows_ns[i])
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

/* What a window has; it is not moved before the next packet. */
static inline void window_fill(struct scope_flow_window *window, uint32_t bytes)
{
	window->bytes += bytes;
	if (window->bytes <= window->block_max_bytes)
		return;
	window->block_max_bytes = window->bytes;
	if (window->bytes > window->max_bytes)
		window->max_bytes = window->bytes;
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
	window_fill(window, bytes);
}

/* The trains end with the packets so far. */
static void train_close(struct scope_flow *flow, uint32_t theta)
{
	struct scope_flow_train *train = &flow->train[theta];
	uint32_t pkts = scope_flow_train_pkts(flow, theta);

	if (!pkts)
		return;
	train->trains++;
	if (pkts > train->max_pkts)
		train->max_pkts = pkts;
	train->first_pkt = (uint32_t)flow->pkts;
}

static inline uint32_t gap_bucket(uint64_t gap_ns)
{
	return sluice_bucket_index(gap_ns, SCOPE_FLOW_GAP_BITS,
				   SCOPE_FLOW_GAP_BUCKETS - 1);
}

static void gap_add(const struct scope_flows *flows, struct scope_flow *flow,
		    uint64_t gap_ns)
{
	double gap = (double)(int64_t)gap_ns;

	scope_flow_gaps_add(flow, gap_bucket(gap_ns), 1);
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

/* idle_ns: since the flow's packet before; of the first any long time. */
static void pkt_add(struct scope_flows *flows, struct scope_flow *flow,
		    uint32_t number, uint64_t time_ns, uint64_t idle_ns,
		    uint32_t bytes)
{
	uint32_t index = ring_add(flows, (uint32_t)time_ns, bytes, number);

	if (time_ns >= flows->second_end_ns)
		second_begin(flows, time_ns);
	if (flow->pkts) {
		gap_add(flows, flow, idle_ns);
	} else {
		flow->first_ns = time_ns;
		flow->block = flows->second;
	}
	/* windows do not reach back farther */
	if (idle_ns < WINDOW_MAX_NS &&
	    index - flow->last_pkt <= flows->ring_mask)
		flows->ring[flow->last_pkt & flows->ring_mask].next = index;
	if (flow->block != flows->second) {
		block_close(flow, SLUICE_NS_PER_S);
		flow->block = flows->second;
	}
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

/* ---- packets in a row that are close together ---- */

/* All in the flow's second, and gaps and windows hold them. */
static inline bool row_is_close(const struct scope_flows *flows,
				const struct scope_flow *flow, uint64_t end_ns)
{
	return end_ns < flows->second_end_ns &&
	       end_ns - flow->last_ns < WINDOW_MIN_NS && !flows->ring_is_short;
}

/*
 * What lies where a row of the ring will lie is not needed any more, or is not
 * there yet.
 */
static inline bool ring_has_room(const struct scope_flows *flows,
				 const uint64_t *times_ns, uint32_t count)
{
	uint32_t first = (uint32_t)flows->ring_pkts, mask = flows->ring_mask;

	if (flows->ring_pkts <= mask)
		return flows->ring_pkts + count <= mask;
	return !ring_is_full(flows, first, (uint32_t)times_ns[0]) &&
	       !ring_is_full(flows, first + count - 1, (uint32_t)times_ns[0]);
}

/* Each is the next of its flow. Returns the index of the first. */
static uint32_t row_ring_add(struct scope_flows *flows, uint32_t number,
			     const uint64_t *times_ns, const uint32_t *bytes,
			     uint32_t count)
{
	uint32_t first = (uint32_t)flows->ring_pkts, mask;
	struct ring_pkt *ring;

	if (ring_has_room(flows, times_ns, count))
		flows->ring_pkts += count;
	else
		for (uint32_t i = 0; i < count; i++)
			ring_add(flows, (uint32_t)times_ns[i], bytes[i], number);
	ring = flows->ring;
	mask = flows->ring_mask;
	for (uint32_t i = 0; i < count; i++)
		ring[(first + i) & mask] = (struct ring_pkt){
			.time_ns = (uint32_t)times_ns[i], .bytes = bytes[i],
			.next = first + i + 1, .flow = number,
		};
	ring[(first - 1) & mask].next = first;
	ring[(first + count - 1) & mask].next = SCOPE_FLOW_NONE;
	return first;
}

/* All in one window add up; else one by one. */
static void row_window_add(const struct scope_flows *flows,
			   struct scope_flow_window *window, uint32_t length_ns,
			   const uint64_t *times_ns, const uint32_t *bytes,
			   uint32_t count, uint32_t sum, uint32_t index)
{
	if ((uint32_t)times_ns[count - 1] - window->tail_ns < length_ns) {
		window_fill(window, sum);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		window_add(flows, window, length_ns, 0, (uint32_t)times_ns[i],
			   index + i, bytes[i]);
}

/* Trains of the first theta may end between them; the second holds all. */
static void row_trains_add(const struct scope_flows *flows,
			   struct scope_flow *flow, const uint32_t *gaps_ns,
			   uint32_t count, uint32_t *ret_places)
{
	for (uint32_t i = 0; i < count; i++) {
		if (gaps_ns[i] > flows->theta_ns[0])
			train_close(flow, 0);
		flow->pkts++;
		ret_places[i] = scope_flow_train_pkts(flow, 0);
	}
}

static void row_gaps_add(const struct scope_flows *flows,
			 struct scope_flow *flow, const uint64_t *times_ns,
			 uint32_t count, uint32_t *ret_places)
{
	uint32_t gaps_ns[SCOPE_LOOK_UP_MAX], min_ns = UINT32_MAX, max_ns = 0;
	uint32_t place = scope_flow_train_pkts(flow, 0);
	uint32_t last_ns = (uint32_t)flow->last_ns;
	double square_sum = flow->gap_square_sum;
	uint32_t bucket;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t gap_ns = (uint32_t)times_ns[i] - last_ns;
		double gap = (double)(int32_t)gap_ns;

		gaps_ns[i] = gap_ns;
		min_ns = gap_ns < min_ns ? gap_ns : min_ns;
		max_ns = gap_ns > max_ns ? gap_ns : max_ns;
		square_sum += gap * gap;
		last_ns += gap_ns;
	}
	flow->gap_square_sum = square_sum;
	bucket = gap_bucket(min_ns);
	if (bucket == gap_bucket(max_ns))
		scope_flow_gaps_add(flow, bucket, count);
	else
		for (uint32_t i = 0; i < count; i++)
			scope_flow_gaps_add(flow, gap_bucket(gaps_ns[i]), 1);
	if (min_ns < flow->gap_min_ns || flow->pkts == 1)
		flow->gap_min_ns = min_ns;
	if (max_ns > flow->gap_max_ns)
		flow->gap_max_ns = max_ns;
	if (max_ns > flows->theta_ns[0]) {
		row_trains_add(flows, flow, gaps_ns, count, ret_places);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		ret_places[i] = place + i + 1;
	flow->pkts += count;
}

static uint32_t row_add(struct scope_flows *flows, struct scope_flow *flow,
			uint32_t number, const uint64_t *times_ns,
			const uint32_t *bytes, uint32_t count,
			uint32_t *ret_places)
{
	uint32_t index = row_ring_add(flows, number, times_ns, bytes, count);
	uint32_t sum = 0;

	for (uint32_t i = 0; i < count; i++)
		sum += bytes[i];
	row_window_add(flows, &flow->window[0], WINDOW_MIN_NS, times_ns, bytes,
		       count, sum, index);
	row_window_add(flows, &flow->window[1], WINDOW_MAX_NS, times_ns, bytes,
		       count, sum, index);
	row_gaps_add(flows, flow, times_ns, count, ret_places);
	flow->block_bytes += sum;
	flow->bytes += sum;
	flow->last_pkt = index + count - 1;
	flow->last_ns = times_ns[count - 1];
	return sum;
}

uint32_t scope_pkts_add(struct scope_flows *flows, uint32_t number,
			const uint64_t *times_ns, const uint32_t *bytes,
			uint32_t count, uint32_t *ret_places)
{
	struct scope_flow *flow = &flows->flow[number];
	uint32_t sum = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (i && i + 1 < count &&
		    row_is_close(flows, flow, times_ns[count - 1]))
			return sum + row_add(flows, flow, number, times_ns + i,
					     bytes + i, count - i,
					     ret_places + i);
		pkt_add(flows, flow, number, times_ns[i], flow->pkts ?
			times_ns[i] - flow->last_ns : UINT64_MAX, bytes[i]);
		ret_places[i] = scope_flow_train_pkts(flow, 0);
		sum += bytes[i];
	}
	return sum;
}

void scope_pkts_finish(struct scope_flow *flow, uint64_t seconds,
		       uint64_t rest_ns)
{
	/* a part of a second has no mean that means much: only if alone */
	if (flow->pkts && flow->block < seconds)
		block_close(flow, SLUICE_NS_PER_S);
	else if (flow->pkts && !flow->blocks_counted && rest_ns)
		block_close(flow, rest_ns);
	for (uint32_t i = 0; i < SCOPE_FLOW_THETAS; i++)
		train_close(flow, i);
}
