/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The way back: from whatever tree of qdiscs a device has to the one that was
 * there before (M1). Both `off` and a refused `on` take it.
 *
 * Part of libsluice: nothing here prints or exits. @message holds
 * SLUICE_MESSAGE_SIZE bytes and receives the kernel's own sentence, or "".
 */
#ifndef SLUICE_RESTORE_H
#define SLUICE_RESTORE_H

#include "plan.h"

/*
 * Lead from the tree @live back to @saved; no steps if nothing is to be done.
 * Returns 0 or -ENOMEM. *ret points into @saved.
 */
int sluice_plan_restore(const struct sluice_tree *saved,
			const struct sluice_tree *live,
			struct sluice_plan *ret);

/*
 * Put @saved back in place of *live, which is read again and says afterwards
 * what became of it: sluice_tree_is_restored() compares the two. @tx_queue_len
 * is that of the device when @saved was read. Returns 0, or -errno; what is not
 * done then can be tried again.
 */
int sluice_restore(struct sluice_netlink *netlink, int ifindex,
		   const struct sluice_tree *saved, unsigned int tx_queue_len,
		   struct sluice_tree *live, char *message);

#endif
