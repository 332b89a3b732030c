// SPDX-License-Identifier: GPL-2.0
/* sluice apply: pace the devices that /etc/sluice/DEV.conf name, and follow their links. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/conf.h"
#include "../lib/fq.h"
#include "cmd.h"
#include "follow.h"
#include "out.h"
#include "pace.h"

#define USAGE "it takes [FILE]... [--follow] [--dry-run] [--takeover] [--json]"

/**
 * struct apply_arguments - what the words say
 * @mode: the flags
 * @is_follow: and again when a link comes up
 * @paths: files that were named
 * @paths_count: how many; 0: all of /etc/sluice
 */
struct apply_arguments {
	struct pace_mode mode;
	bool is_follow;
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
		} else if (!strcmp(argv[i], "--follow")) {
			ret->is_follow = true;
		} else if (argv[i][0] == '-') {
			return out_refuse(EXIT_USAGE, "apply",
					  "there is no option '%s': " USAGE,
					  argv[i]);
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

/* A file that says something wrong is wrong usage, one that is not there not. */
static int conf_refuse(int err, const char *error)
{
	return out_refuse(err == -EINVAL ? EXIT_USAGE : EXIT_FAILED, "apply",
			  "%s", error);
}

/**
 * struct apply_run - what the files say, and what came of it
 * @files: they
 * @requests: one for each
 * @followed: names of the devices that have a share of a link
 * @followed_count: how many
 */
struct apply_run {
	struct apply_file *files;
	struct pace_request *requests;
	const char **followed;
	unsigned int followed_count;
};

static void run_done(struct apply_run *run)
{
	free(run->files);
	free(run->requests);
	free(run->followed);
}

/* All files are read and checked before the first device is looked at (M2). */
static int files_read(const struct apply_arguments *arguments,
		      struct apply_run *run)
{
	unsigned int i, count = arguments->paths_count;
	char error[SLUICE_CONF_ERROR_SIZE];
	int err;

	memset(run, 0, sizeof(*run));
	run->files = calloc(count, sizeof(*run->files));
	run->requests = calloc(count, sizeof(*run->requests));
	run->followed = calloc(count, sizeof(*run->followed));
	if (!run->files || !run->requests || !run->followed)
		return out_refuse(EXIT_FAILED, "apply", "out of memory");
	for (i = 0; i < count; i++) {
		struct apply_file *file = &run->files[i];

		err = sluice_conf_load(arguments->paths[i], &file->conf, error,
				       sizeof(error));
		if (err)
			return conf_refuse(err, error);
		snprintf(file->command, sizeof(file->command), "apply %s",
			 file->conf.path);
		run->requests[i].command = file->command;
		run->requests[i].device = file->conf.device;
		run->requests[i].kind = file->conf.is_no_module ?
					SLUICE_FQ_KIND : SLUICE_KIND;
		run->requests[i].options = file->conf.options;
		if (file->conf.options.shares)
			run->followed[run->followed_count++] =
				file->conf.device;
	}
	return EXIT_DONE;
}

/* What is wrong with one device is said of its file, and stops no other. */
static int files_apply(const struct apply_arguments *arguments)
{
	struct apply_run run;
	int code = files_read(arguments, &run);

	if (!code)
		code = pace_devices(&arguments->mode, run.requests,
				    arguments->paths_count);
	run_done(&run);
	return code;
}

/* ---- following ---- */

/* Nothing but links that are down stands in the way. */
static bool is_waiting(const struct apply_run *run, unsigned int count)
{
	unsigned int i, waiting = 0;

	for (i = 0; i < count; i++) {
		if (run->requests[i].code && !run->requests[i].is_link_down)
			return false;
		waiting += run->requests[i].is_link_down;
	}
	return waiting;
}

/*
 * Apply the files once more. The links are looked at first: what comes up after
 * that is applied the next time. At the first time, what is refused ends it;
 * later it is said, and the next link may make it good.
 */
static int follow_apply(const struct apply_arguments *arguments,
			struct follow *follow, bool is_first, bool *ret_is_done)
{
	struct apply_run run;
	int code = files_read(arguments, &run);
	bool is_new;

	*ret_is_done = false;
	is_new = !code && follow_look(follow, run.followed, run.followed_count);
	if (!code && (is_first || is_new)) {
		code = pace_devices(&arguments->mode, run.requests,
				    arguments->paths_count);
		if (is_waiting(&run, arguments->paths_count))
			code = EXIT_DONE;
		fflush(stdout);
	}
	if (is_first && (code || !run.followed_count))
		*ret_is_done = true;
	if (is_first && !code)
		follow_notify(run.followed_count ?
			      "follows the speed of its link" : "paced");
	run_done(&run);
	return code;
}

static int files_follow(const struct apply_arguments *arguments)
{
	struct follow follow;
	int err = follow_open(&follow), code = EXIT_DONE;
	bool is_done = false;

	if (err)
		code = out_refuse_errno("apply", "all devices", err, "");
	else
		code = follow_apply(arguments, &follow, true, &is_done);
	while (!code && !is_done && follow_wait(&follow))
		(void)follow_apply(arguments, &follow, false, &is_done);
	follow_close(&follow);
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
		code = arguments.is_follow ? files_follow(&arguments) :
					     files_apply(&arguments);
	for (i = 0; i < arguments.paths_count; i++)
		free(arguments.paths[i]);
	free(arguments.paths);
	return code;
}
