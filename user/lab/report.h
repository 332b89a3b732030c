/* SPDX-License-Identifier: GPL-2.0 */
/* One self-contained HTML page from the results of a lab command. */
#ifndef SLUICE_LAB_REPORT_H
#define SLUICE_LAB_REPORT_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Writes the page for results (the JSON of `sluice lab run`) to out. Keys
 * that are absent leave out their panel. An optional top-level string
 * `command` is shown as the command that made the page.
 * Returns 0, or -1 with one sentence in error (a write that failed, or
 * results without runs).
 */
int lab_report_write(const json_t *results, FILE *out, char *error,
		     size_t error_size);

#endif
