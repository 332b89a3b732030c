// SPDX-License-Identifier: GPL-2.0
#include "copies.h"

#include <string.h>

#define SLL_BYTES	16u
#define SLL2_BYTES	20u
#define VLAN_BYTES	4u
#define BEHIND_BYTES	20u		/* of TCP its header, of UDP also of what it carries */
/* A counter of 16 bits comes round no sooner at a million packets a second. */
#define NUMBERED_NS	65000000u
#define UNNUMBERED_NS	1000000u
#define COPIED_MIN_PKTS	8u
#define MIN_PERCENT	5u
#define MIX		0x9e3779b97f4a7c15ull

/* Where IP begins; captured_bytes or more: nowhere. */
static uint32_t ip_at(const struct sluice_pcap_record *record)
{
	uint32_t at = FRAME_ETHERNET_BYTES;

	switch (record->link_type) {
	case SLUICE_LINKTYPE_ETHERNET:
		while (at + VLAN_BYTES <= record->captured_bytes &&
		       frame_get16(record->data + at - 2) == FRAME_VLAN)
			at += VLAN_BYTES;
		return at;
	case SLUICE_LINKTYPE_SLL:
		return SLL_BYTES;
	case SLUICE_LINKTYPE_SLL2:
		return SLL2_BYTES;
	case SLUICE_LINKTYPE_RAW:
		return 0;
	default:
		return UINT32_MAX;
	}
}

static uint64_t mix(uint64_t print, const uint8_t *from, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i += 4) {
		print = (print ^ frame_get32(from + i)) * MIX;
		print ^= print >> 29;
	}
	return print;
}

/* What lies behind IP is TCP with data; its fixed header is there. */
static bool has_data(const uint8_t *tcp, uint32_t bytes)
{
	return bytes > (tcp[12] >> 4) * 4u;
}

/* 0: nothing that is looked at. */
static uint64_t print_of(const uint8_t *ip, uint32_t captured, uint64_t *ret_life_ns)
{
	bool is_v6 = captured && ip[0] >> 4 == 6;
	uint32_t header = is_v6 ? FRAME_IPV6_BYTES : FRAME_IPV4_BYTES, bytes;
	const uint8_t *behind = ip + header;
	bool is_numbered;

	if (captured < header + BEHIND_BYTES || (!is_v6 && ip[0] != 0x45) ||
	    !scope_copies_is_wanted(behind))
		return 0;
	bytes = is_v6 ? frame_get16(ip + 4) : frame_get16(ip + 2) - header;
	is_numbered = !is_v6 && (ip[4] || ip[5]);
	if (!is_numbered && ((is_v6 ? ip[6] : ip[9]) != SLUICE_PROTOCOL_TCP ||
			     !has_data(behind, bytes)))
		return 0;
	*ret_life_ns = is_numbered ? NUMBERED_NS : UNNUMBERED_NS;
	/* IPv6: length and next header without the hop limit; IPv4: length to fragment */
	return mix(is_v6 ? mix(mix(ip[6], ip + 8, 32), ip + 2, 4) & ~1ull :
		   mix(mix(ip[9], ip + 12, 8), ip + 2, 4), behind,
		   BEHIND_BYTES) | 1;
}

void scope_copies_look(struct scope_copies *copies,
		       const struct sluice_pcap_record *record)
{
	uint32_t at = ip_at(record), slot;
	uint64_t print, life_ns, age_ns;

	if (at >= record->captured_bytes)
		return;
	print = print_of(record->data + at, record->captured_bytes - at,
			 &life_ns);
	if (!print)
		return;
	copies->looked_pkts++;
	slot = print >> 52;
	age_ns = record->time_ns - copies->slot[slot].time_ns;
	/* stamps of two interfaces need not be in order */
	if (copies->slot[slot].print == print && age_ns + life_ns < 2 * life_ns)
		copies->copied_pkts++;
	copies->slot[slot].print = print;
	copies->slot[slot].time_ns = record->time_ns;
}

uint32_t scope_copies_percent(const struct scope_copies *copies)
{
	uint64_t percent = copies->looked_pkts ?
			   copies->copied_pkts * 100 / copies->looked_pkts : 0;

	return copies->copied_pkts >= COPIED_MIN_PKTS && percent >= MIN_PERCENT ?
	       (uint32_t)percent : 0;
}
