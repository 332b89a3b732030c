/* SPDX-License-Identifier: GPL-2.0 */
/* What the command and edt_find.bpf.c share: a word of a socket is looked for. */
#ifndef SLUICE_BPF_EDT_FIND_H
#define SLUICE_BPF_EDT_FIND_H

#include <linux/types.h>

#define EDT_FIND_NAME		"edt_find"
#define EDT_FIND_MAP_NAME	"edt_find_word"
/* Less than a socket of UNIX has, and more than is in front of what is looked for. */
#define EDT_SOCKET_BYTES	1024

/**
 * struct edt_find - one question
 * @wanted: the word
 * @at_bytes: the first place in the socket where it was found, 0: nowhere
 */
struct edt_find {
	__u64 wanted;
	__u64 at_bytes;
};

#endif
