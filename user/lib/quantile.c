// SPDX-License-Identifier: GPL-2.0
#include "quantile.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "wide.h"

#define PPM	1000000u

int sluice_hist_init(struct sluice_hist *hist, uint32_t bits,
		     uint32_t octaves)
{
	uint32_t buckets = (octaves - bits + 1) << bits;

	*hist = (struct sluice_hist){
		.buckets = calloc(buckets, sizeof(*hist->buckets)),
		.bits = bits,
		.last = buckets - 1,
		.min = UINT64_MAX,
	};
	return hist->buckets ? 0 : -1;
}

void sluice_hist_done(struct sluice_hist *hist)
{
	free(hist->buckets);
	hist->buckets = NULL;
}

/* Where a float of 32 bits has its exponent, and what it adds to it. */
#define FLOAT_EXPONENT_SHIFT	23u
#define FLOAT_EXPONENT_BIAS	127u

/*
 * sluice_bucket_index of many: a float has the number of the octave in its
 * exponent and the bucket in the bits behind. What follows the bucket's bits is
 * thinned out, so that rounding cannot carry into them.
 */
static inline __attribute__((always_inline))
void indices_of(const struct sluice_hist *hist, const uint32_t *values,
		uint32_t count, uint32_t *indices)
{
	uint32_t bits = hist->bits, last = hist->last;
	uint32_t shift = FLOAT_EXPONENT_SHIFT - bits;
	uint32_t offset = (FLOAT_EXPONENT_BIAS - 1 + bits) << bits;
	uint32_t low = 1u << bits;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t value = values[i], index;
		uint32_t is_low = -(uint32_t)(value < low);
		float number = (float)(int32_t)(value & ~(value >> (bits + 1)));

		memcpy(&index, &number, sizeof(index));
		index = (index >> shift) - offset;
		/* without a branch, or there is no vector */
		index = (value & is_low) | (index & ~is_low);
		indices[i] = index < last ? index : last;
	}
}

static inline __attribute__((always_inline))
void add_batch(struct sluice_hist *hist, const uint32_t *values, uint32_t count)
{
	uint32_t indices[SLUICE_HIST_BATCH], min = UINT32_MAX, max = 0;
	struct sluice_hist_bucket *buckets = hist->buckets;
	uint64_t sum = 0;

	indices_of(hist, values, count, indices);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t value = values[i];

		sum += value;
		min = value < min ? value : min;
		max = value > max ? value : max;
	}
	for (uint32_t i = 0; i < count; i++) {
		buckets[indices[i]].count++;
		buckets[indices[i]].sum += values[i];
	}
	hist->count += count;
	hist->sum += sum;
	hist->min = min < hist->min ? min : hist->min;
	hist->max = max > hist->max ? max : hist->max;
}

SLUICE_WIDE static void add_batch_wide(struct sluice_hist *hist,
				       const uint32_t *values, uint32_t count)
{
	add_batch(hist, values, count);
}

void sluice_hist_add_batch(struct sluice_hist *hist, const uint32_t *values,
			   uint32_t count)
{
	if (!count)
		return;
	if (sluice_is_wide())
		add_batch_wide(hist, values, count);
	else
		add_batch(hist, values, count);
}

static uint64_t quantile(const struct sluice_hist *hist, uint32_t share_ppm,
			 bool is_weighted)
{
	unsigned __int128 total = is_weighted ? hist->sum : hist->count;
	uint64_t rank = (uint64_t)((total * share_ppm + PPM - 1) / PPM);
	uint64_t below = 0;

	if (!hist->count)
		return 0;
	if (!rank)
		return hist->min;
	for (uint32_t i = 0; i <= hist->last; i++) {
		const struct sluice_hist_bucket *bucket = &hist->buckets[i];

		below += is_weighted ? bucket->sum : bucket->count;
		if (below >= rank)
			return below == total && rank == total ?
			       hist->max : bucket->sum / bucket->count;
	}
	return hist->max;
}

uint64_t sluice_hist_quantile(const struct sluice_hist *hist,
			      uint32_t share_ppm)
{
	return quantile(hist, share_ppm, false);
}

uint64_t sluice_hist_quantile_weighted(const struct sluice_hist *hist,
				       uint32_t share_ppm)
{
	return quantile(hist, share_ppm, true);
}

void sluice_hist_merge(struct sluice_hist *to, const struct sluice_hist *from)
{
	for (uint32_t i = 0; i <= to->last; i++) {
		to->buckets[i].count += from->buckets[i].count;
		to->buckets[i].sum += from->buckets[i].sum;
	}
	to->count += from->count;
	to->sum += from->sum;
	if (from->min < to->min)
		to->min = from->min;
	if (from->max > to->max)
		to->max = from->max;
}
