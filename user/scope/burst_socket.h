/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The sockets of a burst test: bursts as bundles of UDP GSO, the stamps that the
 * kernel gives them, datagrams with the time they were received and how many
 * were lost for lack of room.
 *
 * Nothing here prints or exits. Functions return 0 or -errno unless said.
 */
#ifndef SLUICE_BURST_SOCKET_H
#define SLUICE_BURST_SOCKET_H

#include <netinet/in.h>

#include "burst_judge.h"
#include "burst_receiver.h"

/* Of a datagram, what stands in front of its payload. */
#define BURST_IPV4_UDP_BYTES	28u
#define BURST_IPV6_UDP_BYTES	48u

/* Datagrams that are read at once. */
#define BURST_BATCH		64u

/**
 * struct burst_sender - a socket that bursts leave by
 * @fd: connected to the receiver
 * @overhead_bytes: of IP and UDP
 * @segments: that a bundle holds at most; 1: the device takes no bundles
 * @scratch: room for what sendmmsg() is told
 */
struct burst_sender {
	int fd;
	uint32_t overhead_bytes;
	uint32_t segments;
	struct burst_scratch *scratch;
};

/*
 * A socket that is connected to an address, AF_INET or AF_INET6. @sender is filled
 * whole; there is nothing to close where it fails.
 */
int burst_sender_open(struct burst_sender *sender,
		      const struct sockaddr_storage *to, socklen_t to_size);
/* Accepts zeroes. */
void burst_sender_close(struct burst_sender *sender);

/* The longest packet that goes to the receiver whole, as far as is known. */
int burst_sender_mtu(const struct burst_sender *sender, uint32_t *ret_bytes);

/* Room for bursts of so many packets. */
int burst_sender_reserve(struct burst_sender *sender, uint32_t packets);

/*
 * Send ret->packets BURST messages with that header, each ret->packet_bytes long
 * as IP counts. Fills the rest of @ret but for the line rate; bundles that the
 * kernel refused for lack of room count in ret->dropped. -EMSGSIZE: the path
 * takes no packets of that length; -ETIMEDOUT: the device stands still.
 */
int burst_send(struct burst_sender *sender, const struct burst_header *header,
	       struct burst_sent *ret);

/* One message, padded to its type's length. */
int burst_message_send(struct burst_sender *sender,
		       const struct burst_header *header);

/* Wait for an answer until then (CLOCK_MONOTONIC): its length, or -EAGAIN. */
int burst_message_receive(struct burst_sender *sender, uint64_t until_mono_ns,
			  uint8_t *answer, size_t answer_bytes);

/*
 * A bound socket that stamps what it receives, and tells at which of its addresses: one that
 * is bound to all of a host's has several. Returns it or -errno.
 */
int burst_listener_open(const struct sockaddr_storage *address,
			socklen_t address_size);

/**
 * struct burst_batch - room for datagrams that are read at once
 * @data: their first bytes
 * @from: where they are from
 * @from_size: length of that
 * @reply: what the kernel takes for an answer to leave from the address that was asked
 * @reply_size: length of that; 0: not known
 * @datagrams: what they are
 * @overflowed: the last count that was told
 */
struct burst_batch {
	uint8_t data[BURST_BATCH][BURST_HEADER_BYTES];
	struct sockaddr_storage from[BURST_BATCH];
	socklen_t from_size[BURST_BATCH];
	_Alignas(struct cmsghdr)
	char reply[BURST_BATCH][CMSG_SPACE(sizeof(struct in6_pktinfo))];
	size_t reply_size[BURST_BATCH];
	struct burst_datagram datagrams[BURST_BATCH];
	uint32_t overflowed;
};

/* Read what is there, without waiting: how many, or -errno. */
int burst_batch_receive(int fd, struct burst_batch *batch);

/* To where datagram i came from. One that cannot be sent is one that was lost. */
void burst_batch_answer(int fd, struct burst_batch *batch, int i,
			const uint8_t *answer, size_t bytes);

#endif
