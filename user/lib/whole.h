/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A file that is replaced whole or not at all: it is written without a name, or beside
 * its place where the file system cannot do that, and put there at the end.
 *
 * Part of libsluice: nothing here prints or exits.
 */
#ifndef SLUICE_WHOLE_H
#define SLUICE_WHOLE_H

#include <stdio.h>

/**
 * struct sluice_whole - one that is being written
 * @out: what it is written to
 * @place: where it belongs: not a link to there; NULL: @out is there already, because
 *	a pipe or a device cannot be replaced
 * @beside: where it is until then; NULL: nowhere, so it vanishes with the process
 */
struct sluice_whole {
	FILE *out;
	char *place;
	char *beside;
};

/* Begin. Returns 0, or -errno with nothing to end. */
int sluice_whole_open(struct sluice_whole *ret, const char *path);

/* The same with a name from the start, for who puts it there by that. */
int sluice_whole_open_beside(struct sluice_whole *ret, const char *path);

/*
 * Close it; @err, of what was written so far, or an error of this leaves what was
 * there before. Returns 0 or -errno.
 */
int sluice_whole_close(struct sluice_whole *whole, int err);

/* Free what tells of its place, for who puts it there himself. Accepts zeroes. */
void sluice_whole_done(struct sluice_whole *whole);

#endif
