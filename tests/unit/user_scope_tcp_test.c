// SPDX-License-Identifier: GPL-2.0
/*
 * What the scope says of TCP beyond single packets, where it is known in closed
 * form: compression of ACKs, runs of losses and where in their trains they were,
 * round trips over the least, and how fair shares are over time.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/scope/figure.h"
#include "../../user/scope/sums.h"
#include "user_scope_packet.h"
#include "user_tap.h"

#define SECOND		SLUICE_NS_PER_S
#define START_NS	(1700000000 * SECOND)
#define MS		1000000u
#define US		1000u
#define SEGMENT		1000u

static struct scope scope;
static struct scope_flow_event event;
static enum scope_direction data_direction = SCOPE_ANY;
static uint8_t flags;			/* beside ACK, of the next packet */

static void begin(uint32_t uncertainty_ns)
{
	struct scope_config config = {
		.vantage = { .name = "test", .resolution_ns = 1,
			     .uncertainty_ns = uncertainty_ns,
			     .line_rate_bits_ps = 1000000000 },
	};

	scope_init(&scope, &config);
}

static void packet(uint64_t at_ns, unsigned int number, bool is_back,
		   uint32_t sequence, uint32_t payload, uint32_t ack)
{
	struct scope_packet one = scope_tcp_packet(START_NS + at_ns, number,
						   is_back, sequence, payload,
						   ack);

	one.frame.tcp_flags |= flags;
	if (data_direction != SCOPE_ANY)
		one.direction = is_back ? SCOPE_OUT + SCOPE_IN - data_direction :
				data_direction;
	flags = 0;
	scope_add(&scope, &one, &event);
}

/* Segment i of a flow, from 1 on. */
static void segment(uint64_t at_ns, uint32_t i)
{
	packet(at_ns, 0, false, i * SEGMENT, SEGMENT, 1);
}

/* All up to segment i has come. */
static void ack(uint64_t at_ns, uint32_t i)
{
	packet(at_ns, 0, true, 1, 0, (i + 1) * SEGMENT);
}

static struct scope_sums sums(void)
{
	struct scope_sums ret;

	scope_sums_of(&scope, data_direction, &ret);
	return ret;
}

/* 1000 segments 100 us apart; their ACKs, one for each, gap_ns apart. */
static void acks(uint64_t gap_ns, uint32_t each)
{
	ack(0, 0);
	for (uint32_t i = 1; i <= 1000; i++)
		segment(i * 100 * US, i);
	for (uint32_t i = each; i <= 1000; i += each)
		ack(200 * MS + i / each * gap_ns, i);
}

/* 1000 segments in a second, the last of which are there again at its end. */
static void test_goodput(void)
{
	const struct scope_figure *goodput = scope_figure_find("goodput");

	begin(1);
	ack(0, 0);
	tap_ok(isnan(goodput->value(&scope, &scope.lane[SCOPE_ANY])), "goodput: not known without data");
	for (uint32_t i = 1; i <= 1000; i++)
		segment(i * 900 * US, i);
	for (uint32_t i = 901; i <= 1000; i++)
		segment(900 * MS + (i - 900) * MS, i);
	tap_real(goodput->value(&scope, &scope.lane[SCOPE_ANY]), 8.0 * 1000 * SEGMENT, "goodput: what is sent again does not count, its time does");
	scope_done(&scope);
}

static void test_compression(void)
{
	begin(1);
	acks(100 * US, 1);
	/* the first two segments have no room, and the third no ACK before it */
	tap_u64(sums().acks_compared, 997, "acks: each is compared with the one before");
	tap_u64(sums().acks_compressed, 0, "acks: as far apart as their data, none is compressed");
	tap_real(scope_figure_find("ack_compressed")->value(&scope, &scope.lane[SCOPE_ANY]), 0, "acks: as a figure too");
	scope_done(&scope);
	begin(1);
	acks(75 * US, 1);
	tap_u64(sums().acks_compressed, 0, "acks: at 3/4 of the distance none is");
	scope_done(&scope);
	begin(1);
	acks(75 * US - 1, 1);
	tap_u64(sums().acks_compressed, 997, "acks: 1 ns below that all are");
	tap_real(scope_figure_find("ack_compressed")->value(&scope, &scope.lane[SCOPE_ANY]), 1e6, "acks: as a figure too");
	scope_done(&scope);
	begin(1);
	acks(149 * US, 2);
	tap_u64(sums().acks_compared, 498, "acks: one for two segments, too");
	tap_u64(sums().acks_compressed, 498, "acks: 149 us for 200 us of data");
	scope_done(&scope);
	begin(100 * US);
	acks(10 * US, 1);
	tap_u64(sums().acks_compared, 0, "acks: gaps of data below what stamps tell are not judged");
	scope_done(&scope);
	data_direction = SCOPE_IN;
	begin(1);
	acks(10 * US, 1);
	tap_u64(sums().acks_compared, 0, "acks: nor where the data is received");
	scope_done(&scope);
	data_direction = SCOPE_OUT;
	begin(1);
	acks(10 * US, 1);
	tap_u64(sums().acks_compared, 997, "acks: where it is sent they are");
	scope_done(&scope);
	data_direction = SCOPE_ANY;
}

static void test_compression_karn(void)
{
	begin(1);
	ack(0, 0);
	for (uint32_t i = 1; i <= 10; i++)
		segment(i * MS, i);
	for (uint32_t i = 1; i <= 5; i++)
		ack(20 * MS + i * MS, i);
	segment(40 * MS, 6);
	/* 6 to 8 at once; 9 has no ACK before it to be compared with; 10 has */
	ack(50 * MS, 8);
	ack(50 * MS + 1, 9);
	ack(50 * MS + 2, 10);
	tap_u64(sums().acks_compared, 3, "acks: one of what was sent again is not compared (Karn), nor the next");
	tap_u64(sums().acks_compressed, 1, "acks: the one behind them is");
	scope_done(&scope);
	begin(1);
	ack(0, 0);
	for (uint32_t i = 1; i <= 6; i++)
		segment(i * MS, i);
	ack(21 * MS, 3);
	packet(22 * MS, 0, true, 1, 100, 5 * SEGMENT);
	ack(23 * MS, 5);
	ack(23 * MS, 5);
	ack(24 * MS, 6);
	tap_u64(sums().acks_compared, 1, "acks: those with data, and those for nothing new, are not compared");
	scope_done(&scope);
}

/* Trains of eight segments each millisecond, 8 us apart. */
static void trains(uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i <= to; i++)
		segment((i - 1) / 8 * (uint64_t)MS + (i - 1) % 8 * 8 * US, i);
}

static void test_losses(void)
{
	struct scope_sums got;

	begin(1);
	ack(0, 0);
	trains(1, 400);
	/* each a train of its own: a first one, two in the middle, a last one */
	segment(60 * MS, 9);
	segment(61 * MS, 20);
	segment(62 * MS, 21);
	segment(63 * MS, 32);
	/* 400 ends the newest train; a train of one; the first again: not known twice */
	segment(64 * MS, 400);
	segment(65 * MS, 401);
	segment(66 * MS, 402);
	segment(67 * MS, 401);
	segment(68 * MS, 9);
	ack(70 * MS, 300);
	segment(71 * MS, 299);
	segment(400 * MS, 350);
	got = sums();
	tap_u64(got.retransmitted_pkts, 9, "losses: nine were sent again");
	tap_u64(got.lost[SCOPE_PLACE_FIRST], 1, "losses: one was the first of its train");
	tap_u64(got.lost[SCOPE_PLACE_MIDDLE], 3, "losses: three stood in the middle");
	tap_u64(got.lost[SCOPE_PLACE_LAST], 2, "losses: two were the last");
	tap_u64(got.lost[SCOPE_PLACE_ALONE], 1, "losses: one was alone");
	tap_u64(scope_sums_unplaced(&got), 2, "losses: of one twice and of one acknowledged it is not known");
	tap_u64(got.loss_runs, 7, "losses: in seven runs");
	tap_u64(got.loss_run_max_pkts, 2, "losses: the longest of two in sequence");
	tap_u64(got.silent_ns, 329 * MS, "losses: after 329 ms of silence");
	tap_real(scope_figure_find("loss_run_max")->value(&scope, &scope.lane[SCOPE_ANY]), 2, "losses: as a figure too");
	scope_done(&scope);
}

/* Nobody acknowledges: the last 1024 segments of 200 ms are known. */
static void test_alone(void)
{
	struct scope_sums got;

	begin(1);
	trains(1, 2000);
	segment(251 * MS, 2000 - 1023);
	segment(252 * MS, 2000 - 1024);
	got = sums();
	tap_u64(scope_sums_unplaced(&got), 1, "losses: without ACKs 1024 segments are remembered");
	tap_u64(scope_flow_at(scope.flows, 0)->sent.room, 1024, "losses: and no more");
	scope_done(&scope);
	/* one each 20 ms: 16 are more than 200 ms */
	begin(1);
	for (uint32_t i = 1; i <= 1000; i++)
		segment(i * 20ull * MS, i);
	scope_finish(&scope);
	tap_u64(scope_flow_at(scope.flows, 0)->sent.room, 16, "losses: a slow flow keeps 16");
	scope_done(&scope);
	/* 3000 in flight, and then their ACKs */
	begin(1);
	ack(0, 0);
	for (uint32_t i = 1; i <= 3000; i++)
		segment(i * 10ull * US, i);
	for (uint32_t i = 1; i <= 3000; i++)
		ack(100 * MS + i * 10ull * US, i);
	tap_u64(sums().acks_compared, 2997, "acks: as many as are in flight are remembered");
	tap_u64(scope_flow_at(scope.flows, 1)->sent.room, 4096, "acks: in a ring of a power of two");
	scope_done(&scope);
	/* 6000 in flight: more than are kept */
	begin(1);
	ack(0, 0);
	for (uint32_t i = 1; i <= 6000; i++)
		segment(i * 10ull * US, i);
	for (uint32_t i = 1; i <= 6000; i++)
		ack(100 * MS + i * 10ull * US, i);
	tap_u64(sums().acks_compared, 4095, "acks: of more the newest 4096 are");
	scope_done(&scope);
}

/* Lost before it came here: what is sent again was never seen, also where the ring is full. */
static void test_holes(void)
{
	struct scope_sums got;

	begin(1);
	for (uint32_t i = 1; i <= 60; i++)
		if (i % 9)
			segment(i * 100ull * US, i);
	for (uint32_t i = 9; i <= 54; i += 9)
		segment(20 * MS + i * MS, i);
	segment(90 * MS, 30);
	got = sums();
	tap_u64(got.retransmitted_pkts, 7, "holes: six of them filled late, and one segment again");
	tap_u64(scope_sums_unplaced(&got), 6, "holes: where in its train it was is not known");
	tap_u64(got.lost[SCOPE_PLACE_ALONE], 1, "holes: of the segment it is");
	scope_done(&scope);
}

static const struct scope_flow_tcp *tcp_of_data(void)
{
	return &scope_flow_at(scope.flows, 0)->tcp;
}

/* Two paths, one of them 200 us longer: every other segment comes late. */
static void test_overtaken(void)
{
	static const uint32_t order[] = { 1, 2, 3, 5, 7, 9, 4, 6, 8, 10, 6 };

	begin(1);
	for (uint32_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		segment(i * 100 * US, order[i]);
	tap_u64(tcp_of_data()->reordered_pkts, 3, "overtaken: three of them, with a hole for each at once");
	tap_u64(tcp_of_data()->retransmitted_pkts, 1, "overtaken: none was sent again, but one that fills what is full");
	scope_done(&scope);
	/* at the very begin of what is seen */
	begin(1);
	for (uint32_t i = 0; i < 6; i++)
		segment(i * 100 * US, (const uint32_t []){ 1, 3, 5, 2, 4, 6 }[i]);
	tap_u64(tcp_of_data()->reordered_pkts, 2, "overtaken: also of a flow that is new");
	scope_done(&scope);
}

/* A handshake says how far away both are: there and back, to the receiver and to the sender. */
static void handshake(uint64_t receiver_ns, uint64_t sender_ns)
{
	flags = SLUICE_TCP_SYN;
	packet(0, 0, false, SEGMENT - 1, 0, 0);
	flags = SLUICE_TCP_SYN;
	packet(receiver_ns, 0, true, 0, 0, SEGMENT);
	packet(receiver_ns + sender_ns, 0, false, SEGMENT, 0, 1);
}

static void test_near(void)
{
	begin(1);
	handshake(10 * US, 100 * US);
	for (uint32_t i = 1; i <= 3; i++)
		segment((200 + i) * US, i);
	segment(205 * US, 5);
	segment(314 * US, 4);
	tap_ok(event.is_reordered, "near: what comes sooner than the sender can hear of it was overtaken");
	segment(400 * US, 7);
	segment(510 * US, 6);
	tap_ok(event.is_retransmitted, "near: what comes as late as that was sent again");
	scope_done(&scope);
	begin(1);
	handshake(MS, 50 * MS);
	segment(100 * MS, 1);
	segment(101 * MS, 3);
	segment(151 * MS, 2);
	tap_ok(event.is_reordered, "far: also of what is far away");
	segment(200 * MS, 5);
	segment(251 * MS, 4);
	tap_ok(event.is_retransmitted, "far: and sent again, if it is as late");
	scope_done(&scope);
}

/* Half of a segment is new; and a FIN and a SYN are no payload. */
static void test_overlap(void)
{
	begin(1);
	flags = SLUICE_TCP_SYN;
	packet(0, 0, false, 0, 0, 0);
	flags = SLUICE_TCP_SYN;
	packet(MS, 0, false, 0, 0, 0);
	packet(2 * MS, 0, false, 1, 1000, 1);
	packet(20 * MS, 0, false, 501, 1500, 1);
	flags = SLUICE_TCP_FIN;
	packet(40 * MS, 0, false, 1501, 500, 1);
	flags = SLUICE_TCP_FIN;
	packet(60 * MS, 0, false, 1501, 500, 1);
	tap_u64(tcp_of_data()->retransmitted_pkts, 4, "overlap: four packets carry what was sent before");
	tap_u64(tcp_of_data()->retransmitted_bytes, 500 + 500 + 500, "overlap: of bytes those that were");
	tap_u64(tcp_of_data()->payload_bytes - tcp_of_data()->retransmitted_bytes, 2000, "overlap: what is left was sent once");
	scope_done(&scope);
}

/* One connection, whole: of its two directions one has data. */
static void test_alone_is_fair(void)
{
	begin(1);
	flags = SLUICE_TCP_SYN;
	packet(0, 0, false, SEGMENT - 1, 0, 0);
	flags = SLUICE_TCP_SYN;
	packet(MS, 0, true, 0, 0, SEGMENT);
	for (uint32_t i = 1; i <= 10; i++) {
		segment(i * 10ull * MS, i);
		ack(i * 10ull * MS + MS, i);
	}
	flags = SLUICE_TCP_FIN;
	packet(200 * MS, 0, true, 1, 0, 11 * SEGMENT);
	scope_finish(&scope);
	tap_real(scope_jain(&scope), 1, "fairness: a SYN and a FIN make no flow with data");
	scope_done(&scope);
	begin(1);
	ack(0, 1);
	scope_finish(&scope);
	tap_ok(isnan(scope_jain(&scope)), "fairness: of no data it is not known");
	scope_done(&scope);
}

/* All flows together have so much memory, and what finds none is not known. */
static void test_pool(void)
{
	struct scope_sent_pool pool = { .bytes = SCOPE_SENT_BYTES_MAX };
	struct scope_sent sent = { .room = 0 };

	tap_ok(scope_sent_room(&sent, &pool, 1, 1, 3, true) < 0 &&
	       !scope_sent_add(&sent, 1, 1001, 1), "pool: without memory a flow has no ring");
	scope_sent_again(&sent, 1, 1000, 1, 0);
	tap_ok(sent.loss && !sent.loss->place[SCOPE_PLACE_ALONE], "pool: and no place is known");
	pool.bytes -= SCOPE_SENT_FIRST * sizeof(struct scope_sent_pkt);
	tap_ok(!scope_sent_room(&sent, &pool, 1, 1, 3, true), "pool: what is left is given");
	for (uint32_t i = 0; i < SCOPE_SENT_FIRST; i++)
		scope_sent_add(&sent, 1, i * 1000 + 1001, 1);
	tap_ok(!scope_sent_add(&sent, 1, 17001, 1) &&
	       !scope_sent_room(&sent, &pool, 1, 16001, 19, true) &&
	       scope_sent_add(&sent, 1, 17001, 1), "pool: then the newest take the place of the oldest");
	tap_u64(sent.room, SCOPE_SENT_FIRST, "pool: in the same ring");
	tap_u64(sent.known, 1001, "pool: of which the begin is known");
	tap_u64(pool.bytes, SCOPE_SENT_BYTES_MAX, "pool: what is given out is counted");
	scope_sent_free(&sent);
	scope_sent_pool_done(&pool);
}

/* Another connection from the same port, with a lower sequence. */
static void test_ports_again(void)
{
	const struct scope_flow *flow;

	begin(1);
	flags = SLUICE_TCP_SYN;
	packet(0, 0, false, 9999, 0, 0);
	for (uint32_t i = 10; i < 20; i++)
		segment(i * MS, i);
	flags = SLUICE_TCP_SYN;
	packet(1000 * MS, 0, false, 999, 0, 0);
	tap_ok(!event.is_retransmitted, "ports again: a SYN of another connection is not sent again");
	flags = SLUICE_TCP_SYN;
	packet(2000 * MS, 0, false, 999, 0, 0);
	tap_ok(event.is_retransmitted && event.is_timeout, "ports again: the same SYN after a second is");
	for (uint32_t i = 1; i < 5; i++)
		segment(2000 * MS + i * MS, i);
	scope_finish(&scope);
	flow = scope_flow_at(scope.flows, 0);
	tap_u64(flow->tcp.retransmitted_pkts, 1, "ports again: its data is new");
	scope_done(&scope);
}

static void test_inflation(void)
{
	static const uint32_t rtt_ms[] = { 4, 4, 8, 12 };

	begin(1);
	for (uint32_t i = 0; i < 4; i++) {
		segment(i * 20ull * MS, i + 1);
		ack(i * 20ull * MS + rtt_ms[i] * MS, i + 1);
	}
	scope_finish(&scope);
	tap_real(scope_figure_find("rtt_inflation")->value(&scope, &scope.lane[SCOPE_ANY]), 7 / 4., "round trips: 7 ms on average, 4 the least");
	scope_done(&scope);
}

/* ---- shares ---- */

static void bytes_of(uint64_t at_ns, unsigned int number, uint32_t segments)
{
	static uint32_t sequence[8];

	for (uint32_t i = 0; i < segments; i++) {
		packet(at_ns + i, number, false, sequence[number], SEGMENT, 1);
		sequence[number] += SEGMENT;
	}
}

static struct scope_fairness fairness(uint32_t series)
{
	struct scope_fairness ret;

	scope_fair_result(scope_flows_fair(scope.flows), series, &ret);
	return ret;
}

/* Two flows 3 to 1, alike from 2 s on, each 10 ms; they end after 4 s. */
static void test_fairness(void)
{
	begin(1);
	for (uint64_t i = 0; i < 400; i++) {
		bytes_of(i * 10 * MS, 0, i < 200 ? 3 : 2);
		bytes_of(i * 10 * MS + 5 * MS, 1, i < 200 ? 1 : 2);
	}
	scope_finish(&scope);
	tap_u64(fairness(0).windows, 38, "fairness: 100 ms count where both flows were there all the time");
	tap_real(fairness(0).min, 0.8, "fairness: 3 to 1 is 16 / 20");
	tap_real(fairness(0).mean, (19 * .8 + 19) / 38, "fairness: mean of the windows");
	tap_real(fairness(0).converged_ns, 2e9, "fairness: 0.95 for good after 2 s");
	tap_u64(fairness(1).windows, 2, "fairness: two seconds, the second and the third");
	tap_real(fairness(1).mean, .9, "fairness: 0.8 and 1");
	tap_real(scope_figure_find("jain_converged")->value(&scope, &scope.lane[SCOPE_ANY]), 2e9, "fairness: the time as a figure");
	scope_done(&scope);
}

/* A third flow gets nothing for a second, and is there before and behind it. */
static void test_starved(void)
{
	begin(1);
	for (uint64_t i = 0; i < 300; i++) {
		bytes_of(i * 10 * MS, 0, 1);
		bytes_of(i * 10 * MS + MS, 1, 1);
		if (i < 100 || i >= 200)
			bytes_of(i * 10 * MS + 2 * MS, 2, 1);
		/* one that comes and goes within a window is not judged */
		if (i == 55)
			bytes_of(i * 10 * MS + 3 * MS, 3, 100);
		/* ACKs and keep-alives are no claim */
		packet(i * 10 * MS + 4 * MS, 4, false, 7, 0, 1);
	}
	scope_finish(&scope);
	tap_real(fairness(0).min, 2 / 3., "starved: with nothing for one of three it is 2/3");
	tap_real(fairness(1).mean, 2 / 3., "starved: in that second");
	tap_u64(fairness(1).windows, 1, "starved: the only one with all there");
	tap_real(fairness(0).converged_ns, 2e9, "starved: fair again after 2 s");
	scope_done(&scope);
	begin(1);
	for (uint64_t i = 0; i < 100; i++)
		bytes_of(i * 10 * MS, 0, 1);
	scope_finish(&scope);
	tap_ok(isnan(fairness(0).mean) && isnan(scope_figure_find("jain_100ms")->value(&scope, &scope.lane[SCOPE_ANY])), "starved: one flow alone is neither fair nor unfair");
	scope_done(&scope);
}

static double uniform(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (double)((z ^ z >> 31) >> 11) / 9007199254740992.;
}

/* Flows at random, with pauses of all: against the definition. */
static void test_definition(void)
{
	enum { FLOWS = 6, WINDOWS = 4000 };
	static double bytes[WINDOWS][FLOWS];
	static uint32_t first[FLOWS], last[FLOWS];
	uint64_t state = 3, at_ns = 0, windows = 0;
	double sum = 0, least = 1, converged = NAN;
	bool is_fair = false;

	begin(1);
	for (int i = 0; i < 20000; i++) {
		unsigned int flow = (unsigned int)(uniform(&state) * FLOWS);
		uint32_t window;

		/* windows begin with the first packet */
		if (i)
			at_ns += (uint64_t)(uniform(&state) *
					    (i % 2000 ? 10 * MS : 2e9));
		window = (uint32_t)(at_ns / SCOPE_FAIR_NS);
		if (window >= WINDOWS)
			break;
		bytes_of(at_ns, flow, 1);
		bytes[window][flow] += SEGMENT + 54 + 24;
		/* counted from 1 */
		if (!last[flow])
			first[flow] = window + 1;
		last[flow] = window + 1;
	}
	scope_finish(&scope);
	for (uint32_t w = 0; w < WINDOWS; w++) {
		double n = 0, x = 0, squares = 0, jain;

		for (uint32_t f = 0; f < FLOWS; f++)
			if (w + 1 > first[f] && w + 1 < last[f]) {
				n++;
				x += bytes[w][f];
				squares += bytes[w][f] * bytes[w][f];
			}
		if (n < 2 || squares <= 0)
			continue;
		jain = x * x / (n * squares);
		windows++;
		sum += jain;
		least = fmin(least, jain);
		if (jain >= .95 && !is_fair)
			converged = w * 1e8;
		is_fair = jain >= .95;
	}
	tap_u64(fairness(0).windows, windows, "random: windows by the definition");
	tap_real(fairness(0).mean, sum / (double)windows, "random: mean of Jain's index");
	tap_real(fairness(0).min, least, "random: least");
	tap_ok(is_fair ? fairness(0).converged_ns == converged :
	       isnan(fairness(0).converged_ns), "random: convergence");
	scope_done(&scope);
}

/* More windows than are kept: said, and those kept stay right. */
static void test_cut(void)
{
	begin(1);
	for (uint64_t i = 0; i < SCOPE_FAIR_MAX + 10ull; i++) {
		bytes_of(i * 100 * MS, 0, 1);
		bytes_of(i * 100 * MS + MS, 1, 1);
	}
	scope_finish(&scope);
	tap_ok(fairness(0).is_cut, "fairness: more windows than are kept is said");
	tap_u64(fairness(0).windows, SCOPE_FAIR_MAX - 1, "fairness: all but the first window of those kept count");
	tap_real(fairness(0).min, 1, "fairness: and are right");
	scope_done(&scope);
}

int main(void)
{
	test_goodput();
	test_compression();
	test_compression_karn();
	test_losses();
	test_alone();
	test_holes();
	test_overtaken();
	test_near();
	test_overlap();
	test_alone_is_fair();
	test_pool();
	test_ports_again();
	test_inflation();
	test_fairness();
	test_starved();
	test_definition();
	test_cut();
	return tap_done();
}
