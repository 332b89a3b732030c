// SPDX-License-Identifier: GPL-2.0
#include "batch.h"

#include "wide.h"

/* Squares of gaps below this can be added up in 64 bits. */
#define PLAIN_GAP_NS	(1u << 28)

static inline uint32_t max_of(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static inline uint32_t min_of(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static inline __attribute__((always_inline))
void prepare(struct sluice_batch *batch, uint32_t min_frame_bytes,
	     uint32_t overhead_bytes)
{
	uint32_t count = batch->count, sum = 0;
	uint32_t min_bytes = UINT32_MAX, max_bytes = 0;

	batch->gap_ns[0] = 0;
	for (uint32_t i = 1; i < count; i++)
		batch->gap_ns[i] = batch->at_ns[i] - batch->at_ns[i - 1];
	for (uint32_t i = 0; i < count; i++) {
		uint32_t bytes = max_of(batch->frame_bytes[i], min_frame_bytes) +
				 overhead_bytes;

		batch->bytes[i] = bytes;
		min_bytes = min_of(bytes, min_bytes);
		max_bytes = max_of(bytes, max_bytes);
	}
	for (uint32_t i = 0; i < count; i++) {
		batch->bytes_before[i] = sum;
		sum += batch->bytes[i];
	}
	batch->bytes_before[count] = sum;
	batch->min_bytes = min_bytes;
	batch->max_bytes = max_bytes;
}

SLUICE_WIDE static void prepare_wide(struct sluice_batch *batch,
				     uint32_t min_frame_bytes,
				     uint32_t overhead_bytes)
{
	prepare(batch, min_frame_bytes, overhead_bytes);
}

void sluice_batch_prepare(struct sluice_batch *batch, uint32_t min_frame_bytes,
			  uint32_t overhead_bytes)
{
	if (sluice_is_wide())
		prepare_wide(batch, min_frame_bytes, overhead_bytes);
	else
		prepare(batch, min_frame_bytes, overhead_bytes);
}

static unsigned __int128 squares_of_long(const uint32_t *gap_ns, uint32_t count)
{
	unsigned __int128 sum = 0;

	for (uint32_t i = 1; i < count; i++)
		sum += (uint64_t)gap_ns[i] * gap_ns[i];
	return sum;
}

static inline __attribute__((always_inline))
void gaps(const struct sluice_batch *batch, uint32_t uncertainty_ns,
	  struct sluice_batch_gaps *ret)
{
	const uint32_t *gap_ns = batch->gap_ns, *wire_ns = batch->wire_ns;
	uint32_t count = batch->count, censored = 0, longest = 0;
	uint64_t squares = 0;

	for (uint32_t i = 1; i < count; i++) {
		censored += gap_ns[i] < uncertainty_ns;
		longest = max_of(gap_ns[i], longest);
		ret->idle_ns[i] = max_of(gap_ns[i], wire_ns[i]) - wire_ns[i];
	}
	for (uint32_t i = 1; i < count; i++)
		squares += (uint64_t)gap_ns[i] * gap_ns[i];
	ret->censored = censored;
	ret->square_sum = longest < PLAIN_GAP_NS ? squares :
			  squares_of_long(gap_ns, count);
}

SLUICE_WIDE static void gaps_wide(const struct sluice_batch *batch,
				  uint32_t uncertainty_ns,
				  struct sluice_batch_gaps *ret)
{
	gaps(batch, uncertainty_ns, ret);
}

void sluice_batch_gaps(const struct sluice_batch *batch, uint32_t uncertainty_ns,
		       struct sluice_batch_gaps *ret)
{
	if (sluice_is_wide())
		gaps_wide(batch, uncertainty_ns, ret);
	else
		gaps(batch, uncertainty_ns, ret);
}
