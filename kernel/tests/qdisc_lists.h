/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Super-packets that are not TCP's: lists of whole packets, as GRO makes them of
 * datagrams that are forwarded (rx-gro-list), and what only a device can cut.
 * Part of sluice_qdisc_kunit.c.
 */
#ifndef SLUICE_QDISC_LISTS_H
#define SLUICE_QDISC_LISTS_H

#include "qdisc_fixture.h"

#define LIST_HEADERS_BYTES \
	(ETH_HLEN + sizeof(struct iphdr) + sizeof(struct udphdr))
/* 1000 bytes of payload take 1066 on the wire. */
#define LIST_FRAME_NS	((1000 + LIST_HEADERS_BYTES + 24) * 8)

/* A datagram of 1000 bytes; @n is its first byte. */
static struct sk_buff *fixture_datagram(struct kunit *test, u8 n)
{
	struct sk_buff *skb = fixture_tcp(test, 1, 988, 1);
	struct udphdr *uh;

	ip_hdr(skb)->protocol = IPPROTO_UDP;
	ip_send_check(ip_hdr(skb));
	uh = udp_hdr(skb);
	memset(uh, 0, sizeof(struct tcphdr));
	uh->source = htons(1);
	uh->dest = htons(80);
	uh->len = htons(sizeof(*uh) + 1000);
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb->data[LIST_HEADERS_BYTES] = n;
	return skb;
}

/* As skb_gro_receive_list() and udp4_gro_complete() leave them. */
static struct sk_buff *fixture_list(struct kunit *test, u8 first, u16 n)
{
	struct sk_buff *skb = fixture_datagram(test, first);
	struct sk_buff **next = &skb_shinfo(skb)->frag_list;
	u16 i;

	for (i = 1; i < n; i++) {
		struct sk_buff *datagram = fixture_datagram(test, first + i);

		__skb_pull(datagram, LIST_HEADERS_BYTES);
		skb->data_len += datagram->len;
		skb->len += datagram->len;
		*next = datagram;
		next = &datagram->next;
	}
	skb_shinfo(skb)->gso_size = 1000;
	skb_shinfo(skb)->gso_segs = n;
	skb_shinfo(skb)->gso_type = SKB_GSO_UDP_L4 | SKB_GSO_FRAGLIST;
	qdisc_skb_cb(skb)->pkt_len = n * (1000 + LIST_HEADERS_BYTES);
	sluice_compat_set_pkt_segs(skb, n);
	return skb;
}

/* The ledger of uapi/sluice.h, with nothing queued. */
static void sluice_expect_all_is_told(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	const struct tc_sluice_xstats *stats = &fix->q->stats;

	KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, 0);
	KUNIT_EXPECT_EQ(test, fix->sch->qstats.backlog, 0);
	KUNIT_EXPECT_EQ(test, stats->enqueued_pkts - stats->super_pkts +
			      stats->super_pkt_frames,
			stats->sent_frames + stats->dropped_frames);
}

/* Cut when due and, the second one, ahead: what stands behind them stays. */
static void sluice_p9_lists_are_cut_and_nothing_is_lost(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	u64 now_ns = T0_NS;
	u8 i;

	config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
	fixture_set(test, &config);
	fixture_enqueue(test, fixture_list(test, 0, 3), now_ns);
	fixture_enqueue(test, fixture_list(test, 3, 4), now_ns);
	fixture_enqueue(test, fixture_datagram(test, 7), now_ns);
	for (i = 0; i < 8; i++) {
		struct sk_buff *skb;

		now_ns = fixture_next(test, now_ns, &skb);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		KUNIT_EXPECT_EQ(test, now_ns, T0_NS + i * LIST_FRAME_NS);
		KUNIT_EXPECT_EQ(test, skb->len, 1000 + LIST_HEADERS_BYTES);
		KUNIT_EXPECT_EQ(test, skb->data[LIST_HEADERS_BYTES], i);
		kfree_skb(skb);
		/* Twice: right after a frame nothing is cut ahead. */
		KUNIT_EXPECT_NULL(test, fixture_dequeue(test, now_ns));
		KUNIT_EXPECT_NULL(test, fixture_dequeue(test, now_ns));
	}
	KUNIT_EXPECT_EQ(test, fix->q->stats.cut_pkts, 2ULL);
	sluice_expect_all_is_told(test);
}

/*
 * A list that breaks when memory ends has lost its packets. What is left of it
 * may not leave as if it were whole.
 */
static void sluice_p9_a_list_that_breaks_is_counted(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	struct sk_buff *list, *shared, *skb;
	bool has_faults = IS_ENABLED(CONFIG_FAILSLAB);
	u64 now_ns = T0_NS;
	int sent = 0;

	config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
	fixture_set(test, &config);
	list = fixture_list(test, 0, 3);
	/* Somebody else holds the third packet, so it has to be copied. */
	shared = skb_get(skb_shinfo(list)->frag_list->next);
	fixture_enqueue(test, list, now_ns);
	fixture_enqueue(test, fixture_datagram(test, 3), now_ns);
#ifdef CONFIG_FAULT_INJECTION
	current->fail_nth = 1;
#endif
	skb = fixture_dequeue(test, now_ns);
#ifdef CONFIG_FAULT_INJECTION
	KUNIT_EXPECT_EQ(test, current->fail_nth, 0u);
	current->fail_nth = 0;
#endif
	for (; skb; sent++) {
		KUNIT_EXPECT_EQ(test, skb->len, 1000 + LIST_HEADERS_BYTES);
		KUNIT_EXPECT_EQ(test, skb->data[LIST_HEADERS_BYTES],
				has_faults ? 3 : sent);
		kfree_skb(skb);
		now_ns = fixture_next(test, now_ns, &skb);
	}
	KUNIT_EXPECT_EQ(test, sent, has_faults ? 1 : 4);
	KUNIT_EXPECT_EQ(test, fix->q->stats.corrupt_dropped_pkts,
			has_faults ? 1ULL : 0ULL);
	sluice_expect_all_is_told(test);
	kfree_skb(shared);
}

/* The stack has nothing that cuts FCoE; devices that carry it do. */
static void sluice_p9_what_the_device_alone_can_cut_leaves_whole(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	struct sk_buff *skb;

	config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
	fixture_set(test, &config);
	fix->dev->features |= NETIF_F_FSO | NETIF_F_FCOE_CRC;
	skb = fixture_tcp(test, 1, 1000, 4);
	skb->protocol = htons(ETH_P_FCOE);
	eth_hdr(skb)->h_proto = htons(ETH_P_FCOE);
	skb_shinfo(skb)->gso_type = SKB_GSO_FCOE;
	fixture_enqueue(test, skb, T0_NS);
	skb = fixture_dequeue(test, T0_NS);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_TRUE(test, skb_is_gso(skb));
	kfree_skb(skb);
	KUNIT_EXPECT_EQ(test, fix->q->stats.uncut_pkts, 1ULL);
	sluice_expect_all_is_told(test);
}

#endif
