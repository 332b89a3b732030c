// SPDX-License-Identifier: GPL-2.0
/* What of the sending host a burst goes through; see burst_host.h. */
#include "burst_host.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/link.h"

/* Kinds that can hold a packet back although the device would take it. */
static const char *const spacers[] = {
	SLUICE_KIND, "fq", "tbf", "htb", "hfsc", "cake", "netem", "etf",
	"taprio", "cbs",
};

static int route_receive(const struct nlmsghdr *header, void *data)
{
	const struct nlattr *attr;

	if (header->nlmsg_type != RTM_NEWROUTE ||
	    header->nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(struct rtmsg))
		return -EBADMSG;
	mnl_attr_for_each(attr, header, sizeof(struct rtmsg)) {
		if (mnl_attr_get_type(attr) == RTA_OIF &&
		    !mnl_attr_validate(attr, MNL_TYPE_U32))
			*(int *)data = (int)mnl_attr_get_u32(attr);
	}
	return 0;
}

static int route_ask(struct sluice_netlink *netlink,
		     const struct sockaddr_storage *to, int *ret_ifindex)
{
	_Alignas(struct nlmsghdr) char buffer[128];
	const struct sockaddr_in6 *in6 = (const void *)to;
	const struct sockaddr_in *in = (const void *)to;
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	char message[SLUICE_MESSAGE_SIZE];
	bool is_v4 = to->ss_family == AF_INET;
	struct rtmsg *route;

	request->nlmsg_type = RTM_GETROUTE;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	route = mnl_nlmsg_put_extra_header(request, sizeof(*route));
	route->rtm_family = (unsigned char)to->ss_family;
	route->rtm_dst_len = is_v4 ? 32 : 128;
	if (is_v4)
		mnl_attr_put(request, RTA_DST, sizeof(in->sin_addr),
			     &in->sin_addr);
	else
		mnl_attr_put(request, RTA_DST, sizeof(in6->sin6_addr),
			     &in6->sin6_addr);
	if (!is_v4 && in6->sin6_scope_id)
		mnl_attr_put_u32(request, RTA_OIF, in6->sin6_scope_id);
	return sluice_netlink_talk(netlink, request, route_receive, ret_ifindex,
				   message);
}

static void spacer_find(struct sluice_netlink *netlink, struct burst_host *host)
{
	char message[SLUICE_MESSAGE_SIZE];
	struct sluice_qdisc *qdiscs = NULL;
	unsigned int i, j, count = 0;

	if (sluice_qdisc_list(netlink, host->ifindex, &qdiscs, &count, message))
		return;
	for (i = 0; i < count && !*host->spacer; i++)
		for (j = 0; j < sizeof(spacers) / sizeof(spacers[0]); j++)
			if (!strcmp(qdiscs[i].kind, spacers[j]))
				snprintf(host->spacer, sizeof(host->spacer),
					 "%s", spacers[j]);
	free(qdiscs);
}

int burst_host_find(struct sluice_netlink *netlink,
		    const struct sockaddr_storage *to, struct burst_host *ret)
{
	char message[SLUICE_MESSAGE_SIZE];
	struct sluice_link link;
	int err;

	memset(ret, 0, sizeof(*ret));
	err = route_ask(netlink, to, &ret->ifindex);
	if (err)
		return err;
	err = sluice_link_read(netlink, ret->ifindex, &link, message);
	if (err)
		return err;
	snprintf(ret->device, sizeof(ret->device), "%s", link.name);
	if (!link.is_loopback)
		ret->link_bits_ps = sluice_link_speed_bits_ps(&link);
	spacer_find(netlink, ret);
	return 0;
}

uint64_t burst_host_drops(struct sluice_netlink *netlink,
			  const struct burst_host *host)
{
	char message[SLUICE_MESSAGE_SIZE];
	struct sluice_qdisc *qdiscs = NULL;
	unsigned int i, count = 0;
	uint64_t drops = 0;

	if (!netlink || !host->ifindex ||
	    sluice_qdisc_list(netlink, host->ifindex, &qdiscs, &count, message))
		return 0;
	/* What a child drops is in the sum of its root, which mq makes. */
	for (i = 0; i < count; i++)
		if (sluice_qdisc_is_root(&qdiscs[i]))
			drops += qdiscs[i].drops;
	free(qdiscs);
	return drops;
}
