/* SPDX-License-Identifier: GPL-2.0 */
/* A dump of a sluice qdisc as the kernel sends it, made by hand for tests. */
#ifndef SLUICE_TESTS_QDISC_SAMPLE_H
#define SLUICE_TESTS_QDISC_SAMPLE_H

#include <libmnl/libmnl.h>
#include <linux/gen_stats.h>
#include <string.h>

#include "../../user/lib/qdisc.h"

#define SAMPLE_BYTES 4096

static inline void sample_stats(struct tc_sluice_xstats *ret)
{
	unsigned int i;

	memset(ret, 0, sizeof(*ret));
	ret->enqueued_pkts = 123456;
	ret->super_pkts = 10240;
	ret->super_pkt_frames = 122880;
	ret->cut_pkts = 10240;
	ret->sent_frames = 236096;
	ret->sent_wire_bytes = 363115648;
	ret->prompt_frames = 7;
	ret->initial_window_frames = 40;
	ret->late_frames = 1000;
	ret->horizon_capped_pkts = 1;
	ret->limit_dropped_pkts = 2;
	ret->codel_marked_pkts = 3;
	ret->timer_wakeups = 220000;
	ret->burst_grown = 1;
	ret->burst_now_ns = 12500;
	ret->lateness_max_ns = 18250;
	ret->flows_created = 12;
	ret->flows_freed = 4;
	ret->flows = 8;
	ret->flows_waiting = 5;
	ret->flows_due = 1;
	ret->link_speed_mbits_ps = 10000;
	ret->lateness_ns_hist[0] = 200000;
	for (i = 1; i < 16; i++)
		ret->lateness_ns_hist[i] = 1ULL << (16 - i);
	for (i = 8; i < 24; i++)
		ret->hold_ns_hist[i] = i < 16 ? 1ULL << i : 1ULL << (31 - i);
	ret->train_frames_hist[1] = 235000;
	ret->train_frames_hist[2] = 40;
	ret->train_frames_hist[11] = 1;
}

static inline void sample_options(struct nlmsghdr *header)
{
	struct nlattr *nest = mnl_attr_nest_start(header, TCA_OPTIONS);

	mnl_attr_put_u64(header, TCA_SLUICE_RATE_BYTES_PS, 115750000);
	mnl_attr_put(header, TCA_SLUICE_PAD, 0, NULL);
	mnl_attr_put_u32(header, TCA_SLUICE_OVERHEAD_BYTES, 24);
	mnl_attr_put_u64(header, TCA_SLUICE_MAXRATE_BYTES_PS, 0);
	mnl_attr_put_u32(header, TCA_SLUICE_GAIN_PERCENT, 90);
	mnl_attr_put_u32(header, TCA_SLUICE_GAIN_SS_PERCENT, 69);
	mnl_attr_put_u32(header, TCA_SLUICE_BURST_FRAMES, 0);
	mnl_attr_put_u64(header, TCA_SLUICE_BURST_NS, 50000);
	mnl_attr_put_u32(header, TCA_SLUICE_TRAIN_FRAMES, 1);
	mnl_attr_put_u32(header, TCA_SLUICE_LIMIT_PKTS, 10000);
	mnl_attr_put_u32(header, TCA_SLUICE_FLOW_LIMIT_PKTS, 100);
	mnl_attr_put_u64(header, TCA_SLUICE_HORIZON_NS, 10000000000);
	mnl_attr_put_u64(header, TCA_SLUICE_CE_THRESHOLD_NS,
			 SLUICE_CE_THRESHOLD_OFF);
	mnl_attr_put_u64(header, TCA_SLUICE_CODEL_TARGET_NS, 5000000);
	mnl_attr_put_u64(header, TCA_SLUICE_CODEL_INTERVAL_NS, 100000000);
	mnl_attr_nest_end(header, nest);
}

/*
 * @buffer holds SAMPLE_BYTES, aligned as a header; @xstats_bytes of the
 * statistics are sent, as by an older or newer module, up to 256 more than
 * there are.
 */
static inline struct nlmsghdr *sample_build(void *buffer, size_t xstats_bytes)
{
	struct gnet_stats_basic basic = { .bytes = 357449344, .packets = 236096 };
	struct gnet_stats_queue queue = {
		.qlen = 33, .backlog = 50490, .drops = 2, .overlimits = 219000,
	};
	struct {
		struct tc_sluice_xstats known;
		char unknown[256];
	} xstats;
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct nlattr *nest;
	struct tcmsg *tcm;

	sample_stats(&xstats.known);
	memset(xstats.unknown, 0xee, sizeof(xstats.unknown));
	header->nlmsg_type = RTM_NEWQDISC;
	tcm = mnl_nlmsg_put_extra_header(header, sizeof(*tcm));
	tcm->tcm_ifindex = 2;
	tcm->tcm_handle = 0x80010000;
	tcm->tcm_parent = TC_H_ROOT;
	tcm->tcm_info = 2;
	mnl_attr_put_strz(header, TCA_KIND, SLUICE_KIND);
	sample_options(header);
	nest = mnl_attr_nest_start(header, TCA_STATS2);
	mnl_attr_put(header, TCA_STATS_APP, xstats_bytes, &xstats);
	mnl_attr_put(header, TCA_STATS_BASIC, sizeof(basic), &basic);
	mnl_attr_put(header, TCA_STATS_QUEUE, sizeof(queue), &queue);
	mnl_attr_nest_end(header, nest);
	return header;
}

#endif
