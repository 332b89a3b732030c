/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Super-packets that are cut while nothing is due. Part of sluice_qdisc_kunit.c.
 */
#ifndef SLUICE_QDISC_AHEAD_H
#define SLUICE_QDISC_AHEAD_H

#include <linux/delay.h>

#include "qdisc_fixture.h"

/*
 * The second super-packet is cut while its flow waits, unless cuts take longer
 * than that; then when it is due. What is held back is not with the driver when
 * the stack asks behind it, which is no time for a cut.
 */
static void ahead_check(struct kunit *test, bool is_held_back)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	u64 now_ns = T0_NS, cut_ns;

	config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
	fixture_set(test, &config);
	for (cut_ns = 0; cut_ns <= 2 * FULL_FRAME_NS; cut_ns += 2 * FULL_FRAME_NS) {
		u64 cuts = fix->q->stats.cut_pkts, began_ns;
		int i;

		fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 2),
				now_ns);
		fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 2),
				now_ns);
		fix->q->cut_ns = cut_ns;
		began_ns = now_ns;
		for (i = 0; i < 4; i++) {
			struct sk_buff *skb;

			now_ns = fixture_next(test, now_ns, &skb);
			KUNIT_EXPECT_EQ(test, now_ns, began_ns + i * FULL_FRAME_NS);
			KUNIT_EXPECT_FALSE(test, skb_is_gso(skb));
			kfree_skb(skb);
			if (i != 1)
				continue;
			KUNIT_EXPECT_NULL(test, fixture_dequeue(test, now_ns));
			KUNIT_EXPECT_EQ(test, fix->q->stats.cut_pkts,
					cuts + (cut_ns || is_held_back ? 1 : 2));
			fix->q->cut_ns = cut_ns;
			KUNIT_EXPECT_NULL(test, fixture_dequeue(test, now_ns));
			KUNIT_EXPECT_EQ(test, fix->q->stats.cut_pkts,
					cuts + (cut_ns ? 1 : 2));
			KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, cut_ns ? 1 : 2);
		}
		KUNIT_EXPECT_EQ(test, fix->q->stats.cut_pkts, cuts + 2);
		KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, 0);
		KUNIT_EXPECT_EQ(test, fix->sch->qstats.backlog, 0);
		KUNIT_EXPECT_EQ(test, fix->q->n_ahead, 0);
		now_ns += FULL_FRAME_NS;
	}
}

/* A device with one queue and byte queue limits that leave no room. */
static void sluice_p1_next_cut_is_made_while_nothing_is_due(struct kunit *test)
{
	fixture_leave_room(test, 0);
	ahead_check(test, false);
}

static void sluice_p1_no_frame_waits_for_the_next_cut(struct kunit *test)
{
	fixture_leave_room(test, FULL_PAYLOAD_BYTES + HEADERS_BYTES + 1);
	ahead_check(test, true);
}

static void sluice_p1_a_full_queue_is_a_time_to_cut(struct kunit *test)
{
	fixture_leave_room(test, FULL_PAYLOAD_BYTES + HEADERS_BYTES);
	ahead_check(test, false);
}

static void sluice_p1_no_frame_for_several_queues_waits_for_a_cut(
							struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;

	KUNIT_ASSERT_FALSE(test, qdisc_may_bulk(fix->sch));
	ahead_check(test, true);
}

/*
 * Of several flows that wait each has its next super-packet cut ahead, that of the
 * flow that is due first before others; one that ends takes nothing from the rest.
 */
static void sluice_p1_cuts_are_made_ahead_for_several_flows(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	u64 now_ns = T0_NS;
	struct sk_buff *skb;
	int i;

	fixture_leave_room(test, 0);
	config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
	fixture_set(test, &config);
	/* A frame each, and behind it what is to be cut. */
	for (i = 1; i <= 3; i++) {
		fixture_enqueue(test, fixture_tcp(test, i, FULL_PAYLOAD_BYTES, 2),
				now_ns);
		if (i < 3)
			fixture_enqueue(test, fixture_tcp(test, i, FULL_PAYLOAD_BYTES,
							  2), now_ns);
	}
	fix->q->cut_ns = 0;
	/* The three first ones were due at once; their second frames are too. */
	for (i = 0; i < 6; i++) {
		now_ns = fixture_next(test, now_ns, &skb);
		kfree_skb(skb);
	}
	KUNIT_EXPECT_EQ(test, now_ns, T0_NS + FULL_FRAME_NS);
	KUNIT_EXPECT_EQ(test, fix->q->n_ahead, 2);
	KUNIT_EXPECT_EQ(test, fix->q->stats.cut_pkts, 3);
	KUNIT_EXPECT_NULL(test, fixture_dequeue(test, now_ns));
	KUNIT_EXPECT_EQ(test, fix->q->stats.cut_pkts, 4);
	fix->q->cut_ns = 0;
	KUNIT_EXPECT_NULL(test, fixture_dequeue(test, now_ns));
	KUNIT_EXPECT_EQ(test, fix->q->stats.cut_pkts, 5);
	KUNIT_EXPECT_EQ(test, fix->q->n_ahead, 0);
	while (fix->sch->q.qlen) {
		now_ns = fixture_next(test, now_ns, &skb);
		KUNIT_EXPECT_FALSE(test, skb_is_gso(skb));
		kfree_skb(skb);
	}
	KUNIT_EXPECT_EQ(test, now_ns, T0_NS + 3 * FULL_FRAME_NS);
	/* More flows than are remembered: the rest is cut when it is due. */
	now_ns += FULL_FRAME_NS;
	for (i = 1; i <= SLUICE_AHEAD_FLOWS + 4; i++)
		fixture_enqueue(test, fixture_tcp(test, i, FULL_PAYLOAD_BYTES, 2),
				now_ns);
	KUNIT_EXPECT_EQ(test, fix->q->n_ahead, SLUICE_AHEAD_FLOWS);
	for (i = 1; i <= 2 * (SLUICE_AHEAD_FLOWS + 4); i++) {
		now_ns = fixture_next(test, now_ns, &skb);
		KUNIT_EXPECT_FALSE(test, skb_is_gso(skb));
		kfree_skb(skb);
	}
	KUNIT_EXPECT_EQ(test, fix->q->n_ahead, 0);
	KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, 0);
}

/* A protocol whose cut takes 20 us. */
#define SLOW_CUT_NS	(20 * NSEC_PER_USEC)

static struct sk_buff *slow_cut(struct sk_buff *skb, netdev_features_t features)
{
	udelay(SLOW_CUT_NS / NSEC_PER_USEC);
	return skb_segment(skb, features);
}

static struct packet_offload slow_offload = {
	.type = cpu_to_be16(ETH_P_802_EX1),
	.callbacks = { .gso_segment = slow_cut },
};

/*
 * Four full frames that are cut when they are due, with a burst of @burst_frames;
 * 0: as much as is necessary. Returns how long after the cut the second one is due.
 */
static s64 slow_cut_gap_ns(struct kunit *test, u32 burst_frames)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	struct sk_buff *skb;

	config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
	config.burst_frames = burst_frames;
	fixture_set(test, &config);
	skb = fixture_tcp(test, 1, FULL_PAYLOAD_BYTES + HEADERS_BYTES - ETH_HLEN,
			  4);
	skb_trim(skb, ETH_HLEN + 4 * skb_shinfo(skb)->gso_size);
	skb->protocol = slow_offload.type;
	eth_hdr(skb)->h_proto = slow_offload.type;
	dev_add_offload(&slow_offload);
	fixture_enqueue(test, skb, T0_NS);
	skb = fixture_dequeue(test, T0_NS);
	dev_remove_offload(&slow_offload);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_FALSE(test, skb_is_gso(skb));
	kfree_skb(skb);
	KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, 3);
	skb = fixture_dequeue(test, T0_NS + SLOW_CUT_NS);
	kfree_skb(skb);
	return skb ? 0 : fix->q->timer_due_ns - (T0_NS + SLOW_CUT_NS);
}

/* A frame leaves behind its cut, and the next one a gap behind that. */
static void sluice_p1_a_cut_takes_no_time_from_the_gap(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, slow_cut_gap_ns(test, 1), (s64)FULL_FRAME_NS);
}

/* Without a burst that is set, a flow may make good what the cut took. */
static void sluice_p8_a_slow_cut_is_caught_up(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;

	KUNIT_EXPECT_EQ(test, slow_cut_gap_ns(test, 0), 0LL);
	KUNIT_EXPECT_EQ(test, fix->q->burst_auto_ns, (u64)SLOW_CUT_NS);
	KUNIT_EXPECT_EQ(test, fix->q->stats.burst_grown, 1ULL);
}

#endif
