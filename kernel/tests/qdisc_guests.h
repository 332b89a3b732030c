/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Super-packets of guests, whose headers nobody has looked at yet. Part of
 * sluice_qdisc_kunit.c.
 */
#ifndef SLUICE_QDISC_GUESTS_H
#define SLUICE_QDISC_GUESTS_H

#include "qdisc_fixture.h"
#include "qdisc_smooth.h"

/* As virtio_net_hdr_to_skb() leaves it, and what newer kernels add to that. */
static struct sk_buff *guest_tcp(struct kunit *test, u32 payload_bytes, u16 segments)
{
	struct sk_buff *skb = fixture_tcp(test, 1, payload_bytes, segments);

	skb_shinfo(skb)->gso_type |= SKB_GSO_DODGY;
#ifndef SLUICE_HAVE_PKT_SEGS
	skb_shinfo(skb)->gso_segs = 0;
#endif
	return skb;
}

/* The headers of all frames count, also where their number came as 0. */
static void sluice_p11_a_burst_of_a_guest_is_spread(struct kunit *test)
{
	const u64 gap_ns = SMOOTH_NS / 100;
	struct smooth_seen seen = { 0 };

	forward_set(test, SMOOTH_NS);
	fixture_enqueue(test, guest_tcp(test, 536, 100), T0_NS);
	smooth_pass(test, T0_NS, T0_NS + NSEC_PER_SEC, &seen);
	KUNIT_EXPECT_EQ(test, seen.frames, 100ULL);
	KUNIT_EXPECT_GE(test, seen.gap_min_ns, gap_ns - 2);
	KUNIT_EXPECT_LE(test, seen.gap_max_ns, gap_ns + 2);
}

/*
 * Frames of 8 bytes: a crowd that a guest can make of 64 KB. It leaves whole, and
 * what stands behind it waits for all of it; one that takes so long that this
 * cannot be told is none of a sender that means it.
 */
static void sluice_p9_a_guest_makes_no_crowd(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	const u32 frame_bytes = HEADERS_BYTES + 8 + 24;
	struct sk_buff *skb;

	config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
	fixture_set(test, &config);
	fixture_enqueue(test, guest_tcp(test, 8, 8000), T0_NS);
	fixture_enqueue(test, fixture_tcp(test, 1, 1000, 1), T0_NS);
	skb = fixture_dequeue(test, T0_NS);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_TRUE(test, skb_is_gso(skb));
	kfree_skb(skb);
	KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, 1);
	KUNIT_EXPECT_EQ(test, fix->q->stats.uncut_pkts, 1ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.sent_frames, 8000ULL);
	KUNIT_EXPECT_EQ(test, fixture_next(test, T0_NS, &skb),
			T0_NS + 8000ULL * frame_bytes * 8);
	kfree_skb(skb);

	config.overhead_bytes = SLUICE_OVERHEAD_MAX_BYTES;
	fixture_set(test, &config);
	fixture_enqueue(test, guest_tcp(test, 8, 8000), T0_NS + NSEC_PER_SEC);
	KUNIT_EXPECT_NULL(test, fixture_dequeue(test, T0_NS + NSEC_PER_SEC));
	KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, 0);
	KUNIT_EXPECT_EQ(test, fix->q->stats.corrupt_dropped_pkts, 1ULL);
}

#endif
