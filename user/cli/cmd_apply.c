// SPDX-License-Identifier: GPL-2.0
/* sluice apply: pace the devices that /etc/sluice/DEV.conf name. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/conf.h"
#include "cmd.h"
#include "out.h"
#include "pace.h"

/**
 * struct apply_arguments - what the words say
 * @mode: the flags
 * @paths: files that were named
 * @paths_count: how many; 0: all of /etc/sluice
 */
struct apply_arguments {
	struct pace_mode mode;
	char **paths;
	unsigned int paths_count;
};

/**
 * struct apply_file - one of them
 * @conf: what it says
 * @command: the command that reads it alone, which messages begin with
 */
struct apply_file {
	struct sluice_conf conf;
	char command[sizeof("apply ") + PATH_MAX];
};

static int arguments_parse(int argc, char **argv, struct apply_arguments *ret)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--dry-run")) {
			ret->mode.is_dry_run = true;
		} else if (!strcmp(argv[i], "--takeover")) {
			ret->mode.is_takeover = true;
		} else if (!strcmp(argv[i], "--json")) {
			ret->mode.is_json = true;
		} else if (argv[i][0] == '-') {
			return out_refuse(EXIT_USAGE, "apply",
					  "there is no option '%s': it takes [FILE]... [--dry-run] [--takeover] [--json]",
					  argv[i]);
		} else {
			ret->paths[ret->paths_count] = strdup(argv[i]);
			if (!ret->paths[ret->paths_count++])
				return out_refuse(EXIT_FAILED, "apply",
						  "out of memory");
		}
	}
	return EXIT_DONE;
}

/* A file that says something wrong is wrong usage, one that is not there not. */
static int conf_refuse(int err, const char *error)
{
	return out_refuse(err == -EINVAL ? EXIT_USAGE : EXIT_FAILED, "apply",
			  "%s", error);
}

/*
 * All files are read and checked before the first device is looked at (M2). What
 * is wrong with one device is said of its file, and stops no other.
 */
static int files_apply(const struct apply_arguments *arguments)
{
	unsigned int i, count = arguments->paths_count;
	struct apply_file *files = calloc(count, sizeof(*files));
	struct pace_request *requests = calloc(count, sizeof(*requests));
	char error[SLUICE_CONF_ERROR_SIZE];
	int code = EXIT_DONE, err;

	if (!files || !requests)
		code = out_refuse(EXIT_FAILED, "apply", "out of memory");
	for (i = 0; !code && i < count; i++) {
		err = sluice_conf_load(arguments->paths[i], &files[i].conf,
				       error, sizeof(error));
		if (err)
			code = conf_refuse(err, error);
		snprintf(files[i].command, sizeof(files[i].command),
			 "apply %s", files[i].conf.path);
		requests[i].command = files[i].command;
		requests[i].device = files[i].conf.device;
		requests[i].options = files[i].conf.options;
	}
	if (!code)
		code = pace_devices(&arguments->mode, requests, count);
	free(files);
	free(requests);
	return code;
}

int cmd_apply(int argc, char **argv)
{
	struct apply_arguments arguments = { .mode = { .command = "apply", .is_each = true } };
	char error[SLUICE_CONF_ERROR_SIZE];
	unsigned int i;
	int code, err;

	arguments.paths = calloc((size_t)argc, sizeof(*arguments.paths));
	if (!arguments.paths)
		return out_refuse(EXIT_FAILED, "apply", "out of memory");
	code = arguments_parse(argc, argv, &arguments);
	if (!code && !arguments.paths_count) {
		free(arguments.paths);
		err = sluice_conf_list(SLUICE_CONF_FOLDER, &arguments.paths,
				       &arguments.paths_count, error,
				       sizeof(error));
		if (err)
			code = conf_refuse(err, error);
		else if (!arguments.paths_count && arguments.mode.is_json)
			code = out_json("apply", json_array(), 0);
		else if (!arguments.paths_count)
			puts("there is no device's file in " SLUICE_CONF_FOLDER
			     ": sluice.conf(5) says how to write one");
	}
	if (!code && arguments.paths_count)
		code = files_apply(&arguments);
	for (i = 0; i < arguments.paths_count; i++)
		free(arguments.paths[i]);
	free(arguments.paths);
	return code;
}
