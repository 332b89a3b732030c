// SPDX-License-Identifier: GPL-2.0
/* sluice show: what the qdisc is set to and what it has done. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/gap.h"
#include "../lib/link.h"
#include "../lib/paced.h"
#include "../lib/stand_in.h"
#include "../lib/word.h"
#include "cmd.h"
#include "out.h"
#include "out_share.h"

struct show_arguments {
	const char *device;	/* NULL: all */
	bool is_json;
};

/* Which rates were given as shares of the link is nice to know, no more. */
static void shares_look(const struct sluice_qdisc *qdisc,
			struct out_shares *ret)
{
	struct sluice_store store;

	memset(ret, 0, sizeof(*ret));
	if (!sluice_store_init(&store, SLUICE_STATE_FOLDER))
		out_shares_look(&store, qdisc, ret);
}

static int arguments_parse(int argc, char **argv, struct show_arguments *ret)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--json"))
			ret->is_json = true;
		else if (argv[i][0] == '-')
			return out_refuse(EXIT_USAGE, "show",
					  "there is no option '%s': it takes [DEV] [--json]",
					  argv[i]);
		else if (ret->device)
			return out_refuse(EXIT_USAGE, "show",
					  "'%s' is one device too many: it takes [DEV] [--json]",
					  argv[i]);
		else
			ret->device = argv[i];
	}
	return EXIT_DONE;
}

static int qdiscs_print_json(const struct sluice_qdisc *qdiscs,
			     unsigned int count)
{
	json_t *array = json_array();
	struct out_shares shares;
	unsigned int i;
	int err = 0;

	for (i = 0; i < count; i++) {
		if (!sluice_qdisc_paces(&qdiscs[i]))
			continue;
		shares_look(&qdiscs[i], &shares);
		err |= json_array_append_new(array,
					     out_qdisc_json(&qdiscs[i], &shares));
	}
	return out_json("show", array, err);
}

/* The kernel takes gap_frames back where queues come to share the line. */
static void gap_end_print(struct sluice_netlink *netlink,
			  const struct sluice_qdisc *qdisc)
{
	char message[SLUICE_MESSAGE_SIZE], channels[32], word[SLUICE_WORD_SIZE];
	unsigned int queues;
	struct sluice_link link;

	if (!sluice_qdisc_is_ours(qdisc) || !qdisc->xstats.gap_frames ||
	    qdisc->options.values[TCA_SLUICE_GAP_FRAMES_NS] ||
	    sluice_link_read(netlink, qdisc->ifindex, &link, message))
		return;
	queues = sluice_link_queues(&link);
	if (queues < 2)
		return;
	sluice_gap_channels_format(&link, channels, sizeof(channels));
	sluice_word_make(link.name, word);
	printf("  gap_frames is off, because the device has %u transmit queues now", queues);
	if (*channels)
		printf(": 'ethtool -L %s %s', then 'sluice on %s gap_frames TIME'",
		       word, channels, word);
	putchar('\n');
}

/* Returns how many were ours. */
static unsigned int qdiscs_print(struct sluice_netlink *netlink,
				 const struct sluice_qdisc *qdiscs,
				 unsigned int count, bool is_quiet)
{
	struct out_shares shares;
	unsigned int i, ours = 0;

	for (i = 0; i < count; i++) {
		if (!sluice_qdisc_paces(&qdiscs[i]))
			continue;
		if (!is_quiet) {
			if (ours)
				fputc('\n', stdout);
			shares_look(&qdiscs[i], &shares);
			out_qdisc(stdout, &qdiscs[i], &shares);
			gap_end_print(netlink, &qdiscs[i]);
		}
		ours++;
	}
	return ours;
}

static int absence_report(const struct show_arguments *arguments,
			  const struct sluice_qdisc *qdiscs,
			  unsigned int count)
{
	char next_step[OUT_MODULE_SIZE];

	if (arguments->device)
		return out_refuse_absence("show", arguments->device,
					  sluice_qdisc_root_kind(qdiscs,
								 count));
	out_module_format(next_step, sizeof(next_step));
	if (!arguments->is_json)
		printf("no device has sluice: %s\n", next_step);
	return EXIT_DONE;
}

int cmd_show(int argc, char **argv)
{
	struct show_arguments arguments = { .device = NULL };
	char message[SLUICE_MESSAGE_SIZE] = "";
	struct sluice_netlink *netlink = NULL;
	struct sluice_qdisc *qdiscs = NULL;
	unsigned int count = 0, ifindex = 0;
	int err, code;

	code = arguments_parse(argc, argv, &arguments);
	if (code)
		return code;
	if (arguments.device) {
		ifindex = if_nametoindex(arguments.device);
		if (!ifindex)
			return out_refuse_errno("show", arguments.device,
						-ENODEV, "");
	}
	err = sluice_netlink_open(&netlink);
	if (!err)
		err = sluice_paced_list(netlink, (int)ifindex, &qdiscs, &count,
					message);
	if (!err)
		err = sluice_stand_ins_mark(netlink, qdiscs, count, message);
	if (err) {
		code = out_refuse_errno("show", arguments.device ?
					arguments.device : "all devices",
					err, message);
		goto out_free;
	}
	if (arguments.is_json)
		code = qdiscs_print_json(qdiscs, count);
	if (!code && !qdiscs_print(netlink, qdiscs, count, arguments.is_json))
		code = absence_report(&arguments, qdiscs, count);
out_free:
	free(qdiscs);
	sluice_netlink_close(netlink);
	return code;
}
