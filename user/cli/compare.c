// SPDX-License-Identifier: GPL-2.0
/* What differs between two sets of results; see compare.h. */
#include "compare.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "../lab/summary.h"
#include "../lib/json_set.h"
#include "../lib/refuse.h"
#include "../lib/units.h"
#include "out.h"

#define SECONDS_PER_MINUTE 60
#define NSEC 1e9

/* ---- the figures ---- */

/* What one is good for. */
enum role {
	ROLE_MORE_IS_BETTER,
	ROLE_LESS_IS_BETTER,
	ROLE_SHAPE,		/* of what leaves: no verdict */
	ROLE_CONTEXT,		/* the load, and what it costs: no verdict */
};

/**
 * struct figure - one row
 * @name: for people and programs
 * @unit: of what is shown; part of its key in JSON
 * @scale: what is read is divided by that
 * @role: what it is good for
 * @path: where it stands in a direction of a result, or in its place: keys, and
 *	numbers for elements of an array
 * @over: divided by what stands there; NULL: by nothing
 */
struct figure {
	const char *name;
	const char *unit;
	double scale;
	enum role role;
	const char *path;
	const char *over;
};

static const struct figure figures[COMPARE_FIGURES] = {
	{ "goodput", "Mb/s", 1e6, ROLE_MORE_IS_BETTER,
	  "tcp.goodput_bits_ps", NULL },
	{ "sent again", "%", 1e-2, ROLE_LESS_IS_BETTER,
	  "retransmitted_pkts", "metrics.pkts" },
	{ "timeouts", "a minute", 1 / (NSEC * SECONDS_PER_MINUTE),
	  ROLE_LESS_IS_BETTER, "timeouts", "duration_ns" },
	{ "standing queue", "ms", 1e6, ROLE_LESS_IS_BETTER,
	  "tcp.standing_queue_mean_ns", NULL },
	{ "peak of 1 ms", "of the mean", 1, ROLE_SHAPE,
	  "metrics.windows.1ms.pmr", NULL },
	{ "peak of 100 us", "of the mean", 1, ROLE_SHAPE,
	  "metrics.windows.100us.pmr", NULL },
	{ "trains", "packets", 1, ROLE_SHAPE,
	  "metrics.trains.0.by_pkts_p99_pkts", NULL },
	{ "burst at 125 %", "packets", 1, ROLE_SHAPE,
	  "metrics.burst_excess.2.max_pkts", NULL },
	{ "mean rate", "Mb/s", 1e6, ROLE_CONTEXT,
	  "metrics.mean_bits_ps", NULL },
	{ "processors", "%", 1e-2, ROLE_CONTEXT,
	  "processors.busy.all.mean_share", NULL },
	{ "softirqs", "%", 1e-2, ROLE_CONTEXT,
	  "processors.softirq.all.mean_share", NULL },
};

/* ---- reading ---- */

/* NAN: it is not known. */
static double number_at(const json_t *direction, const json_t *vantage,
			const char *path)
{
	double number;

	return lab_number_at(direction, path, &number) ||
	       lab_number_at(vantage, path, &number) ? number : NAN;
}

/* What leaves, or all where that is not known; the last place of two. */
static const json_t *direction_of(const json_t *vantage)
{
	const json_t *directions = json_object_get(vantage, "directions");
	const json_t *direction, *found = NULL;
	const char *name;
	size_t i;

	json_array_foreach(directions, i, direction) {
		name = json_string_value(json_object_get(direction,
							 "direction"));
		if (name && !strcmp(name, "out"))
			return direction;
		if (!found)
			found = direction;
	}
	return found;
}

static void result_add(const json_t *result, struct compare_side *side)
{
	const json_t *vantages = json_object_get(result, "vantages");
	const json_t *vantage = json_array_get(vantages,
					       json_array_size(vantages) - 1);
	const json_t *direction = direction_of(vantage);
	unsigned int i;

	side->runs++;
	side->missed_runs += json_integer_value(json_object_get(result,
							"missed_pkts")) > 0;
	for (i = 0; i < COMPARE_FIGURES; i++) {
		const struct figure *figure = &figures[i];
		double value = number_at(direction, vantage, figure->path);

		if (figure->over)
			value /= number_at(direction, vantage, figure->over);
		value /= figure->scale;
		if (isfinite(value))
			sluice_sample_add(&side->figures[i], value);
	}
}

int compare_read(FILE *file, const char *name, struct compare_side *ret,
		 char *error)
{
	json_error_t why;
	json_t *json;
	int next;

	memset(ret, 0, sizeof(*ret));
	ret->name = name;
	for (;;) {
		do
			next = getc(file);
		while (next == ' ' || next == '\t' || next == '\n' || next == '\r');
		if (next == EOF)
			break;
		ungetc(next, file);
		json = json_loadf(file, JSON_DISABLE_EOF_CHECK, &why);
		if (!json)
			return sluice_refuse(-EINVAL, error, COMPARE_ERROR_SIZE,
					     "%s: it holds no results of 'sluice scope --json': %s (object %u, line %d)",
					     name, why.text, ret->runs + 1,
					     why.line);
		if (json_array_size(json_object_get(json, "vantages")))
			result_add(json, ret);
		json_decref(json);
	}
	if (ferror(file))
		return sluice_refuse(-EIO, error, COMPARE_ERROR_SIZE,
				     "%s cannot be read: %s", name,
				     strerror(errno));
	if (!ret->runs)
		return sluice_refuse(-EINVAL, error, COMPARE_ERROR_SIZE,
				     "%s: there is no result of 'sluice scope --json' in it",
				     name);
	return 0;
}

/* ---- judging ---- */

enum change { CHANGE_NONE, CHANGE_UNKNOWN, CHANGE_UP, CHANGE_DOWN };

static enum change change_of(const struct compare *compare, unsigned int i)
{
	const struct sluice_sample *before = &compare->before.figures[i];
	const struct sluice_sample *after = &compare->after.figures[i];

	if (before->runs < 2 || after->runs < 2)
		return CHANGE_UNKNOWN;
	if (!sluice_samples_differ(before, after))
		return CHANGE_NONE;
	return after->mean > before->mean ? CHANGE_UP : CHANGE_DOWN;
}

static bool is_outcome(unsigned int i)
{
	return figures[i].role == ROLE_MORE_IS_BETTER ||
	       figures[i].role == ROLE_LESS_IS_BETTER;
}

/* 1: better, -1: worse, 0: neither, or no figure of that kind. */
static int gain_of(const struct compare *compare, unsigned int i)
{
	enum change change = change_of(compare, i);

	if (!is_outcome(i) || (change != CHANGE_UP && change != CHANGE_DOWN))
		return 0;
	return (change == CHANGE_UP) ==
	       (figures[i].role == ROLE_MORE_IS_BETTER) ? 1 : -1;
}

enum compare_verdict compare_judge(const struct compare *compare)
{
	unsigned int i, known = 0, better = 0, worse = 0;

	for (i = 0; i < COMPARE_FIGURES; i++) {
		known += is_outcome(i) &&
			 change_of(compare, i) != CHANGE_UNKNOWN;
		better += gain_of(compare, i) > 0;
		worse += gain_of(compare, i) < 0;
	}
	if (!known)
		return COMPARE_UNKNOWN;
	if (better && worse)
		return COMPARE_MIXED;
	if (better)
		return COMPARE_BETTER;
	return worse ? COMPARE_WORSE : COMPARE_NO_BENEFIT;
}

/* ---- for people ---- */

/* "goodput, sent again": what gained, or lost. */
static void names_print(FILE *out, const struct compare *compare, int gain)
{
	const char *comma = "";
	unsigned int i;

	for (i = 0; i < COMPARE_FIGURES; i++) {
		if (gain_of(compare, i) != gain)
			continue;
		fprintf(out, "%s%s", comma, figures[i].name);
		comma = ", ";
	}
}

/* Figures that decide and were measured on both sides, be it once. */
static bool has_outcome(const struct compare *compare)
{
	unsigned int i;

	for (i = 0; i < COMPARE_FIGURES; i++)
		if (is_outcome(i) && compare->before.figures[i].runs &&
		    compare->after.figures[i].runs)
			return true;
	return false;
}

static void verdict_print(FILE *out, const struct compare *compare)
{
	switch (compare_judge(compare)) {
	case COMPARE_UNKNOWN:
		fputs(has_outcome(compare) ?
		      "not known: what was measured once has no spread; measure both twice or more, in turns" :
		      "not known: no figure that decides was measured on both sides; was there TCP?", out);
		break;
	case COMPARE_NO_BENEFIT:
		fputs("no benefit: nothing that counts differs by more than the runs among themselves", out);
		break;
	case COMPARE_BETTER:
		fputs("better: ", out);
		names_print(out, compare, 1);
		break;
	case COMPARE_WORSE:
		fputs("worse: ", out);
		names_print(out, compare, -1);
		break;
	case COMPARE_MIXED:
		fputs("mixed: better ", out);
		names_print(out, compare, 1);
		fputs(", worse ", out);
		names_print(out, compare, -1);
		break;
	}
	fprintf(out, " (%u runs before, %u after)\n", compare->before.runs,
		compare->after.runs);
}

static void sample_print(FILE *out, const struct sluice_sample *sample)
{
	char text[64] = "-", mean[24], half[24];

	sluice_format_number_about(sample->mean, mean, sizeof(mean));
	sluice_format_number_about(sluice_sample_half_width(sample), half,
				   sizeof(half));
	if (sample->runs > 1)
		snprintf(text, sizeof(text), "%s +- %s", mean, half);
	else if (sample->runs)
		snprintf(text, sizeof(text), "%s", mean);
	fprintf(out, " %19s", text);
}

static const char *change_word(const struct compare *compare, unsigned int i)
{
	static const char *const words[] = {
		[CHANGE_NONE] = "the same", [CHANGE_UNKNOWN] = "not known",
		[CHANGE_UP] = "more", [CHANGE_DOWN] = "less",
	};
	int gain = gain_of(compare, i);

	return gain ? gain > 0 ? "better" : "worse" :
	       words[change_of(compare, i)];
}

static void row_print(FILE *out, const struct compare *compare, unsigned int i)
{
	const struct sluice_sample *before = &compare->before.figures[i];
	const struct sluice_sample *after = &compare->after.figures[i];

	if (!before->runs && !after->runs)
		return;
	fprintf(out, "  %-15s %-12s", figures[i].name, figures[i].unit);
	sample_print(out, before);
	sample_print(out, after);
	fprintf(out, "  %s\n", change_word(compare, i));
}

static void missed_print(FILE *out, const struct compare_side *side)
{
	if (side->missed_runs)
		fprintf(out, "! %s: packets were missed in %u of %u runs: what was not seen is in no figure\n",
			side->name, side->missed_runs, side->runs);
}

void compare_print(FILE *out, const struct compare *compare)
{
	unsigned int i;

	verdict_print(out, compare);
	fprintf(out, "  %-28s %19s %19s\n", "", "before", "after");
	for (i = 0; i < COMPARE_FIGURES; i++)
		row_print(out, compare, i);
	fputs("+-: 95 % confidence of the mean; what differs does not meet. Other load differs, too: measure in turns\n",
	      out);
	missed_print(out, &compare->before);
	missed_print(out, &compare->after);
}

/* ---- for programs ---- */

static json_t *sample_json(const struct sluice_sample *sample)
{
	json_t *object;

	if (!sample->runs)
		return json_null();
	object = json_pack("{s:i, s:o}", "runs", (int)sample->runs, "value",
			   sluice_json_real(sample->mean));
	if (sample->runs > 1)
		set_real(object, "half_width", sluice_sample_half_width(sample));
	return object;
}

static json_t *figures_json(const struct compare *compare)
{
	json_t *array = json_array();
	unsigned int i;

	for (i = 0; i < COMPARE_FIGURES; i++)
		json_array_append_new(array,
			json_pack("{s:s, s:s, s:b, s:s, s:o, s:o}",
				  "figure", figures[i].name,
				  "unit", figures[i].unit,
				  "decides", is_outcome(i),
				  "change", change_word(compare, i),
				  "before",
				  sample_json(&compare->before.figures[i]),
				  "after",
				  sample_json(&compare->after.figures[i])));
	return array;
}

json_t *compare_json(const struct compare *compare)
{
	static const char *const names[] = {
		[COMPARE_UNKNOWN] = "unknown",
		[COMPARE_NO_BENEFIT] = "no_benefit",
		[COMPARE_BETTER] = "better",
		[COMPARE_WORSE] = "worse",
		[COMPARE_MIXED] = "mixed",
	};

	return json_pack("{s:i, s:s, s:i, s:i, s:i, s:i, s:o}",
			 "schema_version", OUT_JSON_SCHEMA_VERSION,
			 "verdict", names[compare_judge(compare)],
			 "before_runs", (int)compare->before.runs,
			 "after_runs", (int)compare->after.runs,
			 "before_missed_runs", (int)compare->before.missed_runs,
			 "after_missed_runs", (int)compare->after.missed_runs,
			 "figures", figures_json(compare));
}
