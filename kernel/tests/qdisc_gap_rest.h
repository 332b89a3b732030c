/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Gap frames: lines that stand still now and then, since clocks drift and lines begin
 * late. Part of sluice_qdisc_kunit.c.
 */
#ifndef SLUICE_QDISC_GAP_REST_H
#define SLUICE_QDISC_GAP_REST_H

#include "qdisc_gap.h"

/*
 * All that waits is sent, from @now_ns on; how many gaps of @gap_bytes were left empty but
 * for @end_bytes at their end, and when the first of these ends began. The timer is exact.
 */
static u32 gap_drain(struct kunit *test, u64 now_ns, u64 gap_bytes,
		     u64 end_bytes, u64 *ret_first_ns)
{
	struct sluice_fixture *fix = test->priv;
	u32 rests = 0;

	while (fix->sch->q.qlen) {
		struct sk_buff *skb;
		u64 got_bytes;

		skb = gap_next(test, now_ns, &got_bytes);
		if (!skb) {
			now_ns = gap_wake(fix);
			continue;
		}
		kfree_skb(skb);
		if (got_bytes == gap_bytes)
			continue;
		KUNIT_ASSERT_EQ(test, got_bytes, end_bytes);
		if (!rests++)
			*ret_first_ns = now_ns;
	}
	KUNIT_EXPECT_EQ(test, fix->q->stats.late_frames, 0ULL);
	return rests;
}

/* Errors of the line's clock do not add up for longer than 10 ms. */
static void sluice_gap_is_left_empty_now_and_then(struct kunit *test)
{
	const u64 end_bytes = 25000 / BYTE_NS;
	u64 first_ns = 0;

	gap_begin(test, TENTH_BYTES_PS);
	/* 39.4 ms */
	gap_line_begin(test, T0_NS, 320);
	KUNIT_EXPECT_EQ(test, gap_drain(test, T0_NS, 9 * 1538, end_bytes, &first_ns),
			3U);
	KUNIT_EXPECT_GE(test, first_ns, T0_NS + 10 * NSEC_PER_MSEC);
	KUNIT_EXPECT_LT(test, first_ns, T0_NS + 10 * NSEC_PER_MSEC + 3 * TENTH_NS);
}

/* Where each gap is of 12 us, half of one of these will do after 30 ms. */
static void sluice_gap_that_is_short_is_left_empty_later(struct kunit *test)
{
	u64 first_ns = 0;

	gap_begin(test, GIGABIT_BYTES_PS / 2);
	/* 34 ms */
	gap_line_begin(test, T0_NS, 1400);
	KUNIT_EXPECT_EQ(test, gap_drain(test, T0_NS, 1538, 1538 / 2, &first_ns), 1U);
	KUNIT_EXPECT_GE(test, first_ns, T0_NS + 30 * NSEC_PER_MSEC);
	KUNIT_EXPECT_LT(test, first_ns, T0_NS + 31 * NSEC_PER_MSEC);
}

/*
 * The driver had the first frame later than it could have had it: perhaps that left late,
 * and all others with it. So a gap is left empty after 1 ms, not after 10.
 */
static void sluice_gap_line_that_begins_late_begins_again(struct kunit *test)
{
	const u64 took_ns[] = { 2000, 2900, 4000 };
	u64 now_ns = T0_NS, first_ns;
	int i;

	gap_begin(test, TENTH_BYTES_PS);
	for (i = 0; i < ARRAY_SIZE(took_ns); i++) {
		gap_line_begin(test, now_ns, 40);
		first_ns = now_ns + NSEC_PER_MSEC;
		KUNIT_EXPECT_EQ(test, gap_drain(test, now_ns + took_ns[i], 9 * 1538,
						25000 / BYTE_NS, &first_ns),
				took_ns[i] == 4000);
		KUNIT_EXPECT_GE(test, first_ns, now_ns + NSEC_PER_MSEC);
		KUNIT_EXPECT_LT(test, first_ns, now_ns + 2 * NSEC_PER_MSEC);
		now_ns += 40 * TENTH_NS;
	}
}

#endif
