// SPDX-License-Identifier: GPL-2.0
/*
 * The flows: found by socket or by hash, made when the first packet comes, kept
 * idle for some seconds, freed by those that come later.
 *
 *	        first packet		 last packet sent
 *	(none) ------------> BUSY <----------------------> IDLE ----> (freed)
 *	                       \___ in the wheel or due
 *
 * The table has as many buckets as packets may be held, and so many flows are
 * kept without packets, hence its chains are short with one flow as with a
 * million (P10). All flows stand in one list, too, and a new flow looks at the
 * first few of it: who is idle for long is freed, others go to the end. So no
 * packet pays for a crowd or for its flow's coming and going, and while new
 * flows come, at most a third as many old ones are left as are in use.
 */
#include <linux/slab.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>

#include "sch_sluice_path.h"

/* Flows that a new one looks at: a lap takes a quarter as many new flows. */
#define SLUICE_FLOWS_SEEN_PER_NEW	4
/* Hashes that flows without a connected socket are told apart by. */
#define SLUICE_HASH_MASK		0xffffUL
/* Those of sockets that were given a rate stand apart: anybody may do that. */
#define SLUICE_HASH_OF_PACED		0x10000UL

/* Buckets of 8 bytes each, whatever the limit: 8 KB to 8 MB. */
#define SLUICE_TABLE_BITS_MIN	10U
#define SLUICE_TABLE_BITS_MAX	20U
/*
 * The wheel's slots of 262 us, one for four packets of the limit: 64 KB for the
 * next 1.07 s to 1 MB for the next 17 s. So few packets of a full queue lie
 * beyond that the call which comes to them is no longer than others.
 */
#define SLUICE_WIDE_BITS_MIN	12U
#define SLUICE_WIDE_BITS_MAX	16U
#define SLUICE_WIDE_BITS_LESS	2U

/**
 * sluice_table_make - a table for as many flows as packets may be held
 * @table: what to fill, if @like is not of the same size
 * @like: the table in use, all zero for none
 * @limit_pkts: options.limit
 *
 * Return: 0 or -ENOMEM. Give @table back by sluice_table_free().
 * Context: process, may sleep.
 */
int sluice_table_make(struct sluice_table *table,
		      const struct sluice_table *like, u32 limit_pkts)
{
	u32 bits = clamp_t(u32, order_base_2(limit_pkts), SLUICE_TABLE_BITS_MIN,
			   SLUICE_TABLE_BITS_MAX);

	table->buckets = NULL;
	table->wheel_memory = NULL;
	table->shift = 64 - bits;
	table->wheel_wide_bits = clamp_t(u32, bits - SLUICE_WIDE_BITS_LESS,
					 SLUICE_WIDE_BITS_MIN,
					 SLUICE_WIDE_BITS_MAX);
	if (like->buckets && like->shift == table->shift)
		return 0;
	table->buckets = kvcalloc(1U << bits, sizeof(*table->buckets),
				  GFP_KERNEL);
	table->wheel_memory =
		kvzalloc(pace_wheel_memory_bytes(table->wheel_wide_bits),
			 GFP_KERNEL);
	if (table->buckets && table->wheel_memory)
		return 0;
	sluice_table_free(table);
	return -ENOMEM;
}

/**
 * sluice_table_free - give a table's memory back
 * @table: a table that is not in use; nothing happens for one without memory
 *
 * Context: process, may sleep.
 */
void sluice_table_free(struct sluice_table *table)
{
	kvfree(table->buckets);
	kvfree(table->wheel_memory);
	table->buckets = NULL;
	table->wheel_memory = NULL;
}

static void sluice_table_add(struct sluice_table *table,
			     struct sluice_flow *flow)
{
	struct sluice_flow **bucket = sluice_table_bucket(table, flow->key);

	flow->hash_next = *bucket;
	*bucket = flow;
}

static void sluice_table_del(struct sluice_table *table,
			     struct sluice_flow *flow)
{
	struct sluice_flow **link = sluice_table_bucket(table, flow->key);

	while (*link != flow)
		link = &(*link)->hash_next;
	*link = flow->hash_next;
}

/**
 * sluice_table_replace - move all flows to another table and wheel
 * @q: the qdisc
 * @table: from sluice_table_make(); the one that was used before on return
 *
 * Context: root lock held.
 */
void sluice_table_replace(struct sluice_sched *q, struct sluice_table *table)
{
	struct pace_wheel wheel = q->wheel;
	struct sluice_flow *flow;

	if (!table->buckets)
		return;
	swap(q->table, *table);
	list_for_each_entry(flow, &q->flows, link)
		sluice_table_add(&q->table, flow);
	pace_wheel_init(&q->wheel, q->table.wheel_memory,
			q->table.wheel_wide_bits, wheel.now_ns);
	pace_wheel_move(&q->wheel, &wheel);
}

static void sluice_flow_init(struct sluice_sched *q, struct sluice_flow *flow)
{
	pace_rate_set(&flow->rate, PACE_RATE_UNLIMITED);
	flow->gain_percent = 100;
	flow->credit_bytes = q->quantum_bytes;
	flow->state = SLUICE_FLOW_IDLE;
	flow->is_ahead = false;
	INIT_LIST_HEAD(&flow->link);
}

/**
 * sluice_flows_init - no flows yet, and no table
 * @q: the qdisc, all zero
 */
void sluice_flows_init(struct sluice_sched *q)
{
	INIT_LIST_HEAD(&q->flows);
	sluice_flow_init(q, &q->fallback);
}

static void sluice_flow_free(struct sluice_sched *q, struct sluice_flow *flow)
{
	sluice_table_del(&q->table, flow);
	list_del(&flow->link);
	q->n_flows--;
	q->stats.flows_freed++;
	kfree(flow);
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

	/* The core resets what it made as a default and could not init. */
	if (!q->table.buckets)
		return;
	list_for_each_entry_safe(flow, next, &q->flows, link) {
		sluice_flow_purge(sch, flow);
		sluice_flow_free(q, flow);
	}
	sluice_flow_purge(sch, &q->fallback);
	sluice_flow_init(q, &q->fallback);
	q->n_ahead = 0;
	q->n_idle = 0;
	q->n_behind = 0;
	q->due_tail = NULL;
	memset(q->table.wheel_memory, 0,
	       pace_wheel_memory_bytes(q->table.wheel_wide_bits));
	pace_wheel_init(&q->wheel, q->table.wheel_memory,
			q->table.wheel_wide_bits, ktime_get_ns());
}

static bool sluice_flow_is_old(const struct sluice_sched *q,
			       const struct sluice_flow *flow, u64 now_ns)
{
	if (flow->state != SLUICE_FLOW_IDLE)
		return false;
	/* Its clock runs still: freeing it would break P1. */
	if (pace_before(now_ns, flow->clock.next_ns))
		return false;
	return q->n_idle >> (64 - q->table.shift) ||
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

/*
 * A flow has no reference on its socket, so what names it is noted down while a
 * packet holds one. Then tell TCP that its departure times are kept, so that it
 * arms no timers.
 */
static void sluice_flow_adopt(struct sluice_flow *flow, struct sock *sk)
{
	u32 cookie[2];

	sock_diag_save_cookie(sk, cookie);
	flow->socket_cookie = (u64)cookie[1] << 32 | cookie[0];
	flow->socket_hash = READ_ONCE(sk->sk_hash);
	flow->may_smooth = !sk_is_tcp(sk);
	if (READ_ONCE(sk->sk_pacing_status) == SK_PACING_FQ)
		return;
	/* Pairs with the load in tcp_needs_internal_pacing(). */
	smp_store_release(&sk->sk_pacing_status, SK_PACING_FQ);
}

/* So far behind that a new flow has all of the burst that is set. */
static void sluice_flow_start_clock(struct sluice_flow *flow, u64 now_ns)
{
	flow->clock.next_ns = now_ns - SLUICE_BURST_MAX_NS;
	flow->clock.next_frac_q32 = 0;
}

/**
 * sluice_flow_pull - a busy flow is due earlier than it was to be
 * @q: the qdisc
 * @flow: the flow, its clock not behind the present
 * @now_ns: the present
 * @due_ns: when it is due, not behind the present
 *
 * Context: enqueue, root lock held.
 */
void sluice_flow_pull(struct sluice_sched *q, struct sluice_flow *flow,
		      u64 now_ns, u64 due_ns)
{
	q->idle_until_ns = 0;
	now_ns = sluice_reached_ns(q, now_ns);
	/* Only now does a later time mean that it is in the wheel. */
	pace_wheel_advance(&q->wheel, now_ns, &q->due_tail);
	if (!pace_before(now_ns, flow->node.due_ns))
		return;
	pace_wheel_del(&q->wheel, &flow->node);
	flow->node.due_ns = pace_later_of(now_ns, due_ns);
	if (pace_before(now_ns, flow->node.due_ns))
		pace_wheel_add(&q->wheel, &flow->node);
	else
		pace_ring_add_tail(&q->due_tail, &flow->node);
}

/**
 * sluice_flow_readopt - a new socket at the address of a dead one owes nothing
 * @q: the qdisc
 * @flow: the flow of that address
 * @sk: the new socket
 * @now_ns: the present
 *
 * Context: enqueue, root lock held.
 */
void sluice_flow_readopt(struct sluice_sched *q, struct sluice_flow *flow,
			 struct sock *sk, u64 now_ns)
{
	sluice_flow_adopt(flow, sk);
	flow->lateness_max_ns = 0;
	flow->lateness_sum_ns = 0;
	flow->sent_frames = 0;
	flow->sent_wire_bytes = 0;
	flow->config_serial = 0;
	memset(&flow->codel, 0, sizeof(flow->codel));
	sluice_flow_start_clock(flow, now_ns);
	flow->credit_bytes = q->quantum_bytes;
	if (flow->state == SLUICE_FLOW_BUSY)
		sluice_flow_pull(q, flow, now_ns, now_ns);
}

static unsigned long sluice_flow_key_hash(struct sk_buff *skb,
					  unsigned long whose)
{
	return ((skb_get_hash(skb) & SLUICE_HASH_MASK) | whose) << 1 | 1;
}

/**
 * sluice_flow_key_unusual - the key of a packet without a connected socket
 * @skb: the packet
 *
 * As fq: a SYN-ACK belongs to no flow yet and a TIME_WAIT socket has no pacing
 * rate; sockets in TCP_CLOSE are not connected and may send to anywhere. One of
 * TCP is being closed: its RST stays behind its data (P5). A socket's own rate
 * (SO_MAX_PACING_RATE) holds up nobody who asked for none. The low bit keeps hashes
 * and addresses apart.
 *
 * Return: key for sluice_flow_get().
 * Context: enqueue, root lock held.
 */
unsigned long sluice_flow_key_unusual(struct sk_buff *skb)
{
	struct sock *sk = skb->sk;

	if (!sk || !sk_fullsock(sk) || READ_ONCE(sk->sk_state) == TCP_LISTEN) {
		skb_orphan(skb);
		return sluice_flow_key_hash(skb, 0);
	}
	if (READ_ONCE(sk->sk_state) != TCP_CLOSE || sk_is_tcp(sk))
		return (unsigned long)sk;
	if (READ_ONCE(sk->sk_pacing_status) == SK_PACING_NONE)
		return sluice_flow_key_hash(skb, 0);
	return sluice_flow_key_hash(skb, SLUICE_HASH_OF_PACED);
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

/**
 * sluice_flow_new - the first packet of a flow
 * @q: the qdisc
 * @skb: the packet
 * @key: its flow's key, not in the table
 * @now_ns: the present
 *
 * Return: the flow; &q->fallback when there is no memory, which is counted: its
 * packets leave as soon as the device lets them, because one that waited for
 * its time would hold up all others, and in order (P5).
 * Context: enqueue, root lock held, after sluice_departure_ask().
 */
struct sluice_flow *sluice_flow_new(struct sluice_sched *q, struct sk_buff *skb,
				    unsigned long key, u64 now_ns)
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
	flow->may_smooth = key & 1;
	flow->sent_ns = now_ns;
	sluice_flow_start_clock(flow, now_ns);
	if (key == (unsigned long)skb->sk)
		sluice_flow_adopt(flow, skb->sk);
	sluice_table_add(&q->table, flow);
	list_add_tail(&flow->link, &q->flows);
	q->n_flows++;
	q->n_idle++;
	q->stats.flows_created++;
	return flow;

err_fallback:
	q->stats.flow_alloc_failed_pkts++;
	sluice_skb_cb(skb)->asked_ns = now_ns;
	return &q->fallback;
}
