// SPDX-License-Identifier: GPL-2.0
/* Options that are not kept any more; see lapse.h. */
#include "lapse.h"

#include <linux/ethtool.h>
#include <stdio.h>

#include "gap.h"
#include "probe.h"
#include "word.h"

/* May the device tell its link partner to stop? */
static bool has_tx_pause(const struct sluice_link *link)
{
	struct ethtool_pauseparam pause = { .cmd = ETHTOOL_GPAUSEPARAM };

	return !sluice_probe_ethtool(link->name, &pause) && pause.tx_pause;
}

static enum sluice_lapse_cause gap_cause(const struct sluice_link *link,
					 unsigned int queues, bool is_over)
{
	if (queues > 1)
		return SLUICE_LAPSE_QUEUES;
	if (has_tx_pause(link))
		return SLUICE_LAPSE_PAUSE;
	if (is_over)
		return SLUICE_LAPSE_BYGONE;
	return link->has_carrier && !sluice_link_speed_bits_ps(link) ?
	       SLUICE_LAPSE_SPEED : SLUICE_LAPSE_NONE;
}

void sluice_lapse_find(const struct sluice_link *link, unsigned int queues,
		       const struct sluice_qdisc *qdisc,
		       struct sluice_lapse *ret)
{
	*ret = (struct sluice_lapse){ .queues = queues };
	if (!sluice_qdisc_is_ours(qdisc))
		return;
	ret->is_over = qdisc->xstats.gap_is_ended;
	if (ret->is_over ||
	    qdisc->options.values[TCA_SLUICE_GAP_FRAMES_NS]) {
		ret->cause = gap_cause(link, queues, ret->is_over);
	} else if (qdisc->xstats.offload_is_ended) {
		ret->is_over = true;
		ret->cause = SLUICE_LAPSE_ANEW;
	}
}

void sluice_lapse_find_any(const struct sluice_link *link, unsigned int queues,
			   const struct sluice_qdisc *qdiscs, unsigned int count,
			   struct sluice_lapse *ret)
{
	unsigned int i;

	*ret = (struct sluice_lapse){ .cause = SLUICE_LAPSE_NONE };
	for (i = 0; !ret->cause && i < count; i++)
		sluice_lapse_find(link, queues, &qdiscs[i], ret);
}

const char *sluice_lapse_option(const struct sluice_lapse *lapse)
{
	return lapse->cause == SLUICE_LAPSE_ANEW ? "offload_horizon" :
						   "gap_frames";
}

const char *sluice_lapse_key(const struct sluice_lapse *lapse)
{
	static const char *const keys[] = {
		[SLUICE_LAPSE_QUEUES] = "queues",
		[SLUICE_LAPSE_PAUSE] = "pause",
		[SLUICE_LAPSE_SPEED] = "speed",
		[SLUICE_LAPSE_BYGONE] = "bygone",
		[SLUICE_LAPSE_ANEW] = "anew",
	};

	return keys[lapse->cause];
}

/* What is the matter, and what it does while the option is in force. */
static void phrases_make(const struct sluice_lapse *lapse, char *phrase,
			 size_t phrase_size, const char **ret_effect)
{
	*ret_effect = "";
	phrase[0] = '\0';
	switch (lapse->cause) {
	case SLUICE_LAPSE_NONE:
		break;
	case SLUICE_LAPSE_QUEUES:
		snprintf(phrase, phrase_size,
			 "the device has %u transmit queues now", lapse->queues);
		*ret_effect = ", which share the line: it ends with the next frame";
		break;
	case SLUICE_LAPSE_PAUSE:
		snprintf(phrase, phrase_size,
			 "the device may pause its link partner now");
		*ret_effect = ", and the next gap frame ends the pause";
		break;
	case SLUICE_LAPSE_SPEED:
		snprintf(phrase, phrase_size,
			 "the driver does not tell the link's speed any more");
		*ret_effect = ", by which gap frames are counted";
		break;
	case SLUICE_LAPSE_BYGONE:
		snprintf(phrase, phrase_size,
			 "the device had more transmit queues for a while, or might have paused its link partner");
		break;
	case SLUICE_LAPSE_ANEW:
		snprintf(phrase, phrase_size,
			 "the device has made its transmit queues anew (ethtool -L)");
		break;
	}
}

void sluice_lapse_say(const struct sluice_lapse *lapse, char *text)
{
	const char *effect;
	char phrase[100];

	phrases_make(lapse, phrase, sizeof(phrase), &effect);
	snprintf(text, SLUICE_LAPSE_SIZE, "%s is %s %s%s",
		 sluice_lapse_option(lapse),
		 lapse->is_over ? "off, because" : "on, but", phrase,
		 lapse->is_over ? "" : effect);
}

void sluice_lapse_fix(const struct sluice_lapse *lapse,
		      const struct sluice_link *link, char *text)
{
	char channels[32], word[SLUICE_WORD_SIZE];

	text[0] = '\0';
	sluice_word_make(link->name, word);
	switch (lapse->cause) {
	case SLUICE_LAPSE_QUEUES:
		sluice_gap_channels_format(link, channels, sizeof(channels));
		if (*channels)
			snprintf(text, SLUICE_LAPSE_SIZE, "ethtool -L %s %s",
				 word, channels);
		break;
	case SLUICE_LAPSE_PAUSE:
		snprintf(text, SLUICE_LAPSE_SIZE,
			 "ethtool -A %s autoneg off tx off", word);
		break;
	case SLUICE_LAPSE_SPEED:
		snprintf(text, SLUICE_LAPSE_SIZE, "sluice on %s gap_frames off",
			 word);
		break;
	case SLUICE_LAPSE_NONE:
	case SLUICE_LAPSE_BYGONE:
	case SLUICE_LAPSE_ANEW:
		break;
	}
}
