/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bytes that a frame occupies on an Ethernet wire (invariant P2, "L1-true").
 *
 *	| preamble 7 | SFD 1 | header .. payload (padded to 60) | FCS 4 | gap 12 |
 *
 * Source: IEEE 802.3-2022 clause 3.1.1 (frame format), 4.2.3.3 (minFrameSize)
 * and 4.4.2 (interPacketGap of 96 bit times).
 */
#ifndef SLUICE_CORE_WIRE_H
#define SLUICE_CORE_WIRE_H

#include "types.h"

/* Smallest frame without FCS: minFrameSize 64 less FCS 4. */
#define PACE_FRAME_MIN_BYTES		60
/* Preamble and SFD 8, FCS 4, inter-packet gap 12. */
#define PACE_OVERHEAD_DEFAULT_BYTES	24
/* Room for a lower layer's framing (ATM, tunnels added after the qdisc). */
#define PACE_OVERHEAD_MAX_BYTES		256
/* A VLAN tag that the device inserts is not in the frame's length yet. */
#define PACE_VLAN_TAG_BYTES		4

/**
 * pace_wire_bytes - L1 bytes of one frame
 * @frame_bytes: length from the first byte of the header to the last of the
 *	payload, as in skb->len at a qdisc: 0 to 2^20
 * @tag_bytes: tags that the device adds (0 or PACE_VLAN_TAG_BYTES)
 * @overhead_bytes: L1 bytes added to every frame, 0 to PACE_OVERHEAD_MAX_BYTES
 *
 * The tag counts towards the minimum frame: it is sent inside of it.
 *
 * Return: bytes of wire time, never less than the minimum frame's.
 */
static inline u32 pace_wire_bytes(u32 frame_bytes, u32 tag_bytes,
				  u32 overhead_bytes)
{
	u32 bytes = frame_bytes + tag_bytes;

	if (bytes < PACE_FRAME_MIN_BYTES)
		bytes = PACE_FRAME_MIN_BYTES;
	return bytes + overhead_bytes;
}

#endif
