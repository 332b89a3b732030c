// SPDX-License-Identifier: GPL-2.0
/*
 * fault supers DEV PARENT NS PEER matrix|large|corrupt: super-packets with headers that lie, as a guest or
 * an AF_PACKET user could hand over. What the stack lets pass must be cut and
 * sent or counted as corrupt, must leave nothing behind, and must not hold up
 * what comes after it.
 */
#include "fault.h"
#include "packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_sched.h>
#include <linux/virtio_net.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif
#define PAYLOAD_MAX	65400
#define TRANSPORT_V4	(ETH_HLEN + 20)
#define TRANSPORT_V6	(ETH_HLEN + 40)

enum body { BODY_TCP4, BODY_UDP4, BODY_TCP6, BODY_UDP6, BODY_ARP, BODY_JUNK,
	    BODY_TCP4_VLAN, BODY_TCP4_DOFF_15, BODY_TCP4_SHORT, BODY_UDP4_IHL_15,
	    BODY_TCP4_IHL_15, BODY_TCP4_IHL_4, BODY_IP4_254, BODIES };

static const char * const body_names[BODIES] = {
	"TCPv4", "UDPv4", "TCPv6", "UDPv6", "ARP", "junk", "TCPv4 in VLAN",
	"TCPv4 with a header of 60 bytes", "TCPv4 that ends in its header",
	"UDPv4 behind an IP header of 60 bytes",
	"TCPv4 behind an IP header of 60 bytes",
	"TCPv4 behind an IP header of 16 bytes", "IPv4 of protocol 254",
};

struct tested {
	int device, tx, rx;
	uint32_t parent;
	unsigned int cases, refused, passed, stuck, lost, missing;
	uint64_t corrupt, cut, uncut;
};

static void put_ipv4(uint8_t *at, uint8_t protocol, size_t bytes)
{
	at[0] = 0x45;
	at[2] = (uint8_t)(bytes >> 8);
	at[3] = (uint8_t)bytes;
	at[8] = 64;
	at[9] = protocol;
	memcpy(at + 12, "\12\0\0\1\12\0\0\2", 8);
}

static void put_ipv6(uint8_t *at, uint8_t protocol, size_t bytes)
{
	at[0] = 0x60;
	at[4] = (uint8_t)(bytes >> 8);
	at[5] = (uint8_t)bytes;
	at[6] = protocol;
	at[7] = 64;
	at[8] = at[24] = 0xfd;
	at[23] = 1;
	at[39] = 2;
}

static void put_transport(uint8_t *at, bool is_tcp, uint8_t doff, size_t bytes)
{
	memcpy(at, "\20\222\20\222", 4);
	if (is_tcp) {
		at[12] = (uint8_t)(doff << 4);
		at[13] = 0x10;
	} else {
		at[4] = (uint8_t)(bytes >> 8);
		at[5] = (uint8_t)bytes;
	}
}

static uint16_t body_protocol(enum body body)
{
	switch (body) {
	case BODY_TCP6:
	case BODY_UDP6:
		return ETH_P_IPV6;
	case BODY_ARP:
		return ETH_P_ARP;
	case BODY_JUNK:
		return 0x1234;
	case BODY_TCP4_VLAN:
		return ETH_P_8021Q;
	default:
		return ETH_P_IP;
	}
}

/* Returns the length of the frame. What is no header reads as one of TCP. */
static size_t body_make(uint8_t *frame, enum body body, size_t payload)
{
	bool is_v6 = body == BODY_TCP6 || body == BODY_UDP6;
	bool is_tcp = body != BODY_UDP4 && body != BODY_UDP6 &&
		      body != BODY_UDP4_IHL_15;
	size_t transport = (is_tcp ? 20 : 8) + payload;
	uint8_t *at = frame + ETH_HLEN;

	memset(frame, 0, ETH_HLEN + 80);
	memset(frame + ETH_HLEN + 80, 0x50, 100);
	packet_header(frame, body_protocol(body));
	if (body == BODY_ARP || body == BODY_JUNK)
		return ETH_HLEN + 40 + payload;
	if (body == BODY_TCP4_VLAN) {
		memcpy(at, "\0\7\10\0", 4);
		at += 4;
	}
	if (body == BODY_TCP4_SHORT)
		transport = 12;
	if (is_v6)
		put_ipv6(at, is_tcp ? 6 : 17, transport);
	else
		put_ipv4(at, is_tcp ? 6 : 17, 20 + transport);
	if (body == BODY_UDP4_IHL_15 || body == BODY_TCP4_IHL_15)
		at[0] = 0x4f;
	if (body == BODY_TCP4_IHL_4)
		at[0] = 0x44;
	if (body == BODY_IP4_254)
		at[9] = 254;
	at += is_v6 ? 40 : 20;
	put_transport(at, is_tcp, body == BODY_TCP4_DOFF_15 ? 15 : 5,
		      transport);
	if (!is_tcp)
		memset(at + 8, 0x50, 60);
	return (size_t)(at - frame) + transport;
}

static void super_send(struct tested *t, enum body body,
		       const struct packet_offload *offload, size_t payload,
		       bool is_reported)
{
	static uint8_t frame[PAYLOAD_MAX + 256];
	size_t bytes = body_make(frame, body, payload);
	struct iovec parts[] = {
		{ .iov_base = (void *)offload, .iov_len = sizeof(*offload) },
		{ .iov_base = frame, .iov_len = bytes },
	};
	struct fault_qdisc before, after;
	struct packet_tally tally;
	uint64_t corrupt, sent;
	bool is_odd;

	if (qdisc_get(t->device, t->parent, &before))
		die("cannot read the counters");
	t->cases++;
	if (writev(t->tx, parts, 2) < 0) {
		t->refused++;
		return;
	}
	/* The largest one: 65,000 frames at 1 Gb/s take 44 ms. */
	sleep_ns(200 * NSEC_PER_MSEC);
	packet_drain(t->rx, &tally);
	if (qdisc_get(t->device, t->parent, &after))
		die("cannot read the counters");
	corrupt = after.xstats.corrupt_dropped_pkts -
		  before.xstats.corrupt_dropped_pkts;
	sent = after.xstats.sent_frames - before.xstats.sent_frames;
	is_odd = after.qlen || after.backlog_bytes;
	t->stuck += is_odd;
	if (after.xstats.enqueued_pkts == before.xstats.enqueued_pkts) {
		t->refused++;
	} else {
		t->passed++;
		if (corrupt + (sent > 0) != 1) {
			t->lost++;
			is_odd = true;
		}
	}
	if (after.xstats.cut_pkts != before.xstats.cut_pkts &&
	    offload->gso_size <= 1448 && tally.frames != sent) {
		t->missing++;
		is_odd = true;
	}
	if (is_reported || is_odd)
		note("%s, %zu bytes, type %u size %u header %u checksum %u %u %u: in %llu, corrupt %llu, sent %llu, came %u",
		     body_names[body], bytes, offload->gso_type,
		     offload->gso_size, offload->header_bytes, offload->flags,
		     offload->csum_start, offload->csum_offset,
		     (unsigned long long)(after.xstats.enqueued_pkts -
					  before.xstats.enqueued_pkts),
		     (unsigned long long)corrupt, (unsigned long long)sent,
		     tally.frames);
	t->corrupt += corrupt;
	t->cut += after.xstats.cut_pkts - before.xstats.cut_pkts;
	t->uncut += after.xstats.uncut_pkts - before.xstats.uncut_pkts;
}

static void matrix_run(struct tested *t)
{
	static const uint8_t types[] = {
		VIRTIO_NET_HDR_GSO_NONE, VIRTIO_NET_HDR_GSO_TCPV4,
		VIRTIO_NET_HDR_GSO_TCPV6, VIRTIO_NET_HDR_GSO_UDP,
		VIRTIO_NET_HDR_GSO_UDP_L4,
		VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN, 7,
	};
	static const uint16_t sizes[] = { 0, 8, 1400, 65535 };
	/* where the checksum starts, and its offset there */
	static const uint16_t starts[][2] = {
		{ 0, 0 }, { TRANSPORT_V4, 16 }, { TRANSPORT_V4, 6 },
		{ TRANSPORT_V6, 16 }, { TRANSPORT_V6, 6 }, { 14, 16 },
		{ 1000, 16 }, { 65535, 65535 },
	};
	size_t b, i, s, c;

	for (b = 0; b < BODIES; b++)
	for (i = 0; i < sizeof(types); i++)
	for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
	for (c = 0; c < sizeof(starts) / sizeof(starts[0]); c++) {
		struct packet_offload offload = {
			.flags = c ? VIRTIO_NET_HDR_F_NEEDS_CSUM : 0,
			.gso_type = types[i],
			.gso_size = sizes[s],
			.header_bytes = (uint16_t)(54 + c * 3000 * (s & 1)),
			.csum_start = starts[c][0],
			.csum_offset = starts[c][1],
		};

		super_send(t, (enum body)b, &offload, 3000, false);
	}
}

/* 64 KB in the smallest segments that the stack lets pass, and in large ones. */
static void large_run(struct tested *t)
{
	static const uint16_t sizes[] = { 1, 100, 1448, 40000 };
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct packet_offload offload = {
			.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
			.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
			.gso_size = sizes[i],
			.header_bytes = 54,
			.csum_start = TRANSPORT_V4,
			.csum_offset = 16,
		};

		super_send(t, BODY_TCP4, &offload, PAYLOAD_MAX, true);
		offload.gso_type = VIRTIO_NET_HDR_GSO_UDP_L4;
		offload.csum_offset = 6;
		super_send(t, BODY_UDP4, &offload, PAYLOAD_MAX, true);
	}
}

/* One after the other, each alone in the qdisc: it becomes empty by a loss. */
static void corrupt_run(struct tested *t)
{
	static const struct packet_offload offload = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.gso_size = 1000,
		.csum_start = TRANSPORT_V4,
		.csum_offset = 16,
	};
	int i;

	for (i = 0; i < 5; i++)
		super_send(t, BODY_IP4_254, &offload, 3000, false);
	ok(t->corrupt == 5, "P8: super-packets that nobody can cut are counted (%llu)",
	   (unsigned long long)t->corrupt);
}

int main_supers(int argc, char **argv)
{
	struct packet_offload plain = { 0 };
	struct tested t = { 0 };
	unsigned int passed;

	if (argc != 5)
		return 2;
	t.device = device_index(argv[0]);
	t.parent = parent_parse(argv[1]);
	netns_enter("-");
	netns_enter(argv[2]);
	t.rx = packet_open(argv[3], false);
	netns_enter("-");
	t.tx = packet_open(argv[0], true);
	if (!strcmp(argv[4], "large"))
		large_run(&t);
	else if (!strcmp(argv[4], "corrupt"))
		corrupt_run(&t);
	else
		matrix_run(&t);
	note("%s: %u cases: %u refused by the stack, %u reached the qdisc; corrupt %llu, cut %llu, uncut %llu",
	     argv[4], t.cases, t.refused, t.passed,
	     (unsigned long long)t.corrupt, (unsigned long long)t.cut,
	     (unsigned long long)t.uncut);
	ok(t.passed > 0, "P9: some super-packets with odd headers reach the qdisc (%u)",
	   t.passed);
	ok(!t.stuck, "P9: none of them stays in the qdisc");
	ok(!t.lost, "P8: each is sent or counted as corrupt");
	ok(!t.missing, "P8: what was cut arrives in as many frames as are counted");
	passed = t.passed;
	super_send(&t, BODY_TCP4, &plain, 500, false);
	ok(t.passed == passed + 1 && !t.stuck && !t.lost,
	   "P9: an honest packet passes after them");
	return 0;
}
