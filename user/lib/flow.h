/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The flows of the qdiscs of a device, as the kernel dumps them: a class each.
 *
 * Part of libsluice: nothing here prints or exits. Functions return 0 or
 * -errno; @message holds SLUICE_MESSAGE_SIZE bytes and receives the kernel's
 * own sentence, or "".
 */
#ifndef SLUICE_FLOW_H
#define SLUICE_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../kernel/uapi/sluice.h"
#include "netlink.h"
#include "socket.h"

/**
 * struct sluice_flow - one flow
 * @ifindex: its device
 * @qdisc: handle of its qdisc
 * @xstats: what the qdisc knows of it, zero beyond @xstats_bytes
 * @xstats_bytes: how many bytes of @xstats were received
 * @socket: whose it is, NULL: no socket, or none that can be seen; set by
 *	sluice_flows_join()
 */
struct sluice_flow {
	int ifindex;
	uint32_t qdisc;
	struct tc_sluice_flow_xstats xstats;
	size_t xstats_bytes;
	const struct sluice_socket *socket;
};

/**
 * struct sluice_flows - a list of flows, all zero for an empty one
 * @flows: the flows
 * @count: how many
 * @room: for how many there is memory
 */
struct sluice_flows {
	struct sluice_flow *flows;
	unsigned int count;
	unsigned int room;
};

/* What flows are sorted by; the largest comes first. */
enum sluice_flow_order {
	SLUICE_FLOW_BY_RATE,
	SLUICE_FLOW_BY_QUEUED,
	SLUICE_FLOW_BY_HELD,
	SLUICE_FLOW_BY_LATE,
};

/*
 * Read one RTM_NEWTCLASS message, whatever it holds. Returns -EBADMSG if it is
 * no such message, -ENOENT if it is a class of another kind of qdisc.
 */
int sluice_flow_decode(const struct nlmsghdr *header, struct sluice_flow *ret);

/*
 * Append the flows of a device. Flows come and go while the kernel lists them:
 * one that it has listed twice is kept once. Release them with
 * sluice_flows_done(), also after a failure.
 */
int sluice_flows_list(struct sluice_netlink *netlink, int ifindex,
		      struct sluice_flows *flows, char *message);
void sluice_flows_done(struct sluice_flows *flows);

/* Find the flows' sockets; they point into @sockets from then on. */
void sluice_flows_join(struct sluice_flows *flows,
		       const struct sluice_sockets *sockets);

/* Sort by one thing, then by the others, so that the order is always the same. */
void sluice_flows_sort(struct sluice_flows *flows,
		       enum sluice_flow_order order);

/* How late its frames were on average, in ns. */
uint64_t sluice_flow_lateness_ns(const struct sluice_flow *flow);

/* "waiting" for its time, "due" for the device, "idle" without packets. */
const char *sluice_flow_state(const struct sluice_flow *flow);

#endif
