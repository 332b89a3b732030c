// SPDX-License-Identifier: GPL-2.0
/* Launch times; see launch.h. */
#include "launch.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <string.h>
#include <sys/timex.h>

#include "probe.h"
#include "refuse.h"
#include "units.h"

/* Of the horizon: half of what the timer fires ahead (SLUICE_LAUNCH_EARLY_SHIFT). */
#define CLOCK_OFF_SHIFT 3

static int distance_judge(int phc, const struct sluice_clock_distance *distance,
			  uint64_t horizon_ns, char *error, size_t error_size)
{
	uint64_t off_ns = (uint64_t)(distance->delta_ns < 0 ?
				     -distance->delta_ns : distance->delta_ns);
	char off[32], most[32];

	if (off_ns <= (horizon_ns >> CLOCK_OFF_SHIFT) + distance->error_ns)
		return 0;
	sluice_format_time_about(off_ns, off, sizeof(off));
	sluice_format_time_about(horizon_ns >> CLOCK_OFF_SHIFT, most,
				 sizeof(most));
	return sluice_refuse(-ERANGE, error, error_size,
			     "clock, /dev/ptp%d, is %s %s CLOCK_TAI, of which it may be %s off: it would send frames at other times than asked for",
			     phc, off,
			     distance->delta_ns < 0 ? "behind" : "ahead of",
			     most);
}

int sluice_launch_check(const struct sluice_link *link, uint64_t horizon_ns,
			char *error, size_t error_size)
{
	struct ethtool_ts_info info = { .cmd = ETHTOOL_GET_TS_INFO };
	struct sluice_clock_distance distance;
	int err;

	if (link->pacing_horizon_ns)
		return 0;
	if (sluice_probe_ethtool(link->name, &info) || info.phc_index < 0)
		return sluice_refuse(-EOPNOTSUPP, error, error_size,
				     "driver tells no clock (PHC), so departures cannot be left to it");
	err = sluice_probe_tai(info.phc_index, &distance);
	if (err)
		return sluice_refuse(err, error, error_size,
				     "clock, /dev/ptp%d, cannot be read, so nobody can tell whether it would send when asked for: %s",
				     (int)info.phc_index, strerror(-err));
	return distance_judge((int)info.phc_index, &distance, horizon_ns, error,
			      error_size);
}

int sluice_launch_tai_s(void)
{
	struct timex timex = { .modes = 0 };

	return adjtimex(&timex) < 0 ? 0 : timex.tai;
}
