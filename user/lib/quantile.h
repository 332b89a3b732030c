/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A log-linear histogram of u64 values that gives quantiles.
 *
 * Every octave is cut into 2^bits equal buckets, so a bucket is at most
 * value / 2^bits wide; values below 2^(bits+1) have a bucket each. A bucket
 * holds the number and the sum of its values: a quantile is the mean of the
 * values in its bucket. It is therefore exact whenever the values in that
 * bucket are equal (constant gaps, batches), and wrong by less than the
 * bucket's width otherwise. The sums also give weighted quantiles: for train
 * lengths, the share of packets instead of the share of trains.
 */
#ifndef SLUICE_QUANTILE_H
#define SLUICE_QUANTILE_H

#include <stdint.h>

/* Octaves for times: 2^40 ns are 18 minutes. */
#define SLUICE_HIST_OCTAVES_NS	40u
/* Octaves for numbers of packets. */
#define SLUICE_HIST_OCTAVES_PKTS	24u

struct sluice_hist_bucket {
	uint64_t count;
	uint64_t sum;
};

struct sluice_hist {
	struct sluice_hist_bucket *buckets;
	uint32_t bits;
	uint32_t last;			/* index of the last bucket */
	uint64_t count;
	uint64_t sum;
	uint64_t min;
	uint64_t max;
};

/*
 * Bits from 1 to 12; values from 2^octaves on share the last bucket.
 * Returns 0 or -1 (no memory).
 */
int sluice_hist_init(struct sluice_hist *hist, uint32_t bits,
		     uint32_t octaves);
void sluice_hist_done(struct sluice_hist *hist);

/* The bucket of a value where an octave has 2^bits, at most last. */
static inline uint32_t sluice_bucket_index(uint64_t value, uint32_t bits,
					   uint32_t last)
{
	int shift = 63 - __builtin_clzll(value | 1) - (int)bits;
	uint32_t index;

	if (shift < 0)
		shift = 0;
	index = ((uint32_t)shift << bits) + (uint32_t)(value >> shift);
	return index < last ? index : last;
}

/* The smallest value that bucket index counts; the next one's is its end. */
static inline uint64_t sluice_bucket_low(uint32_t index, uint32_t bits)
{
	uint32_t shift = index >> bits;

	if (shift < 2)
		return index;
	shift--;
	return ((uint64_t)(index & ((1u << bits) - 1)) + (1ull << bits)) <<
	       shift;
}

/* The bucket of a value, and the lowest value of a bucket. */
static inline uint32_t sluice_hist_index(const struct sluice_hist *hist,
					 uint64_t value)
{
	return sluice_bucket_index(value, hist->bits, hist->last);
}

static inline uint64_t sluice_hist_low(const struct sluice_hist *hist,
				       uint32_t index)
{
	return sluice_bucket_low(index, hist->bits);
}

/* The value, so many times. */
static inline void sluice_hist_add_many(struct sluice_hist *hist,
					uint64_t value, uint64_t count)
{
	struct sluice_hist_bucket *bucket =
		&hist->buckets[sluice_hist_index(hist, value)];

	bucket->count += count;
	bucket->sum += value * count;
	hist->count += count;
	hist->sum += value * count;
	if (value < hist->min)
		hist->min = value;
	if (value > hist->max)
		hist->max = value;
}

/* The value, once. */
static inline void sluice_hist_add(struct sluice_hist *hist, uint64_t value)
{
	sluice_hist_add_many(hist, value, 1);
}

/* All of count values below 2^31, at most SLUICE_HIST_BATCH of them. */
#define SLUICE_HIST_BATCH	256u

void sluice_hist_add_batch(struct sluice_hist *hist, const uint32_t *values,
			   uint32_t count);

/*
 * The smallest value that at least share_ppm of all values do not exceed
 * (nearest rank); 0 if there are none.
 */
uint64_t sluice_hist_quantile(const struct sluice_hist *hist,
			      uint32_t share_ppm);

/* The same where every value counts as often as it is large. */
uint64_t sluice_hist_quantile_weighted(const struct sluice_hist *hist,
				       uint32_t share_ppm);

/* Add all of from, which has the same bits and octaves. */
void sluice_hist_merge(struct sluice_hist *to, const struct sluice_hist *from);

#endif
