// SPDX-License-Identifier: GPL-2.0
#include "spectrum.h"

#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#define BITS_NS_PER_BYTE_S	8000000000ull	/* 8 bits, 10^9 ns */
#define HORIZON_S		100u		/* of backlog that must fit */
#define BACKLOG_LIMIT		(1ll << 62)
#define LANE_STEP		8u

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

static void steps_plain(struct sluice_spectrum *spectrum,
			const uint32_t *gaps_ns, const uint32_t *bytes,
			uint32_t count)
{
	for (uint32_t n = 0; n < count; n++) {
		int64_t add = (int64_t)(bytes[n] * spectrum->units_per_byte);

		for (uint32_t i = 0; i < spectrum->lanes; i++) {
			int64_t left = spectrum->backlog[i] -
				(int64_t)((uint64_t)spectrum->rate[i] * gaps_ns[n]);

			left = (left > 0 ? left : 0) + add;
			spectrum->backlog[i] = left;
			if (left > spectrum->peak[i])
				spectrum->peak[i] = left;
		}
	}
}

#ifdef __x86_64__
static __attribute__((target("avx2"))) __m256i
step_avx2(__m256i backlog, __m256i rate, __m256i gap, __m256i add)
{
	__m256i left = _mm256_sub_epi64(backlog, _mm256_mul_epu32(rate, gap));
	__m256i is_positive = _mm256_cmpgt_epi64(left, _mm256_setzero_si256());

	return _mm256_add_epi64(_mm256_and_si256(left, is_positive), add);
}

static __attribute__((target("avx2"))) __m256i max_avx2(__m256i a, __m256i b)
{
	return _mm256_blendv_epi8(b, a, _mm256_cmpgt_epi64(a, b));
}

/*
 * Eight rates at a time stay in registers while the packets go by. A step waits
 * for the one before, and two vectors hide that.
 */
static __attribute__((target("avx2"))) void
steps_avx2(struct sluice_spectrum *spectrum, const uint32_t *gaps_ns,
	   const uint32_t *bytes, uint32_t count)
{
	uint64_t units = spectrum->units_per_byte;

	for (uint32_t lane = 0; lane < spectrum->lanes; lane += LANE_STEP) {
		__m256i *backlog = (__m256i *)&spectrum->backlog[lane];
		__m256i *peak = (__m256i *)&spectrum->peak[lane];
		const __m128i *rate = (const __m128i *)&spectrum->rate[lane];
		__m256i rate_0 = _mm256_cvtepu32_epi64(_mm_loadu_si128(rate));
		__m256i rate_1 = _mm256_cvtepu32_epi64(_mm_loadu_si128(rate + 1));
		__m256i left_0 = _mm256_loadu_si256(backlog);
		__m256i left_1 = _mm256_loadu_si256(backlog + 1);
		__m256i peak_0 = _mm256_loadu_si256(peak);
		__m256i peak_1 = _mm256_loadu_si256(peak + 1);

		for (uint32_t n = 0; n < count; n++) {
			__m256i gap = _mm256_set1_epi64x(gaps_ns[n]);
			__m256i add = _mm256_set1_epi64x((int64_t)(bytes[n] * units));

			left_0 = step_avx2(left_0, rate_0, gap, add);
			left_1 = step_avx2(left_1, rate_1, gap, add);
			peak_0 = max_avx2(left_0, peak_0);
			peak_1 = max_avx2(left_1, peak_1);
		}
		_mm256_storeu_si256(backlog, left_0);
		_mm256_storeu_si256(backlog + 1, left_1);
		_mm256_storeu_si256(peak, peak_0);
		_mm256_storeu_si256(peak + 1, peak_1);
	}
}
#endif

static void steps(struct sluice_spectrum *spectrum, const uint32_t *gaps_ns,
		  const uint32_t *bytes, uint32_t count)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2")) {
		steps_avx2(spectrum, gaps_ns, bytes, count);
		return;
	}
#endif
	steps_plain(spectrum, gaps_ns, bytes, count);
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

void sluice_spectrum_drain(struct sluice_spectrum *spectrum, uint64_t gap_ns)
{
	for (uint32_t i = 0; i < spectrum->count; i++) {
		unsigned __int128 drained =
			(unsigned __int128)spectrum->rate[i] * gap_ns;
		int64_t *backlog = &spectrum->backlog[i];

		*backlog = drained >= (uint64_t)*backlog ?
			   0 : *backlog - (int64_t)drained;
	}
}

void sluice_spectrum_add_batch(struct sluice_spectrum *spectrum,
			       const uint32_t *gaps_ns, const uint32_t *bytes,
			       uint32_t count)
{
	uint64_t add = 0;

	for (uint32_t i = 0; i < count; i++)
		add += bytes[i];
	spectrum->added += add * spectrum->units_per_byte;
	if (spectrum->added > (uint64_t)BACKLOG_LIMIT / 2)
		check_overflow(spectrum);
	steps(spectrum, gaps_ns, bytes, count);
}

void sluice_spectrum_add(struct sluice_spectrum *spectrum, uint64_t gap_ns,
			 uint32_t bytes)
{
	uint32_t gap = (uint32_t)gap_ns;

	if (gap_ns > INT32_MAX) {
		sluice_spectrum_drain(spectrum, gap_ns);
		gap = 0;
	}
	sluice_spectrum_add_batch(spectrum, &gap, &bytes, 1);
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
