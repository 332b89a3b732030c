/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What pages with pictures are written with: text made harmless, scales, and the
 * marks of a chart as SVG. The style of all pages is one.
 */
#ifndef SLUICE_SVG_H
#define SLUICE_SVG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* ---- HTML ---- */

/*
 * The rules of the style sheet. Classes p0 … p9 give dots, curves, areas, bars
 * and names a colour; p0 is Sluice's own.
 */
void html_style(FILE *out);

/* Text with the characters of HTML made harmless, also inside quotes. */
void html_text(FILE *out, const char *text);

/* A count with thin spaces between thousands: "9 321". */
void html_count(FILE *out, double count);

/* "1.23 Gb/s", "355 Mb/s", "64 kb/s": three digits. */
void svg_rate_format(double bits_ps, char *text, size_t text_size);

/* "1.21 µs", "40 ms": three digits. */
void svg_time_format(double ns, char *text, size_t text_size);

/* "100 ns", "1 µs" …; "1k", "1M" for plain numbers. */
void svg_decade_format(double value, bool is_time, char *text,
		       size_t text_size);

/* ---- scales ---- */

struct scale {
	double from;			/* values */
	double to;
	double at_from;			/* pixels */
	double at_to;
	bool is_log;
};

/* Where a value is drawn; values outside are drawn at the edge. */
double scale_at(const struct scale *scale, double value);

/* 1, 2, 5 x 10^n: the smallest at which at most `steps` steps cover span. */
double tick_step(double span, unsigned int steps);

/* ---- marks ---- */

/* From (x1, y1) to (x2, y2), in pixels. */
void svg_line(FILE *out, const char *class, double x1, double y1, double x2,
	      double y2);

/* anchor: "start", "middle" or "end". */
void svg_text(FILE *out, const char *class, double x, double y,
	      const char *anchor, const char *text);

/* Ticks of a time axis in seconds, from 0 to time->to. */
void svg_time_axis(FILE *out, const struct scale *time, double y);

/* Decades of a logarithmic x axis between top and bottom, and what it is. */
void svg_log_axis(FILE *out, const struct scale *x, double top, double bottom,
		  bool is_time, const char *label);

/*
 * Many dots as one path of zero-length strokes with round caps, in half pixels
 * and relative moves: about seven bytes a dot. A dot in a cell that already has
 * one adds nothing to the picture and is left out.
 */
struct svg_dots {
	FILE *out;
	long columns;
	long rows;
	long last_x;
	long last_y;
	uint8_t *seen;			/* NULL: no memory, nothing is drawn */
};

/* The field begins at left, 0. Close also what could not be opened. */
void svg_dots_open(struct svg_dots *dots, FILE *out, const char *class,
		   double left, double width, double height);
/* Within the field. */
void svg_dots_add(struct svg_dots *dots, double x, double y);
void svg_dots_close(struct svg_dots *dots);

#endif
