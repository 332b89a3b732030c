// SPDX-License-Identifier: GPL-2.0
/* A small chart: two scales, curves with titles to point at, marked levels. */
#include <math.h>
#include <string.h>

#include "report_parts.h"

#define WIDTH		308
#define HEIGHT		232
#define LEFT		44.0
#define RIGHT		300.0
#define TOP		14.0
#define BOTTOM		196.0
#define LABELS_MAX	5.0		/* decades of y that all get a number */
/* Two points of a step curve nearer than this look like one. */
#define STEP_PX		.7

/* ---- numbers as text ---- */

struct text rate_text(double bits_ps)
{
	struct text ret = { "" };

	svg_rate_format(bits_ps, ret.text, sizeof(ret.text));
	return ret;
}

struct text time_text(double ns)
{
	struct text ret = { "" };

	svg_time_format(ns, ret.text, sizeof(ret.text));
	return ret;
}

struct text told_text(double ns, uint32_t least_ns)
{
	struct text text = time_text(fmax(ns, least_ns));
	struct text ret = { "" };

	snprintf(ret.text, sizeof(ret.text), ns < least_ns ? "below %.40s" :
		 "%.40s", text.text);
	return ret;
}

struct text bytes_text(double bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	struct text ret = { "" };
	size_t i = 0;

	while (bytes >= 999.5 && i < 4) {
		bytes /= 1000;
		i++;
	}
	snprintf(ret.text, sizeof(ret.text), "%.3g %s", bytes, units[i]);
	return ret;
}

struct text number_text(double value)
{
	struct text ret = { "" };

	if (value >= 99999.5)
		snprintf(ret.text, sizeof(ret.text), value < 999500 ? "%.3gk" :
			 "%.3gM", value / (value < 999500 ? 1e3 : 1e6));
	else
		snprintf(ret.text, sizeof(ret.text), value < 99.95 ? "%.3g" :
			 "%.0f", value);
	return ret;
}

/* ---- the frame ---- */

static void figure_open(FILE *out, const char *title, const char *how)
{
	fprintf(out, "<figure><figcaption><b>%s</b> %s</figcaption>\n", title,
		how);
}

void chart_absent(FILE *out, const char *title, const char *why)
{
	figure_open(out, title, "");
	fprintf(out, "<p class=\"absent\">%s</p></figure>\n", why);
}

struct scale chart_decades(double from, double to)
{
	struct scale ret = { .is_log = true };

	ret.from = pow(10, floor(log10(from) + 1e-9));
	ret.to = pow(10, ceil(log10(to) - 1e-9));
	if (ret.to <= ret.from * 1.001)
		ret.to = ret.from * 10;
	return ret;
}

void chart_open(struct chart *chart, FILE *out, const char *title,
		const char *how, bool x_is_time, const char *x_label)
{
	chart->out = out;
	chart->x.at_from = LEFT;
	chart->x.at_to = RIGHT;
	chart->y.at_from = BOTTOM;
	chart->y.at_to = TOP;
	figure_open(out, title, how);
	fprintf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n",
		WIDTH, HEIGHT, title);
	svg_log_axis(out, &chart->x, TOP, BOTTOM, x_is_time, x_label);
}

static void y_line(const struct chart *chart, double value, const char *text)
{
	double at = scale_at(&chart->y, value);

	svg_line(chart->out, "hair", LEFT, at, RIGHT, at);
	if (text)
		svg_text(chart->out, "tick", LEFT - 6, at + 3.5, "end", text);
}

void chart_log_y(const struct chart *chart, const char *unit)
{
	int decades = (int)lround(log10(chart->y.to / chart->y.from));
	int every = decades > LABELS_MAX ? 2 : 1;
	char text[32];

	for (int i = 0; i <= decades; i++) {
		double value = chart->y.from * pow(10, i);

		svg_decade_format(value, false, text, sizeof(text));
		y_line(chart, value, i % every ? NULL : text);
	}
	svg_text(chart->out, "tick", LEFT, TOP - 5, "start", unit);
}

void chart_share_y(struct chart *chart)
{
	char text[16];

	chart->y.from = 0;
	chart->y.to = 1;
	chart->y.is_log = false;
	for (unsigned int percent = 0; percent <= 100; percent += 25) {
		snprintf(text, sizeof(text), "%u%s", percent,
			 percent == 100 ? " %" : "");
		y_line(chart, percent / 100.0, text);
	}
}

void chart_close(const struct chart *chart)
{
	fputs("</svg></figure>\n", chart->out);
}

/* ---- what is in it ---- */

void chart_curve(const struct chart *chart, const char *class,
		 const struct chart_point *points, uint32_t count)
{
	fprintf(chart->out, "<path class=\"curve %s\" d=\"", class);
	for (uint32_t i = 0; i < count; i++)
		fprintf(chart->out, "%c%.4g %.4g", i ? 'L' : 'M',
			scale_at(&chart->x, points[i].x),
			scale_at(&chart->y, points[i].y));
	fputs("\"/>\n", chart->out);
	for (uint32_t i = 0; i < count; i++) {
		if (!points[i].title[0])
			continue;
		fprintf(chart->out, "<circle class=\"point %s\" cx=\"%.4g\" cy=\"%.4g\" r=\"5\"><title>",
			class, scale_at(&chart->x, points[i].x),
			scale_at(&chart->y, points[i].y));
		html_text(chart->out, points[i].title);
		fputs("</title></circle>\n", chart->out);
	}
}

void chart_cdf(const struct chart *chart, const char *class,
	       const struct sluice_hist *hist, bool is_weighted)
{
	double all = (double)(is_weighted ? hist->sum : hist->count);
	double below = 0, last_x = LEFT, last_y = BOTTOM;

	if (all <= 0)
		return;
	fprintf(chart->out, "<path class=\"curve %s\" d=\"M%.4g %.4g", class,
		LEFT, BOTTOM);
	for (uint32_t i = 0; i <= hist->last; i++) {
		const struct sluice_hist_bucket *bucket = &hist->buckets[i];
		double x, y;

		if (!bucket->count)
			continue;
		below += (double)(is_weighted ? bucket->sum : bucket->count);
		x = scale_at(&chart->x, (double)bucket->sum /
					(double)bucket->count);
		y = scale_at(&chart->y, below / all);
		if (fabs(x - last_x) > STEP_PX) {
			fprintf(chart->out, "V%.4gH%.4g", last_y, x);
			last_x = x;
		}
		last_y = y;
	}
	fprintf(chart->out, "V%.4gH%.4g\"/>\n", last_y, RIGHT);
}

void chart_level_x(const struct chart *chart, double x, const char *word)
{
	double at = scale_at(&chart->x, x);
	bool is_right = at > (LEFT + RIGHT) / 2;

	if (x <= chart->x.from || x >= chart->x.to)
		return;
	svg_line(chart->out, "level", at, BOTTOM, at, TOP);
	svg_text(chart->out, "note", at + (is_right ? -5 : 5), BOTTOM - 6,
		 is_right ? "end" : "start", word);
}

void chart_level_y(const struct chart *chart, double y, const char *word)
{
	double at = scale_at(&chart->y, y);

	if (y < chart->y.from || y > chart->y.to)
		return;
	svg_line(chart->out, "level", LEFT, at, RIGHT, at);
	svg_text(chart->out, "note", RIGHT - 3, at - 4, "end", word);
}

void series_key(FILE *out, const char *class, const char *text)
{
	fprintf(out, "<span class=\"key\"><svg viewBox=\"0 0 22 8\"><path class=\"%s\" d=\"%s\"/></svg>%s</span> ",
		class, !strcmp(class, "mean") ? "M0 4H22" : "M4 4h0m7 0h0m7 0h0",
		text);
}
