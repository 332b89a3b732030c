/* SPDX-License-Identifier: GPL-2.0 */
/* The directory of one run: what the guest needs goes in, results come out. */
#ifndef SLUICE_LAB_RUNDIR_H
#define SLUICE_LAB_RUNDIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "paths.h"
#include "plan.h"

/*
 * Directory for all runs of a command: in $TMPDIR, /dev/shm or /tmp. What
 * commands that were killed have left there is removed first. Returns 0, and
 * *ret_lock says that its owner lives: close it when the directory is removed.
 */
int lab_rundir_base(char *path, size_t path_size, uint64_t need_bytes,
		    int *ret_lock, char *error, size_t error_size);
/* For whoever looks for a mistake: directories of runs that failed stay. */
bool lab_rundir_is_kept(void);
/* Nothing can be written to it any more. */
bool lab_rundir_is_full(const char *dir);
/* Upper bound of what one run writes. */
uint64_t lab_rundir_bytes(const struct lab_scenario *scenario);
/* Make dir and fill it for one run. */
int lab_rundir_make(const char *dir, const char *root,
		    const struct lab_kernel *kernel,
		    const struct lab_plan *plan, char *error,
		    size_t error_size);
/* Remove a directory with all that is in it; silent if it is not there. */
void lab_rundir_remove(const char *dir);
int lab_file_copy(const char *from, const char *to, char *error,
		  size_t error_size);
/* All of the file from goes to out, which is open and called to. */
int lab_file_send(const char *from, int out, const char *to, char *error,
		  size_t error_size);

#endif
