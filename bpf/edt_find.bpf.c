// SPDX-License-Identifier: GPL-2.0
/*
 * edt_find: where in this kernel's struct sock a word lies. It is the filter of a socket that has been
 * given this word, and lets no packet in. It stops where it has found it, so that it
 * does not read behind the socket.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "../core/types.h"
#include "edt_find.h"
#include "edt_word.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct edt_find);
} edt_find_word SEC(".maps");

SEC("socket")
int edt_find(struct __sk_buff *skb)
{
	const __u32 first = 0;
	struct edt_find *find = bpf_map_lookup_elem(&edt_find_word, &first);
	const struct bpf_sock *sk = skb->sk;
	__u64 address, word;
	__u32 at_bytes;

	if (!find || !sk)
		return 0;
	address = socket_address(skb, sk);
	for (at_bytes = sizeof(word); at_bytes < EDT_SOCKET_BYTES;
	     at_bytes += sizeof(word)) {
		if (!socket_word_read(address, at_bytes, &word) ||
		    word != find->wanted)
			continue;
		find->at_bytes = at_bytes;
		break;
	}
	return 0;
}

char _license[] SEC("license") = "GPL";
