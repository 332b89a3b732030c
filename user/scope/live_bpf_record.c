// SPDX-License-Identifier: GPL-2.0
/* What a record of the BPF programs says of its packet. Part of live.c. */
#include <arpa/inet.h>
#include <string.h>

#include "../../bpf/scope_record.h"
#include "live_bpf.h"
#include "packet.h"

/* A stamp that is farther from now is of another clock. */
#define STAMP_FAR_NS	60000000000ll

static void key_fill(const struct scope_record *record,
		     struct sluice_flow_key *key)
{
	bool is_ipv6 = record->flags & SCOPE_RECORD_IPV6;
	size_t bytes = is_ipv6 ? 16 : 4;

	memcpy(key->source, record->address, bytes);
	memcpy(key->destination, (const uint8_t *)record->address + bytes,
	       bytes);
	key->source_port = ntohs(record->source_port);
	key->destination_port = ntohs(record->destination_port);
	key->protocol = record->protocol;
	key->ip_version = is_ipv6 ? 6 : 4;
}

static void packet_fill(const struct scope_record *record, int64_t delta_ns,
			struct scope_packet *ret)
{
	struct sluice_frame *frame = &ret->frame;
	uint32_t other_bytes;

	memset(ret, 0, sizeof(*ret));
	ret->time_ns = record->mono_ns + (uint64_t)delta_ns;
	ret->bytes = SCOPE_RECORD_BYTES(record->length);
	ret->segment_bytes = record->segment_bytes;
	ret->direction = record->flags & SCOPE_RECORD_IN ? SCOPE_IN : SCOPE_OUT;
	ret->is_ip = record->flags & SCOPE_RECORD_IP;
	ret->is_mac_control = record->flags & SCOPE_RECORD_MAC_CONTROL;
	if (!ret->is_ip)
		return;
	key_fill(record, &frame->key);
	frame->has_ports = record->flags & SCOPE_RECORD_PORTS;
	if (!(record->flags & SCOPE_RECORD_TRANSPORT))
		return;
	frame->has_transport = true;
	frame->header_bytes = record->header_bytes;
	other_bytes = frame->header_bytes +
		      SCOPE_RECORD_PADDING(record->length) +
		      (record->flags & SCOPE_RECORD_TAG ? 4 : 0);
	if (ret->bytes > other_bytes)
		frame->payload_bytes = ret->bytes - other_bytes;
	if (record->protocol != SLUICE_PROTOCOL_TCP) {
		memcpy(&ret->mark, &record->tcp_sequence, 4);
		memcpy((uint8_t *)&ret->mark + 4, &record->tcp_ack, 4);
		return;
	}
	frame->tcp_sequence = ntohl(record->tcp_sequence);
	frame->tcp_ack = ntohl(record->tcp_ack);
	frame->tcp_window = ntohs(record->tcp_window);
	frame->tcp_flags = record->tcp_flags;
	frame->tcp_has_dsack = record->flags & SCOPE_RECORD_DSACK;
}

uint32_t scope_bpf_record_bytes(const struct scope_record *record)
{
	if (record->flags & SCOPE_RECORD_IPV6)
		return SCOPE_RECORD_IPV6_BYTES;
	return record->flags & SCOPE_RECORD_IP ? SCOPE_RECORD_IPV4_BYTES :
						 SCOPE_RECORD_BARE_BYTES;
}

/* When it was meant to leave, by the clock of its time; 0: not known. */
static uint64_t departure_of(const struct scope_record *record)
{
	const uint64_t *stamp_ns = (const void *)
		((const uint8_t *)record + scope_bpf_record_bytes(record));
	int64_t far_ns = (int64_t)(record->mono_ns - *stamp_ns);

	return *stamp_ns && far_ns < STAMP_FAR_NS && -far_ns < STAMP_FAR_NS ?
	       *stamp_ns : 0;
}

void scope_bpf_packet(const struct scope_record *record, int64_t delta_ns,
		      bool has_stamp, struct scope_packet *ret)
{
	packet_fill(record, delta_ns, ret);
	if (has_stamp && departure_of(record))
		ret->departure_ns = departure_of(record) + (uint64_t)delta_ns;
}
