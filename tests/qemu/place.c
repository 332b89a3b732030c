// SPDX-License-Identifier: GPL-2.0
/*
 * place FILE MAC FIRST LAST LINE_BITS_PS RATE_BITS_PS [device]: where the frames
 * stand that the NIC with that address sent to the ports FIRST to LAST, on a line
 * whose gaps are filled. No time is needed for that: a frame of a flow, or of the
 * device, and what stands behind it up to the next one, are so many bytes on the
 * wire. In one line:
 *
 * frames, places	those with data, or all of the device; of them, those with one
 *			before in their flow
 * exact		places at the byte that the rate makes of the frame before
 * near			those up to a smallest frame behind it: there was no room for a
 *			gap frame
 * far_bytes		the most that one stands behind it
 * lead_bytes		the most that one stands before it while the line did not stand
 *			still, by the time of the capture
 * stood		places with such a stand before them
 * busy, busy_exact	places without; of them, those that are exact or near
 * fills		gap frames between the first frame of these ports and the last
 * behind		those from there to the next IP packet of another port, or the end
 * odd			gap frames that are no PAUSE of IEEE 802.3 31B with a time of 0,
 *			of the NIC's own address, zeros up to the end, 60 to 1514 bytes
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/lib/frame.h"
#include "../../user/lib/pcap.h"

/* Of a frame with data; SYN and ACK with all options are shorter. */
#define DATA_MIN_BYTES		150u
/* Frame check sequence, preamble, gap between frames. */
#define L1_OVERHEAD_BYTES	24u
#define FRAME_MIN_BYTES		60u
#define FRAME_MAX_BYTES		1514u
#define MIN_WIRE_BYTES		(FRAME_MIN_BYTES + L1_OVERHEAD_BYTES)
#define MAC_BYTES		6u
/* Addresses and EtherType. */
#define HEADER_BYTES		14u
#define PORTS			65536u
/* A capture counts microseconds. */
#define CAPTURE_STEP_NS		1000

/* Group address, EtherType, opcode and time of PAUSE; 6 bytes of source between. */
static const uint8_t pause_destination[MAC_BYTES] = { 0x01, 0x80, 0xc2, 0, 0, 1 };
static const uint8_t pause_type[2] = { 0x88, 0x08 };
static const uint8_t pause_words[4] = { 0, 1, 0, 0 };

struct flow {
	uint64_t at_bytes;	/* where the last frame began */
	uint64_t due_bytes;	/* where the next one should */
	uint64_t stands;	/* how often the line had stood by then */
};

struct place {
	uint8_t mac[MAC_BYTES];
	int first_port, last_port;
	uint64_t line_bits_ps, rate_bits_ps;
	uint64_t line_bytes;	/* all that the NIC has sent */
	uint64_t end_ns;	/* when that has left */
	uint64_t stands;
	struct flow flow[PORTS];	/* by source port; the device is that of 0 */
	uint64_t frames, places, exact, near, stood, busy, busy_exact;
	int64_t far_bytes, lead_bytes;
	uint64_t fills, unsettled, behind, odd;
	bool is_device;
	bool has_begun, has_passed;	/* its first frame; one of another port after */
};

static uint64_t wire_bytes(const struct sluice_pcap_record *record)
{
	uint32_t bytes = record->frame_bytes;

	return L1_OVERHEAD_BYTES + (bytes < FRAME_MIN_BYTES ? FRAME_MIN_BYTES : bytes);
}

static bool is_control(const struct sluice_pcap_record *record)
{
	return !memcmp(record->data + 2 * MAC_BYTES, pause_type, sizeof(pause_type));
}

static bool is_odd(const struct place *place, const struct sluice_pcap_record *record)
{
	const uint8_t *data = record->data;
	uint32_t i = HEADER_BYTES + sizeof(pause_words);

	if (record->captured_bytes < i || record->frame_bytes < FRAME_MIN_BYTES ||
	    record->frame_bytes > FRAME_MAX_BYTES ||
	    memcmp(data, pause_destination, MAC_BYTES) ||
	    memcmp(data + MAC_BYTES, place->mac, MAC_BYTES) ||
	    memcmp(data + HEADER_BYTES, pause_words, sizeof(pause_words)))
		return true;
	while (i < record->captured_bytes && !data[i])
		i++;
	return i < record->captured_bytes;
}

static void place_gap_frame(struct place *place, const struct sluice_pcap_record *record)
{
	place->odd += is_odd(place, record);
	if (place->has_begun && !place->has_passed)
		place->unsettled++;
}

/* The frame begins at line_bytes, behind one of its flow. */
static void place_judge(struct place *place, const struct flow *flow)
{
	int64_t off_bytes = (int64_t)(place->line_bytes - flow->due_bytes);
	bool is_busy = flow->stands == place->stands;

	place->places++;
	place->exact += !off_bytes;
	place->near += off_bytes > 0 && off_bytes < (int64_t)MIN_WIRE_BYTES;
	if (off_bytes > place->far_bytes)
		place->far_bytes = off_bytes;
	if (!is_busy) {
		place->stood++;
		return;
	}
	place->busy++;
	place->busy_exact += off_bytes >= 0 && off_bytes < (int64_t)MIN_WIRE_BYTES;
	if (-off_bytes > place->lead_bytes)
		place->lead_bytes = -off_bytes;
}

static void place_data(struct place *place, const struct sluice_pcap_record *record,
		       uint16_t port)
{
	struct flow *flow = &place->flow[port];

	place->frames++;
	if (flow->due_bytes)
		place_judge(place, flow);
	flow->at_bytes = place->line_bytes;
	flow->due_bytes = place->line_bytes +
			  wire_bytes(record) * place->line_bits_ps / place->rate_bits_ps;
	flow->stands = place->stands;
}

/* The port of the other end, 0 for what is neither TCP nor UDP. */
static int far_port(const struct sluice_pcap_record *record, bool is_sent,
		    struct sluice_frame *frame)
{
	if (!sluice_frame_parse(record->data, record->captured_bytes,
				SLUICE_LINKTYPE_ETHERNET, frame) || !frame->has_ports)
		return 0;
	return is_sent ? frame->key.destination_port : frame->key.source_port;
}

static void place_add(struct place *place, const struct sluice_pcap_record *record)
{
	bool is_sent = !memcmp(record->data + MAC_BYTES, place->mac, MAC_BYTES);
	struct sluice_frame frame;
	int port = far_port(record, is_sent, &frame);

	if (is_sent && record->time_ns > place->end_ns + CAPTURE_STEP_NS) {
		place->stands++;
		place->end_ns = record->time_ns;
	}
	if (port >= place->first_port && port <= place->last_port) {
		place->has_begun = true;
		place->has_passed = false;
		place->fills += place->unsettled;
		place->unsettled = 0;
		if (is_sent && place->is_device)
			place_data(place, record, 0);
		else if (is_sent && record->frame_bytes >= DATA_MIN_BYTES)
			place_data(place, record, frame.key.source_port);
	} else if (port && is_sent) {
		place->has_passed = true;
	}
	/* Also those of another's address: none but a NIC under test makes them. */
	if (is_control(record))
		place_gap_frame(place, record);
	if (is_sent) {
		place->line_bytes += wire_bytes(record);
		place->end_ns += wire_bytes(record) * 8 * 1000000000u / place->line_bits_ps;
	}
}

static bool mac_read(const char *text, uint8_t *ret_mac)
{
	unsigned int byte[MAC_BYTES];
	char end;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &byte[0], &byte[1], &byte[2],
		   &byte[3], &byte[4], &byte[5], &end) != (int)MAC_BYTES)
		return false;
	for (unsigned int i = 0; i < MAC_BYTES; i++)
		ret_mac[i] = (uint8_t)byte[i];
	return true;
}

static void place_print(const struct place *place)
{
	printf("frames=%" PRIu64 " places=%" PRIu64 " exact=%" PRIu64 " near=%" PRIu64
	       " far_bytes=%" PRId64 " lead_bytes=%" PRId64 " stood=%" PRIu64
	       " busy=%" PRIu64 " busy_exact=%" PRIu64 " fills=%" PRIu64
	       " behind=%" PRIu64 " odd=%" PRIu64 "\n",
	       place->frames, place->places, place->exact, place->near,
	       place->far_bytes, place->lead_bytes, place->stood, place->busy,
	       place->busy_exact, place->fills, place->unsettled, place->odd);
}

int main(int argc, char **argv)
{
	static struct place place;
	struct sluice_pcap_record record;
	struct sluice_pcap *pcap;
	char error[256];
	int got;

	place.is_device = argc == 8 && !strcmp(argv[7], "device");
	if ((argc != 7 && !place.is_device) || !mac_read(argv[2], place.mac))
		return 2;
	place.first_port = atoi(argv[3]);
	place.last_port = atoi(argv[4]);
	place.line_bits_ps = strtoull(argv[5], NULL, 10);
	place.rate_bits_ps = strtoull(argv[6], NULL, 10);
	if (place.first_port < 1 || !place.line_bits_ps || !place.rate_bits_ps)
		return 2;
	if (sluice_pcap_open(&pcap, argv[1], error, sizeof(error))) {
		fprintf(stderr, "place: %s\n", error);
		return 1;
	}
	while ((got = sluice_pcap_next(pcap, &record)) == 1)
		if (record.captured_bytes >= HEADER_BYTES)
			place_add(&place, &record);
	if (got < 0)
		fprintf(stderr, "place: %s\n", sluice_pcap_error(pcap));
	place_print(&place);
	sluice_pcap_close(pcap);
	return got < 0;
}
