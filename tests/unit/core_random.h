/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers that look random and are the same in every run: splitmix64.
 *
 * Source: Steele, Lea and Flood, "Fast splittable pseudorandom number
 * generators", OOPSLA 2014.
 */
#ifndef SLUICE_TESTS_CORE_RANDOM_H
#define SLUICE_TESTS_CORE_RANDOM_H

#include "../../core/types.h"

static inline u64 random_next(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* 0 .. end - 1; the bias of the remainder does not matter here. */
static inline u64 random_below(u64 *state, u64 end)
{
	return random_next(state) % end;
}

/* As many small numbers as large ones: a random number of bits. */
static inline u64 random_bits(u64 *state, unsigned int bits_max)
{
	unsigned int bits = (unsigned int)random_below(state, bits_max + 1);

	return bits ? random_next(state) >> (64 - bits) : 0;
}

#endif
