// SPDX-License-Identifier: GPL-2.0
/* TAP lines, ends, clocks and random numbers; see fault.h. */
#include "fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

bool ok(bool passed, const char *format, ...)
{
	va_list args;

	fputs(passed ? "ok - " : "not ok - ", stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	return passed;
}

void note(const char *format, ...)
{
	va_list args;

	fputs("# ", stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

void die(const char *format, ...)
{
	int err = errno;
	va_list args;

	fflush(stdout);
	fputs("fault: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, " (%s)\n", strerror(err));
	exit(1);
}

int64_t clock_now_ns(int clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now))
		die("cannot read clock %d", clock);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

void sleep_ns(int64_t ns)
{
	struct timespec left = { .tv_sec = ns / NSEC_PER_SEC,
				 .tv_nsec = ns % NSEC_PER_SEC };

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
		;
}

uint64_t random_next(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 2685821657736338717ull;
}
