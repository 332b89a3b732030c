// SPDX-License-Identifier: GPL-2.0
/* fault PROGRAM ARGUMENTS…: the programs of the fault tests in one file. */
#include "model.h"

#include <fcntl.h>
#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <unistd.h>

/* fault module load FILE | unload NAME: without kmod. */
int main_module(int argc, char **argv)
{
	int fd;

	if (argc != 2)
		return 2;
	if (!strcmp(argv[0], "load")) {
		fd = open(argv[1], O_RDONLY | O_CLOEXEC);
		if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
			die("cannot load %s", argv[1]);
		return 0;
	}
	if (syscall(SYS_delete_module, argv[1], O_NONBLOCK))
		die("cannot unload %s", argv[1]);
	return 0;
}

/* fault tai SECONDS: how far TAI is ahead of UTC. */
int main_tai(int argc, char **argv)
{
	struct timex timex = { .modes = ADJ_TAI };

	if (argc != 1)
		return 2;
	timex.constant = strtol(argv[0], NULL, 10);
	if (adjtimex(&timex) < 0)
		die("cannot set the offset of TAI");
	return 0;
}

/*
 * fault set DEV PARENT [NAME VALUE]...: makes sluice the qdisc there, or changes
 * it; values in the units of uapi/sluice.h, "burst" in frames.
 */
int main_set(int argc, char **argv)
{
	struct fault_attrs attrs = { 0 };
	struct fault_request request = {
		.type = RTM_NEWQDISC,
		.flags = NLM_F_CREATE | NLM_F_REPLACE,
		.kind = "sluice",
		.options_type = TCA_OPTIONS | NLA_F_NESTED,
	};
	char sentence[FAULT_SENTENCE_SIZE];
	int i, err;

	if (argc < 2 || argc % 2)
		return 2;
	for (i = 2; i < argc; i += 2) {
		const struct model_option *option = model_options;

		while (strcmp(option->name, argv[i]))
			if (++option == model_options + MODEL_OPTIONS)
				return 2;
		attrs_put_number(&attrs, option->type,
				 strtoull(argv[i + 1], NULL, 10),
				 option->bytes);
	}
	request.ifindex = device_index(argv[0]);
	request.parent = parent_parse(argv[1]);
	request.options = attrs.data;
	request.options_bytes = attrs.bytes;
	err = qdisc_talk(&request, sentence);
	errno = -err;
	if (err)
		die("cannot set the qdisc: %s", sentence);
	return 0;
}

static void counters_print(const struct tc_sluice_xstats *x)
{
	const struct {
		const char *name;
		uint64_t value;
	} counters[] = {
#define COUNTER(name) { #name, x->name }
		COUNTER(enqueued_pkts), COUNTER(super_pkts),
		COUNTER(super_pkt_frames), COUNTER(cut_pkts),
		COUNTER(sent_frames), COUNTER(sent_wire_bytes),
		COUNTER(prompt_frames), COUNTER(horizon_capped_pkts),
		COUNTER(past_pkts), COUNTER(foreign_clock_pkts),
		COUNTER(uncut_pkts), COUNTER(flow_alloc_failed_pkts),
		COUNTER(limit_dropped_pkts), COUNTER(flow_limit_dropped_pkts),
		COUNTER(codel_dropped_pkts), COUNTER(corrupt_dropped_pkts),
		COUNTER(reset_dropped_pkts), COUNTER(dropped_frames),
		COUNTER(codel_marked_pkts), COUNTER(ce_threshold_marked_pkts),
		COUNTER(flows_created), COUNTER(flows_freed),
		COUNTER(flows), COUNTER(flows_waiting), COUNTER(flows_due),
#undef COUNTER
	};
	size_t i;

	for (i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		printf("%s=%llu\n", counters[i].name,
		       (unsigned long long)counters[i].value);
}

/* fault stat DEV PARENT: lines NAME=NUMBER for the shell. */
int main_stat(int argc, char **argv)
{
	struct fault_qdisc qdisc;
	int err;

	if (argc != 2)
		return 2;
	err = qdisc_get(device_index(argv[0]), parent_parse(argv[1]), &qdisc);
	if (err || !qdisc.is_there) {
		errno = -err;
		die("there is no qdisc at %s of %s", argv[1], argv[0]);
	}
	printf("kind=%s\nqlen=%u\nbacklog_bytes=%u\ndrops=%u\nsent_pkts=%llu\n",
	       qdisc.kind, qdisc.qlen, qdisc.backlog_bytes, qdisc.drops,
	       (unsigned long long)qdisc.sent_pkts);
	if (!strcmp(qdisc.kind, "sluice"))
		counters_print(&qdisc.xstats);
	return 0;
}

/*
 * fault idle DEV…: every qdisc of these devices is empty, and each sluice's
 * ledger is balanced: what came in has left or has been counted as lost.
 */
static void ledger_check(const char *device, const struct fault_qdisc *qdisc)
{
	const struct tc_sluice_xstats *x = &qdisc->xstats;
	uint64_t in = x->enqueued_pkts - x->super_pkts + x->super_pkt_frames;
	uint64_t lost = x->codel_dropped_pkts + x->corrupt_dropped_pkts +
			x->reset_dropped_pkts;

	if (!ok(in == x->sent_frames + x->dropped_frames,
		"P8: %s %x: frames in (%llu) = sent (%llu) + lost (%llu)",
		device, qdisc->parent, (unsigned long long)in,
		(unsigned long long)x->sent_frames,
		(unsigned long long)x->dropped_frames))
		note("packets %llu, of these super %llu with %llu frames; lost %llu",
		     (unsigned long long)x->enqueued_pkts,
		     (unsigned long long)x->super_pkts,
		     (unsigned long long)x->super_pkt_frames,
		     (unsigned long long)lost);
	ok(!x->flows_waiting && !x->flows_due,
	   "P9: %s %x: no flow waits without packets (%u, %u)", device,
	   qdisc->parent, x->flows_waiting, x->flows_due);
	lost += x->limit_dropped_pkts + x->flow_limit_dropped_pkts;
	ok(qdisc->drops == lost,
	   "P8: %s %x: the qdisc's drops (%u) are the losses with a reason (%llu)",
	   device, qdisc->parent, qdisc->drops, (unsigned long long)lost);
}

int main_idle(int argc, char **argv)
{
	static struct fault_qdisc qdiscs[64];
	int arg, i, count;

	sleep_ns(NSEC_PER_SEC); /* the last ACKs are on their way */
	for (arg = 0; arg < argc; arg++) {
		bool is_empty = true;

		count = qdisc_list(device_index(argv[arg]), qdiscs, 64);
		if (count <= 0)
			die("cannot list the qdiscs of %s", argv[arg]);
		for (i = 0; i < count; i++) {
			if (qdiscs[i].qlen || qdiscs[i].backlog_bytes) {
				is_empty = false;
				note("%s %x: %u packets, %u bytes",
				     qdiscs[i].kind, qdiscs[i].parent,
				     qdiscs[i].qlen, qdiscs[i].backlog_bytes);
			}
			if (!strcmp(qdiscs[i].kind, "sluice"))
				ledger_check(argv[arg], &qdiscs[i]);
		}
		ok(is_empty, "P9: nothing is stuck in the %d qdiscs of %s",
		   count, argv[arg]);
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} programs[] = {
		{ "options", main_options }, { "keep", main_load_keep },
		{ "stamps", main_stamps }, { "forward", main_forward },
		{ "frames", main_frames }, { "supers", main_supers },
		{ "nth", main_nth }, { "mix", main_mix }, { "sink", main_sink },
		{ "churn", main_churn }, { "idle", main_idle },
		{ "stat", main_stat }, { "rehash", main_rehash },
		{ "module", main_module }, { "set", main_set },
		{ "tai", main_tai }, { "cycle", main_cycle },
		{ "talk", main_talk }, { "bulk", main_bulk }, { "failslab", main_failslab }, { "stamper", main_stamper },
		{ "dump", main_dump }, { "undo", main_undo },
		{ "classes", main_classes },
		{ "steady", main_steady },
	};
	size_t i;

	for (i = 0; argc > 1 && i < sizeof(programs) / sizeof(programs[0]); i++)
		if (!strcmp(argv[1], programs[i].name))
			return programs[i].run(argc - 2, argv + 2);
	fputs("usage: fault PROGRAM ARGUMENTS...; see tests/fault/main.c\n",
	      stderr);
	return 2;
}
