// SPDX-License-Identifier: GPL-2.0
/*
 * What the qdisc knows of itself: counters and three histograms (P8).
 *
 *	lateness  departure - departure time, of frames that had to wait
 *	hold	  departure - arrival
 *	train	  frames of a flow that left closer together than half their gap
 */
#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <net/gen_stats.h>

#include "sch_sluice.h"

/**
 * sluice_stats_frame - write down a frame that leaves
 * @q: the qdisc
 * @skb: the frame, or a super-packet that leaves uncut
 * @due_ns: when it should have left
 * @now_ns: when it does
 * @wire_bytes: its L1 bytes
 *
 * Context: dequeue, root lock held.
 */
void sluice_stats_frame(struct sluice_sched *q, const struct sk_buff *skb,
			u64 due_ns, u64 now_ns, u32 wire_bytes)
{
	u64 enqueued_ns = sluice_skb_cb(skb)->enqueued_ns;
	struct tc_sluice_xstats *stats = &q->stats;

	stats->sent_frames += skb_is_gso(skb) ? skb_shinfo(skb)->gso_segs : 1;
	stats->sent_wire_bytes += wire_bytes;
	stats->hold_ns_hist[pace_hist_bucket(now_ns - enqueued_ns,
					     SLUICE_HIST_TIME_BUCKETS)]++;
	/* It never had to wait: the time in the stack is no lateness. */
	if (!pace_before(enqueued_ns, due_ns))
		return;
	stats->lateness_ns_hist[pace_hist_bucket(now_ns - due_ns,
						 SLUICE_HIST_TIME_BUCKETS)]++;
	if (now_ns != due_ns)
		stats->late_frames++;
	if (now_ns - due_ns > stats->lateness_max_ns)
		stats->lateness_max_ns = now_ns - due_ns;
}

/**
 * sluice_stats_train - follow the trains of a flow
 * @q: the qdisc
 * @flow: the flow, before its clock accounts for the frame
 * @now_ns: when the frame leaves
 * @wire_bytes: its L1 bytes
 *
 * A flow without a rate has no gap that a train could lack.
 *
 * Context: dequeue, root lock held.
 */
void sluice_stats_train(struct sluice_sched *q, struct sluice_flow *flow,
			u64 now_ns, u32 wire_bytes)
{
	u64 gap_ns = pace_rate_span(&flow->rate, wire_bytes).ns;

	if (!gap_ns)
		return;
	if (flow->train_frames && now_ns - flow->sent_ns < gap_ns / 2) {
		flow->train_frames++;
		return;
	}
	if (flow->train_frames)
		q->stats.train_frames_hist[pace_hist_bucket(flow->train_frames,
						SLUICE_HIST_TRAIN_BUCKETS)]++;
	flow->train_frames = 1;
}

static u32 sluice_link_speed_mbits_ps(struct net_device *dev)
{
	struct ethtool_link_ksettings settings;

	ASSERT_RTNL();
	if (sluice_compat_link_ksettings(dev, &settings) ||
	    settings.base.speed == (u32)SPEED_UNKNOWN)
		return 0;
	return settings.base.speed;
}

/**
 * sluice_stats_dump - Qdisc_ops.dump_stats
 * @sch: the qdisc
 * @d: where to dump
 *
 * Return: 0 or -errno.
 * Context: RTNL and, where there is one, the device's lock held; takes the root
 * lock.
 */
int sluice_stats_dump(struct Qdisc *sch, struct gnet_dump *d)
{
	struct sluice_sched *q = qdisc_priv(sch);
	struct tc_sluice_xstats *stats;
	int err;

	/* Too large for the stack; gnet_stats_copy_app() copies it. */
	stats = kmalloc(sizeof(*stats), GFP_KERNEL);
	if (!stats)
		return -ENOMEM;
	sch_tree_lock(sch);
	*stats = q->stats;
	stats->burst_now_ns = q->burst_auto_ns;
	stats->flows = q->n_flows;
	stats->flows_waiting = q->wheel.n_nodes;
	stats->flows_due = q->n_flows - q->n_idle - q->wheel.n_nodes;
	sch_tree_unlock(sch);
	stats->link_speed_mbits_ps = sluice_link_speed_mbits_ps(qdisc_dev(sch));
	err = gnet_stats_copy_app(d, stats, sizeof(*stats));
	kfree(stats);
	return err;
}
