// SPDX-License-Identifier: GPL-2.0
/* The flows of a device's qdiscs; see flow.h. */
#include "flow.h"

#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "qdisc.h"

static void stats_decode(const struct nlattr *nest, struct sluice_flow *flow)
{
	const struct nlattr *attr;
	size_t length;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) != TCA_STATS_APP)
			continue;
		length = mnl_attr_get_payload_len(attr);
		if (length > sizeof(flow->xstats))
			length = sizeof(flow->xstats);
		memcpy(&flow->xstats, mnl_attr_get_payload(attr), length);
		flow->xstats_bytes = length;
	}
}

int sluice_flow_decode(const struct nlmsghdr *header, struct sluice_flow *ret)
{
	const struct nlattr *attr;
	const struct tcmsg *tcm;
	bool is_ours = false;

	if (header->nlmsg_type != RTM_NEWTCLASS ||
	    header->nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(*tcm))
		return -EBADMSG;
	memset(ret, 0, sizeof(*ret));
	tcm = mnl_nlmsg_get_payload(header);
	ret->ifindex = tcm->tcm_ifindex;
	ret->qdisc = TC_H_MAJ(tcm->tcm_handle);
	/* mnl_attr_for_each() would round an odd length up, past the end. */
	mnl_attr_for_each_payload((const void *)(tcm + 1),
				  header->nlmsg_len - MNL_NLMSG_HDRLEN -
				  sizeof(*tcm)) {
		switch (mnl_attr_get_type(attr)) {
		case TCA_KIND:
			is_ours = mnl_attr_get_payload_len(attr) ==
				  sizeof(SLUICE_KIND) &&
				  !memcmp(mnl_attr_get_payload(attr),
					  SLUICE_KIND, sizeof(SLUICE_KIND));
			break;
		case TCA_STATS2:
			stats_decode(attr, ret);
			break;
		}
	}
	return is_ours ? 0 : -ENOENT;
}

static int flow_receive(const struct nlmsghdr *header, void *data)
{
	struct sluice_flows *flows = data;
	struct sluice_flow flow;

	if (sluice_flow_decode(header, &flow))
		return 0;
	if (flows->count == flows->room) {
		unsigned int room = flows->room ? 2 * flows->room : 64;
		void *grown = reallocarray(flows->flows, room,
					   sizeof(*flows->flows));

		if (!grown)
			return -ENOMEM;
		flows->flows = grown;
		flows->room = room;
	}
	flows->flows[flows->count++] = flow;
	return 0;
}

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* Who is it? Two with the same answer are one. */
static int identity_compare(const void *left, const void *right)
{
	const struct sluice_flow *a = left, *b = right;
	int order = compare((uint64_t)a->ifindex, (uint64_t)b->ifindex);

	if (!order)
		order = compare(a->qdisc, b->qdisc);
	if (!order)
		order = compare(a->xstats.socket_cookie,
				b->xstats.socket_cookie);
	return order ? order : compare(a->xstats.hash, b->xstats.hash);
}

/*
 * Leaves of mq that the kernel made by itself have no handle: their flows without
 * socket cannot be told apart, and stay.
 */
static void twins_remove(struct sluice_flows *flows)
{
	unsigned int i, kept = 0;

	if (!flows->count)
		return;
	qsort(flows->flows, flows->count, sizeof(*flows->flows),
	      identity_compare);
	for (i = 0; i < flows->count; i++) {
		const struct sluice_flow *flow = &flows->flows[i];

		if (kept && flow->qdisc &&
		    !identity_compare(&flows->flows[kept - 1], flow))
			continue;
		flows->flows[kept++] = *flow;
	}
	flows->count = kept;
}

int sluice_flows_list(struct sluice_netlink *netlink, int ifindex,
		      struct sluice_flows *flows, char *message)
{
	_Alignas(struct nlmsghdr) char buffer[128];
	int err;

	err = sluice_netlink_talk(netlink,
				  sluice_qdisc_request(buffer, RTM_GETTCLASS,
						       NLM_F_DUMP, ifindex, 0),
				  flow_receive, flows, message);
	if (!err)
		twins_remove(flows);
	return err;
}

void sluice_flows_done(struct sluice_flows *flows)
{
	free(flows->flows);
	memset(flows, 0, sizeof(*flows));
}

void sluice_flows_join(struct sluice_flows *flows,
		       const struct sluice_sockets *sockets)
{
	unsigned int i;

	for (i = 0; i < flows->count; i++) {
		uint64_t cookie = flows->flows[i].xstats.socket_cookie;

		flows->flows[i].socket =
			cookie ? sluice_sockets_find(sockets, cookie) : NULL;
	}
}

uint64_t sluice_flow_lateness_ns(const struct sluice_flow *flow)
{
	uint64_t frames = flow->xstats.sent_frames;

	return frames ? flow->xstats.lateness_sum_ns / frames : 0;
}

const char *sluice_flow_state(const struct sluice_flow *flow)
{
	if (flow->xstats.flags & SLUICE_FLOW_DUE)
		return "due";
	return flow->xstats.flags & SLUICE_FLOW_WAITING ? "waiting" : "idle";
}

/* ---- order ---- */

static int rate_compare(const struct sluice_flow *a,
			const struct sluice_flow *b)
{
	return compare(b->xstats.rate_bytes_ps, a->xstats.rate_bytes_ps);
}

static int queued_compare(const struct sluice_flow *a,
			  const struct sluice_flow *b)
{
	return compare(b->xstats.queued_pkts, a->xstats.queued_pkts);
}

static int held_compare(const struct sluice_flow *a,
			const struct sluice_flow *b)
{
	return compare(b->xstats.hold_ns, a->xstats.hold_ns);
}

static int late_compare(const struct sluice_flow *a,
			const struct sluice_flow *b)
{
	return compare(sluice_flow_lateness_ns(b), sluice_flow_lateness_ns(a));
}

typedef int (*flow_compare)(const struct sluice_flow *a,
			    const struct sluice_flow *b);

static int order_compare(const void *left, const void *right, void *data)
{
	static const flow_compare others[] = {
		queued_compare, rate_compare, held_compare, late_compare,
	};
	flow_compare first = *(const flow_compare *)data;
	int order = first(left, right);
	unsigned int i;

	for (i = 0; !order && i < sizeof(others) / sizeof(others[0]); i++)
		order = others[i](left, right);
	return order ? order : identity_compare(left, right);
}

void sluice_flows_sort(struct sluice_flows *flows, enum sluice_flow_order order)
{
	static const flow_compare by[] = {
		[SLUICE_FLOW_BY_RATE] = rate_compare,
		[SLUICE_FLOW_BY_QUEUED] = queued_compare,
		[SLUICE_FLOW_BY_HELD] = held_compare,
		[SLUICE_FLOW_BY_LATE] = late_compare,
	};

	if (flows->count)
		qsort_r(flows->flows, flows->count, sizeof(*flows->flows),
			order_compare, (void *)&by[order]);
}
