// SPDX-License-Identifier: GPL-2.0
/*
 * A frame header by header, where the EtherType says what comes next; a packet
 * inside another one takes its place if it is understood.
 */
#include "frame_parts.h"
#include "pcap.h"

#define VLAN_TAG_BYTES		4u
#define VLAN_TAGS_MAX		4
#define LOOP_BYTES		4u
#define SLL_BYTES		16u
#define SLL2_BYTES		20u
/* RFC 8200 names eight extension headers; more is an attack. */
#define IPV6_EXTENSIONS_MAX	8
/* Of IPv4: one for each pair of ends that has the packet signed. */
#define IPV4_AUTHS_MAX		4

enum { EXT_HOP = 0, EXT_ROUTING = 43, EXT_FRAGMENT = 44, EXT_AUTH = 51,
       EXT_DESTINATION = 60 };

/* Address families of the loopback types: IPv4; IPv6 of Linux and the BSDs. */
enum { LOOP_IPV4 = 2, LOOP_IPV6_LINUX = 10, LOOP_IPV6_NETBSD = 24,
       LOOP_IPV6_FREEBSD = 28, LOOP_IPV6_DARWIN = 30 };

enum { TCP_OPTION_END = 0, TCP_OPTION_NOP = 1, TCP_OPTION_SACK = 5 };

/*
 * RFC 2883: the first block of a SACK option tells of a duplicate if it lies
 * below what is acknowledged, or inside the second block.
 */
static bool is_dsack(const uint8_t *blocks, uint32_t bytes, uint32_t ack)
{
	uint32_t left = frame_get32(blocks), right = frame_get32(blocks + 4);

	if ((int32_t)(left - ack) < 0)
		return true;
	return bytes >= 16 && (int32_t)(left - frame_get32(blocks + 8)) >= 0 &&
	       (int32_t)(right - frame_get32(blocks + 12)) <= 0;
}

/* Of a whole TCP header with options. */
static bool has_dsack(const uint8_t *tcp, uint32_t header)
{
	uint32_t at = FRAME_TCP_BYTES;

	if (!(tcp[13] & SLUICE_TCP_ACK))
		return false;
	while (at < header && tcp[at] != TCP_OPTION_END) {
		uint32_t bytes;

		if (tcp[at] == TCP_OPTION_NOP) {
			at++;
			continue;
		}
		bytes = at + 1 < header ? tcp[at + 1] : 0;
		if (bytes < 2 || bytes > header - at)
			return false;
		if (tcp[at] == TCP_OPTION_SACK)
			return bytes >= 10 &&
			       is_dsack(tcp + at + 2, bytes - 2, frame_get32(tcp + 8));
		at += bytes;
	}
	return false;
}

bool frame_put_dsack(struct sluice_frame *frame, const uint8_t *tcp,
		     uint32_t header)
{
	frame->tcp_has_dsack = has_dsack(tcp, header);
	return true;
}

static inline void put_tcp(struct sluice_frame *frame, const uint8_t *tcp,
			   uint32_t header, uint32_t captured)
{
	frame->tcp_sequence = frame_get32(tcp + 4);
	frame->tcp_ack = frame_get32(tcp + 8);
	frame->tcp_flags = tcp[13];
	frame->tcp_window = (uint16_t)frame_get16(tcp + 14);
	if (header > FRAME_TCP_BYTES && captured >= header)
		frame_put_dsack(frame, tcp, header);
}

/*
 * Ports and payload of TCP or UDP at the cursor; l4_bytes by the IP header, 0
 * where it does not tell (the super-packets of some systems).
 */
static void parse_transport(const struct frame_cursor *cursor, uint32_t l4_bytes,
			    struct sluice_frame *frame)
{
	const uint8_t *l4 = cursor->data + cursor->at;
	uint32_t captured = cursor->captured - cursor->at, header = FRAME_UDP_BYTES;
	bool is_tcp = frame->key.protocol == SLUICE_PROTOCOL_TCP;

	if (!is_tcp && frame->key.protocol != SLUICE_PROTOCOL_UDP)
		return;
	if (captured < 4)
		return;
	frame_put_ports(&frame->key, frame_get16(l4), frame_get16(l4 + 2), frame->key.protocol,
		  frame->key.ip_version);
	frame->has_ports = true;
	if (captured < (is_tcp ? FRAME_TCP_BYTES : FRAME_UDP_BYTES))
		return;
	if (is_tcp)
		header = frame_tcp_header_bytes(l4);
	if ((is_tcp && header < FRAME_TCP_BYTES) || header > l4_bytes)
		return;
	frame->header_bytes = cursor->at + header;
	if (is_tcp)
		put_tcp(frame, l4, header, captured);
	frame_put_payload(frame, l4, header, captured, l4_bytes);
}

/* What the length of IP says is not there is not looked at: padding. */
static void cut_at(struct frame_cursor *cursor, uint32_t end)
{
	if (cursor->captured > end)
		cursor->captured = end;
}

/*
 * Over IPsec's authentication header (RFC 4302), which lies between IP and what the packet
 * carries. Returns false if it is not all there. @rest_bytes: behind IP's header, 0 where
 * that does not tell.
 */
static bool over_auth(struct frame_cursor *cursor, uint32_t *rest_bytes)
{
	const uint8_t *auth = cursor->data + cursor->at;
	uint32_t bytes;

	if (!frame_has(cursor, 8))
		return false;
	bytes = (auth[1] + 2u) * 4;
	if (!frame_has(cursor, bytes) || (*rest_bytes && *rest_bytes < bytes))
		return false;
	cursor->type = auth[0];
	cursor->at += bytes;
	*rest_bytes -= *rest_bytes ? bytes : 0;
	return true;
}

/*
 * IPv4 at the cursor, which goes on to what the packet carries. Its type is then
 * the protocol's number, FRAME_NONE if nothing can be read there.
 */
static bool parse_ipv4(struct frame_cursor *cursor, struct sluice_frame *frame)
{
	const uint8_t *ip = cursor->data + cursor->at;
	uint32_t header, total, rest;

	if (!frame_has(cursor, FRAME_IPV4_BYTES) || ip[0] >> 4 != 4)
		return false;
	header = (ip[0] & 15) * 4u;
	total = frame_get16(ip + 2);
	if (header < FRAME_IPV4_BYTES || (total && total < header))
		return false;
	frame_put_addresses_ipv4(&frame->key, ip + 12);
	frame_put_ports(&frame->key, 0, 0, ip[9], 4);
	frame->header_bytes = cursor->at + header;
	cursor->type = FRAME_NONE;
	if ((frame_get16(ip + 6) & 0x1fff) || !frame_has(cursor, header + 1))
		return true;
	if (total)
		cut_at(cursor, cursor->at + total);
	cursor->at += header;
	cursor->type = ip[9];
	rest = total ? total - header : 0;
	for (int i = 0; i < IPV4_AUTHS_MAX && cursor->type == EXT_AUTH; i++) {
		if (!over_auth(cursor, &rest))
			return true;
		frame_put_ports(&frame->key, 0, 0, (uint8_t)cursor->type, 4);
		frame->header_bytes = cursor->at;
	}
	if (frame_has(cursor, 1))
		parse_transport(cursor, rest, frame);
	return true;
}

/* The same of IPv6, whose extension headers lie in between. */
static bool parse_ipv6(struct frame_cursor *cursor, struct sluice_frame *frame)
{
	const uint8_t *ip = cursor->data + cursor->at, *extension;
	uint32_t start = cursor->at, end, length;
	uint8_t next;

	if (!frame_has(cursor, FRAME_IPV6_BYTES) || ip[0] >> 4 != 6)
		return false;
	length = frame_get16(ip + 4);
	end = start + FRAME_IPV6_BYTES + length;
	memcpy(frame->key.source, ip + 8, 16);
	memcpy(frame->key.destination, ip + 24, 16);
	next = ip[6];
	cursor->at += FRAME_IPV6_BYTES;
	cursor->type = FRAME_NONE;
	if (length)
		cut_at(cursor, end);
	for (int i = 0; i < IPV6_EXTENSIONS_MAX; i++) {
		if (next != EXT_HOP && next != EXT_ROUTING &&
		    next != EXT_FRAGMENT && next != EXT_AUTH &&
		    next != EXT_DESTINATION)
			break;
		extension = cursor->data + cursor->at;
		if (!frame_has(cursor, 8) ||
		    (next == EXT_FRAGMENT && (frame_get16(extension + 2) & 0xfff8))) {
			if (frame_has(cursor, 8))
				next = extension[0];
			frame_put_ports(&frame->key, 0, 0, next, 6);
			frame->header_bytes = cursor->at;
			return true;
		}
		length = next == EXT_FRAGMENT ? 8 :
			 next == EXT_AUTH ? (extension[1] + 2u) * 4 :
					    (extension[1] + 1u) * 8;
		next = extension[0];
		if (!frame_has(cursor, length))
			length = cursor->captured - cursor->at;
		cursor->at += length;
	}
	frame_put_ports(&frame->key, 0, 0, next, 6);
	frame->header_bytes = cursor->at;
	if (!frame_has(cursor, 1))
		return true;
	cursor->type = next;
	parse_transport(cursor, end > cursor->at ? end - cursor->at : 0, frame);
	return true;
}

/* ---- the walk ---- */

static bool into_vlans(struct frame_cursor *cursor)
{
	for (int i = 0; i < VLAN_TAGS_MAX; i++) {
		if (cursor->type != FRAME_VLAN && cursor->type != FRAME_QINQ &&
		    cursor->type != FRAME_QINQ_OLD)
			break;
		if (!frame_has(cursor, VLAN_TAG_BYTES))
			return false;
		cursor->type = frame_get16(cursor->data + cursor->at + 2);
		cursor->at += VLAN_TAG_BYTES;
	}
	return true;
}

static bool into_ethernet(struct frame_cursor *cursor)
{
	if (!frame_has(cursor, FRAME_ETHERNET_BYTES))
		return false;
	cursor->type = frame_get16(cursor->data + cursor->at + 12);
	cursor->at += FRAME_ETHERNET_BYTES;
	return true;
}

/* Down to the next IP packet: frames, tags, labels. False: there is none. */
static bool to_packet(struct frame_cursor *cursor)
{
	for (;;) {
		if (cursor->type == FRAME_BRIDGED && !into_ethernet(cursor))
			return false;
		if (!into_vlans(cursor))
			return false;
		switch (cursor->type) {
		case FRAME_IPV4:
		case FRAME_IPV6:
			return true;
		case FRAME_MPLS:
		case FRAME_MPLS_UPSTREAM:
			if (!frame_into_mpls(cursor))
				return false;
			break;
		case FRAME_PPPOE:
			if (!frame_into_pppoe(cursor))
				return false;
			break;
		default:
			return false;
		}
		if (++cursor->tunnels > SLUICE_TUNNELS_MAX)
			return false;
	}
}

static bool parse_packet(struct frame_cursor *cursor, struct sluice_frame *frame)
{
	memset(frame, 0, sizeof(*frame));
	frame->tunnels = cursor->tunnels;
	return cursor->type == FRAME_IPV4 ? parse_ipv4(cursor, frame)
					 : parse_ipv6(cursor, frame);
}

static bool walk(struct frame_cursor *cursor, struct sluice_frame *ret_frame)
{
	struct sluice_frame inner;

	if (!to_packet(cursor) || !parse_packet(cursor, ret_frame))
		return false;
	while (frame_into_packet(cursor, ret_frame)) {
		if (++cursor->tunnels > SLUICE_TUNNELS_MAX ||
		    !to_packet(cursor) || !parse_packet(cursor, &inner))
			break;
		*ret_frame = inner;
	}
	return true;
}

/* RFC 1661: address and control may be left out, of the protocol its zero byte, too. */
static bool ppp_start(struct frame_cursor *cursor)
{
	const uint8_t *data = cursor->data;

	if (cursor->captured < 4)
		return false;
	cursor->at = data[0] == 0xff && data[1] == 3 ? 2 : 0;
	if (data[cursor->at] & 1) {
		cursor->type = frame_of_ppp(data[cursor->at]);
		cursor->at++;
	} else {
		cursor->type = frame_of_ppp(frame_get16(data + cursor->at));
		cursor->at += 2;
	}
	return true;
}

/* What lies behind a link header that is no Ethernet. */
static bool link_start(struct frame_cursor *cursor, uint32_t link_type)
{
	const uint8_t *data = cursor->data;
	uint32_t family;

	switch (link_type) {
	case SLUICE_LINKTYPE_SLL:
		cursor->at = SLL_BYTES;
		if (cursor->captured < SLL_BYTES)
			return false;
		cursor->type = frame_get16(data + 14);
		return true;
	case SLUICE_LINKTYPE_SLL2:
		cursor->at = SLL2_BYTES;
		if (cursor->captured < SLL2_BYTES)
			return false;
		cursor->type = frame_get16(data);
		return true;
	case SLUICE_LINKTYPE_NULL:
	case SLUICE_LINKTYPE_LOOP:
		cursor->at = LOOP_BYTES;
		if (cursor->captured < LOOP_BYTES)
			return false;
		/* In the order of the network or of the writer. */
		family = frame_get32(data);
		if (family >= 1u << 24)
			family = __builtin_bswap32(family);
		cursor->type = family == LOOP_IPV4 ? FRAME_IPV4 :
			       family == LOOP_IPV6_LINUX ||
			       family == LOOP_IPV6_NETBSD ||
			       family == LOOP_IPV6_FREEBSD ||
			       family == LOOP_IPV6_DARWIN ? FRAME_IPV6 : FRAME_NONE;
		return true;
	case SLUICE_LINKTYPE_PPP:
	case SLUICE_LINKTYPE_PPP_HDLC:
		return ppp_start(cursor);
	case SLUICE_LINKTYPE_RAW:
	case SLUICE_LINKTYPE_RAW_BSD:
	case SLUICE_LINKTYPE_RAW_OPENBSD:
	case SLUICE_LINKTYPE_IPV4:
	case SLUICE_LINKTYPE_IPV6:
		if (!cursor->captured)
			return false;
		cursor->type = data[0] >> 4 == 6 ? FRAME_IPV6 : FRAME_IPV4;
		return true;
	default:
		return false;
	}
}

bool frame_parse_other(const uint8_t *data, uint32_t captured,
		       uint32_t link_type, struct sluice_frame *ret_frame)
{
	struct frame_cursor cursor = { .data = data, .captured = captured,
				       .type = FRAME_BRIDGED };

	if (link_type != SLUICE_LINKTYPE_ETHERNET &&
	    !link_start(&cursor, link_type))
		return false;
	return walk(&cursor, ret_frame);
}

bool sluice_frame_is_mac_control(const uint8_t *data, uint32_t captured,
				 uint32_t link_type)
{
	struct frame_cursor cursor = { .data = data, .captured = captured };

	return (link_type == SLUICE_LINKTYPE_ETHERNET ? into_ethernet(&cursor) :
							link_start(&cursor, link_type)) &&
	       cursor.type == FRAME_MAC_CONTROL;
}

bool sluice_frame_reads(uint32_t link_type)
{
	const uint8_t data[SLL2_BYTES] = { 0 };
	struct frame_cursor cursor = { .data = data, .captured = sizeof(data) };

	return link_type == SLUICE_LINKTYPE_ETHERNET ||
	       link_start(&cursor, link_type);
}
