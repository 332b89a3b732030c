// SPDX-License-Identifier: GPL-2.0
/* Where the kernel module is; see module.h. */
#include "module.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
 * depmod lists what can be loaded; DKMS and packages run it. @ret_path gets the
 * file if it is there, from the release's folder; it may be NULL.
 */
static bool list_has(const char *root, const char *release, const char *list,
		     char *ret_path, size_t path_size)
{
	char path[PATH_MAX], line[4096];
	bool is_found = false;
	FILE *file;

	if (snprintf(path, sizeof(path), "%s/lib/modules/%s/%s", root, release,
		     list) >= (int)sizeof(path))
		return false;
	file = fopen(path, "re");
	if (!file)
		return false;
	while (!is_found && fgets(line, sizeof(line), file))
		is_found = strstr(line, "/sch_sluice.ko");
	fclose(file);
	if (is_found && ret_path) {
		line[strcspn(line, ":\n")] = '\0';
		snprintf(ret_path, path_size, "%s", line);
	}
	return is_found;
}

static bool release_has(const char *root, const char *release)
{
	return list_has(root, release, "modules.dep", NULL, 0) ||
	       list_has(root, release, "modules.builtin", NULL, 0);
}

bool sluice_module_path(const char *root, const char *release, char *path,
			size_t path_size)
{
	char name[PATH_MAX];

	return list_has(root, release, "modules.dep", name, sizeof(name)) &&
	       snprintf(path, path_size, "/lib/modules/%s/%s", release, name) <
		       (int)path_size;
}

bool sluice_proc_is_mounted(const char *root)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/proc/stat", root);
	return !access(path, F_OK);
}

bool sluice_module_may_come(const char *root)
{
	char path[PATH_MAX];
	bool may_come;
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/modules", root);
	may_come = !access(path, F_OK);
	snprintf(path, sizeof(path), "%s/proc/sys/kernel/modules_disabled",
		 root);
	file = may_come ? fopen(path, "re") : NULL;
	if (file) {
		may_come = fgetc(file) != '1';
		fclose(file);
	}
	return may_come;
}

enum sluice_module sluice_module_find(const char *root, const char *release,
				      char *other, size_t other_size)
{
	enum sluice_module found = SLUICE_MODULE_ABSENT;
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *folder;

	other[0] = '\0';
	snprintf(path, sizeof(path), "%s/sys/module/sch_sluice", root);
	if (!access(path, F_OK))
		return SLUICE_MODULE_LOADED;
	if (release_has(root, release))
		return SLUICE_MODULE_HERE;
	snprintf(path, sizeof(path), "%s/lib/modules", root);
	folder = opendir(path);
	while (folder && (entry = readdir(folder)))
		if (entry->d_name[0] != '.' &&
		    release_has(root, entry->d_name)) {
			snprintf(other, other_size, "%s", entry->d_name);
			found = SLUICE_MODULE_ELSEWHERE;
		}
	if (folder)
		closedir(folder);
	snprintf(path, sizeof(path), "%s/proc/modules", root);
	if (found == SLUICE_MODULE_ABSENT && access(path, F_OK))
		found = sluice_proc_is_mounted(root) ?
			SLUICE_MODULE_IMPOSSIBLE : SLUICE_MODULE_UNKNOWN;
	return found;
}
