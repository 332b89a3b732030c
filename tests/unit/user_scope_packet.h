/* SPDX-License-Identifier: GPL-2.0 */
/* A packet of TCP as the scope's tests make it. */
#ifndef SLUICE_TESTS_USER_SCOPE_PACKET_H
#define SLUICE_TESTS_USER_SCOPE_PACKET_H

#include "../../user/scope/scope.h"

/* Of flow number, to port 80 or back; without a payload a pure ACK. */
static inline struct scope_packet
scope_tcp_packet(uint64_t time_ns, unsigned int number, bool is_back,
		 uint32_t sequence, uint32_t payload, uint32_t ack)
{
	struct scope_packet packet = {
		.time_ns = time_ns,
		.bytes = payload ? payload + 54 : 60,
		.direction = SCOPE_ANY, .is_ip = true,
		.frame = {
			.key = { .protocol = SLUICE_PROTOCOL_TCP,
				 .ip_version = 4 },
			.has_ports = true, .has_transport = true,
			.header_bytes = 54, .payload_bytes = payload,
			.tcp_sequence = sequence, .tcp_ack = ack,
			.tcp_flags = SLUICE_TCP_ACK,
		},
	};
	struct sluice_flow_key *key = &packet.frame.key;

	key->source[0] = is_back ? 2 : 1;
	key->destination[0] = is_back ? 1 : 2;
	key->source_port = (uint16_t)(is_back ? 80 : 1000 + number);
	key->destination_port = (uint16_t)(is_back ? 1000 + number : 80);
	return packet;
}

#endif
