/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Giving up what is not needed before bytes of strangers are parsed: privileges,
 * and with seccomp all system calls but a few. There is no way back.
 *
 * Part of libsluice: nothing here prints or exits.
 */
#ifndef SLUICE_SANDBOX_H
#define SLUICE_SANDBOX_H

#include <stddef.h>

enum sluice_sandbox {
	/* A file is open and is read and reported on: no open, no socket. */
	SLUICE_SANDBOX_FILE,
	/* The same with a ring mapped and sockets open: they may be asked. */
	SLUICE_SANDBOX_LIVE,
};

/*
 * Become the user who called sudo, or nobody, with no group and no capability,
 * and rule out gaining any again. A process that was not root keeps its user, and
 * so does one in a user namespace that has no other. Returns 0 or -errno.
 */
int sluice_privileges_drop(void);

/*
 * The same, and allow only what the profile needs; other calls fail with EPERM. Threads
 * that are there get it, too, and must have begun to run: starting takes calls that
 * are refused then.
 *
 * Returns 0, or -errno and a sentence in @error; then the process must not go
 * on, for it may have given up a part. A kernel without seccomp is no error.
 */
int sluice_sandbox_enter(enum sluice_sandbox profile, char *error,
			 size_t error_size);

#endif
