// SPDX-License-Identifier: GPL-2.0
/* What the files say; see apply.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../lib/fq.h"
#include "apply.h"
#include "cmd.h"
#include "out.h"

int apply_conf_refuse(int err, const char *error)
{
	return out_refuse(err == -EINVAL ? EXIT_USAGE : EXIT_FAILED, "apply",
			  "%s", error);
}

void apply_run_done(struct apply_run *run)
{
	free(run->files);
	free(run->requests);
}

static void request_fill(struct apply_file *file, struct pace_request *ret)
{
	snprintf(file->command, sizeof(file->command), "apply %s",
		 file->conf.path);
	*ret = (struct pace_request){
		.command = file->command, .device = file->conf.device,
		.kind = file->conf.is_no_module ? SLUICE_FQ_KIND : SLUICE_KIND,
		.options = file->conf.options,
		.path = file->conf.path, .lines = file->conf.lines,
	};
}

/* ---- files beside those that were named ---- */

static bool is_same_file(const char *a, const char *b)
{
	struct stat first, second;

	return !stat(a, &first) && !stat(b, &second) &&
	       first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

static bool is_named(const struct apply_arguments *arguments, const char *path)
{
	unsigned int i;

	for (i = 0; i < arguments->paths_count; i++)
		if (is_same_file(arguments->paths[i], path))
			return true;
	return false;
}

/* Is an earlier one in the same folder? */
static bool is_folder_known(const struct apply_arguments *arguments,
			    unsigned int number, const char *folder)
{
	char other[PATH_MAX];
	unsigned int i;

	for (i = 0; i < number; i++)
		if (sluice_conf_folder(arguments->paths[i], other) &&
		    !strcmp(other, folder))
			return true;
	return false;
}

static void paths_free(char **paths, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		free(paths[i]);
	free(paths);
}

/* Adds those of a folder that were not named. 0 or -ENOMEM: what cannot be read does not count. */
static int folder_add(const struct apply_arguments *arguments,
		      const char *folder, char ***paths, unsigned int *count)
{
	char error[SLUICE_CONF_ERROR_SIZE];
	char **found = NULL, **grown;
	unsigned int i, found_count = 0;

	if (sluice_conf_list(folder, &found, &found_count, error,
			     sizeof(error)))
		return 0;
	grown = reallocarray(*paths, *count + found_count + 1, sizeof(*grown));
	if (!grown) {
		paths_free(found, found_count);
		return -ENOMEM;
	}
	*paths = grown;
	for (i = 0; i < found_count; i++)
		if (is_named(arguments, found[i]))
			free(found[i]);
		else
			grown[(*count)++] = found[i];
	free(found);
	return 0;
}

static int beside_find(const struct apply_arguments *arguments, char ***ret,
		       unsigned int *ret_count)
{
	char folder[PATH_MAX];
	unsigned int i;
	int err = 0;

	*ret = NULL;
	*ret_count = 0;
	for (i = 0; !err && i < arguments->paths_count; i++)
		if (sluice_conf_folder(arguments->paths[i], folder) &&
		    !is_folder_known(arguments, i, folder))
			err = folder_add(arguments, folder, ret, ret_count);
	return err;
}

/* One with a mistake is said when it is applied itself, and stops no other. */
static void beside_read(char *const *paths, unsigned int count,
			struct apply_run *run)
{
	char error[SLUICE_CONF_ERROR_SIZE];
	unsigned int i, at = run->count;

	for (i = 0; i < count; i++)
		if (!sluice_conf_load(paths[i], &run->files[at].conf, error,
				      sizeof(error))) {
			request_fill(&run->files[at], &run->requests[at]);
			at++;
		}
	run->mode.beside = &run->requests[run->count];
	run->mode.beside_count = at - run->count;
}

/* ---- all of it ---- */

static int named_read(const struct apply_arguments *arguments,
		      struct apply_run *run)
{
	char error[SLUICE_CONF_ERROR_SIZE];
	unsigned int i;
	int err;

	for (i = 0; i < arguments->paths_count; i++) {
		err = sluice_conf_load(arguments->paths[i],
				       &run->files[i].conf, error,
				       sizeof(error));
		if (err)
			return apply_conf_refuse(err, error);
		request_fill(&run->files[i], &run->requests[i]);
	}
	run->count = arguments->paths_count;
	return EXIT_DONE;
}

int apply_read(const struct apply_arguments *arguments, struct apply_run *ret)
{
	unsigned int beside_count = 0;
	char **beside = NULL;
	int err, code;

	*ret = (struct apply_run){ .mode = arguments->mode };
	err = beside_find(arguments, &beside, &beside_count);
	ret->files = calloc(arguments->paths_count + beside_count,
			    sizeof(*ret->files));
	ret->requests = calloc(arguments->paths_count + beside_count,
			       sizeof(*ret->requests));
	if (err || !ret->files || !ret->requests)
		code = out_refuse(EXIT_FAILED, "apply", "out of memory");
	else
		code = named_read(arguments, ret);
	if (!code)
		beside_read(beside, beside_count, ret);
	paths_free(beside, beside_count);
	return code;
}
