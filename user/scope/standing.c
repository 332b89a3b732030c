// SPDX-License-Identifier: GPL-2.0
#include "standing.h"

/* It counts if it was as long as that, up to end_ns. */
static void interval_end(struct scope_standing *standing, uint64_t end_ns)
{
	if (standing->rtts >= SCOPE_STANDING_RTTS &&
	    end_ns - standing->begin_ns >= SCOPE_STANDING_NS) {
		standing->intervals++;
		standing->sum_ns += (double)standing->least_ns;
		if (standing->least_ns > standing->highest_ns)
			standing->highest_ns = standing->least_ns;
	}
	standing->rtts = 0;
}

void scope_standing_add(struct scope_standing *standing, uint64_t time_ns,
			uint64_t rtt_ns)
{
	uint64_t since_ns = time_ns - standing->last_ns;

	if (since_ns > rtt_ns && since_ns - rtt_ns > SCOPE_STANDING_NS)
		interval_end(standing, standing->last_ns);
	else if (standing->rtts >= SCOPE_STANDING_RTTS &&
		 time_ns - standing->begin_ns >= SCOPE_STANDING_NS)
		interval_end(standing, time_ns);
	if (!standing->rtts) {
		standing->begin_ns = time_ns;
		standing->least_ns = rtt_ns;
	}
	standing->rtts++;
	standing->last_ns = time_ns;
	if (rtt_ns < standing->least_ns)
		standing->least_ns = rtt_ns;
}

void scope_standing_finish(struct scope_standing *standing)
{
	interval_end(standing, standing->last_ns);
}
