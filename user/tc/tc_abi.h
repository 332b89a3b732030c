/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tc and a plugin of it know of each other. No installed header has it, so
 * it is written down here: the plugin's table, and the functions of tc's own
 * that print in the form the user asked for. tc exports them to its plugins.
 *
 * iproute2 8576afbb (6.8) made the first argument of the table's functions const;
 * calls are the same with and without.
 */
#ifndef SLUICE_TC_ABI_H
#define SLUICE_TC_ABI_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/**
 * struct qdisc_util - what tc calls for a kind of qdisc, found by the name
 * KIND_qdisc_util in q_KIND.so
 * @next: tc's list
 * @id: the kind
 * @parse_qopt: words after the kind to attributes; 0, or -1 after a sentence
 * @print_qopt: TCA_OPTIONS
 * @print_xstats: TCA_STATS_APP
 * @parse_copt: classes: none are made
 * @print_copt: likewise
 * @has_block: filter blocks: none
 */
struct qdisc_util {
	struct qdisc_util *next;
	const char *id;
	int (*parse_qopt)(const struct qdisc_util *util, int argc, char **argv,
			  struct nlmsghdr *header, const char *device);
	int (*print_qopt)(const struct qdisc_util *util, FILE *out,
			  struct rtattr *options);
	int (*print_xstats)(const struct qdisc_util *util, FILE *out,
			    struct rtattr *xstats);
	int (*parse_copt)(const struct qdisc_util *util, int argc, char **argv,
			  struct nlmsghdr *header, const char *device);
	int (*print_copt)(const struct qdisc_util *util, FILE *out,
			  struct rtattr *options);
	int (*has_block)(const struct qdisc_util *util, struct rtattr *options,
			 bool *ret_has);
};

/* enum output_type and enum color_attr of tc. */
#define TC_PRINT_FP	1
#define TC_PRINT_JSON	2
#define TC_COLOR_NONE	6

int print_color_string(int type, int color, const char *key,
		       const char *format, const char *value);
int print_color_u64(int type, int color, const char *key, const char *format,
		    uint64_t value);
int print_color_s64(int type, int color, const char *key, const char *format,
		    int64_t value);
void open_json_array(int type, const char *key);
void close_json_array(int type, const char *delimiter);

#endif
