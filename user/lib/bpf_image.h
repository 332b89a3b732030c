/* SPDX-License-Identifier: GPL-2.0 */
/* The object files of bpf/ as bytes of the command, and opening them. */
#ifndef SLUICE_BPF_IMAGE_H
#define SLUICE_BPF_IMAGE_H

#include <bpf/libbpf.h>
#include <stdint.h>

struct sluice_bpf_image {
	const uint8_t *bytes;
	const uint8_t *end;
};

/* Defines a struct sluice_bpf_image of that name. */
#define SLUICE_BPF_IMAGE(name, file)					\
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
	const struct sluice_bpf_image name = { name##_bytes, name##_end }

/* NULL and errno, or what is still to be loaded. */
struct bpf_object *sluice_bpf_image_open(const struct sluice_bpf_image *image);

/* For libbpf_set_print: the kernel's reasons are told, libbpf's words are not. */
int sluice_bpf_silent(enum libbpf_print_level level, const char *format,
		      va_list args);

#endif
