// SPDX-License-Identifier: GPL-2.0
/* Qdiscs over rtnetlink, by hand and without the command's library. */
#include "fault.h"

#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* Older userland headers lack it. */
#ifndef NETLINK_EXT_ACK
#define NETLINK_EXT_ACK 11
#endif
#ifndef NETLINK_CAP_ACK
#define NETLINK_CAP_ACK 10
#endif

/* One socket per process: a child of fork() makes its own. */
static int netlink_fd = -1;
static pid_t netlink_owner;
static uint32_t netlink_sequence;

static int netlink_open(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	struct timeval patience = { .tv_sec = 2 };
	int on = 1;

	if (netlink_fd >= 0 && netlink_owner == getpid())
		return 0;
	netlink_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	netlink_owner = getpid();
	if (netlink_fd < 0)
		return -errno;
	if (bind(netlink_fd, (void *)&address, sizeof(address))) {
		close(netlink_fd);
		netlink_fd = -1;
		return -ENOBUFS;
	}
	setsockopt(netlink_fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(netlink_fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(netlink_fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		   sizeof(patience));
	return 0;
}

static void sentence_take(const struct nlmsghdr *header, char *sentence)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(header);
	size_t bytes = header->nlmsg_len - NLMSG_HDRLEN;
	const struct nlattr *attr;

	if (!sentence || !(header->nlmsg_flags & NLM_F_ACK_TLVS) ||
	    bytes <= sizeof(*error))
		return;
	mnl_attr_for_each_payload((const void *)(error + 1),
				  bytes - sizeof(*error)) {
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
			snprintf(sentence, FAULT_SENTENCE_SIZE, "%.*s",
				 (int)mnl_attr_get_payload_len(attr),
				 mnl_attr_get_str(attr));
	}
}

/* Returns 1 at the end of the answer, 0 for more, -errno. */
static int answer_take(const struct nlmsghdr *header, char *sentence,
		       void (*take)(const struct nlmsghdr *header, void *data),
		       void *data)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(header);

	if (header->nlmsg_seq != netlink_sequence)
		return 0;
	switch (header->nlmsg_type) {
	case NLMSG_ERROR:
		sentence_take(header, sentence);
		return error->error ? error->error : 1;
	case NLMSG_DONE:
		if (header->nlmsg_len >= NLMSG_LENGTH(sizeof(int)) &&
		    error->error < 0)
			return error->error;
		return 1;
	}
	if (take)
		take(header, data);
	return 0;
}

static int netlink_talk(struct nlmsghdr *header, char *sentence,
			void (*take)(const struct nlmsghdr *header, void *data),
			void *data)
{
	static char buffer[65536];
	int done = netlink_open();

	if (sentence)
		sentence[0] = '\0';
	if (done)
		return done;
	header->nlmsg_seq = ++netlink_sequence;
	if (send(netlink_fd, header, header->nlmsg_len, 0) < 0)
		return -errno;
	while (!done) {
		ssize_t got = recv(netlink_fd, buffer, sizeof(buffer), 0);
		const struct nlmsghdr *answer = (const void *)buffer;
		int left = (int)got;

		if (got < 0)
			return -errno;
		for (; !done && mnl_nlmsg_ok(answer, left);
		     answer = mnl_nlmsg_next(answer, &left))
			done = answer_take(answer, sentence, take, data);
	}
	return done < 0 ? done : 0;
}

void attrs_raw(struct fault_attrs *attrs, const void *data, size_t bytes)
{
	if (attrs->bytes + bytes > sizeof(attrs->data))
		die("a test's attributes are too long");
	memcpy(attrs->data + attrs->bytes, data, bytes);
	attrs->bytes += bytes;
}

void attrs_put(struct fault_attrs *attrs, uint16_t type, const void *value,
	       size_t bytes)
{
	struct nlattr attr = { .nla_type = type,
			       .nla_len = (uint16_t)(NLA_HDRLEN + bytes) };
	static const char zero[NLA_ALIGNTO];

	attrs_raw(attrs, &attr, sizeof(attr));
	attrs_raw(attrs, value, bytes);
	attrs_raw(attrs, zero, NLA_ALIGN(bytes) - bytes);
}

void attrs_put_number(struct fault_attrs *attrs, uint16_t type,
		      uint64_t value, size_t bytes)
{
	attrs_put(attrs, type, &value, bytes); /* little-endian machine */
}

int qdisc_talk(const struct fault_request *request, char *sentence)
{
	static char buffer[16384];
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct tcmsg *tcm;
	struct nlattr *attr;

	header->nlmsg_type = request->type;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | request->flags;
	tcm = mnl_nlmsg_put_extra_header(header, sizeof(*tcm));
	tcm->tcm_family = AF_UNSPEC;
	tcm->tcm_ifindex = request->ifindex;
	tcm->tcm_parent = request->parent;
	tcm->tcm_handle = request->handle;
	tcm->tcm_info = request->info;
	if (request->kind)
		mnl_attr_put_strz(header, TCA_KIND, request->kind);
	if (request->options_type) {
		attr = mnl_nlmsg_get_payload_tail(header);
		attr->nla_type = request->options_type;
		attr->nla_len = (uint16_t)(NLA_HDRLEN + request->options_bytes);
		memcpy(attr + 1, request->options, request->options_bytes);
		header->nlmsg_len += NLA_ALIGN(attr->nla_len);
	}
	return netlink_talk(header, sentence, NULL, NULL);
}

int qdisc_root(int device, uint16_t type, uint16_t flags, const char *kind,
	       const struct fault_attrs *attrs, char *sentence)
{
	struct fault_request request = {
		.type = type,
		.flags = flags,
		.ifindex = device,
		.parent = TC_H_ROOT,
		.kind = kind,
		.options_type = attrs ? TCA_OPTIONS | NLA_F_NESTED : 0,
		.options = attrs ? attrs->data : NULL,
		.options_bytes = attrs ? attrs->bytes : 0,
	};

	return qdisc_talk(&request, sentence);
}

static void copy_attr(void *to, size_t size, const struct nlattr *attr)
{
	size_t bytes = mnl_attr_get_payload_len(attr);

	memcpy(to, mnl_attr_get_payload(attr), bytes < size ? bytes : size);
}

static void stats_take(struct fault_qdisc *qdisc, const struct nlattr *stats)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, stats) {
		struct gnet_stats_basic basic = { 0 };
		struct gnet_stats_queue queue = { 0 };

		switch (mnl_attr_get_type(attr)) {
		case TCA_STATS_BASIC:
			copy_attr(&basic, sizeof(basic), attr);
			qdisc->sent_bytes = basic.bytes;
			qdisc->sent_pkts = basic.packets;
			break;
		case TCA_STATS_QUEUE:
			copy_attr(&queue, sizeof(queue), attr);
			qdisc->qlen = queue.qlen;
			qdisc->backlog_bytes = queue.backlog;
			qdisc->drops = queue.drops;
			break;
		case TCA_STATS_APP:
			copy_attr(&qdisc->xstats, sizeof(qdisc->xstats), attr);
			qdisc->xstats_bytes = mnl_attr_get_payload_len(attr);
			break;
		}
	}
}

struct listing {
	int ifindex;
	struct fault_qdisc *qdiscs;
	int max;
	int count;
};

static void qdisc_take(const struct nlmsghdr *header, void *data)
{
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(header);
	struct listing *listing = data;
	struct fault_qdisc *qdisc;
	const struct nlattr *attr;

	if (tcm->tcm_ifindex != listing->ifindex ||
	    listing->count == listing->max)
		return;
	qdisc = &listing->qdiscs[listing->count++];
	memset(qdisc, 0, sizeof(*qdisc));
	qdisc->is_there = true;
	qdisc->handle = tcm->tcm_handle;
	qdisc->parent = tcm->tcm_parent;
	mnl_attr_for_each(attr, header, sizeof(*tcm)) {
		switch (mnl_attr_get_type(attr)) {
		case TCA_KIND:
			snprintf(qdisc->kind, sizeof(qdisc->kind), "%s",
				 mnl_attr_get_str(attr));
			break;
		case TCA_OPTIONS:
			qdisc->options_bytes = mnl_attr_get_payload_len(attr);
			copy_attr(qdisc->options, sizeof(qdisc->options), attr);
			break;
		case TCA_STATS2:
			stats_take(qdisc, attr);
			break;
		}
	}
}

int qdisc_dump(uint16_t type, int ifindex,
	       void (*take)(const struct nlmsghdr *header, void *data),
	       void *data)
{
	char buffer[256];
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct tcmsg *tcm;

	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	tcm = mnl_nlmsg_put_extra_header(header, sizeof(*tcm));
	tcm->tcm_family = AF_UNSPEC;
	tcm->tcm_ifindex = ifindex;
	return netlink_talk(header, NULL, take, data);
}

int qdisc_list(int ifindex, struct fault_qdisc *ret, int max)
{
	struct listing listing = { .ifindex = ifindex, .qdiscs = ret,
				   .max = max };
	int err = qdisc_dump(RTM_GETQDISC, ifindex, qdisc_take, &listing);

	return err ? err : listing.count;
}

int qdisc_get(int ifindex, uint32_t parent, struct fault_qdisc *ret)
{
	struct fault_qdisc qdiscs[32];
	int i, count = qdisc_list(ifindex, qdiscs, 32);

	memset(ret, 0, sizeof(*ret));
	if (count < 0)
		return count;
	for (i = 0; i < count; i++)
		if (qdiscs[i].parent == parent)
			*ret = qdiscs[i];
	return 0;
}

static void segs_take(const struct nlmsghdr *header, void *data)
{
	const struct nlattr *attr;

	if (header->nlmsg_type != RTM_NEWLINK)
		return;
	mnl_attr_for_each(attr, header, sizeof(struct ifinfomsg))
		if (mnl_attr_get_type(attr) == IFLA_GSO_MAX_SEGS)
			*(uint32_t *)data = mnl_attr_get_u32(attr);
}

uint32_t device_gso_max_segs(int ifindex)
{
	_Alignas(struct nlmsghdr) char buffer[128];
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *info;
	uint32_t segs = 0;

	header->nlmsg_type = RTM_GETLINK;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	info = mnl_nlmsg_put_extra_header(header, sizeof(*info));
	info->ifi_index = ifindex;
	(void)netlink_talk(header, NULL, segs_take, &segs);
	return segs;
}

int device_index(const char *name)
{
	unsigned int index = if_nametoindex(name);

	if (!index)
		die("there is no device %s", name);
	return (int)index;
}

uint32_t parent_parse(const char *text)
{
	char *end;
	unsigned long major, minor;

	if (!strcmp(text, "root"))
		return TC_H_ROOT;
	major = strtoul(text, &end, 16);
	minor = *end == ':' ? strtoul(end + 1, NULL, 16) : 0;
	return (uint32_t)(major << 16 | minor);
}
