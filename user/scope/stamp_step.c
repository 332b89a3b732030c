// SPDX-License-Identifier: GPL-2.0
#include "stamp_step.h"

/* Frames of a wire may lie on a grid of their own: that of bits, or of virtual time. */
#define STEP_MIN_NS		1000u
#define EQUAL_MIN_PKTS		16u	/* a few may have met */
/* So many bits of chance that all are multiples; and so many stamps before the end, */
#define CHANCE_MIN_BITS		64u
/* because those of a slow flow may for a while be multiples of more than the step. */
#define MOVED_MIN_PKTS		64u

void scope_stamp_step_take(struct scope_stamp_step *step, uint64_t delta_ns)
{
	uint64_t a = delta_ns, b = step->step_ns;

	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	step->step_ns = a;
}

static uint32_t bits_of(uint64_t value)
{
	return value ? 63 - (uint32_t)__builtin_clzll(value) : 0;
}

uint32_t scope_stamp_step_ns(const struct scope_stamp_step *step,
			     uint32_t file_ns, bool is_end)
{
	uint64_t bits = step->moved_pkts * bits_of(step->step_ns / file_ns);

	if (step->step_ns < STEP_MIN_NS || step->step_ns > UINT32_MAX ||
	    step->equal_pkts < EQUAL_MIN_PKTS || bits < CHANCE_MIN_BITS ||
	    (!is_end && step->moved_pkts < MOVED_MIN_PKTS))
		return file_ns;
	return step->step_ns > file_ns ? (uint32_t)step->step_ns : file_ns;
}
