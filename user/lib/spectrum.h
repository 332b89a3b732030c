/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Burst spectrum: the largest backlog of a bucket drained at rate rho,
 *
 *   s(rho) = sup over s < t of A(s,t] - rho (t - s)
 *          = max of q,  q = max(0, q - rho g) + L   at each packet,
 *
 * for up to 32 rates in one pass: the smallest buffer without loss at a
 * bottleneck of rate rho (Cruz 1991; Le Boudec and Thiran, ch. 1). Exact:
 * rates are whole multiples of a grain, and q counts in units of
 * grain / (8 * 10^9) bytes, so that rho * g is an integer.
 */
#ifndef SLUICE_SPECTRUM_H
#define SLUICE_SPECTRUM_H

#include <stdbool.h>
#include <stdint.h>

#define SLUICE_SPECTRUM_MAX	32u

struct sluice_spectrum {
	uint32_t count;
	uint32_t lanes;			/* count rounded up; the rest has rate 0 */
	uint64_t grain_bits_ps;		/* divides 8 * 10^9: 1, 10, 100 …, 2500 … */
	uint64_t units_per_byte;	/* 8 * 10^9 / grain */
	uint64_t added;			/* units since the last overflow check */
	bool is_saturated;		/* a backlog did not fit: s is a lower bound */
	uint32_t rate[SLUICE_SPECTRUM_MAX];	/* in grains */
	int64_t backlog[SLUICE_SPECTRUM_MAX];
	int64_t peak[SLUICE_SPECTRUM_MAX];
};

#define SLUICE_SPECTRUM_HORIZON_S	100u	/* for a span whose end is not known */

/*
 * Choose the grain for rates up to max_rate_bits_ps: as fine as it can be where a
 * backlog of horizon_s at that rate must fit. exact_bits_ps: a rate that is not
 * rounded if any grain allows that; 0: there is none. No rates yet.
 */
void sluice_spectrum_init(struct sluice_spectrum *spectrum,
			  uint64_t max_rate_bits_ps, uint32_t horizon_s,
			  uint64_t exact_bits_ps);

/* Add a rate, rounded up to a grain. Returns its index, or -1 if full. */
int sluice_spectrum_add_rate(struct sluice_spectrum *spectrum,
			     uint64_t rate_bits_ps);

/* A packet of so many bytes, gap_ns after the one before (0 for the first). */
void sluice_spectrum_add(struct sluice_spectrum *spectrum, uint64_t gap_ns,
			 uint32_t bytes);

/* The same for count packets in a row, all gaps below 2^31 ns. */
void sluice_spectrum_add_batch(struct sluice_spectrum *spectrum,
			       const uint32_t *gaps_ns, const uint32_t *bytes,
			       uint32_t count);

/* Time passes without a packet. */
void sluice_spectrum_drain(struct sluice_spectrum *spectrum, uint64_t gap_ns);

/* The rate in use, after rounding. */
uint64_t sluice_spectrum_rate(const struct sluice_spectrum *spectrum,
			      uint32_t index);

/* s(rho) in bytes, rounded up. */
uint64_t sluice_spectrum_bytes(const struct sluice_spectrum *spectrum,
			       uint32_t index);

/*
 * s(rho) in units of reference_bytes (for the largest frame: the burst excess
 * factor); slack_ns is what the stamps may be wrong by: rho * slack is taken
 * off first, for a lower bound.
 */
double sluice_spectrum_factor(const struct sluice_spectrum *spectrum,
			      uint32_t index, uint32_t reference_bytes,
			      uint64_t slack_ns);

#endif
