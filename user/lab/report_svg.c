// SPDX-License-Identifier: GPL-2.0
/* Small helpers that every panel of the report draws with. */
#include <math.h>
#include <string.h>

#include "report_parts.h"

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

size_t strips_count(const struct report *report, const char *path)
{
	size_t strips = 0;

	for (size_t i = 0; i < report->count; i++)
		strips += series_of(report->policies[i].first_run, path) != NULL;
	return strips;
}

void strips_draw(const struct report *report, const char *path, double top,
		 double first_y, double pitch,
		 void (*strip)(const struct report *report, size_t i, double top,
			       bool is_first, bool is_last))
{
	size_t strips = strips_count(report, path), drawn = 0;

	for (size_t i = 0; i < report->count; i++) {
		if (!series_of(report->policies[i].first_run, path))
			continue;
		fprintf(report->out, "<g transform=\"translate(0 %g)\">\n",
			first_y + (double)drawn * pitch);
		drawn++;
		strip(report, i, top, drawn == 1, drawn == strips);
		fputs("</g>\n", report->out);
	}
}
