// SPDX-License-Identifier: GPL-2.0
/*
 * departure: how late do frames reach the driver, and how late does a timer
 * reach the transmit softirq at all?
 *
 *	e_i = time at which the driver gets the packet - departure it asked for
 *
 * The departure is the packet's time stamp: TCP's earliest departure time as fq
 * obeys it, or what sch_sluice_noted.c writes there. Packets that asked for no
 * time to come when they reached the qdisc did not wait, and do not count. For a
 * device that keeps departures it is the launch time that counts, or, if that is
 * later, the time at which the driver gets the packet. Where gap frames fill the line
 * it is the time at which the wire begins the packet.
 *
 * The floor is a qdisc, "floor", that never has a packet: its watchdog is set to
 * a time without slack, as those of fq and Sluice are, and its dequeue notes
 * when it is called. Nothing that waits for a timer can be earlier.
 *
 * Written to /proc/departure, "begin" forgets what was measured, "on" and "off"
 * do what they say; a read shows one line, packets first. There is one processor.
 */
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/sort.h>
#include <linux/tracepoint.h>
#include <linux/vmalloc.h>
#include <net/pkt_sched.h>

#include "cost_wire.h"

#define SAMPLES_MAX		(1u << 20)
/* ACK, SYN and the like are shorter. */
#define DATA_MIN_BYTES		500u
/* Mark of packets that did not wait. */
#define MARK_PROMPT		1u
/* No multiple of anything else on the machine. */
#define FLOOR_PERIOD_NS		137911u

struct samples {
	s64 *late_ns;
	u32 n;
};

static struct samples packets, floors;
static bool is_measuring;
static struct tracepoint *tp_queue, *tp_xmit;

static void samples_add(struct samples *samples, s64 late_ns)
{
	if (READ_ONCE(is_measuring) && samples->n < SAMPLES_MAX)
		samples->late_ns[samples->n++] = late_ns;
}

static bool is_ours(const struct sk_buff *skb)
{
	return skb->dev && !strncmp(skb->dev->name, "wire", 4) &&
	       skb->len >= DATA_MIN_BYTES;
}

/* A packet reaches the qdisc. */
static void departure_queue(void *unused, struct sk_buff *skb)
{
	if (is_ours(skb))
		skb->mark = (u64)skb->tstamp > ktime_get_ns() ? 0 : MARK_PROMPT;
}

static s64 departure_late_ns(const struct sk_buff *skb,
			     const struct net_device *dev)
{
	const struct cost_wire_line *line = netdev_priv(dev);
	u64 now_ns = ktime_get_ns(), due_ns = skb->tstamp - (skb->mark >> 1);

#ifdef COST_HAVE_PACING_OFFLOAD
	if (dev->max_pacing_offload_horizon)
		now_ns = max_t(u64, now_ns, skb->tstamp);
#endif
	/* That it follows another flow's frame counts in no row. */
	if (line->is_measured) {
		now_ns = max_t(u64, now_ns, line->free_ns);
		due_ns = max_t(u64, due_ns, line->data_free_ns);
	}
	return (s64)(now_ns - due_ns);
}

/* A packet reaches the driver. */
static void departure_xmit(void *unused, const struct sk_buff *skb,
			   const struct net_device *dev)
{
	if (is_ours(skb) && skb->mark != MARK_PROMPT && skb->tstamp)
		samples_add(&packets, departure_late_ns(skb, dev));
}

static void departure_find(struct tracepoint *tp, void *unused)
{
	if (!strcmp(tp->name, "net_dev_queue"))
		tp_queue = tp;
	if (!strcmp(tp->name, "net_dev_start_xmit"))
		tp_xmit = tp;
}

/* ---- the floor ---- */

struct floor_sched {
	struct qdisc_watchdog watchdog;
	u64 due_ns;
};

static void floor_arm(struct floor_sched *q)
{
	q->due_ns = ktime_get_ns() + FLOOR_PERIOD_NS;
	qdisc_watchdog_schedule_range_ns(&q->watchdog, q->due_ns, 0);
}

static int floor_enqueue(struct sk_buff *skb, struct Qdisc *sch,
			 struct sk_buff **to_free)
{
	return qdisc_drop(skb, sch, to_free);
}

static struct sk_buff *floor_dequeue(struct Qdisc *sch)
{
	struct floor_sched *q = qdisc_priv(sch);
	u64 now_ns = ktime_get_ns();

	if (q->due_ns && now_ns >= q->due_ns) {
		samples_add(&floors, (s64)(now_ns - q->due_ns));
		floor_arm(q);
	}
	return NULL;
}

static int floor_init(struct Qdisc *sch, struct nlattr *opt,
		      struct netlink_ext_ack *extack)
{
	struct floor_sched *q = qdisc_priv(sch);

	qdisc_watchdog_init(&q->watchdog, sch);
	floor_arm(q);
	return 0;
}

/* The kernel resets a qdisc when it attaches it. */
static void floor_reset(struct Qdisc *sch)
{
}

static void floor_destroy(struct Qdisc *sch)
{
	struct floor_sched *q = qdisc_priv(sch);

	qdisc_watchdog_cancel(&q->watchdog);
}

static struct Qdisc_ops floor_ops = {
	.id = "floor",
	.priv_size = sizeof(struct floor_sched),
	.enqueue = floor_enqueue,
	.dequeue = floor_dequeue,
	.peek = qdisc_peek_dequeued,
	.init = floor_init,
	.reset = floor_reset,
	.destroy = floor_destroy,
	.owner = THIS_MODULE,
};

/* ---- results ---- */

static int late_compare(const void *a, const void *b)
{
	const s64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static s64 late_quantile(const struct samples *samples, u32 per_mille)
{
	u32 at = div_u64((u64)samples->n * per_mille, 1000);

	return samples->n ? samples->late_ns[min(at, samples->n - 1)] : 0;
}

static void samples_show(struct seq_file *file, const char *what,
			 struct samples *samples)
{
	u32 early = 0;

	sort(samples->late_ns, samples->n, sizeof(s64), late_compare, NULL);
	while (early < samples->n && samples->late_ns[early] < 0)
		early++;
	seq_printf(file, "%s_n=%u %s_early=%u %s_min=%lld %s_p50=%lld %s_p90=%lld %s_p99=%lld %s_p999=%lld %s_max=%lld ",
		   what, samples->n, what, early, what, late_quantile(samples, 0),
		   what, late_quantile(samples, 500),
		   what, late_quantile(samples, 900),
		   what, late_quantile(samples, 990),
		   what, late_quantile(samples, 999),
		   what, late_quantile(samples, 1000));
}

static int departure_show(struct seq_file *file, void *unused)
{
	samples_show(file, "packet", &packets);
	samples_show(file, "floor", &floors);
	seq_puts(file, "\n");
	return 0;
}

static int departure_open(struct inode *inode, struct file *file)
{
	return single_open_size(file, departure_show, NULL, 1024);
}

static ssize_t departure_command(struct file *file, const char __user *text,
				 size_t bytes, loff_t *at)
{
	char word[8] = "";

	if (bytes >= sizeof(word) || copy_from_user(word, text, bytes))
		return -EINVAL;
	if (!strcmp(word, "begin")) {
		packets.n = 0;
		floors.n = 0;
	}
	WRITE_ONCE(is_measuring, !strcmp(word, "on"));
	return bytes;
}

static const struct proc_ops departure_proc_ops = {
	.proc_open = departure_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_write = departure_command,
	.proc_release = single_release,
};

static int __init departure_init(void)
{
	int err = -ENOMEM;

	for_each_kernel_tracepoint(departure_find, NULL);
	if (!tp_queue || !tp_xmit)
		return -ENOENT;
	packets.late_ns = vzalloc(SAMPLES_MAX * sizeof(s64));
	floors.late_ns = vzalloc(SAMPLES_MAX * sizeof(s64));
	if (!packets.late_ns || !floors.late_ns)
		goto free;
	err = register_qdisc(&floor_ops);
	if (err)
		goto free;
	err = -ENOMEM;
	if (!proc_create("departure", 0600, NULL, &departure_proc_ops))
		goto unregister;
	tracepoint_probe_register(tp_queue, departure_queue, NULL);
	tracepoint_probe_register(tp_xmit, departure_xmit, NULL);
	return 0;

unregister:
	unregister_qdisc(&floor_ops);
free:
	vfree(packets.late_ns);
	vfree(floors.late_ns);
	return err;
}

static void __exit departure_exit(void)
{
	tracepoint_probe_unregister(tp_xmit, departure_xmit, NULL);
	tracepoint_probe_unregister(tp_queue, departure_queue, NULL);
	tracepoint_synchronize_unregister();
	remove_proc_entry("departure", NULL);
	unregister_qdisc(&floor_ops);
	vfree(packets.late_ns);
	vfree(floors.late_ns);
}

module_init(departure_init);
module_exit(departure_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Lateness of packets at the driver, for benchmarks");
