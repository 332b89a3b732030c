/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Flows of guests and forwarded ones (P11): packets without a socket, with the
 * option forward. Part of sluice_qdisc_kunit.c.
 */
#ifndef SLUICE_QDISC_FORWARD_H
#define SLUICE_QDISC_FORWARD_H

#include <linux/prandom.h>

#include "qdisc_fixture.h"

#define FORWARD_NS	NSEC_PER_MSEC
/* A super-packet of 64 KB. */
#define FORWARD_SEGMENTS	44
#define FORWARD_SEED	0x5eed

/**
 * struct forward_seen - what left
 * @frames: how many frames
 * @at_ns: when the last one did
 * @gap_min_ns: shortest time between two of them
 * @gap_max_ns: longest
 * @held_max_ns: longest time from arrival to departure
 */
struct forward_seen {
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

static void forward_see(struct forward_seen *seen, struct sk_buff *skb,
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
	kfree_skb(skb);
}

/* All that is due before @until_ns leaves when its time comes. */
static void forward_pass(struct kunit *test, u64 now_ns, u64 until_ns,
			 struct forward_seen *seen)
{
	struct sluice_fixture *fix = test->priv;

	while (pace_before(now_ns, until_ns)) {
		struct sk_buff *skb = fixture_dequeue(test, now_ns);

		if (skb) {
			forward_see(seen, skb, now_ns);
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
	const u64 gap_ns = FORWARD_NS / FORWARD_SEGMENTS;
	struct forward_seen seen = { 0 };

	forward_set(test, FORWARD_NS);
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES,
					  FORWARD_SEGMENTS), T0_NS);
	forward_pass(test, T0_NS, T0_NS + NSEC_PER_SEC, &seen);
	KUNIT_EXPECT_EQ(test, seen.frames, (u64)FORWARD_SEGMENTS);
	KUNIT_EXPECT_GE(test, seen.gap_min_ns, gap_ns - 2);
	KUNIT_EXPECT_LE(test, seen.gap_max_ns, gap_ns + 2);
	KUNIT_EXPECT_EQ(test, fix->q->stats.forward_held_frames,
			FORWARD_SEGMENTS - 1ULL);
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

	forward_set(test, FORWARD_NS);
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
	const u64 every_ns = FORWARD_NS / 2, gap_ns = every_ns / 16 * 8 / 9;
	struct forward_seen seen = { 0 };
	u64 now_ns = T0_NS;
	int i;

	forward_set(test, FORWARD_NS);
	for (i = 0; i < 100; i++) {
		fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES,
						  16), now_ns);
		if (i == 50)
			seen.frames = 0;
		forward_pass(test, now_ns, now_ns + every_ns, &seen);
		now_ns += every_ns;
		KUNIT_EXPECT_LE(test, seen.held_max_ns, FORWARD_NS);
	}
	KUNIT_EXPECT_EQ(test, seen.frames, 50 * 16ULL);
	KUNIT_EXPECT_GE(test, seen.gap_min_ns, gap_ns - gap_ns / 100);
	/* Behind the last of a super-packet there is the rest of its time. */
	KUNIT_EXPECT_LE(test, seen.gap_max_ns, gap_ns * 3 + gap_ns / 10);
}

/* Packets of any size at any time. Returns how many frames they are. */
static u64 forward_offer(struct kunit *test, struct forward_seen *seen)
{
	u64 now_ns = T0_NS, frames = 0;
	struct rnd_state rnd;
	int i;

	prandom_seed_state(&rnd, FORWARD_SEED);
	for (i = 0; i < 3000; i++) {
		u32 n = prandom_u32_state(&rnd) % FORWARD_SEGMENTS + 1;
		u64 pause_ns = FORWARD_NS >> prandom_u32_state(&rnd) % 12;

		if (prandom_u32_state(&rnd) % 4)
			n = 1;
		fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES,
						  n), now_ns);
		frames += n;
		forward_pass(test, now_ns, now_ns + pause_ns, seen);
		now_ns += pause_ns;
	}
	forward_pass(test, now_ns, now_ns + NSEC_PER_SEC, seen);
	return frames;
}

static void sluice_p11_no_frame_is_held_longer(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct forward_seen seen = { 0 };
	u64 frames;

	forward_set(test, FORWARD_NS);
	frames = forward_offer(test, &seen);
	KUNIT_EXPECT_EQ(test, seen.frames, frames);
	KUNIT_EXPECT_LE(test, seen.held_max_ns, FORWARD_NS);
	KUNIT_EXPECT_GT(test, seen.held_max_ns, FORWARD_NS / 2);
	KUNIT_EXPECT_GT(test, fix->q->stats.forward_held_frames, frames / 2);
}

/* A ceiling holds whatever is due or crowded: P1 comes before P11. */
static void sluice_p11_a_ceiling_is_kept(struct kunit *test)
{
	struct sluice_config config = fixture_config();
	struct sluice_fixture *fix = test->priv;
	struct forward_seen seen = { 0 };

	config.forward_ns = FORWARD_NS;
	config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
	config.flow_limit_pkts = 10;
	fixture_set(test, &config);
	forward_offer(test, &seen);
	KUNIT_EXPECT_GE(test, seen.gap_min_ns, FULL_FRAME_NS);
	KUNIT_EXPECT_LT(test, seen.gap_min_ns, FULL_FRAME_NS * 2);
	KUNIT_EXPECT_GT(test, fix->q->stats.forward_held_frames, 0ULL);
}

/* The device took nothing for long: what is older than that leaves at once. */
static void sluice_p11_a_device_that_was_blocked_is_caught_up(struct kunit *test)
{
	struct forward_seen seen = { 0 };
	u64 now_ns = T0_NS;
	int i;

	forward_set(test, FORWARD_NS);
	for (i = 0; i < 40; i++) {
		fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES,
						  16), now_ns);
		if (!i)
			forward_pass(test, now_ns, now_ns + 1, &seen);
		now_ns += FORWARD_NS / 4;
	}
	forward_pass(test, now_ns, now_ns + 1, &seen);
	KUNIT_EXPECT_GE(test, seen.frames, 36 * 16ULL);
	KUNIT_EXPECT_LT(test, seen.frames, 40 * 16ULL);
	forward_pass(test, now_ns, now_ns + FORWARD_NS, &seen);
	KUNIT_EXPECT_EQ(test, seen.frames, 40 * 16ULL);
}

/* Single frames at 10 Gb/s, twice as many as a flow may hold: none is lost. */
static void sluice_p11_takes_nothing_of_a_limit(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct forward_seen seen = { 0 };
	u64 now_ns = T0_NS;
	int i;

	forward_set(test, 50 * FORWARD_NS);
	for (i = 0; i < 200; i++) {
		fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES,
						  1), now_ns);
		forward_pass(test, now_ns, now_ns + FULL_FRAME_NS / 10, &seen);
		now_ns += FULL_FRAME_NS / 10;
	}
	KUNIT_EXPECT_EQ(test, fix->q->stats.flow_limit_dropped_pkts, 0ULL);
	KUNIT_EXPECT_LE(test, fix->sch->q.qlen, 50);
	KUNIT_EXPECT_GE(test, fix->sch->q.qlen, 45);
	forward_pass(test, now_ns, now_ns + 50 * FORWARD_NS, &seen);
	KUNIT_EXPECT_EQ(test, seen.frames, 200ULL);
}

/* A ceiling that is lower holds; a device's rate holds in any case. */
static void sluice_p11_the_lower_rate_holds(struct kunit *test)
{
	struct sluice_config config = fixture_config();
	struct sluice_fixture *fix = test->priv;
	struct forward_seen seen = { 0 };

	config.forward_ns = FORWARD_NS;
	config.maxrate_bytes_ps = GIGABIT_BYTES_PS / 10;
	fixture_set(test, &config);
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 16),
			T0_NS);
	forward_pass(test, T0_NS, T0_NS + NSEC_PER_SEC, &seen);
	KUNIT_EXPECT_EQ(test, seen.gap_min_ns, 10 * FULL_FRAME_NS);
	KUNIT_EXPECT_EQ(test, seen.gap_max_ns, 10 * FULL_FRAME_NS);
	KUNIT_EXPECT_EQ(test, fix->q->stats.forward_held_frames, 0ULL);

	seen.frames = 0;
	config.maxrate_bytes_ps = 0;
	config.rate_bytes_ps = GIGABIT_BYTES_PS / 10;
	fixture_set(test, &config);
	fixture_enqueue(test, fixture_tcp(test, 2, FULL_PAYLOAD_BYTES, 16),
			T0_NS + NSEC_PER_SEC);
	forward_pass(test, T0_NS + NSEC_PER_SEC, T0_NS + 2 * NSEC_PER_SEC,
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
	forward_set(test, FORWARD_NS);
	skb = fixture_tcp(test, 1, 1000, FORWARD_SEGMENTS);
	skb->sk = sk;
	fixture_enqueue(test, skb, T0_NS);
	skb = fixture_dequeue(test, T0_NS);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_TRUE(test, skb_is_gso(skb));
	skb->sk = NULL;
	kfree_skb(skb);

	/* That of a tap is none of the internet's. */
	sk->sk_family = AF_UNSPEC;
	skb = fixture_tcp(test, 2, 1000, FORWARD_SEGMENTS);
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
	struct forward_seen seen = { 0 };
	u64 now_ns = T0_NS;
	int i, k;

	config.forward_ns = 50 * FORWARD_NS;
	config.ce_threshold_ns = FORWARD_NS;
	fixture_set(test, &config);
	for (i = 0; i < 8; i++) {
		for (k = 0; k < 40; k++) {
			struct sk_buff *skb;

			skb = fixture_tcp(test, i / 4, FULL_PAYLOAD_BYTES, 1);
			ip_hdr(skb)->tos = i / 4 ? INET_ECN_ECT_0 : 0;
			fixture_enqueue(test, skb, now_ns);
		}
		forward_pass(test, now_ns, now_ns + 40 * FORWARD_NS, &seen);
		now_ns += 40 * FORWARD_NS;
	}
	forward_pass(test, now_ns, now_ns + NSEC_PER_SEC, &seen);
	KUNIT_EXPECT_EQ(test, seen.frames, 8 * 40ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.codel_dropped_pkts, 0ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.codel_marked_pkts, 0ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.ce_threshold_marked_pkts, 0ULL);
}

/* Taken back while a super-packet is cut: the rest of it and all others leave. */
static void sluice_p11_is_switched_off(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct forward_seen seen = { 0 };
	struct sk_buff *skb;

	forward_set(test, FORWARD_NS);
	fixture_enqueue(test, fixture_tcp(test, 1, 1000, 16), T0_NS);
	kfree_skb(fixture_dequeue(test, T0_NS));
	forward_set(test, 0);
	fixture_enqueue(test, fixture_tcp(test, 1, 1000, 16), T0_NS);
	forward_pass(test, T0_NS, T0_NS + FORWARD_NS, &seen);
	KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, 0);
	fixture_enqueue(test, fixture_tcp(test, 1, 1000, 16),
			T0_NS + FORWARD_NS);
	skb = fixture_dequeue(test, T0_NS + FORWARD_NS);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_TRUE(test, skb_is_gso(skb));
	kfree_skb(skb);
}

#endif
