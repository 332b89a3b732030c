// SPDX-License-Identifier: GPL-2.0
/*
 * Most frames are Ethernet, IP without options, and TCP or UDP: those are read
 * here, in one go, because the number of instructions is all that makes them
 * slow. Others are walked header by header (frame_walk.c).
 */
#include "frame_parts.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "pcap.h"

/* NOP, NOP, time stamps: what nearly every segment has, and nothing else. */
#define TCP_ONLY_STAMPS		0x0101080au
#define TCP_STAMPS_BYTES	32u	/* TCP's header with them */

static inline void put_plain(struct sluice_frame *restrict frame,
			     const uint8_t *data, uint32_t captured, uint32_t at,
			     uint32_t header, uint32_t end)
{
	if (captured > end)
		captured = end;
	frame->has_ports = true;
	frame->tunnels = 0;
	frame->header_bytes = at + header;
	frame_put_payload(frame, data + at, header, captured - at, end - at);
}

/*
 * TCP at `at`, its addresses are in the frame. `end` is where IP says that the
 * packet ends, behind TCP's header. Is the end of who calls it: returns true.
 */
static inline __attribute__((always_inline))
bool plain_tcp(const uint8_t *data, uint32_t captured, uint32_t at, uint32_t end,
	       uint32_t version, struct sluice_frame *restrict frame)
{
	const uint8_t *tcp = data + at;
	uint32_t ports = frame_get32(tcp), flags = frame_get32(tcp + 12);
	uint32_t header = flags >> 28 << 2;

	frame_put_ports(&frame->key, ports >> 16, ports & 0xffff, SLUICE_PROTOCOL_TCP,
		  version);
	frame->tcp_sequence = frame_get32(tcp + 4);
	frame->tcp_ack = frame_get32(tcp + 8);
	frame->tcp_window = (uint16_t)flags;
	frame->tcp_flags = (uint8_t)(flags >> 16);
	frame->tcp_has_dsack = false;
	put_plain(frame, data, captured, at, header, end);
	if (header == FRAME_TCP_BYTES || captured < at + header ||
	    (header == TCP_STAMPS_BYTES &&
	     frame_get32(tcp + FRAME_TCP_BYTES) == TCP_ONLY_STAMPS))
		return true;
	return frame_put_dsack(frame, tcp, header);
}

/* The same of UDP that is no tunnel. */
static inline __attribute__((always_inline))
bool plain_udp(const uint8_t *data, uint32_t captured, uint32_t at, uint32_t end,
	       uint32_t version, struct sluice_frame *restrict frame)
{
	uint32_t ports = frame_get32(data + at);

	frame_put_ports(&frame->key, ports >> 16, ports & 0xffff, SLUICE_PROTOCOL_UDP,
		  version);
	frame->tcp_sequence = 0;
	frame->tcp_ack = 0;
	frame->tcp_window = 0;
	frame->tcp_flags = 0;
	frame->tcp_has_dsack = false;
	put_plain(frame, data, captured, at, FRAME_UDP_BYTES, end);
	return true;
}

/*
 * Ethernet with IPv6, whose next header is TCP or UDP:
 *
 *	at 18: payload length 16 | next header 8
 */
static __attribute__((noinline))
bool parse_plain_ipv6(const uint8_t *data, uint32_t captured,
		      struct sluice_frame *restrict frame)
{
	uint32_t at = FRAME_ETHERNET_BYTES + FRAME_IPV6_BYTES;
	uint32_t end = at + frame_get16(data + 18);
	bool is_tcp = data[20] == SLUICE_PROTOCOL_TCP;

	if (captured < at + FRAME_TCP_BYTES ||
	    (!is_tcp && data[20] != SLUICE_PROTOCOL_UDP) ||
	    (is_tcp ? frame_tcp_header_bytes(data + at) < FRAME_TCP_BYTES ||
		      end < at + frame_tcp_header_bytes(data + at)
		    : end < at + FRAME_UDP_BYTES ||
		      frame_is_tunnel_port(frame_get16(data + at + 2))))
		return frame_parse_other(data, captured, SLUICE_LINKTYPE_ETHERNET, frame);
	memcpy(frame->key.source, data + 22, 16);
	memcpy(frame->key.destination, data + 38, 16);
	return is_tcp ? plain_tcp(data, captured, at, end, 6, frame)
		      : plain_udp(data, captured, at, end, 6, frame);
}

static __attribute__((noinline))
bool parse_plain_udp(const uint8_t *data, uint32_t captured,
		     struct sluice_frame *restrict frame)
{
	uint32_t at = FRAME_ETHERNET_BYTES + FRAME_IPV4_BYTES;
	uint32_t end = FRAME_ETHERNET_BYTES + frame_get16(data + 16);

	if (end < at + FRAME_UDP_BYTES ||
	    frame_is_tunnel_port(frame_get16(data + at + 2)))
		return frame_parse_other(data, captured, SLUICE_LINKTYPE_ETHERNET, frame);
	frame_put_addresses_ipv4(&frame->key, data + 26);
	return plain_udp(data, captured, at, end, 4, frame);
}

/*
 * Ethernet with IPv4 without options and not in fragments: few wide loads, and
 * all calls at the end.
 *
 *	at 12: EtherType 16 | version and length 8 | 8 | total length 16 | 16
 *	at 20: flags and fragment 16 | 8 | protocol 8
 */
bool sluice_frame_parse(const uint8_t *data, uint32_t captured,
			uint32_t link_type, struct sluice_frame *restrict frame)
{
	uint32_t at = FRAME_ETHERNET_BYTES + FRAME_IPV4_BYTES, end, fragment, header;
	uint64_t first;

	if (link_type != SLUICE_LINKTYPE_ETHERNET || captured < at + FRAME_TCP_BYTES)
		return frame_parse_other(data, captured, link_type, frame);
	first = frame_get64(data + 12);
	if (first >> 44 == 0x86dd6)
		return parse_plain_ipv6(data, captured, frame);
	fragment = frame_get32(data + 20) & 0x3fff00ff;
	if (first >> 40 != 0x080045)
		return frame_parse_other(data, captured, link_type, frame);
	if (fragment == SLUICE_PROTOCOL_UDP)
		return parse_plain_udp(data, captured, frame);
	end = FRAME_ETHERNET_BYTES + (first >> 16 & 0xffff);
	header = frame_tcp_header_bytes(data + at);
	if (fragment != SLUICE_PROTOCOL_TCP || header < FRAME_TCP_BYTES ||
	    end < at + header)
		return frame_parse_other(data, captured, link_type, frame);
	frame_put_addresses_ipv4(&frame->key, data + 26);
	return plain_tcp(data, captured, at, end, 4, frame);
}

void sluice_flow_address_print(const struct sluice_flow_key *key,
			       bool is_source, char *text, size_t text_size)
{
	if (!inet_ntop(key->ip_version == 6 ? AF_INET6 : AF_INET,
		       is_source ? key->source : key->destination, text,
		       (socklen_t)text_size))
		snprintf(text, text_size, "?");
}
