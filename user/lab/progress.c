// SPDX-License-Identifier: GPL-2.0
/* The line on standard error that says how far a lab command is. */
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "run.h"

/* Below this share of the work an estimate of the rest is a guess. */
#define ESTIMATE_FROM 0.02

/* Of a terminal that does not say how many it has. */
#define COLUMNS_INITIAL 80

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* A line that goes on in the next one cannot be written over. */
static int columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || size.ws_col < 2 ?
	       COLUMNS_INITIAL - 1 : size.ws_col - 1;
}

void lab_progress_start(struct lab_progress *progress, bool is_shown,
			unsigned int total)
{
	progress->is_shown = is_shown;
	progress->started_s = now_s();
	progress->total = total;
	progress->has_line = false;
}

void lab_progress_show(struct lab_progress *progress, unsigned int done,
		       double share_done, const char *what)
{
	double share = share_done / progress->total, left_s;
	char left[48] = "", line[256];

	if (!progress->is_shown)
		return;
	if (share > ESTIMATE_FROM) {
		left_s = (now_s() - progress->started_s) * (1 - share) / share;
		if (left_s < 90)
			snprintf(left, sizeof(left), ", about %.0f s left", left_s);
		else
			snprintf(left, sizeof(left), ", about %.0f min left",
				 left_s / 60 + 0.5);
	}
	snprintf(line, sizeof(line), "lab: %u of %u runs done, %.0f %%%s  (%s)",
		 done, progress->total, share * 100, left, what);
	fprintf(stderr, "\r\033[K%.*s", columns(), line);
	fflush(stderr);
	progress->has_line = true;
}

void lab_progress_end(struct lab_progress *progress)
{
	if (progress->has_line)
		fprintf(stderr, "\r\033[K");
	progress->has_line = false;
}
