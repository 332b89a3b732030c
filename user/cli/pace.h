/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pacing devices, as `on` and `apply` ask for it. Everything is looked up,
 * checked and rehearsed before the first change; what fails after that is
 * rolled back (M1, M2). For `on` that is all or nothing, for `apply` each file
 * is all or nothing: the others do not wait for a device that is not there.
 */
#ifndef SLUICE_PACE_H
#define SLUICE_PACE_H

#include <stdbool.h>

#include "../lib/option.h"

/**
 * enum pace_wait - what would make good that a request was refused
 * @PACE_LASTS: somebody has to do something; or it was not refused
 * @PACE_FOR_LINK: its link comes up, or a port comes
 * @PACE_PASSES: time may: what stands in the way comes and goes by itself
 */
enum pace_wait {
	PACE_LASTS,
	PACE_FOR_LINK,
	PACE_PASSES,
};

/**
 * struct pace_request - one device
 * @command: what asks for it, for messages: "on", "apply FILE"
 * @device: as it was named
 * @kind: of what is to pace: "sluice", or the kernel's "fq" (../lib/fq.h)
 * @options: what it is to have; what is not given, one that is there keeps
 * @path: the file that asks for it, NULL: the command's words do
 * @lines: where it has the options, as in struct sluice_conf
 * @code: why it was refused, an exit code; 0: it was not
 * @wait: and what for
 */
struct pace_request {
	const char *command;
	const char *device;
	const char *kind;
	struct sluice_options options;
	const char *path;
	const unsigned int *lines;
	int code;
	enum pace_wait wait;
};

/**
 * struct pace_mode - how
 * @command: its name, for messages
 * @is_each: a request that is refused leaves the others alone
 * @is_dry_run: only print what would be done
 * @is_takeover: also where another program owns the qdisc, or where what is
 *	there cannot be put back
 * @is_json: say what was done, or would be, as JSON
 * @beside: what other files ask for that are not to be applied now. Where they pace the
 *	same device with other options the command is refused, or they would take turns
 * @beside_count: how many
 */
struct pace_mode {
	const char *command;
	bool is_each;
	bool is_dry_run;
	bool is_takeover;
	bool is_json;
	const struct pace_request *beside;
	unsigned int beside_count;
};

/*
 * Returns an exit code, that of the first request that was refused; what went
 * wrong has been said.
 */
int pace_devices(const struct pace_mode *mode, struct pace_request *requests,
		 unsigned int count);

#endif
