// SPDX-License-Identifier: GPL-2.0
/* Where the kernel module is; see module.h. */
#include "module.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* depmod lists what can be loaded; DKMS and packages run it. */
static bool list_has(const char *root, const char *release, const char *list)
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
	return is_found;
}

static bool release_has(const char *root, const char *release)
{
	return list_has(root, release, "modules.dep") ||
	       list_has(root, release, "modules.builtin");
}

bool sluice_proc_is_mounted(const char *root)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/proc/stat", root);
	return !access(path, F_OK);
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
