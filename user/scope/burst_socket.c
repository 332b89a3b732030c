// SPDX-License-Identifier: GPL-2.0
/* The sockets of a burst test; see burst_socket.h. */
#include "burst_socket.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/now.h"
#include "../lib/udp_stamp.h"
#include "../lib/units.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

/* What Linux cuts a bundle into at most, and how long its payload may be. */
#define SEGMENTS_MAX		64u
#define BUNDLE_BYTES_MAX	65487u
/* sendmmsg() takes no more at once. */
#define MESSAGES_MAX		1024u
/* A burst that does not leave for so long never will. */
#define STILL_S			2
#define SEND_BUFFER_BYTES	(64 << 20)
#define RECEIVE_BUFFER_BYTES	(128 << 20)
/* Stamps come up when the driver has the packet: how long to wait for each. */
#define STAMP_FIRST_NS		UINT64_C(20000000)
#define STAMP_LAST_NS		UINT64_C(500000000)

/**
 * struct burst_scratch - what sendmmsg() is told
 * @packets: that there is room for
 * @heads: the header of each packet
 * @pieces: header and padding of each
 * @messages: the bundles
 * @controls: what is told with each
 */
struct burst_scratch {
	uint32_t packets;
	uint8_t (*heads)[BURST_HEADER_BYTES];
	struct iovec *pieces;
	struct mmsghdr *messages;
	struct control {
		_Alignas(struct cmsghdr)
		char data[CMSG_SPACE(sizeof(uint16_t)) +
			  CMSG_SPACE(sizeof(uint32_t))];
	} *controls;
};

static uint8_t padding[UINT16_MAX];

static int option_set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) ? -errno :
								      0;
}

/* As much as asked for with privilege, as much as there may be without. */
static void buffer_set(int fd, int option, int forced, int bytes)
{
	if (option_set(fd, SOL_SOCKET, forced, bytes))
		(void)option_set(fd, SOL_SOCKET, option, bytes);
}

/* ---- the sender's end ---- */

static int sender_set_up(struct burst_sender *sender, bool is_v4)
{
	struct timeval still = { .tv_sec = STILL_S };
	int fd = sender->fd, err;

	/* Whole or not at all, and what goes wrong is told. */
	err = is_v4 ? option_set(fd, IPPROTO_IP, IP_MTU_DISCOVER,
				 IP_PMTUDISC_DO) :
		      option_set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
				 IPV6_PMTUDISC_DO);
	if (!err)
		err = is_v4 ? option_set(fd, IPPROTO_IP, IP_RECVERR, 1) :
			      option_set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
	if (err)
		return err;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &still, sizeof(still)))
		return -errno;
	buffer_set(fd, SO_SNDBUF, SO_SNDBUFFORCE, SEND_BUFFER_BYTES);
	/* Without stamps there is the time of the call. */
	(void)option_set(fd, SOL_SOCKET, SO_TIMESTAMPING,
			 SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID |
			 SOF_TIMESTAMPING_OPT_TSONLY);
	sender->segments = option_set(fd, IPPROTO_UDP, UDP_SEGMENT, 0) ?
			   1 : SEGMENTS_MAX;
	return 0;
}

int burst_sender_open(struct burst_sender *sender,
		      const struct sockaddr_storage *to, socklen_t to_size)
{
	bool is_v4 = to->ss_family == AF_INET;
	int err;

	*sender = (struct burst_sender){
		.overhead_bytes = is_v4 ? BURST_IPV4_UDP_BYTES :
					  BURST_IPV6_UDP_BYTES,
	};
	sender->fd = socket(to->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sender->fd < 0) {
		err = -errno;
		sender->fd = 0;
		return err;
	}
	err = sender_set_up(sender, is_v4);
	if (!err && connect(sender->fd, (const void *)to, to_size))
		err = -errno;
	if (err)
		burst_sender_close(sender);
	return err;
}

static void scratch_free(struct burst_scratch *scratch)
{
	if (!scratch)
		return;
	free(scratch->heads);
	free(scratch->pieces);
	free(scratch->messages);
	free(scratch->controls);
	free(scratch);
}

void burst_sender_close(struct burst_sender *sender)
{
	scratch_free(sender->scratch);
	if (sender->fd)
		close(sender->fd);
	*sender = (struct burst_sender){ .fd = 0 };
}

int burst_sender_mtu(const struct burst_sender *sender, uint32_t *ret_bytes)
{
	bool is_v4 = sender->overhead_bytes == BURST_IPV4_UDP_BYTES;
	socklen_t size = sizeof(int);
	int bytes;

	if (getsockopt(sender->fd, is_v4 ? IPPROTO_IP : IPPROTO_IPV6,
		       is_v4 ? IP_MTU : IPV6_MTU, &bytes, &size))
		return -errno;
	*ret_bytes = (uint32_t)bytes;
	return 0;
}

int burst_sender_reserve(struct burst_sender *sender, uint32_t packets)
{
	struct burst_scratch *scratch = calloc(1, sizeof(*scratch));

	if (!scratch)
		return -ENOMEM;
	scratch->packets = packets;
	scratch->heads = calloc(packets, sizeof(*scratch->heads));
	scratch->pieces = calloc(packets, 2 * sizeof(*scratch->pieces));
	scratch->messages = calloc(packets, sizeof(*scratch->messages));
	scratch->controls = calloc(packets, sizeof(*scratch->controls));
	if (!scratch->heads || !scratch->pieces || !scratch->messages ||
	    !scratch->controls) {
		scratch_free(scratch);
		return -ENOMEM;
	}
	scratch_free(sender->scratch);
	sender->scratch = scratch;
	return 0;
}

static void control_add(struct msghdr *message, int level, int type,
			const void *value, size_t bytes)
{
	struct cmsghdr *at = (void *)((char *)message->msg_control +
				      message->msg_controllen);

	at->cmsg_level = level;
	at->cmsg_type = type;
	at->cmsg_len = CMSG_LEN(bytes);
	memcpy(CMSG_DATA(at), value, bytes);
	message->msg_controllen += CMSG_SPACE(bytes);
}

/* Put the burst together; returns the number of bundles. */
static uint32_t bundles_make(struct burst_sender *sender,
			     const struct burst_header *header,
			     const struct burst_sent *sent)
{
	const uint32_t stamp = SOF_TIMESTAMPING_TX_SOFTWARE;
	uint32_t payload_bytes = sent->packet_bytes - sender->overhead_bytes;
	uint32_t segments = BUNDLE_BYTES_MAX / payload_bytes;
	struct burst_scratch *scratch = sender->scratch;
	struct burst_header head = *header;
	uint16_t segment_bytes = (uint16_t)payload_bytes;
	uint32_t i, count = 0;

	if (segments > sender->segments)
		segments = sender->segments;
	if (!segments)
		segments = 1;
	memset(scratch->messages, 0, scratch->packets *
				     sizeof(*scratch->messages));
	for (i = 0; i < sent->packets; i++) {
		head.packets = i;
		burst_header_put(scratch->heads[i], &head);
		scratch->pieces[2 * i] = (struct iovec){
			scratch->heads[i], BURST_HEADER_BYTES,
		};
		scratch->pieces[2 * i + 1] = (struct iovec){
			padding, payload_bytes - BURST_HEADER_BYTES,
		};
	}
	for (i = 0; i < sent->packets; i += segments, count++) {
		struct msghdr *message = &scratch->messages[count].msg_hdr;
		uint32_t left = sent->packets - i;
		uint32_t here = left < segments ? left : segments;

		message->msg_iov = &scratch->pieces[2 * i];
		message->msg_iovlen = 2 * here;
		message->msg_control = scratch->controls[count].data;
		memset(&scratch->controls[count], 0,
		       sizeof(scratch->controls[count]));
		if (here > 1)
			control_add(message, IPPROTO_UDP, UDP_SEGMENT,
				    &segment_bytes, sizeof(segment_bytes));
		/* Of the first and of the last: more would cost time. */
		if (!i || left <= segments)
			control_add(message, SOL_SOCKET, SO_TIMESTAMPING,
				    &stamp, sizeof(stamp));
		if (!message->msg_controllen)
			message->msg_control = NULL;
	}
	return count;
}

/*
 * Take one message off the error queue. 1: *ret_ns is a stamp; -errno: the path
 * refuses; 0: there is nothing, or nothing that matters.
 */
static int error_take(int fd, uint64_t *ret_ns)
{
	_Alignas(struct cmsghdr) char control[512];
	struct sock_extended_err error = { .ee_errno = 0 };
	struct scm_timestamping stamps = { .ts = { { .tv_sec = 0 } } };
	uint8_t data[1];
	struct iovec piece = { data, sizeof(data) };
	struct msghdr message = {
		.msg_iov = &piece, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *at;

	if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return errno == EAGAIN ? -EAGAIN : 0;
	for (at = CMSG_FIRSTHDR(&message); at; at = CMSG_NXTHDR(&message, at)) {
		if (at->cmsg_level == SOL_SOCKET &&
		    at->cmsg_type == SO_TIMESTAMPING)
			memcpy(&stamps, CMSG_DATA(at), sizeof(stamps));
		else if ((at->cmsg_level == IPPROTO_IP &&
			  at->cmsg_type == IP_RECVERR) ||
			 (at->cmsg_level == IPPROTO_IPV6 &&
			  at->cmsg_type == IPV6_RECVERR))
			memcpy(&error, CMSG_DATA(at), sizeof(error));
	}
	if (error.ee_origin == SO_EE_ORIGIN_TIMESTAMPING) {
		*ret_ns = (uint64_t)stamps.ts[0].tv_sec * SLUICE_NSEC_PER_SEC +
			  (uint64_t)stamps.ts[0].tv_nsec;
		return *ret_ns != 0;
	}
	return error.ee_errno ? -(int)error.ee_errno : 0;
}

/* What an earlier burst has left behind. */
static void errors_drop(int fd)
{
	uint64_t ns;
	int pending;
	socklen_t size = sizeof(pending);

	while (error_take(fd, &ns) != -EAGAIN)
		;
	(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &pending, &size);
}

/* -EMSGSIZE: a router said meanwhile that it took none of them; else 0. */
static int stamps_read(struct burst_sender *sender, struct burst_sent *sent,
		       uint32_t last_packets)
{
	uint64_t until_ns = sluice_now_ns(CLOCK_MONOTONIC) + STAMP_FIRST_NS;
	uint64_t stamps_ns[2];
	unsigned int count = 0;

	if (sent->bundles < 2)
		return 0;
	while (count < 2) {
		struct pollfd poll_for = { .fd = sender->fd };
		uint64_t now_ns = sluice_now_ns(CLOCK_MONOTONIC);
		int taken = error_take(sender->fd, &stamps_ns[count]);

		if (taken == 1) {
			count++;
			until_ns = now_ns + STAMP_LAST_NS;
		} else if (taken == -EMSGSIZE) {
			return taken;
		} else if (now_ns >= until_ns) {
			return 0;
		} else if (taken == -EAGAIN) {
			(void)poll(&poll_for, 1, 1);
		}
	}
	if (stamps_ns[1] <= stamps_ns[0])
		return 0;
	sent->stamped_packets = sent->packets - last_packets;
	sent->stamped_ns = stamps_ns[1] - stamps_ns[0];
	return 0;
}

/* Hand over all bundles; a device without room for one may have it for the next. */
static int bundles_send(struct burst_sender *sender, struct burst_sent *sent)
{
	struct mmsghdr *messages = sender->scratch->messages;
	uint32_t done = 0;
	bool is_told = false;

	while (done < sent->bundles) {
		uint32_t left = sent->bundles - done;
		int took = sendmmsg(sender->fd, messages + done,
				    left < MESSAGES_MAX ? left : MESSAGES_MAX,
				    0);

		if (took > 0) {
			done += (uint32_t)took;
		} else if (errno == ENOBUFS) {
			sent->dropped += messages[done].msg_hdr.msg_iovlen / 2;
			done++;
		} else if (errno == EAGAIN) {
			return -ETIMEDOUT;
		} else if (errno == ECONNREFUSED && !is_told) {
			/* Of what was sent before: it has been taken off now. */
			is_told = true;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

int burst_send(struct burst_sender *sender, const struct burst_header *header,
	       struct burst_sent *ret)
{
	uint64_t before_ns;
	uint32_t last;
	int err;

	errors_drop(sender->fd);
	for (;;) {
		ret->bundles = bundles_make(sender, header, ret);
		before_ns = sluice_now_ns(CLOCK_MONOTONIC);
		err = bundles_send(sender, ret);
		ret->call_ns = sluice_now_ns(CLOCK_MONOTONIC) - before_ns;
		/* A device that computes no checksums takes no bundles. */
		if ((err != -EIO && err != -EINVAL) || sender->segments == 1)
			break;
		sender->segments = 1;
	}
	if (err)
		return err;
	last = (uint32_t)sender->scratch->messages[ret->bundles - 1]
		.msg_hdr.msg_iovlen / 2;
	return stamps_read(sender, ret, last);
}

int burst_message_send(struct burst_sender *sender,
		       const struct burst_header *header)
{
	uint8_t message[BURST_REPORT_BYTES] = { 0 };

	burst_header_put(message, header);
	if (send(sender->fd, message, burst_type_bytes(header->type), 0) < 0)
		return -errno;
	return 0;
}

int burst_message_receive(struct burst_sender *sender, uint64_t until_mono_ns,
			  uint8_t *answer, size_t answer_bytes)
{
	struct pollfd poll_for = { .fd = sender->fd, .events = POLLIN };
	uint64_t now_ns = sluice_now_ns(CLOCK_MONOTONIC), stamp_ns;
	struct timespec rest = { .tv_sec = 0 };
	ssize_t got;
	int err;

	if (now_ns < until_mono_ns) {
		uint64_t left_ns = until_mono_ns - now_ns;

		rest.tv_sec = (time_t)(left_ns / SLUICE_NSEC_PER_SEC);
		rest.tv_nsec = (long)(left_ns % SLUICE_NSEC_PER_SEC);
	}
	if (ppoll(&poll_for, 1, &rest, NULL) <= 0)
		return -EAGAIN;
	got = recv(sender->fd, answer, answer_bytes, MSG_DONTWAIT);
	if (got >= 0)
		return (int)got;
	err = errno;
	/* A late stamp makes the socket readable, too. */
	while (error_take(sender->fd, &stamp_ns) != -EAGAIN)
		;
	return err == EINTR ? -EAGAIN : -err;
}

/* ---- the receiver's end ---- */

int burst_listener_open(const struct sockaddr_storage *address,
			socklen_t address_size)
{
	int fd = socket(address->ss_family,
			SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	if (fd < 0)
		return -errno;
	buffer_set(fd, SO_RCVBUF, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES);
	err = option_set(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	if (!err)
		err = option_set(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
	/* of IPv4 at a socket of IPv6, too */
	if (!err)
		err = address->ss_family == AF_INET ?
		      option_set(fd, IPPROTO_IP, IP_PKTINFO, 1) :
		      option_set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	if (!err && bind(fd, (const void *)address, address_size))
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

static struct in6_addr v4_mapped(struct in_addr address)
{
	struct in6_addr ret = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	memcpy(&ret.s6_addr[12], &address, sizeof(address));
	return ret;
}

/*
 * Where it was asked, and so from where it answers; by which device routes say, unless
 * the address is one of a single link.
 */
static void reply_read(struct burst_batch *batch, unsigned int i,
		       const struct cmsghdr *at, struct in6_addr *ret_to)
{
	struct msghdr message = { .msg_control = batch->reply[i] };
	struct in_pktinfo v4;
	struct in6_pktinfo v6;

	if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_PKTINFO) {
		memcpy(&v4, CMSG_DATA(at), sizeof(v4));
		*ret_to = v4_mapped(v4.ipi_spec_dst);
		v4.ipi_ifindex = 0;
		control_add(&message, IPPROTO_IP, IP_PKTINFO, &v4, sizeof(v4));
	} else if (at->cmsg_level == IPPROTO_IPV6 &&
		   at->cmsg_type == IPV6_PKTINFO) {
		memcpy(&v6, CMSG_DATA(at), sizeof(v6));
		*ret_to = v6.ipi6_addr;
		if (!IN6_IS_ADDR_LINKLOCAL(&v6.ipi6_addr))
			v6.ipi6_ifindex = 0;
		control_add(&message, IPPROTO_IPV6, IPV6_PKTINFO, &v6,
			    sizeof(v6));
	}
	batch->reply_size[i] = message.msg_controllen;
}

static void datagram_read(struct burst_batch *batch, unsigned int i,
			  struct mmsghdr *message)
{
	struct burst_datagram *datagram = &batch->datagrams[i];
	struct burst_peer from = burst_peer_of(&batch->from[i]);
	struct timespec stamp = { .tv_sec = 0 };
	struct in6_addr to = { .s6_addr = { 0 } };
	struct cmsghdr *at;

	batch->reply_size[i] = 0;
	for (at = CMSG_FIRSTHDR(&message->msg_hdr); at;
	     at = CMSG_NXTHDR(&message->msg_hdr, at)) {
		if (at->cmsg_level != SOL_SOCKET)
			reply_read(batch, i, at, &to);
		else if (at->cmsg_type == SO_TIMESTAMPNS)
			memcpy(&stamp, CMSG_DATA(at), sizeof(stamp));
		else if (at->cmsg_type == SO_RXQ_OVFL)
			memcpy(&batch->overflowed, CMSG_DATA(at),
			       sizeof(batch->overflowed));
	}
	*datagram = (struct burst_datagram){
		.from = from,
		.is_from_here = !memcmp(&from.address, &to, sizeof(to)),
		.data = batch->data[i], .bytes = message->msg_len,
		.captured_bytes = message->msg_len < BURST_HEADER_BYTES ?
				  message->msg_len : BURST_HEADER_BYTES,
		.stamp_ns = (uint64_t)stamp.tv_sec * SLUICE_NSEC_PER_SEC +
			    (uint64_t)stamp.tv_nsec,
		.overflowed = batch->overflowed,
	};
}

int burst_batch_receive(int fd, struct burst_batch *batch)
{
	static struct {
		_Alignas(struct cmsghdr)
		char data[CMSG_SPACE(sizeof(struct timespec)) +
			  CMSG_SPACE(sizeof(uint32_t)) +
			  2 * CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} controls[BURST_BATCH];
	struct mmsghdr messages[BURST_BATCH];
	struct iovec pieces[BURST_BATCH];
	int i, count;

	for (i = 0; i < (int)BURST_BATCH; i++) {
		pieces[i] = (struct iovec){ batch->data[i],
					    sizeof(batch->data[i]) };
		messages[i].msg_hdr = (struct msghdr){
			.msg_name = &batch->from[i],
			.msg_namelen = sizeof(batch->from[i]),
			.msg_iov = &pieces[i], .msg_iovlen = 1,
			.msg_control = controls[i].data,
			.msg_controllen = sizeof(controls[i].data),
		};
	}
	/* The length is that of the whole datagram. */
	count = recvmmsg(fd, messages, BURST_BATCH, MSG_DONTWAIT | MSG_TRUNC,
			 NULL);
	if (count < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	for (i = 0; i < count; i++) {
		batch->from_size[i] = messages[i].msg_hdr.msg_namelen;
		datagram_read(batch, (unsigned int)i, &messages[i]);
	}
	return count;
}

void burst_batch_answer(int fd, struct burst_batch *batch, int i,
			const uint8_t *answer, size_t bytes)
{
	struct iovec piece = { (void *)answer, bytes };
	struct msghdr message = {
		.msg_name = &batch->from[i],
		.msg_namelen = batch->from_size[i],
		.msg_iov = &piece, .msg_iovlen = 1,
		.msg_control = batch->reply_size[i] ? batch->reply[i] : NULL,
		.msg_controllen = batch->reply_size[i],
	};

	(void)sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}
