// SPDX-License-Identifier: GPL-2.0
/*
 * The scope behind the qdisc: what the driver of a device is given, at the
 * tracepoint net_dev_start_xmit. tc's hooks see what leaves in front of the
 * qdisc, where nothing has been paced yet.
 *
 * It reads the kernel's own structures, so it needs a kernel that describes
 * them (BTF). Every device of the host passes here; all but one leave after one
 * comparison.
 */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "scope_parse.h"

/* As much of the kernel's structures as is read; libbpf finds the offsets. */
#define KERNEL __attribute__((preserve_access_index))

struct ns_common {
	unsigned int inum;
} KERNEL;

struct net {
	struct ns_common ns;
} KERNEL;

typedef struct {
	struct net *net;
} possible_net_t;

struct net_device {
	int ifindex;
	possible_net_t nd_net;
} KERNEL;

struct skb_shared_info {
	unsigned short gso_size;
} KERNEL;

struct sk_buff {
	unsigned int len;
	unsigned int data_len;
	unsigned int end;
	unsigned char *head;
	unsigned char *data;
	__u32 vlan_all;
} KERNEL;

/* Before Linux 6.2 a bit of its own says that there is a tag. */
struct sk_buff___bit {
	__u8 vlan_present : 1;
} KERNEL;

struct scratch {
	__u8 bytes[SCOPE_HEADERS_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scope_scratch SEC(".maps");

static __always_inline int has_tag(const struct sk_buff *skb)
{
	const struct sk_buff___bit *bit = (const void *)skb;

	if (bpf_core_field_exists(skb->vlan_all))
		return skb->vlan_all != 0;
	return BPF_CORE_READ_BITFIELD(bit, vlan_present);
}

static __always_inline __u16 segment_bytes(const struct sk_buff *skb)
{
	const struct skb_shared_info *shared = (const void *)
		(skb->head + skb->end);
	__u16 bytes = 0;

	bpf_core_read(&bytes, sizeof(bytes), &shared->gso_size);
	return bytes;
}

SEC("tp_btf/net_dev_start_xmit")
int BPF_PROG(scope_leave, const struct sk_buff *skb,
	     const struct net_device *dev)
{
	struct scope_headers headers;
	struct scope_record record = { 0 };
	struct scope_lane *lane;
	struct scratch *scratch;
	__u32 zero = 0, linear_bytes;
	__u64 mono_ns;
	__u8 flags = 0;

	if (dev->ifindex != (int)scope_constants.ifindex || scope_is_off() ||
	    dev->nd_net.net->ns.inum != scope_constants.net_inum)
		return 0;
	scratch = bpf_map_lookup_elem(&scope_scratch, &zero);
	if (!scratch)
		return 0;
	headers.packet_bytes = skb->len;
	headers.segment_bytes = segment_bytes(skb);
	headers.tag_bytes = 0;
	if (has_tag(skb)) {
		headers.tag_bytes = TAG_BYTES;
		flags |= SCOPE_RECORD_TAG;
	}
	lane = scope_lane_find(&headers, flags);
	if (!lane)
		return 0;
	mono_ns = bpf_ktime_get_ns();
	/*
	 * Behind the linear part lie the shared info and other memory of the
	 * kernel's, so that a copy of this size always succeeds.
	 */
	linear_bytes = skb->len - skb->data_len;
	if (linear_bytes > SCOPE_HEADERS_BYTES)
		linear_bytes = SCOPE_HEADERS_BYTES;
	if (bpf_probe_read_kernel(scratch->bytes, SCOPE_HEADERS_BYTES,
				  skb->data))
		linear_bytes = 0;
	headers.data = scratch->bytes;
	headers.end = scratch->bytes + linear_bytes;
	if (scope_put_plain(lane, &headers, mono_ns, flags))
		return 0;
	scope_record_begin(&headers, &record, mono_ns, flags);
	scope_parse(&headers, &record);
	scope_put(lane, &record);
	return 0;
}

char _license[] SEC("license") = "GPL";
