/* SPDX-License-Identifier: GPL-2.0 */
/* What clocks are apart, and the clock of a NIC (PHC). Part of live.c. */
#ifndef SLUICE_SCOPE_LIVE_CLOCK_H
#define SLUICE_SCOPE_LIVE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/**
 * struct scope_clock_distance - of a clock, from another one
 * @delta_ns: the clock less the other
 * @error_ns: what that may be wrong by, at most
 */
struct scope_clock_distance {
	int64_t delta_ns;
	uint32_t error_ns;
};

/*
 * The best of some tries, each a reading of the clock between two of the other, or the
 * first with an error below good_ns.
 * Returns 0, or -errno if the clock cannot be read: -ERANGE if it is before 1970 or so far
 * ahead that the packet socket cannot tell its seconds (2106).
 */
int scope_clock_compare(clockid_t clock, clockid_t other, unsigned int tries,
			uint32_t good_ns, struct scope_clock_distance *ret);

/*
 * Between two looks that were elapsed_ns apart the clock was set, or ran more than
 * 1000 ppm fast or slow: so much a servo may ask for while it settles.
 */
bool scope_clock_was_set(const struct scope_clock_distance *before,
			 const struct scope_clock_distance *now,
			 uint64_t elapsed_ns);

/**
 * struct scope_nic_clock - a PHC, looked at often
 * @fd: of its device; -1: none is open
 * @distance: from CLOCK_MONOTONIC_RAW, which nobody steers, when it was looked at last
 * @looked_raw_ns: when that was
 * @begin_ns: its time when it was opened
 * @ahead: of CLOCK_REALTIME, when it was opened
 */
struct scope_nic_clock {
	int fd;
	struct scope_clock_distance distance;
	uint64_t looked_raw_ns;
	int64_t begin_ns;
	struct scope_clock_distance ahead;
};

/* Of /dev/ptpINDEX. Returns 0, or -errno and a sentence. */
int scope_nic_clock_open(struct scope_nic_clock *clock, int index, char *error,
			 size_t error_size);
void scope_nic_clock_close(struct scope_nic_clock *clock);	/* accepts none */

/* Returns -ESTALE if it was set since the last look, else 0. */
int scope_nic_clock_look(struct scope_nic_clock *clock);

/* Now, by it. */
int64_t scope_nic_clock_now_ns(const struct scope_nic_clock *clock);

/* A packet that was received since it was opened may have this stamp. */
bool scope_nic_clock_may_be(const struct scope_nic_clock *clock,
			    int64_t stamp_ns);

#endif
