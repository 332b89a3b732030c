// SPDX-License-Identifier: GPL-2.0
/* Who else sets the qdisc of a device; see owner.h. */
#include "owner.h"

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "qdisc.h"

/* In headers from Linux 6.6 on: programs attached without a qdisc. */
#define ATTACH_TCX_INGRESS 46
#define ATTACH_TCX_EGRESS 47
#define TCX_PROGRAMS_MAX 64

/* ---- Cilium ---- */

/* "cil_to_netdev"; "bpf_netdev_eth0.o:[to-netdev]" before 1.10. */
static bool is_cilium(const char *program)
{
	return !strncmp(program, "cil_", 4) ||
	       !strncmp(program, "bpf_netdev", 10) ||
	       !strncmp(program, "bpf_host.o", 10) ||
	       !strncmp(program, "bpf_lxc.o", 9);
}

void sluice_owner_filter_name(const struct nlmsghdr *header, char *name,
			      size_t name_size)
{
	const struct nlattr *attr, *options = NULL;
	const struct tcmsg *tcm;

	name[0] = '\0';
	if (header->nlmsg_type != RTM_NEWTFILTER ||
	    header->nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(*tcm))
		return;
	tcm = mnl_nlmsg_get_payload(header);
	mnl_attr_for_each_payload((const void *)(tcm + 1),
				  header->nlmsg_len - MNL_NLMSG_HDRLEN -
				  sizeof(*tcm)) {
		if (mnl_attr_get_type(attr) == TCA_KIND &&
		    strncmp(mnl_attr_get_payload(attr), "bpf",
			    mnl_attr_get_payload_len(attr)))
			return;
		if (mnl_attr_get_type(attr) == TCA_OPTIONS)
			options = attr;
	}
	if (!options)
		return;
	mnl_attr_for_each_nested(attr, options)
		if (mnl_attr_get_type(attr) == TCA_BPF_NAME)
			snprintf(name, name_size, "%.*s",
				 (int)mnl_attr_get_payload_len(attr),
				 (const char *)mnl_attr_get_payload(attr));
}

struct program {
	char name[256];
};

static int filter_receive(const struct nlmsghdr *header, void *data)
{
	struct program *found = data;
	char name[sizeof(found->name)];

	sluice_owner_filter_name(header, name, sizeof(name));
	if (is_cilium(name))
		memcpy(found->name, name, sizeof(name));
	return 0;
}

/* Programs in clsact; a device without clsact has none. */
static void clsact_look(struct sluice_netlink *netlink, int ifindex,
			uint32_t side, struct program *found)
{
	char message[SLUICE_MESSAGE_SIZE];
	_Alignas(struct nlmsghdr) char buffer[128];

	(void)sluice_netlink_talk(netlink,
				  sluice_qdisc_request(buffer, RTM_GETTFILTER,
					NLM_F_DUMP, ifindex,
					TC_H_MAKE(TC_H_CLSACT, side)),
				  filter_receive, found, message);
}

static void program_name(uint32_t id, char *name, size_t name_size)
{
	struct bpf_prog_info info = { .type = 0 };
	union bpf_attr attr = { .prog_id = id };
	long fd = syscall(SYS_bpf, BPF_PROG_GET_FD_BY_ID, &attr, sizeof(attr));

	name[0] = '\0';
	if (fd < 0)
		return;
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	if (!syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)))
		snprintf(name, name_size, "%s", info.name);
	close((int)fd);
}

/* Programs attached by tcx, which no qdisc shows; a kernel without has none. */
static void tcx_look(int ifindex, uint32_t attach_type, struct program *found)
{
	uint32_t ids[TCX_PROGRAMS_MAX], i;
	union bpf_attr attr = { 0 };
	char name[BPF_OBJ_NAME_LEN];

	attr.query.target_fd = (uint32_t)ifindex;
	attr.query.attach_type = attach_type;
	attr.query.prog_ids = (uintptr_t)ids;
	attr.query.prog_cnt = TCX_PROGRAMS_MAX;
	if (syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof(attr)))
		return;
	for (i = 0; i < attr.query.prog_cnt && i < TCX_PROGRAMS_MAX; i++) {
		program_name(ids[i], name, sizeof(name));
		if (is_cilium(name))
			snprintf(found->name, sizeof(found->name), "%s", name);
	}
}

static bool owner_cilium(struct sluice_netlink *netlink,
			 const struct sluice_link *link, char *error,
			 size_t error_size)
{
	struct program found = { "" };

	clsact_look(netlink, link->ifindex, TC_H_MIN_EGRESS, &found);
	clsact_look(netlink, link->ifindex, TC_H_MIN_INGRESS, &found);
	tcx_look(link->ifindex, ATTACH_TCX_EGRESS, &found);
	tcx_look(link->ifindex, ATTACH_TCX_INGRESS, &found);
	if (!*found.name)
		return false;
	snprintf(error, error_size,
		 "%s belongs to Cilium (its BPF program %.64s): leave pacing to its bandwidth manager, or add --takeover",
		 link->name, found.name);
	return true;
}

/* ---- Open vSwitch, sqm ---- */

static bool owner_ovs(const struct sluice_links *links,
		      const struct sluice_link *link, char *error,
		      size_t error_size)
{
	const struct sluice_link *master = link->master ?
		sluice_links_find(links, link->master) : NULL;

	if (strcmp(link->kind, "openvswitch") &&
	    (!master || strcmp(master->kind, "openvswitch")))
		return false;
	snprintf(error, error_size,
		 "%s belongs to Open vSwitch, which sets and deletes qdiscs by its QoS table: 'ovs-vsctl clear port %s qos', then add --takeover",
		 link->name, link->name);
	return true;
}

static bool sqm_has_ifb(const struct sluice_links *links,
			const struct sluice_link *link)
{
	char name[IF_NAMESIZE];
	unsigned int i;

	/* sqm, too, cuts a name that would be too long. */
	snprintf(name, sizeof(name), "ifb4%.11s", link->name);
	for (i = 0; i < links->count; i++)
		if (!strcmp(links->links[i].name, name))
			return true;
	return false;
}

static bool owner_sqm(const char *root, const struct sluice_links *links,
		      const struct sluice_link *link, char *error,
		      size_t error_size)
{
	static const char *const folders[] = {
		"/run/sqm", "/var/run/sqm", "/tmp/run/sqm",
	};
	bool is_there = sqm_has_ifb(links, link);
	char path[PATH_MAX];
	unsigned int i;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s%s/%s.state", root, folders[i],
			 link->name);
		is_there |= !access(path, F_OK);
	}
	if (!is_there)
		return false;
	snprintf(error, error_size,
		 "%s is shaped by sqm-scripts: stop them ('systemctl disable --now sqm@%s'), or add --takeover",
		 link->name, link->name);
	return true;
}

bool sluice_owner_find(struct sluice_netlink *netlink, const char *root,
		       const struct sluice_links *links,
		       const struct sluice_link *link, char *error,
		       size_t error_size)
{
	return (netlink && owner_cilium(netlink, link, error, error_size)) ||
	       owner_ovs(links, link, error, error_size) ||
	       owner_sqm(root, links, link, error, error_size) ||
	       sluice_owner_networkd(root, link, error, error_size) ||
	       sluice_owner_network_manager(root, link, error, error_size);
}
