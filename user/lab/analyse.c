// SPDX-License-Identifier: GPL-2.0
#include "analyse.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../core/wire.h"
#include "../lib/udp_stamp.h"
#include "analyse_parts.h"

#define NO_MEMORY		"no memory for the analysis"
#define SERIES_SLOT_NS		1000000u	/* 1 ms: the dots of the picture */
#define QUEUE_SLOT_NS		10000000u	/* 10 ms */
#define UML_STEP_NS		256u
#define STEP_EVIDENCE_PKTS	64u
#define SPECTRUM_GRID		24u		/* rates from R to C, log spaced */
/* A meter with histograms this fine takes 0.6 MB, a coarse one 60 kB. */
#define HIST_BITS_FINE		7u
#define HIST_BITS_COARSE	4u
#define FLOWS_FINE		64u
#define FLOWS_METERED		10000u
/* A device is saturated while no frame comes later than this after its turn. */
#define SATURATED_SLACK_NS	1000u
int lab_analysis_fail(struct lab_analysis *analysis, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(analysis->error, analysis->error_size, format, args);
	va_end(args);
	return -1;
}

/* Take the next IP frame of a capture. 1, 0 at the end, -1 with a sentence. */
static int wire_next(struct lab_analysis *analysis, struct lab_wire *wire)
{
	uint32_t link_type = sluice_pcap_info(wire->pcap)->link_type;

	for (;;) {
		int got = sluice_pcap_next(wire->pcap, &wire->record);

		if (got < 0)
			return lab_analysis_fail(analysis, "%s",
					sluice_pcap_error(wire->pcap));
		if (!got)
			return 0;
		if (sluice_frame_parse(wire->record.data,
				       wire->record.captured_bytes, link_type,
				       &wire->frame))
			return 1;
		wire->other_pkts++;
	}
}

static int wire_open(struct lab_analysis *analysis, uint32_t sender)
{
	struct lab_wire *wire = &analysis->wires[sender - 1];
	char path[PATH_MAX];

	sluice_pcap_close(wire->pcap);
	wire->pcap = NULL;
	wire->other_pkts = 0;
	snprintf(path, sizeof(path), "%s/wire-%u.pcap", analysis->in->dir,
		 sender);
	return sluice_pcap_open(&wire->pcap, path, analysis->error,
				analysis->error_size);
}

/* When the first bit left the NIC: the stamp is that of the last one. */
static uint64_t frame_start_ns(const struct lab_analysis *analysis,
			       const struct sluice_pcap_record *record)
{
	uint64_t bytes = (uint64_t)record->frame_bytes +
			 analysis->in->link_overhead_bytes;

	return record->time_ns - bytes * SLUICE_NS_PER_S /
	       (analysis->in->nic_rate_bits_ps / 8);
}

static bool in_metrics_span(const struct lab_analysis *analysis,
			    uint64_t time_ns)
{
	return time_ns >= analysis->metrics_start_ns &&
	       time_ns < analysis->in->end_ns;
}

static uint32_t l1_bytes(const struct lab_analysis *analysis,
			 uint32_t frame_bytes)
{
	return pace_wire_bytes(frame_bytes, 0,
			       analysis->in->frame_overhead_bytes);
}

/* The flow of a frame, made on first sight. NULL: no memory. */
static struct lab_seen_flow *flow_of(struct lab_analysis *analysis,
				const struct lab_wire *wire)
{
	int64_t number = sluice_flows_number(analysis->flows, &wire->frame.key);
	struct lab_seen_flow *flow;

	if (number < 0)
		return NULL;
	if (number >= analysis->flow_room) {
		uint32_t room = analysis->flow_room ? analysis->flow_room * 2 : 16;

		flow = realloc(analysis->flow, room * sizeof(*flow));
		if (!flow)
			return NULL;
		memset(flow + analysis->flow_room, 0,
		       (room - analysis->flow_room) * sizeof(*flow));
		analysis->flow = flow;
		analysis->flow_room = room;
	}
	flow = &analysis->flow[number];
	if (!flow->sender)
		flow->sender = (uint32_t)(wire - analysis->wires) + 1;
	return flow;
}

/* First pass over one capture: its flows, and how much they sent. */
static int count_wire(struct lab_analysis *analysis, uint32_t sender)
{
	struct lab_wire *wire = &analysis->wires[sender - 1];
	int got;

	if (wire_open(analysis, sender) < 0)
		return -1;
	while ((got = wire_next(analysis, wire)) > 0) {
		uint32_t frame_bytes = wire->record.frame_bytes;
		uint64_t start_ns = frame_start_ns(analysis, &wire->record);
		struct lab_seen_flow *flow = flow_of(analysis, wire);

		if (!flow)
			return lab_analysis_fail(analysis, NO_MEMORY);
		wire->pkts++;
		analysis->stamp_bits |= wire->record.time_ns;
		flow->captured_pkts++;
		if (frame_bytes > analysis->max_frame_bytes)
			analysis->max_frame_bytes = frame_bytes;
		if (!in_metrics_span(analysis, start_ns))
			continue;
		wire->span_bytes += l1_bytes(analysis, frame_bytes);
		flow->span_pkts++;
	}
	return got;
}

/* The rates of the senders' spectra: from their mean to the line's, at L1. */
static void choose_rates(struct lab_analysis *analysis,
			 struct sluice_meter_config *config)
{
	const struct lab_analyse_input *in = analysis->in;
	double span_s = (double)(in->end_ns - analysis->metrics_start_ns) / 1e9;
	double frame = analysis->max_frame_bytes ? analysis->max_frame_bytes : 1;
	/* the lab's rates count link bytes; what is that at L1 */
	double l1 = (frame + in->frame_overhead_bytes) /
		    (frame + in->link_overhead_bytes);
	double line = (double)in->nic_rate_bits_ps * l1;
	double mean = 0;

	for (uint32_t i = 0; i < in->senders; i++)
		mean += (double)analysis->wires[i].span_bytes * 8 / span_s;
	mean /= in->senders;
	if (mean < 1000)
		mean = 1000;
	if (mean > line)
		mean = line;
	config->rates = 0;
	for (uint32_t i = 0; i < SPECTRUM_GRID; i++)
		config->rate_bits_ps[config->rates++] = (uint64_t)
			(mean * pow(line / mean, i / (SPECTRUM_GRID - 1.0)));
	analysis->port_rate_index = config->rates;
	config->rate_bits_ps[config->rates++] =
		(uint64_t)((double)in->port_rate_bits_ps * l1);
	analysis->device_rate_index = -1;
	if (in->device_rate_bits_ps) {
		analysis->device_rate_index = (int)config->rates;
		config->rate_bits_ps[config->rates++] = in->device_rate_bits_ps;
	}
}

/*
 * The step of the guest's clock, a power of two. User-Mode Linux as it comes
 * has one of 256 ns (TIMER_MULTIPLIER in arch/um); stamps that are all
 * multiples of it are no finer. A few frames prove nothing.
 */
static void find_clock_step(struct lab_analysis *analysis)
{
	uint64_t pkts = 0;

	analysis->clock_step_ns = 1;
	for (uint32_t i = 0; i < analysis->in->senders; i++)
		pkts += analysis->wires[i].pkts;
	if (pkts >= STEP_EVIDENCE_PKTS && !(analysis->stamp_bits & (UML_STEP_NS - 1)))
		analysis->clock_step_ns = UML_STEP_NS;
}

static int make_meters(struct lab_analysis *analysis)
{
	const struct lab_analyse_input *in = analysis->in;
	uint32_t flows = sluice_flows_count(analysis->flows);
	struct sluice_meter_config config = {
		.start_ns = analysis->metrics_start_ns,
		.end_ns = in->end_ns,
		.line_rate_bits_ps = in->nic_rate_bits_ps,
		.line_overhead_bytes = in->link_overhead_bytes,
		.overhead_bytes = in->frame_overhead_bytes,
		.min_frame_bytes = PACE_FRAME_MIN_BYTES,
		.uncertainty_ns = (uint32_t)analysis->clock_step_ns,
		.hist_bits = HIST_BITS_FINE,
	};

	choose_rates(analysis, &config);
	for (uint32_t i = 0; i < in->senders; i++) {
		if (sluice_meter_init(&analysis->wires[i].meter, &config) < 0)
			return lab_analysis_fail(analysis, NO_MEMORY);
	}
	config.rates = 0;
	if (flows > FLOWS_FINE)
		config.hist_bits = HIST_BITS_COARSE;
	for (uint32_t i = 0; i < flows && i < FLOWS_METERED; i++) {
		struct lab_seen_flow *flow = &analysis->flow[i];

		if (!flow->span_pkts)
			continue;
		flow->has_meter = true;
		if (sluice_meter_init(&flow->meter, &config) < 0)
			return lab_analysis_fail(analysis, NO_MEMORY);
	}
	return 0;
}

/* The next frame of the port's capture that came over a wire. As wire_next. */
static int port_next(struct lab_analysis *analysis,
		     struct sluice_pcap_record *ret_record)
{
	uint32_t link_type = sluice_pcap_info(analysis->port)->link_type;
	struct sluice_frame frame;
	int got;

	while ((got = sluice_pcap_next(analysis->port, ret_record)) > 0) {
		if (sluice_frame_parse(ret_record->data,
				       ret_record->captured_bytes, link_type,
				       &frame) &&
		    sluice_flows_find(analysis->flows, &frame.key) >= 0)
			break;
		analysis->port_other_pkts++;
	}
	return got;
}

/* The replay says that a frame leaves now: so must the port's capture. */
static void check_departure(void *context, uint64_t leave_ns)
{
	struct lab_analysis *analysis = context;
	struct sluice_pcap_record record;
	uint64_t difference_ns;
	int got;

	if (!analysis->port || analysis->port_failed)
		return;
	got = port_next(analysis, &record);
	analysis->port_failed = got < 0;
	if (got <= 0) {
		analysis->port_wrong_pkts++;
		return;
	}
	analysis->port_pkts++;
	difference_ns = record.time_ns > leave_ns ? record.time_ns - leave_ns :
						    leave_ns - record.time_ns;
	analysis->port_wrong_pkts += difference_ns != 0;
	if (difference_ns > analysis->port_wrong_max_ns)
		analysis->port_wrong_max_ns = difference_ns;
}

static int open_port(struct lab_analysis *analysis)
{
	const struct lab_analyse_input *in = analysis->in;
	struct lab_replay_config config = {
		.rate_bits_ps = in->port_rate_bits_ps,
		.limit_pkts = in->port_buffer_pkts,
		.link_overhead_bytes = in->link_overhead_bytes,
		.clock_step_ns = analysis->clock_step_ns,
		.start_ns = in->start_ns,
		.end_ns = in->end_ns,
		.slot_ns = QUEUE_SLOT_NS,
	};
	char path[PATH_MAX];

	if (lab_replay_init(&analysis->replay, &config) < 0)
		return lab_analysis_fail(analysis, NO_MEMORY);
	analysis->replay.departed = check_departure;
	analysis->replay.context = analysis;
	sluice_spectrum_init(&analysis->port_spectrum, in->port_rate_bits_ps,
			     SLUICE_SPECTRUM_HORIZON_S, in->port_rate_bits_ps);
	sluice_spectrum_add_rate(&analysis->port_spectrum,
				 in->port_rate_bits_ps);
	analysis->series.slots = (uint32_t)((in->end_ns - in->start_ns) /
					    SERIES_SLOT_NS);
	analysis->series.slot_bytes = calloc(analysis->series.slots + 1,
				sizeof(*analysis->series.slot_bytes));
	if (!analysis->series.slot_bytes)
		return lab_analysis_fail(analysis, NO_MEMORY);
	snprintf(path, sizeof(path), "%s/port.pcap", in->dir);
	if (access(path, F_OK) < 0)
		return 0;
	return sluice_pcap_open(&analysis->port, path, analysis->error,
				analysis->error_size);
}

/* How much later than a device at that rate allows this frame starts. */
static void device_slack(const struct lab_analysis *analysis,
			 struct lab_wire *wire, uint64_t start_ns)
{
	uint64_t rate = analysis->in->device_rate_bits_ps;
	uint64_t gap_ns = start_ns - wire->meter.last_ns;
	int64_t slack;

	if (!rate || !wire->meter.pkts || start_ns < wire->meter.last_ns)
		return;
	/* In 63 bits; 9 ms at 1 Tb/s, which is no smallest slack anyway. */
	if (gap_ns > (uint64_t)INT64_MAX / rate) {
		wire->stretch = (struct lab_stretch){ 0 };
		return;
	}
	slack = (int64_t)(gap_ns * rate) -
		(int64_t)(wire->meter.last_bytes * 8 * SLUICE_NS_PER_S);
	if (!wire->has_device_slack || slack < wire->device_slack_min)
		wire->device_slack_min = slack;
	wire->has_device_slack = true;
	/* gaps are whole ns: a part of one is no breach */
	wire->too_close_pkts += slack <= -(int64_t)rate;
	if (slack > (int64_t)(rate * SATURATED_SLACK_NS)) {
		wire->stretch = (struct lab_stretch){ 0 };
		return;
	}
	wire->stretch.pkts++;
	wire->stretch.bytes += wire->meter.last_bytes;
	wire->stretch.duration_ns += gap_ns;
	if (wire->stretch.pkts > wire->longest.pkts)
		wire->longest = wire->stretch;
}

/* Second pass: one frame of one sender, in the order of arrival at the port. */
static int measure_frame(struct lab_analysis *analysis, struct lab_wire *wire)
{
	const struct lab_analyse_input *in = analysis->in;
	uint32_t frame_bytes = wire->record.frame_bytes;
	uint64_t start_ns = frame_start_ns(analysis, &wire->record);
	uint64_t arrival_ns = wire->record.time_ns;
	struct sluice_udp_stamp stamp;
	struct lab_seen_flow *flow;
	int error;

	error = lab_replay_arrive(&analysis->replay, arrival_ns, frame_bytes);
	if (arrival_ns >= in->start_ns && arrival_ns < in->end_ns) {
		sluice_spectrum_add(&analysis->port_spectrum,
				    analysis->has_port_arrival ? arrival_ns -
				    analysis->port_spectrum_last_ns : 0,
				    frame_bytes + in->link_overhead_bytes);
		analysis->port_spectrum_last_ns = arrival_ns;
		analysis->has_port_arrival = true;
	}
	if (wire == analysis->wires && start_ns >= in->start_ns &&
	    start_ns < in->end_ns)
		analysis->series.slot_bytes[(start_ns - in->start_ns) /
			SERIES_SLOT_NS] += frame_bytes + in->link_overhead_bytes;
	if (!in_metrics_span(analysis, start_ns))
		return error;
	device_slack(analysis, wire, start_ns);
	sluice_meter_add(&wire->meter, start_ns, frame_bytes);
	flow = flow_of(analysis, wire);
	if (!flow || !flow->has_meter)
		return error;
	sluice_meter_add(&flow->meter, start_ns, frame_bytes);
	if (wire->frame.key.protocol != SLUICE_PROTOCOL_UDP ||
	    !sluice_udp_stamp_get(wire->frame.payload,
				  wire->frame.payload_captured_bytes, &stamp) ||
	    !stamp.departure_real_ns)
		return error;
	error |= sluice_meter_departure(&wire->meter, stamp.departure_real_ns);
	return error | sluice_meter_departure(&flow->meter,
					      stamp.departure_real_ns);
}

/* The sender whose next frame arrives first; and when the next other one does. */
static struct lab_wire *first_wire(struct lab_analysis *analysis,
				   uint64_t *ret_until_ns)
{
	struct lab_wire *first = NULL;

	*ret_until_ns = UINT64_MAX;
	for (uint32_t i = 0; i < analysis->in->senders; i++) {
		struct lab_wire *wire = &analysis->wires[i];

		if (!wire->pcap)
			continue;
		if (!first || wire->record.time_ns < first->record.time_ns) {
			if (first)
				*ret_until_ns = first->record.time_ns;
			first = wire;
		} else if (wire->record.time_ns < *ret_until_ns) {
			*ret_until_ns = wire->record.time_ns;
		}
	}
	return first;
}

/* Take the next frame of wire; close it at the end. 0 or -1. */
static int wire_advance(struct lab_analysis *analysis, struct lab_wire *wire)
{
	int got = wire_next(analysis, wire);

	if (got == 0) {
		sluice_pcap_close(wire->pcap);
		wire->pcap = NULL;
	}
	return got < 0 ? -1 : 0;
}

static int measure(struct lab_analysis *analysis)
{
	struct lab_wire *wire;
	uint64_t until_ns;

	for (uint32_t i = 1; i <= analysis->in->senders; i++) {
		if (wire_open(analysis, i) < 0 ||
		    wire_advance(analysis, &analysis->wires[i - 1]) < 0)
			return -1;
	}
	while ((wire = first_wire(analysis, &until_ns)) != NULL) {
		do {
			if (measure_frame(analysis, wire) < 0)
				return lab_analysis_fail(analysis, NO_MEMORY);
			if (wire_advance(analysis, wire) < 0)
				return -1;
		} while (wire->pcap && wire->record.time_ns <= until_ns);
	}
	lab_replay_finish(&analysis->replay);
	if (analysis->port_failed)
		return lab_analysis_fail(analysis, "%s",
					 sluice_pcap_error(analysis->port));
	for (uint32_t i = 0; i < analysis->in->senders; i++)
		sluice_meter_finish(&analysis->wires[i].meter);
	for (uint32_t i = 0; i < sluice_flows_count(analysis->flows); i++) {
		if (analysis->flow[i].has_meter)
			sluice_meter_finish(&analysis->flow[i].meter);
	}
	return 0;
}

static int check_input(struct lab_analysis *analysis)
{
	const struct lab_analyse_input *in = analysis->in;

	if (!in->senders || !in->dir)
		return lab_analysis_fail(analysis, "nothing to analyse: no senders");
	if (in->nic_rate_bits_ps < 8 || in->port_rate_bits_ps < 8)
		return lab_analysis_fail(analysis, "the rates of NIC and port must be at least 8 bit/s");
	if (in->start_ns >= in->end_ns ||
	    in->warmup_ns >= in->end_ns - in->start_ns)
		return lab_analysis_fail(analysis, "the measured span from %" PRIu64 " ns to %" PRIu64 " ns less %" PRIu64 " ns of warm-up is empty",
				in->start_ns, in->end_ns, in->warmup_ns);
	analysis->metrics_start_ns = in->start_ns + in->warmup_ns;
	analysis->flows = sluice_flows_create();
	analysis->wires = calloc(in->senders, sizeof(*analysis->wires));
	if (!analysis->flows || !analysis->wires)
		return lab_analysis_fail(analysis, NO_MEMORY);
	return 0;
}

static void analysis_done(struct lab_analysis *analysis)
{
	for (uint32_t i = 0; analysis->wires && i < analysis->in->senders; i++) {
		sluice_pcap_close(analysis->wires[i].pcap);
		sluice_meter_done(&analysis->wires[i].meter);
	}
	for (uint32_t i = 0; i < analysis->flow_room; i++)
		sluice_meter_done(&analysis->flow[i].meter);
	free(analysis->wires);
	free(analysis->flow);
	free(analysis->series.slot_bytes);
	lab_replay_done(&analysis->replay);
	sluice_pcap_close(analysis->port);
	sluice_flows_free(analysis->flows);
}

int lab_analyse(const struct lab_analyse_input *in, json_t *run, char *error,
		size_t error_size)
{
	struct lab_analysis analysis = {
		.in = in,
		.error = error,
		.error_size = error_size,
	};
	int result = check_input(&analysis);

	for (uint32_t i = 1; !result && i <= in->senders; i++)
		result = count_wire(&analysis, i);
	if (!result)
		find_clock_step(&analysis);
	if (!result)
		result = make_meters(&analysis);
	if (!result)
		result = open_port(&analysis);
	if (!result)
		result = measure(&analysis);
	if (!result)
		result = lab_analysis_json(&analysis, run);
	analysis_done(&analysis);
	return result;
}
