// SPDX-License-Identifier: GPL-2.0
/* What TCP's headers tell of a flow; see flows.h. */
#include "flows.h"

#include "../lib/quantile.h"

#define TIMEOUT_NS		200000000u	/* TCP's least RTO in Linux */
/*
 * The sender fills a hole when he has heard of it: what made it goes on to the
 * receiver, the ACK from there to the sender, and what he sends again comes here.
 * Where that round is not known, a hole older than this was filled by him; tshark's
 * rule, too.
 */
#define REORDERED_MAX_NS	3000000u

static void rtt_add(struct scope_flow *flow, uint64_t time_ns, uint64_t rtt_ns)
{
	struct scope_flow_tcp *tcp = &flow->tcp;

	scope_flow_rtt_add(flow, sluice_bucket_index(rtt_ns, 1,
						     SCOPE_FLOW_RTT_BUCKETS - 1));
	if (!tcp->rtts || rtt_ns < tcp->rtt_min_ns)
		tcp->rtt_min_ns = rtt_ns;
	if (rtt_ns > tcp->rtt_max_ns)
		tcp->rtt_max_ns = rtt_ns;
	tcp->rtt_sum_ns += (double)rtt_ns;
	tcp->rtts++;
	scope_standing_add(&flow->standing, time_ns, rtt_ns);
}

/* Holes from then on cannot have been filled by the sender. */
static uint64_t hole_since(const struct scope_flow_tcp *tcp,
			   const struct scope_flow *reverse, uint64_t time_ns)
{
	uint64_t max_ns = REORDERED_MAX_NS;

	/* from here to the receiver and back, to the sender and back */
	if (tcp->rtts && reverse && reverse->tcp.rtts)
		max_ns = tcp->rtt_min_ns + reverse->tcp.rtt_min_ns;
	return time_ns > max_ns ? time_ns - max_ns + 1 : 0;
}

/* Of the newest hole, which is known when no segments are: as scope_sent_fill. */
static bool hole_fill(struct scope_flow_tcp *tcp, uint32_t sequence,
		      uint32_t end, uint64_t since_ns)
{
	if (!tcp->has_hole || tcp->hole_ns < since_ns ||
	    (int32_t)(sequence - tcp->hole_from) < 0 ||
	    (int32_t)(end - tcp->hole_to) > 0)
		return false;
	if (sequence == tcp->hole_from)
		tcp->hole_from = end;
	else if (end == tcp->hole_to)
		tcp->hole_to = sequence;
	tcp->has_hole = tcp->hole_from != tcp->hole_to;
	return true;
}

/* So much of the payload had been seen: what lies in front of next_sequence. */
static uint32_t payload_again(const struct scope_flow_tcp *tcp,
			      const struct sluice_frame *frame)
{
	bool is_syn = frame->tcp_flags & SLUICE_TCP_SYN;
	uint32_t bytes = tcp->next_sequence - frame->tcp_sequence - is_syn;

	return bytes < frame->payload_bytes ? bytes : frame->payload_bytes;
}

/* Old data again: lost and sent again, or overtaken on the way here. */
static void tcp_old(struct scope_flow *flow, const struct scope_flow *reverse,
		    const struct sluice_frame *frame, uint32_t end,
		    uint64_t time_ns, uint64_t idle_ns, uint32_t place,
		    struct scope_flow_event *event)
{
	struct scope_flow_tcp *tcp = &flow->tcp;
	uint32_t sequence = frame->tcp_sequence;
	uint64_t since_ns = hole_since(tcp, reverse, time_ns);
	bool is_late = hole_fill(tcp, sequence, end, since_ns);

	if (scope_sent_fill(&flow->sent, sequence, end, since_ns) || is_late) {
		tcp->reordered_pkts++;
		event->is_reordered = true;
		return;
	}
	tcp->retransmitted_pkts++;
	tcp->retransmitted_bytes += payload_again(tcp, frame);
	event->is_retransmitted = true;
	tcp->has_timed = false;
	if (idle_ns >= TIMEOUT_NS) {
		tcp->timeouts++;
		event->is_timeout = true;
	}
	scope_sent_again(&flow->sent, sequence, end - sequence, place,
			 event->is_timeout ? idle_ns : 0);
}

/* A SYN that is not the one before begins another connection (ports are used again). */
static void tcp_syn(struct scope_flow *flow, uint32_t sequence)
{
	struct scope_flow_tcp *tcp = &flow->tcp;

	if (tcp->has_syn && sequence == tcp->syn_sequence)
		return;
	tcp->has_syn = true;
	tcp->syn_sequence = sequence;
	tcp->has_sequence = false;
	tcp->has_hole = false;
	tcp->has_timed = false;
	scope_sent_restart(&flow->sent, sequence);
}

/* New data, or a hole in front of it, that is remembered until its ACK comes. */
static void sent_put(struct scope_flow *flow, struct scope_sent_pool *pool,
		     uint64_t time_ns, uint32_t sequence, uint32_t end,
		     uint32_t place)
{
	/* where data is received, its gaps are not those it was sent with */
	bool has_acks = flow->reverse && flow->direction != SCOPE_IN;
	/* a hole is worth room, however new the flow is */
	uint64_t segments = place == SCOPE_SENT_HOLE ? UINT64_MAX :
						       flow->tcp.data_pkts;

	if (!scope_sent_add(&flow->sent, time_ns, end, place) &&
	    !scope_sent_room(&flow->sent, pool, time_ns, sequence, segments,
			     has_acks))
		scope_sent_add(&flow->sent, time_ns, end, place);
}

/* What the packet carries of its own direction. */
static void tcp_data(struct scope_flow *flow, const struct scope_flow *reverse,
		     struct scope_sent_pool *pool,
		     const struct sluice_frame *frame, uint64_t time_ns,
		     uint64_t idle_ns, uint32_t place,
		     struct scope_flow_event *event)
{
	struct scope_flow_tcp *tcp = &flow->tcp;
	uint32_t sequence = frame->tcp_sequence;
	uint32_t end = sequence + frame->payload_bytes;

	if (frame->tcp_flags & (SLUICE_TCP_SYN | SLUICE_TCP_FIN)) {
		end += ((frame->tcp_flags & SLUICE_TCP_SYN) != 0) +
		       ((frame->tcp_flags & SLUICE_TCP_FIN) != 0);
		if (frame->tcp_flags & SLUICE_TCP_SYN)
			tcp_syn(flow, sequence);
	}
	if (end == sequence)
		return;
	tcp->payload_bytes += frame->payload_bytes;
	tcp->data_pkts++;
	if (!tcp->has_sequence) {
		tcp->has_sequence = true;
		tcp->next_sequence = sequence;
	}
	if ((int32_t)(sequence - tcp->next_sequence) < 0) {
		/* a keep-alive asks with the last octet again */
		if (frame->payload_bytes && end == sequence + 1 &&
		    end == tcp->next_sequence)
			return;
		tcp_old(flow, reverse, frame, end, time_ns, idle_ns, place,
			event);
		if ((int32_t)(end - tcp->next_sequence) > 0) {
			sent_put(flow, pool, time_ns, tcp->next_sequence, end,
				 place | SCOPE_SENT_AGAIN);
			tcp->next_sequence = end;
		}
		return;
	}
	if (sequence != tcp->next_sequence) {
		tcp->has_hole = true;
		tcp->hole_from = tcp->next_sequence;
		tcp->hole_to = sequence;
		tcp->hole_ns = time_ns;
		sent_put(flow, pool, time_ns, tcp->next_sequence, sequence,
			 SCOPE_SENT_HOLE);
	}
	tcp->next_sequence = end;
	sent_put(flow, pool, time_ns, sequence, end, place);
	if (!tcp->has_timed) {
		tcp->has_timed = true;
		tcp->timed_sequence = end;
		tcp->timed_ns = time_ns;
	}
}

/* What it acknowledges of the other direction. */
static void tcp_ack(struct scope_flow *reverse, const struct sluice_frame *frame,
		    uint64_t time_ns, struct scope_flow_event *event)
{
	struct scope_flow_tcp *tcp = &reverse->tcp;

	if (!tcp->has_timed ||
	    (int32_t)(frame->tcp_ack - tcp->timed_sequence) < 0)
		return;
	tcp->has_timed = false;
	if (time_ns < tcp->timed_ns)
		return;
	event->rtt_ns = time_ns - tcp->timed_ns;
	rtt_add(reverse, time_ns, event->rtt_ns);
}

static void ack_spacing(struct scope_flow_acks *acks,
			const struct sluice_frame *frame, uint64_t time_ns,
			struct scope_flow_event *event)
{
	uint64_t gap_ns = time_ns - acks->last_ns;

	if (acks->acks) {
		acks->gap_sum_ns += (double)gap_ns;
		acks->gap_square_sum += (double)gap_ns * (double)gap_ns;
		event->is_clumped = gap_ns <= SCOPE_CLUMP_NS;
		if (event->is_clumped)
			acks->clumped++;
		else
			acks->run_acks = 0;
	}
	if (++acks->run_acks > acks->run_max_acks)
		acks->run_max_acks = acks->run_acks;
	if (acks->has_ack) {
		int32_t acked = (int32_t)(frame->tcp_ack - acks->last_ack);

		acks->duplicates += acked == 0;
		acks->acked_bytes += acked > 0 ? (uint32_t)acked : 0;
	}
	acks->dsacks += frame->tcp_has_dsack;
	acks->last_ack = frame->tcp_ack;
	acks->has_ack = true;
	acks->last_ns = time_ns;
	acks->acks++;
}

static inline bool is_pure_ack(const struct sluice_frame *frame)
{
	return (frame->tcp_flags & (SLUICE_TCP_ACK | SLUICE_TCP_SYN |
				    SLUICE_TCP_FIN | SLUICE_TCP_RST)) ==
	       SLUICE_TCP_ACK && !frame->payload_bytes;
}

/* What an ACK says, of its own direction and of the other. */
static inline void ack_add(struct scope_flow *flow, struct scope_flow *reverse,
			   const struct scope_sent_pool *pool,
			   const struct sluice_frame *frame, uint64_t time_ns,
			   bool is_pure, struct scope_flow_event *event)
{
	if (reverse) {
		tcp_ack(reverse, frame, time_ns, event);
		if (scope_sent_is_acked(&reverse->sent, frame->tcp_ack) &&
		    reverse->direction != SCOPE_IN)
			scope_sent_ack(&reverse->sent, pool, time_ns,
				       frame->tcp_ack, is_pure);
	}
	if (!is_pure)
		return;
	event->is_pure_ack = true;
	ack_spacing(&flow->acks, frame, time_ns, event);
}

void scope_tcp_add(struct scope_flow *flow, struct scope_flow *reverse,
		   struct scope_sent_pool *pool,
		   const struct sluice_frame *frame, uint64_t time_ns,
		   uint64_t idle_ns, uint32_t place,
		   struct scope_flow_event *event)
{
	tcp_data(flow, reverse, pool, frame, time_ns, idle_ns, place, event);
	if (frame->tcp_flags & SLUICE_TCP_ACK)
		ack_add(flow, reverse, pool, frame, time_ns,
			is_pure_ack(frame), event);
}

/* ---- packets in a row that are alike ---- */

uint32_t scope_tcp_add_acks(struct scope_flow *flow, struct scope_flow *reverse,
			    const struct scope_sent_pool *pool,
			    const struct scope_packet *packets,
			    const uint64_t *times_ns, uint32_t count)
{
	struct scope_flow_event event;
	uint32_t i;

	for (i = 0; i < count && packets[i].frame.has_transport &&
		    is_pure_ack(&packets[i].frame); i++)
		ack_add(flow, reverse, pool, &packets[i].frame, times_ns[i],
			true, &event);
	return i;
}

/* The next data, and nothing else that is new. */
static inline bool is_plain(const struct sluice_frame *frame,
			    uint32_t next_sequence)
{
	return frame->has_transport && frame->payload_bytes &&
	       frame->tcp_sequence == next_sequence &&
	       !(frame->tcp_flags & (SLUICE_TCP_SYN | SLUICE_TCP_FIN));
}

/*
 * A segment waits to be timed, and of the other direction there is nothing to
 * acknowledge.
 */
uint32_t scope_tcp_add_plain(struct scope_flow *flow,
			     const struct scope_flow *reverse,
			     const struct scope_packet *packets,
			     const uint64_t *times_ns, const uint32_t *places,
			     uint32_t count)
{
	struct scope_flow_tcp *tcp = &flow->tcp;
	uint32_t next = tcp->next_sequence, i;

	if (!tcp->has_timed ||
	    (reverse && (reverse->tcp.has_timed || reverse->sent.room)))
		return 0;
	for (i = 0; i < count && is_plain(&packets[i].frame, next); i++) {
		uint32_t end = next + packets[i].frame.payload_bytes;

		if (!scope_sent_add(&flow->sent, times_ns[i], end, places[i]))
			break;
		next = end;
	}
	tcp->payload_bytes += next - tcp->next_sequence;
	tcp->data_pkts += i;
	tcp->next_sequence = next;
	return i;
}
