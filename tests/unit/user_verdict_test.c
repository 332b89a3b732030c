// SPDX-License-Identifier: GPL-2.0
/*
 * Verdicts (verdict.h) from statistics that were made up: each of them is
 * reached, from both sides of what parts it from the next.
 */
#include "../../user/lib/verdict.h"
#include "user_tap.h"

#define MBIT_BYTES_PS	125000ull
#define FRAME_BYTES	1538u
#define SECOND_NS	1000000000ull

/* What is looked at, and what changes it is worth. */
static struct sluice_interval interval;
static struct sluice_evidence evidence;

static void option(unsigned int attribute, uint64_t value)
{
	sluice_options_set(&interval.options, attribute, value);
}

/* 10,000 full frames in a second, under 500 Mb/s: 24.6 us each; all waited. */
static void healthy(void)
{
	struct tc_sluice_xstats *delta = &interval.delta;

	memset(&interval, 0, sizeof(interval));
	interval.span_ns = SECOND_NS;
	interval.error_ns = 100000;
	interval.qdiscs = 1;
	interval.mtu_bytes = 1500;
	interval.xstats_bytes = sizeof(*delta);
	snprintf(interval.root_kind, sizeof(interval.root_kind), "sluice");
	option(TCA_SLUICE_RATE_BYTES_PS, 500 * MBIT_BYTES_PS);
	option(TCA_SLUICE_TRAIN_FRAMES, 1);
	option(TCA_SLUICE_BURST_FRAMES, 0);
	delta->enqueued_pkts = 10000;
	delta->super_pkts = 1000;
	delta->sent_frames = 10000;
	delta->sent_wire_bytes = 10000 * FRAME_BYTES;
	delta->lateness_ns_hist[12] = 10000;	/* 2048 to 4095 ns */
	delta->hold_ns_hist[20] = 10000;
	delta->train_frames_hist[1] = 10000;
	delta->burst_now_ns = 4000;
	evidence = (struct sluice_evidence){
		.interval = &interval, .link_bits_ps = 1000000000,
	};
}

static const char *text_of(const struct sluice_verdict *verdict)
{
	static char text[600];
	char sentence[500];

	sluice_verdict_say(verdict, &evidence, sentence, sizeof(sentence));
	snprintf(text, sizeof(text), "%s %s: %s",
		 sluice_verdict_key(verdict->kind),
		 verdict->reason ? sluice_reason_key(verdict->reason) : "-",
		 sentence);
	return text;
}

static void is(const char *wanted, const char *claim)
{
	struct sluice_verdict verdict;

	sluice_verdict_find(&evidence, &verdict);
	tap_text(text_of(&verdict), wanted, claim);
}

/* The last healthy() was changed so that it is just still kept. */
static void is_kept(const char *claim)
{
	is("kept -: kept", claim);
}

static void test_kept(void)
{
	healthy();
	is_kept("all is well");
	tap_u64(sluice_interval_gap_ns(&interval), 24608, "the gap at the rate");
	option(TCA_SLUICE_RATE_BYTES_PS, 0);
	option(TCA_SLUICE_MAXRATE_BYTES_PS, 100 * MBIT_BYTES_PS);
	tap_u64(sluice_interval_gap_ns(&interval), 123040,
		"without a rate the gap is that of maxrate");
	is_kept("at maxrate");
	option(TCA_SLUICE_MAXRATE_BYTES_PS, 0);
	tap_u64(sluice_interval_gap_ns(&interval), 0,
		"and without both there is no common gap");
	is_kept("at the flows' own rates");
	evidence.link_bits_ps = 0;
	is_kept("on a link whose speed is not known");
}

/* By an fq in sluice's place: it counts who waited, and the tap knows trains. */
static void test_stand_in(void)
{
	healthy();
	memset(interval.delta.lateness_ns_hist, 0,
	       sizeof(interval.delta.lateness_ns_hist));
	memset(interval.delta.hold_ns_hist, 0,
	       sizeof(interval.delta.hold_ns_hist));
	memset(interval.delta.train_frames_hist, 0,
	       sizeof(interval.delta.train_frames_hist));
	interval.delta.burst_now_ns = 0;
	option(TCA_SLUICE_RATE_BYTES_PS, 0);
	snprintf(interval.root_kind, sizeof(interval.root_kind), "fq");
	interval.is_stand_in = true;
	interval.throttles = 9000;
	is_kept("fq: single frames");
	evidence.tap_train_frames = 4;
	is("kept_in_trains -: kept only within trains of 4 frames",
	   "fq: trains that the tap saw");
	evidence.tap_train_frames = 32;
	is("not_kept long_trains: not kept because frames leave in trains of up to 32",
	   "fq: trains that are too long");
	evidence.tap_train_frames = 1;
	interval.throttles = 100;
	is("no_difference below_rate: ", "fq: hardly a frame had to wait");
	interval.throttles = 101;
	is_kept("fq: just more than a hundredth");
	interval.delta.limit_dropped_pkts = 10;
	is("not_kept over_limit: ", "fq: lost to a limit");
}

static void test_states(void)
{
	healthy();
	interval.is_gone = true;
	is("not_kept gone: not kept because the device has vanished", "gone");
	healthy();
	interval.qdiscs = 0;
	snprintf(interval.root_kind, sizeof(interval.root_kind), "fq");
	is("not_kept absent: not kept because nothing paces it (root qdisc: fq)",
	   "no sluice");
	interval.is_replaced = true;
	is("not_kept replaced: ", "no sluice any more");
	healthy();
	interval.is_down = true;
	is("not_kept down: ", "down and up between looks: frames were sent");
	interval.delta.sent_frames = 0;
	is("no_link no_link: nothing to judge: it has no link",
	   "down all the time");
	tap_ok(SLUICE_VERDICT_NO_LINK < SLUICE_VERDICT_NO_DIFFERENCE,
	       "of several devices the others are judged");
	interval.delta.reset_dropped_pkts = 1;
	is("not_kept down: ", "it lost packets as it went down");
	interval.delta.reset_dropped_pkts = 0;
	interval.is_up = true;
	is("not_kept down: ", "it was up at some look");
	healthy();
	interval.is_down = true;
	interval.is_up = true;
	is("not_kept down: not kept because the device was down", "down");
	healthy();
	interval.is_replaced = true;
	is("not_kept replaced: not kept because its qdisc was replaced meanwhile",
	   "replaced");
	healthy();
	interval.is_changed = true;
	is("not_kept changed: not kept because its options were changed",
	   "changed");
	healthy();
	evidence.link_bits_ps = 500000000;
	is_kept("the rate is the link's");
	evidence.link_bits_ps = 499999992;
	is("not_kept rate_above_link: not kept because the rate of 500mbit is above",
	   "the rate is above the link's");
}

/* Packets of a million, beyond which it is said. */
static void test_packets(void)
{
	healthy();
	interval.delta.enqueued_pkts = 9999;
	interval.delta.limit_dropped_pkts = 1;
	is_kept("100 ppm lost to limit");
	interval.delta.flow_limit_dropped_pkts = 1;
	is("not_kept over_limit: not kept because 2 packets were over limit (1) or flow_limit (1) and lost",
	   "200 ppm lost to limits");
	healthy();
	interval.delta.corrupt_dropped_pkts = 1;
	is_kept("100 ppm that cannot be cut");
	interval.delta.corrupt_dropped_pkts = 2;
	is("not_kept corrupt: ", "200 ppm that cannot be cut");
	healthy();
	interval.delta.uncut_pkts = 10;
	is_kept("1 % of the super-packets uncut");
	interval.delta.uncut_pkts = 11;
	is("not_kept uncut: not kept because 11 of 1000 super-packets left uncut",
	   "more than 1 % of them");
	healthy();
	interval.delta.flow_alloc_failed_pkts = 100;
	is_kept("1 % of the packets without a flow");
	interval.delta.flow_alloc_failed_pkts = 101;
	is("not_kept no_flow_memory: not kept because 101 of 10000 packets",
	   "more than 1 % of them");
	healthy();
	interval.delta.horizon_capped_pkts = 100;
	is_kept("1 % beyond the horizon");
	interval.delta.horizon_capped_pkts = 101;
	is("not_kept beyond_horizon: ", "more than 1 % of them");
}

static void test_tap(void)
{
	healthy();
	evidence.tap_frames = 10099;
	is_kept("99 frames more at the tap than sluice has sent");
	evidence.tap_frames = 10102;
	is("not_kept past_sluice: not kept because 102 of 10102 frames have not passed sluice",
	   "more than 1 % of the frames");
	interval.delta.sent_frames = 0;
	evidence.tap_frames = 99;
	is("no_difference no_traffic", "99 frames, and none by sluice");
	evidence.tap_frames = 100;
	is("not_kept past_sluice: not kept because 100 of 100 frames",
	   "100 frames, and none by sluice");
	healthy();
	evidence.tap_train_frames = 1;
	is_kept("no trains at the tap");
	evidence.tap_train_frames = 2;
	is("kept_in_trains -: kept only within trains of 2 frames",
	   "trains of two at the tap");
}

/* 500 Mb/s for 1 s, its error of 100 us, a burst of 250 us and two frames. */
static void test_rate(void)
{
	const uint64_t allowed_ns = SECOND_NS + 100000 + 250000 + 2 * 24608;
	uint64_t most = allowed_ns / 16;	/* 16 ns a byte */

	healthy();
	interval.delta.sent_frames = most / FRAME_BYTES;
	interval.delta.sent_wire_bytes = interval.delta.sent_frames *
					 FRAME_BYTES;
	is_kept("all that the rate allows");
	interval.delta.sent_frames++;
	interval.delta.sent_wire_bytes += FRAME_BYTES;
	is("not_kept above_rate: not kept because more was sent than its rate",
	   "a frame more");
	interval.qdiscs = 2;
	interval.delta.sent_wire_bytes += 10 * FRAME_BYTES;
	snprintf(interval.root_kind, sizeof(interval.root_kind), "mq");
	is("not_kept above_rate", "two queues share the clock");
	snprintf(interval.root_kind, sizeof(interval.root_kind), "htb");
	is_kept("two classes have a clock each");
}

static void test_no_difference(void)
{
	healthy();
	interval.delta.sent_frames = 100;
	interval.delta.sent_wire_bytes = 100 * FRAME_BYTES;
	is_kept("100 frames");
	interval.delta.sent_frames = 99;
	is("no_difference no_traffic: pacing makes no difference here: no traffic (99 frames",
	   "99 frames");
	healthy();
	memset(interval.delta.lateness_ns_hist, 0,
	       sizeof(interval.delta.lateness_ns_hist));
	interval.delta.lateness_ns_hist[5] = 101;
	is_kept("more than 1 % of the frames had to wait");
	interval.delta.lateness_ns_hist[5] = 100;
	is("no_difference below_rate: pacing makes no difference here: the peak is below the rate anyway, 100 of 10000",
	   "1 % of them");
	option(TCA_SLUICE_RATE_BYTES_PS, 0);
	interval.delta.lateness_ns_hist[5] = 0;
	is("no_difference below_rate", "flows have rates, no frame waited");
	memset(interval.delta.train_frames_hist, 0,
	       sizeof(interval.delta.train_frames_hist));
	is("no_difference unpaced: pacing makes no difference here: no flow has a rate",
	   "no flow has a rate");
}

/* All frames in this bucket of lateness. */
static void late(unsigned int bucket, uint64_t burst_ns)
{
	healthy();
	memset(interval.delta.lateness_ns_hist, 0,
	       sizeof(interval.delta.lateness_ns_hist));
	interval.delta.lateness_ns_hist[bucket] = 10000;
	interval.delta.burst_now_ns = burst_ns;
}

static void test_lateness(void)
{
	late(14, 0);
	is_kept("late by less than a frame takes: 8.2 to 16.4 of 24.6 us");
	late(15, 0);
	is_kept("perhaps by more: 16.4 to 32.8 us");
	late(16, 0);
	is("not_kept late_device: not kept because what takes the frames is late, the device or its CPU: more than 1 % of the frames leave 32.77us late",
	   "for certain by more, and nothing is caught up");
	late(16, 40000);
	is("kept_in_trains -: kept only within trains of 3 frames",
	   "by more, and 40 us of it are caught up");
	interval.delta.lateness_ns_hist[16] = 100;
	interval.delta.lateness_ns_hist[3] = 9900;
	is_kept("1 % of the frames by more");
	interval.delta.lateness_ns_hist[16] = 101;
	interval.delta.lateness_ns_hist[3] = 9899;
	is("kept_in_trains", "more than 1 % of them");

	late(18, 250000);
	is("kept_in_trains -: kept only within trains of 12 frames",
	   "by up to 262 us: a flow can catch up");
	late(19, 250000);
	is("not_kept late_timers: not kept because timers are late: more than 1 % of the frames leave 262.1us late",
	   "by more: it cannot");
	late(19, 125000);
	is("not_kept late_timers", "timers late by half of what is caught up");
	late(19, 124999);
	is("not_kept late_device", "timers late by less");
	late(19, 250000);
	interval.delta.sent_frames = 79675;	/* 980.3 Mb/s */
	interval.delta.sent_wire_bytes = 79675ull * FRAME_BYTES;
	option(TCA_SLUICE_RATE_BYTES_PS, 0);
	is("not_kept link_full: not kept because the link is full",
	   "the link is full");
	interval.delta.sent_frames = 79600;	/* 979.4 Mb/s */
	interval.delta.sent_wire_bytes = 79600ull * FRAME_BYTES;
	is("not_kept late_timers", "the link is nearly full");

	/* A frame of 12.3 ms at 1 Mb/s: a third of a millisecond is little. */
	late(20, 0);
	option(TCA_SLUICE_RATE_BYTES_PS, 0);
	option(TCA_SLUICE_MAXRATE_BYTES_PS, MBIT_BYTES_PS);
	is_kept("late by a part of a long gap");
	option(TCA_SLUICE_MAXRATE_BYTES_PS, 0);
	is("not_kept late_device", "late by as much of gaps that are not known");
}

/* All frames in trains of this bucket. */
static void trains(unsigned int bucket)
{
	healthy();
	memset(interval.delta.train_frames_hist, 0,
	       sizeof(interval.delta.train_frames_hist));
	interval.delta.train_frames_hist[bucket] = 1000;
}

static void test_trains(void)
{
	trains(1);
	interval.delta.train_frames_hist[1] = 9900;
	interval.delta.train_frames_hist[2] = 33;	/* 99 frames at most */
	is_kept("1 % of the frames in trains");
	interval.delta.train_frames_hist[2] = 34;
	is("kept_in_trains -: kept only within trains of 3 frames",
	   "more than 1 % of them");
	trains(4);
	is("kept_in_trains -: kept only within trains of 15 frames",
	   "trains of up to 15");
	trains(5);
	interval.delta.burst_now_ns = 100000;
	is("not_kept burst_grown: not kept because late timers have made the burst grow to 100us: frames leave in trains of up to 31",
	   "trains of up to 31 by a burst that has grown");
	interval.delta.burst_now_ns = 0;
	is("not_kept long_trains: not kept because frames leave in trains of up to 31",
	   "without one");
	option(TCA_SLUICE_BURST_FRAMES, 15);
	is("not_kept long_trains", "longer than the burst that is set");
	option(TCA_SLUICE_BURST_FRAMES, 16);
	is("kept_in_trains -: kept only within trains of 31 frames",
	   "perhaps as long as the burst that is set");
	option(TCA_SLUICE_BURST_FRAMES, 8);
	is("not_kept long_trains", "7 full frames more are 7");
	interval.delta.sent_wire_bytes /= 2;
	is("not_kept long_trains", "of half the length they are 14");
	option(TCA_SLUICE_BURST_FRAMES, 9);
	is("kept_in_trains", "8 are 16");
	interval.delta.sent_wire_bytes *= 2;
	option(TCA_SLUICE_BURST_FRAMES, 0);
	option(TCA_SLUICE_BURST_NS, 15 * 24608 - 1);
	is("not_kept long_trains", "longer than the burst that is set as a time");
	option(TCA_SLUICE_BURST_NS, 15 * 24608);
	is("kept_in_trains", "as long as that");
	option(TCA_SLUICE_RATE_BYTES_PS, 0);
	is("kept_in_trains", "a time, and no gap to divide it by");
	trains(1);
	option(TCA_SLUICE_TRAIN_FRAMES, 20);
	is("kept_in_trains -: kept only within trains of 20 frames",
	   "trains that the options cut");
	trains(5);
	option(TCA_SLUICE_TRAIN_FRAMES, 20);
	is("kept_in_trains -: kept only within trains of 20 frames",
	   "16 to 31 frames, that is 20");
	trains(6);
	option(TCA_SLUICE_TRAIN_FRAMES, 20);
	is("not_kept", "several of them together");
	healthy();
	evidence.tap_train_frames = 16;
	is("kept_in_trains -: kept only within trains of 16 frames",
	   "trains of 16 at the tap");
	evidence.tap_train_frames = 17;
	is("not_kept burst_grown", "trains of 17");
}

/* Every reason has a key and a sentence of its own. */
static void test_words(void)
{
	struct sluice_verdict verdict = { .kind = SLUICE_VERDICT_NOT_KEPT };
	static char seen[SLUICE_REASONS][600];
	bool is_different = true;
	unsigned int i, j;

	healthy();
	for (i = 1; i < SLUICE_REASONS; i++) {
		bool is_none = i >= SLUICE_REASON_NO_TRAFFIC &&
			       i <= SLUICE_REASON_BELOW;

		verdict.reason = (enum sluice_reason)i;
		verdict.kind = is_none ? SLUICE_VERDICT_NO_DIFFERENCE :
			       i == SLUICE_REASON_NO_LINK ?
			       SLUICE_VERDICT_NO_LINK :
			       SLUICE_VERDICT_NOT_KEPT;
		snprintf(seen[i], sizeof(seen[i]), "%s",
			 strstr(text_of(&verdict), ": "));
		for (j = 1; j < i; j++)
			is_different &= strcmp(seen[i], seen[j]) != 0;
	}
	tap_ok(is_different, "each reason has a sentence of its own");
	tap_ok(!sluice_reason_key(SLUICE_REASON_NONE), "no reason has no key");
}

int main(void)
{
	test_kept();
	test_stand_in();
	test_states();
	test_packets();
	test_tap();
	test_rate();
	test_no_difference();
	test_lateness();
	test_trains();
	test_words();
	return tap_done();
}
