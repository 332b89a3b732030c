/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Was what pacing promises kept? Arithmetic over what was measured; nothing is
 * asked, nothing is printed.
 *
 * The promise is a gap behind each frame (P1, P2). Two things show whether it
 * was kept: how late frames left, for who is late by a gap either catches up,
 * and two frames come together, or loses rate; and trains, frames closer than
 * half their gap. Both are judged by what 99 of 100 frames did.
 */
#ifndef SLUICE_VERDICT_H
#define SLUICE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "interval.h"

/* The share of the frames that a promise must hold for: 99 of 100. */
#define SLUICE_VERDICT_PARTS	99u
#define SLUICE_VERDICT_WHOLE	100u
/* With fewer frames there is no hundredth part of them. */
#define SLUICE_VERDICT_FRAMES_MIN	100u
/*
 * A flow may catch up at most 250 us (SLUICE_BURST_AUTO_MAX_NS of the module);
 * what is later is lost as rate. The histogram can tell 2^18 ns from more.
 */
#define SLUICE_VERDICT_LATE_MAX_NS	(UINT64_C(1) << 18)
/* The buffer of the switch port in scenarios/six.scenario: longer trains do not fit. */
#define SLUICE_VERDICT_TRAIN_MAX_FRAMES	16u
/*
 * Lost to a limit of the qdisc. Reno's window at a loss of 100 ppm is 122
 * segments, 1 Gb/s over 1.5 ms: more than that is felt on every path.
 */
#define SLUICE_VERDICT_LOST_MAX_PPM	100u
/* Frames at the tap that no sluice has counted; what lies at the ends is less. */
#define SLUICE_VERDICT_PAST_MAX_PPM	10000u
/* The link is full: what is missing are its clock's and ours to differ in. */
#define SLUICE_VERDICT_LINK_FULL_PERCENT	98u

/* From the least to the most that an operator must know of: the worst counts. */
enum sluice_verdict_kind {
	SLUICE_VERDICT_NO_LINK,
	SLUICE_VERDICT_NO_DIFFERENCE,
	SLUICE_VERDICT_KEPT,
	SLUICE_VERDICT_TRAINS,
	SLUICE_VERDICT_NOT_KEPT,
};

/* In the order in which they are looked for: the first that holds is it. */
enum sluice_reason {
	SLUICE_REASON_NONE,
	SLUICE_REASON_GONE,		/* the device */
	SLUICE_REASON_ABSENT,		/* there is no sluice */
	SLUICE_REASON_NO_LINK,		/* all the time: there is nothing to judge */
	SLUICE_REASON_DOWN,		/* the device, for a part of it */
	SLUICE_REASON_REPLACED,		/* the qdisc, meanwhile */
	SLUICE_REASON_CHANGED,		/* its options, meanwhile */
	SLUICE_REASON_LINK,		/* the rate is above the link's */
	SLUICE_REASON_LIMIT,		/* packets lost to a limit */
	SLUICE_REASON_CORRUPT,		/* super-packets that nobody can cut */
	SLUICE_REASON_UNCUT,		/* no memory or code to cut */
	SLUICE_REASON_NO_FLOW,		/* no memory for flows */
	SLUICE_REASON_HORIZON,		/* departures asked for beyond it */
	SLUICE_REASON_PAST,		/* frames that have not passed sluice */
	SLUICE_REASON_RATE,		/* more was sent than the rate allows */
	/* of these pacing makes no difference */
	SLUICE_REASON_NO_TRAFFIC,
	SLUICE_REASON_UNPACED,		/* no flow has a rate */
	SLUICE_REASON_BELOW,		/* hardly a frame had to wait */
	/* and of these it is not kept */
	SLUICE_REASON_LINK_FULL,	/* flows ask for more than the link has */
	SLUICE_REASON_LATE_TIMERS,
	SLUICE_REASON_LATE_DEVICE,	/* what takes the frames is late */
	SLUICE_REASON_BURST,		/* late timers have made it grow */
	SLUICE_REASON_LONG_TRAINS,
	SLUICE_REASONS
};

/**
 * struct sluice_evidence - all that a verdict looks at
 * @interval: what the qdiscs counted, from one look or more after the first
 * @link_bits_ps: speed of the link, 0: not known
 * @tap_frames: frames that a tap saw meanwhile, 0: there was none, or it missed
 *	some
 * @tap_train_frames: 99 % of the frames of a commanded rate are in trains of at
 *	most so many at the tap; 0: not known
 */
struct sluice_evidence {
	const struct sluice_interval *interval;
	uint64_t link_bits_ps;
	uint64_t tap_frames;
	uint64_t tap_train_frames;
};

/**
 * struct sluice_verdict - what it comes to
 * @kind: the verdict
 * @reason: why, where it is not simply kept
 * @train_frames: the promise holds for trains of so many frames; 1: for frames
 */
struct sluice_verdict {
	enum sluice_verdict_kind kind;
	enum sluice_reason reason;
	uint64_t train_frames;
};

/* The first reason that applies decides; the reasons stand in that order above. */
void sluice_verdict_find(const struct sluice_evidence *evidence,
			 struct sluice_verdict *ret);

/* One phrase, without a full stop: "kept only within trains of 4 frames". */
void sluice_verdict_say(const struct sluice_verdict *verdict,
			const struct sluice_evidence *evidence, char *text,
			size_t text_size);

/* "kept", "kept_in_trains", "not_kept", "no_difference", "no_link". */
const char *sluice_verdict_key(enum sluice_verdict_kind kind);
/* "late_timers"; NULL for SLUICE_REASON_NONE. */
const char *sluice_reason_key(enum sluice_reason reason);

/* ---- figures of an interval ---- */

/*
 * The value that 99 % of the counted ones stay below: the end of its bucket. 0
 * where all of them are 0 or none was counted.
 */
uint64_t sluice_interval_lateness_ns(const struct sluice_interval *interval);

/*
 * Departures, and those of them that had to wait for their time: frames, or
 * trains that the options cut.
 */
uint64_t sluice_interval_departures(const struct sluice_interval *interval);
uint64_t sluice_interval_waited(const struct sluice_interval *interval);

/*
 * 99 % of the frames of paced flows are in trains of at most so many, as the
 * end of its bucket; trains that the options cut count with all their frames.
 * 0: no train has ended.
 */
uint64_t sluice_interval_train_frames(const struct sluice_interval *interval);

/*
 * What the mean frame takes at the rate of the device, or else at the highest
 * of a flow (maxrate); 0: neither is set, or nothing was sent.
 */
uint64_t sluice_interval_gap_ns(const struct sluice_interval *interval);

#endif
