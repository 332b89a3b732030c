// SPDX-License-Identifier: GPL-2.0
/*
 * fault dump DEV: its qdiscs, one line each, by parent, with the raw bytes of
 * their options; a qdisc without handle is the kernel's default.
 * fault undo MODE DEV [OPTION VALUE]...: `sluice on` and `sluice off` go wrong
 * at their first call, then at their second, and so on until they come to
 * their end (M1, M2); MODE is kill, int, fail or nth, see preload/preload.c, and
 * nth/4 takes every fourth only. With --no-module among the words it is fq that
 * paces, and super-packets of one frame (gso_max_segs) belong to it; and with
 * rate, too, the clsact of the program that keeps that.
 */
#include "fault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define QDISCS_MAX	64
#define AT_MAX		5000u
#define PRELOAD		"/run/lab/bin/preload.so"
#define STATE_FOLDER	"/run/sluice"
#define KILLED		(-1)

struct dump {
	int count;
	uint32_t gso_max_segs;
	struct fault_qdisc qdiscs[QDISCS_MAX];
};

/* ---- dumps ---- */

static int qdisc_compare(const void *a, const void *b)
{
	const struct fault_qdisc *x = a, *y = b;

	return (x->parent > y->parent) - (x->parent < y->parent);
}

static void dump_take(int device, struct dump *dump)
{
	dump->gso_max_segs = device_gso_max_segs(device);
	dump->count = qdisc_list(device, dump->qdiscs, QDISCS_MAX);
	if (dump->count < 0) {
		errno = -dump->count;
		die("cannot list the qdiscs");
	}
	qsort(dump->qdiscs, (size_t)dump->count, sizeof(*dump->qdiscs),
	      qdisc_compare);
}

static bool dump_is_equal(const struct dump *a, const struct dump *b)
{
	int i;

	for (i = 0; i < a->count && i < b->count; i++) {
		const struct fault_qdisc *x = &a->qdiscs[i];
		const struct fault_qdisc *y = &b->qdiscs[i];

		if (strcmp(x->kind, y->kind) || x->handle != y->handle ||
		    x->parent != y->parent ||
		    x->options_bytes != y->options_bytes ||
		    memcmp(x->options, y->options, x->options_bytes))
			return false;
	}
	return a->count == b->count && a->gso_max_segs == b->gso_max_segs;
}

int main_dump(int argc, char **argv)
{
	static struct dump dump;
	uint32_t byte;
	int i;

	if (argc != 1)
		return 2;
	dump_take(device_index(argv[0]), &dump);
	for (i = 0; i < dump.count; i++) {
		const struct fault_qdisc *qdisc = &dump.qdiscs[i];

		printf("%s %x %x ", qdisc->kind, qdisc->handle, qdisc->parent);
		for (byte = 0; byte < qdisc->options_bytes; byte++)
			printf("%02x", qdisc->options[byte]);
		putchar('\n');
	}
	return 0;
}

/* ---- the command ---- */

struct undo {
	const char *mode;
	unsigned int stride;
	int device;
	char **words;		/* "sluice on DEV …", NULL at the end */
	char *off_words[4];
	char *status_words[3];
	bool is_no_module;
	bool has_clsact;
	struct dump before;
};

static bool dump_has_clsact(const struct dump *dump)
{
	int i;

	for (i = 0; i < dump->count; i++)
		if (!strcmp(dump->qdiscs[i].kind, "clsact"))
			return true;
	return false;
}

/* A sluice, or an fq that was not there before, and what belongs to it. */
static bool dump_has_pacer(const struct undo *undo, const struct dump *dump)
{
	const struct fault_qdisc *qdisc;
	int i, j;

	for (i = 0; i < dump->count; i++) {
		qdisc = &dump->qdiscs[i];
		if (strcmp(qdisc->kind, undo->is_no_module ? "fq" : "sluice"))
			continue;
		for (j = 0; j < undo->before.count; j++)
			if (undo->before.qdiscs[j].handle == qdisc->handle)
				break;
		if (!undo->is_no_module)
			return true;
		if (j == undo->before.count)
			return dump->gso_max_segs == 1 &&
			       (!undo->has_clsact || dump_has_clsact(dump));
	}
	return false;
}

/*
 * Runs it, with something wrong at number @at (0: with nothing). Returns its exit
 * code or KILLED; *ret_is_hit says whether it got that far.
 */
static int run(const struct undo *undo, char **words, unsigned int at,
	       bool *ret_is_hit)
{
	int pipe_fds[2], status;
	char text[16], byte;
	pid_t pid;

	if (pipe2(pipe_fds, O_NONBLOCK))
		die("no pipe");
	pid = fork();
	if (!pid) {
		if (!freopen("/dev/null", "w", stdout))
			_exit(127);
		if (at) {
			snprintf(text, sizeof(text), "%u", at);
			setenv("SLUICE_TEST_AT", text, 1);
			snprintf(text, sizeof(text), "%d", pipe_fds[1]);
			setenv("SLUICE_TEST_FD", text, 1);
			setenv("SLUICE_TEST_MODE", undo->mode, 1);
			setenv("LD_PRELOAD", PRELOAD, 1);
		}
		execvp(words[0], words);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("cannot run %s", words[0]);
	*ret_is_hit = read(pipe_fds[0], &byte, 1) == 1;
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : KILLED;
}

static bool run_whole(const struct undo *undo, char **words)
{
	bool is_hit;

	return run(undo, words, 0, &is_hit) == 0;
}

/* ---- what must hold ---- */

/* Nothing but the lock is left of a device that is not paced. */
static bool store_is_empty(void)
{
	DIR *folder = opendir(STATE_FOLDER);
	bool is_empty = true;
	struct dirent *entry;

	while (folder && (entry = readdir(folder)))
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, "lock")) {
			note("left over: %s", entry->d_name);
			is_empty = false;
		}
	if (folder)
		closedir(folder);
	return is_empty;
}

static bool is_restored(const struct undo *undo)
{
	static struct dump now;

	dump_take(undo->device, &now);
	if (dump_is_equal(&undo->before, &now))
		return true;
	note("%d qdiscs, the first of them %s %x", now.count,
	     now.count ? now.qdiscs[0].kind : "none",
	     now.count ? now.qdiscs[0].handle : 0);
	return false;
}

static bool is_paced(const struct undo *undo)
{
	static struct dump now;

	dump_take(undo->device, &now);
	return dump_has_pacer(undo, &now);
}

/* The device is as it was, and nothing speaks of it any more. */
static bool is_over(const struct undo *undo)
{
	return is_restored(undo) && store_is_empty();
}

/* Nothing is left to be repaired. */
static bool is_not_half_way(const struct undo *undo)
{
	return run_whole(undo, (char **)undo->status_words) &&
	       (is_paced(undo) || is_over(undo));
}

/*
 * An `on` that said "done" has paced, one that refused has changed nothing, and
 * Ctrl-C comes to one or the other.
 */
static bool on_is_whole(const struct undo *undo, int code)
{
	static struct dump now;

	dump_take(undo->device, &now);
	if (code == KILLED)
		return strcmp(undo->mode, "int") || is_not_half_way(undo);
	return code ? dump_is_equal(&undo->before, &now) :
		      dump_has_pacer(undo, &now);
}

/* `off`, and once more in case that it was not all. */
static bool off_restores(const struct undo *undo)
{
	bool is_hit;

	run(undo, (char **)undo->off_words, 0, &is_hit);
	return is_over(undo);
}

static bool on_hit(const struct undo *undo, unsigned int at, bool *ret_is_hit)
{
	int code = run(undo, undo->words, at, ret_is_hit);

	if (!*ret_is_hit && code) {
		note("without a fault it ends with %d", code);
		return false;
	}
	if (!on_is_whole(undo, code)) {
		note("the exit code is %d, and the device not as that says", code);
		return false;
	}
	if (!off_restores(undo)) {
		note("'off' does not put back what was there");
		return false;
	}
	if (code != KILLED)
		return true;
	/* What was killed can also be done again. */
	run(undo, undo->words, at, ret_is_hit);
	if (!run_whole(undo, undo->words) || !is_paced(undo) ||
	    !off_restores(undo)) {
		note("'on' after it, or 'off' after that, fails");
		return false;
	}
	return true;
}

static bool off_hit(const struct undo *undo, unsigned int at, bool *ret_is_hit)
{
	int code;

	if (!run_whole(undo, undo->words)) {
		note("'on' fails");
		return false;
	}
	code = run(undo, (char **)undo->off_words, at, ret_is_hit);
	if (!*ret_is_hit && code) {
		note("without a fault it ends with %d", code);
		return false;
	}
	if (!code && !is_over(undo)) {
		note("it says that it is done, and is not");
		return false;
	}
	if (!strcmp(undo->mode, "int") && !is_not_half_way(undo)) {
		note("Ctrl-C left it half way");
		return false;
	}
	if (!off_restores(undo)) {
		note("'off' after it (exit code %d) fails", code);
		return false;
	}
	return true;
}

/* As `off` leaves things that is killed when it has taken the root away. */
static bool off_begin(const struct undo *undo)
{
	DIR *folder = opendir(STATE_FOLDER);
	bool is_marked = false;
	static struct dump now;
	struct dirent *entry;
	int fd, i;

	while (folder && (entry = readdir(folder))) {
		if (!strstr(entry->d_name, ".state"))
			continue;
		fd = openat(dirfd(folder), entry->d_name, O_WRONLY);
		is_marked = fd >= 0 && pwrite(fd, "R", 1, 0) == 1;
		close(fd);
	}
	if (folder)
		closedir(folder);
	dump_take(undo->device, &now);
	for (i = 0; is_marked && i < now.count; i++)
		if (now.qdiscs[i].parent == TC_H_ROOT)
			return !qdisc_root(undo->device, RTM_DELQDISC, 0,
					   now.qdiscs[i].kind, NULL, NULL);
	return false;
}

static bool on_between_hit(const struct undo *undo, unsigned int at,
			   bool *ret_is_hit)
{
	int code;

	if (!run_whole(undo, undo->words) || !off_begin(undo)) {
		note("'on', or what 'off' begins with, fails");
		return false;
	}
	code = run(undo, undo->words, at, ret_is_hit);
	if (!*ret_is_hit && code) {
		note("without a fault it ends with %d", code);
		return false;
	}
	if (!off_restores(undo)) {
		note("'off' after it (exit code %d) does not put back what was there",
		     code);
		return false;
	}
	return true;
}

static void undo_all(const struct undo *undo, const char *command,
		     bool (*hit)(const struct undo *undo, unsigned int at,
				 bool *ret_is_hit))
{
	bool is_hit = true, is_met = true;
	unsigned int at, points = 0;

	for (at = 1; is_met && is_hit && at < AT_MAX; at += undo->stride) {
		is_met = hit(undo, at, &is_hit);
		points += is_hit;
	}
	ok(is_met && points > 10 && at < AT_MAX,
	   "M1, M2: %s of %s %x, and '%s' goes wrong (%s) at each of %u points",
	   undo->words[2], undo->before.count ? undo->before.qdiscs[
		undo->before.count - 1].kind : "nothing",
	   undo->before.count ? undo->before.qdiscs[
		undo->before.count - 1].handle >> 16 : 0,
	   command, undo->mode, points);
}

int main_undo(int argc, char **argv)
{
	static char on_words[4][8] = { "sluice", "on", "off", "status" };
	static struct undo undo;
	char *words[64] = { on_words[0], on_words[1] };
	int i;

	if (argc < 2 || argc > 60)
		return 2;
	for (i = 1; i < argc; i++) {
		words[i + 1] = argv[i];
		undo.is_no_module |= !strcmp(argv[i], "--no-module");
		undo.has_clsact |= !strcmp(argv[i], "rate");
	}
	undo.mode = strsep(&argv[0], "/");
	undo.stride = argv[0] ? (unsigned int)atoi(argv[0]) : 1;
	if (!undo.stride)
		return 2;
	undo.words = words;
	undo.off_words[0] = on_words[0];
	undo.off_words[1] = on_words[2];
	undo.off_words[2] = argv[1];
	undo.status_words[0] = on_words[0];
	undo.status_words[1] = on_words[3];
	undo.device = device_index(argv[1]);
	dump_take(undo.device, &undo.before);
	undo_all(&undo, "sluice on", on_hit);
	undo_all(&undo, "sluice off", off_hit);
	undo_all(&undo, "sluice on where an off was killed", on_between_hit);
	return 0;
}
