// SPDX-License-Identifier: GPL-2.0
/*
 * The flows: found by socket or by hash, made when the first packet comes, kept
 * idle for some seconds, freed by those that come later.
 *
 *	        first packet		 last packet sent
 *	(none) ------------> BUSY <----------------------> IDLE ----> (freed)
 *	                       \___ in the wheel or due	   in order of idling
 *
 * The table is the kernel's resizable one, so finding a flow costs the same
 * with one as with a million (P10). A new flow frees at most two old ones, so
 * that no packet pays for a crowd.
 */
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/tcp.h>

#include "sch_sluice.h"

/* Idle flows that a new one may free. */
#define SLUICE_FLOWS_FREED_PER_NEW	2
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
	INIT_LIST_HEAD(&q->idle);
	INIT_LIST_HEAD(&q->busy);
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

static void sluice_flow_purge(struct sluice_flow *flow)
{
	rtnl_kfree_skbs(flow->head, flow->tail);
	flow->head = NULL;
	flow->tail = NULL;
	flow->queued_pkts = 0;
	while (flow->frames) {
		struct sk_buff *frame = flow->frames;

		flow->frames = frame->next;
		rtnl_kfree_skbs(frame, frame);
	}
}

/**
 * sluice_flows_reset - forget all flows and what they hold
 * @q: the qdisc
 *
 * Context: RTNL and root lock held (Qdisc_ops.reset).
 */
void sluice_flows_reset(struct sluice_sched *q)
{
	struct sluice_flow *flow, *next;

	list_splice_init(&q->busy, &q->idle);
	list_for_each_entry_safe(flow, next, &q->idle, link) {
		sluice_flow_purge(flow);
		if (flow != &q->fallback)
			sluice_flow_free(q, flow);
	}
	INIT_LIST_HEAD(&q->idle);
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

static void sluice_flows_collect(struct sluice_sched *q, u64 now_ns)
{
	int n;

	for (n = 0; n < SLUICE_FLOWS_FREED_PER_NEW; n++) {
		struct sluice_flow *flow;

		flow = list_first_entry_or_null(&q->idle, struct sluice_flow,
						link);
		if (!flow)
			return;
		if (pace_before(now_ns, flow->sent_ns + SLUICE_FLOW_IDLE_NS) &&
		    q->n_idle <= SLUICE_FLOWS_IDLE_MAX)
			return;
		/* Its clock runs still: freeing it would break P1. */
		if (pace_before(now_ns, flow->clock.next_ns))
			return;
		q->n_idle--;
		sluice_flow_free(q, flow);
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
static void sluice_flow_readopt(struct sluice_sched *q,
				struct sluice_flow *flow, struct sock *sk,
				u64 now_ns)
{
	sluice_flow_adopt(flow, sk);
	memset(&flow->codel, 0, sizeof(flow->codel));
	sluice_flow_start_clock(flow, now_ns);
	flow->credit_bytes = q->quantum_bytes;
	if (flow->state == SLUICE_FLOW_BUSY &&
	    pace_before(q->wheel.now_ns, flow->node.due_ns)) {
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

/**
 * sluice_flow_get - the flow of a packet, made if it is new
 * @q: the qdisc
 * @skb: the packet
 * @now_ns: the present
 *
 * Return: the flow; &q->fallback when there is no memory, which is counted.
 * Context: enqueue, root lock held.
 */
struct sluice_flow *sluice_flow_get(struct sluice_sched *q,
				    struct sk_buff *skb, u64 now_ns)
{
	unsigned long key = sluice_flow_key(skb);
	bool is_socket = key == (unsigned long)skb->sk;
	struct sluice_flow *flow;

	flow = rhashtable_lookup_fast(&q->table, &key, sluice_table_params);
	if (likely(flow)) {
		if (is_socket && unlikely(flow->socket_hash !=
					  READ_ONCE(skb->sk->sk_hash)))
			sluice_flow_readopt(q, flow, skb->sk, now_ns);
		return flow;
	}

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
	if (is_socket)
		sluice_flow_adopt(flow, skb->sk);
	list_add_tail(&flow->link, &q->idle);
	q->n_flows++;
	q->n_idle++;
	q->stats.flows_created++;
	return flow;

err_free:
	kfree(flow);
err_fallback:
	q->stats.flow_alloc_failed_pkts++;
	return &q->fallback;
}

/**
 * sluice_flow_append - put a packet behind the others of its flow (P5)
 * @flow: the flow
 * @skb: the packet
 *
 * Context: root lock held.
 */
void sluice_flow_append(struct sluice_flow *flow, struct sk_buff *skb)
{
	skb->next = NULL;
	if (flow->head)
		flow->tail->next = skb;
	else
		flow->head = skb;
	flow->tail = skb;
	flow->queued_pkts++;
}

/**
 * sluice_flow_set_busy - a flow got its first packet
 * @q: the qdisc
 * @flow: an idle flow; the caller puts it into the wheel or among the due
 *
 * Context: root lock held.
 */
void sluice_flow_set_busy(struct sluice_sched *q, struct sluice_flow *flow)
{
	flow->state = SLUICE_FLOW_BUSY;
	list_move_tail(&flow->link, &q->busy);
	if (flow != &q->fallback)
		q->n_idle--;
}

/**
 * sluice_flow_set_idle - a flow has sent its last packet
 * @q: the qdisc
 * @flow: a busy flow that is neither in the wheel nor among the due
 *
 * Context: root lock held.
 */
void sluice_flow_set_idle(struct sluice_sched *q, struct sluice_flow *flow)
{
	flow->state = SLUICE_FLOW_IDLE;
	if (flow == &q->fallback) {
		list_del_init(&flow->link);
		return;
	}
	list_move_tail(&flow->link, &q->idle);
	q->n_idle++;
}
