/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the newest kernel has and an older one lacks. The rest of kernel/ is
 * written for the newest; this file is included before all of it and is the
 * only one that knows about others. SLUICE_HAVE_… come from compat.mk, which
 * looks into the headers: version numbers lie on kernels with backports.
 */
#ifndef SLUICE_COMPAT_H
#define SLUICE_COMPAT_H

#include <linux/ethtool.h>
#include <linux/hrtimer.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/pkt_sched.h>
#include <net/sch_generic.h>
#include <net/sock.h>

/* d457a0e329b0 (6.5) moved the segmentation calls into a header of their own. */
#ifdef SLUICE_HAVE_GSO_H
#include <net/gso.h>
#endif

/* 241a94abcf46 (6.9) */
#ifndef MODULE_ALIAS_NET_SCH
#define MODULE_ALIAS_NET_SCH(id)	MODULE_ALIAS("sch_" id)
#endif

/* The queue length became a field that others read without the lock (7.x). */
#ifndef SLUICE_HAVE_QLEN_INC
static inline void qdisc_qlen_inc(struct Qdisc *sch)
{
	sch->q.qlen++;
}

static inline void qdisc_qlen_dec(struct Qdisc *sch)
{
	sch->q.qlen--;
}
#endif

#ifndef SLUICE_HAVE_QSTATS_BACKLOG_ADD
static inline void qstats_backlog_add(struct Qdisc *sch, u32 bytes)
{
	sch->qstats.backlog += bytes;
}
#endif

/* Later kernels made the ranges of policies constant. */
#ifdef SLUICE_HAVE_CONST_RANGE
#define SLUICE_COMPAT_RANGE const struct netlink_range_validation
#else
#define SLUICE_COMPAT_RANGE struct netlink_range_validation
#endif

/* Reasons for drops of qdiscs (7.x); older kernels know one for all. */
#ifdef SLUICE_HAVE_QDISC_DROP_REASON
#define sluice_compat_drop(skb, sch, to_free, reason) \
	qdisc_drop_reason(skb, sch, to_free, QDISC_DROP_##reason)
#else
#define sluice_compat_drop(skb, sch, to_free, reason) \
	qdisc_drop(skb, sch, to_free)
#endif

/*
 * A packet that dequeue drops is freed when the root lock has been released (7.x). That
 * costs each run of a qdisc that may do so some instructions, so it is said with the first
 * drop.
 */
static inline void sluice_compat_dequeue_drop(struct Qdisc *sch,
					      struct sk_buff *skb)
{
#if defined(SLUICE_HAVE_DEQUEUE_DROP) && defined(SLUICE_HAVE_QDISC_DROP_REASON)
	sch->flags |= TCQ_F_DEQUEUE_DROPS;
	qdisc_dequeue_drop(sch, skb, QDISC_DROP_CONGESTED);
#else
	kfree_skb(skb);
#endif
}

/* The number of segments moved from the shared info to the control block. */
static inline void sluice_compat_set_pkt_segs(struct sk_buff *skb, u16 segs)
{
#ifdef SLUICE_HAVE_PKT_SEGS
	qdisc_skb_cb(skb)->pkt_segs = segs;
#endif
}

/*
 * Super-packets of guests and packet sockets come with the number of segments
 * left at 0; newer kernels fill it in before the qdisc sees them.
 */
static inline void sluice_compat_count_segs(struct sk_buff *skb)
{
#ifndef SLUICE_HAVE_PKT_SEGS
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	unsigned int header_bytes = 0;

	if (shinfo->gso_segs)
		return;
	if (skb_transport_header_was_set(skb))
		header_bytes = skb_transport_offset(skb);
	if (shinfo->gso_type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6))
		header_bytes += sizeof(struct tcphdr);
	else if (shinfo->gso_type & SKB_GSO_UDP_L4)
		header_bytes += sizeof(struct udphdr);
	if (header_bytes < skb->len)
		shinfo->gso_segs = min_t(unsigned int, U16_MAX,
					 DIV_ROUND_UP(skb->len - header_bytes,
						      shinfo->gso_size));
	else
		shinfo->gso_segs = 1;
#endif
}

/* Newer kernels hold the device's own lock around all of a qdisc's operations. */
#ifdef SLUICE_HAVE_NETIF_GET_LINK_KSETTINGS
#define sluice_compat_link_ksettings netif_get_link_ksettings
#else
#define sluice_compat_link_ksettings __ethtool_get_link_ksettings
#endif

/* How far ahead a device takes frames with a departure time (6.13), 0: not at all. */
static inline u64 sluice_compat_offload_horizon_ns(const struct net_device *dev)
{
#ifdef SLUICE_HAVE_PACING_OFFLOAD
	return dev->max_pacing_offload_horizon;
#else
	return 0;
#endif
}

/* 908a1d775422 (6.13) */
#ifdef SLUICE_HAVE_HRTIMER_SETUP
#define sluice_compat_hrtimer_setup hrtimer_setup
#else
static inline void
sluice_compat_hrtimer_setup(struct hrtimer *timer,
			    enum hrtimer_restart (*function)(struct hrtimer *),
			    clockid_t clock_id, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock_id, mode);
	timer->function = function;
}
#endif

/* Which clock a time stamp belongs to, as far as the skb itself says so. */
#ifdef SLUICE_HAVE_TSTAMP_TYPE
static inline bool sluice_compat_tstamp_is_mono(const struct sk_buff *skb)
{
	return skb->tstamp_type == SKB_CLOCK_MONOTONIC;
}

static inline bool sluice_compat_tstamp_is_tai(const struct sk_buff *skb)
{
	return skb->tstamp_type == SKB_CLOCK_TAI;
}

static inline void sluice_compat_set_tstamp_mono(struct sk_buff *skb, u64 ns)
{
	skb_set_delivery_time(skb, ns, SKB_CLOCK_MONOTONIC);
}

static inline void sluice_compat_set_tstamp_tai(struct sk_buff *skb, u64 ns)
{
	skb_set_delivery_time(skb, ns, SKB_CLOCK_TAI);
}
#else
/* 4d25ca2d6801 (6.10): before it, one bit for "monotonic". */
static inline bool sluice_compat_tstamp_is_mono(const struct sk_buff *skb)
{
	return skb->mono_delivery_time;
}

static inline bool sluice_compat_tstamp_is_tai(const struct sk_buff *skb)
{
	return false;
}

static inline void sluice_compat_set_tstamp_mono(struct sk_buff *skb, u64 ns)
{
	skb_set_delivery_time(skb, ns, true);
}

static inline void sluice_compat_set_tstamp_tai(struct sk_buff *skb, u64 ns)
{
	skb_set_delivery_time(skb, ns, false);
}
#endif

#endif
