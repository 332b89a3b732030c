// SPDX-License-Identifier: GPL-2.0
/* The named cases of core/vectors*.h; KUnit runs the same ones in the kernel. */
#include <stdlib.h>

#include "../../core/vectors.h"
#include "../../core/vectors_wheel.h"
#include "user_tap.h"

static void report(const char *thing, const char *name, int failed_step)
{
	char claim[160];

	snprintf(claim, sizeof(claim), "%s: %s", thing, name);
	if (!tap_ok(!failed_step, claim))
		printf("# step %d\n", failed_step);
}

int main(void)
{
	u32 i;

	for (i = 0; i < PACE_CASES(pace_wire_cases); i++)
		report("wire", pace_wire_cases[i].name,
		       pace_wire_case_check(&pace_wire_cases[i]));
	for (i = 0; i < PACE_CASES(pace_rate_cases); i++)
		report("rate", pace_rate_cases[i].name,
		       pace_rate_case_check(&pace_rate_cases[i]));
	for (i = 0; i < PACE_CASES(pace_clock_cases); i++)
		report("clock", pace_clock_cases[i].name,
		       pace_clock_case_check(&pace_clock_cases[i]));
	for (i = 0; i < PACE_CASES(pace_hist_cases); i++)
		report("hist", pace_hist_cases[i].name,
		       pace_hist_case_check(&pace_hist_cases[i]));
	for (i = 0; i < PACE_CASES(pace_codel_cases); i++)
		report("codel", pace_codel_cases[i].name,
		       pace_codel_case_check(&pace_codel_cases[i]));
	for (i = 0; i < PACE_CASES(pace_smooth_cases); i++)
		report("smooth", pace_smooth_cases[i].name,
		       pace_smooth_case_check(&pace_smooth_cases[i]));
	for (i = 0; i < PACE_CASES(pace_wheel_cases); i++) {
		const u32 wide_bits = i % 2 ? PACE_WHEEL_WIDE_BITS_MAX :
					      PACE_WHEEL_WIDE_BITS_MIN;
		void *memory = calloc(1, pace_wheel_memory_bytes(wide_bits));

		report("wheel", pace_wheel_cases[i].name,
		       pace_wheel_case_check(&pace_wheel_cases[i], memory,
					     wide_bits));
		free(memory);
	}
	return tap_done();
}
