// SPDX-License-Identifier: GPL-2.0
/*
 * smooth.h against its formula in floating point, and its promises: what comes at
 * an even pace leaves at it, and nothing waits longer than the time (P11).
 */
#include "../../core/smooth.h"
#include "core_random.h"
#include "user_tap.h"

#define SEED		0x5e
#define MS		1000000ull
#define FRAME_BYTES	1538
#define FLOOR_BYTES	(16 * FRAME_BYTES)

static u64 add_alone(struct pace_smooth *smooth,
		     const struct pace_smooth_params *params, u32 bytes,
		     u64 now_ns)
{
	pace_smooth_add(smooth, params, bytes, now_ns, true);
	return pace_smooth_rate(smooth, params);
}

/* Is what is computed never less than the formula, and hardly more? */
static void test_formula(void)
{
	static const u64 times_ns[] = { PACE_SMOOTH_MIN_NS, 333333, MS, 7 * MS,
					PACE_SMOOTH_MAX_NS };
	u64 state = SEED, got;
	bool is_never_less = true;
	double worst = 0;
	unsigned int t, i;

	for (t = 0; t < sizeof(times_ns) / sizeof(times_ns[0]); t++) {
		struct pace_smooth_params params;
		struct pace_smooth smooth = { 0 };
		double memory_ns = (double)(times_ns[t] + times_ns[t] / 8);
		double sum = 0, want;
		u64 now_ns = 0;

		pace_smooth_prepare(&params, times_ns[t], 1);
		for (i = 0; i < 200000; i++) {
			u64 pause_ns = random_bits(&state, 28);
			u32 bytes = (u32)random_bits(&state, 20) + FRAME_BYTES;
			double left = 1 - (double)pause_ns / memory_ns;

			now_ns += pause_ns;
			sum = (left > 0 && i ? sum * left : 0) + bytes;
			got = add_alone(&smooth, &params, bytes, now_ns);
			want = sum * 1e9 / (double)times_ns[t];
			is_never_less = is_never_less && (double)got >= want;
			if ((double)got / want - 1 > worst)
				worst = (double)got / want - 1;
			/* Errors may not add up in the sum. */
			sum = smooth.sum_bytes;
		}
	}
	tap_ok(is_never_less, "smooth: never slower than the formula says");
	tap_ok(worst < 1.0 / 1000, "smooth: and faster by less than 0.1 %, a byte in a frame");
	printf("# at most %.4f %% faster\n", worst * 100);
}

/* A flow that sends packets of so many frames every so often. */
static double steady_over_mean(u64 time_ns, u64 every_ns, u32 frames)
{
	double mean = (double)frames * FRAME_BYTES * 1e9 / (double)every_ns;
	struct pace_smooth_params params;
	struct pace_smooth smooth = { 0 };
	u64 now_ns, bytes_ps = 0;

	pace_smooth_prepare(&params, time_ns, 1);
	for (now_ns = 0; now_ns < 50 * time_ns; now_ns += every_ns)
		bytes_ps = add_alone(&smooth, &params, frames * FRAME_BYTES,
				     now_ns);
	return (double)bytes_ps / mean;
}

static void test_steady(void)
{
	double worst = 0;
	u64 every_ns;
	u32 frames;

	for (every_ns = 10000; every_ns <= MS; every_ns += 9000)
		for (frames = 1; frames <= 44; frames++) {
			double off = fabs(steady_over_mean(MS, every_ns, frames) -
					  9.0 / 8);

			if (off > worst)
				worst = off;
		}
	tap_ok(worst < 0.003, "smooth: a steady flow gets 9/8 of its mean, whatever its packets");
	printf("# off by at most %.4f\n", worst);
}

/*
 * What waits, as a fluid that leaves at the rate in force: is it less than the
 * sum, and gone when the time is over? Bursts, trickles and pauses in turn.
 */
static void test_bound(void)
{
	const u64 time_ns = MS;
	struct pace_smooth_params params;
	struct pace_smooth smooth = { 0 };
	double waits = 0, worst_ns = 0;
	u64 state = SEED, now_ns = 0, in_force = 0, i;
	bool is_below_sum = true;

	pace_smooth_prepare(&params, time_ns, FLOOR_BYTES);
	for (i = 0; i < 2000000; i++) {
		u64 pause_ns = random_bits(&state, 4 + i / 1000 % 18);
		u32 bytes = FRAME_BYTES *
			    (u32)(i / 300 % 3 ? 1 : 1 + random_below(&state, 44));

		now_ns += pause_ns;
		waits -= (double)in_force * (double)pause_ns / 1e9;
		if (waits < 0)
			waits = 0;
		pace_smooth_add(&smooth, &params, bytes, now_ns, waits == 0);
		in_force = pace_smooth_rate(&smooth, &params);
		waits += bytes;
		is_below_sum = is_below_sum && waits <= smooth.sum_bytes + 1;
		if (waits * 1e9 / (double)in_force > worst_ns)
			worst_ns = waits * 1e9 / (double)in_force;
	}
	tap_ok(is_below_sum, "smooth: what waits is never more than the sum");
	tap_ok(worst_ns <= (double)time_ns, "P11 smooth: nothing waits longer than the time");
	tap_ok(worst_ns > 0.99 * (double)time_ns, "smooth: and a burst takes all of it");
	printf("# at most %.0f of %llu ns\n", worst_ns, (unsigned long long)time_ns);
}

static void test_edges(void)
{
	struct pace_smooth_params params;
	struct pace_smooth smooth = { 0 };
	u64 last = 0, got = 0;
	int i;

	pace_smooth_prepare(&params, PACE_SMOOTH_MAX_NS, FLOOR_BYTES);
	for (i = 0; i < 100000; i++) {
		got = add_alone(&smooth, &params, 1 << 20, 5);
		if (got < last)
			break;
		last = got;
	}
	tap_ok(i == 100000, "smooth: a sum that is full stays full");
	tap_u64(smooth.sum_bytes, UINT32_MAX, "smooth: at 4 GB");
	add_alone(&smooth, &params, 1, 5 + PACE_SMOOTH_MAX_NS * 9 / 8);
	tap_u64(smooth.sum_bytes, 1, "smooth: after its memory nothing is left");
	pace_smooth_prepare(&params, MS, FLOOR_BYTES);
	smooth = (struct pace_smooth){ 0 };
	got = add_alone(&smooth, &params, 84, MS);
	tap_ok(got >= FLOOR_BYTES * 1000ull && got < FLOOR_BYTES * 1000ull + 100,
	       "smooth: a lone frame has the rate of the floor");
	smooth = (struct pace_smooth){ 0 };
	got = add_alone(&smooth, &params, 44 * FRAME_BYTES, MS);
	tap_ok(got >= 44 * FRAME_BYTES * 1000ull &&
	       got < 44 * FRAME_BYTES * 1000ull + 100,
	       "smooth: a lone burst leaves within the time");
}

int main(void)
{
	test_formula();
	test_steady();
	test_bound();
	test_edges();
	return tap_done();
}
