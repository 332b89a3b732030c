// SPDX-License-Identifier: GPL-2.0
/* Loading the program of a device's rate; see edt.h. */
#include <errno.h>
#include <fcntl.h>

#include "bpf_image.h"
#include "edt.h"

SLUICE_BPF_IMAGE(sluice_edt_image, "build/bpf/edt.bpf.o");

static int config_set(struct bpf_object *object, const struct edt_config *config)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object,
							   EDT_CONFIG_NAME);
	const uint32_t first = 0;

	return map ? bpf_map__update_elem(map, &first, sizeof(first), config,
					  sizeof(*config), BPF_ANY) : -ENOENT;
}

int sluice_edt_load(const struct edt_config *config, int *ret_fd)
{
	libbpf_print_fn_t print = libbpf_set_print(sluice_bpf_silent);
	struct bpf_object *object = sluice_bpf_image_open(&sluice_edt_image);
	struct bpf_program *program = NULL;
	int err = object ? bpf_object__load(object) : -errno;

	if (!err)
		err = config_set(object, config);
	if (!err)
		program = bpf_object__find_program_by_name(object, EDT_NAME);
	if (!err && !program)
		err = -ENOENT;
	/* It keeps its maps. */
	if (!err) {
		*ret_fd = fcntl(bpf_program__fd(program), F_DUPFD_CLOEXEC, 0);
		err = *ret_fd < 0 ? -errno : 0;
	}
	bpf_object__close(object);
	libbpf_set_print(print);
	return err;
}
