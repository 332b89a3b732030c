/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rate of a socket, sk_pacing_rate, which programs at a device are not told. Two ways to it:
 *
 *   EDT_READS_KERNEL	by the kernel's types, as its BTF has them: costs a load or two
 *			(Linux 6.2), in lockdown, too
 *   else		by a helper that reads the kernel's memory, from where the rate was
 *			found on a socket of which it is known (edt_find.bpf.c)
 */
#ifndef SLUICE_BPF_EDT_SOCKET_H
#define SLUICE_BPF_EDT_SOCKET_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#ifdef EDT_READS_KERNEL

struct sock {
	unsigned long sk_pacing_rate;
} __attribute__((preserve_access_index));

struct sk_buff {
	struct sock *sk;
} __attribute__((preserve_access_index));

/* It costs no call: the verifier puts a move of a register in its place. */
extern void *bpf_cast_to_kern_ctx(void *ctx) __ksym;

#define EDT_SEES_SOCKETS true

/* The verifier does not know that it is the socket that was looked at. */
static __always_inline bool socket_rate_read(struct __sk_buff *skb,
					     const struct bpf_sock *sk,
					     __u64 *ret)
{
	const struct sk_buff *kernel_skb = bpf_cast_to_kern_ctx(skb);
	const struct sock *kernel_sk = kernel_skb->sk;

	if (!kernel_sk)
		return false;
	*ret = kernel_sk->sk_pacing_rate;
	return true;
}

#else

#include "edt_word.h"

/* Where it lies in a socket; 0: it was not found, and sockets have no clocks. */
const volatile __u32 edt_rate_at_bytes = 0;

#define EDT_SEES_SOCKETS (edt_rate_at_bytes != 0)

static __always_inline bool socket_rate_read(struct __sk_buff *skb,
					     const struct bpf_sock *sk,
					     __u64 *ret)
{
	return socket_word_read(socket_address(skb, sk), edt_rate_at_bytes, ret);
}

#endif

#endif
