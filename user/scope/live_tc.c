// SPDX-License-Identifier: GPL-2.0
/*
 * A filter at clsact, for kernels before 6.6. Part of live.c.
 *
 * A clsact that is there stays, with all its filters (S2). Ours is the first, and
 * gives no verdict, so that the others are asked as if it were not there. It
 * goes by priority and handle; the clsact goes too if we made it and it has no
 * filter left.
 *
 * A filter does not vanish with who made it, and a scope that gave up its
 * privileges cannot remove it. So a keeper (keeper.h) does, also after SIGKILL. If
 * both were killed it stays. Its name says whose it is, so that the next scope on
 * the device sees that its owner has gone.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "live_parts.h"

#define NAME_PREFIX	"sluice_scope "
#define NAME_FORMAT	NAME_PREFIX "pid %d start %llu pidns %lu clsact %d"
#define NAME_SIZE	128u
/* What the kernel takes when it is not told: others come in front of it. */
#define PRIORITY_INITIAL	0xc000u
/* Of ours beside filters of the same priority, which count from 1. */
#define HANDLE_OURS		0x51u
#define FILTERS_MAX		64u



/* ---- whose a filter is ---- */

struct owner {
	int pid;
	unsigned long long start;
	unsigned long pid_namespace;
	int is_clsact_ours;
};

/* Field 22 of /proc/PID/stat, in ticks since boot; 0: there is no such process. */
static unsigned long long process_start(int pid)
{
	unsigned long long start = 0;
	char path[64], text[1024], *at;
	unsigned int field;
	size_t bytes;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	bytes = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[bytes] = '\0';
	/* The name of the program, field 2, may hold anything. */
	at = strrchr(text, ')');
	for (field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		start = strtoull(at, NULL, 10);
	return start;
}

static unsigned long pid_namespace(void)
{
	struct stat status;

	return stat("/proc/self/ns/pid", &status) ? 0 : status.st_ino;
}

static bool owner_parse(const char *name, struct owner *ret)
{
	return sscanf(name, NAME_FORMAT, &ret->pid, &ret->start,
		      &ret->pid_namespace, &ret->is_clsact_ours) == 4;
}

/* Of a process in another namespace nobody here can tell. */
static bool owner_is_gone(const struct owner *owner)
{
	return owner->pid_namespace == pid_namespace() &&
	       process_start(owner->pid) != owner->start;
}

/* ---- messages ---- */

static struct tcmsg *message_begin(char *buffer, uint16_t type, uint16_t flags,
				   int ifindex, uint32_t parent)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct tcmsg *message;

	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST | flags;
	message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
	message->tcm_family = AF_UNSPEC;
	message->tcm_ifindex = ifindex;
	message->tcm_parent = parent;
	return message;
}

static uint32_t parent_of(bool is_ingress)
{
	return TC_H_MAKE(TC_H_CLSACT,
			 is_ingress ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
}

static int clsact_change(const struct scope_tc *tc, bool is_new, char *message)
{
	_Alignas(struct nlmsghdr) char buffer[256];
	struct tcmsg *header;

	header = message_begin(buffer, is_new ? RTM_NEWQDISC : RTM_DELQDISC,
			       is_new ? NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL :
					NLM_F_ACK,
			       tc->ifindex, TC_H_CLSACT);
	header->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	mnl_attr_put_strz((void *)buffer, TCA_KIND, "clsact");
	return sluice_netlink_talk(tc->netlink, (void *)buffer, NULL, NULL,
				   message);
}

static int filter_delete(const struct scope_tc *tc, bool is_ingress,
			 uint16_t priority, uint32_t handle, char *message)
{
	_Alignas(struct nlmsghdr) char buffer[256];
	struct tcmsg *header;

	header = message_begin(buffer, RTM_DELTFILTER, NLM_F_ACK, tc->ifindex,
			       parent_of(is_ingress));
	header->tcm_info = TC_H_MAKE((uint32_t)priority << 16,
				     htons(ETH_P_ALL));
	header->tcm_handle = handle;
	mnl_attr_put_strz((void *)buffer, TCA_KIND, "bpf");
	return sluice_netlink_talk(tc->netlink, (void *)buffer, NULL, NULL,
				   message);
}

/* ---- the filters that are there ---- */

struct filter {
	uint16_t priority;
	uint16_t protocol;
	uint32_t handle;
	bool is_bpf;
	bool is_scope;
	struct owner owner;
};

/**
 * struct filters - those of one direction
 * @found: the first ones
 * @count: how many; never more than FILTERS_MAX
 * @first_priority: lowest of those that are not a scope's; 0: there is none
 * @first_is_shareable: BPF for all protocols: another handle may lie beside it
 */
struct filters {
	struct filter found[FILTERS_MAX];
	unsigned int count;
	uint32_t first_priority;
	bool first_is_shareable;
};

static void options_decode(const struct nlattr *nest, struct filter *filter)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		size_t bytes = mnl_attr_get_payload_len(attr);
		const char *name = mnl_attr_get_payload(attr);

		if (mnl_attr_get_type(attr) == TCA_BPF_NAME && bytes &&
		    !name[bytes - 1])
			filter->is_scope = owner_parse(name, &filter->owner);
	}
}

static int filter_receive(const struct nlmsghdr *header, void *data)
{
	const struct tcmsg *message = mnl_nlmsg_get_payload(header);
	struct filters *filters = data;
	struct filter filter = { 0 };
	const struct nlattr *attr;

	if (header->nlmsg_type != RTM_NEWTFILTER ||
	    header->nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(*message))
		return 0;
	filter.priority = (uint16_t)(message->tcm_info >> 16);
	filter.protocol = ntohs((uint16_t)message->tcm_info);
	filter.handle = message->tcm_handle;
	mnl_attr_for_each(attr, header, sizeof(*message)) {
		if (mnl_attr_get_type(attr) == TCA_KIND)
			filter.is_bpf = !strcmp(mnl_attr_get_payload(attr),
						"bpf");
		if (mnl_attr_get_type(attr) == TCA_OPTIONS && filter.is_bpf)
			options_decode(attr, &filter);
	}
	/* The kernel shows the filter's kind once more, without a handle. */
	if (!filter.handle)
		return 0;
	if (!filter.is_scope && (!filters->first_priority ||
				 filter.priority < filters->first_priority)) {
		filters->first_priority = filter.priority;
		filters->first_is_shareable = filter.is_bpf &&
					      filter.protocol == ETH_P_ALL;
	}
	if (filters->count < FILTERS_MAX)
		filters->found[filters->count++] = filter;
	return 0;
}

static int filters_list(const struct scope_tc *tc, bool is_ingress,
			struct filters *ret)
{
	_Alignas(struct nlmsghdr) char buffer[256];
	char message[SLUICE_MESSAGE_SIZE];

	memset(ret, 0, sizeof(*ret));
	message_begin(buffer, RTM_GETTFILTER, NLM_F_DUMP, tc->ifindex,
		      parent_of(is_ingress));
	return sluice_netlink_talk(tc->netlink, (void *)buffer, filter_receive,
				   ret, message);
}

/* ---- in and out ---- */

/* Nobody has a filter at it. Who adds one between the look and the end loses it. */
static void clsact_remove_empty(const struct scope_tc *tc)
{
	char message[SLUICE_MESSAGE_SIZE];
	struct filters *filters = malloc(sizeof(*filters));

	if (filters && !filters_list(tc, true, filters) && !filters->count &&
	    !filters_list(tc, false, filters) && !filters->count)
		(void)clsact_change(tc, false, message);
	free(filters);
}

/*
 * Filters of scopes that were killed. One of them may have made the clsact, and so may one
 * that is at work: who ends last takes it away.
 */
static int leftovers_remove(struct scope_tc *tc, bool is_ingress,
			    struct filters *filters)
{
	char message[SLUICE_MESSAGE_SIZE];
	int err = filters_list(tc, is_ingress, filters);
	unsigned int i;

	for (i = 0; !err && i < filters->count; i++) {
		const struct filter *filter = &filters->found[i];

		if (!filter->is_scope)
			continue;
		tc->is_clsact_ours |= filter->owner.is_clsact_ours;
		if (owner_is_gone(&filter->owner))
			(void)filter_delete(tc, is_ingress, filter->priority,
					    filter->handle, message);
	}
	return err;
}

static bool is_taken(const struct scope_tc *tc, const struct filters *filters)
{
	for (unsigned int i = 0; i < filters->count; i++)
		if (filters->found[i].priority == tc->priority &&
		    filters->found[i].handle == tc->handle)
			return true;
	return false;
}

/*
 * In front of the others; beside them if there is no number in front. Processes of two
 * containers may have the same number.
 */
static void place_find(struct scope_tc *tc, const struct filters *filters)
{
	tc->handle = HANDLE_OURS + (uint32_t)getpid() * 2;
	if (!filters->first_priority)
		tc->priority = PRIORITY_INITIAL;
	else if (filters->first_priority > 1)
		tc->priority = (uint16_t)(filters->first_priority - 1);
	else
		tc->priority = filters->first_is_shareable ? 1 : 2;
	while (is_taken(tc, filters))
		tc->handle += 2;
}

static int filter_add(const struct scope_tc *tc, int prog_fd, char *message)
{
	_Alignas(struct nlmsghdr) char buffer[512];
	struct tcmsg *header;
	struct nlattr *nest;
	char name[NAME_SIZE];

	snprintf(name, sizeof(name), NAME_FORMAT, getpid(),
		 process_start(getpid()), pid_namespace(), tc->is_clsact_ours);
	header = message_begin(buffer, RTM_NEWTFILTER,
			       NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
			       tc->ifindex, parent_of(tc->is_ingress));
	header->tcm_info = TC_H_MAKE((uint32_t)tc->priority << 16,
				     htons(ETH_P_ALL));
	header->tcm_handle = tc->handle;
	mnl_attr_put_strz((void *)buffer, TCA_KIND, "bpf");
	nest = mnl_attr_nest_start((void *)buffer, TCA_OPTIONS);
	mnl_attr_put_u32((void *)buffer, TCA_BPF_FD, (uint32_t)prog_fd);
	mnl_attr_put_strz((void *)buffer, TCA_BPF_NAME, name);
	mnl_attr_put_u32((void *)buffer, TCA_BPF_FLAGS,
			 TCA_BPF_FLAG_ACT_DIRECT);
	mnl_attr_nest_end((void *)buffer, nest);
	return sluice_netlink_talk(tc->netlink, (void *)buffer, NULL, NULL,
				   message);
}

static void filter_remove(struct scope_tc *tc)
{
	char message[SLUICE_MESSAGE_SIZE];

	(void)filter_delete(tc, tc->is_ingress, tc->priority, tc->handle,
			    message);
	if (tc->is_clsact_ours)
		clsact_remove_empty(tc);
}

/* By the keeper, which has a socket of its own. */
static void filter_keeper_remove(void *data)
{
	struct scope_tc *tc = data;

	tc->netlink = NULL;
	if (!sluice_netlink_open(&tc->netlink))
		filter_remove(tc);
}

int scope_tc_attach(struct scope_tc *tc, int prog_fd, char *message)
{
	struct filters *filters = malloc(sizeof(*filters));
	int err;

	message[0] = '\0';
	if (!filters)
		return -ENOMEM;
	err = clsact_change(tc, true, message);
	tc->is_clsact_ours |= !err;
	/* It is there already, or ingress in its place. */
	if (err == -EEXIST)
		err = 0;
	if (!err)
		err = leftovers_remove(tc, !tc->is_ingress, filters);
	if (!err)
		err = leftovers_remove(tc, tc->is_ingress, filters);
	if (!err)
		err = filters_list(tc, tc->is_ingress, filters);
	if (!err) {
		place_find(tc, filters);
		err = filter_add(tc, prog_fd, message);
	}
	free(filters);
	if (err && tc->is_clsact_ours)
		clsact_remove_empty(tc);
	if (err)
		return err;
	err = scope_keeper_start(&tc->keeper, filter_keeper_remove, tc, NULL);
	tc->is_attached = !err;
	if (err)
		filter_remove(tc);
	return err;
}

void scope_tc_detach(struct scope_tc *tc)
{
	if (tc->is_attached)
		scope_keeper_end(&tc->keeper);
	tc->is_attached = false;
}
