/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The clocks of flows and of the device: P1, P2 and P3. Part of
 * sluice_qdisc_kunit.c.
 */
#ifndef SLUICE_QDISC_CLOCKS_H
#define SLUICE_QDISC_CLOCKS_H

#include "qdisc_fixture.h"

static void sluice_p1_segments_are_one_gap_apart(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	u64 now_ns = T0_NS;
	int i;

	config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
	fixture_set(test, &config);
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 8),
			now_ns);
	KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, 1);
	for (i = 0; i < 8; i++) {
		struct sk_buff *skb;

		now_ns = fixture_next(test, now_ns, &skb);
		KUNIT_EXPECT_EQ(test, now_ns, T0_NS + i * FULL_FRAME_NS);
		KUNIT_EXPECT_EQ(test, skb->len,
				HEADERS_BYTES + FULL_PAYLOAD_BYTES);
		KUNIT_EXPECT_FALSE(test, skb_is_gso(skb));
		KUNIT_EXPECT_EQ(test, ntohl(tcp_hdr(skb)->seq),
				i * FULL_PAYLOAD_BYTES);
		kfree_skb(skb);
	}
	KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, 0);
	KUNIT_EXPECT_EQ(test, fix->sch->qstats.backlog, 0);
	KUNIT_EXPECT_EQ(test, fix->q->stats.cut_pkts, 1ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.sent_frames, 8ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.late_frames, 0ULL);
}

static void sluice_p1_burst_allows_trains_of_its_length(struct kunit *test)
{
	struct sluice_config config = fixture_config();
	u64 now_ns = T0_NS, last_ns = 0;
	int i;

	config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
	config.burst_frames = 4;
	fixture_set(test, &config);
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 8),
			now_ns);
	for (i = 0; i < 8; i++) {
		struct sk_buff *skb;

		now_ns = fixture_next(test, now_ns, &skb);
		if (i < 4)
			KUNIT_EXPECT_EQ(test, now_ns, T0_NS);
		else
			KUNIT_EXPECT_GT(test, now_ns, last_ns);
		last_ns = now_ns;
		kfree_skb(skb);
	}
	/* Four at once, and the rest on the line of the rate. */
	KUNIT_EXPECT_EQ(test, last_ns, T0_NS + 4 * FULL_FRAME_NS);
}

/* No socket says how fast they go: what waits of a super-packet follows, too. */
static void sluice_p1_a_changed_rate_holds_for_the_next_frame(struct kunit *test)
{
	const u64 slow_ns = 1000 * FULL_FRAME_NS;
	struct sluice_config config = fixture_config();
	u64 now_ns = T0_NS;
	int i;

	config.maxrate_bytes_ps = GIGABIT_BYTES_PS / 1000;
	fixture_set(test, &config);
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 8),
			now_ns);
	for (i = 0; i < 8; i++) {
		struct sk_buff *skb;

		now_ns = fixture_next(test, now_ns, &skb);
		/* The gap behind the first is as long as it was when that left. */
		KUNIT_EXPECT_EQ(test, now_ns, i ? T0_NS + slow_ns +
				(i - 1) * FULL_FRAME_NS : T0_NS);
		kfree_skb(skb);
		config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
		fixture_set(test, &config);
	}
}

/* Also when the MTU changes later: fewer bytes are not more frames. */
static void sluice_p1_burst_counts_frames_of_another_mtu(struct kunit *test)
{
	static const u32 payloads_bytes[] = { 8960, FULL_PAYLOAD_BYTES, 8960 };
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	u64 now_ns = T0_NS;
	int i, n;

	config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
	config.burst_frames = 4;
	fixture_set(test, &config);
	for (i = 0; i < ARRAY_SIZE(payloads_bytes); i++) {
		struct sk_buff *skb;
		int at_once = 0;

		rtnl_lock();
		WRITE_ONCE(fix->dev->mtu, payloads_bytes[i] + 40);
		sluice_options_notify(NULL, NETDEV_CHANGEMTU,
				      &(struct netdev_notifier_info){
						.dev = fix->dev });
		rtnl_unlock();
		for (n = 0; n < 8; n++)
			fixture_enqueue(test, fixture_tcp(test, i, payloads_bytes[i],
							  1), now_ns);
		while ((skb = fixture_dequeue(test, now_ns))) {
			kfree_skb(skb);
			at_once++;
		}
		KUNIT_EXPECT_EQ(test, at_once, 4);
		while ((skb = fixture_dequeue(test, now_ns + NSEC_PER_SEC / 2)))
			kfree_skb(skb);
		now_ns += 10ULL * NSEC_PER_SEC;
	}
}

/* Frames of a large MTU and a large overhead count as one each, at odd rates. */
static void sluice_p1_burst_counts_frames_of_any_size(struct kunit *test)
{
	static const u32 payloads_bytes[] = { FULL_PAYLOAD_BYTES, 60000 };
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	u64 now_ns = T0_NS;
	int i, n;

	config.maxrate_bytes_ps = 115750000;
	config.overhead_bytes = SLUICE_OVERHEAD_MAX_BYTES;
	config.burst_frames = SLUICE_BURST_MAX_FRAMES;
	config.flow_limit_pkts = 1000;
	for (i = 0; i < ARRAY_SIZE(payloads_bytes); i++) {
		struct sk_buff *skb;
		int at_once = 0;

		WRITE_ONCE(fix->dev->mtu, payloads_bytes[i] + 40);
		fixture_set(test, &config);
		for (n = 0; n < 2 * SLUICE_BURST_MAX_FRAMES; n++)
			fixture_enqueue(test, fixture_tcp(test, i, payloads_bytes[i],
							  1), now_ns);
		while ((skb = fixture_dequeue(test, now_ns))) {
			kfree_skb(skb);
			at_once++;
		}
		KUNIT_EXPECT_EQ(test, at_once, SLUICE_BURST_MAX_FRAMES);
		while ((skb = fixture_dequeue(test, now_ns + NSEC_PER_SEC / 2)))
			kfree_skb(skb);
		now_ns += 10ULL * NSEC_PER_SEC;
	}
}

static void sluice_p2_flows_share_the_device_in_turn(struct kunit *test)
{
	struct sluice_config config = fixture_config();
	u64 now_ns = T0_NS;
	int i;

	config.rate_bytes_ps = GIGABIT_BYTES_PS;
	fixture_set(test, &config);
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 4),
			now_ns);
	fixture_enqueue(test, fixture_tcp(test, 2, FULL_PAYLOAD_BYTES, 4),
			now_ns);
	for (i = 0; i < 8; i++) {
		struct sk_buff *skb;

		now_ns = fixture_next(test, now_ns, &skb);
		KUNIT_EXPECT_EQ(test, now_ns, T0_NS + i * FULL_FRAME_NS);
		KUNIT_EXPECT_EQ(test, ntohs(tcp_hdr(skb)->source), 1 + i % 2);
		kfree_skb(skb);
	}
}

static void sluice_p2_counts_tags_and_small_frames(struct kunit *test)
{
	struct sluice_config config = fixture_config();
	struct sk_buff *skb;
	u64 now_ns = T0_NS;

	config.rate_bytes_ps = GIGABIT_BYTES_PS;
	fixture_set(test, &config);
	skb = fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 1);
	__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), 5);
	fixture_enqueue(test, skb, now_ns);
	fixture_enqueue(test, fixture_tcp(test, 1, 1, 1), now_ns);
	fixture_enqueue(test, fixture_tcp(test, 1, 1, 1), now_ns);

	now_ns = fixture_next(test, now_ns, &skb);
	kfree_skb(skb);
	now_ns = fixture_next(test, now_ns, &skb);
	KUNIT_EXPECT_EQ(test, now_ns, T0_NS + FULL_FRAME_NS + 4 * 8);
	kfree_skb(skb);
	/* 55 bytes of frame are sent as 60, and take 84 on the wire. */
	now_ns = fixture_next(test, now_ns, &skb);
	KUNIT_EXPECT_EQ(test, now_ns, T0_NS + FULL_FRAME_NS + 4 * 8 + 84 * 8);
	kfree_skb(skb);
}

static void sluice_p3_rate_is_exact_in_the_long_run(struct kunit *test)
{
	struct sluice_config config = fixture_config();
	/* A tenth of OC-192: 1538 wire bytes take 13287.257.. ns. */
	const u64 rate_bytes_ps = 115750000, frames = 20000;
	u64 now_ns = T0_NS, i;

	config.rate_bytes_ps = rate_bytes_ps;
	fixture_set(test, &config);
	for (i = 0; i <= frames; i++) {
		u64 exact_ns = T0_NS + div64_u64(i * 1538 * NSEC_PER_SEC +
						 rate_bytes_ps - 1,
						 rate_bytes_ps);
		struct sk_buff *skb;

		fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES,
						  1), now_ns);
		now_ns = fixture_next(test, now_ns, &skb);
		kfree_skb(skb);
		/* Never early, and late by the rounding alone. */
		if (now_ns < exact_ns || now_ns > exact_ns + 1)
			KUNIT_ASSERT_EQ_MSG(test, now_ns, exact_ns,
					    "frame %llu", i);
	}
}

#endif
