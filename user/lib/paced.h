/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The qdiscs that shape what a device sends, wherever they are: of a bond, those
 * of its members.
 *
 * Part of libsluice: nothing here prints or exits.
 */
#ifndef SLUICE_PACED_H
#define SLUICE_PACED_H

#include "qdisc.h"

/*
 * As sluice_qdisc_list(), but with a device come those that `sluice on` would
 * pace for it; its own stand first.
 */
int sluice_paced_list(struct sluice_netlink *netlink, int ifindex,
		      struct sluice_qdisc **ret_qdiscs,
		      unsigned int *ret_count, char *message);

#endif
