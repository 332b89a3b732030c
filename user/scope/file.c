// SPDX-License-Identifier: GPL-2.0
#include "file.h"

#include <stdio.h>
#include <string.h>

#include "../lib/pcap.h"

#define NO_MEMORY		"no memory for more flows and figures"
#define STOP_LOOK_PKTS		4096u

static void vantage_fill(struct scope_vantage *vantage,
			 const struct scope_file_config *config,
			 const struct sluice_pcap_info *info)
{
	*vantage = (struct scope_vantage){
		.stamp = SCOPE_STAMP_SNIFFED,
		.resolution_ns = info->resolution_ns,
		.uncertainty_ns = info->resolution_ns,
		.line_rate_bits_ps = config->line_rate_bits_ps,
	};
	snprintf(vantage->name, sizeof(vantage->name), "wire:%s", config->path);
}

static int records_read(struct sluice_pcap *pcap,
			const struct scope_file_config *config,
			struct scope *scope, struct scope_file_result *result)
{
	uint32_t link_type = sluice_pcap_info(pcap)->link_type;
	struct sluice_pcap_record record;
	struct scope_flow_event event;
	struct scope_packet packet;
	int got;

	while ((got = sluice_pcap_next(pcap, &record)) > 0) {
		packet.time_ns = record.time_ns;
		packet.bytes = record.frame_bytes;
		packet.segment_bytes = 0;
		packet.direction = SCOPE_ANY;
		packet.is_ip = sluice_frame_parse(record.data,
						  record.captured_bytes,
						  link_type, &packet.frame);
		if (scope_add(scope, &packet, &event) < 0) {
			snprintf(result->error, sizeof(result->error),
				 NO_MEMORY);
			return -1;
		}
		if (scope->pkts % STOP_LOOK_PKTS == 0 && config->is_stopped &&
		    *config->is_stopped) {
			result->was_stopped = true;
			break;
		}
	}
	if (got < 0) {
		result->is_cut = true;
		snprintf(result->error, sizeof(result->error), "%s",
			 sluice_pcap_error(pcap));
	}
	return 0;
}

int scope_file_read(const struct scope_file_config *config,
		    struct scope *scope, struct scope_file_result *result)
{
	struct scope_config scope_config = config->scope;
	struct sluice_pcap *pcap;

	*result = (struct scope_file_result){ .is_cut = false };
	if (sluice_pcap_open(&pcap, config->path, result->error,
			     sizeof(result->error)) < 0)
		return -1;
	vantage_fill(&scope_config.vantage, config, sluice_pcap_info(pcap));
	scope_init(scope, &scope_config);
	if (records_read(pcap, config, scope, result) < 0)
		result->is_cut = true;
	scope_finish(scope);
	sluice_pcap_close(pcap);
	return 0;
}
