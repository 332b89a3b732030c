/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices that keep departures. Part of sluice_qdisc_kunit.c.
 */
#ifndef SLUICE_QDISC_LAUNCH_H
#define SLUICE_QDISC_LAUNCH_H

#include "qdisc_fixture.h"

#define LAUNCH_HORIZON_NS	(50 * NSEC_PER_USEC)

/* What a driver was asked for, in the order of the asking: '+' and '-'. */
static char launch_asked[8];
static int launch_answer;
/* Whose frames are to have a time whenever the driver is asked. */
static const struct sluice_sched *launch_sender;
static bool launch_lacked_stamps;

static int launch_setup_tc(struct net_device *dev, enum tc_setup_type type,
			   void *data)
{
	const struct tc_etf_qopt_offload *etf = data;
	size_t n = strlen(launch_asked);

	if (type != TC_SETUP_QDISC_ETF)
		return -EOPNOTSUPP;
	launch_lacked_stamps |= launch_sender->launch != SLUICE_LAUNCH_TAI;
	if (launch_answer)
		return launch_answer;
	if (!etf->queue && n + 1 < sizeof(launch_asked))
		launch_asked[n] = etf->enable ? '+' : '-';
	return 0;
}

static const struct net_device_ops launch_netdev_ops = {
	.ndo_start_xmit = fixture_xmit,
	.ndo_setup_tc = launch_setup_tc,
};

static int launch_set(struct kunit *test, struct Qdisc *sch,
		      const struct sluice_config *config)
{
	int err;

	rtnl_lock();
	err = sluice_options_apply(sch, config, NULL);
	rtnl_unlock();
	return err;
}

/* The fixture's device gets a driver with launch times, and the qdisc uses them. */
static struct sluice_config launch_begin(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();

	memset(launch_asked, 0, sizeof(launch_asked));
	launch_answer = 0;
	launch_lacked_stamps = false;
	launch_sender = fix->q;
	fix->dev->netdev_ops = &launch_netdev_ops;
	config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
	config.offload_horizon_ns = LAUNCH_HORIZON_NS;
	KUNIT_ASSERT_EQ(test, launch_set(test, fix->sch, &config), 0);
	return config;
}

static u64 launch_time_of(struct kunit *test, struct sk_buff *skb)
{
	struct sluice_fixture *fix = test->priv;

	if (fix->q->launch == SLUICE_LAUNCH_TAI)
		return skb->tstamp - ktime_mono_to_any(0, TK_OFFS_TAI);
	return skb->tstamp;
}

/* All that is handed over at @now_ns; it has to leave as @expected says. */
static void launch_expect(struct kunit *test, u64 now_ns, const u64 *expected,
			  int n)
{
	struct sk_buff *skb;
	int i;

	for (i = 0; i < n; i++) {
		skb = fixture_dequeue(test, now_ns);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		KUNIT_EXPECT_EQ(test, launch_time_of(test, skb), expected[i]);
		KUNIT_EXPECT_FALSE(test, skb_is_gso(skb));
		kfree_skb(skb);
	}
	KUNIT_EXPECT_NULL(test, fixture_dequeue(test, now_ns));
}

/*
 * Five departures lie within the horizon. The timer fires a quarter of it before
 * the sixth, and then those that lie within the horizon from there follow.
 */
static void launch_check(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	u64 expected[10], wake_ns = T0_NS + 5 * FULL_FRAME_NS -
				    LAUNCH_HORIZON_NS / 4;
	int i;

	for (i = 0; i < 10; i++)
		expected[i] = T0_NS + i * FULL_FRAME_NS;
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 4), T0_NS);
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 6), T0_NS);
	launch_expect(test, T0_NS, expected, 5);
	KUNIT_EXPECT_EQ(test, fix->q->stats.offloaded_frames, 4ULL);
	KUNIT_EXPECT_EQ(test, ktime_to_ns(hrtimer_get_expires(
				&fix->q->watchdog.timer)), (s64)wake_ns);
	KUNIT_EXPECT_NULL(test, fixture_dequeue(test, wake_ns - 1));
	KUNIT_EXPECT_EQ(test, fix->q->stats.timer_wakeups, 0ULL);
	hrtimer_cancel(&fix->q->watchdog.timer);
	launch_expect(test, wake_ns, expected + 5, 4);
	KUNIT_EXPECT_EQ(test, fix->q->stats.timer_wakeups, 1ULL);
	launch_expect(test, expected[9], expected + 9, 1);
	KUNIT_EXPECT_EQ(test, fix->q->stats.sent_frames, 10ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.offloaded_frames, 8ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.late_frames, 0ULL);
	KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, 0);
	KUNIT_EXPECT_EQ(test, fix->sch->qstats.backlog, 0);
}

static void sluice_launch_hands_over_what_leaves_within_the_horizon(
							struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;

	launch_begin(test);
	KUNIT_EXPECT_EQ(test, fix->q->launch, SLUICE_LAUNCH_TAI);
	launch_check(test);
}

static void sluice_launch_takes_the_stamp_that_fq_gives(struct kunit *test)
{
#ifdef SLUICE_HAVE_PACING_OFFLOAD
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config;

	fix->dev->max_pacing_offload_horizon = LAUNCH_HORIZON_NS;
	config = launch_begin(test);
	KUNIT_EXPECT_EQ(test, fix->q->launch, SLUICE_LAUNCH_MONO);
	KUNIT_EXPECT_STREQ(test, launch_asked, "");
	config.offload_horizon_ns++;
	KUNIT_EXPECT_EQ(test, launch_set(test, fix->sch, &config), -EINVAL);
	launch_check(test);
#else
	kunit_skip(test, "no device of this kernel tells its pacing horizon");
#endif
}

/* Flows take turns as their departures do, for the NIC sends in this order. */
static void sluice_launch_keeps_the_order_of_departures(struct kunit *test)
{
	u64 expected[8];
	struct sk_buff *skb;
	int i;

	launch_begin(test);
	for (i = 0; i < 4; i++) {
		expected[2 * i] = T0_NS + i * FULL_FRAME_NS;
		expected[2 * i + 1] = T0_NS + 5000 + i * FULL_FRAME_NS;
	}
	skb = fixture_tcp(test, 2, FULL_PAYLOAD_BYTES, 4);
	sluice_compat_set_tstamp_mono(skb, T0_NS + 5000);
	fixture_enqueue(test, skb, T0_NS);
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 4), T0_NS);
	launch_expect(test, T0_NS, expected, 8);
}

/*
 * A packet that asks for less than what is handed over leaves behind that, late,
 * and is counted as late; so does one whose flow was idle. An ACK has a time, too.
 */
static void sluice_launch_of_a_latecomer_is_late(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	u64 first[] = { T0_NS, T0_NS + FULL_FRAME_NS, T0_NS + 2 * FULL_FRAME_NS };
	u64 behind[] = { first[2], first[2], first[2] };
	struct sk_buff *skb;

	launch_begin(test);
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 3), T0_NS);
	launch_expect(test, T0_NS, first, 3);
	skb = fixture_tcp(test, 2, FULL_PAYLOAD_BYTES, 1);
	sluice_compat_set_tstamp_mono(skb, T0_NS + 20000);
	fixture_enqueue(test, skb, T0_NS + 10000);
	fixture_enqueue(test, fixture_tcp(test, 3, FULL_PAYLOAD_BYTES, 1),
			T0_NS + 10000);
	fixture_enqueue(test, fixture_tcp(test, 4, 0, 1), T0_NS + 10000);
	launch_expect(test, T0_NS + 10000, behind, 3);
	KUNIT_EXPECT_EQ(test, fix->q->stats.prompt_frames, 1ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.late_frames, 1ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.lateness_max_ns,
			2 * FULL_FRAME_NS - 20000);
}

/* A device clock alone: frames of all flows are its gap apart, ahead as well. */
static void sluice_launch_keeps_the_gap_of_the_device(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = launch_begin(test);
	u64 expected[4];
	int i;

	config.maxrate_bytes_ps = 0;
	config.rate_bytes_ps = GIGABIT_BYTES_PS;
	KUNIT_ASSERT_EQ(test, launch_set(test, fix->sch, &config), 0);
	for (i = 0; i < 4; i++) {
		expected[i] = T0_NS + i * FULL_FRAME_NS;
		fixture_enqueue(test, fixture_tcp(test, i, FULL_PAYLOAD_BYTES, 1),
				T0_NS);
	}
	launch_expect(test, T0_NS, expected, 4);
}

/* Nothing leaves before what the device still keeps, though it keeps no more. */
static void sluice_launch_ends_without_haste(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = launch_begin(test);
	u64 ahead[] = { T0_NS, T0_NS + FULL_FRAME_NS, T0_NS + 2 * FULL_FRAME_NS,
			T0_NS + 3 * FULL_FRAME_NS, T0_NS + 4 * FULL_FRAME_NS };
	struct sk_buff *skb;

	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 6), T0_NS);
	launch_expect(test, T0_NS, ahead, 5);
	config.offload_horizon_ns = 0;
	KUNIT_ASSERT_EQ(test, launch_set(test, fix->sch, &config), 0);
	KUNIT_EXPECT_EQ(test, fix->q->launch, SLUICE_LAUNCH_ENDED);
	fixture_enqueue(test, fixture_tcp(test, 2, FULL_PAYLOAD_BYTES, 1), T0_NS);
	skb = fixture_dequeue(test, T0_NS);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_EQ(test, (u64)skb->tstamp, 0ULL);
	kfree_skb(skb);
	KUNIT_EXPECT_EQ(test, fixture_next(test, T0_NS, &skb),
			T0_NS + 5 * FULL_FRAME_NS);
	KUNIT_EXPECT_EQ(test, (u64)skb->tstamp, 0ULL);
	kfree_skb(skb);
	KUNIT_EXPECT_EQ(test, fix->q->launch, SLUICE_LAUNCH_NONE);
	KUNIT_EXPECT_FALSE(test, fix->q->is_unusual);
	KUNIT_EXPECT_EQ(test, fix->q->stats.late_frames, 0ULL);
}

/*
 * The driver made its queues anew: none keeps departures, so frames leave by the
 * timer, with the time at which they do, until launch times are asked for again.
 */
static void sluice_launch_ends_with_the_queues(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = launch_begin(test);
	u64 ahead[] = { T0_NS, T0_NS + FULL_FRAME_NS, T0_NS + 2 * FULL_FRAME_NS,
			T0_NS + 3 * FULL_FRAME_NS, T0_NS + 4 * FULL_FRAME_NS };
	u64 now_ns = T0_NS + 5 * FULL_FRAME_NS;
	int i;

	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 8), T0_NS);
	launch_expect(test, T0_NS, ahead, ARRAY_SIZE(ahead));
	/* As if it had one less now. */
	fix->q->launch_n_queues++;
	for (i = 0; i < 3; i++) {
		hrtimer_cancel(&fix->q->watchdog.timer);
		launch_expect(test, now_ns, &now_ns, 1);
		now_ns += FULL_FRAME_NS;
	}
	KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, 0);
	KUNIT_EXPECT_EQ(test, fix->q->config.offload_horizon_ns, 0ULL);
	/* It has as many as at first again, but others. */
	if (fix->q->launch_n_queues)
		fix->q->launch_n_queues = fix->dev->real_num_tx_queues;
	KUNIT_EXPECT_EQ(test, launch_set(test, fix->sch, &config), 0);
	KUNIT_EXPECT_STREQ(test, launch_asked, "++");
}

/* Frames leave one by one, by the timer, until launch times are asked for again. */
static void launch_expect_end(struct kunit *test,
			      const struct sluice_config *config)
{
	struct sluice_fixture *fix = test->priv;
	u64 now_ns = T0_NS;
	int i;

	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 3), T0_NS);
	for (i = 0; i < 3; i++) {
		hrtimer_cancel(&fix->q->watchdog.timer);
		launch_expect(test, now_ns, &now_ns, 1);
		now_ns += FULL_FRAME_NS;
	}
	KUNIT_EXPECT_EQ(test, fix->q->config.offload_horizon_ns, 0ULL);
	KUNIT_EXPECT_EQ(test, launch_set(test, fix->sch, config), 0);
	KUNIT_EXPECT_STREQ(test, launch_asked, "++");
}

/* It has another number of queues, and the first one again, before a frame leaves. */
static void sluice_launch_ends_with_queues_that_come_and_go(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = launch_begin(test);

	rtnl_lock();
	/* A driver says how many they are each time that it is opened. */
	sluice_qdisc_ops.change_real_num_tx(fix->sch, 1);
	KUNIT_EXPECT_EQ(test, fix->q->launch_n_queues, 1u);
	sluice_qdisc_ops.change_real_num_tx(fix->sch, 2);
	rtnl_unlock();
	launch_expect_end(test, &config);
}

/*
 * Below mq, which does not say so, a queue less is seen by who loses its own: once, and
 * not again when that one goes behind others that have launch times by then.
 */
static void sluice_launch_ends_with_a_queue_that_goes(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = launch_begin(test);
	struct Qdisc *sch;

	rtnl_lock();
	sch = qdisc_create_dflt(fix->sch->dev_queue, &sluice_qdisc_ops,
				TC_H_ROOT, NULL);
	KUNIT_ASSERT_NOT_NULL(test, sch);
	KUNIT_EXPECT_EQ(test, sluice_options_apply(sch, &config, NULL), 0);
	sluice_reset(fix->sch);
	KUNIT_EXPECT_EQ(test, fix->q->launch_n_queues, 1u);
	fix->dev->real_num_tx_queues = 0;
	sluice_reset(sch);
	KUNIT_EXPECT_EQ(test, fix->q->launch_n_queues, 0u);
	fix->q->launch_n_queues = 1;
	qdisc_put(sch);
	KUNIT_EXPECT_EQ(test, fix->q->launch_n_queues, 1u);
	fix->q->launch_n_queues = 0;
	fix->dev->real_num_tx_queues = 1;
	rtnl_unlock();
	fix->q->wheel.now_ns = T0_NS;
	launch_expect_end(test, &config);
}

/*
 * The same, but the driver will not do it again: then the timer fires when the next
 * frame is due and not before, and nothing says that departures are kept.
 */
static void sluice_launch_that_is_refused_again_has_ended(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = launch_begin(test);

	config.burst_frames = 1;
	KUNIT_ASSERT_EQ(test, launch_set(test, fix->sch, &config), 0);
	fix->q->launch_n_queues++;
	launch_answer = -EOPNOTSUPP;
	KUNIT_EXPECT_EQ(test, launch_set(test, fix->sch, &config), -EOPNOTSUPP);
	launch_answer = 0;
	KUNIT_EXPECT_EQ(test, fix->q->config.offload_horizon_ns, 0ULL);
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 2), T0_NS);
	kfree_skb(fixture_dequeue(test, T0_NS));
	KUNIT_EXPECT_NULL(test, fixture_dequeue(test, T0_NS));
	KUNIT_EXPECT_EQ(test, ktime_to_ns(hrtimer_get_expires(
				&fix->q->watchdog.timer)),
			(s64)(T0_NS + FULL_FRAME_NS));
	KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, 1);
	/* They are as many again as at first, but others. */
	if (fix->q->launch_n_queues)
		fix->q->launch_n_queues = fix->dev->real_num_tx_queues;
	KUNIT_EXPECT_EQ(test, launch_set(test, fix->sch, &config), 0);
	KUNIT_EXPECT_STREQ(test, launch_asked, "++");
	KUNIT_EXPECT_EQ(test, fix->q->launch, SLUICE_LAUNCH_TAI);
}

/* Who takes the place of one that used launch times gives no times after it. */
static void sluice_launch_is_not_inherited(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct netdev_queue *queue = fix->sch->dev_queue;
	struct sluice_sched *heir;
	struct Qdisc *sch;

	launch_begin(test);
	rtnl_lock();
	sch = qdisc_create_dflt(queue, &sluice_qdisc_ops, TC_H_ROOT, NULL);
	rtnl_unlock();
	KUNIT_ASSERT_NOT_NULL(test, sch);
	heir = qdisc_priv(sch);
	KUNIT_EXPECT_EQ(test, heir->launch, SLUICE_LAUNCH_TAI);
	rtnl_lock();
	rcu_assign_pointer(queue->qdisc_sleeping, sch);
	qdisc_put(fix->sch);
	rtnl_unlock();
	fix->sch = sch;
	KUNIT_EXPECT_STREQ(test, launch_asked, "+-");
	KUNIT_EXPECT_EQ(test, heir->launch, SLUICE_LAUNCH_ENDED);
	rcu_assign_pointer(queue->qdisc_sleeping, &noop_qdisc);
}

/* An etf whose place it takes would switch launch times off behind it. */
static void sluice_launch_does_not_follow_an_etf(struct kunit *test)
{
	struct Qdisc_ops ops = { .id = "etf" };
	struct sluice_fixture *fix = test->priv;
	struct netdev_queue *queue = fix->sch->dev_queue;
	struct sluice_config config = launch_begin(test);
	struct Qdisc *etf;

	config.offload_horizon_ns = 0;
	KUNIT_ASSERT_EQ(test, launch_set(test, fix->sch, &config), 0);
	etf = kunit_kzalloc(test, sizeof(*etf), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, etf);
	etf->ops = &ops;
	spin_lock_init(qdisc_lock(etf));
	rcu_assign_pointer(queue->qdisc_sleeping, etf);
	config.offload_horizon_ns = LAUNCH_HORIZON_NS;
	KUNIT_EXPECT_EQ(test, launch_set(test, fix->sch, &config), -EBUSY);
	KUNIT_EXPECT_STREQ(test, launch_asked, "+-");
	rcu_assign_pointer(queue->qdisc_sleeping, fix->sch);
	KUNIT_EXPECT_EQ(test, launch_set(test, fix->sch, &config), 0);
	KUNIT_EXPECT_STREQ(test, launch_asked, "+-+");
	rcu_assign_pointer(queue->qdisc_sleeping, &noop_qdisc);
}

/*
 * Switched on once, off with the last one that needs it, and not on a refusal; and
 * never while frames leave without a time.
 */
static void sluice_launch_is_switched_on_and_off(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = launch_begin(test);
	struct Qdisc *other;

	KUNIT_EXPECT_STREQ(test, launch_asked, "+");
	KUNIT_ASSERT_EQ(test, launch_set(test, fix->sch, &config), 0);
	KUNIT_EXPECT_STREQ(test, launch_asked, "+");

	/* One that takes its place is made before the old one goes. */
	rtnl_lock();
	other = qdisc_create_dflt(netdev_get_tx_queue(fix->dev, 0),
				  &sluice_qdisc_ops, TC_H_ROOT, NULL);
	rtnl_unlock();
	KUNIT_ASSERT_NOT_NULL(test, other);
	KUNIT_EXPECT_EQ(test, ((struct sluice_sched *)qdisc_priv(other))->launch,
			SLUICE_LAUNCH_TAI);
	/* Also one that was there before. */
	((struct sluice_sched *)qdisc_priv(other))->launch = SLUICE_LAUNCH_NONE;
	KUNIT_EXPECT_EQ(test, launch_set(test, other, &config), 0);
	KUNIT_EXPECT_EQ(test, ((struct sluice_sched *)qdisc_priv(other))->launch,
			SLUICE_LAUNCH_TAI);
	rtnl_lock();
	qdisc_put(other);
	rtnl_unlock();
	KUNIT_EXPECT_STREQ(test, launch_asked, "+");

	config.offload_horizon_ns = 0;
	KUNIT_ASSERT_EQ(test, launch_set(test, fix->sch, &config), 0);
	KUNIT_EXPECT_STREQ(test, launch_asked, "+-");
	KUNIT_EXPECT_EQ(test, fix->q->launch, SLUICE_LAUNCH_ENDED);
	launch_answer = -EBUSY;
	config.offload_horizon_ns = LAUNCH_HORIZON_NS;
	KUNIT_EXPECT_EQ(test, launch_set(test, fix->sch, &config), -EBUSY);
	KUNIT_EXPECT_EQ(test, fix->q->config.offload_horizon_ns, 0ULL);
	KUNIT_EXPECT_EQ(test, fix->q->launch, SLUICE_LAUNCH_ENDED);
	KUNIT_EXPECT_FALSE(test, launch_lacked_stamps);
	fix->dev->netdev_ops = &fixture_netdev_ops;
	KUNIT_EXPECT_EQ(test, launch_set(test, fix->sch, &config), -EOPNOTSUPP);
}

#endif
