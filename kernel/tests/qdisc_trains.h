/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The option train: super-packets cut into shorter ones. Part of
 * sluice_qdisc_kunit.c.
 */
#ifndef SLUICE_QDISC_TRAINS_H
#define SLUICE_QDISC_TRAINS_H

#include "qdisc_fixture.h"

/* A super-packet with a CWR at its start, PSH and FIN at its end, and a number. */
static struct sk_buff *sluice_marked_super_packet(struct kunit *test,
						  unsigned int tcp_offset_bytes,
						  u16 segments)
{
	struct sk_buff *skb = fixture_tcp(test, 1, 1000, segments);
	unsigned int i;

	for (i = HEADERS_BYTES; i < skb->len; i++)
		skb->data[i] = i * 7;
	ip_hdr(skb)->id = htons(65533);
	ip_hdr(skb)->frag_off = htons(IP_DF);
	ip_send_check(ip_hdr(skb));
	tcp_hdr(skb)->seq = htonl(tcp_offset_bytes);
	tcp_hdr(skb)->cwr = 1;
	tcp_hdr(skb)->psh = 1;
	tcp_hdr(skb)->fin = 1;
	tcp_hdr(skb)->check = ~tcp_v4_check(skb->len - ETH_HLEN -
					    sizeof(struct iphdr),
					    ip_hdr(skb)->saddr,
					    ip_hdr(skb)->daddr, 0);
	skb_shinfo(skb)->gso_type |= SKB_GSO_TCP_ECN;
	return skb;
}

/* A device that cuts super-packets of TCP. */
static void train_let_device_cut(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;

	fix->dev->features |= NETIF_F_TSO | NETIF_F_TSO_ECN;
}

/* Trains of four of a super-packet of ten frames, which is all there is. */
static void train_enqueue_ten(struct kunit *test, u64 rate_bytes_ps)
{
	struct sluice_config config = fixture_config();

	config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
	config.rate_bytes_ps = rate_bytes_ps;
	config.train_frames = 4;
	fixture_set(test, &config);
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 10),
			T0_NS);
}

static void train_expect_ten_sent(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;

	KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, 0);
	KUNIT_EXPECT_EQ(test, fix->sch->qstats.backlog, 0);
	KUNIT_EXPECT_EQ(test, fix->q->stats.sent_frames, 10ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.sent_wire_bytes,
			10ULL * (HEADERS_BYTES + FULL_PAYLOAD_BYTES + 24));
	KUNIT_EXPECT_EQ(test, fix->q->stats.cut_pkts, 1ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.late_frames, 0ULL);
	/* Two of four have ended. */
	KUNIT_EXPECT_EQ(test, fix->q->stats.train_frames_hist[
			pace_hist_bucket(4, SLUICE_HIST_TRAIN_BUCKETS)], 2ULL);
}

/* As one packet, that the device cuts, or the stack, where all have a rate. */
static void train_is_one_packet(struct kunit *test, u64 rate_bytes_ps)
{
	static const u16 frames[] = { 4, 4, 2 };
	u64 now_ns = T0_NS, due_ns = T0_NS;
	int i;

	train_enqueue_ten(test, rate_bytes_ps);
	for (i = 0; i < ARRAY_SIZE(frames); i++) {
		struct sk_buff *skb;

		now_ns = fixture_next(test, now_ns, &skb);
		KUNIT_EXPECT_EQ(test, now_ns, due_ns);
		KUNIT_EXPECT_EQ(test, sluice_skb_frames(skb), (u32)frames[i]);
		KUNIT_EXPECT_EQ(test, skb_shinfo(skb)->gso_size,
				FULL_PAYLOAD_BYTES);
		KUNIT_EXPECT_EQ(test, qdisc_skb_cb(skb)->pkt_len,
				(HEADERS_BYTES + FULL_PAYLOAD_BYTES) *
				frames[i]);
		due_ns += frames[i] * FULL_FRAME_NS;
		kfree_skb(skb);
	}
	train_expect_ten_sent(test);
}

static void sluice_train_is_one_departure(struct kunit *test)
{
	train_let_device_cut(test);
	train_is_one_packet(test, 0);
}

/* Frames would wait for the device's clock one by one. */
static void sluice_train_is_one_departure_of_the_device(struct kunit *test)
{
	train_is_one_packet(test, GIGABIT_BYTES_PS);
}

/* A device that cannot cut gets frames, and they leave as one packet would. */
static void sluice_train_of_frames_is_one_departure(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	u64 now_ns = T0_NS;
	struct sk_buff *skb;
	int i;

	train_enqueue_ten(test, 0);
	for (i = 0; i < 10; i++) {
		/* Only the first of a train has a timer. */
		if (i && i % 4 == 0)
			KUNIT_EXPECT_NULL(test, fixture_dequeue(test, now_ns));
		now_ns = T0_NS + i / 4 * 4 * FULL_FRAME_NS;
		if (i && i % 4 == 0)
			KUNIT_EXPECT_EQ(test, fix->q->timer_due_ns, now_ns);
		skb = fixture_dequeue(test, now_ns);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		KUNIT_EXPECT_FALSE(test, skb_is_gso(skb));
		kfree_skb(skb);
	}
	train_expect_ten_sent(test);
	KUNIT_EXPECT_EQ(test, fix->q->stats.timer_wakeups, 2ULL);
}

/* The gap behind a short frame is short: a long one that keeps it makes no train. */
static void sluice_train_is_told_by_the_gap_before(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	u64 now_ns = T0_NS;
	struct sk_buff *skb;
	int i;

	config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
	fixture_set(test, &config);
	for (i = 0; i < 10; i++)
		fixture_enqueue(test, fixture_tcp(test, 1, i % 2 ?
						  FULL_PAYLOAD_BYTES : 100, 1),
				T0_NS);
	for (i = 0; i < 10; i++) {
		now_ns = fixture_next(test, now_ns, &skb);
		kfree_skb(skb);
	}
	KUNIT_EXPECT_EQ(test, fix->q->stats.train_frames_hist[
			pace_hist_bucket(1, SLUICE_HIST_TRAIN_BUCKETS)], 9ULL);
}

/* Neither an ACK nor another flow that is due goes into the middle of a train. */
static void sluice_train_of_frames_is_not_parted(struct kunit *test)
{
	/* Flow 1 has ten frames, flow 2 four, and flow 3 an ACK. */
	static const u16 flows[] = { 1, 1, 1, 1, 3, 2, 2, 2, 2 };
	struct sluice_fixture *fix = test->priv;
	struct sk_buff *skb;
	int i;

	train_enqueue_ten(test, 0);
	for (i = 0; i < ARRAY_SIZE(flows); i++) {
		if (i == 1) {
			fixture_enqueue(test, fixture_tcp(test, 2, 1000, 8),
					T0_NS);
			fixture_enqueue(test, fixture_tcp(test, 3, 0, 1), T0_NS);
		}
		skb = fixture_dequeue(test, T0_NS);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		KUNIT_EXPECT_EQ(test, ntohs(tcp_hdr(skb)->source), flows[i]);
		kfree_skb(skb);
	}
	KUNIT_EXPECT_NULL(test, fixture_dequeue(test, T0_NS));
	KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, 6 + 4);
}

/* The next frame as a device gets it that cannot cut; *rest holds the others. */
static struct sk_buff *sluice_next_on_wire(struct kunit *test, u64 *now_ns,
					   struct sk_buff **rest)
{
	struct sk_buff *skb = *rest, *frames;

	if (!skb) {
		*now_ns = fixture_next(test, *now_ns, &skb);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		if (skb_is_gso(skb)) {
			frames = skb_gso_segment(skb, NETIF_F_SG);
			KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(frames));
			consume_skb(skb);
			skb = frames;
		}
	}
	*rest = skb->next;
	skb_mark_not_on_list(skb);
	return skb;
}

/* Trains carry the very bytes that single frames would, whoever cuts them. */
static void sluice_train_changes_no_byte(struct kunit *test)
{
	struct sluice_config config = fixture_config();
	struct sk_buff *single[11], *rest = NULL;
	u32 train;
	int i;

	config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
	for (train = 1; train <= 24; train++) {
		u64 now_ns = T0_NS + train * NSEC_PER_SEC;

		if (train == 13)
			train_let_device_cut(test);
		config.train_frames = (train - 1) % 12 + 1;
		fixture_set(test, &config);
		fixture_enqueue(test, sluice_marked_super_packet(test, 77, 11),
				now_ns);
		for (i = 0; i < 11; i++) {
			struct sk_buff *skb = sluice_next_on_wire(test, &now_ns,
								  &rest);

			if (skb->ip_summed == CHECKSUM_PARTIAL)
				KUNIT_ASSERT_EQ(test, skb_checksum_help(skb), 0);
			if (train == 1) {
				single[i] = skb;
				continue;
			}
			KUNIT_ASSERT_EQ(test, skb_linearize(skb), 0);
			KUNIT_ASSERT_EQ(test, skb->len, single[i]->len);
			KUNIT_EXPECT_EQ(test, 0, memcmp(skb->data,
							single[i]->data,
							skb->len));
			kfree_skb(skb);
		}
		KUNIT_EXPECT_NULL(test, rest);
	}
	for (i = 0; i < 11; i++)
		kfree_skb(single[i]);
}

/* Super-packets beyond 64 KB hold more than a train's IP header can say. */
static void sluice_train_fits_its_ip_header(struct kunit *test)
{
	struct sluice_config config = fixture_config();
	u64 now_ns = T0_NS;
	u32 frames = 0;

	config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
	config.rate_bytes_ps = GIGABIT_BYTES_PS;
	config.train_frames = SLUICE_TRAIN_MAX_FRAMES;
	fixture_set(test, &config);
	fixture_enqueue(test, fixture_tcp(test, 1, 1365, 96), now_ns);
	while (frames < 96) {
		struct sk_buff *skb;

		now_ns = fixture_next(test, now_ns, &skb);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		KUNIT_EXPECT_EQ(test, ntohs(ip_hdr(skb)->tot_len),
				skb->len - ETH_HLEN);
		frames += sluice_skb_frames(skb);
		kfree_skb(skb);
	}
	KUNIT_EXPECT_EQ(test, frames, 96u);
}

/* What shares the super-packet's data, TCP's own copy, keeps its sizes. */
static void sluice_train_leaves_the_copy_alone(struct kunit *test)
{
	struct sluice_config config = fixture_config();
	struct sk_buff *skb, *copy;
	u32 frames = 0;
	u64 now_ns = T0_NS;

	train_let_device_cut(test);
	config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
	config.train_frames = 30;
	fixture_set(test, &config);
	copy = fixture_tcp(test, 1, 1000, 40);
	skb = skb_clone(copy, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	fixture_enqueue(test, skb, now_ns);
	while (frames < 40) {
		now_ns = fixture_next(test, now_ns, &skb);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		frames += sluice_skb_frames(skb);
		kfree_skb(skb);
	}
	KUNIT_EXPECT_EQ(test, frames, 40u);
	KUNIT_EXPECT_EQ(test, skb_shinfo(copy)->gso_size, 1000);
	KUNIT_EXPECT_EQ(test, skb_shinfo(copy)->gso_segs, 40);
	kfree_skb(copy);
}

#endif
