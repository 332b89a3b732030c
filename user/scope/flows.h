/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What each flow did: 960 bytes a flow, nothing allocated for a packet.
 * Peaks are exact: the packets of the last milliseconds are kept together, each with a
 * link to the next of its flow, and a flow walks its own links.
 *
 * For TCP: what was sent again, in which runs and from where in its train, what
 * came in another order, the round trip by timing one segment at a time (Karn's
 * rule: none that was sent again) and the queue that they show (standing.h), the
 * spacing of pure ACKs and their compression (sent.h).
 */
#ifndef SLUICE_SCOPE_FLOWS_H
#define SLUICE_SCOPE_FLOWS_H

#include <stdbool.h>
#include <stdint.h>

#include "../lib/frame.h"
#include "fair.h"
#include "packet.h"
#include "sent.h"
#include "standing.h"

#define SCOPE_FLOW_WINDOWS	2u	/* 100 µs, 1 ms */
#define SCOPE_FLOW_THETAS	2u	/* wire (2.048 µs if no line rate), 100 µs */
/* Of gaps: four buckets an octave, so a quantile is below 25 % wrong. */
#define SCOPE_FLOW_GAP_BITS	2u
#define SCOPE_FLOW_GAP_OCTAVES	36u
#define SCOPE_FLOW_GAP_BUCKETS	((SCOPE_FLOW_GAP_OCTAVES - \
				  SCOPE_FLOW_GAP_BITS + 1) << \
				 SCOPE_FLOW_GAP_BITS)
/* Within this a packet follows the one before closely: ACK clumps, trains. */
#define SCOPE_CLUMP_NS		100000u
/* Gaps in trains of a flow: 1.1 wire times of a full frame, or this without a line rate. */
#define SCOPE_FLOW_FRAME_BYTES	1538u
#define SCOPE_FLOW_WIRE_NS	2048u
#define SCOPE_FLOW_RTT_BUCKETS	(40u << 1)	/* two an octave */

extern const uint32_t scope_flow_windows_ns[SCOPE_FLOW_WINDOWS];

struct scope_flow_window {
	uint32_t tail;			/* its first packet, in the ring */
	uint32_t tail_ns;		/* and the low half of that one's stamp */
	uint32_t bytes;			/* in the window that ended last */
	uint32_t block_max_bytes;	/* in the second under way */
	uint32_t max_bytes;
	float pmr;			/* highest of all seconds; 0: none is over */
};

struct scope_flow_train {
	uint32_t first_pkt;		/* of the one under way, in its flow */
	uint32_t max_pkts;
	uint32_t trains;
};

/* Spacing of pure ACKs of this direction. */
struct scope_flow_acks {
	uint64_t acks;
	uint64_t last_ns;
	double gap_sum_ns;		/* of gaps: one less than ACKs */
	double gap_square_sum;
	uint64_t clumped;		/* within 100 µs of the one before */
	uint32_t run_acks;		/* clump under way */
	uint32_t run_max_acks;
	uint64_t duplicates;
	uint64_t dsacks;
	uint64_t acked_bytes;
	uint32_t last_ack;
	bool has_ack;
};

struct scope_flow_tcp {
	bool has_sequence;
	bool has_hole;
	bool has_timed;			/* a segment waits for its ACK */
	bool has_syn;
	uint32_t next_sequence;
	uint32_t timed_sequence;
	uint32_t syn_sequence;
	uint64_t timed_ns;
	uint64_t payload_bytes;
	uint64_t data_pkts;
	uint64_t rtts;
	uint64_t rtt_min_ns;
	uint64_t rtt_max_ns;
	double rtt_sum_ns;
	uint64_t hole_ns;
	uint32_t hole_from;		/* the newest gap in the sequence */
	uint32_t hole_to;
	uint64_t retransmitted_pkts;
	uint64_t retransmitted_bytes;
	uint64_t reordered_pkts;
	uint64_t timeouts;		/* sent again after 200 ms of silence */
};

/*
 * With many flows, cache lines are the cost: what packets change lies in few of
 * them. The parts are a line each, but where there is more to say.
 */
struct scope_flow {
	uint64_t pkts;
	uint64_t bytes;			/* L1 */
	uint64_t last_ns;
	uint64_t block_bytes;
	uint32_t block;			/* the second under way */
	uint32_t blocks_counted;
	uint32_t last_pkt;		/* in the ring */
	uint32_t reverse;		/* number of the other direction + 1; 0: unseen */
	double gap_square_sum;
	uint8_t direction;		/* that its first packet was seen in */
	uint32_t untold_pkts;		/* of TCP, whose header was not seen whole: what they
					 * carry is not known */

	/* all packets, too */
	_Alignas(SCOPE_LINE_BYTES)
	struct scope_flow_window window[SCOPE_FLOW_WINDOWS];
	uint64_t gap_min_ns;
	uint64_t gap_max_ns;

	/* data, and ACKs of the other direction */
	struct scope_sent sent;
	uint64_t first_ns;

	/* and trains; two lines and a half, those behind the first for few packets */
	struct scope_flow_train train[SCOPE_FLOW_THETAS];
	struct scope_flow_tcp tcp;
	struct scope_fair_share share;	/* of the 100 ms under way */
	struct scope_fair_share share_1s;
	uint64_t supers;		/* packets that were super-packets */
	uint64_t again_pkts;		/* of it seen in the other direction too (lo): left out */

	/* ACKs */
	struct scope_flow_acks acks;

	/*
	 * A line or two of each for a train. Few flows have so many of a kind that 16
	 * bits do not hold them: what those carry lies elsewhere (NULL: there is none).
	 */
	uint32_t *carry;
	uint16_t gap[SCOPE_FLOW_GAP_BUCKETS];
	uint16_t rtt[SCOPE_FLOW_RTT_BUCKETS];
	struct scope_standing standing;	/* queue; of TCP */
};

/* How many packets the train under way has. */
static inline uint32_t scope_flow_train_pkts(const struct scope_flow *flow,
					     uint32_t theta)
{
	return (uint32_t)flow->pkts - flow->train[theta].first_pkt;
}

/* flows_figure.c: more of that bucket of gap, or behind those of rtt. */
void scope_flow_carry(struct scope_flow *flow, uint32_t bucket, uint32_t more);

/* So many more in that bucket of gap or of rtt. */
static inline void scope_flow_gaps_add(struct scope_flow *flow, uint32_t bucket,
				       uint32_t count)
{
	uint32_t sum = flow->gap[bucket] + count;

	flow->gap[bucket] = (uint16_t)sum;
	if (sum > UINT16_MAX)
		scope_flow_carry(flow, bucket, sum >> 16);
}

/* One round trip more in that bucket, below SCOPE_FLOW_RTT_BUCKETS. */
static inline void scope_flow_rtt_add(struct scope_flow *flow, uint32_t bucket)
{
	if (!++flow->rtt[bucket])
		scope_flow_carry(flow, SCOPE_FLOW_GAP_BUCKETS + bucket, 1);
}

struct scope_flows;

struct scope_flows_config {
	uint64_t start_ns;		/* where seconds are counted from */
	uint64_t line_rate_bits_ps;	/* 0: unknown */
	uint32_t uncertainty_ns;
	uint32_t max_flows;		/* packets of more count in none; 0: 2^20 */
};

/* Stamps are wrong by more from here on. */
void scope_flows_coarsen(struct scope_flows *flows, uint32_t uncertainty_ns);

/* What a packet was, for triggers and sums. */
struct scope_flow_event {
	uint32_t number;		/* of its flow */
	bool is_new;
	bool is_retransmitted;
	bool is_timeout;
	bool is_reordered;
	bool is_pure_ack;
	bool is_clumped;		/* within 100 µs of the ACK before */
	uint64_t rtt_ns;		/* of the segment that it acknowledges; 0: none */
};

/* NULL: no memory. */
struct scope_flows *scope_flows_create(const struct scope_flows_config *config);
void scope_flows_free(struct scope_flows *flows);	/* accepts NULL */

/*
 * Look up the flows of packets that will be added, at most SCOPE_LOOK_UP_MAX, and
 * start to fetch what is known of them: with many flows that takes longer than
 * all else. Packets without a flow yet get one, unless there are too many.
 */
#define SCOPE_LOOK_UP_MAX	64u

/*
 * First this of each that does not follow one of its flow (is_next), as it comes;
 * before: the one of those before it, NULL: it is the first.
 */
void scope_flows_look_up_begin(const struct scope_flows *flows,
			       struct scope_packet *packet,
			       const struct scope_packet *before);
void scope_flows_look_up(struct scope_flows *flows,
			 struct scope_packet *packets, uint32_t count);

/*
 * An IP packet of bytes at L1, in the order of time. Returns 0, or -1 without
 * memory: the packet then counts in no flow.
 */
int scope_flows_add(struct scope_flows *flows, const struct scope_packet *packet,
		    uint64_t time_ns, uint32_t bytes,
		    struct scope_flow_event *ret_event);

/* What packets were, added up. */
struct scope_flow_sums {
	uint64_t retransmitted_pkts;
	uint64_t timeouts;
	uint64_t pure_acks;
	uint64_t not_ip_pkts;
	bool has_failed;		/* no memory: the last one counts in no flow */
};

/* The same of count frames, of any kind. Returns how many were taken in. */
uint32_t scope_flows_add_all(struct scope_flows *flows,
			     const struct scope_packet *packets,
			     const uint64_t *times_ns, const uint32_t *bytes,
			     uint32_t count, struct scope_flow_sums *sums);

/* Close what is under way, at the end of the span. No packets after this. */
void scope_flows_finish(struct scope_flows *flows, uint64_t end_ns);

/*
 * How many flows there are. Their numbers are below that; a flow and its key are
 * where these say until more packets are added.
 */
uint32_t scope_flows_count(const struct scope_flows *flows);
const struct scope_flow *scope_flow_at(const struct scope_flows *flows,
				       uint32_t number);
const struct sluice_flow_key *scope_flow_key(const struct scope_flows *flows,
					     uint32_t number);

/* Shares over time; after _finish. */
const struct scope_fair *scope_flows_fair(const struct scope_flows *flows);

/* Packets that came when max_flows were known, of flows not among them. */
uint64_t scope_flows_unknown_pkts(const struct scope_flows *flows);

struct scope_share {
	uint32_t number;		/* of the flow */
	uint64_t bytes;
};

/*
 * Who sent in [from_ns, to_ns) in that direction: the count flows with most bytes
 * there, most first. Knows the last 4096 packets or 2 ms; *ret_is_whole says that all was
 * known.
 * Returns how many.
 */
uint32_t scope_flows_shares(const struct scope_flows *flows,
			    enum scope_direction direction, uint64_t from_ns,
			    uint64_t to_ns, struct scope_share *ret,
			    uint32_t count, bool *ret_is_whole);

/*
 * flows_tcp.c: what a TCP packet says of its flow, and, by its ACK, of the other
 * direction (NULL: not seen). idle_ns: since the flow's packet before. place: in
 * its train.
 */
void scope_tcp_add(struct scope_flow *flow, struct scope_flow *reverse,
		   struct scope_sent_pool *pool,
		   const struct sluice_frame *frame, uint64_t time_ns,
		   uint64_t idle_ns, uint32_t place,
		   struct scope_flow_event *event);

/*
 * The same of packets of a flow in a row, as long as they are the next data and
 * say nothing else, or pure ACKs: most are. Returns how many of them were.
 */
uint32_t scope_tcp_add_plain(struct scope_flow *flow,
			     const struct scope_flow *reverse,
			     const struct scope_packet *packets,
			     const uint64_t *times_ns, const uint32_t *places,
			     uint32_t count);
uint32_t scope_tcp_add_acks(struct scope_flow *flow, struct scope_flow *reverse,
			    const struct scope_sent_pool *pool,
			    const struct scope_packet *packets,
			    const uint64_t *times_ns, uint32_t count);

/* A quantile of the gaps, in ns: the middle of its bucket. */
uint64_t scope_flow_gap_quantile(const struct scope_flow *flow,
				 uint32_t share_ppm);
uint64_t scope_flow_rtt_quantile(const struct scope_flow *flow,
				 uint32_t share_ppm);
/* NAN: it has not two gaps, none has a length, or stamps tell none as long as the mean. */
double scope_flow_gap_cov(const struct scope_flows *flows,
			  const struct scope_flow *flow);

/* There was no memory for the packets of a window: peaks of flows may be higher. */
bool scope_flows_are_short(const struct scope_flows *flows);

#endif
