/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The same packets seen at two places, in the order of the first and then the
 * second: how long each took between them, and whether all arrived. A packet is
 * known again by its flow, TCP's sequence and ACK numbers or the first bytes of
 * its payload, and its length; copies are taken in their order.
 *
 * The clocks of the two places need not agree: only differences to the shortest
 * way are reported (RFC 5481's PDV).
 */
#ifndef SLUICE_SCOPE_JOIN_H
#define SLUICE_SCOPE_JOIN_H

#include <stdint.h>

#include "packet.h"

/* Packets on their way at once; the oldest are forgotten then. */
#define SCOPE_JOIN_SLOTS	(1u << 20)

/* So many ways are kept; of more, a sample of that size. */
#define SCOPE_JOIN_WAYS		(1u << 20)

struct scope_join_slot {
	uint64_t print;			/* fingerprint; 0: free */
	uint64_t time_ns;
};

struct scope_join {
	struct scope_join_slot *slots;
	uint64_t waiting;		/* seen at the first place only, so far */
	uint64_t first_pkts;		/* that can be known again */
	uint64_t second_pkts;
	uint64_t both_pkts;
	uint64_t forgotten_pkts;
	int64_t *ways_ns;		/* SCOPE_JOIN_WAYS, in the clocks as they are */
	uint64_t sample_state;		/* of the draw once there are more */
};

/* 0 or -1 (no memory); done accepts one that init refused. */
int scope_join_init(struct scope_join *join);
void scope_join_done(struct scope_join *join);

void scope_join_first(struct scope_join *join,
		      const struct scope_packet *packet);
void scope_join_second(struct scope_join *join,
		       const struct scope_packet *packet);

/* The end: sorts the ways. No packets after this. */
void scope_join_finish(struct scope_join *join);

/*
 * How much longer than the shortest way share_ppm of the packets took, at most;
 * after _finish.
 */
uint64_t scope_join_later_ns(const struct scope_join *join, uint32_t share_ppm);

#endif
