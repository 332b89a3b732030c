/* SPDX-License-Identifier: GPL-2.0 */
/* Maps of the scope's programs. User space sets the sizes that are 1 here. */
#ifndef SLUICE_SCOPE_MAPS_H
#define SLUICE_SCOPE_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "scope_record.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scope_control);
} scope_control SEC(".maps");

/* One entry per CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, SCOPE_LANE_VALUE_BYTES(SCOPE_LANE_BYTES_MIN));
} scope_lanes SEC(".maps");

/* All there is in .rodata. */
const volatile struct scope_constants scope_constants = {
	.lane_mask = SCOPE_LANE_MASK(SCOPE_LANE_BYTES_MIN),
	.lane_bytes = SCOPE_LANE_BYTES_MIN,
};

static __always_inline int scope_is_off(void)
{
	__u32 zero = 0;
	struct scope_control *control = bpf_map_lookup_elem(&scope_control,
							    &zero);

	return !control || control->is_off;
}

#endif
