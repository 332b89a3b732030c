// SPDX-License-Identifier: GPL-2.0
/*
 * A spacing for flows that bring none.
 *
 * A guest hands its host super-packets of up to 64 KB, and what a router takes in
 * comes out of GRO as such. No socket of this host stands behind them, so nobody
 * says how fast they mean to go, and without a rate they leave as trains. The
 * guest could say it, but the host would have to trust it. A program that hands
 * all of a video frame to a UDP socket at once says nothing either. So the rate is
 * taken from what comes, and only from that, see core/smooth.h, over a time that
 * is set by the option forward for the ones and by smooth for the others; with forward
 * auto it is a part of each flow's round trip, see core/path.h:
 *
 *	a steady flow	leaves evenly at its own mean, whatever its super-packets
 *	a lone burst	is spread over the time
 *	a lone frame	waits for nothing
 *
 * P11: no frame is held longer than that time by this. It holds by the arithmetic,
 * and where that was upset, by a device that was blocked or a limit that was lower,
 * a frame of that age goes at once. Nor is one lost by it: where room gets scarce,
 * what is held goes as fast as it can. maxrate holds in any case.
 */
#include "sch_sluice_path.h"

/*
 * Held for longer, it would fill what others or its own next packets need. A local
 * socket feels it in its send buffer, so only others have to be thought of.
 */
static bool sluice_smooth_is_crowded(const struct sluice_sched *q,
				     const struct sluice_flow *flow,
				     enum sluice_smoothing smoothing)
{
	if (smoothing == SLUICE_SMOOTH_FORWARD &&
	    flow->queued_pkts > q->config.flow_limit_pkts / 2)
		return true;
	return q->sch->q.qlen - q->n_behind > q->config.limit_pkts / 2;
}

/* Neither a rate of its own (SO_MAX_PACING_RATE) nor departures (SO_TXTIME). */
static bool sluice_sock_is_plain_udp(const struct sock *sk)
{
	return sk->sk_type == SOCK_DGRAM && sk->sk_protocol == IPPROTO_UDP &&
	       READ_ONCE(sk->sk_pacing_rate) == ~0UL &&
	       !sock_flag(sk, SOCK_TXTIME);
}

/*
 * Whose time a packet falls under. Other sockets mean to have no rate, or have one, as
 * all that are connected, see sluice_flow_adopt(): a forwarded flow has a path.
 */
static enum sluice_smoothing sluice_smooth_kind(const struct sluice_sched *q,
						const struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;

	if (sluice_skb_is_local(skb))
		return q->config.smooth_ns && sluice_sock_is_plain_udp(sk) ?
		       SLUICE_SMOOTH_LOCAL : SLUICE_SMOOTH_NONE;
	if (!q->config.forward_ns ||
	    (sk && READ_ONCE(sk->sk_pacing_status) != SK_PACING_NONE))
		return SLUICE_SMOOTH_NONE;
	return SLUICE_SMOOTH_FORWARD;
}

static const struct pace_smooth_params *
sluice_smooth_params(const struct sluice_sched *q,
		     const struct sluice_flow *flow,
		     enum sluice_smoothing smoothing)
{
	if (smoothing == SLUICE_SMOOTH_LOCAL)
		return &q->smooth;
	return &q->forward[flow->path.time];
}

static u64 sluice_smooth_time_ns(const struct sluice_sched *q,
				 const struct sluice_flow *flow,
				 enum sluice_smoothing smoothing)
{
	if (smoothing == SLUICE_SMOOTH_LOCAL)
		return q->config.smooth_ns;
	if (q->config.forward_ns == SLUICE_FORWARD_AUTO)
		return pace_path_time_ns(flow->path.time);
	return q->config.forward_ns;
}

/* What a packet tells of the path of its flow. */
static void sluice_smooth_follow(struct sluice_flow *flow, u32 wire_bytes,
				 u64 now_ns)
{
	int time = flow->path.time;

	pace_path_answered(&flow->path, now_ns);
	pace_path_add(&flow->path, wire_bytes, now_ns,
		      now_ns - flow->came.last_ns);
	if (flow->path.time != time)
		pace_smooth_change(&flow->came, (int)flow->path.time - time);
}

/**
 * sluice_smooth_prompt - take note of a packet that waits for nothing
 * @flow: a flow that may be smoothed
 * @skb: its TCP segment without payload
 * @now_ns: the present
 *
 * Context: enqueue, root lock held.
 */
void sluice_smooth_prompt(struct sluice_flow *flow, const struct sk_buff *skb,
			  u64 now_ns)
{
	if (!(flow->key & 1))
		return;
	if (sluice_skb_is_syn(skb))
		pace_path_ask(&flow->path, now_ns);
	else
		pace_path_answered(&flow->path, now_ns);
}

/**
 * sluice_smooth_is_spared - may a flow hold a packet more than flow_limit
 * @q: the qdisc
 * @flow: a flow that holds as many
 * @skb: one more
 * @now_ns: the present
 *
 * A burst of a local socket that is spread is no queue, and the socket's send
 * buffer bounds it. Once its first packet is overdue something else holds it.
 *
 * Return: true if so.
 * Context: enqueue, root lock held.
 */
bool sluice_smooth_is_spared(const struct sluice_sched *q,
			     const struct sluice_flow *flow,
			     const struct sk_buff *skb, u64 now_ns)
{
	return sluice_smooth_kind(q, skb) == SLUICE_SMOOTH_LOCAL &&
	       sluice_skb_held_ns(sluice_flow_first(flow), now_ns) <=
		       q->config.smooth_ns;
}

/*
 * Does it wait for its clock, and neither for a time that was asked for nor, it may
 * be, for a ceiling?
 */
static bool sluice_smooth_waits(const struct sluice_sched *q,
				const struct sluice_flow *flow, u64 now_ns)
{
	return flow->state == SLUICE_FLOW_BUSY && !q->config.maxrate_bytes_ps &&
	       pace_before(now_ns, flow->node.due_ns) &&
	       !pace_before(now_ns,
			    sluice_skb_cb(sluice_flow_first(flow))->asked_ns);
}

static void sluice_smooth_hurry(struct sluice_sched *q,
				struct sluice_flow *flow, u64 now_ns,
				u64 due_ns)
{
	flow->clock.next_ns = due_ns;
	flow->clock.next_frac_q32 = 0;
	sluice_flow_pull(q, flow, now_ns, due_ns);
}

/*
 * The gap behind a lone frame was made for it alone. If the first of many leaves
 * before the others are there, it would be theirs, too, and the last of them would
 * have to leave at once.
 */
static void sluice_smooth_shorten(struct sluice_sched *q,
				  struct sluice_flow *flow,
				  const struct pace_smooth_params *params,
				  u64 now_ns)
{
	u64 rate_bytes_ps = pace_smooth_rate(&flow->came, params);
	u64 gap_ns = flow->clock.next_ns - flow->sent_ns;

	if (rate_bytes_ps >> 1 < flow->rate.bytes_ps)
		return;
	gap_ns = div64_u64(gap_ns, div64_u64(rate_bytes_ps,
					     flow->rate.bytes_ps));
	pace_rate_set(&flow->rate, rate_bytes_ps);
	sluice_smooth_hurry(q, flow, now_ns,
			    pace_later_of(now_ns, flow->sent_ns + gap_ns));
}

/**
 * sluice_smooth_arrival - take note of a packet of a flow that may have no rate
 * @q: the qdisc
 * @flow: a flow that may be smoothed, the packet its last; it is idle still if that
 *	is its first
 * @skb: the packet
 * @now_ns: the present
 *
 * Context: enqueue, root lock held.
 */
void sluice_smooth_arrival(struct sluice_sched *q, struct sluice_flow *flow,
			   const struct sk_buff *skb, u64 now_ns)
{
	enum sluice_smoothing smoothing = sluice_smooth_kind(q, skb);
	const struct pace_smooth_params *params;
	u32 wire_bytes;

	if (!smoothing || sluice_skb_cb(skb)->is_prompt)
		return;
	sluice_flow_rate_is_old(flow);
	wire_bytes = sluice_skb_wire_bytes(q, skb, sluice_skb_frames(skb));
	if (smoothing == SLUICE_SMOOTH_FORWARD &&
	    q->config.forward_ns == SLUICE_FORWARD_AUTO)
		sluice_smooth_follow(flow, wire_bytes, now_ns);
	params = sluice_smooth_params(q, flow, smoothing);
	pace_smooth_add(&flow->came, params, wire_bytes, now_ns,
			flow->state == SLUICE_FLOW_IDLE);
	now_ns = sluice_reached_ns(q, now_ns);
	/* What left last may have been of a socket with a rate: the gap is its. */
	if (flow->smoothing != smoothing || !sluice_smooth_waits(q, flow, now_ns))
		return;
	if (unlikely(sluice_smooth_is_crowded(q, flow, smoothing)))
		sluice_smooth_hurry(q, flow, now_ns, now_ns);
	else
		sluice_smooth_shorten(q, flow, params, now_ns);
}

/* What remains of a gap when its frame is overdue: that of the ceiling, or none. */
static u8 sluice_smooth_least_gap_percent(const struct sluice_sched *q,
					  u64 rate_bytes_ps)
{
	u64 max_bytes_ps = q->config.maxrate_bytes_ps;

	if (likely(!max_bytes_ps))
		return 0;
	return min(div64_u64(rate_bytes_ps * 100, max_bytes_ps) + 1, 100ULL);
}

/**
 * sluice_smooth_rate - bring the rate of a flow without one up to date
 * @q: the qdisc
 * @flow: any flow
 * @skb: its first packet
 *
 * Return: true if the rate is that of what came: it is set; false if it is for
 * others to say.
 * Context: dequeue, root lock held.
 */
bool sluice_smooth_rate(struct sluice_sched *q, struct sluice_flow *flow,
			const struct sk_buff *skb)
{
	u64 max_bytes_ps = q->config.maxrate_bytes_ps ?: PACE_RATE_UNLIMITED;
	enum sluice_smoothing smoothing;
	u64 rate_bytes_ps;

	/* Not every kind of segment keeps its super-packet's socket. */
	if (skb->sk || !flow->frames)
		flow->smoothing = flow->may_smooth && flow->came.rate_bytes ?
				  sluice_smooth_kind(q, skb) :
				  SLUICE_SMOOTH_NONE;
	smoothing = flow->smoothing;
	if (!smoothing)
		return false;
	sluice_flow_rate_is_old(flow);
	flow->is_initial = false;
	sluice_flow_no_gain(flow);
	rate_bytes_ps = pace_smooth_rate(&flow->came,
				sluice_smooth_params(q, flow, smoothing));
	flow->is_own_pace = rate_bytes_ps < max_bytes_ps;
	if (flow->is_own_pace)
		flow->hold_max_ns = sluice_smooth_time_ns(q, flow, smoothing);
	if (!flow->is_own_pace || sluice_smooth_is_crowded(q, flow, smoothing))
		rate_bytes_ps = max_bytes_ps;
	flow->hold_gap_percent = sluice_smooth_least_gap_percent(q,
								rate_bytes_ps);
	if (flow->rate.bytes_ps != rate_bytes_ps)
		pace_rate_set(&flow->rate, rate_bytes_ps);
	return true;
}

/**
 * sluice_smooth_sent - count a frame that was held to leave evenly
 * @q: the qdisc
 * @flow: its flow, which is smoothed
 * @skb: the frame, or a super-packet that leaves uncut
 * @n_frames: from sluice_skb_frames()
 * @due_ns: its departure
 *
 * Context: dequeue, root lock held.
 */
void sluice_smooth_sent(struct sluice_sched *q, const struct sluice_flow *flow,
			const struct sk_buff *skb, u32 n_frames, u64 due_ns)
{
	if (!flow->is_own_pace ||
	    !pace_before(sluice_skb_cb(skb)->asked_ns, due_ns))
		return;
	if (flow->smoothing == SLUICE_SMOOTH_LOCAL)
		q->stats.smooth_held_frames += n_frames;
	else
		q->stats.forward_held_frames += n_frames;
}
