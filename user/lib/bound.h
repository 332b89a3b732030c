/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long TCP's own super-packets may be (gso_max_segs), where no module cuts
 * them: bounded on the device that is paced, and on those whose packets leave by
 * it, for a socket takes the bound of the device that its route names, a bond or a
 * VLAN. What each had before is kept in the state of the paced device.
 *
 * Part of libsluice: nothing here prints or exits. @message holds
 * SLUICE_MESSAGE_SIZE bytes and receives the kernel's own sentence, or "".
 */
#ifndef SLUICE_BOUND_H
#define SLUICE_BOUND_H

#include "link.h"

struct sluice_store;

/* A device, and its gso_max_segs. */
struct sluice_bound {
	int ifindex;
	unsigned int segs;
};

struct sluice_bounds {
	struct sluice_bound *bounds;
	unsigned int count;
};

/* NULL if it is not among them. */
const struct sluice_bound *sluice_bounds_find(const struct sluice_bounds *bounds,
					      int ifindex);

/* Returns 0 or -ENOMEM. */
int sluice_bounds_add(struct sluice_bounds *bounds, int ifindex,
		      unsigned int segs);

/* Accepts zeroes. */
void sluice_bounds_done(struct sluice_bounds *bounds);

/*
 * Add the devices whose packets leave by @link, itself too, that are not among them
 * yet: with what another state says that they had, or else with what they have.
 * Returns 0 or -errno.
 */
int sluice_bounds_look(struct sluice_bounds *bounds,
		       const struct sluice_links *links,
		       const struct sluice_link *link,
		       const struct sluice_store *store);

/*
 * Let none of them have more than @segs, nor more than it had. A device that has
 * gone is no error. Returns 0 or -errno.
 */
int sluice_bounds_set(struct sluice_netlink *netlink,
		      const struct sluice_bounds *bounds, unsigned int segs,
		      char *message);

/*
 * Back to what they had, but for those that the state of another device than
 * @ifindex names, which is still bounded. Where a driver takes less by now
 * (tso_max_segs) a device gets that, and *ret_less has it; sluice_bounds_done()
 * releases that in any case. Returns 0 or -errno.
 */
int sluice_bounds_restore(struct sluice_netlink *netlink,
			  const struct sluice_store *store, int ifindex,
			  const struct sluice_bounds *bounds,
			  struct sluice_bounds *ret_less, char *message);

/*
 * The first that has less by now than it had, whatever the reason: *ret gets it with
 * what it has. A device that has gone is none. Returns 1, 0 if there is none, or -errno.
 */
int sluice_bounds_less_now(struct sluice_netlink *netlink,
			   const struct sluice_bounds *bounds,
			   struct sluice_bound *ret, char *message);

#endif
