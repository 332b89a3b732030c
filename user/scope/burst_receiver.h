/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The receiver of burst tests, without its socket: what each datagram does to
 * it, and what is to be answered. Datagrams are hostile input.
 *
 * It serves addresses of this host and those it was told to allow, one session
 * at a time; a session ends when its sender says so or has been silent for
 * BURST_IDLE_NS. Pure: time and stamps come with the datagrams.
 */
#ifndef SLUICE_BURST_RECEIVER_H
#define SLUICE_BURST_RECEIVER_H

#include <netinet/in.h>

#include "burst_arrivals.h"

#define BURST_IDLE_NS		UINT64_C(15000000000)
#define BURST_ALLOWED_MAX	16u
#define BURST_KEY_BYTES		16u

/**
 * struct burst_prefix - addresses that may send
 * @address: IPv6, or IPv4 mapped into it
 * @bits: of it that must be the same, 0 to 128
 */
struct burst_prefix {
	struct in6_addr address;
	unsigned int bits;
};

/* Where a datagram is from: IPv4 is mapped into IPv6. */
struct burst_peer {
	struct in6_addr address;
	in_port_t port;
};

/**
 * struct burst_session - a sender that is being served
 * @is_open: there is one
 * @peer: it
 * @cookie: and the cookie it was given
 * @heard_ns: when it last sent something
 * @probe: number of its last burst
 * @overflowed_before: datagrams lost by the socket when this burst began
 * @bursts: of the session
 * @packets: that were received in them
 * @overflowed: datagrams lost by the socket since the session began
 * @overflowed_start: and until then
 */
struct burst_session {
	bool is_open;
	struct burst_peer peer;
	uint64_t cookie;
	uint64_t heard_ns;
	uint32_t probe;
	uint32_t overflowed_before;
	uint64_t bursts;
	uint64_t packets;
	uint32_t overflowed;
	uint32_t overflowed_start;
};

/**
 * struct burst_receiver - a receiver
 * @key: of the cookies, random
 * @allowed: who may send
 * @n_allowed: how many
 * @own: addresses of this host, which may send, too; the caller's
 * @n_own: how many
 * @session: who is being served
 * @ended: the last session, until the caller clears is_open of it
 * @refused_datagrams: of others
 * @refused: the first of them
 * @arrivals: of the last burst
 */
struct burst_receiver {
	uint8_t key[BURST_KEY_BYTES];
	struct burst_prefix allowed[BURST_ALLOWED_MAX];
	unsigned int n_allowed;
	const struct in6_addr *own;
	unsigned int n_own;
	struct burst_session session;
	struct burst_session ended;
	uint64_t refused_datagrams;
	struct burst_peer refused;
	struct burst_arrivals arrivals;
};

/**
 * struct burst_datagram - what the socket gave
 * @from: its source
 * @is_from_here: that is the address that it was sent to
 * @data: its first bytes
 * @captured_bytes: how many
 * @bytes: length of all of it
 * @stamp_ns: when the kernel received it
 * @overflowed: datagrams that the socket has lost so far
 */
struct burst_datagram {
	struct burst_peer from;
	bool is_from_here;
	const uint8_t *data;
	size_t captured_bytes;
	size_t bytes;
	uint64_t stamp_ns;
	uint32_t overflowed;
};

/* A socket's address, AF_INET or AF_INET6. */
struct burst_peer burst_peer_of(const struct sockaddr_storage *address);

/* "192.0.2.0/24", "2001:db8::1": 0, or -EINVAL with a phrase in @error. */
int burst_prefix_parse(const char *text, struct burst_prefix *ret, char *error,
		       size_t error_size);

/* Does the address, IPv6 or IPv4 mapped into it, lie in the prefix? */
bool burst_prefix_holds(const struct burst_prefix *prefix,
			const struct in6_addr *address);

/* SipHash-2-4 of @bytes (Aumasson, Bernstein: SipHash, 2012). */
uint64_t burst_siphash(const uint8_t key[BURST_KEY_BYTES], const uint8_t *data,
		       size_t bytes);

/*
 * One datagram. Returns the length of the answer in @answer, which has room for
 * BURST_REPORT_BYTES and is never longer than what it answers; 0: there is none.
 */
size_t burst_receiver_take(struct burst_receiver *receiver,
			   const struct burst_datagram *datagram,
			   uint64_t now_ns, uint8_t *answer);

/* Time has passed. */
void burst_receiver_tick(struct burst_receiver *receiver, uint64_t now_ns);

#endif
