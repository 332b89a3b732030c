// SPDX-License-Identifier: GPL-2.0
/* Qdiscs in sluice's place; see stand_in.h. */
#include "stand_in.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edt.h"
#include "state.h"

static bool is_put(const struct sluice_state *state,
		   const struct sluice_qdisc *qdisc)
{
	struct sluice_node node = {
		.handle = qdisc->handle, .parent = qdisc->parent,
	};

	if (qdisc->ifindex != state->ifindex)
		return false;
	memcpy(node.kind, qdisc->kind, sizeof(node.kind));
	return sluice_node_is_put(&node, state->kind, &state->tree);
}

static int device_read(struct sluice_netlink *netlink,
		       const struct sluice_state *state,
		       struct sluice_link *ret_link, struct sluice_edt *ret_edt,
		       char *message)
{
	int err = sluice_link_read(netlink, state->ifindex, ret_link, message);

	if (!err && state->has_edt)
		err = sluice_edt_look(netlink, state->ifindex, ret_edt, message);
	return err;
}

/* The rate is the device's, and each of its queues shows it; what it counts, the first. */
static void edt_mark(struct sluice_qdisc *qdisc, struct sluice_edt *edt)
{
	/* Without privilege it is known that there is one, and no more. */
	if (!edt->config.rate_bytes_ps)
		return;
	qdisc->edt = *edt;
	edt->is_there = false;
	sluice_options_set(&qdisc->options, TCA_SLUICE_RATE_BYTES_PS,
			   edt->config.rate_bytes_ps);
	sluice_options_set(&qdisc->options, TCA_SLUICE_OVERHEAD_BYTES,
			   edt->config.overhead_bytes);
}

static int device_mark(struct sluice_netlink *netlink,
		       const struct sluice_state *state,
		       struct sluice_qdisc *qdiscs, unsigned int count,
		       char *message)
{
	struct sluice_link link = { .gso_max_segs = 0 };
	struct sluice_edt edt = { .is_there = false };
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < count; i++) {
		if (sluice_qdisc_is_ours(&qdiscs[i]) ||
		    !is_put(state, &qdiscs[i]))
			continue;
		if (!link.ifindex)
			err = device_read(netlink, state, &link, &edt, message);
		qdiscs[i].is_stand_in = true;
		if (!err && link.gso_max_segs)
			sluice_options_set(&qdiscs[i].options,
					   TCA_SLUICE_TRAIN_FRAMES,
					   link.gso_max_segs);
		if (!err)
			edt_mark(&qdiscs[i], &edt);
	}
	/* It has gone, and its qdiscs with it. */
	return err == -ENODEV ? 0 : err;
}

int sluice_stand_ins_mark(struct sluice_netlink *netlink,
			  struct sluice_qdisc *qdiscs, unsigned int count,
			  char *message)
{
	struct sluice_state state;
	struct sluice_store store;
	unsigned int i, states;
	int *ifindexes, err = 0;

	if (sluice_store_init(&store, SLUICE_STATE_FOLDER) ||
	    sluice_state_list(&store, &ifindexes, &states))
		return 0;
	for (i = 0; !err && i < states; i++) {
		if (sluice_state_load(&store, ifindexes[i], &state))
			continue;
		err = device_mark(netlink, &state, qdiscs, count, message);
		sluice_state_done(&state);
	}
	free(ifindexes);
	return err;
}
