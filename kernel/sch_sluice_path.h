/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The steps that every packet takes through the qdisc, inline: a call costs as
 * many instructions as most of them do, and P10 is counted in instructions
 * (bench/flows). What only some packets need lies in the files of its subject.
 */
#ifndef SCH_SLUICE_PATH_H
#define SCH_SLUICE_PATH_H

#include <linux/hash.h>
#include <linux/if_vlan.h>
#include <net/tcp_states.h>

#include "sch_sluice.h"

/* An ACK, SYN or RST with all options fits, also behind IPv6 and VLAN tags. */
#define SLUICE_PROMPT_MAX_BYTES	160

/**
 * sluice_departure_ask - find out which departure a packet asks for
 * @q: the qdisc
 * @skb: a packet that arrives; its control block is filled
 * @now_ns: the present, CLOCK_MONOTONIC
 *
 * Context: enqueue, root lock held.
 */
static inline void sluice_departure_ask(struct sluice_sched *q,
					struct sk_buff *skb, u64 now_ns)
{
	struct sluice_skb_cb *cb = sluice_skb_cb(skb);

	cb->enqueued_ns = now_ns;
	cb->asked_ns = now_ns;
	if (!skb->tstamp)
		return;
	/* TCP's: a time to come, and not too far. The past is too far, too. */
	if (likely(sluice_compat_tstamp_is_mono(skb)) &&
	    (u64)skb->tstamp - now_ns <= q->config.horizon_ns)
		cb->asked_ns = skb->tstamp;
	else
		sluice_departure_resolve(q, skb, now_ns);
}

/**
 * sluice_skb_is_prompt - is this a TCP segment that no flow clock may hold (P6)
 * @skb: a packet at the qdisc, local or forwarded
 *
 * Any segment without payload: ACK, window update, SYN, FIN, RST, probe.
 *
 * Return: true if so.
 * Context: enqueue, root lock held.
 */
static inline bool sluice_skb_is_prompt(const struct sk_buff *skb)
{
	return skb->len <= SLUICE_PROMPT_MAX_BYTES &&
	       !skb_is_gso(skb) && sluice_skb_is_empty_tcp(skb);
}

/* Sockets that are connected, so that all they send is one flow. */
#define SLUICE_STATES_CONNECTED						\
	(TCPF_ESTABLISHED | TCPF_SYN_SENT | TCPF_SYN_RECV |		\
	 TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2 | TCPF_CLOSE_WAIT |		\
	 TCPF_LAST_ACK | TCPF_CLOSING)

/* Socket address, or hash * 2 + 1. */
static inline unsigned long sluice_flow_key(struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;

	if (likely(sk && (1U << (READ_ONCE(sk->sk_state) & 31)) &
			 SLUICE_STATES_CONNECTED))
		return (unsigned long)sk;
	return sluice_flow_key_unusual(skb);
}

/* Keys are addresses or keyed hashes: one multiplication spreads them. */
static inline struct sluice_flow **
sluice_table_bucket(const struct sluice_table *table, unsigned long key)
{
	return &table->buckets[((u64)key * GOLDEN_RATIO_64) >>
			       (table->shift & 63)];
}

/**
 * sluice_flow_get - the flow of a packet, made if it is new
 * @q: the qdisc
 * @skb: the packet
 * @now_ns: the present
 *
 * Return: the flow, see sluice_flow_new().
 * Context: enqueue, root lock held, after sluice_departure_ask().
 */
static inline struct sluice_flow *
sluice_flow_get(struct sluice_sched *q, struct sk_buff *skb, u64 now_ns)
{
	unsigned long key = sluice_flow_key(skb);
	struct sluice_flow *flow = *sluice_table_bucket(&q->table, key);

	while (flow && flow->key != key)
		flow = flow->hash_next;
	if (unlikely(!flow))
		return sluice_flow_new(q, skb, key, now_ns);
	if (key == (unsigned long)skb->sk &&
	    unlikely(flow->socket_hash != READ_ONCE(skb->sk->sk_hash)))
		sluice_flow_readopt(q, flow, skb->sk, now_ns);
	return flow;
}

/* A packet goes behind the others of its flow (P5). */
static inline void sluice_flow_append(struct sluice_flow *flow,
				      struct sk_buff *skb)
{
	skb->next = NULL;
	if (flow->head)
		flow->tail->next = skb;
	else
		flow->head = skb;
	flow->tail = skb;
	flow->queued_pkts++;
}

/* The first packet; the caller puts the flow into the wheel or the ring. */
static inline void sluice_flow_set_busy(struct sluice_sched *q,
					struct sluice_flow *flow)
{
	flow->state = SLUICE_FLOW_BUSY;
	if (flow != &q->fallback)
		q->n_idle--;
}

/* The last packet has left, and the flow the wheel or the ring. */
static inline void sluice_flow_set_idle(struct sluice_sched *q,
					struct sluice_flow *flow)
{
	flow->state = SLUICE_FLOW_IDLE;
	/* Its turn is over: it need not go behind others the next time. */
	if (flow->credit_bytes <= 0)
		flow->credit_bytes += q->quantum_bytes;
	if (flow != &q->fallback)
		q->n_idle++;
}

/* The flow comes to a packet of which nothing is cut. */
static inline void sluice_ahead_add(struct sluice_sched *q,
				    struct sluice_flow *flow)
{
	if (!skb_is_gso(flow->head) || q->n_ahead == SLUICE_AHEAD_FLOWS)
		return;
	q->ahead[q->n_ahead++] = flow;
	flow->is_ahead = true;
}

/* That packet is cut, sent or dropped. */
static inline void sluice_ahead_del(struct sluice_sched *q,
				    struct sluice_flow *flow)
{
	u32 i = 0;

	if (!flow->is_ahead)
		return;
	while (q->ahead[i] != flow)
		i++;
	q->ahead[i] = q->ahead[--q->n_ahead];
	flow->is_ahead = false;
}

/*
 * What leaves late makes its flow fall behind, which may catch up by as much: the
 * burst, when none is set, grows at once. See sluice_timer_judge().
 */
static inline void sluice_burst_grow(struct sluice_sched *q, u64 late_ns)
{
	if (late_ns > SLUICE_BURST_AUTO_MAX_NS)
		late_ns = SLUICE_BURST_AUTO_MAX_NS;
	if (late_ns <= q->burst_auto_ns)
		return;
	q->burst_auto_ns = late_ns;
	q->stats.burst_grown++;
}

/* And shrinks slowly when the timer is late by less. */
static inline void sluice_burst_judge(struct sluice_sched *q, u64 late_ns)
{
	if (late_ns < q->burst_auto_ns)
		q->burst_auto_ns -= (q->burst_auto_ns - late_ns) >>
				    SLUICE_BURST_AUTO_SHIFT;
	else
		sluice_burst_grow(q, late_ns);
}

/**
 * sluice_departure_rate - bring the rate of a flow up to date
 * @q: the qdisc
 * @flow: the flow
 * @skb: its first packet
 *
 * TCP computes its rate from all that sluice_departure_rate_anew() looks at, so
 * as long as that rate stays the same, so does the flow's.
 *
 * Return: true while the frame belongs to an initial window that is spread.
 * Context: root lock held. @skb holds a reference on its socket's memory.
 */
static inline bool sluice_departure_rate(struct sluice_sched *q,
					 struct sluice_flow *flow,
					 const struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;

	if (likely(flow->key == (unsigned long)sk &&
		   flow->config_serial == q->config_serial &&
		   flow->asked_bytes_ps == READ_ONCE(sk->sk_pacing_rate)))
		return false;
	return sluice_departure_rate_anew(q, flow, skb);
}

/*
 * How much of its clock a flow or the device may leave behind by the setting (P1).
 * Rounded up, so that the last frame of a burst is not held for a part of a
 * nanosecond.
 */
static inline u64 sluice_burst_set_ns(const struct sluice_sched *q,
				      const struct pace_rate *rate)
{
	const struct sluice_config *config = &q->config;
	struct pace_span gap;
	u32 gaps;

	if (likely(!q->burst_is_set))
		return 0;
	if (config->burst_ns)
		return config->burst_ns;
	gap = pace_rate_span(rate, q->quantum_bytes);
	gaps = config->burst_frames - 1;
	return gap.ns * gaps + (((u64)gap.frac_q32 * gaps + U32_MAX) >> 32);
}

/* What a clock that fell behind may catch up. */
static inline u64 sluice_catch_up_ns(const struct sluice_sched *q,
				     const struct pace_rate *rate)
{
	return likely(!q->burst_is_set) ? q->burst_auto_ns :
					  sluice_burst_set_ns(q, rate);
}

/**
 * sluice_departure_ns - when the first frame of a flow may leave
 * @q: the qdisc
 * @flow: a flow with a packet
 *
 * max(asked, clock), where the clock may lag behind by the configured burst. A
 * FIN or RST at the head waits for what stands before it, not for the clock.
 *
 * Return: departure time in ns, CLOCK_MONOTONIC.
 * Context: root lock held.
 */
static inline u64 sluice_departure_ns(struct sluice_sched *q,
				      struct sluice_flow *flow)
{
	const struct sluice_skb_cb *cb = sluice_skb_cb(sluice_flow_first(flow));

	if (cb->is_prompt)
		return cb->enqueued_ns;
	if (cb->is_at_once)
		return flow->node.due_ns;
	pace_clock_not_before(&flow->clock,
			      cb->asked_ns -
			      sluice_burst_set_ns(q, &flow->rate));
	return pace_later_of(cb->asked_ns,
			     pace_clock_departure_ns(&flow->clock));
}

/**
 * sluice_skb_wire_bytes - L1 bytes of what a packet becomes on the wire (P2)
 * @q: the qdisc
 * @skb: a frame, or a super-packet that leaves uncut
 * @n_frames: from sluice_skb_frames()
 *
 * Return: wire bytes, of all frames of a super-packet.
 */
static inline u32 sluice_skb_wire_bytes(const struct sluice_sched *q,
					const struct sk_buff *skb,
					u32 n_frames)
{
	u32 tag_bytes = skb_vlan_tag_present(skb) ? PACE_VLAN_TAG_BYTES : 0;
	u32 overhead_bytes = q->config.overhead_bytes;

	/* The length at the qdisc has every segment's header in it. */
	if (unlikely(n_frames > 1))
		return pace_wire_bytes(qdisc_pkt_len(skb), tag_bytes,
				       overhead_bytes) +
		       (n_frames - 1) * (tag_bytes + overhead_bytes);
	return pace_wire_bytes(skb->len, tag_bytes, overhead_bytes);
}

/**
 * sluice_flow_take - take the next frame off a flow
 * @sch: the qdisc
 * @flow: a flow with packets, its rate up to date
 * @now_ns: the present; it moves on by what a cut takes
 *
 * Return: as sluice_flow_next_frame(), which does what is not simple.
 * Context: dequeue, root lock held.
 */
static inline struct sk_buff *sluice_flow_take(struct Qdisc *sch,
					       struct sluice_flow *flow,
					       u64 *now_ns)
{
	struct sluice_sched *q = qdisc_priv(sch);
	struct sk_buff *skb = flow->frames;

	/* One of several: what stands behind it is not the next super-packet. */
	if (skb && skb->next) {
		q->n_behind--;
		flow->frames = skb->next;
		skb_mark_not_on_list(skb);
		return skb;
	}
	if (skb)
		return sluice_flow_next_frame(sch, flow, now_ns);
	skb = flow->head;
	if (unlikely(skb_is_gso(skb) ||
		     !pace_codel_is_calm(&flow->codel, &q->config.codel,
					 sluice_flow_held_ns(flow, skb, *now_ns),
					 !skb->next)))
		return sluice_flow_next_frame(sch, flow, now_ns);
	flow->head = skb->next;
	flow->queued_pkts--;
	skb_mark_not_on_list(skb);
	return skb;
}

/**
 * sluice_stats_frame - write down a frame that leaves
 * @q: the qdisc
 * @skb: the frame, or a super-packet that leaves uncut
 * @n_frames: from sluice_skb_frames()
 * @due_ns: when it should have left
 * @now_ns: when it does
 * @wire_bytes: its L1 bytes
 *
 * Return: how late it is in ns.
 * Context: dequeue, root lock held.
 */
static inline u64 sluice_stats_frame(struct sluice_sched *q,
				     const struct sk_buff *skb, u32 n_frames,
				     u64 due_ns, u64 now_ns, u32 wire_bytes)
{
	u64 enqueued_ns = sluice_skb_cb(skb)->enqueued_ns;
	struct tc_sluice_xstats *stats = &q->stats;

	stats->sent_frames += n_frames;
	stats->sent_wire_bytes += wire_bytes;
	stats->hold_ns_hist[pace_hist_bucket(now_ns - enqueued_ns,
					     SLUICE_HIST_TIME_BUCKETS)]++;
	/* It never had to wait: the time in the stack is no lateness. */
	if (!pace_before(enqueued_ns, due_ns))
		return 0;
	stats->lateness_ns_hist[pace_hist_bucket(now_ns - due_ns,
						 SLUICE_HIST_TIME_BUCKETS)]++;
	if (now_ns != due_ns)
		stats->late_frames++;
	if (now_ns - due_ns > stats->lateness_max_ns)
		stats->lateness_max_ns = now_ns - due_ns;
	return now_ns - due_ns;
}

/**
 * sluice_stats_flow - write down a frame of a flow
 * @flow: the flow
 * @n_frames: from sluice_skb_frames()
 * @wire_bytes: its L1 bytes
 * @late_ns: from sluice_stats_frame()
 *
 * Context: dequeue, root lock held.
 */
static inline void sluice_stats_flow(struct sluice_flow *flow, u32 n_frames,
				     u32 wire_bytes, u64 late_ns)
{
	flow->sent_frames += n_frames;
	flow->sent_wire_bytes += wire_bytes;
	flow->lateness_sum_ns += late_ns;
	if (unlikely(late_ns > flow->lateness_max_ns))
		flow->lateness_max_ns = min_t(u64, late_ns, U32_MAX);
}

/**
 * sluice_stats_train - follow the trains of a flow
 * @q: the qdisc
 * @flow: the flow, before its clock accounts for the packet
 * @n_frames: from sluice_skb_frames()
 * @now_ns: when the packet leaves
 * @gap_ns: its wire bytes at the flow's rate
 *
 * What comes before half of the gap behind the last packet is of its train. A flow
 * without a rate has no gap that a train could lack.
 *
 * Context: dequeue, root lock held.
 */
static inline void sluice_stats_train(struct sluice_sched *q,
				      struct sluice_flow *flow, u32 n_frames,
				      u64 now_ns, u64 gap_ns)
{
	if (!gap_ns)
		return;
	if (flow->train_frames &&
	    now_ns - flow->sent_ns >= flow->half_gap_ns) {
		q->stats.train_frames_hist[pace_hist_bucket(flow->train_frames,
						SLUICE_HIST_TRAIN_BUCKETS)]++;
		flow->train_frames = 0;
	}
	flow->train_frames += n_frames;
	flow->half_gap_ns = min_t(u64, gap_ns / 2, U32_MAX);
}

#endif
