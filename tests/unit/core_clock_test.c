// SPDX-License-Identifier: GPL-2.0
/*
 * P1, P2 and P3 of rate.h and clock.h, against exact 128-bit arithmetic.
 *
 * All pairs of departures are covered, not only neighbours: with
 * x = departure * rate - bytes before it * 10^9, two departures i < j are far
 * enough apart when x_j >= x_i - (credit + 1 ns) * rate, so that the largest x
 * so far says it all. The 1 ns is the rounding of a departure to whole
 * nanoseconds; between neighbours it means floor(wire time).
 */
#include "../../core/clock.h"
#include "../../core/wire.h"
#include "core_random.h"
#include "user_tap.h"

typedef __int128 s128;

#define PPM	1000000
/* Seeds are arbitrary and fixed. */
#define SEED	0x51

static const u64 line_rates[] = {
	1000, 1000000, 115750000, 124999997, 125000000, 1250000000,
	12500000000, 50000000000, 2000000000000,
};

#define N_LINE_RATES	(sizeof(line_rates) / sizeof(line_rates[0]))

static u64 random_rate(u64 *state)
{
	u64 rate = random_bits(state, 41);

	if (rate < PACE_RATE_MIN_BYTES_PS)
		rate += PACE_RATE_MIN_BYTES_PS;
	return rate > PACE_RATE_MAX_BYTES_PS ? PACE_RATE_MAX_BYTES_PS : rate;
}

static u32 random_wire_bytes(u64 *state)
{
	switch (random_below(state, 4)) {
	case 0:
		return 84;
	case 1:
		return 1538;
	default:
		return (u32)random_below(state, PACE_BYTES_LIMIT);
	}
}

static s128 span_q32(struct pace_span span)
{
	return ((s128)span.ns << 32) + span.frac_q32;
}

/* mult is the smallest that is not too fast, and within its bits. */
static bool rate_is_exact(u64 bytes_ps)
{
	struct pace_rate rate;
	s128 scaled;

	pace_rate_set(&rate, bytes_ps);
	scaled = (s128)PACE_NSEC_PER_SEC << rate.shift;
	return rate.shift >= 23 && rate.shift <= PACE_RATE_SHIFT_MAX &&
	       rate.mult < 1ULL << PACE_RATE_MULT_BITS &&
	       (s128)rate.mult * bytes_ps >= scaled &&
	       (s128)(rate.mult - 1) * bytes_ps < scaled;
}

static void test_rate_set(void)
{
	bool is_exact = true;
	u64 state = SEED;
	int i;

	for (i = 10; i <= 40; i++)
		is_exact = is_exact && rate_is_exact(1ULL << i) &&
			   rate_is_exact((1ULL << i) + 1) &&
			   (i == 10 || rate_is_exact((1ULL << i) - 1));
	for (i = 0; i < 1000000; i++)
		is_exact = is_exact && rate_is_exact(random_rate(&state));
	is_exact = is_exact && rate_is_exact(PACE_RATE_MIN_BYTES_PS) &&
		   rate_is_exact(PACE_RATE_MAX_BYTES_PS);
	tap_ok(is_exact, "rate: mult rounds up by less than one, in 44 bits");
}

/* A span is never short, and long by less than a part per million. */
static bool span_is_exact(u64 bytes_ps, u32 wire_bytes)
{
	s128 got, exact;
	struct pace_rate rate;

	pace_rate_set(&rate, bytes_ps);
	got = span_q32(pace_rate_span(&rate, wire_bytes)) * bytes_ps;
	exact = ((s128)wire_bytes * PACE_NSEC_PER_SEC) << 32;
	return got >= exact && (got - exact) * PPM <= exact;
}

static void test_span(void)
{
	bool is_exact = true;
	u64 state = SEED;
	u32 bytes, i;

	for (i = 0; i < N_LINE_RATES; i++)
		for (bytes = 84; bytes <= 9100; bytes++)
			is_exact = is_exact &&
				   span_is_exact(line_rates[i], bytes);
	for (i = 0; i < 1000000; i++)
		is_exact = is_exact &&
			   span_is_exact(random_rate(&state),
					 1 + random_wire_bytes(&state) % 1000000);
	tap_ok(is_exact, "P3 spans are never short and at most 1 ppm long");
}

/*
 * n frames take exactly n spans: nothing is lost between them. Hence the drift
 * over 10^9 frames is 10^9 times that of one.
 */
static void test_drift(u64 bytes_ps, u32 wire_bytes)
{
	const u32 stepped = 10000000;
	const s128 counted = 1000000000;
	struct pace_clock clock = { 0 };
	struct pace_rate rate;
	s128 span, exact, got;
	char claim[120];
	u32 i;

	pace_rate_set(&rate, bytes_ps);
	for (i = 0; i < stepped; i++)
		pace_clock_advance(&clock, &rate, wire_bytes);
	span = span_q32(pace_rate_span(&rate, wire_bytes));
	got = ((s128)clock.next_ns << 32) + clock.next_frac_q32;
	snprintf(claim, sizeof(claim),
		 "P3 10^7 frames of %u bytes at %llu bytes/s step exactly",
		 wire_bytes, bytes_ps);
	tap_ok(got == span * stepped, claim);

	/* Whole nanoseconds now: 2^32 * 10^9 * 10^9 * 1538 has 107 bits. */
	exact = (counted * wire_bytes * (s128)PACE_NSEC_PER_SEC) << 32;
	got = counted * span * bytes_ps;
	snprintf(claim, sizeof(claim),
		 "P3 10^9 of them drift by %.3g ppm",
		 (double)(got - exact) / (double)exact * PPM);
	tap_ok(got >= exact && (got - exact) * PPM <= exact, claim);
}

/**
 * struct walk - a flow that is sent through a clock
 * @credit_ns: its burst setting
 * @late_max_ns: how late the host is at most, with any frame
 * @idle_in: one frame in so many follows an idle time; 0: never idle
 */
struct walk {
	u64 rate_bytes_ps;
	u64 credit_ns;
	u64 late_max_ns;
	u32 idle_in;
	u32 frames;
};

struct walk_result {
	bool is_far_enough;	/* every pair of departures */
	bool is_never_early;	/* before the time asked for */
	s128 behind_q32;	/* clock less the exact time of all bytes */
};

static void walk_run(const struct walk *walk, u64 seed,
		     struct walk_result *ret)
{
	s128 x, x_max = -((s128)1 << 126), bytes_before = 0;
	struct pace_clock clock = { .next_ns = 1 + seed };
	u64 now_ns = clock.next_ns, state = seed;
	struct pace_rate rate;
	u32 i;

	ret->is_far_enough = true;
	ret->is_never_early = true;
	pace_rate_set(&rate, walk->rate_bytes_ps);
	for (i = 0; i < walk->frames; i++) {
		u32 wire_bytes = random_wire_bytes(&state);
		u64 asked_ns = 0;

		/* Now and then exactly what the clock says, or just beside. */
		if (walk->idle_in && !random_below(&state, walk->idle_in))
			asked_ns = now_ns + random_bits(&state, 30);
		else if (walk->idle_in && !random_below(&state, 2))
			asked_ns = pace_clock_departure_ns(&clock) - 1 +
				   random_below(&state, 3);
		if (asked_ns)
			pace_clock_not_before(&clock, asked_ns);
		now_ns = pace_later_of(now_ns,
				       pace_clock_departure_ns(&clock) +
				       random_below(&state,
						    walk->late_max_ns + 1));
		pace_clock_forgive(&clock, now_ns, walk->credit_ns);
		pace_clock_advance(&clock, &rate, wire_bytes);

		ret->is_never_early = ret->is_never_early &&
				      now_ns >= asked_ns;
		x = (s128)now_ns * walk->rate_bytes_ps -
		    bytes_before * (s128)PACE_NSEC_PER_SEC;
		if (x < x_max - (s128)(walk->credit_ns + 1) *
			walk->rate_bytes_ps)
			ret->is_far_enough = false;
		if (x > x_max)
			x_max = x;
		bytes_before += wire_bytes;
	}
	ret->behind_q32 = ((s128)(clock.next_ns - 1 - seed) << 32) +
			  clock.next_frac_q32 -
			  ((bytes_before * (s128)PACE_NSEC_PER_SEC) << 32) /
			  walk->rate_bytes_ps;
}

static void test_walks(const char *claim, u64 credit_ns, u64 late_max_ns,
		       u32 idle_in)
{
	bool is_far_enough = true, is_never_early = true;
	struct walk_result result;
	u64 state = SEED;
	u32 i;

	for (i = 0; i < 300; i++) {
		struct walk walk = {
			.rate_bytes_ps = i < N_LINE_RATES ? line_rates[i] :
					 random_rate(&state),
			.credit_ns = credit_ns,
			.late_max_ns = late_max_ns,
			.idle_in = idle_in,
			.frames = 10000,
		};

		walk_run(&walk, random_next(&state) >> 2, &result);
		is_far_enough = is_far_enough && result.is_far_enough;
		is_never_early = is_never_early && result.is_never_early;
	}
	tap_ok(is_far_enough && is_never_early, claim);
}

/* A host that is late by less than the credit loses nothing of the rate. */
static void test_credit_keeps_rate(void)
{
	bool is_exact = true;
	u32 i;

	for (i = 0; i < N_LINE_RATES; i++) {
		struct walk walk = {
			.rate_bytes_ps = line_rates[i],
			.credit_ns = 50000,
			.late_max_ns = 50000,
			.frames = 100000,
		};
		s128 bound_q32 = (s128)walk.frames << 32;
		struct walk_result result;

		walk_run(&walk, SEED, &result);
		/* 1 ppm of 10^5 frames of 2^20 bytes is the most allowed. */
		bound_q32 = ((bound_q32 << 20) / walk.rate_bytes_ps) * 1000;
		is_exact = is_exact && result.behind_q32 >= 0 &&
			   result.behind_q32 <= bound_q32;
	}
	tap_ok(is_exact, "P3 late by less than the credit: the rate is kept");
}

/* A sender that asks for the very departures that it gets loses nothing. */
static void test_asked_departures(void)
{
	const u32 frames = 1000000, wire_bytes = 1538;
	const u64 bytes_ps = 115750000;
	struct pace_clock clock = { 0 };
	struct pace_rate rate;
	s128 span;
	u32 i;

	pace_rate_set(&rate, bytes_ps);
	for (i = 0; i < frames; i++) {
		u64 departure_ns = pace_clock_departure_ns(&clock);

		pace_clock_not_before(&clock, departure_ns);
		pace_clock_forgive(&clock, departure_ns, 0);
		pace_clock_advance(&clock, &rate, wire_bytes);
	}
	span = span_q32(pace_rate_span(&rate, wire_bytes));
	tap_ok(((s128)clock.next_ns << 32) + clock.next_frac_q32 ==
	       span * frames,
	       "P3 asking for the departures that it gets costs no rate");
}

int main(void)
{
	u32 i;

	test_rate_set();
	test_span();
	for (i = 0; i < N_LINE_RATES; i++)
		test_drift(line_rates[i], line_rates[i] > 10000000000ULL ?
			   84 : 1538);
	test_walks("P1 P2 on time: no two departures too close", 0, 0, 0);
	test_walks("P1 P2 late: no two departures too close", 0, 70000, 0);
	test_walks("P1 P2 idle and late: no two departures too close",
		   0, 5000, 10);
	test_walks("P1 P2 with a credit: no more than that closer",
		   50000, 70000, 10);
	test_walks("P1 P2 with a credit far beyond the lateness",
		   1000000000, 1000, 3);
	test_credit_keeps_rate();
	test_asked_departures();
	return tap_done();
}
