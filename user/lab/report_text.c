// SPDX-License-Identifier: GPL-2.0
/* The words of the report: a sentence per policy, the table, the expected numbers. */
#include <math.h>
#include <string.h>

#include "report_parts.h"

struct column {
	const char *title;
	const char *unit;
	size_t offset;
	double divisor;
	int digits;
	const char *key;		/* of expected numbers */
};

#define COLUMN(title, unit, field, divisor, digits, key) \
	{ title, unit, offsetof(struct lab_summary, field), divisor, digits, key }

static const struct column columns[] = {
	COLUMN("goodput", "Mb/s", goodput_bits_ps, 1e6, 0, "goodput_bits_ps"),
	COLUMN("retrans&shy;mitted", "%", retransmitted_percent, 1, 3,
	       "retransmitted_percent"),
	COLUMN("UDP lost", "%", udp_lost_percent, 1, 3, "udp_lost_pkts"),
	COLUMN("dropped at port", "packets", dropped_pkts, 1, 0,
	       "port_dropped_pkts"),
	COLUMN("queue, mean", "packets", queue_mean_pkts, 1, 1,
	       "port_queue.mean_pkts"),
	COLUMN("queue, p99", "packets", queue_p99_pkts, 1, 0,
	       "port_queue.p99_pkts"),
	COLUMN("1 ms peak", "&#215; mean", pmr_1ms, 1, 2, "metrics.pmr_1ms"),
	COLUMN("train, p99", "frames", train_p99_pkts, 1, 0,
	       "metrics.train_p99_pkts"),
	COLUMN("burst at port rate", "frames", burst_at_port_pkts, 1, 1,
	       "metrics.burst_at_port_rate_pkts"),
	COLUMN("buffer for no loss", "packets", b0_pkts, 1, 0,
	       "metrics.b0_open_loop_pkts"),
	COLUMN("departure error, p99", "ns", departure_p99_ns, 1, 0,
	       "metrics.departure_error.p99_ns"),
	COLUMN("super-packet", "segments", superpacket_segments, 1, 1,
	       "superpacket_segments_mean"),
	COLUMN("Jain", "", jain, 1, 3, "jain"),
};

#define COLUMNS	(sizeof(columns) / sizeof(columns[0]))

static const struct lab_figure *figure_of(const struct lab_summary *policy,
					  const struct column *column)
{
	return (const struct lab_figure *)((const char *)policy +
					   column->offset);
}

/* A column that no policy has is left out. */
static bool is_used(const struct report *report, const struct column *column)
{
	for (size_t i = 0; i < report->count; i++)
		if (figure_of(&report->policies[i], column)->count)
			return true;
	return false;
}

static const char *op_entity(const char *op)
{
	return !strcmp(op, ">=") ? "&#8805;" : !strcmp(op, "<=") ? "&#8804;" :
	       !strcmp(op, "<") ? "&lt;" : !strcmp(op, ">") ? "&gt;" : "=";
}

/* What the scenario expects of this cell, and whether it came true. */
static void expected_cell(const struct report *report, size_t i,
			  const struct column *column)
{
	const json_t *list = json_object_get(report->results, "expected"), *entry;
	size_t k;

	json_array_foreach(list, k, entry) {
		bool is_met = json_is_true(json_object_get(entry, "met"));
		double value;

		if (strcmp(lab_string_at(entry, "policy", ""),
			   report->policies[i].policy) ||
		    strcmp(lab_string_at(entry, "key", ""), column->key) ||
		    !lab_number_at(entry, "value", &value))
			continue;
		fprintf(report->out, "<span class=\"%s\">%s%s&#8239;%.6g</span>",
			is_met ? "met" : "missed", is_met ? "" : "&#10007; ",
			op_entity(lab_string_at(entry, "op", "")),
			value / column->divisor);
	}
}

void report_table(const struct report *report)
{
	FILE *out = report->out;

	fputs("<section>\n<h2>All figures</h2>\n<div class=\"wide\"><table>\n<thead><tr><th></th>", out);
	for (size_t c = 0; c < COLUMNS; c++)
		if (is_used(report, &columns[c]))
			fprintf(out, "<th>%s<small>%s</small></th>",
				columns[c].title, columns[c].unit);
	fputs("</tr></thead>\n<tbody>\n", out);
	for (size_t i = 0; i < report->count; i++) {
		fprintf(out, "<tr><th class=\"name %s\">",
			policy_class(report, i));
		html_text(out, report->policies[i].policy);
		fputs("</th>", out);
		for (size_t c = 0; c < COLUMNS; c++) {
			if (!is_used(report, &columns[c]))
				continue;
			fputs("<td>", out);
			html_figure(out, figure_of(&report->policies[i],
						   &columns[c]),
				    columns[c].divisor, columns[c].digits);
			expected_cell(report, i, &columns[c]);
			fputs("</td>", out);
		}
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table></div>\n<p class=\"how\">"
	      "1 ms peak: the highest rate in any millisecond over the mean of its second, worst sender. "
	      "Train: 99 % of frames left in trains no longer than this. "
	      "Burst at port rate: most frames of one sender that would pile up before a port of this rate if it had it alone; 1 is perfect. "
	      "Buffer for no loss: the longest queue that all these frames together would have formed at an unlimited port. "
	      "Super-packet: segments that the stack hands down at once. "
	      "Small print under a figure is what the scenario expects.</p>\n</section>\n", out);
}

/* "0.81 % of its segments were sent again" in words that fit the size. */
static void loss_words(FILE *out, const struct lab_summary *policy)
{
	double resent = policy->retransmitted_percent.mean;

	if (policy->dropped_pkts.count && policy->dropped_pkts.mean < 0.5) {
		fputs(" Nothing was lost at the port.", out);
	} else if (policy->dropped_pkts.count) {
		fputs(" The port dropped ", out);
		html_count(out, policy->dropped_pkts.mean);
		fprintf(out, " packet%s", policy->dropped_pkts.mean < 1.5 ? "" : "s");
		if (policy->retransmitted_percent.count)
			fprintf(out, "; %.2g %% of the segments were sent again", resent);
		fputs(".", out);
	}
}

/* What one sees, in numbers: one short paragraph per policy. */
static void policy_words(const struct report *report, size_t i)
{
	const struct lab_summary *policy = &report->policies[i];
	FILE *out = report->out;
	char number[32];

	fprintf(out, "<dt class=\"name %s\">", policy_class(report, i));
	html_text(out, policy->policy);
	fputs("</dt><dd>", out);
	if (policy->goodput_bits_ps.count) {
		svg_rate_format(policy->goodput_bits_ps.mean, number,
			       sizeof(number));
		fprintf(out, "%s", number);
		if (report->port_rate_bits_ps > 0)
			fprintf(out, ", %.0f %% of the port", 100 *
				policy->goodput_bits_ps.mean /
				report->port_rate_bits_ps);
		fputs(".", out);
	}
	if (policy->pmr_1ms.count)
		fprintf(out, " A sender&#8217;s busiest millisecond carries %.3g times its second&#8217;s mean",
			policy->pmr_1ms.mean);
	if (policy->pmr_1ms.count && policy->train_p99_pkts.count) {
		if (policy->train_p99_pkts.mean < 1.5)
			fputs(", and frames leave one by one.", out);
		else
			fprintf(out, ", and frames leave in trains of up to %.0f at the NIC&#8217;s rate.",
				policy->train_p99_pkts.mean);
	} else if (policy->pmr_1ms.count) {
		fputs(".", out);
	}
	loss_words(out, policy);
	if (policy->superpacket_segments.count)
		fprintf(out, policy->superpacket_segments.mean < 1.5 ?
			" The stack hands down single segments." :
			" The stack hands down super-packets of %.1f segments.",
			policy->superpacket_segments.mean);
	fputs("</dd>\n", out);
}

/* Whole thousands with thin spaces, small numbers with what they need. */
static void plain_number(FILE *out, double value)
{
	if (fabs(value) >= 10000)
		html_count(out, value);
	else
		fprintf(out, "%.5g", value);
}

static void expected_row(FILE *out, const json_t *entry)
{
	bool is_met = json_is_true(json_object_get(entry, "met"));
	double value = 0, measured;

	lab_number_at(entry, "value", &value);
	fprintf(out, "<tr><td class=\"%s\">%s</td><th>",
		is_met ? "met" : "missed", is_met ? "&#10003;" : "&#10007;");
	html_text(out, lab_string_at(entry, "policy", ""));
	fputs("</th><td class=\"left\"><code>", out);
	html_text(out, lab_string_at(entry, "key", ""));
	fprintf(out, "</code></td><td>%s&#8239;",
		op_entity(lab_string_at(entry, "op", "")));
	plain_number(out, value);
	fputs("</td><td>", out);
	if (lab_number_at(entry, "measured", &measured))
		plain_number(out, measured);
	else
		fputs("&#8211;", out);
	fputs("</td><td class=\"left\">", out);
	html_text(out, lab_string_at(entry, "reason", ""));
	fputs("</td></tr>\n", out);
}

void report_expected(const struct report *report)
{
	const json_t *list = json_object_get(report->results, "expected"), *entry;
	FILE *out = report->out;
	size_t i;

	fputs("<section>\n<h2>In words</h2>\n<dl>\n", out);
	for (i = 0; i < report->count; i++)
		policy_words(report, i);
	fputs("</dl>\n</section>\n", out);
	if (!json_array_size(list))
		return;
	fputs("<section>\n<h2>Expected and measured</h2>\n<div class=\"wide\"><table>\n"
	      "<thead><tr><th></th><th></th><th class=\"left\">quantity</th><th>expected</th><th>measured</th><th class=\"left\">reason</th></tr></thead>\n<tbody>\n", out);
	json_array_foreach(list, i, entry) {
		expected_row(out, entry);
	}
	fputs("</tbody></table></div>\n</section>\n", out);
}
