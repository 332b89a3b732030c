// SPDX-License-Identifier: GPL-2.0
#include "window.h"

#include <string.h>

#include "wide.h"

/* Looked at together where they cannot hold a new maximum. */
#define GROUP_PKTS	SLUICE_BATCH_STEP
#define BACK		SLUICE_WINDOW_BACK

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

/* Move the tail to the first packet less than a window before packet at. */
static inline void tail_find(struct sluice_window *window,
			     const struct sluice_recent *recent, uint64_t at,
			     uint32_t time_ns)
{
	uint64_t tail = window->tail_pkt;
	uint32_t before = sluice_recent_pkt(recent, tail)->bytes_before;
	uint32_t length_ns = window->length_ns;

	while (tail + GROUP_PKTS < at &&
	       time_ns - sluice_recent_pkt(recent, tail + GROUP_PKTS)->time_ns >=
	       length_ns) {
		uint32_t next;

		tail += GROUP_PKTS;
		next = sluice_recent_pkt(recent, tail)->bytes_before;
		window->bytes -= next - before;
		before = next;
	}
	while (time_ns - sluice_recent_pkt(recent, tail)->time_ns >= length_ns)
		tail++;
	window->bytes -= sluice_recent_pkt(recent, tail)->bytes_before - before;
	window->tail_pkt = tail;
}

/*
 * Every window that ends in packets from `from` in front of `to` of the batch,
 * which begins with packet first. The tail is moved only when the bytes from
 * there on exceed the maximum: until then no window does.
 */
static void pkts_look(struct sluice_window *window,
		      const struct sluice_recent *recent,
		      const struct sluice_window_pkts *pkts, uint64_t first,
		      uint32_t from, uint32_t to)
{
	const uint32_t *before = pkts->bytes_before + BACK;

	for (uint32_t i = from; i < to; i++) {
		window->bytes += before[i + 1] - before[i];
		if (window->bytes <= window->max_bytes)
			continue;
		tail_find(window, recent, first + i, pkts->time_ns[BACK + i]);
		if (window->bytes > window->max_bytes)
			window->max_bytes = window->bytes;
	}
}

/* The batch goes behind the last packets that were here. */
static inline __attribute__((always_inline))
void batch_put(struct sluice_window_pkts *pkts, const struct sluice_batch *batch)
{
	uint32_t first_ns = (uint32_t)batch->first_ns, count = batch->count;
	uint32_t before = pkts->bytes_before[BACK];

	for (uint32_t i = 0; i < count; i++) {
		pkts->time_ns[BACK + i] = first_ns + batch->at_ns[i];
		pkts->bytes_before[BACK + i] = before + batch->bytes_before[i];
	}
	pkts->bytes_before[BACK + count] = before + batch->bytes_before[count];
}

/* The last of them are what is before the next batch. */
static void batch_keep(struct sluice_window_pkts *pkts, uint32_t count)
{
	memmove(pkts->time_ns, pkts->time_ns + count,
		BACK * sizeof(pkts->time_ns[0]));
	memmove(pkts->bytes_before, pkts->bytes_before + count,
		(BACK + 1) * sizeof(pkts->bytes_before[0]));
}

/* A window's time was over `back` packets before each of the group from `at` on. */
static inline __attribute__((always_inline))
bool is_over(const struct sluice_window_pkts *pkts, uint32_t at, uint32_t back,
	     uint32_t length_ns)
{
	const uint32_t *time_ns = pkts->time_ns + BACK + at;
	uint32_t least_ns = UINT32_MAX;

	for (uint32_t i = 0; i < GROUP_PKTS; i++) {
		uint32_t past_ns = time_ns[i] - time_ns[(int)i - (int)back];

		least_ns = past_ns < least_ns ? past_ns : least_ns;
	}
	return least_ns >= length_ns;
}

/* So many packets never have more bytes than the maximum; 0: not known. */
static inline uint32_t back_of(const struct sluice_window *window,
			       uint32_t pkt_max_bytes)
{
	uint64_t back = window->max_bytes / pkt_max_bytes;

	return back <= BACK ? (uint32_t)back : 0;
}

/* The last window that ends in front of end has `back` packets at most. */
static inline void tail_skip(struct sluice_window *window,
			     const struct sluice_window_pkts *pkts, uint32_t end,
			     uint64_t end_pkt, uint32_t back)
{
	const uint32_t *before = pkts->bytes_before + BACK + end;

	if (end_pkt - back <= window->tail_pkt)
		return;
	window->tail_pkt = end_pkt - back;
	window->bytes = before[0] - before[-(int)back];
}

static inline __attribute__((always_inline))
void groups_look(struct sluice_window *window,
		 const struct sluice_recent *recent,
		 const struct sluice_window_pkts *pkts, uint32_t count,
		 uint32_t pkt_max_bytes)
{
	uint64_t first = recent->end_pkt - count;
	const uint32_t *before = pkts->bytes_before + BACK;
	uint32_t length_ns = window->length_ns;
	uint32_t back = back_of(window, pkt_max_bytes);

	for (uint32_t at = 0, to; at < count; at = to) {
		uint64_t bytes;

		to = at + GROUP_PKTS < count ? at + GROUP_PKTS : count;
		bytes = window->bytes + (before[to] - before[at]);
		if (bytes <= window->max_bytes) {
			window->bytes = bytes;
		} else if (back && to == at + GROUP_PKTS &&
			   is_over(pkts, at, back, length_ns)) {
			window->bytes = bytes;
			tail_skip(window, pkts, to, first + to, back);
		} else if (pkts->time_ns[BACK + to - 1] -
			   sluice_recent_pkt(recent, window->tail_pkt)->time_ns <
			   length_ns) {
			window->bytes = bytes;
			window->max_bytes = bytes;
		} else {
			pkts_look(window, recent, pkts, first, at, to);
			back = back_of(window, pkt_max_bytes);
		}
	}
}

static inline __attribute__((always_inline))
void windows_add(struct sluice_windows *windows,
		 const struct sluice_recent *recent,
		 const struct sluice_batch *batch)
{
	const struct sluice_recent_batch *newest =
		sluice_recent_batch(recent, recent->end_batch - 1);
	uint64_t batch_bytes = recent->bytes - newest->bytes_before;
	uint32_t pkt_max_bytes = windows->pkt_max_bytes > batch->max_bytes ?
				 windows->pkt_max_bytes : batch->max_bytes;

	batch_put(&windows->pkts, batch);
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
			groups_look(window, recent, &windows->pkts,
				    batch->count, pkt_max_bytes);
	}
	batch_keep(&windows->pkts, batch->count);
	windows->pkt_max_bytes = batch->count < BACK ? pkt_max_bytes :
						       batch->max_bytes;
}

SLUICE_WIDE static void windows_add_wide(struct sluice_windows *windows,
					 const struct sluice_recent *recent,
					 const struct sluice_batch *batch)
{
	windows_add(windows, recent, batch);
}

void sluice_windows_add(struct sluice_windows *windows,
			const struct sluice_recent *recent,
			const struct sluice_batch *batch)
{
	if (sluice_is_wide())
		windows_add_wide(windows, recent, batch);
	else
		windows_add(windows, recent, batch);
}
