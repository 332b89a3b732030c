// SPDX-License-Identifier: GPL-2.0
/*
 * What `sluice show` prints of a dump that was made by hand: no kernel module
 * is needed, and the numbers are always the same.
 *
 * usage: show-sample text|json [BYTES OF THE STATISTICS THAT ARE SENT]
 *        show-sample fq-text|fq-json: the same of an fq in sluice's place
 *        show-sample lapses: what it prints of options that are not kept any more
 *        show-sample defaults: the option table's values of a new qdisc
 *        show-sample flows|flows-json: what `sluice flows` prints, likewise
 *        show-sample metrics [BYTES [include|exclude REGEX]]: three devices, one with a name that hurts, one without the module
 */
#include <inttypes.h>
#include <locale.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "../../user/cli/device_filter.h"
#include "../../user/cli/out.h"
#include "../../user/cli/out_flow.h"
#include "../../user/cli/out_lapse.h"
#include "../../user/cli/out_metrics.h"
#include "../../user/cli/out_share.h"
#include "../unit/flow_sample.h"
#include "../unit/qdisc_sample.h"

static void defaults_print(void)
{
	const struct sluice_option *option = sluice_option_table;

	for (; option->name; option++)
		printf("%s %" PRIu64 "\n", option->key, option->initial);
}

/* Two sockets and three flows: one of each socket, and one without. */
static int flows_print(bool is_json)
{
	static const char *const addresses[][2] = {
		{ "::ffff:10.0.0.1", "::ffff:10.0.0.2" },
		{ "fd00:1234:5678:9abc:def0:1234:5678:9abc",
		  "fd00:1234:5678:9abc:def0:1234:5678:1" },
	};
	_Alignas(struct nlmsghdr) char buffer[FLOW_SAMPLE_BYTES];
	struct tc_sluice_flow_xstats xstats;
	struct sluice_socket sockets[2];
	struct sluice_flow flows[3];
	json_t *array = json_array();
	unsigned int i;
	int err = 0;

	for (i = 0; i < 3; i++) {
		xstats = flow_sample_xstats(i);
		err |= sluice_flow_decode(flow_sample_build(buffer, &xstats,
							    sizeof(xstats)),
					  &flows[i]);
		if (i)
			err |= sluice_socket_decode(
				socket_sample_build(buffer, AF_INET6,
						    addresses[i - 1][0],
						    addresses[i - 1][1], i,
						    sizeof(struct tcp_info)),
				IPPROTO_TCP, &sockets[i - 1]);
		flows[i].socket = i ? &sockets[i - 1] : NULL;
	}
	if (!is_json)
		out_flow_header(stdout);
	for (i = 0; i < 3; i++) {
		if (is_json)
			json_array_append_new(array, out_flow_json(&flows[i]));
		else
			out_flow(stdout, &flows[i]);
	}
	if (is_json && !json_dumpf(array, stdout, JSON_INDENT(1)))
		putchar('\n');
	json_decref(array);
	return err || !out_is_complete(stdout);
}

/* A leaf of mq that paces without the module. */
static struct sluice_qdisc fq_make(void)
{
	struct sluice_qdisc qdisc = {
		.device = "eth0", .kind = "fq", .handle = 0x5c10000,
		.parent = 0x5c00001, .refcnt = 1, .is_stand_in = true,
		.bytes = 363115648, .packets = 236096, .drops = 2,
		.qlen_pkts = 33, .backlog_bytes = 50490,
		.fq_stats = {
			.throttled = 200000, .flows_plimit = 2, .flows = 8,
			.throttled_flows = 5, .unthrottle_latency_ns = 2863,
			.ce_mark = 3, .horizon_caps = 1,
		},
		.fq_stats_bytes = sizeof(qdisc.fq_stats),
		.edt = {
			.is_there = true, .has_sockets = true,
			.ahead_ns = 3400000,
			.counters = {
				.frames = 98000, .wire_bytes = 150724000,
				.held_pkts = 61234, .prompt_pkts = 321,
				.asked_pkts = 2100, .foreign_clock_pkts = 1,
				.over_backlog_pkts = 77,
				.over_horizon_pkts = 2, .wait_max_ns = 12304000,
				.socket_held_pkts = 940,
				.socket_unpaced_pkts = 4,
			},
		},
	};

	sluice_options_set(&qdisc.options, TCA_SLUICE_MAXRATE_BYTES_PS, 12500000);
	sluice_options_set(&qdisc.options, TCA_SLUICE_TRAIN_FRAMES, 1);
	sluice_options_set(&qdisc.options, TCA_SLUICE_LIMIT_PKTS, 10000);
	sluice_options_set(&qdisc.options, TCA_SLUICE_HORIZON_NS, 10000000000);
	sluice_options_set(&qdisc.options, TCA_SLUICE_CE_THRESHOLD_NS,
			   SLUICE_CE_THRESHOLD_OFF);
	return qdisc;
}

/* At the root of eth0, and as a leaf of a device whose name is no text. */
static int metrics_print(const struct sluice_qdisc *qdisc, const char *which,
			 const char *regex)
{
	struct device_filter filter = { .is_set = false };
	struct sluice_qdisc qdiscs[4] = { *qdisc, *qdisc, *qdisc, fq_make() };
	char error[256];

	snprintf(qdiscs[1].kind, sizeof(qdiscs[1].kind), "fq");
	snprintf(qdiscs[2].device, sizeof(qdiscs[2].device), "a\"b\\c\n\xff");
	qdiscs[2].parent = 0x10002;
	snprintf(qdiscs[3].device, sizeof(qdiscs[3].device), "leaf9");
	if (regex && device_filter_set(&filter, regex,
				       !strcmp(which, "exclude"), error,
				       sizeof(error)))
		return 1;
	out_metrics(stdout, qdiscs, device_filter_apply(&filter, qdiscs, 4));
	device_filter_free(&filter);
	return !out_is_complete(stdout);
}

/* The rate was given as a share of 1 Gbit/s. */
static struct out_shares shares_make(const struct sluice_qdisc *qdisc)
{
	struct out_shares shares = { .link_bits_ps =
		qdisc->xstats.link_speed_mbits_ps * 1000000ull };

	shares.shares.of[TCA_SLUICE_RATE_BYTES_PS] =
		(struct sluice_share){ 926000, 1000000000, false };
	sluice_shares_confirm(&shares.shares, &qdisc->options);
	return shares;
}

/* Each cause, but for that of queues, whose end asks the driver. */
static int lapses_print(void)
{
	static const struct sluice_lapse lapses[] = {
		{ SLUICE_LAPSE_NONE, false, 1 }, { SLUICE_LAPSE_PAUSE, false, 1 },
		{ SLUICE_LAPSE_PAUSE, true, 1 }, { SLUICE_LAPSE_SPEED, false, 1 },
		{ SLUICE_LAPSE_BYGONE, true, 1 }, { SLUICE_LAPSE_ANEW, true, 4 },
	};
	const struct sluice_link link = { .name = "eth0" };
	json_t *object = json_object();
	unsigned int i;

	for (i = 0; i < sizeof(lapses) / sizeof(lapses[0]); i++) {
		out_lapse(stdout, "  ", &lapses[i], &link);
		out_lapse_json(object, &lapses[i]);
		json_dumpf(object, stdout, JSON_COMPACT);
		putchar('\n');
	}
	json_decref(object);
	return !out_is_complete(stdout);
}

int main(int argc, char **argv)
{
	_Alignas(struct nlmsghdr) char buffer[SAMPLE_BYTES];
	size_t xstats_bytes = sizeof(struct tc_sluice_xstats);
	struct out_shares shares;
	struct sluice_qdisc qdisc;
	json_t *array;

	setlocale(LC_CTYPE, "");
	if (argc < 2)
		return 2;
	if (!strcmp(argv[1], "defaults")) {
		defaults_print();
		return 0;
	}
	if (!strcmp(argv[1], "lapses"))
		return lapses_print();
	if (!strncmp(argv[1], "flows", 5))
		return flows_print(!strcmp(argv[1], "flows-json"));
	if (argc > 2)
		xstats_bytes = strtoul(argv[2], NULL, 10);
	if (xstats_bytes > sizeof(struct tc_sluice_xstats) + 256)
		return 2;
	if (sluice_qdisc_decode(sample_build(buffer, xstats_bytes), &qdisc))
		return 1;
	snprintf(qdisc.device, sizeof(qdisc.device), "eth0");
	if (!strcmp(argv[1], "metrics"))
		return metrics_print(&qdisc, argv[argc > 4 ? 3 : 1],
				     argc > 4 ? argv[4] : NULL);
	if (!strncmp(argv[1], "fq-", 3))
		qdisc = fq_make();
	shares = shares_make(&qdisc);
	if (strstr(argv[1], "text")) {
		out_qdisc(stdout, &qdisc, &shares);
	} else {
		array = json_pack("[o]", out_qdisc_json(&qdisc, &shares));
		json_dumpf(array, stdout, JSON_INDENT(1));
		putchar('\n');
		json_decref(array);
	}
	return !out_is_complete(stdout);
}
