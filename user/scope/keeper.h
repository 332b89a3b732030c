/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A process of its own that waits for the end of the scope, however it ends, and
 * takes away what does not vanish by itself: for that it keeps the privileges
 * which the scope gives up. If both are killed, it stays.
 */
#ifndef SLUICE_SCOPE_KEEPER_H
#define SLUICE_SCOPE_KEEPER_H

/**
 * struct scope_keeper - the scope's hold of it
 * @hold_fd: end of a pipe; when it is closed the keeper does its work
 * @done_fd: end of a pipe, which ends when that is done
 */
struct scope_keeper {
	int hold_fd;
	int done_fd;
};

/*
 * Begins to wait; @remove is called at the end, in the other process, with nothing
 * open but pipes, and *kept_fd, which has another number there and is written to
 * that process's copy; NULL or -1: nothing. Returns 0 or -errno.
 */
int scope_keeper_start(struct scope_keeper *keeper, void (*remove)(void *data),
		       void *data, int *kept_fd);

/* Returns when that has been done. Once, for one that was started. */
void scope_keeper_end(struct scope_keeper *keeper);

#endif
