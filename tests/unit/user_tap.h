/* SPDX-License-Identifier: GPL-2.0 */
/* Test Anything Protocol for host programs: one line per claim, plan at the end. */
#ifndef SLUICE_TESTS_USER_TAP_H
#define SLUICE_TESTS_USER_TAP_H

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static unsigned int tap_count, tap_failed;

static inline bool tap_ok(bool is_met, const char *claim)
{
	printf("%sok %u - %s\n", is_met ? "" : "not ", ++tap_count, claim);
	tap_failed += !is_met;
	return is_met;
}

static inline void tap_u64(uint64_t got, uint64_t wanted, const char *claim)
{
	if (!tap_ok(got == wanted, claim))
		printf("# got %" PRIu64 ", wanted %" PRIu64 "\n", got, wanted);
}

/* Equal to within the last bits of a double. */
static inline void tap_real(double got, double wanted, const char *claim)
{
	if (!tap_ok(fabs(got - wanted) <= 1e-12 * fabs(wanted), claim))
		printf("# got %.17g, wanted %.17g\n", got, wanted);
}

static inline void tap_text(const char *got, const char *part, const char *claim)
{
	if (!tap_ok(strstr(got, part) != NULL, claim))
		printf("# got \"%s\", wanted it to hold \"%s\"\n", got, part);
}

static inline int tap_done(void)
{
	printf("1..%u\n", tap_count);
	return tap_failed != 0;
}

#endif
