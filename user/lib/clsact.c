// SPDX-License-Identifier: GPL-2.0
/* BPF programs at a device's clsact; see clsact.h. */
#include "clsact.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <stdio.h>
#include <string.h>

#include "qdisc.h"

#define REQUEST_BYTES (256 + SLUICE_PROGRAM_NAME_SIZE)

static uint32_t parent_of(enum sluice_program_side side)
{
	return TC_H_MAKE(TC_H_CLSACT, side == SLUICE_PROGRAM_INGRESS ?
			 TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
}

int sluice_clsact_change(struct sluice_netlink *netlink, int ifindex,
			 bool is_new, char *message)
{
	_Alignas(struct nlmsghdr) char buffer[REQUEST_BYTES];
	struct nlmsghdr *request;
	struct tcmsg *tcm;

	request = sluice_qdisc_request(buffer, is_new ? RTM_NEWQDISC :
				       RTM_DELQDISC, is_new ?
				       NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL :
				       NLM_F_ACK, ifindex, TC_H_CLSACT);
	tcm = mnl_nlmsg_get_payload(request);
	tcm->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	mnl_attr_put_strz(request, TCA_KIND, "clsact");
	return sluice_netlink_talk(netlink, request, NULL, NULL, message);
}

/* ---- the filters that are there ---- */

/**
 * struct taker - who is told
 * @ifindex: of which device
 * @side: of which side
 * @take: the caller's function
 * @data: its argument
 */
struct taker {
	int ifindex;
	enum sluice_program_side side;
	void (*take)(const struct sluice_filter *filter, void *data);
	void *data;
};

static int filter_receive(const struct nlmsghdr *header, void *data)
{
	const struct taker *taker = data;
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(header);
	struct sluice_filter filter = {
		.ifindex = taker->ifindex, .side = taker->side,
	};

	if (header->nlmsg_type != RTM_NEWTFILTER ||
	    header->nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(*tcm))
		return 0;
	filter.priority = (uint16_t)(tcm->tcm_info >> 16);
	filter.protocol = ntohs((uint16_t)tcm->tcm_info);
	filter.handle = tcm->tcm_handle;
	filter.is_bpf = sluice_program_decode(header, filter.name,
					      sizeof(filter.name),
					      &filter.program_id);
	/* The kernel shows the filter's kind once more, without handle and options. */
	if (filter.handle || filter.is_bpf)
		taker->take(&filter, taker->data);
	return 0;
}

int sluice_filters_list(struct sluice_netlink *netlink, int ifindex,
			enum sluice_program_side side,
			void (*take)(const struct sluice_filter *filter,
				     void *data),
			void *data, char *message)
{
	_Alignas(struct nlmsghdr) char buffer[REQUEST_BYTES];
	struct taker taker = { ifindex, side, take, data };
	int err;

	err = sluice_netlink_talk(netlink,
				  sluice_qdisc_request(buffer, RTM_GETTFILTER,
						       NLM_F_DUMP, ifindex,
						       parent_of(side)),
				  filter_receive, &taker, message);
	return err == -EINVAL || err == -ENOENT ? 0 : err;
}

/* ---- in and out ---- */

static struct nlmsghdr *filter_request(char *buffer, uint16_t type,
				       uint16_t flags,
				       const struct sluice_filter *filter)
{
	struct nlmsghdr *request = sluice_qdisc_request(buffer, type, flags,
							filter->ifindex,
							parent_of(filter->side));
	struct tcmsg *tcm = mnl_nlmsg_get_payload(request);

	tcm->tcm_info = TC_H_MAKE((uint32_t)filter->priority << 16,
				  htons(ETH_P_ALL));
	tcm->tcm_handle = filter->handle;
	mnl_attr_put_strz(request, TCA_KIND, "bpf");
	return request;
}

int sluice_filter_add(struct sluice_netlink *netlink,
		      const struct sluice_filter *filter, int prog_fd,
		      char *message)
{
	_Alignas(struct nlmsghdr) char buffer[REQUEST_BYTES];
	struct nlmsghdr *request;
	struct nlattr *nest;

	request = filter_request(buffer, RTM_NEWTFILTER,
				 NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, filter);
	nest = mnl_attr_nest_start(request, TCA_OPTIONS);
	mnl_attr_put_u32(request, TCA_BPF_FD, (uint32_t)prog_fd);
	mnl_attr_put_strz(request, TCA_BPF_NAME, filter->name);
	mnl_attr_put_u32(request, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	mnl_attr_nest_end(request, nest);
	return sluice_netlink_talk(netlink, request, NULL, NULL, message);
}

int sluice_filter_delete(struct sluice_netlink *netlink,
			 const struct sluice_filter *filter, char *message)
{
	_Alignas(struct nlmsghdr) char buffer[REQUEST_BYTES];

	return sluice_netlink_talk(netlink,
				   filter_request(buffer, RTM_DELTFILTER,
						  NLM_F_ACK, filter),
				   NULL, NULL, message);
}

static void filter_count(const struct sluice_filter *filter, void *data)
{
	unsigned int *count = data;

	(void)filter;
	++*count;
}

int sluice_clsact_delete_empty(struct sluice_netlink *netlink, int ifindex,
			       char *message)
{
	unsigned int count = 0;
	int err;

	err = sluice_filters_list(netlink, ifindex, SLUICE_PROGRAM_INGRESS,
				  filter_count, &count, message);
	if (!err)
		err = sluice_filters_list(netlink, ifindex,
					  SLUICE_PROGRAM_EGRESS, filter_count,
					  &count, message);
	if (err || count)
		return err;
	err = sluice_clsact_change(netlink, ifindex, false, message);
	/* It has gone already. */
	return err == -ENOENT || err == -EINVAL ? 0 : err;
}
