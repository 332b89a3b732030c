/* SPDX-License-Identifier: GPL-2.0 */
/*
 * qdisc_bench: its state, and the sockets and packets that look real enough to
 * a qdisc. Included by qdisc_bench.c only.
 */
#ifndef BENCH_QDISC_BENCH_H
#define BENCH_QDISC_BENCH_H

#include <linux/etherdevice.h>
#include <linux/hash.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/delay.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/vmalloc.h>
#include <net/netlink.h>
#include <net/pkt_sched.h>
#include <net/sch_generic.h>
#include <net/sock.h>
#include <net/tcp.h>

#define BENCH_MSS_BYTES		1448

static unsigned int flows = 1;
module_param(flows, uint, 0444);
MODULE_PARM_DESC(flows, "flows that wait");

static unsigned int packets = 200000;
module_param(packets, uint, 0444);
MODULE_PARM_DESC(packets, "frames to count");

static unsigned int warmup = 20000;
module_param(warmup, uint, 0444);
MODULE_PARM_DESC(warmup, "frames before that");

static unsigned int gap_ns = 4000;
module_param(gap_ns, uint, 0444);
MODULE_PARM_DESC(gap_ns, "mean time between departures over all flows");

static unsigned int batch = 1;
module_param(batch, uint, 0444);
MODULE_PARM_DESC(batch, "departures per tick");

static unsigned int buckets_log;
module_param(buckets_log, uint, 0444);
MODULE_PARM_DESC(buckets_log, "fq: log2 of its hash buckets, 0 for its default");

static unsigned int segs = 16;
module_param(segs, uint, 0444);
MODULE_PARM_DESC(segs, "gso: datagrams per packet");

static char *workload = "tcp";
module_param(workload, charp, 0444);
MODULE_PARM_DESC(workload, "tcp, udp, gso or forward");

/**
 * struct bench_count - what one kind of call took
 * @calls: how many
 * @sum: TSC counts, without those of reading the TSC
 * @max: the longest
 */
struct bench_count {
	u64 calls;
	u64 sum;
	u64 max;
};

/**
 * struct bench_flow - a flow's schedule
 * @due_ns: departure of its packet
 * @round: how many left before
 * @left: gso: datagrams of its packet that have not left
 */
struct bench_flow {
	u64 due_ns;
	u32 round;
	u32 left;
};

/**
 * struct bench - one measurement
 * @dev: the device
 * @sch: its qdisc, in use by nobody else
 * @socks: @flows sockets
 * @sock_bytes: size of each
 * @state: @flows schedules
 * @base: packet that the next clones share
 * @clones: clones of @base
 * @first_ns: departure of the very first packet
 * @next_ns: the next tick
 * @tsc_cost: counts that reading the TSC twice takes
 * @enqueue: enqueue()
 * @dequeue: dequeue() that returned a packet
 * @empty: dequeue() that did not
 * @cut: cutting what came out as a bundle
 * @frames: frames that left
 * @refused: packets that enqueue() did not take
 */
struct bench {
	struct net_device *dev;
	struct Qdisc *sch;
	void *socks;
	size_t sock_bytes;
	struct bench_flow *state;
	struct sk_buff *base;
	unsigned int clones;
	u64 first_ns;
	u64 next_ns;
	u64 tsc_cost;
	struct bench_count enqueue;
	struct bench_count dequeue;
	struct bench_count empty;
	struct bench_count cut;
	u64 frames;
	u64 refused;
};

static struct tcp_congestion_ops bench_ca_ops = { .name = "bench" };

static bool bench_is(const char *name)
{
	return !strcmp(workload, name);
}

static struct sock *bench_sock(const struct bench *b, u32 index)
{
	return b->socks + (size_t)index * b->sock_bytes;
}

/* What is forwarded has no socket: the number of its flow is its hash. */
static bool bench_is_tcp(void)
{
	return bench_is("tcp") || bench_is("forward");
}

static u32 bench_index(const struct bench *b, const struct sk_buff *skb)
{
	if (!skb->sk)
		return skb->hash;
	return ((const void *)skb->sk - b->socks) / b->sock_bytes;
}

static u32 bench_frame_bytes(void)
{
	return ETH_HLEN + sizeof(struct iphdr) +
	       (bench_is_tcp() ? sizeof(struct tcphdr) + TCPOLEN_TSTAMP_ALIGNED :
				  sizeof(struct udphdr)) + BENCH_MSS_BYTES;
}

static void bench_sock_init(struct sock *sk, u32 index, u64 flow_gap_ns)
{
	u64 bytes_ps = div64_u64((u64)bench_frame_bytes() * NSEC_PER_SEC,
				 flow_gap_ns) + 1;

	sk->sk_family = AF_INET;
	sk->sk_state = TCP_ESTABLISHED;
	sk->sk_hash = hash_32(index, 32);
	sk->sk_pacing_rate = bytes_ps;
	sk->sk_max_pacing_rate = ~0UL;
	sk->sk_pacing_status = SK_PACING_FQ;
	/* sock_wfree() at the end of a datagram, and never the last one. */
	refcount_set(&sk->sk_wmem_alloc, 1 << 30);
	sock_set_flag(sk, SOCK_USE_WRITE_QUEUE);
	if (bench_is("tcp")) {
		struct tcp_sock *tp = (struct tcp_sock *)sk;

		sk->sk_type = SOCK_STREAM;
		sk->sk_protocol = IPPROTO_TCP;
		tp->inet_conn.icsk_ca_ops = &bench_ca_ops;
		tp->srtt_us = 10000 << 3;
		tp->bytes_acked = 1000000;
		tp->mss_cache = BENCH_MSS_BYTES;
		tp->snd_cwnd = 100;
		tp->snd_ssthresh = 50;
	} else {
		sk->sk_type = SOCK_DGRAM;
		sk->sk_protocol = IPPROTO_UDP;
		sk->sk_max_pacing_rate = bytes_ps;
	}
}

static void bench_headers(struct bench *b, struct sk_buff *skb, u32 bytes)
{
	struct iphdr *iph;

	skb->dev = b->dev;
	skb->protocol = htons(ETH_P_IP);
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, ETH_HLEN);
	skb_set_transport_header(skb, ETH_HLEN + sizeof(*iph));
	eth_hdr(skb)->h_proto = htons(ETH_P_IP);
	iph = ip_hdr(skb);
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tot_len = htons(bytes - ETH_HLEN);
	iph->ttl = 64;
	iph->protocol = bench_is_tcp() ? IPPROTO_TCP : IPPROTO_UDP;
	if (bench_is_tcp()) {
		tcp_hdr(skb)->doff = (sizeof(struct tcphdr) +
				      TCPOLEN_TSTAMP_ALIGNED) / 4;
		tcp_hdr(skb)->ack = 1;
		return;
	}
	udp_hdr(skb)->len = htons(bytes - ETH_HLEN - sizeof(*iph));
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct udphdr, check);
}

/* Payload lies in pages, as the stack has it; here always in the same one. */
static int bench_payload(struct sk_buff *skb, u32 bytes)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	int n;

	if (!page)
		return -ENOMEM;
	for (n = 0; bytes; n++) {
		u32 part = min_t(u32, bytes, PAGE_SIZE);

		get_page(page);
		skb_add_rx_frag(skb, n, page, 0, part, part);
		bytes -= part;
	}
	put_page(page);
	return 0;
}

static struct sk_buff *bench_packet_new(struct bench *b)
{
	u32 n = bench_is("gso") ? segs : 1;
	u32 header_bytes = bench_frame_bytes() - BENCH_MSS_BYTES;
	struct sk_buff *skb = alloc_skb(header_bytes, GFP_KERNEL);

	if (!skb)
		return NULL;
	skb_put_zero(skb, header_bytes);
	if (bench_payload(skb, n * BENCH_MSS_BYTES)) {
		kfree_skb(skb);
		return NULL;
	}
	bench_headers(b, skb, skb->len);
	if (n > 1) {
		skb_shinfo(skb)->gso_size = BENCH_MSS_BYTES;
		skb_shinfo(skb)->gso_segs = n;
		skb_shinfo(skb)->gso_type = SKB_GSO_UDP_L4;
	}
	qdisc_skb_cb(skb)->pkt_len = n * bench_frame_bytes();
#ifdef SLUICE_HAVE_PKT_SEGS
	qdisc_skb_cb(skb)->pkt_segs = n;
#endif
	return skb;
}

#endif
