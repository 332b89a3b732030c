/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A stream against the rate r that it was told to keep, by four measures.
 *
 * CDVT is by the generic cell rate algorithm (ITU-T I.371) with frames for cells,
 *
 *   TAT_i = max(t_i, TAT_(i-1)) + 8 L_i / r,
 *
 * where TAT is the earliest time that the next frame may come. A frame before it
 * is early; the largest such lead is the delay variation. A frame behind it is not
 * late: that nothing was ready cannot be seen from outside.
 *
 * Departure error is t_i - d_i, early and late apart, with what was meant inferred:
 *
 *   d_i = d_(i-1) + 8 L_(i-1) / r,
 *
 * as if something had always been ready. A frame that comes more than 262 us and
 * its own 8 L / r behind d_i is taken as the first after a pause: d_i = t_i. Thus
 * what a sender catches up with is late here once, and none of it is early.
 *
 * Rate errors are (R - r) / r in windows of 1 s and 100 ms from the first frame on.
 * R is of the time from the first frame of a window to the first one behind it, so
 * a constant rate has none, whatever the window cuts.
 *
 * Phase is that of phase.h.
 */
#ifndef SLUICE_COMMANDED_H
#define SLUICE_COMMANDED_H

#include <stdint.h>

#include "metrics.h"
#include "phase.h"
#include "quantile.h"

#define SLUICE_COMMANDED_WINDOWS	2u	/* 1 s, 100 ms */

extern const uint64_t sluice_commanded_windows_ns[SLUICE_COMMANDED_WINDOWS];

/* Rate errors in windows of one length. */
struct sluice_rate_errors {
	uint64_t end_ns;		/* of the window under way */
	uint64_t first_ns;		/* its first frame */
	uint64_t bytes;			/* in it */
	uint64_t windows;		/* that are over */
	double min_ppm;
	double max_ppm;
};

struct sluice_commanded {
	uint64_t rate_bits_ps;
	uint32_t uncertainty_ns;
	uint64_t pkts;
	uint64_t bytes;
	uint64_t first_ns;
	uint64_t last_ns;
	uint32_t last_bytes;
	uint64_t frame_ns;		/* 8 L / r of that, and what is less than 1 ns */
	uint64_t frame_rest;		/* in units of 1 / rate */
	uint64_t tat_ns;
	uint64_t tat_rest;
	struct sluice_hist early;	/* leads of TAT above the uncertainty */
	uint64_t ideal_ns;		/* T_i of phase.h */
	uint64_t ideal_rest;
	uint64_t begin_ns;		/* d_i is that and T_i */
	uint64_t pauses;
	uint64_t pause_max_ns;
	struct sluice_departure departure;
	struct sluice_hist over_frame;	/* |t_i - d_i| / (8 L_i / r), in thousandths */
	struct sluice_rate_errors rate_errors[SLUICE_COMMANDED_WINDOWS];
	struct sluice_phase phase;
};

/* Rate above 0. Returns 0 or -1 (no memory); done accepts what init refused. */
int sluice_commanded_init(struct sluice_commanded *commanded,
			  uint64_t rate_bits_ps, uint32_t uncertainty_ns);
void sluice_commanded_done(struct sluice_commanded *commanded);

/* Time must not go backwards. bytes as the rate counts them. */
void sluice_commanded_add(struct sluice_commanded *commanded, uint64_t time_ns,
			  uint32_t bytes);

/*
 * How far the mean rate from first to last frame is from the commanded one, in
 * ppm; NAN where all came at one time.
 */
double sluice_commanded_error_ppm(const struct sluice_commanded *commanded);

/* The worst of windows that are over, in ppm; NAN if none is. */
double sluice_rate_errors_worst_ppm(const struct sluice_rate_errors *errors);

#endif
