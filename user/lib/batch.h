/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames in a row that are looked at together: what is one comparison for each of
 * them is then one for eight, and most of what they are compared with is loaded
 * once.
 *
 * Arrays may be read, not used, up to a whole number of SLUICE_BATCH_STEP.
 */
#ifndef SLUICE_BATCH_H
#define SLUICE_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#define SLUICE_BATCH_PKTS	256u
#define SLUICE_BATCH_STEP	8u

/**
 * struct sluice_batch - some frames, at most a second from the first to the last
 * @count: how many
 * @first_ns: stamp of the first
 * @first_gap_ns: from the frame before the batch to the first; others' fit 30 bits
 * @at_ns: of each since @first_ns
 * @frame_bytes: of each, as it was given
 * @wire_ns: of the frame before each, at most UINT32_MAX
 * @theta_ns: the longest gap of a train behind the frame before each, the same
 * @gap_ns: to the frame before each; of the first 0
 * @bytes: accounted
 * @bytes_before: accounted, of all frames of the batch in front of each; and of all
 * @min_bytes: of @bytes
 * @max_bytes: of @bytes
 *
 * The first five are given, the rest follows (sluice_batch_prepare).
 */
struct sluice_batch {
	uint32_t count;
	uint64_t first_ns;
	uint64_t first_gap_ns;
	uint32_t at_ns[SLUICE_BATCH_PKTS];
	uint32_t frame_bytes[SLUICE_BATCH_PKTS];
	uint32_t wire_ns[SLUICE_BATCH_PKTS];
	uint32_t theta_ns[SLUICE_BATCH_PKTS];
	uint32_t gap_ns[SLUICE_BATCH_PKTS];
	uint32_t bytes[SLUICE_BATCH_PKTS];
	uint32_t bytes_before[SLUICE_BATCH_PKTS + SLUICE_BATCH_STEP];
	uint32_t min_bytes;
	uint32_t max_bytes;
};

/* Gaps, accounted bytes and their sums, from at_ns and frame_bytes. */
void sluice_batch_prepare(struct sluice_batch *batch, uint32_t min_frame_bytes,
			  uint32_t overhead_bytes);

/* What follows from the gaps behind the first. */
struct sluice_batch_gaps {
	unsigned __int128 square_sum;
	uint32_t censored;		/* shorter than what stamps tell */
	uint32_t idle_ns[SLUICE_BATCH_PKTS];	/* less the wire time of the frame before */
};

/* After _prepare. Gaps below uncertainty_ns are counted as censored. */
void sluice_batch_gaps(const struct sluice_batch *batch, uint32_t uncertainty_ns,
		       struct sluice_batch_gaps *ret);

#endif
