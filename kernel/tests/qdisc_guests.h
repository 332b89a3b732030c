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

#endif
