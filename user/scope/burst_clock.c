// SPDX-License-Identifier: GPL-2.0
#include "burst_clock.h"

#include <time.h>

#include "../lib/units.h"

uint64_t burst_mono_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SLUICE_NSEC_PER_SEC +
	       (uint64_t)now.tv_nsec;
}
