// SPDX-License-Identifier: GPL-2.0
#include "quantile.h"

#include <stdbool.h>
#include <stdlib.h>

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
