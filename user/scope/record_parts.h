/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of a recording know of each other. */
#ifndef SLUICE_SCOPE_RECORD_PARTS_H
#define SLUICE_SCOPE_RECORD_PARTS_H

#include "record.h"

/* The millisecond under way of each direction. */
struct scope_trigger_run {
	uint64_t millisecond[SCOPE_DIRECTIONS];
	uint64_t bytes[SCOPE_DIRECTIONS];
};

/* What the packet fires: "burst", "loss", "rto"; NULL: nothing. */
const char *scope_trigger_take(const struct scope_trigger *trigger,
			       struct scope_trigger_run *run,
			       const struct scope_packet *packet,
			       uint32_t wire_bytes,
			       const struct scope_flow_event *event);

#endif
