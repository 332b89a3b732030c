/* SPDX-License-Identifier: GPL-2.0 */
/* What clocks are apart, and the clock of a NIC (PHC). Part of live.c. */
#ifndef SLUICE_SCOPE_LIVE_CLOCK_H
#define SLUICE_SCOPE_LIVE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "../lib/clock.h"

/*
 * Between two looks that were elapsed_ns apart the clock was set, or ran more than
 * 1000 ppm fast or slow: so much a servo may ask for while it settles.
 */
bool scope_clock_was_set(const struct sluice_clock_distance *before,
			 const struct sluice_clock_distance *now,
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
	struct sluice_clock_distance distance;
	uint64_t looked_raw_ns;
	int64_t begin_ns;
	struct sluice_clock_distance ahead;
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
