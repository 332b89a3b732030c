/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What to ask of a pacer after a burst test, as far as the test tells. Pure.
 *
 * A frame at a time needs room for one packet of each flow that meets others in
 * the queue, and with a rate below the bottleneck for one packet in all. With that
 * rate a train may be as long as the burst that was absorbed, for it has drained
 * when the next one comes.
 */
#ifndef SLUICE_BURST_ADVICE_H
#define SLUICE_BURST_ADVICE_H

#include "burst.h"

enum burst_advice_kind {
	BURST_ADVICE_NONE,	/* it is not known what the path absorbs */
	BURST_ADVICE_LEAVE,	/* nothing was too long for it */
	BURST_ADVICE_LONGER,	/* nothing was, but little was tried */
	BURST_ADVICE_SPACE,	/* pace; its rate was not seen */
	BURST_ADVICE_RATE,	/* pace below the bottleneck */
};

/**
 * struct burst_advice - what follows
 * @kind: it
 * @rate_bits_ps: what to ask for, at layer 1 (BURST_ADVICE_RATE): three digits,
 *	one percent below the bottleneck as the median of long bursts has it
 * @spread_ppm: from the slowest to the fastest of these
 * @train_frames: trains that fit are up to so long; 1: single frames
 */
struct burst_advice {
	enum burst_advice_kind kind;
	uint64_t rate_bits_ps;
	uint64_t spread_ppm;
	uint32_t train_frames;
};

/* What follows from a test that has ended; fills all of @ret. */
void burst_advise(const struct burst_result *result,
		  struct burst_advice *ret);

#endif
