// SPDX-License-Identifier: GPL-2.0
/* path.h: the round trip of a handshake, and what is taken for growth. */
#include "../../core/path.h"
#include "../../core/smooth.h"
#include "user_tap.h"

#define US		1000ull
#define MS		1000000ull
#define START_NS	(1000000 * MS)
#define RTT_NS		(10 * MS)

static struct pace_path path;
static u64 now_ns, last_ns;

static void begin(u64 rtt_ns)
{
	path = (struct pace_path) { 0 };
	last_ns = 0;
	now_ns = START_NS;
	pace_path_ask(&path, now_ns);
	now_ns += rtt_ns;
	pace_path_answered(&path, now_ns);
}

/* What a window of that size is in a round trip: packets at its start. */
static void round_of(u32 bytes, u64 rtt_ns)
{
	for (int i = 0; i < 4; i++) {
		pace_path_add(&path, bytes / 4, now_ns, now_ns - last_ns);
		last_ns = now_ns;
		now_ns += 10 * US;
	}
	now_ns += rtt_ns - 40 * US;
}

static void rounds_of(u32 bytes, u64 rtt_ns, int count)
{
	while (count--)
		round_of(bytes, rtt_ns);
}

static u64 time_ns(void)
{
	return pace_path_time_ns(path.time);
}

static void test_times(void)
{
	bool is_right = true;

	for (u64 most_ns = 1; most_ns < 20 * MS; most_ns += 997) {
		u64 got_ns = pace_path_time_ns(pace_path_time_below(most_ns));

		is_right = is_right && (got_ns <= most_ns || got_ns == 15625) &&
			   (got_ns * 2 > most_ns || got_ns == 4 * MS);
	}
	tap_ok(is_right, "path: the time below is the next power of two");
}

static void test_handshake(void)
{
	u64 worst_ns = 0;
	bool is_short = false;

	for (u64 rtt_ns = 2 * US; rtt_ns < 4000 * MS; rtt_ns += rtt_ns / 7 + 1) {
		u64 got_ns;

		begin(rtt_ns);
		got_ns = pace_path_rtt_ns(&path);
		is_short = is_short || got_ns < rtt_ns;
		worst_ns = got_ns - rtt_ns > worst_ns ? got_ns - rtt_ns : worst_ns;
	}
	tap_ok(!is_short && worst_ns <= 2048,
	       "path: the round trip is that of the handshake, rounded up");

	begin(RTT_NS);
	pace_path_answered(&path, now_ns + 50 * MS);
	tap_ok(pace_path_rtt_ns(&path) < 11 * MS, "path: what comes later is no answer");
	begin(10000 * MS);
	tap_ok(pace_path_rtt_ns(&path) > 4000 * MS && pace_path_rtt_ns(&path) < 5000 * MS,
	       "path: a longer one counts for 4.3 s");

	path = (struct pace_path) { 0 };
	pace_path_ask(&path, START_NS);
	pace_path_ask(&path, START_NS + 1000 * MS);
	pace_path_answered(&path, START_NS + 1010 * MS);
	tap_ok(pace_path_rtt_ns(&path) < 11 * MS,
	       "path: of a SYN that was sent again the last counts");
}

static void test_growth(void)
{
	u32 bytes = 15000;
	bool is_short = true;

	begin(RTT_NS);
	for (int i = 0; i < 10; i++, bytes *= 2) {
		round_of(bytes, RTT_NS);
		is_short = is_short && time_ns() == 500 * US;
	}
	tap_ok(is_short, "path: a 20th of the round trip while the window doubles");
	rounds_of(bytes, RTT_NS, PACE_PATH_STEADY_ROUNDS + 2);
	tap_ok(time_ns() == 500 * US, "path: four round trips without growth may be chance");
	round_of(bytes, RTT_NS);
	tap_ok(time_ns() == MS, "path: from then on twice as much with each");
	rounds_of(bytes, RTT_NS, 2);
	tap_ok(time_ns() == 4 * MS, "path: up to two fifths of the round trip");
	for (int i = 0; i < 100; i++)
		round_of(bytes + bytes / 100 * (u32)(i % 20), RTT_NS);
	tap_ok(time_ns() == 4 * MS, "path: a fifth more or less is no growth");
	round_of(bytes * 2, RTT_NS);
	round_of(bytes * 2, RTT_NS);
	tap_ok(time_ns() == 500 * US, "path: growth is seen with the next round trip");
	rounds_of(bytes * 2, RTT_NS, 20);
	tap_ok(time_ns() == 4 * MS, "path: and is over in the end");
	rounds_of(bytes, RTT_NS, 20);
	tap_ok(time_ns() == 4 * MS, "path: less is no growth");
	now_ns += 5 * RTT_NS;
	round_of(1500, RTT_NS);
	tap_ok(time_ns() == 500 * US, "path: behind a pause it may begin again");
}

static void test_bounds(void)
{
	begin(200 * MS);
	round_of(100000, 200 * MS);
	tap_ok(time_ns() == MS, "path: a millisecond at most while it grows");
	rounds_of(100000, 200 * MS, 30);
	tap_ok(time_ns() == 4 * MS, "path: and four in any case");
	begin(20 * US);
	round_of(100000, 100 * US);
	tap_ok(time_ns() == 15625, "path: hardly anything on a short one");

	path = (struct pace_path) { 0 };
	last_ns = 0;
	now_ns = START_NS;
	rounds_of(100000, 2 * MS, 30);
	tap_ok(time_ns() == 250 * US, "path: without a handshake it is 1 ms long");

	begin(RTT_NS);
	for (int i = 0; i < 8; i++)
		pace_path_add(&path, ~0U, now_ns, 0);
	tap_ok(path.round_bytes == ~0U, "path: no count wraps");
}

/* What has come stays in force when the time changes: the rate does not jump. */
static void test_change(void)
{
	struct pace_smooth_params params[PACE_PATH_TIMES];
	struct pace_smooth smooth = { .sum_bytes = 1 << 20, .rate_bytes = 1 << 20 };
	bool is_same = true;
	u64 rate;

	for (u32 i = 0; i < PACE_PATH_TIMES; i++)
		pace_smooth_prepare(&params[i], pace_path_time_ns(i), 1);
	rate = pace_smooth_rate(&smooth, &params[4]);
	for (u32 i = 0; i < PACE_PATH_TIMES; i++) {
		struct pace_smooth changed = smooth;
		u64 got;

		pace_smooth_change(&changed, (int)i - 4);
		got = pace_smooth_rate(&changed, &params[i]);
		is_same = is_same && got >= rate - rate / 1000 && got <= rate + rate / 1000;
	}
	tap_ok(is_same, "smooth: another time leaves the rate as it was");
	smooth.sum_bytes = ~0U;
	pace_smooth_change(&smooth, 8);
	tap_ok(smooth.sum_bytes == ~0U, "smooth: a sum does not wrap by it");
}

int main(void)
{
	test_times();
	test_handshake();
	test_growth();
	test_bounds();
	test_change();
	return tap_done();
}
