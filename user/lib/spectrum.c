// SPDX-License-Identifier: GPL-2.0
#include "spectrum.h"

#include <string.h>

#include "batch.h"
#include "wide.h"

#ifdef SLUICE_HAS_WIDE
#include <immintrin.h>
#endif

#define BITS_NS_PER_BYTE_S	8000000000ull	/* 8 bits, 10^9 ns */
#define BACKLOG_LIMIT		(1ll << 62)
#define LANE_STEP		4u

/* The least that a rate is a multiple of, of those up to max_grain; 0: there is none. */
static uint64_t grain_that_divides(uint64_t rate_bits_ps, uint64_t min_grain,
				   uint64_t max_grain)
{
	uint64_t least = 0;

	for (uint64_t five = 1; BITS_NS_PER_BYTE_S % five == 0; five *= 5)
		for (uint64_t grain = five; BITS_NS_PER_BYTE_S % grain == 0;
		     grain *= 2)
			if (grain >= min_grain && grain <= max_grain &&
			    rate_bits_ps % grain == 0 &&
			    (!least || grain < least))
				least = grain;
	return least;
}

void sluice_spectrum_init(struct sluice_spectrum *spectrum,
			  uint64_t max_rate_bits_ps, uint32_t horizon_s,
			  uint64_t exact_bits_ps)
{
	/* bytes * 8e9 / grain < 2^62 by then, and rate / grain < 2^32 */
	uint64_t most = (uint64_t)BACKLOG_LIMIT / horizon_s / 1000000000;
	uint64_t grain = 1, exact;

	while (max_rate_bits_ps / grain > most)
		grain *= 10;
	exact = exact_bits_ps ?
		grain_that_divides(exact_bits_ps, max_rate_bits_ps / most + 1,
				   exact_bits_ps) : 0;
	if (exact && exact_bits_ps % grain)
		grain = exact;
	memset(spectrum, 0, sizeof(*spectrum));
	spectrum->grain_bits_ps = grain;
	spectrum->units_per_byte = BITS_NS_PER_BYTE_S / grain;
}

int sluice_spectrum_add_rate(struct sluice_spectrum *spectrum,
			     uint64_t rate_bits_ps)
{
	uint64_t grains = rate_bits_ps / spectrum->grain_bits_ps +
			  (rate_bits_ps % spectrum->grain_bits_ps != 0);

	if (spectrum->count == SLUICE_SPECTRUM_MAX)
		return -1;
	spectrum->rate[spectrum->count++] =
		grains > UINT32_MAX ? UINT32_MAX : (uint32_t)grains;
	spectrum->lanes = (spectrum->count + LANE_STEP - 1) / LANE_STEP *
			  LANE_STEP;
	return (int)spectrum->count - 1;
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

#ifdef SLUICE_HAS_WIDE
/*
 * The same with doubles, which hold whole numbers below 2^53 exactly. A backlog
 * that cannot run empty within the batch is counted from where it stood, so that it
 * may be of any size; only what the batch adds and what is drained meanwhile must
 * be small enough, 2^52 each.
 */
#define EXACT_LIMIT		(1ull << 52)
#define STEPS_MIN		8u	/* fewer are not worth the way there */
#define STEPS_MAX		SLUICE_BATCH_PKTS
#define DOUBLES			__attribute__((target("avx2,fma")))
#define LONGER			__attribute__((target("avx512f")))
#define VECTOR			4u
#define LONG_VECTOR		8u
#define VECTORS_AT_ONCE		3u	/* that stay in registers */

struct vectors {
	double rate[SLUICE_SPECTRUM_MAX];
	double floor[SLUICE_SPECTRUM_MAX];	/* left at least: 0, or no limit */
	double left[SLUICE_SPECTRUM_MAX];
	double peak[SLUICE_SPECTRUM_MAX];
	double gap[STEPS_MAX];
	double add[STEPS_MAX];
};

/*
 * max(left - gap rate, floor) + add, as max(left + (add - gap rate), floor + add): only
 * one addition and the comparison wait for the packet before. count and may_empty
 * are constants where this is called.
 */
#define VECTORS_STEP(name, target, type, width, of)			\
static inline __attribute__((always_inline)) target			\
void name##_step(struct vectors *vectors, uint32_t first, uint32_t count, \
		 bool may_empty, uint32_t steps)			\
{									\
	type rate[VECTORS_AT_ONCE], floor[VECTORS_AT_ONCE];		\
	type left[VECTORS_AT_ONCE], peak[VECTORS_AT_ONCE];		\
									\
	for (uint32_t v = 0; v < count; v++) {				\
		rate[v] = of(loadu)(vectors->rate + first + v * (width)); \
		floor[v] = of(loadu)(vectors->floor + first + v * (width)); \
		left[v] = of(loadu)(vectors->left + first + v * (width)); \
		peak[v] = of(loadu)(vectors->peak + first + v * (width)); \
	}								\
	for (uint32_t n = 0; n < steps; n++) {				\
		type gap = of(set1)(vectors->gap[n]);			\
		type add = of(set1)(vectors->add[n]);			\
									\
		for (uint32_t v = 0; v < count; v++) {			\
			type more = of(fnmadd)(gap, rate[v], add);	\
									\
			left[v] = of(add)(left[v], more);		\
			if (may_empty)					\
				left[v] = of(max)(left[v],		\
						  of(add)(floor[v], add)); \
			peak[v] = of(max)(peak[v], left[v]);		\
		}							\
	}								\
	for (uint32_t v = 0; v < count; v++) {				\
		of(storeu)(vectors->left + first + v * (width), left[v]); \
		of(storeu)(vectors->peak + first + v * (width), peak[v]); \
	}								\
}									\
									\
static inline __attribute__((always_inline)) target			\
void name##_any(struct vectors *vectors, uint32_t first, uint32_t count, \
		uint32_t steps)						\
{									\
	bool may_empty = false;						\
									\
	for (uint32_t i = first; i < first + count * (width); i++)	\
		may_empty |= vectors->floor[i] >= 0;			\
	if (may_empty)							\
		name##_step(vectors, first, count, true, steps);	\
	else								\
		name##_step(vectors, first, count, false, steps);	\
}

#define OF_256(what)	_mm256_##what##_pd
#define OF_512(what)	_mm512_##what##_pd

VECTORS_STEP(vectors, DOUBLES, __m256d, VECTOR, OF_256)
VECTORS_STEP(longer, LONGER, __m512d, LONG_VECTOR, OF_512)

DOUBLES static void vectors_run(struct vectors *vectors, uint32_t at,
				uint32_t lanes, uint32_t steps)
{
	for (; at + 3 * VECTOR <= lanes; at += 3 * VECTOR)
		vectors_any(vectors, at, 3, steps);
	if (at + 2 * VECTOR <= lanes)
		vectors_any(vectors, at, 2, steps);
	else if (at < lanes)
		vectors_any(vectors, at, 1, steps);
}

/*
 * Vectors of twice as much; not on the first machines that have them, whose clock
 * goes down for them.
 */
static inline bool has_longer(void)
{
	return __builtin_cpu_supports("avx512f") &&
	       __builtin_cpu_supports("avx512vbmi2");
}

/* Returns how many lanes are done. */
LONGER static uint32_t longer_run(struct vectors *vectors, uint32_t lanes,
				  uint32_t steps)
{
	uint32_t at = 0;

	for (; at + 3 * LONG_VECTOR <= lanes; at += 3 * LONG_VECTOR)
		longer_any(vectors, at, 3, steps);
	for (; at + LONG_VECTOR <= lanes; at += LONG_VECTOR)
		longer_any(vectors, at, 1, steps);
	return at;
}

DOUBLES static void steps_convert(struct vectors *vectors,
				  const uint32_t *gaps_ns, const uint32_t *bytes,
				  double units_per_byte, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		vectors->gap[i] = (double)(int32_t)gaps_ns[i];
	for (uint32_t i = 0; i < count; i++)
		vectors->add[i] = (double)(int32_t)bytes[i] * units_per_byte;
}

/* Where each backlog is counted from, so that doubles hold it. */
static void vectors_load(const struct sluice_spectrum *spectrum,
			 uint64_t time_ns, struct vectors *vectors,
			 int64_t *ret_base)
{
	for (uint32_t i = 0; i < spectrum->lanes; i++) {
		int64_t drained = (int64_t)(spectrum->rate[i] * time_ns);
		bool may_empty = spectrum->backlog[i] < drained;

		ret_base[i] = may_empty ? 0 : spectrum->backlog[i];
		vectors->rate[i] = spectrum->rate[i];
		vectors->floor[i] = may_empty ? 0 : -(double)EXACT_LIMIT;
		vectors->left[i] = may_empty ? (double)spectrum->backlog[i] : 0;
		vectors->peak[i] = -(double)EXACT_LIMIT;
	}
}

static void steps_doubles(struct sluice_spectrum *spectrum,
			  const uint32_t *gaps_ns, const uint32_t *bytes,
			  uint32_t count, uint64_t time_ns)
{
	int64_t base[SLUICE_SPECTRUM_MAX];
	struct vectors vectors;
	uint32_t at = 0;

	vectors_load(spectrum, time_ns, &vectors, base);
	steps_convert(&vectors, gaps_ns, bytes,
		      (double)spectrum->units_per_byte, count);
	if (has_longer())
		at = longer_run(&vectors, spectrum->lanes, count);
	vectors_run(&vectors, at, spectrum->lanes, count);
	for (uint32_t i = 0; i < spectrum->lanes; i++) {
		int64_t peak = base[i] + (int64_t)vectors.peak[i];

		spectrum->backlog[i] = base[i] + (int64_t)vectors.left[i];
		if (peak > spectrum->peak[i])
			spectrum->peak[i] = peak;
	}
}

/* False: what is drained or added might not be a whole number there. */
static bool steps_wide(struct sluice_spectrum *spectrum,
		       const uint32_t *gaps_ns, const uint32_t *bytes,
		       uint32_t count, uint64_t added)
{
	uint64_t time_ns = 0, max_rate = 1;

	if (count < STEPS_MIN || count > STEPS_MAX ||
	    !__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
		return false;
	for (uint32_t i = 0; i < count; i++)
		time_ns += gaps_ns[i];
	for (uint32_t i = 0; i < spectrum->lanes; i++)
		if (spectrum->rate[i] > max_rate)
			max_rate = spectrum->rate[i];
	if (added >= EXACT_LIMIT || time_ns >= EXACT_LIMIT / max_rate)
		return false;
	steps_doubles(spectrum, gaps_ns, bytes, count, time_ns);
	return true;
}
#endif

static uint64_t units_of(const struct sluice_spectrum *spectrum,
			 const uint32_t *bytes, uint32_t count)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count; i++)
		sum += bytes[i];
	return sum * spectrum->units_per_byte;
}

/* Where doubles cannot hold all of it, they may hold each half. */
static void steps_add(struct sluice_spectrum *spectrum, const uint32_t *gaps_ns,
		      const uint32_t *bytes, uint32_t count, uint64_t added)
{
#ifdef SLUICE_HAS_WIDE
	uint32_t half = count / 2;

	if (steps_wide(spectrum, gaps_ns, bytes, count, added))
		return;
	if (half >= STEPS_MIN && sluice_is_wide()) {
		uint64_t first = units_of(spectrum, bytes, half);

		steps_add(spectrum, gaps_ns, bytes, half, first);
		steps_add(spectrum, gaps_ns + half, bytes + half, count - half,
			  added - first);
		return;
	}
#else
	(void)added;
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
	uint64_t add = units_of(spectrum, bytes, count);

	spectrum->added += add;
	if (spectrum->added > (uint64_t)BACKLOG_LIMIT / 2)
		check_overflow(spectrum);
	steps_add(spectrum, gaps_ns, bytes, count, add);
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
