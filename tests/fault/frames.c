// SPDX-License-Identifier: GPL-2.0
/*
 * fault frames DEV NS PEER: frames of every size, as raw frames (AF_PACKET) and
 * as UDP, one by one: each arrives whole and alone, or is refused by the stack
 * before it reaches the qdisc.
 */
#include "fault.h"
#include "packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_NS		(100 * NSEC_PER_MSEC)

static void counters_get(int device, struct fault_qdisc *ret)
{
	if (qdisc_get(device, TC_H_ROOT, ret) || !ret->is_there)
		die("cannot read the counters");
}

static void frame_judge(int device, int tx, int rx, size_t bytes)
{
	struct fault_qdisc before, after;
	uint8_t frame[16384] = { 0 };
	struct packet_tally tally;
	uint64_t wire, want;
	long sent;
	int err;

	packet_header(frame, ETH_P_LOOPBACK);
	counters_get(device, &before);
	sent = send(tx, frame, bytes, 0);
	err = errno;
	sleep_ns(WAIT_NS);
	packet_drain(rx, &tally);
	counters_get(device, &after);
	if (sent < 0) {
		ok(after.xstats.enqueued_pkts == before.xstats.enqueued_pkts &&
		   !tally.frames,
		   "P9: a frame of %zu bytes is refused by the socket (%s)",
		   bytes, strerror(err));
		return;
	}
	ok(tally.frames == 1 && tally.bytes == bytes,
	   "P9: a frame of %zu bytes arrives", bytes);
	wire = after.xstats.sent_wire_bytes - before.xstats.sent_wire_bytes;
	want = (bytes < 60 ? 60 : bytes) + 24;
	ok(wire == want && after.xstats.sent_frames ==
				   before.xstats.sent_frames + 1 &&
		   !after.qlen,
	   "P2: it counts as %llu wire bytes (%llu)", (unsigned long long)want,
	   (unsigned long long)wire);
}

static void datagram_judge(int device, const char *address, int rx,
			   size_t bytes)
{
	static uint8_t data[65536];
	struct fault_qdisc before, after;
	struct packet_tally tally;
	int fd = udp_connect(address, FAULT_PORT);
	long sent;

	counters_get(device, &before);
	sent = send(fd, data, bytes, 0);
	sleep_ns(WAIT_NS);
	packet_drain(rx, &tally);
	counters_get(device, &after);
	ok(sent == (long)bytes && tally.frames >= 1 && !after.qlen &&
		   after.xstats.sent_frames - before.xstats.sent_frames ==
			   tally.frames,
	   "P9: a datagram of %zu bytes arrives in %u frames at %s", bytes,
	   tally.frames, address);
	close(fd);
}

int main_frames(int argc, char **argv)
{
	static const size_t sizes[] = { 1, 13, 14, 15, 59, 60, 61, 64, 1513,
					1514, 1515, 1518, 1519, 9000 };
	static const size_t lengths[] = { 0, 1, 18, 1472, 1473, 65000 };
	int device, tx, rx;
	size_t i;

	if (argc < 4)
		return 2;
	device = device_index(argv[0]);
	netns_enter("-");
	netns_enter(argv[1]);
	rx = packet_open(argv[2], false);
	netns_enter("-");
	tx = packet_open(argv[0], false);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		frame_judge(device, tx, rx, sizes[i]);
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		datagram_judge(device, argv[3], rx, lengths[i]);
		if (argc > 4)
			datagram_judge(device, argv[4], rx, lengths[i]);
	}
	return 0;
}
