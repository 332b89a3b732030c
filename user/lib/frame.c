// SPDX-License-Identifier: GPL-2.0
/*
 * Most frames are Ethernet, IP without options, and TCP or UDP: those are read
 * here and in frame_plain.h, in one go, because the number of instructions is all
 * that makes them slow. Others are walked header by header (frame_walk.c).
 */
#include "frame_plain.h"

#include <arpa/inet.h>
#include <stdio.h>

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
	frame_put_plain(frame, data, captured, at, FRAME_UDP_BYTES, end);
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
	return is_tcp ? frame_plain_tcp(data, captured, at, end, 6, frame)
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

bool frame_parse_uncommon(const uint8_t *data, uint32_t captured,
			  uint32_t link_type,
			  struct sluice_frame *restrict frame)
{
	if (link_type == SLUICE_LINKTYPE_ETHERNET &&
	    captured >= FRAME_PLAIN_BYTES) {
		if (frame_get64(data + 12) >> 44 == 0x86dd6)
			return parse_plain_ipv6(data, captured, frame);
		if (frame_is_plain_ipv4(data, SLUICE_PROTOCOL_UDP))
			return parse_plain_udp(data, captured, frame);
	}
	return frame_parse_other(data, captured, link_type, frame);
}

bool sluice_frame_parse(const uint8_t *data, uint32_t captured,
			uint32_t link_type, struct sluice_frame *restrict frame)
{
	return frame_parse(data, captured, link_type, frame);
}

void sluice_flow_address_print(const struct sluice_flow_key *key,
			       bool is_source, char *text, size_t text_size)
{
	if (!inet_ntop(key->ip_version == 6 ? AF_INET6 : AF_INET,
		       is_source ? key->source : key->destination, text,
		       (socklen_t)text_size))
		snprintf(text, text_size, "?");
}

void sluice_flow_end_print(const struct sluice_flow_key *key, bool is_source,
			   char *text, size_t text_size)
{
	unsigned int port = is_source ? key->source_port : key->destination_port;
	char address[INET6_ADDRSTRLEN];

	sluice_flow_address_print(key, is_source, address, sizeof(address));
	if (!port)
		snprintf(text, text_size, "%s", address);
	else
		snprintf(text, text_size, key->ip_version == 6 ? "[%s]:%u" :
			 "%s:%u", address, port);
}

const char *sluice_flow_protocol_name(const struct sluice_flow_key *key)
{
	return key->protocol == SLUICE_PROTOCOL_TCP ? "tcp" :
	       key->protocol == SLUICE_PROTOCOL_UDP ? "udp" : "ip";
}
