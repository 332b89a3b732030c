// SPDX-License-Identifier: GPL-2.0
/* Gap frames where they cannot fill a line; see pace_parts.h. */
#include <stdlib.h>

#include "../lib/gap.h"
#include "cmd.h"
#include "out.h"
#include "out_lapse.h"
#include "pace_parts.h"

#define PHRASE_SIZE 256

/* What the command asks for, or else what an older one has. */
static bool is_asked(const struct sluice_wish *wish)
{
	const unsigned int attribute = TCA_SLUICE_GAP_FRAMES_NS;

	if (sluice_options_has(&wish->given, attribute))
		return wish->given.values[attribute];
	return sluice_options_has(&wish->base, attribute) &&
	       wish->base.values[attribute];
}

/* How to do without: what an older command has asked for is to be taken back. */
static const char *without(const struct sluice_wish *wish)
{
	return sluice_options_has(&wish->given, TCA_SLUICE_GAP_FRAMES_NS) ?
	       "leave out gap_frames" : "say gap_frames off";
}

static int queues_refuse(const struct pace_target *target,
			 const struct sluice_wish *wish)
{
	const struct sluice_link *link = target->link;
	char channels[32];

	sluice_gap_channels_format(link, channels, sizeof(channels));
	if (!*channels)
		return out_refuse(EXIT_FAILED, target->request->command,
				  "%s: gap_frames fills the line of a device with one transmit queue, and this one has %u, which its driver cannot change: %s",
				  link->name, target->queues, without(wish));
	return out_refuse(EXIT_FAILED, target->request->command,
			  "%s: gap_frames fills the line of a device with one transmit queue, and this one has %u: run 'ethtool -L %s %s', or %s",
			  link->name, target->queues, link->name, channels,
			  without(wish));
}

/* With the next change the kernel forgets that it took an option back. */
static void lapse_look(const struct pace *pace, struct pace_target *target,
		       const struct sluice_wish *wish)
{
	char message[SLUICE_MESSAGE_SIZE];
	struct sluice_qdisc *qdiscs = NULL;
	unsigned int count = 0;

	if (!sluice_tree_has_sluice(&target->before) ||
	    sluice_qdisc_list(pace->netlink, target->link->ifindex, &qdiscs,
			      &count, message))
		return;
	sluice_lapse_find_any(target->link, target->queues, qdiscs, count,
			      &target->lapse);
	free(qdiscs);
	if (!target->lapse.is_over ||
	    sluice_options_has(&wish->given, TCA_SLUICE_GAP_FRAMES_NS) ||
	    sluice_options_has(&wish->given, TCA_SLUICE_OFFLOAD_HORIZON_NS))
		target->lapse.cause = SLUICE_LAPSE_NONE;
}

int pace_gap_check(const struct pace *pace, struct pace_target *target,
		   const struct sluice_wish *wish)
{
	const struct sluice_link *link = target->link;
	char phrase[PHRASE_SIZE];

	if (pace_target_is_fq(target))
		return EXIT_DONE;
	lapse_look(pace, target, wish);
	if (!is_asked(wish))
		return EXIT_DONE;
	switch (sluice_gap_line_find(link, phrase, sizeof(phrase))) {
	case SLUICE_GAP_LINE_BARE:
		return out_refuse(EXIT_FAILED, target->request->command,
				  "%s: %s, so the others would leave back to back: %s",
				  link->name, phrase, without(wish));
	case SLUICE_GAP_LINE_BEHIND:
		target->is_line_behind = true;
		break;
	case SLUICE_GAP_LINE_FILLED:
		break;
	}
	return target->queues > 1 ? queues_refuse(target, wish) : EXIT_DONE;
}

void pace_gap_report(const struct pace_target *target)
{
	char phrase[PHRASE_SIZE], lapse[OUT_LAPSE_SIZE];

	out_lapse_format(&target->lapse, target->link, lapse, sizeof(lapse));
	if (*lapse)
		out_refuse(EXIT_DONE, target->request->command, "%s: %s",
			   target->link->name, lapse);
	if (!target->is_line_behind)
		return;
	(void)sluice_gap_line_find(target->link, phrase, sizeof(phrase));
	out_refuse(EXIT_DONE, target->request->command,
		   "%s: %s, so gap_frames keeps departures only where what is behind it sends at the speed that it tells (ethtool %s)",
		   target->link->name, phrase, target->link->name);
}
