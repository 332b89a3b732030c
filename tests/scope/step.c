// SPDX-License-Identifier: GPL-2.0
/*
 * Preloaded into a program: its wall clock is set by STEP_S seconds (forward, or back where
 * that is negative) one second after it has started.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static int (*next)(clockid_t, struct timespec *);
static struct timespec start;
static long step_s;

/* At the start: what looks for symbols later may be refused by then. */
__attribute__((constructor)) static void step_read(void)
{
	const char *text = getenv("STEP_S");

	*(void **)&next = dlsym(RTLD_NEXT, "clock_gettime");
	next(CLOCK_MONOTONIC, &start);
	step_s = text ? strtol(text, NULL, 10) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	struct timespec now;
	int err = next(clock, ret);

	if (clock == CLOCK_REALTIME && !next(CLOCK_MONOTONIC, &now) &&
	    now.tv_sec > start.tv_sec + 1)
		ret->tv_sec += step_s;
	return err;
}
