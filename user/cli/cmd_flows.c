// SPDX-License-Identifier: GPL-2.0
/*
 * sluice flows: the flows that the qdiscs know, with what TCP knows of them. Where
 * there is no sluice, the sockets alone.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/paced.h"
#include "../lib/stand_in.h"
#include "../lib/units.h"
#include "cmd.h"
#include "out.h"
#include "out_flow.h"

#define TAKES "it takes [DEV] [--json] [--top N] [--sort rate|queued|held|late]"
/* Shown to people unless they ask for more: two lines each. */
#define TOP_DEFAULT 20

static const char *const order_names[] = {
	[SLUICE_FLOW_BY_RATE] = "rate",
	[SLUICE_FLOW_BY_QUEUED] = "queued",
	[SLUICE_FLOW_BY_HELD] = "held",
	[SLUICE_FLOW_BY_LATE] = "late",
};

#define N_ORDERS (sizeof(order_names) / sizeof(order_names[0]))

struct flows_arguments {
	const char *device;	/* NULL: all */
	bool is_json;
	uint64_t top;
	enum sluice_flow_order order;
};

static int order_parse(const char *word, enum sluice_flow_order *ret)
{
	unsigned int i;

	for (i = 0; i < N_ORDERS; i++) {
		if (strcmp(order_names[i], word))
			continue;
		*ret = i;
		return EXIT_DONE;
	}
	return out_refuse(EXIT_USAGE, "flows",
			  "--sort: '%s' is no order: it must be rate, queued, held or late",
			  word);
}

static int top_parse(const char *word, uint64_t *ret)
{
	char error[128];

	if (sluice_parse_count(word, ret, error, sizeof(error)))
		return out_refuse(EXIT_USAGE, "flows", "--top: %s", error);
	if (!*ret)
		return out_refuse(EXIT_USAGE, "flows",
				  "--top: '%s' is out of range: it must be at least 1",
				  word);
	return EXIT_DONE;
}

static int arguments_parse(int argc, char **argv, struct flows_arguments *ret)
{
	int code = EXIT_DONE, i;

	for (i = 1; !code && i < argc; i++) {
		bool is_top = !strcmp(argv[i], "--top");

		if (!strcmp(argv[i], "--json"))
			ret->is_json = true;
		else if ((is_top || !strcmp(argv[i], "--sort")) &&
			 i + 1 == argc)
			code = out_refuse(EXIT_USAGE, "flows",
					  "%s needs a value: " TAKES, argv[i]);
		else if (is_top)
			code = top_parse(argv[++i], &ret->top);
		else if (!strcmp(argv[i], "--sort"))
			code = order_parse(argv[++i], &ret->order);
		else if (argv[i][0] == '-')
			code = out_refuse(EXIT_USAGE, "flows",
					  "there is no option '%s': " TAKES,
					  argv[i]);
		else if (ret->device)
			code = out_refuse(EXIT_USAGE, "flows",
					  "'%s' is one device too many: " TAKES,
					  argv[i]);
		else
			ret->device = argv[i];
	}
	if (!ret->top)
		ret->top = ret->is_json ? UINT64_MAX : TOP_DEFAULT;
	return code;
}

/**
 * struct found - what there is to show
 * @qdiscs: all of them
 * @n_qdiscs: how many
 * @n_ours: of these, sluices
 * @n_stand_ins: and fq in their place, which lists no flows
 * @n_known: flows that they say they have
 * @flows: those that they listed
 * @sockets: sockets of this network namespace
 * @sockets_err: why there are none
 * @message: the kernel's sentence
 */
struct found {
	struct sluice_qdisc *qdiscs;
	unsigned int n_qdiscs;
	unsigned int n_ours;
	unsigned int n_stand_ins;
	uint64_t n_known;
	struct sluice_flows flows;
	struct sluice_sockets sockets;
	int sockets_err;
	char message[SLUICE_MESSAGE_SIZE];
};

/* Each device once, however many qdiscs it has. */
static bool is_first_of_device(const struct found *found, unsigned int i)
{
	unsigned int earlier;

	for (earlier = 0; earlier < i; earlier++)
		if (sluice_qdisc_is_ours(&found->qdiscs[earlier]) &&
		    found->qdiscs[earlier].ifindex == found->qdiscs[i].ifindex)
			return false;
	return true;
}

static int found_look(struct found *found, int ifindex)
{
	struct sluice_netlink *netlink = NULL;
	char message[SLUICE_MESSAGE_SIZE];
	unsigned int i;
	int err;

	err = sluice_netlink_open(&netlink);
	if (!err)
		err = sluice_paced_list(netlink, ifindex, &found->qdiscs,
					&found->n_qdiscs, found->message);
	if (!err)
		err = sluice_stand_ins_mark(netlink, found->qdiscs,
					    found->n_qdiscs, found->message);
	for (i = 0; !err && i < found->n_qdiscs; i++) {
		found->n_stand_ins += found->qdiscs[i].is_stand_in;
		if (!sluice_qdisc_is_ours(&found->qdiscs[i]))
			continue;
		found->n_ours++;
		found->n_known += found->qdiscs[i].xstats.flows;
		if (is_first_of_device(found, i))
			err = sluice_flows_list(netlink,
						found->qdiscs[i].ifindex,
						&found->flows, found->message);
	}
	sluice_netlink_close(netlink);
	if (err)
		return err;
	/* After the flows, so that every socket of theirs has its cookie. */
	found->sockets_err = sluice_sockets_list(&found->sockets, message);
	sluice_flows_join(&found->flows, &found->sockets);
	return 0;
}

static void found_done(struct found *found)
{
	free(found->qdiscs);
	sluice_flows_done(&found->flows);
	sluice_sockets_done(&found->sockets);
}

/* ---- flows ---- */

static int flows_print_json(const struct found *found,
			    const struct flows_arguments *arguments)
{
	json_t *array = json_array();
	unsigned int i;
	int err = 0;

	for (i = 0; i < found->flows.count && i < arguments->top; i++)
		err |= json_array_append_new(array,
				out_flow_json(&found->flows.flows[i]));
	return out_json("flows", array, err);
}

static void flows_print(const struct found *found,
			const struct flows_arguments *arguments)
{
	const struct sluice_flows *flows = &found->flows;
	unsigned int i, waiting = 0, due = 0;

	if (!flows->count) {
		puts(found->n_known ?
		     "the loaded module is older than this command and does not list its flows: update it" :
		     "no flow: nothing has been sent for some seconds");
		return;
	}
	for (i = 0; i < flows->count; i++) {
		waiting += !!(flows->flows[i].xstats.flags &
			      SLUICE_FLOW_WAITING);
		due += !!(flows->flows[i].xstats.flags & SLUICE_FLOW_DUE);
	}
	printf("flows: %u, waiting for their time: %u, for the device: %u",
	       flows->count, waiting, due);
	if (flows->count > arguments->top)
		printf(";\nthe first %" PRIu64 " by %s, --top N shows more",
		       arguments->top, order_names[arguments->order]);
	putchar('\n');
	if (found->sockets_err)
		printf("sockets cannot be listed: %s (module inet_diag, tcp_diag)\n",
		       strerror(-found->sockets_err));
	out_flow_header(stdout);
	for (i = 0; i < flows->count && i < arguments->top; i++)
		out_flow(stdout, &flows->flows[i]);
}

/* ---- without sluice ---- */

/* The fastest first; a rate that is not set is no rate. */
static int pacing_compare(const void *left, const void *right)
{
	const struct sluice_socket *a = left, *b = right;
	uint64_t of_a = a->pacing_rate_bytes_ps + 1;
	uint64_t of_b = b->pacing_rate_bytes_ps + 1;

	if (of_a != of_b)
		return of_a < of_b ? 1 : -1;
	return (a->cookie > b->cookie) - (a->cookie < b->cookie);
}

/* Sockets of TCP, which always has a rate, whoever keeps it. */
static unsigned int sockets_of_tcp(struct sluice_sockets *sockets)
{
	unsigned int i, kept = 0;

	for (i = 0; i < sockets->count; i++)
		if (sockets->sockets[i].has_tcp)
			sockets->sockets[kept++] = sockets->sockets[i];
	sockets->count = kept;
	if (kept)
		qsort(sockets->sockets, kept, sizeof(*sockets->sockets),
		      pacing_compare);
	return kept;
}

static int sockets_print_json(const struct sluice_sockets *sockets,
			      uint64_t top)
{
	json_t *array = json_array();
	unsigned int i;
	int err = 0;

	for (i = 0; i < sockets->count && i < top; i++)
		err |= json_array_append_new(array,
			json_pack("{s:i, s:o}", "schema_version",
				  OUT_JSON_SCHEMA_VERSION, "socket",
				  out_socket_json(&sockets->sockets[i])));
	return out_json("flows", array, err);
}

static int sockets_show(struct found *found,
			const struct flows_arguments *arguments)
{
	struct sluice_sockets *sockets = &found->sockets;
	char next_step[OUT_MODULE_SIZE];
	unsigned int count, i;

	if (found->sockets_err)
		return out_refuse(EXIT_UNSUPPORTED, "flows",
				  "no device has sluice, and sockets cannot be listed: %s: load the module tcp_diag, or start sluice with 'sluice on DEV'",
				  strerror(-found->sockets_err));
	count = sockets_of_tcp(sockets);
	if (arguments->is_json)
		return sockets_print_json(sockets, arguments->top);
	out_module_format(next_step, sizeof(next_step));
	if (found->n_stand_ins)
		printf("fq, which paces without the module, lists no flows: of queues and gaps nothing is known\n"
		       "%u TCP socket%s of all devices, fastest first\n",
		       count, count == 1 ? "" : "s");
	else
		printf("no device has sluice, so of queues and gaps nothing is known: %s\n"
		       "%u TCP socket%s, fastest first; the pacing is kept by fq, BBR or SO_MAX_PACING_RATE\n",
		       next_step, count, count == 1 ? "" : "s");
	if (count)
		out_flow_header(stdout);
	for (i = 0; i < count && i < arguments->top; i++)
		out_socket(stdout, &sockets->sockets[i]);
	if (i < count)
		printf("%u more: --top N shows them\n", count - i);
	return EXIT_DONE;
}

static int found_show(struct found *found,
		      const struct flows_arguments *arguments)
{
	if (!found->n_ours && !found->n_stand_ins && arguments->device)
		return out_refuse_absence("flows", arguments->device,
					  sluice_qdisc_root_kind(found->qdiscs,
							found->n_qdiscs));
	if (!found->n_ours)
		return sockets_show(found, arguments);
	sluice_flows_sort(&found->flows, arguments->order);
	if (arguments->is_json)
		return flows_print_json(found, arguments);
	flows_print(found, arguments);
	return EXIT_DONE;
}

int cmd_flows(int argc, char **argv)
{
	struct flows_arguments arguments = { .device = NULL };
	struct found found = { .n_ours = 0 };
	unsigned int ifindex = 0;
	int code, err;

	code = arguments_parse(argc, argv, &arguments);
	if (code)
		return code;
	if (arguments.device) {
		ifindex = if_nametoindex(arguments.device);
		if (!ifindex)
			return out_refuse_errno("flows", arguments.device,
						-ENODEV, "");
	}
	err = found_look(&found, (int)ifindex);
	code = err ? out_refuse_errno("flows", arguments.device ?
				      arguments.device : "all devices", err,
				      found.message) :
		     found_show(&found, &arguments);
	found_done(&found);
	return code;
}
