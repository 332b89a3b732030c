/* SPDX-License-Identifier: GPL-2.0 */
/* What TCP's flows of one direction have together; of one flow the same. */
#ifndef SLUICE_SCOPE_SUMS_H
#define SLUICE_SCOPE_SUMS_H

#include "scope.h"

struct scope_sums {
	uint64_t retransmitted_pkts;
	uint64_t loss_runs;
	uint64_t loss_run_max_pkts;
	uint64_t lost[SCOPE_PLACES];	/* sent again, by their place in a train */
	uint64_t silent_ns;		/* in front of timeouts */
	uint64_t acks_compared;
	uint64_t acks_compressed;
	uint64_t rtts;
	double inflation_sum;		/* of round trips over the least of their flow */
};

void scope_sums_add(struct scope_sums *sums, const struct scope_flow *flow);
/* ret: all flows that send in that direction. */
void scope_sums_of(const struct scope *scope, uint32_t direction,
		   struct scope_sums *ret);

/* Sent again, but from where in its train is not known. */
uint64_t scope_sums_unplaced(const struct scope_sums *sums);
/* Mean of round trips over the least of their flow; NAN: none was timed. */
double scope_sums_inflation(const struct scope_sums *sums);

#endif
