/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What ends a command from outside (Ctrl-C, a terminal or a reader that goes
 * away) waits while something is being changed: a device would be left half
 * way. Only what nobody can hold, such as SIGKILL, is left for the next command
 * to repair.
 */
#ifndef SLUICE_HOLD_H
#define SLUICE_HOLD_H

#include <signal.h>

/* From here on signals wait; give *ret_before to hold_end(). */
void hold_begin(sigset_t *ret_before);

/* What was said goes out, and then what waited takes effect. */
void hold_end(const sigset_t *before);

#endif
