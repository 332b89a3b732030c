// SPDX-License-Identifier: GPL-2.0
/*
 * qdisc_bench: what a packet costs in a qdisc while N flows wait in it.
 *
 * Loading the module measures the kind of qdisc that net.core.default_qdisc
 * names, writes one line into the kernel log, and leaves nothing behind:
 *
 *	fill	   one packet for each flow, departures @gap_ns apart over all flows
 *	each tick  wait @gap_ns * @batch, until the qdisc's timer has come;
 *		   do { skb = dequeue(); enqueue(skb, one gap of its flow later) }
 *		   while (skb);
 *
 * So N packets wait all the time, one leaves every @gap_ns whatever N is, and a
 * tick ends with the dequeue() that finds nothing and sets the timer, as
 * a device that was woken by that timer does. Counted are enqueue(), dequeue()
 * with a packet and dequeue() without, nothing else.
 *
 * The counter is the TSC. In an emulator whose TSC counts instructions (QEMU
 * with -icount shift=0) the unit is one instruction, exact and repeatable.
 * Elsewhere it is a cycle, and only the ratio of two runs means something.
 *
 * Sockets are memory that looks like established ones to a qdisc:
 *	tcp	packets carry departure times as TCP gives them to its qdisc
 *	udp	SO_MAX_PACING_RATE, no departure times
 *	gso	as udp, but a packet is a bundle of @segs datagrams. If the qdisc
 *		does not cut it, it is cut afterwards as for a device that cannot,
 *		and that is counted apart
 *	forward	packets without a socket, with the departure times of tcp, and the
 *		option forward: a rate is computed for each
 */
#include "qdisc_bench.h"
#include "uapi/sluice.h"

/* skb->dataref has 16 bits, so that many clones may share one packet. */
#define BENCH_CLONES_MAX	30000
/* A timer's interrupt is some 100 ns late; a qdisc may leave a packet to it. */
#define BENCH_TIMER_NS		500
/* Waiting is cut there so that the processor may do other things. */
#define BENCH_TICKS_PER_TURN	1024
/* Filling: packets between two pauses of 1 ms, and time for each, pauses included. */
#define BENCH_FILL_PER_TURN	256
#define BENCH_FILL_NS		16000
/*
 * Departures of N flows come in rounds of N, in another order each time, so that
 * no queue gets sorted input. A flow stays in its fifth of the round, hence its
 * gaps are 80 to 120 % of the mean. The factors have no divisor in common with
 * a power of ten.
 */
#define BENCH_PARTS		5
static const u32 bench_factors[] = { 7919, 104729, 1299709, 15485863 };

static __always_inline u64 bench_tsc(void)
{
	u32 low, high;

	asm volatile("lfence\n\trdtsc\n\tlfence"
		     : "=a" (low), "=d" (high) : : "memory");
	return (u64)high << 32 | low;
}

static void bench_count(struct bench_count *count, u64 taken)
{
	count->calls++;
	count->sum += taken;
	count->max = max(count->max, taken);
}

/* The least of many: an interrupt may come between. */
static u64 bench_tsc_cost(void)
{
	u64 least = ~0ULL;
	int n;

	for (n = 0; n < 1000; n++) {
		u64 begin = bench_tsc();

		least = min(least, bench_tsc() - begin);
	}
	return least;
}

/* A packet of a flow, as the stack hands it to a qdisc. */
static struct sk_buff *bench_packet(struct bench *b, u32 index)
{
	struct sock *sk = bench_sock(b, index);
	struct sk_buff *skb;

	if (!b->base || b->clones == BENCH_CLONES_MAX) {
		kfree_skb(b->base);
		b->base = bench_packet_new(b);
		b->clones = 0;
		if (!b->base)
			return NULL;
	}
	skb = skb_clone(b->base, GFP_ATOMIC);
	if (!skb)
		return NULL;
	b->clones++;
	if (bench_is("forward"))
		skb_set_hash(skb, index, PKT_HASH_TYPE_L4);
	else
		skb->sk = sk;
	if (bench_is("gso")) {
		skb->destructor = sock_wfree;
		refcount_add(skb->truesize, &sk->sk_wmem_alloc);
	}
	b->state[index].left = bench_is("gso") ? segs : 1;
	return skb;
}

/* Ready for the queue: TCP says when, others do not. */
static void bench_stamp(const struct bench *b, struct sk_buff *skb, u32 index)
{
	skb->tstamp = 0;
	if (bench_is_tcp())
		skb_set_delivery_time(skb, b->state[index].due_ns, 1);
}

static int bench_enqueue(struct bench *b, struct sk_buff *skb)
{
	struct sk_buff *to_free = NULL;
	struct Qdisc *sch = b->sch;
	unsigned long flags;
	u64 begin, end;
	int ret;

	local_irq_save(flags);
	begin = bench_tsc();
	ret = sch->enqueue(skb, sch, &to_free);
	end = bench_tsc();
	local_irq_restore(flags);
	bench_count(&b->enqueue, end - begin - b->tsc_cost);
	if (likely(ret == NET_XMIT_SUCCESS))
		return 0;
	b->refused++;
	kfree_skb_list(to_free);
	return -ENOBUFS;
}

static struct sk_buff *bench_dequeue(struct bench *b)
{
	struct Qdisc *sch = b->sch;
	struct sk_buff *skb;
	unsigned long flags;
	u64 begin, end;

	local_irq_save(flags);
	begin = bench_tsc();
	skb = sch->dequeue(sch);
	end = bench_tsc();
	local_irq_restore(flags);
	bench_count(skb ? &b->dequeue : &b->empty, end - begin - b->tsc_cost);
	return skb;
}

/* When the packet of a flow shall leave in a round: each slot of @gap_ns once. */
static u64 bench_due_ns(const struct bench *b, u32 index, u32 round)
{
	u32 part = flows / BENCH_PARTS;
	u64 slot = (u64)round * flows + index;

	if (part > 1) {
		u32 factor = bench_factors[round % ARRAY_SIZE(bench_factors)];
		u64 place = (u64)(index % part) * factor + round;

		slot = slot - index % part + do_div(place, part);
	}
	return b->first_ns + slot * gap_ns;
}

/* One packet for each flow. */
static int bench_fill(struct bench *b)
{
	u32 n;

	/* Filling takes time: nothing is due before it is over. */
	b->first_ns = ktime_get_ns() + (u64)flows * BENCH_FILL_NS +
		      100 * NSEC_PER_MSEC;
	for (n = 0; n < flows; n++) {
		struct sk_buff *skb = bench_packet(b, n);
		int err;

		if (!skb)
			return -ENOMEM;
		b->state[n].due_ns = bench_due_ns(b, n, 0);
		skb_set_delivery_time(skb, b->state[n].due_ns, 1);
		spin_lock_bh(qdisc_lock(b->sch));
		err = bench_enqueue(b, skb);
		spin_unlock_bh(qdisc_lock(b->sch));
		if (err)
			return err;
		/* Workers want to run too: they resize tables. */
		if (n % BENCH_FILL_PER_TURN == 0)
			usleep_range(1000, 1100);
	}
	return 0;
}

static void bench_wait(u64 until_ns)
{
	for (;;) {
		u64 now_ns = ktime_get_ns();

		if (now_ns >= until_ns)
			return;
		ndelay(min_t(u64, until_ns - now_ns, 1000));
	}
}

/* What becomes of a bundle when the device cannot cut it. */
static void bench_cut(struct bench *b, struct sk_buff *skb)
{
	struct sk_buff *frames;
	unsigned long flags;
	u64 begin, end;

	local_irq_save(flags);
	begin = bench_tsc();
	frames = skb_gso_segment(skb, NETIF_F_SG | NETIF_F_HW_CSUM);
	end = bench_tsc();
	local_irq_restore(flags);
	bench_count(&b->cut, end - begin - b->tsc_cost);
	if (!IS_ERR_OR_NULL(frames))
		kfree_skb_list(frames);
}

/* A packet has left: if it was the last of its flow the next one comes. */
static int bench_refill(struct bench *b, struct sk_buff *skb)
{
	u32 index = bench_index(b, skb);
	struct bench_flow *flow = &b->state[index];
	u32 n = skb_is_gso(skb) ? skb_shinfo(skb)->gso_segs : 1;

	b->frames += n;
	if (bench_is("gso")) {
		if (n > 1)
			bench_cut(b, skb);
		flow->left -= n;
		consume_skb(skb);
		if (flow->left)
			return 0;
		skb = bench_packet(b, index);
		if (!skb)
			return -ENOMEM;
	}
	flow->due_ns = bench_due_ns(b, index, ++flow->round);
	bench_stamp(b, skb, index);
	return bench_enqueue(b, skb);
}

/* Ticks until @target_frames have left. */
static int bench_run(struct bench *b, u64 target_frames)
{
	u64 tick_ns = (u64)gap_ns * batch;
	unsigned int ticks = 0;
	int err = 0;

	spin_lock_bh(qdisc_lock(b->sch));
	while (b->frames < target_frames && !err) {
		struct sk_buff *skb;

		bench_wait(b->next_ns + BENCH_TIMER_NS);
		b->next_ns += tick_ns;
		while (!err && b->frames < target_frames) {
			skb = bench_dequeue(b);
			if (!skb)
				break;
			err = bench_refill(b, skb);
		}
		if (++ticks % BENCH_TICKS_PER_TURN == 0) {
			spin_unlock_bh(qdisc_lock(b->sch));
			cond_resched();
			if (fatal_signal_pending(current))
				err = -EINTR;
			spin_lock_bh(qdisc_lock(b->sch));
		}
	}
	spin_unlock_bh(qdisc_lock(b->sch));
	return err;
}

static void bench_put_u32(struct nlattr **pos, int type, u32 value)
{
	struct nlattr *attr = *pos;

	attr->nla_type = type;
	attr->nla_len = nla_attr_size(sizeof(value));
	memcpy(nla_data(attr), &value, sizeof(value));
	*pos = nla_data(attr) + NLA_ALIGN(sizeof(value));
}

static void bench_put_u64(struct nlattr **pos, int type, u64 value)
{
	struct nlattr *attr = *pos;

	attr->nla_type = type;
	attr->nla_len = nla_attr_size(sizeof(value));
	memcpy(nla_data(attr), &value, sizeof(value));
	*pos = nla_data(attr) + NLA_ALIGN(sizeof(value));
}

/* Limits and horizons out of the way, the same gaps from both. */
static int bench_configure(struct bench *b)
{
	struct nlattr *opt = kzalloc(256, GFP_KERNEL);
	struct nlattr *pos;
	int err;

	if (!opt)
		return -ENOMEM;
	pos = nla_data(opt);
	if (!strcmp(b->sch->ops->id, "fq")) {
		bench_put_u32(&pos, TCA_FQ_PLIMIT, 1U << 24);
		bench_put_u32(&pos, TCA_FQ_FLOW_PLIMIT, 1000);
		bench_put_u32(&pos, TCA_FQ_HORIZON, 1000 * USEC_PER_SEC);
		if (!bench_is("gso"))
			bench_put_u32(&pos, TCA_FQ_QUANTUM, bench_frame_bytes());
		if (buckets_log)
			bench_put_u32(&pos, TCA_FQ_BUCKETS_LOG, buckets_log);
	} else if (!strcmp(b->sch->ops->id, "sluice")) {
		bench_put_u32(&pos, TCA_SLUICE_LIMIT_PKTS, 1U << 24);
		bench_put_u32(&pos, TCA_SLUICE_FLOW_LIMIT_PKTS, 1000);
		bench_put_u64(&pos, TCA_SLUICE_HORIZON_NS, 1000 * NSEC_PER_SEC);
		bench_put_u32(&pos, TCA_SLUICE_OVERHEAD_BYTES, 0);
		bench_put_u32(&pos, TCA_SLUICE_GAIN_PERCENT, 100);
		bench_put_u32(&pos, TCA_SLUICE_GAIN_SS_PERCENT, 100);
		if (bench_is("forward"))
			bench_put_u64(&pos, TCA_SLUICE_FORWARD_NS,
				      NSEC_PER_MSEC);
	}
	opt->nla_type = TCA_OPTIONS | NLA_F_NESTED;
	opt->nla_len = (void *)pos - (void *)opt;
	rtnl_lock();
	err = b->sch->ops->change ? b->sch->ops->change(b->sch, opt, NULL) : 0;
	rtnl_unlock();
	kfree(opt);
	return err;
}

static u64 bench_per_frame_x100(const struct bench *b,
				const struct bench_count *count)
{
	return div64_u64(count->sum * 100, b->frames);
}

static void bench_report(const struct bench *b)
{
	pr_info("qdisc_bench: kind=%s workload=%s flows=%u batch=%u buckets_log=%u frames=%llu enqueue_x100=%llu dequeue_x100=%llu empty_x100=%llu cut_x100=%llu enqueue_max=%llu dequeue_max=%llu empty_max=%llu enqueues=%llu dequeues=%llu empties=%llu refused=%llu\n",
		b->sch->ops->id, workload, flows, batch, buckets_log, b->frames,
		bench_per_frame_x100(b, &b->enqueue),
		bench_per_frame_x100(b, &b->dequeue),
		bench_per_frame_x100(b, &b->empty),
		bench_per_frame_x100(b, &b->cut),
		b->enqueue.max, b->dequeue.max, b->empty.max,
		b->enqueue.calls, b->dequeue.calls, b->empty.calls, b->refused);
}

static int bench_measure(struct bench *b)
{
	int err;

	b->tsc_cost = bench_tsc_cost();
	err = bench_fill(b);
	if (err)
		return err;
	/* Asleep until shortly before, then come to a steady state. */
	while (ktime_get_ns() + 20 * NSEC_PER_MSEC < b->first_ns)
		usleep_range(10000, 10100);
	/* A tick's last departure has passed by a quarter of a gap. */
	b->next_ns = b->first_ns + (u64)gap_ns * (batch - 1) + gap_ns / 4;
	err = bench_run(b, warmup);
	if (err)
		return err;
	memset(&b->enqueue, 0, sizeof(b->enqueue));
	memset(&b->dequeue, 0, sizeof(b->dequeue));
	memset(&b->empty, 0, sizeof(b->empty));
	memset(&b->cut, 0, sizeof(b->cut));
	b->frames = 0;
	err = bench_run(b, packets);
	if (!err)
		bench_report(b);
	return err;
}

static netdev_tx_t bench_xmit(struct sk_buff *skb, struct net_device *dev)
{
	consume_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops bench_netdev_ops = {
	.ndo_start_xmit = bench_xmit,
};

static void bench_dev_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &bench_netdev_ops;
	eth_hw_addr_random(dev);
	dev->features |= NETIF_F_SG | NETIF_F_HW_CSUM;
}

static int bench_init_flows(struct bench *b)
{
	size_t bytes = bench_is_tcp() ? sizeof(struct tcp_sock) :
					 sizeof(struct sock);
	u32 n;

	b->sock_bytes = ALIGN(bytes, SMP_CACHE_BYTES);
	b->socks = vzalloc(b->sock_bytes * flows);
	b->state = vzalloc(sizeof(*b->state) * flows);
	if (!b->socks || !b->state)
		return -ENOMEM;
	for (n = 0; n < flows; n++) {
		/* TCP's clock is a little quicker than its departure times. */
		u64 flow_gap_ns = (u64)flows * gap_ns * (bench_is_tcp() ? 3 : 4);

		bench_sock_init(bench_sock(b, n), n, div_u64(flow_gap_ns, 4));
		if (n % 1024 == 0)
			cond_resched();
	}
	return 0;
}

static void bench_free(struct bench *b)
{
	if (b->sch) {
		rtnl_lock();
		qdisc_put(b->sch);
		rtnl_unlock();
	}
	/* The qdisc and its last timer may still look at the device. */
	synchronize_net();
	kfree_skb(b->base);
	if (b->dev) {
		unregister_netdev(b->dev);
		free_netdev(b->dev);
	}
	vfree(b->state);
	vfree(b->socks);
	kfree(b);
}

static int __init bench_init(void)
{
	struct bench *b;
	int err;

	if (!flows || !packets || !gap_ns || !batch || !segs ||
	    (!bench_is_tcp() && !bench_is("udp") && !bench_is("gso")))
		return -EINVAL;
	b = kzalloc(sizeof(*b), GFP_KERNEL);
	if (!b)
		return -ENOMEM;
	err = bench_init_flows(b);
	if (err)
		goto out;
	err = -ENOMEM;
	b->dev = alloc_netdev(0, "bench%d", NET_NAME_UNKNOWN, bench_dev_setup);
	if (!b->dev)
		goto out;
	err = register_netdev(b->dev);
	if (err) {
		free_netdev(b->dev);
		b->dev = NULL;
		goto out;
	}
	rtnl_lock();
	b->sch = qdisc_create_dflt(netdev_get_tx_queue(b->dev, 0),
				   default_qdisc_ops, TC_H_ROOT, NULL);
	rtnl_unlock();
	err = -ENOMEM;
	if (!b->sch)
		goto out;
	err = bench_configure(b);
	if (!err)
		err = bench_measure(b);
out:
	bench_free(b);
	if (err)
		pr_err("qdisc_bench: failed with %d\n", err);
	return err;
}

static void __exit bench_exit(void)
{
}

module_init(bench_init);
module_exit(bench_exit);
MODULE_DESCRIPTION("Cost of a packet in a qdisc");
MODULE_LICENSE("GPL");
