/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Timers that may be late (timer_slack). Part of sluice_qdisc_kunit.c.
 */
#ifndef SLUICE_QDISC_SLACK_H
#define SLUICE_QDISC_SLACK_H

#include "qdisc_fixture.h"
#include "qdisc_gap.h"

#define SLACK_NS		(50 * NSEC_PER_USEC)

static void slack_begin(struct kunit *test, u64 slack_ns)
{
	struct sluice_config config = fixture_config();

	config.maxrate_bytes_ps = TENTH_BYTES_PS;
	config.timer_slack_ns = slack_ns;
	fixture_set(test, &config);
}

/* A flow whose frames leave a gap apart, the first of them at @due_ns. */
static void slack_flow(struct kunit *test, u32 flow_id, u64 due_ns, u32 frames)
{
	struct sk_buff *skb = fixture_tcp(test, flow_id, FULL_PAYLOAD_BYTES, frames);

	sluice_compat_set_tstamp_mono(skb, due_ns);
	fixture_enqueue(test, skb, T0_NS);
}

/* All that leaves when the timer of @wake_ns fires, which is set to exactly that. */
static u32 slack_wake(struct kunit *test, u64 wake_ns)
{
	struct sluice_fixture *fix = test->priv;
	u64 now_ns = gap_wake(fix);
	struct sk_buff *skb;
	u32 sent = 0;

	KUNIT_EXPECT_EQ(test, now_ns, wake_ns);
	while ((skb = fixture_dequeue(test, now_ns))) {
		kfree_skb(skb);
		sent++;
	}
	return sent;
}

/* One timer serves all that is due until it fires, and nothing that is due later. */
static void sluice_slack_makes_one_timer_of_several(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	const u64 due_ns = T0_NS + TENTH_NS;

	slack_begin(test, SLACK_NS);
	slack_flow(test, 1, due_ns, 1);
	slack_flow(test, 2, due_ns + SLACK_NS / 2, 1);
	slack_flow(test, 3, due_ns + SLACK_NS, 1);
	slack_flow(test, 4, due_ns + SLACK_NS + 1, 1);
	KUNIT_EXPECT_NULL(test, fixture_dequeue(test, T0_NS));
	KUNIT_EXPECT_EQ(test, slack_wake(test, due_ns + SLACK_NS), 3U);
	KUNIT_EXPECT_EQ(test, fix->q->stats.timer_wakeups, 1ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.lateness_max_ns, SLACK_NS);
	KUNIT_EXPECT_EQ(test, slack_wake(test, due_ns + 2 * SLACK_NS + 1), 1U);

	slack_begin(test, 0);
	slack_flow(test, 1, due_ns + TENTH_NS, 1);
	KUNIT_EXPECT_NULL(test, fixture_dequeue(test, due_ns));
	KUNIT_EXPECT_EQ(test, slack_wake(test, due_ns + TENTH_NS), 1U);
}

/* What comes meanwhile for an earlier time, or for now, does not wait for that timer. */
static void sluice_slack_is_no_delay_for_what_comes_first(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	const u64 due_ns = T0_NS + TENTH_NS;

	slack_begin(test, SLACK_NS);
	slack_flow(test, 1, due_ns, 1);
	KUNIT_EXPECT_NULL(test, fixture_dequeue(test, T0_NS));
	slack_flow(test, 2, T0_NS, 1);
	kfree_skb(fixture_dequeue(test, T0_NS));
	KUNIT_EXPECT_EQ(test, fix->q->stats.sent_frames, 1ULL);
	slack_flow(test, 3, T0_NS + 1000, 1);
	KUNIT_EXPECT_NULL(test, fixture_dequeue(test, T0_NS));
	KUNIT_EXPECT_EQ(test, slack_wake(test, T0_NS + 1000 + SLACK_NS), 1U);
}

/* Flows make good what the timer was late: none is ahead of its rate, none falls behind (P1, P3). */
static void sluice_p3_slack_takes_no_rate(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	u64 now_ns = T0_NS;
	int sent = 0;

	slack_begin(test, SLACK_NS);
	slack_flow(test, 1, T0_NS, 40);
	slack_flow(test, 2, T0_NS + TENTH_NS / 3, 40);
	while (fix->sch->q.qlen) {
		struct sk_buff *skb = fixture_dequeue(test, now_ns);

		if (!skb) {
			now_ns = gap_wake(fix);
			continue;
		}
		kfree_skb(skb);
		sent++;
	}
	KUNIT_EXPECT_EQ(test, sent, 80);
	KUNIT_EXPECT_LE(test, fix->q->stats.lateness_max_ns, SLACK_NS);
	KUNIT_EXPECT_GE(test, now_ns, T0_NS + 39 * TENTH_NS + TENTH_NS / 3);
	KUNIT_EXPECT_LE(test, now_ns, T0_NS + 39 * TENTH_NS + TENTH_NS / 3 + 2 * SLACK_NS);
}

/* A device's clock makes nothing good, and who keeps departures ahead has no such timers. */
static void sluice_p2_slack_is_none_of_the_device(struct kunit *test)
{
	struct sluice_config config = fixture_config();

	config.rate_bytes_ps = TENTH_BYTES_PS;
	config.timer_slack_ns = SLACK_NS;
	fixture_set(test, &config);
	slack_flow(test, 1, T0_NS, 1);
	slack_flow(test, 2, T0_NS, 1);
	slack_flow(test, 3, T0_NS + TENTH_NS - 1000, 1);
	kfree_skb(fixture_dequeue(test, T0_NS));
	KUNIT_EXPECT_NULL(test, fixture_dequeue(test, T0_NS));
	KUNIT_EXPECT_EQ(test, slack_wake(test, T0_NS + TENTH_NS), 1U);
	KUNIT_EXPECT_EQ(test, slack_wake(test, T0_NS + 2 * TENTH_NS), 1U);
}

static void sluice_slack_is_none_where_gaps_are_filled(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = gap_begin(test, TENTH_BYTES_PS);
	u64 due_ns = T0_NS + 10 * NSEC_PER_MSEC;

	config.timer_slack_ns = SLACK_NS;
	KUNIT_ASSERT_EQ(test, launch_set(test, fix->sch, &config), 0);
	slack_flow(test, 1, due_ns, 1);
	gap_expect_nothing(test, T0_NS, due_ns - GAP_FRAMES_NS / 4);
}

#endif
