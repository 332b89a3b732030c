// SPDX-License-Identifier: GPL-2.0
/* gap.h: frames fill a gap to the byte, and a line that is filled is never early. */
#include "../../core/clock.h"
#include "../../core/gap.h"
#include "core_random.h"
#include "user_tap.h"

#define SEED		0x9a
#define MIN_BYTES	84u
#define MAX_BYTES	1538u

/* Fills a gap as the qdisc does. Returns its bytes, or 0 if a frame is no frame. */
static u64 fill(u64 gap_bytes, u32 min_bytes, u32 max_bytes, u64 *ret_frames)
{
	u64 filled = 0, frames = 0;

	while (filled < gap_bytes) {
		u32 bytes = pace_gap_frame_wire_bytes(gap_bytes - filled, min_bytes,
						      max_bytes);

		if (bytes < min_bytes || bytes > max_bytes)
			return 0;
		filled += bytes;
		frames++;
	}
	*ret_frames = frames;
	return filled;
}

/* Every gap of up to five frames, with frames of several least and most lengths. */
static void test_to_the_byte(void)
{
	static const u32 bounds[][2] = { { 84, 1538 }, { 60, 376 }, { 84, 168 },
					 { 316, 1770 } };
	bool is_filled = true, is_short = true, is_few = true;
	unsigned int i;

	for (i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		u32 min_bytes = bounds[i][0], max_bytes = bounds[i][1];
		u64 gap, filled, frames = 0;

		for (gap = 1; gap < 5ull * max_bytes; gap++) {
			filled = fill(gap, min_bytes, max_bytes, &frames);
			if (gap < min_bytes)
				is_short = is_short && filled == min_bytes;
			else
				is_filled = is_filled && filled == gap;
			/* One more than needed at most. */
			is_few = is_few && frames <= (gap + max_bytes - 1) / max_bytes + 1;
		}
	}
	tap_ok(is_filled, "gap: frames fill it to the byte");
	tap_ok(is_short, "gap: one shorter than a frame has the shortest frame");
	tap_ok(is_few, "gap: and no more frames than needed, but one");
}

/* Exact: 2 bytes take 16 ns at 1 Gb/s, so 9 to 16 ns are 2 bytes. */
static void test_bytes(void)
{
	tap_u64(pace_gap_wire_bytes(0, 125000000), 0, "gap: no time, no bytes");
	tap_u64(pace_gap_wire_bytes(8, 125000000), 1, "gap: a byte at 1 Gb/s");
	tap_u64(pace_gap_wire_bytes(9, 125000000), 2, "gap: what begins a byte ends it");
	tap_u64(pace_gap_wire_bytes(110736, 125000000), 13842,
		"gap: between full frames of 100 Mb/s at 1 Gb/s");
	tap_u64(pace_gap_wire_bytes(1, 1250000), 1, "gap: 800 ns for a byte, at 10 Mb/s");
	tap_u64(pace_gap_wire_bytes(1000000, 2000000000000ull), 2000000000ull,
		"gap: the longest, at the fastest");
}

/*
 * Any line and departures at any distance: what leaves behind the frames that fill
 * the line until a departure is not early, and late by less than a byte or, where the
 * gap is shorter than a frame, by less than that frame.
 */
static void test_line(void)
{
	bool is_never_early = true, is_long_kept = true, is_short_kept = true;
	u64 state = SEED;
	unsigned int i, step;

	for (i = 0; i < 200; i++) {
		struct pace_clock line = { .next_ns = 1000 };
		struct pace_rate rate;
		u64 due_ns = 1000, byte_ns;

		pace_rate_set(&rate, 1250000ull << random_below(&state, 16));
		byte_ns = PACE_NSEC_PER_SEC / rate.bytes_ps + 1;
		for (step = 0; step < 1000; step++) {
			u64 at_ns, gap_ns, late_ns;
			bool is_long;

			due_ns += random_bits(&state, 19);
			at_ns = pace_clock_departure_ns(&line);
			if (pace_before(due_ns, at_ns))
				due_ns = at_ns;
			gap_ns = due_ns - at_ns;
			is_long = pace_gap_wire_bytes(gap_ns, rate.bytes_ps) >= MIN_BYTES;
			while (pace_before(at_ns, due_ns)) {
				u64 bytes = pace_gap_wire_bytes(due_ns - at_ns,
								rate.bytes_ps);

				pace_clock_advance(&line, &rate,
					pace_gap_frame_wire_bytes(bytes, MIN_BYTES,
								  MAX_BYTES));
				at_ns = pace_clock_departure_ns(&line);
			}
			late_ns = at_ns - due_ns;
			is_never_early = is_never_early && !pace_before(at_ns, due_ns);
			/* A clock that is asked rounds up to 1 ns. */
			if (is_long && late_ns > byte_ns + 1)
				is_long_kept = false;
			if (!is_long && late_ns > MIN_BYTES * byte_ns)
				is_short_kept = false;
			pace_clock_advance(&line, &rate, MAX_BYTES);
		}
	}
	tap_ok(is_never_early, "gap: no frame leaves before its departure");
	tap_ok(is_long_kept, "gap: nor by more than a byte behind it");
	tap_ok(is_short_kept, "gap: or by less than a frame where the gap is shorter");
}

int main(void)
{
	test_to_the_byte();
	test_bytes();
	test_line();
	return tap_done();
}
