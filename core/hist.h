/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Power-of-two histograms: cheap enough for every frame.
 *
 * Bucket 0 counts the value 0, bucket i counts 2^(i-1) .. 2^i - 1, the last one
 * everything beyond.
 */
#ifndef SLUICE_CORE_HIST_H
#define SLUICE_CORE_HIST_H

#include "types.h"

/**
 * pace_hist_bucket - the bucket of a value
 * @value: any value
 * @n_buckets: number of buckets, at least 2
 *
 * Return: 0 .. @n_buckets - 1.
 */
static inline u32 pace_hist_bucket(u64 value, u32 n_buckets)
{
	u32 bucket = (u32)pace_fls64(value);

	return bucket < n_buckets ? bucket : n_buckets - 1;
}

/**
 * pace_hist_bucket_low - the smallest value that a bucket counts
 * @bucket: 0 .. 64
 *
 * Return: 0 for bucket 0, else 2^(bucket-1).
 */
static inline u64 pace_hist_bucket_low(u32 bucket)
{
	return bucket ? 1ULL << (bucket - 1) : 0;
}

#endif
