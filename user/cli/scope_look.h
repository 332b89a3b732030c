/* SPDX-License-Identifier: GPL-2.0 */
/* What looks at devices have in common, whatever they count. */
#ifndef SLUICE_SCOPE_LOOK_H
#define SLUICE_SCOPE_LOOK_H

#include "../scope/live.h"

/* scope_live_open(). EXIT_DONE, or an exit code and what is wrong has been said. */
int scope_look_open(struct scope_live **ret,
		    const struct scope_live_config *config);

/*
 * Give up privileges for good, when all is open. EXIT_DONE, or an exit code and what
 * is wrong has been said.
 */
int scope_look_restrict(void);

#define SCOPE_CLOCK_SIZE 16

/* The time of day, "14:03:59", in SCOPE_CLOCK_SIZE bytes. */
void scope_look_clock(char *text);

/* What was not seen, in sentences. */
void scope_losses_print(const struct scope_live_losses *losses);

#endif
