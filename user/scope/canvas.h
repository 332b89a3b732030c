/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lines of text for a terminal of a given size: parts that are too wide are left out
 * whole, sentences go on in the next line, what is too much is left out, and bars are
 * drawn with what the terminal can show.
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
 * @rows_left: lines that may still be written above the last one
 * @line: the one that is put together
 */
struct canvas {
	FILE *out;
	bool is_utf8;
	unsigned int columns;
	unsigned int rows_left;
	struct canvas_line line;
};

/* columns and rows are of the terminal; there are at least 24 and 4. */
void canvas_begin(struct canvas *canvas, FILE *out, unsigned int columns,
		  unsigned int rows, bool is_utf8);

/* Whole characters of UTF-8, one column each; control bytes become dots. */
void canvas_put(struct canvas *canvas, const char *text);

__attribute__((format(printf, 2, 3)))
void canvas_printf(struct canvas *canvas, const char *format, ...);

/* The same, or nothing where there is no room for all of it: half a number is another one. */
__attribute__((format(printf, 2, 3)))
void canvas_part(struct canvas *canvas, const char *format, ...);

/* A sentence: words that have no room in this line begin the next one. Ends the line. */
__attribute__((format(printf, 2, 3)))
void canvas_sentence(struct canvas *canvas, const char *format, ...);

/* A name, up to that column; one that is cut ends with a mark that says so. */
void canvas_name(struct canvas *canvas, const char *name, unsigned int column);

/* Blanks up to a column. */
void canvas_pad(struct canvas *canvas, unsigned int columns);

/* Write what was put together, and begin the next line. */
void canvas_end_line(struct canvas *canvas);

/* The last line of the screen, in the longest of the wordings (short ones last, then NULL) that has room. */
void canvas_foot(struct canvas *canvas, const char *const *wordings);

/* A bar, share of cells long; with Unicode in eighths of a cell. */
void canvas_bar(struct canvas *canvas, double share, unsigned int cells);

/* A cell filled from below, 0 to 1; what is there is never drawn as nothing. */
void canvas_height(struct canvas *canvas, double share);

#endif
