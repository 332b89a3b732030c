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

#include "scope.h"

/**
 * struct scope_report - what the page is about
 * @scopes: finished ones, one for each vantage
 * @notes: for each scope why its packets ended early, a sentence without its
 *	full stop, or NULL; may itself be NULL
 * @count: of both
 * @top_flows: that many flows are listed for each vantage, at most 256
 */
struct scope_report {
	const struct scope *const *scopes;
	const char *const *notes;
	uint32_t count;
	uint32_t top_flows;
};

/* Write the page. 0, or -1 where out has failed. */
int scope_report_print(const struct scope_report *report, FILE *out);

/*
 * The same into a file, whole or not at all: what was at path stays until the
 * page is complete. Returns 0, or -1 with a sentence in error.
 */
int scope_report_write(const struct scope_report *report, const char *path,
		       char *error, size_t error_size);

#endif
