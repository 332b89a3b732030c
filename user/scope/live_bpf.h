/* SPDX-License-Identifier: GPL-2.0 */
/* The scope's BPF programs as they are loaded; bench/scope-live measures these. */
#ifndef SLUICE_SCOPE_LIVE_BPF_H
#define SLUICE_SCOPE_LIVE_BPF_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

/* An object file that the command carries: live_image.c. */
struct scope_bpf_image {
	const uint8_t *bytes;
	const uint8_t *end;
};

extern const struct scope_bpf_image scope_bpf_hooks_image;	/* scope.bpf.c */
extern const struct scope_bpf_image scope_bpf_leave_image;	/* scope_leave.bpf.c */

/**
 * struct scope_bpf_objects - what has been loaded
 * @hooks: programs for tc's hooks
 * @leave: for the tracepoint; NULL: not asked for
 * @lanes: map of lanes
 * @control: map of struct scope_control
 * @buckets: map of sums
 */
struct scope_bpf_objects {
	struct bpf_object *hooks;
	struct bpf_object *leave;
	struct bpf_map *lanes;
	struct bpf_map *control;
	struct bpf_map *buckets;
};

/**
 * struct scope_bpf_sizes - how to load it
 * @cpus: possible ones
 * @lane_bytes: ring of each, a power of two
 * @ifindex: the device, for the tracepoint
 * @is_raw: its packets begin with IP
 * @has_leave: load the program for the tracepoint
 * @is_counting: make room for sums
 */
struct scope_bpf_sizes {
	unsigned int cpus;
	uint32_t lane_bytes;
	int ifindex;
	bool is_raw;
	bool has_leave;
	bool is_counting;
};

/* Returns 0 or -errno; release it in both cases. */
int scope_bpf_load(struct scope_bpf_objects *ret,
		   const struct scope_bpf_sizes *sizes);
void scope_bpf_unload(struct scope_bpf_objects *objects);

#endif
