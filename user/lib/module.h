/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the kernel module is, when the kernel says that it knows no sluice.
 *
 * Part of libsluice: nothing here prints or exits.
 */
#ifndef SLUICE_MODULE_H
#define SLUICE_MODULE_H

#include <stdbool.h>
#include <stddef.h>

/* What is left to do there; a phrase. */
#define SLUICE_MODULE_IMPOSSIBLE_STEP \
	"boot a distribution's kernel ('sluice scope', 'burst-test' and 'lab' work on any)"

enum sluice_module {
	SLUICE_MODULE_LOADED,
	SLUICE_MODULE_HERE,		/* for the running kernel, not loaded */
	SLUICE_MODULE_ELSEWHERE,	/* only for another kernel */
	SLUICE_MODULE_ABSENT,
	SLUICE_MODULE_IMPOSSIBLE,	/* this kernel loads no modules at all */
	SLUICE_MODULE_UNKNOWN,		/* none was found, and /proc says nothing */
};

/*
 * /proc is there, and not only its processes (systemd's ProcSubset=pid): what
 * changes qdiscs needs it, to know its boot and network namespace.
 */
bool sluice_proc_is_mounted(const char *root);

/*
 * Look for sch_sluice. @root comes before every path ("" on a host), @release
 * is the running kernel (uname -r). With SLUICE_MODULE_ELSEWHERE @other gets
 * the release that it is for.
 */
enum sluice_module sluice_module_find(const char *root, const char *release,
				      char *other, size_t other_size);

/* This kernel may still load modules: it can, and kernel.modules_disabled is not set. */
bool sluice_module_may_come(const char *root);

/* Its file for that release, without @root before it. False: there is none. */
bool sluice_module_path(const char *root, const char *release, char *path,
			size_t path_size);

#endif
