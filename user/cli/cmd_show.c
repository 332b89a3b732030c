// SPDX-License-Identifier: GPL-2.0
/* sluice show: what the qdisc is set to and what it has done. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/paced.h"
#include "../lib/stand_in.h"
#include "cmd.h"
#include "out.h"
#include "out_lapse.h"
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

/* Likewise whether an option has lapsed. */
static void lapse_look(struct sluice_netlink *netlink,
		       const struct sluice_qdisc *qdisc,
		       struct sluice_link *link, struct sluice_lapse *ret)
{
	char message[SLUICE_MESSAGE_SIZE];

	*ret = (struct sluice_lapse){ .cause = SLUICE_LAPSE_NONE };
	if (!sluice_link_read(netlink, qdisc->ifindex, link, message))
		sluice_lapse_find(link, sluice_link_queues(link), qdisc, ret);
}

static int qdiscs_print_json(struct sluice_netlink *netlink,
			     const struct sluice_qdisc *qdiscs,
			     unsigned int count)
{
	json_t *array = json_array(), *object;
	struct sluice_lapse lapse;
	struct out_shares shares;
	struct sluice_link link;
	unsigned int i;
	int err = 0;

	for (i = 0; i < count; i++) {
		if (!sluice_qdisc_paces(&qdiscs[i]))
			continue;
		shares_look(&qdiscs[i], &shares);
		lapse_look(netlink, &qdiscs[i], &link, &lapse);
		object = out_qdisc_json(&qdiscs[i], &shares);
		out_lapse_json(object, &lapse);
		err |= json_array_append_new(array, object);
	}
	return out_json("show", array, err);
}

/* Returns how many were ours. */
static unsigned int qdiscs_print(struct sluice_netlink *netlink,
				 const struct sluice_qdisc *qdiscs,
				 unsigned int count, bool is_quiet)
{
	struct sluice_lapse lapse;
	struct out_shares shares;
	struct sluice_link link;
	unsigned int i, ours = 0;

	for (i = 0; i < count; i++) {
		if (!sluice_qdisc_paces(&qdiscs[i]))
			continue;
		if (!is_quiet) {
			if (ours)
				fputc('\n', stdout);
			shares_look(&qdiscs[i], &shares);
			out_qdisc(stdout, &qdiscs[i], &shares);
			lapse_look(netlink, &qdiscs[i], &link, &lapse);
			out_lapse(stdout, "  ", &lapse, &link);
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
		code = qdiscs_print_json(netlink, qdiscs, count);
	if (!code && !qdiscs_print(netlink, qdiscs, count, arguments.is_json))
		code = absence_report(&arguments, qdiscs, count);
out_free:
	free(qdiscs);
	sluice_netlink_close(netlink);
	return code;
}
