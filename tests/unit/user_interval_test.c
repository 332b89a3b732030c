// SPDX-License-Identifier: GPL-2.0
/* What lies between two looks (interval.h), and what a tap saw (seen.h). */
#include "../../user/lib/interval.h"
#include "../../user/lib/seen.h"
#include "../../user/lib/pcap.h"
#include "user_tap.h"

#include <stdlib.h>

#define START_NS	1767225600000000000ull
#define SECOND_NS	1000000000ull
#define RATE_BYTES_PS	12500000ull	/* 80 ns a byte */

/* ---- intervals ---- */

static struct sluice_qdisc qdiscs[2][2];
static struct sluice_look looks[2];

/* Two leaves, each with some counts; the second look a second later. */
static void looks_make(void)
{
	unsigned int i, j;

	memset(qdiscs, 0, sizeof(qdiscs));
	memset(looks, 0, sizeof(looks));
	for (i = 0; i < 2; i++) {
		looks[i] = (struct sluice_look){
			.mono_ns = 5 * SECOND_NS + i * SECOND_NS,
			.error_ns = 1000 + i, .is_there = true,
			.link = { .is_up = true, .has_carrier = true },
			.root_kind = "mq", .qdiscs = qdiscs[i], .count = 2,
		};
		for (j = 0; j < 2; j++) {
			struct sluice_qdisc *qdisc = &qdiscs[i][j];

			qdisc->handle = (0x8001 + j) << 16;
			qdisc->parent = 0x10001 + j;
			qdisc->drops = 10 + i;
			qdisc->qlen_pkts = 3;
			qdisc->backlog_bytes = 4000;
			qdisc->xstats_bytes = sizeof(qdisc->xstats);
			qdisc->xstats.sent_frames = 100 + 1000 * i;
			qdisc->xstats.sent_wire_bytes =
				1538 * qdisc->xstats.sent_frames;
			qdisc->xstats.burst_now_ns = 70 - 60 * i + j;
			qdisc->xstats.lateness_max_ns = 500 + 100 * i * j;
			qdisc->xstats.flows = 4;
			qdisc->xstats.lateness_ns_hist[3] = 7 + 5 * i;
			qdisc->xstats.train_frames_hist[11] = 1 + i;
			sluice_options_set(&qdisc->options,
					   TCA_SLUICE_RATE_BYTES_PS, 5);
		}
	}
}

static struct sluice_interval between(void)
{
	struct sluice_interval interval = { .span_ns = 0 };

	sluice_interval_add(&interval, &looks[0], &looks[1]);
	return interval;
}

static void test_sum(void)
{
	struct sluice_interval interval;

	looks_make();
	interval = between();
	tap_u64(interval.span_ns, SECOND_NS, "span");
	tap_u64(interval.error_ns, 2001, "its error is that of both looks");
	tap_u64(interval.qdiscs, 2, "two qdiscs");
	tap_u64(interval.delta.sent_frames, 2000, "counters are added up");
	tap_u64(interval.delta.lateness_ns_hist[3], 10, "histograms too");
	tap_u64(interval.delta.train_frames_hist[11], 2, "to their end");
	tap_u64(interval.delta.burst_now_ns, 11, "the burst is the largest");
	tap_u64(interval.delta.lateness_max_ns, 600, "a new maximum counts");
	tap_u64(interval.delta.flows, 8, "flows are those at the end");
	tap_u64(interval.drops, 2, "drops");
	tap_u64(interval.backlog_bytes, 8000, "backlog");
	tap_u64(sluice_interval_per_s(&interval,
				      interval.delta.sent_wire_bytes),
		2000 * 1538, "bytes per second");
	tap_ok(!interval.is_gone && !interval.is_down && interval.is_up &&
	       !interval.is_replaced && !interval.is_changed,
	       "nothing has happened");
	/* The same again, as a third look would show it. */
	looks[0].mono_ns = looks[1].mono_ns;
	looks[0].error_ns = looks[1].error_ns;
	looks[1].mono_ns += SECOND_NS;
	looks[1].error_ns = 50;
	sluice_interval_add(&interval, &looks[0], &looks[1]);
	tap_u64(interval.span_ns, 2 * SECOND_NS, "spans are added up");
	tap_u64(interval.error_ns, 1050, "errors are not");
	tap_u64(interval.delta.sent_frames, 4000, "counters are");
	tap_u64(interval.delta.flows, 8, "what is at the end is not");
	tap_u64(interval.delta.burst_now_ns, 11, "the burst is the largest");
	tap_u64(sluice_interval_per_s(&(struct sluice_interval){ 0 }, 5), 0,
		"nothing per second in no time");
}

/* It stands beside the first queue alone. */
static void edt_make(void)
{
	unsigned int i;

	looks_make();
	for (i = 0; i < 2; i++)
		qdiscs[i][0].edt = (struct sluice_edt){
			.is_there = true, .ahead_ns = 7 + i,
			.counters = {
				.frames = 100 + 50 * i, .held_pkts = 40 + 30 * i,
				.socket_held_pkts = 3 + i,
				.over_backlog_pkts = 2 * i,
				.wait_max_ns = 900 + i,
			},
		};
}

static void test_edt(void)
{
	struct sluice_interval interval;

	looks_make();
	tap_ok(!between().edt.is_there, "edt: no rate without the module");
	edt_make();
	interval = between();
	tap_ok(interval.edt.is_there && interval.edt.counters.frames == 50 &&
	       interval.edt.counters.held_pkts == 30 &&
	       interval.edt.counters.socket_held_pkts == 1 &&
	       sluice_edt_drops(&interval.edt) == 2, "edt: what it counted");
	tap_ok(interval.edt.ahead_ns == 8 &&
	       interval.edt.counters.wait_max_ns == 901,
	       "edt: what is no counter is that of the end");
	edt_make();
	qdiscs[1][0].edt.counters.frames = 99;
	interval = between();
	tap_ok(interval.is_replaced && interval.edt.counters.frames == 99 &&
	       interval.edt.counters.held_pkts == 70,
	       "edt: another program counts from its start");
	edt_make();
	qdiscs[1][0].edt.is_there = false;
	tap_ok(!between().edt.is_there, "edt: one that has gone");
}

static void test_events(void)
{
	struct sluice_interval interval;

	looks_make();
	looks[1].link.has_carrier = false;
	interval = between();
	tap_ok(interval.is_down && interval.is_up, "no carrier is down");
	looks[0].link.has_carrier = false;
	interval = between();
	tap_ok(interval.is_down && !interval.is_up, "none at any look is never up");
	looks_make();
	looks[0].link.is_up = false;
	tap_ok(between().is_down, "down before is down");
	looks_make();
	qdiscs[1][0].xstats.reset_dropped_pkts = 1;
	tap_ok(between().is_down, "so is what was lost by it");
	looks_make();
	looks[1].is_there = false;
	looks[1].count = 0;
	interval = between();
	tap_ok(interval.is_gone && !interval.is_down, "gone is not down");
	looks_make();
	qdiscs[1][1].handle = 0x90000000;
	interval = between();
	tap_ok(interval.is_replaced, "another handle");
	tap_u64(interval.delta.sent_frames, 1000 + 1100,
		"counts from its start");
	looks_make();
	qdiscs[1][0].xstats.lateness_max_ns = 0;
	qdiscs[1][0].xstats.flows = 0;
	tap_ok(!between().is_replaced, "a gauge may fall");
	qdiscs[1][0].xstats.sent_frames = 99;
	interval = between();
	tap_ok(interval.is_replaced, "a counter may not");
	tap_u64(interval.delta.sent_frames, 1000 + 99, "and counts anew");
	looks_make();
	looks[1].count = 1;
	tap_ok(between().is_replaced, "one of them is gone");
	looks_make();
	looks[0].count = 0;
	tap_ok(between().is_replaced, "they have come");
	looks[1].count = 0;
	tap_ok(!between().is_replaced, "there is none");
	looks_make();
	sluice_options_set(&qdiscs[1][1].options, TCA_SLUICE_RATE_BYTES_PS, 6);
	interval = between();
	tap_ok(interval.is_changed && !interval.is_replaced, "other options");
	looks_make();
	qdiscs[1][1].xstats_bytes = 80;
	tap_u64(between().xstats_bytes, 80, "what all of them sent");
}

/* ---- taps ---- */

static struct sluice_seen seen;
static uint8_t packet[160];

#define LINK_BITS_PS	1000000000ull

static void seen_make_at(uint64_t link_bits_ps, uint64_t rate_bytes_ps,
			 uint64_t maxrate_bytes_ps)
{
	struct sluice_seen_config config = {
		.start_real_ns = START_NS, .end_real_ns = START_NS + SECOND_NS,
		.overhead_bytes = 24, .link_bits_ps = link_bits_ps,
		.rate_bytes_ps = rate_bytes_ps,
		.maxrate_bytes_ps = maxrate_bytes_ps,
	};

	if (sluice_seen_init(&seen, &config))
		abort();
}

static void seen_make(uint64_t rate_bytes_ps, uint64_t maxrate_bytes_ps)
{
	seen_make_at(LINK_BITS_PS, rate_bytes_ps, maxrate_bytes_ps);
}

/* TCP over IPv4 with time stamps from that port, or UDP. */
static struct sluice_captured frame_make(uint64_t at_ns, uint16_t port,
					 uint8_t protocol, uint32_t bytes,
					 uint32_t segment_bytes)
{
	uint32_t length = bytes - 14;

	memset(packet, 0, sizeof(packet));
	packet[12] = 8;
	packet[14] = 0x45;
	packet[16] = (uint8_t)(length >> 8);
	packet[17] = (uint8_t)length;
	packet[23] = protocol;
	memcpy(packet + 26, "\12\0\0\1\12\0\0\2", 8);
	packet[34] = (uint8_t)(port >> 8);
	packet[35] = (uint8_t)port;
	packet[46] = 8 << 4;	/* 32 bytes of TCP header */
	return (struct sluice_captured){
		.real_ns = START_NS + at_ns, .data = packet,
		.captured_bytes = sizeof(packet), .bytes = bytes,
		.segment_bytes = segment_bytes,
		.link_type = SLUICE_LINKTYPE_ETHERNET,
	};
}

static void add(uint64_t at_ns, uint16_t port, uint8_t protocol,
		uint32_t bytes, uint32_t segment_bytes)
{
	struct sluice_captured captured = frame_make(at_ns, port, protocol,
						     bytes, segment_bytes);

	if (sluice_seen_add(&seen, &captured))
		abort();
}

/* Frames of 1514 bytes, 123.04 us at the rate, with that gap between them. */
static uint64_t trains_at_gap(uint64_t gap_ns, bool is_maxrate)
{
	uint64_t frames;
	unsigned int i;

	seen_make(is_maxrate ? 0 : RATE_BYTES_PS,
		  is_maxrate ? RATE_BYTES_PS : 0);
	for (i = 0; i < 200; i++)
		add(i * gap_ns, 1000, SLUICE_PROTOCOL_UDP, 1514, 0);
	sluice_seen_finish(&seen);
	frames = sluice_seen_train_frames(&seen);
	sluice_seen_done(&seen);
	return frames;
}

static void test_train(void)
{
	seen_make(RATE_BYTES_PS, 0);
	add(0, 1000, SLUICE_PROTOCOL_UDP, 1514, 0);
	add(61520, 1000, SLUICE_PROTOCOL_UDP, 1514, 0);
	sluice_seen_finish(&seen);
	tap_u64(sluice_spectrum_bytes(&seen.meter.spectrum, 0), 1538 + 769,
		"half a gap early is half a frame of buffer at the rate");
	sluice_seen_done(&seen);
	tap_u64(trains_at_gap(123040, false), 1, "frames at their distance");
	/* Half of it is 61.52 us, and stamps may be wrong by 1 us. */
	tap_u64(trains_at_gap(60520, false), 1, "at half of it, perhaps");
	tap_u64(trains_at_gap(60519, false), 200, "closer for certain");
	tap_u64(trains_at_gap(123040, true), 1, "the same of a flow");
	tap_u64(trains_at_gap(60519, true), 200, "closer of a flow");
}

static void test_limits(void)
{
	unsigned int i;

	seen_make(RATE_BYTES_PS, 0);
	for (i = 0; i < 99; i++)
		add(i, 1000, SLUICE_PROTOCOL_UDP, 1514, 0);
	sluice_seen_finish(&seen);
	tap_u64(sluice_seen_train_frames(&seen), 0, "too few frames");
	sluice_seen_done(&seen);
	/* 1538 bytes at 6.15 Gb/s: 2 us, half of it is what stamps are worth. */
	for (i = 0; i < 2; i++) {
		unsigned int j;

		seen_make(769000000 - i * 1000000, 0);
		for (j = 0; j < 200; j++)
			add(j * 2002, 1000, SLUICE_PROTOCOL_UDP, 1514, 0);
		sluice_seen_finish(&seen);
		tap_u64(sluice_seen_train_frames(&seen), i,
			i ? "half a gap is longer than the error" :
			    "half a gap is as short as the error");
		sluice_seen_done(&seen);
	}
	seen_make(0, 0);
	for (i = 0; i < 200; i++)
		add(i, 1000, SLUICE_PROTOCOL_UDP, 1514, 0);
	sluice_seen_finish(&seen);
	tap_u64(sluice_seen_train_frames(&seen), 0, "no rate, no trains at it");
	tap_u64(seen.meter.pkts, 200, "but frames");
	sluice_seen_done(&seen);
}

static void test_cut(void)
{
	seen_make(0, RATE_BYTES_PS);
	/* 66 bytes of headers, and 3 * 1448 + 100 of payload. */
	add(0, 1000, SLUICE_PROTOCOL_TCP, 66 + 4444, 1448);
	tap_u64(seen.cut_pkts, 1, "a super-packet");
	tap_u64(seen.cut_frames, 4, "of four frames");
	tap_u64(seen.meter.pkts, 4, "counts as four");
	tap_u64(seen.meter.bytes, 3 * 1538 + 66 + 100 + 24,
		"with their bytes on the wire");
	add(1000, 1000, SLUICE_PROTOCOL_TCP, 1514, 1448);
	tap_u64(seen.cut_pkts, 1, "one of one frame is a frame");
	add(2000, 1000, SLUICE_PROTOCOL_TCP, 66, 0);
	tap_u64(seen.flows[0]->pacing.last_ns, START_NS + 1000,
		"an ACK waits for no flow clock");
	tap_u64(seen.flows[0]->meter.pkts, 6, "but is a frame of the flow");
	sluice_seen_finish(&seen);
	sluice_seen_done(&seen);
}

/* Trains of that many frames at 1 Gb/s, 1 ms apart; @bytes_each: as super-packets. */
static uint64_t together(uint8_t protocol, unsigned int frames, uint32_t bytes_each,
			 uint64_t link_bits_ps)
{
	uint64_t ret;
	unsigned int i, j;

	seen_make_at(link_bits_ps, 0, 0);
	for (i = 0; i < 200; i++)
		for (j = 0; j < frames; j++)
			add(i * 1000000 + j * 12304, 1000, protocol, bytes_each,
			    bytes_each > 1514 ? 1448 : 0);
	sluice_seen_finish(&seen);
	ret = sluice_seen_together_frames(&seen);
	sluice_seen_done(&seen);
	return ret;
}

/* Where no rate is commanded, of what fq paces without the module. */
static void test_together(void)
{
	const uint32_t three = 66 + 3 * 1448;

	tap_u64(together(SLUICE_PROTOCOL_TCP, 1, 1514, LINK_BITS_PS), 1,
		"together: frames of TCP, one by one");
	tap_u64(together(SLUICE_PROTOCOL_TCP, 5, 1514, LINK_BITS_PS), 5,
		"together: five at the speed of the link");
	tap_u64(together(SLUICE_PROTOCOL_UDP, 5, 1514, LINK_BITS_PS), 0,
		"together: of UDP nothing is promised");
	tap_u64(together(SLUICE_PROTOCOL_TCP, 1, three, LINK_BITS_PS), 3,
		"together: a super-packet that is cut behind the tap");
	tap_u64(together(SLUICE_PROTOCOL_TCP, 1, three, 0), 3,
		"together: that is known without the speed, too");
	tap_u64(together(SLUICE_PROTOCOL_TCP, 5, 1514, 0), 0,
		"together: trains are not");
}

/* Told to stop after 250 ms of its second, in which frames came each ms. */
static void test_shorter(void)
{
	unsigned int i;

	seen_make(RATE_BYTES_PS, 0);
	for (i = 0; i < 250; i++)
		add(i * SECOND_NS / 1000, 1, SLUICE_PROTOCOL_UDP, 1514, 0);
	sluice_seen_shorten(&seen, START_NS + SECOND_NS / 4);
	sluice_seen_finish(&seen);
	tap_real(sluice_meter_mean_bits_ps(&seen.meter), 1538 * 8 * 1000.,
		 "stopped: the mean is of the time until then");
	tap_real(sluice_meter_mean_bits_ps(&seen.flows[0]->meter),
		 1538 * 8 * 1000., "stopped: that of a flow, too");
	sluice_seen_done(&seen);
}

static void test_flows(void)
{
	struct sluice_captured captured;
	unsigned int i;

	seen_make(RATE_BYTES_PS, 0);
	captured = frame_make(0, 1, SLUICE_PROTOCOL_UDP, 1514, 0);
	captured.real_ns = START_NS - 1;
	sluice_seen_add(&seen, &captured);
	captured.real_ns = START_NS + SECOND_NS;
	sluice_seen_add(&seen, &captured);
	tap_u64(seen.meter.pkts, 0, "what lies outside the span is not counted");
	for (i = 0; i < SLUICE_SEEN_FLOWS_MAX + 5; i++)
		add(i, (uint16_t)(1000 + i), SLUICE_PROTOCOL_UDP, 1514, 0);
	tap_u64(sluice_seen_flows(&seen), SLUICE_SEEN_FLOWS_MAX,
		"so many flows have a meter");
	tap_u64(seen.no_flow_frames, 5, "the others are counted");
	add(i, 1000, SLUICE_PROTOCOL_UDP, 1514, 0);
	tap_u64(seen.flows[0]->meter.pkts, 2, "the first still have theirs");
	captured = frame_make(i, 1, SLUICE_PROTOCOL_UDP, 60, 0);
	packet[12] = 0x88;	/* no IP */
	sluice_seen_add(&seen, &captured);
	tap_u64(seen.no_flow_frames, 6, "a frame of no flow");
	captured.real_ns -= 10;
	sluice_seen_add(&seen, &captured);
	tap_u64(seen.meter.backward_pkts, 1, "a stamp that goes back");
	sluice_seen_finish(&seen);
	sluice_seen_done(&seen);
	sluice_seen_done(&seen);
	tap_u64(sluice_seen_flows(&seen), 0, "nothing is left");
}

/* Between paced frames the line is filled with PAUSE frames; the last one lies behind a tag. */
static void test_mac_control(void)
{
	struct sluice_captured captured;
	unsigned int i;

	seen_make(RATE_BYTES_PS, 0);
	for (i = 0; i < 1000; i++) {
		add(i * 123040, 1000, SLUICE_PROTOCOL_TCP, 1514, 0);
		captured = frame_make(i * 123040 + 12304, 0, 0, 1514, 0);
		packet[12] = 0x88;
		packet[13] = 0x08;
		captured.tag = i == 999 ? 0x81000005 : 0;
		sluice_seen_add(&seen, &captured);
	}
	sluice_seen_finish(&seen);
	tap_ok(seen.mac_control_frames == 999 &&
	       seen.mac_control_wire_bytes == 999 * 1538,
	       "MAC control: frames are counted, but the one behind a tag");
	tap_ok(seen.meter.pkts == 1001 && seen.no_flow_frames == 1,
	       "MAC control: they are no frames of the device's flows");
	tap_u64(sluice_seen_train_frames(&seen), 1,
		"MAC control: nor do they make trains at the device's rate");
	sluice_seen_done(&seen);
}

int main(void)
{
	test_sum();
	test_edt();
	test_events();
	test_train();
	test_limits();
	test_cut();
	test_together();
	test_shorter();
	test_flows();
	test_mac_control();
	return tap_done();
}
