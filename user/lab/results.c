// SPDX-License-Identifier: GPL-2.0
/* The results of a lab command; see results.h. */
#include "results.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/version.h"
#include "../lib/whole.h"

/* Digits of a number that is not whole: more than any measurement has. */
#define REAL_DIGITS 10

/* Follow "metrics.burst.excess_pkts" or "sluice.0.late_pkts" down. */
static const json_t *value_find(const json_t *json, const char *key)
{
	char copy[LAB_TEXT_BYTES], *rest = copy, *part;

	snprintf(copy, sizeof(copy), "%s", key);
	while (json && (part = strsep(&rest, ".")))
		json = json_is_array(json) ?
			json_array_get(json, strtoul(part, NULL, 10)) :
			json_object_get(json, part);
	return json;
}

unsigned int lab_results_spread(const json_t *runs, const char *policy,
				const char *key, struct lab_spread *spread)
{
	unsigned int count = 0;
	const json_t *run;
	double sum = 0;
	size_t i;

	json_array_foreach(runs, i, run) {
		const json_t *value = value_find(run, key);
		double number;

		if (strcmp(json_string_value(json_object_get(run, "policy")),
			   policy) || !json_is_number(value))
			continue;
		number = json_number_value(value);
		if (!count || number < spread->min)
			spread->min = number;
		if (!count || number > spread->max)
			spread->max = number;
		sum += number;
		count++;
	}
	if (count)
		spread->mean = sum / count;
	return count;
}

static bool is_met(double measured, const char *op, double value)
{
	if (!strcmp(op, ">="))
		return measured >= value;
	if (!strcmp(op, "<="))
		return measured <= value;
	if (!strcmp(op, ">"))
		return measured > value;
	if (!strcmp(op, "<"))
		return measured < value;
	return measured == value;
}

static bool has_policy(const json_t *runs, const char *policy)
{
	const json_t *run;
	size_t i;

	json_array_foreach(runs, i, run)
		if (!strcmp(json_string_value(json_object_get(run, "policy")),
			    policy))
			return true;
	return false;
}

/*
 * An expected number whose key the runs do not have is missed: met false. One
 * that cannot be written down must not be left out: NULL.
 */
static json_t *expected_make(const struct lab_scenario *scenario,
			     const json_t *runs)
{
	json_t *expected = json_array();
	unsigned int i;

	for (i = 0; i < scenario->expects_count; i++) {
		const struct lab_expect *expect = &scenario->expects[i];
		struct lab_spread spread = { 0 };
		bool has_value;
		json_t *entry;

		if (!lab_expect_applies(scenario, expect) ||
		    !has_policy(runs, expect->policy))
			continue;
		has_value = lab_results_spread(runs, expect->policy,
					       expect->key, &spread);
		entry = json_pack("{s:s, s:s, s:s, s:f, s:o, s:s, s:b}",
			"policy", expect->policy, "key", expect->key,
			"op", expect->op, "value", expect->value, "measured",
			has_value ? json_real(spread.mean) : json_null(),
			"reason", expect->reason, "met",
			has_value && is_met(spread.mean, expect->op,
					    expect->value));
		if (json_array_append_new(expected, entry)) {
			json_decref(expected);
			return NULL;
		}
	}
	return expected;
}

json_t *lab_results_make(const struct lab_scenario *scenario,
			 const struct lab_kernel *kernel, const char *command,
			 json_t *runs)
{
	json_t *expected = expected_make(scenario, runs);

	if (!expected) {
		json_decref(runs);
		return NULL;
	}
	return json_pack("{s:i, s:o, s:{s:s, s:s}, s:s, s:s, s:o, s:o}",
			 "schema_version", 2, "scenario",
			 lab_scenario_json(scenario), "kernel", "release",
			 kernel->release, "source_version",
			 kernel->source_version, "sluice_version",
			 SLUICE_VERSION, "command", command, "runs", runs,
			 "expected", expected);
}

bool lab_results_all_met(const json_t *results)
{
	const json_t *expected = json_object_get(results, "expected"), *entry;
	size_t i;

	json_array_foreach(expected, i, entry)
		if (!json_is_true(json_object_get(entry, "met")))
			return false;
	return true;
}

int lab_results_save(const json_t *results, const char *path, char *error,
		     size_t error_size)
{
	struct sluice_whole whole;
	int err = sluice_whole_open(&whole, path);

	errno = 0;
	if (!err) {
		err = json_dumpf(results, whole.out,
				 JSON_SORT_KEYS | JSON_INDENT(1) |
				 JSON_REAL_PRECISION(REAL_DIGITS));
		fputc('\n', whole.out);
		if (err || ferror(whole.out))
			err = errno ? -errno : -EIO;
		err = sluice_whole_close(&whole, err);
	}
	if (err)
		return lab_refuse(error, error_size, "%s cannot be written: %s",
				  path, strerror(-err));
	return 0;
}

static json_t *json_read(const char *path, char *error, size_t error_size)
{
	FILE *file = fopen(path, "re");
	json_t *json = NULL;
	json_error_t where;

	errno = file ? 0 : errno;
	if (file)
		json = json_loadf(file, 0, &where);
	/* A folder can be opened, but not read. */
	if (!file || (!json && ferror(file)))
		lab_refuse(error, error_size, "%s cannot be read: %s", path,
			   strerror(errno));
	else if (!json)
		lab_refuse(error, error_size, "%s is no JSON: %s (line %d)",
			   path, where.text, where.line);
	if (file)
		fclose(file);
	return json;
}

json_t *lab_results_load(const char *path, char *error, size_t error_size)
{
	json_t *results = json_read(path, error, error_size), *runs, *run;
	size_t i;

	if (!results)
		return NULL;
	runs = json_object_get(results, "runs");
	json_array_foreach(runs, i, run)
		if (!json_is_string(json_object_get(run, "policy")))
			break;
	if (json_array_size(runs) && i == json_array_size(runs))
		return results;
	lab_refuse(error, error_size,
		   "%s holds no results of `sluice lab run --json`", path);
	json_decref(results);
	return NULL;
}
