// SPDX-License-Identifier: GPL-2.0
/*
 * The flows: found by socket or by hash, made when the first packet comes, kept
 * idle for some seconds, freed by those that come later.
 *
 *	        first packet		 last packet sent
 *	(none) ------------> BUSY <----------------------> IDLE ----> (freed)
 *	                       \___ in the wheel or due
 *
 * The table is the kernel's resizable one, so finding a flow costs the same
 * with one as with a million (P10). All flows stand in one list, and a new flow
 * looks at the first few of it: who is idle for long is freed, others go to the
 * end. So no packet pays for a crowd or for its flow's coming and going, and
 * while new flows come, at most a third as many old ones are left as are in use.
 */
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/tcp.h>

#include "sch_sluice.h"

/* Flows that a new one looks at: a lap takes a quarter as many new flows. */
#define SLUICE_FLOWS_SEEN_PER_NEW	4
/* Hashes that flows without socket are told apart by. */
#define SLUICE_HASH_MASK		0xffffUL

/* Keys are addresses or keyed hashes: one multiplication spreads them. */
static u32 sluice_key_hash(const void *data, u32 len, u32 seed)
{
	return hash_long(*(const unsigned long *)data ^ seed, 32);
}

static int sluice_key_differs(struct rhashtable_compare_arg *arg,
			      const void *object)
{
	const struct sluice_flow *flow = object;

	return flow->key != *(const unsigned long *)arg->key;
}

static const struct rhashtable_params sluice_table_params = {
	.key_len = sizeof_field(struct sluice_flow, key),
	.key_offset = offsetof(struct sluice_flow, key),
	.head_offset = offsetof(struct sluice_flow, hash_node),
	.hashfn = sluice_key_hash,
	.obj_cmpfn = sluice_key_differs,
	SLUICE_COMPAT_ELASTIC
	.automatic_shrinking = true,
};

static void sluice_flow_init(struct sluice_sched *q, struct sluice_flow *flow)
{
	flow->rate.bytes_ps = PACE_RATE_UNLIMITED;
	flow->credit_bytes = q->quantum_bytes;
	flow->state = SLUICE_FLOW_IDLE;
	INIT_LIST_HEAD(&flow->link);
}

/**
 * sluice_flows_init - an empty table
 * @q: the qdisc, all zero
 *
 * Return: 0 or -errno of the table's allocation.
 * Context: process, may sleep.
 */
int sluice_flows_init(struct sluice_sched *q)
{
	INIT_LIST_HEAD(&q->flows);
	sluice_flow_init(q, &q->fallback);
	return rhashtable_init(&q->table, &sluice_table_params);
}

static void sluice_flow_free(struct sluice_sched *q, struct sluice_flow *flow)
{
	rhashtable_remove_fast(&q->table, &flow->hash_node,
			       sluice_table_params);
	list_del(&flow->link);
	q->n_flows--;
	q->stats.flows_freed++;
	kfree_rcu(flow, rcu);
}

/**
 * sluice_list_purge - drop packets that the device will not take any more
 * @sch: the qdisc
 * @head: the first of a list, or NULL
 * @tail: the last
 *
 * Context: RTNL and root lock held.
 */
void sluice_list_purge(struct Qdisc *sch, struct sk_buff *head,
		       struct sk_buff *tail)
{
	struct sluice_sched *q = qdisc_priv(sch);
	struct sk_buff *skb;
	u32 n = 0;

	for (skb = head; skb; skb = skb->next) {
		q->stats.dropped_frames += sluice_skb_frames(skb);
		n++;
	}
	q->stats.reset_dropped_pkts += n;
	__qdisc_qstats_drop(sch, n);
	rtnl_kfree_skbs(head, tail);
}

static void sluice_flow_purge(struct Qdisc *sch, struct sluice_flow *flow)
{
	sluice_list_purge(sch, flow->head, flow->tail);
	flow->head = NULL;
	flow->tail = NULL;
	flow->queued_pkts = 0;
	while (flow->frames) {
		struct sk_buff *frame = flow->frames;

		flow->frames = frame->next;
		skb_mark_not_on_list(frame);
		sluice_list_purge(sch, frame, frame);
	}
}

/**
 * sluice_flows_reset - forget all flows and what they hold
 * @sch: the qdisc
 *
 * Context: RTNL and root lock held (Qdisc_ops.reset).
 */
void sluice_flows_reset(struct Qdisc *sch)
{
	struct sluice_sched *q = qdisc_priv(sch);
	struct sluice_flow *flow, *next;

	list_for_each_entry_safe(flow, next, &q->flows, link) {
		sluice_flow_purge(sch, flow);
		sluice_flow_free(q, flow);
	}
	sluice_flow_purge(sch, &q->fallback);
	sluice_flow_init(q, &q->fallback);
	q->n_idle = 0;
	q->due_tail = NULL;
	memset(&q->wheel, 0, sizeof(q->wheel));
	pace_wheel_init(&q->wheel, ktime_get_ns());
}

/**
 * sluice_flows_done - give the table back
 * @q: the qdisc; after sluice_flows_reset(), or after an init that failed
 *
 * Context: process, may sleep.
 */
void sluice_flows_done(struct sluice_sched *q)
{
	if (q->table.tbl)
		rhashtable_destroy(&q->table);
}

static bool sluice_flow_is_old(const struct sluice_sched *q,
			       const struct sluice_flow *flow, u64 now_ns)
{
	if (flow->state != SLUICE_FLOW_IDLE)
		return false;
	/* Its clock runs still: freeing it would break P1. */
	if (pace_before(now_ns, flow->clock.next_ns))
		return false;
	return q->n_idle > SLUICE_FLOWS_IDLE_MAX ||
	       !pace_before(now_ns, flow->sent_ns + SLUICE_FLOW_IDLE_NS);
}

static void sluice_flows_collect(struct sluice_sched *q, u64 now_ns)
{
	int n;

	for (n = 0; n < SLUICE_FLOWS_SEEN_PER_NEW && q->n_idle; n++) {
		struct sluice_flow *flow;

		flow = list_first_entry(&q->flows, struct sluice_flow, link);
		if (sluice_flow_is_old(q, flow, now_ns)) {
			q->n_idle--;
			sluice_flow_free(q, flow);
		} else {
			list_move_tail(&flow->link, &q->flows);
		}
	}
}

/* Tell TCP that its departure times are kept, so that it arms no timers. */
static void sluice_flow_adopt(struct sluice_flow *flow, struct sock *sk)
{
	flow->socket_hash = READ_ONCE(sk->sk_hash);
	if (READ_ONCE(sk->sk_pacing_status) != SK_PACING_FQ)
		smp_store_release(&sk->sk_pacing_status, SK_PACING_FQ);
}

/* So far behind that a new flow has all of the burst that is set. */
static void sluice_flow_start_clock(struct sluice_flow *flow, u64 now_ns)
{
	flow->clock.next_ns = now_ns - SLUICE_BURST_MAX_NS;
	flow->clock.next_frac_q32 = 0;
}

/* A new socket at the address of a dead one owes nothing. */
static noinline void sluice_flow_readopt(struct sluice_sched *q,
				struct sluice_flow *flow, struct sock *sk,
				u64 now_ns)
{
	sluice_flow_adopt(flow, sk);
	flow->config_serial = 0;
	memset(&flow->codel, 0, sizeof(flow->codel));
	sluice_flow_start_clock(flow, now_ns);
	flow->credit_bytes = q->quantum_bytes;
	if (flow->state != SLUICE_FLOW_BUSY)
		return;
	/* Only now does a later time mean that it is in the wheel. */
	pace_wheel_advance(&q->wheel, now_ns, &q->due_tail);
	if (pace_before(now_ns, flow->node.due_ns)) {
		pace_wheel_del(&q->wheel, &flow->node);
		flow->node.due_ns = now_ns;
		pace_ring_add_tail(&q->due_tail, &flow->node);
	}
}

static unsigned long sluice_flow_key(struct sk_buff *skb)
{
	struct sock *sk = skb->sk;

	/*
	 * As fq: a SYN-ACK belongs to no flow yet and a TIME_WAIT socket has no
	 * pacing rate; sockets in TCP_CLOSE are not connected and may send to
	 * anywhere. The low bit keeps hashes and addresses apart.
	 */
	if (!sk || !sk_fullsock(sk) || sk->sk_state == TCP_LISTEN) {
		skb_orphan(skb);
		return (skb_get_hash(skb) & SLUICE_HASH_MASK) << 1 | 1;
	}
	if (sk->sk_state == TCP_CLOSE)
		return (skb_get_hash(skb) & SLUICE_HASH_MASK) << 1 | 1;
	return (unsigned long)sk;
}

/* Does an earlier packet of a flow wait in the fallback? At most a few do. */
static bool sluice_fallback_holds(struct sluice_sched *q, unsigned long key)
{
	struct sk_buff *skb = q->fallback.frames;

	if (likely(q->fallback.state == SLUICE_FLOW_IDLE))
		return false;
	if (skb && sluice_flow_key(skb) == key)
		return true;
	for (skb = q->fallback.head; skb; skb = skb->next)
		if (sluice_flow_key(skb) == key)
			return true;
	return false;
}

static noinline struct sluice_flow *
sluice_flow_new(struct sluice_sched *q, struct sk_buff *skb, unsigned long key,
		u64 now_ns)
{
	struct sluice_flow *flow;

	if (unlikely(sluice_fallback_holds(q, key)))
		goto err_fallback;
	sluice_flows_collect(q, now_ns);
	flow = kzalloc(sizeof(*flow), GFP_ATOMIC | __GFP_NOWARN);
	if (unlikely(!flow))
		goto err_fallback;
	sluice_flow_init(q, flow);
	flow->key = key;
	flow->sent_ns = now_ns;
	sluice_flow_start_clock(flow, now_ns);
	if (unlikely(rhashtable_insert_fast(&q->table, &flow->hash_node,
					    sluice_table_params)))
		goto err_free;
	if (key == (unsigned long)skb->sk)
		sluice_flow_adopt(flow, skb->sk);
	list_add_tail(&flow->link, &q->flows);
	q->n_flows++;
	q->n_idle++;
	q->stats.flows_created++;
	return flow;

err_free:
	kfree(flow);
err_fallback:
	q->stats.flow_alloc_failed_pkts++;
	sluice_skb_cb(skb)->asked_ns = now_ns;
	return &q->fallback;
}

/**
 * sluice_flow_get - the flow of a packet, made if it is new
 * @q: the qdisc
 * @skb: the packet
 * @now_ns: the present
 *
 * Return: the flow; &q->fallback when there is no memory, which is counted: its
 * packets leave as soon as the device lets them, because one that waited for
 * its time would hold up all others, and in order (P5).
 * Context: enqueue, root lock held, after sluice_departure_ask().
 */
__flatten struct sluice_flow *
sluice_flow_get(struct sluice_sched *q, struct sk_buff *skb, u64 now_ns)
{
	unsigned long key = sluice_flow_key(skb);
	struct sluice_flow *flow;

	flow = rhashtable_lookup_fast(&q->table, &key, sluice_table_params);
	if (unlikely(!flow))
		return sluice_flow_new(q, skb, key, now_ns);
	if (unlikely(key == (unsigned long)skb->sk &&
		     flow->socket_hash != READ_ONCE(skb->sk->sk_hash)))
		sluice_flow_readopt(q, flow, skb->sk, now_ns);
	return flow;
}
