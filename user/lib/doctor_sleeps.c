// SPDX-License-Identifier: GPL-2.0
/* How late short sleeps end: the one thing of the doctor that takes time. */
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "doctor.h"
#include "units.h"

/* Together a fifth of a second: nobody waits for it, and p99 is the third worst. */
#define SLEEPS 200u
#define SLEEP_NS 1000000u

static uint64_t time_ns(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * SLUICE_NSEC_PER_SEC +
	       (uint64_t)time->tv_nsec;
}

/* Returns how late one sleep ended, or -1. */
static int64_t sleep_once(void)
{
	struct timespec at;
	uint64_t end_ns;

	if (clock_gettime(CLOCK_MONOTONIC, &at))
		return -1;
	end_ns = time_ns(&at) + SLEEP_NS;
	at.tv_sec = (time_t)(end_ns / SLUICE_NSEC_PER_SEC);
	at.tv_nsec = (long)(end_ns % SLUICE_NSEC_PER_SEC);
	if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) ||
	    clock_gettime(CLOCK_MONOTONIC, &at))
		return -1;
	return (int64_t)(time_ns(&at) - end_ns);
}

static int late_compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

void sluice_sleeps_measure(struct sluice_sleeps *ret)
{
	int slack_ns = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
	struct timespec resolution;
	int64_t late_ns[SLEEPS];
	unsigned int i;

	memset(ret, 0, sizeof(*ret));
	if (!clock_getres(CLOCK_MONOTONIC, &resolution))
		ret->resolution_ns = time_ns(&resolution);
	/* The slack of 50 us is for processes that want to save power. */
	(void)prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	for (i = 0; i < SLEEPS; i++) {
		late_ns[i] = sleep_once();
		if (late_ns[i] < 0)
			break;
	}
	if (slack_ns > 0) {
		ret->slack_ns = (uint64_t)slack_ns;
		(void)prctl(PR_SET_TIMERSLACK, slack_ns, 0, 0, 0);
	}
	if (i < SLEEPS)
		return;
	qsort(late_ns, SLEEPS, sizeof(late_ns[0]), late_compare);
	ret->count = SLEEPS;
	ret->sleep_ns = SLEEP_NS;
	ret->median_ns = (uint64_t)late_ns[SLEEPS / 2];
	ret->p99_ns = (uint64_t)late_ns[SLEEPS * 99 / 100];
}
