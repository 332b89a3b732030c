/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of `sluice apply` share. */
#ifndef SLUICE_APPLY_H
#define SLUICE_APPLY_H

#include "../lib/conf.h"
#include "pace.h"

/**
 * struct apply_arguments - what the words say
 * @mode: the flags
 * @is_follow: and again when links change
 * @paths: files that were named
 * @paths_count: how many; 0: all of /etc/sluice
 */
struct apply_arguments {
	struct pace_mode mode;
	bool is_follow;
	char **paths;
	unsigned int paths_count;
};

/**
 * struct apply_file - one of them
 * @conf: what it says
 * @command: the command that reads it alone, which messages begin with
 */
struct apply_file {
	struct sluice_conf conf;
	char command[sizeof("apply ") + PATH_MAX];
};

/**
 * struct apply_run - what the files say
 * @files: they, and behind them those beside them
 * @requests: one for each; they point into the files
 * @count: how many are to be applied
 * @mode: how: as the arguments say, and what is beside
 */
struct apply_run {
	struct apply_file *files;
	struct pace_request *requests;
	unsigned int count;
	struct pace_mode mode;
};

/* A file that says something wrong is wrong usage, one that is not there not. */
int apply_conf_refuse(int err, const char *error);

/*
 * Read all files, and check what they say, before the first device is looked at (M2).
 * The other devices' files in their folders are read too, so that one file alone is refused
 * where all of them together would be; one of these with a mistake does not count.
 * Returns an exit code; apply_run_done() comes next in any case.
 */
int apply_read(const struct apply_arguments *arguments, struct apply_run *ret);
void apply_run_done(struct apply_run *run);

/*
 * Apply the files, and stay: for links that change, and for what was refused and may
 * pass. Returns an exit code.
 */
int apply_follow(const struct apply_arguments *arguments);

#endif
