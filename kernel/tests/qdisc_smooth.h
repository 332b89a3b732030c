/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Flows that have no rate (P11): of guests and forwarded ones, that is packets
 * without a socket, with the option forward, and of plain UDP sockets with the option
 * smooth. Part of sluice_qdisc_kunit.c.
 */
#ifndef SLUICE_QDISC_SMOOTH_H
#define SLUICE_QDISC_SMOOTH_H

#include <linux/prandom.h>

#include "qdisc_fixture.h"

#define SMOOTH_NS	NSEC_PER_MSEC
/* A super-packet of 64 KB. */
#define SMOOTH_SEGMENTS	44
#define SMOOTH_SEED	0x5eed

/**
 * struct smooth_seen - what left
 * @frames: how many frames
 * @at_ns: when the last one did
 * @gap_min_ns: shortest time between two of them
 * @gap_max_ns: longest
 * @held_max_ns: longest time from arrival to departure
 */
struct smooth_seen {
	u64 frames;
	u64 at_ns;
	u64 gap_min_ns;
	u64 gap_max_ns;
	u64 held_max_ns;
};

static void forward_set(struct kunit *test, u64 forward_ns)
{
	struct sluice_config config = fixture_config();

	config.forward_ns = forward_ns;
	fixture_set(test, &config);
}

static void smooth_see(struct smooth_seen *seen, struct sk_buff *skb,
			u64 now_ns)
{
	u64 held_ns = now_ns - sluice_skb_cb(skb)->enqueued_ns;
	u64 gap_ns = now_ns - seen->at_ns;

	if (!seen->frames++)
		seen->gap_min_ns = ~0ULL;
	else if (gap_ns > seen->gap_max_ns)
		seen->gap_max_ns = gap_ns;
	if (seen->frames > 1 && gap_ns < seen->gap_min_ns)
		seen->gap_min_ns = gap_ns;
	if (held_ns > seen->held_max_ns)
		seen->held_max_ns = held_ns;
	seen->at_ns = now_ns;
	skb->sk = NULL;
	kfree_skb(skb);
}

/* All that is due before @until_ns leaves when its time comes. */
static void smooth_pass(struct kunit *test, u64 now_ns, u64 until_ns,
			 struct smooth_seen *seen)
{
	struct sluice_fixture *fix = test->priv;

	while (pace_before(now_ns, until_ns)) {
		struct sk_buff *skb = fixture_dequeue(test, now_ns);

		if (skb) {
			smooth_see(seen, skb, now_ns);
			continue;
		}
		if (!fix->sch->q.qlen)
			return;
		now_ns = fix->q->timer_due_ns;
	}
}

static void sluice_p11_a_lone_burst_is_spread(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	const u64 gap_ns = SMOOTH_NS / SMOOTH_SEGMENTS;
	struct smooth_seen seen = { 0 };

	forward_set(test, SMOOTH_NS);
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES,
					  SMOOTH_SEGMENTS), T0_NS);
	smooth_pass(test, T0_NS, T0_NS + NSEC_PER_SEC, &seen);
	KUNIT_EXPECT_EQ(test, seen.frames, (u64)SMOOTH_SEGMENTS);
	KUNIT_EXPECT_GE(test, seen.gap_min_ns, gap_ns - 2);
	KUNIT_EXPECT_LE(test, seen.gap_max_ns, gap_ns + 2);
	KUNIT_EXPECT_EQ(test, fix->q->stats.forward_held_frames,
			SMOOTH_SEGMENTS - 1ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.late_frames, 0ULL);
}

/* Requests and answers: full frames 100 us apart, small ones 10 us. */
static void sluice_p11_a_lone_frame_waits_for_nothing(struct kunit *test)
{
	static const struct {
		u32 payload_bytes;
		u32 every_us;
	} kinds[] = { { FULL_PAYLOAD_BYTES, 100 }, { 50, 10 } };
	struct sluice_fixture *fix = test->priv;
	u64 now_ns = T0_NS;
	int i, k;

	forward_set(test, SMOOTH_NS);
	for (k = 0; k < ARRAY_SIZE(kinds); k++)
		for (i = 0; i < 1000; i++) {
			struct sk_buff *skb;

			skb = fixture_tcp(test, k, kinds[k].payload_bytes, 1);
			KUNIT_EXPECT_EQ(test, sluice_departure_of(test, skb,
								  now_ns),
					now_ns);
			now_ns += kinds[k].every_us * NSEC_PER_USEC;
		}
	KUNIT_EXPECT_EQ(test, fix->q->stats.forward_held_frames, 0ULL);
}

/* 16 frames every 500 us: after a while they leave 27.8 us apart, 8/9 of that. */
static void sluice_p11_a_steady_flow_leaves_at_its_mean(struct kunit *test)
{
	const u64 every_ns = SMOOTH_NS / 2, gap_ns = every_ns / 16 * 8 / 9;
	struct smooth_seen seen = { 0 };
	u64 now_ns = T0_NS;
	int i;

	forward_set(test, SMOOTH_NS);
	for (i = 0; i < 100; i++) {
		fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES,
						  16), now_ns);
		if (i == 50)
			seen.frames = 0;
		smooth_pass(test, now_ns, now_ns + every_ns, &seen);
		now_ns += every_ns;
		KUNIT_EXPECT_LE(test, seen.held_max_ns, SMOOTH_NS);
	}
	KUNIT_EXPECT_EQ(test, seen.frames, 50 * 16ULL);
	KUNIT_EXPECT_GE(test, seen.gap_min_ns, gap_ns - gap_ns / 100);
	/* Behind the last of a super-packet there is the rest of its time. */
	KUNIT_EXPECT_LE(test, seen.gap_max_ns, gap_ns * 3 + gap_ns / 10);
}

/* Packets of any size at any time. Returns how many frames they are. */
static u64 smooth_offer(struct kunit *test, struct smooth_seen *seen)
{
	u64 now_ns = T0_NS, frames = 0;
	struct rnd_state rnd;
	int i;

	prandom_seed_state(&rnd, SMOOTH_SEED);
	for (i = 0; i < 3000; i++) {
		u32 n = prandom_u32_state(&rnd) % SMOOTH_SEGMENTS + 1;
		u64 pause_ns = SMOOTH_NS >> prandom_u32_state(&rnd) % 12;

		if (prandom_u32_state(&rnd) % 4)
			n = 1;
		fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES,
						  n), now_ns);
		frames += n;
		smooth_pass(test, now_ns, now_ns + pause_ns, seen);
		now_ns += pause_ns;
	}
	smooth_pass(test, now_ns, now_ns + NSEC_PER_SEC, seen);
	return frames;
}

static void sluice_p11_no_frame_is_held_longer(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct smooth_seen seen = { 0 };
	u64 frames;

	forward_set(test, SMOOTH_NS);
	frames = smooth_offer(test, &seen);
	KUNIT_EXPECT_EQ(test, seen.frames, frames);
	KUNIT_EXPECT_LE(test, seen.held_max_ns, SMOOTH_NS);
	KUNIT_EXPECT_GT(test, seen.held_max_ns, SMOOTH_NS / 2);
	KUNIT_EXPECT_GT(test, fix->q->stats.forward_held_frames, frames / 2);
}

/* A ceiling holds whatever is due or crowded: P1 comes before P11. */
static void sluice_p11_a_ceiling_is_kept(struct kunit *test)
{
	struct sluice_config config = fixture_config();
	struct sluice_fixture *fix = test->priv;
	struct smooth_seen seen = { 0 };

	config.forward_ns = SMOOTH_NS;
	config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
	config.flow_limit_pkts = 10;
	fixture_set(test, &config);
	smooth_offer(test, &seen);
	KUNIT_EXPECT_GE(test, seen.gap_min_ns, FULL_FRAME_NS);
	KUNIT_EXPECT_LT(test, seen.gap_min_ns, FULL_FRAME_NS * 2);
	KUNIT_EXPECT_GT(test, fix->q->stats.forward_held_frames, 0ULL);
}

/* The device took nothing for long: what is older than that leaves at once. */
static void sluice_p11_a_device_that_was_blocked_is_caught_up(struct kunit *test)
{
	struct smooth_seen seen = { 0 };
	u64 now_ns = T0_NS;
	int i;

	forward_set(test, SMOOTH_NS);
	for (i = 0; i < 40; i++) {
		fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES,
						  16), now_ns);
		if (!i)
			smooth_pass(test, now_ns, now_ns + 1, &seen);
		now_ns += SMOOTH_NS / 4;
	}
	smooth_pass(test, now_ns, now_ns + 1, &seen);
	KUNIT_EXPECT_GE(test, seen.frames, 36 * 16ULL);
	KUNIT_EXPECT_LT(test, seen.frames, 40 * 16ULL);
	smooth_pass(test, now_ns, now_ns + SMOOTH_NS, &seen);
	KUNIT_EXPECT_EQ(test, seen.frames, 40 * 16ULL);
}

/* Single frames at 10 Gb/s, twice as many as a flow may hold: none is lost. */
static void sluice_p11_takes_nothing_of_a_limit(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct smooth_seen seen = { 0 };
	u64 now_ns = T0_NS;
	int i;

	forward_set(test, 50 * SMOOTH_NS);
	for (i = 0; i < 200; i++) {
		fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES,
						  1), now_ns);
		smooth_pass(test, now_ns, now_ns + FULL_FRAME_NS / 10, &seen);
		now_ns += FULL_FRAME_NS / 10;
	}
	KUNIT_EXPECT_EQ(test, fix->q->stats.flow_limit_dropped_pkts, 0ULL);
	KUNIT_EXPECT_LE(test, fix->sch->q.qlen, 50);
	KUNIT_EXPECT_GE(test, fix->sch->q.qlen, 45);
	smooth_pass(test, now_ns, now_ns + 50 * SMOOTH_NS, &seen);
	KUNIT_EXPECT_EQ(test, seen.frames, 200ULL);
}

/* A ceiling that is lower holds; a device's rate holds in any case. */
static void sluice_p11_the_lower_rate_holds(struct kunit *test)
{
	struct sluice_config config = fixture_config();
	struct sluice_fixture *fix = test->priv;
	struct smooth_seen seen = { 0 };

	config.forward_ns = SMOOTH_NS;
	config.maxrate_bytes_ps = GIGABIT_BYTES_PS / 10;
	fixture_set(test, &config);
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 16),
			T0_NS);
	smooth_pass(test, T0_NS, T0_NS + NSEC_PER_SEC, &seen);
	KUNIT_EXPECT_EQ(test, seen.gap_min_ns, 10 * FULL_FRAME_NS);
	KUNIT_EXPECT_EQ(test, seen.gap_max_ns, 10 * FULL_FRAME_NS);
	KUNIT_EXPECT_EQ(test, fix->q->stats.forward_held_frames, 0ULL);

	seen.frames = 0;
	config.maxrate_bytes_ps = 0;
	config.rate_bytes_ps = GIGABIT_BYTES_PS / 10;
	fixture_set(test, &config);
	fixture_enqueue(test, fixture_tcp(test, 2, FULL_PAYLOAD_BYTES, 16),
			T0_NS + NSEC_PER_SEC);
	smooth_pass(test, T0_NS + NSEC_PER_SEC, T0_NS + 2 * NSEC_PER_SEC,
		     &seen);
	KUNIT_EXPECT_EQ(test, seen.gap_min_ns, 10 * FULL_FRAME_NS);
	KUNIT_EXPECT_EQ(test, seen.gap_max_ns, 10 * FULL_FRAME_NS);
}

/* A socket of this host means what it does, also if that is no rate. */
static void sluice_p11_holds_no_local_socket(struct kunit *test)
{
	struct sock *sk = sluice_fake_slow_sock(test);
	struct sk_buff *skb;

	sk->sk_pacing_rate = ~0UL;
	sk->sk_max_pacing_rate = ~0UL;
	sk->sk_pacing_status = SK_PACING_NONE;
	forward_set(test, SMOOTH_NS);
	skb = fixture_tcp(test, 1, 1000, SMOOTH_SEGMENTS);
	skb->sk = sk;
	fixture_enqueue(test, skb, T0_NS);
	skb = fixture_dequeue(test, T0_NS);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_TRUE(test, skb_is_gso(skb));
	skb->sk = NULL;
	kfree_skb(skb);

	/* That of a tap is none of the internet's. */
	sk->sk_family = AF_UNSPEC;
	skb = fixture_tcp(test, 2, 1000, SMOOTH_SEGMENTS);
	skb->sk = sk;
	fixture_enqueue(test, skb, T0_NS);
	skb = fixture_dequeue(test, T0_NS);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_FALSE(test, skb_is_gso(skb));
	skb->sk = NULL;
	kfree_skb(skb);
}

/*
 * What is held on purpose is no queue: nobody is told to slow down. Four bursts,
 * 40 ms apart, held for more than CoDel's target longer than its interval.
 */
static void sluice_p11_marks_and_drops_nothing(struct kunit *test)
{
	struct sluice_config config = fixture_config();
	struct sluice_fixture *fix = test->priv;
	struct smooth_seen seen = { 0 };
	u64 now_ns = T0_NS;
	int i, k;

	config.forward_ns = 50 * SMOOTH_NS;
	config.ce_threshold_ns = SMOOTH_NS;
	fixture_set(test, &config);
	for (i = 0; i < 8; i++) {
		for (k = 0; k < 40; k++) {
			struct sk_buff *skb;

			skb = fixture_tcp(test, i / 4, FULL_PAYLOAD_BYTES, 1);
			ip_hdr(skb)->tos = i / 4 ? INET_ECN_ECT_0 : 0;
			fixture_enqueue(test, skb, now_ns);
		}
		smooth_pass(test, now_ns, now_ns + 40 * SMOOTH_NS, &seen);
		now_ns += 40 * SMOOTH_NS;
	}
	smooth_pass(test, now_ns, now_ns + NSEC_PER_SEC, &seen);
	KUNIT_EXPECT_EQ(test, seen.frames, 8 * 40ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.codel_dropped_pkts, 0ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.codel_marked_pkts, 0ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.ce_threshold_marked_pkts, 0ULL);
}

/* Taken back while a super-packet is cut: the rest of it and all others leave. */
static void sluice_p11_is_switched_off(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct smooth_seen seen = { 0 };
	struct sk_buff *skb;

	forward_set(test, SMOOTH_NS);
	fixture_enqueue(test, fixture_tcp(test, 1, 1000, 16), T0_NS);
	kfree_skb(fixture_dequeue(test, T0_NS));
	forward_set(test, 0);
	fixture_enqueue(test, fixture_tcp(test, 1, 1000, 16), T0_NS);
	smooth_pass(test, T0_NS, T0_NS + SMOOTH_NS, &seen);
	KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, 0);
	fixture_enqueue(test, fixture_tcp(test, 1, 1000, 16),
			T0_NS + SMOOTH_NS);
	skb = fixture_dequeue(test, T0_NS + SMOOTH_NS);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_TRUE(test, skb_is_gso(skb));
	kfree_skb(skb);
}

static void smooth_set(struct kunit *test, u64 smooth_ns)
{
	struct sluice_config config = fixture_config();

	config.smooth_ns = smooth_ns;
	fixture_set(test, &config);
}

/* A UDP socket that asks for nothing. */
static struct sock *smooth_plain_sock(struct kunit *test)
{
	struct sock *sk = sluice_fake_slow_sock(test);

	sk->sk_pacing_rate = ~0UL;
	sk->sk_max_pacing_rate = ~0UL;
	sk->sk_pacing_status = SK_PACING_NONE;
	return sk;
}

/* @n datagrams that a socket gets at once; the stack asks behind each of them. */
static void smooth_burst(struct kunit *test, struct sock *sk, int n, u64 now_ns,
			 struct smooth_seen *seen)
{
	while (n--) {
		struct sk_buff *skb = fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 1);

		ip_hdr(skb)->protocol = IPPROTO_UDP;
		skb->sk = sk;
		KUNIT_EXPECT_EQ(test, fixture_enqueue(test, skb, now_ns),
				NET_XMIT_SUCCESS);
		skb = fixture_dequeue(test, now_ns);
		if (skb)
			smooth_see(seen, skb, now_ns);
	}
}

/*
 * Video frames of 150 datagrams, which is more than flow_limit: evenly over the
 * time, and behind the first, which leaves before the others come, no longer a gap
 * than half of what they are apart.
 */
static void sluice_p11_spreads_a_burst_of_a_socket(struct kunit *test)
{
	static const u8 states[] = { TCP_CLOSE, TCP_ESTABLISHED };
	const u64 gap_ns = SMOOTH_NS / 150;
	struct sluice_fixture *fix = test->priv;
	u64 now_ns = T0_NS;
	u32 i;

	smooth_set(test, SMOOTH_NS);
	for (i = 0; i < 2 * ARRAY_SIZE(states); i++) {
		struct sock *sk = smooth_plain_sock(test);
		struct smooth_seen seen = { 0 };

		sk->sk_state = states[i / 2];
		smooth_burst(test, sk, 150, now_ns, &seen);
		smooth_pass(test, now_ns, now_ns + NSEC_PER_SEC, &seen);
		KUNIT_EXPECT_EQ(test, seen.frames, 150ULL);
		KUNIT_EXPECT_GE(test, seen.gap_min_ns, gap_ns / 2);
		KUNIT_EXPECT_LE(test, seen.gap_max_ns, gap_ns * 2);
		KUNIT_EXPECT_LE(test, seen.held_max_ns, SMOOTH_NS);
		KUNIT_EXPECT_GE(test, seen.held_max_ns, SMOOTH_NS * 9 / 10);
		now_ns += 16 * NSEC_PER_MSEC;
	}
	KUNIT_EXPECT_EQ(test, fix->q->stats.smooth_held_frames, 4 * 149ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.forward_held_frames, 0ULL);
}

/* The same handed over as one (UDP GSO); its segments may have lost the socket. */
static void sluice_p11_spreads_a_bundle_of_a_socket(struct kunit *test)
{
	const u64 gap_ns = SMOOTH_NS / SMOOTH_SEGMENTS;
	struct sock *sk = smooth_plain_sock(test);
	struct sluice_fixture *fix = test->priv;
	struct smooth_seen seen = { 0 };
	struct sk_buff *skb;

	smooth_set(test, SMOOTH_NS);
	skb = fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, SMOOTH_SEGMENTS);
	skb->sk = sk;
	fixture_enqueue(test, skb, T0_NS);
	smooth_pass(test, T0_NS, T0_NS + NSEC_PER_SEC, &seen);
	KUNIT_EXPECT_EQ(test, seen.frames, (u64)SMOOTH_SEGMENTS);
	KUNIT_EXPECT_GE(test, seen.gap_min_ns, gap_ns - 2);
	KUNIT_EXPECT_LE(test, seen.gap_max_ns, gap_ns + 2);
	KUNIT_EXPECT_EQ(test, fix->q->stats.smooth_held_frames,
			SMOOTH_SEGMENTS - 1ULL);
}

/* Whoever asked for something gets that; TCP and guests have other options. */
static void sluice_p11_smooth_leaves_others_alone(struct kunit *test)
{
	struct sock *sk = smooth_plain_sock(test);
	struct smooth_seen seen = { 0 };

	smooth_set(test, SMOOTH_NS);
	sock_set_flag(sk, SOCK_TXTIME);
	smooth_burst(test, sk, 20, T0_NS, &seen);
	KUNIT_EXPECT_EQ(test, seen.frames, 20ULL);

	sock_reset_flag(sk, SOCK_TXTIME);
	sk->sk_type = SOCK_RAW;
	sk->sk_protocol = IPPROTO_RAW;
	smooth_burst(test, sk, 20, T0_NS, &seen);
	KUNIT_EXPECT_EQ(test, seen.frames, 40ULL);

	smooth_burst(test, NULL, 20, T0_NS, &seen);
	KUNIT_EXPECT_EQ(test, seen.frames, 60ULL);

}

/* A rate that is asked for later holds from then on, and no longer. */
static void sluice_p11_a_socket_may_ask_later(struct kunit *test)
{
	struct sock *sk = smooth_plain_sock(test);
	struct sluice_fixture *fix = test->priv;
	u64 now_ns = T0_NS;
	int i;

	smooth_set(test, SMOOTH_NS);
	sk->sk_state = TCP_ESTABLISHED;
	for (i = 0; i < 3; i++) {
		struct smooth_seen seen = { 0 };
		struct class_dump dump = {};

		sk->sk_pacing_rate = i == 1 ? GIGABIT_BYTES_PS : ~0UL;
		smooth_burst(test, sk, 20, now_ns, &seen);
		KUNIT_EXPECT_TRUE(test, class_dump_message(fix->sch, &dump, 2));
		KUNIT_EXPECT_EQ(test, dump.last.socket_cookie,
				(u64)atomic64_read(&sk->sk_cookie));
		KUNIT_EXPECT_EQ(test, dump.last.asked_bytes_ps,
				i == 1 ? GIGABIT_BYTES_PS : 0);
		KUNIT_EXPECT_EQ(test, dump.last.hold_max_ns,
				i == 1 ? 0 : SMOOTH_NS);
		smooth_pass(test, now_ns, now_ns + NSEC_PER_SEC, &seen);
		KUNIT_EXPECT_EQ(test, seen.frames, 20ULL);
		if (i == 1) {
			KUNIT_EXPECT_EQ(test, seen.gap_min_ns, FULL_FRAME_NS);
			KUNIT_EXPECT_EQ(test, seen.gap_max_ns, FULL_FRAME_NS);
		} else {
			KUNIT_EXPECT_GE(test, seen.gap_min_ns,
					SMOOTH_NS / 20 / 2);
		}
		now_ns += NSEC_PER_SEC;
	}
}

/*
 * A socket that asked for little shares its addresses (SO_REUSEPORT) with one that
 * asks for nothing, and was connected: what that sends does not hurry the other.
 */
static void sluice_p11_hurries_no_socket_that_has_a_rate(struct kunit *test)
{
	struct sock *slow = sluice_fake_slow_sock(test);
	struct sock *plain = smooth_plain_sock(test);
	u64 now_ns = T0_NS;
	int i;

	plain->sk_pacing_status = SK_PACING_FQ;
	smooth_set(test, SMOOTH_NS);
	/* 1000 bytes/s, and nothing, which counts as that. */
	for (i = 0; i < 2; i++) {
		struct smooth_seen seen = { 0 };

		slow->sk_pacing_rate = i ? 0 : PACE_RATE_MIN_BYTES_PS;
		smooth_burst(test, slow, 2, now_ns, &seen);
		smooth_burst(test, plain, 1, now_ns, &seen);
		KUNIT_EXPECT_EQ(test, seen.frames, 1ULL);
		smooth_pass(test, now_ns, now_ns + 10 * NSEC_PER_SEC, &seen);
		KUNIT_EXPECT_EQ(test, seen.frames, 3ULL);
		KUNIT_EXPECT_EQ(test, seen.gap_max_ns,
				1538 * (NSEC_PER_SEC / PACE_RATE_MIN_BYTES_PS));
		now_ns += 20 * NSEC_PER_SEC;
	}
}

/* More than half of limit, or a ceiling that is lower: no burst takes all the room. */
static void sluice_p11_a_burst_of_a_socket_is_bounded(struct kunit *test)
{
	struct sluice_config config = fixture_config();
	struct sock *sk = smooth_plain_sock(test);
	struct sluice_fixture *fix = test->priv;
	struct smooth_seen seen = { 0 };
	int i;

	config.smooth_ns = SMOOTH_NS;
	config.limit_pkts = 200;
	fixture_set(test, &config);
	smooth_burst(test, sk, 190, T0_NS, &seen);
	KUNIT_EXPECT_GE(test, fix->sch->q.qlen, 90);
	KUNIT_EXPECT_LE(test, fix->sch->q.qlen, 101);
	smooth_pass(test, T0_NS, T0_NS + NSEC_PER_SEC, &seen);
	KUNIT_EXPECT_EQ(test, seen.frames, 190ULL);

	config.limit_pkts = 1000;
	config.maxrate_bytes_ps = GIGABIT_BYTES_PS / 10;
	fixture_set(test, &config);
	smooth_burst(test, sk, 100, T0_NS + NSEC_PER_SEC, &seen);
	smooth_pass(test, T0_NS + NSEC_PER_SEC,
		    T0_NS + NSEC_PER_SEC + 2 * SMOOTH_NS, &seen);
	KUNIT_EXPECT_EQ(test, fix->q->stats.flow_limit_dropped_pkts, 0ULL);
	for (i = 0; i < 50; i++) {
		struct sk_buff *skb = fixture_tcp(test, 1, 1000, 1);

		skb->sk = sk;
		fixture_enqueue(test, skb,
				T0_NS + NSEC_PER_SEC + 2 * SMOOTH_NS);
	}
	KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, 100);
	KUNIT_EXPECT_GT(test, fix->q->stats.flow_limit_dropped_pkts, 0ULL);
	smooth_pass(test, T0_NS + NSEC_PER_SEC + 2 * SMOOTH_NS,
		    T0_NS + 2 * NSEC_PER_SEC, &seen);
}

#endif
