/* SPDX-License-Identifier: GPL-2.0 */
/* The scope's BPF programs as they are loaded; bench/scope-live measures these. */
#ifndef SLUICE_SCOPE_LIVE_BPF_H
#define SLUICE_SCOPE_LIVE_BPF_H

#include <stdbool.h>

#include "../lib/bpf_image.h"

struct scope_packet;
struct scope_record;			/* bpf/scope_record.h */

/* The object files that the command carries: live_image.c. */
extern const struct sluice_bpf_image scope_bpf_image;
/* The packet socket's program that needs BTF and Linux 6.2. */
extern const struct sluice_bpf_image scope_tap_image;
/* When packets were meant to leave; needs BTF. */
extern const struct sluice_bpf_image scope_stamp_image;
/* What processors do: live_bpf_cpu.c. */
extern const struct sluice_bpf_image scope_cpu_image;

/* Possible processors, by the highest number: those between that cannot be count, too. */
unsigned int scope_bpf_cpus(void);

/**
 * struct scope_bpf_objects - what has been loaded
 * @object: the programs
 * @stamp: what sees departures, beside it; NULL: it was not asked for
 * @tap: that for the packet socket; NULL: it was not asked for
 * @lanes: map of lanes
 * @control: map of struct scope_control
 * @buckets: map of sums, where it counts
 */
struct scope_bpf_objects {
	struct bpf_object *object;
	struct bpf_object *stamp;
	struct bpf_program *tap;
	struct bpf_map *lanes;
	struct bpf_map *control;
	struct bpf_map *buckets;
};

/**
 * struct scope_bpf_sizes - how to load it
 * @cpus: possible ones
 * @lane_bytes: ring of each, a power of two
 * @is_raw: packets of the device begin with IP
 * @has_out: the packet socket wants what leaves
 * @has_in: and what is received
 * @has_tap: load the program for the packet socket: alone, that which reads headers in
 *	place, if this kernel loads it, else one that copies them
 * @copies_headers: the one that copies them in any case
 * @has_hooks: those for tc's hooks
 * @is_counting: those that count, and make room for sums
 * @has_stamps: make room for departures
 * @ifindex: of the device, for them
 * @netns_inode: of its network namespace, which this process is in; 0: not known
 */
struct scope_bpf_sizes {
	unsigned int cpus;
	uint32_t lane_bytes;
	bool is_raw;
	bool has_out;
	bool has_in;
	bool has_tap;
	bool copies_headers;
	bool has_hooks;
	bool is_counting;
	bool has_stamps;
	int ifindex;
	uint32_t netns_inode;
};

/* Returns 0 or -errno; release it in both cases. */
int scope_bpf_load(struct scope_bpf_objects *ret,
		   const struct scope_bpf_sizes *sizes);
/* Load what sees departures beside what was loaded with the same sizes. */
int scope_bpf_load_stamp(struct scope_bpf_objects *objects,
			 const struct scope_bpf_sizes *sizes);

/*
 * The same, and where departures are wanted and can be had with what sees them, whose
 * link is in *ret_fd; else that is -1, and @why has a phrase if they were wanted.
 */
int scope_bpf_load_stamps(struct scope_bpf_objects *ret,
			  struct scope_bpf_sizes *sizes, bool wants_departures,
			  int *ret_fd, char *why, size_t why_size);
void scope_bpf_unload(struct scope_bpf_objects *objects);

/* ---- live_bpf_record.c ---- */

/* Its length in a lane, without a stamp. */
uint32_t scope_bpf_record_bytes(const struct scope_record *record);
/*
 * The packet, delta_ns later than its record says; has_stamp: behind that stands when it
 * was meant to leave.
 */
void scope_bpf_packet(const struct scope_record *record, int64_t delta_ns,
		      bool has_stamp, struct scope_packet *ret);

#endif
