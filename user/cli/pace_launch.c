// SPDX-License-Identifier: GPL-2.0
/* Launch times that not all queues of a device have; see pace.h. */
#include <linux/ethtool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/probe.h"
#include "cmd.h"
#include "out.h"
#include "pace_parts.h"

/* So many ranges of queues are told; no NIC is known that has more than one. */
#define RANGES_MAX 8

/**
 * struct launches - which queues have launch times
 * @queues: those that were asked
 * @taken: those that have them
 * @ranges: of their numbers, first and last
 * @ranges_count: how many; more than RANGES_MAX are not told
 */
struct launches {
	unsigned int queues;
	unsigned int taken;
	unsigned int ranges[RANGES_MAX][2];
	unsigned int ranges_count;
};

static void launches_add(struct launches *launches, unsigned int queue)
{
	unsigned int *last = launches->ranges_count ?
			     launches->ranges[launches->ranges_count - 1] : NULL;

	launches->taken++;
	if (last && last[1] + 1 == queue) {
		last[1] = queue;
	} else if (launches->ranges_count < RANGES_MAX) {
		last = launches->ranges[launches->ranges_count++];
		last[0] = last[1] = queue;
	}
}

/* Those before step @at have been taken; the ones behind it are asked now. */
static struct launches launches_look(struct pace *pace,
				     const struct pace_target *target,
				     unsigned int at)
{
	struct launches launches = { .queues = 0 };
	char message[SLUICE_MESSAGE_SIZE];
	unsigned int i;

	for (i = 0; i < target->plan.count; i++) {
		const struct sluice_step *step = &target->plan.steps[i];
		const struct sluice_plan one = {
			.steps = &target->plan.steps[i], .count = 1,
		};

		if (!sluice_step_is_launch(step))
			continue;
		launches.queues++;
		if (i < at || (i > at &&
			       !sluice_plan_apply(pace->netlink,
						  target->link->ifindex, &one,
						  message)))
			launches_add(&launches, TC_H_MIN(step->parent) - 1);
	}
	return launches;
}

/* "0", "0 and 1", "0 to 3, 8" */
static void ranges_format(const struct launches *launches, char *text,
			  size_t text_size)
{
	size_t length = 0;
	unsigned int i;

	for (i = 0; i < launches->ranges_count && length < text_size; i++) {
		const unsigned int *range = launches->ranges[i];

		length += (size_t)snprintf(text + length, text_size - length,
					   "%s%u", i ? ", " : "", range[0]);
		if (range[1] > range[0] && length < text_size)
			length += (size_t)snprintf(text + length,
						   text_size - length,
						   range[1] == range[0] + 1 ?
						   " and %u" : " to %u",
						   range[1]);
	}
}

/* Leaves the device those that have them, if they are its first. "": it cannot. */
static void remedy_format(const struct sluice_link *link,
			  const struct launches *launches, char *text,
			  size_t text_size)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };

	text[0] = '\0';
	if (launches->ranges_count == 1 && !launches->ranges[0][0] &&
	    !sluice_probe_ethtool(link->name, &channels) &&
	    (channels.max_combined || channels.max_tx))
		snprintf(text, text_size,
			 "run 'ethtool -L %s %s %u', which leaves it those alone, or ",
			 link->name, channels.combined_count ? "combined" : "tx",
			 launches->taken);
}

int pace_launch_refuse(struct pace *pace, const struct pace_target *target,
		       unsigned int at)
{
	struct launches launches;
	char ranges[128], remedy[128];

	if (at >= target->plan.count ||
	    !sluice_step_is_launch(&target->plan.steps[at]))
		return EXIT_DONE;
	launches = launches_look(pace, target, at);
	if (!launches.taken)
		return EXIT_DONE;
	ranges_format(&launches, ranges, sizeof(ranges));
	remedy_format(target->link, &launches, remedy, sizeof(remedy));
	return out_refuse(EXIT_FAILED, target->request->command,
			  "%s: of its %u queues %s alone take%s launch times: %sleave out offload_horizon",
			  target->link->name, launches.queues, ranges,
			  launches.taken == 1 ? "s" : "", remedy);
}
