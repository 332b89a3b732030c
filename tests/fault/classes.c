// SPDX-License-Identifier: GPL-2.0
/*
 * Flows as classes of the qdisc.
 *
 * fault classes same DEV [all]: the classes of an idle device are the flows that
 * the qdisc counts; with "all" no flow and no socket has gone, and what they have
 * sent is what it has sent.
 * fault classes many DEV ADDRESS N: the same after packets to N ports.
 * fault classes watch DEV ROUNDS: dumps them while others send and change.
 * fault classes refuse DEV: all that the core offers to do with a class.
 */
#include "fault.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAUSE_NS	(3 * NSEC_PER_MSEC)
/* Packets that "many" sends before it lets the device have its turn. */
#define MANY_AT_ONCE	50
#define MANY_FIRST_PORT	10000

static char sentence[FAULT_SENTENCE_SIZE];

/* What a dump showed. */
struct seen {
	unsigned int classes;
	unsigned int bad;		/* that cannot be */
	unsigned int with_socket;
	unsigned int rounds;
	uint64_t sent_frames;
	uint64_t sent_wire_bytes;
	uint32_t queued_pkts;
};

static bool flow_is_sane(const struct tcmsg *tcm,
			 const struct tc_sluice_flow_xstats *flow, size_t bytes)
{
	const uint32_t known = SLUICE_FLOW_WAITING | SLUICE_FLOW_DUE |
			       SLUICE_FLOW_INITIAL_WINDOW;
	bool is_queued = flow->flags & (SLUICE_FLOW_WAITING | SLUICE_FLOW_DUE);

	return bytes == sizeof(*flow) && TC_H_MIN(tcm->tcm_handle) &&
	       TC_H_MAJ(tcm->tcm_handle) == TC_H_MAJ(tcm->tcm_parent) &&
	       !(flow->flags & ~known) && is_queued == !!flow->queued_pkts &&
	       flow->gain_percent >= SLUICE_GAIN_MIN_PERCENT &&
	       flow->gain_percent <= SLUICE_GAIN_MAX_PERCENT &&
	       flow->hash <= 2 * UINT16_MAX + 1 &&
	       !(flow->socket_cookie && flow->hash) &&
	       flow->sent_wire_bytes >= 84 * flow->sent_frames &&
	       flow->lateness_sum_ns >= flow->lateness_max_ns &&
	       flow->hold_ns < 1000 * (uint64_t)NSEC_PER_SEC;
}

static void class_take(const struct nlmsghdr *header, void *data)
{
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(header);
	struct tc_sluice_flow_xstats flow = { 0 };
	const struct nlattr *attr, *stat;
	struct seen *seen = data;
	size_t bytes = 0;

	mnl_attr_for_each(attr, header, sizeof(*tcm)) {
		if (mnl_attr_get_type(attr) == TCA_KIND &&
		    strcmp(mnl_attr_get_str(attr), "sluice"))
			return;
		if (mnl_attr_get_type(attr) != TCA_STATS2)
			continue;
		mnl_attr_for_each_nested(stat, attr) {
			if (mnl_attr_get_type(stat) != TCA_STATS_APP)
				continue;
			bytes = mnl_attr_get_payload_len(stat);
			memcpy(&flow, mnl_attr_get_payload(stat),
			       bytes < sizeof(flow) ? bytes : sizeof(flow));
		}
	}
	seen->classes++;
	seen->bad += !flow_is_sane(tcm, &flow, bytes);
	seen->with_socket += !!flow.socket_cookie;
	seen->sent_frames += flow.sent_frames;
	seen->sent_wire_bytes += flow.sent_wire_bytes;
	seen->queued_pkts += flow.queued_pkts;
}

static int classes_same(const char *device, bool is_all)
{
	struct fault_qdisc qdisc;
	struct seen seen = { 0 };
	int ifindex = device_index(device);

	if (qdisc_get(ifindex, TC_H_ROOT, &qdisc) ||
	    qdisc_dump(RTM_GETTCLASS, ifindex, class_take, &seen))
		die("cannot dump the classes of %s", device);
	ok(seen.classes == qdisc.xstats.flows && seen.classes,
	   "P8: every flow is a class, once (%u of %u, %u with a socket)",
	   seen.classes, qdisc.xstats.flows, seen.with_socket);
	ok(!seen.bad, "P8: what the classes say can be (%u cannot)", seen.bad);
	if (is_all)
		ok(seen.sent_frames + qdisc.xstats.prompt_frames ==
			   qdisc.xstats.sent_frames,
		   "P8: frames of all flows and prompt ones are those sent (%llu + %llu = %llu)",
		   (unsigned long long)seen.sent_frames,
		   (unsigned long long)qdisc.xstats.prompt_frames,
		   (unsigned long long)qdisc.xstats.sent_frames);
	ok(seen.queued_pkts == qdisc.qlen,
	   "P8: what waits belongs to a flow (%u of %u)", seen.queued_pkts,
	   qdisc.qlen);
	return 0;
}

/* One socket that is not connected: a flow for each port, told apart by hash. */
static int classes_many(const char *device, const char *address,
			unsigned int count)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in to = { .sin_family = AF_INET };
	unsigned int i;

	if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1)
		die("cannot send to %s", address);
	for (i = 0; i < count; i++) {
		to.sin_port = htons((uint16_t)(MANY_FIRST_PORT + i));
		if (sendto(fd, "many", 4, 0, (void *)&to, sizeof(to)) != 4)
			die("cannot send to port %u", ntohs(to.sin_port));
		if (i % MANY_AT_ONCE == 0)
			sleep_ns(NSEC_PER_MSEC / 10);
	}
	close(fd);
	sleep_ns(10 * NSEC_PER_MSEC);
	return classes_same(device, false);
}

static int classes_watch(const char *device, unsigned int rounds)
{
	struct seen seen = { 0 };
	int ifindex = device_index(device);
	unsigned int failed = 0;

	for (; seen.rounds < rounds; seen.rounds++) {
		failed += !!qdisc_dump(RTM_GETTCLASS, ifindex, class_take,
				       &seen);
		sleep_ns(PAUSE_NS);
	}
	ok(!failed && !seen.bad && seen.classes,
	   "P9: %u dumps under load show %u classes, %u of them wrong, %u failed",
	   rounds, seen.classes, seen.bad, failed);
	return 0;
}

/* ---- refuse ---- */

struct wish {
	const char *what;
	struct fault_request request;
};

static void wish_judge(int ifindex, uint32_t handle, const struct wish *wish)
{
	struct fault_request request = wish->request;
	static struct fault_qdisc before[8], after[8];
	int n_before = qdisc_list(ifindex, before, 8), n_after, err;

	/* The wishes are written for a qdisc 1: */
	request.ifindex = ifindex;
	if (TC_H_MAJ(request.parent) == 0x10000)
		request.parent = handle | TC_H_MIN(request.parent);
	if (TC_H_MAJ(request.handle) == 0x10000)
		request.handle = handle | TC_H_MIN(request.handle);
	err = qdisc_talk(&request, sentence);
	n_after = qdisc_list(ifindex, after, 8);
	if (!ok(err && err != -EFAULT && n_before == n_after &&
		before[0].options_bytes == after[0].options_bytes &&
		!memcmp(before[0].options, after[0].options,
			before[0].options_bytes),
		"M2: refused: %s (%s)", wish->what, strerror(-err)))
		note("%d: %s; %d qdiscs before, %d after", err, sentence,
		     n_before, n_after);
}

#define NEW	(NLM_F_CREATE | NLM_F_EXCL)
#define PUT	(NLM_F_CREATE | NLM_F_REPLACE)
#define ETH_P_ALL_BE	0x0300u

static int classes_refuse(const char *device)
{
	static const struct wish wishes[] = {
		{ "a class is made", { .type = RTM_NEWTCLASS, .flags = NEW,
		  .parent = 0x10000, .handle = 0x10007, .kind = "sluice" } },
		{ "a class without number is made", { .type = RTM_NEWTCLASS,
		  .flags = NEW, .parent = 0x10000, .kind = "sluice" } },
		{ "a class at the root is made", { .type = RTM_NEWTCLASS,
		  .flags = NEW, .parent = TC_H_ROOT, .handle = 0x10001,
		  .kind = "sluice" } },
		{ "a class is changed", { .type = RTM_NEWTCLASS,
		  .parent = 0x10000, .handle = 0x10001, .kind = "sluice" } },
		{ "a class is replaced", { .type = RTM_NEWTCLASS, .flags = PUT,
		  .parent = 0x10000, .handle = 0x1ffff, .kind = "sluice" } },
		{ "a class is removed", { .type = RTM_DELTCLASS,
		  .parent = 0x10000, .handle = 0x10001 } },
		{ "the root class is removed", { .type = RTM_DELTCLASS,
		  .parent = TC_H_ROOT } },
		{ "one class is asked for", { .type = RTM_GETTCLASS,
		  .parent = 0x10000, .handle = 0x10001 } },
		{ "a filter is put on the qdisc", { .type = RTM_NEWTFILTER,
		  .flags = NEW, .parent = 0x10000, .info = ETH_P_ALL_BE,
		  .kind = "matchall" } },
		{ "a filter is put on a class", { .type = RTM_NEWTFILTER,
		  .flags = NEW, .parent = 0x10001, .info = ETH_P_ALL_BE,
		  .kind = "matchall" } },
		{ "filters are removed", { .type = RTM_DELTFILTER,
		  .parent = 0x10000 } },
		{ "a filter is asked for", { .type = RTM_GETTFILTER,
		  .parent = 0x10000, .handle = 1, .info = ETH_P_ALL_BE,
		  .kind = "matchall" } },
		{ "a chain is made", { .type = RTM_NEWCHAIN, .flags = NEW,
		  .parent = 0x10000 } },
		{ "a chain is removed", { .type = RTM_DELCHAIN,
		  .parent = 0x10000 } },
		{ "a class gets a qdisc", { .type = RTM_NEWQDISC, .flags = NEW,
		  .parent = 0x10001, .kind = "pfifo" } },
		{ "a class gets a sluice", { .type = RTM_NEWQDISC, .flags = PUT,
		  .parent = 0x10001, .handle = 0x90000, .kind = "sluice" } },
		{ "a class gets its own qdisc", { .type = RTM_NEWQDISC,
		  .flags = PUT, .parent = 0x10001, .handle = 0x10000,
		  .kind = "sluice" } },
		{ "the qdisc of a class is changed", { .type = RTM_NEWQDISC,
		  .parent = 0x10001, .kind = "sluice" } },
		{ "the qdisc of a class is removed", { .type = RTM_DELQDISC,
		  .parent = 0x10001 } },
		{ "the qdisc of a class is asked for", { .type = RTM_GETQDISC,
		  .parent = 0x10001 } },
	};
	int ifindex = device_index(device);
	struct fault_qdisc qdisc;
	size_t i;

	if (qdisc_get(ifindex, TC_H_ROOT, &qdisc) || !qdisc.is_there)
		die("%s has no qdisc", device);
	for (i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++)
		wish_judge(ifindex, qdisc.handle, &wishes[i]);
	return 0;
}

int main_classes(int argc, char **argv)
{
	if ((argc == 2 || (argc == 3 && !strcmp(argv[2], "all"))) &&
	    !strcmp(argv[0], "same"))
		return classes_same(argv[1], argc == 3);
	if (argc == 4 && !strcmp(argv[0], "many"))
		return classes_many(argv[1], argv[2],
				    (unsigned int)strtoul(argv[3], NULL, 10));
	if (argc == 3 && !strcmp(argv[0], "watch"))
		return classes_watch(argv[1],
				     (unsigned int)strtoul(argv[2], NULL, 10));
	if (argc == 2 && !strcmp(argv[0], "refuse"))
		return classes_refuse(argv[1]);
	return 2;
}
