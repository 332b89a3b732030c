// SPDX-License-Identifier: GPL-2.0
/* Loading the scope's BPF programs; see live_bpf.h. */
#include "live_bpf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../bpf/scope_record.h"

#define POSSIBLE_PATH	"/sys/devices/system/cpu/possible"
/* Sums are by CPU and direction: out, in. */
#define DIRECTIONS 2u
#define TAP_NAME	"scope_tap"
#define TAP_COPY_NAME	"scope_tap_copy"

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
		.has_out = sizes->has_out, .has_in = sizes->has_in,
		.has_stamps = sizes->has_stamps,
		.ifindex = (uint32_t)sizes->ifindex,
		.netns_inode = sizes->netns_inode,
	};
}

/*
 * The kernel writes "0-3,8-11", in order; libbpf counts these, and what a program does on
 * processor 11 would find no place in an array of 8.
 */
unsigned int scope_bpf_cpus(void)
{
	FILE *file = fopen(POSSIBLE_PATH, "re");
	int counted = libbpf_num_possible_cpus();
	unsigned long highest = 0;
	char line[4096] = "";
	const char *last;

	if (file) {
		if (!fgets(line, sizeof(line), file))
			line[0] = '\0';
		fclose(file);
	}
	line[strcspn(line, "\n")] = '\0';
	last = strrchr(line, ',');
	last = last ? last + 1 : line;
	if (strchr(last, '-'))
		last = strchr(last, '-') + 1;
	if (*last >= '0' && *last <= '9')
		highest = strtoul(last, NULL, 10);
	return counted > (int)highest ? (unsigned int)counted :
					(unsigned int)highest + 1;
}

/* Loading is what takes time at the start: the kernel checks every path. */
static void programs_choose(struct scope_bpf_objects *objects,
			    const struct scope_bpf_sizes *sizes)
{
	const struct {
		const char *name;
		bool is_wanted;
	} programs[] = {
		{ TAP_NAME, sizes->has_tap },
		{ TAP_COPY_NAME, sizes->has_tap },
		{ "scope_out", sizes->has_hooks },
		{ "scope_in", sizes->has_hooks },
		{ "scope_count_out", sizes->is_counting },
		{ "scope_count_in", sizes->is_counting },
	};
	struct bpf_program *program;
	unsigned int i;

	bpf_object__for_each_program(program, objects->object)
		for (i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
			if (!strcmp(bpf_program__name(program),
				    programs[i].name))
				(void)bpf_program__set_autoload(program,
						programs[i].is_wanted);
}

/* Sums are of the object that has hooks, too. */
static int maps_size(struct scope_bpf_objects *objects,
		     const struct scope_bpf_sizes *sizes)
{
	struct bpf_object *object = objects->object;
	int err;

	objects->lanes = bpf_object__find_map_by_name(object, "scope_lanes");
	objects->control = bpf_object__find_map_by_name(object,
							"scope_control");
	objects->buckets = bpf_object__find_map_by_name(object,
							"scope_buckets");
	if (!objects->lanes || !objects->control ||
	    (sizes->is_counting && !objects->buckets))
		return -ENOENT;
	err = bpf_map__set_max_entries(objects->lanes, sizes->cpus);
	if (!err)
		err = bpf_map__set_value_size(objects->lanes,
					      SCOPE_LANE_VALUE_BYTES(sizes->lane_bytes));
	if (!err && objects->buckets)
		err = bpf_map__set_max_entries(objects->buckets,
					       sizes->is_counting ?
					       sizes->cpus * DIRECTIONS : 1);
	return err;
}

static int object_load(struct scope_bpf_objects *objects,
		       const struct scope_bpf_sizes *sizes,
		       const struct sluice_bpf_image *image, const char *tap_name)
{
	struct scope_constants constants = constants_of(sizes);
	int err;

	memset(objects, 0, sizeof(*objects));
	objects->object = sluice_bpf_image_open(image);
	if (!objects->object)
		return -errno;
	if (sizes->has_tap)
		objects->tap = bpf_object__find_program_by_name(objects->object,
								tap_name);
	err = maps_size(objects, sizes);
	if (!err)
		err = constants_set(objects->object, &constants);
	programs_choose(objects, sizes);
	return err ? err : bpf_object__load(objects->object);
}

/* Whether a kernel can is found by trying: one without BTF, or before 6.2, loads nothing. */
int scope_bpf_load(struct scope_bpf_objects *ret,
		   const struct scope_bpf_sizes *sizes)
{
	bool may_read_in_place = sizes->has_tap && !sizes->copies_headers &&
				 !sizes->has_hooks && !sizes->is_counting;
	libbpf_print_fn_t print = libbpf_set_print(sluice_bpf_silent);
	int err = -EOPNOTSUPP;

	if (may_read_in_place)
		err = object_load(ret, sizes, &scope_tap_image, TAP_NAME);
	if (may_read_in_place && err)
		scope_bpf_unload(ret);
	if (err)
		err = object_load(ret, sizes, &scope_bpf_image, TAP_COPY_NAME);
	libbpf_set_print(print);
	return err;
}

static int stamp_load(struct scope_bpf_objects *objects,
		      const struct scope_bpf_sizes *sizes)
{
	struct scope_constants constants = constants_of(sizes);
	struct bpf_map *lanes;
	int err;

	objects->stamp = sluice_bpf_image_open(&scope_stamp_image);
	if (!objects->stamp)
		return -errno;
	lanes = bpf_object__find_map_by_name(objects->stamp, "scope_lanes");
	if (!lanes)
		return -ENOENT;
	err = bpf_map__reuse_fd(lanes, bpf_map__fd(objects->lanes));
	if (!err)
		err = constants_set(objects->stamp, &constants);
	return err ? err : bpf_object__load(objects->stamp);
}

int scope_bpf_load_stamp(struct scope_bpf_objects *objects,
			 const struct scope_bpf_sizes *sizes)
{
	libbpf_print_fn_t print = libbpf_set_print(sluice_bpf_silent);
	int err = stamp_load(objects, sizes);

	libbpf_set_print(print);
	return err;
}

void scope_bpf_unload(struct scope_bpf_objects *objects)
{
	bpf_object__close(objects->stamp);
	bpf_object__close(objects->object);
	memset(objects, 0, sizeof(*objects));
}
