// SPDX-License-Identifier: GPL-2.0
/*
 * The scope's programs:
 *
 *   scope_tap		filter of a packet socket: behind the qdisc what leaves,
 *			behind GRO what is received. It takes its record and lets
 *			nothing into the socket
 *   scope_out, _in	at tc's hooks, by tcx or clsact: what leaves in front of
 *			the qdisc, where nothing has been paced yet
 *   scope_count_…	the same places, sums of 100 us
 *   scope_stamp		in front of the driver, just behind the packet socket: when the
 *			packet was meant to leave. Packet sockets are shown a clone
 *			without it
 *
 * All but the last read __sk_buff and the packet alone, so they need nothing of the kernel's
 * types (BTF). They change no packet, and what other programs and filters decide
 * goes on.
 */
#include <linux/if_packet.h>

#include "scope_parse.h"

#include <bpf/bpf_core_read.h>

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
	if (bytes < IPV4_BYTES ||
	    bpf_skb_load_bytes(skb, 0, scratch->bytes, bytes))
		return 0;
	headers->data = scratch->bytes;
	headers->end = scratch->bytes + bytes;
	return 1;
}

/* Headers that are not in the linear part: received into pages, or split there. Returns the flags. */
static __noinline __u8 parse_copy(struct __sk_buff *skb,
				  struct scope_record *record)
{
	struct scope_headers headers = { .packet_bytes = skb->len };

	if (headers_copy(skb, &headers))
		scope_parse(&headers, record);
	return record->flags;
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

static __always_inline int packet_record(struct __sk_buff *skb, __u8 flags)
{
	struct scope_headers headers;
	struct scope_record record = { 0 };
	struct scope_plain plain;
	struct scope_lane *lane;
	__u64 mono_ns;

	if (scope_is_off())
		return VERDICT_NONE;
	headers.data = (void *)(long)skb->data;
	headers.end = (void *)(long)skb->data_end;
	flags = headers_begin(skb, flags, &headers);
	lane = scope_lane_find(&headers, flags);
	if (!lane)
		return VERDICT_NONE;
	mono_ns = bpf_ktime_get_ns();
	if (scope_plain_read(&headers, &plain) &&
	    scope_plain_put(lane, &headers, &plain, mono_ns, flags))
		return VERDICT_NONE;
	scope_record_begin(&headers, &record, mono_ns, flags);
	scope_parse(&headers, &record);
	if (!(record.flags & SCOPE_RECORD_TRANSPORT) &&
	    headers.data + SCOPE_HEADERS_BYTES > headers.end &&
	    headers.data + headers.packet_bytes > headers.end)
		record.flags = parse_copy(skb, &record);
	scope_put(lane, &headers, &record);
	return VERDICT_NONE;
}

static __always_inline int packet_count(struct __sk_buff *skb, __u32 direction)
{
	__u32 at = bpf_get_smp_processor_id() * 2 + direction;
	struct scope_buckets *buckets;
	struct scope_bucket *bucket;
	__u64 now_ns;

	if (scope_is_off())
		return VERDICT_NONE;
	buckets = bpf_map_lookup_elem(&scope_buckets, &at);
	if (!buckets)
		return VERDICT_NONE;
	now_ns = bpf_ktime_get_ns();
	at = buckets->at;
	if (now_ns >= buckets->end_ns) {
		__u64 epoch = now_ns / SCOPE_BUCKET_NS;

		at++;
		bucket = &buckets->ring[at % SCOPE_BUCKETS];
		bucket->bytes = 0;
		bucket->pkts = 0;
		bucket->epoch = epoch;
		buckets->end_ns = (epoch + 1) * SCOPE_BUCKET_NS;
		buckets->at = at;
	}
	bucket = &buckets->ring[at % SCOPE_BUCKETS];
	bucket->bytes += skb->len + (skb->vlan_present ? TAG_BYTES : 0);
	bucket->pkts++;
	return VERDICT_NONE;
}

/* What is not plain, apart, so that the rest does not pay for it. */
static __noinline int tap_other(struct __sk_buff *skb, __u64 mono_ns,
				__u8 flags)
{
	struct scope_headers headers;
	struct scope_record record = { 0 };
	struct scope_lane *lane;

	flags = headers_begin(skb, flags, &headers);
	lane = scope_lane_find(&headers, flags);
	if (!lane)
		return 0;
	scope_record_begin(&headers, &record, mono_ns, flags);
	if (headers_copy(skb, &headers))
		scope_parse(&headers, &record);
	scope_put(lane, &headers, &record);
	return 0;
}

/* Returns how much of the packet the socket takes: nothing. */
SEC("socket")
int scope_tap(struct __sk_buff *skb)
{
	__u8 flags = skb->pkt_type == PACKET_OUTGOING ? 0 : SCOPE_RECORD_IN;
	struct scope_headers headers;
	struct scope_plain plain;
	struct scope_lane *lane;
	__u8 copy[PLAIN_BYTES];
	__u64 mono_ns;

	if (scope_is_off() || (flags ? !scope_constants.has_in :
				       !scope_constants.has_out))
		return 0;
	flags = headers_begin(skb, flags, &headers);
	lane = scope_lane_find(&headers, flags);
	if (!lane)
		return 0;
	mono_ns = bpf_ktime_get_ns();
	/* Copying costs by the byte, so first what most packets need. */
	if (!bpf_skb_load_bytes(skb, 0, copy, sizeof(copy))) {
		headers.data = copy;
		headers.end = copy + sizeof(copy);
		if (scope_plain_read(&headers, &plain) &&
		    scope_plain_put(lane, &headers, &plain, mono_ns, flags))
			return 0;
	}
	return tap_other(skb, mono_ns, flags);
}

SEC("tc")
int scope_out(struct __sk_buff *skb)
{
	return packet_record(skb, 0);
}

SEC("tc")
int scope_in(struct __sk_buff *skb)
{
	return packet_record(skb, SCOPE_RECORD_IN);
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

/* As much of the kernel's as is read; where it lies, libbpf finds in BTF. */
struct sk_buff {
	unsigned int len;
	__s64 tstamp;
} __attribute__((preserve_access_index));

/* Since Linux 6.11. */
struct sk_buff___typed {
	__u8 tstamp_type : 2;
} __attribute__((preserve_access_index));

struct net_device {
	int ifindex;
} __attribute__((preserve_access_index));

#define CLOCK_IS_MONOTONIC	1	/* SKB_CLOCK_MONOTONIC */

/*
 * The packet whose record this CPU just wrote, with softirqs off: no other can have
 * come between. Before 6.11 user space tells by the value which clock it is of.
 */
SEC("tp_btf/net_dev_start_xmit")
int scope_stamp(__u64 *ctx)
{
	const struct sk_buff *skb = (void *)ctx[0];
	const struct net_device *device = (void *)ctx[1];
	const struct sk_buff___typed *typed = (void *)skb;
	__u32 cpu = bpf_get_smp_processor_id();
	struct scope_lane *lane = bpf_map_lookup_elem(&scope_lanes, &cpu);
	__u64 stamp_ns = (__u64)skb->tstamp, offset;

	if (!lane || !lane->stamp_for_bytes ||
	    device->ifindex != (int)scope_constants.ifindex)
		return 0;
	if (lane->stamp_for_bytes != skb->len)
		return 0;
	lane->stamp_for_bytes = 0;
	if (bpf_core_field_exists(typed->tstamp_type) &&
	    BPF_CORE_READ_BITFIELD(typed, tstamp_type) != CLOCK_IS_MONOTONIC)
		return 0;
	offset = lane->stamp_offset;
	if (offset > SCOPE_RECORD_IPV6_BYTES)
		return 0;
	*(__u64 *)((void *)lane->data +
		   (lane->stamp_at & scope_constants.lane_mask) + offset) =
		stamp_ns;
	return 0;
}

char _license[] SEC("license") = "GPL";
