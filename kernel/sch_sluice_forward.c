// SPDX-License-Identifier: GPL-2.0
/*
 * A spacing for flows that bring none: those of guests and forwarded ones.
 *
 * A guest hands its host super-packets of up to 64 KB, and what a router takes in
 * comes out of GRO as such. No socket of this host stands behind them, so nobody
 * says how fast they mean to go, and without a rate they leave as trains. The
 * guest could say it, but the host would have to trust it. So the rate is taken
 * from what comes, and only from that, see core/smooth.h:
 *
 *	a steady flow	leaves evenly at its own mean, whatever its super-packets
 *	a lone burst	is spread over the forward time
 *	a lone frame	waits for nothing
 *
 * P11: no frame is held longer than the forward time by this. It holds by the
 * arithmetic, and where that was upset, by a device that was blocked or a limit
 * that was lower, a frame of that age goes at once. Nor is one lost by it: a flow,
 * or a qdisc, that is half full goes as fast as it can. maxrate holds in any case.
 */
#include "sch_sluice_path.h"

/* Held for longer, it would fill what others or its own next packets need. */
static bool sluice_forward_is_crowded(const struct sluice_sched *q,
				      const struct sluice_flow *flow)
{
	return flow->queued_pkts > q->config.flow_limit_pkts / 2 ||
	       q->sch->q.qlen - q->n_behind > q->config.limit_pkts / 2;
}

/* Sockets have a rate of their own, or mean to have none. */
static bool sluice_forward_is_meant(const struct sluice_sched *q,
				    const struct sk_buff *skb)
{
	if (!q->config.forward_ns || sluice_skb_is_local(skb))
		return false;
	return !skb->sk ||
	       READ_ONCE(skb->sk->sk_pacing_status) == SK_PACING_NONE;
}

/*
 * A flow goes on that waits for its clock, and neither for a time that was asked
 * for nor, it may be, for a ceiling.
 */
static void sluice_forward_hurry(struct sluice_sched *q,
				 struct sluice_flow *flow, u64 now_ns)
{
	if (flow->state == SLUICE_FLOW_IDLE || q->config.maxrate_bytes_ps ||
	    !pace_before(now_ns, flow->node.due_ns) ||
	    pace_before(now_ns, sluice_skb_cb(sluice_flow_first(flow))->asked_ns))
		return;
	flow->clock.next_ns = now_ns;
	flow->clock.next_frac_q32 = 0;
	sluice_flow_pull(q, flow, now_ns);
}

/**
 * sluice_forward_arrival - take note of a packet of a flow that may be forwarded
 * @q: the qdisc
 * @flow: a flow without a connected socket, the packet its last; it is idle still
 *	if that is its first
 * @skb: the packet
 * @now_ns: the present
 *
 * Context: enqueue, root lock held.
 */
void sluice_forward_arrival(struct sluice_sched *q, struct sluice_flow *flow,
			    const struct sk_buff *skb, u64 now_ns)
{
	u32 wire_bytes;

	if (!sluice_forward_is_meant(q, skb) || sluice_skb_cb(skb)->is_prompt)
		return;
	wire_bytes = sluice_skb_wire_bytes(q, skb, sluice_skb_frames(skb));
	pace_smooth_add(&flow->forward, &q->forward, wire_bytes, now_ns,
			flow->state == SLUICE_FLOW_IDLE);
	if (unlikely(sluice_forward_is_crowded(q, flow)))
		sluice_forward_hurry(q, flow, sluice_reached_ns(q, now_ns));
}

/* What remains of a gap when its frame is overdue: that of the ceiling, or none. */
static u8 sluice_forward_least_gap_percent(const struct sluice_sched *q,
					   u64 rate_bytes_ps)
{
	u64 max_bytes_ps = q->config.maxrate_bytes_ps;

	if (likely(!max_bytes_ps))
		return 0;
	return min(div64_u64(rate_bytes_ps * 100, max_bytes_ps) + 1, 100ULL);
}

/**
 * sluice_forward_rate - bring the rate of a forwarded flow up to date
 * @q: the qdisc
 * @flow: a flow without a connected socket
 * @skb: its first packet
 *
 * Return: true if the packet is a forwarded one: the rate is set; false if the
 * rate is for others to say.
 * Context: dequeue, root lock held.
 */
bool sluice_forward_rate(struct sluice_sched *q, struct sluice_flow *flow,
			 const struct sk_buff *skb)
{
	u64 max_bytes_ps = q->config.maxrate_bytes_ps ?: PACE_RATE_UNLIMITED;
	u64 rate_bytes_ps;

	flow->is_forwarded = false;
	if (!q->config.forward_ns || !(flow->key & 1) ||
	    !flow->forward.rate_bytes || sluice_skb_is_local(skb))
		return false;
	flow->config_serial = 0;
	flow->is_initial = false;
	sluice_flow_no_gain(flow);
	rate_bytes_ps = pace_smooth_rate(&flow->forward, &q->forward);
	flow->is_forwarded = rate_bytes_ps < max_bytes_ps;
	flow->is_own_pace = flow->is_forwarded;
	if (flow->is_forwarded)
		flow->hold_max_ns = q->config.forward_ns;
	if (!flow->is_forwarded || sluice_forward_is_crowded(q, flow))
		rate_bytes_ps = max_bytes_ps;
	flow->hold_gap_percent = sluice_forward_least_gap_percent(q,
								rate_bytes_ps);
	if (flow->rate.bytes_ps != rate_bytes_ps)
		pace_rate_set(&flow->rate, rate_bytes_ps);
	return true;
}

/**
 * sluice_forward_sent - count a frame that was held to leave evenly
 * @q: the qdisc
 * @skb: the frame of a forwarded flow, or a super-packet that leaves uncut
 * @n_frames: from sluice_skb_frames()
 * @due_ns: its departure
 *
 * Context: dequeue, root lock held.
 */
void sluice_forward_sent(struct sluice_sched *q, const struct sk_buff *skb,
			 u32 n_frames, u64 due_ns)
{
	if (pace_before(sluice_skb_cb(skb)->asked_ns, due_ns))
		q->stats.forward_held_frames += n_frames;
}
