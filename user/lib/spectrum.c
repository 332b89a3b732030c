// SPDX-License-Identifier: GPL-2.0
#include "spectrum.h"

#include <string.h>

#define BITS_NS_PER_BYTE_S	8000000000ull	/* 8 bits, 10^9 ns */
#define HORIZON_S		100u		/* of backlog that must fit */
#define BACKLOG_LIMIT		(1ll << 62)
#define LANE_STEP		8u

/* The compiler makes vector code of the loop when it may use the wide units. */
#if defined(__x86_64__) && defined(__gnu_linux__) && \
	!defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
#define WIDE __attribute__((optimize("O3"), target_clones("avx2", "default")))
#else
#define WIDE
#endif

void sluice_spectrum_init(struct sluice_spectrum *spectrum,
			  uint64_t max_rate_bits_ps)
{
	uint64_t grain = 1;

	/* bytes * 8e9 / grain < 2^62 for 100 s, and rate / grain < 2^32 */
	while (max_rate_bits_ps / grain >
	       (uint64_t)BACKLOG_LIMIT / HORIZON_S / 1000000000)
		grain *= 10;
	memset(spectrum, 0, sizeof(*spectrum));
	spectrum->grain_bits_ps = grain;
	spectrum->units_per_byte = BITS_NS_PER_BYTE_S / grain;
}

void sluice_spectrum_set_rate(struct sluice_spectrum *spectrum, uint32_t index,
			      uint64_t rate_bits_ps)
{
	uint64_t grains = rate_bits_ps / spectrum->grain_bits_ps +
			  (rate_bits_ps % spectrum->grain_bits_ps != 0);

	spectrum->rate[index] = grains > UINT32_MAX ? UINT32_MAX :
						      (uint32_t)grains;
}

int sluice_spectrum_add_rate(struct sluice_spectrum *spectrum,
			     uint64_t rate_bits_ps)
{
	if (spectrum->count == SLUICE_SPECTRUM_MAX)
		return -1;
	sluice_spectrum_set_rate(spectrum, spectrum->count, rate_bits_ps);
	spectrum->count++;
	spectrum->lanes = (spectrum->count + LANE_STEP - 1) / LANE_STEP *
			  LANE_STEP;
	return (int)spectrum->count - 1;
}

void sluice_spectrum_reset(struct sluice_spectrum *spectrum)
{
	memset(spectrum->backlog, 0, sizeof(spectrum->backlog));
	memset(spectrum->peak, 0, sizeof(spectrum->peak));
	spectrum->added = 0;
}

WIDE static void step(struct sluice_spectrum *spectrum, uint32_t gap_ns,
		      int64_t add)
{
	uint32_t lanes = spectrum->lanes;

	for (uint32_t i = 0; i < lanes; i++) {
		int64_t drained = (int64_t)((uint64_t)spectrum->rate[i] * gap_ns);
		int64_t left = spectrum->backlog[i] - drained;

		left = (left > 0 ? left : 0) + add;
		spectrum->backlog[i] = left;
		spectrum->peak[i] = left > spectrum->peak[i] ? left :
							spectrum->peak[i];
	}
}

/* Backlogs grew by `added` at most since the last look: keep them below 2^62. */
static void check_overflow(struct sluice_spectrum *spectrum)
{
	spectrum->added = 0;
	for (uint32_t i = 0; i < spectrum->count; i++) {
		if (spectrum->backlog[i] < BACKLOG_LIMIT)
			continue;
		spectrum->backlog[i] = BACKLOG_LIMIT;
		spectrum->is_saturated = true;
	}
	/* lanes beyond count have rate 0 and only ever grow */
	for (uint32_t i = spectrum->count; i < SLUICE_SPECTRUM_MAX; i++)
		spectrum->backlog[i] = 0;
}

/* For gaps whose product with a rate may not fit 63 bits. */
static void drain_long(struct sluice_spectrum *spectrum, uint64_t gap_ns)
{
	for (uint32_t i = 0; i < spectrum->count; i++) {
		unsigned __int128 drained =
			(unsigned __int128)spectrum->rate[i] * gap_ns;
		int64_t *backlog = &spectrum->backlog[i];

		*backlog = drained >= (uint64_t)*backlog ?
			   0 : *backlog - (int64_t)drained;
	}
}

void sluice_spectrum_add(struct sluice_spectrum *spectrum, uint64_t gap_ns,
			 uint32_t bytes)
{
	uint64_t add = bytes * spectrum->units_per_byte;

	if (gap_ns > INT32_MAX) {
		drain_long(spectrum, gap_ns);
		gap_ns = 0;
	}
	spectrum->added += add;
	if (spectrum->added > (uint64_t)BACKLOG_LIMIT / 2)
		check_overflow(spectrum);
	step(spectrum, (uint32_t)gap_ns, (int64_t)add);
}

uint64_t sluice_spectrum_rate(const struct sluice_spectrum *spectrum,
			      uint32_t index)
{
	return spectrum->rate[index] * spectrum->grain_bits_ps;
}

uint64_t sluice_spectrum_bytes(const struct sluice_spectrum *spectrum,
			       uint32_t index)
{
	uint64_t peak = (uint64_t)spectrum->peak[index];

	return peak / spectrum->units_per_byte +
	       (peak % spectrum->units_per_byte != 0);
}

double sluice_spectrum_factor(const struct sluice_spectrum *spectrum,
			      uint32_t index, uint32_t reference_bytes,
			      uint64_t slack_ns)
{
	int64_t slack = (int64_t)(spectrum->rate[index] * slack_ns);
	int64_t peak = spectrum->peak[index] - slack;

	if (!reference_bytes || !spectrum->peak[index])
		return 0;
	return (double)(peak > 0 ? peak : 0) /
	       ((double)spectrum->units_per_byte * reference_bytes);
}
