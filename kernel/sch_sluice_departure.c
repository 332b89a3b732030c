// SPDX-License-Identifier: GPL-2.0
/*
 * When a packet may leave, and at what rate its flow goes.
 *
 * The only place where MONOTONIC, TAI and REALTIME time stamps meet (P4), and
 * the only one that looks into sockets.
 *
 *	asked = EDT of the packet		TCP, SO_TXTIME, BPF
 *	rate  = sk_pacing_rate * gain		TCP
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

/* An ACK, SYN or RST with all options fits, also behind IPv6 and VLAN tags. */
#define SLUICE_PROMPT_MAX_BYTES	160

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

static u64 sluice_to_mono_ns(ktime_t tstamp, clockid_t clockid)
{
	if (clockid == CLOCK_TAI)
		return ktime_sub(tstamp, ktime_mono_to_any(0, TK_OFFS_TAI));
	if (clockid == CLOCK_REALTIME)
		return ktime_sub(tstamp, ktime_mono_to_real(0));
	return tstamp;
}

/**
 * sluice_departure_ask - find out which departure a packet asks for
 * @q: the qdisc
 * @skb: a packet that arrives; its control block is filled
 * @now_ns: the present, CLOCK_MONOTONIC
 *
 * Never refuses (P4): the past means now, what lies beyond the horizon leaves
 * at the horizon, and a stamp that is no departure time is not looked at.
 *
 * Context: enqueue, root lock held.
 */
void sluice_departure_ask(struct sluice_sched *q, struct sk_buff *skb,
			  u64 now_ns)
{
	struct sluice_skb_cb *cb = sluice_skb_cb(skb);
	clockid_t clockid;
	u64 asked_ns;

	cb->enqueued_ns = now_ns;
	cb->asked_ns = now_ns;
	if (!skb->tstamp)
		return;
	if (!sluice_skb_clockid(skb, &clockid)) {
		q->stats.foreign_clock_pkts++;
		return;
	}

	asked_ns = sluice_to_mono_ns(skb->tstamp, clockid);
	if (pace_before(asked_ns, now_ns)) {
		/* TCP stamps before it transmits: that is no broken wish. */
		if (!sluice_skb_is_local(skb) || !sk_is_tcp(skb->sk))
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

/* Is this TCP header one without payload that carries news for the peer? */
static bool sluice_tcp_is_prompt(const struct sk_buff *skb, int offset,
				 unsigned int payload_end)
{
	const struct tcphdr *th;
	struct tcphdr copy;

	th = skb_header_pointer(skb, offset, sizeof(copy), &copy);
	return th && offset + th->doff * 4 == payload_end;
}

/**
 * sluice_skb_is_prompt - is this a TCP segment that no flow clock may hold (P6)
 * @skb: a packet at the qdisc, local or forwarded
 *
 * Any segment without payload: ACK, window update, SYN, FIN, RST, probe.
 *
 * Return: true if so.
 * Context: enqueue, root lock held.
 */
bool sluice_skb_is_prompt(const struct sk_buff *skb)
{
	int offset = skb_network_offset(skb);

	if (skb_is_gso(skb) || qdisc_pkt_len(skb) > SLUICE_PROMPT_MAX_BYTES)
		return false;
	if (skb_is_tcp_pure_ack(skb))
		return true;

	switch (vlan_get_protocol(skb)) {
	case htons(ETH_P_IP): {
		const struct iphdr *iph;
		struct iphdr copy;

		iph = skb_header_pointer(skb, offset, sizeof(copy), &copy);
		if (!iph || iph->protocol != IPPROTO_TCP ||
		    ip_is_fragment(iph))
			return false;
		return sluice_tcp_is_prompt(skb, offset + iph->ihl * 4,
					    offset + ntohs(iph->tot_len));
	}
	case htons(ETH_P_IPV6): {
		const struct ipv6hdr *ip6h;
		struct ipv6hdr copy;

		ip6h = skb_header_pointer(skb, offset, sizeof(copy), &copy);
		if (!ip6h || ip6h->nexthdr != IPPROTO_TCP)
			return false;
		return sluice_tcp_is_prompt(skb, offset + sizeof(copy),
					    offset + sizeof(copy) +
					    ntohs(ip6h->payload_len));
	}
	}
	return false;
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
 * The rate that TCP itself computes has room for trains, which single frames do
 * not need (see SLUICE_GAIN_DEFAULT_PERCENT). Whether it is the one of slow
 * start is decided as tcp_update_pacing_rate() does. Reading the operations is
 * safe: they are unregistered with synchronize_rcu(), and softirqs are off.
 */
static u64 sluice_tcp_gain(const struct sluice_sched *q, const struct sock *sk,
			   u64 rate_bytes_ps)
{
	const struct tcp_congestion_ops *ca_ops;
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 percent = q->config.gain_percent;

	ca_ops = READ_ONCE(inet_csk(sk)->icsk_ca_ops);
	if (ca_ops->cong_control || rate_bytes_ps >= PACE_RATE_MAX_BYTES_PS)
		return rate_bytes_ps;
	/* What the application asked for has no room in it. */
	if (rate_bytes_ps >= READ_ONCE(sk->sk_max_pacing_rate))
		return rate_bytes_ps;
	if (READ_ONCE(tp->snd_cwnd) < READ_ONCE(tp->snd_ssthresh) / 2)
		percent = q->config.gain_ss_percent;
	return div_u64(rate_bytes_ps * percent, 100);
}

/**
 * sluice_departure_rate - bring the rate of a flow up to date
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
bool sluice_departure_rate(struct sluice_sched *q, struct sluice_flow *flow,
			   const struct sk_buff *skb)
{
	u64 rate_bytes_ps = q->config.maxrate_bytes_ps ?: PACE_RATE_UNLIMITED;
	const struct sock *sk = skb->sk;
	bool is_initial = false;

	/* Not every kind of segment keeps its super-packet's socket. */
	if (!sk && flow->frames)
		return false;
	if (sk && sk_fullsock(sk)) {
		u64 asked_bytes_ps = READ_ONCE(sk->sk_pacing_rate);

		if (asked_bytes_ps == (u64)~0UL)
			asked_bytes_ps = PACE_RATE_UNLIMITED;
		if (sk_is_tcp(sk)) {
			u64 initial_bytes_ps;

			asked_bytes_ps = sluice_tcp_gain(q, sk, asked_bytes_ps);
			if (sluice_initial_rate(sk, &initial_bytes_ps) &&
			    initial_bytes_ps < asked_bytes_ps) {
				asked_bytes_ps = initial_bytes_ps;
				is_initial = true;
			}
		}
		rate_bytes_ps = min(rate_bytes_ps, asked_bytes_ps);
	}
	if (flow->rate.bytes_ps != rate_bytes_ps)
		pace_rate_set(&flow->rate, rate_bytes_ps);
	return is_initial;
}

/* How much of its clock a flow may leave behind by the setting (P1). */
static u64 sluice_burst_set_ns(const struct sluice_sched *q,
			       const struct sluice_flow *flow)
{
	u32 frames = q->config.burst_frames;

	if (q->config.burst_ns)
		return q->config.burst_ns;
	if (frames <= 1)
		return 0;
	return pace_rate_span(&flow->rate, (frames - 1) * q->quantum_bytes).ns;
}

/**
 * sluice_departure_ns - when the first frame of a flow may leave
 * @q: the qdisc
 * @flow: a flow with a packet
 *
 * max(asked, clock), where the clock may lag behind by the configured burst. A
 * FIN or RST at the head waits for what stands before it, not for the clock.
 *
 * Return: departure time in ns, CLOCK_MONOTONIC.
 * Context: root lock held.
 */
u64 sluice_departure_ns(struct sluice_sched *q, struct sluice_flow *flow)
{
	const struct sluice_skb_cb *cb = sluice_skb_cb(sluice_flow_first(flow));

	if (cb->is_prompt)
		return cb->enqueued_ns;
	pace_clock_not_before(&flow->clock,
			      cb->asked_ns - sluice_burst_set_ns(q, flow));
	return pace_later_of(cb->asked_ns,
			     pace_clock_departure_ns(&flow->clock));
}
