// SPDX-License-Identifier: GPL-2.0
/*
 * no-fork.so: preloaded, it makes a host that has no room for another process.
 * Signals are not sent but written, as "PID SIGNAL", to $NO_FORK_SIGNALS.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

pid_t fork(void)
{
	errno = EAGAIN;
	return -1;
}

int kill(pid_t pid, int signal)
{
	FILE *file = fopen(getenv("NO_FORK_SIGNALS"), "ae");

	if (!file)
		abort();
	fprintf(file, "%d %d\n", (int)pid, signal);
	fclose(file);
	return 0;
}
