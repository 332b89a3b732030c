// SPDX-License-Identifier: GPL-2.0
/*
 * Gap frames: the wire keeps departures, on any NIC (gap_frames).
 *
 * A NIC sends what it has without a pause, so on a line that is always busy a
 * frame's place says when it leaves, to the byte. The qdisc fills the gaps
 * with frames that the next bridge discards, and hands all over that departs within
 * gap_frames:
 *
 *	now		       now + gap_frames
 *	 |a===b==a=====a===b==a=|----b-----a---->	departures
 *	  \____ handed over ____/  ^ the timer fires a quarter of it before the end
 *
 * Its clock is the line: dequeue runs at the time when all that was handed over
 * before has been sent (sluice_gap_dequeue()), so a frame that finds the line taken
 * is late by the truth. A line that nobody fills up to a departure stands still.
 * Without a packet in the qdisc it is not filled, and no timer is set for its sake
 * alone.
 *
 * No two clocks are alike: a link may be slower than it says by 100 ppm, the host's
 * clock by as much, and where the host does not come in time the line stands still
 * unseen. All that follows is late by it until the line has certainly sent all. So every
 * 10 ms a gap is left empty. A timer ends that before the gap does, and what is left of
 * it is filled, since a timer is late and a gap frame is not.
 *
 * The frames are PAUSE of IEEE 802.3 annex 31B with a time of 0, as those of PSPacer
 * (R. Takano et al., PFLDnet 2005): to a group address that no bridge forwards
 * (802.1Q table 8-1), and whose meaning, "go on", changes nothing for a link
 * partner that was not told to stop. So a device that may tell it to stop is refused.
 *
 * What this cannot see: a NIC that drops such frames of its host (a virtual function,
 * or firmware that keeps flow control to itself) sends the others back to back, and a
 * device that is faster or slower than it says makes each gap wrong by as much.
 *
 * Context: RTNL, but for sluice_gap_dequeue() and sluice_gap_sent(), under the root lock.
 */
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/if_arp.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/pkt_sched.h>

#include "../core/gap.h"
#include "sch_sluice_path.h"

/* Group address of MAC control, and PAUSE: IEEE 802.3 31B.1 and 31B.2. */
static const u8 sluice_gap_dest[ETH_ALEN] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x01 };
#define SLUICE_GAP_OPCODE_PAUSE		0x0001
/* Longer ones would be giants to some switches, whatever the MTU is here. */
#define SLUICE_GAP_FRAME_MAX_BYTES	(ETH_HLEN + ETH_DATA_LEN)
#define SLUICE_BYTES_PS_OF_MBITS_PS	125000ULL

/* So often a gap of this length is left empty; a shorter one when there is none. */
#define SLUICE_GAP_REST_EVERY_NS	(10 * NSEC_PER_MSEC)
#define SLUICE_GAP_REST_NS		(30 * NSEC_PER_USEC)
/* So much at its end is filled again, half of it at most: timers are late by less. */
#define SLUICE_GAP_RESUME_NS		(25 * NSEC_PER_USEC)
/* So soon again, where the line may have begun late. */
#define SLUICE_GAP_AGAIN_NS		NSEC_PER_MSEC
/* A line that stood still for longer had sent all, but for errors of 10 ms. */
#define SLUICE_GAP_STOOD_NS		NSEC_PER_USEC

/* Qdiscs that use gap frames, RTNL. */
static LIST_HEAD(sluice_gap_users);

/* What a qdisc needs for gap frames. */
struct sluice_gap_means {
	struct sk_buff *frame;
	u64 line_bytes_ps;
};

static u64 sluice_gap_line_bytes_ps(struct net_device *dev)
{
	return min_t(u64, PACE_RATE_MAX_BYTES_PS,
		     sluice_link_speed_mbits_ps(dev) *
		     SLUICE_BYTES_PS_OF_MBITS_PS);
}

/* May the device tell its link partner to stop? A gap frame would say "go on". */
static bool sluice_gap_dev_pauses(struct net_device *dev)
{
	const struct ethtool_ops *ops = dev->ethtool_ops;
	struct ethtool_pauseparam pause = { .cmd = ETHTOOL_GPAUSEPARAM };

	if (!ops || !ops->get_pauseparam)
		return false;
	ops->get_pauseparam(dev, &pause);
	return pause.tx_pause;
}

/* The longest gap frame, which shorter ones share their memory with. */
static struct sk_buff *sluice_gap_frame_make(struct net_device *dev)
{
	unsigned int bytes = clamp_t(unsigned int, dev->mtu + ETH_HLEN,
				     2 * PACE_FRAME_MIN_BYTES +
				     PACE_OVERHEAD_MAX_BYTES,
				     SLUICE_GAP_FRAME_MAX_BYTES);
	struct sk_buff *skb = alloc_skb(NET_SKB_PAD + bytes, GFP_KERNEL);
	struct ethhdr *eth;
	__be16 *opcode;

	if (!skb)
		return NULL;
	skb_reserve(skb, NET_SKB_PAD);
	skb_reset_mac_header(skb);
	eth = skb_put_zero(skb, bytes);
	ether_addr_copy(eth->h_dest, sluice_gap_dest);
	ether_addr_copy(eth->h_source, dev->dev_addr);
	eth->h_proto = htons(ETH_P_PAUSE);
	opcode = (__be16 *)(eth + 1);
	*opcode = htons(SLUICE_GAP_OPCODE_PAUSE);
	skb_set_network_header(skb, ETH_HLEN);
	skb_reset_mac_len(skb);
	skb->protocol = htons(ETH_P_PAUSE);
	skb->dev = dev;
	return skb;
}

static int sluice_gap_means_get(struct sluice_sched *q,
				struct sluice_gap_means *means,
				struct netlink_ext_ack *extack)
{
	struct net_device *dev = qdisc_dev(q->sch);

	if (q->sch->parent != TC_H_ROOT || dev->real_num_tx_queues > 1) {
		NL_SET_ERR_MSG(extack, "sluice: gap_frames fills the line of a device with one transmit queue, from its root; see ethtool -L");
		return -EOPNOTSUPP;
	}
	if (dev->type != ARPHRD_ETHER) {
		NL_SET_ERR_MSG(extack, "sluice: the device is no Ethernet, which gap frames are for; leave out gap_frames");
		return -EOPNOTSUPP;
	}
	if (sluice_gap_dev_pauses(dev)) {
		NL_SET_ERR_MSG(extack, "sluice: the device may pause its link partner, and a gap frame would end the pause; switch that off (ethtool -A DEV autoneg off tx off)");
		return -EBUSY;
	}
	if (q->launch == SLUICE_LAUNCH_MONO || q->launch == SLUICE_LAUNCH_TAI) {
		NL_SET_ERR_MSG(extack, "sluice: the device keeps departures; take offload_horizon back first");
		return -EBUSY;
	}
	means->line_bytes_ps = sluice_gap_line_bytes_ps(dev);
	if (!means->line_bytes_ps) {
		NL_SET_ERR_MSG(extack, "sluice: the device does not say how fast its link is, which gap frames are counted by; bring the link up");
		return -ENOLINK;
	}
	means->frame = sluice_gap_frame_make(dev);
	return means->frame ? 0 : -ENOMEM;
}

/**
 * sluice_gap_begin - fill the gaps of the line from here on
 * @q: the qdisc; one that does so already may ask again
 * @extack: gets the sentence
 *
 * Return: 0; -ENOMEM, -EOPNOTSUPP, -EBUSY or -ENOLINK: nothing has changed then.
 * Context: RTNL held, may sleep; takes the root lock.
 */
int sluice_gap_begin(struct sluice_sched *q, struct netlink_ext_ack *extack)
{
	struct sluice_gap_means means = {};
	int err;

	ASSERT_RTNL();
	err = sluice_gap_means_get(q, &means, extack);
	if (err)
		return err;
	sch_tree_lock(q->sch);
	swap(q->gap_frame, means.frame);
	pace_rate_set(&q->line_rate, means.line_bytes_ps);
	q->launch = SLUICE_LAUNCH_LINE;
	q->line_began_ns = 0;
	q->line_began_in_ns = NSEC_PER_MSEC;
	sluice_unusual_find(q);
	sch_tree_unlock(q->sch);
	list_move(&q->gap_link, &sluice_gap_users);
	kfree_skb(means.frame);
	return 0;
}

/* What has been handed over leaves as it was meant to, and nothing more ahead. */
static void sluice_gap_forget(struct sluice_sched *q)
{
	q->line_has_stood = false;
	q->line_is_short = false;
	q->line_is_held = false;
	q->launch = SLUICE_LAUNCH_ENDED;
	q->launch_until_ns = 0;
	q->launch_early_ns = 0;
	q->config.gap_frames_ns = 0;
}

/**
 * sluice_gap_end - gap frames are not asked for any more
 * @q: the qdisc; it need not have asked
 *
 * Context: RTNL held, may sleep; takes the root lock.
 */
void sluice_gap_end(struct sluice_sched *q)
{
	struct sk_buff *frame = NULL;

	ASSERT_RTNL();
	if (list_empty(&q->gap_link))
		return;
	list_del_init(&q->gap_link);
	sch_tree_lock(q->sch);
	swap(q->gap_frame, frame);
	if (q->launch == SLUICE_LAUNCH_LINE)
		sluice_gap_forget(q);
	sch_tree_unlock(q->sch);
	kfree_skb(frame);
}

/*
 * The link came up: perhaps with another speed, or its partner may be paused from now
 * on, and timers have to make the gaps again.
 */
static void sluice_gap_link_up(struct sluice_sched *q)
{
	struct net_device *dev = qdisc_dev(q->sch);
	u64 line_bytes_ps = sluice_gap_line_bytes_ps(dev);
	bool is_over = sluice_gap_dev_pauses(dev);

	sch_tree_lock(q->sch);
	if (is_over && q->launch == SLUICE_LAUNCH_LINE) {
		sluice_gap_forget(q);
		q->idle_until_ns = 0;
		if (q->sch->q.qlen)
			qdisc_watchdog_schedule_ns(&q->watchdog, ktime_get_ns());
	}
	if (line_bytes_ps && line_bytes_ps != q->line_rate.bytes_ps)
		pace_rate_set(&q->line_rate, line_bytes_ps);
	sch_tree_unlock(q->sch);
}

/* Those on their way share the memory, and either address will do for them. */
static void sluice_gap_new_address(struct sluice_sched *q)
{
	sch_tree_lock(q->sch);
	ether_addr_copy(eth_hdr(q->gap_frame)->h_source,
			qdisc_dev(q->sch)->dev_addr);
	sch_tree_unlock(q->sch);
}

static int sluice_gap_notify(struct notifier_block *block, unsigned long event,
			     void *info)
{
	struct net_device *dev = netdev_notifier_info_to_dev(info);
	struct sluice_sched *q;

	list_for_each_entry(q, &sluice_gap_users, gap_link) {
		if (qdisc_dev(q->sch) != dev)
			continue;
		if (event == NETDEV_UP || event == NETDEV_CHANGE)
			sluice_gap_link_up(q);
		else if (event == NETDEV_CHANGEADDR)
			sluice_gap_new_address(q);
	}
	return NOTIFY_DONE;
}

static struct notifier_block sluice_gap_notifier = {
	.notifier_call = sluice_gap_notify,
};

/**
 * sluice_gap_register - hear of links that come up
 *
 * Return: 0 or -errno.
 * Context: module init.
 */
int sluice_gap_register(void)
{
	return register_netdevice_notifier(&sluice_gap_notifier);
}

/**
 * sluice_gap_unregister - the reverse
 *
 * Context: module exit.
 */
void sluice_gap_unregister(void)
{
	unregister_netdevice_notifier(&sluice_gap_notifier);
}

/* A frame that takes the line for @gap_ns, or a part of it. NULL: no memory. */
static struct sk_buff *sluice_gap_fill(struct sluice_sched *q, u64 gap_ns)
{
	u32 overhead_bytes = q->config.overhead_bytes;
	u32 wire_bytes = pace_gap_frame_wire_bytes(
			pace_gap_wire_bytes(gap_ns, q->line_rate.bytes_ps),
			PACE_FRAME_MIN_BYTES + overhead_bytes,
			q->gap_frame->len + overhead_bytes);
	struct sk_buff *skb = skb_clone(q->gap_frame, GFP_ATOMIC);

	if (unlikely(!skb)) {
		q->stats.gap_alloc_failed_frames++;
		return NULL;
	}
	skb_trim(skb, wire_bytes - overhead_bytes);
	/* As the stack counts it, should the driver not take it. */
	qdisc_skb_cb(skb)->pkt_len = skb->len;
	sluice_compat_set_pkt_segs(skb, 1);
	pace_clock_advance(&q->line, &q->line_rate, wire_bytes);
	q->stats.gap_frames++;
	q->stats.gap_wire_bytes += wire_bytes;
	return skb;
}

/* More queues (ethtool -L) share the line, and none of them counts its bytes. */
static bool sluice_gap_recheck(struct sluice_sched *q)
{
	if (likely(READ_ONCE(qdisc_dev(q->sch)->real_num_tx_queues) == 1))
		return true;
	sluice_gap_forget(q);
	return false;
}

static void sluice_gap_sleep(struct sluice_sched *q, u64 wake_ns)
{
	q->idle_until_ns = wake_ns;
	qdisc_watchdog_schedule_range_ns(&q->watchdog, wake_ns, 0);
}

/**
 * sluice_gap_wake_ns - when the timer has to fire for a departure
 * @q: the qdisc; it fills its line
 * @due_ns: the departure, beyond what is handed over
 *
 * A quarter of gap_frames before it, or before the line stands still, if the
 * departure can be handed over then: the line goes on without a break.
 *
 * Return: the time in ns, CLOCK_MONOTONIC.
 * Context: dequeue, root lock held.
 */
u64 sluice_gap_wake_ns(const struct sluice_sched *q, u64 due_ns)
{
	u64 end_ns = pace_clock_departure_ns(&q->line) - q->launch_early_ns;

	if (pace_before(end_ns + q->config.gap_frames_ns, due_ns))
		return due_ns - q->launch_early_ns;
	return end_ns;
}

/* Is this gap to be left empty? The longer there was none, the shorter one will do. */
static bool sluice_gap_is_rest(const struct sluice_sched *q, u64 now_ns,
			       u64 gap_ns)
{
	u64 periods = div_u64(now_ns - q->line_stood_ns, SLUICE_GAP_REST_EVERY_NS);

	return periods && gap_ns >= SLUICE_GAP_REST_NS >> min_t(u64, periods - 1, 31);
}

/* The line begins anew before the departure, with a gap frame. */
static void sluice_gap_rest(struct sluice_sched *q, u64 at_ns, u64 due_ns)
{
	u64 resume_ns = min_t(u64, (due_ns - at_ns) / 2, SLUICE_GAP_RESUME_NS);

	sluice_gap_sleep(q, due_ns - resume_ns);
}

/* The frame whose turn it is on the line, or one that fills it; NULL: neither. */
static struct sk_buff *sluice_gap_next(struct Qdisc *sch, u64 now_ns, u64 at_ns)
{
	struct sluice_sched *q = qdisc_priv(sch);
	u32 n_ahead = q->n_ahead;
	struct sk_buff *skb;
	u64 due_ns;

	q->timer_due_ns = 0;
	skb = sluice_dequeue_ahead(sch, at_ns);
	due_ns = q->timer_due_ns;
	if (skb || !due_ns || pace_before(q->launch_until_ns, due_ns))
		return skb;
	/* A cut has taken its time: the line begins later than at @at_ns. */
	if (q->line_has_stood && q->n_ahead != n_ahead) {
		__netif_schedule(sch);
		return NULL;
	}
	if (likely(!sluice_gap_is_rest(q, now_ns, due_ns - at_ns)))
		skb = sluice_gap_fill(q, due_ns - at_ns);
	if (unlikely(!skb))
		sluice_gap_rest(q, at_ns, due_ns);
	return skb;
}

/*
 * The driver has the first frame of a line. If that took longer than it can, an
 * interrupt came between, and all that follow are late by it until the line stands
 * still. So then it does soon.
 */
static void sluice_gap_begun(struct sluice_sched *q, u64 now_ns)
{
	u64 took_ns = now_ns - q->line_began_ns;

	q->line_began_ns = 0;
	if (took_ns > q->line_began_in_ns + q->line_began_in_ns / 2)
		q->line_stood_ns = min(q->line_stood_ns,
				       now_ns - SLUICE_GAP_REST_EVERY_NS +
				       SLUICE_GAP_AGAIN_NS);
	/* The least of late; a processor may become slower. */
	q->line_began_in_ns = min(took_ns, q->line_began_in_ns +
					   q->line_began_in_ns / 16 + 1);
}

/*
 * The stack asks for all that byte queue limits have room for before it gives the
 * driver any of it, and the line may stand still meanwhile. So it shall have no more
 * when half of the time until then is over: the driver takes as long as this did.
 */
static bool sluice_gap_is_urgent(struct sluice_sched *q, u64 now_ns)
{
	if (q->line_is_held)
		return (s64)(q->line_given_ns - now_ns) <=
		       (s64)(now_ns - q->line_asked_ns);
	if (q->line_began_ns)
		sluice_gap_begun(q, now_ns);
	q->line_asked_ns = now_ns;
	q->line_given_ns = pace_clock_departure_ns(&q->line);
	return false;
}

/**
 * sluice_gap_dequeue - hand over the next frame of the line
 * @sch: the qdisc; it fills its line
 * @now_ns: the present
 *
 * Return: a frame of a flow if it is the line's turn for one, else one that fills the
 * gap until then, NULL if that is beyond gap_frames; the timer is set then.
 * Context: dequeue, root lock held.
 */
struct sk_buff *sluice_gap_dequeue(struct Qdisc *sch, u64 now_ns)
{
	struct sluice_sched *q = qdisc_priv(sch);
	struct sk_buff *skb;
	u64 at_ns;

	if (unlikely(!sluice_gap_recheck(q)))
		return sluice_launch_dequeue(sch, now_ns);
	if (sluice_gap_is_urgent(q, now_ns)) {
		q->line_is_held = false;
		__netif_schedule(sch);
		return NULL;
	}
	sluice_launch_judge(q, now_ns);
	at_ns = pace_clock_departure_ns(&q->line);
	q->line_has_stood = pace_before(at_ns, now_ns);
	if (pace_before(at_ns + SLUICE_GAP_STOOD_NS, now_ns))
		q->line_stood_ns = now_ns;
	q->line_is_short = !q->line_has_stood &&
			   (s64)(q->line_given_ns - now_ns) <
			   (s64)q->launch_early_ns / 2;
	pace_clock_not_before(&q->line, sluice_reached_ns(q, now_ns));
	at_ns = pace_clock_departure_ns(&q->line);
	q->launch_until_ns = now_ns + q->config.gap_frames_ns;
	if (pace_before(q->launch_until_ns, at_ns)) {
		q->line_is_held = false;
		q->timer_due_ns = at_ns;
		sluice_gap_sleep(q, at_ns - q->launch_early_ns);
		return NULL;
	}
	q->idle_until_ns = 0;
	skb = sluice_gap_next(sch, now_ns, at_ns);
	if (skb && q->line_has_stood)
		q->line_began_ns = now_ns;
	q->line_is_held = skb && sch->q.qlen && sluice_is_held_back(sch, skb);
	return skb;
}
