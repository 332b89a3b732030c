// SPDX-License-Identifier: GPL-2.0
/* What a live view is made of. */
#include <stdlib.h>

#include "../../user/scope/host.h"
#include "../../user/scope/slots.h"
#include "core_random.h"
#include "user_tap.h"

/* ---- slots ---- */

static struct scope_slots slots;

static void millisecond(uint64_t number, uint64_t bytes)
{
	scope_slots_millisecond(&slots, &(struct sluice_millisecond){
		.number = number, .bytes = bytes, .pkts = 2,
		.max_100us_bytes = bytes / 2, .max_10us_bytes = bytes / 4,
	});
}

static void test_slots(void)
{
	struct scope_slot sum;

	memset(&slots, 0, sizeof(slots));
	millisecond(0, 1000);
	millisecond(249, 3000);
	millisecond(250, 500);
	millisecond(999, 800);
	scope_slots_sum(&slots, 1, 1, &sum);
	tap_u64(sum.bytes, 4000, "slots: the first quarter of a second");
	tap_u64(sum.max_1ms_bytes, 3000, "slots: its highest millisecond");
	scope_slots_sum(&slots, 4, 4, &sum);
	tap_u64(sum.bytes, 5300, "slots: a second");
	tap_u64(sum.pkts, 8, "slots: its packets");
	tap_u64(sum.max_100us_bytes, 1500, "slots: its highest 100 us");
	tap_u64(sum.max_10us_bytes, 750, "slots: its highest 10 us");
	scope_slots_sum(&slots, 4, 3, &sum);
	tap_u64(sum.bytes, 1300, "slots: the last three of four");
	scope_slots_sum(&slots, 2, 9, &sum);
	tap_u64(sum.bytes, 4500, "slots: more than there are");
	scope_slots_sum(&slots, 9, 2, &sum);
	tap_u64(sum.bytes, 0, "slots: none is in front of its time");
	/* So far ahead that all is new. */
	millisecond(250 * (UINT64_C(5000)), 10);
	scope_slots_sum(&slots, 5001, SCOPE_SLOTS, &sum);
	tap_u64(sum.bytes, 10, "slots: after a long silence the old ones are gone");
	millisecond(250, 10);
	scope_slots_sum(&slots, 5001, SCOPE_SLOTS, &sum);
	tap_u64(sum.bytes, 10, "slots: what is older than all that are kept is left out");
	millisecond(250 * UINT64_C(4990), 7);
	scope_slots_sum(&slots, 4991, 1, &sum);
	tap_u64(sum.bytes, 7, "slots: what is late goes to its own");
}

static void test_slot_events(void)
{
	struct scope_flow_event event = { .is_pure_ack = true,
					  .is_clumped = true };
	struct scope_slot sum;

	memset(&slots, 0, sizeof(slots));
	scope_slots_event(&slots, 300000000, &event);
	event.is_clumped = false;
	scope_slots_event(&slots, 310000000, &event);
	event = (struct scope_flow_event){ .is_retransmitted = true,
					   .is_timeout = true };
	scope_slots_event(&slots, 320000000, &event);
	scope_slots_sum(&slots, 2, 1, &sum);
	tap_u64(sum.acks, 2, "slots: ACKs");
	tap_u64(sum.clumped_acks, 1, "slots: in a clump");
	tap_u64(sum.retransmitted_pkts, 1, "slots: sent again");
	tap_u64(sum.timeouts, 1, "slots: after a timeout");
}

static void test_bins(void)
{
	static const struct { uint64_t ns; uint32_t bin; } gaps[] = {
		{ 0, 0 }, { 99, 0 }, { 100, 0 }, { 177, 0 }, { 178, 1 },
		{ 1000, 4 }, { 10000, 8 }, { 100000, 12 }, { 1000000, 16 },
		{ 10000000, 20 }, { 100000000, 24 }, { 999999999, 27 },
		{ UINT64_MAX, 27 },
	};
	static const struct { uint64_t pkts; uint32_t bin; } trains[] = {
		{ 1, 0 }, { 2, 1 }, { 3, 1 }, { 4, 2 }, { 63, 5 }, { 64, 6 },
		{ 100000, 6 },
	};

	for (unsigned int i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++)
		tap_u64(scope_slot_gap_bin(gaps[i].ns), gaps[i].bin,
			"bin of a gap");
	for (unsigned int i = 0; i < sizeof(trains) / sizeof(trains[0]); i++)
		tap_u64(scope_slot_train_bin(trains[i].pkts), trains[i].bin,
			"bin of a train");
}

/* 1 ms between packets but for pairs 1 us apart: from the meter's histograms. */
static void test_slot_meter(void)
{
	struct sluice_meter_config config = { .hist_bits = 7 };
	struct sluice_meter meter;
	struct scope_slot sum;

	memset(&slots, 0, sizeof(slots));
	if (!tap_ok(!sluice_meter_init(&meter, &config), "a meter"))
		return;
	for (unsigned int i = 0; i < 100; i++) {
		sluice_meter_add(&meter, i * UINT64_C(1001000), 1000);
		sluice_meter_add(&meter, i * UINT64_C(1001000) + 1000, 1000);
	}
	sluice_meter_flush(&meter);
	scope_slots_meter(&slots, 0, &meter);
	scope_slots_meter(&slots, 1, &meter);
	scope_slots_sum(&slots, 1, 1, &sum);
	tap_u64(sum.gaps[4], 100, "slots: gaps of 1 us");
	tap_u64(sum.gaps[16] + sum.gaps[15], 99, "slots: gaps of 1 ms");
	tap_u64(sum.train_pkts[1], 198, "slots: packets in pairs, but for the pair under way");
	scope_slots_sum(&slots, 2, 1, &sum);
	tap_u64(sum.gaps[4] + sum.train_pkts[1], 0, "slots: what was counted is not counted again");
	sluice_meter_done(&meter);
}

/* ---- a live view does not wait for the next packet ---- */

static void millisecond_take(void *context, const struct sluice_millisecond *one)
{
	*(uint64_t *)context += one->pkts;
}

static void burst_take(void *context, const struct sluice_burst *burst)
{
	(void)context;
	(void)burst;
}

/* Bursts of any length and distance; advanced up to each packet, or not at all. */
static void meter_fill(struct sluice_meter *meter, bool is_advanced,
		       uint64_t *pkts)
{
	struct sluice_meter_config config = {
		.start_ns = 1000, .hist_bits = 7, .line_rate_bits_ps = 1000000000,
		.hot_percent = 80, .millisecond = millisecond_take,
		.burst = burst_take, .context = pkts,
	};
	uint64_t time_ns = 1000;
	u64 state = 5;

	*pkts = 0;
	if (sluice_meter_init(meter, &config))
		exit(1);
	for (unsigned int i = 0; i < 20000; i++) {
		uint64_t gap_ns = random_bits(&state, 26);
		uint64_t part_ns = random_below(&state, gap_ns + 1);

		if (is_advanced)
			sluice_meter_advance(meter, time_ns + part_ns);
		time_ns += gap_ns;
		sluice_meter_add(meter, time_ns, 1500);
	}
}

static void test_advance(void)
{
	static struct sluice_meter plain, advanced;
	uint64_t plain_pkts, pkts;

	meter_fill(&plain, false, &plain_pkts);
	meter_fill(&advanced, true, &pkts);
	tap_ok(pkts < 20000, "advance: the window under way is not over");
	sluice_meter_advance(&advanced, advanced.last_ns + 2000000);
	tap_u64(pkts, 20000, "advance: a burst with nothing behind it is reported");
	sluice_meter_finish(&plain);
	sluice_meter_finish(&advanced);
	tap_ok(!memcmp(plain.aligned.level, advanced.aligned.level,
		       sizeof(plain.aligned.level)) &&
	       !memcmp(plain.aligned.hot, advanced.aligned.hot,
		       sizeof(plain.aligned.hot)),
	       "advance: the figures are the same");
	tap_ok(plain.aligned.hot[0].bursts > 100, "advance: and of many bursts");
	sluice_meter_done(&plain);
	sluice_meter_done(&advanced);
}

/* ---- the host ---- */

static void test_host(void)
{
	struct scope_host_counts counts = { 0 };

	scope_host_stat_parse("cpu  100 20 30 4000 50 6 7 8 9 10\ncpu0 1 2 3\n",
			      &counts);
	tap_u64(counts.all_ticks, 4221, "host: all ticks, those of guests once");
	tap_u64(counts.busy_ticks, 171, "host: busy ones");
	tap_u64(counts.softirq_ticks, 7, "host: in softirqs");
	scope_host_softirqs_parse("         CPU0  CPU1\n NET_TX:  3   4\n NET_RX:  100   23\n  BLOCK: 9 9\n",
				  &counts);
	tap_u64(counts.receive_softirqs, 123, "host: NET_RX of all processors");
	tap_u64(counts.send_softirqs, 7, "host: NET_TX of all processors");
	scope_host_softnet_parse("00000010 00000002 0000000a 0\n00000020 00000001 00000006 0\n",
				 &counts);
	tap_u64(counts.dropped_pkts, 3, "host: dropped");
	tap_u64(counts.squeezed, 16, "host: squeezed");
	scope_host_stat_parse("", &counts);
	scope_host_softirqs_parse("", &counts);
	scope_host_softnet_parse("", &counts);
	tap_u64(counts.all_ticks + counts.receive_softirqs + counts.squeezed,
		4221, "host: of an empty file nothing is known");
}

int main(void)
{
	test_slots();
	test_slot_events();
	test_bins();
	test_slot_meter();
	test_advance();
	test_host();
	return tap_done();
}
