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
#include <linux/tcp.h>
#include <net/inet_ecn.h>
#include <net/ip.h>

#include "sch_sluice_path.h"

static void sluice_drop(struct Qdisc *sch, struct sk_buff *skb, u32 n_frames)
{
	struct sluice_sched *q = qdisc_priv(sch);
	unsigned int pkt_len = qdisc_pkt_len(skb);

	q->stats.dropped_frames += n_frames;
	qdisc_qlen_dec(sch);
	qdisc_qstats_backlog_dec(sch, skb);
	qdisc_qstats_drop(sch);
	qdisc_tree_reduce_backlog(sch, 1, pkt_len);
	sluice_compat_dequeue_drop(sch, skb);
}

/*
 * A freed frame of TCP makes tcp_wfree() wake its socket, some 2,000
 * instructions. The first wakes it to hand over the super-packet after next, and
 * the last in case that it could not; between them there is nothing to be done,
 * and frames give back their memory and no more: for a socket with a write queue
 * sock_wfree() wakes nobody. A function of this module will not do, for frames in
 * a device may outlive it.
 */
static void sluice_frame_hush(struct sk_buff *frame)
{
	if (frame->destructor && sk_is_tcp(frame->sk) &&
	    sock_flag(frame->sk, SOCK_USE_WRITE_QUEUE))
		frame->destructor = sock_wfree;
}

/**
 * struct sluice_pieces - what a super-packet was cut into
 * @n_pkts: pieces, each a packet of the qdisc
 * @n_frames: frames that they become on the wire
 * @bytes: sum of their qdisc_pkt_len()
 */
struct sluice_pieces {
	unsigned int n_pkts;
	unsigned int n_frames;
	unsigned int bytes;
};

/* Count the pieces and make each of them a packet of the qdisc. */
static struct sluice_pieces sluice_pieces_adopt(struct sk_buff *piece)
{
	struct sluice_pieces pieces = {};

	for (; piece; piece = piece->next) {
		u32 n_frames = sluice_skb_frames(piece), bytes = piece->len;

		if (n_frames > 1)
			bytes += (n_frames - 1) * skb_tcp_all_headers(piece);
		qdisc_skb_cb(piece)->pkt_len = bytes;
		sluice_skb_cb(piece)->is_behind = pieces.n_pkts;
		sluice_compat_set_pkt_segs(piece, n_frames);
		if (piece->next && pieces.n_pkts)
			sluice_frame_hush(piece);
		pieces.n_pkts++;
		pieces.n_frames += n_frames;
		pieces.bytes += bytes;
	}
	return pieces;
}

/* What 16 bits of length hold beside the longest headers of IP and TCP. */
#define SLUICE_TRAIN_PAYLOAD_MAX_BYTES	(U16_MAX - 60U - 60U)

/*
 * A super-packet of TCP, whole and with the checksum still to be computed, may
 * be cut into shorter super-packets. Returns how many frames these get, 1: none.
 */
static unsigned int sluice_train_frames(const struct sluice_sched *q,
					const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	const unsigned int plain = SKB_GSO_TCPV4 | SKB_GSO_TCPV6 |
				   SKB_GSO_TCP_ECN | SKB_GSO_TCP_FIXEDID;

	if (q->config.train_frames == 1 || shinfo->gso_type & ~plain ||
	    !(shinfo->gso_type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6)) ||
	    skb->ip_summed != CHECKSUM_PARTIAL || skb_has_frag_list(skb))
		return 1;
	return min(q->config.train_frames,
		   SLUICE_TRAIN_PAYLOAD_MAX_BYTES / shinfo->gso_size);
}

/*
 * The pieces are super-packets that were cut as if their payload were one
 * segment's. Make them ones of @mss again; the first keeps the mark of the
 * sender's CWR. IPv4 numbers count frames.
 */
static void sluice_pieces_mark(struct sk_buff *piece, unsigned int mss,
			       unsigned int gso_type)
{
	bool is_numbered = gso_type & SKB_GSO_TCPV4 &&
			   !(gso_type & SKB_GSO_TCP_FIXEDID);
	u16 id = gso_type & SKB_GSO_TCPV4 ? ntohs(ip_hdr(piece)->id) : 0;

	for (; piece; piece = piece->next) {
		unsigned int payload = piece->len - skb_tcp_all_headers(piece);
		unsigned int n_frames = DIV_ROUND_UP(payload, mss);

		if (n_frames > 1) {
			skb_shinfo(piece)->gso_size = mss;
			skb_shinfo(piece)->gso_segs = n_frames;
			skb_shinfo(piece)->gso_type = gso_type;
		}
		if (is_numbered) {
			ip_hdr(piece)->id = htons(id);
			ip_send_check(ip_hdr(piece));
			id += n_frames;
		}
		gso_type &= ~SKB_GSO_TCP_ECN;
	}
}

/*
 * Cut into super-packets of @n_frames, which the device or, for one that
 * cannot, the stack behind the qdisc cuts further. The packet shares its gso_size
 * with TCP's own copy and has to get one of its own first.
 */
static struct sk_buff *sluice_segment_trains(struct sk_buff *skb,
					     netdev_features_t features,
					     unsigned int n_frames)
{
	unsigned int gso_type = skb_shinfo(skb)->gso_type;
	unsigned int mss = skb_shinfo(skb)->gso_size;
	struct sk_buff *pieces;

	if (skb_unclone(skb, GFP_ATOMIC))
		return ERR_PTR(-ENOMEM);
	skb_shinfo(skb)->gso_size = n_frames * mss;
	pieces = skb_gso_segment(skb, (features & ~NETIF_F_GSO_MASK) |
				      NETIF_F_SG | NETIF_F_HW_CSUM);
	if (IS_ERR_OR_NULL(pieces))
		skb_shinfo(skb)->gso_size = mss;
	else
		sluice_pieces_mark(pieces, mss, gso_type);
	return pieces;
}

/*
 * Every @n_frames frames are a train: the first has a departure, and those behind
 * it follow at once.
 */
static void sluice_frames_join(struct sk_buff *frame, unsigned int n_frames)
{
	unsigned int i;

	for (i = 0; frame; frame = frame->next)
		sluice_skb_cb(frame)->is_at_once = i++ % n_frames;
}

/*
 * Handed over one by one, more frames cost more than the cut that they save: 1 %
 * with trains of 8, 4 % with 16 (docs/cost.md).
 */
#define SLUICE_TRAIN_OF_FRAMES_MAX	4

/*
 * Where the stack behind the qdisc would have to cut a train once more, a short
 * one is made of frames at once. With a device clock each of these would wait for
 * that.
 */
static bool sluice_is_train_of_frames(const struct sluice_sched *q,
				      struct sk_buff *skb,
				      netdev_features_t features,
				      unsigned int n_frames)
{
	return n_frames <= SLUICE_TRAIN_OF_FRAMES_MAX && !q->device &&
	       netif_needs_gso(skb, features);
}

/*
 * A guest may ask for frames of 8 bytes, or of 1 byte on older kernels: 64 KB would
 * become megabytes of frames, each time under the lock and for each flow. 1024 are
 * three times those of 512 KB (BIG TCP) at an MTU of 1500.
 */
#define SLUICE_CUT_FRAMES_MAX	1024

/*
 * The frames of a super-packet, or its trains; errors as skb_gso_segment(), and
 * -E2BIG for too many.
 */
static struct sk_buff *sluice_segment(const struct sluice_sched *q,
				      struct sk_buff *skb)
{
	netdev_features_t features = netif_skb_features(skb);
	unsigned int n_frames = sluice_train_frames(q, skb);
	struct sk_buff *frames;

	if (sluice_skb_frames(skb) > SLUICE_CUT_FRAMES_MAX)
		return ERR_PTR(-E2BIG);
	if (n_frames > 1 &&
	    !sluice_is_train_of_frames(q, skb, features, n_frames))
		return sluice_segment_trains(skb, features, n_frames);
	frames = skb_gso_segment(skb, features & ~NETIF_F_GSO_MASK);
	if (n_frames > 1 && !IS_ERR_OR_NULL(frames))
		sluice_frames_join(frames, n_frames);
	return frames;
}

/*
 * A super-packet that is a list of packets is taken apart to be cut. When memory
 * ends in between, its packets are gone, and what is left cannot be sent.
 */
static bool sluice_skb_is_whole(const struct sk_buff *skb)
{
	return skb_is_gso(skb) && (skb_has_frag_list(skb) ||
				   skb_pagelen(skb) == skb->len);
}

/*
 * May a super-packet that was not cut leave as it is? There was no memory, its
 * frames were too many but their time can be told, or the device alone knows how to
 * cut it (FCoE).
 */
static bool sluice_may_leave_uncut(const struct sluice_sched *q,
				   struct sk_buff *skb, long err)
{
	if (err == -E2BIG)
		return sluice_skb_wire_bytes(q, skb, sluice_skb_frames(skb)) <
		       PACE_BYTES_LIMIT;
	if (err == -ENOMEM)
		return sluice_skb_is_whole(skb);
	return err == -EPROTONOSUPPORT &&
	       !netif_needs_gso(skb, netif_skb_features(skb));
}

/*
 * The frames of a super-packet of @n_frames take its place; it is off the flow.
 * It may itself be the first of them.
 */
static void sluice_frames_adopt(struct Qdisc *sch, struct sluice_flow *flow,
				struct sk_buff *skb, u32 n_frames,
				struct sk_buff *frames)
{
	struct sluice_sched *q = qdisc_priv(sch);
	unsigned int pkt_len = qdisc_pkt_len(skb);
	struct sluice_pieces pieces = sluice_pieces_adopt(frames);

	WRITE_ONCE(sch->q.qlen, sch->q.qlen + pieces.n_pkts - 1);
	qstats_backlog_add(sch, pieces.bytes - pkt_len);
	qdisc_tree_reduce_backlog(sch, 1 - (int)pieces.n_pkts,
				  (int)pkt_len - (int)pieces.bytes);
	q->n_behind += pieces.n_pkts - 1;
	q->stats.cut_pkts++;
	q->stats.super_pkt_frames += (s64)pieces.n_frames - n_frames;
	flow->frames = frames;
	consume_skb(skb);
}

/**
 * sluice_cut - cut a super-packet into the frames of its flow
 * @sch: the qdisc
 * @flow: the flow, no frames pending
 * @skb: a super-packet that was taken off the flow; consumed unless -EAGAIN
 * @now_ns: the present; it moves on by what the cut takes, or the gap behind the
 *	first frame would be too short by that (P1)
 *
 * Return: 0, -EAGAIN if the super-packet has to leave as it is, or -EINVAL if
 * it was dropped because nobody could send it.
 */
static int sluice_cut(struct Qdisc *sch, struct sluice_flow *flow,
		      struct sk_buff *skb, u64 *now_ns)
{
	struct sluice_sched *q = qdisc_priv(sch);
	u32 n_frames = sluice_skb_frames(skb);
	u64 began_ns = ktime_get_ns(), cut_ns;
	struct sk_buff *frames = sluice_segment(q, skb);

	cut_ns = ktime_get_ns() - began_ns;
	/* Where departures are kept behind the qdisc there was time for it. */
	if (likely(!q->launch) || q->line_has_stood) {
		*now_ns += cut_ns;
		sluice_burst_grow(q, cut_ns);
	}
	if (IS_ERR(frames) && sluice_may_leave_uncut(q, skb, PTR_ERR(frames))) {
		q->stats.uncut_pkts++;
		return -EAGAIN;
	}
	if (IS_ERR_OR_NULL(frames)) {
		q->stats.corrupt_dropped_pkts++;
		sluice_drop(sch, skb, n_frames);
		return -EINVAL;
	}
	sluice_frames_adopt(sch, flow, skb, n_frames, frames);
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
			       sluice_flow_held_ns(flow, skb, now_ns),
			       !skb->next, now_ns))
		return false;
	if (INET_ECN_set_ce(skb)) {
		q->stats.codel_marked_pkts++;
		return false;
	}
	return !sluice_skb_is_local(skb);
}

/* Its payload is one train already. */
static bool sluice_is_train(const struct sluice_sched *q,
			    const struct sk_buff *skb)
{
	unsigned int n_frames = sluice_train_frames(q, skb);

	return n_frames > 1 && skb->len - skb_tcp_all_headers(skb) <=
			       n_frames * skb_shinfo(skb)->gso_size;
}

/* An unpaced super-packet on an unpaced device gains nothing from the cut. */
static bool sluice_is_cut_wanted(const struct sluice_sched *q,
				 const struct sluice_flow *flow,
				 const struct sk_buff *skb)
{
	return skb_is_gso(skb) &&
	       (flow->rate.bytes_ps != PACE_RATE_UNLIMITED ||
		q->config.rate_bytes_ps) && !sluice_is_train(q, skb);
}

/*
 * A cut takes as long as some frames do, and the first frame would be late by
 * that. What cannot be cut, may break, or CoDel may want, is left for
 * sluice_flow_next_frame(). Returns true if it was cut.
 */
static bool sluice_flow_cut_ahead(struct Qdisc *sch, struct sluice_flow *flow,
				  u64 now_ns)
{
	struct sluice_sched *q = qdisc_priv(sch);
	struct sk_buff *skb = flow->head, *next, *frames;
	u32 n_frames;

	if (flow->frames || !skb || !sluice_is_cut_wanted(q, flow, skb) ||
	    skb_shinfo(skb)->gso_type & SKB_GSO_FRAGLIST ||
	    !pace_codel_is_calm(&flow->codel, &q->config.codel,
				sluice_flow_held_ns(flow, skb, now_ns), !skb->next))
		return false;
	n_frames = sluice_skb_frames(skb);
	/* Whoever segments takes a packet to be alone, and its list to be its. */
	next = skb->next;
	skb_mark_not_on_list(skb);
	frames = sluice_segment(q, skb);
	if (IS_ERR_OR_NULL(frames)) {
		skb->next = next;
		return false;
	}
	flow->head = next;
	flow->queued_pkts--;
	sluice_frames_adopt(sch, flow, skb, n_frames, frames);
	return true;
}

/* Of the flows whose next super-packet is not cut, the one that is due first. */
static struct sluice_flow *sluice_ahead_first(const struct sluice_sched *q)
{
	struct sluice_flow *first = q->ahead[0];
	u32 i;

	for (i = 1; i < q->n_ahead; i++)
		if (pace_before(q->ahead[i]->node.due_ns, first->node.due_ns))
			first = q->ahead[i];
	return first;
}

/**
 * sluice_cut_ahead - cut the super-packet of a flow while the flow waits
 * @sch: the qdisc; flows with a super-packet that is not cut wait in it
 * @now_ns: the present
 *
 * Only if no other frame becomes due meanwhile. A frame that the stack has not yet
 * given to the driver must not wait for a cut.
 *
 * Context: dequeue, root lock held, after the timer was set.
 */
void sluice_cut_ahead(struct Qdisc *sch, u64 now_ns)
{
	struct sluice_sched *q = qdisc_priv(sch);
	struct sluice_flow *flow;
	u64 began_ns;

	if (q->is_held_back || q->line_is_short || !q->timer_due_ns)
		return;
	if (pace_before(q->timer_due_ns, now_ns + q->cut_ns)) {
		q->cut_ns -= q->cut_ns >> SLUICE_CUT_FORGET_SHIFT;
		return;
	}
	flow = sluice_ahead_first(q);
	sluice_ahead_del(q, flow);
	began_ns = ktime_get_ns();
	if (sluice_flow_cut_ahead(sch, flow, now_ns))
		q->cut_ns = ktime_get_ns() - began_ns;
}

/**
 * sluice_flow_next_frame - take the next frame off a flow
 * @sch: the qdisc
 * @flow: a flow with packets, its rate up to date
 * @now_ns: the present; it moves on by what a cut takes
 *
 * Return: the frame, still counted in the qdisc's backlog; NULL when a packet was
 * dropped: what stands behind it may have another time and another rate.
 * Context: dequeue, root lock held.
 */
struct sk_buff *sluice_flow_next_frame(struct Qdisc *sch,
				       struct sluice_flow *flow, u64 *now_ns)
{
	struct sluice_sched *q = qdisc_priv(sch);
	struct sk_buff *skb;

	sluice_ahead_del(q, flow);
	if (!flow->frames) {
		bool is_dropped;
		int err;

		skb = flow->head;
		is_dropped = sluice_codel_drops(q, flow, skb, *now_ns);
		flow->head = skb->next;
		flow->queued_pkts--;
		skb_mark_not_on_list(skb);
		if (is_dropped) {
			q->stats.codel_dropped_pkts++;
			sluice_drop(sch, skb, sluice_skb_frames(skb));
			return NULL;
		}
		if (!sluice_is_cut_wanted(q, flow, skb))
			return skb;
		err = sluice_cut(sch, flow, skb, now_ns);
		if (err)
			return err == -EAGAIN ? skb : NULL;
	}

	skb = flow->frames;
	flow->frames = skb->next;
	skb_mark_not_on_list(skb);
	if (flow->frames)
		q->n_behind--;
	else if (flow->head)
		sluice_ahead_add(q, flow);
	return skb;
}
