// SPDX-License-Identifier: GPL-2.0
#include "svg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CELLS_PER_PX	2.0		/* dots nearer than half a pixel are one */

void html_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<': fputs("&lt;", out); break;
		case '>': fputs("&gt;", out); break;
		case '&': fputs("&amp;", out); break;
		case '"': fputs("&quot;", out); break;
		default:
			/* control characters are not allowed in the page */
			if ((unsigned char)*text >= ' ' && *text != 127)
				fputc(*text, out);
		}
	}
}

void html_count(FILE *out, double count)
{
	char digits[32];
	size_t length;

	snprintf(digits, sizeof(digits), "%.0f", count);
	length = strlen(digits);
	for (size_t i = 0; i < length; i++) {
		fputc(digits[i], out);
		if (length > 4 && (length - i) % 3 == 1 && i + 1 < length)
			fputs("&#8239;", out);	/* narrow no-break space */
	}
}

void svg_rate_format(double bits_ps, char *text, size_t text_size)
{
	static const struct { double unit; const char *name; } units[] = {
		{ 1e9, "Gb/s" }, { 1e6, "Mb/s" }, { 1e3, "kb/s" }, { 1, "b/s" },
	};
	size_t i = 0;
	double value;
	int digits;

	/* 999.6 Mb/s is 1.00 Gb/s */
	while (i < 3 && bits_ps < units[i].unit * 0.9995)
		i++;
	value = bits_ps / units[i].unit;
	digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
	if (value == floor(value))
		digits = 0;
	snprintf(text, text_size, "%.*f %s", digits, value, units[i].name);
}

void svg_time_format(double ns, char *text, size_t text_size)
{
	static const struct { double unit; const char *name; } units[] = {
		{ 1e9, "s" }, { 1e6, "ms" }, { 1e3, "µs" }, { 1, "ns" },
	};
	size_t i = 0;

	while (i < 3 && ns < units[i].unit * 0.9995)
		i++;
	snprintf(text, text_size, ns >= 1e12 ? "%.0f %s" : "%.3g %s",
		 ns / units[i].unit, units[i].name);
}

void svg_decade_format(double value, bool is_time, char *text,
		       size_t text_size)
{
	static const char *const times[] = { "ns", "µs", "ms", "s" };
	static const char *const counts[] = { "", "k", "M", "G" };
	unsigned int i = 0;

	while (value >= 999.5 && i < 3) {
		value /= 1000;
		i++;
	}
	snprintf(text, text_size, is_time ? "%g %s" : "%g%s", value,
		 is_time ? times[i] : counts[i]);
}

double scale_at(const struct scale *scale, double value)
{
	double share;

	if (scale->is_log)
		share = value > 0 ? log(value / scale->from) /
				    log(scale->to / scale->from) : 0;
	else
		share = (value - scale->from) / (scale->to - scale->from);
	if (!(share >= 0))
		share = 0;
	if (share > 1)
		share = 1;
	return scale->at_from + share * (scale->at_to - scale->at_from);
}

double tick_step(double span, unsigned int steps)
{
	double step = pow(10, floor(log10(span / steps)));

	if (step * steps >= span * (1 - 1e-9))
		return step;
	if (step * 2 * steps >= span * (1 - 1e-9))
		return step * 2;
	if (step * 5 * steps >= span * (1 - 1e-9))
		return step * 5;
	return step * 10;
}

void svg_line(FILE *out, const char *class, double x1, double y1, double x2,
	      double y2)
{
	fprintf(out, "<path class=\"%s\" d=\"M%.4g %.4gL%.4g %.4g\"/>\n", class,
		x1, y1, x2, y2);
}

void svg_text(FILE *out, const char *class, double x, double y,
	      const char *anchor, const char *text)
{
	fprintf(out, "<text class=\"%s\" x=\"%.4g\" y=\"%.4g\" text-anchor=\"%s\">",
		class, x, y, anchor);
	html_text(out, text);
	fputs("</text>\n", out);
}

void svg_time_axis(FILE *out, const struct scale *time, double y)
{
	double step = tick_step(time->to, 10), end = time->to * (1 + 1e-9);
	char text[32];

	for (double at = 0; at <= end; at += step) {
		snprintf(text, sizeof(text), at + step > end ? "%g s" : "%g",
			 at);
		svg_text(out, "tick", scale_at(time, at), y, "middle", text);
	}
}

void svg_log_axis(FILE *out, const struct scale *x, double top, double bottom,
		  bool is_time, const char *label)
{
	unsigned int decades = (unsigned int)lround(log10(x->to / x->from));
	unsigned int every = decades > 5 ? 2 : 1;
	char text[32];

	svg_line(out, "base", x->at_from, bottom, x->at_to, bottom);
	for (unsigned int i = 0; i <= decades; i++) {
		double value = x->from * pow(10, i), at = scale_at(x, value);

		svg_line(out, "hair", at, top, at, bottom);
		if (i % every)
			continue;
		svg_decade_format(value, is_time, text, sizeof(text));
		svg_text(out, "tick", at, bottom + 14, "middle", text);
	}
	svg_text(out, "note", (x->at_from + x->at_to) / 2, bottom + 31,
		 "middle", label);
}

void svg_dots_open(struct svg_dots *dots, FILE *out, const char *class,
		   double left, double width, double height)
{
	*dots = (struct svg_dots){
		.out = out,
		.columns = lround(width * CELLS_PER_PX),
		.rows = lround(height * CELLS_PER_PX),
	};
	dots->seen = calloc((size_t)dots->columns + 1, (size_t)dots->rows + 1);
	fprintf(out, "<path class=\"dot %s\" transform=\"translate(%g 0)scale(.5)\" d=\"",
		class, left);
}

void svg_dots_add(struct svg_dots *dots, double x, double y)
{
	long column = lround(x * CELLS_PER_PX), row = lround(y * CELLS_PER_PX);
	uint8_t *cell;

	if (!dots->seen || column < 0 || column > dots->columns || row < 0 ||
	    row > dots->rows)
		return;
	cell = &dots->seen[column * (dots->rows + 1) + row];
	if (*cell)
		return;
	*cell = 1;
	fprintf(dots->out, "m%ld%s%ldh0", column - dots->last_x,
		row - dots->last_y < 0 ? "" : " ", row - dots->last_y);
	dots->last_x = column;
	dots->last_y = row;
}

void svg_dots_close(struct svg_dots *dots)
{
	fputs("\"/>\n", dots->out);
	free(dots->seen);
}
