// SPDX-License-Identifier: GPL-2.0
/*
 * UDP senders. Every datagram (every segment of a GSO bundle) starts with a
 * stamp: its number and the time it is meant to leave.
 *
 *	udp	one datagram at a time, evenly at a payload rate
 *	frames	a frame of many datagrams at once, as video does
 *	txtime	one datagram per interval, handed over ahead with SO_TXTIME
 *	gso	one bundle of segments per interval (UDP_SEGMENT)
 *
 * Meant to leave: udp and txtime, at its place in the schedule; frames and
 * gso with a maxrate, spaced by the L1 bytes of a frame at that rate, without
 * one, not said (0).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../../user/lib/udp_stamp.h"
#include "guest.h"

#ifndef CLOCK_TAI
#define CLOCK_TAI 11
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

#define L1_MIN_BYTES 84u
#define PAYLOAD_MAX 9216
#define SEND_BUFFER_BYTES (64 << 20)

struct udp_sender {
	const struct guest_flow *flow;
	int fd;
	uint64_t begin_mono_ns;
	uint64_t end_mono_ns;
	int64_t mono_to_real_ns;
	int64_t mono_to_txtime_ns;
	uint64_t sent_pkts;
	uint64_t sent_bytes;
	uint64_t refused_pkts;
};

/* count * unit_bytes at a rate, in ns, rounded up: never early. */
static uint64_t bytes_ns(uint64_t count, uint64_t unit_bytes, uint64_t bits_ps)
{
	unsigned __int128 bits = (unsigned __int128)count * unit_bytes * 8;

	return (uint64_t)((bits * NSEC_PER_SEC + bits_ps - 1) / bits_ps);
}

static uint64_t l1_bytes(const struct guest_flow *flow)
{
	uint64_t bytes = flow->size_bytes + flow->l1_overhead_bytes;

	return bytes < L1_MIN_BYTES ? L1_MIN_BYTES : bytes;
}

static void stamp_put(const struct udp_sender *sender, uint8_t *payload,
		      uint64_t sequence, uint64_t departure_mono_ns)
{
	struct sluice_udp_stamp stamp = {
		.source = sender->flow->number,
		.sequence = sequence,
		.departure_real_ns = departure_mono_ns ?
			departure_mono_ns + (uint64_t)sender->mono_to_real_ns : 0,
	};

	sluice_udp_stamp_put(payload, &stamp);
}

/* bytes in one call, with SCM_TXTIME if txtime_mono_ns is not 0. */
static void message_send(struct udp_sender *sender, uint8_t *data,
			 size_t bytes, unsigned int pkts,
			 uint64_t txtime_mono_ns)
{
	union {
		char room[CMSG_SPACE(sizeof(uint64_t))];
		struct cmsghdr align;
	} control = { { 0 } };
	struct iovec piece = { .iov_base = data, .iov_len = bytes };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };

	if (txtime_mono_ns) {
		uint64_t txtime_ns = txtime_mono_ns +
				     (uint64_t)sender->mono_to_txtime_ns;
		struct cmsghdr *header;

		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_TXTIME;
		header->cmsg_len = CMSG_LEN(sizeof(txtime_ns));
		memcpy(CMSG_DATA(header), &txtime_ns, sizeof(txtime_ns));
	}
	sender->sent_pkts += pkts;
	sender->sent_bytes += bytes;
	if (sendmsg(sender->fd, &message, 0) < 0) {
		if (errno != ENOBUFS)
			die("flow %u cannot send", sender->flow->number);
		sender->refused_pkts += pkts;
	}
}

static void even_send(struct udp_sender *sender)
{
	static uint8_t data[PAYLOAD_MAX];
	const struct guest_flow *flow = sender->flow;
	uint64_t k, when_ns;

	for (k = 0;; k++) {
		when_ns = sender->begin_mono_ns +
			  bytes_ns(k, flow->size_bytes, flow->rate_bits_ps);
		if (when_ns >= sender->end_mono_ns)
			return;
		sleep_until_mono_ns(when_ns);
		stamp_put(sender, data, k, when_ns);
		message_send(sender, data, flow->size_bytes, 1, 0);
	}
}

/* When segment k of a frame or bundle handed over at when_ns should leave. */
static uint64_t spaced_ns(const struct guest_flow *flow, uint64_t when_ns,
			  uint64_t k)
{
	if (!flow->maxrate_bits_ps)
		return 0;
	return when_ns + bytes_ns(k, l1_bytes(flow), flow->maxrate_bits_ps);
}

static void frames_send(struct udp_sender *sender)
{
	static uint8_t data[PAYLOAD_MAX];
	const struct guest_flow *flow = sender->flow;
	uint64_t when_ns = sender->begin_mono_ns, sequence = 0;

	for (; when_ns < sender->end_mono_ns; when_ns += flow->every_ns) {
		uint64_t left = flow->bytes, k;

		sleep_until_mono_ns(when_ns);
		for (k = 0; left; k++) {
			size_t part = left < flow->size_bytes ?
				(size_t)left : (size_t)flow->size_bytes;

			left -= part;
			if (part < SLUICE_UDP_STAMP_BYTES)
				part = SLUICE_UDP_STAMP_BYTES;
			stamp_put(sender, data, sequence++,
				  spaced_ns(flow, when_ns, k));
			message_send(sender, data, part, 1, 0);
		}
	}
}

/* Datagram k leaves at begin + lead + k * interval; lead_ns ahead of it. */
static void txtime_send(struct udp_sender *sender)
{
	static uint8_t data[PAYLOAD_MAX];
	const struct guest_flow *flow = sender->flow;
	uint64_t first_ns = sender->begin_mono_ns + flow->lead_ns;
	uint64_t wake_ns = sender->begin_mono_ns, k = 0;
	bool is_tai = !strcmp(flow->clock, "tai");
	struct sock_txtime txtime = {
		.clockid = is_tai ? CLOCK_TAI : CLOCK_MONOTONIC,
	};

	/* the guest's TAI offset is 0: CLOCK_TAI is CLOCK_REALTIME */
	sender->mono_to_txtime_ns = is_tai ? sender->mono_to_real_ns : 0;
	if (setsockopt(sender->fd, SOL_SOCKET, SO_TXTIME, &txtime,
		       sizeof(txtime)))
		die("cannot set SO_TXTIME");
	for (; wake_ns < sender->end_mono_ns; wake_ns += NSEC_PER_MSEC) {
		uint64_t until_ns = wake_ns + flow->lead_ns + NSEC_PER_MSEC;

		sleep_until_mono_ns(wake_ns);
		for (; first_ns + k * flow->every_ns < until_ns; k++) {
			uint64_t when_ns = first_ns + k * flow->every_ns;

			stamp_put(sender, data, k, when_ns);
			message_send(sender, data, flow->size_bytes, 1, when_ns);
		}
	}
}

static void gso_send(struct udp_sender *sender)
{
	static uint8_t data[SLUICE_UDP_BUNDLE_MAX_BYTES + PAYLOAD_MAX];
	const struct guest_flow *flow = sender->flow;
	int size = (int)flow->size_bytes;
	uint64_t when_ns = sender->begin_mono_ns, sequence = 0, k;

	if (flow->segments * flow->size_bytes > SLUICE_UDP_BUNDLE_MAX_BYTES)
		die("flow %u: a bundle may have at most %u bytes",
		    flow->number, SLUICE_UDP_BUNDLE_MAX_BYTES);
	if (setsockopt(sender->fd, IPPROTO_UDP, UDP_SEGMENT, &size,
		       sizeof(size)))
		die("cannot set UDP_SEGMENT");
	for (; when_ns < sender->end_mono_ns; when_ns += flow->every_ns) {
		for (k = 0; k < flow->segments; k++)
			stamp_put(sender, data + k * flow->size_bytes,
				  sequence++, spaced_ns(flow, when_ns, k));
		sleep_until_mono_ns(when_ns);
		message_send(sender, data, flow->segments * flow->size_bytes,
			     (unsigned int)flow->segments, 0);
	}
}

static void udp_report(const struct udp_sender *sender)
{
	FILE *file = result_open("flow", sender->flow->number);

	fprintf(file, "{\"sent_pkts\":%llu,\"sent_bytes\":%llu,\"refused_pkts\":%llu,\"elapsed_ns\":%llu}\n",
		(unsigned long long)sender->sent_pkts,
		(unsigned long long)sender->sent_bytes,
		(unsigned long long)sender->refused_pkts,
		(unsigned long long)(sender->end_mono_ns - sender->begin_mono_ns));
	result_close(file);
}

void udp_send(const struct guest_flow *flow, const struct guest_span *span)
{
	struct udp_sender sender = {
		.flow = flow,
		.fd = socket_make(flow->src, SOCK_DGRAM),
		.begin_mono_ns = span->start_mono_ns + flow->start_ns,
		.end_mono_ns = span->start_mono_ns + flow->start_ns +
			       flow->duration_ns,
		.mono_to_real_ns = (int64_t)(span->start_real_ns -
					     span->start_mono_ns),
	};
	struct sockaddr_storage peer;
	socklen_t peer_bytes = address_fill(&peer, flow->dst, flow->dport);
	int room = SEND_BUFFER_BYTES;

	setsockopt(sender.fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	maxrate_set(sender.fd, flow->maxrate_bits_ps);
	socket_bind(sender.fd, flow->src, flow->sport);
	if (connect(sender.fd, (struct sockaddr *)&peer, peer_bytes))
		die("flow %u cannot connect", flow->number);
	/* a long sleep may end 1 ns late (the timer's scale is rounded) */
	sleep_until_mono_ns(sender.begin_mono_ns - NSEC_PER_MSEC);
	sleep_until_mono_ns(sender.begin_mono_ns);
	if (!strcmp(flow->kind, "udp"))
		even_send(&sender);
	else if (!strcmp(flow->kind, "frames"))
		frames_send(&sender);
	else if (!strcmp(flow->kind, "txtime"))
		txtime_send(&sender);
	else
		gso_send(&sender);
	udp_report(&sender);
	close(sender.fd);
}
