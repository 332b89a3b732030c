// SPDX-License-Identifier: GPL-2.0
/*
 * What is found of frames eight at a time, or of a flow's packets in a row, against
 * the same found one by one: on traffic of trains, ACKs and pauses, as dense and
 * as sparse as it may be.
 */
#include <stdlib.h>
#include <string.h>

#include "../../user/lib/metrics.h"
#include "../../user/scope/scope.h"
#include "user_synthetic.h"
#include "user_tap.h"

#define FRAMES		40000u
#define START_NS	(1700000000 * SLUICE_NS_PER_S)
#define LINE_BITS_PS	10000000000ull
#define OVERHEAD	24u
#define MIN_BYTES	60u
#define UNCERTAINTY_NS	3u

struct frame {
	uint64_t time_ns;
	uint32_t bytes;			/* as given */
};

static struct frame frames[FRAMES];
static uint64_t dice_state = 1;

static uint64_t dice(uint64_t below)
{
	return synthetic_random(&dice_state) % below;
}

static uint32_t l1_bytes(uint32_t i)
{
	return (frames[i].bytes < MIN_BYTES ? MIN_BYTES : frames[i].bytes) +
	       OVERHEAD;
}

/* Frames of one length at about one gap, then others; now and then a pause. */
static void frames_make(void)
{
	static const uint32_t lengths[] = { 40, 66, 66, 590, 1514, 1514, 9014 };
	static const uint64_t gaps_ns[] = { 0, 7, 128, 700, 1231, 1231, 12000,
					    100001, 3000000 };
	uint64_t now_ns = START_NS;

	for (uint32_t i = 0; i < FRAMES;) {
		uint32_t length = lengths[dice(7)];
		uint64_t gap_ns = gaps_ns[dice(9)], run = 1 + dice(90);

		while (run-- && i < FRAMES) {
			frames[i++] = (struct frame){ now_ns, length };
			now_ns += gap_ns + dice(gap_ns / 64 + 2);
		}
		if (!dice(400))
			now_ns += dice(7 * SLUICE_NS_PER_S);
		else if (dice(2))
			now_ns += dice(60000);
	}
}

static void meter_feed(struct sluice_meter *meter)
{
	struct sluice_meter_config config = {
		.start_ns = START_NS,
		.line_rate_bits_ps = LINE_BITS_PS,
		.line_overhead_bytes = OVERHEAD,
		.overhead_bytes = OVERHEAD,
		.min_frame_bytes = MIN_BYTES,
		.uncertainty_ns = UNCERTAINTY_NS,
		.hist_bits = 7,
	};

	sluice_meter_init(meter, &config);
	for (uint32_t i = 0; i < FRAMES; i++)
		sluice_meter_add(meter, frames[i].time_ns, frames[i].bytes);
	sluice_meter_finish(meter);
}

static void check_windows(const struct sluice_meter *meter)
{
	for (uint32_t k = 0; k < SLUICE_METER_SPANS; k++) {
		uint64_t bytes = 0, most = 0;
		char claim[64];

		for (uint32_t i = 0, tail = 0; i < FRAMES; i++) {
			bytes += l1_bytes(i);
			while (frames[i].time_ns - frames[tail].time_ns >=
			       sluice_meter_spans_ns[k])
				bytes -= l1_bytes(tail++);
			most = bytes > most ? bytes : most;
		}
		snprintf(claim, sizeof(claim), "most bytes in any %" PRIu64 " ns",
			 sluice_meter_spans_ns[k]);
		tap_u64(meter->span_bytes[k], most, claim);
	}
}

static void check_gaps(const struct sluice_meter *meter)
{
	size_t size = (meter->gap.last + 1) * sizeof(*meter->gap.buckets);
	struct sluice_hist gap, idle;
	unsigned __int128 squares = 0;
	uint64_t censored = 0;

	sluice_hist_init(&gap, 7, SLUICE_HIST_OCTAVES_NS);
	sluice_hist_init(&idle, 7, SLUICE_HIST_OCTAVES_NS);
	for (uint32_t i = 1; i < FRAMES; i++) {
		uint64_t gap_ns = frames[i].time_ns - frames[i - 1].time_ns;
		uint64_t wire_ns = (frames[i - 1].bytes + OVERHEAD) * 8ull *
				   SLUICE_NS_PER_S / LINE_BITS_PS;

		sluice_hist_add(&gap, gap_ns);
		sluice_hist_add(&idle, gap_ns > wire_ns ? gap_ns - wire_ns : 0);
		squares += (unsigned __int128)gap_ns * gap_ns;
		censored += gap_ns < UNCERTAINTY_NS;
	}
	tap_ok(!memcmp(gap.buckets, meter->gap.buckets, size) &&
	       gap.sum == meter->gap.sum && gap.min == meter->gap.min &&
	       gap.max == meter->gap.max && gap.count == meter->gap.count,
	       "gaps: every bucket");
	tap_ok(!memcmp(idle.buckets, meter->idle.buckets, size) &&
	       idle.sum == meter->idle.sum && idle.min == meter->idle.min &&
	       idle.max == meter->idle.max && idle.count == meter->idle.count,
	       "idle gaps: every bucket");
	tap_ok(squares == meter->gap_square_sum, "gaps: their squares");
	tap_u64(meter->censored_gaps, censored, "gaps: those that stamps cannot tell");
	sluice_hist_done(&gap);
	sluice_hist_done(&idle);
}

static uint64_t theta_ns(uint32_t k, uint32_t before)
{
	uint64_t bits = (frames[before].bytes + OVERHEAD) * 8ull;

	return k ? sluice_thetas_ns[k] :
	       bits * 11 * SLUICE_NS_PER_S / (LINE_BITS_PS * 10) + UNCERTAINTY_NS;
}

/* Maximal runs, by their definition. */
static void check_trains(const struct sluice_meter *meter, uint32_t k)
{
	struct sluice_hist pkts;
	uint64_t bytes_max = 0, duration_max_ns = 0;
	char claim[64];

	sluice_hist_init(&pkts, 7, SLUICE_HIST_OCTAVES_PKTS);
	for (uint32_t i = 0, end; i < FRAMES; i = end) {
		uint64_t bytes = l1_bytes(i), duration_ns;

		for (end = i + 1; end < FRAMES &&
		     frames[end].time_ns - frames[end - 1].time_ns <=
		     theta_ns(k, end - 1); end++)
			bytes += l1_bytes(end);
		duration_ns = frames[end - 1].time_ns - frames[i].time_ns;
		sluice_hist_add(&pkts, end - i);
		bytes_max = bytes > bytes_max ? bytes : bytes_max;
		if (duration_ns > duration_max_ns)
			duration_max_ns = duration_ns;
	}
	snprintf(claim, sizeof(claim), "trains of theta %" PRIu64 " ns",
		 sluice_thetas_ns[k]);
	tap_ok(!memcmp(pkts.buckets, meter->trains.theta[k].pkts.buckets,
		       (pkts.last + 1) * sizeof(*pkts.buckets)) &&
	       meter->trains.theta[k].bytes_max == bytes_max &&
	       meter->trains.theta[k].duration_max_ns == duration_max_ns, claim);
	sluice_hist_done(&pkts);
}

/* Indices by floats, for every number of bits and on both sides of every step. */
static void check_indices(void)
{
	bool is_same = true;

	for (uint32_t bits = 1; bits <= 12; bits++) {
		struct sluice_hist one, many;
		uint32_t values[SLUICE_HIST_BATCH], count = 0;

		sluice_hist_init(&one, bits, 31);
		sluice_hist_init(&many, bits, 31);
		for (uint32_t octave = 0; octave < 31; octave++)
			for (int32_t k = -3; k <= 3; k++)
				values[count++] = (uint32_t)((int64_t)
					(1u << octave) + k) & INT32_MAX;
		while (count < SLUICE_HIST_BATCH)
			values[count++] = (uint32_t)(dice(1ull << 31) >>
						     dice(31));
		for (uint32_t i = 0; i < count; i++)
			sluice_hist_add(&one, values[i]);
		sluice_hist_add_batch(&many, values, count);
		is_same &= !memcmp(one.buckets, many.buckets, (one.last + 1) *
				   sizeof(*one.buckets));
		sluice_hist_done(&one);
		sluice_hist_done(&many);
	}
	tap_ok(is_same, "histogram: many values at once have the buckets of each");
}

/* One packet at a time is the recursion itself, many are doubles. */
static void check_spectrum(uint64_t bottom_bits_ps, const char *claim)
{
	struct sluice_spectrum one, many;
	bool is_same = true;

	sluice_spectrum_init(&one, LINE_BITS_PS,
			     SLUICE_SPECTRUM_HORIZON_S, 0);
	for (uint32_t i = 0; i < 24; i++)
		sluice_spectrum_add_rate(&one, bottom_bits_ps +
					 i * (LINE_BITS_PS / 24));
	many = one;
	for (uint32_t i = 1, to; i < FRAMES; i = to) {
		uint32_t gaps_ns[SLUICE_BATCH_PKTS], bytes[SLUICE_BATCH_PKTS];
		uint32_t count = 0;

		to = i + SLUICE_BATCH_PKTS < FRAMES ? i + SLUICE_BATCH_PKTS :
						      FRAMES;
		for (uint32_t k = i; k < to; k++) {
			uint64_t gap_ns = frames[k].time_ns -
					  frames[k - 1].time_ns;

			gaps_ns[count] = gap_ns < INT32_MAX ?
					 (uint32_t)gap_ns : INT32_MAX;
			bytes[count] = l1_bytes(k);
			sluice_spectrum_add(&one, gaps_ns[count], bytes[count]);
			count++;
		}
		sluice_spectrum_add_batch(&many, gaps_ns, bytes, count);
		for (uint32_t k = 0; k < one.count; k++)
			is_same &= one.backlog[k] == many.backlog[k] &&
				   one.peak[k] == many.peak[k];
	}
	tap_ok(is_same, claim);
}

/* ---- the scope ---- */

/* Packets of a few flows in runs, of both directions, some stamped too early. */
static void packets_make(struct scope_packet *packets, uint32_t count)
{
	static const struct scope_packet nothing;
	uint64_t flow = 0, run = 0;
	uint32_t sequence = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct scope_packet *packet = &packets[i];
		struct sluice_frame *frame = &packet->frame;
		bool is_back;

		if (!run--) {
			flow = dice(12);
			run = dice(30);
		}
		is_back = flow & 1;
		*packet = nothing;
		packet->time_ns = frames[i].time_ns - (dice(500) ? 0 : dice(900));
		packet->bytes = frames[i].bytes;
		packet->segment_bytes = dice(200) ? 0 : 1448;
		packet->direction = (uint8_t)(flow < 10 ? SCOPE_ANY :
					      SCOPE_OUT + dice(2));
		packet->is_ip = dice(100) != 0;
		frame->key.protocol = flow < 8 ? SLUICE_PROTOCOL_TCP :
						 SLUICE_PROTOCOL_UDP;
		frame->key.ip_version = 4;
		frame->key.source[0] = is_back ? 2 : 1;
		frame->key.destination[0] = is_back ? 1 : 2;
		frame->key.source_port = (uint16_t)(is_back ? 80 : flow);
		frame->key.destination_port = (uint16_t)(is_back ? flow - 1 : 80);
		frame->has_ports = true;
		frame->has_transport = dice(50) != 0;
		frame->payload_bytes = frames[i].bytes > 66 ?
				       frames[i].bytes - 66 : 0;
		frame->tcp_flags = SLUICE_TCP_ACK;
		frame->tcp_ack = sequence - (uint32_t)dice(3000);
		frame->tcp_sequence = dice(90) ? sequence : sequence - 5000;
		sequence += frame->payload_bytes;
	}
}

static bool lanes_same(const struct scope_lane *a, const struct scope_lane *b)
{
	const struct sluice_meter *one = &a->meter, *other = &b->meter;

	if (a->is_used != b->is_used)
		return false;
	return !a->is_used ||
	       (one->pkts == other->pkts && one->bytes == other->bytes &&
		one->backward_pkts == other->backward_pkts &&
		!memcmp(one->span_bytes, other->span_bytes,
			sizeof(one->span_bytes)) &&
		!memcmp(one->spectrum.peak, other->spectrum.peak,
			sizeof(one->spectrum.peak)) &&
		!memcmp(one->gap.buckets, other->gap.buckets,
			(one->gap.last + 1) * sizeof(*one->gap.buckets)) &&
		a->not_ip_pkts == b->not_ip_pkts &&
		a->super_frames == b->super_frames &&
		a->retransmitted_pkts == b->retransmitted_pkts &&
		a->timeouts == b->timeouts && a->pure_acks == b->pure_acks &&
		a->bursts_seen == b->bursts_seen &&
		a->bursts_wire_ns == b->bursts_wire_ns &&
		a->bursts_idle_ns == b->bursts_idle_ns);
}

static bool flow_same(const struct scope_flow *a, const struct scope_flow *b)
{
	return a->pkts == b->pkts && a->bytes == b->bytes &&
	       a->supers == b->supers && a->again_pkts == b->again_pkts &&
	       a->reverse == b->reverse &&
	       !memcmp(a->window, b->window, sizeof(a->window)) &&
	       !memcmp(a->train, b->train, sizeof(a->train)) &&
	       !memcmp(a->gap, b->gap, sizeof(a->gap)) &&
	       !memcmp(a->rtt, b->rtt, sizeof(a->rtt)) && !a->carry && !b->carry &&
	       a->gap_square_sum == b->gap_square_sum &&
	       a->gap_min_ns == b->gap_min_ns &&
	       a->gap_max_ns == b->gap_max_ns &&
	       !memcmp(&a->share, &b->share, sizeof(a->share)) &&
	       !memcmp(&a->share_1s, &b->share_1s, sizeof(a->share_1s)) &&
	       !memcmp(&a->tcp, &b->tcp, sizeof(a->tcp)) &&
	       a->sent.ack_pairs == b->sent.ack_pairs &&
	       a->sent.compressed == b->sent.compressed &&
	       a->sent.known == b->sent.known &&
	       a->acks.acks == b->acks.acks;
}

static bool flows_same(const struct scope_flows *a, const struct scope_flows *b)
{
	uint32_t count = scope_flows_count(a);

	if (count != scope_flows_count(b))
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (!flow_same(scope_flow_at(a, i), scope_flow_at(b, i)))
			return false;
	return true;
}

static void look_up(struct scope *scope, struct scope_packet *packets,
		    uint32_t count)
{
	const struct scope_packet *first = NULL;

	for (uint32_t i = 0; i < count; i++) {
		struct scope_packet *packet = &packets[i];

		packet->is_next = i && packet->is_ip && packet[-1].is_ip &&
				  sluice_flow_key_is(&packet->frame.key,
						     &packet[-1].frame.key);
		if (packet->is_next)
			continue;
		scope_look_up_begin(scope, packet, first);
		first = packet;
	}
	scope_look_up(scope, packets, count);
}

static void check_rows(void)
{
	static struct scope_packet packets[FRAMES];
	static struct scope one, many;
	struct scope_config config = {
		.vantage = { .name = "test", .resolution_ns = 1,
			     .line_rate_bits_ps = LINE_BITS_PS },
	};
	struct scope_flow_event event;
	uint64_t again_pkts = 0;

	packets_make(packets, FRAMES);
	scope_init(&one, &config);
	scope_init(&many, &config);
	for (uint32_t i = 0, to; i < FRAMES; i = to) {
		to = i + (uint32_t)dice(SCOPE_LOOK_UP_MAX) + 1;
		if (to > FRAMES)
			to = FRAMES;
		for (uint32_t k = i; k < to; k++)
			scope_add(&one, &packets[k], &event);
		look_up(&many, packets + i, to - i);
		scope_add_all(&many, packets + i, to - i);
	}
	scope_finish(&one);
	scope_finish(&many);
	tap_ok(one.pkts == many.pkts && one.backward_pkts == many.backward_pkts &&
	       one.end_ns == many.end_ns && one.backward_pkts > 20,
	       "packets in rows: the same packets and stamps");
	tap_ok(lanes_same(&one.lane[SCOPE_ANY], &many.lane[SCOPE_ANY]) &&
	       lanes_same(&one.lane[SCOPE_OUT], &many.lane[SCOPE_OUT]) &&
	       lanes_same(&one.lane[SCOPE_IN], &many.lane[SCOPE_IN]),
	       "packets in rows: every direction the same");
	tap_ok(flows_same(one.flows, many.flows), "packets in rows: the same flows");
	for (uint32_t i = 0; i < scope_flows_count(one.flows); i++)
		again_pkts += scope_flow_at(one.flows, i)->again_pkts;
	tap_ok(again_pkts > 100 && one.lane[0].super_pkts > 10 &&
	       one.lane[0].retransmitted_pkts > 10,
	       "packets in rows: with all that may happen to them");
	scope_done(&one);
	scope_done(&many);
}

int main(void)
{
	static struct sluice_meter meter;

	frames_make();
	meter_feed(&meter);
	check_windows(&meter);
	check_gaps(&meter);
	for (uint32_t k = 0; k < SLUICE_THETAS; k++)
		check_trains(&meter, k);
	sluice_meter_done(&meter);
	check_indices();
	check_spectrum(1000000, "spectrum: many packets at once, rates below the line's");
	check_spectrum(LINE_BITS_PS / 2, "spectrum: rates above it");
	check_rows();
	return tap_done();
}
