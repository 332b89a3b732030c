// SPDX-License-Identifier: GPL-2.0
/*
 * scope_tap: the filter of the scope's packet socket, behind the qdisc what leaves, behind GRO
 * what is received. It takes its record and lets nothing into the socket. It reads
 * headers in place, by the kernel's own pointers, so it needs Linux 6.2 and BTF; and
 * is in an object of its own, because libbpf loads none of one that needs BTF without it.
 */
#define SCOPE_READS_KERNEL
#include "scope_packet.h"

/* Returns how much of the packet the socket takes: nothing. */
SEC("socket")
int scope_tap(struct __sk_buff *skb)
{
	__u8 flags;

	if (tap_begin(skb, &flags))
		packet_record(skb, flags);
	return 0;
}

char _license[] SEC("license") = "GPL";
