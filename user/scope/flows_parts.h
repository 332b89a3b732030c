/* SPDX-License-Identifier: GPL-2.0 */
/* The table of flows, for the files that it is made of; see flows.h. */
#ifndef SLUICE_SCOPE_FLOWS_PARTS_H
#define SLUICE_SCOPE_FLOWS_PARTS_H

#include "flows.h"

#define SCOPE_FLOW_NONE		UINT32_MAX

/* A recent packet; indices count on and are taken modulo the ring. */
struct ring_pkt {
	uint32_t time_ns;		/* low 32 bits */
	uint32_t bytes;
	uint32_t next;			/* of the flow; SCOPE_FLOW_NONE: it is the newest */
	uint32_t flow;
};

struct scope_flows {
	struct scope_flows_config config;
	struct sluice_flows *numbers;
	struct scope_flow *flow;
	uint32_t room;
	struct ring_pkt *ring;
	uint32_t ring_mask;
	uint64_t ring_pkts;		/* ever: its low half is the index of the next */
	uint32_t theta_ns[SCOPE_FLOW_THETAS];
	uint64_t last_ns;
	uint32_t second;		/* that the newest packet is in */
	uint64_t second_end_ns;
	uint64_t unknown_pkts;
	struct scope_sent_pool pool;
	struct scope_fair fair;
	bool ring_is_short;		/* could not grow: peaks are lower bounds */
};

/* flows_figure.c: its data is received where it is seen, as far as can be told. */
bool scope_flow_is_received(const struct scope_flows *flows,
			    const struct scope_flow *flow);

#endif
