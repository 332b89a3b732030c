// SPDX-License-Identifier: GPL-2.0
/*
 * q_sluice.so: lets the distribution's tc parse and print the options and
 * statistics of the qdisc. tc finds it in $TC_LIB_DIR or its own library
 * directory. Names, units and ranges come from the tables that `sluice` uses,
 * so both say the same; JSON has the keys of `sluice show --json`.
 */
#include <libmnl/libmnl.h>
#include <string.h>

#include "../lib/qdisc.h"
#include "../lib/refuse.h"
#include "../lib/share.h"
#include "../lib/stat.h"
#include "tc_abi.h"

static int help_print(void)
{
	const struct sluice_option *option;
	char range[128];

	fputs("Usage: ... sluice [OPTION VALUE]...\n", stderr);
	for (option = sluice_option_table; option->name; option++) {
		if (option != sluice_option_table &&
		    !strcmp(option[-1].name, option->name))
			continue;
		sluice_option_range(option, range, sizeof(range));
		fprintf(stderr, "  %-15s %s: %s\n", option->name, option->help,
			range);
	}
	return -1;
}

/* As `sluice on` does, which also notes the share for later. */
static int shares_resolve(struct sluice_options *options, const char *device,
			  char *error, size_t error_size)
{
	struct sluice_shares shares = { .of = { { .ppm = 0 } } };
	char message[SLUICE_MESSAGE_SIZE];
	struct sluice_netlink *netlink = NULL;
	struct sluice_link link;
	int err;

	err = sluice_netlink_open(&netlink);
	if (!err)
		err = sluice_link_read(netlink, (int)if_nametoindex(device),
				       &link, message);
	sluice_netlink_close(netlink);
	if (err)
		return sluice_refuse(err, error, error_size,
				     "the link cannot be looked at: %s",
				     strerror(-err));
	return sluice_shares_resolve(options, &link, 0, options, &shares,
				     error, error_size);
}

static int options_parse(const struct qdisc_util *util, int argc, char **argv,
			 struct nlmsghdr *header, const char *device)
{
	struct sluice_options options = { .given = 0 };
	char error[256];

	(void)util;
	if (argc > 0 && !strcmp(argv[0], "help"))
		return help_print();
	if (sluice_options_parse((unsigned int)argc, argv, &options, error,
				 sizeof(error)) ||
	    (options.shares && shares_resolve(&options, device, error,
					      sizeof(error)))) {
		fprintf(stderr, "sluice on %s: %s\n", device, error);
		return -1;
	}
	sluice_options_put(header, &options);
	return 0;
}

static int options_print(const struct qdisc_util *util, FILE *out,
			 struct rtattr *attr)
{
	struct sluice_options options = { .given = 0 };
	const struct sluice_option *option = NULL;
	char value[64], text[128];

	(void)util;
	(void)out;
	if (!attr)
		return 0;
	/* struct rtattr and struct nlattr are two names of one layout. */
	sluice_options_decode((const void *)attr, &options);
	while ((option = sluice_options_next(&options, option))) {
		sluice_option_format(option, options.values[option->attribute],
				     value, sizeof(value));
		snprintf(text, sizeof(text), "%s %s ", option->name, value);
		print_color_string(TC_PRINT_FP, TC_COLOR_NONE, NULL, "%s", text);
	}
	while ((option = sluice_options_next_number(&options, option)))
		print_color_u64(TC_PRINT_JSON, TC_COLOR_NONE, option->key, NULL,
				options.values[option->attribute]);
	return 0;
}

static void histogram_print(const __u64 *counts, unsigned int n_buckets,
			    const char *key)
{
	unsigned int i;

	open_json_array(TC_PRINT_JSON, key);
	for (i = 0; i < n_buckets; i++)
		print_color_u64(TC_PRINT_JSON, TC_COLOR_NONE, NULL, NULL,
				counts[i]);
	close_json_array(TC_PRINT_JSON, NULL);
}

/* A flow, shown as a class. Text: what is not 0, on one line. JSON: everything. */
static int flow_xstats_print(const void *payload, size_t bytes)
{
	const struct sluice_stat *stat = sluice_flow_stat_table;
	struct tc_sluice_flow_xstats xstats = { 0 };
	char text[64];

	memcpy(&xstats, payload, bytes < sizeof(xstats) ? bytes :
	       sizeof(xstats));
	for (; stat->key; stat++) {
		int64_t value = (int64_t)sluice_stat_value(&xstats, stat);

		if (!sluice_stat_is_there(stat, bytes))
			continue;
		print_color_s64(TC_PRINT_JSON, TC_COLOR_NONE, stat->key, NULL,
				value);
		if (!value)
			continue;
		snprintf(text, sizeof(text), " %s %lld", stat->key,
			 (long long)value);
		print_color_string(TC_PRINT_FP, TC_COLOR_NONE, NULL, "%s", text);
	}
	return 0;
}

/* Text: what is not 0, a group to a line. JSON: everything. */
static int xstats_print(const struct qdisc_util *util, FILE *out,
			struct rtattr *attr)
{
	const struct sluice_histogram *histogram;
	struct tc_sluice_xstats xstats = { 0 };
	const struct sluice_stat *stat;
	size_t bytes;
	int group = -1;
	char text[128];

	(void)util;
	(void)out;
	if (!attr)
		return 0;
	bytes = mnl_attr_get_payload_len((const void *)attr);
	if (bytes < SLUICE_FLOW_XSTATS_LIMIT_BYTES)
		return flow_xstats_print(mnl_attr_get_payload((const void *)attr),
					 bytes);
	if (bytes > sizeof(xstats))
		bytes = sizeof(xstats);
	memcpy(&xstats, mnl_attr_get_payload((const void *)attr), bytes);
	for (stat = sluice_stat_table; stat->key; stat++) {
		uint64_t value = sluice_stat_value(&xstats, stat);

		if (!sluice_stat_is_there(stat, bytes))
			continue;
		print_color_u64(TC_PRINT_JSON, TC_COLOR_NONE, stat->key, NULL,
				value);
		if (!value)
			continue;
		snprintf(text, sizeof(text), "%s%s %llu",
			 group < 0 ? "  " :
			 group != (int)stat->group ? "\n  " : " ", stat->key,
			 (unsigned long long)value);
		print_color_string(TC_PRINT_FP, TC_COLOR_NONE, NULL, "%s", text);
		group = (int)stat->group;
	}
	for (histogram = sluice_histogram_table; histogram->key; histogram++)
		if (sluice_histogram_is_there(histogram, bytes))
			histogram_print(sluice_histogram_counts(&xstats,
								histogram),
					histogram->n_buckets, histogram->key);
	return 0;
}

__attribute__((visibility("default")))
struct qdisc_util sluice_qdisc_util = {
	.id = SLUICE_KIND,
	.parse_qopt = options_parse,
	.print_qopt = options_print,
	.print_xstats = xstats_print,
};
