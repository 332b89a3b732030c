/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lab's own random numbers: a run's draws depend on its seed alone, on
 * every machine. SplitMix64: a counter in steps of the golden ratio, mixed
 * (Steele, Lea, Flood, OOPSLA 2014, figure 17).
 */
#ifndef SLUICE_LAB_RANDOM_H
#define SLUICE_LAB_RANDOM_H

#include <stdint.h>

struct lab_random {
	uint64_t state;
};

/* The next 64 bits. */
static inline uint64_t lab_random_next(struct lab_random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* Evenly from low to high, both included. */
static inline uint64_t lab_random_between(struct lab_random *random,
					  uint64_t low, uint64_t high)
{
	unsigned __int128 span = (unsigned __int128)(high - low) + 1;

	return low + (uint64_t)(span * lab_random_next(random) >> 64);
}

#endif
