/* SPDX-License-Identifier: GPL-2.0 */
/* What TCP's flows of one direction have together; of one flow the same. */
#ifndef SLUICE_SCOPE_SUMS_H
#define SLUICE_SCOPE_SUMS_H

#include "scope.h"

struct scope_sums {
	uint32_t uncertainty_ns;	/* of stamps; said before anything is added */
	uint64_t first_bytes;		/* payload that had not been sent before */
	uint64_t retransmitted_pkts;
	uint64_t loss_runs;
	uint64_t loss_run_max_pkts;
	uint64_t lost[SCOPE_PLACES];	/* sent again, by their place in a train */
	uint64_t silent_ns;		/* in front of timeouts */
	uint64_t acks_compared;
	uint64_t acks_compressed;
	uint64_t rtts;
	double inflation_sum;		/* of round trips over the least of their flow */
	uint64_t data_pkts;
	uint64_t told_pkts;		/* that say what they carry, or acknowledge */
	uint64_t untold_pkts;		/* of TCP, without their header */
	uint64_t timed;			/* round trips, as short as they may be */
	uint64_t received_intervals;	/* standing.h; where the data is received */
	uint64_t standing_intervals;	/* elsewhere */
	double standing_sum_ns;		/* of their queues */
	uint64_t standing_max_ns;
};

/* A flow more; sums are zeroes but for uncertainty_ns before the first. */
void scope_sums_add(struct scope_sums *sums, const struct scope_flow *flow);
/* ret: all flows that send in that direction. */
void scope_sums_of(const struct scope *scope, uint32_t direction,
		   struct scope_sums *ret);

/* Payload that had not been sent before, over all of the span; NAN: there was none. */
double scope_sums_goodput_bits_ps(const struct scope_sums *sums,
				  const struct scope *scope);
/* Sent again, but from where in its train is not known. */
uint64_t scope_sums_unplaced(const struct scope_sums *sums);
/* Mean of round trips over the least of their flow; NAN: none was timed. */
double scope_sums_inflation(const struct scope_sums *sums);
/* Mean of the queues that stood, of all intervals; NAN: not known. */
double scope_sums_standing(const struct scope_sums *sums);
/* Why not, as a phrase. */
const char *scope_sums_why_no_standing(const struct scope_sums *sums);

#endif
