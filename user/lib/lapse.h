/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Options by which something else than a timer keeps departures (gap_frames,
 * offload_horizon): what has become of the device since they were asked for. The kernel
 * takes them back where it notices that they cannot be kept any more, and it does not
 * notice all.
 *
 * Part of libsluice: nothing here prints or exits.
 */
#ifndef SLUICE_LAPSE_H
#define SLUICE_LAPSE_H

#include "link.h"
#include "qdisc.h"

#define SLUICE_LAPSE_SIZE 160

enum sluice_lapse_cause {
	SLUICE_LAPSE_NONE,
	SLUICE_LAPSE_QUEUES,	/* gap_frames: more queues than one share the line */
	SLUICE_LAPSE_PAUSE,	/* gap_frames: it may tell its link partner to stop */
	SLUICE_LAPSE_SPEED,	/* gap_frames: its driver does not tell the link's speed */
	SLUICE_LAPSE_BYGONE,	/* gap_frames: one of these, which has gone again */
	SLUICE_LAPSE_ANEW,	/* offload_horizon: it has made its queues anew */
};

/**
 * struct sluice_lapse - an option that is not kept any more
 * @cause: why
 * @is_over: the kernel has taken it back
 * @queues: transmit queues that the device has in use
 */
struct sluice_lapse {
	enum sluice_lapse_cause cause;
	bool is_over;
	unsigned int queues;
};

/* Of one of the qdiscs of a device that has so many queues in use. */
void sluice_lapse_find(const struct sluice_link *link, unsigned int queues,
		       const struct sluice_qdisc *qdisc,
		       struct sluice_lapse *ret);

/* The first of several qdiscs that has one. */
void sluice_lapse_find_any(const struct sluice_link *link, unsigned int queues,
			   const struct sluice_qdisc *qdiscs, unsigned int count,
			   struct sluice_lapse *ret);

/* The option that it is about, and the cause in one word. */
const char *sluice_lapse_option(const struct sluice_lapse *lapse);
const char *sluice_lapse_key(const struct sluice_lapse *lapse);

/*
 * "gap_frames is off, because ...", and the command that mends it, "" where the driver
 * cannot. Each takes SLUICE_LAPSE_SIZE bytes.
 */
void sluice_lapse_say(const struct sluice_lapse *lapse, char *text);
void sluice_lapse_fix(const struct sluice_lapse *lapse,
		      const struct sluice_link *link, char *text);

#endif
