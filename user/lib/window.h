/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Most bytes in any window (s, s + w], for several w at once, exactly.
 *
 * The maximum is reached by a window that ends with a packet. Where a window
 * begins is found only when that matters: as long as the bytes from an earlier
 * packet on do not exceed the maximum, neither do those of the window. Most
 * batches of packets take one comparison that way.
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
	/* The window that ends with the newest packet begins here, or later. */
	uint64_t tail_pkt;
	uint64_t bytes;			/* from there on */
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
