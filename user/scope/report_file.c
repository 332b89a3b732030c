// SPDX-License-Identifier: GPL-2.0
/*
 * The file that a page goes to. It is written beside its place and put there
 * when it is whole. Captures are read by a process that has given up opening and
 * renaming (sandbox.h), so another one, which reads nothing but the word for it,
 * does that at the end; if the first one dies, it takes the half page away.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/whole.h"
#include "report.h"

#define WORD_KEEP	'k'
#define WORD_DROP	'd'

static int refuse(char *error, size_t error_size, const char *path, int err)
{
	snprintf(error, error_size, "%s cannot be written: %s%s", path,
		 strerror(err), err == ENOSPC || err == EDQUOT ?
		 "; what was there before still is" : "");
	return -1;
}

/* The second process. Signals of the terminal are for the first one. */
__attribute__((noreturn))
static void keeper_run(int fd, const char *beside, const char *place)
{
	char word = WORD_DROP;
	int err = 0;

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (read(fd, &word, 1) != 1)
		word = WORD_DROP;
	if (word == WORD_KEEP && rename(beside, place))
		err = errno;
	if (word == WORD_DROP || err)
		unlink(beside);
	if (write(fd, &err, sizeof(err)) < 0)
		_exit(EXIT_FAILURE);
	_exit(EXIT_SUCCESS);
}

static int keeper_start(struct scope_report_file *file, const char *beside,
			const char *place)
{
	int pair[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return errno;
	child = fork();
	if (!child) {
		close(pair[0]);
		keeper_run(pair[1], beside, place);
	}
	close(pair[1]);
	if (child < 0) {
		close(pair[0]);
		return errno;
	}
	file->keeper = pair[0];
	return 0;
}

/* Tell it, and hear how it went. */
static int keeper_end(struct scope_report_file *file, char word)
{
	int err = EIO;

	if (write(file->keeper, &word, 1) != 1 ||
	    read(file->keeper, &err, sizeof(err)) != sizeof(err))
		err = EIO;
	close(file->keeper);
	file->keeper = -1;
	return err;
}

int scope_report_open(struct scope_report_file *file, const char *path,
		      char *error, size_t error_size)
{
	struct sluice_whole whole;
	int err = -sluice_whole_open_beside(&whole, path);

	*file = (struct scope_report_file){ .path = path, .keeper = -1 };
	if (!err && whole.place) {
		err = keeper_start(file, whole.beside, whole.place);
		if (err)
			(void)sluice_whole_close(&whole, -err);
	}
	if (err)
		return refuse(error, error_size, path, err);
	/* From here on it is the keeper who puts it in its place. */
	file->out = whole.out;
	sluice_whole_done(&whole);
	return 0;
}

int scope_report_write(struct scope_report_file *file,
		       const struct scope_report *report, char *error,
		       size_t error_size)
{
	int err = 0, ending;

	errno = 0;
	if (scope_report_print(report, file->out))
		err = errno ? errno : EIO;
	if (fclose(file->out) && !err)
		err = errno;
	file->out = NULL;
	if (file->keeper >= 0) {
		ending = keeper_end(file, err ? WORD_DROP : WORD_KEEP);
		err = err ? err : ending;
	}
	return err ? refuse(error, error_size, file->path, err) : 0;
}

void scope_report_drop(struct scope_report_file *file)
{
	if (!file->out)
		return;
	fclose(file->out);
	file->out = NULL;
	if (file->keeper >= 0)
		keeper_end(file, WORD_DROP);
}
