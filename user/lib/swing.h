/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A buffer that is filled by frames and drained at a mean rate R of which only the
 * bytes and the time are given. What it swings by, over R, is the delay factor of
 * RFC 4445.
 *
 *	swing = (max - min of A(t) - R t) / R, before and behind each frame
 *
 * R is not whole in any unit, so it is kept with so many bits that what it is
 * rounded by takes less than 1 ns of the time.
 */
#ifndef SLUICE_SWING_H
#define SLUICE_SWING_H

#include <stdint.h>

struct sluice_swing {
	uint32_t bits;			/* a byte is 2^bits units */
	int64_t rate;			/* units a ns */
	int64_t now;			/* A(t) - R t, in units */
	int64_t low;			/* its lowest and highest so far */
	int64_t high;
};

/* R is that of bytes, above 0, in length_ns, above 0. */
struct sluice_swing sluice_swing_begin(uint64_t bytes, uint64_t length_ns);

/* Frames, each with the gap in front of it; of all no more than were said. */
void sluice_swing_add(struct sluice_swing *swing, const uint32_t *gaps_ns,
		      const uint32_t *bytes, uint32_t count);

/* The delay factor, rounded down to ns. */
uint64_t sluice_swing_ns(const struct sluice_swing *swing);

#endif
