// SPDX-License-Identifier: GPL-2.0
/*
 * The scope at tc's hooks: what a device received, and what the stack sends,
 * in front of the qdisc. (Behind the qdisc: scope_leave.bpf.c.) Attached by tcx
 * or clsact. The programs read __sk_buff and the packet alone, so they need
 * nothing of the kernel's types (BTF); they change no packet, and what other
 * programs and filters decide goes on.
 */
#include "scope_parse.h"

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

/* Headers that are not in the linear part: received into pages, or split there. Returns the flags. */
static __noinline __u8 parse_copy(struct __sk_buff *skb,
				 struct scope_record *record)
{
	__u64 captured_bytes = skb->len;
	__u32 zero = 0;
	struct scope_headers headers = { .packet_bytes = skb->len };
	struct scratch *scratch = bpf_map_lookup_elem(&scope_scratch, &zero);

	if (!scratch)
		return record->flags;
	if (captured_bytes > sizeof(scratch->bytes))
		captured_bytes = sizeof(scratch->bytes);
	/* The verifier follows one register, so there must be one. */
	asm volatile("" : "+r"(captured_bytes));
	if (captured_bytes < ETHERNET_BYTES ||
	    bpf_skb_load_bytes(skb, 0, scratch->bytes, captured_bytes))
		return record->flags;
	headers.data = scratch->bytes;
	headers.end = scratch->bytes + captured_bytes;
	scope_parse(&headers, record);
	return record->flags;
}

static __always_inline int packet_record(struct __sk_buff *skb, __u8 flags)
{
	struct scope_headers headers;
	struct scope_record record = { 0 };
	struct scope_lane *lane;
	__u64 mono_ns;

	if (scope_is_off())
		return VERDICT_NONE;
	headers.data = (void *)(long)skb->data;
	headers.end = (void *)(long)skb->data_end;
	headers.packet_bytes = skb->len;
	headers.segment_bytes = (__u16)skb->gso_size;
	headers.tag_bytes = 0;
	if (skb->vlan_present) {
		headers.tag_bytes = TAG_BYTES;
		flags |= SCOPE_RECORD_TAG;
	}
	lane = scope_lane_find(&headers, flags);
	if (!lane)
		return VERDICT_NONE;
	mono_ns = bpf_ktime_get_ns();
	if (scope_put_plain(lane, &headers, mono_ns, flags))
		return VERDICT_NONE;
	scope_record_begin(&headers, &record, mono_ns, flags);
	scope_parse(&headers, &record);
	if (!(record.flags & SCOPE_RECORD_TRANSPORT) &&
	    headers.data + SCOPE_HEADERS_BYTES > headers.end &&
	    headers.data + headers.packet_bytes > headers.end)
		record.flags = parse_copy(skb, &record);
	scope_put(lane, &record);
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

char _license[] SEC("license") = "GPL";
