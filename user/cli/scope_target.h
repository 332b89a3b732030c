/* SPDX-License-Identifier: GPL-2.0 */
/* What `sluice scope` is to look at: NAME, or PLACE:NAME. */
#ifndef SLUICE_SCOPE_TARGET_H
#define SLUICE_SCOPE_TARGET_H

#include <stdbool.h>

#include "../scope/live.h"

/* Where packets are seen; of a device also which of them. */
enum scope_target_place {
	SCOPE_TARGET_BARE,		/* no word: of a device both directions */
	SCOPE_TARGET_STACK,		/* "stack:": sent, in front of the qdisc */
	SCOPE_TARGET_QDISC,		/* "qdisc:": sent, behind it */
	SCOPE_TARGET_TAP,		/* "tap:": both directions, by a packet socket alone */
	SCOPE_TARGET_WIRE,		/* "wire:": received */
};

struct scope_target {
	enum scope_target_place place;
	const char *label;		/* the word, without colon; "wire" of a bare file */
	const char *name;
	bool is_device;
};

/*
 * What a word means: a file wins over a device of that name with "wire:" and without
 * a word, elsewhere the device. EXIT_DONE, or an exit code and what is wrong has
 * been said.
 */
int scope_target_parse(const char *word, struct scope_target *ret);

/* How to look at a device; @is_alone: its other direction is shown too. */
void scope_target_config(const struct scope_target *target, bool is_alone,
			 struct scope_live_config *ret);

#endif
