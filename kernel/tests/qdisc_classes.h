/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Flows as classes: every one of them is shown once, and as what it is. Part of
 * sluice_qdisc_kunit.c.
 */
#ifndef SLUICE_QDISC_CLASSES_H
#define SLUICE_QDISC_CLASSES_H

#include "qdisc_fixture.h"
#include "qdisc_sockets.h"

#define CLASSES_MAX	4096

/* A dump: @room classes to a message, hashes counted in @seen. */
struct class_dump {
	struct qdisc_walker w;
	u32 room;
	u32 n;
	u8 *seen;
	struct tc_sluice_flow_xstats last;
};

static int class_dump_one(struct Qdisc *sch, unsigned long cl,
			  struct qdisc_walker *w)
{
	struct class_dump *dump = container_of(w, struct class_dump, w);
	const struct sluice_class *class = (void *)cl;

	if (!dump->room)
		return -1;
	dump->room--;
	dump->n++;
	dump->last = class->xstats;
	if (dump->seen)
		dump->seen[class->xstats.hash % CLASSES_MAX]++;
	return class->minor ? 0 : -1;
}

/* One message, as tc_dump_tclass_qdisc() makes it; true: it was the last. */
static bool class_dump_message(struct Qdisc *sch, struct class_dump *dump,
			       u32 room)
{
	dump->room = room;
	dump->w.fn = class_dump_one;
	dump->w.skip = dump->w.count;
	dump->w.count = 0;
	dump->w.stop = 0;
	rtnl_lock();
	sluice_class_walk(sch, &dump->w);
	rtnl_unlock();
	return !dump->w.stop;
}

static void class_make_flows(struct kunit *test, u32 n)
{
	while (n--) {
		fixture_enqueue(test, fixture_tcp(test, n, 100, 1), T0_NS);
		kfree_skb(fixture_dequeue(test, T0_NS));
	}
}

static void sluice_class_walk_goes_on_where_it_stopped(struct kunit *test)
{
	static const u32 rooms[] = { 1, 2, 7, 100, CLASSES_MAX };
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	u32 i, flow;

	/* The smallest table, so that most buckets hold more than one. */
	config.limit_pkts = 1;
	fixture_set(test, &config);
	class_make_flows(test, 2000);
	KUNIT_ASSERT_GT(test, fix->q->n_flows, 900);
	for (i = 0; i < ARRAY_SIZE(rooms); i++) {
		struct class_dump dump = {};
		u32 twice = 0;

		dump.seen = kunit_kzalloc(test, CLASSES_MAX, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, dump.seen);
		/* A walk that does not get on ends here, too. */
		while (!class_dump_message(fix->sch, &dump, rooms[i]) &&
		       dump.n <= fix->q->n_flows)
			;
		for (flow = 0; flow < CLASSES_MAX; flow++)
			twice += dump.seen[flow] > 1;
		KUNIT_EXPECT_EQ(test, dump.n, fix->q->n_flows);
		KUNIT_EXPECT_EQ(test, twice, 0);
	}
}

static void sluice_class_walk_ends_in_a_table_that_shrinks(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	struct class_dump dump = {};

	config.limit_pkts = 100000;
	fixture_set(test, &config);
	class_make_flows(test, 1000);
	KUNIT_EXPECT_FALSE(test, class_dump_message(fix->sch, &dump, 900));
	config.limit_pkts = 1;
	fixture_set(test, &config);
	KUNIT_EXPECT_TRUE(test, class_dump_message(fix->sch, &dump, 900));
	KUNIT_EXPECT_LE(test, dump.n, 1000);
}

static void sluice_class_says_what_the_flow_did(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	struct class_dump dump = {};
	struct sk_buff *skb;

	config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
	config.burst_frames = 1;
	fixture_set(test, &config);
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 4),
			T0_NS);
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 1),
			T0_NS);
	kfree_skb(fixture_dequeue(test, T0_NS));
	KUNIT_EXPECT_NULL(test, fixture_dequeue(test, T0_NS + 1));
	skb = fixture_dequeue(test, T0_NS + FULL_FRAME_NS + 700);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	kfree_skb(skb);

	KUNIT_EXPECT_TRUE(test, class_dump_message(fix->sch, &dump, 2));
	KUNIT_EXPECT_EQ(test, dump.n, 1);
	KUNIT_EXPECT_EQ(test, dump.last.socket_cookie, 0ULL);
	KUNIT_EXPECT_EQ(test, dump.last.hash, 2);
	KUNIT_EXPECT_EQ(test, dump.last.rate_bytes_ps, GIGABIT_BYTES_PS);
	KUNIT_EXPECT_EQ(test, dump.last.asked_bytes_ps, 0ULL);
	KUNIT_EXPECT_EQ(test, dump.last.gain_percent, 100);
	KUNIT_EXPECT_EQ(test, dump.last.sent_frames, 2ULL);
	KUNIT_EXPECT_EQ(test, dump.last.sent_wire_bytes, 2ULL * 1538);
	KUNIT_EXPECT_EQ(test, dump.last.lateness_sum_ns, 700ULL);
	KUNIT_EXPECT_EQ(test, dump.last.lateness_max_ns, 700);
	/* The super-packet that is being cut, and the packet behind it. */
	KUNIT_EXPECT_EQ(test, dump.last.queued_pkts, 2);
	KUNIT_EXPECT_EQ(test, dump.last.flags, SLUICE_FLOW_WAITING);
}

static void sluice_class_names_the_socket(struct kunit *test)
{
	struct tcp_sock *tp = sluice_slow_start_sock(test, 10000);
	struct sock *sk = (struct sock *)tp;
	struct sluice_fixture *fix = test->priv;
	struct class_dump dump = {};
	u64 first_cookie;

	sluice_gap_of_two(test, tp);
	first_cookie = atomic64_read(&sk->sk_cookie);
	KUNIT_EXPECT_TRUE(test, class_dump_message(fix->sch, &dump, 2));
	KUNIT_EXPECT_EQ(test, dump.n, 1);
	KUNIT_EXPECT_NE(test, first_cookie, 0ULL);
	KUNIT_EXPECT_EQ(test, dump.last.socket_cookie, first_cookie);
	KUNIT_EXPECT_EQ(test, dump.last.hash, 0);
	KUNIT_EXPECT_EQ(test, dump.last.asked_bytes_ps, (u64)sk->sk_pacing_rate);
	KUNIT_EXPECT_EQ(test, dump.last.gain_percent, 69);
	KUNIT_EXPECT_EQ(test, dump.last.sent_frames, 2ULL);

	/* Another socket in the same memory. */
	atomic64_set(&sk->sk_cookie, 0);
	sk->sk_hash = 1234;
	sluice_enqueue_segments(test, tp, 1);
	dump = (struct class_dump) {};
	KUNIT_EXPECT_TRUE(test, class_dump_message(fix->sch, &dump, 2));
	KUNIT_EXPECT_EQ(test, dump.n, 1);
	KUNIT_EXPECT_NE(test, dump.last.socket_cookie, first_cookie);
	KUNIT_EXPECT_EQ(test, dump.last.socket_cookie,
			(u64)atomic64_read(&sk->sk_cookie));
	KUNIT_EXPECT_EQ(test, dump.last.sent_frames, 0ULL);
	KUNIT_EXPECT_EQ(test, dump.last.queued_pkts, 1);
	fix->q->wheel.now_ns = T0_NS;
	for (;;) {
		struct sk_buff *skb;

		if (!fixture_next(test, T0_NS + NSEC_PER_SEC, &skb))
			break;
		skb->sk = NULL;
		kfree_skb(skb);
	}
}

static void sluice_class_has_no_number(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	u32 minor;

	class_make_flows(test, 100);
	for (minor = 0; minor <= U16_MAX; minor++)
		if (sluice_class_ops.find(fix->sch, minor))
			KUNIT_FAIL(test, "class %u can be named", minor);
	KUNIT_EXPECT_NULL(test, sluice_class_ops.leaf(fix->sch, 1));
	KUNIT_EXPECT_NULL(test, sluice_class_ops.graft);
	KUNIT_EXPECT_NULL(test, sluice_class_ops.change);
	KUNIT_EXPECT_NULL(test, sluice_class_ops.delete);
	KUNIT_EXPECT_NULL(test, sluice_class_ops.tcf_block);
}

#endif
