// SPDX-License-Identifier: GPL-2.0
/*
 * trace FILE FLOWS PACKETS: a capture as a sender's wire gives it, to time
 * readers with. Frames of 1514 bytes leave at 10 Gb/s in trains of 2 to 44 (TSO),
 * the flows by turns in random order; for every second one an ACK comes back.
 * 96 bytes of each are kept, stamps are in ns; the same arguments give the same
 * file.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SNAP_BYTES	96u
#define DATA_BYTES	1514u
#define ACK_BYTES	66u
#define PAYLOAD_BYTES	1448u
#define WIRE_NS		1231u
#define START_S		1700000000u

struct flow {
	uint32_t sequence;
	uint32_t acked;
	uint32_t unacked;
};

static uint64_t state = 1;

static uint32_t dice(uint32_t below)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)((state >> 33) % below);
}

static void put16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void put32(uint8_t *to, uint32_t value)
{
	put16(to, value >> 16);
	put16(to + 2, value);
}

static void record(FILE *out, uint64_t time_ns, uint32_t number, int is_back,
		   struct flow *flow)
{
	uint32_t bytes = is_back ? ACK_BYTES : DATA_BYTES;
	uint32_t kept = bytes < SNAP_BYTES ? bytes : SNAP_BYTES;
	uint32_t header[4] = {
		(uint32_t)(START_S + time_ns / 1000000000),
		(uint32_t)(time_ns % 1000000000), kept, bytes,
	};
	uint8_t frame[SNAP_BYTES] = { 0 };
	uint8_t *ip = frame + 14, *tcp = ip + 20;

	put16(frame + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, bytes - 14);
	ip[8] = 64;
	ip[9] = 6;
	put32(ip + (is_back ? 16 : 12), 0x0a000000 + (number >> 8));
	put32(ip + (is_back ? 12 : 16), 0x0a010001);
	put16(tcp + (is_back ? 2 : 0), 10000 + (number & 255));
	put16(tcp + (is_back ? 0 : 2), 5001);
	put32(tcp + 4, is_back ? 1 : flow->sequence);
	put32(tcp + 8, is_back ? flow->acked : 1);
	tcp[12] = 0x80;
	tcp[13] = 0x10;
	put16(tcp + 14, 1000);
	memcpy(tcp + 20, "\1\1\10\12", 4);
	fwrite(header, sizeof(header), 1, out);
	fwrite(frame, kept, 1, out);
}

int main(int argc, char **argv)
{
	static const uint32_t file_header[6] = {
		0xa1b23c4d, 2 | 4 << 16, 0, 0, SNAP_BYTES, 1,
	};
	uint32_t flows = argc > 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
	uint64_t left = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
	struct flow *flow = calloc(flows ? flows : 1, sizeof(*flow));
	FILE *out = flows && left ? fopen(argv[1], "w") : NULL;
	uint64_t time_ns = 0;

	if (!out || !flow) {
		fputs("usage: trace FILE FLOWS PACKETS\n", stderr);
		return 2;
	}
	fwrite(file_header, sizeof(file_header), 1, out);
	while (left) {
		uint32_t number = dice(flows), train = 2 + dice(43);
		struct flow *one = &flow[number];

		for (uint32_t i = 0; i < train && left; i++, left--) {
			record(out, time_ns, number, 0, one);
			one->sequence += PAYLOAD_BYTES;
			one->unacked++;
			time_ns += WIRE_NS + dice(8);
		}
		/* ACKs of some flow, for what it has sent before */
		one = &flow[number = dice(flows)];
		for (; one->unacked >= 2 && left; left--) {
			one->unacked -= 2;
			one->acked += 2 * PAYLOAD_BYTES;
			record(out, time_ns, number, 1, one);
			time_ns += 100 + dice(2000);
		}
		time_ns += dice(60000);
	}
	if (fclose(out)) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
