// SPDX-License-Identifier: GPL-2.0
/*
 * When a packet may leave, and at what rate its flow goes.
 *
 * The only place where MONOTONIC, TAI and REALTIME time stamps meet (P4), and
 * the only one that looks into sockets.
 *
 *	asked = EDT of the packet		TCP, SO_TXTIME, BPF
 *	rate  = sk_pacing_rate * gain		TCP
 *	rate = what came of it / a time		no rate, see sch_sluice_smooth.c
 *	rate <= SO_MAX_PACING_RATE		any socket
 *	rate <= maxrate				any flow
 */
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/timekeeping.h>
#include <net/ip.h>
#include <net/tcp.h>

#include "sch_sluice.h"

/*
 * Receive stamps are REALTIME and so are stamps of BPF programs that set no
 * clock. The kernel itself takes uptimes to stay below this (30 years), while
 * REALTIME has passed it long ago; fq tells the two apart in the same way.
 */
#define SLUICE_UPTIME_MAX_NS	(TIME_UPTIME_SEC_MAX * NSEC_PER_SEC)

/**
 * sluice_skb_is_local - does a socket of this host feel that it is held
 * @skb: a packet
 *
 * A TCP or UDP socket has a send buffer, so what the qdisc holds pushes back.
 * Forwarded packets and those of guests (whose tap has a socket, but none of
 * the internet's) push nobody.
 *
 * Return: true for packets of local internet sockets.
 * Context: enqueue or dequeue.
 */
bool sluice_skb_is_local(const struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;

	return sk && sk_fullsock(sk) && sk_is_inet(sk);
}

/* The small sockets of handshakes and of TIME_WAIT are TCP's, too. */
static bool sluice_skb_is_own_tcp(const struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;

	return sk && (!sk_fullsock(sk) || sk_is_tcp(sk));
}

static bool sluice_skb_clockid(const struct sk_buff *skb, clockid_t *ret_clock)
{
	const struct sock *sk = skb->sk;

	if (likely(sluice_compat_tstamp_is_mono(skb))) {
		*ret_clock = CLOCK_MONOTONIC;
		return true;
	}
	if (sluice_compat_tstamp_is_tai(skb)) {
		*ret_clock = CLOCK_TAI;
		return true;
	}
	if (sk && sk_fullsock(sk) && sock_flag(sk, SOCK_TXTIME)) {
		*ret_clock = sk->sk_clockid;
		return true;
	}
	if ((u64)skb->tstamp <= SLUICE_UPTIME_MAX_NS) {
		*ret_clock = CLOCK_MONOTONIC;
		return true;
	}
	return false;
}

/* Before 6.10 a socket may name any clock; those with a way to ours are these. */
static bool sluice_to_mono_ns(ktime_t tstamp, clockid_t clockid, u64 *ret_ns)
{
	switch (clockid) {
	case CLOCK_MONOTONIC:
		*ret_ns = tstamp;
		return true;
	case CLOCK_TAI:
		*ret_ns = ktime_sub(tstamp, ktime_mono_to_any(0, TK_OFFS_TAI));
		return true;
	case CLOCK_REALTIME:
		*ret_ns = ktime_sub(tstamp, ktime_mono_to_real(0));
		return true;
	case CLOCK_BOOTTIME:
		*ret_ns = ktime_sub(tstamp, ktime_mono_to_any(0, TK_OFFS_BOOT));
		return true;
	}
	return false;
}

/**
 * sluice_departure_resolve - which departure does an unusual stamp ask for
 * @q: the qdisc
 * @skb: a packet that arrives, its control block filled as for one without
 * @now_ns: the present, CLOCK_MONOTONIC
 *
 * Never refuses (P4): the past means now, what lies beyond the horizon leaves
 * at the horizon, and a stamp that is no departure time is not looked at.
 *
 * Context: enqueue, root lock held.
 */
void sluice_departure_resolve(struct sluice_sched *q, struct sk_buff *skb,
			      u64 now_ns)
{
	struct sluice_skb_cb *cb = sluice_skb_cb(skb);
	clockid_t clockid;
	u64 asked_ns;

	if (!sluice_skb_clockid(skb, &clockid) ||
	    !sluice_to_mono_ns(skb->tstamp, clockid, &asked_ns)) {
		q->stats.foreign_clock_pkts++;
		return;
	}

	if (pace_before(asked_ns, now_ns)) {
		/* TCP stamps before it transmits: that is no broken wish. */
		if (!sluice_skb_is_own_tcp(skb))
			q->stats.past_pkts++;
		return;
	}
	if (pace_before(now_ns + q->config.horizon_ns, asked_ns)) {
		q->stats.horizon_capped_pkts++;
		asked_ns = now_ns + q->config.horizon_ns;
		sluice_compat_set_tstamp_mono(skb, asked_ns);
	}
	cb->asked_ns = asked_ns;
}

/* The TCP header of a packet, or NULL; where it stands and where payload ends. */
static const struct tcphdr *sluice_tcp_header(const struct sk_buff *skb,
					      struct tcphdr *copy,
					      int *ret_offset, int *ret_end)
{
	int offset = skb_network_offset(skb);

	switch (vlan_get_protocol(skb)) {
	case htons(ETH_P_IP): {
		const struct iphdr *iph;
		struct iphdr ip_copy;

		iph = skb_header_pointer(skb, offset, sizeof(ip_copy), &ip_copy);
		if (!iph || iph->protocol != IPPROTO_TCP ||
		    ip_is_fragment(iph))
			return NULL;
		*ret_offset = offset + iph->ihl * 4;
		*ret_end = offset + ntohs(iph->tot_len);
		break;
	}
	case htons(ETH_P_IPV6): {
		const struct ipv6hdr *ip6h;
		struct ipv6hdr ip_copy;

		ip6h = skb_header_pointer(skb, offset, sizeof(ip_copy), &ip_copy);
		if (!ip6h || ip6h->nexthdr != IPPROTO_TCP)
			return NULL;
		*ret_offset = offset + sizeof(ip_copy);
		*ret_end = *ret_offset + ntohs(ip6h->payload_len);
		break;
	}
	default:
		return NULL;
	}
	return skb_header_pointer(skb, *ret_offset, sizeof(*copy), copy);
}

/**
 * sluice_skb_is_empty_tcp - is this a TCP segment without payload
 * @skb: a short packet at the qdisc, local or forwarded
 *
 * ACK, window update, SYN, FIN, RST, probe.
 *
 * Return: true if so.
 * Context: enqueue, root lock held.
 */
bool sluice_skb_is_empty_tcp(const struct sk_buff *skb)
{
	const struct tcphdr *th;
	struct tcphdr copy;
	int offset, end;

	if (skb_is_tcp_pure_ack(skb))
		return true;
	th = sluice_tcp_header(skb, &copy, &offset, &end);
	return th && offset + th->doff * 4 == end;
}

/**
 * sluice_skb_is_syn - does this packet begin a connection, for one of its ends
 * @skb: a TCP segment without payload
 *
 * Return: true for SYN and SYN-ACK.
 * Context: enqueue, root lock held.
 */
bool sluice_skb_is_syn(const struct sk_buff *skb)
{
	const struct tcphdr *th;
	struct tcphdr copy;
	int offset, end;

	th = sluice_tcp_header(skb, &copy, &offset, &end);
	return th && th->syn;
}

/*
 * P7: while nothing has been acknowledged the congestion control has no rate
 * yet, or one of twice the window per RTT, and TCP asks for no departure times.
 */
static bool sluice_initial_rate(const struct sock *sk, u64 *ret_bytes_ps)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 srtt_us = READ_ONCE(tp->srtt_us) >> 3;
	u64 window_bytes;

	/* The SYN counts as one byte. */
	if (READ_ONCE(tp->bytes_acked) > 1 || !srtt_us)
		return false;
	if (srtt_us > SLUICE_INITIAL_SPAN_MAX_US)
		srtt_us = SLUICE_INITIAL_SPAN_MAX_US;
	window_bytes = (u64)READ_ONCE(tp->snd_cwnd) * READ_ONCE(tp->mss_cache);
	*ret_bytes_ps = div_u64(window_bytes * USEC_PER_SEC, srtt_us);
	return true;
}

/*
 * A congestion control that sets its rate by itself (BBR) has measured payload,
 * and TCP paces payload by it. With that many bytes on the wire it would go on
 * slower than the path that it measured. A full segment has @mss bytes of payload
 * and @wire_bytes on the wire.
 */
static u64 sluice_tcp_payload_rate(const struct sluice_sched *q,
				   struct sluice_flow *flow,
				   const struct sk_buff *skb, u64 rate_bytes_ps)
{
	const struct sock *sk = skb->sk;
	u32 mss = READ_ONCE(tcp_sk(sk)->mss_cache);
	u32 frame_bytes = mss + READ_ONCE(tcp_sk(sk)->tcp_header_len) +
			  READ_ONCE(inet_csk(sk)->icsk_af_ops)->net_header_len +
			  skb_network_offset(skb);
	u32 tag_bytes = skb_vlan_tag_present(skb) ? PACE_VLAN_TAG_BYTES : 0;
	u32 wire_bytes = pace_wire_bytes(frame_bytes, tag_bytes,
					 q->config.overhead_bytes);

	if (!mss)
		return rate_bytes_ps;
	flow->gain_percent = wire_bytes * 100 / mss;
	return div_u64(rate_bytes_ps * wire_bytes, mss);
}

/*
 * The rate that TCP itself computes has room for trains, which single frames do
 * not need (see SLUICE_GAIN_DEFAULT_PERCENT). Whether it is the one of slow
 * start is decided as tcp_update_pacing_rate() does. Reading the operations of a
 * socket that is not closed yet is safe: closing comes before it lets go of them,
 * they are unregistered with synchronize_rcu(), and softirqs are off.
 */
static u64 sluice_tcp_gain(const struct sluice_sched *q,
			   struct sluice_flow *flow, const struct sk_buff *skb,
			   u64 rate_bytes_ps)
{
	const struct sock *sk = skb->sk;
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 percent = q->config.gain_percent;
	u32 hold_us, srtt_us;

	if (rate_bytes_ps >= PACE_RATE_MAX_BYTES_PS)
		return rate_bytes_ps;
	/* What the application asked for has no room in it. */
	if (rate_bytes_ps >= READ_ONCE(sk->sk_max_pacing_rate))
		return rate_bytes_ps;
	if (READ_ONCE(sk->sk_state) != TCP_CLOSE &&
	    READ_ONCE(inet_csk(sk)->icsk_ca_ops)->cong_control)
		return sluice_tcp_payload_rate(q, flow, skb, rate_bytes_ps);
	srtt_us = READ_ONCE(tp->srtt_us) >> 3;
	if (READ_ONCE(tp->snd_cwnd) < READ_ONCE(tp->snd_ssthresh) / 2 &&
	    srtt_us <= SLUICE_GAIN_SS_SRTT_MAX_US)
		percent = q->config.gain_ss_percent;

	hold_us = srtt_us >> SLUICE_HOLD_SRTT_SHIFT;
	hold_us = clamp_t(u32, hold_us, SLUICE_HOLD_MIN_US, SLUICE_HOLD_MAX_US);
	flow->hold_max_ns = hold_us * NSEC_PER_USEC;
	/* The gap at TCP's own rate, in percent of the one at the gain. */
	flow->hold_gap_percent = min(percent * SLUICE_PAYLOAD_PERCENT / 100,
				     100U);
	flow->gain_percent = percent;
	return div_u64(rate_bytes_ps * percent, 100);
}

/**
 * sluice_departure_rate_anew - compute the rate of a flow
 * @q: the qdisc
 * @flow: the flow
 * @skb: its first packet
 *
 * Sockets are read without their lock: each value is one word and may be one
 * ACK old, which the next frame corrects.
 *
 * Return: true while the frame belongs to an initial window that is spread.
 * Context: root lock held. @skb holds a reference on its socket's memory.
 */
bool sluice_departure_rate_anew(struct sluice_sched *q,
				struct sluice_flow *flow,
				const struct sk_buff *skb)
{
	u64 rate_bytes_ps = q->config.maxrate_bytes_ps ?: PACE_RATE_UNLIMITED;
	const struct sock *sk = skb->sk;
	bool is_initial = false;

	/* Packets of many sockets: none of them may slow down the others. */
	if (unlikely(flow == &q->fallback))
		return false;
	if (sluice_smooth_rate(q, flow, skb))
		return false;
	/* Not every kind of segment keeps its super-packet's socket. */
	if (!sk && flow->frames && sluice_flow_is_of_socket(flow))
		return false;
	sluice_flow_rate_is_old(flow);
	sluice_flow_no_gain(flow);
	flow->is_own_pace = false;
	if (sk && sk_fullsock(sk)) {
		u64 asked_bytes_ps = READ_ONCE(sk->sk_pacing_rate);

		/* Others have no use for it, and no room. */
		if (!(flow->key & 1)) {
			flow->asked_bytes_ps = asked_bytes_ps;
			flow->config_serial = q->config_serial;
		}
		if (asked_bytes_ps == (u64)~0UL)
			asked_bytes_ps = PACE_RATE_UNLIMITED;
		if (sk_is_tcp(sk)) {
			u64 max_bytes_ps = READ_ONCE(sk->sk_max_pacing_rate);
			u64 initial_bytes_ps;

			flow->is_own_pace = true;
			asked_bytes_ps = sluice_tcp_gain(q, flow, skb,
							 asked_bytes_ps);
			if (max_bytes_ps < asked_bytes_ps) {
				asked_bytes_ps = max_bytes_ps;
				sluice_flow_no_gain(flow);
			}
			if (sluice_initial_rate(sk, &initial_bytes_ps) &&
			    initial_bytes_ps < asked_bytes_ps) {
				asked_bytes_ps = initial_bytes_ps;
				is_initial = true;
				sluice_flow_no_gain(flow);
			}
			/* Until the first ACK it depends on more than that. */
			if (READ_ONCE(tcp_sk(sk)->bytes_acked) <= 1)
				sluice_flow_rate_is_old(flow);
		}
		if (rate_bytes_ps < asked_bytes_ps) {
			sluice_flow_no_gain(flow);
			flow->is_own_pace = false;
		}
		rate_bytes_ps = min(rate_bytes_ps, asked_bytes_ps);
	}
	if (flow->rate.bytes_ps != rate_bytes_ps)
		pace_rate_set(&flow->rate, rate_bytes_ps);
	flow->is_initial = is_initial;
	return is_initial;
}
