// SPDX-License-Identifier: GPL-2.0
/* What changed between two results of the lab. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "results.h"

/* Changes below this share are the same number to a reader. */
#define SAME_SHARE 0.0005

static const struct {
	const char *key;
	const char *title;
	double unit;
	int digits;
} columns[] = {
	{ "goodput_bits_ps", "goodput Mb/s", 1e6, 1 },
	{ "retransmitted_percent", "retransmitted %", 1, 3 },
	{ "port_dropped_pkts", "dropped at the port", 1, 0 },
	{ "udp_lost_pkts", "UDP lost", 1, 0 },
	{ "jain", "Jain", 1, 3 },
	{ "superpacket_segments_mean", "segments per super-packet", 1, 1 },
};

static const char *policy_of(const json_t *run)
{
	return json_string_value(json_object_get(run, "policy"));
}

/* True for the first run of its policy. */
static bool is_first(const json_t *runs, size_t i)
{
	const char *policy = policy_of(json_array_get(runs, i));
	size_t j;

	for (j = 0; j < i; j++)
		if (!strcmp(policy_of(json_array_get(runs, j)), policy))
			return false;
	return true;
}

static unsigned int runs_of(const json_t *runs, const char *policy)
{
	const json_t *run;
	unsigned int count = 0;
	size_t i;

	json_array_foreach(runs, i, run)
		count += !strcmp(policy_of(run), policy);
	return count;
}

/* A figure that one side lacks has no change. */
static void lack_print(FILE *out, const struct lab_spread *spread,
		       bool is_first_side, unsigned int column)
{
	const int digits = columns[column].digits;
	const double mean = spread->mean / columns[column].unit;

	if (is_first_side)
		fprintf(out, "%10.*f %10s  the second has none\n", digits, mean,
			"-");
	else
		fprintf(out, "%10s %10.*f  the first has none\n", "-", digits,
			mean);
}

static void row_print(FILE *out, const json_t *a, const json_t *b,
		      const char *policy, unsigned int column)
{
	struct lab_spread before = { .max = 0 }, after = { .max = 0 };
	const char *key = columns[column].key;
	double unit = columns[column].unit;
	int digits = columns[column].digits;
	bool has_before = lab_results_spread(a, policy, key, &before);
	bool has_after = lab_results_spread(b, policy, key, &after);

	if (!before.max && !after.max)
		return;
	fprintf(out, "%-14s %-26s ", policy, columns[column].title);
	if (!has_before || !has_after) {
		lack_print(out, has_before ? &before : &after, has_before,
			   column);
		return;
	}
	fprintf(out, "%10.*f %10.*f  ", digits, before.mean / unit, digits,
		after.mean / unit);
	if (fabs(after.mean - before.mean) <= SAME_SHARE * fabs(before.mean))
		fprintf(out, "same\n");
	else if (before.mean)
		fprintf(out, "%+.1f %%\n",
			100 * (after.mean - before.mean) / before.mean);
	else
		fprintf(out, "%+.*f\n", digits, (after.mean - before.mean) / unit);
}

static void difference_note(FILE *out, const json_t *a, const json_t *b,
			    const char *key, const char *sentence)
{
	if (!json_equal(json_object_get(a, key), json_object_get(b, key)))
		fprintf(out, "%s\n", sentence);
}

/* What one side alone has, and means over unequal numbers of runs. */
static void policies_note(FILE *out, const json_t *runs, const json_t *others,
			  const char *side, const char *other_side)
{
	unsigned int here, there;
	const char *policy;
	size_t i;

	for (i = 0; i < json_array_size(runs); i++) {
		if (!is_first(runs, i))
			continue;
		policy = policy_of(json_array_get(runs, i));
		here = runs_of(runs, policy);
		there = runs_of(others, policy);
		if (!there)
			fprintf(out, "%s is only in the %s\n", policy, side);
		else if (here > there)
			fprintf(out, "%s: %u runs in the %s, %u in the %s\n",
				policy, here, side, there, other_side);
	}
}

int lab_compare_write(const json_t *a, const json_t *b, FILE *out)
{
	const json_t *a_runs = json_object_get(a, "runs");
	const json_t *b_runs = json_object_get(b, "runs");
	unsigned int common = 0, column;
	const json_t *run;
	size_t i;

	if (json_equal(a_runs, b_runs)) {
		fprintf(out, "the runs are identical\n");
		return ferror(out) ? -EIO : 0;
	}
	difference_note(out, a, b, "scenario", "the scenarios differ");
	difference_note(out, a, b, "kernel", "the kernels differ");
	difference_note(out, a, b, "sluice_version",
			"the versions of Sluice differ");
	policies_note(out, a_runs, b_runs, "first", "second");
	policies_note(out, b_runs, a_runs, "second", "first");
	json_array_foreach(a_runs, i, run) {
		if (!is_first(a_runs, i) || !runs_of(b_runs, policy_of(run)))
			continue;
		if (!common++)
			fprintf(out, "%-14s %-26s %10s %10s  %s\n", "policy",
				"mean of the runs", "first", "second",
				"change");
		for (column = 0; column < sizeof(columns) / sizeof(columns[0]);
		     column++)
			row_print(out, a_runs, b_runs, policy_of(run), column);
	}
	if (ferror(out))
		return -EIO;
	return common ? 0 : -ENOENT;
}
