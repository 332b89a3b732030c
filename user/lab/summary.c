// SPDX-License-Identifier: GPL-2.0
#include "summary.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where each figure stands in a run. */
static const struct {
	size_t offset;
	const char *path;
} figures[] = {
#define FIGURE(field, path) { offsetof(struct lab_summary, field), path }
	FIGURE(goodput_bits_ps, "goodput_bits_ps"),
	FIGURE(dropped_pkts, "port_dropped_pkts"),
	FIGURE(jain, "jain"),
	FIGURE(queue_mean_pkts, "port_queue.mean_pkts"),
	FIGURE(queue_p99_pkts, "port_queue.p99_pkts"),
	FIGURE(queue_max_pkts, "port_queue.max_pkts"),
	FIGURE(pmr_1ms, "metrics.pmr_1ms"),
	FIGURE(peak_1ms_bits_ps, "metrics.peak_1ms_bits_ps"),
	FIGURE(gap_cov, "metrics.gap_cov"),
	FIGURE(train_p99_pkts, "metrics.train_p99_pkts"),
	FIGURE(superpacket_segments, "superpacket_segments_mean"),
	FIGURE(burst_at_port_pkts, "metrics.burst_at_port_rate_pkts"),
	FIGURE(b0_pkts, "metrics.b0_open_loop_pkts"),
	FIGURE(departure_p99_ns, "metrics.departure_error.p99_ns"),
#undef FIGURE
};

static const json_t *at(const json_t *object, const char *path)
{
	while (object && *path) {
		size_t length = strcspn(path, ".");
		char name[64];

		if (length >= sizeof(name))
			return NULL;
		memcpy(name, path, length);
		name[length] = '\0';
		object = json_is_array(object) ?
			 json_array_get(object, strtoul(name, NULL, 10)) :
			 json_object_get(object, name);
		path += length + (path[length] == '.');
	}
	return object;
}

bool lab_number_at(const json_t *object, const char *path, double *ret_number)
{
	const json_t *value = at(object, path);

	if (!json_is_number(value))
		return false;
	*ret_number = json_number_value(value);
	return true;
}

const char *lab_string_at(const json_t *object, const char *path,
			  const char *fallback)
{
	const char *text = json_string_value(at(object, path));

	return text ? text : fallback;
}

/* Running mean and sum of squared differences (Welford); _finish makes the deviation. */
static void figure_add(struct lab_figure *figure, double value)
{
	double before = value - figure->mean;

	if (!figure->count || value < figure->min)
		figure->min = value;
	if (!figure->count || value > figure->max)
		figure->max = value;
	figure->count++;
	figure->mean += before / figure->count;
	figure->deviation += before * (value - figure->mean);
}

static void figure_finish(struct lab_figure *figure)
{
	figure->deviation = figure->count < 2 ? 0 :
			    sqrt(figure->deviation / (figure->count - 1));
}

static struct lab_figure *figure_of(struct lab_summary *summary, size_t i)
{
	return (struct lab_figure *)((char *)summary + figures[i].offset);
}

static void add_share(struct lab_figure *figure, const json_t *run,
		      const char *part_key, const char *whole_key)
{
	double part, whole;

	if (lab_number_at(run, part_key, &part) &&
	    lab_number_at(run, whole_key, &whole) && whole > 0)
		figure_add(figure, 100 * part / whole);
}

static void summary_add(struct lab_summary *summary, const json_t *run)
{
	double value;

	summary->runs++;
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		if (lab_number_at(run, figures[i].path, &value))
			figure_add(figure_of(summary, i), value);
	add_share(&summary->retransmitted_percent, run,
		  "retransmitted_segments", "sent_segments");
	add_share(&summary->udp_lost_percent, run, "udp_lost_pkts",
		  "udp_sent_pkts");
}

static void count_expected(struct lab_summary *summary, const json_t *results)
{
	const json_t *list = json_object_get(results, "expected"), *entry;
	size_t i;

	json_array_foreach(list, i, entry) {
		if (strcmp(lab_string_at(entry, "policy", ""), summary->policy))
			continue;
		if (!json_is_boolean(json_object_get(entry, "met")))
			continue;
		summary->expected++;
		summary->met += json_is_true(json_object_get(entry, "met"));
	}
}

static void summary_finish(struct lab_summary *summary, const json_t *results)
{
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		figure_finish(figure_of(summary, i));
	figure_finish(&summary->retransmitted_percent);
	figure_finish(&summary->udp_lost_percent);
	count_expected(summary, results);
}

struct lab_summary *lab_summaries_create(const json_t *results,
					 size_t *ret_count)
{
	const json_t *runs = json_object_get(results, "runs"), *run;
	struct lab_summary *summaries;
	size_t count = 0, i, k;

	if (!json_array_size(runs))
		return NULL;
	summaries = calloc(json_array_size(runs), sizeof(*summaries));
	if (!summaries)
		return NULL;
	json_array_foreach(runs, i, run) {
		const char *policy = lab_string_at(run, "policy", "?");

		for (k = 0; k < count; k++)
			if (!strcmp(summaries[k].policy, policy))
				break;
		if (k == count) {
			summaries[count].policy = policy;
			summaries[count++].first_run = run;
		}
		summary_add(&summaries[k], run);
	}
	for (k = 0; k < count; k++)
		summary_finish(&summaries[k], results);
	*ret_count = count;
	return summaries;
}
