/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the headers of a packet to its record, with bounded work: Ethernet with
 * up to two VLAN tags, IPv4, IPv6 with extension headers, IPsec's AH, TCP and
 * UDP. The same rules as user/lib/frame.c; tunnels are not looked into.
 *
 * Headers may lie in the packet or in a copy of SCOPE_HEADERS_BYTES: every
 * offset is bounded for the one, and every read compared with the end for the
 * other. With SCOPE_READS_KERNEL they are read by addresses of the kernel's.
 */
#ifndef SLUICE_SCOPE_PARSE_H
#define SLUICE_SCOPE_PARSE_H

#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#ifdef SCOPE_READS_KERNEL
#include "scope_kernel.h"
#endif
#include "scope_maps.h"

/* Of a copy: two tags, IPv6 with an extension, TCP with all options. */
#define SCOPE_HEADERS_BYTES	160u
/* No read of a header lies beyond. */
#define OFFSET_MAX		(SCOPE_HEADERS_BYTES - 64u)

#define ETHERNET_BYTES		14u
#define TAG_BYTES		4u
#define IPV4_BYTES		20u
#define IPV6_BYTES		40u
#define TCP_BYTES		20u
#define UDP_BYTES		8u
#define EXTENSIONS_MAX		8
#define IPV4_AUTHS_MAX		4

#define TYPE_IPV4		bpf_htons(0x0800)
#define TYPE_IPV6		bpf_htons(0x86dd)
#define TYPE_VLAN		bpf_htons(0x8100)
#define TYPE_QINQ		bpf_htons(0x88a8)
#define TYPE_MAC_CONTROL	bpf_htons(0x8808)

enum { NEXT_HOP = 0, NEXT_TCP = 6, NEXT_UDP = 17, NEXT_ROUTING = 43,
       NEXT_FRAGMENT = 44, NEXT_AUTH = 51, NEXT_DESTINATION = 60 };

#define OPTION_NOP		1
#define OPTION_SACK		5
#define OPTION_TIMESTAMPS	8
/* Two NOPs, kind and length, as all stacks write them. */
#define TIMESTAMPS_BEGIN	bpf_htonl(0x0101080a)
/* Two NOPs and time stamps, or two NOPs, kind, length and a block of SACK. */
#define OPTION_BYTES		12u

struct scope_headers {
	void *data;
	void *end;
	__u32 packet_bytes;		/* from data on */
	__u32 tag_bytes;		/* of a VLAN tag beside the data */
	__u16 segment_bytes;
};

/* Where the processor reads them in one go, wherever they lie; elsewhere byte by byte. */
#if defined(__TARGET_ARCH_x86) || defined(__TARGET_ARCH_arm64)
struct scope_be16 { __u16 value; };
struct scope_be32 { __u32 value; };
struct scope_be64 { __u64 value; };
#else
struct scope_be16 { __u16 value; } __attribute__((packed));
struct scope_be32 { __u32 value; } __attribute__((packed));
struct scope_be64 { __u64 value; } __attribute__((packed));
#endif

#ifdef SCOPE_READS_KERNEL
/* So that the verifier lets an address be read; a fault would read 0. */
static __always_inline void *readable(const void *address)
{
	return bpf_rdonly_cast(address,
			       bpf_core_type_id_kernel(struct new_utsname));
}
#else
static __always_inline void *readable(void *place)
{
	return place;
}
#endif

/* The caller has compared the end. Network order. */
static __always_inline __u16 get16(const void *from)
{
	return ((const struct scope_be16 *)from)->value;
}

static __always_inline __u32 get32(const void *from)
{
	return ((const struct scope_be32 *)from)->value;
}

static __always_inline __u64 get64(const void *from)
{
	return ((const struct scope_be64 *)from)->value;
}

/* Fields that lie one behind the other in both. */
static __always_inline void copy32(void *to, const void *from)
{
	((struct scope_be32 *)to)->value = get32(from);
}

static __always_inline void copy64(void *to, const void *from)
{
	((struct scope_be64 *)to)->value = get64(from);
}

/*
 * Where bytes lie that are @at behind the start; NULL if they are not all there.
 * The verifier follows one register: the compiler must not keep another copy of the
 * offset or compute the place again, of which it would know less.
 */
static __always_inline void *place_of(const struct scope_headers *headers,
				      __u64 at, __u32 bytes)
{
	void *place;

	asm volatile("" : "+r"(at));
	if (at > OFFSET_MAX)
		return 0;
	place = headers->data + at;
	asm volatile("" : "+r"(place));
	return place + bytes > headers->end ? 0 : readable(place);
}

/* SACK behind two NOPs, as all stacks write it, and its first block below the ACK. */
static __always_inline int is_dsack(const __u8 *option, __u32 ack)
{
	return option[2] == OPTION_SACK &&
	       (__s32)(bpf_ntohl(get32(option + 4)) - bpf_ntohl(ack)) < 0;
}

/* It is the first option, or follows time stamps. */
static __always_inline int has_dsack(const struct scope_headers *headers,
				     __u32 at, __u32 options_bytes, __u32 ack)
{
	__u8 *option = place_of(headers, at, OPTION_BYTES);

	if (!option || option[0] != OPTION_NOP || option[1] != OPTION_NOP)
		return 0;
	if (option[2] != OPTION_TIMESTAMPS)
		return is_dsack(option, ack);
	option = place_of(headers, at + OPTION_BYTES, OPTION_BYTES);
	return options_bytes >= 2 * OPTION_BYTES && option &&
	       option[0] == OPTION_NOP && option[1] == OPTION_NOP &&
	       is_dsack(option, ack);
}

/* Ports and what TCP has at @at; @left_bytes by the IP header. */
static __always_inline void parse_transport(const struct scope_headers *headers,
					    struct scope_record *record,
					    __u32 at, __u32 left_bytes)
{
	__u32 header_bytes = UDP_BYTES;
	__u8 *data, *payload;

	if (record->protocol == NEXT_TCP) {
		data = place_of(headers, at, TCP_BYTES);
		if (!data)
			return;
		header_bytes = (data[12] >> 4) * 4u;
		copy64(&record->tcp_sequence, data + 4);
		record->tcp_flags = data[13];
		record->tcp_window = get16(data + 14);
	} else if (record->protocol == NEXT_UDP) {
		data = place_of(headers, at, UDP_BYTES);
		if (!data)
			return;
		payload = place_of(headers, at + UDP_BYTES, 8);
		if (payload && left_bytes >= UDP_BYTES + 8)
			copy64(&record->tcp_sequence, payload);
	} else {
		return;
	}
	copy32(&record->source_port, data);
	record->flags |= SCOPE_RECORD_PORTS;
	if (header_bytes > left_bytes ||
	    (record->protocol == NEXT_TCP && header_bytes < TCP_BYTES))
		return;
	record->flags |= SCOPE_RECORD_TRANSPORT;
	record->header_bytes = (__u8)(at + header_bytes);
	if (header_bytes >= TCP_BYTES + OPTION_BYTES &&
	    has_dsack(headers, at + TCP_BYTES, header_bytes - TCP_BYTES,
		      record->tcp_ack))
		record->flags |= SCOPE_RECORD_DSACK;
}

/* What lies behind an IP packet of that length is padding. A super-packet beyond 64 KB has none. */
static __always_inline __u32 packet_end(const struct scope_headers *headers,
					struct scope_record *record, __u32 at,
					__u32 ip_bytes)
{
	__u32 rest_bytes = headers->packet_bytes - at;

	if (ip_bytes && rest_bytes > ip_bytes && rest_bytes - ip_bytes < 256)
		record->length |= (rest_bytes - ip_bytes) << 24;
	return ip_bytes ? ip_bytes : rest_bytes;
}

static __always_inline void parse_ipv4(const struct scope_headers *headers,
				       struct scope_record *record, __u32 at)
{
	__u8 *data = place_of(headers, at, IPV4_BYTES);
	__u32 header_bytes, ip_bytes, left_bytes;
	int i;

	if (!data || data[0] >> 4 != 4)
		return;
	header_bytes = (data[0] & 15) * 4u;
	ip_bytes = bpf_ntohs(get16(data + 2));
	if (header_bytes < IPV4_BYTES || (ip_bytes && ip_bytes < header_bytes))
		return;
	record->flags |= SCOPE_RECORD_IP;
	record->protocol = data[9];
	copy64(record->address, data + 12);
	ip_bytes = packet_end(headers, record, at, ip_bytes);
	if (get16(data + 6) & bpf_htons(0x1fff))
		return;
	at += header_bytes;
	left_bytes = ip_bytes - header_bytes;
	for (i = 0; i < IPV4_AUTHS_MAX && record->protocol == NEXT_AUTH; i++) {
		data = place_of(headers, at, 8);
		if (!data)
			return;
		header_bytes = (data[1] + 2u) * 4;
		if (header_bytes > left_bytes)
			return;
		record->protocol = data[0];
		left_bytes -= header_bytes;
		at += header_bytes;
	}
	parse_transport(headers, record, at, left_bytes);
}

static __always_inline void parse_ipv6(const struct scope_headers *headers,
				       struct scope_record *record, __u32 at)
{
	__u8 *data = place_of(headers, at, IPV6_BYTES);
	__u32 left_bytes, length;
	__u8 next;
	int i;

	if (!data || data[0] >> 4 != 6)
		return;
	record->flags |= SCOPE_RECORD_IP | SCOPE_RECORD_IPV6;
	for (i = 0; i < 8; i += 2)
		copy64(record->address + i, data + 8 + 4 * i);
	left_bytes = bpf_ntohs(get16(data + 4));
	left_bytes = packet_end(headers, record, at,
				left_bytes ? left_bytes + IPV6_BYTES : 0) -
		     IPV6_BYTES;
	next = data[6];
	at += IPV6_BYTES;
	for (i = 0; i < EXTENSIONS_MAX; i++) {
		record->protocol = next;
		if (next != NEXT_HOP && next != NEXT_ROUTING &&
		    next != NEXT_FRAGMENT && next != NEXT_AUTH &&
		    next != NEXT_DESTINATION)
			break;
		data = place_of(headers, at, 8);
		if (!data)
			return;
		if (next == NEXT_FRAGMENT &&
		    (get16(data + 2) & bpf_htons(0xfff8))) {
			record->protocol = data[0];
			return;
		}
		length = next == NEXT_FRAGMENT ? 8 :
			 next == NEXT_AUTH ? (data[1] + 2u) * 4 :
					     (data[1] + 1u) * 8;
		next = data[0];
		if (length > left_bytes)
			return;
		left_bytes -= length;
		at += length;
	}
	record->protocol = next;
	parse_transport(headers, record, at, left_bytes);
}

/*
 * The type of what is behind the headers of Ethernet, as such a header says it, and in *ret_at
 * where it begins. Returns 0 if that is not known.
 */
static __always_inline __u16 parse_link(const struct scope_headers *headers,
					__u32 *ret_at)
{
	__u32 at = scope_constants.is_raw ? 0 : ETHERNET_BYTES;
	__u8 *place;
	__u16 type;
	int i;

	*ret_at = at;
	place = place_of(headers, at ? 12 : 0, 2);
	if (!place)
		return 0;
	if (scope_constants.is_raw)
		return place[0] >> 4 == 4 ? TYPE_IPV4 : TYPE_IPV6;
	type = get16(place);
#pragma unroll
	for (i = 0; i < 2; i++) {
		if (type != TYPE_VLAN && type != TYPE_QINQ)
			break;
		place = place_of(headers, at, TAG_BYTES);
		if (!place)
			return 0;
		type = get16(place + 2);
		at += TAG_BYTES;
	}
	*ret_at = at;
	return type;
}

/* Fill what the headers say; the record is zeroes but for bytes and flags. */
static __always_inline void scope_parse(const struct scope_headers *headers,
					struct scope_record *record)
{
	__u32 at;
	__u16 type = parse_link(headers, &at);

	if (type == TYPE_IPV4)
		parse_ipv4(headers, record, at);
	else if (type == TYPE_IPV6)
		parse_ipv6(headers, record, at);
	/* Behind a tag it is another frame: sluice_frame_is_mac_control(). */
	else if (type == TYPE_MAC_CONTROL && at == ETHERNET_BYTES &&
		 !(record->flags & SCOPE_RECORD_TAG))
		record->flags |= SCOPE_RECORD_MAC_CONTROL;
}

/*
 * This CPU's lane if it has room for a record; what finds none is counted. Asked
 * before anything else is done: a scope that does not keep up costs little.
 */
static __always_inline struct scope_lane *
scope_lane_find(const struct scope_headers *headers, __u8 flags)
{
	__u32 is_in = flags & SCOPE_RECORD_IN;
	__u32 cpu = bpf_get_smp_processor_id();
	struct scope_lane *lane = bpf_map_lookup_elem(&scope_lanes, &cpu);

	if (!lane)
		return 0;
	if (lane->head - lane->tail <=
	    scope_constants.lane_bytes - SCOPE_RECORD_BYTES_MAX)
		return lane;
	lane->missed_pkts[is_in]++;
	lane->missed_bytes[is_in] += headers->packet_bytes +
				     headers->tag_bytes;
	return 0;
}

static __always_inline struct scope_record *scope_place(struct scope_lane *lane)
{
	return (void *)lane->data + (lane->head & scope_constants.lane_mask);
}

/*
 * The record is complete, and user space may see that it is there. x86 keeps
 * stores in order; elsewhere it takes an exchange (Linux 5.12).
 */
static __always_inline void scope_publish(struct scope_lane *lane,
					  __u32 bytes)
{
#ifdef __TARGET_ARCH_x86
	asm volatile("" : : : "memory");
	*(volatile __u64 *)&lane->head = lane->head + bytes;
#else
	__sync_lock_test_and_set(&lane->head, lane->head + bytes);
#endif
}

/*
 * A record of so many bytes lies in its place: the packet has been seen. Where
 * stamps were asked for there is room for one, which follows.
 */
static __always_inline void scope_publish_packet(struct scope_lane *lane,
						 void *place, __u32 bytes,
						 __u32 packet_bytes, __u8 flags)
{
	if (scope_constants.has_stamps) {
		*(__u64 *)(place + bytes) = 0;
		lane->stamp_at = lane->head;
		lane->stamp_offset = bytes;
		lane->stamp_for_bytes = flags & SCOPE_RECORD_IN ? 0 :
							packet_bytes;
		bytes += SCOPE_STAMP_BYTES;
	}
	scope_publish(lane, bytes);
}

/*
 * What most packets are: TCP or UDP in IPv4 without options or in IPv6 without extensions. Read in
 * one go, in as few pieces as its record can take. Network order but for lengths and flags.
 */
struct scope_plain {
	__u32 ip_bytes;
	__u32 headers_bytes;		/* of IP and of what is in it */
	__u32 ip_bytes_min;
	__u64 addresses;		/* of IPv4 */
	__u32 ports;
	__u64 sequence_ack;		/* of UDP: the begin of the payload */
	__u16 window;
	__u8 tcp_flags;
	__u8 protocol;
};

/* Of Ethernet, IP and TCP. */
#define PLAIN_BYTES	(ETHERNET_BYTES + IPV4_BYTES + TCP_BYTES)
#define PLAIN6_BYTES	(ETHERNET_BYTES + IPV6_BYTES + TCP_BYTES)

/* Returns 0 if it has to go the long way: something else, with SACK, or UDP of less than 8 bytes. */
static __always_inline int plain_transport_read(const __u8 *transport,
						__u32 ip_header_bytes,
						struct scope_plain *ret)
{
	__u32 tcp_bytes;

	ret->ports = get32(transport);
	if (ret->protocol == NEXT_UDP) {
		ret->headers_bytes = ip_header_bytes + UDP_BYTES;
		ret->ip_bytes_min = ret->headers_bytes + 8;
		ret->sequence_ack = get64(transport + UDP_BYTES);
		ret->window = 0;
		ret->tcp_flags = 0;
		return 1;
	}
	tcp_bytes = (transport[12] >> 4) * 4u;
	ret->headers_bytes = ip_header_bytes + tcp_bytes;
	ret->ip_bytes_min = ret->headers_bytes;
	ret->sequence_ack = get64(transport + 4);
	ret->window = get16(transport + 14);
	ret->tcp_flags = transport[13];
	return ret->protocol == NEXT_TCP && tcp_bytes >= TCP_BYTES &&
	       tcp_bytes <= TCP_BYTES + OPTION_BYTES;
}

/* Returns 0 if the packet is something else, or has to go the long way. */
static __always_inline int scope_plain_read(const struct scope_headers *headers,
					    struct scope_plain *ret)
{
	__u8 *data, *ip;
	__u64 begin;

	if (scope_constants.is_raw ||
	    headers->data + PLAIN_BYTES > headers->end)
		return 0;
	data = readable(headers->data);
	ip = data + ETHERNET_BYTES;
	/* Version and lengths, 2 bytes of others, and which fragment it is. */
	begin = bpf_be64_to_cpu(get64(ip));
	if (get16(data + 12) != TYPE_IPV4 || begin >> 56 != 0x45 ||
	    (begin & 0x1fff))
		return 0;
	ret->ip_bytes = (begin >> 32) & 0xffff;
	ret->protocol = ip[9];
	ret->addresses = get64(ip + 12);
	return plain_transport_read(ip + IPV4_BYTES, IPV4_BYTES, ret);
}

/*
 * Its record is made in its place, which saves 10 ns; all but the addresses. Returns NULL if it
 * has to go the long way: with a length that is wrong or beyond 64 KB.
 */
static __always_inline struct scope_record *
plain_record(struct scope_lane *lane, const struct scope_headers *headers,
	     const struct scope_plain *plain, __u64 mono_ns, __u8 flags)
{
	__u32 rest_bytes = headers->packet_bytes - ETHERNET_BYTES;
	struct scope_record *record;

	if (plain->ip_bytes < plain->ip_bytes_min ||
	    plain->ip_bytes > rest_bytes || rest_bytes - plain->ip_bytes > 255)
		return 0;
	record = scope_place(lane);
	record->mono_ns = mono_ns;
	record->length = (headers->packet_bytes + headers->tag_bytes) |
			 (rest_bytes - plain->ip_bytes) << 24;
	record->segment_bytes = headers->segment_bytes;
	record->flags = flags | SCOPE_RECORD_IP | SCOPE_RECORD_PORTS |
			SCOPE_RECORD_TRANSPORT;
	record->protocol = plain->protocol;
	copy32(&record->source_port, &plain->ports);
	copy64(&record->tcp_sequence, &plain->sequence_ack);
	record->tcp_window = plain->window;
	record->tcp_flags = plain->tcp_flags;
	record->header_bytes = ETHERNET_BYTES + plain->headers_bytes;
	return record;
}

static __always_inline int scope_plain_put(struct scope_lane *lane,
					   const struct scope_headers *headers,
					   const struct scope_plain *plain,
					   __u64 mono_ns, __u8 flags)
{
	struct scope_record *record = plain_record(lane, headers, plain,
						   mono_ns, flags);

	if (!record)
		return 0;
	copy64(record->address, &plain->addresses);
	scope_publish_packet(lane, record, SCOPE_RECORD_IPV4_BYTES,
			     headers->packet_bytes, flags);
	return 1;
}

/* The same of IPv6, of headers that are read where they lie. */
static __always_inline int scope_plain6_put(struct scope_lane *lane,
					    const struct scope_headers *headers,
					    __u64 mono_ns, __u8 flags)
{
	struct scope_record *record;
	struct scope_plain plain;
	__u8 *ip;
	int i;

	if (scope_constants.is_raw ||
	    headers->data + PLAIN6_BYTES > headers->end ||
	    get16(readable(headers->data + 12)) != TYPE_IPV6)
		return 0;
	ip = readable(headers->data + ETHERNET_BYTES);
	plain.ip_bytes = IPV6_BYTES + bpf_ntohs(get16(ip + 4));
	plain.protocol = ip[6];
	if (ip[0] >> 4 != 6 || plain.ip_bytes == IPV6_BYTES ||
	    !plain_transport_read(ip + IPV6_BYTES, IPV6_BYTES, &plain))
		return 0;
	/* Options are time stamps, or may be a SACK. */
	if (plain.headers_bytes > IPV6_BYTES + TCP_BYTES &&
	    (headers->data + PLAIN6_BYTES + 4 > headers->end ||
	     get32(readable(headers->data + PLAIN6_BYTES)) != TIMESTAMPS_BEGIN))
		return 0;
	record = plain_record(lane, headers, &plain, mono_ns,
			      flags | SCOPE_RECORD_IPV6);
	if (!record)
		return 0;
	for (i = 0; i < 8; i += 2)
		copy64(record->address + i, ip + 8 + 4 * i);
	scope_publish_packet(lane, record, SCOPE_RECORD_IPV6_BYTES,
			     headers->packet_bytes, flags);
	return 1;
}

/* A record in its place, of which the headers are still to be read. */
static __always_inline struct scope_record *
scope_record_begin(struct scope_lane *lane, const struct scope_headers *headers,
		   __u64 mono_ns, __u8 flags)
{
	struct scope_record *record = scope_place(lane);

	__builtin_memset(record, 0, sizeof(*record));
	record->mono_ns = mono_ns;
	record->length = headers->packet_bytes + headers->tag_bytes;
	record->segment_bytes = headers->segment_bytes;
	record->flags = flags;
	return record;
}

/* As much of it as its flags say that there is. */
static __always_inline void
scope_publish_record(struct scope_lane *lane,
		     const struct scope_headers *headers,
		     struct scope_record *record)
{
	__u32 bytes = record->flags & SCOPE_RECORD_IPV6 ?
		      SCOPE_RECORD_IPV6_BYTES :
		      record->flags & SCOPE_RECORD_IP ?
		      SCOPE_RECORD_IPV4_BYTES : SCOPE_RECORD_BARE_BYTES;

	scope_publish_packet(lane, record, bytes, headers->packet_bytes,
			     record->flags);
}

#endif
