/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What the sluice qdisc and its users say to each other.
 *
 * Options travel as attributes inside TCA_OPTIONS, statistics as one
 * struct tc_sluice_xstats inside TCA_STATS_APP (TCA_STATS2), and each flow as a
 * class with a struct tc_sluice_flow_xstats in the same place. Every quantity
 * carries its unit in its name. An option that is absent keeps its value
 * (change) or takes its default (add, replace by a new qdisc). An option that
 * is unknown, given twice or out of range refuses the whole request.
 */
#ifndef _UAPI_LINUX_SLUICE_H
#define _UAPI_LINUX_SLUICE_H

#include <linux/types.h>

/**
 * enum - options of the qdisc
 *
 * @TCA_SLUICE_RATE_BYTES_PS: u64, device rate in wire (L1) bytes/s, 1000 to
 *	2 * 10^12; 0: as fast as the device takes frames (default). Below mq the
 *	qdiscs of a device share one clock: it holds for all of them together
 * @TCA_SLUICE_OVERHEAD_BYTES: u32, L1 bytes added to every frame, 0 to 256
 *	(default 24: preamble 8, FCS 4, inter-frame gap 12)
 * @TCA_SLUICE_MAXRATE_BYTES_PS: u64, ceiling per flow in wire bytes/s, range as
 *	the device rate; 0: none (default)
 * @TCA_SLUICE_GAIN_PERCENT: u32, wire bytes/s of a TCP flow in percent of the
 *	payload bytes/s that TCP computed from its window, 25 to 400 (default 90:
 *	1.08 * cwnd / srtt). A congestion control that sets its pacing rate by
 *	itself (BBR) has that rate in payload
 * @TCA_SLUICE_GAIN_SS_PERCENT: u32, the same in slow start, 25 to 400 (default
 *	69: 1.38 * cwnd / srtt)
 * @TCA_SLUICE_BURST_FRAMES: u32, longest train of one flow in frames, 1 to 64;
 *	0: one frame, and more only while the timers are too late (default)
 * @TCA_SLUICE_BURST_NS: u64, longest train of one flow in time, 1 to 10^9 ns;
 *	0: as TCA_SLUICE_BURST_FRAMES says (default); not both
 * @TCA_SLUICE_LIMIT_PKTS: u32, packets held in all, 1 to 2^24 (default 10000);
 *	a super-packet counts once, also while it is cut and its frames wait
 * @TCA_SLUICE_FLOW_LIMIT_PKTS: u32, packets held of one flow, 1 to 2^24
 *	(default 100); beside them as many, and at least a 64th of
 *	TCA_SLUICE_LIMIT_PKTS, that wait for no departure: ACK, SYN, FIN, RST
 * @TCA_SLUICE_HORIZON_NS: u64, how far in the future a departure may be asked
 *	for, 10^3 to 10^12 ns (default 10^10); what lies beyond leaves there
 * @TCA_SLUICE_CE_THRESHOLD_NS: u64, mark ECN-capable packets held longer than
 *	this beyond the departure they asked for, or beyond the one at the rate
 *	that TCP wants, 0 to 10^12 ns, super-packets as a whole;
 *	2^64 - 1: never (default)
 * @TCA_SLUICE_CODEL_TARGET_NS: u64, hold time that CoDel accepts beyond what the
 *	gain, TCA_SLUICE_FORWARD_NS or TCA_SLUICE_SMOOTH_NS may add, 0 (CoDel off) to
 *	10^12 ns (default 5 * 10^6)
 * @TCA_SLUICE_CODEL_INTERVAL_NS: u64, how long it may be exceeded, 10^6 to
 *	10^12 ns (default 10^8)
 * @TCA_SLUICE_PAD: alignment
 * @TCA_SLUICE_TRAIN_FRAMES: u32, frames of a TCP super-packet that leave as one
 *	departure, with the gap of all of them behind it, 1 to 64 (default 1)
 * @TCA_SLUICE_OFFLOAD_HORIZON_NS: u64, how long before its departure a frame may be
 *	given to a device that keeps departures itself (launch time), 0 (never,
 *	default) to 10^7 ns
 * @TCA_SLUICE_FORWARD_NS: u64, most that a frame of a forwarded flow or of one of a
 *	guest, which has no socket here and so no rate, is held to leave evenly,
 *	10^4 to 10^8 ns; SLUICE_FORWARD_AUTO: a part of the flow's round trip, up to
 *	4 * 10^6 ns; 0: such frames leave as they come (default)
 * @TCA_SLUICE_SMOOTH_NS: u64, the same for UDP of this host's sockets that have
 *	neither a pacing rate nor SO_TXTIME, 10^4 to 10^8 ns; 0: they leave as they come
 * @TCA_SLUICE_GAP_FRAMES_NS: u64, how long before its departure a frame may be given
 *	to a device whose line is filled up to it with frames that the next bridge
 *	discards, 2 * 10^4 to 10^6 ns; 0: never (default). Not with
 *	TCA_SLUICE_OFFLOAD_HORIZON_NS; for the root of a device with one queue
 * @TCA_SLUICE_TIMER_SLACK_NS: u64, how late a timer may be so that it serves other
 *	departures as well, 0 (not at all, default) to 2 * 10^5 ns; not where
 *	TCA_SLUICE_OFFLOAD_HORIZON_NS or TCA_SLUICE_GAP_FRAMES_NS keep departures
 */
enum {
	TCA_SLUICE_UNSPEC,
	TCA_SLUICE_RATE_BYTES_PS,
	TCA_SLUICE_OVERHEAD_BYTES,
	TCA_SLUICE_MAXRATE_BYTES_PS,
	TCA_SLUICE_GAIN_PERCENT,
	TCA_SLUICE_GAIN_SS_PERCENT,
	TCA_SLUICE_BURST_FRAMES,
	TCA_SLUICE_BURST_NS,
	TCA_SLUICE_LIMIT_PKTS,
	TCA_SLUICE_FLOW_LIMIT_PKTS,
	TCA_SLUICE_HORIZON_NS,
	TCA_SLUICE_CE_THRESHOLD_NS,
	TCA_SLUICE_CODEL_TARGET_NS,
	TCA_SLUICE_CODEL_INTERVAL_NS,
	TCA_SLUICE_PAD,
	TCA_SLUICE_TRAIN_FRAMES,
	TCA_SLUICE_OFFLOAD_HORIZON_NS,
	TCA_SLUICE_FORWARD_NS,
	TCA_SLUICE_SMOOTH_NS,
	TCA_SLUICE_GAP_FRAMES_NS,
	TCA_SLUICE_TIMER_SLACK_NS,
	__TCA_SLUICE_MAX
};
#define TCA_SLUICE_MAX	(__TCA_SLUICE_MAX - 1)

#define SLUICE_RATE_MIN_BYTES_PS	1000ULL
#define SLUICE_RATE_MAX_BYTES_PS	2000000000000ULL
#define SLUICE_OVERHEAD_MAX_BYTES	256
#define SLUICE_GAIN_MIN_PERCENT		25
#define SLUICE_GAIN_MAX_PERCENT		400
#define SLUICE_BURST_MAX_FRAMES		64
#define SLUICE_BURST_MAX_NS		1000000000ULL
#define SLUICE_TRAIN_MAX_FRAMES		64
#define SLUICE_LIMIT_MAX_PKTS		(1U << 24)
#define SLUICE_HORIZON_MIN_NS		1000ULL
#define SLUICE_OFFLOAD_HORIZON_MAX_NS	10000000ULL
#define SLUICE_GAP_FRAMES_MIN_NS	20000ULL
#define SLUICE_GAP_FRAMES_MAX_NS	1000000ULL
#define SLUICE_TIMER_SLACK_MAX_NS	200000ULL
#define SLUICE_SMOOTH_MIN_NS		10000ULL
#define SLUICE_SMOOTH_MAX_NS		100000000ULL
#define SLUICE_FORWARD_AUTO		(~0ULL)
#define SLUICE_TIME_MAX_NS		1000000000000ULL
#define SLUICE_CODEL_INTERVAL_MIN_NS	1000000ULL
#define SLUICE_CE_THRESHOLD_OFF		(~0ULL)

/*
 * Histograms count powers of two: bucket 0 the value 0, bucket i the values
 * 2^(i-1) to 2^i - 1, the last one everything beyond.
 */
#define SLUICE_HIST_TIME_BUCKETS	36	/* the last from 17 s */
#define SLUICE_HIST_TRAIN_BUCKETS	12	/* the last from 1024 frames */

/**
 * struct tc_sluice_xstats - statistics; it only ever grows at its end
 *
 * Packets are what the stack hands over (super-packets count once), frames are
 * what the wire sees. When nothing is queued,
 *
 *	enqueued_pkts - super_pkts + super_pkt_frames
 *		= sent_frames + dropped_frames
 */
struct tc_sluice_xstats {
	/* What came and what left. */
	__u64 enqueued_pkts;		/* packets accepted */
	__u64 super_pkts;		/* of these, super-packets (GSO) */
	__u64 super_pkt_frames;		/* frames that those stand for */
	__u64 cut_pkts;			/* super-packets cut into frames */
	__u64 sent_frames;		/* frames handed to the device */
	__u64 sent_wire_bytes;		/* their L1 bytes */
	__u64 prompt_frames;		/* sent at once: ACK, SYN, FIN, RST (P6) */
	__u64 initial_window_frames;	/* paced over the handshake RTT (P7) */

	/* Promises that could not be kept (P8). */
	__u64 late_frames;		/* left after their departure time */
	__u64 horizon_capped_pkts;	/* asked for a time beyond the horizon */
	__u64 past_pkts;		/* asked for a time that had passed */
	__u64 foreign_clock_pkts;	/* time stamp of no departure: ignored */
	__u64 uncut_pkts;		/* no memory or code to cut: left whole */
	__u64 flow_alloc_failed_pkts;	/* no memory for a flow: not paced */

	/* Losses, each with its reason. */
	__u64 limit_dropped_pkts;
	__u64 flow_limit_dropped_pkts;
	__u64 codel_dropped_pkts;
	__u64 corrupt_dropped_pkts;	/* super-packet that cannot be cut */
	__u64 reset_dropped_pkts;	/* waited when the device went down */
	__u64 dropped_frames;		/* frames that the accepted of these were */

	/* Marks. */
	__u64 codel_marked_pkts;
	__u64 ce_threshold_marked_pkts;

	/* Timers and the burst that they need. */
	__u64 timer_wakeups;
	__u64 burst_grown;		/* times that the burst had to grow */
	__u64 burst_now_ns;		/* what may be caught up at present */
	__u64 lateness_max_ns;

	/* Flows. */
	__u64 flows_created;
	__u64 flows_freed;
	__u32 flows;			/* in memory */
	__u32 flows_waiting;		/* for their departure time */
	__u32 flows_due;		/* for the device */
	__u32 link_speed_mbits_ps;	/* as the device says, 0: unknown */

	__u64 lateness_ns_hist[SLUICE_HIST_TIME_BUCKETS];
	__u64 hold_ns_hist[SLUICE_HIST_TIME_BUCKETS];
	__u64 train_frames_hist[SLUICE_HIST_TRAIN_BUCKETS];

	__u64 offloaded_frames;		/* the device keeps their departure */
	__u64 forward_held_frames;	/* of forwarded flows, held to leave evenly */
	__u64 smooth_held_frames;	/* of UDP sockets without a rate, likewise */
	__u64 gap_frames;		/* that filled the line; nowhere else counted */
	__u64 gap_wire_bytes;		/* their L1 bytes */
	__u64 gap_alloc_failed_frames;	/* no memory for one: a timer kept the gap */

	/* 1: the option is off because the kernel took it back, since the device... */
	__u32 gap_is_ended;		/* got more queues, or may pause its partner */
	__u32 offload_is_ended;		/* made its queues anew */
};

/* Statistics of a flow are shorter than this, those of the qdisc are not. */
#define SLUICE_FLOW_XSTATS_LIMIT_BYTES	256

#define SLUICE_FLOW_WAITING		(1U << 0)	/* for its departure time */
#define SLUICE_FLOW_DUE			(1U << 1)	/* for the device */
#define SLUICE_FLOW_INITIAL_WINDOW	(1U << 2)	/* spread over the RTT (P7) */

/**
 * struct tc_sluice_flow_xstats - a flow; it only ever grows at its end
 *
 * A flow without packets is kept for some seconds, also when its socket is
 * closed. What it counts begins anew with a new socket at the same address.
 */
struct tc_sluice_flow_xstats {
	__u64 socket_cookie;		/* as SO_COOKIE and INET_DIAG say; 0: none */
	__u64 rate_bytes_ps;		/* in force, wire bytes; 0: none */
	__u64 asked_bytes_ps;		/* the socket's pacing rate; 0: none */
	__u64 sent_frames;
	__u64 sent_wire_bytes;
	__u64 lateness_sum_ns;		/* of all frames that had to wait */
	__u64 hold_ns;			/* since the first packet came; 0: none */
	__s64 departure_delta_ns;	/* from now to its departure; 0: none */
	__u32 lateness_max_ns;		/* at most 2^32 - 1 */
	__u32 queued_pkts;		/* the one that is being cut counts once */
	__u32 hash;			/* of a flow without connected socket, 17 bits */
	__u32 gain_percent;		/* on the socket's rate; 100: none */
	__u32 hold_max_ns;		/* that gain, forward or smooth may add; 0: nothing */
	__u32 flags;			/* SLUICE_FLOW_... */
};

#endif
