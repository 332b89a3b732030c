/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the scope's BPF programs hand to user space: a record of each packet
 * through a ring per CPU, or sums of the kernel's ticks. Shared by bpf/ and user/scope.
 */
#ifndef SLUICE_SCOPE_RECORD_H
#define SLUICE_SCOPE_RECORD_H

#include <linux/types.h>

/* Bits of scope_record.flags. */
#define SCOPE_RECORD_IN		0x01u	/* received; otherwise it leaves */
#define SCOPE_RECORD_IP		0x02u	/* addresses and protocol are known */
#define SCOPE_RECORD_IPV6	0x04u
#define SCOPE_RECORD_PORTS	0x08u	/* ports are known */
#define SCOPE_RECORD_TRANSPORT	0x10u	/* header_bytes, TCP's fields are known */
#define SCOPE_RECORD_TAG	0x20u	/* bytes has a VLAN tag that data has not */
#define SCOPE_RECORD_DSACK	0x40u	/* first SACK block lies below the ACK */
#define SCOPE_RECORD_MAC_CONTROL 0x80u	/* of this line alone: PAUSE, gap frames */

/**
 * struct scope_record - one packet; how much of it there is depends on the flags
 * @mono_ns: CLOCK_MONOTONIC when it was seen
 * @length: bytes without FCS, and in the upper 8 bits those of them that are
 *	padding behind the IP packet
 * @segment_bytes: payload of each frame of a super-packet; 0: it is a frame
 * @flags: SCOPE_RECORD_…
 * @protocol: of IP
 * @source_port: network order, as what follows
 * @destination_port: of TCP or UDP
 * @tcp_sequence: of TCP; of UDP the first 4 bytes of the payload, 0 if it has not 8
 * @tcp_ack: of TCP; of UDP the next 4
 * @tcp_window: not scaled
 * @tcp_flags: SLUICE_TCP_…
 * @header_bytes: in front of the payload, all layers
 * @address: source, then destination; IPv4 has the first two words
 */
struct scope_record {
	__u64 mono_ns;
	__u32 length;
	__u16 segment_bytes;
	__u8 flags;
	__u8 protocol;
	__u16 source_port;
	__u16 destination_port;
	__u32 tcp_sequence;
	__u32 tcp_ack;
	__u16 tcp_window;
	__u8 tcp_flags;
	__u8 header_bytes;
	__u32 address[8];
};

#define SCOPE_RECORD_BYTES(length)	((length) & 0xffffffu)
#define SCOPE_RECORD_PADDING(length)	((length) >> 24)

/* How much of a record is written. */
#define SCOPE_RECORD_BARE_BYTES	16u	/* no IP */
#define SCOPE_RECORD_IPV4_BYTES	40u
#define SCOPE_RECORD_IPV6_BYTES	64u
/* Behind a record, where departures were asked for: __u64, skb->tstamp; 0: not known. */
#define SCOPE_STAMP_BYTES	8u
#define SCOPE_RECORD_BYTES_MAX	(SCOPE_RECORD_IPV6_BYTES + SCOPE_STAMP_BYTES)

/* A position has no other bits: records begin at multiples of 8. */
#define SCOPE_LANE_MASK(lane_bytes)	((lane_bytes) - 8u)

/* The array of what is switched on and off while the programs run. */
struct scope_control {
	__u32 is_off;
	__u32 reserved;
};

/*
 * Where a CPU leaves its records: a ring of bytes that this CPU alone writes and
 * user space alone reads, so nobody takes a lock. Programs run with softirqs
 * off, so none interrupts another of the same CPU. Positions only grow; a
 * record lies at position & mask in one piece, the last one reaches beyond.
 *
 * @head: the CPU has written up to there
 * @missed_pkts: found no room, by direction: out, in
 * @missed_bytes: the same
 * @stamp_at: position of the record whose stamp comes next
 * @stamp_offset: where in it
 * @stamp_for_bytes: length of that packet; 0: none waits for its stamp
 * @tail: user space has read up to there
 * @data: the ring, and SCOPE_RECORD_BYTES_MAX behind it
 */
struct scope_lane {
	__u64 head;
	__u64 missed_pkts[2];
	__u64 missed_bytes[2];
	__u64 stamp_at;
	__u32 stamp_offset;
	__u32 stamp_for_bytes;
	__u64 reserved;
	__u64 tail;			/* from here on in another cache line */
	__u64 reserved_tail[7];
	__u8 data[];
};

#define SCOPE_LANE_BYTES_MIN	4096u
/* The kernel makes no value of an array larger than 4 MB. */
#define SCOPE_LANE_BYTES_MAX	(2u << 20)
#define SCOPE_LANE_VALUE_BYTES(lane_bytes)	\
	(sizeof(struct scope_lane) + (lane_bytes) + SCOPE_RECORD_BYTES_MAX)

/**
 * struct scope_constants - what the programs are told before they are loaded
 * @lane_mask: SCOPE_LANE_MASK()
 * @lane_bytes: ring of each lane, a power of two
 * @is_raw: packets of the device begin with IP: a tunnel's
 * @has_out: at the packet socket, where both pass: what leaves is wanted
 * @has_in: what is received is wanted
 * @has_stamps: records have a stamp behind them
 * @ifindex: of the device, for stamps
 * @netns_inode: of its network namespace; 0: not known
 */
struct scope_constants {
	__u32 lane_mask;
	__u32 lane_bytes;
	__u32 is_raw;
	__u32 has_out;
	__u32 has_in;
	__u32 has_stamps;
	__u32 ifindex;
	__u32 netns_inode;
};

/*
 * Sums of one CPU and direction: a ring of buckets, each with the number of its tick
 * (jiffies), so that none is ever cleared. Reading the clock costs more than all else that is
 * done to count a packet, so that is done once for each bucket.
 *
 * @begin_ns: CLOCK_MONOTONIC when its first packet came
 * @wire_bytes: at layer 1, of all frames of super-packets
 * @pkts: super-packets are one
 * @more_frames: that super-packets are cut into or were joined from, but one of each
 * @unknown_supers: super-packets whose frames are not known: they count as one frame
 * @mac_control_frames: of this line alone (SCOPE_RECORD_MAC_CONTROL), and in no other sum
 * @mac_control_wire_bytes: of these
 */
#define SCOPE_BUCKETS		1024u	/* 1 s where a tick is shortest */

struct scope_bucket {
	__u64 tick;
	__u64 begin_ns;
	__u64 wire_bytes;
	__u64 pkts;
	__u64 more_frames;
	__u64 unknown_supers;
	__u64 mac_control_frames;
	__u64 mac_control_wire_bytes;
};

struct scope_buckets {
	__u32 at;			/* number in the ring of the one under way */
	__u32 reserved;
	struct scope_bucket ring[SCOPE_BUCKETS];
};

#endif
