// SPDX-License-Identifier: GPL-2.0
/*
 * Makes a scope that runs wait for the stamp of a packet, as if it had just been shown one,
 * and says whether somebody has brought it. Needs root.
 *
 *   stamp_wait PID set BYTES	on each CPU, of a packet of that length
 *   stamp_wait PID get		prints on how many CPUs it waits
 */
#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../bpf/scope_record.h"

#define FDS_MAX	256

/* The map of lanes that the process has open, or -1. */
static int lanes_open(const char *pid, struct bpf_map_info *ret)
{
	char path[64], line[128];
	unsigned int id;

	for (int i = 0; i < FDS_MAX; i++) {
		uint32_t bytes = sizeof(*ret);
		FILE *file;
		int fd = -1;

		snprintf(path, sizeof(path), "/proc/%s/fdinfo/%d", pid, i);
		file = fopen(path, "r");
		while (file && fd < 0 && fgets(line, sizeof(line), file))
			if (sscanf(line, "map_id: %u", &id) == 1)
				fd = bpf_map_get_fd_by_id(id);
		if (file)
			fclose(file);
		memset(ret, 0, sizeof(*ret));
		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, ret, &bytes) &&
		    !strcmp(ret->name, "scope_lanes"))
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct bpf_map_info info;
	unsigned int waiting = 0;
	int fd = argc > 2 ? lanes_open(argv[1], &info) : -1;
	/* values of an array begin at multiples of 8 */
	size_t step = fd < 0 ? 0 : (info.value_size + 7) & ~(size_t)7;
	char *lanes = fd < 0 ? MAP_FAILED :
		      mmap(NULL, step * info.max_entries, PROT_READ | PROT_WRITE,
			   MAP_SHARED, fd, 0);

	if (lanes == MAP_FAILED) {
		fprintf(stderr, "stamp_wait: no lanes\n");
		return 1;
	}
	for (uint32_t i = 0; i < info.max_entries; i++) {
		struct scope_lane *lane = (void *)(lanes + i * step);

		if (argc > 3)
			lane->stamp_for_bytes = (uint32_t)atoi(argv[3]);
		waiting += lane->stamp_for_bytes != 0;
	}
	printf("%u\n", waiting);
	return 0;
}
