/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A packet's record, from wherever its headers lie: in its linear part, which is read in place,
 * or behind it, then from a copy. What reads in place:
 *
 *   at tc's hooks		by the packet pointers of __sk_buff
 *   at the packet socket	__sk_buff has none there: by those of the kernel's sk_buff, with
 *			SCOPE_READS_KERNEL. That takes BTF and two functions of the
 *			kernel's that cost no call (Linux 6.2); without them all is
 *			copied (scope_tap_copy)
 */
#ifndef SLUICE_SCOPE_PACKET_H
#define SLUICE_SCOPE_PACKET_H

#include <linux/if_packet.h>

#include "scope_parse.h"

struct scratch {
	__u8 bytes[SCOPE_HEADERS_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scope_scratch SEC(".maps");

/* The first bytes of a packet, wherever they lie. Returns 0 if there are too few. */
static __always_inline int headers_copy(struct __sk_buff *skb,
					struct scope_headers *headers)
{
	__u64 bytes = skb->len;
	__u32 zero = 0;
	struct scratch *scratch = bpf_map_lookup_elem(&scope_scratch, &zero);

	if (!scratch)
		return 0;
	if (bytes > sizeof(scratch->bytes))
		bytes = sizeof(scratch->bytes);
	/* The verifier follows one register, so there must be one. */
	asm volatile("" : "+r"(bytes));
	if (bytes < ETHERNET_BYTES ||
	    bpf_skb_load_bytes(skb, 0, scratch->bytes, bytes))
		return 0;
	headers->data = scratch->bytes;
	headers->end = scratch->bytes + bytes;
	return 1;
}

static __noinline int parse_copy(struct __sk_buff *skb,
				  struct scope_record *record)
{
	struct scope_headers headers = { .packet_bytes = skb->len };

	if (headers_copy(skb, &headers))
		scope_parse(&headers, record);
	return 0;
}

/* A packet socket is shown both directions. Returns 0 if this one is not wanted. */
static __always_inline int tap_begin(struct __sk_buff *skb, __u8 *ret_flags)
{
	if (skb->pkt_type == PACKET_OUTGOING) {
		*ret_flags = 0;
		return scope_constants.has_out && !scope_is_off();
	}
	*ret_flags = SCOPE_RECORD_IN;
	return scope_constants.has_in && !scope_is_off();
}

/* Whatever can be said without its headers. */
static __always_inline __u8 headers_begin(struct __sk_buff *skb, __u8 flags,
					  struct scope_headers *headers)
{
	headers->packet_bytes = skb->len;
	headers->segment_bytes = (__u16)skb->gso_size;
	headers->tag_bytes = 0;
	if (!skb->vlan_present)
		return flags;
	headers->tag_bytes = TAG_BYTES;
	return flags | SCOPE_RECORD_TAG;
}

#ifdef SCOPE_READS_KERNEL
static __always_inline void headers_place(struct __sk_buff *skb,
					  struct scope_headers *headers)
{
	const struct sk_buff *kernel_skb = bpf_cast_to_kern_ctx(skb);

	headers->data = kernel_skb->data;
	headers->end = headers->data + kernel_skb->len - kernel_skb->data_len;
}
#else
static __always_inline void headers_place(struct __sk_buff *skb,
					  struct scope_headers *headers)
{
	headers->data = (void *)(long)skb->data;
	headers->end = (void *)(long)skb->data_end;
}
#endif

/* What is not plain, apart, so that the rest does not pay for it. */
static __noinline int packet_other(struct __sk_buff *skb, __u64 mono_ns,
				   __u8 flags)
{
	struct scope_headers headers;
	struct scope_record *record;
	struct scope_lane *lane;

	headers_place(skb, &headers);
	flags = headers_begin(skb, flags, &headers);
	lane = scope_lane_find(&headers, flags);
	if (!lane)
		return 0;
	record = scope_record_begin(lane, &headers, mono_ns, flags);
	scope_parse(&headers, record);
	/* Headers that are not in the linear part: received into pages, or split there. */
	if (!(record->flags & SCOPE_RECORD_TRANSPORT) &&
	    headers.data + SCOPE_HEADERS_BYTES > headers.end &&
	    headers.data + headers.packet_bytes > headers.end)
		parse_copy(skb, record);
	scope_publish_record(lane, &headers, record);
	return 0;
}

/* Take a record of it, if its lane has room. */
static __always_inline void packet_record(struct __sk_buff *skb, __u8 flags)
{
	struct scope_headers headers;
	struct scope_plain plain;
	struct scope_lane *lane;
	__u64 mono_ns;

	headers_place(skb, &headers);
	flags = headers_begin(skb, flags, &headers);
	lane = scope_lane_find(&headers, flags);
	if (!lane)
		return;
	mono_ns = bpf_ktime_get_ns();
	if (scope_plain_read(&headers, &plain) &&
	    scope_plain_put(lane, &headers, &plain, mono_ns, flags))
		return;
	if (!scope_plain6_put(lane, &headers, mono_ns, flags))
		packet_other(skb, mono_ns, flags);
}

#endif
