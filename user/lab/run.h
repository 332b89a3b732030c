/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Running guests, a few at a time, each in a process group and a directory
 * of its own. Whatever happens, no process and no directory is left behind.
 */
#ifndef SLUICE_LAB_RUN_H
#define SLUICE_LAB_RUN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "paths.h"
#include "scenario.h"

/* One guest. */
struct lab_run_item {
	const struct lab_scenario *scenario;
	const struct lab_policy *policy;
	uint64_t seed;
};

struct lab_run_options {
	unsigned int jobs;		/* guests at a time */
	const char *root;
	const struct lab_kernel *kernel;
	const char *pcap_dir;		/* NULL: captures are not kept */
	bool is_progress_shown;		/* on standard error */
};

/*
 * Run all and return the array of run objects, in the order of the items;
 * NULL with one sentence in error when a run failed or was interrupted.
 */
json_t *lab_run_items(const struct lab_run_options *options,
		      const struct lab_run_item *items, unsigned int count,
		      char *error, size_t error_size);

/* worker.c: one run from beginning to end, in the process that calls it. */
int lab_worker_run(const struct lab_run_options *options,
		   const struct lab_run_item *item, const char *dir,
		   char *error, size_t error_size);

/*
 * buffer.c: the smallest port buffer, in packets, with which each item drops
 * nothing at no less than 99 % of its goodput with an unlimited buffer, found
 * by bisection (METRICS 11, closed loop). Returns like lab_run_items the run
 * with that buffer, with `metrics.b0_closed_loop_pkts` (null: none up to
 * LAB_BUFFER_MAX_PKTS) and `metrics.utilisation_vs_buffer`.
 */
#define LAB_BUFFER_MAX_PKTS 4096
json_t *lab_buffer_search(const struct lab_run_options *options,
			  const struct lab_run_item *items, unsigned int count,
			  char *error, size_t error_size);

/* True after a signal ended the runs. */
bool lab_run_was_interrupted(void);

/* progress.c */
struct lab_progress {
	bool is_shown;
	double started_s;
	unsigned int total;		/* runs */
	bool has_line;			/* something stands on the line */
};

/* A line on stderr that counts runs, or nothing unless is_shown. */
void lab_progress_start(struct lab_progress *progress, bool is_shown,
			unsigned int total);
/* share_done counts runs, with fractions for those under way. */
void lab_progress_show(struct lab_progress *progress, unsigned int done,
		       double share_done, const char *what);
void lab_progress_end(struct lab_progress *progress);

#endif
