/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A stream against the rate that it was told to keep: the generic cell rate
 * algorithm (ITU-T I.371) with frames for cells,
 *
 *   TAT_i = max(t_i, TAT_(i-1)) + 8 L_i / r,
 *
 * where TAT is the earliest time that the next frame may come. A frame before it
 * is early; the largest such lead is the delay variation (CDVT). A frame behind
 * it is not late: that nothing was ready cannot be seen from outside.
 */
#ifndef SLUICE_COMMANDED_H
#define SLUICE_COMMANDED_H

#include <stdint.h>

#include "quantile.h"

struct sluice_commanded {
	uint64_t rate_bits_ps;
	uint32_t uncertainty_ns;
	uint64_t pkts;
	uint64_t bytes;
	uint64_t first_ns;
	uint64_t last_ns;
	uint32_t last_bytes;
	uint64_t tat_ns;
	uint64_t tat_rest;		/* of 1 ns, in units of 1 / rate */
	struct sluice_hist early;	/* leads above the uncertainty */
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
 * ppm; 0 with fewer than two frames.
 */
double sluice_commanded_error_ppm(const struct sluice_commanded *commanded);

#endif
