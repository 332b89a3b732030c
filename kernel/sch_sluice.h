/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the sluice qdisc share. The idea is told at the top of
 * sch_sluice_main.c.
 *
 * Locking: all of struct sluice_sched is written under the root lock of the
 * device (qdisc_lock of the root), in softirq or with softirqs off. Dumps take
 * the same lock through sch_tree_lock().
 */
#ifndef SCH_SLUICE_H
#define SCH_SLUICE_H

#include <linux/list.h>
#include <linux/skbuff.h>
#include <net/pkt_sched.h>
#include <net/sch_generic.h>
#include <net/sock.h>

#include "../core/clock.h"
#include "../core/codel.h"
#include "../core/hist.h"
#include "../core/path.h"
#include "../core/rate.h"
#include "../core/smooth.h"
#include "../core/wheel.h"
#include "../core/wire.h"
#include "uapi/sluice.h"

/*
 * Most that late timers may make a flow catch up unless told otherwise: a
 * loaded guest's timers are late by 100 to 200 us, and 250 us at 1 Gb/s are
 * 20 frames, which small switch ports still hold.
 */
#define SLUICE_BURST_AUTO_MAX_NS	(250 * NSEC_PER_USEC)
/* The burst shrinks by 1/32 of the difference per timer: half after 22. */
#define SLUICE_BURST_AUTO_SHIFT		5
/* A cut that took very long, for once, is forgotten after some gaps: 1/16 each. */
#define SLUICE_CUT_FORGET_SHIFT		4
/* So many flows are remembered whose next super-packet is not cut yet. */
#define SLUICE_AHEAD_FLOWS		8

/*
 * TCP paces at 2.0 (slow start) and 1.2 (after) times cwnd/srtt, so that its
 * trains have room. Single frames need none: six senders that overlap for a
 * part of an RTT at 1.2 fill a port of 16 packets, and one that doubles its
 * window at 2.0 overflows a port of 64 when the path is only half full. A frame
 * has 6 % more wire bytes than payload bytes, so 90 % of 1.2 is 1.02 times the
 * window per RTT on the wire, enough never to hold the window back. Growth in
 * slow start is exp(x) per RTT with x exp(x) = gain. It doubles at 2 ln 2, hence
 * 69 % of 2.0. With more the window is sent before its RTT is over: its ACKs end
 * in a pause, and HyStart, which looks for ACKs that fill the RTT, misses the
 * end of slow start (docs/design.md has the numbers).
 */
#define SLUICE_GAIN_DEFAULT_PERCENT	90
#define SLUICE_GAIN_SS_DEFAULT_PERCENT	69
/*
 * A window that is spread over the whole RTT looks to HyStart like a full path,
 * and slow start ends early. On a short path that is made good in a few RTTs; on
 * a long one it takes a minute, so there slow start has the gain of the rest.
 */
#define SLUICE_GAIN_SS_SRTT_MAX_US	(50 * USEC_PER_MSEC)

/*
 * A gain below 1 holds frames beyond the departure that TCP asked for, and TCP
 * measures the RTT from that departure. HyStart takes a rise of RTT/8, at least
 * 4 ms and at most 16 ms, for a full path and ends slow start: at an RTT of 500
 * ms that cost half of the goodput. So what a gain may add is bounded well below
 * it; a frame that would be held longer follows at TCP's own rate.
 */
#define SLUICE_HOLD_MIN_US		(3 * USEC_PER_MSEC)
#define SLUICE_HOLD_MAX_US		(8 * USEC_PER_MSEC)
#define SLUICE_HOLD_SRTT_SHIFT		4
/* Payload in a full frame's wire bytes, 1448 of 1538, in percent. */
#define SLUICE_PAYLOAD_PERCENT		94

/*
 * The initial window is spread over the handshake's RTT but never over more
 * than this, so that is what a wrong sample costs at most (P7). 50 ms is the
 * RTT of a continent; a sample that a sleeping radio stretched is longer.
 */
#define SLUICE_INITIAL_SPAN_MAX_US	(50 * USEC_PER_MSEC)

/*
 * A flow without a rate goes at least at that of so many full frames per time of
 * forward or smooth: the gap behind a lone frame is a 16th of that time, so a full
 * frame per 62 us is never held at 1 ms, nor are small ones that come much closer.
 */
#define SLUICE_SMOOTH_FLOOR_FRAMES	16

/* An idle flow is kept for a while: its codel state and clock may matter. */
#define SLUICE_FLOW_IDLE_NS		(3ULL * NSEC_PER_SEC)

/**
 * struct sluice_config - the options, in the units of uapi/sluice.h
 *
 * Written as a whole under the root lock, see sluice_options_apply().
 */
struct sluice_config {
	u64 rate_bytes_ps;
	u64 maxrate_bytes_ps;
	u64 burst_ns;
	u64 horizon_ns;
	u64 ce_threshold_ns;
	u64 offload_horizon_ns;
	u64 gap_frames_ns;
	u64 timer_slack_ns;
	u64 forward_ns;
	u64 smooth_ns;
	struct pace_codel_params codel;
	u32 overhead_bytes;
	u32 gain_percent;
	u32 gain_ss_percent;
	u32 burst_frames;
	u32 train_frames;
	u32 limit_pkts;
	u32 flow_limit_pkts;
};

/**
 * struct sluice_skb_cb - what the qdisc remembers of a packet
 * @asked_ns: earliest departure that was asked for; the time of arrival if
 *	none was, or if it had passed. CLOCK_MONOTONIC like all times here
 * @enqueued_ns: time of arrival
 * @is_prompt: ACK, SYN, FIN or RST without payload: no flow clock (P6)
 * @is_behind: not the first segment of a super-packet: the gaps before it are no
 *	delay
 * @is_at_once: leaves right behind the segment before it, as one train
 * @prompt_share: of whose share of the prompt packets it is
 *
 * Segments inherit it from their super-packet: skb_segment() copies skb->cb.
 */
struct sluice_skb_cb {
	u64 asked_ns;
	u64 enqueued_ns;
	bool is_prompt;
	bool is_behind;
	bool is_at_once;
	u8 prompt_share;
} __packed __aligned(4);

/*
 * Prompt packets wait in one FIFO, which one flow could fill alone. So flows fall
 * into so many shares of it, and a share holds a 64th of the limit: four times its
 * part, which a crowd of flows does not come near before it meets the limit.
 */
#define SLUICE_PROMPT_SHARE_BITS	8
#define SLUICE_PROMPT_SHARE_SHIFT	(SLUICE_PROMPT_SHARE_BITS - 2)

enum sluice_flow_state {
	SLUICE_FLOW_IDLE,	/* nothing queued */
	SLUICE_FLOW_BUSY,	/* waits in the wheel, or in the ring of the due */
};

/* Who allows that a frame is held to leave evenly. */
enum sluice_smoothing {
	SLUICE_SMOOTH_NONE,	/* nobody: it has a rate, or shall have none */
	SLUICE_SMOOTH_FORWARD,	/* the option forward */
	SLUICE_SMOOTH_LOCAL,	/* the option smooth */
};

/**
 * struct sluice_flow - packets that share a clock
 * @node: place in the wheel or in the ring of the due; @node.due_ns is when the
 *	first frame may leave
 * @clock: the flow's departure clock (P1)
 * @rate: rate used last, kept so that a division is needed per change only
 * @asked_bytes_ps: of a connected socket: its sk_pacing_rate, that @rate was
 *	computed from
 * @came: of a flow that may have no rate: what came of it. Only where @config_serial
 *	is 0; what @asked_bytes_ps leaves there is a time long ago
 * @socket_cookie: what others know a connected socket by
 * @config_serial: under which options its @rate was computed; 0: it must be again
 * @path: of a flow without one, with forward auto: what is known of its path
 * @frames: segments of the packet that is being sent, the next one first
 * @head: packets behind them
 * @tail: last of @head
 * @sent_ns: when the last frame left
 * @credit_bytes: deficit round robin among flows that are due at once
 * @queued_pkts: packets in @head
 * @train_frames: frames since the last gap
 * @half_gap_ns: half of the gap behind the last packet, at most U32_MAX
 * @hold_max_ns: how long a gain or @came may hold a frame, 0: not at all
 * @gain_percent: @rate in percent of @asked_bytes_ps, 100: there is no gain
 * @hold_gap_percent: how much of a gap is left when that would be exceeded
 * @state: see enum sluice_flow_state
 * @is_initial: the last frame belonged to an initial window that is spread (P7)
 * @is_ahead: it is one of the qdisc's @ahead
 * @is_over_threshold: what leaves is marked (ce_threshold), with all segments
 * @is_own_pace: @rate is the one that TCP wants, or that of @came
 * @may_smooth: it is not one of TCP's sockets
 * @smoothing: whose time @rate is that of @came by, see enum sluice_smoothing
 * @codel: hold time control
 * @key: socket address, or hash * 2 + 1
 * @socket_hash: to notice that another socket got the same address
 * @lateness_max_ns: of its frames, at most U32_MAX
 * @lateness_sum_ns: of all its frames that had to wait
 * @sent_frames: frames that it has sent
 * @sent_wire_bytes: their L1 bytes
 * @hash_next: next in the same bucket of the table
 * @link: place among all flows
 */
struct sluice_flow {
	struct pace_wheel_node node;
	struct pace_clock clock;
	struct pace_rate rate;
	union {
		u64 asked_bytes_ps;
		struct pace_smooth came;
	};
	union {
		struct {
			u64 socket_cookie;
			u64 config_serial;
		};
		struct pace_path path;
	};
	struct sk_buff *frames;
	struct sk_buff *head;
	struct sk_buff *tail;
	u64 sent_ns;
	s32 credit_bytes;
	u32 queued_pkts;
	u32 train_frames;
	u32 half_gap_ns;
	u32 hold_max_ns;
	u32 gain_percent;
	u8 hold_gap_percent;
	u8 state;
	bool is_initial;
	bool is_ahead;
	bool is_over_threshold;
	bool is_own_pace;
	bool may_smooth;
	u8 smoothing;
	u32 socket_hash;
	u32 lateness_max_ns;
	unsigned long key;
	u64 lateness_sum_ns;
	u64 sent_frames;
	u64 sent_wire_bytes;
	struct sluice_flow *hash_next;
	struct list_head link;
	struct pace_codel codel;
};
/* Memory comes in powers of two. */
static_assert(sizeof(struct sluice_flow) <= 256);

/**
 * struct sluice_table - what has the size of the limit
 * @buckets: 2^(64 - @shift) lists of flows, by key
 * @shift: bits of a 64-bit hash that do not count
 * @wheel_memory: slots of the wheel
 * @wheel_wide_bits: and how many, see pace_wheel_init()
 */
struct sluice_table {
	struct sluice_flow **buckets;
	u32 shift;
	u32 wheel_wide_bits;
	void *wheel_memory;
};

/* How long a queue that was woken to send may take before the next one is. */
#define SLUICE_TURN_NS			(100 * NSEC_PER_USEC)

struct sluice_sched;

/**
 * struct sluice_device - what the qdiscs of one wire share
 * @link: in the list of all, RTNL
 * @dev: the device; NULL for a qdisc that shares with nobody
 * @lock: protects all that follows; taken under root locks
 * @n_users: qdiscs with a rate
 * @clock: earliest departure of the next frame (P2)
 * @line: qdiscs with a frame due, the next one first
 * @owner: may send now, NULL: nobody
 * @owner_is_woken: and has not come yet
 * @due_ns: when its turn came
 * @timer: wakes the next in line
 * @timer_ns: what it is set to
 */
struct sluice_device {
	struct list_head link;
	struct net_device *dev;
	spinlock_t lock;
	unsigned int n_users;
	struct pace_clock clock;
	struct list_head line;
	struct sluice_sched *owner;
	bool owner_is_woken;
	u64 due_ns;
	struct hrtimer timer;
	u64 timer_ns;
};

/* The timer wakes the qdisc this part of the offload horizon before a departure. */
#define SLUICE_LAUNCH_EARLY_SHIFT	2

/* Who keeps departures, and in which clock it takes them. */
enum sluice_launch {
	SLUICE_LAUNCH_NONE,	/* the qdisc itself, by its timer; no stamp */
	SLUICE_LAUNCH_ENDED,	/* itself again, behind what the device has yet */
	SLUICE_LAUNCH_MONO,	/* the device, as fq's offload_horizon has it */
	SLUICE_LAUNCH_TAI,	/* the device, as etf's offload has it */
	SLUICE_LAUNCH_LINE,	/* the line, by what fills it; no stamp */
};

/**
 * struct sluice_sched - one qdisc
 * @config: the options
 * @config_serial: counts the changes of @config, from 1
 * @burst_is_set: one of @config's burst options is not automatic
 * @is_unusual: that, @device, @launch or a timer's slack: there is more to look at
 * @device_rate: @config.rate_bytes_ps, prepared
 * @forward: @config.forward_ns, prepared; for auto each time that there is
 * @smooth: @config.smooth_ns, prepared
 * @device: whose clock holds all frames (P2); NULL: no rate
 * @device_line: place in its line
 * @sch: the qdisc itself
 * @all_link: among all qdiscs, RTNL
 * @due_tail: ring of the flows that are due
 * @prompt_head: packets that no flow clock holds
 * @prompt_tail: last of them
 * @prompt_held_pkts: how many of them are of which share
 * @prompt_had_turn: the last frame sent was a prompt one
 * @quantum_bytes: wire bytes that a flow may send before others that are due:
 *	those of a full frame
 * @burst_auto_ns: what late timers and cuts make necessary at present
 * @timer_due_ns: what the watchdog is set to, 0: nothing
 * @idle_until_ns: nothing is to be done before, unless something came since; 0:
 *	look
 * @launch: who keeps departures; in which clock each frame is stamped for the device,
 *	without an offload_horizon with the time at which it is handed over
 * @launch_link: among the qdiscs whose queue was set up for launch times
 * @launch_n_queues: how many queues the device had then; 0: these are others now
 * @launch_until_ns: departures until then are handed over now
 * @launch_early_ns: how long before a departure the timer fires
 * @gap_link: among the qdiscs that fill their line with gap frames
 * @gap_frame: the longest of these
 * @line: when all that was handed over has been sent
 * @line_rate: how fast the link is
 * @line_stood_ns: when it last had nothing to send
 * @line_began_ns: when it began again; 0 if it is known how long that took
 * @line_began_in_ns: how long that takes, until the driver has the first frame
 * @line_has_stood: it had nothing to send, and waits for the frame of this call
 * @line_is_short: it will soon, so there is no time to cut anything ahead
 * @line_is_held: the stack has what was handed over last, and the driver does not yet
 * @line_asked_ns: since when, and before that the driver had all
 * @line_given_ns: when the line has sent what the driver had then
 * @watchdog: the timer
 * @n_ahead: flows in @ahead
 * @ahead: flows that have a super-packet at their head and no frames, whose cut
 *	need not wait until it is due
 * @is_held_back: the stack gives the packet of the last call of dequeue to the
 *	driver when it has asked for more, and not before
 * @cut_ns: how long the last such cut took; less if there was no time for it
 * @fallback: the flow of packets for which no flow could be allocated; it has
 *	no rate
 * @table: all other flows by key, and the slots of @wheel
 * @flows: the same flows, those that a new one looks at first
 * @n_flows: flows in @table
 * @n_idle: those of them without packets
 * @n_behind: packets that super-packets were cut into, but for the next of each:
 *	a super-packet counts once in the limit, as in that of its flow
 * @stats: counters, dumped as they are
 * @wheel: the flows that wait for their time
 */
struct sluice_sched {
	struct sluice_config config;
	u64 config_serial;
	bool burst_is_set;
	bool is_unusual;
	struct pace_rate device_rate;
	struct pace_smooth_params forward[PACE_PATH_TIMES];
	struct pace_smooth_params smooth;
	struct sluice_device *device;
	struct list_head device_line;
	struct Qdisc *sch;
	struct list_head all_link;
	struct pace_wheel_node *due_tail;
	struct sk_buff *prompt_head;
	struct sk_buff *prompt_tail;
	u32 prompt_held_pkts[1 << SLUICE_PROMPT_SHARE_BITS];
	bool prompt_had_turn;
	u32 quantum_bytes;
	u64 burst_auto_ns;
	u64 timer_due_ns;
	u64 idle_until_ns;
	enum sluice_launch launch;
	struct list_head launch_link;
	u32 launch_n_queues;
	u64 launch_until_ns;
	u64 launch_early_ns;
	struct list_head gap_link;
	struct sk_buff *gap_frame;
	struct pace_clock line;
	struct pace_rate line_rate;
	u64 line_stood_ns;
	u64 line_began_ns;
	u64 line_began_in_ns;
	bool line_has_stood;
	bool line_is_short;
	bool line_is_held;
	u64 line_asked_ns;
	u64 line_given_ns;
	struct qdisc_watchdog watchdog;
	u32 n_ahead;
	struct sluice_flow *ahead[SLUICE_AHEAD_FLOWS];
	bool is_held_back;
	u64 cut_ns;
	struct sluice_flow fallback;
	struct sluice_table table;
	struct list_head flows;
	u32 n_flows;
	u32 n_idle;
	u32 n_behind;
	struct tc_sluice_xstats stats;
	struct pace_wheel wheel;
};

static inline struct sluice_skb_cb *sluice_skb_cb(const struct sk_buff *skb)
{
	qdisc_cb_private_validate(skb, sizeof(struct sluice_skb_cb));
	return (struct sluice_skb_cb *)qdisc_skb_cb(skb)->data;
}

/* The present, or the time until which frames were handed over already. */
static inline u64 sluice_reached_ns(const struct sluice_sched *q, u64 now_ns)
{
	return pace_later_of(now_ns, q->wheel.now_ns);
}

/*
 * Does the stack ask for more before the driver has this packet? For several queues
 * it always does (try_bulk_dequeue_skb_slow()), for one as long as byte queue limits
 * leave room (try_bulk_dequeue_skb()), which a driver without them never has.
 */
static inline bool sluice_is_held_back(const struct Qdisc *sch,
				       const struct sk_buff *skb)
{
	return !qdisc_may_bulk(sch) ||
	       qdisc_avail_bulklimit(sch->dev_queue) > (int)skb->len;
}

/* After a change of what it depends on. */
static inline void sluice_unusual_find(struct sluice_sched *q)
{
	q->is_unusual = q->burst_is_set || q->device || q->launch ||
			q->config.timer_slack_ns;
}

/* Time beyond the departure asked for. ACKs and FINs may leave before it. */
static inline u64 sluice_skb_held_ns(const struct sk_buff *skb, u64 now_ns)
{
	u64 asked_ns = sluice_skb_cb(skb)->asked_ns;

	return pace_before(asked_ns, now_ns) ? now_ns - asked_ns : 0;
}

/* The same without what is added on purpose, which is no queue: for CoDel. */
static inline u64 sluice_flow_held_ns(const struct sluice_flow *flow,
				      const struct sk_buff *skb, u64 now_ns)
{
	u64 allowed_ns = sluice_skb_cb(skb)->asked_ns + flow->hold_max_ns;

	return pace_before(allowed_ns, now_ns) ? now_ns - allowed_ns : 0;
}

/* Frames that a packet is, or is taken for until it is cut. */
static inline u32 sluice_skb_frames(const struct sk_buff *skb)
{
	return skb_is_gso(skb) ? max_t(u32, skb_shinfo(skb)->gso_segs, 1) : 1;
}

/* Flows of sockets that were given a rate stand apart: anybody may do that. */
#define SLUICE_HASH_OF_PACED	0x10000UL

/* A socket says how fast the flow goes, or could. */
static inline bool sluice_flow_is_of_socket(const struct sluice_flow *flow)
{
	return !(flow->key & 1) || flow->key >> 1 & SLUICE_HASH_OF_PACED;
}

/* The flow goes as fast as it was told to. */
static inline void sluice_flow_no_gain(struct sluice_flow *flow)
{
	flow->gain_percent = 100;
	flow->hold_max_ns = 0;
}

/* Before it leaves again its rate is computed anew. */
static inline void sluice_flow_rate_is_old(struct sluice_flow *flow)
{
	if (!(flow->key & 1))
		flow->config_serial = 0;
}

static inline struct sluice_flow *sluice_flow_of(struct pace_wheel_node *node)
{
	return container_of(node, struct sluice_flow, node);
}

/* sch_sluice_departure.c */
void sluice_departure_resolve(struct sluice_sched *q, struct sk_buff *skb,
			      u64 now_ns);
bool sluice_skb_is_empty_tcp(const struct sk_buff *skb);
bool sluice_skb_is_syn(const struct sk_buff *skb);
bool sluice_skb_is_local(const struct sk_buff *skb);
bool sluice_departure_rate_anew(struct sluice_sched *q,
				struct sluice_flow *flow,
				const struct sk_buff *skb);

/* sch_sluice_flow.c */
int sluice_table_make(struct sluice_table *table,
		      const struct sluice_table *like, u32 limit_pkts);
void sluice_table_replace(struct sluice_sched *q, struct sluice_table *table);
void sluice_table_free(struct sluice_table *table);
void sluice_flows_init(struct sluice_sched *q);
void sluice_flows_reset(struct Qdisc *sch);
void sluice_list_purge(struct Qdisc *sch, struct sk_buff *head,
		       struct sk_buff *tail);
unsigned long sluice_flow_key_unusual(struct sk_buff *skb);
struct sluice_flow *sluice_flow_new(struct sluice_sched *q, struct sk_buff *skb,
				    unsigned long key, u64 now_ns);
void sluice_flow_readopt(struct sluice_sched *q, struct sluice_flow *flow,
			 struct sock *sk, u64 now_ns);
void sluice_flow_pull(struct sluice_sched *q, struct sluice_flow *flow,
		      u64 now_ns, u64 due_ns);

/* What stands there otherwise is the time at which a packet came. */
static inline bool sluice_flow_has_asked(const struct sluice_flow *flow)
{
	return !(flow->key & 1) && (!flow->may_smooth || flow->config_serial);
}

static inline struct sk_buff *sluice_flow_first(const struct sluice_flow *flow)
{
	return flow->frames ? flow->frames : flow->head;
}

/* A part of the train that the flow's next frame belongs to has left. */
static inline bool sluice_flow_is_in_train(const struct sluice_flow *flow)
{
	return flow->frames && sluice_skb_cb(flow->frames)->is_at_once;
}

/* sch_sluice_main.c */
struct sk_buff *sluice_dequeue_ahead(struct Qdisc *sch, u64 at_ns);

/* sch_sluice_cut.c */
struct sk_buff *sluice_flow_next_frame(struct Qdisc *sch,
				       struct sluice_flow *flow, u64 *now_ns);
void sluice_cut_ahead(struct Qdisc *sch, u64 now_ns);

/* sch_sluice_device.c */
bool sluice_device_take(struct sluice_sched *q, u64 now_ns, u64 *ret_due_ns);
u64 sluice_device_sent(struct sluice_sched *q, u64 due_ns, u64 now_ns,
		       u32 wire_bytes);
void sluice_device_release(struct sluice_sched *q);
bool sluice_device_sleep(struct sluice_sched *q, u64 now_ns, u64 *wake_ns);
void sluice_device_step_back(struct sluice_sched *q);
struct sluice_device *sluice_device_get(struct Qdisc *sch);
void sluice_device_put(struct sluice_device *device);

bool sluice_feeds_the_wire(struct Qdisc *sch);

/* sch_sluice_launch.c */
void sluice_launch_init(struct sluice_sched *q);
int sluice_launch_begin(struct sluice_sched *q,
			const struct sluice_config *config,
			struct netlink_ext_ack *extack);
void sluice_launch_end(struct sluice_sched *q);
struct sk_buff *sluice_launch_dequeue(struct Qdisc *sch, u64 now_ns);
void sluice_launch_stamp(struct sluice_sched *q, struct sk_buff *skb,
			 u32 n_frames, u64 at_ns);
void sluice_launch_judge(struct sluice_sched *q, u64 now_ns);
void sluice_launch_change_queues(struct Qdisc *sch, unsigned int n_queues);
void sluice_launch_reset(const struct sluice_sched *q);

/* sch_sluice_gap.c */
int sluice_gap_register(void);
void sluice_gap_unregister(void);
int sluice_gap_begin(struct sluice_sched *q, struct netlink_ext_ack *extack);
void sluice_gap_end(struct sluice_sched *q);
struct sk_buff *sluice_gap_dequeue(struct Qdisc *sch, u64 now_ns);
u64 sluice_gap_wake_ns(const struct sluice_sched *q, u64 due_ns);

/* A frame, or a super-packet that leaves uncut, takes its time of the line. */
static inline void sluice_gap_sent(struct sluice_sched *q, u64 at_ns,
				   u32 wire_bytes)
{
	pace_clock_not_before(&q->line, at_ns);
	pace_clock_advance(&q->line, &q->line_rate, wire_bytes);
}

/* sch_sluice_smooth.c */
bool sluice_smooth_is_spared(const struct sluice_sched *q,
			     const struct sluice_flow *flow,
			     const struct sk_buff *skb, u64 now_ns);
void sluice_smooth_prompt(struct sluice_flow *flow, const struct sk_buff *skb,
			  u64 now_ns);
void sluice_smooth_arrival(struct sluice_sched *q, struct sluice_flow *flow,
			   const struct sk_buff *skb, u64 now_ns);
bool sluice_smooth_rate(struct sluice_sched *q, struct sluice_flow *flow,
			const struct sk_buff *skb);
void sluice_smooth_sent(struct sluice_sched *q, const struct sluice_flow *flow,
			const struct sk_buff *skb, u32 n_frames, u64 due_ns);

/* sch_sluice_options.c */
int sluice_options_register(void);
void sluice_options_unregister(void);
void sluice_options_attach(struct sluice_sched *q);
void sluice_options_detach(struct sluice_sched *q);
void sluice_options_default(struct sluice_config *config);
int sluice_options_parse(struct sluice_config *config, struct nlattr *opt,
			 struct netlink_ext_ack *extack);
int sluice_options_apply(struct Qdisc *sch, const struct sluice_config *config,
			 struct netlink_ext_ack *extack);
int sluice_options_dump(struct Qdisc *sch, struct sk_buff *skb);

/* sch_sluice_stats.c */
u32 sluice_link_speed_mbits_ps(struct net_device *dev);
int sluice_stats_dump(struct Qdisc *sch, struct gnet_dump *d);

/* sch_sluice_class.c */
extern const struct Qdisc_class_ops sluice_class_ops;

#endif
