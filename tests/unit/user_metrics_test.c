// SPDX-License-Identifier: GPL-2.0
/*
 * The meter on traces whose metrics are known in closed form, and on random
 * traces against the definitions computed the slow way.
 */
#include <stdlib.h>

#include "../../user/lib/metrics.h"
#include "user_tap.h"

#define SECOND		SLUICE_NS_PER_S
#define START_NS	(1700000000 * SECOND)
#define FRAME_BYTES	1226u		/* with 24 of overhead: 1250, 10 kbit */
#define L		1250u
#define LINE_BITS_PS	1000000000ull	/* a frame takes 10 µs */
#define WIRE_NS		10000u

struct packet {
	uint64_t time_ns;
	uint32_t frame_bytes;
};

struct trace {
	struct packet *packets;
	uint32_t count;
	uint64_t span_ns;
	struct sluice_meter meter;
};

static void trace_add(struct trace *trace, uint64_t at_ns, uint32_t bytes)
{
	if ((trace->count & (trace->count + 1)) == 0)
		trace->packets = realloc(trace->packets, (trace->count + 1) *
					 2 * sizeof(*trace->packets));
	trace->packets[trace->count++] = (struct packet){
		.time_ns = START_NS + at_ns, .frame_bytes = bytes,
	};
}

static void trace_measure(struct trace *trace, const uint64_t *rates,
			  uint32_t rate_count)
{
	struct sluice_meter_config config = {
		.start_ns = START_NS,
		.end_ns = START_NS + trace->span_ns,
		.line_rate_bits_ps = LINE_BITS_PS,
		.line_overhead_bytes = 24,
		.overhead_bytes = 24,
		.uncertainty_ns = 1,
		.hist_bits = 7,
		.rates = rate_count,
	};

	for (uint32_t i = 0; i < rate_count; i++)
		config.rate_bits_ps[i] = rates[i];
	sluice_meter_init(&trace->meter, &config);
	for (uint32_t i = 0; i < trace->count; i++)
		sluice_meter_add(&trace->meter, trace->packets[i].time_ns,
				 trace->packets[i].frame_bytes);
	sluice_meter_finish(&trace->meter);
}

static void trace_done(struct trace *trace)
{
	sluice_meter_done(&trace->meter);
	free(trace->packets);
}

static uint64_t burst(const struct trace *trace, uint32_t i)
{
	return sluice_spectrum_bytes(&trace->meter.spectrum, i);
}

static void test_constant_rate(void)
{
	const uint64_t rates[] = { 100000000, 50000000, 1000000000 };
	struct trace trace = { .span_ns = 3 * SECOND };
	const struct sluice_meter *m = &trace.meter;

	for (uint64_t i = 0; i < 30000; i++)
		trace_add(&trace, i * 100000, FRAME_BYTES);
	trace_measure(&trace, rates, 3);
	tap_real(sluice_meter_mean_bits_ps(m), 1e8, "constant rate: mean is 100 Mb/s");
	tap_real(m->results[0].pmr, 10, "constant rate: PMR(10 µs) is one frame over R w");
	tap_real(m->results[0].floor, 10, "constant rate: its floor is the same");
	for (int i = 1; i < 5; i++)
		tap_real(m->results[i].pmr, 1, "constant rate: PMR is 1 from 100 µs on");
	tap_real(m->results[2].floor, 1, "constant rate: F(1 ms) is 1, not rounded up");
	tap_u64(m->gap.min, 100000, "constant rate: smallest gap");
	tap_u64(sluice_hist_quantile(&m->gap, 500000), 100000, "constant rate: median gap");
	tap_u64(sluice_hist_quantile(&m->gap, 990000), 100000, "constant rate: p99 gap");
	tap_u64(sluice_hist_quantile(&m->idle, 500000), 90000, "constant rate: idle gap");
	tap_real(sluice_meter_gap_cov(m), 0, "constant rate: CoV is 0");
	tap_u64(m->trains.theta[0].pkts.max, 1, "constant rate: wire trains of 1");
	tap_u64(m->trains.theta[0].pkts.count, 30000, "constant rate: as many trains as frames");
	tap_u64(m->trains.theta[6].pkts.max, 30000, "constant rate: one train at 100 µs");
	tap_u64(burst(&trace, 0), L, "constant rate: s(R) is one frame");
	tap_u64(burst(&trace, 1), 30000ull * L - 29999ull * 625, "constant rate: s(R/2)");
	tap_u64(burst(&trace, 2), L, "constant rate: s(C) is one frame");
	for (int i = 0; i < 4; i++)
		tap_real(m->excess[i].max, 1, "constant rate: burst excess is exactly 1 frame");
	trace_done(&trace);
}

static void test_batches(void)
{
	const uint64_t rates[] = { 80000000, 160000000, 1000000000 };
	struct trace trace = { .span_ns = 2 * SECOND };
	const struct sluice_meter *m = &trace.meter;
	double n = 2000 * 8 - 1, sum, squares;

	for (uint64_t i = 0; i < 2000; i++)
		for (uint64_t k = 0; k < 8; k++)
			trace_add(&trace, i * 1000000 + k * WIRE_NS, FRAME_BYTES);
	trace_measure(&trace, rates, 3);
	tap_real(m->results[0].pmr, 12.5, "batches: PMR(10 µs) is one frame");
	tap_real(m->results[1].pmr, 10, "batches: PMR(100 µs) is one batch");
	tap_real(m->results[2].pmr, 1, "batches: PMR(1 ms) is 1, the period");
	tap_u64(m->results[1].peak_bytes, 8 * L, "batches: 8 frames in 100 µs");
	tap_real(m->results[1].floor, 1.25, "batches: F(100 µs) is ceil(0.8) frames");
	tap_u64(sluice_hist_quantile(&m->gap, 500000), 10000, "batches: median gap");
	tap_u64(sluice_hist_quantile(&m->gap, 990000), 930000, "batches: p99 gap");
	tap_u64(sluice_hist_quantile(&m->idle, 500000), 0, "batches: no idle time inside");
	tap_u64(sluice_hist_quantile(&m->idle, 990000), 920000, "batches: idle time between");
	sum = 2000 * 7 * 1e4 + 1999 * 9.3e5;
	squares = 2000 * 7 * 1e8 + 1999 * 9.3e5 * 9.3e5;
	tap_real(sluice_meter_gap_cov(m), sqrt(n * squares - sum * sum) / sum,
		 "batches: CoV");
	tap_u64(m->trains.theta[0].pkts.count, 2000, "batches: one wire train per batch");
	tap_u64(sluice_hist_quantile(&m->trains.theta[0].pkts, 10000), 8, "batches: every train has 8");
	tap_u64(sluice_hist_quantile_weighted(&m->trains.theta[0].pkts, 990000), 8,
		"batches: the same weighted by frames");
	tap_u64(m->trains.theta[0].bytes_max, 8 * L, "batches: bytes of a train");
	tap_u64(m->trains.theta[0].duration_max_ns, 7 * WIRE_NS, "batches: its duration");
	tap_u64(m->trains.theta[1].pkts.max, 1, "batches: no trains at 128 ns");
	tap_u64(burst(&trace, 0), 8 * L - 700, "batches: s(R) = 8 L - R 70 µs");
	tap_u64(burst(&trace, 1), 8 * L - 1400, "batches: s(2 R)");
	tap_u64(burst(&trace, 2), L, "batches: s(C) is one frame");
	tap_real(m->excess[0].max, 7.44, "batches: burst excess at R");
	tap_u64(m->delay_factor_ns, 930000, "batches: delay factor, (8 L - R 70 µs) / R");
	tap_real(m->excess[3].max, 6.88, "batches: burst excess at 2 R");
	trace_done(&trace);
}

static void test_on_off(void)
{
	const uint64_t rates[] = { 100000000, 500000000 };
	struct trace trace = { .span_ns = 2 * SECOND };
	const struct sluice_meter *m = &trace.meter;

	for (uint64_t i = 0; i < 20; i++)
		for (uint64_t k = 0; k < 1000; k++)
			trace_add(&trace, i * 100000000 + k * WIRE_NS, FRAME_BYTES);
	trace_measure(&trace, rates, 2);
	tap_real(m->results[2].pmr, 10, "on-off: PMR(1 ms) is C / R");
	tap_real(m->results[3].pmr, 10, "on-off: PMR(10 ms) is C / R");
	tap_real(m->results[4].pmr, 1, "on-off: PMR(100 ms) is 1, the period");
	tap_u64(burst(&trace, 0), 1000 * L - 999 * 125, "on-off: s(R)");
	tap_u64(burst(&trace, 1), 1000 * L - 999 * 625, "on-off: s(C/2)");
	tap_u64(m->trains.theta[0].pkts.max, 1000, "on-off: trains of 1000");
	trace_done(&trace);
}

/* A greedy source behind a token bucket of 20 frames and 100 Mb/s. */
static void test_token_bucket(void)
{
	const uint64_t rates[] = { 100000000, 200000000, 99999000 };
	struct trace trace = { .span_ns = 1 * SECOND };

	for (uint64_t i = 0; i < 20; i++)
		trace_add(&trace, 0, FRAME_BYTES);
	for (uint64_t i = 1; i < 5000; i++)
		trace_add(&trace, i * 100000, FRAME_BYTES);
	trace_measure(&trace, rates, 3);
	tap_u64(burst(&trace, 0), 20 * L, "token bucket: s(r) is the bucket");
	tap_u64(burst(&trace, 1), 20 * L, "token bucket: s(2 r) is the bucket");
	tap_u64(burst(&trace, 2), 20 * L + 4999 * L - (uint64_t)(4999 * 1250. * .99999),
		"token bucket: s just below r grows with time, rounded up");
	tap_u64(trace.meter.censored_gaps, 19, "token bucket: equal stamps are censored gaps");
	tap_u64(trace.meter.trains.theta[1].pkts.max, 20, "token bucket: the burst is one train");
	tap_u64(trace.meter.trains.theta[1].pkts.count, 5000, "token bucket: then single frames");
	trace_done(&trace);
}

static uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static void test_poisson(void)
{
	struct trace trace = { .span_ns = 10 * SECOND };
	uint64_t state = 1, at_ns = 0;

	for (;;) {
		double u = (double)(random_next(&state) >> 11) / 9007199254740992.;

		at_ns += (uint64_t)(-log(1 - u) * 100000 + .5);
		if (at_ns >= trace.span_ns)
			break;
		trace_add(&trace, at_ns, FRAME_BYTES);
	}
	trace_measure(&trace, NULL, 0);
	/* sd of the estimate is about 1 / sqrt(n) for n = 100,000 exponentials */
	tap_ok(fabs(sluice_meter_gap_cov(&trace.meter) - 1) < 3.3 / sqrt(1e5),
	       "Poisson: CoV is 1 inside the 99.9 % band");
	trace_done(&trace);
}

/* Most bytes in (s, s + w] over the block's packets as window ends. */
static uint64_t slow_window(const struct trace *trace, uint64_t w)
{
	uint64_t best = 0;

	for (uint32_t i = 0; i < trace->count; i++) {
		uint64_t sum = 0;

		for (uint32_t k = 0; k < trace->count; k++)
			if (trace->packets[k].time_ns <= trace->packets[i].time_ns &&
			    trace->packets[k].time_ns + w > trace->packets[i].time_ns)
				sum += trace->packets[k].frame_bytes + 24;
		if (sum > best)
			best = sum;
	}
	return best;
}

/* sup over i <= k of A[i..k] - rho (t_k - t_i), in bytes, rounded up. */
static uint64_t slow_burst(const struct trace *trace, uint64_t rate_bits_ps)
{
	__int128 best = 0, unit = 8000000000ll;

	for (uint32_t i = 0; i < trace->count; i++) {
		__int128 bytes = 0;

		for (uint32_t k = i; k < trace->count; k++) {
			__int128 value;

			bytes += trace->packets[k].frame_bytes + 24;
			value = bytes * unit - (__int128)rate_bits_ps *
				(trace->packets[k].time_ns -
				 trace->packets[i].time_ns);
			if (value > best)
				best = value;
		}
	}
	return (uint64_t)((best + unit - 1) / unit);
}

static uint64_t slow_train(const struct trace *trace, uint64_t theta_ns)
{
	uint64_t best = 1, run = 1;

	for (uint32_t i = 1; i < trace->count; i++) {
		run = trace->packets[i].time_ns - trace->packets[i - 1].time_ns <=
		      theta_ns ? run + 1 : 1;
		if (run > best)
			best = run;
	}
	return best;
}

static void test_random(uint64_t seed)
{
	const uint64_t rates[] = { 3000000, 17000000, 450000000, 1000000000 };
	struct trace trace = { .span_ns = 1 * SECOND };
	uint64_t at_ns = 0;
	bool is_same = true;

	for (int i = 0; i < 1500; i++) {
		uint64_t dice = random_next(&seed);

		/* mostly short gaps, some equal stamps, a few long ones */
		at_ns += dice % 7 == 0 ? 0 : dice % 11 == 0 ?
			 (dice >> 8) % 3000000 : (dice >> 8) % 9000;
		trace_add(&trace, at_ns, 60 + (uint32_t)((dice >> 40) % 1455));
	}
	trace_measure(&trace, rates, 4);
	for (int i = 0; i < 5; i++)
		is_same &= trace.meter.results[i].peak_bytes ==
			   slow_window(&trace, sluice_meter_windows_ns[i]);
	tap_ok(is_same, "random trace: sliding windows equal the definition");
	is_same = true;
	for (uint32_t i = 0; i < 4; i++)
		is_same &= burst(&trace, i) == slow_burst(&trace, rates[i]);
	tap_ok(is_same, "random trace: spectrum equals the definition");
	is_same = true;
	for (int i = 1; i < 7; i++)
		is_same &= trace.meter.trains.theta[i].pkts.max ==
			   slow_train(&trace, sluice_thetas_ns[i]);
	tap_ok(is_same, "random trace: trains equal the definition");
	trace_done(&trace);
}

/* Rate 1 in the first second, 4 in the second: a step is not a burst. */
static void test_blocks(void)
{
	struct trace trace = { .span_ns = 2 * SECOND + SECOND / 2 };
	const struct sluice_meter *m = &trace.meter;

	for (uint64_t i = 0; i < 1000; i++)
		trace_add(&trace, i * 1000000, FRAME_BYTES);
	for (uint64_t i = 0; i < 6000; i++)
		trace_add(&trace, SECOND + i * 250000, FRAME_BYTES);
	trace_measure(&trace, NULL, 0);
	tap_u64(m->blocks_counted, 2, "blocks: the last one takes the half second left");
	for (int i = 0; i < 4; i++)
		tap_real(m->excess[i].max, 1, "blocks: a step between seconds is no burst");
	tap_real(m->results[3].pmr, 1, "blocks: PMR(10 ms) uses each second's own mean");
	trace_done(&trace);
}

static void test_departure(void)
{
	struct sluice_meter_config config = {
		.start_ns = START_NS, .end_ns = START_NS + SECOND, .hist_bits = 4,
	};
	struct sluice_meter meter;

	sluice_meter_init(&meter, &config);
	for (uint64_t i = 0; i < 100; i++) {
		uint64_t at = START_NS + i * 1000;

		sluice_meter_add(&meter, at, 100);
		sluice_meter_departure(&meter, i == 7 ? at + 5 : i == 9 ? at - 300 : at);
	}
	sluice_meter_finish(&meter);
	tap_u64(meter.departure->exact, 98, "departure: exact ones are counted");
	tap_u64(meter.departure->early.max, 5, "departure: early by 5 ns");
	tap_u64(meter.departure->late.max, 300, "departure: late by 300 ns");
	sluice_meter_done(&meter);
}

/*
 * Two pairs of frames, 50 ms inside a pair and 400 ms from one to the next, in 777 ms:
 * rates that are no round numbers, beside a spectrum that reaches up to 100 Gb/s.
 */
static void test_slow(void)
{
	const uint64_t rates[] = { 100 * SECOND }, ms = 1000000;
	struct trace trace = { .span_ns = 777 * ms };
	const struct sluice_meter *m = &trace.meter;

	for (uint64_t i = 0; i < 4; i++)
		trace_add(&trace, i / 2 * 400 * ms + i % 2 * 50 * ms,
			  FRAME_BYTES);
	trace_measure(&trace, rates, 1);
	for (int i = 0; i < 4; i++)
		tap_ok(fabs(m->excess[i].max - (2 - 2. *
			    sluice_meter_multiples_percent[i] / 777)) < 1e-4,
		       "slow: burst excess is that of the mean, not of a rounded rate");
	tap_u64(m->delay_factor_ns, 350 * ms,
		"slow: the buffer swings by the 350 ms without a frame");
	trace_done(&trace);
}

/* A narrow bottleneck beside rates up to 100 Gb/s: 20 kb/s into 15. */
static void test_bottleneck(void)
{
	const uint64_t rates[] = { 15000, 100 * SECOND }, ms = 1000000;
	struct trace trace = { .span_ns = 10 * SECOND };

	for (uint64_t i = 0; i < 20; i++)
		trace_add(&trace, i * 500 * ms, FRAME_BYTES);
	trace_measure(&trace, rates, 2);
	tap_u64(sluice_spectrum_rate(&trace.meter.spectrum, 0), 15000,
		"bottleneck: its rate is not rounded where others are");
	tap_u64(burst(&trace, 0), 20 * L - 19 * 500 * 15 / 8,
		"bottleneck: what does not get through waits");
	trace_done(&trace);
}

static void test_odd_input(void)
{
	struct sluice_meter_config config = {
		.start_ns = START_NS, .end_ns = START_NS + 100 * SECOND,
		.line_rate_bits_ps = LINE_BITS_PS, .hist_bits = 4,
		.rates = 1, .rate_bits_ps = { 8000 },
	};
	struct sluice_meter meter;

	sluice_meter_init(&meter, &config);
	sluice_meter_finish(&meter);
	tap_u64(meter.pkts, 0, "no frames: nothing is claimed");
	sluice_meter_done(&meter);

	sluice_meter_init(&meter, &config);
	sluice_meter_add(&meter, START_NS + 5000, 1000);
	sluice_meter_add(&meter, START_NS + 4000, 1000);
	sluice_meter_add(&meter, START_NS + 99 * SECOND, 1000);
	sluice_meter_add(&meter, START_NS + 99 * SECOND + 1000000, 1000);
	sluice_meter_finish(&meter);
	tap_u64(meter.backward_pkts, 1, "time backwards: counted");
	tap_u64(meter.gap.min, 0, "time backwards: taken as the same instant");
	tap_u64(sluice_spectrum_bytes(&meter.spectrum, 0), 2000,
		"a gap of 99 s drains the bucket");
	sluice_meter_done(&meter);
}

int main(void)
{
	test_constant_rate();
	test_batches();
	test_on_off();
	test_token_bucket();
	test_poisson();
	for (uint64_t seed = 1; seed <= 5; seed++)
		test_random(seed);
	test_blocks();
	test_departure();
	test_slow();
	test_bottleneck();
	test_odd_input();
	return tap_done();
}
