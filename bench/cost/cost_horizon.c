// SPDX-License-Identifier: GPL-2.0
/*
 * cost_horizon DEV US: sets fq's offload_horizon, which tc knows since iproute2
 * 6.13, on the root qdisc of DEV.
 */
#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Older headers lack it (include/uapi/linux/pkt_sched.h of Linux 6.13). */
#define FQ_OFFLOAD_HORIZON	18

static struct rtattr *put(struct nlmsghdr *nlh, int type, const void *data,
			  size_t bytes)
{
	struct rtattr *attr = (void *)((char *)nlh + NLMSG_ALIGN(nlh->nlmsg_len));

	attr->rta_type = (unsigned short)type;
	attr->rta_len = (unsigned short)RTA_LENGTH(bytes);
	if (bytes)
		memcpy(RTA_DATA(attr), data, bytes);
	nlh->nlmsg_len = NLMSG_ALIGN(nlh->nlmsg_len) + RTA_ALIGN(attr->rta_len);
	return attr;
}

int main(int argc, char **argv)
{
	struct {
		struct nlmsghdr nlh;
		struct tcmsg tcm;
		char room[256];
	} ask = {
		.nlh = { .nlmsg_len = NLMSG_LENGTH(sizeof(ask.tcm)),
			 .nlmsg_type = RTM_NEWQDISC,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.tcm = { .tcm_parent = TC_H_ROOT },
	};
	struct { struct nlmsghdr nlh; struct nlmsgerr err; char room[1024]; } answer;
	struct rtattr *options;
	uint32_t us;
	int fd;

	if (argc != 3)
		return 2;
	us = (uint32_t)strtoul(argv[2], NULL, 10);
	ask.tcm.tcm_ifindex = (int)if_nametoindex(argv[1]);
	put(&ask.nlh, TCA_KIND, "fq", 3);
	options = put(&ask.nlh, TCA_OPTIONS, NULL, 0);
	put(&ask.nlh, FQ_OFFLOAD_HORIZON, &us, sizeof(us));
	options->rta_len = (unsigned short)((char *)&ask + ask.nlh.nlmsg_len -
					    (char *)options);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0 || send(fd, &ask, ask.nlh.nlmsg_len, 0) < 0 ||
	    recv(fd, &answer, sizeof(answer), 0) < 0) {
		perror("cost_horizon");
		return 1;
	}
	if (answer.err.error) {
		fprintf(stderr, "cost_horizon: %s: %s\n", argv[1],
			strerror(-answer.err.error));
		return 1;
	}
	return 0;
}
