/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What says that a queue stands: CoDel and ce_threshold. Part of
 * sluice_qdisc_kunit.c.
 */
#ifndef SLUICE_QDISC_SIGNALS_H
#define SLUICE_QDISC_SIGNALS_H

#include "qdisc_fixture.h"

/* Offer twice the rate for a second: what does CoDel make of it? */
static void sluice_overload(struct kunit *test, u8 tos)
{
	u64 now_ns = T0_NS;
	u32 i;

	for (i = 0; i < 20000; i++) {
		struct sk_buff *skb = fixture_tcp(test, 1, FULL_PAYLOAD_BYTES,
						  1);

		ip_hdr(skb)->tos = tos;
		fixture_enqueue(test, skb, now_ns);
		now_ns += FULL_FRAME_NS / 2;
		skb = fixture_dequeue(test, now_ns);
		if (skb)
			kfree_skb(skb);
	}
}

static void sluice_codel_drops_or_marks_a_standing_queue(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();

	config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
	config.limit_pkts = 100000;
	config.flow_limit_pkts = 100000;
	fixture_set(test, &config);
	sluice_overload(test, 0);
	KUNIT_EXPECT_GT(test, fix->q->stats.codel_dropped_pkts, 0ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.codel_marked_pkts, 0ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.enqueued_pkts,
			fix->sent + fix->q->stats.codel_dropped_pkts +
			fix->sch->q.qlen);

	rtnl_lock();
	sluice_reset(fix->sch);
	rtnl_unlock();
	fix->q->wheel.now_ns = T0_NS;
	memset(&fix->q->stats, 0, sizeof(fix->q->stats));
	sluice_overload(test, INET_ECN_ECT_0);
	KUNIT_EXPECT_EQ(test, fix->q->stats.codel_dropped_pkts, 0ULL);
	KUNIT_EXPECT_GT(test, fix->q->stats.codel_marked_pkts, 0ULL);
}

/* What it drops is freed by whoever has released the lock; until then nothing is said. */
static void sluice_codel_drop_is_freed_without_the_lock(struct kunit *test)
{
#if defined(SLUICE_HAVE_DEQUEUE_DROP) && defined(SLUICE_HAVE_QDISC_DROP_REASON)
	struct sluice_fixture *fix = test->priv;
	struct netdev_queue *queue = fix->sch->dev_queue;
	struct sluice_config config = fixture_config();
	struct sk_buff *skb;
	u64 n = 0;

	KUNIT_EXPECT_EQ(test, fix->sch->flags & TCQ_F_DEQUEUE_DROPS, 0u);
	config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
	config.limit_pkts = 100000;
	config.flow_limit_pkts = 100000;
	fixture_set(test, &config);
	rcu_assign_pointer(queue->qdisc_sleeping, fix->sch);
	sluice_overload(test, 0);
	rcu_assign_pointer(queue->qdisc_sleeping, &noop_qdisc);
	for (skb = fix->sch->to_free; skb; skb = skb->next)
		n++;
	KUNIT_EXPECT_GT(test, n, 0ULL);
	KUNIT_EXPECT_EQ(test, n, fix->q->stats.codel_dropped_pkts);
	KUNIT_EXPECT_NE(test, fix->sch->flags & TCQ_F_DEQUEUE_DROPS, 0u);
	fixture_free_list(fix->sch->to_free);
	fix->sch->to_free = NULL;
#else
	kunit_skip(test, "the kernel frees what dequeue drops at once");
#endif
}

static void sluice_ce_threshold_marks(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	int i;

	config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
	config.ce_threshold_ns = 2 * FULL_FRAME_NS;
	fixture_set(test, &config);
	for (i = 0; i < 10; i++) {
		struct sk_buff *skb = fixture_tcp(test, 1, FULL_PAYLOAD_BYTES,
						  1);

		ip_hdr(skb)->tos = INET_ECN_ECT_0;
		fixture_enqueue(test, skb, T0_NS);
	}
	for (i = 0; i < 10; i++) {
		struct sk_buff *skb;

		fixture_next(test, T0_NS + i * FULL_FRAME_NS, &skb);
		KUNIT_EXPECT_EQ(test, ip_hdr(skb)->tos & INET_ECN_MASK,
				i > 2 ? INET_ECN_CE : INET_ECN_ECT_0);
		kfree_skb(skb);
	}
	KUNIT_EXPECT_EQ(test, fix->q->stats.ce_threshold_marked_pkts, 7ULL);
}

#endif
