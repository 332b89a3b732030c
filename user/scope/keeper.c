// SPDX-License-Identifier: GPL-2.0
/* Takes away what the scope leaves; see keeper.h. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

static void end_move(int *fd, int to)
{
	if (dup2(*fd, to) < 0)
		_exit(1);
	*fd = to;
}

/*
 * Waits until the scope closes its end of a pipe, or has it closed by dying. Only
 * what it needs stays open: a pipe that somebody reads must end with the scope.
 */
static _Noreturn void keeper_run(int hold_fd, int done_fd,
				 void (*remove)(void *data), void *data,
				 int *kept_fd)
{
	bool is_kept = kept_fd && *kept_fd >= 0;
	char nothing;

	(void)setsid();
	/* Far from 0, 1 and 2, which may be what is moved. */
	hold_fd = fcntl(hold_fd, F_DUPFD, 16);
	done_fd = fcntl(done_fd, F_DUPFD, 16);
	if (is_kept) {
		*kept_fd = fcntl(*kept_fd, F_DUPFD, 16);
		end_move(kept_fd, 2);
	}
	end_move(&hold_fd, 0);
	end_move(&done_fd, 1);
	if (close_range(is_kept ? 3 : 2, ~0u, 0))
		_exit(1);
	while (read(hold_fd, &nothing, 1) < 0 && errno == EINTR)
		;
	remove(data);
	_exit(0);
}

/* The child between is waited for, so that the keeper is nobody's to wait for. */
int scope_keeper_start(struct scope_keeper *keeper, void (*remove)(void *data),
		       void *data, int *kept_fd)
{
	int hold[2], done[2], status, err;
	pid_t child;

	if (pipe2(hold, O_CLOEXEC))
		return -errno;
	if (pipe2(done, O_CLOEXEC)) {
		err = -errno;
		close(hold[0]);
		close(hold[1]);
		return err;
	}
	child = fork();
	err = child < 0 ? -errno : 0;
	if (!child) {
		child = fork();
		if (child)
			_exit(child < 0);
		close(hold[1]);
		keeper_run(hold[0], done[1], remove, data, kept_fd);
	}
	close(hold[0]);
	close(done[1]);
	if (!err && (waitpid(child, &status, 0) < 0 || status))
		err = -EAGAIN;
	if (err) {
		close(hold[1]);
		close(done[0]);
		return err;
	}
	keeper->hold_fd = hold[1];
	keeper->done_fd = done[0];
	return 0;
}

void scope_keeper_end(struct scope_keeper *keeper)
{
	char nothing;

	close(keeper->hold_fd);
	while (read(keeper->done_fd, &nothing, 1) < 0 && errno == EINTR)
		;
	close(keeper->done_fd);
}
