// SPDX-License-Identifier: GPL-2.0
/* Packets in the order of their stamps; see live_order.h. */
#include "live_order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_INITIAL	4096u

struct scope_order_key {
	uint64_t time_ns;
	uint64_t arrival;
	uint32_t place;
};

struct scope_order_bytes {
	struct sluice_captured captured;
	uint8_t data[SLUICE_CAPTURE_SNAP_BYTES];
};

static bool is_before(const struct scope_order_key *one,
		      const struct scope_order_key *other)
{
	return one->time_ns != other->time_ns ?
	       one->time_ns < other->time_ns : one->arrival < other->arrival;
}

/* One of them that has grown is kept if the next cannot. */
static int order_grow(struct scope_order *order, bool has_bytes)
{
	uint32_t room = order->room ? 2 * order->room : ROOM_INITIAL;
	void *keys, *packets, *bytes;

	keys = realloc(order->keys, room * sizeof(*order->keys));
	if (!keys)
		return -ENOMEM;
	order->keys = keys;
	packets = realloc(order->packets, room * sizeof(*order->packets));
	if (!packets)
		return -ENOMEM;
	order->packets = packets;
	if (has_bytes) {
		bytes = realloc(order->bytes, room * sizeof(*order->bytes));
		if (!bytes)
			return -ENOMEM;
		order->bytes = bytes;
	}
	for (uint32_t i = order->room; i < room; i++)
		order->keys[i].place = i;
	order->room = room;
	return 0;
}

/* At a place of the heap, where it may be older than those above. */
static void key_raise(struct scope_order *order, uint32_t at,
		      struct scope_order_key key)
{
	for (; at && is_before(&key, &order->keys[(at - 1) / 2]);
	     at = (at - 1) / 2)
		order->keys[at] = order->keys[(at - 1) / 2];
	order->keys[at] = key;
}

/* At the top, where it may be newer than those below. */
static void key_sink(struct scope_order *order, struct scope_order_key key)
{
	uint32_t at = 0, below;

	for (; (below = 2 * at + 1) < order->count; at = below) {
		if (below + 1 < order->count &&
		    is_before(&order->keys[below + 1], &order->keys[below]))
			below++;
		if (!is_before(&order->keys[below], &key))
			break;
		order->keys[at] = order->keys[below];
	}
	order->keys[at] = key;
}

int scope_order_add(struct scope_order *order, const struct scope_packet *packet,
		    const struct sluice_captured *captured)
{
	struct scope_order_key key = {
		.time_ns = packet->time_ns, .arrival = order->arrived,
	};

	if (order->count == order->room && order_grow(order, captured))
		return -ENOMEM;
	key.place = order->keys[order->count].place;
	order->packets[key.place] = *packet;
	scope_packet_settle(&order->packets[key.place]);
	if (captured) {
		struct scope_order_bytes *bytes = &order->bytes[key.place];
		uint32_t count = captured->captured_bytes;

		if (count > sizeof(bytes->data))
			count = sizeof(bytes->data);
		bytes->captured = *captured;
		bytes->captured.captured_bytes = count;
		memcpy(bytes->data, captured->data, count);
	}
	order->arrived++;
	key_raise(order, order->count++, key);
	return 0;
}

const struct scope_packet *
scope_order_take(struct scope_order *order, uint64_t before_ns,
		 const struct sluice_captured **ret_captured)
{
	uint32_t place;

	if (!order->count || order->keys[0].time_ns >= before_ns)
		return NULL;
	place = order->keys[0].place;
	order->count--;
	key_sink(order, order->keys[order->count]);
	order->keys[order->count].place = place;
	*ret_captured = NULL;
	if (order->bytes) {
		/* Here, because it moves when there is need for more room. */
		order->bytes[place].captured.data = order->bytes[place].data;
		*ret_captured = &order->bytes[place].captured;
	}
	return &order->packets[place];
}

void scope_order_done(struct scope_order *order)
{
	free(order->keys);
	free(order->packets);
	free(order->bytes);
	memset(order, 0, sizeof(*order));
}
