/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From wire bytes and a rate to the time that the bytes take.
 *
 * The plain formula is
 *
 *	time_ns = bytes * 10^9 / rate
 *
 * A division per frame costs more than the rest of the clock, and whole
 * nanoseconds would drift: 64-byte frames at 400 Gb/s take 1.68 ns. So the
 * quotient is prepared once per change of the rate,
 *
 *	mult = ceil(2^shift * 10^9 / rate),	time = bytes * mult / 2^shift,
 *
 * and time is kept as ns and a fraction of 2^-32 ns.
 *
 * Bounds: shift is the largest that keeps mult < 2^44 for every rate of as many
 * bits, but at most 34, so that 10^9 << 34 < 2^64 in the preparation and
 * bytes * mult < 2^64 for bytes < 2^20. Error: mult is too large by less than 1,
 * that is by a relative 1/mult; mult >= 2^23 up to 2 TB/s, so the clock runs
 * slow by at most 0.12 ppm there and by less than 10^-10 at 1 Gb/s (P3 allows
 * 1 ppm). It never runs fast: a rounding error may not break P1 or P2.
 */
#ifndef SLUICE_CORE_RATE_H
#define SLUICE_CORE_RATE_H

#include "types.h"

/* 8 kbit/s: a full frame takes 1.5 s, slower is a mistake in a unit. */
#define PACE_RATE_MIN_BYTES_PS	1000ULL
/* 16 Tbit/s: beyond it 10^9 << 34 has too few digits for P3. */
#define PACE_RATE_MAX_BYTES_PS	2000000000000ULL
/* No rate: frames take no time. TCP's own word for "not paced" is ~0UL. */
#define PACE_RATE_UNLIMITED	(~0ULL)
/* Frames of this length and more are outside of the proof above. */
#define PACE_BYTES_LIMIT	(1U << 20)

#define PACE_RATE_SHIFT_MAX	34
#define PACE_RATE_MULT_BITS	44

/**
 * struct pace_rate - a rate, ready for multiplication
 * @bytes_ps: the rate in wire bytes/s, PACE_RATE_UNLIMITED for none
 * @mult: ceil(2^shift * 10^9 / bytes_ps), 0 for no rate
 * @shift: 23 to 34
 * @round: what makes the digits beyond 2^-32 ns round up, 0 to 3
 */
struct pace_rate {
	u64 bytes_ps;
	u64 mult;
	u32 shift;
	u32 round;
};

/**
 * struct pace_span - a length of time, finer than a nanosecond
 * @ns: whole nanoseconds
 * @frac_q32: the rest in 2^-32 ns
 */
struct pace_span {
	u64 ns;
	u32 frac_q32;
};

/**
 * pace_rate_set - prepare a rate
 * @rate: what to fill
 * @bytes_ps: wire bytes/s; values outside PACE_RATE_MIN_BYTES_PS ..
 *	PACE_RATE_MAX_BYTES_PS are taken as the nearer bound, and
 *	PACE_RATE_UNLIMITED as no rate at all
 *
 * One 64-bit division. Call it when the rate changes, not per frame.
 */
static inline void pace_rate_set(struct pace_rate *rate, u64 bytes_ps)
{
	u64 effective_bytes_ps = bytes_ps;
	u32 shift = PACE_RATE_SHIFT_MAX;
	int rate_bits;

	rate->bytes_ps = bytes_ps;
	rate->shift = shift;
	rate->mult = 0;
	rate->round = 0;
	if (bytes_ps == PACE_RATE_UNLIMITED)
		return;
	if (effective_bytes_ps < PACE_RATE_MIN_BYTES_PS)
		effective_bytes_ps = PACE_RATE_MIN_BYTES_PS;
	if (effective_bytes_ps > PACE_RATE_MAX_BYTES_PS)
		effective_bytes_ps = PACE_RATE_MAX_BYTES_PS;

	/* 10^9 < 2^30: the quotient is below 2^(31 + shift - rate_bits). */
	rate_bits = pace_fls64(effective_bytes_ps);
	if (31 + PACE_RATE_SHIFT_MAX - rate_bits > PACE_RATE_MULT_BITS)
		shift = PACE_RATE_MULT_BITS - 31 + rate_bits;
	rate->shift = shift;
	/* Of a product's shift binary digits 32 are kept: two go at most. */
	rate->round = (u32)(((1ULL << shift) - 1) >> 32);
	rate->mult = pace_div64((PACE_NSEC_PER_SEC << shift) +
				effective_bytes_ps - 1, effective_bytes_ps);
}

/**
 * pace_rate_span - how long bytes take at a rate
 * @rate: as prepared by pace_rate_set()
 * @wire_bytes: 0 to PACE_BYTES_LIMIT - 1; more is taken as that
 *
 * Return: the time, rounded up by at most wire_bytes * 2^-shift + 2^-32 ns; 0
 * when there is no rate.
 */
static inline struct pace_span pace_rate_span(const struct pace_rate *rate,
					      u32 wire_bytes)
{
	struct pace_span span;
	u64 product;

	if (wire_bytes >= PACE_BYTES_LIMIT)
		wire_bytes = PACE_BYTES_LIMIT - 1;
	product = (u64)wire_bytes * rate->mult + rate->round;
	/* The masks cost nothing and tell a checking compiler that all is well. */
	span.ns = product >> (rate->shift & 63);
	span.frac_q32 = (u32)((product << ((64 - rate->shift) & 63)) >> 32);
	return span;
}

#endif
