// SPDX-License-Identifier: GPL-2.0
/*
 * A capture as this project reads it, one record per line, fields divided by
 * tabs: time, length, captured; of IP also version, source, destination,
 * protocol; of TCP and UDP also both ports; of TCP its sequence number.
 */
#include <inttypes.h>
#include <stdio.h>

#include "../../user/lib/frame.h"
#include "../../user/lib/pcap.h"

static void print(const struct sluice_pcap_record *record)
{
	char source[64], destination[64];
	struct sluice_frame frame;

	if (record->has_time)
		printf("%" PRIu64 ".%09" PRIu64, record->time_ns / 1000000000,
		       record->time_ns % 1000000000);
	printf("\t%" PRIu32 "\t%" PRIu32, record->frame_bytes,
	       record->captured_bytes);
	if (sluice_frame_parse(record->data, record->captured_bytes,
			       record->link_type, &frame)) {
		sluice_flow_address_print(&frame.key, true, source, sizeof(source));
		sluice_flow_address_print(&frame.key, false, destination,
					  sizeof(destination));
		printf("\t%u\t%s\t%s\t%u", frame.key.ip_version, source,
		       destination, frame.key.protocol);
		if (frame.has_ports)
			printf("\t%u\t%u", frame.key.source_port,
			       frame.key.destination_port);
		if (frame.has_transport && frame.key.protocol == SLUICE_PROTOCOL_TCP)
			printf("\t%" PRIu32, frame.tcp_sequence);
	}
	putchar('\n');
}

int main(int argc, char **argv)
{
	struct sluice_pcap_record record;
	struct sluice_pcap *pcap;
	char error[512];
	int got;

	if (argc != 2 || sluice_pcap_open(&pcap, argv[1], error, sizeof(error)) < 0) {
		fprintf(stderr, "records: %s\n", argc == 2 ? error : "usage: records FILE");
		return 1;
	}
	while ((got = sluice_pcap_next(pcap, &record)) > 0)
		print(&record);
	if (got < 0)
		fprintf(stderr, "records: %s\n", sluice_pcap_error(pcap));
	sluice_pcap_close(pcap);
	return got < 0 || fflush(stdout) != 0;
}
