// SPDX-License-Identifier: GPL-2.0
/* Signals wait for the end of a change; see hold.h. */
#include "hold.h"

#include <stdio.h>

void hold_begin(sigset_t *ret_before)
{
	static const int held[] = {
		SIGHUP, SIGINT, SIGPIPE, SIGQUIT, SIGTERM, SIGTSTP,
	};
	sigset_t signals;
	unsigned int i;

	sigemptyset(&signals);
	for (i = 0; i < sizeof(held) / sizeof(held[0]); i++)
		sigaddset(&signals, held[i]);
	sigprocmask(SIG_BLOCK, &signals, ret_before);
}

void hold_end(const sigset_t *before)
{
	fflush(stdout);
	sigprocmask(SIG_SETMASK, before, NULL);
}
