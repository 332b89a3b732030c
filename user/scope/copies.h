/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets that a capture has twice. Taken on all interfaces of a host that bridges or
 * forwards, or at a mirror port that copies both of its sides, each comes once for each
 * of them. Counted so, rates are doubled and every segment is sent again.
 *
 * A copy has the same addresses, length, IP identification and first bytes behind
 * IP as one shortly before; TTL and IP's checksum may differ. Of what IP does not
 * number (IPv6, identification 0) only TCP's data is looked at, and for a shorter time:
 * bare ACKs may be equal. One packet in eight is looked at, so that it costs little.
 */
#ifndef SLUICE_SCOPE_COPIES_H
#define SLUICE_SCOPE_COPIES_H

#include <stdint.h>

#include "../lib/frame_parts.h"
#include "../lib/pcap.h"

#define SCOPE_COPIES_SLOTS	4096u

struct scope_copies {
	uint64_t looked_pkts;
	uint64_t copied_pkts;
	struct {
		uint64_t print;		/* 0: free */
		uint64_t time_ns;
	} slot[SCOPE_COPIES_SLOTS];
};

/* As scope_copies_add, of a packet that may be looked at. */
void scope_copies_look(struct scope_copies *copies,
		       const struct sluice_pcap_record *record);

/* Is a packet looked at, by what is behind its IP header: the same for each copy. */
static inline bool scope_copies_is_wanted(const uint8_t *behind)
{
	return !((behind[5] ^ behind[6] ^ behind[7]) * 0x9du >> 3 & 7);
}

/* The next record of a file; stamps of several interfaces need not be in order. */
static inline void scope_copies_add(struct scope_copies *copies,
				    const struct sluice_pcap_record *record)
{
	const uint32_t behind = FRAME_ETHERNET_BYTES + FRAME_IPV4_BYTES;

	/* Plain IPv4, as most packets are, is told apart here. */
	if (record->link_type == SLUICE_LINKTYPE_ETHERNET &&
	    record->captured_bytes >= behind + FRAME_TCP_BYTES &&
	    frame_get32(record->data + 12) >> 8 == 0x080045 &&
	    !scope_copies_is_wanted(record->data + behind))
		return;
	scope_copies_look(copies, record);
}

/* So many packets of a hundred, about, have a copy before them; 0: few have. */
uint32_t scope_copies_percent(const struct scope_copies *copies);

#endif
