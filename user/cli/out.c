// SPDX-License-Identifier: GPL-2.0
/* What the commands print; see out.h. */
#include "out.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "../lib/module.h"
#include "../lib/stat.h"
#include "../lib/units.h"
#include "cmd.h"
#include "out_share.h"

#define COLUMNS 80

/* NULL: to standard error. */
static FILE *refusals;

void out_refusals_to(FILE *file)
{
	refusals = file;
}

int out_refuse(int code, const char *command, const char *format, ...)
{
	char *text, *at;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	for (at = text; at && *at; at++)
		if (iscntrl((unsigned char)*at))
			*at = '?';
	fprintf(refusals ? refusals : stderr, "sluice%s%s: %s\n", command ? " " : "",
		command ? command : "", text ? text : "out of memory");
	free(text);
	return code;
}

static enum sluice_module module_look(char *text, size_t text_size)
{
	enum sluice_module module;
	struct utsname host;
	char other[128];

	if (uname(&host))
		host.release[0] = '\0';
	module = sluice_module_find("", host.release, other, sizeof(other));
	switch (module) {
	case SLUICE_MODULE_LOADED:
	case SLUICE_MODULE_HERE:
		snprintf(text, text_size, "'sluice on DEV' starts it");
		break;
	case SLUICE_MODULE_ELSEWHERE:
		snprintf(text, text_size,
			 "the module sch_sluice is built for Linux %s, but %s is running: install linux-headers-%s and run 'dkms autoinstall'",
			 other, host.release, host.release);
		break;
	case SLUICE_MODULE_ABSENT:
		snprintf(text, text_size,
			 "there is no kernel module sch_sluice: install the package sluice-dkms");
		break;
	case SLUICE_MODULE_IMPOSSIBLE:
		snprintf(text, text_size,
			 "this kernel (%s) takes no modules and has no sch_sluice of its own: 'sluice doctor' says what is left, or " SLUICE_MODULE_IMPOSSIBLE_STEP,
			 host.release);
		break;
	case SLUICE_MODULE_UNKNOWN:
		snprintf(text, text_size,
			 "/proc is not mounted, so whether there is a module sch_sluice is not known: 'mount -t proc proc /proc'");
		break;
	}
	return module;
}

void out_module_format(char *text, size_t text_size)
{
	(void)module_look(text, text_size);
}

int out_refuse_absence(const char *command, const char *device,
		       const char *root_kind)
{
	char next_step[OUT_MODULE_SIZE];

	out_module_format(next_step, sizeof(next_step));
	return out_refuse(EXIT_UNSUPPORTED, command,
			  "%s has no sluice (root qdisc: %s): %s", device,
			  root_kind, next_step);
}

int out_refuse_module(const char *command, const char *device,
		      const char *instead)
{
	char text[OUT_MODULE_SIZE];

	switch (module_look(text, sizeof(text))) {
	case SLUICE_MODULE_LOADED:
		return EXIT_DONE;
	case SLUICE_MODULE_HERE:
		return out_refuse(EXIT_UNSUPPORTED, command,
				  "%s: the kernel could not load its module sch_sluice: 'sluice doctor' and 'modprobe sch_sluice' say why%s",
				  device, instead);
	default:
		return out_refuse(EXIT_UNSUPPORTED, command, "%s: %s%s", device,
				  text, instead);
	}
}

int out_refuse_errno(const char *command, const char *device, int err,
		     const char *message)
{
	switch (-err) {
	case EPERM:
	case EACCES:
		return out_refuse(EXIT_UNSUPPORTED, command,
				  "%s: only root may configure the network (CAP_NET_ADMIN): try it with sudo",
				  device);
	case ENOENT:
		if (out_refuse_module(command, device, ""))
			return EXIT_UNSUPPORTED;
		break;
	case ENODEV:
		return out_refuse(EXIT_FAILED, command,
				  "there is no device '%s' here: 'ip link' lists them",
				  device);
	case EAGAIN:
		return out_refuse(EXIT_FAILED, command,
				  "%s: devices come and go faster than they can be listed: try again",
				  device);
	case ENOMEM:
	case ENOBUFS:
		return out_refuse(EXIT_FAILED, command,
				  "%s: out of memory: free some and try again",
				  device);
	}
	if (*message)
		return out_refuse(EXIT_FAILED, command,
				  "%s: the kernel refuses: %s", device,
				  message);
	return out_refuse(EXIT_FAILED, command,
			  "%s: the kernel refuses: %s; 'dmesg' may say more",
			  device, strerror(-err));
}

int out_refuse_store(const char *command, int err)
{
	return out_refuse(EXIT_FAILED, command,
			  "cannot find out which boot and network namespace this is: %s: is /proc mounted?",
			  strerror(-err));
}

void out_bounds_less(const char *command, const struct sluice_bounds *before,
		     const struct sluice_bounds *less)
{
	char name[IF_NAMESIZE];
	unsigned int i;

	for (i = 0; i < less->count; i++) {
		const struct sluice_bound *bound = &less->bounds[i];

		if (if_indextoname((unsigned int)bound->ifindex, name))
			out_refuse(EXIT_DONE, command,
				   "%s: its gso_max_segs was %u, and is %u now: its driver takes no more any longer",
				   name, sluice_bounds_find(before,
							    bound->ifindex)->segs,
				   bound->segs);
	}
}

bool out_is_complete(FILE *out)
{
	return !fflush(out) && !ferror(out);
}

void out_options(FILE *out, const struct sluice_options *options,
		 const char *indent, unsigned int width)
{
	const struct sluice_option *option = NULL;
	/* In a table, two spaces part a name from the value before it. */
	const unsigned int gap = width == OUT_ONE_LINE ? 1 : 2;
	size_t column = 0;
	char value[64];

	while ((option = sluice_options_next(options, option))) {
		size_t length;

		sluice_option_format(option, options->values[option->attribute],
				     value, sizeof(value));
		length = strlen(option->name) + 1 + strlen(value);
		if (column && column + gap + length > width) {
			fputc('\n', out);
			column = 0;
		}
		fprintf(out, "%*s%s%s %s", column ? (int)gap : 0, "",
			column ? "" : indent, option->name, value);
		column += length + (column ? gap : strlen(indent));
	}
	if (column)
		fputc('\n', out);
}

void out_option_help(FILE *out)
{
	const struct sluice_option *option = sluice_option_table;
	char range[128], initial[64];

	for (; option->name; option++) {
		if (option != sluice_option_table &&
		    !strcmp(option[-1].name, option->name))
			continue;
		sluice_option_range(option, range, sizeof(range));
		sluice_option_format(option, option->initial, initial,
				     sizeof(initial));
		fprintf(out, "  %-15s %s\n  %-15s %s (%s)\n", option->name,
			option->help, "", range, initial);
	}
}

/*
 * A histogram as one line of bars. Their height is the logarithm of the count:
 * the one late frame in a million is what the reader looks for.
 */
static void bars_print(FILE *out, const __u64 *counts, unsigned int n_buckets)
{
	static const char *const blocks[] = {
		" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█",
	};
	static const char *const letters[] = {
		" ", ".", ":", "-", "=", "+", "*", "#", "@",
	};
	bool is_utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	unsigned int i, height, highest = 1;

	for (i = 0; i < n_buckets; i++) {
		height = counts[i] ? 64 - (unsigned int)
				     __builtin_clzll(counts[i]) : 0;
		if (height > highest)
			highest = height;
	}
	for (i = 0; i < n_buckets; i++) {
		height = counts[i] ? 64 - (unsigned int)
				     __builtin_clzll(counts[i]) : 0;
		height = (height * 8 + highest - 1) / highest;
		fputs(is_utf8 ? blocks[height] : letters[height], out);
	}
}

static void short_time_format(uint64_t ns, char *text, size_t text_size)
{
	static const struct { const char *name; uint64_t ns; } units[] = {
		{ "s", 1000000000 }, { "ms", 1000000 }, { "us", 1000 },
		{ "ns", 1 },
	};
	unsigned int i = 0;
	char number[16];

	while (ns < units[i].ns)
		i++;
	sluice_format_number_about((double)ns / (double)units[i].ns, number,
				   sizeof(number));
	snprintf(text, text_size, "%s%s", number, units[i].name);
}

/* What all values up to and including a bucket stay below. */
static void bucket_end_format(const struct sluice_histogram *hist,
			      unsigned int bucket, char *text, size_t text_size)
{
	bool is_last = bucket + 1 == hist->n_buckets;
	uint64_t end = UINT64_C(1) << (is_last ? bucket - 1 : bucket);
	char number[24];

	if (bucket < 2 && !(hist->is_time && bucket)) {
		snprintf(text, text_size, "%u", bucket);
		return;
	}
	if (hist->is_time)
		short_time_format(end, number, sizeof(number));
	else
		snprintf(number, sizeof(number), "%" PRIu64, end);
	snprintf(text, text_size, "%s%s", is_last ? ">=" : "<", number);
}

static void hist_print(FILE *out, const struct sluice_histogram *hist,
		       const __u64 *counts)
{
	static const struct { const char *name; uint64_t parts, whole; }
	quantiles[] = { { "50%", 1, 2 }, { "99%", 99, 100 }, { "all", 1, 1 } };
	unsigned int i, bucket;
	char text[32];

	fprintf(out, "  %-18s", hist->key);
	for (i = 0; i < 3; i++) {
		if (!sluice_histogram_quantile(counts, hist->n_buckets,
					  quantiles[i].parts,
					  quantiles[i].whole, &bucket)) {
			fputs(" nothing counted yet\n", out);
			return;
		}
		bucket_end_format(hist, bucket, text, sizeof(text));
		fprintf(out, "%s %s %s", i ? "," : "", quantiles[i].name, text);
	}
	fputs("\n    |", out);
	bars_print(out, counts, hist->n_buckets);
	fputs("|\n", out);
	if (hist->is_time)
		fputs("     0          1us       1ms       1s\n", out);
	else
		fputs("      1  8  64 512 frames\n", out);
}

static void hists_print(FILE *out, const struct sluice_qdisc *qdisc)
{
	const struct sluice_histogram *hist = sluice_histogram_table;

	for (; hist->key; hist++)
		if (sluice_histogram_is_there(hist, qdisc->xstats_bytes))
			hist_print(out, hist,
				   sluice_histogram_counts(&qdisc->xstats, hist));
}

/* The numbers that a qdisc has: which, where they lie, and how many came. */
struct numbers {
	const struct sluice_stat *table;
	const void *values;
	size_t received;
};

static struct numbers numbers_of(const struct sluice_qdisc *qdisc)
{
	if (sluice_qdisc_is_ours(qdisc))
		return (struct numbers){ sluice_stat_table, &qdisc->xstats,
					 qdisc->xstats_bytes };
	return (struct numbers){ sluice_fq_stat_table, &qdisc->fq_stats,
				 qdisc->fq_stats_bytes };
}

/* Those of one group, or of all (SLUICE_STAT_GROUPS), two to a line. */
static void group_print(FILE *out, struct numbers numbers,
			enum sluice_stat_group group, const char *title)
{
	const struct sluice_stat *stat = numbers.table;
	unsigned int cells = 0;
	char value[32];

	for (; stat->key; stat++) {
		uint64_t number = sluice_stat_value(numbers.values, stat);

		if ((stat->group != group && group != SLUICE_STAT_GROUPS) ||
		    !sluice_stat_is_there(stat, numbers.received))
			continue;
		if (stat->is_time)
			sluice_format_time(number, value, sizeof(value));
		else
			snprintf(value, sizeof(value), "%" PRIu64, number);
		if (!cells)
			fprintf(out, "  %s\n", title);
		fprintf(out, "%s%-24s %12s%s", cells % 2 ? "  " : "    ",
			stat->key, value, cells % 2 ? "\n" : "");
		cells++;
	}
	if (cells % 2)
		fputc('\n', out);
}

void out_handle_format(uint32_t handle, char *text, size_t text_size)
{
	if (handle == TC_H_ROOT)
		snprintf(text, text_size, "root");
	else if (TC_H_MIN(handle))
		snprintf(text, text_size, "%x:%x", handle >> 16,
			 TC_H_MIN(handle));
	else
		snprintf(text, text_size, "%x:", handle >> 16);
}

void out_qdisc(FILE *out, const struct sluice_qdisc *qdisc,
	       const struct out_shares *shares)
{
	const char *const titles[SLUICE_STAT_GROUPS] = {
		[SLUICE_STAT_PASSED] = "came and left",
		[SLUICE_STAT_BROKEN] = "promises not kept",
		[SLUICE_STAT_LOST] = "lost",
		[SLUICE_STAT_MARKED] = "marked",
		[SLUICE_STAT_TIMERS] = qdisc->is_stand_in ? "timers" :
				       "timers, and the burst that they need",
		[SLUICE_STAT_FLOWS] = qdisc->is_stand_in ? "flows" :
				      "flows and link",
	};
	char handle[OUT_HANDLE_SIZE], parent[OUT_HANDLE_SIZE];
	unsigned int group;

	out_handle_format(qdisc->handle, handle, sizeof(handle));
	out_handle_format(qdisc->parent, parent, sizeof(parent));
	fprintf(out, "%s: %s %s %s%s%s\n", qdisc->device, qdisc->kind, handle,
		sluice_qdisc_is_root(qdisc) ? "root" : "parent ",
		sluice_qdisc_is_root(qdisc) ? "" : parent,
		qdisc->is_stand_in ? ", without the module" : "");
	out_options(out, &qdisc->options, "  ", COLUMNS - 1);
	out_shares(out, shares, qdisc->device);
	fprintf(out,
		"  sent %" PRIu64 " bytes in %" PRIu64 " frames, waiting %u packets of %u bytes\n"
		"  dropped %u, overlimits %u, requeued %u\n",
		qdisc->bytes, qdisc->packets, qdisc->qlen_pkts,
		qdisc->backlog_bytes, qdisc->drops, qdisc->overlimits,
		qdisc->requeues);
	for (group = 0; group < SLUICE_STAT_GROUPS; group++)
		group_print(out, numbers_of(qdisc), group, titles[group]);
	if (qdisc->edt.is_there)
		group_print(out, (struct numbers){ sluice_edt_stat_table,
						   &qdisc->edt,
						   sizeof(qdisc->edt) },
			    SLUICE_STAT_GROUPS, qdisc->edt.has_sockets ?
			    "rate of the device, by all its queues" :
			    "rate of the device, by all its queues; it does not see the rates of sockets");
	if (sluice_qdisc_is_ours(qdisc))
		hists_print(out, qdisc);
}

json_t *out_options_json(const struct sluice_options *options)
{
	const struct sluice_option *option = NULL;
	json_t *object = json_object();

	while ((option = sluice_options_next_number(options, option)))
		json_object_set_new(object, option->key,
			json_integer((json_int_t)
				     options->values[option->attribute]));
	return object;
}

json_t *out_statistics_json(const struct tc_sluice_xstats *xstats,
			    size_t xstats_bytes)
{
	const struct sluice_stat *stat = sluice_stat_table;
	const struct sluice_histogram *hist = sluice_histogram_table;
	json_t *object = json_object();
	unsigned int i;

	for (; stat->key; stat++)
		if (sluice_stat_is_there(stat, xstats_bytes))
			json_object_set_new(object, stat->key,
				json_integer((json_int_t)sluice_stat_value(
						xstats, stat)));
	for (; hist->key; hist++) {
		const __u64 *counts = sluice_histogram_counts(xstats, hist);
		json_t *array;

		if (!sluice_histogram_is_there(hist, xstats_bytes))
			continue;
		array = json_array();
		for (i = 0; i < hist->n_buckets; i++)
			json_array_append_new(array,
				json_integer((json_int_t)counts[i]));
		json_object_set_new(object, hist->key, array);
	}
	return object;
}

/* Numbers alone, without histograms: of fq, and of its device's rate. */
static json_t *numbers_json(struct numbers numbers)
{
	const struct sluice_stat *stat = numbers.table;
	json_t *object = json_object();

	for (; stat->key; stat++)
		if (sluice_stat_is_there(stat, numbers.received))
			json_object_set_new(object, stat->key,
				json_integer((json_int_t)sluice_stat_value(
						numbers.values, stat)));
	return object;
}

static json_t *edt_json(const struct sluice_edt *edt)
{
	json_t *object = numbers_json((struct numbers){
		sluice_edt_stat_table, edt, sizeof(*edt) });

	json_object_set_new(object, "keeps_socket_rates",
			    json_boolean(edt->has_sockets));
	return object;
}

json_t *out_name_json(const char *name)
{
	json_t *string = json_string(name);
	char *plain, *at;

	if (string)
		return string;
	plain = strdup(name);
	for (at = plain; at && *at; at++)
		if (*at & 0x80)
			*at = '?';
	string = json_string(plain);
	free(plain);
	return string;
}

json_t *out_qdisc_json(const struct sluice_qdisc *qdisc,
		       const struct out_shares *shares)
{
	char handle[OUT_HANDLE_SIZE], parent[OUT_HANDLE_SIZE];
	json_t *object;

	out_handle_format(qdisc->handle, handle, sizeof(handle));
	out_handle_format(qdisc->parent, parent, sizeof(parent));
	object = json_pack("{s:i, s:o, s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			   "schema_version", OUT_JSON_SCHEMA_VERSION,
			   "dev", out_name_json(qdisc->device), "kind", qdisc->kind,
			   "handle", handle,
			   "root", sluice_qdisc_is_root(qdisc),
			   "refcnt", (json_int_t)qdisc->refcnt,
			   "bytes", (json_int_t)qdisc->bytes,
			   "packets", (json_int_t)qdisc->packets,
			   "drops", (json_int_t)qdisc->drops,
			   "overlimits", (json_int_t)qdisc->overlimits,
			   "requeues", (json_int_t)qdisc->requeues,
			   "backlog_bytes", (json_int_t)qdisc->backlog_bytes,
			   "qlen_pkts", (json_int_t)qdisc->qlen_pkts);
	if (!object)
		return NULL;
	if (!sluice_qdisc_is_root(qdisc))
		json_object_set_new(object, "parent", json_string(parent));
	json_object_set_new(object, "options", out_options_json(&qdisc->options));
	out_shares_json(object, shares);
	json_object_set_new(object, "statistics",
			    sluice_qdisc_is_ours(qdisc) ?
			    out_statistics_json(&qdisc->xstats,
						qdisc->xstats_bytes) :
			    numbers_json(numbers_of(qdisc)));
	if (qdisc->edt.is_there)
		json_object_set_new(object, "edt", edt_json(&qdisc->edt));
	return object;
}

static bool has_json;

void out_json_end(void)
{
	if (!has_json)
		puts("[]");
}

int out_json(const char *command, json_t *array, int err)
{
	has_json = true;
	if (!err)
		err = json_dumpf(array, stdout, JSON_INDENT(1));
	json_decref(array);
	if (err)
		return out_refuse(EXIT_FAILED, command,
				  "cannot write the JSON: out of memory or space");
	putchar('\n');
	return EXIT_DONE;
}
