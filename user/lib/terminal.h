/* SPDX-License-Identifier: GPL-2.0 */
/* Terminals, and those that obey no escape sequence. */
#ifndef SLUICE_TERMINAL_H
#define SLUICE_TERMINAL_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A shell within an editor, say, is a terminal too, and calls itself dumb. */
static inline bool sluice_terminal_obeys(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) == 1 && term && *term && strcmp(term, "dumb");
}

#endif
