// SPDX-License-Identifier: GPL-2.0
/* What leaves a device without having been in its qdisc, or changes times. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/pkt_cls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor_parts.h"
#include "program.h"

/* ---- flow tables of nftables ---- */

/**
 * struct flowtables - what was found
 * @count: flow tables
 * @hardware: names of devices that forward in hardware
 */
struct flowtables {
	unsigned int count;
	char hardware[DOCTOR_LINE_SIZE];
};

static void devices_take(const struct nlattr *hook, struct flowtables *tables)
{
	const struct nlattr *list, *attr;
	char name[IF_NAMESIZE];

	mnl_attr_for_each_nested(list, hook) {
		if (mnl_attr_get_type(list) != NFTA_FLOWTABLE_HOOK_DEVS)
			continue;
		mnl_attr_for_each_nested(attr, list) {
			snprintf(name, sizeof(name), "%.*s",
				 (int)mnl_attr_get_payload_len(attr),
				 (const char *)mnl_attr_get_payload(attr));
			doctor_name_add(tables->hardware,
					sizeof(tables->hardware), name);
		}
	}
}

static int flowtable_receive(const struct nlmsghdr *header, void *data)
{
	const struct nfgenmsg *about = mnl_nlmsg_get_payload(header);
	struct flowtables *tables = data;
	const struct nlattr *attr, *hook = NULL;
	uint32_t flags = 0;

	if (header->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 |
				   NFT_MSG_NEWFLOWTABLE) ||
	    header->nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(*about))
		return 0;
	mnl_attr_for_each_payload((const void *)(about + 1),
				  header->nlmsg_len - MNL_NLMSG_HDRLEN -
				  sizeof(*about)) {
		if (mnl_attr_get_type(attr) == NFTA_FLOWTABLE_HOOK)
			hook = attr;
		if (mnl_attr_get_type(attr) == NFTA_FLOWTABLE_FLAGS &&
		    mnl_attr_get_payload_len(attr) == sizeof(flags))
			flags = ntohl(mnl_attr_get_u32(attr));
	}
	tables->count++;
	if (hook && flags & NFT_FLOWTABLE_HW_OFFLOAD)
		devices_take(hook, tables);
	return 0;
}

static int flowtables_list(struct flowtables *tables)
{
	_Alignas(struct nlmsghdr) char buffer[128];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	char message[SLUICE_MESSAGE_SIZE];
	struct sluice_netlink *netlink;
	struct nfgenmsg *about;
	int err;

	request->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETFLOWTABLE;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	about = mnl_nlmsg_put_extra_header(request, sizeof(*about));
	about->nfgen_family = AF_UNSPEC;
	about->version = NFNETLINK_V0;
	err = sluice_netlink_open_protocol(&netlink, NETLINK_NETFILTER);
	if (err)
		return err;
	err = sluice_netlink_talk(netlink, request, flowtable_receive, tables,
				  message);
	sluice_netlink_close(netlink);
	return err;
}

/* Room for the list of what is built in. */
#define BUILTIN_BYTES (1024 * 1024)

/*
 * Asking for flow tables loads nf_tables where it is a module, and that would
 * be a change. Where they are in use, theirs is loaded already, or built in.
 */
static bool flowtables_can_be(const struct doctor *doctor)
{
	bool is_builtin = !doctor_has(doctor, "/proc/modules");
	char *list = NULL;

	if (doctor_bytes(doctor, &list, BUILTIN_BYTES,
			 "/lib/modules/%s/modules.builtin",
			 doctor->patient->release) > 0)
		is_builtin |= strstr(list, "/nf_flow_table.ko") != NULL;
	free(list);
	return is_builtin || doctor_has(doctor, "/sys/module/nf_flow_table") ||
	       doctor_has(doctor, "/proc/net/stat/nf_flowtable");
}

static void check_flowtables(struct doctor *doctor)
{
	struct flowtables tables = { .count = 0 };
	int err = 0;

	if (flowtables_can_be(doctor))
		err = flowtables_list(&tables);
	/* So says a kernel that is built without nftables. */
	if (err == -EPROTONOSUPPORT || err == -EINVAL)
		err = 0;
	if (err) {
		doctor_say_unread(doctor,
				  "whether flow tables of nftables forward in hardware",
				  err);
	} else if (!tables.count) {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "no flow table of nftables");
	} else if (*tables.hardware) {
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "a flow table of nftables forwards in hardware between %s: such flows are in no qdisc; take 'flags offload' out of it",
			   tables.hardware);
		doctor_fix(doctor, "nft list flowtables");
	} else {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "%u flow table%s of nftables, none in hardware",
			   tables.count, tables.count == 1 ? "" : "s");
	}
}

/* ---- XDP ---- */

static void check_xdp(struct doctor *doctor, const struct doctor_device *device)
{
	if (!device->link->has_xdp) {
		doctor_say(doctor, SLUICE_SEVERITY_OK, "no XDP program");
		return;
	}
	doctor_say(doctor, SLUICE_SEVERITY_NOTE,
		   "it has an XDP program: what that sends back or redirects, or what comes from AF_XDP sockets, passes no qdisc");
	doctor_fix(doctor, "ip -details link show %s", device->word);
}

/* ---- BPF programs before the qdisc ---- */

struct programs {
	bool has_own;
	unsigned int count;
	char names[DOCTOR_LINE_SIZE];
};

static void program_take(const char *name, void *data)
{
	struct programs *programs = data;

	if (!strcmp(name, EDT_NAME)) {
		programs->has_own = true;
		return;
	}
	programs->count++;
	doctor_name_add(programs->names, sizeof(programs->names),
			*name ? name : "one without name");
}

static void check_egress(struct doctor *doctor,
			 const struct doctor_device *device)
{
	struct programs programs = { .count = 0 };
	int err = sluice_programs_list(doctor->patient->netlink,
				       device->link->ifindex,
				       SLUICE_PROGRAM_EGRESS, program_take,
				       &programs);

	if (programs.has_own && !device->is_stand_in) {
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "sluice's BPF program gives packets departure times by a rate, but the fq that kept them has been replaced, so what is beyond the rate is dropped");
		doctor_fix(doctor, "sluice off %s", device->word);
	} else if (programs.count) {
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "BPF programs see packets before the qdisc (%s): if one sets departure times, sluice keeps those that are later than its own",
			   programs.names);
		doctor_fix(doctor, "tc filter show dev %s egress; bpftool net show dev %s",
			   device->word, device->word);
	} else if (err) {
		doctor_say_unread(doctor, "BPF programs on its way out", err);
	} else {
		doctor_say(doctor, SLUICE_SEVERITY_OK, programs.has_own ?
			   "no BPF program before the qdisc but sluice's own, which keeps the device's rate" :
			   "no BPF program before the qdisc");
	}
}

/* ---- forwarding in hardware ---- */

static uint32_t flags_decode(const struct nlattr *options, unsigned int type)
{
	const struct nlattr *attr;
	uint32_t flags = 0;

	mnl_attr_for_each_nested(attr, options)
		if (mnl_attr_get_type(attr) == type &&
		    mnl_attr_get_payload_len(attr) == sizeof(flags))
			flags = mnl_attr_get_u32(attr);
	return flags;
}

/* Count filters that the hardware has taken over. */
static int filter_receive(const struct nlmsghdr *header, void *data)
{
	static const struct { const char *kind; unsigned int type; } known[] = {
		{ "flower", TCA_FLOWER_FLAGS }, { "matchall", TCA_MATCHALL_FLAGS },
		{ "u32", TCA_U32_FLAGS }, { "bpf", TCA_BPF_FLAGS_GEN },
	};
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(header);
	const struct nlattr *attr, *options = NULL;
	unsigned int *in_hardware = data, i, type = 0;

	if (header->nlmsg_type != RTM_NEWTFILTER ||
	    header->nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(*tcm))
		return 0;
	mnl_attr_for_each_payload((const void *)(tcm + 1),
				  header->nlmsg_len - MNL_NLMSG_HDRLEN -
				  sizeof(*tcm)) {
		if (mnl_attr_get_type(attr) == TCA_OPTIONS)
			options = attr;
		for (i = 0; mnl_attr_get_type(attr) == TCA_KIND &&
		     i < sizeof(known) / sizeof(known[0]); i++)
			if (!strncmp(mnl_attr_get_payload(attr), known[i].kind,
				     mnl_attr_get_payload_len(attr)))
				type = known[i].type;
	}
	if (options && type)
		*in_hardware += !!(flags_decode(options, type) &
				   TCA_CLS_FLAGS_IN_HW);
	return 0;
}

static int filters_count(struct doctor *doctor, int ifindex, unsigned int *ret)
{
	_Alignas(struct nlmsghdr) char buffer[128];
	char message[SLUICE_MESSAGE_SIZE];

	*ret = 0;
	return sluice_netlink_talk(doctor->patient->netlink,
				   sluice_qdisc_request(buffer, RTM_GETTFILTER,
					NLM_F_DUMP, ifindex,
					TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)),
				   filter_receive, ret, message);
}

/* A port of a switch, whose bridge the switch itself may be. */
static bool is_switched(const struct doctor *doctor,
			const struct doctor_device *device)
{
	const struct sluice_link *link = device->link;
	const struct sluice_link *master = link->master ?
		sluice_links_find(doctor->patient->links, link->master) : NULL;
	char id[DOCTOR_LINE_SIZE];

	return device->is_in_sysfs && master &&
	       !strcmp(master->kind, "bridge") &&
	       !doctor_line(doctor, id, sizeof(id),
			    "/sys/class/net/%s/phys_switch_id", link->name) &&
	       *id;
}

static void check_hardware_path(struct doctor *doctor,
				const struct doctor_device *device)
{
	int err = doctor_hw_tc_is_on(device->link->name);
	unsigned int filters = 0;

	if (err > 0)
		err = filters_count(doctor, device->link->ifindex, &filters);
	if (err) {
		doctor_say_unread(doctor, "what filters the hardware has", err);
	} else if (filters) {
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "the hardware has taken over %u filter%s (hw-tc-offload): what they forward is in no qdisc",
			   filters, filters == 1 ? "" : "s");
		doctor_fix(doctor, "tc -s filter show dev %s ingress",
			   device->word);
	} else if (is_switched(doctor, device)) {
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "it is a port of a switch in a bridge: what the switch forwards by itself is in no qdisc");
		doctor_fix(doctor, "bridge -details fdb show dev %s",
			   device->word);
	} else {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "nothing is forwarded in hardware");
	}
}

const struct doctor_check doctor_bypass_checks[] = {
	{ "flowtables", check_flowtables, NULL },
	{ "xdp", NULL, check_xdp },
	{ "egress", NULL, check_egress },
	{ "hardware_path", NULL, check_hardware_path },
	{ NULL, NULL, NULL },
};
