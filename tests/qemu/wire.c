// SPDX-License-Identifier: GPL-2.0
/*
 * wire FILE FIRST LAST RATE_BITS_PS: what a capture says of the frames to the
 * ports FIRST to LAST, in one line:
 *
 * frames, wire_bytes	those with data, and what they take on the wire
 * close, train_max	how many follow the one before within half of the time
 *			that it takes at the rate; the longest run of those
 * excess_bytes		most bytes that any interval has beyond its length times
 *			the rate, all frames counted: one frame when the rate is
 *			kept to the letter
 * back			frames of TCP that begin before another of their flow
 *			that left earlier: reordered, or sent again
 *
 * A fragment of IP belongs to the ports of the one before: QEMU's TSO cuts so.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../user/lib/frame.h"
#include "../../user/lib/pcap.h"

/* Of a frame with data; SYN and ACK with all options are shorter. */
#define DATA_MIN_BYTES		150u
/* Frame check sequence, preamble, gap between frames. */
#define L1_OVERHEAD_BYTES	24u
#define PORTS			65536u

struct wire {
	uint64_t rate_bits_ps;
	uint64_t frames, wire_bytes;
	uint64_t last_ns, last_span_ns;		/* of the last one with data */
	uint64_t close, train, train_max;
	uint64_t before_ns;			/* of the last one at all */
	double excess_bytes, excess_max_bytes;
	uint64_t back;
	uint32_t sequence[PORTS];		/* the highest, by source port */
	bool is_known[PORTS];
};

static uint64_t span_ns(const struct wire *wire, uint64_t bytes)
{
	return bytes * 8 * 1000000000u / wire->rate_bits_ps;
}

static void wire_excess(struct wire *wire, uint64_t time_ns, uint64_t bytes)
{
	double since_ns = (double)(time_ns - wire->before_ns);

	wire->excess_bytes -= since_ns * (double)wire->rate_bits_ps / 8e9;
	if (wire->excess_bytes < 0)
		wire->excess_bytes = 0;
	wire->excess_bytes += (double)bytes;
	if (wire->excess_bytes > wire->excess_max_bytes)
		wire->excess_max_bytes = wire->excess_bytes;
	wire->before_ns = time_ns;
}

static void wire_order(struct wire *wire, const struct sluice_frame *frame)
{
	uint16_t port = frame->key.source_port;

	if (frame->key.protocol != SLUICE_PROTOCOL_TCP || !frame->has_ports)
		return;
	if (wire->is_known[port] &&
	    (int32_t)(frame->tcp_sequence - wire->sequence[port]) < 0) {
		wire->back++;
		return;
	}
	wire->is_known[port] = true;
	wire->sequence[port] = frame->tcp_sequence;
}

static void wire_add(struct wire *wire, const struct sluice_pcap_record *record,
		     const struct sluice_frame *frame)
{
	uint64_t bytes = record->frame_bytes + L1_OVERHEAD_BYTES;

	wire_excess(wire, record->time_ns, bytes);
	if (record->frame_bytes < DATA_MIN_BYTES)
		return;
	wire_order(wire, frame);
	if (wire->frames &&
	    record->time_ns - wire->last_ns < wire->last_span_ns / 2) {
		wire->close++;
		wire->train++;
	} else {
		wire->train = 1;
	}
	if (wire->train > wire->train_max)
		wire->train_max = wire->train;
	wire->frames++;
	wire->wire_bytes += bytes;
	wire->last_ns = record->time_ns;
	wire->last_span_ns = span_ns(wire, bytes);
}

static bool is_of_ports(const struct sluice_frame *frame)
{
	return frame->key.protocol == SLUICE_PROTOCOL_TCP ||
	       frame->key.protocol == SLUICE_PROTOCOL_UDP;
}

int main(int argc, char **argv)
{
	static struct wire wire;
	struct sluice_pcap_record record;
	struct sluice_frame frame;
	struct sluice_pcap *pcap;
	bool is_mine = false;
	int first, last;
	char error[256];
	int got;

	if (argc != 5)
		return 2;
	first = atoi(argv[2]);
	last = atoi(argv[3]);
	wire.rate_bits_ps = strtoull(argv[4], NULL, 10);
	if (!wire.rate_bits_ps)
		return 2;
	if (sluice_pcap_open(&pcap, argv[1], error, sizeof(error))) {
		fprintf(stderr, "wire: %s\n", error);
		return 1;
	}
	while ((got = sluice_pcap_next(pcap, &record)) == 1)
		if (sluice_frame_parse(record.data, record.captured_bytes,
				       SLUICE_LINKTYPE_ETHERNET, &frame)) {
			if (frame.has_ports)
				is_mine = frame.key.destination_port >= first &&
					  frame.key.destination_port <= last;
			/* Between them are the far end's errors (ICMP). */
			if (is_mine && is_of_ports(&frame))
				wire_add(&wire, &record, &frame);
		}
	if (got < 0)
		fprintf(stderr, "wire: %s\n", sluice_pcap_error(pcap));
	printf("frames=%" PRIu64 " wire_bytes=%" PRIu64 " close=%" PRIu64
	       " train_max=%" PRIu64 " excess_bytes=%.0f back=%" PRIu64 "\n",
	       wire.frames, wire.wire_bytes, wire.close, wire.train_max,
	       wire.excess_max_bytes, wire.back);
	sluice_pcap_close(pcap);
	return got < 0;
}
