/* SPDX-License-Identifier: GPL-2.0 */
/* What time it is. */
#ifndef SLUICE_NOW_H
#define SLUICE_NOW_H

#include <stdint.h>
#include <time.h>

#include "units.h"

/* CLOCK_MONOTONIC or CLOCK_REALTIME, in ns. */
static inline uint64_t sluice_now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * SLUICE_NSEC_PER_SEC +
	       (uint64_t)now.tv_nsec;
}

#endif
