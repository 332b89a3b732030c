/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is bounded, and what becomes of that which waits when a bound changes or
 * the qdisc is reset. Part of sluice_qdisc_kunit.c.
 */
#ifndef SLUICE_QDISC_LIMITS_H
#define SLUICE_QDISC_LIMITS_H

#include "qdisc_fixture.h"

static void sluice_p9_limits_drop_and_count(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	int i, sent = 0;

	config.limit_pkts = 15;
	config.flow_limit_pkts = 10;
	fixture_set(test, &config);
	for (i = 0; i < 12; i++)
		fixture_enqueue(test, fixture_tcp(test, 1, 1000, 1), T0_NS);
	KUNIT_EXPECT_EQ(test, fix->q->stats.flow_limit_dropped_pkts, 2ULL);
	for (i = 0; i < 12; i++)
		fixture_enqueue(test, fixture_tcp(test, 2, 1000, 1), T0_NS);
	KUNIT_EXPECT_EQ(test, fix->q->stats.limit_dropped_pkts, 7ULL);
	KUNIT_EXPECT_EQ(test, fix->sch->qstats.drops, 9);
	while (fix->sch->q.qlen) {
		kfree_skb(fixture_dequeue(test, T0_NS));
		sent++;
	}
	KUNIT_EXPECT_EQ(test, sent, 15);
	KUNIT_EXPECT_EQ(test, fix->sch->qstats.backlog, 0);
}

/* Cut or not, a super-packet is one packet of the limit until all of it has left. */
static void sluice_p9_a_cut_takes_nothing_of_the_limit(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	u64 now_ns = T0_NS;
	struct sk_buff *skb;
	int i;

	config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
	config.limit_pkts = 3;
	fixture_set(test, &config);
	for (i = 0; i < 2; i++) {
		fixture_enqueue(test, fixture_tcp(test, i, 1000, 8), now_ns);
		kfree_skb(fixture_dequeue(test, now_ns));
	}
	KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, 14);
	KUNIT_EXPECT_EQ(test, fixture_enqueue(test, fixture_tcp(test, 2, 1000, 8),
					      now_ns), NET_XMIT_SUCCESS);
	KUNIT_EXPECT_NE(test, fixture_enqueue(test, fixture_tcp(test, 3, 1000, 1),
					      now_ns), NET_XMIT_SUCCESS);
	KUNIT_EXPECT_EQ(test, fix->q->stats.limit_dropped_pkts, 1ULL);
	for (i = 0; i < 14 + 8; i++) {
		now_ns = fixture_next(test, now_ns, &skb);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		kfree_skb(skb);
	}
	KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, 0);
	KUNIT_EXPECT_EQ(test, fix->q->n_behind, 0);
}

/* ACKs of one flow: how many are taken? */
static int limits_offer_acks(struct kunit *test, u32 flow_id, int n)
{
	int taken = 0;

	while (n--)
		taken += fixture_enqueue(test, fixture_tcp(test, flow_id, 0, 1),
					 T0_NS) == NET_XMIT_SUCCESS;
	return taken;
}

/* What no clock holds is bounded, too: a flow takes a 64th of the limit by it. */
static void sluice_p9_a_flood_of_acks_leaves_room_for_others(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	int i;

	config.limit_pkts = 640;
	config.flow_limit_pkts = 5;
	fixture_set(test, &config);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, limits_offer_acks(test, 1, 1000), 10);
		KUNIT_EXPECT_EQ(test, limits_offer_acks(test, 2, 10), 10);
		KUNIT_EXPECT_EQ(test, fixture_enqueue(test,
				fixture_tcp(test, 1, 1000, 1), T0_NS),
				NET_XMIT_SUCCESS);
		while (fix->sch->q.qlen)
			kfree_skb(fixture_dequeue(test, T0_NS));
	}
	KUNIT_EXPECT_EQ(test, fix->q->stats.limit_dropped_pkts, 0ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.flow_limit_dropped_pkts, 2 * 990ULL);
	/* More where the limit of a flow is more, and again after a reset. */
	config.flow_limit_pkts = 20;
	fixture_set(test, &config);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, limits_offer_acks(test, 1, 1000), 20);
		rtnl_lock();
		sluice_reset(fix->sch);
		rtnl_unlock();
	}
}

static void sluice_p9_reset_frees_what_waits(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	u32 i;

	config.maxrate_bytes_ps = PACE_RATE_MIN_BYTES_PS;
	fixture_set(test, &config);
	for (i = 0; i < 50; i++)
		fixture_enqueue(test, fixture_tcp(test, i % 7, 1000, 4), T0_NS);
	for (i = 0; i < 7; i++)
		kfree_skb(fixture_dequeue(test, T0_NS));
	KUNIT_EXPECT_GT(test, fix->sch->q.qlen, 50);
	rtnl_lock();
	local_bh_disable();
	spin_lock(qdisc_lock(fix->sch));
	sluice_reset(fix->sch);
	spin_unlock(qdisc_lock(fix->sch));
	local_bh_enable();
	rtnl_unlock();
	KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, 0);
	KUNIT_EXPECT_EQ(test, fix->q->n_behind, 0);
	KUNIT_EXPECT_EQ(test, fix->q->n_flows, 0);
	KUNIT_EXPECT_NULL(test, fixture_dequeue(test, T0_NS + NSEC_PER_SEC));
	/* And it works on. */
	KUNIT_EXPECT_EQ(test, sluice_departure_of(test,
			fixture_tcp(test, 1, 1000, 1), ktime_get_ns() + 1000),
			fix->q->wheel.now_ns);
}

/* As if there had been no memory for the table. */
static int sluice_init_in_vain(struct Qdisc *sch, struct nlattr *opt,
			       struct netlink_ext_ack *extack)
{
	struct sluice_sched *q = qdisc_priv(sch);

	sluice_init(sch, opt, extack);
	sluice_table_free(&q->table);
	return -ENOMEM;
}

/* As the default kind of a device it is reset before it is destroyed. */
static void sluice_p9_one_that_is_not_made_is_reset(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct Qdisc_ops ops = sluice_qdisc_ops;
	struct Qdisc *sch;

	ops.init = sluice_init_in_vain;
	rtnl_lock();
	sch = qdisc_create_dflt(netdev_get_tx_queue(fix->dev, 0), &ops,
				TC_H_ROOT, NULL);
	rtnl_unlock();
	KUNIT_EXPECT_NULL(test, sch);
}

/*
 * Some devices take any MTU. One that is 2^31 with the headers is a negative
 * credit, and twice it none: looking for a flow with credit had no end.
 */
static void sluice_p9_any_mtu_gives_credit(struct kunit *test)
{
	static const u32 mtus_bytes[] = { 0, 1500, 65535, INT_MAX - 37, INT_MAX };
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	struct sk_buff *skb;
	u64 now_ns = T0_NS;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(mtus_bytes); i++) {
		WRITE_ONCE(fix->dev->mtu, mtus_bytes[i]);
		fixture_set(test, &config);
		KUNIT_ASSERT_GT(test, fix->q->quantum_bytes, 0u);
		KUNIT_ASSERT_LT(test, fix->q->quantum_bytes, PACE_BYTES_LIMIT);
		fixture_enqueue(test, fixture_tcp(test, i, 1000, 1), now_ns);
		skb = fixture_dequeue(test, now_ns);
		KUNIT_EXPECT_NOT_NULL(test, skb);
		kfree_skb(skb);
		now_ns += NSEC_PER_SEC;
	}
}

/* Table and wheel get another size while flows wait for their times. */
static void sluice_p9_a_change_of_limit_keeps_who_waits(struct kunit *test)
{
	static const u32 limits_pkts[] = { 500000, 1000, 2000000 };
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	u64 now_ns = T0_NS;
	u32 i;

	for (i = 0; i < 64; i++) {
		struct sk_buff *skb = fixture_tcp(test, i, 1000, 1);

		/* From 1 us to 9 s; two each ask for the same time. */
		skb->tstamp = T0_NS + (NSEC_PER_USEC << (i / 2 * 23 / 31));
		sluice_compat_set_tstamp_mono(skb, skb->tstamp);
		fixture_enqueue(test, skb, T0_NS);
	}
	for (i = 0; i < 64; i++) {
		struct sk_buff *skb;

		if (i % 20 == 10) {
			config.limit_pkts = limits_pkts[i / 20];
			fixture_set(test, &config);
		}
		now_ns = fixture_next(test, now_ns, &skb);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		KUNIT_EXPECT_EQ(test, now_ns, T0_NS +
				(NSEC_PER_USEC << (i / 2 * 23 / 31)));
		KUNIT_EXPECT_EQ(test, ntohs(tcp_hdr(skb)->source), i);
		kfree_skb(skb);
	}
	KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, 0);
	KUNIT_EXPECT_EQ(test, fix->q->wheel.n_nodes, 0);
}

#endif
