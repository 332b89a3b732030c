/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Most bytes in any window (s, s + w], for several w at once, exactly.
 *
 * The maximum is reached by a window that ends with a packet, so at each
 * packet the sum of the window ending there is enough. One ring holds the
 * packets of the longest window with the running total of bytes before each;
 * every window has its own tail in it. Packets with one stamp share an entry,
 * so a ring never has more entries than its longest window has nanoseconds.
 */
#ifndef SLUICE_WINDOW_H
#define SLUICE_WINDOW_H

#include <stdint.h>

#define SLUICE_WINDOWS_MAX	8u

struct sluice_window_entry {
	uint64_t time_ns;
	uint64_t bytes_before;		/* of all packets before this stamp */
};

struct sluice_windows {
	uint32_t count;
	uint64_t length_ns[SLUICE_WINDOWS_MAX];		/* ascending */
	uint64_t tail[SLUICE_WINDOWS_MAX];		/* entries ever pushed before */
	uint64_t max_bytes[SLUICE_WINDOWS_MAX];		/* reset by the owner */
	uint64_t head;					/* entries ever pushed */
	uint64_t bytes;					/* of all packets */
	uint64_t mask;
	struct sluice_window_entry *ring;
};

/* Lengths ascending, at most SLUICE_WINDOWS_MAX. Returns 0 or -1 (no memory). */
int sluice_windows_init(struct sluice_windows *windows,
			const uint64_t *lengths_ns, uint32_t count);
void sluice_windows_done(struct sluice_windows *windows);

/* Double the ring. Returns 0 or -1 (no memory). */
int sluice_windows_grow(struct sluice_windows *windows);

/* Time must not go backwards. Returns 0 or -1 (no memory). */
static inline int sluice_windows_add(struct sluice_windows *windows,
				     uint64_t time_ns, uint32_t bytes)
{
	struct sluice_window_entry *ring = windows->ring;
	uint64_t mask = windows->mask;

	if (!windows->head ||
	    ring[(windows->head - 1) & mask].time_ns != time_ns) {
		for (uint32_t i = 0; i < windows->count; i++) {
			uint64_t at = windows->tail[i];

			while (at != windows->head && time_ns -
			       ring[at & mask].time_ns >= windows->length_ns[i])
				at++;
			windows->tail[i] = at;
		}
		if (windows->head - windows->tail[windows->count - 1] > mask) {
			if (sluice_windows_grow(windows) < 0)
				return -1;
			ring = windows->ring;
			mask = windows->mask;
		}
		ring[windows->head++ & mask] = (struct sluice_window_entry){
			.time_ns = time_ns,
			.bytes_before = windows->bytes,
		};
	}
	windows->bytes += bytes;
	for (uint32_t i = 0; i < windows->count; i++) {
		uint64_t sum = windows->bytes -
			       ring[windows->tail[i] & mask].bytes_before;

		if (sum > windows->max_bytes[i])
			windows->max_bytes[i] = sum;
	}
	return 0;
}

#endif
