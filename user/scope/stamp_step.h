/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The step that the stamps of a capture really have. A file says in which unit it
 * counts, not how often the clock behind it moved: one of Windows may count 100 ns and
 * move each 15.6 ms, one that was converted counts ns and has us. Peaks, gaps and
 * trains shorter than the real step are made by it.
 *
 * The step is the greatest common divisor of what lies between stamps. A clock is
 * taken to be coarse when several packets have one stamp, which it then cannot tell apart,
 * and when so many others could not be multiples by chance: by chance a stamp is one
 * of 1 in step / unit. A step below 1 us is left alone: frames may lie on a grid of their own.
 */
#ifndef SLUICE_SCOPE_STAMP_STEP_H
#define SLUICE_SCOPE_STAMP_STEP_H

#include <stdbool.h>
#include <stdint.h>

struct scope_stamp_step {
	uint64_t step_ns;		/* 0: no two stamps differ yet */
	uint64_t last_ns;
	uint64_t moved_pkts;		/* stamped other than the one before */
	uint64_t equal_pkts;
	bool has_last;
};

/* As scope_stamp_step_add, of a stamp that is no multiple of the step away. */
void scope_stamp_step_take(struct scope_stamp_step *step, uint64_t delta_ns);

/* The stamp of the next packet of the file, whichever way it differs from the last. */
static inline void scope_stamp_step_add(struct scope_stamp_step *step,
					uint64_t time_ns)
{
	uint64_t delta_ns = time_ns > step->last_ns ? time_ns - step->last_ns :
						      step->last_ns - time_ns;

	if (step->step_ns == 1)		/* no file counts in less */
		return;
	step->last_ns = time_ns;
	if (!step->has_last) {
		step->has_last = true;
		return;
	}
	step->moved_pkts += delta_ns != 0;
	step->equal_pkts += delta_ns == 0;
	if (!step->step_ns || delta_ns % step->step_ns)
		scope_stamp_step_take(step, delta_ns);
}

/*
 * The step, or file_ns where nothing says that it is coarser than that. Before the
 * end of the file it takes more to say so.
 */
uint32_t scope_stamp_step_ns(const struct scope_stamp_step *step,
			     uint32_t file_ns, bool is_end);

#endif
