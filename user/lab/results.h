/* SPDX-License-Identifier: GPL-2.0 */
/* The results of a lab command, and what they say about expected numbers. */
#ifndef SLUICE_LAB_RESULTS_H
#define SLUICE_LAB_RESULTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "paths.h"
#include "scenario.h"

/* Takes over runs. command: how to make the same again. */
json_t *lab_results_make(const struct lab_scenario *scenario,
			 const struct lab_kernel *kernel, const char *command,
			 json_t *runs);
/* True if no expected number was missed. */
bool lab_results_all_met(const json_t *results);
int lab_results_save(const json_t *results, const char *path, char *error,
		     size_t error_size);
json_t *lab_results_load(const char *path, char *error, size_t error_size);

/*
 * Mean, smallest and largest of a number (dotted key) over the runs of a
 * policy. Returns the number of runs that have it.
 */
struct lab_spread {
	double mean, min, max;
};
unsigned int lab_results_spread(const json_t *runs, const char *policy,
				const char *key, struct lab_spread *spread);

/*
 * compare.c: what changed between two results, as a table, and what only one of
 * them has. Returns 0; -ENOENT: they have no policy in common; -EIO.
 */
int lab_compare_write(const json_t *a, const json_t *b, FILE *out);

#endif
