/* SPDX-License-Identifier: GPL-2.0 */
/* What verdict.c, which finds it, and verdict_text.c, which says it, share. */
#ifndef SLUICE_VERDICT_PARTS_H
#define SLUICE_VERDICT_PARTS_H

#include "verdict.h"

#define BITS_PER_BYTE	8u

/**
 * struct sluice_facts - figures that several reasons look at
 * @evidence: all of it
 * @interval: of it
 * @delta: of it
 * @rate_bytes_ps: of the device, 0: none
 * @late_ns: 99 % of the frames that waited are late by less
 * @gap_ns: see sluice_interval_gap_ns()
 * @waited: departures that had to wait
 * @trains: trains of paced flows that have ended
 * @train_frames: 99 % of the frames are in trains of at most so many
 * @least_train_frames: and more than 1 % are in trains of as many or more
 * @allowed_frames: trains that the options ask for
 */
struct sluice_facts {
	const struct sluice_evidence *evidence;
	const struct sluice_interval *interval;
	const struct tc_sluice_xstats *delta;
	uint64_t rate_bytes_ps;
	uint64_t late_ns;
	uint64_t gap_ns;
	uint64_t waited;
	uint64_t trains;
	uint64_t train_frames;
	uint64_t least_train_frames;
	uint64_t allowed_frames;
};

/* They point into the evidence, which must live as long. */
struct sluice_facts sluice_facts_of(const struct sluice_evidence *evidence);

/* Packets lost to limit and flow_limit. */
uint64_t sluice_facts_limit_dropped(const struct sluice_facts *facts);
/* Frames at the tap that no sluice has counted. */
uint64_t sluice_facts_past_frames(const struct sluice_facts *facts);

#endif
