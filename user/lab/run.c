// SPDX-License-Identifier: GPL-2.0
/* Running guests; see run.h. */
#include "run.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "rundir.h"

#define POLL_NS 200000000l
/* How long a guest may take to go when asked, in polls. */
#define PATIENCE 10

struct job {
	const struct lab_run_item *item;
	pid_t pid;		/* also the process group; 0: not under way */
	char dir[PATH_MAX];
	json_t *run;
};

struct children {
	pid_t *pids;
	unsigned int count;
};

struct runner {
	const struct lab_run_options *options;
	struct job *jobs;
	unsigned int jobs_count, started, done;
	char base[PATH_MAX];
	int base_lock;
	struct lab_progress progress;
	sigset_t signals, signals_before;
	struct children before;	/* not of ours */
};

static bool was_interrupted;

bool lab_run_was_interrupted(void)
{
	return was_interrupted;
}

/* ---- one job ---- */

static void error_leave(const char *dir, const char *error)
{
	char path[PATH_MAX + 16];
	FILE *file;

	snprintf(path, sizeof(path), "%s.error", dir);
	file = fopen(path, "we");
	if (!file)
		return;
	fputs(error, file);
	fclose(file);
}

static void error_fetch(const struct job *job, char *error, size_t error_size)
{
	char path[PATH_MAX + 16], text[LAB_ERROR_BYTES] = "it ended without a word";
	FILE *file;

	snprintf(path, sizeof(path), "%s.error", job->dir);
	file = fopen(path, "re");
	if (file) {
		if (!fgets(text, sizeof(text), file))
			snprintf(text, sizeof(text), "unknown");
		fclose(file);
	}
	lab_refuse(error, error_size, "policy %s, seed %" PRIu64 ": %s",
		   job->item->policy->name, job->item->seed, text);
}

static int job_start(struct runner *runner, struct job *job, char *error,
		     size_t error_size)
{
	char text[LAB_ERROR_BYTES];
	pid_t pid;

	fflush(NULL);
	pid = fork();
	/* Not into the job: that of nobody, made negative, would be init. */
	if (pid < 0)
		return lab_refuse(error, error_size,
				  "cannot start a process: %s", strerror(errno));
	job->pid = pid;
	if (pid) {
		setpgid(pid, pid);
		return 0;
	}
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigprocmask(SIG_SETMASK, &runner->signals_before, NULL);
	if (!lab_worker_run(runner->options, job->item, job->dir, text,
			    sizeof(text)))
		_exit(0);
	error_leave(job->dir, text);
	_exit(1);
}

static int job_finish(struct runner *runner, struct job *job, int status,
		      char *error, size_t error_size)
{
	char path[PATH_MAX + 16];

	kill(-job->pid, SIGKILL);
	job->pid = 0;
	runner->done++;
	if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		error_fetch(job, error, error_size);
		return -EIO;
	}
	snprintf(path, sizeof(path), "%s/run.json", job->dir);
	job->run = json_load_file(path, 0, NULL);
	lab_rundir_remove(job->dir);
	return job->run ? 0 : lab_refuse(error, error_size,
					 "the results of a run cannot be read");
}

/* Share of a job that is done, as its guest says. */
static double job_share(const struct job *job)
{
	char path[PATH_MAX + 16];
	unsigned long long done_ms, total_ms;
	double share = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/progress", job->dir);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%llu %llu", &done_ms, &total_ms) == 2 && total_ms)
		share = (double)done_ms / (double)total_ms;
	fclose(file);
	return share < 1 ? share : 1;
}

/* ---- all jobs ---- */

static void progress_update(struct runner *runner)
{
	double share = runner->done;
	const struct job *last = NULL;
	char what[96] = "";
	unsigned int i;

	for (i = 0; i < runner->started; i++)
		if (runner->jobs[i].pid) {
			last = &runner->jobs[i];
			share += job_share(last);
		}
	if (last)
		snprintf(what, sizeof(what), "%s, seed %" PRIu64,
			 last->item->policy->name, last->item->seed);
	lab_progress_show(&runner->progress, runner->done, share, what);
}

/* Is the process of /proc/NAME a child of ours? */
static bool is_child(const char *name)
{
	char path[300], line[512];
	const char *after;
	int parent = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/stat", name);
	file = fopen(path, "re");
	if (!file)
		return false;
	/* PID (NAME) STATE PARENT: the name may hold blanks */
	if (fgets(line, sizeof(line), file) && (after = strrchr(line, ')')))
		sscanf(after + 1, " %*c %d", &parent);
	fclose(file);
	return parent == getpid();
}

/* All children, also those handed to us because their parent died. */
static void children_list(struct children *ret)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;

	*ret = (struct children){ .count = 0 };
	while (proc && (entry = readdir(proc))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10), *grown;

		if (pid <= 0 || !is_child(entry->d_name))
			continue;
		grown = reallocarray(ret->pids, ret->count + 1, sizeof(*grown));
		if (!grown)
			break;
		ret->pids = grown;
		ret->pids[ret->count++] = pid;
	}
	if (proc)
		closedir(proc);
}

static bool children_have(const struct children *children, pid_t pid)
{
	unsigned int i;

	for (i = 0; i < children->count; i++)
		if (children->pids[i] == pid)
			return true;
	return false;
}

/*
 * Kill every child but those that a shell had before it became this command.
 * Returns how many there were.
 */
static unsigned int children_kill(const struct runner *runner)
{
	unsigned int i, count = 0;
	struct children now;

	children_list(&now);
	for (i = 0; i < now.count; i++)
		if (!children_have(&runner->before, now.pids[i])) {
			kill(now.pids[i], SIGKILL);
			count++;
		}
	free(now.pids);
	return count;
}

static void all_kill(struct runner *runner)
{
	const struct timespec pause = { .tv_nsec = POLL_NS / 4 };
	const struct timespec reap_pause = { .tv_nsec = POLL_NS / 20 };
	unsigned int i, tries, alive = 1;

	for (tries = 0; alive && tries < PATIENCE; tries++) {
		alive = 0;
		for (i = 0; i < runner->started; i++) {
			struct job *job = &runner->jobs[i];

			if (!job->pid)
				continue;
			kill(-job->pid, tries < 2 ? SIGTERM : SIGKILL);
			if (waitpid(job->pid, NULL, WNOHANG) == job->pid) {
				kill(-job->pid, SIGKILL);
				job->pid = 0;
			} else {
				alive++;
			}
		}
		if (alive)
			nanosleep(&pause, NULL);
	}
	/* a child's own children become ours when it is gone */
	for (tries = 0; tries < 10 * PATIENCE && children_kill(runner); tries++) {
		nanosleep(&reap_pause, NULL);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

static int jobs_reap(struct runner *runner, char *error, size_t error_size)
{
	unsigned int i;
	int status, err = 0;

	for (i = 0; !err && i < runner->started; i++) {
		struct job *job = &runner->jobs[i];

		if (job->pid && waitpid(job->pid, &status, WNOHANG) == job->pid)
			err = job_finish(runner, job, status, error, error_size);
	}
	return err;
}

static int jobs_run(struct runner *runner, char *error, size_t error_size)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	int err = 0, signal;

	while (!err && runner->done < runner->jobs_count) {
		while (!err && runner->started < runner->jobs_count &&
		       runner->started - runner->done < runner->options->jobs)
			err = job_start(runner, &runner->jobs[runner->started++],
					error, error_size);
		signal = sigtimedwait(&runner->signals, NULL, &pause);
		if (signal > 0 && signal != SIGCHLD) {
			was_interrupted = true;
			return lab_refuse(error, error_size,
					  "interrupted; nothing is left behind");
		}
		if (!err)
			err = jobs_reap(runner, error, error_size);
		progress_update(runner);
	}
	return err;
}

static int jobs_make(struct runner *runner, const struct lab_run_item *items,
		     char *error, size_t error_size)
{
	unsigned int i;

	runner->jobs = calloc(runner->jobs_count, sizeof(*runner->jobs));
	if (!runner->jobs)
		return lab_refuse(error, error_size, "out of memory");
	for (i = 0; i < runner->jobs_count; i++) {
		struct job *job = &runner->jobs[i];

		job->item = &items[i];
		if ((size_t)snprintf(job->dir, sizeof(job->dir), "%s/run-%u",
				     runner->base, i) >= sizeof(job->dir))
			return lab_refuse(error, error_size,
					  "the path of TMPDIR is too long");
	}
	return 0;
}

/* Upper bound of what the guests that run at the same time write. */
static uint64_t space_bytes(const struct runner *runner,
			    const struct lab_run_item *items)
{
	uint64_t most = 0, bytes;
	unsigned int i;

	for (i = 0; i < runner->jobs_count; i++) {
		bytes = lab_rundir_bytes(items[i].scenario);
		most = bytes > most ? bytes : most;
	}
	return most * (runner->jobs_count < runner->options->jobs ?
		       runner->jobs_count : runner->options->jobs);
}

static int pcap_dir_make(const char *dir, char *error, size_t error_size)
{
	struct stat status;

	if (!dir || !mkdir(dir, 0755))
		return 0;
	if (errno != EEXIST)
		return lab_refuse(error, error_size, "%s cannot be made: %s",
				  dir, strerror(errno));
	errno = stat(dir, &status) || S_ISDIR(status.st_mode) ? 0 : ENOTDIR;
	if (errno || access(dir, W_OK | X_OK))
		return lab_refuse(error, error_size, "%s cannot be written: %s",
				  dir, strerror(errno));
	return 0;
}

static json_t *runs_take(struct runner *runner)
{
	json_t *runs = json_array();
	unsigned int i;

	for (i = 0; i < runner->jobs_count; i++) {
		json_array_append_new(runs, runner->jobs[i].run);
		runner->jobs[i].run = NULL;
	}
	return runs;
}

static void signals_catch(struct runner *runner)
{
	sigemptyset(&runner->signals);
	sigaddset(&runner->signals, SIGINT);
	sigaddset(&runner->signals, SIGQUIT);
	sigaddset(&runner->signals, SIGTERM);
	sigaddset(&runner->signals, SIGHUP);
	sigaddset(&runner->signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &runner->signals, &runner->signals_before);
	children_list(&runner->before);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

json_t *lab_run_items(const struct lab_run_options *options,
		      const struct lab_run_item *items, unsigned int count,
		      char *error, size_t error_size)
{
	struct runner runner = { .options = options, .jobs_count = count };
	json_t *runs = NULL;
	unsigned int i;
	int err;

	err = pcap_dir_make(options->pcap_dir, error, error_size);
	if (err)
		return NULL;
	signals_catch(&runner);
	err = lab_rundir_base(runner.base, sizeof(runner.base),
			      space_bytes(&runner, items), &runner.base_lock,
			      error, error_size);
	if (!err) {
		err = jobs_make(&runner, items, error, error_size);
		lab_progress_start(&runner.progress, options->is_progress_shown,
				   runner.jobs_count);
		if (!err)
			err = jobs_run(&runner, error, error_size);
		lab_progress_end(&runner.progress);
		all_kill(&runner);
		if (!err)
			runs = runs_take(&runner);
		if (!lab_rundir_is_kept())
			lab_rundir_remove(runner.base);
		close(runner.base_lock);
	}
	for (i = 0; runner.jobs && i < runner.jobs_count; i++)
		json_decref(runner.jobs[i].run);
	free(runner.jobs);
	free(runner.before.pids);
	sigprocmask(SIG_SETMASK, &runner.signals_before, NULL);
	return runs;
}
