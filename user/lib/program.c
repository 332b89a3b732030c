// SPDX-License-Identifier: GPL-2.0
/* BPF programs beside a device's qdisc; see program.h. */
#include "program.h"

#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clsact.h"
#include "probe.h"

/* In headers from Linux 6.6 on: programs attached without a qdisc. */
#define ATTACH_TCX_INGRESS 46
#define ATTACH_TCX_EGRESS 47
#define TCX_PROGRAMS_MAX 64

/**
 * struct taker - who is told
 * @take: the caller's function
 * @data: its argument
 */
struct taker {
	void (*take)(const char *name, void *data);
	void *data;
};

bool sluice_program_decode(const struct nlmsghdr *header, char *name,
			   size_t name_size, uint32_t *ret_id)
{
	const struct nlattr *attr, *options = NULL;
	const struct tcmsg *tcm;
	bool is_bpf = false;

	name[0] = '\0';
	*ret_id = 0;
	if (header->nlmsg_type != RTM_NEWTFILTER ||
	    header->nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(*tcm))
		return false;
	tcm = mnl_nlmsg_get_payload(header);
	mnl_attr_for_each_payload((const void *)(tcm + 1),
				  header->nlmsg_len - MNL_NLMSG_HDRLEN -
				  sizeof(*tcm)) {
		if (mnl_attr_get_type(attr) == TCA_KIND)
			is_bpf = !strncmp(mnl_attr_get_payload(attr), "bpf",
					  mnl_attr_get_payload_len(attr));
		if (mnl_attr_get_type(attr) == TCA_OPTIONS)
			options = attr;
	}
	/* A filter without options heads a list; it is no program. */
	if (!is_bpf || !options)
		return false;
	mnl_attr_for_each_nested(attr, options) {
		if (mnl_attr_get_type(attr) == TCA_BPF_NAME)
			snprintf(name, name_size, "%.*s",
				 (int)mnl_attr_get_payload_len(attr),
				 (const char *)mnl_attr_get_payload(attr));
		if (mnl_attr_get_type(attr) == TCA_BPF_ID &&
		    mnl_attr_get_payload_len(attr) == sizeof(*ret_id))
			memcpy(ret_id, mnl_attr_get_payload(attr),
			       sizeof(*ret_id));
	}
	return true;
}

static void filter_take(const struct sluice_filter *filter, void *data)
{
	const struct taker *taker = data;

	if (filter->is_bpf)
		taker->take(filter->name, taker->data);
}

static void program_name(uint32_t id, char *name, size_t name_size)
{
	struct bpf_prog_info info = { .type = 0 };
	union bpf_attr attr = { .prog_id = id };
	int fd = sluice_probe_bpf(BPF_PROG_GET_FD_BY_ID, &attr);

	name[0] = '\0';
	if (fd < 0)
		return;
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	if (!sluice_probe_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr))
		snprintf(name, name_size, "%s", info.name);
	close(fd);
}

/* A kernel that knows no tcx, or no BPF, has no such program. */
static int tcx_list(int ifindex, enum sluice_program_side side,
		    struct taker *taker)
{
	uint32_t ids[TCX_PROGRAMS_MAX], i;
	union bpf_attr attr = { 0 };
	char name[BPF_OBJ_NAME_LEN];
	int err;

	attr.query.target_fd = (uint32_t)ifindex;
	attr.query.attach_type = side == SLUICE_PROGRAM_EGRESS ?
				 ATTACH_TCX_EGRESS : ATTACH_TCX_INGRESS;
	attr.query.prog_ids = (uintptr_t)ids;
	attr.query.prog_cnt = TCX_PROGRAMS_MAX;
	err = sluice_probe_bpf(BPF_PROG_QUERY, &attr);
	if (err == -EINVAL || err == -ENOSYS || err == -ENOENT)
		return 0;
	if (err < 0)
		return err;
	for (i = 0; i < attr.query.prog_cnt && i < TCX_PROGRAMS_MAX; i++) {
		program_name(ids[i], name, sizeof(name));
		taker->take(name, taker->data);
	}
	return 0;
}

int sluice_programs_list(struct sluice_netlink *netlink, int ifindex,
			 enum sluice_program_side side,
			 void (*take)(const char *name, void *data),
			 void *data)
{
	struct taker taker = { take, data };
	char message[SLUICE_MESSAGE_SIZE];
	int clsact_err = sluice_filters_list(netlink, ifindex, side, filter_take,
					     &taker, message);
	int tcx_err = tcx_list(ifindex, side, &taker);

	return clsact_err ? clsact_err : tcx_err;
}
