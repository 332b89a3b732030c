// SPDX-License-Identifier: GPL-2.0
/* Small helpers that every panel of the report draws with. */
#include <math.h>
#include <string.h>

#include "report_parts.h"

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
			if ((unsigned char)*text >= ' ')
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

void html_figure(FILE *out, const struct lab_figure *figure, double unit,
		 int digits)
{
	if (!figure->count) {
		fputs("&#8211;", out);
		return;
	}
	if (digits == 0)
		html_count(out, figure->mean / unit);
	else
		fprintf(out, "%.*f", digits, figure->mean / unit);
	if (figure->count > 1)
		fprintf(out, "<small>&#8239;&#177;&#8239;%.*f</small>", digits,
			figure->deviation / unit);
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

static bool is_own(const char *policy)
{
	return !strncmp(policy, "sluice", 6);
}

const char *policy_class(const struct report *report, size_t i)
{
	static const char *const classes[] = {
		"p1", "p2", "p3", "p4", "p5", "p6", "p7"
	};
	static const char *const own[] = { "p0", "p8", "p9" };
	size_t number = 0;
	bool is_one = is_own(report->policies[i].policy);

	for (size_t k = 0; k < i; k++)
		number += is_own(report->policies[k].policy) == is_one;
	if (is_one)
		return own[number % (sizeof(own) / sizeof(own[0]))];
	return classes[number % (sizeof(classes) / sizeof(classes[0]))];
}

const json_t *series_of(const json_t *run, const char *path)
{
	char name[96], *rest = name, *part;

	snprintf(name, sizeof(name), "%s", path);
	while (run && (part = strsep(&rest, ".")) != NULL)
		run = json_object_get(run, part);
	return json_array_size(run) ? run : NULL;
}

double series_at(const json_t *array, size_t i)
{
	return json_number_value(json_array_get(array, i));
}

double series_max(const json_t *array)
{
	double max = 0;

	for (size_t i = 0; i < json_array_size(array); i++)
		if (series_at(array, i) > max)
			max = series_at(array, i);
	return max;
}
