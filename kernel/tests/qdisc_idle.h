/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Questions of the stack while nothing is due: they change nothing, and whatever
 * comes is seen. Part of sluice_qdisc_kunit.c.
 */
#ifndef SLUICE_QDISC_IDLE_H
#define SLUICE_QDISC_IDLE_H

#include "qdisc_fixture.h"

/* Flow 1 has sent a frame at T0_NS, has another, and the stack was told so. */
static void idle_make(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	int i;

	config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
	fixture_set(test, &config);
	for (i = 0; i < 2; i++)
		fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 1),
				T0_NS);
	kfree_skb(fixture_dequeue(test, T0_NS));
	KUNIT_EXPECT_NULL(test, fixture_dequeue(test, T0_NS));
	KUNIT_EXPECT_TRUE(test, sluice_is_idle(fix->q, T0_NS + 1));
}

/* What leaves at @now_ns is of @flow_id, 0: nothing does. */
static void idle_expect(struct kunit *test, u32 flow_id, u64 now_ns)
{
	struct sk_buff *skb = fixture_dequeue(test, now_ns);

	KUNIT_EXPECT_EQ(test, skb ? ntohs(tcp_hdr(skb)->source) : 0, flow_id);
	kfree_skb(skb);
}

static void sluice_idle_ends_when_the_next_frame_is_due(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;

	idle_make(test);
	idle_expect(test, 0, T0_NS + FULL_FRAME_NS - 1);
	/* It was not even looked for. */
	KUNIT_EXPECT_EQ(test, fix->q->wheel.now_ns, T0_NS);
	idle_expect(test, 1, T0_NS + FULL_FRAME_NS);
}

static void sluice_idle_ends_with_whatever_comes(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sk_buff *skb;

	idle_make(test);
	/* More of the flow that waits changes nothing. */
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 1),
			T0_NS + 1);
	KUNIT_EXPECT_TRUE(test, sluice_is_idle(fix->q, T0_NS + 1));
	fixture_enqueue(test, fixture_tcp(test, 2, 0, 1), T0_NS + 2);
	idle_expect(test, 2, T0_NS + 2);
	idle_expect(test, 0, T0_NS + 3);
	fixture_enqueue(test, fixture_tcp(test, 3, FULL_PAYLOAD_BYTES, 1),
			T0_NS + 4);
	idle_expect(test, 3, T0_NS + 4);
	idle_expect(test, 0, T0_NS + 5);
	/* Not due yet, but before the one that the timer is set for. */
	skb = fixture_tcp(test, 4, FULL_PAYLOAD_BYTES, 1);
	sluice_compat_set_tstamp_mono(skb, T0_NS + 100);
	fixture_enqueue(test, skb, T0_NS + 6);
	idle_expect(test, 0, T0_NS + 6);
	KUNIT_EXPECT_EQ(test, fix->q->timer_due_ns, T0_NS + 100);
	idle_expect(test, 4, T0_NS + 100);
	idle_expect(test, 1, T0_NS + FULL_FRAME_NS);
	idle_expect(test, 1, T0_NS + 2 * FULL_FRAME_NS);
}

/* The timer that is to end it is gone: the next question sets it again. */
static void sluice_idle_has_a_timer(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;

	idle_make(test);
	qdisc_watchdog_cancel(&fix->q->watchdog);
	idle_expect(test, 0, T0_NS + 1);
	KUNIT_EXPECT_TRUE(test, hrtimer_is_queued(&fix->q->watchdog.timer));
	idle_expect(test, 1, T0_NS + FULL_FRAME_NS);
}

/* A new socket at the address of a dead one sends at once what that one left. */
static void sluice_idle_ends_with_another_socket(struct kunit *test)
{
	struct tcp_sock *tp = sluice_fake_tcp_sock(test);
	struct sluice_fixture *fix = test->priv;
	struct sk_buff *skb;
	int i;

	tp->bytes_acked = 100000;
	((struct sock *)tp)->sk_pacing_rate = GIGABIT_BYTES_PS;
	sluice_enqueue_segments(test, tp, 2);
	for (i = 0; i < 3; i++) {
		skb = fixture_dequeue(test, T0_NS + i);
		KUNIT_EXPECT_EQ(test, !skb, i == 1);
		if (skb)
			skb->sk = NULL;
		kfree_skb(skb);
		if (i != 1)
			continue;
		KUNIT_EXPECT_TRUE(test, sluice_is_idle(fix->q, T0_NS + i));
		((struct sock *)tp)->sk_hash++;
		sluice_enqueue_segments(test, tp, 1);
	}
	fixture_next(test, T0_NS + i, &skb);
	skb->sk = NULL;
	kfree_skb(skb);
	KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, 0);
}

#endif
