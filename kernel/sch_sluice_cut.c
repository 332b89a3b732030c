// SPDX-License-Identifier: GPL-2.0
/*
 * From queued packets to frames: the late cut (P1), the signals of CoDel, and
 * the wire bytes of what comes out.
 *
 * A super-packet is cut when its first frame is about to leave, one per flow at
 * a time, so that queues hold super-packets and not frames. Its segments keep
 * the socket and its destructor (tcp_gso_segment(), __udp_gso_segment()), so
 * TCP small queues and send buffers go on counting right.
 */
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <net/inet_ecn.h>

#include "sch_sluice.h"

static void sluice_drop(struct Qdisc *sch, struct sk_buff *skb)
{
	struct sluice_sched *q = qdisc_priv(sch);
	unsigned int pkt_len = qdisc_pkt_len(skb);

	q->stats.dropped_frames += sluice_skb_frames(skb);
	qdisc_qlen_dec(sch);
	qdisc_qstats_backlog_dec(sch, skb);
	qdisc_qstats_drop(sch);
	qdisc_tree_reduce_backlog(sch, 1, pkt_len);
	kfree_skb(skb);
}

/*
 * A freed frame of TCP makes tcp_wfree() wake its socket, which finds the rest
 * of the super-packet still waiting and goes back to sleep, some 2,000
 * instructions later. Only the last frame, which leaves last, keeps that; the
 * others give back their memory and no more: for a socket with a write queue
 * sock_wfree() wakes nobody. A function of this module will not do, for frames
 * in a device may outlive it.
 */
static void sluice_frame_hush(struct sk_buff *frame)
{
	if (frame->destructor && sk_is_tcp(frame->sk) &&
	    sock_flag(frame->sk, SOCK_USE_WRITE_QUEUE))
		frame->destructor = sock_wfree;
}

/* Count the frames of a list and make each of them a packet of the qdisc. */
static unsigned int sluice_frames_adopt(struct sk_buff *frames,
					unsigned int *ret_n)
{
	unsigned int bytes = 0;
	struct sk_buff *frame;

	*ret_n = 0;
	for (frame = frames; frame; frame = frame->next) {
		qdisc_skb_cb(frame)->pkt_len = frame->len;
		sluice_compat_set_pkt_segs(frame, 1);
		if (frame->next)
			sluice_frame_hush(frame);
		bytes += frame->len;
		(*ret_n)++;
	}
	return bytes;
}

/**
 * sluice_cut - cut a super-packet into the frames of its flow
 * @sch: the qdisc
 * @flow: the flow, no frames pending
 * @skb: a super-packet that was taken off the flow; consumed unless -ENOMEM
 *
 * Return: 0, -ENOMEM if the super-packet has to leave as it is, or another
 * -errno if it was dropped because nobody could send it.
 */
static int sluice_cut(struct Qdisc *sch, struct sluice_flow *flow,
		      struct sk_buff *skb)
{
	struct sluice_sched *q = qdisc_priv(sch);
	netdev_features_t features = netif_skb_features(skb);
	unsigned int pkt_len = qdisc_pkt_len(skb);
	unsigned int n_frames, bytes;
	struct sk_buff *frames;

	frames = skb_gso_segment(skb, features & ~NETIF_F_GSO_MASK);
	if (IS_ERR(frames) && PTR_ERR(frames) == -ENOMEM) {
		q->stats.uncut_pkts++;
		return -ENOMEM;
	}
	if (IS_ERR_OR_NULL(frames)) {
		q->stats.corrupt_dropped_pkts++;
		sluice_drop(sch, skb);
		return -EINVAL;
	}

	bytes = sluice_frames_adopt(frames, &n_frames);
	WRITE_ONCE(sch->q.qlen, sch->q.qlen + n_frames - 1);
	qstats_backlog_add(sch, bytes - pkt_len);
	qdisc_tree_reduce_backlog(sch, 1 - (int)n_frames,
				  (int)pkt_len - (int)bytes);
	q->stats.cut_pkts++;
	q->stats.super_pkt_frames += (s64)n_frames - sluice_skb_frames(skb);
	flow->frames = frames;
	consume_skb(skb);
	return 0;
}

/*
 * CoDel's verdict on a packet that is about to leave. Local sockets feel the
 * queue by themselves, so they are marked where they can be, but lose nothing.
 */
static bool sluice_codel_drops(struct sluice_sched *q,
			       struct sluice_flow *flow, struct sk_buff *skb,
			       u64 now_ns)
{
	if (!pace_codel_signal(&flow->codel, &q->config.codel,
			       sluice_skb_held_ns(skb, now_ns),
			       !skb->next, now_ns))
		return false;
	if (INET_ECN_set_ce(skb)) {
		q->stats.codel_marked_pkts++;
		return false;
	}
	return !sluice_skb_is_local(skb);
}

/* An unpaced super-packet on an unpaced device gains nothing from the cut. */
static bool sluice_is_cut_wanted(const struct sluice_sched *q,
				 const struct sluice_flow *flow,
				 const struct sk_buff *skb)
{
	return skb_is_gso(skb) &&
	       (flow->rate.bytes_ps != PACE_RATE_UNLIMITED ||
		q->config.rate_bytes_ps);
}

/**
 * sluice_flow_next_frame - take the next frame off a flow
 * @sch: the qdisc
 * @flow: a flow with packets, its rate up to date
 * @now_ns: the present
 *
 * Return: the frame, still counted in the qdisc's backlog; NULL when all that
 * the flow had was dropped.
 * Context: dequeue, root lock held.
 */
struct sk_buff *sluice_flow_next_frame(struct Qdisc *sch,
				       struct sluice_flow *flow, u64 now_ns)
{
	struct sluice_sched *q = qdisc_priv(sch);
	struct sk_buff *skb;

	while (!flow->frames && flow->head) {
		bool is_dropped;

		skb = flow->head;
		is_dropped = sluice_codel_drops(q, flow, skb, now_ns);
		flow->head = skb->next;
		flow->queued_pkts--;
		skb_mark_not_on_list(skb);
		if (is_dropped) {
			q->stats.codel_dropped_pkts++;
			sluice_drop(sch, skb);
			continue;
		}
		if (sluice_is_cut_wanted(q, flow, skb) &&
		    sluice_cut(sch, flow, skb) != -ENOMEM)
			continue;
		return skb;
	}

	skb = flow->frames;
	if (skb) {
		flow->frames = skb->next;
		skb_mark_not_on_list(skb);
	}
	return skb;
}
