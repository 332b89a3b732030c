/* SPDX-License-Identifier: GPL-2.0 */
/* As much of the kernel as tap.bpf.c uses; what lies where, libbpf finds in BTF. */
#ifndef SLUICE_SCOPE_KERNEL_H
#define SLUICE_SCOPE_KERNEL_H

#include <linux/types.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct sk_buff {
	unsigned int len;
	unsigned int data_len;
	unsigned char *data;
} __attribute__((preserve_access_index));

/* So that bytes of any kind can be read: any type that begins with as long an array. This one is never changed. */
struct new_utsname {
	char sysname[65];
};

/* Both cost no call: the verifier puts a move of a register in their place (Linux 6.2). */
extern void *bpf_cast_to_kern_ctx(void *ctx) __ksym;
extern void *bpf_rdonly_cast(const void *address, __u32 type) __ksym;

#endif
