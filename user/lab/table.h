/* SPDX-License-Identifier: GPL-2.0 */
/* The results of a lab command as one table for the terminal. */
#ifndef SLUICE_LAB_TABLE_H
#define SLUICE_LAB_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct lab_table_style {
	bool is_utf8;		/* may use characters outside ASCII */
	bool has_colour;	/* may use bold, green and red */
};

/* What the stream can show: UTF-8 and colour only on a terminal. */
struct lab_table_style lab_table_style_of(FILE *out);

/*
 * One line per policy, means over seeds, at most 80 columns.
 * Returns 0, or -1 if results has no runs or a write failed.
 */
int lab_table_write(const json_t *results, FILE *out,
		    struct lab_table_style style);

#endif
