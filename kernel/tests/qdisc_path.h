/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Forwarded flows with forward auto (P11): the time is a part of their round trip.
 * Part of sluice_qdisc_kunit.c.
 */
#ifndef SLUICE_QDISC_PATH_H
#define SLUICE_QDISC_PATH_H

#include "qdisc_fixture.h"
#include "qdisc_smooth.h"

#define PATH_RTT_NS	(10 * NSEC_PER_MSEC)
/* A 20th of it, and two fifths. */
#define PATH_GROWING_NS	(500 * NSEC_PER_USEC)
#define PATH_STEADY_NS	(4 * NSEC_PER_MSEC)

/* A segment without payload, for which nothing waits. */
static void path_prompt(struct kunit *test, bool is_syn, u64 now_ns)
{
	struct sk_buff *skb = fixture_tcp(test, 1, 0, 1);

	tcp_hdr(skb)->syn = is_syn;
	KUNIT_EXPECT_EQ(test, sluice_departure_of(test, skb, now_ns), now_ns);
}

/* One super-packet for each round trip. Returns when the next one comes. */
static u64 path_rounds(struct kunit *test, u16 segments, int n, u64 now_ns,
		       struct smooth_seen *seen)
{
	for (; n; n--, now_ns += PATH_RTT_NS) {
		memset(seen, 0, sizeof(*seen));
		fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES,
						  segments), now_ns);
		smooth_pass(test, now_ns, now_ns + PATH_RTT_NS, seen);
		KUNIT_EXPECT_EQ(test, seen->frames, (u64)segments);
	}
	return now_ns;
}

static void path_expect(struct kunit *test, const struct smooth_seen *seen,
			u64 time_ns)
{
	u64 gap_ns = time_ns / seen->frames;

	KUNIT_EXPECT_GE(test, seen->gap_min_ns, gap_ns - 2);
	KUNIT_EXPECT_LE(test, seen->gap_max_ns, gap_ns + 2);
	KUNIT_EXPECT_LE(test, seen->held_max_ns, time_ns);
}

/* A guest that connects: SYN, ACK and data leave; what comes back is not seen. */
static void sluice_p11_auto_takes_a_part_of_the_round_trip(struct kunit *test)
{
	u64 now_ns = T0_NS + PATH_RTT_NS;
	struct smooth_seen seen;

	forward_set(test, SLUICE_FORWARD_AUTO);
	path_prompt(test, true, T0_NS);
	path_prompt(test, false, now_ns);
	now_ns = path_rounds(test, 20, 1, now_ns, &seen);
	path_expect(test, &seen, PATH_GROWING_NS);
	now_ns = path_rounds(test, 40, 1, now_ns, &seen);
	path_expect(test, &seen, PATH_GROWING_NS);
	/* Growth is seen in the first, four are steady, and each of three doubles. */
	now_ns = path_rounds(test, 40, 5, now_ns, &seen);
	path_expect(test, &seen, PATH_GROWING_NS);
	now_ns = path_rounds(test, 40, 1, now_ns, &seen);
	path_expect(test, &seen, 2 * PATH_GROWING_NS);
	now_ns = path_rounds(test, 40, 10, now_ns, &seen);
	path_expect(test, &seen, PATH_STEADY_NS);
	/* Behind a pause it may grow again. */
	path_rounds(test, 40, 1, now_ns + 5 * PATH_RTT_NS, &seen);
	path_expect(test, &seen, PATH_GROWING_NS);
}

/* A guest that is connected to: what follows its SYN-ACK is data. */
static void sluice_p11_auto_sees_the_other_side(struct kunit *test)
{
	struct smooth_seen seen;

	forward_set(test, SLUICE_FORWARD_AUTO);
	path_prompt(test, true, T0_NS);
	path_rounds(test, 20, 1, T0_NS + PATH_RTT_NS, &seen);
	path_expect(test, &seen, PATH_GROWING_NS);
}

/* Without a handshake the path is taken for one of a millisecond. */
static void sluice_p11_auto_knows_no_round_trip(struct kunit *test)
{
	struct smooth_seen seen;

	forward_set(test, SLUICE_FORWARD_AUTO);
	path_rounds(test, 40, 1, T0_NS, &seen);
	path_expect(test, &seen, 31250);
}

/*
 * 20 frames every 100 us for a second: the time becomes eight times as long meanwhile,
 * and the flow has its mean all the same, so that none is held for twice as long.
 */
static void sluice_p11_auto_changes_no_rate(struct kunit *test)
{
	u64 now_ns = T0_NS + PATH_RTT_NS;
	struct smooth_seen seen = { 0 };
	int i;

	forward_set(test, SLUICE_FORWARD_AUTO);
	path_prompt(test, true, T0_NS);
	path_prompt(test, false, now_ns);
	for (i = 0; i < 10000; i++, now_ns += 100 * NSEC_PER_USEC) {
		fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES,
						  20), now_ns);
		smooth_pass(test, now_ns, now_ns + 100 * NSEC_PER_USEC, &seen);
		if (i == 100)
			seen.held_max_ns = 0;
	}
	KUNIT_EXPECT_LE(test, seen.held_max_ns, 200 * NSEC_PER_USEC);
	smooth_pass(test, now_ns, now_ns + NSEC_PER_SEC, &seen);
	KUNIT_EXPECT_EQ(test, seen.frames, 200000ULL);
}

/* A tap that is a connected socket has no path, but a cookie in its place. */
static void sluice_p11_auto_leaves_connected_taps_alone(struct kunit *test)
{
	struct sock *sk = smooth_plain_sock(test);
	struct sluice_fixture *fix = test->priv;
	struct smooth_seen seen = { 0 };
	struct class_dump dump = {};
	struct sk_buff *skb;
	u64 cookie;

	forward_set(test, SLUICE_FORWARD_AUTO);
	sk->sk_family = AF_UNSPEC;
	sk->sk_state = TCP_ESTABLISHED;
	skb = fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 40);
	skb->sk = sk;
	fixture_enqueue(test, skb, T0_NS);
	smooth_pass(test, T0_NS, T0_NS + NSEC_PER_SEC, &seen);
	cookie = atomic64_read(&sk->sk_cookie);
	KUNIT_EXPECT_NE(test, cookie, 0ULL);
	skb = fixture_tcp(test, 1, 0, 1);
	tcp_hdr(skb)->syn = 1;
	skb->sk = sk;
	fixture_enqueue(test, skb, T0_NS);
	smooth_pass(test, T0_NS, T0_NS + NSEC_PER_SEC, &seen);
	KUNIT_EXPECT_EQ(test, seen.frames, 2ULL);
	KUNIT_EXPECT_TRUE(test, class_dump_message(fix->sch, &dump, 2));
	KUNIT_EXPECT_EQ(test, dump.last.socket_cookie, cookie);
}

#endif
