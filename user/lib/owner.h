/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who else sets the qdisc of a device: two who both do undo each other's work,
 * so sluice stands aside unless it is told to take over.
 *
 * Part of libsluice: nothing here prints or exits.
 */
#ifndef SLUICE_OWNER_H
#define SLUICE_OWNER_H

#include "link.h"

/*
 * Look for an owner of the device's qdisc: Cilium, Open vSwitch, sqm-scripts,
 * systemd-networkd, NetworkManager. @root comes before every path ("" on a
 * host). @netlink may be NULL: then the device's BPF programs are not looked
 * at. Returns true and a phrase in @error that names the owner, how it is
 * known, and what to do.
 */
bool sluice_owner_find(struct sluice_netlink *netlink, const char *root,
		       const struct sluice_links *links,
		       const struct sluice_link *link, char *error,
		       size_t error_size);

/*
 * The parts for files, split by owner; same arguments and result. They read
 * what may be there and take unreadable files for absent ones.
 */
bool sluice_owner_networkd(const char *root, const struct sluice_link *link,
			   char *error, size_t error_size);
bool sluice_owner_network_manager(const char *root,
				  const struct sluice_link *link, char *error,
				  size_t error_size);

#endif
