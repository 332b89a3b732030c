// SPDX-License-Identifier: GPL-2.0
/* One run from beginning to end: files in, guest, figures, files out. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/units.h"
#include "../lib/whole.h"
#include "collect.h"
#include "plan.h"
#include "run.h"
#include "rundir.h"

/* Seconds of real time for a guest, and for each second of its own. */
#define TIMEOUT_S 900
#define TIMEOUT_FACTOR 100

#define LOG_LINE_BYTES 256

/*
 * The last line of a log of the guest that is not empty; @first gets the first,
 * which in the log of a plan is why the last one came to be.
 */
static bool log_read(const char *dir, const char *name, char *first,
		     char *last)
{
	char path[PATH_MAX], line[LOG_LINE_BYTES];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	first[0] = '\0';
	last[0] = '\0';
	file = fopen(path, "re");
	if (!file)
		return false;
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (*line && !*first)
			strcpy(first, line);
		if (*line)
			strcpy(last, line);
	}
	fclose(file);
	return *last;
}

/* Why a guest failed, in one line. */
static int failure_refuse(const char *dir, char *error, size_t error_size)
{
	char first[LOG_LINE_BYTES], last[LOG_LINE_BYTES], *see;

	if (lab_rundir_is_full(dir))
		return lab_refuse(error, error_size,
				  "the guest failed: there is no space left at %s: free some, or set TMPDIR",
				  dir);
	if (log_read(dir, "plan.log", first, last))
		return lab_refuse(error, error_size, "the guest failed: %s%s%s",
				  first, strcmp(first, last) ? "; " : "",
				  strcmp(first, last) ? last : "");
	if (!log_read(dir, "boot.log", first, last) &&
	    !log_read(dir, "console.log", first, last))
		strcpy(last, "it said nothing");
	/* Where boot.sh says that the logs are is removed in a moment. */
	see = lab_rundir_is_kept() ? NULL : strstr(last, "; see ");
	if (see)
		*see = '\0';
	return lab_refuse(error, error_size, "the guest failed: %s", last);
}

/* A guest that is stuck ends after this long; boot.sh reads it. */
static void timeout_set(const struct lab_scenario *scenario)
{
	uint64_t seconds = TIMEOUT_S + TIMEOUT_FACTOR *
		(scenario->settings.duration_ns / SLUICE_NSEC_PER_SEC);
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, seconds);
	setenv("SLUICE_LAB_TIMEOUT", text, 0);
}

static int guest_boot(const struct lab_run_options *options,
		      const struct lab_run_item *item, const char *dir,
		      char *error, size_t error_size)
{
	char boot[PATH_MAX + 32], seed_text[32], log[PATH_MAX];
	int status;
	pid_t pid;

	snprintf(boot, sizeof(boot), "%s/lab/uml/boot.sh", options->root);
	snprintf(seed_text, sizeof(seed_text), "%" PRIu64, item->seed);
	timeout_set(item->scenario);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		snprintf(log, sizeof(log), "%s/boot.log", dir);
		if (!freopen(log, "w", stderr))
			_exit(127);
		execl("/bin/sh", "sh", boot, options->kernel->dir, dir,
		      seed_text, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return lab_refuse(error, error_size, "cannot start a process: %s",
				  strerror(errno));
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	return failure_refuse(dir, error, error_size);
}

/* Returns 0, or -errno with nothing to end. */
static int capture_begin(struct sluice_whole *whole, const char *from,
			 const char *to, char *error, size_t error_size)
{
	int err = sluice_whole_open(whole, to);

	if (err)
		return lab_refuse(error, error_size, "%s cannot be written: %s",
				  to, strerror(-err));
	err = lab_file_send(from, fileno(whole->out), to, error, error_size);
	if (err)
		sluice_whole_close(whole, err);
	return err;
}

/* All of a run are there, or none, and then what was there before stays. */
static int captures_keep(const struct lab_run_options *options,
			 const struct lab_run_item *item, const char *dir,
			 char *error, size_t error_size)
{
	uint64_t count = item->scenario->settings.senders + 1, begun = 0, i;
	struct sluice_whole *wholes = calloc(count, sizeof(*wholes));
	char from[PATH_MAX], to[PATH_MAX], name[32];
	int err = wholes ? 0 : lab_refuse(error, error_size, "out of memory");

	/* 0 is the port */
	for (i = 0; !err && i < count; i++) {
		if (i)
			snprintf(name, sizeof(name), "wire-%" PRIu64, i);
		else
			snprintf(name, sizeof(name), "port");
		snprintf(from, sizeof(from), "%s/out/%s.pcap", dir, name);
		snprintf(to, sizeof(to), "%s/%s-seed%" PRIu64 "-%s.pcap",
			 options->pcap_dir, item->policy->name, item->seed, name);
		err = capture_begin(&wholes[i], from, to, error, error_size);
		begun += !err;
	}
	for (i = 0; i < begun; i++) {
		int failed = sluice_whole_close(&wholes[i], err);

		if (failed && !err)
			err = lab_refuse(error, error_size,
					 "a capture in %s cannot be written: %s",
					 options->pcap_dir, strerror(-failed));
	}
	free(wholes);
	return err;
}

int lab_worker_run(const struct lab_run_options *options,
		   const struct lab_run_item *item, const char *dir,
		   char *error, size_t error_size)
{
	static struct lab_plan plan;
	char path[PATH_MAX];
	json_t *run;
	int err;

	lab_plan_draw(&plan, item->scenario, item->policy, item->seed);
	err = lab_rundir_make(dir, options->root, options->kernel, &plan, error,
			      error_size);
	if (!err)
		err = guest_boot(options, item, dir, error, error_size);
	if (!err)
		err = lab_dmesg_check(dir, error, error_size);
	if (!err && options->pcap_dir)
		err = captures_keep(options, item, dir, error, error_size);
	if (err)
		return err;
	run = lab_collect(&plan, dir, error, error_size);
	if (!run)
		return -EINVAL;
	snprintf(path, sizeof(path), "%s/run.json", dir);
	if (json_dump_file(run, path, JSON_SORT_KEYS))
		err = lab_refuse(error, error_size, "%s cannot be written", path);
	json_decref(run);
	return err;
}
