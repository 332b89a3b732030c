/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What passed lately in one direction, in slots of a quarter of a second that
 * begin at whole multiples of it from the start of the scope. For live views: the
 * last second is the sum of four slots, a minute of them is a history.
 *
 * Bytes and peaks come by their time stamps from the milliseconds that a meter
 * reports, so peaks are of aligned windows. Gaps and trains are what the meter's
 * histograms gained since they were looked at before.
 */
#ifndef SLUICE_SCOPE_SLOTS_H
#define SLUICE_SCOPE_SLOTS_H

#include "scope.h"

#define SCOPE_SLOT_NS		250000000u
#define SCOPE_SLOTS_PS		4u
#define SCOPE_SLOTS		256u	/* that are kept */
/* So long a packet may still wait in the kernel before it is handed over. */
#define SCOPE_SLOT_LAG_NS	50000000u
/* Gaps: four bins a decade, 100 ns to 1 s; the outer bins have what is beyond. */
#define SCOPE_SLOT_GAPS		28u
#define SCOPE_SLOT_GAP_MIN_NS	100.0
/* Trains of 1, 2-3, 4-7 … and 64 or more packets. */
#define SCOPE_SLOT_TRAINS	7u

struct scope_slot {
	uint64_t bytes;				/* L1 */
	uint64_t pkts;
	uint64_t max_1ms_bytes;
	uint64_t max_100us_bytes;
	uint64_t max_10us_bytes;
	uint64_t retransmitted_pkts;
	uint64_t timeouts;
	uint64_t acks;				/* without data */
	uint64_t clumped_acks;
	struct scope_mac_control mac_control;
	uint64_t gaps[SCOPE_SLOT_GAPS];
	uint64_t train_pkts[SCOPE_SLOT_TRAINS];	/* packets in trains of such length */
	struct scope_burst burst;		/* the largest; bytes 0: none */
};

struct scope_slots {
	uint64_t newest;			/* number of it */
	struct scope_slot slot[SCOPE_SLOTS];
	uint64_t gaps[SCOPE_SLOT_GAPS];		/* of the meter, when looked at last */
	uint64_t train_pkts[SCOPE_SLOT_TRAINS];
	struct scope_mac_control mac_control;	/* likewise, of the lanes */
};

void scope_slots_millisecond(struct scope_slots *slots,
			     const struct sluice_millisecond *one);
/* since_ns: from the start of the scope. */
void scope_slots_event(struct scope_slots *slots, uint64_t since_ns,
		       const struct scope_flow_event *event);
/*
 * A burst that ended: kept with who was in it if none of its slot was larger.
 * Times in bursts are of the meter's clock.
 */
void scope_slots_burst(struct scope_slots *slots, uint64_t since_ns,
		       enum scope_direction direction,
		       const struct sluice_burst *burst,
		       const struct scope_flows *flows);
/* What the meter's histograms gained goes to the slot of that number. */
void scope_slots_meter(struct scope_slots *slots, uint64_t number,
		       struct sluice_meter *meter);

/*
 * Every SCOPE_SLOT_NS: how many slots are over at @now_ns, of the stamps' clock, where
 * @end were before; meters are told, and what they gained goes to the last. @slots are
 * two: of what was sent, or has no direction, and of what was received.
 */
uint64_t scope_slots_turn(struct scope_slots *slots, struct scope *scope,
			  uint64_t end, uint64_t now_ns);

/* The sum of count slots in front of end; maxima of maxima, the largest burst. */
void scope_slots_sum(const struct scope_slots *slots, uint64_t end,
		     uint64_t count, struct scope_slot *ret);

/* The bins of a gap and of a train. */
uint32_t scope_slot_gap_bin(uint64_t gap_ns);
uint32_t scope_slot_train_bin(uint64_t pkts);

#endif
