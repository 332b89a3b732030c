/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What scopes found, as one HTML page that needs nothing else: pictures that are
 * readable without JavaScript, and a series to zoom into with it.
 */
#ifndef SLUICE_SCOPE_REPORT_H
#define SLUICE_SCOPE_REPORT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "join.h"
#include "live.h"
#include "scope.h"

/**
 * struct scope_report - what the page is about
 * @scopes: finished ones, one for each vantage
 * @notes: for each scope why its packets ended early, a sentence without its
 *	full stop, or NULL; may itself be NULL
 * @losses: what was not seen of devices; NULL: of files, whose scopes have what they say
 * @join: of two scopes, where their packets were found again; NULL: not so
 * @count: of scopes and notes
 * @top_flows: that many flows are listed for each vantage, at most 256 in all
 */
struct scope_report {
	const struct scope *const *scopes;
	const char *const *notes;
	const struct scope_live_losses *losses;
	const struct scope_join *join;
	uint32_t count;
	uint32_t top_flows;
};

/* Write the page. 0, or -1 where out has failed. */
int scope_report_print(const struct scope_report *report, FILE *out);

/**
 * struct scope_report_file - where a page will go
 * @path: as it was given
 * @out: what it is written to; NULL: nothing more to do
 * @keeper: a socket to the process that puts it in its place; -1: none
 */
struct scope_report_file {
	const char *path;
	FILE *out;
	int keeper;
};

/*
 * Open it, before privileges are given up (sandbox.h). What is at path stays
 * until the page is whole; a pipe or a device is written to as it is. Returns 0, or
 * -1 with a sentence in error.
 */
int scope_report_open(struct scope_report_file *file, const char *path,
		      char *error, size_t error_size);

/*
 * Write the page, whole or not at all. Needs no call that a sandbox refuses. The
 * file is closed either way.
 */
int scope_report_write(struct scope_report_file *file,
		       const struct scope_report *report, char *error,
		       size_t error_size);

/* There will be no page. Accepts a file that was written, or is all zero. */
void scope_report_drop(struct scope_report_file *file);

#endif
