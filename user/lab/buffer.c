// SPDX-License-Identifier: GPL-2.0
/*
 * The smallest buffer that loses nothing, in a closed loop: because runs are
 * deterministic, it is a whole number of packets. All searches go on side by
 * side, one run of each per step. Judged is the span that goodput is of: what
 * comes behind it, the resets of connections that were closed, is no traffic
 * that anybody would size a buffer for.
 */
#include <stdlib.h>
#include <string.h>

#include "run.h"

/* As large as a scenario allows: nothing is ever dropped. */
#define UNLIMITED_PKTS 1000000
/* What counts as the goodput of an unlimited buffer. */
#define GOODPUT_SHARE 0.99

struct search {
	struct lab_scenario *scenario;	/* a copy with its own buffer */
	uint64_t low_pkts;		/* too small, or 0 */
	uint64_t high_pkts;		/* good, or LAB_BUFFER_MAX_PKTS + 1 */
	double unlimited_bits_ps;
	json_t *best;			/* the run with high_pkts */
	json_t *points;
};

static uint64_t number_of(const json_t *run, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(run, key));
}

/* The next buffer to try; 0 when the search is over. */
static uint64_t search_next(const struct search *search)
{
	if (search->high_pkts - search->low_pkts <= 1)
		return 0;
	if (search->high_pkts > LAB_BUFFER_MAX_PKTS)
		return LAB_BUFFER_MAX_PKTS;
	return search->low_pkts + (search->high_pkts - search->low_pkts) / 2;
}

static void search_learn(struct search *search, uint64_t buffer_pkts,
			 json_t *run)
{
	uint64_t goodput = number_of(run, "goodput_bits_ps");
	uint64_t dropped = number_of(json_object_get(run, "port_queue"),
				     "span_dropped_pkts");
	bool is_good = !dropped && (double)goodput >=
				   GOODPUT_SHARE * search->unlimited_bits_ps;

	json_array_append_new(search->points, json_pack("{s:I, s:I, s:I}",
		"port_buffer_pkts", (json_int_t)buffer_pkts,
		"goodput_bits_ps", (json_int_t)goodput,
		"span_dropped_pkts", (json_int_t)dropped));
	if (is_good)
		search->high_pkts = buffer_pkts;
	else
		search->low_pkts = buffer_pkts;
	if (is_good || !search->best) {
		json_decref(search->best);
		search->best = json_incref(run);
	}
}

/* One run of every search that is not over; 1 if there was none, 0, or -1. */
static int searches_step(const struct lab_run_options *options,
			 const struct lab_run_item *items,
			 struct search *searches, unsigned int count,
			 bool is_first, char *error, size_t error_size)
{
	struct lab_run_item *step = calloc(count, sizeof(*step));
	unsigned int i, n = 0;
	json_t *runs = NULL;

	for (i = 0; step && i < count; i++) {
		uint64_t next = is_first ? UNLIMITED_PKTS :
					   search_next(&searches[i]);

		if (!next)
			continue;
		searches[i].scenario->settings.port_buffer_pkts = next;
		step[n] = items[i];
		step[n++].scenario = searches[i].scenario;
	}
	if (n)
		runs = lab_run_items(options, step, n, error, error_size);
	free(step);
	if (!runs)
		return n || !step ? -1 : 1;
	for (i = 0, n = 0; i < count; i++) {
		uint64_t tried = searches[i].scenario->settings.port_buffer_pkts;

		if (!is_first && !search_next(&searches[i]))
			continue;
		if (is_first)
			searches[i].unlimited_bits_ps = (double)number_of(
				json_array_get(runs, n++), "goodput_bits_ps");
		else
			search_learn(&searches[i], tried,
				     json_array_get(runs, n++));
	}
	json_decref(runs);
	return 0;
}

static int point_compare(const void *a, const void *b)
{
	uint64_t x = number_of(*(json_t *const *)a, "port_buffer_pkts");
	uint64_t y = number_of(*(json_t *const *)b, "port_buffer_pkts");

	return (x > y) - (x < y);
}

static json_t *points_sorted(const json_t *points)
{
	size_t count = json_array_size(points), i;
	json_t **sorted = calloc(count + 1, sizeof(json_t *));
	json_t *result = json_array();

	for (i = 0; sorted && i < count; i++)
		sorted[i] = json_array_get(points, i);
	if (sorted)
		qsort(sorted, count, sizeof(json_t *), point_compare);
	for (i = 0; sorted && i < count; i++)
		json_array_append(result, sorted[i]);
	free(sorted);
	return result;
}

/* The run of the search, with what the search found. */
static json_t *search_result(const struct search *search)
{
	json_t *metrics = json_object_get(search->best, "metrics");

	json_object_set_new(metrics, "b0_closed_loop_pkts",
			    search->high_pkts > LAB_BUFFER_MAX_PKTS ?
			    json_null() :
			    json_integer((json_int_t)search->high_pkts));
	json_object_set_new(metrics, "unlimited_buffer_goodput_bits_ps",
			    json_integer((json_int_t)search->unlimited_bits_ps));
	json_object_set_new(metrics, "utilisation_vs_buffer",
			    points_sorted(search->points));
	return json_incref(search->best);
}

static void searches_free(struct search *searches, unsigned int count)
{
	unsigned int i;

	for (i = 0; searches && i < count; i++) {
		free(searches[i].scenario);
		json_decref(searches[i].best);
		json_decref(searches[i].points);
	}
	free(searches);
}

static struct search *searches_make(const struct lab_run_item *items,
				    unsigned int count)
{
	struct search *searches = calloc(count, sizeof(*searches));
	unsigned int i;

	for (i = 0; searches && i < count; i++) {
		searches[i].high_pkts = LAB_BUFFER_MAX_PKTS + 1;
		searches[i].points = json_array();
		searches[i].scenario = malloc(sizeof(*items[i].scenario));
		if (!searches[i].scenario) {
			searches_free(searches, i + 1);
			return NULL;
		}
		*searches[i].scenario = *items[i].scenario;
	}
	return searches;
}

json_t *lab_buffer_search(const struct lab_run_options *options,
			  const struct lab_run_item *items, unsigned int count,
			  char *error, size_t error_size)
{
	struct search *searches = searches_make(items, count);
	json_t *runs = NULL;
	bool is_first = true;
	unsigned int i;
	int code = -1;

	if (!searches) {
		lab_refuse(error, error_size, "out of memory");
		return NULL;
	}
	do {
		code = searches_step(options, items, searches, count, is_first,
				     error, error_size);
		is_first = false;
	} while (!code);
	if (code > 0) {
		runs = json_array();
		for (i = 0; i < count; i++)
			json_array_append_new(runs, search_result(&searches[i]));
	}
	searches_free(searches, count);
	return runs;
}
