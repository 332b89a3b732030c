// SPDX-License-Identifier: GPL-2.0
/*
 * codel.h against RFC 8289: its control law in floating point, and its state
 * machine written out again from the RFC's pseudo-code (section 5.6).
 */
#include "../../core/codel.h"
#include "core_random.h"
#include "user_tap.h"

#define SEED		0x53
#define MS		1000000ull
#define INTERVAL_NS	(100 * MS)

static const struct pace_codel_params params = {
	.target_ns = PACE_CODEL_TARGET_DEFAULT_NS,
	.interval_ns = PACE_CODEL_INTERVAL_DEFAULT_NS,
};

static bool sqrt_is_floor(u32 x)
{
	u64 root = pace_sqrt(x);

	return root * root <= x && (root + 1) * (root + 1) > x;
}

static void test_sqrt(void)
{
	bool is_floor = true;
	u64 root, state = SEED;
	u32 i;

	for (root = 1; root < 65536; root++)
		is_floor = is_floor && sqrt_is_floor((u32)(root * root)) &&
			   sqrt_is_floor((u32)(root * root - 1)) &&
			   sqrt_is_floor((u32)(root * root + 1));
	for (i = 0; i < 1000000; i++)
		is_floor = is_floor && sqrt_is_floor((u32)random_next(&state));
	is_floor = is_floor && sqrt_is_floor(0) && sqrt_is_floor(UINT32_MAX);
	tap_ok(is_floor, "codel: the square root rounds down");
}

/* 8 binary digits of the root: at most 1/256 too long, never too short. */
static void test_law(void)
{
	double exact, got, worst = 0;
	bool is_close = true;
	u32 count;

	for (count = 1; count < 65536; count++) {
		exact = (double)INTERVAL_NS / sqrt(count);
		got = (double)(pace_codel_law_ns(1000, INTERVAL_NS, count) -
			       1000);
		if (got / exact - 1 > worst)
			worst = got / exact - 1;
		is_close = is_close && got > exact - 1 &&
			   got < exact * (1 + 1.0 / 256);
	}
	tap_ok(is_close, "codel: interval / sqrt(count) within 0.4 %");
	printf("# at most %.3f %% too long\n", worst * 100);
	tap_ok(pace_codel_law_ns(0, INTERVAL_NS, UINT32_MAX) ==
	       pace_codel_law_ns(0, INTERVAL_NS, 65535),
	       "codel: beyond 65535 signals the rate stays");
	tap_ok(pace_codel_law_ns(0, 1ULL << 40, 1) == 1ULL << 40,
	       "codel: one signal waits for one interval");
}

/* A sender that never yields: more signals than the count can hold. */
static void test_most_signals(void)
{
	struct pace_codel codel = {
		.first_above_ns = MS, .next_ns = MS,
		.count = PACE_CODEL_COUNT_MAX - 1,
		.last_count = 1, .is_signalling = true,
	};
	u64 law_ns = pace_codel_law_ns(0, INTERVAL_NS, PACE_CODEL_COUNT_MAX);
	u64 now_ns = MS;
	bool is_regular = true;
	u32 i;

	for (i = 0; i < 4; i++, now_ns += law_ns)
		is_regular = is_regular &&
			     pace_codel_signal(&codel, &params, 10 * MS, false,
					       now_ns) &&
			     !pace_codel_signal(&codel, &params, 10 * MS, false,
						now_ns + law_ns - 1);
	tap_ok(is_regular, "codel: after 2^31 signals the rate stays");
}

/* The pseudo-code of RFC 8289 section 5.6, one packet at a time. */
struct rfc_codel {
	double first_above, drop_next;
	u32 count, last_count;
	bool is_dropping;
};

static double rfc_control_law(double time, u32 count)
{
	return (double)pace_codel_law_ns((u64)time, INTERVAL_NS, count);
}

static bool rfc_signal(struct rfc_codel *codel, double hold, bool is_last,
		       double now)
{
	bool is_ok_to_drop = false;
	u32 delta;

	if (hold < (double)params.target_ns || is_last) {
		codel->first_above = 0;
	} else if (codel->first_above == 0) {
		codel->first_above = now + INTERVAL_NS;
	} else if (now >= codel->first_above) {
		is_ok_to_drop = true;
	}
	if (codel->is_dropping) {
		if (!is_ok_to_drop) {
			codel->is_dropping = false;
			return false;
		}
		if (now < codel->drop_next)
			return false;
		codel->count++;
		codel->drop_next = rfc_control_law(codel->drop_next,
						   codel->count);
		return true;
	}
	if (!is_ok_to_drop)
		return false;
	codel->is_dropping = true;
	delta = codel->count - codel->last_count;
	codel->count = 1;
	if (delta > 1 && now - codel->drop_next < 16.0 * INTERVAL_NS)
		codel->count = delta;
	codel->drop_next = rfc_control_law(now, codel->count);
	codel->last_count = codel->count;
	return true;
}

/* Times stay below 2^53 ns, so that a double holds them exactly. */
static void test_against_rfc(void)
{
	u64 now_ns = MS, state = SEED, hold_ns = 0, signals = 0;
	struct pace_codel codel = { 0 };
	struct rfc_codel rfc = { 0 };
	bool is_same = true;
	u32 i;

	for (i = 0; i < 2000000 && is_same; i++) {
		bool is_last = !random_below(&state, 5000);
		bool has_signal;

		now_ns += random_below(&state, 4) * random_bits(&state, 21);
		if (!random_below(&state, 2000))
			now_ns += random_bits(&state, 31);
		/* The hold time wanders, mostly above target. */
		if (!random_below(&state, 400))
			hold_ns = random_below(&state, 20 * MS);
		has_signal = pace_codel_signal(&codel, &params, hold_ns,
					       is_last, now_ns);
		signals += has_signal;
		is_same = has_signal == rfc_signal(&rfc, (double)hold_ns,
						   is_last, (double)now_ns);
	}
	tap_ok(is_same && signals > 1000,
	       "codel: as the RFC says, over two million packets");
	printf("# %llu signals, last packet %u at %.1f s\n", signals, i,
	       (double)now_ns / 1e9);
}

/* A queue that never recovers: signal n comes when real numbers say. */
static void test_episode(void)
{
	struct pace_codel codel = { 0 };
	double wanted = INTERVAL_NS;
	bool is_close = true;
	u64 now_ns;
	u32 n = 0;

	for (now_ns = MS; now_ns < 20000 * MS; now_ns += MS / 10) {
		if (!pace_codel_signal(&codel, &params, 2 * params.target_ns,
				       false, now_ns))
			continue;
		if (n)
			wanted += INTERVAL_NS / sqrt(n);
		n++;
		is_close = is_close && fabs((double)(now_ns - MS) - wanted) <
				       MS / 10 + wanted / 256;
	}
	tap_ok(is_close && n > 9000, "codel: a standing queue is signalled ever faster");
	printf("# %u signals in 20 s\n", n);
}

/* A shorter interval set meanwhile: the next time may lie in the future. */
static void test_interval_changed(void)
{
	struct pace_codel codel = {
		.next_ns = 5000 * MS, .count = 9, .last_count = 1,
	};
	const u64 hold_ns = 2 * params.target_ns;

	pace_codel_signal(&codel, &params, hold_ns, false, 4000 * MS);
	tap_ok(pace_codel_signal(&codel, &params, hold_ns, false, 4100 * MS) &&
	       codel.count == 8,
	       "codel: a next time in the future is no long time ago");
}

/* Times through 2^63 and the end of 64 bits make no difference. */
static void test_wrap(void)
{
	static const u64 starts[] = { 1, (1ULL << 63) - 300 * MS,
				      ~0ULL - 300 * MS };
	u64 signals[3] = { 0 };
	u32 i, n;

	for (i = 0; i < 3; i++) {
		struct pace_codel codel = { 0 };

		for (n = 0; n < 1000; n++)
			signals[i] += pace_codel_signal(&codel, &params,
						2 * params.target_ns, false,
						starts[i] + n * MS);
	}
	tap_ok(signals[0] == signals[1] && signals[0] == signals[2],
	       "codel: any time is as good as any other");
}

int main(void)
{
	test_sqrt();
	test_law();
	test_most_signals();
	test_against_rfc();
	test_episode();
	test_interval_changed();
	test_wrap();
	return tap_done();
}
