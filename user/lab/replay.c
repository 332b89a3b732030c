// SPDX-License-Identifier: GPL-2.0
#include "replay.h"

#include <stdlib.h>
#include <string.h>

#define RING_FIRST	1024u
#define LEVELS_FIRST	64u
#define NS_PER_S	1000000000ull
#define PPM		1000000u

static int fifo_init(struct lab_fifo *fifo, uint64_t limit_pkts)
{
	*fifo = (struct lab_fifo){
		.limit_pkts = limit_pkts,
		.leave_ns = malloc(RING_FIRST * sizeof(*fifo->leave_ns)),
		.mask = RING_FIRST - 1,
	};
	return fifo->leave_ns ? 0 : -1;
}

static int fifo_grow(struct lab_fifo *fifo)
{
	uint64_t mask = fifo->mask * 2 + 1;
	uint64_t *ring = malloc((mask + 1) * sizeof(*ring));

	if (!ring)
		return -1;
	for (uint64_t i = fifo->tail; i != fifo->head; i++)
		ring[i & mask] = fifo->leave_ns[i & fifo->mask];
	free(fifo->leave_ns);
	fifo->leave_ns = ring;
	fifo->mask = mask;
	return 0;
}

/* Returns 1 if the frame was queued, 0 if dropped, -1 without memory. */
static int fifo_enqueue(struct lab_fifo *fifo, uint64_t now_ns,
			uint64_t wire_ns, uint64_t step_ns)
{
	uint64_t from_ns = now_ns;

	if (fifo->head - fifo->tail >= fifo->limit_pkts) {
		fifo->dropped_pkts++;
		return 0;
	}
	if (fifo->head - fifo->tail > fifo->mask && fifo_grow(fifo) < 0)
		return -1;
	if (fifo->head != fifo->tail && fifo->last_leave_ns > now_ns)
		from_ns = fifo->last_leave_ns;
	fifo->last_leave_ns = from_ns + wire_ns;
	fifo->leave_ns[fifo->head++ & fifo->mask] =
		(fifo->last_leave_ns + step_ns - 1) / step_ns * step_ns;
	return 1;
}

int lab_replay_init(struct lab_replay *replay,
		    const struct lab_replay_config *config)
{
	uint64_t span_ns = config->end_ns - config->start_ns;

	memset(replay, 0, sizeof(*replay));
	replay->config = *config;
	replay->levels = LEVELS_FIRST;
	replay->slots = (uint32_t)((span_ns + config->slot_ns - 1) /
				   config->slot_ns);
	replay->level_ns = calloc(replay->levels, sizeof(*replay->level_ns));
	replay->slot_area_pkt_ns = calloc(replay->slots,
					  sizeof(*replay->slot_area_pkt_ns));
	replay->slot_max_pkts = calloc(replay->slots,
				       sizeof(*replay->slot_max_pkts));
	if (!replay->level_ns || !replay->slot_area_pkt_ns ||
	    !replay->slot_max_pkts)
		return -1;
	if (fifo_init(&replay->port, config->limit_pkts) < 0)
		return -1;
	return fifo_init(&replay->unlimited, UINT64_MAX);
}

void lab_replay_done(struct lab_replay *replay)
{
	free(replay->port.leave_ns);
	free(replay->unlimited.leave_ns);
	free(replay->level_ns);
	free(replay->slot_area_pkt_ns);
	free(replay->slot_max_pkts);
	memset(replay, 0, sizeof(*replay));
}

/* The queue has had this length since replay->now_ns and has it until now_ns. */
static void account(struct lab_replay *replay, uint64_t now_ns)
{
	uint64_t level = replay->port.head - replay->port.tail;
	uint64_t from_ns = replay->now_ns;

	replay->now_ns = now_ns;
	if (from_ns < replay->config.start_ns)
		from_ns = replay->config.start_ns;
	if (now_ns > replay->config.end_ns)
		now_ns = replay->config.end_ns;
	if (from_ns >= now_ns)
		return;
	replay->level_ns[level] += now_ns - from_ns;
	if (level > replay->max_pkts)
		replay->max_pkts = (uint32_t)level;
	while (from_ns < now_ns) {
		uint64_t slot = (from_ns - replay->config.start_ns) /
				replay->config.slot_ns;
		uint64_t to_ns = replay->config.start_ns +
				 (slot + 1) * replay->config.slot_ns;

		if (to_ns > now_ns)
			to_ns = now_ns;
		replay->slot_area_pkt_ns[slot] += level * (to_ns - from_ns);
		if (level > replay->slot_max_pkts[slot])
			replay->slot_max_pkts[slot] = (uint32_t)level;
		from_ns = to_ns;
	}
}

/* All frames leave whose time has come by now_ns. */
static void drain(struct lab_replay *replay, uint64_t now_ns)
{
	struct lab_fifo *fifo = &replay->port;

	while (fifo->tail != fifo->head) {
		uint64_t leave_ns = fifo->leave_ns[fifo->tail & fifo->mask];

		if (leave_ns > now_ns)
			break;
		account(replay, leave_ns);
		fifo->tail++;
		fifo->ties += leave_ns == now_ns;
		if (replay->departed)
			replay->departed(replay->context, leave_ns);
	}
	fifo = &replay->unlimited;
	while (fifo->tail != fifo->head &&
	       fifo->leave_ns[fifo->tail & fifo->mask] <= now_ns)
		fifo->tail++;
}

static int levels_grow(struct lab_replay *replay, uint64_t level)
{
	uint32_t levels = replay->levels;
	uint64_t *grown;

	while (levels <= level)
		levels *= 2;
	grown = realloc(replay->level_ns, levels * sizeof(*grown));
	if (!grown)
		return -1;
	memset(grown + replay->levels, 0,
	       (levels - replay->levels) * sizeof(*grown));
	replay->level_ns = grown;
	replay->levels = levels;
	return 0;
}

int lab_replay_arrive(struct lab_replay *replay, uint64_t now_ns,
		      uint32_t frame_bytes)
{
	uint64_t bytes = (uint64_t)frame_bytes +
			 replay->config.link_overhead_bytes;
	uint64_t wire_ns = bytes * NS_PER_S / (replay->config.rate_bits_ps / 8);
	uint64_t step_ns = replay->config.clock_step_ns, level;
	bool is_in_span = now_ns >= replay->config.start_ns &&
			  now_ns < replay->config.end_ns;
	int queued;

	drain(replay, now_ns);
	account(replay, now_ns);
	replay->arrived_pkts++;
	queued = fifo_enqueue(&replay->port, now_ns, wire_ns, step_ns);
	if (queued < 0)
		return -1;
	replay->span_dropped_pkts += is_in_span && !queued;
	level = replay->port.head - replay->port.tail;
	if (level >= replay->levels && levels_grow(replay, level) < 0)
		return -1;
	if (fifo_enqueue(&replay->unlimited, now_ns, wire_ns, step_ns) < 0)
		return -1;
	level = replay->unlimited.head - replay->unlimited.tail;
	if (is_in_span && level > replay->unlimited_max_pkts)
		replay->unlimited_max_pkts = level;
	return 0;
}

void lab_replay_finish(struct lab_replay *replay)
{
	drain(replay, UINT64_MAX);
	if (replay->now_ns < replay->config.end_ns)
		account(replay, replay->config.end_ns);
}

double lab_replay_mean_pkts(const struct lab_replay *replay)
{
	double area = 0;

	for (uint32_t i = 0; i < replay->levels; i++)
		area += (double)i * (double)replay->level_ns[i];
	return area / (double)(replay->config.end_ns - replay->config.start_ns);
}

uint32_t lab_replay_quantile_pkts(const struct lab_replay *replay,
				  uint32_t share_ppm)
{
	unsigned __int128 span_ns = replay->config.end_ns -
				    replay->config.start_ns;
	uint64_t rank_ns = (uint64_t)((span_ns * share_ppm + PPM - 1) / PPM);
	uint64_t below_ns = 0;

	for (uint32_t i = 0; i < replay->levels; i++) {
		below_ns += replay->level_ns[i];
		if (below_ns >= rank_ns)
			return i;
	}
	return replay->max_pkts;
}
