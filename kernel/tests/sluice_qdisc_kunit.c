// SPDX-License-Identifier: GPL-2.0
/*
 * The qdisc with packets made by hand and a time that is told: one test per
 * promise, named for it.
 *
 * The sources are included so that the tests reach what is static in them.
 */
#define SLUICE_KUNIT
#include "../sch_sluice_departure.c"
#include "../sch_sluice_flow.c"
#include "../sch_sluice_cut.c"
#include "../sch_sluice_device.c"
#include "../sch_sluice_launch.c"
#include "../sch_sluice_gap.c"
#include "../sch_sluice_smooth.c"
#include "../sch_sluice_options.c"
#include "../sch_sluice_stats.c"
#include "../sch_sluice_class.c"
#include "../sch_sluice_main.c"
#include "qdisc_fixture.h"
#include "qdisc_clocks.h"
#include "qdisc_ahead.h"
#include "qdisc_sockets.h"
#include "qdisc_trains.h"
#include "qdisc_shared.h"
#include "qdisc_classes.h"
#include "qdisc_limits.h"
#include "qdisc_signals.h"
#include "qdisc_lists.h"
#include "qdisc_idle.h"
#include "qdisc_launch.h"
#include "qdisc_gap.h"
#include "qdisc_gap_rest.h"
#include "qdisc_slack.h"
#include "qdisc_smooth.h"
#include "qdisc_guests.h"
#include "qdisc_random.h"
#include "qdisc_path.h"

static void sluice_p4_no_time_loses_a_packet(struct kunit *test)
{
	const u64 later_ns = T0_NS + 20 * NSEC_PER_SEC;
	struct sluice_fixture *fix = test->priv;
	struct sk_buff *skb;

	skb = fixture_tcp(test, 1, 1000, 1);
	sluice_compat_set_tstamp_mono(skb, T0_NS + 5 * NSEC_PER_MSEC);
	KUNIT_EXPECT_EQ(test, sluice_departure_of(test, skb, T0_NS),
			T0_NS + 5 * NSEC_PER_MSEC);

	skb = fixture_tcp(test, 2, 1000, 1);
	sluice_compat_set_tstamp_mono(skb, T0_NS - NSEC_PER_MSEC);
	KUNIT_EXPECT_EQ(test, sluice_departure_of(test, skb, T0_NS), T0_NS);
	KUNIT_EXPECT_EQ(test, fix->q->stats.past_pkts, 1ULL);

	skb = fixture_tcp(test, 3, 1000, 1);
	sluice_compat_set_tstamp_mono(skb, T0_NS + 3600 * NSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, sluice_departure_of(test, skb, T0_NS),
			T0_NS + 10 * NSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, fix->q->stats.horizon_capped_pkts, 1ULL);

	/* A receive stamp of 2026 on a packet that is forwarded. */
	skb = fixture_tcp(test, 4, 1000, 1);
	skb->tstamp = 1790000000ULL * NSEC_PER_SEC;
	KUNIT_EXPECT_EQ(test, sluice_departure_of(test, skb, later_ns),
			later_ns);
	KUNIT_EXPECT_EQ(test, fix->q->stats.foreign_clock_pkts, 1ULL);

	/* No clock said, but an uptime: some BPF programs do that. */
	skb = fixture_tcp(test, 5, 1000, 1);
	skb->tstamp = later_ns + NSEC_PER_MSEC;
	KUNIT_EXPECT_EQ(test, sluice_departure_of(test, skb, later_ns),
			later_ns + NSEC_PER_MSEC);
	KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, 0);
}

static void sluice_p5_a_flow_keeps_its_order(struct kunit *test)
{
	u64 now_ns = T0_NS;
	u32 i;

	for (i = 0; i < 10; i++) {
		struct sk_buff *skb = fixture_tcp(test, 1, 1000, 1);

		tcp_hdr(skb)->seq = htonl(i);
		/* Each asks to leave before the one ahead of it. */
		sluice_compat_set_tstamp_mono(skb, T0_NS + NSEC_PER_MSEC - i);
		fixture_enqueue(test, skb, now_ns);
	}
	for (i = 0; i < 10; i++) {
		struct sk_buff *skb;

		now_ns = fixture_next(test, now_ns, &skb);
		KUNIT_EXPECT_EQ(test, ntohl(tcp_hdr(skb)->seq), i);
		KUNIT_EXPECT_EQ(test, now_ns, T0_NS + NSEC_PER_MSEC);
		kfree_skb(skb);
	}
}

static void sluice_p6_an_ack_waits_for_no_flow(struct kunit *test)
{
	struct sluice_config config = fixture_config();
	struct sk_buff *skb;
	u64 now_ns;

	config.maxrate_bytes_ps = GIGABIT_BYTES_PS / 1000;
	fixture_set(test, &config);
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 2),
			T0_NS);
	kfree_skb(fixture_dequeue(test, T0_NS));
	KUNIT_EXPECT_NULL(test, fixture_dequeue(test, T0_NS + 1));

	/* TCP's own mark of a pure ACK, on a flow that holds data. */
	skb = fixture_tcp(test, 1, 0, 1);
	skb->truesize = 2;
	fixture_enqueue(test, skb, T0_NS + 1);
	skb = fixture_dequeue(test, T0_NS + 1);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_EQ(test, skb->len, HEADERS_BYTES);
	skb->truesize = SKB_TRUESIZE(HEADERS_BYTES);
	kfree_skb(skb);

	/* A FIN stays behind the data, but adds no gap of its own (P5). */
	skb = fixture_tcp(test, 1, 0, 1);
	tcp_hdr(skb)->fin = 1;
	fixture_enqueue(test, skb, T0_NS + 2);
	now_ns = fixture_next(test, T0_NS + 2, &skb);
	KUNIT_EXPECT_EQ(test, now_ns, T0_NS + 1000 * FULL_FRAME_NS);
	KUNIT_EXPECT_EQ(test, skb->len, HEADERS_BYTES + FULL_PAYLOAD_BYTES);
	kfree_skb(skb);
	skb = fixture_dequeue(test, now_ns);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_TRUE(test, tcp_hdr(skb)->fin);
	kfree_skb(skb);
}

/* A size table (tc stab) of the root makes it longer, as cells of ATM are. */
static void sluice_p6_knows_acks_behind_a_size_table(struct kunit *test)
{
	struct sk_buff *skb = fixture_tcp(test, 1, 0, 1);
	struct sluice_fixture *fix = test->priv;

	qdisc_skb_cb(skb)->pkt_len = 4 * 53;
	fixture_enqueue(test, skb, T0_NS);
	kfree_skb(fixture_dequeue(test, T0_NS));
	KUNIT_EXPECT_EQ(test, fix->q->stats.prompt_frames, 1ULL);
}

static void sluice_p8_late_timers_are_counted_and_caught_up(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = fixture_config();
	const u64 late_ns = 5 * FULL_FRAME_NS;
	u64 now_ns = T0_NS;
	int sent = 0;

	config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
	fixture_set(test, &config);
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 40),
			now_ns);
	/* Every timer wakes us five gaps late. */
	while (fix->sch->q.qlen) {
		struct sk_buff *skb = fixture_dequeue(test, now_ns);

		if (skb) {
			kfree_skb(skb);
			sent++;
			continue;
		}
		now_ns = fix->q->timer_due_ns + late_ns;
	}
	KUNIT_EXPECT_EQ(test, sent, 40);
	/* The rate is kept: 39 gaps and one lateness. */
	KUNIT_EXPECT_LE(test, now_ns, T0_NS + 39 * FULL_FRAME_NS + late_ns);
	KUNIT_EXPECT_GE(test, fix->q->burst_auto_ns, late_ns - 1);
	KUNIT_EXPECT_GT(test, fix->q->stats.burst_grown, 0ULL);
	KUNIT_EXPECT_GT(test, fix->q->stats.late_frames, 0ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.lateness_max_ns, late_ns);
}

/* One frame at once, from a flow with a rate or from a device with one. */
static void sluice_burst_when_late(struct kunit *test, u64 rate_bytes_ps,
				   u64 maxrate_bytes_ps)
{
	struct sluice_config config = fixture_config();
	struct sluice_fixture *fix = test->priv;
	struct sk_buff *skb;
	int at_once = 0;

	config.rate_bytes_ps = rate_bytes_ps;
	config.maxrate_bytes_ps = maxrate_bytes_ps;
	config.burst_frames = 1;
	fixture_set(test, &config);
	fixture_enqueue(test, fixture_tcp(test, 1, FULL_PAYLOAD_BYTES, 8),
			T0_NS);
	kfree_skb(fixture_dequeue(test, T0_NS));
	KUNIT_EXPECT_NULL(test, fixture_dequeue(test, T0_NS));
	while ((skb = fixture_dequeue(test, T0_NS + NSEC_PER_MSEC))) {
		kfree_skb(skb);
		at_once++;
	}
	KUNIT_EXPECT_EQ(test, at_once, 1);
	KUNIT_EXPECT_EQ(test, fix->q->timer_due_ns,
			T0_NS + NSEC_PER_MSEC + FULL_FRAME_NS);
}

static void sluice_p8_a_set_burst_is_not_exceeded_when_late(struct kunit *test)
{
	sluice_burst_when_late(test, 0, GIGABIT_BYTES_PS);
}

static void sluice_p2_a_set_burst_is_the_device_s_too(struct kunit *test)
{
	sluice_burst_when_late(test, GIGABIT_BYTES_PS, 0);
}

/* One that nobody can cut waits at 1 Gb/s. */
static void sluice_enqueue_corrupt(struct kunit *test)
{
	struct sluice_config config = fixture_config();
	struct sk_buff *skb = fixture_tcp(test, 1, 1000, 4);

	config.maxrate_bytes_ps = GIGABIT_BYTES_PS;
	fixture_set(test, &config);
	/* The header claims to be longer than the packet. */
	tcp_hdr(skb)->doff = 1;
	fixture_enqueue(test, skb, T0_NS);
}

static void sluice_p9_a_corrupt_super_packet_is_counted(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;

	sluice_enqueue_corrupt(test);
	KUNIT_EXPECT_NULL(test, fixture_dequeue(test, T0_NS));
	KUNIT_EXPECT_EQ(test, fix->q->stats.corrupt_dropped_pkts, 1ULL);
	KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, 0);
	KUNIT_EXPECT_EQ(test, fix->sch->qstats.backlog, 0);
	KUNIT_EXPECT_EQ(test, sluice_departure_of(test,
			fixture_tcp(test, 1, 1000, 1), T0_NS + 1), T0_NS + 1);
}

/* What stood behind a packet that is dropped does not leave in its place. */
static void sluice_p4_after_a_drop_the_next_waits_for_its_time(struct kunit *test)
{
	const u64 asked_ns = T0_NS + 5 * NSEC_PER_MSEC;
	struct sluice_fixture *fix = test->priv;
	struct sk_buff *skb;

	sluice_enqueue_corrupt(test);
	skb = fixture_tcp(test, 1, 1000, 1);
	sluice_compat_set_tstamp_mono(skb, asked_ns);
	fixture_enqueue(test, skb, T0_NS);
	KUNIT_EXPECT_EQ(test, fixture_next(test, T0_NS, &skb), asked_ns);
	kfree_skb(skb);
	KUNIT_EXPECT_EQ(test, fix->q->stats.corrupt_dropped_pkts, 1ULL);
	KUNIT_EXPECT_EQ(test, fix->sch->q.qlen, 0);
}

static void sluice_unpaced_super_packets_stay_whole(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct sk_buff *skb;

	fixture_enqueue(test, fixture_tcp(test, 1, 1000, 4), T0_NS);
	skb = fixture_dequeue(test, T0_NS);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_TRUE(test, skb_is_gso(skb));
	KUNIT_EXPECT_EQ(test, fix->q->stats.sent_frames, 4ULL);
	KUNIT_EXPECT_EQ(test, fix->q->stats.sent_wire_bytes,
			4ULL * (1000 + HEADERS_BYTES + 24));
	kfree_skb(skb);
}

static void sluice_p6_knows_acks_of_ipv6_and_vlan(struct kunit *test)
{
	struct sk_buff *skb = fixture_tcp(test, 1, 0, 1);
	struct ipv6hdr *ip6h;

	KUNIT_EXPECT_TRUE(test, sluice_skb_is_empty_tcp(skb));
	/* The same behind a tag that is part of the frame. */
	skb->protocol = htons(ETH_P_8021Q);
	skb_push(skb, VLAN_HLEN);
	skb_reset_mac_header(skb);
	memset(skb->data, 0, ETH_HLEN);
	eth_hdr(skb)->h_proto = htons(ETH_P_8021Q);
	*(__be16 *)(skb->data + ETH_HLEN) = htons(5);
	*(__be16 *)(skb->data + ETH_HLEN + 2) = htons(ETH_P_IP);
	KUNIT_EXPECT_TRUE(test, sluice_skb_is_empty_tcp(skb));
	kfree_skb(skb);

	/* 60 bytes behind the Ethernet header hold IPv6 and TCP, no payload. */
	skb = fixture_tcp(test, 1, 20, 1);
	skb->protocol = htons(ETH_P_IPV6);
	ip6h = ipv6_hdr(skb);
	memset(ip6h, 0, 60);
	ip6h->version = 6;
	ip6h->nexthdr = IPPROTO_TCP;
	ip6h->payload_len = htons(20);
	((struct tcphdr *)(ip6h + 1))->doff = 5;
	KUNIT_EXPECT_TRUE(test, sluice_skb_is_empty_tcp(skb));
	ip6h->payload_len = htons(21);
	KUNIT_EXPECT_FALSE(test, sluice_skb_is_empty_tcp(skb));
	ip6h->nexthdr = IPPROTO_UDP;
	KUNIT_EXPECT_FALSE(test, sluice_skb_is_empty_tcp(skb));
	kfree_skb(skb);
}

static void sluice_flow_memory_is_bounded(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	u64 now_ns = T0_NS;
	u32 i;

	for (i = 0; i < 60000; i++) {
		fixture_enqueue(test, fixture_tcp(test, i, 100, 1), now_ns);
		kfree_skb(fixture_dequeue(test, now_ns));
		now_ns += NSEC_PER_MSEC;
	}
	/*
	 * A new flow each millisecond, kept for three seconds and then until
	 * another new flow comes by: at most a third more (sch_sluice_flow.c).
	 */
	KUNIT_EXPECT_LE(test, fix->q->n_flows, 4002);
	KUNIT_EXPECT_EQ(test, fix->q->n_idle, fix->q->n_flows);
	KUNIT_EXPECT_EQ(test, fix->q->stats.flows_created -
			fix->q->stats.flows_freed, (u64)fix->q->n_flows);
}

static struct kunit_case sluice_qdisc_cases[] = {
	KUNIT_CASE(sluice_p1_segments_are_one_gap_apart),
	KUNIT_CASE(sluice_p1_next_cut_is_made_while_nothing_is_due),
	KUNIT_CASE(sluice_p1_no_frame_waits_for_the_next_cut),
	KUNIT_CASE(sluice_p1_a_full_queue_is_a_time_to_cut),
	KUNIT_CASE(sluice_p1_no_frame_for_several_queues_waits_for_a_cut),
	KUNIT_CASE(sluice_p1_cuts_are_made_ahead_for_several_flows),
	KUNIT_CASE(sluice_p1_a_cut_takes_no_time_from_the_gap),
	KUNIT_CASE(sluice_p1_burst_allows_trains_of_its_length),
	KUNIT_CASE(sluice_p1_burst_counts_frames_of_any_size),
	KUNIT_CASE(sluice_p1_burst_counts_frames_of_another_mtu),
	KUNIT_CASE(sluice_p1_a_changed_rate_holds_for_the_next_frame),
	KUNIT_CASE(sluice_train_is_one_departure),
	KUNIT_CASE(sluice_train_is_one_departure_of_the_device),
	KUNIT_CASE(sluice_train_of_frames_is_one_departure),
	KUNIT_CASE(sluice_train_of_frames_is_not_parted),
	KUNIT_CASE(sluice_train_is_told_by_the_gap_before),
	KUNIT_CASE(sluice_train_changes_no_byte),
	KUNIT_CASE(sluice_train_leaves_the_copy_alone),
	KUNIT_CASE(sluice_train_fits_its_ip_header),
	KUNIT_CASE(sluice_p2_flows_share_the_device_in_turn),
	KUNIT_CASE(sluice_p2_queues_share_one_clock),
	KUNIT_CASE(sluice_p2_a_turn_that_is_not_taken_is_lost),
	KUNIT_CASE(sluice_p2_a_queue_that_is_stopped_holds_nobody_up),
	KUNIT_CASE(sluice_p2_a_queue_that_is_reset_lets_go),
	KUNIT_CASE(sluice_p2_the_clock_goes_with_the_rate),
	KUNIT_CASE(sluice_p9_without_a_rate_nobody_waits_for_a_turn),
	KUNIT_CASE(sluice_p2_a_set_burst_is_the_device_s_too),
	KUNIT_CASE(sluice_p2_counts_tags_and_small_frames),
	KUNIT_CASE(sluice_p3_rate_is_exact_in_the_long_run),
	KUNIT_CASE(sluice_p4_no_time_loses_a_packet),
	KUNIT_CASE(sluice_p4_after_a_drop_the_next_waits_for_its_time),
	KUNIT_CASE(sluice_p4_a_socket_may_name_any_clock),
	KUNIT_CASE(sluice_p5_a_flow_keeps_its_order),
	KUNIT_CASE(sluice_p5_a_reset_stays_behind_the_data),
	KUNIT_CASE(sluice_p6_an_ack_waits_for_no_flow),
	KUNIT_CASE(sluice_p6_knows_acks_of_ipv6_and_vlan),
	KUNIT_CASE(sluice_p6_knows_acks_behind_a_size_table),
	KUNIT_CASE(sluice_p7_initial_window_is_spread_over_the_rtt),
	KUNIT_CASE(sluice_p7_a_wrong_rtt_costs_50_ms_at_most),
	KUNIT_CASE(sluice_gain_spreads_slow_start),
	KUNIT_CASE(sluice_gain_asks_no_closed_socket),
	KUNIT_CASE(sluice_gain_keeps_the_payload_rate_of_bbr),
	KUNIT_CASE(sluice_gain_stays_below_what_was_asked_for),
	KUNIT_CASE(sluice_gain_adds_little_to_a_long_rtt),
	KUNIT_CASE(sluice_p8_a_handshake_asks_for_no_past),
	KUNIT_CASE(sluice_p8_late_timers_are_counted_and_caught_up),
	KUNIT_CASE(sluice_p8_a_set_burst_is_not_exceeded_when_late),
	KUNIT_CASE(sluice_p8_a_slow_cut_is_caught_up),
	KUNIT_CASE(sluice_p9_the_books_are_right_whatever_comes),
	KUNIT_CASE(sluice_p9_limits_drop_and_count),
	KUNIT_CASE(sluice_p9_a_cut_takes_nothing_of_the_limit),
	KUNIT_CASE(sluice_p9_a_slow_socket_holds_up_nobody),
	KUNIT_CASE(sluice_p9_a_flood_of_acks_leaves_room_for_others),
	KUNIT_CASE(sluice_p9_any_mtu_gives_credit),
	KUNIT_CASE(sluice_p9_a_guest_makes_no_crowd),
	KUNIT_CASE(sluice_p9_reset_frees_what_waits),
	KUNIT_CASE(sluice_p9_one_that_is_not_made_is_reset),
	KUNIT_CASE(sluice_p9_a_change_of_limit_keeps_who_waits),
	KUNIT_CASE(sluice_p9_a_corrupt_super_packet_is_counted),
	KUNIT_CASE(sluice_p9_lists_are_cut_and_nothing_is_lost),
	KUNIT_CASE(sluice_p9_a_list_that_breaks_is_counted),
	KUNIT_CASE(sluice_p9_what_the_device_alone_can_cut_leaves_whole),
	KUNIT_CASE(sluice_p11_a_lone_burst_is_spread),
	KUNIT_CASE(sluice_p11_a_lone_frame_waits_for_nothing),
	KUNIT_CASE(sluice_p11_a_steady_flow_leaves_at_its_mean),
	KUNIT_CASE(sluice_p11_no_frame_is_held_longer),
	KUNIT_CASE(sluice_p11_a_ceiling_is_kept),
	KUNIT_CASE(sluice_p11_a_device_that_was_blocked_is_caught_up),
	KUNIT_CASE(sluice_p11_takes_nothing_of_a_limit),
	KUNIT_CASE(sluice_p11_the_lower_rate_holds),
	KUNIT_CASE(sluice_p11_holds_no_local_socket),
	KUNIT_CASE(sluice_p11_marks_and_drops_nothing),
	KUNIT_CASE(sluice_p11_is_switched_off),
	KUNIT_CASE(sluice_p11_spreads_a_burst_of_a_socket),
	KUNIT_CASE(sluice_p11_spreads_a_bundle_of_a_socket),
	KUNIT_CASE(sluice_p11_smooth_leaves_others_alone),
	KUNIT_CASE(sluice_p11_a_socket_may_ask_later),
	KUNIT_CASE(sluice_p11_hurries_no_socket_that_has_a_rate),
	KUNIT_CASE(sluice_p11_a_burst_of_a_socket_is_bounded),
	KUNIT_CASE(sluice_p11_a_burst_of_a_guest_is_spread),
	KUNIT_CASE(sluice_p11_auto_takes_a_part_of_the_round_trip),
	KUNIT_CASE(sluice_p11_auto_sees_the_other_side),
	KUNIT_CASE(sluice_p11_auto_knows_no_round_trip),
	KUNIT_CASE(sluice_p11_auto_changes_no_rate),
	KUNIT_CASE(sluice_p11_auto_leaves_connected_taps_alone),
	KUNIT_CASE(sluice_unpaced_super_packets_stay_whole),
	KUNIT_CASE(sluice_codel_drops_or_marks_a_standing_queue),
	KUNIT_CASE(sluice_codel_drop_is_freed_without_the_lock),
	KUNIT_CASE(sluice_codel_does_not_mark_for_the_gain),
	KUNIT_CASE(sluice_ce_threshold_marks),
	KUNIT_CASE(sluice_ce_threshold_does_not_mark_for_gaps),
	KUNIT_CASE(sluice_flow_memory_is_bounded),
	KUNIT_CASE(sluice_idle_ends_when_the_next_frame_is_due),
	KUNIT_CASE(sluice_idle_ends_with_whatever_comes),
	KUNIT_CASE(sluice_idle_has_a_timer),
	KUNIT_CASE(sluice_idle_ends_with_another_socket),
	KUNIT_CASE(sluice_launch_hands_over_what_leaves_within_the_horizon),
	KUNIT_CASE(sluice_launch_takes_the_stamp_that_fq_gives),
	KUNIT_CASE(sluice_launch_keeps_the_order_of_departures),
	KUNIT_CASE(sluice_launch_of_a_latecomer_is_late),
	KUNIT_CASE(sluice_launch_keeps_the_gap_of_the_device),
	KUNIT_CASE(sluice_launch_ends_without_haste),
	KUNIT_CASE(sluice_launch_is_switched_on_and_off),
	KUNIT_CASE(sluice_launch_ends_with_the_queues),
	KUNIT_CASE(sluice_launch_ends_with_queues_that_come_and_go),
	KUNIT_CASE(sluice_launch_ends_with_a_queue_that_goes),
	KUNIT_CASE(sluice_launch_that_is_refused_again_has_ended),
	KUNIT_CASE(sluice_launch_is_not_inherited),
	KUNIT_CASE(sluice_launch_does_not_follow_an_etf),
	KUNIT_CASE(sluice_gap_fills_the_line_to_the_byte),
	KUNIT_CASE(sluice_gap_is_with_the_driver_in_time),
	KUNIT_CASE(sluice_gap_of_two_flows),
	KUNIT_CASE(sluice_gap_of_less_than_a_frame_is_late),
	KUNIT_CASE(sluice_gap_of_a_full_line_is_none),
	KUNIT_CASE(sluice_gap_before_a_far_departure),
	KUNIT_CASE(sluice_gap_behind_a_late_timer),
	KUNIT_CASE(sluice_gap_is_left_empty_now_and_then),
	KUNIT_CASE(sluice_gap_that_is_short_is_left_empty_later),
	KUNIT_CASE(sluice_gap_line_that_begins_late_begins_again),
	KUNIT_CASE(sluice_p3_gap_of_flows_that_meet),
	KUNIT_CASE(sluice_p3_flows_that_meet_under_a_rate),
	KUNIT_CASE(sluice_p2_gap_of_the_device_is_filled),
	KUNIT_CASE(sluice_gap_follows_the_link),
	KUNIT_CASE(sluice_gap_ends_where_the_partner_is_paused),
	KUNIT_CASE(sluice_gap_follows_the_address),
	KUNIT_CASE(sluice_gap_ends_with_more_queues),
	KUNIT_CASE(sluice_gap_ends_without_haste),
	KUNIT_CASE(sluice_gap_is_refused),
	KUNIT_CASE(sluice_gap_and_launch_exclude_each_other),
	KUNIT_CASE(sluice_slack_makes_one_timer_of_several),
	KUNIT_CASE(sluice_slack_is_no_delay_for_what_comes_first),
	KUNIT_CASE(sluice_p3_slack_takes_no_rate),
	KUNIT_CASE(sluice_p2_slack_is_none_of_the_device),
	KUNIT_CASE(sluice_slack_is_none_where_gaps_are_filled),
	KUNIT_CASE(sluice_class_walk_goes_on_where_it_stopped),
	KUNIT_CASE(sluice_class_walk_ends_in_a_table_that_shrinks),
	KUNIT_CASE(sluice_class_says_what_the_flow_did),
	KUNIT_CASE(sluice_class_names_the_socket),
	KUNIT_CASE(sluice_class_has_no_number),
	{}
};

static struct kunit_suite sluice_qdisc_suite = {
	.name = "sluice_qdisc",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = sluice_qdisc_cases,
};
kunit_test_suite(sluice_qdisc_suite);

MODULE_DESCRIPTION("Promises of the sluice qdisc");
MODULE_LICENSE("GPL");
