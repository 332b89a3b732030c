// SPDX-License-Identifier: GPL-2.0
#include "swing.h"

/* Of 64, with the sign: all bytes, and as much drained, stay within them. */
#define FREE_BITS	3

/* Frames that cannot take it beyond what it had move it at once. */
#define STEP		8u

struct sluice_swing sluice_swing_begin(uint64_t bytes, uint64_t length_ns)
{
	uint32_t bits = (uint32_t)(__builtin_clzll(bytes) - FREE_BITS);

	return (struct sluice_swing){
		.bits = bits,
		.rate = (int64_t)(((bytes << bits) + length_ns / 2) / length_ns),
	};
}

void sluice_swing_add(struct sluice_swing *swing, const uint32_t *gaps_ns,
		      const uint32_t *bytes, uint32_t count)
{
	int64_t rate = swing->rate, byte = 1ll << swing->bits;

	for (uint32_t at = 0, to; at < count; at = to) {
		int64_t time_ns = 0, sum = 0;

		to = at + STEP < count ? at + STEP : count;
		for (uint32_t i = at; i < to; i++) {
			time_ns += gaps_ns[i];
			sum += bytes[i];
		}
		if (swing->now - rate * time_ns >= swing->low &&
		    swing->now + sum * byte <= swing->high) {
			swing->now += sum * byte - rate * time_ns;
			continue;
		}
		for (uint32_t i = at; i < to; i++) {
			swing->now -= rate * gaps_ns[i];
			if (swing->now < swing->low)
				swing->low = swing->now;
			swing->now += bytes[i] * byte;
			if (swing->now > swing->high)
				swing->high = swing->now;
		}
	}
}

uint64_t sluice_swing_ns(const struct sluice_swing *swing)
{
	return (uint64_t)(swing->high - swing->low) / (uint64_t)swing->rate;
}
