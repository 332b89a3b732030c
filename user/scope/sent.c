// SPDX-License-Identifier: GPL-2.0
#include "sent.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>

#define PLACE_MASK		(SCOPE_SENT_HOLE - 1)
#define SEGMENTS_MIN		3u	/* of a flow that gets room */
#define PIECE_FIRST_BYTES	(1u << 17)
#define PIECE_BYTES		(1u << 21)	/* a huge page */

static_assert(SCOPE_SENT_FIRST << (SCOPE_SENT_SIZES - 1) == SCOPE_SENT_MAX &&
	      SCOPE_SENT_MAX * sizeof(struct scope_sent_pkt) +
	      SCOPE_LINE_BYTES <= PIECE_FIRST_BYTES,
	      "a piece has room for any ring");

void scope_sent_free(struct scope_sent *sent)
{
	free(sent->loss);
}

/* ---- rings ---- */

void scope_sent_pool_done(struct scope_sent_pool *pool)
{
	while (pool->pieces) {
		struct scope_sent_piece *piece = pool->pieces;

		pool->pieces = piece->next;
		free(piece);
	}
}

static int piece_add(struct scope_sent_pool *pool)
{
	size_t bytes = pool->pieces ? PIECE_BYTES : PIECE_FIRST_BYTES;
	struct scope_sent_piece *piece = aligned_alloc(bytes, bytes);

	if (!piece)
		return -1;
	if (bytes == PIECE_BYTES)
		(void)madvise(piece, bytes, MADV_HUGEPAGE);
	piece->next = pool->pieces;
	pool->pieces = piece;
	pool->left_bytes = (uint32_t)bytes - SCOPE_LINE_BYTES;
	return 0;
}

/* Which of the sizes a ring of so many segments has. */
static uint32_t size_of(uint32_t room)
{
	return (uint32_t)__builtin_ctz(room / SCOPE_SENT_FIRST);
}

/*
 * Flows grow one by one through the same sizes: what one leaves the next one takes.
 * From the end of a piece on, so that what is left is all that is to be known.
 */
static struct scope_sent_pkt *ring_take(struct scope_sent_pool *pool,
					uint32_t room)
{
	uint32_t bytes = room * (uint32_t)sizeof(struct scope_sent_pkt);
	struct scope_sent_piece **first = &pool->rings[size_of(room)];
	struct scope_sent_piece *ring = *first;

	if (ring) {
		*first = ring->next;
		return (struct scope_sent_pkt *)ring;
	}
	if (pool->left_bytes < bytes && piece_add(pool) < 0)
		return NULL;
	pool->left_bytes -= bytes;
	return (struct scope_sent_pkt *)((char *)pool->pieces +
					 SCOPE_LINE_BYTES + pool->left_bytes);
}

static void ring_give(struct scope_sent_pool *pool, struct scope_sent_pkt *pkt,
		      uint32_t room)
{
	struct scope_sent_piece **first = &pool->rings[size_of(room)];
	struct scope_sent_piece *ring = (struct scope_sent_piece *)pkt;

	ring->next = *first;
	*first = ring;
}

static struct scope_sent_pkt *pkt_at(const struct scope_sent *sent,
				     uint32_t index)
{
	return &sent->pkt[index & (sent->room - 1)];
}

/* A larger ring in place of the one that is full. */
static struct scope_sent_pkt *larger(const struct scope_sent *sent,
				     struct scope_sent_pool *pool,
				     uint32_t room)
{
	uint64_t bytes = (room - sent->room) * sizeof(struct scope_sent_pkt);
	struct scope_sent_pkt *pkt;

	if (pool->bytes + bytes > SCOPE_SENT_BYTES_MAX)
		return NULL;
	pkt = ring_take(pool, room);
	if (!pkt)
		return NULL;
	pool->bytes += bytes;
	for (uint32_t i = sent->begin; i != sent->end; i++)
		pkt[i & (room - 1)] = *pkt_at(sent, i);
	if (sent->room)
		ring_give(pool, sent->pkt, sent->room);
	return pkt;
}

int scope_sent_room(struct scope_sent *sent, struct scope_sent_pool *pool,
		    uint64_t time_ns, uint32_t sequence, uint64_t segments,
		    bool has_acks)
{
	uint32_t room = sent->room ? sent->room * 2 : SCOPE_SENT_FIRST;
	struct scope_sent_pkt *pkt = NULL;

	if (segments < SEGMENTS_MIN)
		return -1;
	if (!sent->room || (has_acks ? room <= SCOPE_SENT_MAX :
	    room <= SCOPE_SENT_ALONE_MAX &&
	    time_ns - pkt_at(sent, sent->begin)->time_ns < SCOPE_SENT_ALONE_NS))
		pkt = larger(sent, pool, room);
	if (pkt) {
		if (!sent->room)
			sent->known = sequence;
		sent->pkt = pkt;
		sent->room = room;
	} else if (sent->room) {
		/* its ACK, if it comes, has nothing to be compared with */
		sent->known = pkt_at(sent, sent->begin++)->end;
		sent->ack_ns = 0;
	}
	return sent->room ? 0 : -1;
}

void scope_sent_restart(struct scope_sent *sent, uint32_t sequence)
{
	sent->begin = sent->end;
	sent->known = sequence;
	sent->ack_ns = 0;
	if (sent->loss)
		sent->loss->run_pkts = 0;
}

/* The segment or hole that has this octet of the sequence; end: it is not known. */
static uint32_t find_any(const struct scope_sent *sent, uint32_t sequence)
{
	uint32_t from = sent->begin, to = sent->end;

	if (!sent->room || (int32_t)(sequence - sent->known) < 0)
		return sent->end;
	while (from != to) {
		uint32_t middle = from + (to - from) / 2;

		if ((int32_t)(pkt_at(sent, middle)->end - sequence) > 0)
			to = middle;
		else
			from = middle + 1;
	}
	return from;
}

/* The same of segments. */
static uint32_t find(const struct scope_sent *sent, uint32_t sequence)
{
	uint32_t i = find_any(sent, sequence);

	return i != sent->end && pkt_at(sent, i)->place & SCOPE_SENT_HOLE ?
	       sent->end : i;
}

bool scope_sent_fill(struct scope_sent *sent, uint32_t sequence, uint32_t end,
		     uint64_t since_ns)
{
	uint32_t i = find_any(sent, sequence);
	struct scope_sent_pkt *pkt;

	if (i == sent->end)
		return false;
	pkt = pkt_at(sent, i);
	if (!(pkt->place & SCOPE_SENT_HOLE) || pkt->time_ns < since_ns ||
	    (int32_t)(end - pkt->end) > 0)
		return false;
	/* from now on it is a segment, of which nothing else is known */
	if (end == pkt->end && sequence == (i == sent->begin ? sent->known :
					    pkt_at(sent, i - 1)->end))
		pkt->place = SCOPE_SENT_AGAIN;
	return true;
}

/* next: the place of the packet behind it. */
static enum scope_place place_name(uint32_t place, uint32_t next)
{
	bool is_last = next <= place;

	if (place == 1)
		return is_last ? SCOPE_PLACE_ALONE : SCOPE_PLACE_FIRST;
	return is_last ? SCOPE_PLACE_LAST : SCOPE_PLACE_MIDDLE;
}

void scope_sent_again(struct scope_sent *sent, uint32_t sequence,
		      uint32_t length, uint32_t place, uint64_t silent_ns)
{
	struct scope_loss *loss = sent->loss;
	uint32_t first, i;

	if (!loss)
		loss = sent->loss = calloc(1, sizeof(*loss));
	if (!loss)
		return;
	loss->silent_ns += silent_ns;
	if (!loss->run_pkts || sequence != loss->run_end) {
		loss->runs++;
		loss->run_pkts = 0;
	}
	loss->run_end = sequence + length;
	if (++loss->run_pkts > loss->run_max_pkts)
		loss->run_max_pkts = loss->run_pkts;
	i = find(sent, sequence);
	if (i == sent->end)
		return;
	first = pkt_at(sent, i)->place;
	if (!(first & SCOPE_SENT_AGAIN))
		loss->place[place_name(first, i + 1 == sent->end ? place :
				       pkt_at(sent, i + 1)->place & PLACE_MASK)]++;
	do {
		pkt_at(sent, i)->place |= SCOPE_SENT_AGAIN;
	} while (++i != sent->end &&
		 (int32_t)(pkt_at(sent, i)->end - sequence - length) <= 0);
}
