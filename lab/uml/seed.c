// SPDX-License-Identifier: GPL-2.0
/*
 * seed.so: preloaded into the User-Mode Linux process, it answers getrandom() from the seed of the run.
 *
 * The kernel fills its random pool from the host through this one call; with the answer fixed, every random number of
 * the guest is a function of SLUICE_LAB_SEED. The bytes are SplitMix64 (Steele, Lea, Flood 2014) over the seed and the
 * count of words handed out: two seeds that differ in one bit share no byte but by chance.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

ssize_t getrandom(void *buf, size_t len, unsigned int flags);

static uint64_t seed_word(void)
{
	static uint64_t state;
	static int is_set;
	uint64_t z;

	if (!is_set) {
		const char *text = getenv("SLUICE_LAB_SEED");

		state = text ? strtoull(text, NULL, 10) * 0xd1342543de82ef95ull : 0;
		is_set = 1;
	}
	z = state += 0x9e3779b97f4a7c15ull;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

ssize_t getrandom(void *buf, size_t len, unsigned int flags)
{
	unsigned char *out = buf;
	size_t done = 0;

	(void)flags;
	while (done < len) {
		uint64_t word = seed_word();
		size_t n = len - done < sizeof(word) ? len - done : sizeof(word);

		memcpy(out + done, &word, n);
		done += n;
	}
	return (ssize_t)len;
}
