// SPDX-License-Identifier: GPL-2.0
/* The object files of bpf/ as bytes of the command. */
#include "live_bpf.h"

#define IMAGE(name, file)						\
	extern const uint8_t name##_bytes[], name##_end[];		\
	__asm__(".section .rodata\n"					\
		".balign 8\n"						\
		".global " #name "_bytes\n"				\
		#name "_bytes:\n"					\
		".incbin \"" file "\"\n"				\
		".global " #name "_end\n"				\
		#name "_end:\n"						\
		".byte 0\n"						\
		".previous\n");						\
	const struct scope_bpf_image name = { name##_bytes, name##_end }

IMAGE(scope_bpf_image, "build/bpf/scope.bpf.o");
IMAGE(scope_tap_image, "build/bpf/tap.bpf.o");
IMAGE(scope_stamp_image, "build/bpf/stamp.bpf.o");
IMAGE(scope_cpu_image, "build/bpf/cpu.bpf.o");
