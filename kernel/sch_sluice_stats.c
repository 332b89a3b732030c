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
 * sluice_link_speed_mbits_ps - how fast a device says that its link is
 * @dev: the device
 *
 * Return: Mb/s, 0 if it does not say.
 * Context: RTNL and, where there is one, the device's lock held; may sleep.
 */
u32 sluice_link_speed_mbits_ps(struct net_device *dev)
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
	/* Who is asked to take an option back leaves the list as well. */
	stats->gap_is_ended = !list_empty(&q->gap_link) &&
			      !q->config.gap_frames_ns;
	stats->offload_is_ended = !list_empty(&q->launch_link) &&
				  (!q->config.offload_horizon_ns ||
				   !READ_ONCE(q->launch_n_queues));
	sch_tree_unlock(sch);
	stats->link_speed_mbits_ps = sluice_link_speed_mbits_ps(qdisc_dev(sch));
	err = gnet_stats_copy_app(d, stats, sizeof(*stats));
	kfree(stats);
	return err;
}
