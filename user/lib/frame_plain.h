/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What nearly all frames of a capture are: Ethernet, IPv4 without options, TCP. It
 * is read in line by who reads many of them, with few wide loads, and all calls at
 * the end.
 */
#ifndef SLUICE_FRAME_PLAIN_H
#define SLUICE_FRAME_PLAIN_H

#include "frame_parts.h"
#include "pcap.h"

#define FRAME_PLAIN_BYTES	(FRAME_ETHERNET_BYTES + FRAME_IPV4_BYTES + \
				 FRAME_TCP_BYTES)

/* NOP, NOP, time stamps: what nearly every segment has, and nothing else. */
#define TCP_ONLY_STAMPS		0x0101080au
#define TCP_STAMPS_BYTES	32u	/* TCP's header with them */

static inline __attribute__((always_inline))
void frame_put_plain(struct sluice_frame *restrict frame, const uint8_t *data,
		     uint32_t captured, uint32_t at, uint32_t header,
		     uint32_t end)
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
bool frame_plain_tcp(const uint8_t *data, uint32_t captured, uint32_t at,
		     uint32_t end, uint32_t version,
		     struct sluice_frame *restrict frame)
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
	frame_put_plain(frame, data, captured, at, header, end);
	if (header == FRAME_TCP_BYTES || captured < at + header ||
	    (header == TCP_STAMPS_BYTES &&
	     frame_get32(tcp + FRAME_TCP_BYTES) == TCP_ONLY_STAMPS))
		return true;
	return frame_put_dsack(frame, tcp, header);
}

/*
 * At least FRAME_PLAIN_BYTES of Ethernet: is it IPv4 without options, and not in
 * fragments, of that protocol.
 *
 *	at 12: EtherType 16 | version and length 8 | 8 | total length 16 | 16
 *	at 20: flags and fragment 16 | 8 | protocol 8
 */
static inline bool frame_is_plain_ipv4(const uint8_t *data, uint32_t protocol)
{
	return frame_get32(data + 12) >> 8 == 0x080045 &&
	       (frame_get32(data + 20) & 0x3fff00ff) == protocol;
}

/* What is not plain; as sluice_frame_parse. */
bool frame_parse_uncommon(const uint8_t *data, uint32_t captured,
			  uint32_t link_type,
			  struct sluice_frame *restrict frame);

/* As sluice_frame_parse. */
static inline __attribute__((always_inline))
bool frame_parse(const uint8_t *data, uint32_t captured, uint32_t link_type,
		 struct sluice_frame *restrict frame)
{
	uint32_t at = FRAME_ETHERNET_BYTES + FRAME_IPV4_BYTES, end, header;

	if (link_type != SLUICE_LINKTYPE_ETHERNET ||
	    captured < FRAME_PLAIN_BYTES ||
	    !frame_is_plain_ipv4(data, SLUICE_PROTOCOL_TCP))
		return frame_parse_uncommon(data, captured, link_type, frame);
	end = FRAME_ETHERNET_BYTES + frame_get16(data + 16);
	header = frame_tcp_header_bytes(data + at);
	if (header < FRAME_TCP_BYTES || end < at + header)
		return frame_parse_other(data, captured, link_type, frame);
	frame_put_addresses_ipv4(&frame->key, data + 26);
	return frame_plain_tcp(data, captured, at, end, 4, frame);
}

#endif
