// SPDX-License-Identifier: GPL-2.0
/*
 * The scope on traces whose figures are known in closed form: dispersion, hot
 * time, bursts and their flows, peaks of a flow, what TCP sent again, round
 * trips, ACK clumps.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/scope/figure.h"
#include "../../user/scope/scope.h"
#include "user_scope_packet.h"
#include "user_tap.h"

#define SECOND		SLUICE_NS_PER_S
#define START_NS	(1700000000 * SECOND)
#define FRAME_BYTES	1226u		/* with 24 of overhead: 1250, 10 kbit */
#define L		1250u
#define LINE_BITS_PS	1000000000ull	/* a frame takes 10 µs */

static struct scope scope;
static struct scope_flow_event event;

static void begin(uint64_t bottleneck_bits_ps)
{
	struct scope_config config = {
		.vantage = { .name = "test", .resolution_ns = 1,
			     .uncertainty_ns = 1,
			     .line_rate_bits_ps = LINE_BITS_PS },
		.bottleneck_bits_ps = bottleneck_bits_ps,
	};

	scope_init(&scope, &config);
}

/* A TCP packet of flow number, that way or back. */
static void tcp(uint64_t at_ns, unsigned int number, bool is_back,
		uint32_t sequence, uint32_t payload, uint32_t ack)
{
	struct scope_packet packet = scope_tcp_packet(START_NS + at_ns, number,
						      is_back, sequence,
						      payload, ack);

	scope_add(&scope, &packet, &event);
}

/* A data packet of L bytes at L1. */
static void data(uint64_t at_ns, unsigned int number)
{
	static uint32_t sequence[16];

	tcp(at_ns, number, false, sequence[number], FRAME_BYTES - 54, 1);
	sequence[number] += FRAME_BYTES - 54;
}

static const struct scope_lane *lane(void)
{
	return &scope.lane[SCOPE_ANY];
}

static double idc(uint32_t level)
{
	struct sluice_dispersion one;

	sluice_aligned_dispersion(&lane()->meter.aligned, level, scope.end_ns,
				  &one);
	return one.pkts_idc;
}

static double figure(const char *name)
{
	return scope_figure_find(name)->value(&scope, lane());
}

static void test_constant_rate(void)
{
	begin(50000000);
	for (uint64_t i = 0; i < 20000; i++)
		data(i * 100000, 0);
	scope_finish(&scope);
	tap_u64(scope.end_ns - scope.start_ns, 2 * SECOND,
		"constant rate: the span ends one gap behind the last frame");
	tap_real(figure("mean_rate"), 1e8, "constant rate: mean");
	tap_real(figure("pmr_1ms"), 1, "constant rate: PMR(1 ms)");
	tap_real(figure("bef_125"), 1, "constant rate: burst excess");
	tap_real(idc(3), 0.2, "constant rate: IDC(80 µs), a frame in four of five");
	tap_real(idc(0), 0.9, "constant rate: IDC(10 µs), a frame in one of ten");
	tap_u64(lane()->meter.aligned.hot[0].hot_windows, 20000,
		"constant rate: 10 µs with a frame are hot");
	tap_u64(lane()->meter.aligned.hot[1].hot_windows, 0,
		"constant rate: no 100 µs is");
	tap_u64(lane()->bursts_seen, 20000, "constant rate: each frame is a burst of 10 µs");
	tap_u64(lane()->meter.span_bytes[3], 10 * L, "constant rate: envelope of 1 ms");
	tap_u64(lane()->meter.span_bytes[6], 10000 * L, "constant rate: envelope of 1 s");
	tap_u64(lane()->series.bins, 2000, "constant rate: 2000 milliseconds");
	tap_u64(lane()->series.bin[1234].bytes, 10 * L, "constant rate: each with ten frames");
	tap_u64(lane()->series.bin[1234].max_100us_bytes, L, "constant rate: and one in 100 µs");
	tap_real(figure("b0"), (20000. * L - 19999 * 625) / L,
		 "constant rate: buffer at half the rate");
	scope_done(&scope);
}

/* Five frames in each millisecond, 2 µs of silence between two. */
static void test_intensity(void)
{
	const struct scope_burst *burst;

	begin(0);
	for (uint64_t i = 0; i < 1000; i++)
		for (uint64_t k = 0; k < 5; k++)
			data(i * 1000000 + k * 12000, 0);
	scope_finish(&scope);
	burst = &lane()->burst[0];
	tap_u64(burst->burst.wire_ns, 50000, "intensity: frames for 50 µs");
	tap_u64(burst->burst.idle_ns, 8000, "intensity: and 8 µs between them");
	tap_real(figure("burst_intensity"), 840000, "intensity: 84 %");
	scope_done(&scope);
}

/* Two flows send 5 and 3 frames back to back each millisecond. */
static void test_bursts(void)
{
	const struct scope_burst *burst;

	begin(0);
	for (uint64_t i = 0; i < 1000; i++)
		for (uint64_t k = 0; k < 8; k++)
			data(i * 1000000 + k * 10000, k >= 5);
	scope_finish(&scope);
	burst = &lane()->burst[0];
	tap_u64(lane()->bursts_seen, 1000, "bursts: one each millisecond");
	tap_u64(lane()->bursts, SCOPE_BURSTS_MAX, "bursts: the list is full");
	tap_u64(burst->burst.duration_ns, 80000, "bursts: 80 µs long");
	tap_u64(burst->burst.bytes, 8 * L, "bursts: of eight frames");
	tap_u64(burst->flows, 2, "bursts: two flows in it");
	tap_ok(burst->share[0].number == 0 && burst->share[0].bytes == 5 * L,
	       "bursts: five frames are of the first");
	tap_ok(burst->share[1].number == 1 && burst->share[1].bytes == 3 * L,
	       "bursts: three of the second");
	tap_ok(burst->is_whole, "bursts: all of them are known");
	tap_real(figure("burst_intensity"), 1e6, "bursts: back to back, the intensity is 100 %");
	tap_u64(lane()->meter.aligned.hot[0].burst_max_windows, 8, "bursts: eight hot windows on end");
	tap_u64(sluice_trains_at_least(&lane()->meter.trains, 6, 8), 1000,
		"bursts: 1000 of at least 8 frames with gaps up to 100 µs");
	tap_u64(sluice_trains_at_least(&lane()->meter.trains, 6, 9), 0,
		"bursts: none of 9");
	scope_done(&scope);
}

static double uniform(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (double)((z ^ z >> 31) >> 11) / 9007199254740992.;
}

/* Batches of b frames at Poisson instants: IDC is b. */
static void test_poisson(unsigned int b, double mean_ns)
{
	uint64_t state = 7 + b, at_ns = 0;
	double windows, sd;

	begin(0);
	for (;;) {
		at_ns += (uint64_t)(-log(1 - uniform(&state)) * mean_ns + .5);
		if (at_ns >= 20 * SECOND)
			break;
		for (unsigned int k = 0; k < b; k++)
			data(at_ns, 0);
	}
	scope_finish(&scope);
	/* of an IDC over n windows of many events: b sqrt(2 / n); 3.3 sd */
	windows = 20e9 / (SLUICE_SLOT_NS << 10);
	sd = b * sqrt(2 / windows);
	tap_ok(fabs(idc(10) - b) < 3.3 * sd, "Poisson batches: IDC(10 ms) is their size inside the 99.9 % band");
	windows = 20e9 / (SLUICE_SLOT_NS << 6);
	sd = b * sqrt((2 + 1 / (640000 / mean_ns)) / windows);
	tap_ok(fabs(idc(6) - b) < 3.3 * sd, "Poisson batches: IDC(0.6 ms) too");
	tap_ok(fabs(sluice_aligned_hurst(&lane()->meter.aligned, scope.end_ns, 1) -
		    .5) < .05, "Poisson batches: Hurst's exponent is 0.5");
	scope_done(&scope);
}

/* Peaks of single flows against a search through all their packets. */
static void test_flow_windows(void)
{
	enum { PKTS = 6000, FLOWS = 5 };
	static struct { uint64_t at_ns; unsigned int flow; } pkt[PKTS];
	uint64_t state = 99, at_ns = 0;
	bool is_same = true;

	begin(0);
	for (int i = 0; i < PKTS; i++) {
		double dice = uniform(&state);

		at_ns += dice < .9 ? (uint64_t)(dice * 3e4) :
				     (uint64_t)((dice - .9) * 2e8);
		pkt[i].at_ns = at_ns;
		pkt[i].flow = (unsigned int)(uniform(&state) * FLOWS);
		data(at_ns, pkt[i].flow);
	}
	scope_finish(&scope);
	for (uint32_t f = 0; f < FLOWS; f++) {
		const struct scope_flow *flow = scope_flow_at(scope.flows, f);
		uint16_t port = scope_flow_key(scope.flows, f)->source_port;

		for (uint32_t w = 0; w < SCOPE_FLOW_WINDOWS; w++) {
			uint64_t best = 0;

			for (int i = 0; i < PKTS; i++) {
				uint64_t sum = 0;

				for (int k = i; k >= 0 && pkt[i].at_ns -
				     pkt[k].at_ns < scope_flow_windows_ns[w]; k--)
					if (pkt[k].flow + 1000 == port)
						sum += L;
				if (sum > best)
					best = sum;
			}
			is_same &= best == flow->window[w].max_bytes;
		}
	}
	tap_ok(is_same, "flows: peaks equal the definition");
	scope_done(&scope);
}

static void test_tcp(void)
{
	const struct scope_flow *flow;

	begin(0);
	/* a segment each 10 ms, acknowledged 4 ms later */
	for (uint32_t i = 0; i < 10; i++) {
		tcp(i * 10000000ull, 0, false, 1 + i * 1000, 1000, 1);
		tcp(i * 10000000ull + 4000000, 0, true, 1, 0, 1001 + i * 1000);
		tap_u64(event.rtt_ns, 4000000, "tcp: a segment is timed");
	}
	tap_ok(event.is_pure_ack, "tcp: an ACK without data is one");
	/* the last one again after 300 ms: a timeout; its ACK times nothing */
	tcp(390000000, 0, false, 9001, 1000, 1);
	tap_ok(event.is_retransmitted && event.is_timeout, "tcp: sent again after silence");
	tcp(395000000, 0, true, 1, 0, 10001);
	tap_u64(event.rtt_ns, 0, "tcp: what was sent again is not timed (Karn)");
	/* 11001 overtakes 10001 by 1 ms; 12001 is lost and comes 20 ms later */
	tcp(400000000, 0, false, 11001, 1000, 1);
	tcp(401000000, 0, false, 10001, 1000, 1);
	tap_ok(event.is_reordered && !event.is_retransmitted, "tcp: overtaken is not sent again");
	tcp(402000000, 0, false, 13001, 1000, 1);
	tcp(422000000, 0, false, 12001, 1000, 1);
	tap_ok(event.is_retransmitted && !event.is_timeout, "tcp: a hole filled late was sent again");
	/* a keep-alive */
	tcp(500000000, 0, false, 14000, 1, 1);
	tap_ok(!event.is_retransmitted, "tcp: a keep-alive is no retransmission");
	/* five ACKs 20 µs apart */
	for (uint32_t i = 0; i < 5; i++)
		tcp(600000000 + i * 20000, 0, true, 1, 0, 14001);
	scope_finish(&scope);
	flow = scope_flow_at(scope.flows, 0);
	tap_u64(flow->tcp.retransmitted_pkts, 2, "tcp: two were sent again");
	tap_u64(flow->tcp.retransmitted_bytes, 2000, "tcp: 2000 bytes of them");
	tap_u64(flow->tcp.timeouts, 1, "tcp: one after a timeout");
	tap_u64(flow->tcp.reordered_pkts, 1, "tcp: one was overtaken");
	tap_u64(flow->tcp.rtt_min_ns, 4000000, "tcp: least round trip");
	tap_u64(flow->reverse, 2, "tcp: its other direction is known");
	flow = scope_flow_at(scope.flows, 1);
	tap_u64(flow->acks.run_max_acks, 5, "acks: a clump of five");
	tap_u64(flow->acks.clumped, 4, "acks: four came within 100 µs");
	tap_u64(flow->acks.duplicates, 5, "acks: duplicates are counted");
	tap_u64(lane()->retransmitted_pkts, 2, "tcp: the direction has the same sum");
	scope_done(&scope);
}

/* A super-packet is one packet with the bytes of its frames, or its frames. */
static void test_supers(void)
{
	struct scope_packet packet = {
		.time_ns = START_NS, .bytes = 54 + 10 * 1000 + 500,
		.segment_bytes = 1000, .direction = SCOPE_OUT, .is_ip = true,
		.frame = { .key = { .protocol = SLUICE_PROTOCOL_TCP,
				    .ip_version = 4 },
			   .has_transport = true, .header_bytes = 54,
			   .payload_bytes = 10500, },
	};
	uint32_t wire = 11 * (54 + 24) + 10500;

	tap_u64(scope_packet_frames(&packet), 11, "supers: eleven frames");
	tap_u64(scope_packet_wire_bytes(&packet), wire, "supers: with eleven headers");
	begin(0);
	scope_add(&scope, &packet, &event);
	scope_finish(&scope);
	tap_u64(scope.lane[SCOPE_OUT].meter.pkts, 1, "supers: one packet");
	tap_u64(scope.lane[SCOPE_OUT].meter.bytes, wire, "supers: of all bytes");
	tap_u64(scope.lane[SCOPE_OUT].super_frames, 11, "supers: its frames are counted apart");
	scope_done(&scope);
	begin(0);
	scope.config.expands_supers = true;
	scope_add(&scope, &packet, &event);
	scope_finish(&scope);
	tap_u64(scope.lane[SCOPE_OUT].meter.pkts, 11, "supers expanded: eleven packets");
	tap_u64(scope.lane[SCOPE_OUT].meter.bytes, wire, "supers expanded: of the same bytes");
	scope_done(&scope);
}

/*
 * Super-packets of 11 frames, 90.864 µs at the line rate, handed over while the one before
 * would still be leaving, and one later: the train goes on over the former, whether they
 * count as one or as frames, also where they lie in several batches of the meter.
 */
static void test_super_trains(void)
{
	struct scope_packet packet = {
		.bytes = 54 + 10 * 1000 + 500,
		.segment_bytes = 1000, .direction = SCOPE_OUT, .is_ip = true,
		.frame = { .key = { .protocol = SLUICE_PROTOCOL_TCP,
				    .ip_version = 4 },
			   .has_transport = true, .header_bytes = 54,
			   .payload_bytes = 10500, },
	};
	const struct sluice_meter *meter = &scope.lane[SCOPE_OUT].meter;

	for (unsigned int expands = 0; expands < 2; expands++) {
		begin(0);
		scope.config.expands_supers = expands;
		for (unsigned int i = 0; i < 60; i++) {
			packet.time_ns = START_NS + i * 80000 +
					 i / 30 * 1000000;
			scope_add(&scope, &packet, &event);
		}
		scope_finish(&scope);
		tap_u64(meter->trains.theta[0].pkts.max, expands ? 330 : 30,
			expands ? "supers expanded: a train goes on over what is handed over meanwhile" :
				  "supers: a train goes on over what is handed over meanwhile");
		tap_u64(meter->trains.theta[0].pkts.count, 2, "and ends where the line has nothing to send");
		tap_ok(sluice_hist_quantile(&meter->idle, 980000) == 0,
		       "which is idle but once");
		tap_u64(meter->idle.max, 1080000 - (11 * 78 + 10500) * 8,
			"and for as long as nothing is left");
		scope_done(&scope);
	}
}

/* Against a rate: every third frame comes 30 µs before its time. */
static void test_commanded(void)
{
	begin(0);
	scope.config.commanded_bits_ps = 100000000;
	for (uint64_t i = 0; i < 3000; i++)
		data(i * 100000 - (i % 3 == 2 ? 30000 : 0), 0);
	data(300000000, 0);
	scope_finish(&scope);
	tap_u64(lane()->commanded.early.count, 1000, "commanded: a third of the frames is early");
	tap_u64(lane()->commanded.early.max, 30000, "commanded: CDVT is 30 µs");
	tap_real(sluice_commanded_error_ppm(&lane()->commanded), 0, "commanded: the mean is right");
	tap_real(figure("cdvt"), 30000, "commanded: as a figure too");
	scope_done(&scope);

	/* at a rate that is no whole number of ns a frame: no drift */
	begin(0);
	scope.config.commanded_bits_ps = 300000000;
	for (uint64_t i = 0; i < 30000; i++)
		data((i * 100000 + 2) / 3, 0);
	scope_finish(&scope);
	tap_u64(lane()->commanded.early.count, 0, "commanded: 33,333.3 ns a frame, none is early");
	scope_done(&scope);
}

/* Four frames in one window of 640 µs, two in the next. */
static void test_allan(void)
{
	struct sluice_dispersion one;

	begin(0);
	for (uint64_t i = 0; i < 1000; i++)
		for (uint64_t k = 0; k < (i % 2 ? 2 : 4); k++)
			data(i * 640000 + k * 150000, 0);
	data(640000000, 0);
	scope_finish(&scope);
	sluice_aligned_dispersion(&lane()->meter.aligned, 6,
				  START_NS + 640000000, &one);
	tap_real(one.rate_deviation, sqrt(2) / 3, "Allan deviation: windows of 4 and 2 by turns");
	scope_done(&scope);
}

static void test_series_fold(void)
{
	uint64_t sum = 0;

	begin(0);
	for (uint64_t i = 0; i < 40000; i++)
		data(i * 1000000, 0);
	scope_finish(&scope);
	for (uint32_t i = 0; i < lane()->series.bins; i++)
		sum += lane()->series.bin[i].bytes;
	tap_u64(lane()->series.bin_ns, 4000000, "series: 40 s are bins of 4 ms");
	tap_u64(sum, 40000ull * L, "series: nothing is lost by that");
	tap_u64(lane()->series.bin[77].pkts, 4, "series: four packets in each");
	tap_u64(lane()->series.bin[77].max_1ms_bytes, L, "series: a millisecond's peak stays");
	scope_done(&scope);
}

static void test_backward(void)
{
	begin(0);
	data(5000000, 0);
	data(4000000, 0);
	scope_finish(&scope);
	tap_u64(scope.backward_pkts, 1, "time backwards: counted");
	tap_u64(lane()->meter.gap.max, 0, "time backwards: taken as the same instant");
	scope_done(&scope);
	begin(0);
	scope_finish(&scope);
	tap_ok(!scope_main_lane(&scope), "no packet: no direction");
	scope_done(&scope);
}

/* lo: each packet leaves and comes. */
static void test_both_ways(void)
{
	struct scope_packet packet = {
		.time_ns = START_NS, .bytes = 1054, .direction = SCOPE_OUT,
		.is_ip = true,
		.frame = { .key = { .protocol = SLUICE_PROTOCOL_TCP,
				    .ip_version = 4 },
			   .has_transport = true, .payload_bytes = 1000,
			   .header_bytes = 54, .tcp_sequence = 1 },
	};

	begin(0);
	for (int i = 0; i < 10; i++) {
		packet.direction = SCOPE_OUT;
		scope_add(&scope, &packet, &event);
		packet.direction = SCOPE_IN;
		scope_add(&scope, &packet, &event);
		tap_ok(!event.is_retransmitted, "both ways: coming is not sent again");
		packet.time_ns += 1000;
		packet.frame.tcp_sequence += 1000;
	}
	scope_finish(&scope);
	tap_u64(scope_flow_at(scope.flows, 0)->pkts, 10, "both ways: the flow counts what left");
	tap_u64(scope.lane[SCOPE_IN].meter.pkts, 10, "both ways: both directions have theirs");
	scope_done(&scope);
}

static void test_conditions(void)
{
	struct scope_condition condition;
	char error[256];
	double value;

	tap_ok(scope_condition_parse("nonsense>1", &condition, error, 256) < 0 &&
	       strstr(error, "'nonsense'"), "conditions: an unknown figure is named");
	tap_ok(scope_condition_parse("pmr_1ms", &condition, error, 256) < 0,
	       "conditions: without a comparison refused");
	tap_ok(scope_condition_parse("pmr_1ms>x", &condition, error, 256) < 0 &&
	       strstr(error, "'x'"), "conditions: no number refused");
	tap_ok(!scope_condition_parse("pmr_1ms>=1", &condition, error, 256),
	       "conditions: >= is read");
	begin(0);
	for (uint64_t i = 0; i < 10000; i++)
		data(i * 100000, 0);
	scope_finish(&scope);
	tap_ok(scope_condition_holds(&condition, &scope, &value) && value == 1,
	       "conditions: 1 >= 1 holds");
	scope_condition_parse("b0<5", &condition, error, 256);
	tap_ok(!scope_condition_holds(&condition, &scope, &value) &&
	       isnan(value), "conditions: what is not known does not hold");
	scope_done(&scope);
}

/* Two of three gaps and round trips are short: more than 16 bits count. */
static void test_carry(void)
{
	const struct scope_flow *flow;
	uint64_t at_ns = 0;

	begin(0);
	for (uint32_t i = 0; i < 150000; i++) {
		tcp(at_ns, 1, false, 1 + 1000 * i, 1000, 1);
		tcp(at_ns + (i % 3 ? 30000 : 60000), 1, true, 1, 0,
		    1001 + 1000 * i);
		at_ns += i % 3 ? 100000 : 200000;
	}
	scope_finish(&scope);
	flow = scope_flow_at(scope.flows, 0);
	tap_u64(flow->tcp.rtts, 150000, "many round trips");
	tap_u64(scope_flow_gap_quantile(flow, 500000), 98304 + 16384 / 2,
		"and gaps, of which most are short");
	tap_u64(scope_flow_gap_quantile(flow, 700000), 200000, "but not all");
	tap_u64(scope_flow_rtt_quantile(flow, 500000), 30000,
		"most round trips are short, too");
	tap_u64(scope_flow_rtt_quantile(flow, 700000), 57344, "but not all");
	scope_done(&scope);
}

static void directed(uint64_t at_ns, bool is_back, enum scope_direction direction)
{
	struct scope_packet packet = scope_tcp_packet(START_NS + at_ns, 0, is_back,
						      1, FRAME_BYTES - 54, 1);

	packet.direction = direction;
	scope_add(&scope, &packet, &event);
}

static void burst_is(enum scope_direction direction, uint32_t flow, const char *claim)
{
	const struct scope_burst *burst = &scope.lane[direction].burst[0];

	tap_ok(burst->flows == 1 && burst->share[0].number == flow &&
	       burst->share[0].bytes == burst->burst.bytes && burst->is_whole, claim);
}

/* Five frames leave while five come: a burst is made by flows of its own direction. */
static void test_bursts_of_directions(void)
{
	begin(0);
	for (uint64_t i = 0; i < 10; i++) {
		directed(i * 10000, false, SCOPE_OUT);
		directed(i * 10000 + 1000, true, SCOPE_IN);
	}
	scope_finish(&scope);
	burst_is(SCOPE_OUT, 0, "directions: what leaves is in the bursts that leave");
	burst_is(SCOPE_IN, 1, "directions: what comes in those that come");
	scope_done(&scope);
	/* lo shows each packet as it leaves and as it comes */
	begin(0);
	for (uint64_t i = 0; i < 10; i++) {
		directed(i * 10000, false, SCOPE_OUT);
		directed(i * 10000, false, SCOPE_IN);
	}
	scope_finish(&scope);
	burst_is(SCOPE_OUT, 0, "lo: the flow is in the bursts that leave");
	burst_is(SCOPE_IN, 0, "lo: and in those that come");
	scope_done(&scope);
}

int main(void)
{
	test_constant_rate();
	test_bursts();
	test_bursts_of_directions();
	test_intensity();
	test_poisson(1, 20000);
	test_poisson(4, 80000);
	test_flow_windows();
	test_tcp();
	test_supers();
	test_super_trains();
	test_commanded();
	test_allan();
	test_series_fold();
	test_backward();
	test_both_ways();
	test_conditions();
	test_carry();
	return tap_done();
}
