/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A sluice qdisc that stands alone: a device that sends nowhere, packets made
 * by hand, and a time that the test tells.
 */
#ifndef SLUICE_QDISC_FIXTURE_H
#define SLUICE_QDISC_FIXTURE_H

#include <kunit/test.h>
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/tcp.h>

#include "../sch_sluice.h"

#define T0_NS		(1000ULL * NSEC_PER_SEC)
#define HEADERS_BYTES	(ETH_HLEN + sizeof(struct iphdr) + sizeof(struct tcphdr))
/* 125 MB/s: a byte takes 8 ns, a full frame of 1538 wire bytes 12304. */
#define GIGABIT_BYTES_PS	125000000ULL
#define FULL_PAYLOAD_BYTES	1460
#define FULL_FRAME_NS		12304ULL

struct sluice_fixture {
	struct net_device *dev;
	struct Qdisc *sch;
	struct sluice_sched *q;
	u64 sent;
};

static netdev_tx_t fixture_xmit(struct sk_buff *skb, struct net_device *dev)
{
	kfree_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops fixture_netdev_ops = {
	.ndo_start_xmit = fixture_xmit,
};

static void fixture_dev_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &fixture_netdev_ops;
	dev->features = NETIF_F_SG | NETIF_F_HW_CSUM;
}

static int fixture_init(struct kunit *test)
{
	struct sluice_fixture *fix;

	fix = kunit_kzalloc(test, sizeof(*fix), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fix);
	fix->dev = alloc_netdev(0, "sluicekunit%d", NET_NAME_UNKNOWN,
				fixture_dev_setup);
	KUNIT_ASSERT_NOT_NULL(test, fix->dev);
	eth_hw_addr_random(fix->dev);
	KUNIT_ASSERT_EQ(test, register_netdev(fix->dev), 0);
	rtnl_lock();
	fix->sch = qdisc_create_dflt(netdev_get_tx_queue(fix->dev, 0),
				     &sluice_qdisc_ops, TC_H_ROOT, NULL);
	rtnl_unlock();
	KUNIT_ASSERT_NOT_NULL(test, fix->sch);
	fix->q = qdisc_priv(fix->sch);
	fix->q->wheel.now_ns = T0_NS;
	test->priv = fix;
	return 0;
}

/* Whatever a test did: at the end nothing is held and nothing is lost. */
static void fixture_exit(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;

	if (!fix || !fix->dev)
		return;
	rtnl_lock();
	if (fix->sch)
		qdisc_put(fix->sch);
	rtnl_unlock();
	unregister_netdev(fix->dev);
	free_netdev(fix->dev);
}

/* A TCP frame of flow @flow_id, or a super-packet of @segments of them. */
static struct sk_buff *fixture_tcp(struct kunit *test, u32 flow_id,
				   u32 payload_bytes, u16 segments)
{
	struct sluice_fixture *fix = test->priv;
	u32 all_bytes = payload_bytes * segments;
	struct sk_buff *skb;
	struct tcphdr *th;
	struct iphdr *iph;

	skb = alloc_skb(NET_SKB_PAD + HEADERS_BYTES + all_bytes, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_reserve(skb, NET_SKB_PAD);
	skb->dev = fix->dev;
	skb->protocol = htons(ETH_P_IP);
	skb_reset_mac_header(skb);
	memset(skb_put(skb, HEADERS_BYTES + all_bytes), 0,
	       HEADERS_BYTES + all_bytes);
	eth_hdr(skb)->h_proto = htons(ETH_P_IP);
	skb->mac_len = ETH_HLEN;
	skb_set_network_header(skb, ETH_HLEN);
	skb_set_transport_header(skb, ETH_HLEN + sizeof(struct iphdr));

	iph = ip_hdr(skb);
	iph->version = 4;
	iph->ihl = 5;
	iph->ttl = 64;
	iph->protocol = IPPROTO_TCP;
	iph->saddr = htonl(0x0a000001);
	iph->daddr = htonl(0x0a000002);
	iph->tot_len = htons(skb->len - ETH_HLEN);
	th = tcp_hdr(skb);
	th->source = htons(flow_id);
	th->dest = htons(80);
	th->doff = sizeof(*th) / 4;
	th->ack = 1;
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
	skb_set_hash(skb, flow_id + 1, PKT_HASH_TYPE_L4);
	if (segments > 1) {
		skb_shinfo(skb)->gso_size = payload_bytes;
		skb_shinfo(skb)->gso_segs = segments;
		skb_shinfo(skb)->gso_type = SKB_GSO_TCPV4;
	}
	qdisc_skb_cb(skb)->pkt_len = skb->len +
				     (segments - 1) * HEADERS_BYTES;
	sluice_compat_set_pkt_segs(skb, segments);
	return skb;
}

static void fixture_free_list(struct sk_buff *skb)
{
	while (skb) {
		struct sk_buff *next = skb->next;

		skb_mark_not_on_list(skb);
		kfree_skb(skb);
		skb = next;
	}
}

static int fixture_enqueue(struct kunit *test, struct sk_buff *skb, u64 now_ns)
{
	struct sluice_fixture *fix = test->priv;
	struct sk_buff *to_free = NULL;
	int ret;

	local_bh_disable();
	spin_lock(qdisc_lock(fix->sch));
	ret = sluice_enqueue_at(skb, fix->sch, &to_free, now_ns);
	spin_unlock(qdisc_lock(fix->sch));
	local_bh_enable();
	fixture_free_list(to_free);
	return ret;
}

static struct sk_buff *fixture_dequeue(struct kunit *test, u64 now_ns)
{
	struct sluice_fixture *fix = test->priv;
	struct sk_buff *skb = NULL;

	local_bh_disable();
	spin_lock(qdisc_lock(fix->sch));
	if (fix->sch->q.qlen)
		skb = sluice_dequeue_at(fix->sch, now_ns);
	spin_unlock(qdisc_lock(fix->sch));
	local_bh_enable();
	if (skb)
		fix->sent++;
	return skb;
}

/* Jump to the next departure; its time, or 0 when nothing is held. */
static u64 fixture_next(struct kunit *test, u64 now_ns, struct sk_buff **ret)
{
	struct sluice_fixture *fix = test->priv;

	*ret = fixture_dequeue(test, now_ns);
	if (*ret || !fix->sch->q.qlen)
		return *ret ? now_ns : 0;
	now_ns = fix->q->timer_due_ns;
	*ret = fixture_dequeue(test, now_ns);
	KUNIT_ASSERT_NOT_NULL(test, *ret);
	return now_ns;
}

static void fixture_set(struct kunit *test, const struct sluice_config *config)
{
	struct sluice_fixture *fix = test->priv;

	rtnl_lock();
	sluice_options_apply(fix->sch, config, NULL);
	rtnl_unlock();
}

/* A device with one queue, whose byte queue limits have room for @room_bytes. */
static __maybe_unused void fixture_leave_room(struct kunit *test, u32 room_bytes)
{
#ifdef CONFIG_BQL
	struct sluice_fixture *fix = test->priv;
	struct dql *dql = &fix->sch->dev_queue->dql;

	fix->sch->flags |= TCQ_F_ONETXQUEUE;
	dql->adj_limit = dql->num_queued + room_bytes;
	KUNIT_ASSERT_EQ(test, qdisc_avail_bulklimit(fix->sch->dev_queue),
			room_bytes);
#else
	kunit_skip(test, "the kernel has no byte queue limits");
#endif
}

static struct sluice_config fixture_config(void)
{
	struct sluice_config config;

	sluice_options_default(&config);
	return config;
}

static u64 sluice_departure_of(struct kunit *test, struct sk_buff *skb,
			       u64 now_ns)
{
	u64 departure_ns;

	fixture_enqueue(test, skb, now_ns);
	departure_ns = fixture_next(test, now_ns, &skb);
	kfree_skb(skb);
	return departure_ns;
}

#endif
