/* SPDX-License-Identifier: GPL-2.0 */
/* Launch times that a NIC was given. Part of stamping_nic.c. */
#ifndef NIC_LAUNCHES_H
#define NIC_LAUNCHES_H

#include <linux/types.h>

/**
 * struct nic_launches - frames of UDP that were to be sent
 * @frames: all
 * @kept: of them, those whose time was to come
 * @last_ns: the time of the last one
 * @gap_min_ns: from one to the next
 * @gap_max_ns: likewise
 */
struct nic_launches {
	u32 frames;
	u32 kept;
	u64 last_ns;
	u64 gap_min_ns;
	u64 gap_max_ns;
};

/* A frame is to leave @at_ns, and it is @now_ns; the caller has the lock. */
static inline void nic_launches_add(struct nic_launches *launches, u64 at_ns,
				    u64 now_ns)
{
	u64 gap_ns = at_ns - launches->last_ns;

	if (launches->frames == 1 ||
	    (launches->frames && gap_ns < launches->gap_min_ns))
		launches->gap_min_ns = gap_ns;
	if (launches->frames && gap_ns > launches->gap_max_ns)
		launches->gap_max_ns = gap_ns;
	launches->frames++;
	launches->kept += at_ns > now_ns;
	launches->last_ns = at_ns;
}

#endif
