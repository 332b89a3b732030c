// SPDX-License-Identifier: GPL-2.0
/* What pacing leaves beside qdiscs; see leftovers.h. */
#include "leftovers.h"

#include <errno.h>
#include <stdlib.h>

#include "../lib/edt.h"
#include "out.h"

int leftovers_bounds(struct sluice_netlink *netlink,
		     const struct sluice_store *store, const char *command,
		     const struct sluice_state *state, char *message)
{
	struct sluice_bounds less;
	int err = sluice_bounds_restore(netlink, store, state->ifindex,
					&state->bounds, &less, message);

	out_bounds_less(command, &state->bounds, &less);
	sluice_bounds_done(&less);
	return err;
}

int leftovers_edt(struct sluice_netlink *netlink,
		  const struct sluice_state *state, char *message)
{
	if (!state->has_edt)
		return 0;
	return sluice_edt_unset(netlink, state->ifindex, state->makes_clsact,
				message);
}

void leftovers_remove(const char *command, struct sluice_netlink *netlink,
		      const struct sluice_store *store,
		      const struct sluice_links *links)
{
	char message[SLUICE_MESSAGE_SIZE];
	struct sluice_state state;
	unsigned int i, count;
	int *ifindexes, err;

	if (sluice_state_list(store, &ifindexes, &count))
		return;
	for (i = 0; i < count; i++) {
		bool is_gone = !sluice_links_find(links, ifindexes[i]);

		err = sluice_state_load(store, ifindexes[i], &state);
		/* A bond may be left, with super-packets as its port had them. */
		if (!err && is_gone)
			(void)leftovers_bounds(netlink, store, command, &state,
					       message);
		if (!err)
			sluice_state_done(&state);
		if (err == -ENOENT || is_gone)
			(void)sluice_state_remove(store, ifindexes[i]);
	}
	free(ifindexes);
}
