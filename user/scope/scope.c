// SPDX-License-Identifier: GPL-2.0
#include "scope.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/text.h"

#define HIST_BITS		7u
#define FRAME_MIN_BYTES		60u
#define SERIES_BIN_NS		1000000u
#define RATE_MIN_BITS_PS	1e6
#define RATE_MAX_BITS_PS	1e11	/* where the line rate is not known */
#define IDC_ERROR		.1	/* may be made by the step of stamps */
/* Where a super-packet's headers are not known: Ethernet, IPv4, TCP with stamps. */
#define HEADER_GUESS_BYTES	66u

const uint32_t scope_peaks_ns[SCOPE_PEAKS] = { 10000, 100000, 1000000 };

const char *scope_direction_name(enum scope_direction direction)
{
	static const char *const names[SCOPE_DIRECTIONS] = {
		"any", "out", "in"
	};

	return names[direction];
}

const char *scope_stamp_name(enum scope_stamp_class stamp)
{
	static const char *const names[] = {
		"virtual", "hardware", "qdisc", "tap", "sniffed", "stack",
		"softirq"
	};

	return names[stamp];
}

/* ---- frames ---- */

static uint32_t header_bytes(const struct scope_packet *packet)
{
	uint32_t bytes = packet->bytes;

	if (packet->is_ip && packet->frame.has_transport &&
	    packet->frame.payload_bytes < bytes)
		return bytes - packet->frame.payload_bytes;
	return bytes < HEADER_GUESS_BYTES ? bytes : HEADER_GUESS_BYTES;
}

uint32_t scope_packet_frames(const struct scope_packet *packet)
{
	uint32_t payload;

	if (!packet->segment_bytes)
		return 1;
	payload = packet->bytes - header_bytes(packet);
	return payload ? (payload + packet->segment_bytes - 1) /
			 packet->segment_bytes : 1;
}

static uint32_t l1_bytes(uint32_t frame_bytes)
{
	return (frame_bytes < FRAME_MIN_BYTES ? FRAME_MIN_BYTES : frame_bytes) +
	       SCOPE_OVERHEAD_BYTES;
}

uint32_t scope_packet_wire_bytes(const struct scope_packet *packet)
{
	uint32_t more = scope_packet_frames(packet) - 1;

	return l1_bytes(packet->bytes) +
	       more * (header_bytes(packet) + SCOPE_OVERHEAD_BYTES);
}

/* ---- what a meter reports ---- */

/* Two bins become one. */
static void series_fold(struct scope_series *series)
{
	for (uint32_t i = 0; i < SCOPE_SERIES_BINS; i++) {
		struct scope_bin *to = &series->bin[i / 2];
		struct scope_bin from = series->bin[i];

		series->bin[i] = (struct scope_bin){ .bytes = 0 };
		to->bytes += from.bytes;
		to->pkts += from.pkts;
		if (from.max_1ms_bytes > to->max_1ms_bytes)
			to->max_1ms_bytes = from.max_1ms_bytes;
		if (from.max_100us_bytes > to->max_100us_bytes)
			to->max_100us_bytes = from.max_100us_bytes;
		if (from.max_10us_bytes > to->max_10us_bytes)
			to->max_10us_bytes = from.max_10us_bytes;
	}
	series->bins = (series->bins + 1) / 2;
	series->bin_ns *= 2;
}

static void series_add(void *context, const struct sluice_millisecond *one)
{
	struct scope_lane *lane = context;
	struct scope_series *series = &lane->series;
	uint64_t at = one->number * SERIES_BIN_NS / series->bin_ns;
	struct scope_bin *bin;

	if (lane->config->millisecond)
		lane->config->millisecond(lane->config->context,
					  lane->direction, one);
	while (at >= SCOPE_SERIES_BINS) {
		series_fold(series);
		at = one->number * SERIES_BIN_NS / series->bin_ns;
	}
	bin = &series->bin[at];
	bin->bytes += one->bytes;
	bin->pkts += one->pkts;
	if (one->bytes > bin->max_1ms_bytes)
		bin->max_1ms_bytes = (uint32_t)one->bytes;
	if (one->max_100us_bytes > bin->max_100us_bytes)
		bin->max_100us_bytes = (uint32_t)one->max_100us_bytes;
	if (one->max_10us_bytes > bin->max_10us_bytes)
		bin->max_10us_bytes = (uint32_t)one->max_10us_bytes;
	if (at >= series->bins)
		series->bins = (uint32_t)at + 1;
}

/* The first of the smallest bursts that are kept. */
static uint32_t burst_least(const struct scope_lane *lane)
{
	uint32_t at = 0;

	for (uint32_t i = 1; i < SCOPE_BURSTS_MAX; i++)
		if (lane->burst[i].burst.bytes < lane->burst[at].burst.bytes)
			at = i;
	return at;
}

/* The largest bursts are kept, with who was in them. */
static void burst_add(void *context, const struct sluice_burst *burst)
{
	struct scope_lane *lane = context;
	uint32_t at = lane->bursts;

	if (lane->config->burst)
		lane->config->burst(lane->config->context, lane->direction,
				    burst);
	lane->bursts_seen++;
	lane->bursts_wire_ns += burst->wire_ns;
	lane->bursts_idle_ns += burst->idle_ns;
	if (lane->burst_least_bytes >= burst->bytes)
		return;
	if (at == SCOPE_BURSTS_MAX)
		at = burst_least(lane);
	else
		lane->bursts++;
	lane->burst[at].burst = *burst;
	lane->burst[at].flows =
		scope_flows_shares(*lane->flows, lane->direction,
				   burst->start_ns,
				   burst->start_ns + burst->duration_ns,
				   lane->burst[at].share, SCOPE_BURST_FLOWS,
				   &lane->burst[at].is_whole);
	if (lane->bursts == SCOPE_BURSTS_MAX)
		lane->burst_least_bytes =
			lane->burst[burst_least(lane)].burst.bytes;
}

/* ---- packets ---- */

void scope_init(struct scope *scope, const struct scope_config *config)
{
	memset(scope, 0, sizeof(*scope));
	scope->config = *config;
	sluice_text_clean(scope->config.vantage.name);
	sluice_text_clean(scope->config.vantage.clock);
}

void scope_coarsen(struct scope *scope, uint32_t resolution_ns)
{
	struct scope_vantage *vantage = &scope->config.vantage;

	vantage->resolution_ns = resolution_ns;
	if (vantage->uncertainty_ns >= resolution_ns)
		return;
	vantage->uncertainty_ns = resolution_ns;
	for (uint32_t i = 0; i < SCOPE_DIRECTIONS; i++) {
		scope->lane[i].commanded.uncertainty_ns = resolution_ns;
		if (scope->lane[i].is_used)
			sluice_meter_coarsen(&scope->lane[i].meter,
					     resolution_ns);
	}
	if (scope->flows)
		scope_flows_coarsen(scope->flows, resolution_ns);
}

static int lane_init(struct scope *scope, struct scope_lane *lane)
{
	const struct scope_config *config = &scope->config;
	double line = (double)config->vantage.line_rate_bits_ps;
	double top = line > 0 ? line : RATE_MAX_BITS_PS;
	double bottom = fmin(RATE_MIN_BITS_PS, top / 2);
	struct sluice_meter_config meter = {
		.start_ns = scope->start_ns,
		.line_rate_bits_ps = config->vantage.line_rate_bits_ps,
		.line_overhead_bytes = SCOPE_OVERHEAD_BYTES,
		.overhead_bytes = SCOPE_OVERHEAD_BYTES,
		.min_frame_bytes = FRAME_MIN_BYTES,
		.uncertainty_ns = config->vantage.uncertainty_ns,
		.has_stacks = config->expands_supers,
		.hist_bits = HIST_BITS,
		.burst = burst_add,
		.millisecond = series_add,
		.context = lane,
	};

	if (config->bottleneck_bits_ps)
		meter.rate_bits_ps[meter.rates++] = config->bottleneck_bits_ps;
	for (uint32_t i = meter.rates; i < SCOPE_RATES; i++)
		meter.rate_bits_ps[meter.rates++] = (uint64_t)
			(bottom * pow(top / bottom, i / (SCOPE_RATES - 1.0)));
	lane->is_used = true;
	lane->direction = (enum scope_direction)(lane - scope->lane);
	lane->config = config;
	lane->flows = &scope->flows;
	lane->series.bin_ns = SERIES_BIN_NS;
	lane->series.bin = calloc(SCOPE_SERIES_BINS, sizeof(*lane->series.bin));
	if (config->commanded_bits_ps &&
	    sluice_commanded_init(&lane->commanded, config->commanded_bits_ps,
				  config->vantage.uncertainty_ns) < 0)
		return -1;
	return sluice_meter_init(&lane->meter, &meter) < 0 ||
	       !lane->series.bin ? -1 : 0;
}

static int scope_begin(struct scope *scope, uint64_t time_ns)
{
	struct scope_flows_config config = {
		.start_ns = time_ns,
		.line_rate_bits_ps = scope->config.vantage.line_rate_bits_ps,
		.uncertainty_ns = scope->config.vantage.uncertainty_ns,
		.max_flows = scope->config.max_flows,
	};

	scope->start_ns = time_ns;
	scope->end_ns = time_ns;
	scope->flows = scope_flows_create(&config);
	return scope->flows ? 0 : -1;
}

static void meter_feed(struct scope *scope, struct scope_lane *lane,
		       const struct scope_packet *packet, uint64_t time_ns,
		       uint32_t wire_bytes)
{
	uint32_t frames, frame_bytes, rest;

	if (!packet->segment_bytes) {
		sluice_meter_add(&lane->meter, time_ns, packet->bytes);
		return;
	}
	frames = scope_packet_frames(packet);
	lane->super_pkts++;
	lane->super_frames += frames;
	if (!scope->config.expands_supers) {
		sluice_meter_add(&lane->meter, time_ns,
				 wire_bytes - SCOPE_OVERHEAD_BYTES);
		return;
	}
	frame_bytes = header_bytes(packet) + packet->segment_bytes;
	rest = packet->bytes - (frames - 1) * packet->segment_bytes;
	while (frames-- > 1)
		sluice_meter_add(&lane->meter, time_ns, frame_bytes);
	sluice_meter_add(&lane->meter, time_ns, rest);
}

void scope_look_up_begin(const struct scope *scope, struct scope_packet *packet,
			 const struct scope_packet *before)
{
	if (scope->flows)
		scope_flows_look_up_begin(scope->flows, packet, before);
}

void scope_look_up(struct scope *scope, struct scope_packet *packets,
		   uint32_t count)
{
	if (scope->flows)
		scope_flows_look_up(scope->flows, packets, count);
}

/* The lane is ready for packets from time_ns on. */
static int lane_begin(struct scope *scope, struct scope_lane *lane,
		      uint64_t time_ns)
{
	if (!scope->flows && scope_begin(scope, time_ns) < 0)
		return -1;
	return !lane->is_used && lane_init(scope, lane) < 0 ? -1 : 0;
}

void scope_mac_control_add(struct scope *scope, enum scope_direction direction,
			   uint32_t frame_bytes)
{
	struct scope_mac_control *sums = &scope->lane[direction].mac_control;

	sums->frames++;
	sums->wire_bytes += l1_bytes(frame_bytes);
}

int scope_add(struct scope *scope, const struct scope_packet *packet,
	      struct scope_flow_event *ret_event)
{
	struct scope_lane *lane = &scope->lane[packet->direction];
	uint64_t time_ns = packet->time_ns;
	uint32_t wire_bytes = l1_bytes(packet->bytes);
	int error = 0;

	if (packet->is_special) {
		if (packet->is_mac_control) {
			scope_mac_control_add(scope, packet->direction,
					      packet->bytes);
			*ret_event = (struct scope_flow_event){ .number = UINT32_MAX };
			return 0;
		}
		wire_bytes = scope_packet_wire_bytes(packet);
	}
	if (lane_begin(scope, lane, time_ns) < 0)
		return -1;
	if (time_ns < scope->end_ns) {
		scope->backward_pkts++;
		if (scope->end_ns - time_ns > scope->backward_max_ns)
			scope->backward_max_ns = scope->end_ns - time_ns;
		time_ns = scope->end_ns;
	}
	scope->end_ns = time_ns;
	scope->pkts++;
	if (packet->is_ip) {
		error = scope_flows_add(scope->flows, packet, time_ns,
					wire_bytes, ret_event);
		lane->retransmitted_pkts += ret_event->is_retransmitted;
		lane->timeouts += ret_event->is_timeout;
		lane->pure_acks += ret_event->is_pure_ack;
	} else {
		*ret_event = (struct scope_flow_event){ .number = UINT32_MAX };
		lane->not_ip_pkts++;
	}
	if (scope->config.commanded_bits_ps)
		sluice_commanded_add(&lane->commanded, time_ns, wire_bytes);
	meter_feed(scope, lane, packet, time_ns, wire_bytes);
	if (packet->departure_ns)
		error |= sluice_meter_departure(&lane->meter,
						packet->departure_ns);
	else
		lane->undated_pkts++;
	return error;
}

/* Frames of one direction, one behind the other. */
struct row {
	uint32_t count;
	uint64_t time_ns[SCOPE_LOOK_UP_MAX];
	uint32_t frame_bytes[SCOPE_LOOK_UP_MAX];
	uint32_t wire_bytes[SCOPE_LOOK_UP_MAX];
};

/*
 * The first packets that can be taken in together: the meter of their lane must
 * have room for them without a look at those before, because what it then finds
 * asks for the flows of packets up to there.
 */
static void row_fill(struct row *row, const struct scope *scope,
		     const struct scope_packet *packets, uint32_t count)
{
	uint8_t direction = packets[0].direction;
	const struct scope_lane *lane = &scope->lane[direction];
	uint32_t room = lane->is_used ? sluice_meter_room(&lane->meter) : 0;
	uint64_t last_ns = scope->end_ns, end_ns = lane->meter.batch_end_ns;
	uint32_t i;

	if (count > room)
		count = room;
	for (i = 0; i < count; i++) {
		uint64_t time_ns = packets[i].time_ns;

		if (time_ns < last_ns || time_ns >= end_ns ||
		    packets[i].direction != direction ||
		    packets[i].is_special)
			break;
		row->time_ns[i] = last_ns = time_ns;
		row->frame_bytes[i] = packets[i].bytes;
		row->wire_bytes[i] = l1_bytes(packets[i].bytes);
	}
	row->count = i;
}

static int row_add(struct scope *scope, const struct row *row,
		   const struct scope_packet *packets)
{
	struct scope_lane *lane = &scope->lane[packets[0].direction];
	struct scope_flow_sums sums = { 0 };
	uint32_t count = scope_flows_add_all(scope->flows, packets, row->time_ns,
					     row->wire_bytes, row->count, &sums);

	lane->retransmitted_pkts += sums.retransmitted_pkts;
	lane->timeouts += sums.timeouts;
	lane->pure_acks += sums.pure_acks;
	lane->not_ip_pkts += sums.not_ip_pkts;
	scope->pkts += count;
	scope->end_ns = row->time_ns[count - 1];
	if (scope->config.commanded_bits_ps)
		for (uint32_t i = 0; i < count; i++)
			sluice_commanded_add(&lane->commanded, row->time_ns[i],
					     row->wire_bytes[i]);
	sluice_meter_add_all(&lane->meter, row->time_ns, row->frame_bytes,
			     count);
	return sums.has_failed ? -1 : 0;
}

int scope_add_all(struct scope *scope, const struct scope_packet *packets,
		  uint32_t count)
{
	struct scope_flow_event event;
	struct row row;

	while (count) {
		int error;

		row_fill(&row, scope, packets, count);
		error = row.count ? row_add(scope, &row, packets) :
				    scope_add(scope, packets, &event);
		if (error < 0)
			return -1;
		packets += row.count ? row.count : 1;
		count -= row.count ? row.count : 1;
	}
	return 0;
}

static int burst_compare(const void *a, const void *b)
{
	const struct scope_burst *one = a, *other = b;

	if (one->burst.bytes != other->burst.bytes)
		return one->burst.bytes < other->burst.bytes ? 1 : -1;
	return one->burst.start_ns < other->burst.start_ns ? -1 : 1;
}

/*
 * One mean gap behind the last packet, of the direction where that is least: both
 * directions are of the same time, and a packet now and then does not make it long.
 */
static uint64_t span_end(const struct scope *scope)
{
	uint64_t gap_ns = UINT64_MAX;

	for (uint32_t i = 0; i < SCOPE_DIRECTIONS; i++) {
		const struct sluice_meter *meter = &scope->lane[i].meter;

		if (meter->pkts > 1 && sluice_meter_gap_ns(meter) < gap_ns)
			gap_ns = sluice_meter_gap_ns(meter);
	}
	if (gap_ns == UINT64_MAX)
		return scope->end_ns;
	/* JSON tells no later time. */
	return gap_ns < INT64_MAX - scope->end_ns ? scope->end_ns + gap_ns : INT64_MAX;
}

void scope_finish(struct scope *scope)
{
	if (!scope->flows)
		return;
	scope->end_ns = span_end(scope);
	for (uint32_t i = 0; i < SCOPE_DIRECTIONS; i++) {
		struct scope_lane *lane = &scope->lane[i];

		if (!lane->is_used)
			continue;
		lane->meter.config.end_ns = scope->end_ns;
		sluice_meter_finish(&lane->meter);
		qsort(lane->burst, lane->bursts, sizeof(*lane->burst),
		      burst_compare);
	}
	scope_flows_finish(scope->flows, scope->end_ns);
}

void scope_done(struct scope *scope)
{
	for (uint32_t i = 0; i < SCOPE_DIRECTIONS; i++) {
		sluice_meter_done(&scope->lane[i].meter);
		sluice_commanded_done(&scope->lane[i].commanded);
		free(scope->lane[i].series.bin);
	}
	scope_flows_free(scope->flows);
	memset(scope, 0, sizeof(*scope));
}

uint64_t scope_mac_control_frames(const struct scope *scope)
{
	uint64_t frames = 0;

	for (uint32_t i = 0; i < SCOPE_DIRECTIONS; i++)
		frames += scope->lane[i].mac_control.frames;
	return frames;
}

uint64_t scope_lane_pkts(const struct scope_lane *lane)
{
	return lane->config->expands_supers ? lane->meter.pkts -
	       lane->super_frames + lane->super_pkts : lane->meter.pkts;
}

bool scope_tells_flow(const struct scope *scope, uint32_t window)
{
	uint64_t window_ns = scope_flow_windows_ns[window];

	return scope_tells(scope, window_ns) &&
	       scope->end_ns - scope->start_ns >= window_ns;
}

bool scope_tells_train(const struct scope *scope, uint32_t theta)
{
	uint64_t rate = scope->config.vantage.line_rate_bits_ps;

	return scope_tells(scope, theta ? SCOPE_CLUMP_NS : !rate ?
			   SCOPE_FLOW_WIRE_NS : SCOPE_FLOW_FRAME_BYTES * 8 *
			   SLUICE_NS_PER_S / rate);
}

uint64_t scope_dispersion_least_ns(const struct scope *scope,
				   const struct scope_lane *lane)
{
	double step_ns = scope->config.vantage.uncertainty_ns;
	double span_ns = (double)(scope->end_ns - scope->start_ns);
	double least_ns = span_ns > 0 ? (double)lane->meter.pkts / span_ns *
			  step_ns * step_ns / (6 * IDC_ERROR) : 0;

	return (uint64_t)fmax(step_ns, least_ns);
}

uint64_t scope_hot_windows(const struct scope *scope, uint32_t i)
{
	uint64_t span_ns = scope->end_ns - scope->start_ns;

	return span_ns < sluice_hots_ns[i] ? 0 :
	       (span_ns + sluice_hots_ns[i] - 1) / sluice_hots_ns[i];
}

uint32_t scope_long_bytes(const struct scope *scope)
{
	uint32_t bytes = 0;

	if (scope->config.vantage.stamp != SCOPE_STAMP_SNIFFED)
		return 0;
	for (uint32_t i = 0; i < SCOPE_DIRECTIONS; i++)
		if (scope->lane[i].meter.max_bytes > bytes)
			bytes = scope->lane[i].meter.max_bytes;
	return bytes > SCOPE_FRAME_MAX_BYTES + SCOPE_OVERHEAD_BYTES ?
	       bytes - SCOPE_OVERHEAD_BYTES : 0;
}

const char *scope_supers_name(const struct scope *scope)
{
	if (scope_long_bytes(scope))
		return "not known";
	return !scope->config.vantage.has_supers ? "none" :
	       scope->config.expands_supers ? "stack, expanded" :
					      "counted as one packet";
}
