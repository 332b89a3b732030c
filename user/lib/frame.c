// SPDX-License-Identifier: GPL-2.0
#include "frame.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pcap.h"

#define ETHERNET_BYTES		14u
#define VLAN_TAG_BYTES		4u
#define VLAN_TAGS_MAX		2
#define IPV4_BYTES		20u
#define IPV6_BYTES		40u
#define TCP_BYTES		20u
#define UDP_BYTES		8u
/* RFC 8200 names eight extension headers; more is an attack. */
#define IPV6_EXTENSIONS_MAX	8

#define ETHERTYPE_IPV4		0x0800
#define ETHERTYPE_IPV6		0x86dd
#define ETHERTYPE_VLAN		0x8100
#define ETHERTYPE_QINQ		0x88a8

enum { EXT_HOP = 0, EXT_ROUTING = 43, EXT_FRAGMENT = 44, EXT_AUTH = 51,
       EXT_DESTINATION = 60 };

static uint32_t get16(const uint8_t *from)
{
	return (uint32_t)from[0] << 8 | from[1];
}

static uint32_t get32(const uint8_t *from)
{
	return get16(from) << 16 | get16(from + 2);
}

/* Ports and payload of TCP or UDP at data; l4_bytes by the IP header. */
static void parse_transport(const uint8_t *data, uint32_t captured,
			    uint32_t l4_bytes, struct sluice_frame *frame)
{
	bool is_tcp = frame->key.protocol == SLUICE_PROTOCOL_TCP;
	uint32_t header = is_tcp ? TCP_BYTES : UDP_BYTES;

	if (!is_tcp && frame->key.protocol != SLUICE_PROTOCOL_UDP)
		return;
	if (captured < 4)
		return;
	frame->key.source_port = (uint16_t)get16(data);
	frame->key.destination_port = (uint16_t)get16(data + 2);
	frame->has_ports = true;
	if (captured < header)
		return;
	if (is_tcp)
		header = (data[12] >> 4) * 4u;
	if (header < (is_tcp ? TCP_BYTES : UDP_BYTES) || header > l4_bytes)
		return;
	frame->has_transport = true;
	frame->payload_bytes = l4_bytes - header;
	if (is_tcp) {
		frame->tcp_sequence = get32(data + 4);
		frame->tcp_ack = get32(data + 8);
		frame->tcp_flags = data[13];
		frame->tcp_window = (uint16_t)get16(data + 14);
	}
	if (captured <= header)
		return;
	frame->payload = data + header;
	frame->payload_captured_bytes = captured - header;
	if (frame->payload_captured_bytes > frame->payload_bytes)
		frame->payload_captured_bytes = frame->payload_bytes;
}

static bool parse_ipv4(const uint8_t *data, uint32_t captured,
		       struct sluice_frame *frame)
{
	uint32_t header, total;

	if (captured < IPV4_BYTES || data[0] >> 4 != 4)
		return false;
	header = (data[0] & 15) * 4u;
	total = get16(data + 2);
	if (header < IPV4_BYTES || total < header)
		return false;
	frame->key.ip_version = 4;
	frame->key.protocol = data[9];
	memcpy(frame->key.source, data + 12, 4);
	memcpy(frame->key.destination, data + 16, 4);
	if ((get16(data + 6) & 0x1fff) == 0 && captured > header)
		parse_transport(data + header, captured - header,
				total - header, frame);
	return true;
}

static bool parse_ipv6(const uint8_t *data, uint32_t captured,
		       struct sluice_frame *frame)
{
	uint32_t at = IPV6_BYTES, end, length;
	uint8_t next;

	if (captured < IPV6_BYTES || data[0] >> 4 != 6)
		return false;
	end = IPV6_BYTES + get16(data + 4);
	next = data[6];
	frame->key.ip_version = 6;
	memcpy(frame->key.source, data + 8, 16);
	memcpy(frame->key.destination, data + 24, 16);
	for (int i = 0; i < IPV6_EXTENSIONS_MAX; i++) {
		if (next != EXT_HOP && next != EXT_ROUTING &&
		    next != EXT_FRAGMENT && next != EXT_AUTH &&
		    next != EXT_DESTINATION)
			break;
		frame->key.protocol = next;
		if (captured < at + 8)
			return true;
		if (next == EXT_FRAGMENT && (get16(data + at + 2) & 0xfff8)) {
			frame->key.protocol = data[at];
			return true;
		}
		length = next == EXT_FRAGMENT ? 8 :
			 next == EXT_AUTH ? (data[at + 1] + 2u) * 4 :
					    (data[at + 1] + 1u) * 8;
		next = data[at];
		at += length;
	}
	frame->key.protocol = next;
	if (captured > at && end > at)
		parse_transport(data + at, captured - at, end - at, frame);
	return true;
}

bool sluice_frame_parse(const uint8_t *data, uint32_t captured,
			uint32_t link_type, struct sluice_frame *ret_frame)
{
	uint32_t at = ETHERNET_BYTES, type;

	memset(ret_frame, 0, sizeof(*ret_frame));
	if (link_type == SLUICE_LINKTYPE_RAW) {
		if (!captured)
			return false;
		return data[0] >> 4 == 6 ? parse_ipv6(data, captured, ret_frame)
					 : parse_ipv4(data, captured, ret_frame);
	}
	if (link_type != SLUICE_LINKTYPE_ETHERNET || captured < ETHERNET_BYTES)
		return false;
	type = get16(data + 12);
	for (int i = 0; i < VLAN_TAGS_MAX; i++) {
		if (type != ETHERTYPE_VLAN && type != ETHERTYPE_QINQ)
			break;
		if (captured < at + VLAN_TAG_BYTES)
			return false;
		type = get16(data + at + 2);
		at += VLAN_TAG_BYTES;
	}
	if (type == ETHERTYPE_IPV4)
		return parse_ipv4(data + at, captured - at, ret_frame);
	if (type == ETHERTYPE_IPV6)
		return parse_ipv6(data + at, captured - at, ret_frame);
	return false;
}

void sluice_flow_address_print(const struct sluice_flow_key *key,
			       bool is_source, char *text, size_t text_size)
{
	if (!inet_ntop(key->ip_version == 6 ? AF_INET6 : AF_INET,
		       is_source ? key->source : key->destination, text,
		       (socklen_t)text_size))
		snprintf(text, text_size, "?");
}

/*
 * Open addressing with linear probing over indices into a dense array of
 * keys; at most half full. The last key is remembered: packets come in trains.
 */
struct sluice_flows {
	struct sluice_flow_key *keys;
	uint32_t *slots;		/* number + 1; 0: free */
	uint32_t count;
	uint32_t slot_mask;
	uint32_t last;
};

#define SLOTS_FIRST	64u
#define FLOWS_MAX	(1u << 28)

static uint64_t key_hash(const struct sluice_flow_key *key)
{
	uint64_t words[5], hash = 0;

	static_assert(sizeof(words) == sizeof(*key), "a key is five words");
	memcpy(words, key, sizeof(words));
	for (int i = 0; i < 5; i++) {
		hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15ull;
		hash ^= hash >> 29;
	}
	return hash;
}

static int flows_resize(struct sluice_flows *flows, uint32_t slots)
{
	uint32_t *table = calloc(slots, sizeof(*table));
	struct sluice_flow_key *keys =
		realloc(flows->keys, slots / 2 * sizeof(*keys));

	if (keys)
		flows->keys = keys;
	if (!table || !keys) {
		free(table);
		return -1;
	}
	for (uint32_t i = 0; i < flows->count; i++) {
		uint32_t at = (uint32_t)key_hash(&keys[i]) & (slots - 1);

		while (table[at])
			at = (at + 1) & (slots - 1);
		table[at] = i + 1;
	}
	free(flows->slots);
	flows->slots = table;
	flows->slot_mask = slots - 1;
	return 0;
}

struct sluice_flows *sluice_flows_create(void)
{
	struct sluice_flows *flows = calloc(1, sizeof(*flows));

	if (flows && flows_resize(flows, SLOTS_FIRST) < 0) {
		sluice_flows_free(flows);
		return NULL;
	}
	return flows;
}

void sluice_flows_free(struct sluice_flows *flows)
{
	if (!flows)
		return;
	free(flows->keys);
	free(flows->slots);
	free(flows);
}

/* The slot of a flow, or the free one where it belongs. */
static uint32_t slot_of(const struct sluice_flows *flows,
			const struct sluice_flow_key *key)
{
	uint32_t at = (uint32_t)key_hash(key) & flows->slot_mask;

	while (flows->slots[at] &&
	       memcmp(&flows->keys[flows->slots[at] - 1], key, sizeof(*key)))
		at = (at + 1) & flows->slot_mask;
	return at;
}

int64_t sluice_flows_find(struct sluice_flows *flows,
			  const struct sluice_flow_key *key)
{
	uint32_t at;

	if (flows->count && !memcmp(&flows->keys[flows->last], key, sizeof(*key)))
		return flows->last;
	at = slot_of(flows, key);
	if (!flows->slots[at])
		return -1;
	return flows->last = flows->slots[at] - 1;
}

int64_t sluice_flows_number(struct sluice_flows *flows,
			    const struct sluice_flow_key *key)
{
	int64_t number = sluice_flows_find(flows, key);

	if (number >= 0)
		return number;
	if (flows->count * 2 >= flows->slot_mask &&
	    (flows->count >= FLOWS_MAX ||
	     flows_resize(flows, (flows->slot_mask + 1) * 2) < 0))
		return -1;
	flows->keys[flows->count] = *key;
	flows->slots[slot_of(flows, key)] = ++flows->count;
	return flows->last = flows->count - 1;
}

uint32_t sluice_flows_count(const struct sluice_flows *flows)
{
	return flows->count;
}

const struct sluice_flow_key *sluice_flows_key(const struct sluice_flows *flows,
					       uint32_t number)
{
	return &flows->keys[number];
}
