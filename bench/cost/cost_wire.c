// SPDX-License-Identifier: GPL-2.0
/*
 * cost_wire: a network device with a wire and a far end, for counting what it
 * costs to send.
 *
 * The device does what a driver of a NIC does: a ring of descriptors, byte
 * queue limits, a doorbell for each list of packets, completions in NAPI after
 * an interrupt that is held back by @interrupt_ns. With @tso it takes
 * super-packets, without it the stack cuts them before.
 *
 * With @launch the device keeps departures: by CLOCK_MONOTONIC in the packet, for
 * fq and Sluice ("stamp"), or by CLOCK_TAI on a queue that was set up for it, for
 * etf and Sluice ("etf"). As a NIC does it sends in the order of its ring, so one
 * packet's time holds up those behind it. With "line" it keeps nothing, but the
 * wire tells when it begins a frame (cost_wire.h).
 *
 * The wire sends at @rate_mbit and looks at the frames: how long are the
 * trains, that is frames of one flow with nothing between. The far end is an
 * ideal TCP receiver @rtt_us away (cost_far.h).
 *
 * /proc/cost_wire shows the counters in one line; a write sets them to zero.
 */
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/hrtimer.h>
#include <linux/ip.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/tcp.h>
#include <linux/vmalloc.h>
#include <net/ip.h>
#include <net/pkt_cls.h>
#include <net/tcp.h>

#include "cost_wire.h"

#define WIRE_RING		1024u
#define WIRE_EVENTS		(1u << 17)
#define WIRE_FLOWS		32768u
/* Preamble, frame check sequence, gap between frames. */
#define WIRE_OVERHEAD_BYTES	24u

static unsigned int rate_mbit = 1000;
module_param(rate_mbit, uint, 0444);
MODULE_PARM_DESC(rate_mbit, "rate of the wire in Mb/s (1 to 100000)");
static unsigned int rtt_us = 10000;
module_param(rtt_us, uint, 0444);
MODULE_PARM_DESC(rtt_us, "round trip time in us");
static unsigned int interrupt_ns = 50000;
module_param(interrupt_ns, uint, 0444);
MODULE_PARM_DESC(interrupt_ns, "least time between two interrupts in ns");
static bool tso = true;
module_param(tso, bool, 0444);
MODULE_PARM_DESC(tso, "the device cuts super-packets");
static int drift_ppm;
module_param(drift_ppm, int, 0444);
MODULE_PARM_DESC(drift_ppm, "how much longer than it says a frame takes, in 10^-6");
static char *launch = "none";
module_param(launch, charp, 0444);
MODULE_PARM_DESC(launch, "how the device takes launch times: none, stamp, etf; line: it takes none");

/**
 * struct wire_descriptor - one piece of memory that is to be sent
 * @address: physical
 * @bytes: how many
 * @frames: of the packet that ends here
 * @skb: that ends here, else NULL
 * @sent_ns: when its last bit has left
 */
struct wire_descriptor {
	u64 address;
	u32 bytes;
	u32 frames;
	struct sk_buff *skb;
	u64 sent_ns;
};

/* An acknowledgement on its way. */
struct wire_event {
	u64 at_ns;
	u32 ack;
	u16 port;
	u16 segments;
	u8 is_syn;
};

/**
 * struct wire_flow - what the far end knows of a connection, by source port
 * @next: the sequence number that it expects
 * @unacked: segments since the last acknowledgement
 * @event: the last event, as its number since the beginning
 * @train_frames: length so far of the train that the wire carries
 */
struct wire_flow {
	u32 next;
	u32 unacked;
	u64 event;
	u32 train_frames;
};

struct wire_counters {
	u64 frames;
	u64 payload_bytes;
	u64 skbs;
	u64 trains;
	u64 train_max;
	u64 acks;
	u64 since_ns;
};

struct wire {
	struct cost_wire_line line;
	struct net_device *dev;
	struct napi_struct napi;
	struct hrtimer timer;
	struct wire_descriptor ring[WIRE_RING];
	u32 head, tail;
	u64 interrupted_ns;
	u16 last_port;		/* of the frame that the wire carries last */
	struct wire_event *events;
	u64 event_head, event_tail;
	struct wire_flow *flows;
	bool is_etf;		/* the queue is set up for launch times in TAI */
	bool is_stamp;
	spinlock_t lock;	/* events, flows, line, counters */
	struct wire_counters counters;
};

static struct net_device *wire_dev;

#include "cost_far.h"

static u64 wire_ns(u32 bytes)
{
	u64 ns = div_u64((u64)bytes * 8000, rate_mbit);

	return ns + div_s64((s64)ns * drift_ppm + 500000, 1000000);
}

/* ---- interrupts ---- */

/*
 * When the oldest packet of the ring has left. A device that keeps departures asks
 * for an interrupt then: the last of the ring may leave a horizon later.
 */
static u64 wire_first_sent_ns(const struct wire *wire)
{
	u32 end = READ_ONCE(wire->tail);

	while (!wire->ring[end % WIRE_RING].skb)
		end++;
	return wire->ring[end % WIRE_RING].sent_ns;
}

static void wire_arm(struct wire *wire)
{
	u64 at_ns = U64_MAX;

	lockdep_assert_held(&wire->lock);
	if (wire->event_tail != wire->event_head)
		at_ns = wire->events[wire->event_tail % WIRE_EVENTS].at_ns;
	if (READ_ONCE(wire->tail) != READ_ONCE(wire->head))
		at_ns = min(at_ns, wire->is_etf || wire->is_stamp ?
				   wire_first_sent_ns(wire) : wire->line.free_ns);
	if (at_ns == U64_MAX)
		return;
	at_ns = max(at_ns, wire->interrupted_ns + interrupt_ns);
	if (!hrtimer_active(&wire->timer) ||
	    at_ns < ktime_to_ns(hrtimer_get_expires(&wire->timer)))
		hrtimer_start(&wire->timer, ns_to_ktime(at_ns),
			      HRTIMER_MODE_ABS_PINNED);
}

static enum hrtimer_restart wire_interrupt(struct hrtimer *timer)
{
	struct wire *wire = container_of(timer, struct wire, timer);

	wire->interrupted_ns = ktime_get_ns();
	napi_schedule(&wire->napi);
	return HRTIMER_NORESTART;
}

/* ---- the device ---- */

static void wire_look(struct wire *wire, const struct tcphdr *tcp,
		      u32 payload_bytes, u32 frames, u64 start_ns)
{
	struct wire_counters *counters = &wire->counters;
	u16 port = ntohs(tcp->source);
	struct wire_flow *flow = &wire->flows[port % WIRE_FLOWS];

	if (!payload_bytes)
		return;
	/* The next frame of the same flow, and the wire did not rest. */
	if (wire->last_port != port || start_ns > wire->line.free_ns) {
		flow->train_frames = 0;
		counters->trains++;
	}
	wire->last_port = port;
	flow->train_frames += frames;
	counters->train_max = max_t(u64, counters->train_max,
				    flow->train_frames);
	counters->frames += frames;
	counters->payload_bytes += payload_bytes;
	counters->skbs++;
}

/* The time that the packet's descriptor tells the device, 0: none. */
static u64 wire_launch_ns(const struct wire *wire, const struct sk_buff *skb)
{
	if (wire->is_etf)
		return skb->tstamp - ktime_mono_to_any(0, TK_OFFS_TAI);
	return wire->is_stamp ? skb->tstamp : 0;
}

/* What no flow sends fills the wire. Returns when its last bit has left. */
static u64 wire_fill(struct wire *wire, const struct sk_buff *skb)
{
	u64 sent_ns;

	spin_lock_bh(&wire->lock);
	wire->last_port = 0;
	wire->line.free_ns = sent_ns = max(ktime_get_ns(), wire->line.free_ns) +
		wire_ns(skb->len + WIRE_OVERHEAD_BYTES);
	spin_unlock_bh(&wire->lock);
	return sent_ns;
}

/* All of one packet goes onto the wire. Returns when its last bit has left. */
static u64 wire_send(struct wire *wire, struct sk_buff *skb, u32 *ret_frames)
{
	const struct tcphdr *tcp = tcp_hdr(skb);
	u32 headers = skb_transport_offset(skb) + tcp_hdrlen(skb);
	u32 payload_bytes = skb->len - headers, frames = 1;
	u64 now_ns = ktime_get_ns(), start_ns, sent_ns;

	if (skb_is_gso(skb))
		frames = DIV_ROUND_UP(payload_bytes, skb_shinfo(skb)->gso_size);
	*ret_frames = frames;
	spin_lock_bh(&wire->lock);
	start_ns = max3(now_ns, wire->line.free_ns, wire_launch_ns(wire, skb));
	wire_look(wire, tcp, payload_bytes, frames, start_ns);
	wire->line.data_free_ns = wire->line.free_ns = sent_ns = start_ns +
		wire_ns(payload_bytes + frames * (headers + WIRE_OVERHEAD_BYTES));
	wire_receive(wire, tcp, payload_bytes, frames,
		     sent_ns + rtt_us * NSEC_PER_USEC);
	spin_unlock_bh(&wire->lock);
	return sent_ns;
}

static u32 wire_room(const struct wire *wire)
{
	return WIRE_RING - (READ_ONCE(wire->head) - READ_ONCE(wire->tail));
}

static struct wire_descriptor *wire_piece(struct wire *wire, void *data,
					  u32 bytes)
{
	struct wire_descriptor *piece = &wire->ring[wire->head++ % WIRE_RING];

	piece->address = virt_to_phys(data);
	piece->bytes = bytes;
	piece->skb = NULL;
	return piece;
}

static netdev_tx_t wire_start_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct netdev_queue *queue = netdev_get_tx_queue(dev, 0);
	struct wire *wire = netdev_priv(dev);
	bool is_gap = skb->protocol == htons(ETH_P_PAUSE);
	struct wire_descriptor *piece;
	unsigned int i;

	if (!is_gap && (skb->protocol != htons(ETH_P_IP) ||
			ip_hdr(skb)->protocol != IPPROTO_TCP)) {
		dev_kfree_skb_any(skb);
		return NETDEV_TX_OK;
	}
	piece = wire_piece(wire, skb->data, skb_headlen(skb));
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];

		piece = wire_piece(wire, skb_frag_address(frag),
				   skb_frag_size(frag));
	}
	piece->skb = skb;
	netdev_tx_sent_queue(queue, skb->len);
	skb_tx_timestamp(skb);
	piece->sent_ns = is_gap ? wire_fill(wire, skb) :
				  wire_send(wire, skb, &piece->frames);
	if (wire_room(wire) < MAX_SKB_FRAGS + 2)
		netif_tx_stop_queue(queue);
	if (!netdev_xmit_more() || netif_xmit_stopped(queue)) {
		spin_lock_bh(&wire->lock);
		wire_arm(wire);
		spin_unlock_bh(&wire->lock);
	}
	return NETDEV_TX_OK;
}

static void wire_complete(struct wire *wire, u64 now_ns, int budget)
{
	struct netdev_queue *queue = netdev_get_tx_queue(wire->dev, 0);
	u32 pkts = 0, bytes = 0, tail = wire->tail;

	while (tail != READ_ONCE(wire->head)) {
		u32 end = tail;

		while (!wire->ring[end % WIRE_RING].skb)
			end++;
		if (wire->ring[end % WIRE_RING].sent_ns > now_ns)
			break;
		pkts++;
		bytes += wire->ring[end % WIRE_RING].skb->len;
		napi_consume_skb(wire->ring[end % WIRE_RING].skb, budget);
		tail = end + 1;
	}
	WRITE_ONCE(wire->tail, tail);
	netdev_tx_completed_queue(queue, pkts, bytes);
	if (netif_tx_queue_stopped(queue) && wire_room(wire) > WIRE_RING / 4)
		netif_tx_wake_queue(queue);
}

static int wire_poll(struct napi_struct *napi, int budget)
{
	struct wire *wire = container_of(napi, struct wire, napi);
	u64 now_ns = ktime_get_ns();
	int done = 0;

	wire_complete(wire, now_ns, budget);
	while (done < budget) {
		struct wire_event event;
		struct sk_buff *skb;

		spin_lock_bh(&wire->lock);
		event = wire->events[wire->event_tail % WIRE_EVENTS];
		if (wire->event_tail == wire->event_head ||
		    event.at_ns > now_ns) {
			spin_unlock_bh(&wire->lock);
			break;
		}
		wire->event_tail++;
		wire->counters.acks++;
		spin_unlock_bh(&wire->lock);
		skb = wire_ack(wire, &event);
		if (skb)
			napi_gro_receive(napi, skb);
		done++;
	}
	if (done < budget && napi_complete_done(napi, done)) {
		spin_lock_bh(&wire->lock);
		wire_arm(wire);
		spin_unlock_bh(&wire->lock);
	}
	return done;
}

static int wire_open(struct net_device *dev)
{
	struct wire *wire = netdev_priv(dev);

	napi_enable(&wire->napi);
	netif_start_queue(dev);
	return 0;
}

static int wire_stop(struct net_device *dev)
{
	struct wire *wire = netdev_priv(dev);

	netif_stop_queue(dev);
	hrtimer_cancel(&wire->timer);
	napi_disable(&wire->napi);
	hrtimer_cancel(&wire->timer);
	wire_complete(wire, U64_MAX, 0);
	wire->event_tail = wire->event_head;
	return 0;
}

static int wire_setup_tc(struct net_device *dev, enum tc_setup_type type,
			 void *data)
{
	struct wire *wire = netdev_priv(dev);
	const struct tc_etf_qopt_offload *etf = data;

	if (type != TC_SETUP_QDISC_ETF || strcmp(launch, "etf"))
		return -EOPNOTSUPP;
	wire->is_etf = etf->enable;
	return 0;
}

static const struct net_device_ops wire_ops = {
	.ndo_open = wire_open,
	.ndo_stop = wire_stop,
	.ndo_start_xmit = wire_start_xmit,
	.ndo_setup_tc = wire_setup_tc,
};

static int wire_link_ksettings(struct net_device *dev,
			       struct ethtool_link_ksettings *settings)
{
	settings->base.speed = rate_mbit;
	return 0;
}

static const struct ethtool_ops wire_ethtool_ops = {
	.get_link_ksettings = wire_link_ksettings,
};

/* ---- counters ---- */

static int wire_show(struct seq_file *file, void *unused)
{
	struct wire *wire = netdev_priv(wire_dev);
	struct wire_counters counters;

	spin_lock_bh(&wire->lock);
	counters = wire->counters;
	spin_unlock_bh(&wire->lock);
	seq_printf(file, "frames=%llu payload_bytes=%llu skbs=%llu trains=%llu train_max=%llu acks=%llu taken_ns=%llu\n",
		   counters.frames, counters.payload_bytes, counters.skbs,
		   counters.trains, counters.train_max, counters.acks,
		   ktime_get_ns() - counters.since_ns);
	return 0;
}

static ssize_t wire_reset(struct file *file, const char __user *text,
			  size_t bytes, loff_t *at)
{
	struct wire *wire = netdev_priv(wire_dev);

	spin_lock_bh(&wire->lock);
	memset(&wire->counters, 0, sizeof(wire->counters));
	wire->counters.since_ns = ktime_get_ns();
	spin_unlock_bh(&wire->lock);
	return bytes;
}

static int wire_proc_open(struct inode *inode, struct file *file)
{
	return single_open(file, wire_show, NULL);
}

static const struct proc_ops wire_proc_ops = {
	.proc_open = wire_proc_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_write = wire_reset,
	.proc_release = single_release,
};

/* ---- module ---- */

static void wire_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &wire_ops;
	dev->ethtool_ops = &wire_ethtool_ops;
	dev->flags |= IFF_NOARP;
	dev->hw_features = NETIF_F_SG | NETIF_F_HW_CSUM;
	if (tso)
		dev->hw_features |= NETIF_F_TSO | NETIF_F_TSO6 | NETIF_F_TSO_ECN;
	dev->features |= dev->hw_features;
	eth_hw_addr_random(dev);
}

static int __init wire_init(void)
{
	struct wire *wire;
	int err = -ENOMEM;

	if (!rate_mbit || rate_mbit > 100000)
		return -EINVAL;
#ifndef COST_HAVE_PACING_OFFLOAD
	if (!strcmp(launch, "stamp"))
		return -EOPNOTSUPP;
#endif
	wire_dev = alloc_netdev(sizeof(*wire), "wire%d", NET_NAME_ENUM,
				wire_setup);
	if (!wire_dev)
		return -ENOMEM;
	wire = netdev_priv(wire_dev);
	wire->dev = wire_dev;
	wire->is_stamp = !strcmp(launch, "stamp");
	wire->line.is_measured = !strcmp(launch, "line");
#ifdef COST_HAVE_PACING_OFFLOAD
	if (wire->is_stamp)
		wire_dev->max_pacing_offload_horizon = 10 * NSEC_PER_MSEC;
#endif
	spin_lock_init(&wire->lock);
	wire->events = vzalloc(WIRE_EVENTS * sizeof(*wire->events));
	wire->flows = vzalloc(WIRE_FLOWS * sizeof(*wire->flows));
	if (!wire->events || !wire->flows)
		goto free;
#ifdef COST_HAVE_HRTIMER_SETUP
	hrtimer_setup(&wire->timer, wire_interrupt, CLOCK_MONOTONIC,
		      HRTIMER_MODE_ABS_PINNED);
#else
	hrtimer_init(&wire->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED);
	wire->timer.function = wire_interrupt;
#endif
	netif_napi_add(wire_dev, &wire->napi, wire_poll);
	err = register_netdev(wire_dev);
	if (err)
		goto remove;
	err = -ENOMEM;
	if (!proc_create("cost_wire", 0600, NULL, &wire_proc_ops))
		goto unregister;
	return 0;

unregister:
	unregister_netdev(wire_dev);
remove:
	netif_napi_del(&wire->napi);
free:
	vfree(wire->events);
	vfree(wire->flows);
	free_netdev(wire_dev);
	return err;
}

static void __exit wire_exit(void)
{
	struct wire *wire = netdev_priv(wire_dev);

	remove_proc_entry("cost_wire", NULL);
	unregister_netdev(wire_dev);
	netif_napi_del(&wire->napi);
	vfree(wire->events);
	vfree(wire->flows);
	free_netdev(wire_dev);
}

module_init(wire_init);
module_exit(wire_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A device with a wire and a TCP receiver, for benchmarks");
