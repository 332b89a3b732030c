/* SPDX-License-Identifier: GPL-2.0 */
/* Where the lab finds its parts: the tree around build/sluice, the kernels. */
#ifndef SLUICE_LAB_PATHS_H
#define SLUICE_LAB_PATHS_H

#include <limits.h>
#include <stddef.h>

struct lab_kernel {
	char dir[PATH_MAX];		/* holds `linux` */
	char version[16];		/* for kernel.sh; "" if a directory was named */
	char release[128];
	char source_version[128];
	char modules[PATH_MAX];		/* holds sch_sluice.ko, if it was built */
};

/*
 * $SLUICE_ROOT, or the folder above the one that this program lies in, or where
 * the package puts the lab.
 */
int lab_root_find(char *root, size_t root_size, char *error,
		  size_t error_size);
/*
 * The path itself if it has a slash or a dot, whether it is there or not, else
 * scenarios/NAME.scenario. Returns 0, or -ENOENT if no scenario has that name.
 */
int lab_scenario_path(const char *root, const char *name, char *path,
		      size_t path_size);
/*
 * version: 6.1, 6.12, newest, a directory, or NULL for $KERNEL or else the
 * newest that is built.
 */
int lab_kernel_find(const char *root, const char *version,
		    struct lab_kernel *kernel, char *error, size_t error_size);
/* 0 if Sluice's module is built for that kernel, else a sentence with what to do. */
int lab_kernel_modules_check(const char *root, const struct lab_kernel *kernel,
			     char *error, size_t error_size);
/* True if command is a path or is found in $PATH. */
int lab_program_exists(const char *command);

#endif
