// SPDX-License-Identifier: GPL-2.0
#include "window.h"

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

/* Every window that ends in the newest batch. */
static void batch_look(struct sluice_window *window,
		       const struct sluice_recent *recent,
		       const struct sluice_recent_batch *newest)
{
	const struct sluice_recent_batch *oldest =
		sluice_recent_batch(recent, window->batch);
	const struct sluice_recent_pkt *pkts = recent->pkts;
	uint64_t mask = recent->pkts_mask, end = recent->end_pkt;
	uint64_t tail = window->tail_pkt, bytes = window->bytes;
	uint64_t max_bytes = window->max_bytes;
	uint32_t length_ns = window->length_ns;

	if (window->looked_pkt != newest->index || tail < oldest->index) {
		tail = oldest->index;
		bytes = newest->bytes_before - oldest->bytes_before;
	}
	for (uint64_t i = newest->index; i != end; i++) {
		struct sluice_recent_pkt pkt = pkts[i & mask];

		bytes += pkt.bytes;
		while (pkt.time_ns - pkts[tail & mask].time_ns >= length_ns)
			bytes -= pkts[tail++ & mask].bytes;
		if (bytes > max_bytes)
			max_bytes = bytes;
	}
	window->tail_pkt = tail;
	window->bytes = bytes;
	window->looked_pkt = end;
	window->max_bytes = max_bytes;
}

void sluice_windows_add(struct sluice_windows *windows,
			const struct sluice_recent *recent)
{
	const struct sluice_recent_batch *newest =
		sluice_recent_batch(recent, recent->end_batch - 1);

	for (uint32_t i = 0; i < windows->count; i++) {
		struct sluice_window *window = &windows->window[i];

		batch_advance(window, recent, newest->time_ns);
		if (recent->bytes - sluice_recent_batch(recent, window->batch)->
		    bytes_before > window->max_bytes)
			batch_look(window, recent, newest);
	}
}
