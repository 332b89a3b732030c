// SPDX-License-Identifier: GPL-2.0
/* What clocks are apart, and the clock of a NIC; see live_clock.h. */
#include "live_clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../lib/now.h"
#include "../lib/refuse.h"

#define TRIES_OPEN	50u
/* Each time packets are drained: one reading takes some us on a NIC of PCIe, and mostly does. */
#define TRIES_LOOK	5u
/* What a clock may be off by: 1000 ppm, and what one reading takes by itself. */
#define OFF_MOST(elapsed_ns)	((elapsed_ns) / 1000 + 1000)
/*
 * What was under way when the clock was opened, and what it may have moved by
 * since it was looked at last.
 */
#define STAMP_SLACK_NS	1000000000

bool scope_clock_was_set(const struct sluice_clock_distance *before,
			 const struct sluice_clock_distance *now,
			 uint64_t elapsed_ns)
{
	int64_t moved_ns = now->delta_ns - before->delta_ns;
	uint64_t most_ns = (uint64_t)before->error_ns + now->error_ns +
			   OFF_MOST(elapsed_ns);

	return (uint64_t)(moved_ns < 0 ? -moved_ns : moved_ns) > most_ns;
}

/* ---- the clock of a NIC ---- */

int scope_nic_clock_open(struct scope_nic_clock *clock, int index, char *error,
			 size_t error_size)
{
	char path[32];
	int err;

	snprintf(path, sizeof(path), "/dev/ptp%d", index);
	clock->fd = open(path, O_RDONLY | O_CLOEXEC);
	err = clock->fd < 0 ? -errno : 0;
	if (!err)
		err = sluice_clock_compare(sluice_clock_of(clock->fd), CLOCK_REALTIME,
					  TRIES_OPEN, 0, &clock->ahead);
	if (!err)
		err = sluice_clock_compare(sluice_clock_of(clock->fd),
					  CLOCK_MONOTONIC_RAW, TRIES_OPEN, 0,
					  &clock->distance);
	if (err)
		return sluice_refuse(-EOPNOTSUPP, error, error_size,
				     "the clock of the NIC, %s, cannot be read, so nobody can tell whether its stamps are right: %s",
				     path, strerror(-err));
	clock->looked_raw_ns = sluice_now_ns(CLOCK_MONOTONIC_RAW);
	clock->begin_ns = scope_nic_clock_now_ns(clock);
	return 0;
}

void scope_nic_clock_close(struct scope_nic_clock *clock)
{
	if (clock->fd >= 0)
		close(clock->fd);
	clock->fd = -1;
}

/* One that has gone with its device is no longer looked at: that it has gone is told elsewhere. */
int scope_nic_clock_look(struct scope_nic_clock *clock)
{
	uint64_t raw_ns = sluice_now_ns(CLOCK_MONOTONIC_RAW);
	struct sluice_clock_distance now;

	int err = sluice_clock_compare(sluice_clock_of(clock->fd), CLOCK_MONOTONIC_RAW,
				      TRIES_LOOK, 2 * clock->ahead.error_ns + 1,
				      &now);

	if (err == -ERANGE ||
	    (!err && scope_clock_was_set(&clock->distance, &now,
					 raw_ns - clock->looked_raw_ns)))
		return -ESTALE;
	if (err)
		return 0;
	clock->distance = now;
	clock->looked_raw_ns = raw_ns;
	return 0;
}

int64_t scope_nic_clock_now_ns(const struct scope_nic_clock *clock)
{
	return (int64_t)sluice_now_ns(CLOCK_MONOTONIC_RAW) +
	       clock->distance.delta_ns;
}

bool scope_nic_clock_may_be(const struct scope_nic_clock *clock,
			    int64_t stamp_ns)
{
	int64_t looked_ns = (int64_t)clock->looked_raw_ns +
			    clock->distance.delta_ns;

	if (stamp_ns < clock->begin_ns - STAMP_SLACK_NS)
		return false;
	/* Reading a clock takes longer than all else here: only where it matters. */
	return stamp_ns <= looked_ns + STAMP_SLACK_NS ||
	       stamp_ns <= scope_nic_clock_now_ns(clock) + STAMP_SLACK_NS;
}
