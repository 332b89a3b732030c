// SPDX-License-Identifier: GPL-2.0
/* The names of all BPF programs that the kernel has, a line each. Needs root. */
#include <bpf/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	uint32_t id = 0;

	while (!bpf_prog_get_next_id(id, &id)) {
		struct bpf_prog_info info = { .type = 0 };
		uint32_t bytes = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(id);

		/* It may have gone meanwhile. */
		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &bytes))
			puts(info.name);
		close(fd);
	}
	return 0;
}
