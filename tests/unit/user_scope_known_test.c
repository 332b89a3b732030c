// SPDX-License-Identifier: GPL-2.0
/*
 * What a trace is too short, too empty or too much cut for is not known, and no
 * figure says 0 for it: 0 would be a perfect sender.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/lib/json_set.h"
#include "../../user/scope/figure.h"
#include "../../user/scope/scope_json.h"
#include "../../user/scope/stamp_step.h"
#include "../../user/scope/sums.h"
#include "user_scope_packet.h"
#include "user_tap.h"

#define SECOND		SLUICE_NS_PER_S
#define START_NS	(1700000000 * SECOND)
#define MS		1000000u
#define US		1000u
#define LINE_BITS_PS	1000000000ull
#define FRAME_BYTES	1226u		/* with 24 of overhead: 10 us at the line rate */

static struct scope scope;
static struct scope_flow_event event;

static void begin(void)
{
	struct scope_config config = {
		.vantage = { .name = "test", .resolution_ns = 1,
			     .uncertainty_ns = 1,
			     .line_rate_bits_ps = LINE_BITS_PS },
		.commanded_bits_ps = LINE_BITS_PS / 2,
	};

	scope_init(&scope, &config);
}

/* A frame of UDP, or of TCP whose header is cut away. */
static void frame(uint64_t at_ns, enum scope_direction direction,
		  uint8_t protocol)
{
	struct scope_packet packet = scope_tcp_packet(START_NS + at_ns, 0,
						      false, 0, 0, 0);

	packet.bytes = FRAME_BYTES;
	packet.direction = (uint8_t)direction;
	packet.frame.has_transport = false;
	packet.frame.key.protocol = protocol;
	scope_add(&scope, &packet, &event);
}

static void udp(uint64_t at_ns)
{
	frame(at_ns, SCOPE_ANY, SLUICE_PROTOCOL_UDP);
}

static double figure(const char *name)
{
	return scope_figure_find(name)->value(&scope, scope_main_lane(&scope));
}

/* All of them, by their names with blanks between. */
static void unknown(const char *names, const char *claim)
{
	char text[512], *rest = text, *name;

	snprintf(text, sizeof(text), "%s", names);
	while ((name = strsep(&rest, " "))) {
		double value = figure(name);

		if (!tap_ok(isnan(value), claim))
			printf("# %s is %g\n", name, value);
	}
}

/* That key of the first direction, in the JSON, is null. */
static void null_json(const char *outer, const char *inner, const char *claim)
{
	json_t *all = scope_json(&scope, 8);
	const json_t *one = json_array_get(json_object_get(all, "directions"), 0);

	one = json_object_get(json_object_get(one, "metrics"), outer);
	if (inner)
		one = json_object_get(one, inner);
	tap_ok(json_is_null(one), claim);
	json_decref(all);
}

static void test_one(void)
{
	begin();
	udp(0);
	scope_finish(&scope);
	unknown("mean_rate peak_10us peak_1ms pmr_10us pmr_100ms bef_100 bef_125 gap_cov gap_p50 gap_p99 delay_factor rate_error cdvt late_p99 hot_100us",
		"one packet: what takes a time or a gap is not known");
	null_json("mean_bits_ps", NULL, "one packet: nor in JSON is its mean");
	null_json("gap", "cov", "one packet: nor how gaps vary");
	scope_done(&scope);
	begin();
	for (int i = 0; i < 5; i++)
		udp(0);
	scope_finish(&scope);
	unknown("mean_rate pmr_10us bef_125 gap_cov delay_factor rate_error",
		"five at one time: nor is it of a single instant");
	tap_real(figure("train_max"), 5, "five at one time: they are a train");
	scope_done(&scope);
}

/* Six frames, 20 us apart: 120 us. */
static void test_short(void)
{
	const struct scope_flow *flow;

	begin();
	for (uint64_t i = 0; i < 6; i++)
		udp(i * 20 * US);
	scope_finish(&scope);
	unknown("peak_1ms pmr_1ms pmr_10ms pmr_100ms",
		"short: of windows longer than the span nothing is known");
	tap_real(figure("pmr_100us"), 1, "short: of those that fit it is");
	flow = scope_flow_at(scope.flows, 0);
	tap_ok(flow->window[1].pmr <= 0, "short: the same holds for a flow: its peak of 1 ms is no part of its mean");
	tap_real(flow->window[0].pmr, 1, "short: and for windows that fit");
	scope_done(&scope);
	begin();
	udp(0);
	udp(100 * MS);
	scope_finish(&scope);
	unknown("gap_cov", "two packets: one gap varies from nothing");
	scope_done(&scope);
}

/* Back to back for 160 us: one window of 100 us and a part of one, both of them hot. */
static void test_hot(void)
{
	begin();
	for (uint64_t i = 0; i < 16; i++)
		udp(i * 10 * US);
	scope_finish(&scope);
	tap_u64(lround(figure("hot_100us")), 1000000, "hot: all windows are, and no more than all");
	scope_done(&scope);
}

/* Stamps of whole milliseconds: ten packets at one time each, which came evenly. */
static void test_coarse(void)
{
	begin();
	scope_coarsen(&scope, MS);
	for (uint64_t i = 0; i < 1000; i++)
		udp(i / 10 * MS);
	scope_finish(&scope);
	unknown("peak_10us pmr_10us peak_100us pmr_100us train_p99 train_max train_2us_p99 hot_100us bursts burst_intensity gap_p50 gap_cov bef_100 bef_200",
		"coarse: what is shorter than stamps tell is not known");
	tap_ok(fabs(figure("pmr_10ms") - 1) < 0.02, "coarse: what is longer is");
	scope_done(&scope);
}

/* All but the last of moved stamps are a millisecond apart, and meet; it comes delta_ns later. */
static uint32_t step_in(uint32_t file_ns, uint32_t moved, uint64_t delta_ns,
			bool is_end)
{
	struct scope_stamp_step step = { 0 };
	uint64_t at_ns = START_NS;

	for (uint32_t i = 0; i <= moved; i++) {
		scope_stamp_step_add(&step, at_ns);
		scope_stamp_step_add(&step, at_ns);
		at_ns += i + 1 < moved ? MS : delta_ns;
	}
	return scope_stamp_step_ns(&step, file_ns, is_end);
}

static uint32_t step_of(uint32_t moved, uint64_t delta_ns, bool is_end)
{
	return step_in(US, moved, delta_ns, is_end);
}

/* What a clock really moves by, if stamps say so. */
static void test_step(void)
{
	tap_u64(step_of(100, MS, false), MS, "step: a file of us whose stamps are whole milliseconds has those");
	tap_u64(step_of(100, 15 * US, false), 5 * US, "step: with one that is not, the common divisor");
	tap_u64(step_of(100, 15001, false), US, "step: or what the file says, if that is coarser");
	tap_u64(step_in(1, 100, 15016, false), 1, "step: 8 ns are no coarse clock");
	tap_u64(step_of(20, MS, false), US, "step: with few stamps more are waited for");
	tap_u64(step_of(20, MS, true), MS, "step: unless the file ends");
	tap_u64(step_of(5, MS, true), US, "step: five may be whole ones by chance");
}

/* Nobody can tell of UDP what was sent again, nor of TCP without its header. */
static void test_untold(void)
{
	struct scope_sums sums;

	begin();
	for (uint64_t i = 0; i < 10; i++)
		udp(i * MS);
	scope_finish(&scope);
	unknown("retransmitted timeouts loss_run_max",
		"untold: of UDP it is not known what was sent again");
	scope_done(&scope);
	begin();
	for (uint64_t i = 0; i < 10; i++)
		frame(i * MS, SCOPE_ANY, SLUICE_PROTOCOL_TCP);
	scope_finish(&scope);
	unknown("retransmitted timeouts loss_run_max",
		"untold: nor of TCP that is cut in front of its header");
	scope_sums_of(&scope, SCOPE_ANY, &sums);
	tap_u64(sums.untold_pkts, 10, "untold: it is said of how many");
	scope_done(&scope);
}

/* What leaves ends after 10 ms, what comes goes on for 100: both are seen for 100. */
static void test_directions(void)
{
	begin();
	for (uint64_t i = 0; i < 100; i++) {
		if (i < 10)
			frame(i * MS, SCOPE_OUT, SLUICE_PROTOCOL_UDP);
		frame(i * MS, SCOPE_IN, SLUICE_PROTOCOL_UDP);
	}
	scope_finish(&scope);
	tap_u64(scope.end_ns - scope.start_ns, 100 * MS, "directions: 100 ms are seen");
	tap_real(figure("mean_rate"), 1e6, "directions: the mean of what leaves is of all of them");
	tap_real(sluice_meter_mean_bits_ps(&scope.lane[SCOPE_IN].meter), 1e7, "directions: that of what comes, too");
	scope_done(&scope);
	/* two packets now and then do not make the time longer */
	begin();
	frame(0, SCOPE_IN, SLUICE_PROTOCOL_UDP);
	for (uint64_t i = 0; i < 100; i++)
		frame(i * MS, SCOPE_OUT, SLUICE_PROTOCOL_UDP);
	frame(99 * MS, SCOPE_IN, SLUICE_PROTOCOL_UDP);
	scope_finish(&scope);
	tap_real(figure("mean_rate"), 1e7, "directions: a rare packet of the other one does not make it less");
	scope_done(&scope);
}

int main(void)
{
	test_one();
	test_short();
	test_hot();
	test_coarse();
	test_step();
	test_untold();
	test_directions();
	return tap_done();
}
