/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which qdiscs pace in sluice's place: those fq that `sluice on --no-module` has put
 * there, as its record (state.h) says. Any other fq is somebody else's.
 *
 * Part of libsluice: nothing here prints or exits.
 */
#ifndef SLUICE_STAND_IN_H
#define SLUICE_STAND_IN_H

#include "qdisc.h"

/*
 * Mark them among the qdiscs of a list; their options get the train that their
 * device is bound to. Returns 0, or -errno and the kernel's sentence. Without
 * records, or where they cannot be read, none is marked.
 */
int sluice_stand_ins_mark(struct sluice_netlink *netlink,
			  struct sluice_qdisc *qdiscs, unsigned int count,
			  char *message);

/* Is the qdisc sluice, or does it pace in sluice's place? */
static inline bool sluice_qdisc_paces(const struct sluice_qdisc *qdisc)
{
	return sluice_qdisc_is_ours(qdisc) || qdisc->is_stand_in;
}

#endif
