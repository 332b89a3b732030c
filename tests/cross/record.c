// SPDX-License-Identifier: GPL-2.0
/*
 * record FILE: a recording as `sluice scope --record` makes it, of 1200 packets that left
 * and 800 that came, around one that was sent again, with 12 more that were not seen.
 * Prints how many packets are in it.
 */
#include <inttypes.h>
#include <stdio.h>

#include "../../user/lib/capture.h"
#include "../../user/lib/pcap.h"
#include "../../user/scope/record.h"

#define START_NS	UINT64_C(1700000000123456789)
#define PKTS		2000u
#define MS_NS		UINT64_C(1000000)

static void packet_add(struct scope_record *record, unsigned int number)
{
	static const uint8_t data[60] = { 2, 1, 2, 3, 4, 5 };
	const struct sluice_captured captured = {
		.real_ns = START_NS + number * MS_NS, .data = data,
		.captured_bytes = sizeof(data), .bytes = 1014,
		.link_type = SLUICE_LINKTYPE_ETHERNET,
	};
	const struct scope_packet packet = {
		.time_ns = captured.real_ns, .bytes = captured.bytes,
		.direction = number % 5 < 3 ? SCOPE_OUT : SCOPE_IN,
	};
	const struct scope_flow_event event = {
		.is_retransmitted = number == PKTS / 2,
	};

	scope_record_add(record, &captured, &packet, 1038, &event);
}

int main(int argc, char **argv)
{
	struct scope_record_config config = {
		.path = argv[1], .ring_bytes = SCOPE_RECORD_RING_MIN,
		.around_ns = 100 * MS_NS, .trigger.is_loss = true,
		.link_type = SLUICE_LINKTYPE_ETHERNET,
		.vantage = { { .name = "qdisc:x" }, { .name = "received:x" } },
	};
	const struct scope_live_losses losses = {
		.missed_pkts = 3, .unshown_pkts = 4, .unstamped_pkts = 5,
	};
	struct scope_record_state state;
	struct scope_record *record;
	char error[256];

	if (argc != 2 || scope_record_open(&record, &config, error, sizeof(error)))
		return 1;
	for (unsigned int i = 0; i < PKTS; i++)
		packet_add(record, i);
	scope_record_close(record, &losses, &state);
	printf("%" PRIu64 "\n", state.pkts);
	return state.err != 0;
}
