/* SPDX-License-Identifier: GPL-2.0 */
/* Flows and sockets as the kernel sends them, made by hand for tests. */
#ifndef SLUICE_TESTS_FLOW_SAMPLE_H
#define SLUICE_TESTS_FLOW_SAMPLE_H

#include <arpa/inet.h>
#include <linux/gen_stats.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "../../user/lib/flow.h"
#include "../../user/lib/qdisc.h"

#define FLOW_SAMPLE_BYTES	1024
/* The device of number 1 is lo in every network namespace. */
#define FLOW_SAMPLE_IFINDEX	1

static inline struct tc_sluice_flow_xstats flow_sample_xstats(uint64_t cookie)
{
	return (struct tc_sluice_flow_xstats) {
		.socket_cookie = cookie,
		.rate_bytes_ps = 11787500,
		.asked_bytes_ps = 13097222,
		.sent_frames = 123456,
		.sent_wire_bytes = 189875328,
		.lateness_sum_ns = 370368000,
		.hold_ns = 1234567,
		.departure_delta_ns = -1500,
		.lateness_max_ns = 18250,
		.queued_pkts = 3,
		.hash = cookie ? 0 : 4660,
		.gain_percent = cookie ? 90 : 100,
		.hold_max_ns = 3000000,
		.flags = SLUICE_FLOW_DUE |
			 (cookie ? SLUICE_FLOW_INITIAL_WINDOW : 0),
	};
}

/* @bytes of the statistics are sent, up to 64 more than there are. */
static inline struct nlmsghdr *
flow_sample_build(void *buffer, const struct tc_sluice_flow_xstats *xstats,
		  size_t bytes)
{
	struct {
		struct tc_sluice_flow_xstats known;
		char unknown[64];
	} sent = { .known = *xstats };
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct nlattr *nest;
	struct tcmsg *tcm;

	memset(sent.unknown, 0xee, sizeof(sent.unknown));
	header->nlmsg_type = RTM_NEWTCLASS;
	tcm = mnl_nlmsg_put_extra_header(header, sizeof(*tcm));
	tcm->tcm_ifindex = FLOW_SAMPLE_IFINDEX;
	tcm->tcm_parent = 0x80010000;
	tcm->tcm_handle = 0x8001002f;
	mnl_attr_put_strz(header, TCA_KIND, SLUICE_KIND);
	nest = mnl_attr_nest_start(header, TCA_STATS2);
	mnl_attr_put(header, TCA_STATS_APP, bytes, &sent);
	mnl_attr_nest_end(header, nest);
	return header;
}

/* @bytes of TCP_INFO are sent; an address is text. */
static inline struct nlmsghdr *
socket_sample_build(void *buffer, uint8_t family, const char *local,
		    const char *remote, uint64_t cookie, size_t bytes)
{
	struct tcp_info info = {
		.tcpi_snd_cwnd = 40,
		.tcpi_snd_mss = 1448,
		.tcpi_rtt = 10123,
		.tcpi_pacing_rate = 13097222,
		.tcpi_max_pacing_rate = UINT64_MAX,
		.tcpi_delivery_rate = 11512345,
		.tcpi_total_retrans = 12,
		.tcpi_notsent_bytes = 65536,
	};
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct inet_diag_msg *diag;

	header->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	diag = mnl_nlmsg_put_extra_header(header, sizeof(*diag));
	diag->idiag_family = family;
	diag->idiag_state = 1;
	diag->id.idiag_sport = htons(43210);
	diag->id.idiag_dport = htons(5001);
	inet_pton(family, local, diag->id.idiag_src);
	inet_pton(family, remote, diag->id.idiag_dst);
	diag->id.idiag_cookie[0] = (uint32_t)cookie;
	diag->id.idiag_cookie[1] = (uint32_t)(cookie >> 32);
	mnl_attr_put(header, INET_DIAG_INFO, bytes, &info);
	mnl_attr_put_strz(header, INET_DIAG_CONG, "cubic");
	return header;
}

#endif
