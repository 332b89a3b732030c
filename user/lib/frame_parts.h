/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the frame parser share: frame.c has the plain cases;
 * frame_walk.c goes through link headers, IP, TCP and UDP one by one;
 * frame_tunnel.c has the headers with another packet inside.
 */
#ifndef SLUICE_FRAME_PARTS_H
#define SLUICE_FRAME_PARTS_H

#include <endian.h>
#include <string.h>

#include "frame.h"

#define FRAME_ETHERNET_BYTES	14u
#define FRAME_IPV4_BYTES	20u
#define FRAME_IPV6_BYTES	40u
#define FRAME_TCP_BYTES		20u
#define FRAME_UDP_BYTES		8u

/* EtherTypes: what comes next. */
enum { FRAME_NONE = 0, FRAME_IPV4 = 0x0800, FRAME_BRIDGED = 0x6558,
       FRAME_VLAN = 0x8100, FRAME_IPV6 = 0x86dd, FRAME_MAC_CONTROL = 0x8808,
       FRAME_MPLS = 0x8847, FRAME_MPLS_UPSTREAM = 0x8848, FRAME_PPPOE = 0x8864,
       FRAME_QINQ = 0x88a8, FRAME_QINQ_OLD = 0x9100 };

/* Where a walk stands: data[at..captured) is what is left. */
struct frame_cursor {
	const uint8_t *data;
	uint32_t captured;
	uint32_t at;
	uint32_t type;			/* FRAME_… of what lies at `at` */
	uint8_t tunnels;		/* passed so far */
};

/* Numbers in network byte order, at any address. */
static inline uint32_t frame_get16(const uint8_t *from)
{
	uint16_t value;

	memcpy(&value, from, sizeof(value));
	return be16toh(value);
}

static inline uint32_t frame_get32(const uint8_t *from)
{
	uint32_t value;

	memcpy(&value, from, sizeof(value));
	return be32toh(value);
}

static inline uint64_t frame_get64(const uint8_t *from)
{
	uint64_t value;

	memcpy(&value, from, sizeof(value));
	return be64toh(value);
}

/* Whether so many bytes are left at the cursor. */
static inline bool frame_has(const struct frame_cursor *cursor, uint32_t bytes)
{
	return cursor->captured - cursor->at >= bytes;
}

/* The word that has these four bytes first, and zeros behind them. */
static inline uint64_t frame_word_of(const uint8_t *from)
{
	uint32_t value;

	memcpy(&value, from, sizeof(value));
#if __BYTE_ORDER == __LITTLE_ENDIAN
	return value;
#else
	return (uint64_t)value << 32;
#endif
}

static inline void frame_put_word(uint8_t *to, uint64_t word)
{
	memcpy(to, &word, sizeof(word));
}

/*
 * The hash reads the key in whole words right after: a processor waits for
 * stores of parts of them, so these are whole, too.
 */
static inline void frame_put_addresses_ipv4(struct sluice_flow_key *key,
					    const uint8_t *addresses)
{
	frame_put_word(key->source, frame_word_of(addresses));
	frame_put_word(key->source + 8, 0);
	frame_put_word(key->destination, frame_word_of(addresses + 4));
	frame_put_word(key->destination + 8, 0);
}

/* Ports, protocol and IP version of the key, as one word for the same reason. */
static inline void frame_put_ports(struct sluice_flow_key *key, uint32_t source,
				   uint32_t destination, uint32_t protocol,
				   uint32_t version)
{
#if __BYTE_ORDER == __LITTLE_ENDIAN
	uint64_t word = (source | destination << 16) |
			(uint64_t)protocol << 32 | (uint64_t)version << 40;
#else
	uint64_t word = (uint64_t)source << 48 | (uint64_t)destination << 32 |
			protocol << 24 | version << 16;
#endif
	memcpy(&key->source_port, &word, sizeof(word));
}

/* Of l4_bytes by IP, header of TCP or UDP; captured from l4 on. */
static inline void frame_put_payload(struct sluice_frame *restrict frame,
				     const uint8_t *l4, uint32_t header,
				     uint32_t captured, uint32_t l4_bytes)
{
	uint32_t bytes = l4_bytes - header;

	frame->has_transport = true;
	frame->payload_bytes = bytes;
	frame->payload = captured > header ? l4 + header : NULL;
	captured = captured > header ? captured - header : 0;
	frame->payload_captured_bytes = captured < bytes ? captured : bytes;
}

/* The header that TCP's own length field tells; TCP's first 20 bytes are there. */
static inline uint32_t frame_tcp_header_bytes(const uint8_t *tcp)
{
	return (tcp[12] >> 4) * 4u;
}

/* The second is what Linux used before there was a number. */
enum { FRAME_PORT_VXLAN = 4789, FRAME_PORT_VXLAN_LINUX = 8472,
       FRAME_PORT_GENEVE = 6081 };

/* UDP to this port may have a packet inside. */
static inline bool frame_is_tunnel_port(uint32_t port)
{
	return port == FRAME_PORT_VXLAN || port == FRAME_PORT_VXLAN_LINUX ||
	       port == FRAME_PORT_GENEVE;
}

/*
 * Each moves the cursor to what is inside of the header at it, whose type it
 * sets. False: nothing that is understood.
 */
bool frame_into_mpls(struct frame_cursor *cursor);
bool frame_into_pppoe(struct frame_cursor *cursor);
/* The EtherType of what a protocol of PPP says; FRAME_NONE: none that is understood. */
static inline uint32_t frame_of_ppp(uint32_t protocol)
{
	return protocol == 0x0021 ? FRAME_IPV4 : protocol == 0x0057 ? FRAME_IPV6 :
	       protocol == 0x0281 ? FRAME_MPLS : FRAME_NONE;
}

/* The same of a packet whose protocol is the cursor's type. */
bool frame_into_packet(struct frame_cursor *cursor,
		       const struct sluice_frame *frame);

/* Everything but the plain cases; as sluice_frame_parse. */
bool frame_parse_other(const uint8_t *data, uint32_t captured,
		       uint32_t link_type, struct sluice_frame *ret_frame);

/*
 * Of a whole TCP header with options: is there a duplicate in them. Returns true,
 * so that it can end a plain case.
 */
bool frame_put_dsack(struct sluice_frame *frame, const uint8_t *tcp,
		     uint32_t header);

#endif
