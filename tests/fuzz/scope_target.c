// SPDX-License-Identifier: GPL-2.0
/*
 * What the scope promises of any capture: it ends, its sums agree with each
 * other, and its text and JSON can be made. Driven by pcap_fuzz.c, or by a fuzzer
 * that takes its time.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../user/cli/out_scope.h"
#include "../../user/scope/figure.h"
#include "../../user/scope/file.h"
#include "../../user/scope/scope_json.h"
#include "pcap_target.h"

#define TOP_FLOWS	8u

uint64_t pcap_target_records;

static void must(bool is_met)
{
	if (!is_met)
		abort();
}

/* What a direction says of itself twice is the same. */
static void lane_check(const struct scope *scope, const struct scope_lane *lane)
{
	const struct sluice_meter *meter = &lane->meter;
	uint64_t series_bytes = 0, series_pkts = 0;

	for (uint32_t i = 0; i < lane->series.bins; i++) {
		series_bytes += lane->series.bin[i].bytes;
		series_pkts += lane->series.bin[i].pkts;
	}
	must(series_bytes == meter->bytes && series_pkts == meter->pkts);
	must(meter->gap.count + 1 == meter->pkts);
	for (uint32_t k = 1; k < SLUICE_THETAS; k++)
		must(meter->trains.theta[k].pkts.sum == meter->pkts);
	for (uint32_t i = 1; i < SLUICE_METER_SPANS; i++)
		must(meter->span_bytes[i] >= meter->span_bytes[i - 1] &&
		     meter->span_bytes[i] <= meter->bytes);
	for (uint32_t i = 0; i < SLUICE_METER_MULTIPLES && meter->blocks_counted; i++)
		must(meter->excess[i].max >= 1 - 1e-9);
	for (size_t i = 0; i < scope_figures_count; i++)
		must(!isinf(scope_figures[i].value(scope, lane)));
}

static void scope_check(const struct scope *scope)
{
	uint64_t lanes_pkts = 0, flows_pkts = 0, not_ip_pkts = 0;

	for (uint32_t d = 0; d < SCOPE_DIRECTIONS; d++) {
		if (!scope->lane[d].is_used)
			continue;
		lane_check(scope, &scope->lane[d]);
		lanes_pkts += scope->lane[d].meter.pkts;
		not_ip_pkts += scope->lane[d].not_ip_pkts;
	}
	must(lanes_pkts == scope->pkts);
	for (uint32_t i = 0; scope->flows &&
			     i < scope_flows_count(scope->flows); i++) {
		const struct scope_flow *flow = scope_flow_at(scope->flows, i);

		flows_pkts += flow->pkts + flow->again_pkts;
		must(flow->window[0].max_bytes <= flow->window[1].max_bytes);
		must(flow->window[1].max_bytes <= flow->bytes);
	}
	must(flows_pkts + not_ip_pkts + (scope->flows ?
	     scope_flows_unknown_pkts(scope->flows) : 0) == scope->pkts);
}

static void words_check(const struct scope *scope)
{
	json_t *json = scope_json(scope, TOP_FLOWS);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	FILE *out = fopen("/dev/null", "w");

	must(text && out);
	free(text);
	json_decref(json);
	out_scope(out, scope);
	fclose(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct scope_file_result result;
	struct scope_file_config config = {
		.path = { "capture" }, .files = 1,
		.line_rate_bits_ps = 1000000000,
		.scope = { .bottleneck_bits_ps = 1000000,
			   .commanded_bits_ps = 1000000 },
	};

	config.fd[0] = memfd_create("capture", MFD_CLOEXEC);
	must(config.fd[0] >= 0 &&
	     write(config.fd[0], data, size) == (ssize_t)size &&
	     lseek(config.fd[0], 0, SEEK_SET) == 0);
	if (!scope_files_read(&config, &result)) {
		scope_check(&result.scope[0]);
		words_check(&result.scope[0]);
		pcap_target_records += result.scope[0].pkts;
	}
	scope_files_done(&result);
	return 0;
}
