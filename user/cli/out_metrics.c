// SPDX-License-Identifier: GPL-2.0
/* Prometheus' text format; see out_metrics.h. */
#include "out_metrics.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "../lib/stand_in.h"
#include "../lib/stat.h"
#include "../lib/version.h"
#include "out.h"

#define NAME_SIZE 96
/* 10^6 bits are 125000 bytes. */
#define BYTES_PER_MBIT 125000

/* What a key's last words say of its unit, and what Prometheus calls it. */
enum unit {
	UNIT_PLAIN,
	UNIT_NS,	/* seconds */
	UNIT_MBITS_PS,	/* bytes per second */
	UNIT_PERCENT,	/* ratio */
};

static const struct {
	const char *ours;
	const char *theirs;
	enum unit unit;
} endings[] = {
	{ "_ns", "_seconds", UNIT_NS },
	{ "_ns_hist", "_seconds", UNIT_NS },
	{ "_hist", "", UNIT_PLAIN },
	{ "_mbits_ps", "_bytes_per_second", UNIT_MBITS_PS },
	{ "_bytes_ps", "_bytes_per_second", UNIT_PLAIN },
	{ "_percent", "_ratio", UNIT_PERCENT },
	{ "_pkts", "_packets", UNIT_PLAIN },
};

/**
 * struct metric - one metric while it is printed
 * @out: where to
 * @name: with prefix, unit and, for counters, _total
 * @type: "counter", "gauge", "histogram"
 * @help: one sentence
 * @unit: of its values as the kernel has them
 * @is_begun: HELP and TYPE have been printed
 */
struct metric {
	FILE *out;
	char name[NAME_SIZE];
	const char *type;
	const char *help;
	enum unit unit;
	bool is_begun;
};

/* From a key of ours: prefix + its words, the unit exchanged. */
static struct metric metric_make(FILE *out, const char *prefix, const char *key,
				 const char *type, const char *help)
{
	struct metric metric = { .out = out, .type = type, .help = help };
	size_t i, length = strlen(key), ending;
	const char *theirs = "", *packet;

	for (i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		ending = strlen(endings[i].ours);
		if (length <= ending ||
		    strcmp(key + length - ending, endings[i].ours))
			continue;
		length -= ending;
		theirs = endings[i].theirs;
		metric.unit = endings[i].unit;
		break;
	}
	packet = strstr(key, "_pkt_");
	if (packet)
		snprintf(metric.name, NAME_SIZE, "%s%.*s_packet_%.*s%s%s",
			 prefix, (int)(packet - key), key,
			 (int)(length - (size_t)(packet + 5 - key)), packet + 5,
			 theirs, strcmp(type, "counter") ? "" : "_total");
	else
		snprintf(metric.name, NAME_SIZE, "%s%.*s%s%s", prefix,
			 (int)length, key, theirs,
			 strcmp(type, "counter") ? "" : "_total");
	return metric;
}

/* Exact decimals of a fraction of ten, without zeros at the end. */
static void decimal_print(FILE *out, uint64_t value, unsigned int digits)
{
	uint64_t one = 1, rest;
	unsigned int i;

	for (i = 0; i < digits; i++)
		one *= 10;
	rest = value % one;
	fprintf(out, "%" PRIu64, value / one);
	if (!rest)
		return;
	while (rest % 10 == 0) {
		rest /= 10;
		digits--;
	}
	fprintf(out, ".%0*" PRIu64, (int)digits, rest);
}

static void value_print(FILE *out, uint64_t value, enum unit unit)
{
	switch (unit) {
	case UNIT_NS:
		decimal_print(out, value, 9);
		break;
	case UNIT_PERCENT:
		decimal_print(out, value, 2);
		break;
	case UNIT_MBITS_PS:
		fprintf(out, "%" PRIu64, value * BYTES_PER_MBIT);
		break;
	case UNIT_PLAIN:
		fprintf(out, "%" PRIu64, value);
		break;
	}
}

/* A value between quotation marks; a device's name may be any bytes. */
void out_metrics_label(FILE *out, const char *value)
{
	json_t *string = out_name_json(value);
	const char *c = string ? json_string_value(string) : "?";

	for (; *c; c++) {
		if (*c == '\n')
			fputs("\\n", out);
		else if (*c == '\\' || *c == '"')
			fprintf(out, "\\%c", *c);
		else
			fputc(*c, out);
	}
	json_decref(string);
}

static void metric_begin(struct metric *metric)
{
	if (metric->is_begun)
		return;
	metric->is_begun = true;
	fprintf(metric->out, "# HELP %s %s\n# TYPE %s %s\n", metric->name,
		metric->help, metric->name, metric->type);
}

static void labels_print(FILE *out, const struct sluice_qdisc *qdisc)
{
	char handle[OUT_HANDLE_SIZE], parent[OUT_HANDLE_SIZE];

	out_handle_format(qdisc->handle, handle, sizeof(handle));
	out_handle_format(qdisc->parent, parent, sizeof(parent));
	fputs("device=\"", out);
	out_metrics_label(out, qdisc->device);
	fprintf(out, "\",parent=\"%s\",handle=\"%s\"", parent, handle);
}

static void sample_print(struct metric *metric,
			 const struct sluice_qdisc *qdisc, uint64_t value)
{
	metric_begin(metric);
	fprintf(metric->out, "%s{", metric->name);
	labels_print(metric->out, qdisc);
	fputs("} ", metric->out);
	value_print(metric->out, value, metric->unit);
	fputc('\n', metric->out);
}

/* ---- what every qdisc has ---- */

#define QDISC_FIELD(field) \
	offsetof(struct sluice_qdisc, field), \
	sizeof(((struct sluice_qdisc *)0)->field)

static const struct {
	const char *key;
	size_t offset;
	size_t size;
	bool is_gauge;
	const char *help;
} qdisc_fields[] = {
	{ "sent_bytes", QDISC_FIELD(bytes), false,
	  "Bytes sent, as tc -s counts them." },
	{ "sent_pkts", QDISC_FIELD(packets), false,
	  "Packets sent, as tc -s counts them." },
	{ "dropped_pkts", QDISC_FIELD(drops), false, "Packets lost." },
	{ "requeued_pkts", QDISC_FIELD(requeues), false,
	  "Packets that the device gave back." },
	{ "overlimits", QDISC_FIELD(overlimits), false,
	  "Times that the qdisc had to wait, as tc -s counts them." },
	{ "backlog_bytes", QDISC_FIELD(backlog_bytes), true,
	  "Bytes of the packets that wait." },
	{ "backlog_pkts", QDISC_FIELD(qlen_pkts), true,
	  "Packets that wait, super-packets counted once until they are cut." },
};

static uint64_t field_value(const struct sluice_qdisc *qdisc, size_t offset,
			    size_t size)
{
	uint32_t narrow;
	uint64_t wide;

	if (size == sizeof(narrow)) {
		memcpy(&narrow, (const char *)qdisc + offset, sizeof(narrow));
		return narrow;
	}
	memcpy(&wide, (const char *)qdisc + offset, sizeof(wide));
	return wide;
}

static void qdisc_fields_print(FILE *out, const struct sluice_qdisc *qdiscs,
			       unsigned int count)
{
	size_t field;
	unsigned int i;

	for (field = 0; field < sizeof(qdisc_fields) / sizeof(qdisc_fields[0]);
	     field++) {
		struct metric metric = metric_make(out, "sluice_qdisc_",
			qdisc_fields[field].key,
			qdisc_fields[field].is_gauge ? "gauge" : "counter",
			qdisc_fields[field].help);

		for (i = 0; i < count; i++)
			if (sluice_qdisc_paces(&qdiscs[i]))
				sample_print(&metric, &qdiscs[i],
					field_value(&qdiscs[i],
						qdisc_fields[field].offset,
						qdisc_fields[field].size));
	}
}

/* ---- what sluice has ---- */

/* Where the numbers of a table are; NULL: that qdisc has none. */
static const void *stat_values(const struct sluice_stat *table,
			       const struct sluice_qdisc *qdisc,
			       size_t *ret_bytes)
{
	if (table == sluice_edt_stat_table) {
		*ret_bytes = sizeof(qdisc->edt);
		return qdisc->edt.is_there ? &qdisc->edt : NULL;
	}
	if (table == sluice_fq_stat_table) {
		*ret_bytes = qdisc->fq_stats_bytes;
		return qdisc->is_stand_in ? &qdisc->fq_stats : NULL;
	}
	*ret_bytes = qdisc->xstats_bytes;
	return sluice_qdisc_is_ours(qdisc) ? &qdisc->xstats : NULL;
}

/* The numbers of a qdisc, of an fq in sluice's place, or of its device's rate. */
static void stats_print(FILE *out, const char *prefix,
			const struct sluice_stat *table,
			const struct sluice_qdisc *qdiscs, unsigned int count)
{
	const struct sluice_stat *stat = table;
	unsigned int i;

	for (; stat->key; stat++) {
		struct metric metric = metric_make(out, prefix, stat->key,
			stat->is_gauge ? "gauge" : "counter", stat->help);

		for (i = 0; i < count; i++) {
			size_t bytes;
			const void *values = stat_values(table, &qdiscs[i],
							 &bytes);

			if (values && sluice_stat_is_there(stat, bytes))
				sample_print(&metric, &qdiscs[i],
					     sluice_stat_value(values, stat));
		}
	}
}

static void options_print(FILE *out, const struct sluice_qdisc *qdiscs,
			  unsigned int count)
{
	const struct sluice_option *option = sluice_option_table;
	char help[160];
	unsigned int i;

	for (; option->name; option++) {
		struct metric metric = metric_make(out, "sluice_option_",
						   option->key, "gauge", help);

		snprintf(help, sizeof(help), "Option %s: %s.", option->name,
			 option->help);
		for (i = 0; i < count; i++) {
			const struct sluice_options *options =
				&qdiscs[i].options;
			uint64_t value = options->values[option->attribute];

			/* Beyond is "never", which is no number. */
			if (sluice_qdisc_paces(&qdiscs[i]) &&
			    sluice_options_has(options, option->attribute) &&
			    value <= INT64_MAX)
				sample_print(&metric, &qdiscs[i], value);
		}
	}
}

static void bucket_print(struct metric *metric,
			 const struct sluice_qdisc *qdisc, unsigned int bucket,
			 bool is_last, uint64_t below)
{
	FILE *out = metric->out;

	fprintf(out, "%s_bucket{", metric->name);
	labels_print(out, qdisc);
	fputs(",le=\"", out);
	/* Bucket i ends with 2^i - 1, and values are whole. */
	if (is_last)
		fputs("+Inf", out);
	else
		value_print(out, (UINT64_C(1) << bucket) - 1, metric->unit);
	fprintf(out, "\"} %" PRIu64 "\n", below);
}

/* The kernel adds up no values, so there is no _sum. */
static void hist_print(struct metric *metric, const struct sluice_qdisc *qdisc,
		       const struct sluice_histogram *hist)
{
	const __u64 *counts = sluice_histogram_counts(&qdisc->xstats, hist);
	uint64_t below = 0;
	unsigned int i;

	metric_begin(metric);
	for (i = 0; i < hist->n_buckets; i++) {
		below += counts[i];
		bucket_print(metric, qdisc, i, i + 1 == hist->n_buckets, below);
	}
	fprintf(metric->out, "%s_count{", metric->name);
	labels_print(metric->out, qdisc);
	fprintf(metric->out, "} %" PRIu64 "\n", below);
}

static void hists_print(FILE *out, const struct sluice_qdisc *qdiscs,
			unsigned int count)
{
	const struct sluice_histogram *hist = sluice_histogram_table;
	unsigned int i;

	for (; hist->key; hist++) {
		struct metric metric = metric_make(out, "sluice_", hist->key,
						   "histogram", hist->help);

		for (i = 0; i < count; i++)
			if (sluice_qdisc_is_ours(&qdiscs[i]) &&
			    sluice_histogram_is_there(hist,
						      qdiscs[i].xstats_bytes))
				hist_print(&metric, &qdiscs[i], hist);
	}
}

void out_metrics(FILE *out, const struct sluice_qdisc *qdiscs,
		 unsigned int count)
{
	unsigned int i, ours = 0, stand_ins = 0;

	for (i = 0; i < count; i++) {
		ours += sluice_qdisc_is_ours(&qdiscs[i]);
		stand_ins += qdiscs[i].is_stand_in;
	}
	fputs("# HELP sluice_build_info The version of the command.\n"
	      "# TYPE sluice_build_info gauge\n"
	      "sluice_build_info{version=\"" SLUICE_VERSION "\"} 1\n", out);
	fprintf(out, "# HELP sluice_qdiscs Sluice qdiscs of all devices.\n"
		"# TYPE sluice_qdiscs gauge\n"
		"sluice_qdiscs %u\n", ours);
	fprintf(out, "# HELP sluice_fq_qdiscs Qdiscs fq in sluice's place, without the module.\n"
		"# TYPE sluice_fq_qdiscs gauge\n"
		"sluice_fq_qdiscs %u\n", stand_ins);
	qdisc_fields_print(out, qdiscs, count);
	stats_print(out, "sluice_", sluice_stat_table, qdiscs, count);
	stats_print(out, "sluice_fq_", sluice_fq_stat_table, qdiscs, count);
	stats_print(out, "sluice_edt_", sluice_edt_stat_table, qdiscs, count);
	options_print(out, qdiscs, count);
	hists_print(out, qdiscs, count);
}
