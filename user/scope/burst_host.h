/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What of the sending host a burst goes through: the device, its speed, its
 * qdiscs and what they drop. Read from the kernel's tables, without privilege.
 *
 * Nothing here prints or exits.
 */
#ifndef SLUICE_BURST_HOST_H
#define SLUICE_BURST_HOST_H

#include <net/if.h>
#include <sys/socket.h>

#include "../lib/qdisc.h"

/**
 * struct burst_host - the way out
 * @ifindex: the device that the route takes; 0: not known
 * @device: its name
 * @link_bits_ps: its speed, 0: not known
 * @spacer: the first of its qdiscs that may space what it sends, "": none
 */
struct burst_host {
	int ifindex;
	char device[IF_NAMESIZE];
	uint64_t link_bits_ps;
	char spacer[SLUICE_KIND_SIZE];
};

/* The way to an address. Returns 0 or -errno. */
int burst_host_find(struct sluice_netlink *netlink,
		    const struct sockaddr_storage *to, struct burst_host *ret);

/*
 * Packets that the device's root qdisc has dropped; 0 where it cannot be read
 * (@netlink may be NULL).
 */
uint64_t burst_host_drops(struct sluice_netlink *netlink,
			  const struct burst_host *host);

#endif
