// SPDX-License-Identifier: GPL-2.0
/*
 * sluice: a qdisc that gives every frame a departure time.
 *
 * TCP hands over super-packets of up to 64 KB and a NIC sends each of them as a
 * train at line rate. fq spaces super-packets; the trains stay, and they
 * overflow the shallow buffers of switches though the average fits. sluice
 * takes the same super-packets, so the stack stays as cheap as it is, but cuts
 * them when they leave and spaces the frames:
 *
 *	flow	departure_i   = max(asked_i, clock)
 *		clock	      = departure_i + wire_bytes_i / flow rate	    (P1)
 *	device	departure     = max(flow departure, device clock)
 *		device clock  = departure + wire_bytes / device rate	    (P2)
 *
 *	enqueue -> flow FIFO of super-packets
 *		      | head has a departure time
 *		      v
 *		   timing wheel --(time has come)--> ring of due flows
 *						      | deficit round robin
 *	prompt FIFO (ACK, SYN, FIN, RST) ------------>| one frame each
 *						      v
 *					     device clock -> driver
 *
 * What it is not: a scheduler of classes. Fairness is by wire bytes among the
 * flows that are due at the same time, nothing else.
 *
 * Invariants P1 to P11 are numbered in docs/design.md and cited by number.
 *
 * Context: enqueue and dequeue run under the root lock with softirqs off; init,
 * change, reset and destroy under RTNL.
 */
#include <linux/ethtool.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/inet_ecn.h>
#include <net/tcp.h>

#include "sch_sluice_path.h"

/* As a root the qdisc has the lock itself; as a child its root has it. */
static void sluice_assert_locked(struct Qdisc *sch)
{
	if (sch->parent == TC_H_ROOT)
		lockdep_assert_held(qdisc_lock(sch));
}

/* Returns false when the flow's share of the FIFO is used up. */
static bool sluice_prompt_append(struct sluice_sched *q,
				 const struct sluice_flow *flow,
				 struct sk_buff *skb)
{
	u8 share = hash_long(flow->key, SLUICE_PROMPT_SHARE_BITS);
	u32 limit_pkts = max(q->config.flow_limit_pkts,
			     q->config.limit_pkts >> SLUICE_PROMPT_SHARE_SHIFT);

	if (unlikely(q->prompt_held_pkts[share] >= limit_pkts))
		return false;
	q->prompt_held_pkts[share]++;
	sluice_skb_cb(skb)->prompt_share = share;
	skb->next = NULL;
	if (q->prompt_head)
		q->prompt_tail->next = skb;
	else
		q->prompt_head = skb;
	q->prompt_tail = skb;
	q->idle_until_ns = 0;
	return true;
}

/* Let a flow wait for its first frame's time, or for its turn. */
static void sluice_flow_schedule(struct sluice_sched *q,
				 struct sluice_flow *flow, u64 now_ns)
{
	flow->node.due_ns = sluice_departure_ns(q, flow);
	if (pace_before(now_ns, flow->node.due_ns))
		pace_wheel_add(&q->wheel, &flow->node);
	else
		pace_ring_add_tail(&q->due_tail, &flow->node);
	q->idle_until_ns = 0;
}

/*
 * P6 and P5 together: an ACK has no place in the sequence of the data, so it
 * goes ahead; a FIN or RST stays behind the data that its flow still holds.
 */
static bool sluice_may_overtake(const struct sluice_flow *flow,
				const struct sk_buff *skb)
{
	return skb_is_tcp_pure_ack(skb) || flow->state == SLUICE_FLOW_IDLE;
}

static int sluice_enqueue_at(struct sk_buff *skb, struct Qdisc *sch,
			     struct sk_buff **to_free, u64 now_ns)
{
	struct sluice_sched *q = qdisc_priv(sch);
	struct sluice_flow *flow;

	if (unlikely(sch->q.qlen - q->n_behind >= sch->limit)) {
		q->stats.limit_dropped_pkts++;
		return sluice_compat_drop(skb, sch, to_free, OVERLIMIT);
	}

	if (skb_is_gso(skb))
		sluice_compat_count_segs(skb);
	sluice_departure_ask(q, skb, now_ns);
	sluice_skb_cb(skb)->is_prompt = sluice_skb_is_prompt(skb);
	sluice_skb_cb(skb)->is_behind = false;
	sluice_skb_cb(skb)->is_at_once = false;
	flow = sluice_flow_get(q, skb, now_ns);
	if (sluice_skb_cb(skb)->is_prompt && sluice_may_overtake(flow, skb)) {
		if (unlikely(!sluice_prompt_append(q, flow, skb)))
			goto flow_limit;
		if (unlikely(flow->may_smooth))
			sluice_smooth_prompt(flow, skb, now_ns);
		goto out;
	}
	if (unlikely(flow->queued_pkts >= q->config.flow_limit_pkts) &&
	    !sluice_smooth_is_spared(q, flow, skb, now_ns))
		goto flow_limit;

	sluice_flow_append(flow, skb);
	if (unlikely(flow->may_smooth))
		sluice_smooth_arrival(q, flow, skb, now_ns);
	if (flow->state == SLUICE_FLOW_IDLE) {
		sluice_flow_set_busy(q, flow);
		sluice_ahead_add(q, flow);
		if (unlikely(q->is_unusual)) {
			/* A burst in frames is as long as the rate makes it. */
			if (q->burst_is_set)
				sluice_departure_rate(q, flow, skb);
			now_ns = sluice_reached_ns(q, now_ns);
		}
		sluice_flow_schedule(q, flow, now_ns);
	}
out:
	q->stats.enqueued_pkts++;
	if (skb_is_gso(skb)) {
		q->stats.super_pkts++;
		q->stats.super_pkt_frames += sluice_skb_frames(skb);
	}
	qdisc_qstats_backlog_inc(sch, skb);
	qdisc_qlen_inc(sch);
	return NET_XMIT_SUCCESS;

flow_limit:
	q->stats.flow_limit_dropped_pkts++;
	return sluice_compat_drop(skb, sch, to_free, FLOW_LIMIT);
}

static int sluice_enqueue(struct sk_buff *skb, struct Qdisc *sch,
			  struct sk_buff **to_free)
{
	sluice_assert_locked(sch);
	return sluice_enqueue_at(skb, sch, to_free, ktime_get_ns());
}

/*
 * How late did the timer wake us? Late timers make flows fall behind, so they
 * may catch up by as much as the timers are late, and no more: that is the
 * burst when none is set. It grows at once and shrinks slowly.
 */
static __always_inline void sluice_timer_judge(struct sluice_sched *q,
					       u64 now_ns)
{
	u64 late_ns;

	if (!q->timer_due_ns || pace_before(now_ns, q->timer_due_ns))
		return;
	late_ns = now_ns - q->timer_due_ns;
	q->timer_due_ns = 0;
	q->stats.timer_wakeups++;
	sluice_burst_judge(q, late_ns);
}

/* May a frame leave now? Then the device is taken for it. */
static noinline bool sluice_device_is_ready(struct sluice_sched *q, u64 now_ns)
{
	bool is_ready;

	if (!q->device)
		return true;
	is_ready = sluice_device_take(q, now_ns, &q->timer_due_ns);
	sluice_timer_judge(q, now_ns);
	return is_ready;
}

/* What a device clock or launch times make of a frame. Returns when it was due. */
static noinline u64 sluice_send_unusual(struct sluice_sched *q,
					struct sk_buff *skb, u32 n_frames,
					u64 due_ns, u64 now_ns, u32 wire_bytes)
{
	if (q->device)
		due_ns = sluice_device_sent(q, due_ns, now_ns, wire_bytes);
	if (q->launch == SLUICE_LAUNCH_LINE)
		sluice_gap_sent(q, now_ns, wire_bytes);
	else if (q->launch)
		sluice_launch_stamp(q, skb, n_frames, now_ns);
	return due_ns;
}

/*
 * A frame leaves: the device's clock moves on, and all is written down. Returns
 * how late it is.
 */
static __always_inline u64 sluice_send(struct Qdisc *sch, struct sk_buff *skb,
				       u32 n_frames, u64 due_ns, u64 now_ns,
				       u32 wire_bytes)
{
	struct sluice_sched *q = qdisc_priv(sch);
	u64 late_ns;

	if (unlikely(q->is_unusual))
		due_ns = sluice_send_unusual(q, skb, n_frames, due_ns, now_ns,
					     wire_bytes);
	q->is_held_back = q->n_ahead && sluice_is_held_back(sch, skb);
	late_ns = sluice_stats_frame(q, skb, n_frames, due_ns, now_ns,
				     wire_bytes);
	qdisc_qstats_backlog_dec(sch, skb);
	qdisc_qlen_dec(sch);
	qdisc_bstats_update(sch, skb);
	return late_ns;
}

static void sluice_ce_mark(struct sluice_sched *q, struct sk_buff *skb)
{
	if (INET_ECN_set_ce(skb))
		q->stats.ce_threshold_marked_pkts++;
}

/*
 * A packet is judged when it begins to leave, and its segments go with it. TCP
 * asks for the first packets of a window in a burst, and for all of an initial
 * one, but it is its own rate that makes them wait: those count from the
 * departure that this rate gives them, as all do in fq.
 */
static noinline void sluice_ce_judge(struct sluice_sched *q,
				     struct sluice_flow *flow,
				     struct sk_buff *skb, u64 due_ns,
				     u64 now_ns)
{
	u64 held_ns = flow->is_own_pace ? now_ns - due_ns :
					  sluice_skb_held_ns(skb, now_ns);

	if (!sluice_skb_cb(skb)->is_behind)
		flow->is_over_threshold = held_ns > q->config.ce_threshold_ns;
	if (flow->is_over_threshold)
		sluice_ce_mark(q, skb);
}

static noinline struct sk_buff *sluice_dequeue_prompt(struct Qdisc *sch, u64 now_ns)
{
	struct sluice_sched *q = qdisc_priv(sch);
	struct sk_buff *skb = q->prompt_head;
	u32 n_frames = sluice_skb_frames(skb);

	q->prompt_head = skb->next;
	skb_mark_not_on_list(skb);
	q->prompt_held_pkts[sluice_skb_cb(skb)->prompt_share]--;
	q->prompt_had_turn = true;
	q->stats.prompt_frames++;
	if (sluice_skb_held_ns(skb, now_ns) > q->config.ce_threshold_ns)
		sluice_ce_mark(q, skb);
	sluice_send(sch, skb, n_frames, sluice_skb_cb(skb)->enqueued_ns, now_ns,
		    sluice_skb_wire_bytes(q, skb, n_frames));
	return skb;
}

/*
 * Prompt packets take turns with the flows that are due, and none goes into the
 * middle of a train.
 */
static bool sluice_prompt_has_turn(const struct sluice_sched *q)
{
	return !q->due_tail ||
	       (!q->prompt_had_turn &&
		!sluice_flow_is_in_train(sluice_flow_of(q->due_tail->next)));
}

/* The first due flow that has credit left, or is in the middle of a train. */
static struct sluice_flow *sluice_due_flow(struct sluice_sched *q)
{
	for (;;) {
		struct sluice_flow *flow = sluice_flow_of(q->due_tail->next);

		if (flow->credit_bytes > 0 || sluice_flow_is_in_train(flow))
			return flow;
		flow->credit_bytes += q->quantum_bytes;
		q->due_tail = q->due_tail->next;
	}
}

/* After a frame, or a drop: where does the flow go? */
static __always_inline void sluice_flow_settle(struct sluice_sched *q,
					       struct sluice_flow *flow,
					       u64 now_ns)
{
	if (!sluice_flow_first(flow)) {
		pace_ring_del(&q->due_tail, &flow->node);
		sluice_flow_set_idle(q, flow);
		return;
	}
	flow->node.due_ns = sluice_departure_ns(q, flow);
	if (pace_before(now_ns, flow->node.due_ns)) {
		pace_ring_del(&q->due_tail, &flow->node);
		pace_wheel_add(&q->wheel, &flow->node);
	}
}

/*
 * How long a frame takes of its flow's time. When the next one would be held for
 * too long by the gain, it goes at the rate that TCP itself wants, and one of a flow
 * without a rate goes at once (P11).
 */
static struct pace_span sluice_flow_span(const struct sluice_flow *flow,
					 u64 asked_ns, u64 now_ns,
					 u32 wire_bytes)
{
	struct pace_span span = pace_rate_span(&flow->rate, wire_bytes);

	if (flow->hold_max_ns &&
	    pace_before(asked_ns + flow->hold_max_ns, now_ns + span.ns) &&
	    flow->hold_gap_percent < 100) {
		span.ns = div_u64(span.ns * flow->hold_gap_percent, 100);
		span.frac_q32 = 0;
	}
	return span;
}

/*
 * On a device with a rate, and on a line that is filled, frames wait for those of other
 * flows. What they wait is made good as what late timers cost is, or flows that meet
 * again and again would lose rate (P3). A frame that came when the line was filled beyond
 * its time waits for that once.
 */
static noinline void sluice_flow_forgive_unusual(const struct sluice_sched *q,
						 struct sluice_flow *flow,
						 u64 due_ns, u64 now_ns)
{
	u64 credit_ns = sluice_catch_up_ns(q, &flow->rate);
	bool is_contended = q->device;

	if (q->launch == SLUICE_LAUNCH_LINE)
		is_contended = !pace_before(due_ns, q->launch_until_ns -
						    q->config.gap_frames_ns);
	if (is_contended && !q->burst_is_set)
		credit_ns = clamp_t(u64, now_ns - due_ns, credit_ns,
				    SLUICE_BURST_AUTO_MAX_NS);
	pace_clock_forgive(&flow->clock, now_ns, credit_ns);
}

static struct sk_buff *sluice_dequeue_flow(struct Qdisc *sch, u64 now_ns)
{
	struct sluice_sched *q = qdisc_priv(sch);
	struct sluice_flow *flow = sluice_due_flow(q);
	u64 due_ns = flow->node.due_ns;
	struct pace_span span;
	struct sk_buff *skb;
	u32 wire_bytes, n_frames;
	u64 late_ns;

	if (sluice_departure_rate(q, flow, sluice_flow_first(flow)))
		q->stats.initial_window_frames++;
	skb = sluice_flow_take(sch, flow, &now_ns);
	if (unlikely(!skb)) {
		sluice_flow_settle(q, flow, now_ns);
		return NULL;
	}

	q->prompt_had_turn = false;
	if (unlikely(q->config.ce_threshold_ns != SLUICE_CE_THRESHOLD_OFF))
		sluice_ce_judge(q, flow, skb, due_ns, now_ns);
	n_frames = sluice_skb_frames(skb);
	wire_bytes = sluice_skb_wire_bytes(q, skb, n_frames);
	flow->credit_bytes -= wire_bytes;
	span = sluice_flow_span(flow, sluice_skb_cb(skb)->asked_ns, now_ns,
				wire_bytes);
	sluice_stats_train(q, flow, n_frames, now_ns, span.ns);
	if (!sluice_skb_cb(skb)->is_prompt) {
		if (unlikely(q->is_unusual))
			sluice_flow_forgive_unusual(q, flow, due_ns, now_ns);
		else
			pace_clock_forgive(&flow->clock, now_ns, q->burst_auto_ns);
		pace_clock_advance_by(&flow->clock, span);
	}
	flow->sent_ns = now_ns;
	sluice_flow_settle(q, flow, now_ns);
	if (unlikely(flow->smoothing))
		sluice_smooth_sent(q, flow, skb, n_frames, due_ns);
	late_ns = sluice_send(sch, skb, n_frames, due_ns, now_ns, wire_bytes);
	sluice_stats_flow(flow, n_frames, wire_bytes, late_ns);
	return skb;
}

/*
 * Who else has a say when the qdisc wakes up: others that share its device, a device
 * that keeps departures, and those who want few timers. Returns false if the timer is
 * not needed.
 */
static noinline bool sluice_sleep_unusual(struct sluice_sched *q, u64 now_ns,
					  u64 *wake_ns)
{
	u64 due_ns = *wake_ns;

	if (q->device && !sluice_device_sleep(q, now_ns, wake_ns))
		return false;
	q->timer_due_ns = *wake_ns;
	/* The departures until then are handed over now. */
	if (!pace_before(q->launch_until_ns, *wake_ns))
		return false;
	if (q->launch == SLUICE_LAUNCH_LINE)
		*wake_ns = sluice_gap_wake_ns(q, *wake_ns);
	else if (q->launch)
		*wake_ns -= q->launch_early_ns;
	/* The clock of a device makes nothing good (P2), so it is served in time. */
	else if (*wake_ns == due_ns && pace_before(now_ns, due_ns))
		*wake_ns += q->config.timer_slack_ns;
	/* A shared device has its own way to wake a qdisc. */
	if (!q->device)
		q->idle_until_ns = *wake_ns;
	return true;
}

/* Nothing may leave now: wake up when something may, or be woken. */
static void sluice_sleep(struct sluice_sched *q, u64 now_ns)
{
	u64 wake_ns = now_ns;

	if (!q->due_tail && !q->prompt_head &&
	    !pace_wheel_next_ns(&q->wheel, &wake_ns))
		return;
	if (unlikely(q->is_unusual)) {
		if (!sluice_sleep_unusual(q, now_ns, &wake_ns))
			return;
	} else {
		q->timer_due_ns = wake_ns;
		q->idle_until_ns = wake_ns;
	}
	qdisc_watchdog_schedule_range_ns(&q->watchdog, wake_ns, 0);
}

/* The next frame, if one may leave; else the timer is set. */
static noinline struct sk_buff *sluice_dequeue_due(struct Qdisc *sch,
						   u64 now_ns)
{
	struct sluice_sched *q = qdisc_priv(sch);

	sluice_timer_judge(q, now_ns);
	while (likely(!q->is_unusual) || sluice_device_is_ready(q, now_ns)) {
		struct sk_buff *skb;

		pace_wheel_advance(&q->wheel, now_ns, &q->due_tail);
		if (q->prompt_head && sluice_prompt_has_turn(q))
			return sluice_dequeue_prompt(sch, now_ns);
		if (!q->due_tail)
			break;
		skb = sluice_dequeue_flow(sch, now_ns);
		if (likely(skb))
			return skb;
	}
	if (unlikely(q->device))
		sluice_device_release(q);
	sluice_sleep(q, now_ns);
	if (q->n_ahead)
		sluice_cut_ahead(sch, now_ns);
	q->is_held_back = false;
	return NULL;
}

/**
 * sluice_dequeue_ahead - the next frame at a time to come
 * @sch: the qdisc
 * @at_ns: the time, up to which departures are kept behind the qdisc
 *
 * Return: the frame; NULL if none is due, the timer is set if it is needed then.
 * Context: dequeue, root lock held.
 */
struct sk_buff *sluice_dequeue_ahead(struct Qdisc *sch, u64 at_ns)
{
	return sluice_dequeue_due(sch, at_ns);
}

/*
 * The stack asks again behind every frame, and when the device has made room.
 * Nothing came since the timer was set, it is still to fire and will wake the
 * qdisc, and there is nothing to cut: then there is nothing to look at.
 */
static bool sluice_is_idle(struct sluice_sched *q, u64 now_ns)
{
	return pace_before(now_ns, q->idle_until_ns) && !q->n_ahead &&
	       hrtimer_is_queued(&q->watchdog.timer);
}

static struct sk_buff *sluice_dequeue_at(struct Qdisc *sch, u64 now_ns)
{
	struct sluice_sched *q = qdisc_priv(sch);

	if (sluice_is_idle(q, now_ns))
		return NULL;
	if (unlikely(q->launch))
		return q->launch == SLUICE_LAUNCH_LINE ?
		       sluice_gap_dequeue(sch, now_ns) :
		       sluice_launch_dequeue(sch, now_ns);
	return sluice_dequeue_due(sch, now_ns);
}

static struct sk_buff *sluice_dequeue(struct Qdisc *sch)
{
	sluice_assert_locked(sch);
	if (!sch->q.qlen)
		return NULL;
	return sluice_dequeue_at(sch, ktime_get_ns());
}

static void sluice_reset(struct Qdisc *sch)
{
	struct sluice_sched *q = qdisc_priv(sch);

	sluice_list_purge(sch, q->prompt_head, q->prompt_tail);
	q->prompt_head = NULL;
	q->prompt_tail = NULL;
	memset(q->prompt_held_pkts, 0, sizeof(q->prompt_held_pkts));
	sluice_flows_reset(sch);
	sluice_device_step_back(q);
	sluice_launch_reset(q);
	q->line_is_held = false;
	q->timer_due_ns = 0;
	WRITE_ONCE(sch->q.qlen, 0);
	WRITE_ONCE(sch->qstats.backlog, 0);
	qdisc_watchdog_cancel(&q->watchdog);
}

static int sluice_change(struct Qdisc *sch, struct nlattr *opt,
			 struct netlink_ext_ack *extack)
{
	struct sluice_sched *q = qdisc_priv(sch);
	struct sluice_config config;
	int err;

	ASSERT_RTNL();
	sch_tree_lock(sch);
	config = q->config;
	sch_tree_unlock(sch);
	err = sluice_options_parse(&config, opt, extack);
	if (err)
		return err;
	return sluice_options_apply(sch, &config, extack);
}

static int sluice_init(struct Qdisc *sch, struct nlattr *opt,
		       struct netlink_ext_ack *extack)
{
	struct sluice_sched *q = qdisc_priv(sch);

	q->sch = sch;
	sluice_options_attach(q);
	INIT_LIST_HEAD(&q->device_line);
	INIT_LIST_HEAD(&q->gap_link);
	sluice_launch_init(q);
	qdisc_watchdog_init(&q->watchdog, sch);
	q->wheel.now_ns = ktime_get_ns();
	sluice_flows_init(q);
	sluice_options_default(&q->config);
	if (opt)
		return sluice_change(sch, opt, extack);
	return sluice_options_apply(sch, &q->config, extack);
}

static void sluice_destroy(struct Qdisc *sch)
{
	struct sluice_sched *q = qdisc_priv(sch);

	sluice_options_detach(q);
	qdisc_watchdog_cancel(&q->watchdog);
	sluice_device_step_back(q);
	sluice_device_put(q->device);
	sluice_gap_end(q);
	sluice_launch_end(q);
	sluice_table_free(&q->table);
}

static struct Qdisc_ops sluice_qdisc_ops __read_mostly = {
	.cl_ops		= &sluice_class_ops,
	.id		= "sluice",
	.priv_size	= sizeof(struct sluice_sched),
	.enqueue	= sluice_enqueue,
	.dequeue	= sluice_dequeue,
	.peek		= qdisc_peek_dequeued,
	.init		= sluice_init,
	.reset		= sluice_reset,
	.destroy	= sluice_destroy,
	.change		= sluice_change,
	.change_real_num_tx = sluice_launch_change_queues,
	.dump		= sluice_options_dump,
	.dump_stats	= sluice_stats_dump,
	.owner		= THIS_MODULE,
};

#ifndef SLUICE_KUNIT
MODULE_ALIAS_NET_SCH("sluice");

static int __init sluice_module_init(void)
{
	int err = sluice_options_register();

	if (err)
		return err;
	err = sluice_gap_register();
	if (err)
		goto err_options;
	err = register_qdisc(&sluice_qdisc_ops);
	if (err)
		goto err_gap;
	return 0;

err_gap:
	sluice_gap_unregister();
err_options:
	sluice_options_unregister();
	return err;
}

static void __exit sluice_module_exit(void)
{
	unregister_qdisc(&sluice_qdisc_ops);
	sluice_gap_unregister();
	sluice_options_unregister();
}

module_init(sluice_module_init)
module_exit(sluice_module_exit)
MODULE_DESCRIPTION("Per-frame pacing qdisc");
MODULE_LICENSE("GPL");
/* Whoever packs the module says so. It also gives modinfo a srcversion. */
#ifdef SLUICE_VERSION
MODULE_VERSION(SLUICE_VERSION);
#endif
#endif
