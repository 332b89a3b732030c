/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A packet as the scope takes it in, whatever saw it: a capture file, a packet
 * socket, a BPF program. And what is known of the place that saw it (S1).
 */
#ifndef SLUICE_SCOPE_PACKET_H
#define SLUICE_SCOPE_PACKET_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "../lib/frame.h"

/* Of 1500 bytes with tags, labels, tunnels. What is longer is a jumbo frame, or none. */
#define SCOPE_FRAME_MAX_BYTES	1600u

enum scope_direction {
	SCOPE_ANY,			/* the source does not tell */
	SCOPE_OUT,
	SCOPE_IN,
	SCOPE_DIRECTIONS,
};

/**
 * struct scope_packet - one packet
 * @time_ns: when it was seen, in the clock of its vantage
 * @bytes: its length there, without FCS; of a super-packet, as it stands
 * @segment_bytes: payload of each frame that it will be cut into, or was joined
 *	from; 0: it is a frame
 * @is_mac_control: it ends with this line (sluice_frame_is_mac_control()): it is
 *	counted, and is in no figure
 * @reserved: 0
 * @is_special: it is either, as few are: all of these in one word
 * @direction: SCOPE_…
 * @has_flow: @flow has been looked up (scope_look_up); sources leave it false
 * @is_next: until then: it is of the flow of the packet before it; then false
 * @flow: number of the flow in its scope
 * @is_ip: @frame is known; otherwise it counts in sums only
 * @frame: flow, and TCP's fields
 * @mark: of what is not TCP the first 8 bytes of the payload, where @frame has none;
 *	0: not known
 * @departure_ns: when it was meant to leave, in the same clock as @time_ns; 0: not known
 */
struct scope_packet {
	uint64_t time_ns;
	uint32_t bytes;
	union {
		struct {
			uint16_t segment_bytes;
			bool is_mac_control;
			uint8_t reserved;
		};
		uint32_t is_special;
	};
	uint8_t direction;
	bool is_ip;
	bool has_flow;
	bool is_next;
	uint32_t flow;
	struct sluice_frame frame;
	uint64_t mark;
	uint64_t departure_ns;
};

/* For one that outlives its bytes: what its payload begins with is in its mark from here on. */
static inline void scope_packet_settle(struct scope_packet *packet)
{
	if (packet->is_ip && packet->frame.payload &&
	    packet->frame.payload_captured_bytes >= sizeof(packet->mark))
		memcpy(&packet->mark, packet->frame.payload,
		       sizeof(packet->mark));
	packet->frame.payload = NULL;
}

/* Where stamps were taken. The name is what JSON and people get. */
enum scope_stamp_class {
	SCOPE_STAMP_VIRTUAL,		/* "virtual": the lab's clock, exact */
	SCOPE_STAMP_HARDWARE,		/* "hardware": by the NIC */
	SCOPE_STAMP_QDISC,		/* "qdisc": BPF behind the qdisc, before the driver */
	SCOPE_STAMP_TAP,		/* "tap": a packet socket, same place */
	SCOPE_STAMP_SNIFFED,		/* "sniffed": a capture file that does not say more */
	SCOPE_STAMP_STACK,		/* "stack": BPF at tc's hooks: in front of the qdisc, or received */
	SCOPE_STAMP_SOFTIRQ,		/* "softirq": BPF or a packet socket, of what is received */
};

/**
 * struct scope_vantage - a place that packets are seen at
 * @name: "qdisc:eth0", "wire:FILE"; what results are filed under
 * @stamp: class of its time stamps
 * @resolution_ns: their step
 * @uncertainty_ns: what a stamp may be wrong by, at least; gaps below it are
 *	censored
 * @is_coalesced: received packets here were stamped after interrupt moderation
 *	or joined (GRO): trains may be made by that
 * @has_supers: packets may be super-packets, so gaps between frames are not known
 * @line_rate_bits_ps: of the medium; 0: not known
 * @clock: that stamps are of: "realtime", "monotonic", "ptp0"; "": the source does not tell
 * @clock_ahead_ns: of CLOCK_REALTIME, when looking began; it has been taken away from the
 *	times of packets
 * @clock_error_ns: what that may be wrong by
 */
struct scope_vantage {
	char name[160];
	enum scope_stamp_class stamp;
	char clock[16];
	int64_t clock_ahead_ns;
	uint32_t clock_error_ns;
	uint32_t resolution_ns;
	uint32_t uncertainty_ns;
	bool is_coalesced;
	bool has_supers;
	uint64_t line_rate_bits_ps;
};

#endif
