/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The BPF programs that see a device's packets before or after its qdisc: in
 * clsact, and those attached by tcx, which no qdisc shows.
 *
 * Part of libsluice: nothing here prints or exits.
 */
#ifndef SLUICE_PROGRAM_H
#define SLUICE_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "netlink.h"

#define SLUICE_PROGRAM_NAME_SIZE 256

enum sluice_program_side {
	SLUICE_PROGRAM_INGRESS,
	SLUICE_PROGRAM_EGRESS,
};

/*
 * Call @take with the name of each program, "" where it cannot be told.
 * Returns 0, or -errno if one of the two places could not be looked at; what
 * was found elsewhere has been told then.
 */
int sluice_programs_list(struct sluice_netlink *netlink, int ifindex,
			 enum sluice_program_side side,
			 void (*take)(const char *name, void *data),
			 void *data);

/*
 * Is the RTM_NEWTFILTER message about a BPF program? Then @name is its name,
 * which may be "", and *ret_id its number, 0 where the kernel does not tell.
 */
bool sluice_program_decode(const struct nlmsghdr *header, char *name,
			   size_t name_size, uint32_t *ret_id);

#endif
