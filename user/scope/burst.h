/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The sender of a burst test: finds how long a burst may be before a path loses
 * of it.
 *
 * A burst is sent back to back, in bundles of UDP GSO where the device takes
 * them. Then a question follows it: through a first-in first-out queue the answer
 * comes when the burst has drained. Where packets are missing, the question is
 * asked again until nothing more has arrived for a pause. Then nothing is sent
 * for a pause, so that each burst finds the queues empty and token buckets full.
 *
 * A burst counts if the path decided about it. What this host's qdiscs dropped,
 * what the receiver's socket had no room for, and bursts that this host did not
 * send back to back are sent again, BURST_AGAIN_STEP times for one length and
 * BURST_AGAIN_ALL times in all; after that the verdict says what stands in the
 * way.
 *
 * Nothing here prints or exits.
 */
#ifndef SLUICE_BURST_H
#define SLUICE_BURST_H

#include <signal.h>

#include "burst_host.h"
#include "burst_search.h"
#include "burst_socket.h"

#define BURST_AGAIN_STEP	3u
#define BURST_AGAIN_ALL		16u

/**
 * struct burst_config - what is to be measured
 * @to: the receiver
 * @to_size: length of its address
 * @min: shortest burst, in packets
 * @max: longest
 * @repeat: bursts of each length
 * @packet_bytes: length of each packet as IP counts; 0: as long as the path takes
 * @pause_ns: between two bursts
 * @span_ns: the test ends after it
 * @stop: becomes true when it shall end before
 */
struct burst_config {
	struct sockaddr_storage to;
	socklen_t to_size;
	uint32_t min;
	uint32_t max;
	uint32_t repeat;
	uint32_t packet_bytes;
	uint64_t pause_ns;
	uint64_t span_ns;
	const volatile sig_atomic_t *stop;
};

/* Why a test ended. */
enum burst_end {
	BURST_END_FOUND,	/* the search is at its end */
	BURST_END_HERE,		/* longer bursts are dropped by this host */
	BURST_END_THERE,	/* they have no room in the receiver's socket */
	BURST_END_TIME,		/* its time was over */
	BURST_END_STOPPED,	/* it was told to end */
	BURST_END_BROKEN,	/* it could not go on; there is a sentence */
};

/**
 * struct burst_result - what was measured
 * @host: the way out
 * @packet_bytes: length of each packet as IP counts
 * @segments: in a bundle, at most; 1: there were no bundles
 * @probes: all bursts in the order they were sent
 * @count: how many
 * @search: lossless and lossy are the answer
 * @known: the rates
 * @best: the slowest of the bursts of the length @search.lossless, in @probes;
 *	-1: there is none
 * @end: why it ended
 * @packets: that were sent
 * @elapsed_ns: how long it took
 */
struct burst_result {
	struct burst_host host;
	uint32_t packet_bytes;
	uint32_t segments;
	struct burst_probe *probes;
	unsigned int count;
	struct burst_search search;
	struct burst_known known;
	int best;
	enum burst_end end;
	uint64_t packets;
	uint64_t elapsed_ns;
};

/**
 * struct burst_test - a test that is set up
 * @config: what is to be measured
 * @netlink: to the kernel; NULL: its tables cannot be read
 * @sender: the socket
 * @result: what is known
 */
struct burst_test {
	struct burst_config config;
	struct sluice_netlink *netlink;
	struct burst_sender sender;
	struct burst_result result;
};

#define BURST_ERROR_SIZE 512

/*
 * Everything but sending: socket, route, packet length. Returns 0 or -errno with
 * a phrase in @error, which has room for BURST_ERROR_SIZE; burst_test_done() is
 * needed in any case.
 */
int burst_test_prepare(struct burst_test *test,
		       const struct burst_config *config, char *error);

/*
 * Measure, after giving up the privileges of this process for good. Returns 0,
 * or -errno with a phrase in @error; then too @test->result has what was measured
 * until then. -ETIMEDOUT, -ECONNREFUSED: nobody answers; -EBUSY: the receiver
 * serves another sender.
 */
int burst_test_run(struct burst_test *test, char *error);

/* Closes the sockets and frees the result's probes; again is no harm. */
void burst_test_done(struct burst_test *test);

/* The most bursts and packets that a test sends, whatever happens. */
uint64_t burst_probes_most(const struct burst_config *config);
uint64_t burst_packets_most(const struct burst_config *config);

#endif
