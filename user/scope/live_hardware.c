// SPDX-License-Identifier: GPL-2.0
/*
 * Packets by the stamps of the NIC: when they can be believed, and in their order.
 * Part of live.c.
 *
 *	ring of the packet socket -> good? -> time of this host -> wait for older ones
 *
 * A stamp is good if the kernel says that it is one and the NIC's clock can have shown
 * it since the source was opened. The clock is looked at in front of each drain: once
 * it has been set nothing more is handed over, for what is read then may have been
 * stamped before or after.
 */
#include <stdio.h>

#include "../lib/state.h"
#include "../lib/units.h"
#include "live_parts.h"

/*
 * So long after it was stamped a packet has been drained: it waits for its interrupt,
 * for softirqs (10 ms, where they are late), and in a block of the ring. Below what
 * views wait for packets (SCOPE_SLOT_LAG_NS).
 */
#define ARRIVED_NS	((SLUICE_CAPTURE_DELAY_MS + 10) * 1000000ull)

int scope_hardware_open(struct scope_hardware *hardware, const char *device,
			int ifindex, bool may_switch_on, char *error,
			size_t error_size)
{
	int err = scope_stamps_open(&hardware->stamps, SLUICE_STATE_FOLDER,
				    device, ifindex, may_switch_on, error,
				    error_size);

	return err ? err : scope_nic_clock_open(&hardware->clock,
						hardware->stamps.clock, error,
						error_size);
}

void scope_hardware_close(struct scope_hardware *hardware)
{
	scope_nic_clock_close(&hardware->clock);
	scope_stamps_close(&hardware->stamps);
	scope_order_done(&hardware->order);
}

uint64_t scope_hardware_now_ns(const struct scope_hardware *hardware)
{
	return (uint64_t)(scope_nic_clock_now_ns(&hardware->clock) -
			  hardware->clock.ahead.delta_ns);
}

/*
 * What the kernel calls a stamp may be none: some drivers (igc) leave an address in its
 * place, which the packet socket takes for one.
 */
int scope_hardware_add(struct scope_hardware *hardware,
		       struct scope_packet *packet,
		       const struct sluice_captured *captured, bool has_bytes)
{
	if (!captured->has_hardware_stamp ||
	    !scope_nic_clock_may_be(&hardware->clock,
				    (int64_t)captured->real_ns)) {
		hardware->unstamped_pkts++;
		return 0;
	}
	packet->time_ns = captured->real_ns -
			  (uint64_t)hardware->clock.ahead.delta_ns;
	return scope_order_add(&hardware->order, packet,
			       has_bytes ? captured : NULL);
}

int scope_hardware_give(struct scope_hardware *hardware, bool is_last,
			const struct scope_live_config *config,
			int (*receive)(const struct scope_packet *packet,
				       void *data),
			void *data)
{
	uint64_t before_ns = is_last ? UINT64_MAX :
			     scope_hardware_now_ns(hardware) - ARRIVED_NS;
	const struct sluice_captured *captured;
	const struct scope_packet *packet;
	int err = 0;

	while (!err && (packet = scope_order_take(&hardware->order, before_ns,
						  &captured))) {
		if (captured)
			config->captured(captured, config->captured_data);
		err = receive(packet, data);
	}
	return err;
}

void scope_hardware_tell(const struct scope_hardware *hardware,
			 struct scope_vantage *vantage)
{
	snprintf(vantage->clock, sizeof(vantage->clock), "ptp%d",
		 hardware->stamps.clock);
	vantage->clock_ahead_ns = hardware->clock.ahead.delta_ns;
	vantage->clock_error_ns = hardware->clock.ahead.error_ns;
}
