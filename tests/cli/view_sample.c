// SPDX-License-Identifier: GPL-2.0
/*
 * The live views of made-up figures, for recorded output:
 *
 *   view-sample COLUMNS ROWS utf8|ascii out|in|both|help|empty|lines|holes|holes-lines|cpu|cpu-lines|no-cpu|gaps|gaps-lines
 *   view-sample COLUMNS ROWS utf8|ascii pair|pair-help|pair-empty|pair-holes
 */
#include <stdlib.h>
#include <string.h>

#include "../../user/scope/pair_view.h"

#define SLOTS	100u

static struct scope_view view = {
	.vantage = { .name = "qdisc:eth0", .stamp = SCOPE_STAMP_QDISC,
		     .uncertainty_ns = 60, .line_rate_bits_ps = 10000000000 },
	.span_ns = 1000000000,
	.elapsed_ns = 25000000000,
	.recorded = "12000 packets, 2.4 MB, triggers 3, no room for 0",
	.lane = {
		{ .bits_ps = { 4.2e9, 7.9e9, 9.87e9, 10e9 },
		  .top_bits_ps = 10e9, .slots = SLOTS, .has_supers = true,
		  .span = { .pkts = 341000, .retransmitted_pkts = 17,
			    .timeouts = 1, .acks = 12, .clumped_acks = 3,
			    .gaps = { [6] = 300000, [7] = 30000, [12] = 8000,
				      [20] = 10 },
			    .train_pkts = { 1000, 2000, 8000, 30000, 100000,
					    150000, 50000 } } },
		{ .bits_ps = { 12e6, 40e6, 2e8, 1e9 }, .top_bits_ps = 10e9,
		  .slots = SLOTS,
		  .span = { .pkts = 17000, .acks = 16900,
			    .clumped_acks = 13520,
			    .gaps = { [0] = 100, [13] = 9000, [16] = 7900 },
			    .train_pkts = { 17000 } } },
	},
	.bursts = 3,
	.burst = {
		{ .is_largest = true, .direction = SCOPE_OUT,
		  .ago_ns = 12340000000, .duration_ns = 1240000,
		  .bytes = 1550000, .pkts = 1007, .flows = 2,
		  .flow = { 3, 1 } },
		{ .direction = SCOPE_OUT, .ago_ns = 180000000,
		  .duration_ns = 120000, .bytes = 150123, .pkts = 98,
		  .flows = 1, .flow = { 1 } },
		{ .direction = SCOPE_IN, .ago_ns = 430000000,
		  .duration_ns = 10000, .bytes = 9000, .pkts = 6 },
	},
	.flows = 4,
	.flow = {
		{ .number = 1, .direction = SCOPE_OUT,
		  .name = "tcp 192.168.100.100:443 > 192.168.100.200:40000",
		  .short_name = "tcp :443 > 192.168.100.200:40000",
		  .rate_bits_ps = 3e9, .peak_1ms_bits_ps = 7.1234e9,
		  .retransmitted_pkts = 17, .cwnd_pkts = 1234,
		  .rtt_ns = 12345678, .rtt = SCOPE_VIEW_RTT_KERNEL },
		{ .number = 3, .direction = SCOPE_OUT,
		  .name = "tcp fd00::1:443 > fd00:1234:5678:9abc:def0:1234:5678:9abc:50000",
		  .short_name = "tcp :443 > fd00:1234:5678:9abc:def0:1234:5678:9abc:50000",
		  .rate_bits_ps = 1.2e9, .peak_1ms_bits_ps = 2e9,
		  .rtt_ns = 250000, .rtt = SCOPE_VIEW_RTT_TIMED },
		{ .number = 2, .direction = SCOPE_IN,
		  .name = "tcp 192.168.100.200:40000 > 192.168.100.100:443",
		  .short_name = "tcp 192.168.100.200:40000 > :443",
		  .rate_bits_ps = 12e6, .peak_1ms_bits_ps = 40e6,
		  .rtt_ns = 12345678, .rtt = SCOPE_VIEW_RTT_KERNEL },
		{ .number = 40000, .direction = SCOPE_OUT,
		  .name = "udp 192.168.100.100:9 > 192.168.100.200:9",
		  .short_name = "udp :9 > 192.168.100.200:9",
		  .rate_bits_ps = 672 },
	},
	.loads = SLOTS,
};

static void series_make(void)
{
	for (unsigned int i = 0; i < SLOTS; i++) {
		view.lane[0].history_bits_ps[i] = 4.2e9 * (i % 20) / 20;
		view.lane[1].history_bits_ps[i] = i % 7 ? 12e6 : 0;
		view.load[i] = (struct scope_host_load){
			.is_known = true, .busy_share = (float)(i % 9) / 8,
			.softirq_share = (float)(i % 5) / 40,
			.squeezed = i == 90,
		};
	}
}

/* Four processors, of which the third is full in some millisecond. */
static void cpu_make(void)
{
	view.cpu = (struct scope_cpu_view){
		.is_wanted = true, .why = "", .is_known = true, .cpus = 4,
		.all = { { 0, .58, .123, 4.7 }, { 0, .305, .041, 7.4 },
			 { 0, .012, .001, 12 } },
		.one = { { 2, 1, .372, 2.7 }, { 2, .974, .15, 6.5 },
			 { 0, .048, .004, 12 } },
		.slots = SLOTS,
	};
	for (unsigned int i = 0; i < SLOTS; i++)
		view.cpu.history[i] = (double)(i % 6) / 5;
}

/* Packets were missed in the last second. */
static void holes_make(void)
{
	view.missed_pkts = 3;
	view.has_holes = view.flows_have_holes = view.had_holes = true;
	view.flow[1].rtt = SCOPE_VIEW_RTT_NONE;
	for (unsigned int i = 0; i < SCOPE_VIEW_DIRECTIONS; i++)
		view.lane[i].has_holes = view.lane[i].history_has_holes = true;
}

/* The same traffic in front of a shaper and behind it. */
static void pair_draw(const struct scope_view_style *style, bool is_empty)
{
	static struct scope_pair_view pair = {
		.place = {
			{ .vantage = { .name = "stack:eth0",
				       .stamp = SCOPE_STAMP_STACK,
				       .uncertainty_ns = 40 },
			  .pkts = 341000 },
			{ .vantage = { .name = "qdisc:eth0",
				       .stamp = SCOPE_STAMP_QDISC,
				       .uncertainty_ns = 60 },
			  .pkts = 339000 },
		},
		.elapsed_ns = 25000000000,
		.both_pkts = 338900, .timed_pkts = 338000,
		.least_ns = 120, .mean_ns = 312345, .most_ns = 1234567,
		.slots = SLOTS,
	};

	if (is_empty) {
		pair = (struct scope_pair_view){ .is_paused = true };
	} else {
		pair.missed_pkts = view.missed_pkts;
		pair.had_holes = view.had_holes;
		pair.place[0].lane = view.lane[0];
		pair.place[1].lane = view.lane[1];
		for (unsigned int i = 0; i < SLOTS; i++)
			pair.history_ns[i] = 1234567 / 9 * (i % 9);
	}
	scope_pair_view_draw(stdout, &pair, style);
}

static bool is_word(const char *word, const char *wanted)
{
	return !strcmp(word, wanted);
}

int main(int argc, char **argv)
{
	struct scope_view_style style = { .columns = 80 };
	const char *what = argc == 5 ? argv[4] : "";

	if (argc != 5)
		return 2;
	style.columns = (unsigned int)atoi(argv[1]);
	style.rows = (unsigned int)atoi(argv[2]);
	style.is_utf8 = is_word(argv[3], "utf8");
	style.has_out = !is_word(what, "in");
	style.has_in = !is_word(what, "out");
	style.has_help = is_word(what, "help") || is_word(what, "pair-help");
	series_make();
	if (is_word(what, "empty"))
		view = (struct scope_view){
			.vantage = { .name = "qdisc:lo" }, .missed_pkts = 5,
			.is_paused = true,
			.why_tap = "this kernel has no BTF",
		};
	if (!strncmp(what, "hardware", 8)) {
		view.vantage = (struct scope_vantage){
			.name = "wire:eth0", .stamp = SCOPE_STAMP_HARDWARE,
			.uncertainty_ns = 100,
		};
		view.unstamped_pkts = 12;
		view.has_switched_on = true;
	}
	if (!strncmp(what, "cpu", 3))
		cpu_make();
	if (is_word(what, "no-cpu"))
		view.cpu = (struct scope_cpu_view){
			.is_wanted = true,
			.why = "this kernel has no tracepoint softirq_exit",
		};
	if (strstr(what, "holes"))
		holes_make();
	/* Frames of MAC control fill the gaps. */
	if (!strncmp(what, "gaps", 4))
		view.lane[0].span.mac_control = (struct scope_mac_control){
			.frames = 471000, .wire_bytes = 724398000,
		};
	if (!strncmp(what, "pair", 4))
		pair_draw(&style, is_word(what, "pair-empty"));
	else if (strstr(what, "lines"))
		scope_view_lines(stdout, &view, "12:00:01");
	else
		scope_view_draw(stdout, &view, &style);
	return 0;
}
