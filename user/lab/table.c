// SPDX-License-Identifier: GPL-2.0
/*
 * The table:
 *
 *  policy        goodput  resent   port queue  1 ms train segs/ as
 *                   Mb/s       %  drops   p99  peak   p99 super expected
 *  fq           355 ±12   0.81    9321    16  x38     44  17.2 yes
 */
#include "table.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/terminal.h"
#include "summary.h"

#define COLUMNS_MAX	80

/* By the environment alone: setlocale would bring decimal commas. */
static bool is_utf8_locale(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strcasestr(value, "utf-8") ||
			       strcasestr(value, "utf8");
	}
	return false;
}

struct lab_table_style lab_table_style_of(FILE *out)
{
	bool is_terminal = isatty(fileno(out)) == 1;

	return (struct lab_table_style){
		.is_utf8 = is_terminal && is_utf8_locale(),
		.has_colour = sluice_terminal_obeys(fileno(out)) &&
			      !getenv("NO_COLOR"),
	};
}

struct cell {
	char text[24];
};

static struct cell cell_of(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

static struct cell cell_of(const char *format, ...)
{
	struct cell cell;
	va_list args;

	va_start(args, format);
	vsnprintf(cell.text, sizeof(cell.text), format, args);
	va_end(args);
	return cell;
}

static struct cell figure_cell(const struct lab_figure *figure, double unit,
			       int digits)
{
	if (!figure->count)
		return cell_of("-");
	return cell_of("%.*f", digits, figure->mean / unit);
}

static struct cell goodput_cell(const struct lab_summary *summary,
				struct lab_table_style style)
{
	const struct lab_figure *figure = &summary->goodput_bits_ps;

	if (figure->count < 2)
		return figure_cell(figure, 1e6, 0);
	return cell_of("%.0f %s%-3.0f", figure->mean / 1e6,
		       style.is_utf8 ? "±" : "+-", figure->deviation / 1e6);
}

/* Share of what was sent that did not arrive: TCP's own count, or UDP's loss. */
static struct cell loss_cell(const struct lab_summary *summary)
{
	const struct lab_figure *figure = &summary->retransmitted_percent;

	if (!figure->count)
		figure = &summary->udp_lost_percent;
	return figure_cell(figure, 1, figure->mean >= 9.9995 ? 2 : 3);
}

static struct cell peak_cell(const struct lab_summary *summary,
			     struct lab_table_style style)
{
	const struct lab_figure *figure = &summary->pmr_1ms;

	if (!figure->count)
		return cell_of("-");
	return cell_of("%s%.*f", style.is_utf8 ? "×" : "x",
		       figure->mean < 9.95 ? 2 : figure->mean < 99.5 ? 1 : 0,
		       figure->mean);
}

static struct cell verdict_cell(const struct lab_summary *summary)
{
	if (!summary->expected)
		return cell_of(" ");
	if (summary->met == summary->expected)
		return cell_of("yes");
	return cell_of("NO: %u of %u", summary->expected - summary->met,
		       summary->expected);
}

/* Characters on the screen: UTF-8 continuation bytes take no column. */
static int width_of(const char *text)
{
	int width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

static void right(FILE *out, int width, const char *text)
{
	fprintf(out, "%*s%s", width - width_of(text) > 0 ?
		width - width_of(text) : 0, "", text);
}

static void row(FILE *out, const struct lab_summary *summary,
		struct lab_table_style style)
{
	const char *colour = "", *plain = "";

	if (style.has_colour && summary->expected) {
		colour = summary->met == summary->expected ? "\033[32m" :
							     "\033[1;31m";
		plain = "\033[0m";
	}
	fprintf(out, "%-14.14s", summary->policy);
	right(out, 9, goodput_cell(summary, style).text);
	right(out, 8, loss_cell(summary).text);
	right(out, 9, figure_cell(&summary->dropped_pkts, 1, 0).text);
	right(out, 6, figure_cell(&summary->queue_p99_pkts, 1, 0).text);
	right(out, 7, peak_cell(summary, style).text);
	right(out, 6, figure_cell(&summary->train_p99_pkts, 1, 0).text);
	right(out, 7, figure_cell(&summary->superpacket_segments, 1, 1).text);
	fprintf(out, "  %s%s%s\n", colour, verdict_cell(summary).text, plain);
}

static void heading(FILE *out, const json_t *results,
		    struct lab_table_style style)
{
	const char *bold = style.has_colour ? "\033[1m" : "";
	const char *plain = style.has_colour ? "\033[0m" : "";
	const json_t *scenario = json_object_get(results, "scenario");

	fprintf(out, "\n%s%s%s  (kernel %s)\n\n", bold,
		lab_string_at(scenario, "title",
			      lab_string_at(scenario, "name", "results")),
		plain, lab_string_at(results, "kernel.release", "unknown"));
	fprintf(out, "%s%-14s%9s%8s%9s%6s%7s%6s%7s  %s%s\n", bold, "", "goodput",
		"resent", "dropped", "queue", "1 ms", "train", "super-", "as ex-",
		plain);
	fprintf(out, "%s%-14s%9s%8s%9s%6s%7s%6s%7s  %s%s\n", bold, "policy",
		"Mb/s", "%", "at port", "p99", "peak", "p99", "packet", "pected",
		plain);
}

static const char *op_text(const char *op, struct lab_table_style style)
{
	if (!style.is_utf8)
		return op;
	return !strcmp(op, ">=") ? "≥" : !strcmp(op, "<=") ? "≤" : op;
}

/* One line for each stated number that was missed. */
static void missed(FILE *out, const json_t *results,
		   struct lab_table_style style)
{
	const json_t *list = json_object_get(results, "expected"), *entry;
	size_t i;

	json_array_foreach(list, i, entry) {
		double value = 0, measured;

		if (!json_is_false(json_object_get(entry, "met")))
			continue;
		lab_number_at(entry, "value", &value);
		fprintf(out, "NO: %s: %s", lab_string_at(entry, "policy", "?"),
			lab_string_at(entry, "key", "?"));
		if (lab_number_at(entry, "measured", &measured))
			fprintf(out, " is %.10g,", measured);
		else
			fputs(" is no number of these runs,", out);
		fprintf(out, " expected %s %.10g: %s\n",
			op_text(lab_string_at(entry, "op", ""), style), value,
			lab_string_at(entry, "reason", ""));
	}
}

static void legend(FILE *out, const struct lab_summary *summaries,
		   size_t count)
{
	unsigned int runs = 0;

	for (size_t i = 0; i < count; i++)
		if (summaries[i].runs > runs)
			runs = summaries[i].runs;
	fprintf(out, "\nresent: TCP segments retransmitted (UDP: lost). queue: packets at the port, 99 %%\n"
		"of the time no more. 1 ms peak: highest 1 ms rate over the 1 s mean. train:\n"
		"99 %% of frames left in trains no longer. super-packet: segments in one.\n");
	if (runs > 1)
		fprintf(out, "Means of %u seeds and standard deviation.\n", runs);
}

int lab_table_write(const json_t *results, FILE *out,
		    struct lab_table_style style)
{
	struct lab_summary *summaries;
	size_t count;

	summaries = lab_summaries_create(results, &count);
	if (!summaries)
		return -1;
	heading(out, results, style);
	for (size_t i = 0; i < count; i++)
		row(out, &summaries[i], style);
	legend(out, summaries, count);
	missed(out, results, style);
	free(summaries);
	return ferror(out) ? -1 : 0;
}
