// SPDX-License-Identifier: GPL-2.0
/*
 * sluice_edt: a rate for a device without the module. At the device's egress, in front of
 * all its queues, each packet is given the earliest departure time that the rate
 * allows, and the fq of its queue keeps it there until then:
 *
 *	departure = max(asked, clock)		clock = max(now, clock) + wire_bytes / rate
 *
 * The clock counts bytes and not departures: a packet that asks for a later time has its
 * bytes paid for and does not make the others wait for it. Long-run rates are exact (P3),
 * but packets with times of their own may meet others on the wire.
 *
 * There is one clock for all queues and processors, under a lock: it is two words and comes with
 * counters, and an exchange of one word holds either too little of a nanosecond
 * (P3) or wraps within days.
 *
 * A TCP socket of this host is held back by what it has waiting here (small queues). Nothing as
 * short holds back what is forwarded, or UDP, whose SO_SNDBUF may be of any size. So that is
 * dropped when it would wait longer than backlog_ns, before the clock is moved: what fq
 * dropped later would have cost its time.
 *
 * An ACK behind all that waits would make the path in the other direction longer. Empty segments
 * therefore have a clock of their own at the same rate, and move the other one, too: they
 * may overtake data, and others wait for what they took.
 *
 * fq paces a packet by its socket's rate only if it has no departure time. So each socket that is
 * not of TCP and has a rate (SO_MAX_PACING_RATE) has a clock here, kept under the
 * device's lock, too (P1):
 *
 *	departure = max(asked, clock, socket's clock)
 *	socket's clock = departure + wire_bytes / socket's rate
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "../core/wire.h"
#include "edt.h"
#include "edt_socket.h"

#define SOCK_STREAM	1
/* Ethernet and a tag, IPv4 or IPv6, TCP, each with all its options. */
#define EMPTY_TCP_BYTES_MAX	(14 + 4 + 60 + 60)
/* More fragments, and where in the whole packet. */
#define IP_FRAGMENT	0x3fff
/* Kernels take uptimes to stay below this, 30 years; stamps of CLOCK_REALTIME are beyond it. */
#define UPTIME_MAX_NS	(30ULL * 365 * 24 * 3600 * PACE_NSEC_PER_SEC)

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct edt_config);
} edt_config SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct edt_state);
} edt_state SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct edt_socket);
} edt_sockets SEC(".maps");

/**
 * struct edt_packet - what is asked of the clock
 * @now_ns: CLOCK_MONOTONIC
 * @asked_ns: its own earliest departure, now if it has none
 * @wire_bytes: of all its frames
 * @frames: 1, of a super-packet more
 * @wait_max_ns: it is dropped rather than held by the device's clock for longer
 * @horizon_ns: nor by its socket's
 * @is_own_tcp: of a TCP socket of this host
 * @is_prompt: an empty TCP segment
 * @is_foreign: its stamp is no departure time
 * @socket_bytes_ps: rate of its socket, PACE_RATE_UNLIMITED if that has none or is of TCP
 */
struct edt_packet {
	__u64 now_ns;
	__u64 asked_ns;
	__u32 wire_bytes;
	__u32 frames;
	__u64 wait_max_ns;
	__u64 horizon_ns;
	bool is_own_tcp;
	bool is_prompt;
	bool is_foreign;
	__u64 socket_bytes_ps;
};

/* ---- what the packet is ---- */

/*
 * The kernel has counted the headers of every segment into wire_len. Guests leave the
 * number of segments out.
 */
static __always_inline void frames_count(const struct __sk_buff *skb,
					 __u32 overhead_bytes,
					 struct edt_packet *packet)
{
	const __u32 tag_bytes = skb->vlan_present ? PACE_VLAN_TAG_BYTES : 0;
	const __u32 bytes = skb->len, payload_bytes = skb->gso_size;
	__u32 frames = skb->gso_segs, frame_bytes;

	if (payload_bytes && !frames)
		frames = (bytes + payload_bytes - 1) / payload_bytes;
	if (!payload_bytes || frames < 2) {
		packet->frames = 1;
		packet->wire_bytes = pace_wire_bytes(bytes, tag_bytes,
						     overhead_bytes);
		return;
	}
	frame_bytes = payload_bytes + (skb->wire_len - bytes) / (frames - 1);
	packet->frames = frames;
	packet->wire_bytes =
		(frames - 1) * pace_wire_bytes(frame_bytes, tag_bytes,
					       overhead_bytes) +
		pace_wire_bytes(skb->wire_len - (frames - 1) * frame_bytes,
				tag_bytes, overhead_bytes);
}

/* A pure ACK, SYN or SYN-ACK: in front of it there is nothing that it could overtake and end. */
static __always_inline bool is_prompt_tcp(const struct __sk_buff *skb,
					  __u32 at, __u32 end)
{
	struct tcphdr tcp;

	return !bpf_skb_load_bytes_relative(skb, at, &tcp, sizeof(tcp),
					    BPF_HDR_START_NET) &&
	       at + tcp.doff * 4 == end && !tcp.fin && !tcp.rst;
}

static __always_inline bool is_prompt(const struct __sk_buff *skb)
{
	struct ipv6hdr ipv6;
	struct iphdr ip;

	if (skb->len > EMPTY_TCP_BYTES_MAX)
		return false;
	if (skb->protocol == bpf_htons(ETH_P_IP))
		return !bpf_skb_load_bytes_relative(skb, 0, &ip, sizeof(ip),
						    BPF_HDR_START_NET) &&
		       ip.protocol == IPPROTO_TCP &&
		       !(ip.frag_off & bpf_htons(IP_FRAGMENT)) &&
		       is_prompt_tcp(skb, ip.ihl * 4, bpf_ntohs(ip.tot_len));
	if (skb->protocol == bpf_htons(ETH_P_IPV6))
		return !bpf_skb_load_bytes_relative(skb, 0, &ipv6, sizeof(ipv6),
						    BPF_HDR_START_NET) &&
		       ipv6.nexthdr == IPPROTO_TCP &&
		       is_prompt_tcp(skb, sizeof(ipv6),
				     sizeof(ipv6) +
				     bpf_ntohs(ipv6.payload_len));
	return false;
}

/*
 * What its socket is. TCP stamps what it paces. Returns the clock of another one that has a rate
 * of its own, NULL also if there is no memory for it.
 */
static __always_inline struct edt_socket *socket_look(struct __sk_buff *skb,
						      struct edt_packet *packet)
{
	struct bpf_sock *sk = skb->sk;
	__u64 bytes_ps;

	packet->socket_bytes_ps = PACE_RATE_UNLIMITED;
	sk = sk ? bpf_sk_fullsock(sk) : NULL;
	if (!sk)
		return NULL;
	packet->is_own_tcp = sk->type == SOCK_STREAM &&
			     sk->protocol == IPPROTO_TCP;
	if (packet->is_own_tcp || !EDT_SEES_SOCKETS ||
	    !socket_rate_read(skb, sk, &bytes_ps) ||
	    bytes_ps == PACE_RATE_UNLIMITED)
		return NULL;
	packet->socket_bytes_ps = bytes_ps < PACE_RATE_MIN_BYTES_PS ?
				  PACE_RATE_MIN_BYTES_PS : bytes_ps;
	return bpf_sk_storage_get(&edt_sockets, sk, NULL,
				  BPF_SK_STORAGE_GET_F_CREATE);
}

/* Of which clock a stamp is, kernels before 6.10 say of CLOCK_MONOTONIC alone, and not of all. */
static __always_inline void asked_read(const struct __sk_buff *skb,
				       struct edt_packet *packet)
{
	const __u64 stamp_ns = skb->tstamp;

	packet->is_foreign =
		skb->tstamp_type != BPF_SKB_TSTAMP_DELIVERY_MONO &&
		stamp_ns > UPTIME_MAX_NS;
	packet->asked_ns = packet->is_foreign ? packet->now_ns :
			   pace_later_of(packet->now_ns, stamp_ns);
}

/* ---- the clock ---- */

/* Under the lock. Returns the earliest departure that a socket's rate allows. */
static __always_inline __u64 socket_departure_ns(struct edt_socket *socket,
						 const struct edt_packet *packet)
{
	if (socket->rate.bytes_ps != packet->socket_bytes_ps)
		pace_rate_set(&socket->rate, packet->socket_bytes_ps);
	return pace_later_of(packet->now_ns,
			     pace_clock_departure_ns(&socket->clock));
}

/* Under the lock. A departure beyond the horizon is one at the horizon: fq caps it. */
static __always_inline void socket_take(struct edt_socket *socket,
					const struct edt_packet *packet,
					__u64 departure_ns)
{
	const __u64 last_ns = packet->now_ns + packet->horizon_ns;

	pace_clock_not_before(&socket->clock,
			      pace_before(last_ns, departure_ns) ?
			      last_ns : departure_ns);
	pace_clock_advance(&socket->clock, &socket->rate, packet->wire_bytes);
}

/* Under the lock. Is a packet dropped, before any clock is moved? */
static __always_inline bool is_over(struct edt_counters *counters,
				    const struct edt_packet *packet,
				    __u64 wait_ns, __u64 socket_wait_ns)
{
	if (wait_ns <= packet->wait_max_ns &&
	    socket_wait_ns <= packet->horizon_ns)
		return false;
	if (packet->is_own_tcp || wait_ns <= packet->wait_max_ns)
		counters->over_horizon_pkts++;
	else
		counters->over_backlog_pkts++;
	return true;
}

/* Under the lock. Returns the departure, 0: there is none, the packet is to be dropped. */
static __always_inline __u64 clock_take(struct edt_state *state,
					struct edt_socket *socket,
					const struct edt_packet *packet)
{
	struct pace_clock *clock = packet->is_prompt ? &state->prompt :
						       &state->device;
	const struct pace_span span = pace_rate_span(&state->rate,
						     packet->wire_bytes);
	struct edt_counters *counters = &state->counters;
	const __u64 now_ns = packet->now_ns;
	__u64 clock_ns, departure_ns, socket_ns = now_ns;

	pace_clock_forgive(&state->device, now_ns, 0);
	pace_clock_forgive(&state->prompt, now_ns, 0);
	clock_ns = pace_clock_departure_ns(clock);
	if (socket)
		socket_ns = socket_departure_ns(socket, packet);
	if (is_over(counters, packet, clock_ns - now_ns, socket_ns - now_ns))
		return 0;

	departure_ns = pace_later_of(clock_ns, pace_later_of(packet->asked_ns,
							     socket_ns));
	pace_clock_advance_by(&state->device, span);
	if (packet->is_prompt)
		pace_clock_advance_by(&state->prompt, span);
	if (socket)
		socket_take(socket, packet, departure_ns);
	counters->frames += packet->frames;
	counters->wire_bytes += packet->wire_bytes;
	counters->foreign_clock_pkts += packet->is_foreign;
	counters->socket_unpaced_pkts +=
		!socket && packet->socket_bytes_ps != PACE_RATE_UNLIMITED;
	if (departure_ns != clock_ns) {
		if (departure_ns == packet->asked_ns)
			counters->asked_pkts++;
		else
			counters->socket_held_pkts++;
		return departure_ns;
	}
	counters->held_pkts += clock_ns != now_ns;
	counters->prompt_pkts += clock_ns != now_ns && packet->is_prompt;
	if (clock_ns - now_ns > counters->wait_max_ns)
		counters->wait_max_ns = clock_ns - now_ns;
	return departure_ns;
}

/* Only of IP the kernel takes the clock along; fq takes what has none for this one. */
static __always_inline void stamp_write(struct __sk_buff *skb,
					__u64 departure_ns)
{
	if (bpf_skb_set_tstamp(skb, departure_ns, BPF_SKB_TSTAMP_DELIVERY_MONO))
		skb->tstamp = departure_ns;
}

SEC("tc")
int sluice_edt(struct __sk_buff *skb)
{
	const __u32 first = 0;
	const volatile struct edt_config *config =
		bpf_map_lookup_elem(&edt_config, &first);
	struct edt_state *state = bpf_map_lookup_elem(&edt_state, &first);
	struct edt_packet packet = { .now_ns = bpf_ktime_get_ns() };
	struct edt_socket *socket;
	__u64 rate_bytes_ps, departure_ns;

	if (!config || !state)
		return TC_ACT_UNSPEC;
	rate_bytes_ps = config->rate_bytes_ps;
	frames_count(skb, (__u32)config->overhead_bytes, &packet);
	asked_read(skb, &packet);
	socket = socket_look(skb, &packet);
	packet.is_prompt = is_prompt(skb);
	packet.horizon_ns = config->horizon_ns;
	packet.wait_max_ns = packet.is_own_tcp ? packet.horizon_ns :
						 config->backlog_ns;

	bpf_spin_lock(&state->lock);
	if (state->rate.bytes_ps != rate_bytes_ps)
		pace_rate_set(&state->rate, rate_bytes_ps);
	departure_ns = clock_take(state, socket, &packet);
	bpf_spin_unlock(&state->lock);

	if (!departure_ns)
		return TC_ACT_SHOT;
	/* A stamp that need not be changed stays: fq may give it one. */
	if (packet.is_foreign || departure_ns != packet.asked_ns)
		stamp_write(skb, departure_ns);
	return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "GPL";
