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

static void check_frame(const struct sluice_pcap_record *record,
			struct sluice_flows *flows)
{
	uint8_t *exact = malloc(record->captured_bytes ? record->captured_bytes : 1);
	struct sluice_frame frame;

	if (!exact)
		abort();
	memcpy(exact, record->data, record->captured_bytes);
	if (sluice_frame_parse(exact, record->captured_bytes, record->link_type,
			       &frame)) {
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
