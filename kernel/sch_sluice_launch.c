// SPDX-License-Identifier: GPL-2.0
/*
 * Departures that the NIC keeps (offload_horizon).
 *
 * A NIC with launch times holds each frame until the time that its descriptor
 * says. Then the qdisc need not wake up for each frame: it hands over all that
 * depart within the horizon and sleeps for most of it. Its clocks do not notice:
 * dequeue goes from departure to departure, as it would with timers that are
 * never late, and stops at the horizon (sluice_launch_dequeue()).
 *
 *	now		    now + horizon
 *	 |--a--b-----a--b---a-|--b-----a----->	departures
 *	 \___ handed over ____/  ^ the timer fires a quarter of the horizon before
 *
 * A queue of a NIC sends in the order in which it was filled, whatever times the
 * descriptors say, and dequeue hands over in the order of departures. What comes
 * later for an earlier time leaves behind what was handed over before: the horizon
 * is the longest that this can cost.
 *
 * NICs tell in two ways that they can: by max_pacing_offload_horizon, which fq uses,
 * with CLOCK_MONOTONIC in skb->tstamp; or by TC_SETUP_QDISC_ETF, which sch_etf
 * uses, with CLOCK_TAI, to which the NIC's own clock has to be kept. There a frame
 * without a time would leave at any time, so frames are stamped before the queue is
 * set up, and until that is taken back. What another qdisc sends meanwhile is not: so
 * attach first, then change, as the command does.
 *
 * Context: all under RTNL but for the stamp, which is made under the root lock.
 */
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/timekeeping.h>
#include <net/pkt_cls.h>
#include <net/pkt_sched.h>

#include "sch_sluice_path.h"

/* Qdiscs that use launch times, RTNL. */
static LIST_HEAD(sluice_launchers);

static int sluice_launch_setup(struct net_device *dev, unsigned int queue,
			       bool is_on)
{
	struct tc_etf_qopt_offload etf = { .enable = is_on, .queue = queue };

	if (!dev->netdev_ops->ndo_setup_tc)
		return -EOPNOTSUPP;
	return dev->netdev_ops->ndo_setup_tc(dev, TC_SETUP_QDISC_ETF, &etf);
}

static unsigned int sluice_launch_queue(const struct Qdisc *sch)
{
	return sch->dev_queue - netdev_get_tx_queue(qdisc_dev(sch), 0);
}

/* Is there another one on its queue? For a moment one replaces the other. */
static bool sluice_launch_is_shared(const struct sluice_sched *q)
{
	const struct sluice_sched *other;

	list_for_each_entry(other, &sluice_launchers, launch_link)
		if (other != q && other->sch->dev_queue == q->sch->dev_queue)
			return true;
	return false;
}

/* Can the device do it by the way that fq uses? Then nothing is to be set up. */
static int sluice_launch_by_stamp(const struct net_device *dev, u64 horizon_ns,
				  struct netlink_ext_ack *extack)
{
	u64 max_ns = sluice_compat_offload_horizon_ns(dev);

	if (!max_ns)
		return -EOPNOTSUPP;
	if (horizon_ns <= max_ns)
		return 0;
	NL_SET_ERR_MSG(extack, "sluice: offload_horizon is longer than the device's max_pacing_offload_horizon; take a shorter one");
	return -EINVAL;
}

/*
 * No departure is handed over ahead of its time, until that is asked for again. Then
 * the device is asked too, also if it has as many queues as at first by then.
 */
static void sluice_launch_forget(struct sluice_sched *q)
{
	q->launch_n_queues = 0;
	q->config.offload_horizon_ns = 0;
	q->launch_early_ns = 0;
}

static void sluice_launch_set(struct sluice_sched *q, enum sluice_launch launch)
{
	sch_tree_lock(q->sch);
	q->launch = launch;
	q->launch_until_ns = 0;
	if (launch == SLUICE_LAUNCH_ENDED)
		sluice_launch_forget(q);
	sluice_unusual_find(q);
	sch_tree_unlock(q->sch);
}

/* The qdisc in force on its queue: itself, or the one that it takes the place of. */
static struct Qdisc *sluice_launch_in_force(const struct sluice_sched *q)
{
	return rtnl_dereference(q->sch->dev_queue->qdisc_sleeping);
}

static int sluice_launch_by_etf(struct sluice_sched *q,
				struct netlink_ext_ack *extack)
{
	struct net_device *dev = qdisc_dev(q->sch);
	int err;

	if (!list_empty(&q->launch_link) &&
	    q->launch_n_queues == dev->real_num_tx_queues)
		return 0;
	if (q->sch->parent == TC_H_ROOT && dev->real_num_tx_queues > 1) {
		NL_SET_ERR_MSG(extack, "sluice: launch times are set up for each queue of the device; put mq at the root and sluice below it");
		return -EOPNOTSUPP;
	}
	if (!strcmp(sluice_launch_in_force(q)->ops->id, "etf")) {
		NL_SET_ERR_MSG(extack, "sluice: the etf on this queue takes launch times back when it goes; attach sluice first, then change offload_horizon");
		return -EBUSY;
	}
	sluice_launch_set(q, SLUICE_LAUNCH_TAI);
	err = sluice_launch_is_shared(q) ? 0 :
	      sluice_launch_setup(dev, sluice_launch_queue(q->sch), true);
	if (err) {
		sluice_launch_set(q, SLUICE_LAUNCH_ENDED);
		NL_SET_ERR_MSG(extack, "sluice: the device takes no launch times on this queue; leave out offload_horizon");
		return err;
	}
	list_move(&q->launch_link, &sluice_launchers);
	q->launch_n_queues = dev->real_num_tx_queues;
	return 0;
}

/**
 * sluice_launch_init - what a new qdisc has to do with launch times
 * @q: the qdisc
 *
 * One that takes the place of another has its queue: there each frame needs a time.
 *
 * Context: RTNL held.
 */
void sluice_launch_init(struct sluice_sched *q)
{
	ASSERT_RTNL();
	INIT_LIST_HEAD(&q->launch_link);
	if (sluice_launch_is_shared(q))
		q->launch = SLUICE_LAUNCH_TAI;
	sluice_unusual_find(q);
}

/**
 * sluice_launch_begin - let the device keep departures
 * @q: the qdisc; one that uses launch times already may ask again
 * @config: options that are to be put in force, with an offload_horizon
 * @extack: gets the sentence
 *
 * Return: 0; frames are stamped from here on. -EINVAL, -EOPNOTSUPP or what the
 * driver says; nothing has changed then, or a device that had made its queues anew
 * does not keep departures any more.
 * Context: RTNL held, may sleep; takes the root lock.
 */
int sluice_launch_begin(struct sluice_sched *q,
			const struct sluice_config *config,
			struct netlink_ext_ack *extack)
{
	int err;

	ASSERT_RTNL();
	if (q->launch == SLUICE_LAUNCH_LINE) {
		NL_SET_ERR_MSG(extack, "sluice: gap frames keep departures; take gap_frames back first");
		return -EBUSY;
	}
	if (config->rate_bytes_ps && q->sch->parent != TC_H_ROOT) {
		NL_SET_ERR_MSG(extack, "sluice: queues that share a rate wake each other in its time; leave out rate or offload_horizon");
		return -EINVAL;
	}
	if (!sluice_feeds_the_wire(q->sch)) {
		NL_SET_ERR_MSG(extack, "sluice: offload_horizon needs a qdisc that feeds a queue of the device: the root, or below mq");
		return -EINVAL;
	}
	err = sluice_launch_by_stamp(qdisc_dev(q->sch),
				     config->offload_horizon_ns, extack);
	if (!err)
		sluice_launch_set(q, SLUICE_LAUNCH_MONO);
	return err == -EOPNOTSUPP ? sluice_launch_by_etf(q, extack) : err;
}

static void sluice_launch_take_back(struct sluice_sched *q)
{
	struct net_device *dev = qdisc_dev(q->sch);
	unsigned int queue = sluice_launch_queue(q->sch);

	if (sluice_launch_setup(dev, queue, false))
		netdev_warn(dev, "sluice: the driver did not switch launch times of queue %u off\n",
			    queue);
}

/**
 * sluice_launch_end - the device need not keep departures any more
 * @q: the qdisc; it need not have asked, and has no offload_horizon now
 *
 * Context: RTNL held, may sleep; takes the root lock.
 */
void sluice_launch_end(struct sluice_sched *q)
{
	struct Qdisc *heir = sluice_launch_in_force(q);

	ASSERT_RTNL();
	if (sluice_launch_is_shared(q)) {
		list_del_init(&q->launch_link);
		return;
	}
	if (!list_empty(&q->launch_link)) {
		sluice_launch_take_back(q);
		list_del_init(&q->launch_link);
		/* It stamps for this one's sake, see sluice_launch_init(). */
		if (heir != q->sch && heir->ops == q->sch->ops)
			sluice_launch_set(qdisc_priv(heir),
					  SLUICE_LAUNCH_ENDED);
	}
	if (q->launch && q->launch != SLUICE_LAUNCH_LINE)
		sluice_launch_set(q, SLUICE_LAUNCH_ENDED);
}

/*
 * Drivers make their queues anew for another number of them (ethtool -L), and none
 * of these is set up then. From here on frames leave by the timer, as without an
 * offload_horizon, which is 0 until it is asked for again.
 */
static void sluice_launch_recheck(struct sluice_sched *q)
{
	if (q->launch != SLUICE_LAUNCH_TAI ||
	    READ_ONCE(q->launch_n_queues) ==
	    READ_ONCE(qdisc_dev(q->sch)->real_num_tx_queues))
		return;
	sluice_launch_forget(q);
}

/* Their queues are other ones: they notice with their next frame. */
static void sluice_launch_lose(const struct net_device *dev)
{
	struct sluice_sched *q;

	ASSERT_RTNL();
	list_for_each_entry(q, &sluice_launchers, launch_link)
		if (qdisc_dev(q->sch) == dev)
			WRITE_ONCE(q->launch_n_queues, 0);
}

/**
 * sluice_launch_change_queues - Qdisc_ops.change_real_num_tx
 * @sch: the root
 * @n_queues: how many queues the device is about to have
 *
 * There may be as many as before when the next frame leaves.
 *
 * Context: RTNL held.
 */
void sluice_launch_change_queues(struct Qdisc *sch, unsigned int n_queues)
{
	if (n_queues != qdisc_dev(sch)->real_num_tx_queues)
		sluice_launch_lose(qdisc_dev(sch));
}

/**
 * sluice_launch_reset - a qdisc is reset
 * @q: the qdisc; it need not use launch times
 *
 * mq tells those below it of no other number of queues, but those of queues that are
 * used no more are reset. One that is reset later, as it goes, has told already.
 *
 * Context: RTNL and root lock held (Qdisc_ops.reset).
 */
void sluice_launch_reset(const struct sluice_sched *q)
{
	if (q->launch_n_queues &&
	    sluice_launch_queue(q->sch) >= qdisc_dev(q->sch)->real_num_tx_queues)
		sluice_launch_lose(qdisc_dev(q->sch));
}

/**
 * sluice_launch_stamp - write a frame's departure where the driver looks for it
 * @q: the qdisc; it uses launch times
 * @skb: the frame
 * @n_frames: from sluice_skb_frames()
 * @at_ns: its departure, CLOCK_MONOTONIC
 *
 * Context: dequeue, root lock held.
 */
void sluice_launch_stamp(struct sluice_sched *q, struct sk_buff *skb,
			 u32 n_frames, u64 at_ns)
{
	if (q->launch == SLUICE_LAUNCH_ENDED)
		return;
	if (pace_before(q->launch_until_ns - q->config.offload_horizon_ns, at_ns))
		q->stats.offloaded_frames += n_frames;
	if (q->launch == SLUICE_LAUNCH_MONO)
		sluice_compat_set_tstamp_mono(skb, at_ns);
	else
		sluice_compat_set_tstamp_tai(skb, ktime_mono_to_any(at_ns, TK_OFFS_TAI));
}

/**
 * sluice_launch_judge - how late did the timer wake a qdisc that hands over ahead
 * @q: the qdisc
 * @now_ns: the present
 *
 * It came a part of the horizon before the departure that it was set for.
 *
 * Context: dequeue, root lock held.
 */
void sluice_launch_judge(struct sluice_sched *q, u64 now_ns)
{
	u64 due_ns = q->timer_due_ns;

	if (!due_ns || pace_before(now_ns + q->launch_early_ns, due_ns))
		return;
	q->stats.timer_wakeups++;
	/* What is late by less is handed over in time. */
	sluice_burst_judge(q, pace_before(due_ns, now_ns) ? now_ns - due_ns : 0);
}

/**
 * sluice_launch_dequeue - hand over all departures until the horizon
 * @sch: the qdisc; it uses launch times
 * @now_ns: the present
 *
 * From one to the next, each at the time that its frame leaves.
 *
 * Return: the next frame, or NULL; the timer is set then.
 * Context: dequeue, root lock held.
 */
struct sk_buff *sluice_launch_dequeue(struct Qdisc *sch, u64 now_ns)
{
	struct sluice_sched *q = qdisc_priv(sch);
	u64 at_ns = sluice_reached_ns(q, now_ns);
	struct sk_buff *skb;

	/* It has sent all that it had: the time is the host's again. */
	if (q->launch == SLUICE_LAUNCH_ENDED && at_ns == now_ns) {
		q->launch = SLUICE_LAUNCH_NONE;
		sluice_unusual_find(q);
	}
	sluice_launch_judge(q, now_ns);
	sluice_launch_recheck(q);
	q->launch_until_ns = now_ns + q->config.offload_horizon_ns;
	do {
		q->timer_due_ns = 0;
		skb = sluice_dequeue_ahead(sch, at_ns);
		at_ns = q->timer_due_ns;
	} while (!skb && at_ns && !pace_before(q->launch_until_ns, at_ns));
	return skb;
}
