/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The terminal of the live view: frames of text in its second screen, keys, and
 * the terminal as it was however the command ends (but by SIGKILL).
 */
#ifndef SLUICE_SCOPE_SCREEN_H
#define SLUICE_SCOPE_SCREEN_H

#include <stdbool.h>

#include "../scope/view.h"

/* Standard output is a terminal that knows these sequences. */
bool scope_screen_is_possible(void);

/* There is one at most, and it needs no privileges. */
void scope_screen_open(void);
/* As it was. Harmless if it is not open. */
void scope_screen_close(void);

/* Makes the text of a frame: scope_view_draw() or another view's. */
typedef void scope_screen_maker(FILE *out, const void *view,
				const struct scope_view_style *style);

/* Draw a frame in the terminal's size; left out if it takes nothing now. false: it has gone. */
bool scope_screen_draw(scope_screen_maker *make, const void *view);

/* Keys that were pressed: what to show, and *is_paused. false: quit. */
bool scope_screen_keys(bool *is_paused);

#endif
