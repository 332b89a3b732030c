/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What core/ must answer: named cases, the same for host tests and for KUnit.
 *
 * No expected value comes from the code under test. Times are exact rationals
 * (the formula stands above each table), sequences are worked out by hand, and
 * CoDel's come from the formulas of RFC 8289 in real numbers. A fixed bug
 * leaves a case here, or in vectors_wheel.h, which has those of the wheel.
 *
 * pace_<thing>_case_check() runs one case and returns 0, or the number of the
 * first step that fails (1 for a case of one step). No libc, no allocation.
 */
#ifndef SLUICE_CORE_VECTORS_H
#define SLUICE_CORE_VECTORS_H

#include "clock.h"
#include "codel.h"
#include "hist.h"
#include "rate.h"
#include "smooth.h"
#include "types.h"
#include "wire.h"

#define PACE_CASES(table)	((u32)(sizeof(table) / sizeof((table)[0])))
#define PACE_CASE_STEPS		16

/* ---- wire bytes: max(60, frame + tag) + overhead ---- */

struct pace_wire_case {
	const char *name;
	u32 frame_bytes;
	u32 tag_bytes;
	u32 overhead_bytes;
	u32 expected_wire_bytes;
};

static const struct pace_wire_case pace_wire_cases[] = {
	{ "pure ACK of 54 bytes: the 64-byte frame", 54, 0, 24, 84 },
	{ "pure ACK with time stamps", 66, 0, 24, 90 },
	{ "full frame", 1514, 0, 24, 1538 },
	{ "VLAN tag in the frame", 1518, 0, 24, 1542 },
	{ "VLAN tag added by the device", 1514, 4, 24, 1542 },
	{ "two VLAN tags, one added by the device", 1518, 4, 24, 1546 },
	{ "the tag of a small frame is part of its minimum", 54, 4, 24, 84 },
	{ "the tag makes a small frame larger than its minimum", 58, 4, 24, 86 },
	{ "jumbo frame", 9014, 0, 24, 9038 },
	{ "one byte below the minimum", 59, 0, 24, 84 },
	{ "the minimum", 60, 0, 24, 84 },
	{ "one byte above the minimum", 61, 0, 24, 85 },
	{ "no bytes", 0, 0, 24, 84 },
	{ "no overhead", 1514, 0, 0, 1514 },
	{ "no overhead, smallest frame", 42, 0, 0, 60 },
	{ "largest overhead", 1514, 0, 256, 1770 },
	{ "2^20 bytes", 1048576, 0, 24, 1048600 },
};

static inline int pace_wire_case_check(const struct pace_wire_case *c)
{
	return pace_wire_bytes(c->frame_bytes, c->tag_bytes,
			       c->overhead_bytes) != c->expected_wire_bytes;
}

/* ---- rates ---- */

/**
 * struct pace_rate_case - bytes at a rate
 * @name: what it stands for
 * @bytes_ps: the rate
 * @wire_bytes: the bytes
 * @exact_ns: the exact time, rounded up to 2^-32 ns: whole nanoseconds
 * @exact_frac_q32: the rest
 * @slack_q32: how much more than that is allowed, in 2^-32 ns
 */
struct pace_rate_case {
	const char *name;
	u64 bytes_ps;
	u32 wire_bytes;
	u64 exact_ns;
	u32 exact_frac_q32;
	u64 slack_q32;
};

/*
 * python3: exact = ceil(Fraction(bytes * 10**9 * 2**32, rate)), written as
 * exact >> 32 and exact % 2**32; slack = ceil(bytes * 2**32 / 2**shift) + 1
 * with shift = min(34, 13 + rate.bit_length()). Early is never allowed.
 */
static const struct pace_rate_case pace_rate_cases[] = {
	{ "1 Gbit/s, full frame: 8 ns a byte",
	  125000000ULL, 1538, 12304ULL, 0U, 386 },
	{ "1 Gbit/s, smallest frame",
	  125000000ULL, 84, 672ULL, 0U, 22 },
	{ "10 Gbit/s, full frame: 1230.4 ns",
	  1250000000ULL, 1538, 1230ULL, 1717986919U, 386 },
	{ "10 Gbit/s, smallest frame: 67.2 ns",
	  1250000000ULL, 84, 67ULL, 858993460U, 22 },
	{ "10 Gbit/s, jumbo frame",
	  1250000000ULL, 9038, 7230ULL, 1717986919U, 2261 },
	{ "926 Mbit/s, full frame: no finite binary fraction",
	  115750000ULL, 1538, 13287ULL, 1103890083U, 386 },
	{ "926 Mbit/s, smallest frame",
	  115750000ULL, 84, 725ULL, 3014825856U, 22 },
	{ "100 Gbit/s, smallest frame: 6.72 ns",
	  12500000000ULL, 84, 6ULL, 3092376454U, 22 },
	{ "100 Gbit/s, full frame",
	  12500000000ULL, 1538, 123ULL, 171798692U, 386 },
	{ "400 Gbit/s, smallest frame: 1.68 ns",
	  50000000000ULL, 84, 1ULL, 2920577762U, 22 },
	{ "400 Gbit/s, jumbo frame",
	  50000000000ULL, 9038, 180ULL, 3264175145U, 2261 },
	{ "8 kbit/s, the slowest rate: 1 ms a byte",
	  1000ULL, 1538, 1538000000ULL, 0U, 787457 },
	{ "8 kbit/s, longest frame",
	  1000ULL, 1048575, 1048575000000ULL, 0U, 536870401 },
	{ "just below 8 Mbit/s, where mult is largest",
	  999999ULL, 1048575, 1048576048ULL, 2474109796U, 524289 },
	{ "2^20 bytes/s: a power of two",
	  1048576ULL, 1538, 1466751ULL, 423624704U, 386 },
	{ "2^20 - 1 bytes/s",
	  1048575ULL, 1538, 1466752ULL, 2136475638U, 770 },
	{ "a prime, 3 bytes/s below 1 Gbit/s",
	  124999997ULL, 1538, 12304ULL, 1268287U, 386 },
	{ "926 Mbit/s less 19914: the digits beyond 2^-32 ns matter",
	  115730086ULL, 1538, 13289ULL, 2333863603U, 386 },
	{ "16 Tbit/s, the fastest rate",
	  2000000000000ULL, 84, 0ULL, 180388627U, 22 },
	{ "16 Tbit/s, one byte",
	  2000000000000ULL, 1, 0ULL, 2147484U, 2 },
	{ "16 Tbit/s, longest frame",
	  2000000000000ULL, 1048575, 524ULL, 1234803098U, 262145 },
	{ "no bytes take no time",
	  125000000ULL, 0, 0ULL, 0U, 0 },
	{ "2^20 bytes and more count as one byte less",
	  125000000ULL, 1048576, 8388600ULL, 0U, 262145 },
	{ "so does the largest number",
	  125000000ULL, 4294967295U, 8388600ULL, 0U, 262145 },
	{ "below the slowest rate counts as it",
	  1ULL, 84, 84000000ULL, 0U, 43009 },
	{ "beyond the fastest rate counts as it",
	  2000000000001ULL, 84, 0ULL, 180388627U, 22 },
};

static inline int pace_rate_case_check(const struct pace_rate_case *c)
{
	struct pace_rate rate;
	struct pace_span span;
	u64 beyond_ns, beyond_q32;

	pace_rate_set(&rate, c->bytes_ps);
	span = pace_rate_span(&rate, c->wire_bytes);
	beyond_ns = span.ns - c->exact_ns;
	if (beyond_ns > 1)
		return 1;
	beyond_q32 = (beyond_ns << 32) + span.frac_q32 - c->exact_frac_q32;
	return beyond_q32 > c->slack_q32;
}

/* ---- departure clocks ---- */

enum pace_clock_op {
	PACE_CLOCK_END,
	PACE_CLOCK_NOT_BEFORE,	/* a: time in ns */
	PACE_CLOCK_FORGIVE,	/* a: present in ns, b: credit in ns */
	PACE_CLOCK_ADVANCE,	/* a: wire bytes */
};

struct pace_clock_step {
	enum pace_clock_op op;
	u64 a;
	u64 b;
	u64 expected_departure_ns;	/* after the step */
};

struct pace_clock_case {
	const char *name;
	u64 bytes_ps;
	struct pace_clock_step steps[PACE_CASE_STEPS];
};

#define PACE_STEP_NOT_BEFORE(time_ns, departure_ns) \
	{ PACE_CLOCK_NOT_BEFORE, time_ns, 0, departure_ns }
#define PACE_STEP_FORGIVE(now_ns, credit_ns, departure_ns) \
	{ PACE_CLOCK_FORGIVE, now_ns, credit_ns, departure_ns }
#define PACE_STEP_ADVANCE(wire_bytes, departure_ns) \
	{ PACE_CLOCK_ADVANCE, wire_bytes, 0, departure_ns }

/*
 * 1 Gbit/s: 8 ns a byte. 926 Mbit/s: a full frame takes 13287 + 119/463 ns,
 * 400 Gbit/s: 84 bytes take 1.68 ns, 16 Tbit/s: 0.042 ns. Departures round up.
 */
static const struct pace_clock_case pace_clock_cases[] = {
	{ "frames follow each other without a gap", 125000000, {
		PACE_STEP_NOT_BEFORE(1000, 1000),
		PACE_STEP_ADVANCE(1538, 13304),
		PACE_STEP_ADVANCE(84, 13976),
		PACE_STEP_ADVANCE(9038, 86280),
	} },
	{ "fractions of 926 Mbit/s add up", 115750000, {
		PACE_STEP_ADVANCE(1538, 13288),		/* 13287.257 */
		PACE_STEP_ADVANCE(1538, 26575),		/* 26574.514 */
		PACE_STEP_ADVANCE(1538, 39862),		/* 39861.771 */
		PACE_STEP_ADVANCE(1538, 53150),		/* 53149.028 */
	} },
	{ "smallest frames at 400 Gbit/s", 50000000000ULL, {
		PACE_STEP_ADVANCE(84, 2),		/* 1.68 */
		PACE_STEP_ADVANCE(84, 4),		/* 3.36 */
		PACE_STEP_ADVANCE(84, 6),		/* 5.04 */
		PACE_STEP_ADVANCE(84, 7),		/* 6.72 */
		PACE_STEP_ADVANCE(84, 9),		/* 8.40 */
	} },
	{ "a time that has passed changes nothing", 115750000, {
		PACE_STEP_ADVANCE(1538, 13288),
		PACE_STEP_NOT_BEFORE(0, 13288),
		PACE_STEP_NOT_BEFORE(13287, 13288),
		PACE_STEP_ADVANCE(1538, 26575),
	} },
	{ "a time to which the departure is rounded keeps the fraction",
	  115750000, {
		PACE_STEP_ADVANCE(1538, 13288),
		PACE_STEP_NOT_BEFORE(13288, 13288),
		PACE_STEP_ADVANCE(1538, 26575),		/* 26574.514 */
	} },
	{ "a later time is the new start", 115750000, {
		PACE_STEP_ADVANCE(1538, 13288),
		PACE_STEP_NOT_BEFORE(13289, 13289),
		PACE_STEP_ADVANCE(1538, 26577),		/* 26576.257 */
		PACE_STEP_NOT_BEFORE(1000000, 1000000),
		PACE_STEP_ADVANCE(1538, 1013288),
	} },
	{ "a frame that left on time keeps its fraction", 115750000, {
		PACE_STEP_ADVANCE(1538, 13288),
		PACE_STEP_FORGIVE(13288, 0, 13288),
		PACE_STEP_ADVANCE(1538, 26575),
	} },
	{ "without credit a debt of 1 ns is dropped", 115750000, {
		PACE_STEP_ADVANCE(1538, 13288),
		PACE_STEP_FORGIVE(13289, 0, 13289),
		PACE_STEP_ADVANCE(1538, 26577),		/* 26576.257 */
	} },
	{ "a debt up to the credit stays", 125000000, {
		PACE_STEP_NOT_BEFORE(1000, 1000),
		PACE_STEP_FORGIVE(2500, 1500, 1000),
		PACE_STEP_FORGIVE(2501, 1500, 1001),
		PACE_STEP_FORGIVE(5000, 1500, 3500),
		PACE_STEP_ADVANCE(1538, 15804),
	} },
	{ "there is nothing to forgive ahead of time", 125000000, {
		PACE_STEP_NOT_BEFORE(1000, 1000),
		PACE_STEP_FORGIVE(100, 0, 1000),
		PACE_STEP_FORGIVE(100, 1ULL << 62, 1000),
	} },
	{ "no rate: frames take no time", PACE_RATE_UNLIMITED, {
		PACE_STEP_NOT_BEFORE(1000, 1000),
		PACE_STEP_ADVANCE(1538, 1000),
		PACE_STEP_ADVANCE(1048575, 1000),
		PACE_STEP_FORGIVE(1001, 0, 1001),
	} },
	{ "a clock runs through 2^63", 125000000, {
		PACE_STEP_FORGIVE((1ULL << 63) - 10000, 0,
				  (1ULL << 63) - 10000),
		PACE_STEP_ADVANCE(1538, (1ULL << 63) + 2304),
		PACE_STEP_NOT_BEFORE(1ULL << 63, (1ULL << 63) + 2304),
		PACE_STEP_FORGIVE((1ULL << 63) + 3000, 0,
				  (1ULL << 63) + 3000),
	} },
	{ "24 of the smallest frames at 16 Tbit/s take 1.008 ns",
	  2000000000000ULL, {
		PACE_STEP_ADVANCE(84 * 12, 1),		/* 0.504 */
		PACE_STEP_ADVANCE(84 * 11, 1),		/* 0.966 */
		PACE_STEP_ADVANCE(84, 2),		/* 1.008 */
	} },
};

static inline int pace_clock_case_check(const struct pace_clock_case *c)
{
	struct pace_clock clock = { 0 };
	struct pace_rate rate;
	u32 i;

	pace_rate_set(&rate, c->bytes_ps);
	for (i = 0; i < PACE_CASE_STEPS && c->steps[i].op; i++) {
		const struct pace_clock_step *step = &c->steps[i];

		if (step->op == PACE_CLOCK_NOT_BEFORE)
			pace_clock_not_before(&clock, step->a);
		else if (step->op == PACE_CLOCK_FORGIVE)
			pace_clock_forgive(&clock, step->a, step->b);
		else
			pace_clock_advance(&clock, &rate, (u32)step->a);
		if (pace_clock_departure_ns(&clock) !=
		    step->expected_departure_ns)
			return (int)i + 1;
	}
	return 0;
}

/* ---- histograms: bucket 0 is 0, bucket i is 2^(i-1) .. 2^i - 1 ---- */

struct pace_hist_case {
	const char *name;
	u64 value;
	u32 n_buckets;
	u32 expected_bucket;
};

static const struct pace_hist_case pace_hist_cases[] = {
	{ "zero has its own bucket", 0, 36, 0 },
	{ "one", 1, 36, 1 },
	{ "two begins a bucket", 2, 36, 2 },
	{ "three ends it", 3, 36, 2 },
	{ "1023 ends a bucket", 1023, 36, 10 },
	{ "1024 begins one", 1024, 36, 11 },
	{ "the last bucket begins at 2^34", 1ULL << 34, 36, 35 },
	{ "before it", (1ULL << 34) - 1, 36, 34 },
	{ "beyond the last bucket", 1ULL << 35, 36, 35 },
	{ "the largest value", ~0ULL, 36, 35 },
	{ "the largest value has a 64th bucket", ~0ULL, 65, 64 },
	{ "a train of 1024 frames", 1024, 12, 11 },
	{ "a train of 4000 frames", 4000, 12, 11 },
	{ "two buckets tell zero from the rest", 77, 2, 1 },
};

static inline int pace_hist_case_check(const struct pace_hist_case *c)
{
	return pace_hist_bucket(c->value, c->n_buckets) != c->expected_bucket;
}

/* ---- CoDel ---- */

struct pace_codel_step {
	u32 now_us;
	u32 hold_us;
	bool is_last;
	bool expected_signal;
	bool is_step;
};

struct pace_codel_case {
	const char *name;
	u32 target_us;
	u32 interval_us;
	struct pace_codel_step steps[PACE_CASE_STEPS];
};

/* A packet that leaves at a time in ms, held so long, and what it gets. */
#define PACE_PASS(now_ms, hold_ms) \
	{ (u32)(now_ms) * 1000, (u32)(hold_ms) * 1000, false, false, true }
#define PACE_PASS_LAST(now_ms, hold_ms) \
	{ (u32)(now_ms) * 1000, (u32)(hold_ms) * 1000, true, false, true }
#define PACE_SIGNAL(now_ms, hold_ms) \
	{ (u32)(now_ms) * 1000, (u32)(hold_ms) * 1000, false, true, true }

/*
 * Signal n + 1 follows signal n after 100 ms / sqrt(n): 100, 200, 270.711,
 * 328.446, 378.446, 423.167 .. ms for a queue above target from 0 on. The
 * packets leave up to 1 ms before and after, so that rounding plays no part.
 */
static const struct pace_codel_case pace_codel_cases[] = {
	{ "a short hold is never signalled", 5000, 100000, {
		PACE_PASS(1, 4), PACE_PASS(101, 4), PACE_PASS(201, 0),
		PACE_PASS(1001, 4),
	} },
	{ "one interval above target, then interval / sqrt(n)", 5000, 100000, {
		PACE_PASS(1, 6), PACE_PASS(50, 6), PACE_PASS(100, 6),
		PACE_SIGNAL(101, 6), PACE_PASS(200, 6),
		PACE_SIGNAL(201, 6), PACE_PASS(271, 6),
		PACE_SIGNAL(272, 6), PACE_PASS(329, 6),
		PACE_SIGNAL(330, 6), PACE_PASS(379, 6),
		PACE_SIGNAL(380, 6), PACE_PASS(424, 6),
		PACE_SIGNAL(425, 6),
	} },
	{ "a hold of exactly the target counts", 5000, 100000, {
		PACE_PASS(1, 5), PACE_SIGNAL(101, 5),
	} },
	{ "one short hold starts the interval anew", 5000, 100000, {
		PACE_PASS(1, 6), PACE_PASS(90, 6), PACE_PASS(91, 4),
		PACE_PASS(101, 6), PACE_PASS(190, 6), PACE_PASS(200, 6),
		PACE_SIGNAL(201, 6),
	} },
	{ "one short hold ends the signals", 5000, 100000, {
		PACE_PASS(1, 6), PACE_SIGNAL(101, 6), PACE_PASS(150, 4),
		PACE_PASS(201, 6), PACE_PASS(300, 6), PACE_SIGNAL(301, 6),
	} },
	{ "a queue of one packet is none", 5000, 100000, {
		PACE_PASS(1, 6), PACE_PASS_LAST(101, 6), PACE_PASS(102, 6),
		PACE_PASS(201, 6), PACE_SIGNAL(202, 6),
		PACE_PASS_LAST(302, 6), PACE_PASS(303, 6),
	} },
	{ "a late start makes up for signals, one a packet", 5000, 100000, {
		PACE_PASS(1, 6), PACE_SIGNAL(101, 6), PACE_SIGNAL(300, 6),
		PACE_SIGNAL(300, 6), PACE_PASS(300, 6), PACE_SIGNAL(330, 6),
	} },
	{ "soon after, it goes on near the rate that worked", 5000, 100000, {
		PACE_PASS(1, 6), PACE_SIGNAL(101, 6), PACE_SIGNAL(201, 6),
		PACE_SIGNAL(272, 6), PACE_SIGNAL(330, 6), PACE_PASS(340, 4),
		/* n was 4 and began at 1, so 3: 57.735 ms, then 50 ms */
		PACE_PASS(350, 6), PACE_PASS(449, 6), PACE_SIGNAL(450, 6),
		PACE_PASS(507, 6), PACE_SIGNAL(508, 6), PACE_PASS(557, 6),
		PACE_SIGNAL(558, 6),
	} },
	{ "after 16 intervals it has forgotten", 5000, 100000, {
		PACE_PASS(1, 6), PACE_SIGNAL(101, 6), PACE_SIGNAL(201, 6),
		PACE_SIGNAL(272, 6), PACE_SIGNAL(330, 6), PACE_PASS(340, 4),
		PACE_PASS(2000, 6), PACE_PASS(2099, 6), PACE_SIGNAL(2100, 6),
		PACE_PASS(2199, 6), PACE_SIGNAL(2200, 6),
	} },
	{ "a target of 0 switches it off", 0, 100000, {
		PACE_PASS(1, 6), PACE_PASS(101, 500), PACE_PASS(1001, 900),
	} },
};

static inline int pace_codel_case_check(const struct pace_codel_case *c)
{
	struct pace_codel_params params = {
		.target_ns = c->target_us * 1000ULL,
		.interval_ns = c->interval_us * 1000ULL,
	};
	struct pace_codel codel = { 0 };
	u32 i;

	for (i = 0; i < PACE_CASE_STEPS && c->steps[i].is_step; i++) {
		const struct pace_codel_step *step = &c->steps[i];

		if (pace_codel_signal(&codel, &params, step->hold_us * 1000ULL,
				      step->is_last, step->now_us * 1000ULL) !=
		    step->expected_signal)
			return (int)i + 1;
	}
	return 0;
}

/* ---- smoothing: (what is left of the sum + bytes) / time, at least the floor ---- */

struct pace_smooth_case {
	const char *name;
	u32 time_us;
	u32 earlier_bytes;	/* at 0 */
	u32 elapsed_us;
	u32 bytes;
	u64 expected_bytes_ps;	/* rounded up by less than 0.1 % */
};

static const struct pace_smooth_case pace_smooth_cases[] = {
	{ "a lone frame: the floor of 16", 1000, 0, 1, 1538, 24608000 },
	{ "a lone burst leaves in the time", 1000, 0, 1, 67672, 67672000 },
	{ "after 4/9 of its memory 5/9 is left", 1000, 90000, 500, 10000, 60000000 },
	{ "after all of it nothing is", 1000, 900000, 1125, 50000, 50000000 },
	{ "the shortest time", 10, 50000, 0, 50000, 10000000000ULL },
	{ "the longest time", 100000, 3000000, 0, 1000000, 40000000 },
};

static inline int pace_smooth_case_check(const struct pace_smooth_case *c)
{
	struct pace_smooth_params params;
	struct pace_smooth smooth = { 0 };
	u64 bytes_ps;

	pace_smooth_prepare(&params, c->time_us * 1000ULL, 16 * 1538);
	pace_smooth_add(&smooth, &params, c->earlier_bytes, 0, true);
	pace_smooth_add(&smooth, &params, c->bytes, c->elapsed_us * 1000ULL, true);
	bytes_ps = pace_smooth_rate(&smooth, &params);
	return bytes_ps < c->expected_bytes_ps ||
	       bytes_ps > c->expected_bytes_ps + c->expected_bytes_ps / 1000;
}

#endif
