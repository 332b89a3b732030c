/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a TCP flow has sent and nobody has acknowledged yet, segment by segment:
 * when, and at which place in its train. It tells whether ACKs are compressed, and
 * where in its train a packet stood that had to be sent again.
 *
 * A flow gets room with its third segment: 16 segments, then as many as are in
 * flight, at most 4096; where no ACKs are seen, those of the last 200 ms, at most
 * 1024. All flows together have 128 MB, and as much at most waits for others that
 * need a ring of that size; what finds no room is not known, and counts as that.
 */
#ifndef SLUICE_SCOPE_SENT_H
#define SLUICE_SCOPE_SENT_H

#include <stdbool.h>
#include <stdint.h>

#define SCOPE_LINE_BYTES	64u	/* what memory is fetched by */
#define SCOPE_SENT_FIRST	16u
#define SCOPE_SENT_MAX		4096u
#define SCOPE_SENT_ALONE_MAX	1024u
#define SCOPE_SENT_ALONE_NS	200000000u	/* TCP's least RTO in Linux */
#define SCOPE_SENT_BYTES_MAX	(128u << 20)

#define SCOPE_SENT_SIZES	9u	/* of rings: 16 to 4096 segments */

/* A ring that nobody has, or a piece of memory that rings are made from. */
struct scope_sent_piece {
	struct scope_sent_piece *next;
};

/* Where rings come from. All zero but for what stamps tell: an empty one. */
struct scope_sent_pool {
	uint64_t bytes;			/* that are given out */
	uint32_t uncertainty_ns;	/* gaps of data up to this say nothing */
	uint32_t left_bytes;		/* at the end of the newest piece */
	struct scope_sent_piece *pieces;
	struct scope_sent_piece *rings[SCOPE_SENT_SIZES];	/* given back */
};

/* No ring may be used any more. */
void scope_sent_pool_done(struct scope_sent_pool *pool);

/* Bits of place. */
#define SCOPE_SENT_AGAIN	(1u << 31)	/* sent again since */
#define SCOPE_SENT_HOLE		(1u << 30)	/* never seen: no segment */

struct scope_sent_pkt {			/* begins where the one before ends */
	uint64_t time_ns;
	uint32_t end;			/* sequence behind it */
	uint32_t place;			/* in its train, 1: first; and bits */
};

/* Where in its train of data a packet stood. */
enum scope_place { SCOPE_PLACE_ALONE, SCOPE_PLACE_FIRST, SCOPE_PLACE_MIDDLE,
		   SCOPE_PLACE_LAST, SCOPE_PLACES };

/* Of a flow in which something was sent again. */
struct scope_loss {
	uint32_t run_end;		/* sequence behind the run under way */
	uint32_t run_pkts;
	uint32_t run_max_pkts;
	uint32_t runs;			/* with the one under way */
	uint32_t place[SCOPE_PLACES];	/* packets; the rest is not known */
	uint64_t silent_ns;		/* in front of all timeouts */
};

struct scope_sent {
	struct scope_sent_pkt *pkt;	/* ring */
	struct scope_loss *loss;	/* NULL: nothing was sent again, or no memory */
	uint32_t room;			/* of the ring; 0: there is none */
	uint32_t begin;			/* oldest; counts on, modulo room */
	uint32_t end;
	uint32_t known;			/* sequence that the oldest begins with */
	uint64_t ack_ns;		/* the ACK before; 0: none to compare with */
	uint64_t ack_sent_ns;		/* when its segment was sent */
	uint32_t ack_pairs;		/* ACKs compared */
	uint32_t compressed;		/* their gap below 3/4 of that of the data */
};

/* What does not lie in the pool. */
void scope_sent_free(struct scope_sent *sent);

/* Another connection: what the one before had in flight is forgotten. */
void scope_sent_restart(struct scope_sent *sent, uint32_t sequence);

/*
 * New data up to end, the place-th packet of a train. False: it takes room first,
 * or there is none.
 */
static inline bool scope_sent_add(struct scope_sent *sent, uint64_t time_ns,
				  uint32_t end, uint32_t place)
{
	if (sent->end - sent->begin >= sent->room)
		return false;
	sent->pkt[sent->end++ & (sent->room - 1)] =
		(struct scope_sent_pkt){ time_ns, end, place };
	return true;
}

/*
 * Make room for it; segments: that the flow had, with this one, which begins with
 * sequence. has_acks: they are seen, and will make room. Returns 0, or -1 without.
 */
int scope_sent_room(struct scope_sent *sent, struct scope_sent_pool *pool,
		    uint64_t time_ns, uint32_t sequence, uint64_t segments,
		    bool has_acks);

/* So many segments from index on are looked at or written soon. */
#define SCOPE_SENT_FETCH_MAX	32u	/* more come by themselves */

static inline __attribute__((always_inline))
void scope_sent_fetch(const struct scope_sent *sent, uint32_t index,
		      uint32_t segments)
{
	uint32_t step = SCOPE_LINE_BYTES / sizeof(*sent->pkt);
	uint32_t mask = sent->room - 1;

	if (!sent->room)
		return;
	if (segments > SCOPE_SENT_FETCH_MAX)
		segments = SCOPE_SENT_FETCH_MAX;
	for (uint32_t i = 0; i < segments + step; i += step)
		__builtin_prefetch(&sent->pkt[(index + i) & mask], 1);
}

/* An ACK that says something new. */
static inline bool scope_sent_is_acked(const struct scope_sent *sent,
				       uint32_t ack)
{
	return sent->room && (int32_t)(ack - sent->known) > 0;
}

/*
 * Such an ACK of the other direction. Its gap to the one before is compared with the
 * gap of the two segments that they acknowledge, as they were sent; not if data
 * came with it, nor where one of the segments was sent again (Karn's rule).
 */
static inline void scope_sent_ack(struct scope_sent *sent,
				  const struct scope_sent_pool *pool,
				  uint64_t time_ns, uint32_t ack, bool is_pure)
{
	const struct scope_sent_pkt *pkt;
	uint32_t begin = sent->begin, mask = sent->room - 1, bits = 0;
	int32_t beyond;
	uint64_t gap_ns;

	sent->known = ack;
	if (begin == sent->end)
		return;
	do {
		pkt = &sent->pkt[begin & mask];
		bits |= pkt->place;
		beyond = (int32_t)(ack - pkt->end);
		begin += beyond >= 0;
	} while (beyond > 0 && begin != sent->end);
	sent->begin = begin;
	if (!is_pure || bits & (SCOPE_SENT_AGAIN | SCOPE_SENT_HOLE)) {
		sent->ack_ns = 0;
		return;
	}
	gap_ns = pkt->time_ns - sent->ack_sent_ns;
	if (sent->ack_ns && gap_ns > pool->uncertainty_ns) {
		sent->ack_pairs++;
		sent->compressed += time_ns - sent->ack_ns < gap_ns - gap_ns / 4;
	}
	sent->ack_ns = time_ns;
	sent->ack_sent_ns = pkt->time_ns;
}

/*
 * A segment up to end that was seen late: true if it lies in a hole that is no older
 * than since_ns. What fills a hole whole fills it once.
 */
bool scope_sent_fill(struct scope_sent *sent, uint32_t sequence, uint32_t end,
		     uint64_t since_ns);

/*
 * Old data was sent again, as the place-th packet of a train. Packets that are
 * sent again one behind the other in sequence are one run (RFC 3357's loss
 * period, as far as a sender's packets tell). silent_ns: in front of a timeout.
 */
void scope_sent_again(struct scope_sent *sent, uint32_t sequence,
		      uint32_t length, uint32_t place, uint64_t silent_ns);

#endif
