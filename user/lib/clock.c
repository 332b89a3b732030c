// SPDX-License-Identifier: GPL-2.0
/* How far clocks are apart; see clock.h. */
#include "clock.h"

#include <errno.h>

#include "now.h"

/* Clocks that are files: include/linux/posix-timers.h, FD_TO_CLOCKID. */
clockid_t sluice_clock_of(int fd)
{
	return (clockid_t)(~(unsigned int)fd << 3 | 3);
}

int sluice_clock_compare(clockid_t clock, clockid_t other, unsigned int tries,
			uint32_t good_ns, struct sluice_clock_distance *ret)
{
	int64_t least_ns = INT64_MAX;

	while (tries-- && least_ns / 2 >= good_ns) {
		int64_t before_ns = (int64_t)sluice_now_ns(other);
		struct timespec now;
		int64_t width_ns, now_ns;

		if (clock_gettime(clock, &now))
			return -errno;
		if (now.tv_sec < 0 || now.tv_sec > UINT32_MAX)
			return -ERANGE;
		now_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
		width_ns = (int64_t)sluice_now_ns(other) - before_ns;
		if (width_ns >= least_ns)
			continue;
		least_ns = width_ns;
		ret->delta_ns = now_ns - (before_ns + width_ns / 2);
	}
	ret->error_ns = least_ns / 2 < UINT32_MAX ?
			(uint32_t)((least_ns + 1) / 2) : UINT32_MAX;
	return 0;
}
