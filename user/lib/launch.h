/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Launch times: a NIC that keeps departures by a clock of its own (PHC) keeps the
 * wrong ones when that clock is not CLOCK_TAI, by which the kernel asks for them.
 *
 * Part of libsluice: nothing here prints or exits.
 */
#ifndef SLUICE_LAUNCH_H
#define SLUICE_LAUNCH_H

#include "link.h"

/*
 * May departures up to @horizon_ns ahead be left to the device? A clock that is ahead
 * lets frames go early, at most when they are handed over: what the timer wakes the
 * qdisc ahead, a quarter of the horizon, has to cover it, and half of that is left for
 * timers that are late. One that is behind holds all frames for as long.
 *
 * Devices that take the kernel's own clock (max_pacing_offload_horizon) have none that
 * could be wrong. Whether a device keeps departures at all the kernel tells when it is
 * asked to.
 *
 * Returns 0; -EOPNOTSUPP if it tells no clock, -ERANGE if that is too far from CLOCK_TAI
 * (SLUICE_LAUNCH_FIX), or why it cannot be read, -errno: each with a phrase that goes
 * behind "its ".
 */
int sluice_launch_check(const struct sluice_link *link, uint64_t horizon_ns,
			char *error, size_t error_size);

/* Sets the clock: the device's name, sluice_launch_tai_s(). */
#define SLUICE_LAUNCH_FIX "phc2sys -c %s -s CLOCK_REALTIME -O %d"

/* What the kernel takes TAI to be ahead of UTC by, in s; 0 where nobody told it. */
int sluice_launch_tai_s(void);

#endif
