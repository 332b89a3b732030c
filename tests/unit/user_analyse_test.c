// SPDX-License-Identifier: GPL-2.0
/*
 * The analysis of a whole run, on captures that are made up: the replayed
 * port agrees with a second simulation and with the port's capture, frames
 * are dated at their start, flows find their entries, damage is a sentence.
 */
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../user/lab/analyse.h"
#include "../../user/lab/delivered.h"
#include "user_synthetic.h"
#include "user_tap.h"

#define START_NS	1700000000000000000ull
#define SECOND		1000000000ull

static char dir[] = "/tmp/sluice-analyse-XXXXXX";
static char error[512];

static struct lab_analyse_input input_of(const struct synthetic_run *run)
{
	return (struct lab_analyse_input){
		.senders = run->senders, .dir = dir,
		.nic_rate_bits_ps = run->nic_rate_bits_ps,
		.port_rate_bits_ps = run->port_rate_bits_ps,
		.port_buffer_pkts = run->port_buffer_pkts,
		.frame_overhead_bytes = 24,
		.start_ns = run->start_ns, .end_ns = run->end_ns,
	};
}

static double number(const json_t *object, const char *path)
{
	char copy[128], *rest = copy, *name;

	snprintf(copy, sizeof(copy), "%s", path);
	while ((name = strsep(&rest, ".")) != NULL)
		object = json_is_array(object) ?
			 json_array_get(object, (size_t)atoi(name)) :
			 json_object_get(object, name);
	return json_is_number(object) ? json_number_value(object) : -1e99;
}

static void expect(const json_t *run, const char *path, double wanted)
{
	double got = number(run, path);

	/* reals are kept with six digits */
	if (!tap_ok(fabs(got - wanted) <= 1e-5 * fabs(wanted), path))
		printf("# got %.9g, wanted %.9g\n", got, wanted);
}

static struct synthetic_run new_run(uint32_t senders)
{
	return (struct synthetic_run){
		.senders = senders,
		.nic_rate_bits_ps = 10000000000ull,
		.port_rate_bits_ps = 1000000000ull,
		.port_buffer_pkts = 16,
		.start_ns = START_NS, .end_ns = START_NS + 2 * SECOND,
	};
}

/* One sender, 10 frames of 1250 bytes every ms at 10 Gb/s, no drop. */
static void test_known(void)
{
	struct synthetic_run run = new_run(1);
	struct lab_analyse_input in;
	json_t *json = json_pack("{s:[{},{s:s,s:s,s:s,s:i,s:i,s:i}]}", "flows",
				 "protocol", "tcp", "source_address", "10.0.1.1",
				 "destination_address", "10.0.0.1", "source_port", 10001,
				 "destination_port", 5001, "number", 1);

	for (uint64_t ms = 0; ms < 2000; ms++)
		for (int i = 0; i < 10; i++)
			synthetic_send(&run, 1, START_NS + ms * 1000000, 1250, 0);
	synthetic_write(&run, dir);
	in = input_of(&run);
	in.device_rate_bits_ps = 10192000000ull;	/* 10 Gb/s with 24 bytes more a frame */
	tap_ok(!lab_analyse(&in, json, error, sizeof(error)), "a known run is analysed");
	expect(json, "metrics.pkts", 20000);
	expect(json, "metrics.mean_bits_ps", 1274 * 8 * 10000);
	expect(json, "metrics.pmr_1ms", 1);
	expect(json, "metrics.pmr_100us", 10);
	expect(json, "metrics.gap_min_ns", 1000);
	expect(json, "metrics.gap_p99_ns", 991000);
	expect(json, "metrics.train_p99_pkts", 10);
	expect(json, "metrics.device.burst_excess_pkts", 1);
	expect(json, "metrics.device.closest_gap_over_wire_time_ns", 0);
	/* arrivals 1 µs apart, 10 µs each to send: 10 in the queue when the last comes */
	expect(json, "port_queue.max_pkts", 10);
	expect(json, "metrics.b0_open_loop_pkts", 10);
	expect(json, "metrics.b0_open_loop_bytes", 12500 - 9 * 125);
	/* 10 frames at 10 Gb/s before 1 Gb/s: 10 - 9 x 0.1 */
	expect(json, "metrics.burst_at_port_rate_pkts", 9.1);
	expect(json, "port_queue.dropped_pkts", 0);
	/* stay of frame i: from i µs to 10 (i + 1) + 1 - 1 … sum 10+19+28+…+91 µs a ms */
	expect(json, "port_queue.mean_pkts", 0.505);
	expect(json, "port_queue.departures_unlike_the_capture_pkts", 0);
	expect(json, "port_queue.compared_pkts", 20000);
	expect(json, "series.rate_1ms_bits_ps.1", 1e8);
	expect(json, "series.rate_1s_bits_ps.1", 1e8);
	expect(json, "series.queue.mean_milli_pkts.7", 505);
	expect(json, "flows.1.number", 1);
	expect(json, "flows.1.metrics.pkts", 20000);
	expect(json, "flows.1.metrics.burst_excess.0.max_pkts", 10 - 9 * .01);
	in.warmup_ns = SECOND;
	tap_ok(!lab_analyse(&in, json, error, sizeof(error)), "the same with a warm-up");
	expect(json, "metrics.pkts", 10000);
	expect(json, "metrics.about.span_ns", 1e9);
	json_decref(json);
	synthetic_done(&run);
}

/* Several senders, random bursts, drops: against the second simulation. */
static void test_port(uint64_t seed)
{
	struct synthetic_run run = new_run(5);
	struct lab_analyse_input in;
	json_t *json = json_object();

	for (uint32_t sender = 1; sender <= 5; sender++) {
		uint64_t at_ns = START_NS - 1000000;

		while (at_ns < run.end_ns + 1000000) {
			uint64_t dice = synthetic_random(&seed);

			for (uint64_t i = 0; i <= dice % 23; i++)
				synthetic_send(&run, sender, at_ns,
					       dice % 5 ? 1514 : 66 + (uint32_t)(dice >> 20) % 1400, 0);
			at_ns += (dice >> 32) % 1800000;
		}
	}
	synthetic_write(&run, dir);
	in = input_of(&run);
	tap_ok(!lab_analyse(&in, json, error, sizeof(error)), "five senders are analysed");
	tap_ok(run.dropped_pkts > 100, "the port drops");
	expect(json, "port_queue.dropped_pkts", (double)run.dropped_pkts);
	expect(json, "port_queue.arrived_pkts", run.count);
	expect(json, "port_queue.max_pkts", run.queue_max_pkts);
	expect(json, "port_queue.mean_pkts", run.queue_area_pkt_ns / 2e9);
	expect(json, "port_queue.compared_pkts", (double)(run.count - run.dropped_pkts));
	expect(json, "port_queue.departures_unlike_the_capture_pkts", 0);
	json_decref(json);
	synthetic_done(&run);
}

/* 30 frames at once come into 16 places three times: before, in and behind the span. */
static void test_span_drops(void)
{
	struct synthetic_run run = new_run(1);
	const uint64_t at_ns[] = {
		START_NS - 1000000, START_NS + 1000000, run.end_ns + 1000000
	};
	struct lab_analyse_input in;
	json_t *json = json_object();

	for (int burst = 0; burst < 3; burst++)
		for (int i = 0; i < 30; i++)
			synthetic_send(&run, 1, at_ns[burst], 1514, 0);
	synthetic_write(&run, dir);
	in = input_of(&run);
	tap_ok(!lab_analyse(&in, json, error, sizeof(error)), "bursts around the span are analysed");
	tap_ok(run.dropped_pkts > 30, "they are dropped from");
	expect(json, "port_queue.dropped_pkts", (double)run.dropped_pkts);
	expect(json, "port_queue.span_dropped_pkts", (double)run.dropped_pkts / 3);
	json_decref(json);
	synthetic_done(&run);
}

/* A device at 100 Mb/s: 2000 frames on end, a pause, 500 more, one too close. */
static void test_device(void)
{
	struct synthetic_run run = new_run(1);
	struct lab_analyse_input in;
	uint64_t at_ns = START_NS;
	json_t *json = json_object();

	for (int i = 0; i < 2500; i++) {
		synthetic_send(&run, 1, at_ns, 1226, 0);
		at_ns += i == 1999 ? 50000000 : i == 2200 ? 99995 : 100000;
	}
	synthetic_write(&run, dir);
	in = input_of(&run);
	in.device_rate_bits_ps = 100000000;
	tap_ok(!lab_analyse(&in, json, error, sizeof(error)), "a device is analysed");
	expect(json, "metrics.device.saturated_pkts", 1999);
	expect(json, "metrics.device.rate_error_ppm", 0);
	expect(json, "metrics.device.too_close_pkts", 1);
	expect(json, "metrics.device.closest_gap_over_wire_time_ns", -5);
	expect(json, "metrics.device.burst_excess_pkts", 1 + 5e-5);
	json_decref(json);
	synthetic_done(&run);
}

/* The slowest and the fastest device that a scenario can have. */
static void test_device_ends(void)
{
	struct synthetic_run run = new_run(1);
	struct lab_analyse_input in;
	json_t *json = json_object();

	for (int i = 0; i < 100; i++)
		synthetic_send(&run, 1, START_NS + (uint64_t)i * 12000000, 1476,
			       0);
	synthetic_write(&run, dir);
	in = input_of(&run);
	in.device_rate_bits_ps = 1000000;
	tap_ok(!lab_analyse(&in, json, error, sizeof(error)),
	       "a device at 1 Mb/s is analysed, 12 ms for each frame");
	expect(json, "metrics.device.saturated_pkts", 99);
	expect(json, "metrics.device.rate_error_ppm", 0);
	expect(json, "metrics.device.closest_gap_over_wire_time_ns", 0);
	synthetic_done(&run);

	run = new_run(1);
	for (int i = 0; i < 100; i++)
		synthetic_send(&run, 1, START_NS + (uint64_t)i * 9500000, 1476,
			       0);
	synthetic_write(&run, dir);
	in.device_rate_bits_ps = 1000000000000;
	tap_ok(!lab_analyse(&in, json, error, sizeof(error)),
	       "a device at 1 Tb/s is analysed, 9.5 ms between frames");
	expect(json, "metrics.device.too_close_pkts", 0);
	json_decref(json);
	synthetic_done(&run);
}

static void test_departures(void)
{
	struct synthetic_run run = new_run(1);
	struct lab_analyse_input in;
	json_t *json = json_object();

	for (uint64_t i = 0; i < 1000; i++) {
		uint64_t at_ns = START_NS + i * 1000000;

		/* one in a hundred is 700 ns late, one in all 3 ns early */
		synthetic_send(&run, 1, at_ns, 1000,
			       i % 100 == 99 ? at_ns - 700 :
			       i == 500 ? at_ns + 3 : at_ns);
	}
	synthetic_write(&run, dir);
	in = input_of(&run);
	tap_ok(!lab_analyse(&in, json, error, sizeof(error)), "stamped frames are analysed");
	expect(json, "metrics.departure_error.pkts", 1000);
	expect(json, "metrics.departure_error.exact_pkts", 989);
	expect(json, "metrics.departure_error.early_max_ns", 3);
	expect(json, "metrics.departure_error.late_pkts", 10);
	expect(json, "metrics.departure_error.max_ns", 700);
	expect(json, "metrics.departure_error.p99_ns", 3);
	expect(json, "metrics.departure_error.p50_ns", 0);
	expect(json, "metrics.departure_error.bias_ns", 6.997);
	expect(json, "flows.0.metrics.departure_error.exact_pkts", 989);
	json_decref(json);
	synthetic_done(&run);
}

/* Programs: one sends for the second that it was given, one for three. */
static void test_delivered(void)
{
	struct synthetic_run run = new_run(2);
	json_t *json = json_pack("{s:i, s:[{},{}]}", "goodput_bits_ps", 0,
				 "flows");
	char path[128];

	for (uint64_t ms = 0; ms <= 3000; ms++) {
		uint64_t at_ns = START_NS + ms * 1000000;

		if (ms < 1000)
			synthetic_send(&run, 1, at_ns, 1042, at_ns);
		synthetic_send(&run, 2, at_ns + 500000, 1042, at_ns);
	}
	synthetic_write(&run, dir);
	for (int i = 0; i < 2; i++) {
		json_t *flow = json_array_get(json_object_get(json, "flows"),
					      (size_t)i);
		char src[] = "10.0.1.1";

		src[7] = (char)('1' + i);
		json_object_update_new(flow, json_pack(
			"{s:s, s:s, s:i, s:i}", "source_address", src, "destination_address", "10.0.0.1",
			"source_port", 10001 + i, "destination_port", 5001 + i));
	}
	snprintf(path, sizeof(path), "%s/port.pcap", dir);
	tap_ok(!lab_delivered_add(json, path, SECOND, error, sizeof(error)),
	       "what programs delivered is counted");
	expect(json, "flows.0.delivered_bytes", 1000 * 1000);
	expect(json, "flows.0.goodput_bits_ps", 1000 * 1000 * 8);
	expect(json, "flows.1.delivered_bytes", 3001 * 1000);
	expect(json, "flows.1.goodput_bits_ps", 3001 * 1000 * 8 / 3);
	expect(json, "goodput_bits_ps", 8000000 + 3001 * 1000 * 8 / 3);
	json_decref(json);
	synthetic_done(&run);
}

static void test_refusals(void)
{
	struct synthetic_run run = new_run(2);
	struct lab_analyse_input in = input_of(&run);
	json_t *json = json_object();
	char path[128];

	synthetic_send(&run, 1, START_NS, 100, 0);
	synthetic_write(&run, dir);
	in.senders = 7;
	tap_ok(lab_analyse(&in, json, error, sizeof(error)) < 0, "a missing capture is refused");
	tap_text(error, "wire-6.pcap", "the sentence names it");
	in.senders = 2;
	in.end_ns = in.start_ns;
	tap_ok(lab_analyse(&in, json, error, sizeof(error)) < 0, "an empty span is refused");
	in = input_of(&run);
	tap_ok(!lab_analyse(&in, json, error, sizeof(error)), "a silent sender is fine");
	json_object_clear(json);
	snprintf(path, sizeof(path), "%s/wire-1.pcap", dir);
	if (truncate(path, 70))
		abort();
	tap_ok(lab_analyse(&in, json, error, sizeof(error)) < 0, "a capture cut short is refused");
	tap_text(error, "cut short", "the sentence says so");
	tap_u64(json_object_size(json), 0, "a refused run is left as it was");
	json_decref(json);
	synthetic_done(&run);
}

int main(void)
{
	char command[64];

	if (!mkdtemp(dir))
		return 1;
	test_known();
	test_span_drops();
	test_port(1);
	test_port(2);
	test_device();
	test_device_ends();
	test_departures();
	test_delivered();
	test_refusals();
	snprintf(command, sizeof(command), "rm -r %s", dir);
	if (system(command))
		return 1;
	return tap_done();
}
