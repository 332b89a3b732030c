// SPDX-License-Identifier: GPL-2.0
/* Who else sets the qdisc of a device; see owner.h. */
#include "owner.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "program.h"

/* ---- Cilium ---- */

/* "cil_to_netdev"; "bpf_netdev_eth0.o:[to-netdev]" before 1.10. */
static bool is_cilium(const char *program)
{
	return !strncmp(program, "cil_", 4) ||
	       !strncmp(program, "bpf_netdev", 10) ||
	       !strncmp(program, "bpf_host.o", 10) ||
	       !strncmp(program, "bpf_lxc.o", 9);
}

struct program {
	char name[SLUICE_PROGRAM_NAME_SIZE];
};

static void program_take(const char *name, void *data)
{
	struct program *found = data;

	if (is_cilium(name))
		snprintf(found->name, sizeof(found->name), "%s", name);
}

static bool owner_cilium(struct sluice_netlink *netlink,
			 const struct sluice_link *link, char *error,
			 size_t error_size)
{
	struct program found = { "" };

	(void)sluice_programs_list(netlink, link->ifindex,
				   SLUICE_PROGRAM_EGRESS, program_take, &found);
	(void)sluice_programs_list(netlink, link->ifindex,
				   SLUICE_PROGRAM_INGRESS, program_take, &found);
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
