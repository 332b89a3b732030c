/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What one burst tells: who lost what is missing, how fast it left and how fast
 * it arrived. Pure.
 */
#ifndef SLUICE_BURST_JUDGE_H
#define SLUICE_BURST_JUDGE_H

#include "burst_packet.h"

enum burst_outcome {
	BURST_LOSSLESS,
	BURST_LOST,		/* by the path */
	BURST_LOST_HERE,	/* all that is missing, by the sending host */
	BURST_LOST_THERE,	/* all of it by the receiver's socket or this host */
	BURST_STRETCHED,	/* lossless, but it was not back to back */
	BURST_OUTCOMES,
};

/**
 * struct burst_sent - how a burst left
 * @packets: in it
 * @packet_bytes: of each as IP counts, headers included
 * @bundles: that the kernel was given them in
 * @call_ns: how long it took to hand over all of them
 * @stamped_packets: those in front of the last bundle; 0: there are no stamps
 * @stamped_ns: from the first to the last bundle, as the driver got them
 * @dropped: packets that this host's qdiscs dropped meanwhile, of whomever
 * @line_bits_ps: what the device can carry of such packets; 0: not known
 */
struct burst_sent {
	uint32_t packets;
	uint32_t packet_bytes;
	uint32_t bundles;
	uint64_t call_ns;
	uint32_t stamped_packets;
	uint64_t stamped_ns;
	uint64_t dropped;
	uint64_t line_bits_ps;
};

/**
 * struct burst_probe - one burst
 * @sent: how it left
 * @report: what arrived
 * @outcome: what that means
 * @lost: packets that are missing
 * @lost_here: as many of them as this host dropped
 * @lost_there: as many as the receiver's socket had no room for
 * @burst_bits_ps: it left at that rate, or faster; 0: not known
 * @is_stamped: this is from the driver's stamps, not from the time of the call
 * @arrival_bits_ps: it arrived at that rate; 0: too few arrived, or at once
 * @drained_pkts: that left the bottleneck while it was being sent
 * @is_counted: it went into the verdict; others were sent again
 */
struct burst_probe {
	struct burst_sent sent;
	struct burst_report report;
	enum burst_outcome outcome;
	uint32_t lost;
	uint32_t lost_here;
	uint32_t lost_there;
	uint64_t burst_bits_ps;
	bool is_stamped;
	uint64_t arrival_bits_ps;
	uint64_t drained_pkts;
	bool is_counted;
};

/**
 * struct burst_known - what the bursts before have told
 * @arrivals: the most packets that arrived of one
 * @arrival_bits_ps: the fastest that at least half as many arrived: a bottleneck
 *	cannot be exceeded, but a host that is interrupted makes all slower
 * @long_bits_ps: the fastest that one of these left
 * @burst_bits_ps: the fastest that this host has sent
 */
struct burst_known {
	uint32_t arrivals;
	uint64_t arrival_bits_ps;
	uint64_t long_bits_ps;
	uint64_t burst_bits_ps;
};

/*
 * Fill in what follows from @probe->sent and @probe->report, and learn from it.
 */
void burst_judge(struct burst_probe *probe, struct burst_known *known);

/*
 * The rate of the bottleneck; 0: none was seen, long bursts arrived as fast as
 * they left, to a tenth.
 */
uint64_t burst_bottleneck_bits_ps(const struct burst_known *known);

/*
 * The room that the bottleneck has, from the longest burst that lost nothing:
 * what did not drain meanwhile. 0: the two rates are not known, or nothing slowed
 * it.
 */
uint64_t burst_buffer_bytes(const struct burst_probe *probe,
			    const struct burst_known *known);

/* What a line carries of such packets: 38 bytes of Ethernet stand around each. */
uint64_t burst_line_bits_ps(uint64_t link_bits_ps, uint32_t packet_bytes);
/* And the other way round. */
uint64_t burst_wire_bits_ps(uint64_t packet_bits_ps, uint32_t packet_bytes);

#endif
