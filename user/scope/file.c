// SPDX-License-Identifier: GPL-2.0
#include "file.h"

#include <stdio.h>
#include <string.h>

#include "../lib/pcap.h"

#define NO_MEMORY		"no memory for more flows and figures"
#define STOP_LOOK_PKTS		4096u

/* A capture, and the packet of it that comes next. */
struct reader {
	struct sluice_pcap *pcap;
	struct scope_packet packet;
	bool has_packet;
};

static void vantage_fill(struct scope_vantage *vantage, const char *path,
			 uint64_t line_rate_bits_ps,
			 const struct sluice_pcap_info *info)
{
	*vantage = (struct scope_vantage){
		.stamp = SCOPE_STAMP_SNIFFED,
		.resolution_ns = info->resolution_ns,
		.uncertainty_ns = info->resolution_ns,
		.line_rate_bits_ps = line_rate_bits_ps,
	};
	snprintf(vantage->name, sizeof(vantage->name), "wire:%s", path);
}

/* The next packet, if there is one. An end in bad order is noted in result. */
static void reader_next(struct reader *reader, struct scope_file_result *result)
{
	uint32_t link_type = sluice_pcap_info(reader->pcap)->link_type;
	struct scope_packet *packet = &reader->packet;
	struct sluice_pcap_record record;
	int got = sluice_pcap_next(reader->pcap, &record);

	reader->has_packet = got > 0;
	if (got < 0) {
		result->is_cut = true;
		snprintf(result->error, sizeof(result->error), "%s",
			 sluice_pcap_error(reader->pcap));
	}
	if (got <= 0)
		return;
	packet->time_ns = record.time_ns;
	packet->bytes = record.frame_bytes;
	packet->segment_bytes = 0;
	packet->direction = SCOPE_ANY;
	packet->is_ip = sluice_frame_parse(record.data, record.captured_bytes,
					   link_type, &packet->frame);
}

/* The reader whose packet is the older one; NULL at the end of all. */
static struct reader *reader_choose(struct reader *readers, unsigned int count)
{
	struct reader *chosen = NULL;

	for (unsigned int i = 0; i < count; i++)
		if (readers[i].has_packet &&
		    (!chosen || readers[i].packet.time_ns <
				chosen->packet.time_ns))
			chosen = &readers[i];
	return chosen;
}

static void packets_read(const struct scope_file_config *config,
			 struct reader *readers,
			 struct scope_file_result *result)
{
	struct scope_flow_event event;
	struct reader *reader;
	uint64_t pkts = 0;

	while ((reader = reader_choose(readers, config->files))) {
		unsigned int i = (unsigned int)(reader - readers);

		if (scope_add(&result->scope[i], &reader->packet, &event) < 0) {
			snprintf(result->error, sizeof(result->error),
				 NO_MEMORY);
			result->is_cut = true;
			return;
		}
		if (config->files > 1 && i == 0)
			scope_join_first(&result->join, &reader->packet);
		else if (config->files > 1)
			scope_join_second(&result->join, &reader->packet);
		reader_next(reader, result);
		if (++pkts % STOP_LOOK_PKTS == 0 && config->is_stopped &&
		    *config->is_stopped) {
			result->was_stopped = true;
			return;
		}
	}
}

static int readers_open(const struct scope_file_config *config,
			struct reader *readers,
			struct scope_file_result *result)
{
	struct scope_config scope = config->scope;

	for (unsigned int i = 0; i < config->files; i++) {
		if (sluice_pcap_open(&readers[i].pcap, config->path[i],
				     result->error, sizeof(result->error)) < 0)
			return -1;
		vantage_fill(&scope.vantage, config->path[i],
			     config->line_rate_bits_ps,
			     sluice_pcap_info(readers[i].pcap));
		scope_init(&result->scope[i], &scope);
		reader_next(&readers[i], result);
	}
	if (config->files > 1 && scope_join_init(&result->join) < 0) {
		snprintf(result->error, sizeof(result->error), NO_MEMORY);
		return -1;
	}
	return 0;
}

int scope_files_read(const struct scope_file_config *config,
		     struct scope_file_result *result)
{
	struct reader readers[SCOPE_FILES_MAX] = { { .pcap = NULL } };
	int ret;

	memset(result, 0, sizeof(*result));
	ret = readers_open(config, readers, result);
	if (!ret)
		packets_read(config, readers, result);
	for (unsigned int i = 0; i < config->files; i++) {
		scope_finish(&result->scope[i]);
		sluice_pcap_close(readers[i].pcap);
	}
	if (!ret && config->files > 1)
		scope_join_finish(&result->join);
	return ret;
}

void scope_files_done(struct scope_file_result *result)
{
	for (unsigned int i = 0; i < SCOPE_FILES_MAX; i++)
		scope_done(&result->scope[i]);
	scope_join_done(&result->join);
}
