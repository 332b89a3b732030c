/* SPDX-License-Identifier: GPL-2.0 */
/* What pacing leaves beside qdiscs, and what is left of devices that have gone. */
#ifndef SLUICE_LEFTOVERS_H
#define SLUICE_LEFTOVERS_H

#include "../lib/state.h"

/*
 * Super-packets may be as long as a state says that they were, or as long as drivers
 * take them by now, which is said. Returns 0 or -errno.
 */
int leftovers_bounds(struct sluice_netlink *netlink,
		     const struct sluice_store *store, const char *command,
		     const struct sluice_state *state, char *message);

/* No program of ours is at its egress any more, if a state says that there may be one. 0 or -errno. */
int leftovers_edt(struct sluice_netlink *netlink,
		  const struct sluice_state *state, char *message);

/*
 * Records of another boot, or of devices that have gone, are worth nothing: where
 * taps come and go there would be more of them every day. The lock must be held, since
 * before @links were listed.
 */
void leftovers_remove(const char *command, struct sluice_netlink *netlink,
		      const struct sluice_store *store,
		      const struct sluice_links *links);

#endif
