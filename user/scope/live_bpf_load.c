// SPDX-License-Identifier: GPL-2.0
/* Loading the scope's BPF programs; see live_bpf.h. */
#include "live_bpf.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "../../bpf/scope_record.h"

/* Sums are by CPU and direction: out, in. */
#define DIRECTIONS 2u

/* libbpf gives the bytes that will be the constants before they are loaded. */
static int constants_set(struct bpf_object *object,
			 const struct scope_constants *constants)
{
	struct bpf_map *map =
		bpf_object__find_map_by_name(object, ".rodata");
	size_t bytes = 0;
	void *values = map ? (void *)bpf_map__initial_value(map, &bytes) : NULL;

	if (!values || bytes != sizeof(*constants))
		return -ENOENT;
	memcpy(values, constants, sizeof(*constants));
	return 0;
}

static struct scope_constants constants_of(const struct scope_bpf_sizes *sizes)
{
	return (struct scope_constants){
		.lane_mask = SCOPE_LANE_MASK(sizes->lane_bytes),
		.lane_bytes = sizes->lane_bytes,
		.is_raw = sizes->is_raw,
		.ifindex = (uint32_t)sizes->ifindex,
	};
}

static int silent(enum libbpf_print_level level, const char *format,
		  va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static struct bpf_object *object_open(const struct scope_bpf_image *image)
{
	return bpf_object__open_mem(image->bytes,
				    (size_t)(image->end - image->bytes), NULL);
}

static int hooks_load(struct scope_bpf_objects *objects,
		      const struct scope_bpf_sizes *sizes)
{
	struct bpf_object *object = object_open(&scope_bpf_hooks_image);
	struct scope_constants constants = constants_of(sizes);
	int err;

	if (!object)
		return -errno;
	objects->hooks = object;
	objects->lanes = bpf_object__find_map_by_name(object, "scope_lanes");
	objects->control = bpf_object__find_map_by_name(object,
							"scope_control");
	objects->buckets = bpf_object__find_map_by_name(object,
							"scope_buckets");
	if (!objects->lanes || !objects->control || !objects->buckets)
		return -ENOENT;
	err = bpf_map__set_max_entries(objects->lanes, sizes->cpus);
	if (!err)
		err = bpf_map__set_value_size(objects->lanes,
					      SCOPE_LANE_VALUE_BYTES(sizes->lane_bytes));
	if (!err)
		err = bpf_map__set_max_entries(objects->buckets,
					       sizes->is_counting ?
					       sizes->cpus * DIRECTIONS : 1);
	if (!err)
		err = constants_set(object, &constants);
	return err ? err : bpf_object__load(object);
}

static int leave_load(struct scope_bpf_objects *objects,
		      const struct scope_bpf_sizes *sizes)
{
	struct bpf_object *object = object_open(&scope_bpf_leave_image);
	struct scope_constants constants = constants_of(sizes);
	struct stat net;
	int err;

	if (!object)
		return -errno;
	objects->leave = object;
	if (stat("/proc/self/ns/net", &net))
		return -errno;
	err = bpf_map__reuse_fd(bpf_object__find_map_by_name(object,
							     "scope_lanes"),
				bpf_map__fd(objects->lanes));
	if (!err)
		err = bpf_map__reuse_fd(bpf_object__find_map_by_name(object,
								     "scope_control"),
					bpf_map__fd(objects->control));
	constants.net_inum = (uint32_t)net.st_ino;
	if (!err)
		err = constants_set(object, &constants);
	return err ? err : bpf_object__load(object);
}

int scope_bpf_load(struct scope_bpf_objects *ret,
		   const struct scope_bpf_sizes *sizes)
{
	libbpf_print_fn_t print = libbpf_set_print(silent);
	int err;

	memset(ret, 0, sizeof(*ret));
	err = hooks_load(ret, sizes);
	if (!err && sizes->has_leave)
		err = leave_load(ret, sizes);
	libbpf_set_print(print);
	return err;
}

void scope_bpf_unload(struct scope_bpf_objects *objects)
{
	bpf_object__close(objects->leave);
	bpf_object__close(objects->hooks);
	memset(objects, 0, sizeof(*objects));
}
