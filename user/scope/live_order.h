/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets in the order of their stamps. A NIC with several queues stamps in the order
 * of the wire, but what a queue has received is handed over together: the packets of
 * two queues come in turns of many. They wait here until none can come that is older.
 *
 * A heap of keys, by time and for equal times by arrival; packets lie still. Part of
 * live.c.
 */
#ifndef SLUICE_SCOPE_LIVE_ORDER_H
#define SLUICE_SCOPE_LIVE_ORDER_H

#include "../lib/capture.h"
#include "packet.h"

struct scope_order_key;
struct scope_order_bytes;

/**
 * struct scope_order - what waits; zeroes: nothing
 * @keys: count of them are a heap; behind it are places that are free
 * @packets: by place
 * @bytes: likewise, where packets come with their bytes
 * @count: of packets
 * @room: for so many
 * @arrived: packets since the beginning
 */
struct scope_order {
	struct scope_order_key *keys;
	struct scope_packet *packets;
	struct scope_order_bytes *bytes;
	uint32_t count;
	uint32_t room;
	uint64_t arrived;
};

/* @captured: its bytes, or NULL for all packets. Returns 0 or -ENOMEM. */
int scope_order_add(struct scope_order *order, const struct scope_packet *packet,
		    const struct sluice_captured *captured);

/*
 * Takes out the oldest, if it is from before before_ns; NULL: there is none. Good until
 * the next is added. *ret_captured: its bytes, or NULL.
 */
const struct scope_packet *
scope_order_take(struct scope_order *order, uint64_t before_ns,
		 const struct sluice_captured **ret_captured);

void scope_order_done(struct scope_order *order);

#endif
