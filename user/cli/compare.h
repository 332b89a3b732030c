/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two sets of results of `sluice scope --json`, such as those of the same host
 * with and without pacing: which figures differ by more than the runs of each
 * set do among themselves. What a user feels (goodput, losses, queues) decides;
 * the shape of what leaves is only the means to that, and is shown beside it.
 */
#ifndef SLUICE_COMPARE_H
#define SLUICE_COMPARE_H

#include <jansson.h>
#include <stdio.h>

#include "../lib/sample.h"

#define COMPARE_FIGURES 11u

enum compare_verdict {
	COMPARE_UNKNOWN,	/* one run has no spread, or there is no figure */
	COMPARE_NO_BENEFIT,	/* nothing that counts differs */
	COMPARE_BETTER,
	COMPARE_WORSE,
	COMPARE_MIXED,
};

/**
 * struct compare_side - one set
 * @name: of its file
 * @runs: results in it
 * @missed_runs: of them, in how many packets were missed
 * @figures: by the number of the figure
 */
struct compare_side {
	const char *name;
	unsigned int runs;
	unsigned int missed_runs;
	struct sluice_sample figures[COMPARE_FIGURES];
};

struct compare {
	struct compare_side before;
	struct compare_side after;
};

#define COMPARE_ERROR_SIZE 512

/*
 * Read all results of a file, one JSON object after another; objects that are no
 * result, such as the lines of an interval, are passed over. Returns 0; -EINVAL
 * or -errno with a phrase in @error, of COMPARE_ERROR_SIZE.
 */
int compare_read(FILE *file, const char *name, struct compare_side *ret,
		 char *error);

/* Of the figures that decide: what differs by more than the runs among themselves. */
enum compare_verdict compare_judge(const struct compare *compare);

/* For people, the verdict in the first line; and for programs. */
void compare_print(FILE *out, const struct compare *compare);
json_t *compare_json(const struct compare *compare);

#endif
