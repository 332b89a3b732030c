// SPDX-License-Identifier: GPL-2.0
/*
 * The scope's programs:
 *
 *   scope_tap_copy	filter of a packet socket where scope_tap (tap.bpf.c) cannot be
 *			had
 *   scope_out, _in	at tc's hooks, by tcx or clsact: what leaves in front of
 *			the qdisc, where nothing has been paced yet
 *   scope_count_…	the same places, sums of the kernel's ticks
 *
 * They read __sk_buff and the packet alone, so they need nothing of the kernel's types (BTF).
 * They change no packet, and what other programs and filters decide goes on. Those that
 * need BTF are in tap.bpf.c and stamp.bpf.c.
 */
#include "../core/wire.h"
#include "scope_packet.h"

/* TC_ACT_UNSPEC and TCX_NEXT: as if we were not here. */
#define VERDICT_NONE	(-1)

/* One entry per CPU and direction: out, in. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scope_buckets);
} scope_buckets SEC(".maps");

/*
 * As many bytes of the packet as each of its frames has; 0: not known. TCP or UDP, without tags
 * or extensions.
 */
static __always_inline __u32 super_header_bytes(struct __sk_buff *skb)
{
	__u32 at = scope_constants.is_raw ? 0 : ETHERNET_BYTES;
	struct scope_headers headers;
	__u8 *ip, *transport, protocol;

	headers_place(skb, &headers);
	ip = place_of(&headers, at, IPV4_BYTES);
	if (!ip)
		return 0;
	if (ip[0] >> 4 == 4 && skb->protocol == TYPE_IPV4) {
		protocol = ip[9];
		at += (ip[0] & 15) * 4u;
	} else if (ip[0] >> 4 == 6 && skb->protocol == TYPE_IPV6) {
		protocol = ip[6];
		at += IPV6_BYTES;
	} else {
		return 0;
	}
	if (protocol == NEXT_UDP)
		return at + UDP_BYTES;
	transport = place_of(&headers, at, TCP_BYTES);
	return protocol == NEXT_TCP && transport ?
	       at + (transport[12] >> 4) * 4u : 0;
}

/* sluice_frame_is_mac_control(); by the kernel's word for the type, which costs less than the bytes. */
static __always_inline int is_mac_control(struct __sk_buff *skb)
{
	return skb->protocol == TYPE_MAC_CONTROL && !skb->vlan_present &&
	       !scope_constants.is_raw;
}

static __always_inline void bucket_add(struct scope_bucket *bucket,
				       struct __sk_buff *skb)
{
	__u32 tag_bytes = skb->vlan_present ? TAG_BYTES : 0;
	__u32 bytes = pace_wire_bytes(skb->len, tag_bytes,
				      PACE_OVERHEAD_DEFAULT_BYTES);
	__u32 header_bytes, more;

	if (is_mac_control(skb)) {
		bucket->mac_control_frames++;
		bucket->mac_control_wire_bytes += bytes;
		return;
	}
	bucket->pkts++;
	if (skb->gso_size) {
		header_bytes = super_header_bytes(skb);
		if (!header_bytes || header_bytes >= skb->len) {
			bucket->unknown_supers++;
		} else {
			/* gso_segs is 0 in what guests send. */
			more = (skb->len - header_bytes - 1) / skb->gso_size;
			bytes += more * (header_bytes + tag_bytes +
					 PACE_OVERHEAD_DEFAULT_BYTES);
			bucket->more_frames += more;
		}
	}
	bucket->wire_bytes += bytes;
}

static __always_inline int packet_count(struct __sk_buff *skb, __u32 direction)
{
	__u32 at = bpf_get_smp_processor_id() * 2 + direction;
	__u64 tick = bpf_jiffies64();
	struct scope_buckets *buckets;
	struct scope_bucket *bucket;

	if (scope_is_off())
		return VERDICT_NONE;
	buckets = bpf_map_lookup_elem(&scope_buckets, &at);
	if (!buckets)
		return VERDICT_NONE;
	at = buckets->at;
	bucket = &buckets->ring[at % SCOPE_BUCKETS];
	if (bucket->tick != tick) {
		at++;
		bucket = &buckets->ring[at % SCOPE_BUCKETS];
		__builtin_memset(bucket, 0, sizeof(*bucket));
		bucket->begin_ns = bpf_ktime_get_ns();
		bucket->tick = tick;
		buckets->at = at;
	}
	bucket_add(bucket, skb);
	return VERDICT_NONE;
}

/* What is not plain, apart, so that the rest does not pay for it. */
static __noinline int tap_other(struct __sk_buff *skb, __u64 mono_ns,
				__u8 flags)
{
	struct scope_headers headers;
	struct scope_record *record;
	struct scope_lane *lane;

	flags = headers_begin(skb, flags, &headers);
	lane = scope_lane_find(&headers, flags);
	if (!lane)
		return 0;
	record = scope_record_begin(lane, &headers, mono_ns, flags);
	if (headers_copy(skb, &headers))
		scope_parse(&headers, record);
	scope_publish_record(lane, &headers, record);
	return 0;
}

/* Returns how much of the packet the socket takes: nothing. */
SEC("socket")
int scope_tap_copy(struct __sk_buff *skb)
{
	struct scope_headers headers;
	struct scope_plain plain;
	struct scope_lane *lane;
	__u64 mono_ns;
	void *copy;
	__u8 flags;

	if (!tap_begin(skb, &flags))
		return 0;
	flags = headers_begin(skb, flags, &headers);
	lane = scope_lane_find(&headers, flags);
	if (!lane)
		return 0;
	mono_ns = bpf_ktime_get_ns();
	/*
	 * First what most packets need, to where the record will be: it has been read when that is
	 * written.
	 */
	copy = scope_place(lane);
	if (!bpf_skb_load_bytes(skb, 0, copy, PLAIN_BYTES)) {
		headers.data = copy;
		headers.end = copy + PLAIN_BYTES;
		if (scope_plain_read(&headers, &plain) &&
		    scope_plain_put(lane, &headers, &plain, mono_ns, flags))
			return 0;
	}
	return tap_other(skb, mono_ns, flags);
}

SEC("tc")
int scope_out(struct __sk_buff *skb)
{
	if (!scope_is_off())
		packet_record(skb, 0);
	return VERDICT_NONE;
}

SEC("tc")
int scope_in(struct __sk_buff *skb)
{
	if (!scope_is_off())
		packet_record(skb, SCOPE_RECORD_IN);
	return VERDICT_NONE;
}

SEC("tc")
int scope_count_out(struct __sk_buff *skb)
{
	return packet_count(skb, 0);
}

SEC("tc")
int scope_count_in(struct __sk_buff *skb)
{
	return packet_count(skb, 1);
}

char _license[] SEC("license") = "GPL";
