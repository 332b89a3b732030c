// SPDX-License-Identifier: GPL-2.0
/* What changed between two results of the lab. */
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

static void row_print(FILE *out, const json_t *a, const json_t *b,
		      const char *policy, unsigned int column)
{
	struct lab_spread before, after;
	double unit = columns[column].unit;
	int digits = columns[column].digits;

	if (!lab_results_spread(a, policy, columns[column].key, &before) ||
	    !lab_results_spread(b, policy, columns[column].key, &after))
		return;
	if (!before.max && !after.max)
		return;
	fprintf(out, "%-14s %-26s %10.*f %10.*f  ", policy,
		columns[column].title, digits, before.mean / unit, digits,
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

int lab_compare_write(const json_t *a, const json_t *b, FILE *out)
{
	const json_t *a_runs = json_object_get(a, "runs");
	const json_t *b_runs = json_object_get(b, "runs");
	unsigned int common = 0, column;
	const json_t *run;
	size_t i;

	if (json_equal(a_runs, b_runs)) {
		fprintf(out, "the runs are identical\n");
		return ferror(out) ? -1 : 0;
	}
	difference_note(out, a, b, "scenario", "the scenarios differ");
	difference_note(out, a, b, "kernel", "the kernels differ");
	difference_note(out, a, b, "sluice_version",
			"the versions of Sluice differ");
	fprintf(out, "%-14s %-26s %10s %10s  %s\n", "policy", "mean of the runs",
		"first", "second", "change");
	json_array_foreach(a_runs, i, run) {
		struct lab_spread spread;

		if (!is_first(a_runs, i) ||
		    !lab_results_spread(b_runs, policy_of(run),
					"goodput_bits_ps", &spread))
			continue;
		common++;
		for (column = 0; column < sizeof(columns) / sizeof(columns[0]);
		     column++)
			row_print(out, a_runs, b_runs, policy_of(run), column);
	}
	if (!common)
		fprintf(out, "no policy is in both\n");
	return ferror(out) ? -1 : 0;
}
