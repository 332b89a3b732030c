// SPDX-License-Identifier: GPL-2.0
/* sluice apply: pace the devices that /etc/sluice/DEV.conf name, and follow their links. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "cmd.h"
#include "out.h"

#define USAGE "it takes [FILE]... [--follow] [--dry-run] [--takeover] [--json]"

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
		} else if (!strcmp(argv[i], "--follow")) {
			ret->is_follow = true;
		} else if (argv[i][0] == '-') {
			return out_refuse(EXIT_USAGE, "apply",
					  "there is no option '%s': " USAGE,
					  argv[i]);
		} else if (!argv[i][0]) {
			return out_refuse(EXIT_USAGE, "apply",
					  "'' is no file: " USAGE);
		} else {
			ret->paths[ret->paths_count] = strdup(argv[i]);
			if (!ret->paths[ret->paths_count++])
				return out_refuse(EXIT_FAILED, "apply",
						  "out of memory");
		}
	}
	if (ret->is_follow && (ret->mode.is_dry_run || ret->mode.is_json))
		return out_refuse(EXIT_USAGE, "apply",
				  "--follow stays, and changes things: it goes with neither --dry-run nor --json");
	return EXIT_DONE;
}

/* What is wrong with one device is said of its file, and stops no other. */
static int files_apply(const struct apply_arguments *arguments)
{
	struct apply_run run;
	int code = apply_read(arguments, &run);

	if (!code)
		code = pace_devices(&run.mode, run.requests, run.count);
	apply_run_done(&run);
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
			code = apply_conf_refuse(err, error);
		else if (!arguments.paths_count && arguments.mode.is_json)
			code = out_json("apply", json_array(), 0);
		else if (!arguments.paths_count)
			puts("there is no device's file in " SLUICE_CONF_FOLDER
			     ": sluice.conf(5) says how to write one");
	}
	if (!code && arguments.paths_count)
		code = arguments.is_follow ? apply_follow(&arguments) :
					     files_apply(&arguments);
	for (i = 0; i < arguments.paths_count; i++)
		free(arguments.paths[i]);
	free(arguments.paths);
	return code;
}
