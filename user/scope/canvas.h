/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lines of text for a terminal of a given size: what is too wide is cut, what
 * is too much is left out, and bars are drawn with what the terminal can show.
 */
#ifndef SLUICE_SCOPE_CANVAS_H
#define SLUICE_SCOPE_CANVAS_H

#include <stdbool.h>
#include <stdio.h>

#define CANVAS_LINE_BYTES	1024u

/* A line that knows how many columns it fills; what is too much is cut. */
struct canvas_line {
	char text[CANVAS_LINE_BYTES];
	size_t bytes;
	unsigned int columns;
	unsigned int room;
};

/**
 * struct canvas - what is drawn on
 * @out: where lines go
 * @is_utf8: bars of blocks, else of ASCII
 * @columns: that a line may fill
 * @rows_left: lines that may still be written
 * @line: the one that is put together
 */
struct canvas {
	FILE *out;
	bool is_utf8;
	unsigned int columns;
	unsigned int rows_left;
	struct canvas_line line;
};

/* columns and rows are of the terminal; there are at least 80 and 12. */
void canvas_begin(struct canvas *canvas, FILE *out, unsigned int columns,
		  unsigned int rows, bool is_utf8);

/* Whole characters of UTF-8, one column each; control bytes become dots. */
void canvas_put(struct canvas *canvas, const char *text);

__attribute__((format(printf, 2, 3)))
void canvas_printf(struct canvas *canvas, const char *format, ...);

/* Blanks up to a column. */
void canvas_pad(struct canvas *canvas, unsigned int columns);

/* Write what was put together, and begin the next line. */
void canvas_end_line(struct canvas *canvas);

/* A bar, share of cells long; with Unicode in eighths of a cell. */
void canvas_bar(struct canvas *canvas, double share, unsigned int cells);

/* A cell filled from below, 0 to 1; what is there is never drawn as nothing. */
void canvas_height(struct canvas *canvas, double share);

#endif
