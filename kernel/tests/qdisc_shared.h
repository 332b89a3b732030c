/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two queues of one device that share its clock. Part of sluice_qdisc_kunit.c.
 */
#ifndef SLUICE_QDISC_SHARED_H
#define SLUICE_QDISC_SHARED_H

#include "qdisc_fixture.h"

struct sluice_pair {
	struct Qdisc *sch[2];
	struct sluice_device *device;
};

/* The fixture's qdisc and another one, both with that rate. */
static void sluice_pair_make(struct kunit *test, struct sluice_pair *pair,
			     u64 rate_bytes_ps)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	int i;

	config.rate_bytes_ps = rate_bytes_ps;
	pair->sch[0] = fix->sch;
	rtnl_lock();
	pair->sch[1] = qdisc_create_dflt(netdev_get_tx_queue(fix->dev, 0),
					 &sluice_qdisc_ops, TC_H_ROOT, NULL);
	for (i = 0; i < 2 && pair->sch[1]; i++) {
		sluice_options_apply(pair->sch[i], &config, NULL);
		((struct sluice_sched *)qdisc_priv(pair->sch[i]))->wheel.now_ns =
			T0_NS;
	}
	rtnl_unlock();
	KUNIT_ASSERT_NOT_NULL(test, pair->sch[1]);
	pair->device = fix->q->device;
	KUNIT_ASSERT_NOT_NULL(test, pair->device);
	KUNIT_ASSERT_PTR_EQ(test, pair->device,
			    ((struct sluice_sched *)
			     qdisc_priv(pair->sch[1]))->device);
	KUNIT_ASSERT_EQ(test, pair->device->n_users, 2u);
}

static void sluice_pair_end(struct sluice_pair *pair)
{
	rtnl_lock();
	qdisc_put(pair->sch[1]);
	rtnl_unlock();
}

static int sluice_pair_enqueue(struct kunit *test, struct sluice_pair *pair,
			       int i, u64 now_ns)
{
	struct sk_buff *skb = fixture_tcp(test, i, FULL_PAYLOAD_BYTES, 1);
	struct sk_buff *to_free = NULL;
	int ret;

	local_bh_disable();
	spin_lock(qdisc_lock(pair->sch[i]));
	ret = sluice_enqueue_at(skb, pair->sch[i], &to_free, now_ns);
	spin_unlock(qdisc_lock(pair->sch[i]));
	local_bh_enable();
	fixture_free_list(to_free);
	return ret;
}

/* Does queue i get a frame out now? */
static bool sluice_pair_sends(struct sluice_pair *pair, int i, u64 now_ns)
{
	struct sk_buff *skb = NULL;

	local_bh_disable();
	spin_lock(qdisc_lock(pair->sch[i]));
	if (pair->sch[i]->q.qlen)
		skb = sluice_dequeue_at(pair->sch[i], now_ns);
	spin_unlock(qdisc_lock(pair->sch[i]));
	local_bh_enable();
	kfree_skb(skb);
	return skb;
}

/* The device's timer comes. Returns the queue that it wakes, -1: none. */
static int sluice_pair_wakes(struct sluice_pair *pair, u64 now_ns)
{
	struct Qdisc *sch;

	spin_lock_irq(&pair->device->lock);
	sch = sluice_device_turn(pair->device, now_ns);
	spin_unlock_irq(&pair->device->lock);
	return sch == pair->sch[0] ? 0 : sch == pair->sch[1] ? 1 : -1;
}

/* Both are full: frames leave one wire time apart, in turn, one wake-up each. */
static void sluice_p2_queues_share_one_clock(struct kunit *test)
{
	const u64 rate_bytes_ps = 115750000, wire_bytes = 1538;
	struct sluice_pair pair;
	u64 now_ns = T0_NS, first_ns = 0, last_ns = 0, want_ns;
	int i, n, queue, sent[2] = {};

	sluice_pair_make(test, &pair, rate_bytes_ps);
	for (n = 0; n < 50; n++)
		for (i = 0; i < 2; i++)
			sluice_pair_enqueue(test, &pair, i, now_ns);
	/* Nobody waits yet: the first to come sends, then both get in line. */
	KUNIT_EXPECT_TRUE(test, sluice_pair_sends(&pair, 0, now_ns));
	KUNIT_EXPECT_FALSE(test, sluice_pair_sends(&pair, 0, now_ns));
	KUNIT_EXPECT_FALSE(test, sluice_pair_sends(&pair, 1, now_ns));
	first_ns = last_ns = now_ns;
	for (n = 1; n < 100000; n++) {
		now_ns = pair.device->timer_ns;
		queue = sluice_pair_wakes(&pair, now_ns);
		KUNIT_ASSERT_GE(test, queue, 0);
		/* A frame that just arrives at the other does not push in. */
		KUNIT_EXPECT_FALSE(test, sluice_pair_sends(&pair, !queue,
							   now_ns));
		KUNIT_ASSERT_TRUE(test, sluice_pair_sends(&pair, queue,
							  now_ns));
		KUNIT_ASSERT_GE(test, (now_ns - last_ns) * rate_bytes_ps + rate_bytes_ps,
				wire_bytes * NSEC_PER_SEC);
		last_ns = now_ns;
		sent[queue]++;
		sluice_pair_enqueue(test, &pair, queue, now_ns);
		KUNIT_EXPECT_FALSE(test, sluice_pair_sends(&pair, queue,
							   now_ns));
	}
	KUNIT_EXPECT_LE(test, abs(sent[0] - sent[1]), 1);
	/* P3: rounded up once, not once per frame. */
	want_ns = div64_u64((n - 1) * wire_bytes * NSEC_PER_SEC, rate_bytes_ps);
	KUNIT_EXPECT_LE(test, last_ns - first_ns - want_ns, 1ULL);
	sluice_pair_end(&pair);
	KUNIT_EXPECT_EQ(test, pair.device->n_users, 1u);
}

/* A queue that was woken and does not come loses its turn, not its place. */
static void sluice_p2_a_turn_that_is_not_taken_is_lost(struct kunit *test)
{
	struct sluice_pair pair;
	u64 now_ns = T0_NS;
	int i, queue;

	sluice_pair_make(test, &pair, GIGABIT_BYTES_PS);
	for (i = 0; i < 6; i++)
		sluice_pair_enqueue(test, &pair, i % 2, now_ns);
	KUNIT_EXPECT_TRUE(test, sluice_pair_sends(&pair, 0, now_ns));
	KUNIT_EXPECT_FALSE(test, sluice_pair_sends(&pair, 0, now_ns));
	KUNIT_EXPECT_FALSE(test, sluice_pair_sends(&pair, 1, now_ns));
	now_ns = pair.device->timer_ns;
	queue = sluice_pair_wakes(&pair, now_ns);
	KUNIT_EXPECT_EQ(test, queue, 0);
	KUNIT_EXPECT_EQ(test, pair.device->timer_ns, now_ns + SLUICE_TURN_NS);
	now_ns = pair.device->timer_ns;
	KUNIT_EXPECT_EQ(test, sluice_pair_wakes(&pair, now_ns), 1);
	KUNIT_EXPECT_FALSE(test, sluice_pair_sends(&pair, 0, now_ns));
	KUNIT_EXPECT_TRUE(test, sluice_pair_sends(&pair, 1, now_ns));
	now_ns = pair.device->timer_ns;
	KUNIT_EXPECT_EQ(test, sluice_pair_wakes(&pair, now_ns), 0);
	KUNIT_EXPECT_TRUE(test, sluice_pair_sends(&pair, 0, now_ns));
	sluice_pair_end(&pair);
}

/* One whose ring is full costs the others one turn, not one for each frame. */
static void sluice_p2_a_queue_that_is_stopped_holds_nobody_up(struct kunit *test)
{
	struct netdev_queue *queue, *stopped;
	struct sluice_pair pair;
	u64 now_ns = T0_NS, began_ns;
	int i;

	sluice_pair_make(test, &pair, GIGABIT_BYTES_PS);
	queue = pair.sch[0]->dev_queue;
	stopped = kunit_kzalloc(test, sizeof(*stopped), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, stopped);
	memcpy(stopped, queue, sizeof(*stopped));
	set_bit(__QUEUE_STATE_DRV_XOFF, &stopped->state);
	pair.sch[0]->flags |= TCQ_F_ONETXQUEUE;
	for (i = 0; i < 50; i++)
		sluice_pair_enqueue(test, &pair, i % 2, now_ns);
	KUNIT_EXPECT_TRUE(test, sluice_pair_sends(&pair, 1, now_ns));
	KUNIT_EXPECT_FALSE(test, sluice_pair_sends(&pair, 0, now_ns));
	KUNIT_EXPECT_FALSE(test, sluice_pair_sends(&pair, 1, now_ns));
	now_ns = pair.device->timer_ns;
	KUNIT_EXPECT_EQ(test, sluice_pair_wakes(&pair, now_ns), 0);
	/* From here on nobody asks it for frames. */
	pair.sch[0]->dev_queue = stopped;
	began_ns = pair.device->timer_ns;
	for (i = 0; i < 20; i++) {
		now_ns = pair.device->timer_ns;
		while (sluice_pair_wakes(&pair, now_ns) != 1)
			now_ns = pair.device->timer_ns;
		KUNIT_ASSERT_TRUE(test, sluice_pair_sends(&pair, 1, now_ns));
		KUNIT_EXPECT_FALSE(test, sluice_pair_sends(&pair, 1, now_ns));
	}
	KUNIT_EXPECT_EQ(test, now_ns, began_ns + 19 * FULL_FRAME_NS);
	/* It has room again, is asked, and gets in line as everybody. */
	pair.sch[0]->dev_queue = queue;
	KUNIT_EXPECT_FALSE(test, sluice_pair_sends(&pair, 0, now_ns));
	now_ns = pair.device->timer_ns;
	KUNIT_EXPECT_EQ(test, sluice_pair_wakes(&pair, now_ns), 1);
	KUNIT_EXPECT_TRUE(test, sluice_pair_sends(&pair, 1, now_ns));
	now_ns = pair.device->timer_ns;
	KUNIT_EXPECT_EQ(test, sluice_pair_wakes(&pair, now_ns), 0);
	KUNIT_EXPECT_TRUE(test, sluice_pair_sends(&pair, 0, now_ns));
	sluice_pair_end(&pair);
}

/* Whoever goes away leaves the line and the turn to the other. */
static void sluice_p2_a_queue_that_is_reset_lets_go(struct kunit *test)
{
	struct sluice_pair pair;
	u64 now_ns = T0_NS;
	int i;

	sluice_pair_make(test, &pair, GIGABIT_BYTES_PS);
	for (i = 0; i < 6; i++)
		sluice_pair_enqueue(test, &pair, i % 2, now_ns);
	KUNIT_EXPECT_TRUE(test, sluice_pair_sends(&pair, 0, now_ns));
	KUNIT_EXPECT_FALSE(test, sluice_pair_sends(&pair, 1, now_ns));
	KUNIT_EXPECT_FALSE(test, sluice_pair_sends(&pair, 0, now_ns));
	now_ns = pair.device->timer_ns;
	KUNIT_EXPECT_EQ(test, sluice_pair_wakes(&pair, now_ns), 1);
	sluice_pair_end(&pair);
	KUNIT_EXPECT_EQ(test, pair.device->n_users, 1u);
	KUNIT_EXPECT_NULL(test, pair.device->owner);
	/* The other stood in line; it is woken once more, then by itself. */
	KUNIT_EXPECT_EQ(test, sluice_pair_wakes(&pair, now_ns), 0);
	KUNIT_EXPECT_TRUE(test, sluice_pair_sends(&pair, 0, now_ns));
	KUNIT_EXPECT_FALSE(test, sluice_pair_sends(&pair, 0, now_ns));
	KUNIT_EXPECT_TRUE(test, list_empty(&pair.device->line));
	KUNIT_EXPECT_EQ(test, ((struct sluice_sched *)
			       qdisc_priv(pair.sch[0]))->timer_due_ns,
			now_ns + FULL_FRAME_NS);
}

/* Who stands in line is woken by the line, and by itself once it is out of it. */
static void sluice_p9_without_a_rate_nobody_waits_for_a_turn(struct kunit *test)
{
	struct sluice_config config = fixture_config();
	struct sluice_pair pair;
	struct sluice_sched *q;

	sluice_pair_make(test, &pair, GIGABIT_BYTES_PS);
	q = qdisc_priv(pair.sch[1]);
	sluice_pair_enqueue(test, &pair, 0, T0_NS);
	sluice_pair_enqueue(test, &pair, 1, T0_NS);
	KUNIT_EXPECT_TRUE(test, sluice_pair_sends(&pair, 0, T0_NS));
	KUNIT_EXPECT_FALSE(test, sluice_pair_sends(&pair, 1, T0_NS));
	KUNIT_EXPECT_FALSE(test, hrtimer_is_queued(&q->watchdog.timer));
	rtnl_lock();
	sluice_options_apply(pair.sch[1], &config, NULL);
	rtnl_unlock();
	KUNIT_EXPECT_TRUE(test, hrtimer_is_queued(&q->watchdog.timer));
	KUNIT_EXPECT_TRUE(test, sluice_pair_sends(&pair, 1, T0_NS));
	sluice_pair_end(&pair);
}

/* Taking the rate away frees the clock, and giving it back makes a new one. */
static void sluice_p2_the_clock_goes_with_the_rate(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	struct sluice_pair pair;

	sluice_pair_make(test, &pair, GIGABIT_BYTES_PS);
	fixture_set(test, &config);
	KUNIT_EXPECT_NULL(test, fix->q->device);
	KUNIT_EXPECT_EQ(test, pair.device->n_users, 1u);
	config.rate_bytes_ps = GIGABIT_BYTES_PS;
	fixture_set(test, &config);
	KUNIT_EXPECT_PTR_EQ(test, fix->q->device, pair.device);
	sluice_pair_end(&pair);
}

#endif
