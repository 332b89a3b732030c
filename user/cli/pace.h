/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pacing devices, as `on` and `apply` ask for it: all that were asked for, or
 * none. Everything is looked up, checked and rehearsed before the first change;
 * what fails after that is rolled back (M1, M2).
 */
#ifndef SLUICE_PACE_H
#define SLUICE_PACE_H

#include <stdbool.h>

#include "../lib/option.h"

/**
 * struct pace_request - one device
 * @device: as it was named
 * @options: what it is to have; what is not given, a sluice that is there keeps
 */
struct pace_request {
	const char *device;
	struct sluice_options options;
};

/**
 * struct pace_mode - how
 * @command: its name, for messages
 * @is_dry_run: only print what would be done
 * @is_takeover: also where another program owns the qdisc, or where what is
 *	there cannot be put back
 * @is_json: say what was done, or would be, as JSON
 */
struct pace_mode {
	const char *command;
	bool is_dry_run;
	bool is_takeover;
	bool is_json;
};

/* Returns an exit code; what went wrong has been said. */
int pace_devices(const struct pace_mode *mode,
		 const struct pace_request *requests, unsigned int count);

#endif
