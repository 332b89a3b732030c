// SPDX-License-Identifier: GPL-2.0
#include "window.h"

/* Looked at together where they cannot hold a new maximum. */
#define GROUP_PKTS	32u

void sluice_windows_init(struct sluice_windows *windows,
			 const uint64_t *lengths_ns, uint32_t count)
{
	*windows = (struct sluice_windows){ .count = count };
	for (uint32_t i = 0; i < count; i++)
		windows->window[i].length_ns = (uint32_t)lengths_ns[i];
}

/* The first batch that has a packet less than a window before the newest one. */
static void batch_advance(struct sluice_window *window,
			  const struct sluice_recent *recent, uint64_t time_ns)
{
	if (window->batch < recent->first_batch)
		window->batch = recent->first_batch;
	while (window->batch + 1 < recent->end_batch &&
	       sluice_recent_batch(recent, window->batch)->end_ns +
	       window->length_ns <= time_ns)
		window->batch++;
}

/*
 * Every window that ends in packets from to to. The tail is moved only when the
 * bytes from there on exceed the maximum: until then no window does.
 */
static void pkts_look(struct sluice_window *window,
		      const struct sluice_recent *recent, uint64_t from,
		      uint64_t to)
{
	const struct sluice_recent_pkt *pkts = recent->pkts;
	uint64_t mask = recent->pkts_mask;
	uint64_t tail = window->tail_pkt, bytes = window->bytes;
	uint64_t max_bytes = window->max_bytes;
	uint32_t length_ns = window->length_ns;

	for (uint64_t i = from; i != to; i++) {
		struct sluice_recent_pkt pkt = pkts[i & mask];

		bytes += pkt.bytes;
		if (bytes <= max_bytes)
			continue;
		while (pkt.time_ns - pkts[tail & mask].time_ns >= length_ns)
			bytes -= pkts[tail++ & mask].bytes;
		if (bytes > max_bytes)
			max_bytes = bytes;
	}
	window->tail_pkt = tail;
	window->bytes = bytes;
	window->max_bytes = max_bytes;
}

/* The bytes of each group of packets of the newest batch. */
struct groups {
	uint32_t count;
	uint64_t bytes[SLUICE_BATCH_PKTS / GROUP_PKTS];
};

static void groups_sum(const struct sluice_recent *recent, uint64_t from,
		       struct groups *groups)
{
	groups->count = 0;
	for (uint64_t i = from; i < recent->end_pkt; i += GROUP_PKTS) {
		uint64_t bytes = 0;

		for (uint64_t k = i; k < i + GROUP_PKTS &&
				     k < recent->end_pkt; k++)
			bytes += sluice_recent_pkt(recent, k)->bytes;
		groups->bytes[groups->count++] = bytes;
	}
}

static void groups_look(struct sluice_window *window,
			const struct sluice_recent *recent,
			const struct groups *groups, uint64_t from)
{
	for (uint32_t g = 0; g < groups->count; g++) {
		uint64_t to = from + GROUP_PKTS;

		if (to > recent->end_pkt)
			to = recent->end_pkt;
		if (window->bytes + groups->bytes[g] <= window->max_bytes)
			window->bytes += groups->bytes[g];
		else
			pkts_look(window, recent, from, to);
		from = to;
	}
}

void sluice_windows_add(struct sluice_windows *windows,
			const struct sluice_recent *recent)
{
	const struct sluice_recent_batch *newest =
		sluice_recent_batch(recent, recent->end_batch - 1);
	uint64_t batch_bytes = recent->bytes - newest->bytes_before;
	struct groups groups;

	groups_sum(recent, newest->index, &groups);
	for (uint32_t i = 0; i < windows->count; i++) {
		struct sluice_window *window = &windows->window[i];
		const struct sluice_recent_batch *oldest;

		batch_advance(window, recent, newest->time_ns);
		oldest = sluice_recent_batch(recent, window->batch);
		if (window->tail_pkt < oldest->index) {
			window->tail_pkt = oldest->index;
			window->bytes = newest->bytes_before -
					oldest->bytes_before;
		}
		if (window->bytes + batch_bytes <= window->max_bytes)
			window->bytes += batch_bytes;
		else
			groups_look(window, recent, &groups, newest->index);
	}
}
