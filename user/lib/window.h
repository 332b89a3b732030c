/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Most bytes in any window (s, s + w], for several w at once, exactly.
 *
 * The maximum is reached by a window that ends with a packet. Where a window
 * begins is found only when that matters. Of eight packets in a row that is known
 * without a look at each
 * - if the bytes from an earlier packet on do not exceed the maximum;
 * - if all from there on lie in one window: the last one is the largest;
 * - if a window's time was over so few packets ago that they cannot have more
 *   bytes than the maximum: so it is in trains.
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

#define SLUICE_WINDOW_BACK	64u	/* packets before a batch that are at hand */

/* The newest batch and what was before it: stamps modulo 2^32, sums of bytes too. */
struct sluice_window_pkts {
	uint32_t time_ns[SLUICE_WINDOW_BACK + SLUICE_BATCH_PKTS +
			 SLUICE_BATCH_STEP];
	uint32_t bytes_before[SLUICE_WINDOW_BACK + SLUICE_BATCH_PKTS +
			      SLUICE_BATCH_STEP + 1];
};

struct sluice_windows {
	uint32_t count;
	struct sluice_window_pkts pkts;
	uint32_t pkt_max_bytes;		/* of the packets before the batch that are at hand */
	struct sluice_window window[SLUICE_WINDOWS_MAX];
};

/* At most SLUICE_WINDOWS_MAX lengths of at most SLUICE_WINDOW_MAX_NS. */
void sluice_windows_init(struct sluice_windows *windows,
			 const uint64_t *lengths_ns, uint32_t count);

/*
 * Take in a batch that is the newest one of recent, which keeps packets for the
 * longest window at least. Time must not go backwards.
 */
void sluice_windows_add(struct sluice_windows *windows,
			const struct sluice_recent *recent,
			const struct sluice_batch *batch);

#endif
