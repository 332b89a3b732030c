/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests with TCP sockets made by hand: the initial window (P7) and the gain.
 * Part of sluice_qdisc_kunit.c.
 */
#ifndef SLUICE_QDISC_SOCKETS_H
#define SLUICE_QDISC_SOCKETS_H

#include "qdisc_fixture.h"

/* A socket that has not had an ACK: ten segments, RTT 10 ms. */
static struct tcp_sock *sluice_fake_tcp_sock(struct kunit *test)
{
	struct tcp_sock *tp = kunit_kzalloc(test, sizeof(*tp), GFP_KERNEL);
	struct tcp_congestion_ops *ca_ops;
	struct sock *sk = (struct sock *)tp;

	KUNIT_ASSERT_NOT_NULL(test, tp);
	ca_ops = kunit_kzalloc(test, sizeof(*ca_ops), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ca_ops);
	sk->sk_state = TCP_ESTABLISHED;
	sk->sk_family = AF_INET;
	sk->sk_type = SOCK_STREAM;
	sk->sk_protocol = IPPROTO_TCP;
	sk->sk_pacing_rate = ~0UL;
	sk->sk_max_pacing_rate = ~0UL;
	inet_csk(sk)->icsk_ca_ops = ca_ops;
	tp->snd_cwnd = 10;
	tp->snd_ssthresh = TCP_INFINITE_SSTHRESH;
	tp->mss_cache = FULL_PAYLOAD_BYTES;
	tp->srtt_us = (10 * USEC_PER_MSEC) << 3;
	return tp;
}

/* Full segments of a socket, all handed over at T0_NS. */
static void sluice_enqueue_segments(struct kunit *test, struct tcp_sock *tp,
				    int n)
{
	while (n--) {
		struct sk_buff *skb = fixture_tcp(test, 1, FULL_PAYLOAD_BYTES,
						  1);

		skb->sk = (struct sock *)tp;
		fixture_enqueue(test, skb, T0_NS);
	}
}

static void sluice_p7_initial_window_is_spread_over_the_rtt(struct kunit *test)
{
	struct tcp_sock *tp = sluice_fake_tcp_sock(test);
	struct sluice_fixture *fix = test->priv;
	/* 1538 wire bytes at 10 * 1460 bytes per 10 ms. */
	const u64 gap_ns = div64_u64(1538ULL * NSEC_PER_SEC, 1460000) + 1;
	u64 now_ns = T0_NS;
	int i;

	sluice_enqueue_segments(test, tp, 10);
	for (i = 0; i < 10; i++) {
		struct sk_buff *skb;

		now_ns = fixture_next(test, now_ns, &skb);
		KUNIT_EXPECT_GE(test, now_ns + 1, T0_NS + i * (gap_ns - 1));
		KUNIT_EXPECT_LE(test, now_ns, T0_NS + i * gap_ns);
		skb->sk = NULL;
		kfree_skb(skb);
	}
	KUNIT_EXPECT_EQ(test, fix->q->stats.initial_window_frames, 10ULL);
	KUNIT_EXPECT_EQ(test, ((struct sock *)tp)->sk_pacing_status,
			(u32)SK_PACING_FQ);
}

static void sluice_p7_a_wrong_rtt_costs_50_ms_at_most(struct kunit *test)
{
	struct tcp_sock *tp = sluice_fake_tcp_sock(test);
	u64 now_ns = T0_NS;
	int i;

	tp->srtt_us = (3 * USEC_PER_SEC) << 3;
	sluice_enqueue_segments(test, tp, 10);
	for (i = 0; i < 10; i++) {
		struct sk_buff *skb;

		now_ns = fixture_next(test, now_ns, &skb);
		skb->sk = NULL;
		kfree_skb(skb);
	}
	KUNIT_EXPECT_LE(test, now_ns, T0_NS + 50 * NSEC_PER_MSEC);
	KUNIT_EXPECT_GE(test, now_ns, T0_NS + 45 * NSEC_PER_MSEC);
}

/* A socket of UDP that is not connected, and may send 1000 bytes a second. */
static struct sock *sluice_fake_slow_sock(struct kunit *test)
{
	struct sock *sk = kunit_kzalloc(test, sizeof(*sk), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, sk);
	sk->sk_state = TCP_CLOSE;
	sk->sk_family = AF_INET;
	sk->sk_type = SOCK_DGRAM;
	sk->sk_protocol = IPPROTO_UDP;
	sk->sk_pacing_rate = PACE_RATE_MIN_BYTES_PS;
	sk->sk_max_pacing_rate = PACE_RATE_MIN_BYTES_PS;
	sk->sk_pacing_status = SK_PACING_NEEDED;
	return sk;
}

/* A stamp of a clock that does not lead to ours is no departure time. */
static void sluice_p4_a_socket_may_name_any_clock(struct kunit *test)
{
	static const struct {
		u8 clockid;
		enum tk_offsets offset;
		bool is_known;
	} clocks[] = {
		{ CLOCK_REALTIME, TK_OFFS_REAL, true },
		{ CLOCK_TAI, TK_OFFS_TAI, true },
		{ CLOCK_BOOTTIME, TK_OFFS_BOOT, true },
		{ CLOCK_REALTIME_COARSE, TK_OFFS_REAL, false },
	};
	struct sock *sk = sluice_fake_slow_sock(test);
	struct sluice_fixture *fix = test->priv;
	u64 now_ns = T0_NS, foreign_pkts = 0;
	u32 i;

	sock_set_flag(sk, SOCK_TXTIME);
	sk->sk_pacing_rate = ~0UL;
	for (i = 0; i < ARRAY_SIZE(clocks); i++) {
		u64 asked_ns = now_ns + NSEC_PER_MSEC;
		struct sk_buff *skb = fixture_tcp(test, i, 1000, 1);

		skb->sk = sk;
		skb->tstamp = ktime_mono_to_any(asked_ns, clocks[i].offset);
		sk->sk_clockid = clocks[i].clockid;
		KUNIT_EXPECT_EQ(test, sluice_departure_of(test, skb, now_ns),
				clocks[i].is_known ? asked_ns : now_ns);
		foreign_pkts += !clocks[i].is_known;
		KUNIT_EXPECT_EQ(test, fix->q->stats.foreign_clock_pkts,
				foreign_pkts);
		now_ns += NSEC_PER_SEC;
	}
}

/* Who has no rate shares no flow with a socket that has one, whatever its hash. */
static void sluice_p9_a_slow_socket_holds_up_nobody(struct kunit *test)
{
	struct sock *sk[3] = { NULL, NULL, sluice_fake_slow_sock(test) };
	u64 now_ns = T0_NS;
	struct sk_buff *skb;
	int i;

	sk[1] = sluice_fake_slow_sock(test);
	sk[1]->sk_pacing_rate = ~0UL;
	sk[1]->sk_pacing_status = SK_PACING_NONE;
	for (i = 0; i < 4; i++) {
		skb = fixture_tcp(test, 1, 1000, 1);
		skb->sk = sk[2];
		fixture_enqueue(test, skb, now_ns);
	}
	/* One of the slow socket, and then of each of the others. */
	for (i = 2; i >= 0; i--) {
		if (i < 2) {
			skb = fixture_tcp(test, 1, 1000, 1);
			skb->sk = sk[i];
			fixture_enqueue(test, skb, now_ns);
		}
		skb = fixture_dequeue(test, now_ns);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		KUNIT_EXPECT_PTR_EQ(test, skb->sk, sk[i]);
		skb->sk = NULL;
		kfree_skb(skb);
	}
	while ((now_ns = fixture_next(test, now_ns, &skb))) {
		skb->sk = NULL;
		kfree_skb(skb);
	}
}

static void sluice_no_destructor(struct sk_buff *skb)
{
}

/* A SYN-ACK carries the time at which TCP began to make it: no broken wish. */
static void sluice_p8_a_handshake_asks_for_no_past(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct tcp_request_sock *req;
	struct sk_buff *skb;

	req = kunit_kzalloc(test, sizeof(*req), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, req);
	((struct sock *)req)->sk_state = TCP_NEW_SYN_RECV;
	skb = fixture_tcp(test, 1, 0, 1);
	skb->sk = (struct sock *)req;
	skb->destructor = sluice_no_destructor;
	sluice_compat_set_tstamp_mono(skb, T0_NS - 1000);
	KUNIT_EXPECT_EQ(test, sluice_departure_of(test, skb, T0_NS), T0_NS);
	KUNIT_EXPECT_EQ(test, fix->q->stats.past_pkts, 0ULL);
}

/* A window of sixteen in slow start: TCP wants 2.0 times cwnd / srtt. */
static struct tcp_sock *sluice_slow_start_sock(struct kunit *test, u32 srtt_us)
{
	struct tcp_sock *tp = sluice_fake_tcp_sock(test);

	tp->bytes_acked = 100000;
	tp->snd_cwnd = 16;
	tp->srtt_us = srtt_us << 3;
	((struct sock *)tp)->sk_pacing_rate =
		div_u64(2ULL * 16 * FULL_PAYLOAD_BYTES * USEC_PER_SEC, srtt_us);
	return tp;
}

/* Two segments at once: how much later does the second one leave? */
static u64 sluice_gap_of_two(struct kunit *test, struct tcp_sock *tp)
{
	struct sk_buff *skb;
	u64 now_ns;

	sluice_enqueue_segments(test, tp, 2);
	now_ns = fixture_next(test, T0_NS, &skb);
	KUNIT_EXPECT_EQ(test, now_ns, T0_NS);
	skb->sk = NULL;
	kfree_skb(skb);
	now_ns = fixture_next(test, now_ns, &skb);
	skb->sk = NULL;
	kfree_skb(skb);
	return now_ns - T0_NS;
}

static void sluice_gain_spreads_slow_start(struct kunit *test)
{
	struct tcp_sock *tp = sluice_slow_start_sock(test, 10000);
	u64 own_gap_ns = div64_u64(1538 * NSEC_PER_SEC,
				   ((struct sock *)tp)->sk_pacing_rate);
	u64 gap_ns = sluice_gap_of_two(test, tp);

	/* 69 percent of TCP's rate. */
	KUNIT_EXPECT_GE(test, gap_ns, div64_u64(own_gap_ns * 100, 69));
	KUNIT_EXPECT_LE(test, gap_ns, div64_u64(own_gap_ns * 100, 69) + 10);
}

/*
 * A socket that was reset has let go of its congestion control, whose module may
 * be gone before the last of its packets.
 */
static void sluice_gain_asks_no_closed_socket(struct kunit *test)
{
	struct tcp_sock *tp = sluice_slow_start_sock(test, 10000);
	struct sk_buff *skb;

	sluice_enqueue_segments(test, tp, 2);
	((struct sock *)tp)->sk_state = TCP_CLOSE;
	inet_csk((struct sock *)tp)->icsk_ca_ops = NULL;
	fixture_next(test, T0_NS, &skb);
	skb->sk = NULL;
	kfree_skb(skb);
	/* 69 percent of TCP's rate, as before. */
	KUNIT_EXPECT_EQ(test, fixture_next(test, T0_NS, &skb), T0_NS +
			div64_u64(1538 * NSEC_PER_SEC * 100,
				  ((struct sock *)tp)->sk_pacing_rate * 69) + 1);
	skb->sk = NULL;
	kfree_skb(skb);
}

/* TCP closes a socket first and then sends its RST. */
static void sluice_p5_a_reset_stays_behind_the_data(struct kunit *test)
{
	struct tcp_sock *tp = sluice_slow_start_sock(test, 10000);
	struct sk_buff *skb;
	u64 now_ns = T0_NS;
	int i;

	sluice_enqueue_segments(test, tp, 3);
	((struct sock *)tp)->sk_state = TCP_CLOSE;
	skb = fixture_tcp(test, 1, 0, 1);
	tcp_hdr(skb)->rst = 1;
	skb->sk = (struct sock *)tp;
	fixture_enqueue(test, skb, now_ns);
	for (i = 0; i < 4; i++) {
		now_ns = fixture_next(test, now_ns, &skb);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		KUNIT_EXPECT_EQ(test, (bool)tcp_hdr(skb)->rst, i == 3);
		skb->sk = NULL;
		kfree_skb(skb);
	}
}

static void sluice_no_cong_control(struct sock *sk, const struct rate_sample *rs)
{
}

/* BBR's rate is one of payload: with headers and overhead the wire has more. */
static struct tcp_sock *sluice_bbr_sock(struct kunit *test)
{
	struct tcp_sock *tp = sluice_slow_start_sock(test, 10000);
	struct sock *sk = (struct sock *)tp;
	struct inet_connection_sock_af_ops *af_ops;
	struct tcp_congestion_ops *ca_ops;

	af_ops = kunit_kzalloc(test, sizeof(*af_ops), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, af_ops);
	af_ops->net_header_len = sizeof(struct iphdr);
	inet_csk(sk)->icsk_af_ops = af_ops;
	ca_ops = kunit_kzalloc(test, sizeof(*ca_ops), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ca_ops);
	ca_ops->cong_control = (void *)sluice_no_cong_control;
	inet_csk(sk)->icsk_ca_ops = ca_ops;
	tp->tcp_header_len = sizeof(struct tcphdr);
	return tp;
}

static void sluice_gain_keeps_the_payload_rate_of_bbr(struct kunit *test)
{
	struct tcp_sock *tp = sluice_bbr_sock(test);
	u64 gap_ns = div64_u64(FULL_PAYLOAD_BYTES * NSEC_PER_SEC,
			       ((struct sock *)tp)->sk_pacing_rate);
	u64 found_ns = sluice_gap_of_two(test, tp);

	KUNIT_EXPECT_GE(test, found_ns, gap_ns);
	KUNIT_EXPECT_LE(test, found_ns, gap_ns + 2);
}

static void sluice_gain_stays_below_what_was_asked_for(struct kunit *test)
{
	struct tcp_sock *tp = sluice_bbr_sock(test);
	struct sock *sk = (struct sock *)tp;
	u64 gap_ns, found_ns;

	/* BBR wants 1 percent less payload than that, so 4 percent more wire. */
	sk->sk_max_pacing_rate = sk->sk_pacing_rate * 101 / 100;
	gap_ns = div64_u64(1538 * NSEC_PER_SEC, sk->sk_max_pacing_rate);
	found_ns = sluice_gap_of_two(test, tp);
	KUNIT_EXPECT_GE(test, found_ns, gap_ns);
	KUNIT_EXPECT_LE(test, found_ns, gap_ns + 2);
}

static void sluice_gain_adds_little_to_a_long_rtt(struct kunit *test)
{
	struct tcp_sock *tp = sluice_slow_start_sock(test, 500000);
	u64 own_gap_ns = div64_u64(1538 * NSEC_PER_SEC,
				   ((struct sock *)tp)->sk_pacing_rate);

	/* TCP's own rate in payload; HyStart would give up at 16 ms more. */
	KUNIT_EXPECT_LE(test, sluice_gap_of_two(test, tp), own_gap_ns);
	KUNIT_EXPECT_LT(test, own_gap_ns, 17 * NSEC_PER_MSEC);
}

/* 400 ECN-capable segments, one each ms, that leave @held_ns after they asked to. */
static void sluice_hold_segments(struct kunit *test, struct tcp_sock *tp,
				 u64 held_ns)
{
	struct sluice_fixture *fix = test->priv;
	int i;

	for (i = 0; i < 400; i++) {
		struct sk_buff *skb = fixture_tcp(test, 1, FULL_PAYLOAD_BYTES,
						  1);

		skb->sk = (struct sock *)tp;
		ip_hdr(skb)->tos = INET_ECN_ECT_0;
		sluice_compat_set_tstamp_mono(skb, T0_NS + i * NSEC_PER_MSEC);
		fixture_enqueue(test, skb, T0_NS);
	}
	for (i = 0; i < 400; i++) {
		struct sk_buff *skb = fixture_dequeue(test, T0_NS + held_ns +
						      i * NSEC_PER_MSEC);

		KUNIT_ASSERT_NOT_NULL(test, skb);
		skb->sk = NULL;
		kfree_skb(skb);
	}
	KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, 0);
}

/* What the gain adds is no queue: CoDel looks at what is held beyond it. */
static void sluice_codel_does_not_mark_for_the_gain(struct kunit *test)
{
	struct tcp_sock *tp = sluice_slow_start_sock(test, 500000);
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();

	config.flow_limit_pkts = 400;
	fixture_set(test, &config);
	((struct sock *)tp)->sk_pacing_rate = GIGABIT_BYTES_PS;
	sluice_hold_segments(test, tp, SLUICE_HOLD_MAX_US * NSEC_PER_USEC +
			     PACE_CODEL_TARGET_DEFAULT_NS - 1);
	KUNIT_EXPECT_EQ(test, fix->q->stats.codel_marked_pkts, 0ULL);
	rtnl_lock();
	sluice_reset(fix->sch);
	rtnl_unlock();
	fix->q->wheel.now_ns = T0_NS;
	sluice_hold_segments(test, tp, SLUICE_HOLD_MAX_US * NSEC_PER_USEC +
			     PACE_CODEL_TARGET_DEFAULT_NS);
	KUNIT_EXPECT_GT(test, fix->q->stats.codel_marked_pkts, 0ULL);
}

/* Send all that a socket has, and count what arrives marked. */
static int sluice_marked_frames(struct kunit *test, u64 now_ns)
{
	struct sk_buff *skb;
	int marked = 0;

	while ((now_ns = fixture_next(test, now_ns, &skb))) {
		marked += (ip_hdr(skb)->tos & INET_ECN_MASK) == INET_ECN_CE;
		skb->sk = NULL;
		kfree_skb(skb);
	}
	return marked;
}

/* An ECN-capable super-packet, of a socket or none. */
static void sluice_enqueue_capable(struct kunit *test, struct tcp_sock *tp,
				   u16 segments, u64 now_ns)
{
	struct sk_buff *skb = fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, segments);

	ip_hdr(skb)->tos = INET_ECN_ECT_0;
	skb->sk = (struct sock *)tp;
	fixture_enqueue(test, skb, now_ns);
}

/*
 * The threshold is for packets that wait for others, not for the gaps that pacing
 * makes: within a super-packet, at the gain, in an initial window.
 */
static void sluice_ce_threshold_does_not_mark_for_gaps(struct kunit *test)
{
	struct tcp_sock *tp = sluice_slow_start_sock(test, 100000);
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	int i;

	config.ce_threshold_ns = NSEC_PER_MSEC;
	fixture_set(test, &config);
	/* 3.3 ms for each frame; the second one is held for what the gain may. */
	sluice_enqueue_capable(test, tp, 8, T0_NS);
	KUNIT_EXPECT_EQ(test, sluice_marked_frames(test, T0_NS), 0);
	tp = sluice_fake_tcp_sock(test);
	for (i = 0; i < 10; i++)
		sluice_enqueue_capable(test, tp, 1, T0_NS + NSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, sluice_marked_frames(test, T0_NS + NSEC_PER_SEC),
			0);
	KUNIT_EXPECT_EQ(test, fix->q->stats.initial_window_frames, 10ULL);
	/* Nobody asked for this rate: what waits behind others is marked. */
	config.maxrate_bytes_ps = GIGABIT_BYTES_PS / 100;
	fixture_set(test, &config);
	sluice_enqueue_capable(test, NULL, 4, T0_NS + 2 * NSEC_PER_SEC);
	sluice_enqueue_capable(test, NULL, 3, T0_NS + 2 * NSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, sluice_marked_frames(test, T0_NS + 2 * NSEC_PER_SEC),
			3);
	KUNIT_EXPECT_EQ(test, fix->q->stats.ce_threshold_marked_pkts, 3ULL);
}

#endif
