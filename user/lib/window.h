/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Most bytes in any window (s, s + w], for several w at once, exactly.
 *
 * The maximum is reached by a window that ends with a packet. A batch of
 * packets is looked at only where it can hold a new one: no window that ends in
 * it has more bytes than there are from w before its first packet to its last,
 * which the running totals of struct sluice_recent bound from above.
 */
#ifndef SLUICE_WINDOW_H
#define SLUICE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "recent.h"

#define SLUICE_WINDOWS_MAX	16u
/* A window and two batches must be told apart by 32 bits. */
#define SLUICE_WINDOW_MAX_NS	1000000000u

struct sluice_window {
	uint32_t length_ns;
	uint64_t max_bytes;		/* since the owner reset it */
	uint64_t batch;			/* the one in which the window begins */
	/* The window that ended with the last packet looked at. */
	uint64_t tail_pkt;		/* its first */
	uint64_t bytes;
	uint64_t looked_pkt;		/* behind the last packet looked at */
};

struct sluice_windows {
	uint32_t count;
	struct sluice_window window[SLUICE_WINDOWS_MAX];
};

/* At most SLUICE_WINDOWS_MAX lengths of at most SLUICE_WINDOW_MAX_NS. */
void sluice_windows_init(struct sluice_windows *windows,
			 const uint64_t *lengths_ns, uint32_t count);

/*
 * Take in the newest batch of recent, which keeps packets for the longest
 * window at least. Time must not go backwards.
 */
void sluice_windows_add(struct sluice_windows *windows,
			const struct sluice_recent *recent);

#endif
