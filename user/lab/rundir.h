/* SPDX-License-Identifier: GPL-2.0 */
/* The directory of one run: what the guest needs goes in, results come out. */
#ifndef SLUICE_LAB_RUNDIR_H
#define SLUICE_LAB_RUNDIR_H

#include <stddef.h>
#include <stdint.h>

#include "paths.h"
#include "plan.h"

/* Directory for all runs of a command: $TMPDIR, /dev/shm or /tmp. */
int lab_rundir_base(char *path, size_t path_size, uint64_t need_bytes,
		    char *error, size_t error_size);
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

#endif
