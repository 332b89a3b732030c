/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What nearly all frames of a capture are: Ethernet, IPv4 without options, TCP. It
 * is read in line by who reads many of them, with few wide loads, and all calls at
 * the end.
 */
#ifndef SLUICE_FRAME_PLAIN_H
#define SLUICE_FRAME_PLAIN_H

#include <assert.h>

#include "frame_parts.h"
#include "pcap.h"
#include "wide.h"

#ifdef SLUICE_HAS_WIDE
#include <immintrin.h>
#endif

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

/* So it is without a look at each option, or they are not captured whole. */
static inline bool frame_has_no_sack(const uint8_t *tcp, uint32_t header,
				     uint32_t captured)
{
	return header == FRAME_TCP_BYTES || captured < header ||
	       (header == TCP_STAMPS_BYTES &&
		frame_get32(tcp + FRAME_TCP_BYTES) == TCP_ONLY_STAMPS);
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
	return frame_has_no_sack(tcp, header, captured - at) ||
	       frame_put_dsack(frame, tcp, header);
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

/* TCP over IPv4 over Ethernet without anything else: its end, and its header's bytes. */
static inline __attribute__((always_inline))
bool frame_is_plain_tcp(const uint8_t *data, uint32_t captured,
			uint32_t link_type, uint32_t *ret_end,
			uint32_t *ret_header)
{
	uint32_t at = FRAME_ETHERNET_BYTES + FRAME_IPV4_BYTES;

	if (link_type != SLUICE_LINKTYPE_ETHERNET ||
	    captured < FRAME_PLAIN_BYTES ||
	    !frame_is_plain_ipv4(data, SLUICE_PROTOCOL_TCP))
		return false;
	*ret_end = FRAME_ETHERNET_BYTES + frame_get16(data + 16);
	*ret_header = frame_tcp_header_bytes(data + at);
	return *ret_header >= FRAME_TCP_BYTES && *ret_end >= at + *ret_header;
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

	if (!frame_is_plain_tcp(data, captured, link_type, &end, &header))
		return frame_parse_uncommon(data, captured, link_type, frame);
	frame_put_addresses_ipv4(&frame->key, data + 26);
	return frame_plain_tcp(data, captured, at, end, 4, frame);
}

#ifdef SLUICE_HAS_WIDE
/* 16 bytes from there on: addresses and ports; TCP's sequence to its window. */
#define FRAME_ADDRESSES_AT	26u
#define FRAME_SEQUENCE_AT	(FRAME_PLAIN_BYTES - 16)

/* Where a field lies behind the sequence. */
#define FRAME_BEHIND(field)						\
	(offsetof(struct sluice_frame, field) -				\
	 offsetof(struct sluice_frame, tcp_sequence))

static_assert(offsetof(struct sluice_flow_key, destination) == 16 &&
	      offsetof(struct sluice_flow_key, source_port) == 32,
	      "a key begins with both addresses, and ends with a word of ports");
static_assert(FRAME_BEHIND(tcp_ack) == 4 && FRAME_BEHIND(tcp_window) == 8 &&
	      FRAME_BEHIND(tcp_flags) == 10 &&
	      FRAME_BEHIND(tcp_has_dsack) == 11 &&
	      FRAME_BEHIND(has_ports) == 12 &&
	      FRAME_BEHIND(has_transport) == 13 && FRAME_BEHIND(tunnels) == 14 &&
	      sizeof(struct sluice_frame) >=
	      offsetof(struct sluice_frame, tcp_sequence) + 16,
	      "TCP's fields, and what is known of all plain ones, are 16 bytes");

/*
 * Addresses, ports and TCP's fields of a plain frame: bytes are put where they
 * belong 16 or 32 at once, numbers in this machine's order. -1: none, 0.
 */
SLUICE_WIDE static inline __attribute__((always_inline))
void frame_put_wide(const uint8_t *data, struct sluice_frame *restrict frame)
{
	const __m256i addresses = _mm256_setr_epi8(
		0, 1, 2, 3, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
		4, 5, 6, 7, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
	const __m128i ports = _mm_setr_epi8(
		9, 8, 11, 10, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
	const __m128i ports_more = _mm_setr_epi8(
		0, 0, 0, 0, SLUICE_PROTOCOL_TCP, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	/* sequence, ACK, window, flags; tcp_has_dsack is false */
	const __m128i tcp = _mm_setr_epi8(
		3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, -1, -1, -1, -1, -1);
	/* has_ports, has_transport, tunnels */
	const __m128i tcp_more = _mm_setr_epi8(
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0);
	__m128i from = _mm_loadu_si128((const __m128i *)
				       (data + FRAME_ADDRESSES_AT));
	__m128i more = _mm_loadu_si128((const __m128i *)
				       (data + FRAME_SEQUENCE_AT));

	_mm256_storeu_si256((__m256i *)frame->key.source,
		_mm256_shuffle_epi8(_mm256_broadcastsi128_si256(from),
				    addresses));
	_mm_storel_epi64((__m128i *)&frame->key.source_port,
		_mm_or_si128(_mm_shuffle_epi8(from, ports), ports_more));
	_mm_storeu_si128((__m128i *)&frame->tcp_sequence,
		_mm_or_si128(_mm_shuffle_epi8(more, tcp), tcp_more));
}

/* As sluice_flow_key_is. */
SLUICE_WIDE static inline __attribute__((always_inline))
bool frame_key_is_wide(const struct sluice_flow_key *a,
		       const struct sluice_flow_key *b)
{
	__m256i differ = _mm256_xor_si256(
		_mm256_loadu_si256((const __m256i *)a->source),
		_mm256_loadu_si256((const __m256i *)b->source));

	return sluice_flow_key_word(a, 4) == sluice_flow_key_word(b, 4) &&
	       _mm256_testz_si256(differ, differ);
}

/* As sluice_frame_parse. */
SLUICE_WIDE static inline __attribute__((always_inline))
bool frame_parse_wide(const uint8_t *data, uint32_t captured,
		      uint32_t link_type, struct sluice_frame *restrict frame)
{
	uint32_t at = FRAME_ETHERNET_BYTES + FRAME_IPV4_BYTES, end, header;

	if (!frame_is_plain_tcp(data, captured, link_type, &end, &header))
		return frame_parse_uncommon(data, captured, link_type, frame);
	frame_put_wide(data, frame);
	if (captured > end)
		captured = end;
	frame->header_bytes = at + header;
	frame_put_payload(frame, data + at, header, captured - at, end - at);
	return frame_has_no_sack(data + at, header, captured - at) ||
	       frame_put_dsack(frame, data + at, header);
}
#endif

#endif
