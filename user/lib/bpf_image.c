// SPDX-License-Identifier: GPL-2.0
/* Object files of bpf/; see bpf_image.h. */
#include "bpf_image.h"

int sluice_bpf_silent(enum libbpf_print_level level, const char *format,
		      va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

struct bpf_object *sluice_bpf_image_open(const struct sluice_bpf_image *image)
{
	return bpf_object__open_mem(image->bytes,
				    (size_t)(image->end - image->bytes), NULL);
}
