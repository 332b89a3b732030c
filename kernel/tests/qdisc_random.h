/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Anything in any order: packets of all kinds, sockets with any rate, times, options,
 * resets, a driver that keeps departures or refuses to, and a line that is filled, from
 * pinned seeds. After each step the books of the qdisc are right and whatever waits has
 * a timer (P9), each flow keeps its order (P5), and no frame comes too close to the
 * one before (P1, P2). Part of sluice_qdisc_kunit.c.
 */
#ifndef SLUICE_QDISC_RANDOM_H
#define SLUICE_QDISC_RANDOM_H

#include <linux/prandom.h>

#include "qdisc_fixture.h"
#include "qdisc_gap.h"
#include "qdisc_launch.h"
#include "qdisc_sockets.h"

#define RANDOM_SEEDS	20
#define RANDOM_STEPS	3000
#define RANDOM_FLOWS	8
#define RANDOM_SOCKETS	6
#define RANDOM_LIMIT_PKTS	64

/**
 * struct random_run - where a run is
 * @rnd: the numbers to come
 * @now_ns: the present
 * @has_launch: the driver may keep departures
 * @has_gap: the line may be filled
 * @given: how many packets of data each flow was given: the number of the last one
 * @seen: the number of each flow's frame that left last
 * @next_ns: when each flow's next frame may leave at the earliest
 * @device_next_ns: when the device's may
 * @sockets: of TCP the first half, of UDP the others
 */
struct random_run {
	struct rnd_state rnd;
	u64 now_ns;
	bool has_launch;
	bool has_gap;
	u32 given[RANDOM_FLOWS];
	u32 seen[RANDOM_FLOWS];
	u64 next_ns[RANDOM_FLOWS];
	u64 device_next_ns;
	struct sock *sockets[RANDOM_SOCKETS];
};

/**
 * struct random_books - what lies in the qdisc, counted one by one
 * @pkts: packets
 * @bytes: their lengths
 * @behind: those of a cut super-packet but for its first
 * @busy: flows with packets
 * @idle: flows without
 * @ahead: flows that have something to cut ahead
 */
struct random_books {
	u32 pkts;
	u32 bytes;
	u32 behind;
	u32 busy;
	u32 idle;
	u32 ahead;
};

static u32 random_below(struct random_run *run, u32 end)
{
	return prandom_u32_state(&run->rnd) % end;
}

/* 0 to @max, of any order of magnitude. */
static u64 random_up_to(struct random_run *run, u64 max)
{
	return random_below(run, 4) ? max >> random_below(run, 40) : 0;
}

static u64 random_rate(struct random_run *run)
{
	if (random_below(run, 2))
		return 0;
	return SLUICE_RATE_MIN_BYTES_PS +
	       random_up_to(run, SLUICE_RATE_MAX_BYTES_PS - SLUICE_RATE_MIN_BYTES_PS);
}

static struct sluice_config random_config(struct random_run *run)
{
	struct sluice_config config = fixture_config();

	config.rate_bytes_ps = random_rate(run);
	config.maxrate_bytes_ps = random_rate(run);
	config.overhead_bytes = random_below(run, SLUICE_OVERHEAD_MAX_BYTES + 1);
	switch (random_below(run, 3)) {
	case 0:
		config.burst_frames = 1;
		break;
	case 1:
		config.burst_frames = random_below(run, SLUICE_BURST_MAX_FRAMES + 1);
		break;
	default:
		config.burst_ns = random_up_to(run, SLUICE_BURST_MAX_NS);
	}
	if (random_below(run, 2))
		config.train_frames += random_below(run, SLUICE_TRAIN_MAX_FRAMES);
	config.limit_pkts = 1 + random_below(run, RANDOM_LIMIT_PKTS);
	config.flow_limit_pkts = 1 + random_below(run, RANDOM_LIMIT_PKTS);
	config.horizon_ns = SLUICE_HORIZON_MIN_NS + random_up_to(run, NSEC_PER_SEC);
	if (random_below(run, 2))
		config.forward_ns = SLUICE_SMOOTH_MIN_NS +
			random_up_to(run, SLUICE_SMOOTH_MAX_NS - SLUICE_SMOOTH_MIN_NS);
	else if (random_below(run, 2))
		config.forward_ns = SLUICE_FORWARD_AUTO;
	if (random_below(run, 2))
		config.smooth_ns = SLUICE_SMOOTH_MIN_NS +
			random_up_to(run, SLUICE_SMOOTH_MAX_NS - SLUICE_SMOOTH_MIN_NS);
	if (random_below(run, 2))
		config.ce_threshold_ns = random_up_to(run, NSEC_PER_SEC);
	config.codel.target_ns = random_up_to(run, NSEC_PER_SEC);
	config.codel.interval_ns = SLUICE_CODEL_INTERVAL_MIN_NS;
	if (run->has_launch && random_below(run, 2))
		config.offload_horizon_ns = random_up_to(run, NSEC_PER_MSEC);
	else if (run->has_gap && random_below(run, 2))
		config.gap_frames_ns = SLUICE_GAP_FRAMES_MIN_NS +
			random_up_to(run, SLUICE_GAP_FRAMES_MAX_NS -
					  SLUICE_GAP_FRAMES_MIN_NS);
	return config;
}

/* What was promised until now does not hold for what leaves from now on. */
static void random_forget_gaps(struct random_run *run)
{
	memset(run->next_ns, 0, sizeof(run->next_ns));
	run->device_next_ns = 0;
}

static void random_change(struct kunit *test, struct random_run *run)
{
	struct sluice_fixture *fix = test->priv;
	struct sluice_config config = random_config(run);

	launch_answer = random_below(run, 4) ? 0 : -EBUSY;
	fix->q->launch_n_queues += !random_below(run, 4);
	gap_speed_mbits_ps = 10U << random_below(run, 15);
	fixture_set(test, &config);
	random_forget_gaps(run);
}

/*
 * The link comes up, with a partner that may be paused or not, or the driver makes its
 * queues anew. What was handed over ahead leaves, and so does all that waits.
 */
static void random_device(struct kunit *test, struct random_run *run)
{
	struct sluice_fixture *fix = test->priv;

	gap_pauses = !random_below(run, 3);
	gap_speed_mbits_ps = 10U << random_below(run, 15);
	rtnl_lock();
	sluice_gap_notify(NULL, NETDEV_CHANGE, &(struct netdev_notifier_info){
			.dev = fix->dev });
	if (random_below(run, 2))
		sluice_qdisc_ops.change_real_num_tx(fix->sch, 2);
	rtnl_unlock();
	gap_pauses = false;
	random_forget_gaps(run);
}

/* An ACK comes, or somebody sets SO_MAX_PACING_RATE, connects or closes. */
static void random_socket(struct random_run *run)
{
	struct sock *sk = run->sockets[random_below(run, RANDOM_SOCKETS)];

	sk->sk_pacing_rate = random_below(run, 2) ? ~0UL : random_rate(run);
	sk->sk_pacing_status = random_below(run, SK_PACING_FQ + 1);
	sk->sk_hash = random_below(run, 2);
	sk->sk_state = random_below(run, 2) ? TCP_ESTABLISHED : TCP_CLOSE;
	if (!sk_is_tcp(sk))
		return;
	sk->sk_max_pacing_rate = random_below(run, 2) ? ~0UL : random_rate(run);
	tcp_sk(sk)->bytes_acked = random_below(run, 3);
	tcp_sk(sk)->snd_cwnd = 1 + random_below(run, 1000);
	tcp_sk(sk)->srtt_us = random_up_to(run, U32_MAX);
}

/*
 * Data of a flow, with its number unless it is of a socket, which may have others; an
 * ACK or FIN; and what nobody can cut.
 */
static struct sk_buff *random_packet(struct kunit *test, struct random_run *run)
{
	u32 flow = random_below(run, RANDOM_FLOWS), kind = random_below(run, 16);
	bool is_super = kind >= 8;
	struct sk_buff *skb;

	if (kind < 2) {
		skb = fixture_tcp(test, flow, 0, 1);
		tcp_hdr(skb)->fin = kind;
		tcp_hdr(skb)->syn = !kind && random_below(run, 2);
		return skb;
	}
	skb = fixture_tcp(test, flow, 8 + random_below(run, FULL_PAYLOAD_BYTES),
			  is_super ? 2 + random_below(run, 20) : 1);
	ip_hdr(skb)->tos = random_below(run, 2) ? INET_ECN_ECT_0 : 0;
	/* What it acknowledges is the same in all of its segments. */
	if (random_below(run, 2))
		skb->sk = run->sockets[random_below(run, RANDOM_SOCKETS)];
	else
		tcp_hdr(skb)->ack_seq = htonl(++run->given[flow]);
	if (kind == 15)
		tcp_hdr(skb)->doff = 1;
	if (kind % 4 == 1)
		sluice_compat_set_tstamp_mono(skb, run->now_ns - NSEC_PER_MSEC +
					      random_up_to(run, 10 * NSEC_PER_SEC));
	if (kind % 4 == 3 && is_super)
		skb_shinfo(skb)->gso_type |= SKB_GSO_DODGY;
	return skb;
}

static void random_count_list(const struct sk_buff *skb, struct random_books *books)
{
	for (; skb; skb = skb->next) {
		books->pkts++;
		books->bytes += qdisc_pkt_len(skb);
	}
}

static void random_count_flow(struct kunit *test, const struct sluice_flow *flow,
			      struct random_books *books)
{
	const struct sk_buff *skb, *first = sluice_flow_first(flow);
	u32 queued = books->pkts;

	random_count_list(flow->head, books);
	KUNIT_ASSERT_EQ(test, books->pkts - queued, flow->queued_pkts);
	random_count_list(flow->frames, books);
	for (skb = flow->frames; skb && skb->next; skb = skb->next)
		books->behind++;
	KUNIT_ASSERT_EQ(test, flow->state == SLUICE_FLOW_BUSY, !!first);
	if (first)
		books->busy++;
	else
		books->idle++;
	if (!flow->is_ahead)
		return;
	books->ahead++;
	KUNIT_ASSERT_NULL(test, flow->frames);
	KUNIT_ASSERT_TRUE(test, flow->head && skb_is_gso(flow->head));
}

static u32 random_count_due(const struct sluice_sched *q)
{
	const struct pace_wheel_node *node = q->due_tail;
	u32 n = 0;

	if (!node)
		return 0;
	do {
		node = node->next;
		n++;
	} while (node != q->due_tail);
	return n;
}

static void random_check_books(struct kunit *test)
{
	struct sluice_fixture *fix = test->priv;
	struct random_books books = { 0 };
	struct sluice_sched *q = fix->q;
	struct sluice_flow *flow;

	random_count_list(q->prompt_head, &books);
	list_for_each_entry(flow, &q->flows, link)
		random_count_flow(test, flow, &books);
	KUNIT_ASSERT_EQ(test, books.pkts, fix->sch->q.qlen);
	KUNIT_ASSERT_EQ(test, books.bytes, fix->sch->qstats.backlog);
	KUNIT_ASSERT_EQ(test, books.behind, q->n_behind);
	KUNIT_ASSERT_EQ(test, books.busy + books.idle, q->n_flows);
	KUNIT_ASSERT_EQ(test, books.idle, q->n_idle);
	KUNIT_ASSERT_EQ(test, books.busy, q->wheel.n_nodes + random_count_due(q));
	KUNIT_ASSERT_EQ(test, books.ahead, q->n_ahead);
}

/* A timer fires when the next frame may leave, not later and not at once. */
static void random_check_timer(struct kunit *test, struct random_run *run)
{
	struct sluice_fixture *fix = test->priv;
	const struct sluice_sched *q = fix->q;
	u64 next_ns = sluice_reached_ns(q, run->now_ns), timer_ns;

	if (!q->due_tail && !q->prompt_head)
		next_ns = pace_later_of(next_ns, q->wheel.next_ns);
	if (q->device)
		next_ns = pace_later_of(next_ns,
					pace_clock_departure_ns(&q->device->clock));
	/* Also where the kernel has ended gap frames the line has what it was given. */
	if (!list_empty(&q->gap_link))
		next_ns = pace_later_of(next_ns, pace_clock_departure_ns(&q->line));
	timer_ns = ktime_to_ns(hrtimer_get_expires(&q->watchdog.timer));
	KUNIT_ASSERT_TRUE(test, hrtimer_active(&q->watchdog.timer));
	KUNIT_ASSERT_LE(test, timer_ns, next_ns);
	KUNIT_ASSERT_GT(test, timer_ns, run->now_ns);
}

/* With a burst of one frame, and of the flow unless it is of a train. */
static void random_check_gaps(struct kunit *test, struct random_run *run,
			      struct sk_buff *skb, u32 flow)
{
	struct sluice_fixture *fix = test->priv;
	const struct sluice_config *config = &fix->q->config;
	u32 wire_bytes = sluice_skb_wire_bytes(fix->q, skb, sluice_skb_frames(skb));
	u64 at_ns = run->now_ns;
	struct pace_rate rate;

	if (config->burst_frames != 1)
		return;
	if (fix->q->launch == SLUICE_LAUNCH_TAI)
		at_ns = launch_time_of(test, skb);
	/* Where the line was when the frame was taken. */
	if (fix->q->launch == SLUICE_LAUNCH_LINE)
		at_ns = fix->q->wheel.now_ns;
	if (config->rate_bytes_ps) {
		KUNIT_ASSERT_LE(test, run->device_next_ns, at_ns);
		run->device_next_ns = at_ns + pace_rate_span(&fix->q->device_rate,
							     wire_bytes).ns;
	}
	if (!config->maxrate_bytes_ps || config->train_frames > 1 ||
	    sluice_skb_cb(skb)->is_at_once)
		return;
	pace_rate_set(&rate, config->maxrate_bytes_ps);
	KUNIT_ASSERT_LE(test, run->next_ns[flow], at_ns);
	run->next_ns[flow] = at_ns + pace_rate_span(&rate, wire_bytes).ns;
}

static void random_take(struct kunit *test, struct random_run *run)
{
	struct sk_buff *skb = gap_dequeue(test, run->now_ns);
	struct sluice_fixture *fix = test->priv;
	u32 flow, number;

	if (!skb) {
		if (fix->sch->q.qlen)
			random_check_timer(test, run);
		return;
	}
	if (gap_is_frame(skb)) {
		kfree_skb(skb);
		return;
	}
	flow = ntohs(tcp_hdr(skb)->source);
	number = ntohl(tcp_hdr(skb)->ack_seq);
	if (number) {
		KUNIT_ASSERT_LT(test, flow, (u32)RANDOM_FLOWS);
		KUNIT_ASSERT_GE(test, number, run->seen[flow]);
		run->seen[flow] = number;
		random_check_gaps(test, run, skb, flow);
	}
	skb->sk = NULL;
	kfree_skb(skb);
}

static void random_reset(struct kunit *test, struct random_run *run)
{
	struct sluice_fixture *fix = test->priv;

	rtnl_lock();
	sluice_reset(fix->sch);
	rtnl_unlock();
	fix->q->wheel.now_ns = run->now_ns;
	random_forget_gaps(run);
}

static void random_step(struct kunit *test, struct random_run *run)
{
	u32 what = random_below(run, 1000);

	if (what < 5)
		random_change(test, run);
	else if (what < 8)
		random_device(test, run);
	else if (what < 9)
		random_reset(test, run);
	else if (what < 20)
		random_socket(run);
	else if (what < 400)
		fixture_enqueue(test, random_packet(test, run), run->now_ns);
	else if (what < 500)
		run->now_ns += random_up_to(run, 10 * NSEC_PER_MSEC);
	else if (what < 510)
		run->now_ns += NSEC_PER_SEC;
	else
		random_take(test, run);
}

/* All that still waits leaves, and the ledger of uapi/sluice.h is right. */
static void random_end(struct kunit *test, struct random_run *run)
{
	struct sluice_fixture *fix = test->priv;
	const struct tc_sluice_xstats *stats = &fix->q->stats;
	struct sluice_config config = fixture_config();
	int i;

	launch_answer = 0;
	fixture_set(test, &config);
	random_forget_gaps(run);
	for (i = 0; fix->sch->q.qlen && i < 10000; i++) {
		random_take(test, run);
		run->now_ns += 100 * NSEC_PER_SEC;
	}
	KUNIT_ASSERT_EQ(test, fix->sch->q.qlen, 0);
	KUNIT_ASSERT_EQ(test, fix->sch->qstats.backlog, 0);
	KUNIT_ASSERT_EQ(test, stats->enqueued_pkts - stats->super_pkts +
			      stats->super_pkt_frames,
			stats->sent_frames + stats->dropped_frames);
}

static void sluice_p9_the_books_are_right_whatever_comes(struct kunit *test)
{
	struct random_run *run = kunit_kzalloc(test, sizeof(*run), GFP_KERNEL);
	struct sluice_fixture *fix = test->priv;
	u32 seed, i;

	KUNIT_ASSERT_NOT_NULL(test, run);
	fix->dev->netdev_ops = &launch_netdev_ops;
	launch_sender = fix->q;
	gap_device(test);
	for (i = 0; i < RANDOM_SOCKETS; i++)
		run->sockets[i] = i < RANDOM_SOCKETS / 2 ?
				  (struct sock *)sluice_fake_tcp_sock(test) :
				  sluice_fake_slow_sock(test);
	run->now_ns = T0_NS;
	for (seed = 1; seed <= RANDOM_SEEDS; seed++) {
		prandom_seed_state(&run->rnd, seed);
		run->has_launch = seed % 3 != 2;
		run->has_gap = seed % 3 != 1;
		for (i = 0; i < RANDOM_STEPS; i++) {
			random_step(test, run);
			random_check_books(test);
		}
		random_end(test, run);
	}
}

#endif
