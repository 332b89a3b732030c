/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What has arrived of one burst: each index once, when, in what order. And the
 * report that is made of it. Pure: stamps come with the packets.
 */
#ifndef SLUICE_BURST_ARRIVALS_H
#define SLUICE_BURST_ARRIVALS_H

#include "burst_packet.h"

/**
 * struct burst_arrivals - a burst as its receiver sees it
 * @packets: in the burst, at most BURST_PACKETS_CEILING
 * @received: different ones of them
 * @duplicates: that came again
 * @reordered: that came after one with a higher index
 * @highest: index that has been seen
 * @here: a bit for each index
 * @stamp_ns: of each arrival, the first at [0]; duplicates have none
 */
struct burst_arrivals {
	uint32_t packets;
	uint32_t received;
	uint32_t duplicates;
	uint32_t reordered;
	uint32_t highest;
	uint64_t here[BURST_PACKETS_CEILING / 64];
	uint64_t stamp_ns[BURST_PACKETS_CEILING];
};

/* Nothing has come yet of a burst of @packets, at most BURST_PACKETS_CEILING. */
void burst_arrivals_begin(struct burst_arrivals *arrivals, uint32_t packets);

/*
 * One packet, in the order of arrival; @stamp_ns: when the kernel received it. An
 * index that is not of this burst is not counted.
 */
void burst_arrivals_add(struct burst_arrivals *arrivals, uint32_t index,
			uint64_t stamp_ns);

/*
 * What the sender is told; fills all of @ret. @overflowed: datagrams that the socket
 * has lost since the burst began.
 */
void burst_arrivals_report(const struct burst_arrivals *arrivals,
			   uint32_t overflowed, struct burst_report *ret);

#endif
