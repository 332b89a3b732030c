// SPDX-License-Identifier: GPL-2.0
/* The object files of bpf/ as bytes of the command. */
#include "live_bpf.h"

#define IMAGE(name, path)						\
	extern const uint8_t name##_bytes[], name##_end[];		\
	__asm__(".section .rodata\n"					\
		".balign 8\n"						\
		".global " #name "_bytes\n"				\
		#name "_bytes:\n"					\
		".incbin \"" path "\"\n"				\
		".global " #name "_end\n"				\
		#name "_end:\n"						\
		".byte 0\n"						\
		".previous\n");						\
	const struct scope_bpf_image name##_image = {			\
		name##_bytes, name##_end,				\
	}

IMAGE(scope_bpf_hooks, "build/bpf/scope.bpf.o");
IMAGE(scope_bpf_leave, "build/bpf/scope_leave.bpf.o");
