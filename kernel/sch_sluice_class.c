// SPDX-License-Identifier: GPL-2.0
/*
 * The flows, shown as classes of the qdisc. They can be listed and nothing else:
 * none is found by its number, made, changed, filtered to, or given a qdisc of
 * its own, so tc refuses all of that by itself.
 *
 * A dump goes through the table bucket by bucket, and takes the root lock for
 * one flow at a time, or for a stretch of empty buckets. Between two of them the
 * table may change: a flow that comes or goes then is shown or not, and one
 * that stands behind it in its bucket may be shown twice or not at all. How many
 * there are says the qdisc.
 *
 * qdisc_walker.count is the place where the next message of the dump goes on:
 *
 *	place = bucket << 9 | flows of that bucket that were shown
 */
#include <linux/sched.h>
#include <net/gen_stats.h>
#include <net/netlink.h>
#include <net/sch_generic.h>

#include "sch_sluice.h"

/* A bucket with more flows than that shows the first of them. */
#define SLUICE_PLACE_BITS	9
#define SLUICE_PLACE_NTH_MAX	((1U << SLUICE_PLACE_BITS) - 1)
/* Buckets that are looked at under one lock: 32 cache lines. */
#define SLUICE_BUCKETS_PER_LOCK	256

/**
 * struct sluice_class - a copy of a flow, which is what the core calls a class
 * @xstats: what is dumped
 * @minor: the number of its class, 1 to 65535: that of its bucket. Flows of one
 *	bucket share it, and so do those of every 65535th
 */
struct sluice_class {
	struct tc_sluice_flow_xstats xstats;
	u16 minor;
};

static void sluice_class_copy(const struct sluice_sched *q,
			      const struct sluice_flow *flow,
			      struct tc_sluice_flow_xstats *xstats)
{
	const struct sk_buff *first = sluice_flow_first(flow);
	u64 now_ns = ktime_get_ns();

	memset(xstats, 0, sizeof(*xstats));
	/* Keys of flows with a socket are addresses: nobody's business. */
	if (flow->key & 1)
		xstats->hash = flow->key >> 1;
	else
		xstats->socket_cookie = flow->socket_cookie;
	if (sluice_flow_has_asked(flow) && flow->asked_bytes_ps != (u64)~0UL)
		xstats->asked_bytes_ps = flow->asked_bytes_ps;
	if (flow->rate.bytes_ps != PACE_RATE_UNLIMITED)
		xstats->rate_bytes_ps = flow->rate.bytes_ps;
	xstats->sent_frames = flow->sent_frames;
	xstats->sent_wire_bytes = flow->sent_wire_bytes;
	xstats->lateness_sum_ns = flow->lateness_sum_ns;
	xstats->lateness_max_ns = flow->lateness_max_ns;
	xstats->gain_percent = flow->gain_percent;
	xstats->hold_max_ns = flow->hold_max_ns;
	if (flow->is_initial)
		xstats->flags |= SLUICE_FLOW_INITIAL_WINDOW;
	if (!first)
		return;
	xstats->queued_pkts = flow->queued_pkts + !!flow->frames;
	xstats->hold_ns = now_ns - sluice_skb_cb(first)->enqueued_ns;
	xstats->departure_delta_ns = flow->node.due_ns - now_ns;
	/* Until a dequeue has moved it, one whose time has come waits too. */
	xstats->flags |= pace_before(q->wheel.now_ns, flow->node.due_ns) ?
			 SLUICE_FLOW_WAITING : SLUICE_FLOW_DUE;
}

/*
 * Copy the first flow at or behind a place, which moves there. Returns false
 * when a stretch of buckets had none, or the table ends.
 */
static bool sluice_class_find(struct Qdisc *sch, u32 *place,
			      struct sluice_class *class)
{
	struct sluice_sched *q = qdisc_priv(sch);
	u32 nth = *place & SLUICE_PLACE_NTH_MAX;
	u32 bucket = *place >> SLUICE_PLACE_BITS;
	struct sluice_flow *flow = NULL;
	u32 end;

	sch_tree_lock(sch);
	end = min_t(u64, 1ULL << (64 - q->table.shift),
		    bucket + SLUICE_BUCKETS_PER_LOCK);
	for (; !flow && bucket < end; bucket++, nth = 0) {
		u32 n;

		flow = q->table.buckets[bucket];
		for (n = 0; flow && n < nth; n++)
			flow = flow->hash_next;
		*place = bucket << SLUICE_PLACE_BITS | nth;
	}
	if (flow) {
		sluice_class_copy(q, flow, &class->xstats);
		class->minor = 1 + (*place >> SLUICE_PLACE_BITS) % U16_MAX;
	} else {
		*place = bucket << SLUICE_PLACE_BITS;
	}
	sch_tree_unlock(sch);
	return flow;
}

static bool sluice_class_is_end(struct Qdisc *sch, u32 place)
{
	struct sluice_sched *q = qdisc_priv(sch);

	/* Its size changes under RTNL only. */
	return (place >> SLUICE_PLACE_BITS) >= 1ULL << (64 - q->table.shift);
}

static void sluice_class_walk(struct Qdisc *sch, struct qdisc_walker *arg)
{
	struct sluice_class class;
	u32 place = arg->skip;

	BUILD_BUG_ON(sizeof(class.xstats) >= SLUICE_FLOW_XSTATS_LIMIT_BYTES);
	while (!arg->stop && !sluice_class_is_end(sch, place)) {
		cond_resched();
		if (!sluice_class_find(sch, &place, &class))
			continue;
		if (arg->fn(sch, (unsigned long)&class, arg) < 0)
			arg->stop = 1;
		else if ((place & SLUICE_PLACE_NTH_MAX) < SLUICE_PLACE_NTH_MAX)
			place++;
		else
			place = ((place >> SLUICE_PLACE_BITS) + 1) <<
				SLUICE_PLACE_BITS;
	}
	arg->count = place;
}

static int sluice_class_dump(struct Qdisc *sch, unsigned long cl,
			     struct sk_buff *skb, struct tcmsg *tcm)
{
	const struct sluice_class *class = (void *)cl;

	tcm->tcm_handle |= class->minor;
	return 0;
}

static int sluice_class_dump_stats(struct Qdisc *sch, unsigned long cl,
				   struct gnet_dump *d)
{
	struct sluice_class *class = (void *)cl;

	return gnet_stats_copy_app(d, &class->xstats, sizeof(class->xstats));
}

/* No number names a class: requests for one end here, as "not found". */
static unsigned long sluice_class_find_none(struct Qdisc *sch, u32 classid)
{
	return 0;
}

static struct Qdisc *sluice_class_leaf(struct Qdisc *sch, unsigned long cl)
{
	return NULL;
}

const struct Qdisc_class_ops sluice_class_ops = {
	.leaf		= sluice_class_leaf,
	.find		= sluice_class_find_none,
	.walk		= sluice_class_walk,
	.dump		= sluice_class_dump,
	.dump_stats	= sluice_class_dump_stats,
};
