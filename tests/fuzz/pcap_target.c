// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes, read as a capture: an end or one sentence, the same records one by
 * one and in batches, no length beyond what was captured, and nothing read
 * outside of a frame (ASan). A broken promise ends the program.
 */
#include "pcap_target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../user/lib/frame.h"
#include "../../user/lib/pcap.h"

#define BATCH		7
#define EXACT_MAX	64	/* frames that are parsed in a block of their own */
#define UNPACKED_MAX	20000	/* records; small packed files hold millions */

uint64_t pcap_target_records;

static void promise(bool is_kept, const char *what, const char *detail)
{
	if (is_kept)
		return;
	fprintf(stderr, "broken promise: %s: %s\n", what, detail);
	abort();
}

/* What one reading saw; two readings of a file must agree. */
struct seen {
	uint64_t records;
	uint64_t sum;
	char error[512];
};

static struct sluice_pcap *open_bytes(const uint8_t *data, size_t size,
				      struct seen *seen)
{
	static int fd = -1;
	struct sluice_pcap *pcap = NULL;

	if (fd < 0)
		fd = memfd_create("capture", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, 0) ||
	    pwrite(fd, data, size, 0) != (ssize_t)size || lseek(fd, 0, SEEK_SET))
		abort();
	if (sluice_pcap_open_fd(&pcap, dup(fd), "capture", seen->error,
				sizeof(seen->error)) < 0)
		return NULL;
	return pcap;
}

static bool is_same(const struct sluice_frame *a, const struct sluice_frame *b)
{
	return !memcmp(&a->key, &b->key, sizeof(a->key)) &&
	       a->payload == b->payload && a->payload_bytes == b->payload_bytes &&
	       a->payload_captured_bytes == b->payload_captured_bytes &&
	       a->tcp_sequence == b->tcp_sequence && a->tcp_ack == b->tcp_ack &&
	       a->tcp_window == b->tcp_window && a->tcp_flags == b->tcp_flags &&
	       a->tcp_has_dsack == b->tcp_has_dsack &&
	       a->has_ports == b->has_ports &&
	       a->has_transport == b->has_transport && a->tunnels == b->tunnels;
}

/*
 * Behind Ethernet there is a short way through plain packets, and there is none
 * for the same bytes as raw IP: both must say the same.
 */
static void check_ways(const uint8_t *data, uint32_t captured, bool is_ip,
		       const struct sluice_frame *frame)
{
	uint32_t type = captured > 14 ? data[12] << 8 | data[13] : 0;
	struct sluice_frame raw;

	if ((type != 0x0800 || data[14] >> 4 != 4) &&
	    (type != 0x86dd || data[14] >> 4 != 6))
		return;
	promise(sluice_frame_parse(data + 14, captured - 14, SLUICE_LINKTYPE_RAW,
				   &raw) == is_ip, "both ways find IP", "one");
	promise(!is_ip || (is_same(&raw, frame) &&
			   raw.header_bytes + 14 == frame->header_bytes),
		"both ways find the same", "other fields");
}

static void check_frame(const struct sluice_pcap_record *record,
			struct sluice_flows *flows)
{
	uint8_t *exact = malloc(record->captured_bytes ? record->captured_bytes : 1);
	struct sluice_frame frame;
	bool is_ip;

	if (!exact)
		abort();
	memcpy(exact, record->data, record->captured_bytes);
	is_ip = sluice_frame_parse(exact, record->captured_bytes,
				   record->link_type, &frame);
	if (record->link_type == SLUICE_LINKTYPE_ETHERNET)
		check_ways(exact, record->captured_bytes, is_ip, &frame);
	if (is_ip) {
		uint32_t hash = sluice_flows_prepare(flows, &frame.key);
		int64_t number = sluice_flows_number_prepared(flows, &frame.key,
							      hash);

		promise(number == sluice_flows_find(flows, &frame.key),
			"a flow keeps its number", "find");
		promise(number == sluice_flows_number(flows, &frame.key),
			"a flow keeps its number", "number");
		promise(frame.key.ip_version == 4 || frame.key.ip_version == 6,
			"a packet is of IPv4 or IPv6", "neither");
		promise(frame.tunnels <= SLUICE_TUNNELS_MAX,
			"tunnels are bounded", "more");
		promise(!frame.payload ||
			(frame.payload > exact &&
			 frame.payload + frame.payload_captured_bytes <=
			 exact + record->captured_bytes &&
			 frame.payload == exact + frame.header_bytes),
			"the payload lies in the frame", "outside");
		promise(frame.payload_captured_bytes <= frame.payload_bytes,
			"no more payload captured than there is", "more");
	}
	free(exact);
}

static void see(const struct sluice_pcap *pcap, struct seen *seen,
		const struct sluice_pcap_record *record,
		struct sluice_flows *flows)
{
	uint64_t sum = record->time_ns ^ (uint64_t)record->direction << 60 ^
		       (uint64_t)record->interface << 32 ^ record->frame_bytes;

	promise(record->captured_bytes <= record->frame_bytes &&
		record->captured_bytes <= SLUICE_PCAP_CAPTURED_MAX_BYTES,
		"captured bytes are bounded", "more");
	promise(record->interface < sluice_pcap_info(pcap)->interfaces &&
		sluice_pcap_interface(pcap, record->interface)->link_type ==
		record->link_type, "a record's interface is known", "not");
	for (uint32_t i = 0; i < record->captured_bytes; i++)
		sum = sum * 31 + record->data[i];
	seen->sum = seen->sum * 0x9e3779b97f4a7c15u + sum;
	if (++seen->records <= EXACT_MAX)
		check_frame(record, flows);
}

/* What is missing adds up, and is the same however it was read. */
static void see_dropped(const struct sluice_pcap *pcap, struct seen *seen)
{
	uint64_t dropped = 0;

	for (uint32_t i = 0; i < sluice_pcap_info(pcap)->interfaces; i++)
		dropped += sluice_pcap_interface(pcap, i)->dropped_pkts;
	promise(dropped == sluice_pcap_info(pcap)->dropped_pkts,
		"what is missing adds up", "not");
	seen->sum = seen->sum * 31 + dropped;
}

static void read_all(const uint8_t *data, size_t size, int batch,
		     struct seen *seen, struct sluice_flows *flows)
{
	struct sluice_pcap *pcap = open_bytes(data, size, seen);
	struct sluice_pcap_record records[BATCH];
	int count = 0;

	while (pcap && seen->records < UNPACKED_MAX &&
	       (count = sluice_pcap_next_batch(pcap, records, batch)) > 0)
		for (int i = 0; i < count && seen->records < UNPACKED_MAX; i++)
			see(pcap, seen, &records[i], flows);
	if (pcap) {
		snprintf(seen->error, sizeof(seen->error), "%s",
			 sluice_pcap_error(pcap));
		if (seen->records < UNPACKED_MAX)
			see_dropped(pcap, seen);
		promise(count >= 0 || *seen->error, "a failure has a sentence",
			"none");
		promise(count < 0 || seen->records == UNPACKED_MAX || !*seen->error,
			"no sentence without a failure", seen->error);
	} else {
		promise(*seen->error, "a refusal has a sentence", "none");
	}
	promise(!strchr(seen->error, '\n'), "one sentence", seen->error);
	sluice_pcap_close(pcap);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sluice_flows *flows = sluice_flows_create();
	struct seen one = { 0 }, many = { 0 };

	read_all(data, size, 1, &one, flows);
	read_all(data, size, BATCH, &many, flows);
	promise(one.records == many.records && one.sum == many.sum,
		"the same records in batches", "others");
	promise(one.records == UNPACKED_MAX || !strcmp(one.error, many.error),
		"the same sentence in batches", many.error);
	sluice_flows_free(flows);
	pcap_target_records += one.records;
	return 0;
}
