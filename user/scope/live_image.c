// SPDX-License-Identifier: GPL-2.0
/* The object file of bpf/ as bytes of the command. */
#include "live_bpf.h"

extern const uint8_t scope_bpf_image_bytes[], scope_bpf_image_end[];

__asm__(".section .rodata\n"
	".balign 8\n"
	".global scope_bpf_image_bytes\n"
	"scope_bpf_image_bytes:\n"
	".incbin \"build/bpf/scope.bpf.o\"\n"
	".global scope_bpf_image_end\n"
	"scope_bpf_image_end:\n"
	".byte 0\n"
	".previous\n");

const struct scope_bpf_image scope_bpf_image = {
	scope_bpf_image_bytes, scope_bpf_image_end,
};
