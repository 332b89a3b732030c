// SPDX-License-Identifier: GPL-2.0
/* The receiver of burst tests; see burst_receiver.h. */
#include "burst_receiver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "../lib/refuse.h"
#include "../lib/udp_stamp.h"
#include "../lib/units.h"

#define MAPPED_BITS 96u

/* ---- addresses ---- */

static struct in6_addr mapped(const struct in_addr *address)
{
	struct in6_addr ret = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	memcpy(ret.s6_addr + 12, address, 4);
	return ret;
}

struct burst_peer burst_peer_of(const struct sockaddr_storage *address)
{
	const struct sockaddr_in6 *in6 = (const void *)address;
	const struct sockaddr_in *in = (const void *)address;

	if (address->ss_family == AF_INET)
		return (struct burst_peer){ mapped(&in->sin_addr),
					    in->sin_port };
	return (struct burst_peer){ in6->sin6_addr, in6->sin6_port };
}

int burst_prefix_parse(const char *text, struct burst_prefix *ret, char *error,
		       size_t error_size)
{
	const char *slash = strchrnul(text, '/');
	char address[INET6_ADDRSTRLEN] = "", phrase[128];
	unsigned int offset = 0;
	struct in_addr in;
	uint64_t bits = 128;

	if ((size_t)(slash - text) < sizeof(address))
		memcpy(address, text, (size_t)(slash - text));
	if (inet_pton(AF_INET, address, &in) == 1) {
		ret->address = mapped(&in);
		offset = MAPPED_BITS;
		bits = 32;
	} else if (inet_pton(AF_INET6, address, &ret->address) != 1) {
		return sluice_refuse(-EINVAL, error, error_size,
				     "'%s' is no address or prefix such as 192.0.2.0/24 or 2001:db8::1",
				     text);
	}
	if (*slash) {
		uint64_t most = bits;

		if (sluice_parse_count(slash + 1, &bits, phrase,
				       sizeof(phrase)) || bits > most)
			return sluice_refuse(-EINVAL, error, error_size,
					     "'%s': behind the slash stands a number of bits, 0 to %u",
					     text, (unsigned int)most);
	}
	ret->bits = offset + (unsigned int)bits;
	return 0;
}

bool burst_prefix_holds(const struct burst_prefix *prefix,
			const struct in6_addr *address)
{
	unsigned int bytes = prefix->bits / 8, rest = prefix->bits % 8;
	uint8_t differs;

	if (memcmp(&prefix->address, address, bytes))
		return false;
	if (!rest)
		return true;
	differs = prefix->address.s6_addr[bytes] ^ address->s6_addr[bytes];
	return !(differs >> (8 - rest));
}

static bool peer_is_allowed(const struct burst_receiver *receiver,
			    const struct burst_peer *peer)
{
	unsigned int i;

	for (i = 0; i < receiver->n_allowed; i++)
		if (burst_prefix_holds(&receiver->allowed[i], &peer->address))
			return true;
	for (i = 0; i < receiver->n_own; i++)
		if (IN6_ARE_ADDR_EQUAL(&receiver->own[i], &peer->address))
			return true;
	return false;
}

static bool peer_is_same(const struct burst_peer *a, const struct burst_peer *b)
{
	return a->port == b->port &&
	       !memcmp(&a->address, &b->address, sizeof(a->address));
}

/* ---- cookies ---- */

static uint64_t rotated(uint64_t value, unsigned int bits)
{
	return value << bits | value >> (64 - bits);
}

static uint64_t little_endian(const uint8_t *from, size_t bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | from[bytes];
	return value;
}

static void sip_rounds(uint64_t v[4], unsigned int rounds)
{
	while (rounds--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotated(v[1], 13) ^ v[0];
		v[3] = rotated(v[3], 16) ^ v[2];
		v[0] = rotated(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotated(v[1], 17) ^ v[2];
		v[3] = rotated(v[3], 21) ^ v[0];
		v[2] = rotated(v[2], 32);
	}
}

uint64_t burst_siphash(const uint8_t key[BURST_KEY_BYTES], const uint8_t *data,
		       size_t bytes)
{
	uint64_t k0 = little_endian(key, 8), k1 = little_endian(key + 8, 8);
	/* "somepseudorandomlygeneratedbytes" */
	uint64_t v[4] = {
		k0 ^ UINT64_C(0x736f6d6570736575),
		k1 ^ UINT64_C(0x646f72616e646f6d),
		k0 ^ UINT64_C(0x6c7967656e657261),
		k1 ^ UINT64_C(0x7465646279746573),
	};
	size_t left = bytes;
	uint64_t word;

	for (; left >= 8; left -= 8, data += 8) {
		word = little_endian(data, 8);
		v[3] ^= word;
		sip_rounds(v, 2);
		v[0] ^= word;
	}
	word = little_endian(data, left) | (uint64_t)bytes << 56;
	v[3] ^= word;
	sip_rounds(v, 2);
	v[0] ^= word;
	v[2] ^= 0xff;
	sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static uint64_t cookie_of(const struct burst_receiver *receiver,
			  const struct burst_peer *peer, uint64_t nonce)
{
	uint8_t data[sizeof(peer->address) + sizeof(peer->port) + 8];

	memcpy(data, &peer->address, sizeof(peer->address));
	memcpy(data + sizeof(peer->address), &peer->port, sizeof(peer->port));
	sluice_be_put(data + sizeof(data) - 8, nonce, 8);
	return burst_siphash(receiver->key, data, sizeof(data));
}

/* ---- sessions ---- */

static void session_end(struct burst_receiver *receiver)
{
	if (!receiver->session.is_open)
		return;
	receiver->session.packets += receiver->arrivals.received;
	receiver->arrivals.received = 0;
	receiver->ended = receiver->session;
	receiver->session.is_open = false;
}

void burst_receiver_tick(struct burst_receiver *receiver, uint64_t now_ns)
{
	if (receiver->session.is_open &&
	    now_ns - receiver->session.heard_ns > BURST_IDLE_NS)
		session_end(receiver);
}

static bool is_session(const struct burst_receiver *receiver,
		       const struct burst_datagram *datagram, uint64_t cookie)
{
	return receiver->session.is_open &&
	       receiver->session.cookie == cookie &&
	       peer_is_same(&receiver->session.peer, &datagram->from);
}

static void session_begin(struct burst_receiver *receiver,
			  const struct burst_datagram *datagram,
			  uint64_t cookie)
{
	receiver->session = (struct burst_session){
		.is_open = true, .peer = datagram->from, .cookie = cookie,
		.overflowed_start = datagram->overflowed,
	};
	burst_arrivals_begin(&receiver->arrivals, 0);
}

/* Returns what is to be answered. */
static enum burst_type start_take(struct burst_receiver *receiver,
				  const struct burst_datagram *datagram,
				  const struct burst_header *header)
{
	struct burst_session *session = &receiver->session;

	if (!header->packets || header->packets > BURST_PACKETS_CEILING ||
	    !header->probe)
		return BURST_NONE;
	if (!session->is_open)
		session_begin(receiver, datagram, header->cookie);
	else if (!is_session(receiver, datagram, header->cookie))
		return BURST_BUSY;
	if (header->probe < session->probe)
		return BURST_NONE;
	/* The same again: its answer was lost. */
	if (header->probe == session->probe)
		return BURST_STARTED;
	session->probe = header->probe;
	session->packets += receiver->arrivals.received;
	session->bursts++;
	session->overflowed_before = datagram->overflowed;
	burst_arrivals_begin(&receiver->arrivals, header->packets);
	return BURST_STARTED;
}

static enum burst_type message_take(struct burst_receiver *receiver,
				    const struct burst_datagram *datagram,
				    const struct burst_header *header)
{
	bool is_ours = is_session(receiver, datagram, header->cookie);
	bool is_burst = is_ours && header->probe == receiver->session.probe;

	if (header->type == BURST_HELLO)
		return BURST_WELCOME;
	if (header->type == BURST_BURST && is_burst) {
		burst_arrivals_add(&receiver->arrivals, header->packets,
				   datagram->stamp_ns);
		return BURST_NONE;
	}
	if (header->type == BURST_ASK && is_burst)
		return BURST_REPORT;
	if ((header->type == BURST_START || header->type == BURST_END) &&
	    header->cookie == cookie_of(receiver, &datagram->from,
					header->nonce)) {
		if (header->type == BURST_START)
			return start_take(receiver, datagram, header);
		if (is_ours)
			session_end(receiver);
		return BURST_END;
	}
	return BURST_NONE;
}

static size_t answer_make(const struct burst_receiver *receiver,
			  const struct burst_datagram *datagram,
			  const struct burst_header *header,
			  enum burst_type type, uint8_t *answer)
{
	struct burst_header head = {
		.type = type, .cookie = header->cookie,
		.nonce = header->nonce, .probe = header->probe,
		.packets = header->packets,
	};
	struct burst_report report;

	if (type == BURST_WELCOME)
		head.cookie = cookie_of(receiver, &datagram->from,
					header->nonce);
	burst_header_put(answer, &head);
	if (type == BURST_REPORT) {
		burst_arrivals_report(&receiver->arrivals,
				      datagram->overflowed -
				      receiver->session.overflowed_before,
				      &report);
		burst_report_put(answer, &report);
	}
	return burst_type_bytes(type);
}

size_t burst_receiver_take(struct burst_receiver *receiver,
			   const struct burst_datagram *datagram,
			   uint64_t now_ns, uint8_t *answer)
{
	struct burst_header header;
	enum burst_type type;

	burst_receiver_tick(receiver, now_ns);
	if (!datagram->is_from_here &&
	    !peer_is_allowed(receiver, &datagram->from)) {
		if (!receiver->refused_datagrams++)
			receiver->refused = datagram->from;
		return 0;
	}
	if (!burst_header_get(datagram->data, datagram->captured_bytes,
			      datagram->bytes, &header))
		return 0;
	type = message_take(receiver, datagram, &header);
	if (is_session(receiver, datagram, header.cookie)) {
		receiver->session.heard_ns = now_ns;
		receiver->session.overflowed = datagram->overflowed -
			receiver->session.overflowed_start;
	}
	return type == BURST_NONE ? 0 : answer_make(receiver, datagram, &header,
						    type, answer);
}
