/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rate of a flow that has none: how fast must it leave so that it leaves
 * evenly, and nothing is held for longer than a time?
 *
 * Nobody says how fast a guest or a forwarded flow means to go, so it is taken
 * from what comes. A sum of the bytes that came forgets what is old,
 *
 *	sum  = sum * (1 - min(elapsed, memory) / memory) + bytes
 *	rate = sum / time,	memory = 9/8 time
 *
 * A flow of a steady q bytes/s has a sum of q * memory when a packet has come,
 * so it gets 9/8 q: it leaves evenly in eight ninths of the time between two of
 * its packets, whatever their size, and never has a standing queue. A burst that
 * comes alone is spread over the time.
 *
 * Bound: what waits is never more than the sum, if it leaves at rates that fall
 * only when nothing waits. Both grow by the same bytes, and from then on the
 * sum loses at most sum / memory per second and what waits at least sum / time,
 * which is more. So at a rate of sum / time all has left when the time is over.
 *
 * A sum counts for at least a floor, and that is the rate of lone packets: the
 * gap behind one is its part of the floor, or a second packet that comes after a
 * short while would wait for nothing.
 */
#ifndef SLUICE_CORE_SMOOTH_H
#define SLUICE_CORE_SMOOTH_H

#include "types.h"

/* Shorter is less than timers can keep apart, longer is a mistake in a unit. */
#define PACE_SMOOTH_MIN_NS	10000ULL
#define PACE_SMOOTH_MAX_NS	100000000ULL

/* 10^9 / time <= 10^5 < 2^17, and a sum is below 2^32: the product fits. */
#define PACE_SMOOTH_RATE_SHIFT	14
/* The memory is at least 11250 > 2^13 ns and elapsed no longer than it. */
#define PACE_SMOOTH_FORGET_SHIFT	48

/**
 * struct pace_smooth_params - a time, ready for multiplication
 * @memory_ns: how far back a sum looks
 * @forget: 2^48 / @memory_ns, rounded down
 * @rate_mult: 2^14 * 10^9 / time, rounded up
 * @floor_bytes: what a sum counts for at least
 */
struct pace_smooth_params {
	u64 memory_ns;
	u64 forget;
	u64 rate_mult;
	u32 floor_bytes;
};

/**
 * struct pace_smooth - what came of a flow; all zero: nothing
 * @last_ns: when its last packet came
 * @sum_bytes: the sum then
 * @rate_bytes: the sum that it leaves by: the largest since something waits
 */
struct pace_smooth {
	u64 last_ns;
	u32 sum_bytes;
	u32 rate_bytes;
};

/**
 * pace_smooth_prepare - prepare a time
 * @params: what to fill
 * @time_ns: PACE_SMOOTH_MIN_NS to PACE_SMOOTH_MAX_NS; other values are taken as
 *	the nearer bound
 * @floor_bytes: what a sum counts for at least, 1 or more
 *
 * Two 64-bit divisions.
 */
static inline void pace_smooth_prepare(struct pace_smooth_params *params,
				       u64 time_ns, u32 floor_bytes)
{
	if (time_ns < PACE_SMOOTH_MIN_NS)
		time_ns = PACE_SMOOTH_MIN_NS;
	if (time_ns > PACE_SMOOTH_MAX_NS)
		time_ns = PACE_SMOOTH_MAX_NS;
	params->memory_ns = time_ns + time_ns / 8;
	params->forget = pace_div64(1ULL << PACE_SMOOTH_FORGET_SHIFT,
				    params->memory_ns);
	params->rate_mult = pace_div64((PACE_NSEC_PER_SEC <<
					PACE_SMOOTH_RATE_SHIFT) + time_ns - 1,
				       time_ns);
	params->floor_bytes = floor_bytes;
}

/* What is left of a sum; rounded up, as all that makes a rate here is. */
static inline u32 pace_smooth_left_bytes(const struct pace_smooth *smooth,
					 const struct pace_smooth_params *params,
					 u64 now_ns)
{
	u64 elapsed_ns = now_ns - smooth->last_ns, part_q32;

	if (elapsed_ns >= params->memory_ns)
		return 0;
	part_q32 = (elapsed_ns * params->forget) >>
		   (PACE_SMOOTH_FORGET_SHIFT - 32);
	return smooth->sum_bytes -
	       (u32)((smooth->sum_bytes * part_q32) >> 32);
}

/**
 * pace_smooth_add - account for a packet that comes
 * @smooth: what came of its flow
 * @params: as prepared
 * @wire_bytes: L1 bytes of the packet, of all its frames
 * @now_ns: the present, never before that of an earlier call
 * @is_alone: nothing waits that came before it
 */
static inline void pace_smooth_add(struct pace_smooth *smooth,
				   const struct pace_smooth_params *params,
				   u32 wire_bytes, u64 now_ns, bool is_alone)
{
	u64 sum_bytes = pace_smooth_left_bytes(smooth, params, now_ns);

	sum_bytes += wire_bytes;
	/* 38 GB/s for the longest memory; for more the caller has to look at its age. */
	if (sum_bytes > ~0U)
		sum_bytes = ~0U;
	smooth->sum_bytes = (u32)sum_bytes;
	smooth->last_ns = now_ns;
	if (is_alone || smooth->rate_bytes < sum_bytes)
		smooth->rate_bytes = (u32)sum_bytes;
}

/**
 * pace_smooth_change - from now on with another time, without a change of the rate
 * @smooth: what came of a flow
 * @shift: the time is 2^shift times what it was, -31 to 31
 */
static inline void pace_smooth_change(struct pace_smooth *smooth, int shift)
{
	u64 sum_bytes = smooth->sum_bytes, rate_bytes = smooth->rate_bytes;

	sum_bytes = shift < 0 ? sum_bytes >> -shift : sum_bytes << shift;
	rate_bytes = shift < 0 ? rate_bytes >> -shift : rate_bytes << shift;
	smooth->sum_bytes = sum_bytes > ~0U ? ~0U : (u32)sum_bytes;
	smooth->rate_bytes = rate_bytes > ~0U ? ~0U : (u32)rate_bytes;
}

/**
 * pace_smooth_rate - how fast a flow is to leave
 * @smooth: what came of it
 * @params: as prepared
 *
 * Return: the rate in bytes/s, rounded up, at which all that came leaves in time.
 */
static inline u64 pace_smooth_rate(const struct pace_smooth *smooth,
				   const struct pace_smooth_params *params)
{
	u64 bytes = smooth->rate_bytes;

	if (bytes < params->floor_bytes)
		bytes = params->floor_bytes;
	return ((bytes * params->rate_mult) >> PACE_SMOOTH_RATE_SHIFT) + 1;
}

#endif
