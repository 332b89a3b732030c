/* SPDX-License-Identifier: GPL-2.0 */
/* Words of the kernel's struct sock, by where they lie. */
#ifndef SLUICE_BPF_EDT_WORD_H
#define SLUICE_BPF_EDT_WORD_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/*
 * The verifier lets nobody compute with the address of a socket. What lies in a packet's
 * scratch words it takes for numbers, from who may see addresses (CAP_PERFMON). They
 * are left as they were: filters hand them on.
 */
static __always_inline __u64 socket_address(struct __sk_buff *skb,
					    const struct bpf_sock *sk)
{
	volatile __u64 *scratch = (void *)skb->cb;
	const __u64 before = *scratch;
	__u64 address;

	*scratch = (__u64)(unsigned long)sk;
	address = *scratch;
	*scratch = before;
	return address;
}

static __always_inline bool socket_word_read(__u64 address, __u32 at_bytes,
					     __u64 *ret)
{
	return !bpf_probe_read_kernel(ret, sizeof(*ret),
				      (const void *)(unsigned long)
				      (address + at_bytes));
}

#endif
