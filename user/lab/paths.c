// SPDX-License-Identifier: GPL-2.0
/* Where the lab finds its parts; see paths.h. */
#include "paths.h"

#include <errno.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fields.h"

/* Where the package sluice-lab has put them. */
#define INSTALLED_ROOT "/usr/lib/sluice"

static bool is_root(const char *folder)
{
	char probe[PATH_MAX + 32];

	snprintf(probe, sizeof(probe), "%s/lab/uml/boot.sh", folder);
	return !access(probe, R_OK);
}

int lab_root_find(char *root, size_t root_size, char *error, size_t error_size)
{
	const char *given = getenv("SLUICE_ROOT");
	char self[PATH_MAX];
	ssize_t length;

	if (given) {
		snprintf(root, root_size, "%s", given);
	} else {
		length = readlink("/proc/self/exe", self, sizeof(self) - 1);
		if (length < 0)
			return lab_refuse(error, error_size,
					  "the lab's files cannot be found: /proc is not mounted");
		self[length] = '\0';
		snprintf(root, root_size, "%s", dirname(dirname(self)));
		if (!is_root(root))
			snprintf(root, root_size, "%s", INSTALLED_ROOT);
	}
	if (!is_root(root))
		return lab_refuse(error, error_size,
				  "the lab's files are not in %s: install sluice-lab, run the sluice of a source tree, or set SLUICE_ROOT",
				  root);
	return 0;
}

int lab_scenario_path(const char *root, const char *name, char *path,
		      size_t path_size)
{
	if (strchr(name, '/') || strchr(name, '.')) {
		snprintf(path, path_size, "%s", name);
		return 0;
	}
	snprintf(path, path_size, "%s/scenarios/%s.scenario", root, name);
	return access(path, F_OK) ? -ENOENT : 0;
}

/* First line of dir/name, or "unknown". */
static void line_read(const char *dir, const char *name, char *text,
		      size_t text_size)
{
	char path[PATH_MAX + 32];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	snprintf(text, text_size, "unknown");
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(text, (int)text_size, file))
		text[strcspn(text, "\n")] = '\0';
	fclose(file);
}

/* What kernel.sh knows, the newest first. */
static const char *const versions[] = { "newest", "6.12", "6.1" };

#define N_VERSIONS (sizeof(versions) / sizeof(versions[0]))

static bool is_version(const char *word)
{
	unsigned int i;

	for (i = 0; i < N_VERSIONS; i++)
		if (!strcmp(versions[i], word))
			return true;
	return false;
}

/* Last line of `kernel.sh dir VERSION`; false if that kernel is not built. */
static bool kernel_dir_ask(const char *root, const char *version, char *dir,
			   size_t dir_size)
{
	char command[PATH_MAX + 128];
	FILE *pipe;
	int status;

	snprintf(command, sizeof(command),
		 "exec sh '%s/lab/uml/kernel.sh' dir %s 2>/dev/null </dev/null",
		 root, version);
	dir[0] = '\0';
	pipe = popen(command, "re");
	if (!pipe)
		return false;
	while (fgets(dir, (int)dir_size, pipe))
		dir[strcspn(dir, "\n")] = '\0';
	status = pclose(pipe);
	return status != -1 && WIFEXITED(status) && !WEXITSTATUS(status) && *dir;
}

static bool kernel_ask(const char *root, const char *version,
		       struct lab_kernel *kernel)
{
	snprintf(kernel->version, sizeof(kernel->version), "%s", version);
	return kernel_dir_ask(root, version, kernel->dir, sizeof(kernel->dir));
}

static int kernel_dir_find(const char *root, const char *version,
			   struct lab_kernel *kernel, char *error,
			   size_t error_size)
{
	unsigned int i;

	if (version && strchr(version, '/')) {
		snprintf(kernel->dir, sizeof(kernel->dir), "%s", version);
		kernel->version[0] = '\0';
		return 0;
	}
	if (version && !is_version(version))
		return lab_refuse(error, error_size,
				  "kernel '%s' must be 6.1, 6.12, newest or a directory",
				  version);
	if (version && kernel_ask(root, version, kernel))
		return 0;
	if (version)
		return lab_refuse(error, error_size,
				  "the lab's kernel %s is not built: run `%s/lab/uml/kernel.sh build %s`",
				  version, root, version);
	for (i = 0; i < N_VERSIONS; i++)
		if (kernel_ask(root, versions[i], kernel))
			return 0;
	return lab_refuse(error, error_size,
			  "no kernel for the lab is built: run `%s/lab/uml/kernel.sh build newest`",
			  root);
}

/*
 * As kernel.sh: a source tree has its modules below build/, the package's lab
 * beside the kernels.
 */
static int modules_dir_set(const char *root, struct lab_kernel *kernel)
{
	char probe[PATH_MAX + 32], copy[PATH_MAX];
	int length;

	snprintf(probe, sizeof(probe), "%s/Makefile", root);
	snprintf(copy, sizeof(copy), "%s", kernel->dir);
	length = snprintf(kernel->modules, sizeof(kernel->modules),
			  "%s/%s/%s", access(probe, F_OK) ? kernel->dir : root,
			  access(probe, F_OK) ? "../../modules" :
						"build/modules",
			  basename(copy));
	return length < (int)sizeof(kernel->modules) ? 0 : -ENAMETOOLONG;
}

int lab_kernel_find(const char *root, const char *version,
		    struct lab_kernel *kernel, char *error, size_t error_size)
{
	char probe[PATH_MAX + 32];
	int err;

	if (!version)
		version = getenv("KERNEL");
	err = kernel_dir_find(root, version, kernel, error, error_size);
	if (err)
		return err;
	snprintf(probe, sizeof(probe), "%s/linux", kernel->dir);
	if (access(probe, X_OK))
		return lab_refuse(error, error_size,
				  "kernel '%s' holds no lab kernel (no program `linux`)",
				  kernel->dir);
	line_read(kernel->dir, "release", kernel->release,
		  sizeof(kernel->release));
	line_read(kernel->dir, "source_version", kernel->source_version,
		  sizeof(kernel->source_version));
	if (modules_dir_set(root, kernel))
		return lab_refuse(error, error_size, "%s is too long a path",
				  root);
	return 0;
}

/* Says kernel.sh that the module is of other sources than there are now? */
static bool is_module_stale(const char *root, const struct lab_kernel *kernel)
{
	char command[2 * PATH_MAX + 128];
	int status;

	snprintf(command, sizeof(command),
		 "exec sh '%s/lab/uml/kernel.sh' current '%s' >/dev/null 2>&1 </dev/null",
		 root, kernel->modules);
	status = system(command);
	return status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

int lab_kernel_modules_check(const char *root, const struct lab_kernel *kernel,
			     char *error, size_t error_size)
{
	char module[PATH_MAX + 32];
	bool is_there;

	snprintf(module, sizeof(module), "%s/sch_sluice.ko", kernel->modules);
	is_there = !access(module, R_OK);
	if (is_there && !is_module_stale(root, kernel))
		return 0;
	if (!*kernel->version)
		return lab_refuse(error, error_size,
				  "the module sch_sluice.ko is not built for %s: %s is %s",
				  kernel->release, module, is_there ?
				  "of other sources than those in kernel/ and core/" :
				  "not there");
	return lab_refuse(error, error_size,
			  "the module sch_sluice.ko is not built for %s%s: run `%s/lab/uml/kernel.sh modules %s`",
			  kernel->release, is_there ?
			  " from kernel/ and core/ as they are now" : "",
			  root, kernel->version);
}

int lab_program_exists(const char *command)
{
	const char *path = getenv("PATH");
	char all[PATH_MAX], *rest = all, *dir, probe[2 * PATH_MAX];

	if (strchr(command, '/'))
		return !access(command, X_OK);
	snprintf(all, sizeof(all), "%s:/usr/sbin:/sbin", path ? path : "");
	while ((dir = strsep(&rest, ":"))) {
		snprintf(probe, sizeof(probe), "%s/%s", dir, command);
		if (*dir && !access(probe, X_OK))
			return 1;
	}
	return 0;
}
