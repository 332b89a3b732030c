/* SPDX-License-Identifier: GPL-2.0 */
/* How far clocks are apart, that of a NIC (PHC) among them. Part of libsluice. */
#ifndef SLUICE_CLOCK_H
#define SLUICE_CLOCK_H

#include <stdint.h>
#include <time.h>

/**
 * struct sluice_clock_distance - of a clock, from another one
 * @delta_ns: the clock less the other
 * @error_ns: what that may be wrong by, at most
 */
struct sluice_clock_distance {
	int64_t delta_ns;
	uint32_t error_ns;
};

/*
 * The best of some tries, each a reading of the clock between two of the other, or the
 * first with an error below good_ns.
 * Returns 0, or -errno if the clock cannot be read: -ERANGE if it is before 1970 or so far
 * ahead that the packet socket cannot tell its seconds (2106).
 */
int sluice_clock_compare(clockid_t clock, clockid_t other, unsigned int tries,
			uint32_t good_ns, struct sluice_clock_distance *ret);

/* The clock of an open /dev/ptpN. */
clockid_t sluice_clock_of(int fd);

#endif
