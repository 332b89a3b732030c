/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Gap frames: lines that are filled. Part of sluice_qdisc_kunit.c.
 */
#ifndef SLUICE_QDISC_GAP_H
#define SLUICE_QDISC_GAP_H

#include <linux/ethtool.h>

#include "qdisc_fixture.h"
#include "qdisc_launch.h"
#include "qdisc_sockets.h"

#define GAP_FRAMES_NS		(200 * NSEC_PER_USEC)
#define BYTE_NS			8ULL
/* A tenth of the line: full frames 15380 bytes of it apart. */
#define TENTH_BYTES_PS		(GIGABIT_BYTES_PS / 10)
#define TENTH_NS		(10 * FULL_FRAME_NS)

/* What the device says of its link. */
static u32 gap_speed_mbits_ps;
static bool gap_pauses;

static int gap_link_ksettings(struct net_device *dev,
			      struct ethtool_link_ksettings *settings)
{
	settings->base.speed = gap_speed_mbits_ps;
	return 0;
}

static void gap_pauseparam(struct net_device *dev,
			   struct ethtool_pauseparam *pause)
{
	pause->rx_pause = 1;
	pause->tx_pause = gap_pauses;
}

static const struct ethtool_ops gap_ethtool_ops = {
	.get_link_ksettings = gap_link_ksettings,
	.get_pauseparam = gap_pauseparam,
};

static void gap_device(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;

	gap_speed_mbits_ps = 1000;
	gap_pauses = false;
	fix->dev->ethtool_ops = &gap_ethtool_ops;
	/* Whoever wants it to be asked again is content: the test asks. */
	set_bit(__QDISC_STATE_SCHED, &fix->sch->state);
}

static struct sluice_config gap_begin(struct kunit *test, u64 maxrate_bytes_ps)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();

	gap_device(test);
	config.maxrate_bytes_ps = maxrate_bytes_ps;
	config.gap_frames_ns = GAP_FRAMES_NS;
	KUNIT_ASSERT_EQ(test, launch_set(test, fix->sch, &config), 0);
	KUNIT_ASSERT_EQ(test, fix->q->launch, SLUICE_LAUNCH_LINE);
	return config;
}

/* As the stack does it: when the qdisc wants to be asked once more it is. */
static struct sk_buff *gap_dequeue(struct kunit *test, u64 now_ns)
{
	struct sluice_fixture *fix = test->priv;
	bool is_again;
	struct sk_buff *skb;

	do {
		u32 n_ahead = fix->q->n_ahead;

		is_again = fix->q->line_is_held;
		skb = fixture_dequeue(test, now_ns);
		is_again |= fix->q->launch == SLUICE_LAUNCH_LINE &&
			    fix->q->n_ahead != n_ahead;
	} while (!skb && is_again && fix->sch->q.qlen);
	return skb;
}

static bool gap_is_frame(const struct sk_buff *skb)
{
	return skb->protocol == htons(ETH_P_PAUSE);
}

/* A gap frame is what every bridge throws away, and says "go on". */
static void gap_check_frame(struct kunit *test, struct sk_buff *skb)
{
	static const u8 head[] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x01 };
	static const u8 pause[] = { 0x88, 0x08, 0x00, 0x01, 0x00, 0x00 };
	struct sluice_fixture *fix = test->priv;

	KUNIT_EXPECT_FALSE(test, skb_is_nonlinear(skb));
	KUNIT_EXPECT_GE(test, skb->len, 60U);
	KUNIT_EXPECT_LE(test, skb->len, 1514U);
	KUNIT_EXPECT_EQ(test, memcmp(skb->data, head, 6), 0);
	KUNIT_EXPECT_EQ(test, memcmp(skb->data + 6, fix->dev->dev_addr, 6), 0);
	KUNIT_EXPECT_EQ(test, memcmp(skb->data + 12, pause, sizeof(pause)), 0);
	KUNIT_EXPECT_EQ(test, qdisc_skb_cb(skb)->pkt_len, skb->len);
}

/*
 * The next frame of a flow that is handed over at @now_ns, behind those that fill the
 * line: their bytes on it. NULL: nothing more is.
 */
static struct sk_buff *gap_next(struct kunit *test, u64 now_ns, u64 *ret_gap_bytes)
{
	struct sk_buff *skb;

	*ret_gap_bytes = 0;
	for (;;) {
		skb = gap_dequeue(test, now_ns);
		if (!skb || !gap_is_frame(skb))
			return skb;
		gap_check_frame(test, skb);
		*ret_gap_bytes += skb->len + PACE_OVERHEAD_DEFAULT_BYTES;
		kfree_skb(skb);
	}
}

static void gap_expect(struct kunit *test, u64 now_ns, u64 gap_bytes)
{
	struct sk_buff *skb;
	u64 got_bytes;

	skb = gap_next(test, now_ns, &got_bytes);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_EQ(test, got_bytes, gap_bytes);
	kfree_skb(skb);
}

static void gap_expect_nothing(struct kunit *test, u64 now_ns, u64 wake_ns)
{
	struct sluice_fixture *fix = test->priv;

	KUNIT_EXPECT_NULL(test, gap_dequeue(test, now_ns));
	KUNIT_EXPECT_TRUE(test, hrtimer_active(&fix->q->watchdog.timer));
	KUNIT_EXPECT_EQ(test, ktime_to_ns(hrtimer_get_expires(
				&fix->q->watchdog.timer)), (s64)wake_ns);
	hrtimer_cancel(&fix->q->watchdog.timer);
}

/*
 * Frames of a tenth of the line are nine tenths of it apart, to the byte, though the
 * timer fires between them: it does before the line stands still.
 */
static void sluice_gap_fills_the_line_to_the_byte(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	const u64 gap_bytes = 9 * 1538;
	u64 now_ns = T0_NS, sent = 2, wake_ns;

	gap_begin(test, TENTH_BYTES_PS);
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 8), now_ns);
	gap_expect(test, now_ns, 0);
	gap_expect(test, now_ns, gap_bytes);
	for (; sent < 8; sent++) {
		/* The line has something until the end of the last frame. */
		wake_ns = T0_NS + (sent - 1) * TENTH_NS + FULL_FRAME_NS -
			  GAP_FRAMES_NS / 4;
		gap_expect_nothing(test, now_ns, wake_ns);
		now_ns = wake_ns;
		gap_expect(test, now_ns, gap_bytes);
	}
	KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, 0);
	KUNIT_EXPECT_EQ(test, fix->sch->qstats.backlog, 0);
	KUNIT_EXPECT_EQ(test, fix->q->stats.sent_frames, 8ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.late_frames, 0ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.gap_frames, 7 * 9ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.gap_wire_bytes, 7 * gap_bytes);
	/* Nothing waits, so nothing is filled and no timer set. */
	KUNIT_EXPECT_NULL(test, fixture_dequeue(test, now_ns));
	KUNIT_EXPECT_FALSE(test, hrtimer_active(&fix->q->watchdog.timer));
}

/*
 * The stack asks for as much as the driver may have before it gives it any of that. So
 * a line begins with one frame, and from then on the driver has more in time.
 */
static void sluice_gap_is_with_the_driver_in_time(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	u64 now_ns = T0_NS;
	int i;

	gap_begin(test, TENTH_BYTES_PS);
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 3), T0_NS);
	kfree_skb(fixture_dequeue(test, T0_NS));
	clear_bit(__QDISC_STATE_SCHED, &fix->sch->state);
	local_bh_disable();
	KUNIT_EXPECT_NULL(test, fixture_dequeue(test, T0_NS));
	KUNIT_EXPECT_TRUE(test, test_bit(__QDISC_STATE_SCHED, &fix->sch->state));
	/* Each takes 4 us, and the line has one of 12.3 us: the third would be late. */
	for (i = 0; i < 2; i++) {
		kfree_skb(fixture_dequeue(test, now_ns));
		now_ns += 4000;
		KUNIT_EXPECT_TRUE(test, fix->q->line_is_held);
	}
	KUNIT_EXPECT_NULL(test, fixture_dequeue(test, now_ns));
	/* Now it has three, two of which are left; they are not all asked for at once. */
	for (i = 0; i < 4; i++) {
		kfree_skb(fixture_dequeue(test, now_ns));
		now_ns += 4000;
		KUNIT_EXPECT_TRUE(test, fix->q->line_is_held);
	}
	KUNIT_EXPECT_NULL(test, fixture_dequeue(test, now_ns));
	KUNIT_EXPECT_EQ(test, fix->q->stats.gap_frames, 6ULL);
	sluice_reset(fix->sch);
	local_bh_enable();
}

/* Two flows of a tenth each, one 20 us behind the other. */
static void sluice_gap_of_two_flows(struct kunit *test)
{
	const u64 first_bytes = 20000 / BYTE_NS - 1538;
	const u64 second_bytes = 10 * 1538 - 20000 / BYTE_NS - 1538;
	struct sk_buff *skb;

	gap_begin(test, TENTH_BYTES_PS);
	skb = fixture_tcp(test, 2, FULL_PAYLOAD_BYTES, 2);
	sluice_compat_set_tstamp_mono(skb, T0_NS + 20000);
	fixture_enqueue(test, skb, T0_NS);
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 2), T0_NS);
	gap_expect(test, T0_NS, 0);
	gap_expect(test, T0_NS, first_bytes);
	gap_expect(test, T0_NS, second_bytes);
	gap_expect(test, T0_NS, first_bytes);
}

/* No frame is as short as the gap, so the one behind it is late, and says so. */
static void sluice_gap_of_less_than_a_frame_is_late(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sk_buff *skb;

	gap_begin(test, 0);
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 1), T0_NS);
	skb = fixture_tcp(test, 2, FULL_PAYLOAD_BYTES, 1);
	sluice_compat_set_tstamp_mono(skb, T0_NS + FULL_FRAME_NS + 10 * BYTE_NS);
	fixture_enqueue(test, skb, T0_NS);
	gap_expect(test, T0_NS, 0);
	gap_expect(test, T0_NS, 84);
	KUNIT_EXPECT_EQ(test, fix->q->stats.late_frames, 1ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.lateness_max_ns, 74 * BYTE_NS);
}

/* Flows want more than the line has: they wait for it, and it has no gaps. */
static void sluice_gap_of_a_full_line_is_none(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	u64 sent, now_ns = T0_NS;
	struct sk_buff *skb;
	u64 gap_bytes;

	gap_begin(test, 0);
	for (sent = 0; sent < 40; sent++)
		fixture_enqueue(test, fixture_tcp(test, sent, FULL_PAYLOAD_BYTES, 1),
				T0_NS);
	/* The frame that begins within the time is the last. */
	for (sent = 0; sent * FULL_FRAME_NS <= GAP_FRAMES_NS; sent++)
		gap_expect(test, now_ns, 0);
	gap_expect_nothing(test, now_ns, T0_NS + sent * FULL_FRAME_NS -
					 GAP_FRAMES_NS / 4);
	now_ns += 40 * FULL_FRAME_NS;
	for (;;) {
		skb = gap_next(test, now_ns, &gap_bytes);
		if (!skb)
			break;
		KUNIT_EXPECT_EQ(test, gap_bytes, 0ULL);
		kfree_skb(skb);
		sent++;
	}
	KUNIT_EXPECT_EQ(test, sent, 17ULL + 17);
	KUNIT_EXPECT_EQ(test, fix->q->stats.gap_frames, 0ULL);
}

/* A departure that is far leaves the line alone until a quarter of the time before. */
static void sluice_gap_before_a_far_departure(struct kunit *test)
{
	u64 due_ns = T0_NS + 10 * NSEC_PER_MSEC;
	struct sk_buff *skb;

	gap_begin(test, TENTH_BYTES_PS);
	skb = fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 1);
	sluice_compat_set_tstamp_mono(skb, due_ns);
	fixture_enqueue(test, skb, T0_NS);
	gap_expect_nothing(test, T0_NS, due_ns - GAP_FRAMES_NS / 4);
	gap_expect(test, due_ns - GAP_FRAMES_NS / 4,
		   GAP_FRAMES_NS / 4 / BYTE_NS);
}

/*
 * The timer came too late, and the line stood still: the frame leaves at once, counts as
 * late, and the one behind it is made good by as much.
 */
static void sluice_gap_behind_a_late_timer(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	u64 late_ns = 1000, due_ns = T0_NS + 2 * TENTH_NS;

	gap_begin(test, TENTH_BYTES_PS);
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 4), T0_NS);
	gap_expect(test, T0_NS, 0);
	gap_expect(test, T0_NS, 9 * 1538);
	KUNIT_EXPECT_NULL(test, fixture_dequeue(test, T0_NS));
	hrtimer_cancel(&fix->q->watchdog.timer);
	gap_expect(test, due_ns + late_ns, 0);
	KUNIT_EXPECT_EQ(test, fix->q->stats.late_frames, 1ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.lateness_max_ns, late_ns);
	KUNIT_EXPECT_EQ(test, fix->q->stats.burst_grown, 1ULL);
	gap_expect(test, due_ns + late_ns, 9 * 1538 - late_ns / BYTE_NS);
}

/* The timer fires, on time. Returns when. */
static u64 gap_wake(struct sluice_fixture *fix)
{
	u64 now_ns = ktime_to_ns(hrtimer_get_expires(&fix->q->watchdog.timer));

	hrtimer_cancel(&fix->q->watchdog.timer);
	return now_ns;
}

/* A flow begins at @now_ns, with so many frames of which the first leaves then. */
static void gap_line_begin(struct kunit *test, u64 now_ns, u32 n_frames)
{
	u32 i;

	for (i = 0; i < n_frames / 40; i++)
		fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 40),
				now_ns);
	gap_expect(test, now_ns, 0);
}

/*
 * Flows of different rates want the wire at the same time now and then. Whoever waits for
 * a frame makes that good: each has its rate in the long run (P3).
 */
static void gap_meet(struct kunit *test, struct sluice_config config)
{
	const u64 apart_ns[] = { TENTH_NS, 9 * FULL_FRAME_NS / 2 };
	struct sluice_fixture *fix = test->priv;
	u64 now_ns = T0_NS, sent[2] = { 0 }, last_ns[2];
	struct tcp_sock *tp[2];
	struct sk_buff *skb;
	int i, flow;

	config.flow_limit_pkts = config.limit_pkts;
	KUNIT_ASSERT_EQ(test, launch_set(test, fix->sch, &config), 0);
	for (flow = 0; flow < 2; flow++) {
		struct sock *sk;

		tp[flow] = sluice_fake_tcp_sock(test);
		tp[flow]->bytes_acked = 1000;
		sk = (struct sock *)tp[flow];
		sk->sk_pacing_rate = div64_u64(PACE_NSEC_PER_SEC * 1538,
					       apart_ns[flow]);
		sk->sk_max_pacing_rate = sk->sk_pacing_rate;
		for (i = 0; i < 1000; i++) {
			skb = fixture_tcp(test, flow, FULL_PAYLOAD_BYTES, 1);
			skb->sk = sk;
			fixture_enqueue(test, skb, now_ns);
		}
	}
	while (fix->sch->q.qlen) {
		u64 gap_bytes;

		skb = gap_next(test, now_ns, &gap_bytes);
		if (!skb) {
			now_ns = gap_wake(fix);
			continue;
		}
		flow = ntohs(tcp_hdr(skb)->source);
		sent[flow]++;
		last_ns[flow] = fix->q->wheel.now_ns;
		skb->sk = NULL;
		kfree_skb(skb);
	}
	for (flow = 0; flow < 2; flow++) {
		u64 wanted_ns = T0_NS + (sent[flow] - 1) * apart_ns[flow];

		KUNIT_EXPECT_EQ(test, sent[flow], 1000ULL);
		KUNIT_EXPECT_GE(test, last_ns[flow], wanted_ns);
		KUNIT_EXPECT_LE(test, last_ns[flow], wanted_ns + 2 * FULL_FRAME_NS);
	}
}

static void sluice_p3_gap_of_flows_that_meet(struct kunit *test)
{
	gap_meet(test, gap_begin(test, 0));
}

static void sluice_p3_flows_that_meet_under_a_rate(struct kunit *test)
{
	struct sluice_config config = fixture_config();

	config.rate_bytes_ps = GIGABIT_BYTES_PS;
	gap_meet(test, config);
}

/* The device's own gap is filled as well (P2). */
static void sluice_p2_gap_of_the_device_is_filled(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = gap_begin(test, 0);
	int i;

	config.rate_bytes_ps = GIGABIT_BYTES_PS / 2;
	KUNIT_ASSERT_EQ(test, launch_set(test, fix->sch, &config), 0);
	for (i = 0; i < 6; i++)
		fixture_enqueue(test, fixture_tcp(test, i, FULL_PAYLOAD_BYTES, 1),
				T0_NS);
	gap_expect(test, T0_NS, 0);
	for (i = 1; i < 6; i++)
		gap_expect(test, T0_NS, 1538);
}

static void gap_notify(struct sluice_fixture *fix, unsigned long event)
{
	struct netdev_notifier_info info = { .dev = fix->dev };

	rtnl_lock();
	sluice_gap_notify(NULL, event, &info);
	rtnl_unlock();
}

/* The link came up with another speed: a gap has as many bytes as that sends. */
static void sluice_gap_follows_the_link(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	int event;

	gap_begin(test, TENTH_BYTES_PS / 10);
	gap_speed_mbits_ps = SPEED_UNKNOWN;
	for (event = 0; event < 2; event++) {
		gap_notify(fix, event ? NETDEV_CHANGE : NETDEV_UP);
		KUNIT_EXPECT_EQ(test, fix->q->line_rate.bytes_ps,
				event ? GIGABIT_BYTES_PS / 10 : GIGABIT_BYTES_PS);
		gap_speed_mbits_ps = 100;
	}
}

/* Its partner may be told to stop by now, and a gap frame would say "go on". */
static void sluice_gap_ends_where_the_partner_is_paused(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;

	gap_begin(test, TENTH_BYTES_PS);
	gap_line_begin(test, T0_NS, 40);
	gap_expect(test, T0_NS, 9 * 1538);
	KUNIT_EXPECT_NULL(test, gap_dequeue(test, T0_NS));
	gap_pauses = true;
	gap_notify(fix, NETDEV_CHANGE);
	KUNIT_EXPECT_EQ(test, fix->q->launch, SLUICE_LAUNCH_ENDED);
	KUNIT_EXPECT_EQ(test, fix->q->config.gap_frames_ns, 0ULL);
	/* The timer was set for another way to keep departures. */
	KUNIT_EXPECT_LE(test, gap_wake(fix), ktime_get_ns());
	KUNIT_EXPECT_EQ(test, fix->q->idle_until_ns, 0ULL);
}

/* Gap frames come from the address that the device has. */
static void sluice_gap_follows_the_address(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;

	gap_begin(test, TENTH_BYTES_PS);
	eth_hw_addr_random(fix->dev);
	gap_notify(fix, NETDEV_CHANGEADDR);
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 2), T0_NS);
	gap_expect(test, T0_NS, 0);
	gap_expect(test, T0_NS, 9 * 1538);
}

/* With more queues no order of frames is the wire's: timers keep the gaps again. */
static void sluice_gap_ends_with_more_queues(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	u64 due_ns = T0_NS + 2 * TENTH_NS;
	struct sk_buff *skb;

	gap_begin(test, TENTH_BYTES_PS);
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 3), T0_NS);
	gap_expect(test, T0_NS, 0);
	gap_expect(test, T0_NS, 9 * 1538);
	fix->dev->real_num_tx_queues++;
	KUNIT_EXPECT_NULL(test, fixture_dequeue(test, T0_NS + TENTH_NS));
	KUNIT_EXPECT_EQ(test, fix->q->config.gap_frames_ns, 0ULL);
	KUNIT_EXPECT_EQ(test, fixture_next(test, T0_NS + TENTH_NS, &skb), due_ns);
	fix->dev->real_num_tx_queues--;
	KUNIT_EXPECT_FALSE(test, gap_is_frame(skb));
	kfree_skb(skb);
	KUNIT_EXPECT_EQ(test, fix->q->launch, SLUICE_LAUNCH_NONE);
	KUNIT_EXPECT_FALSE(test, fix->q->is_unusual);
}

/* Taken back while frames wait: those leave by the timer, none before its time. */
static void sluice_gap_ends_without_haste(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = gap_begin(test, TENTH_BYTES_PS);
	struct sk_buff *skb;

	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 3), T0_NS);
	gap_expect(test, T0_NS, 0);
	gap_expect(test, T0_NS, 9 * 1538);
	config.gap_frames_ns = 0;
	KUNIT_ASSERT_EQ(test, launch_set(test, fix->sch, &config), 0);
	KUNIT_EXPECT_EQ(test, fix->q->launch, SLUICE_LAUNCH_ENDED);
	KUNIT_EXPECT_NULL(test, fix->q->gap_frame);
	KUNIT_EXPECT_EQ(test, fixture_next(test, T0_NS + TENTH_NS, &skb),
			T0_NS + 2 * TENTH_NS);
	KUNIT_EXPECT_FALSE(test, gap_is_frame(skb));
	kfree_skb(skb);
	KUNIT_EXPECT_EQ(test, fix->q->stats.late_frames, 0ULL);
	KUNIT_EXPECT_EQ(test, fix->q->launch, SLUICE_LAUNCH_NONE);
}

/* Where it cannot work nothing changes. */
static void sluice_gap_is_refused(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	struct Qdisc *sch = fix->sch;
	u32 parent = sch->parent;

	gap_device(test);
	config.gap_frames_ns = GAP_FRAMES_NS;
	gap_pauses = true;
	KUNIT_EXPECT_EQ(test, launch_set(test, sch, &config), -EBUSY);
	gap_pauses = false;
	gap_speed_mbits_ps = SPEED_UNKNOWN;
	KUNIT_EXPECT_EQ(test, launch_set(test, sch, &config), -ENOLINK);
	gap_speed_mbits_ps = 1000;
	fix->dev->real_num_tx_queues++;
	KUNIT_EXPECT_EQ(test, launch_set(test, sch, &config), -EOPNOTSUPP);
	fix->dev->real_num_tx_queues--;
	sch->parent = TC_H_MAKE(1 << 16, 1);
	KUNIT_EXPECT_EQ(test, launch_set(test, sch, &config), -EOPNOTSUPP);
	sch->parent = parent;
	fix->dev->type = ARPHRD_NONE;
	KUNIT_EXPECT_EQ(test, launch_set(test, sch, &config), -EOPNOTSUPP);
	fix->dev->type = ARPHRD_ETHER;
	KUNIT_EXPECT_EQ(test, fix->q->config.gap_frames_ns, 0ULL);
	KUNIT_EXPECT_EQ(test, fix->q->launch, SLUICE_LAUNCH_NONE);
	KUNIT_EXPECT_NULL(test, fix->q->gap_frame);
	KUNIT_EXPECT_EQ(test, launch_set(test, sch, &config), 0);
}

/* A NIC that keeps departures and a line that does are two ways, one at a time. */
static void sluice_gap_and_launch_exclude_each_other(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config launch = launch_begin(test), gap = launch;

	gap_device(test);
	gap.offload_horizon_ns = 0;
	gap.gap_frames_ns = GAP_FRAMES_NS;
	KUNIT_EXPECT_EQ(test, launch_set(test, fix->sch, &gap), -EBUSY);
	KUNIT_EXPECT_EQ(test, fix->q->launch, SLUICE_LAUNCH_TAI);
	KUNIT_EXPECT_STREQ(test, launch_asked, "+");
	gap.gap_frames_ns = 0;
	KUNIT_EXPECT_EQ(test, launch_set(test, fix->sch, &gap), 0);
	gap.gap_frames_ns = GAP_FRAMES_NS;
	KUNIT_EXPECT_EQ(test, launch_set(test, fix->sch, &gap), 0);
	KUNIT_EXPECT_EQ(test, fix->q->launch, SLUICE_LAUNCH_LINE);
	KUNIT_EXPECT_EQ(test, launch_set(test, fix->sch, &launch), -EBUSY);
	KUNIT_EXPECT_EQ(test, fix->q->launch, SLUICE_LAUNCH_LINE);
	KUNIT_EXPECT_STREQ(test, launch_asked, "+-");
}

#endif
