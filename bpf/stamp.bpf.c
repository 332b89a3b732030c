// SPDX-License-Identifier: GPL-2.0
/*
 * scope_stamp: in front of the driver, just behind the packet socket, it sees when the packet was
 * meant to leave. Packet sockets are shown a clone without it. It writes into the lanes
 * of the socket's filter, and is in an object of its own, because libbpf loads none of
 * one that reads the kernel's types where the kernel has no BTF.
 */
#include <bpf/bpf_core_read.h>

#include "scope_maps.h"

/* As much of the kernel's as is read; where it lies, libbpf finds in BTF. */
struct sk_buff {
	unsigned int len;
	__s64 tstamp;
} __attribute__((preserve_access_index));

/* Since Linux 6.11. */
struct sk_buff___typed {
	__u8 tstamp_type : 2;
} __attribute__((preserve_access_index));

struct ns_common {
	unsigned int inum;
} __attribute__((preserve_access_index));

struct net {
	struct ns_common ns;
} __attribute__((preserve_access_index));

/* Empty in a kernel without namespaces. */
typedef struct {
	struct net *net;
} __attribute__((preserve_access_index)) possible_net_t;

struct net_device {
	int ifindex;
	possible_net_t nd_net;
} __attribute__((preserve_access_index));

#define CLOCK_IS_MONOTONIC	1	/* SKB_CLOCK_MONOTONIC */

/* An index is of one network namespace: each has a device 1. */
static __always_inline int is_ours(const struct net_device *device)
{
	if (device->ifindex != (int)scope_constants.ifindex)
		return 0;
	return !scope_constants.netns_inode ||
	       !bpf_core_field_exists(device->nd_net.net) ||
	       device->nd_net.net->ns.inum == scope_constants.netns_inode;
}

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
	    lane->stamp_for_bytes != skb->len || !is_ours(device))
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
