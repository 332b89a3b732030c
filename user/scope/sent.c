// SPDX-License-Identifier: GPL-2.0
#include "sent.h"

#include <stdlib.h>

#define LENGTH_MASK		((1u << SCOPE_SENT_LENGTH_BITS) - 1)
#define PLACE_MAX		((1u << SCOPE_SENT_PLACE_BITS) - 1)

void scope_sent_free(struct scope_sent *sent)
{
	free(sent->pkt);
	free(sent->loss);
}

static uint32_t place_of(const struct scope_sent_pkt *pkt)
{
	return pkt->what >> SCOPE_SENT_LENGTH_BITS & PLACE_MAX;
}

static struct scope_sent_pkt *pkt_at(const struct scope_sent *sent,
				     uint32_t index)
{
	return &sent->pkt[index & sent->mask];
}

/* A larger ring in place of the one that is full. */
static struct scope_sent_pkt *larger(const struct scope_sent *sent,
				     struct scope_sent_pool *pool,
				     uint32_t room)
{
	uint32_t more = room - (sent->pkt ? sent->mask + 1 : 0);
	uint64_t bytes = more * sizeof(struct scope_sent_pkt);
	struct scope_sent_pkt *pkt;

	if (pool->bytes + bytes > SCOPE_SENT_BYTES_MAX)
		return NULL;
	pkt = malloc(room * sizeof(*pkt));
	if (!pkt)
		return NULL;
	pool->bytes += bytes;
	for (uint32_t i = sent->begin; i != sent->end; i++)
		pkt[i & (room - 1)] = *pkt_at(sent, i);
	return pkt;
}

void scope_sent_room(struct scope_sent *sent, struct scope_sent_pool *pool,
		     uint64_t time_ns, uint32_t sequence, bool has_acks)
{
	uint32_t room = sent->pkt ? (sent->mask + 1) * 2 : SCOPE_SENT_FIRST;
	struct scope_sent_pkt *pkt = NULL;

	if (!sent->pkt || (has_acks ? room <= SCOPE_SENT_MAX :
	    room <= SCOPE_SENT_ALONE_MAX &&
	    time_ns - pkt_at(sent, sent->begin)->time_ns < SCOPE_SENT_ALONE_NS))
		pkt = larger(sent, pool, room);
	if (pkt) {
		if (!sent->pkt)
			sent->acked = sequence;
		free(sent->pkt);
		sent->pkt = pkt;
		sent->mask = room - 1;
	} else if (sent->pkt) {
		/* its ACK, if it comes, has nothing to be compared with */
		sent->begin++;
		sent->ack_ns = 0;
	}
}

void scope_sent_restart(struct scope_sent *sent, uint32_t sequence)
{
	sent->begin = sent->end;
	sent->acked = sequence;
	sent->ack_ns = 0;
	if (sent->loss)
		sent->loss->run_pkts = 0;
}

void scope_sent_ack(struct scope_sent *sent,
		    const struct scope_sent_pool *pool, uint64_t time_ns,
		    uint32_t ack, bool is_pure)
{
	const struct scope_sent_pkt *pkt = NULL;
	uint32_t again = 0;
	uint64_t gap_ns;

	if (!sent->pkt || (int32_t)(ack - sent->acked) <= 0)
		return;
	sent->acked = ack;
	while (sent->begin != sent->end) {
		pkt = pkt_at(sent, sent->begin);
		again |= pkt->what;
		if ((int32_t)(ack - pkt->end) < 0)
			break;
		sent->begin++;
		if (ack == pkt->end)
			break;
	}
	if (!pkt || !is_pure || again & SCOPE_SENT_AGAIN) {
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

/* The segment that has this octet of the sequence; NULL: it is not known. */
static struct scope_sent_pkt *find(const struct scope_sent *sent,
				   uint32_t sequence, uint32_t *ret_index)
{
	uint32_t from = sent->begin, to = sent->end;
	struct scope_sent_pkt *pkt;

	while (from != to) {
		uint32_t middle = from + (to - from) / 2;

		if ((int32_t)(pkt_at(sent, middle)->end - sequence) > 0)
			to = middle;
		else
			from = middle + 1;
	}
	if (from == sent->end)
		return NULL;
	pkt = pkt_at(sent, from);
	*ret_index = from;
	return (int32_t)(sequence - (pkt->end - (pkt->what & LENGTH_MASK))) < 0 ?
	       NULL : pkt;
}

/* next: the place of the packet behind it. */
static enum scope_place place_name(uint32_t place, uint32_t next)
{
	bool is_last = next <= place && next != PLACE_MAX;

	if (place == 1)
		return is_last ? SCOPE_PLACE_ALONE : SCOPE_PLACE_FIRST;
	return is_last ? SCOPE_PLACE_LAST : SCOPE_PLACE_MIDDLE;
}

void scope_sent_again(struct scope_sent *sent, uint32_t sequence,
		      uint32_t length, uint32_t place, uint64_t silent_ns)
{
	struct scope_loss *loss = sent->loss;
	struct scope_sent_pkt *pkt;
	uint32_t i;

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
	pkt = sent->pkt ? find(sent, sequence, &i) : NULL;
	if (!pkt)
		return;
	if (!(pkt->what & SCOPE_SENT_AGAIN))
		loss->place[place_name(place_of(pkt), i + 1 == sent->end ?
				       place : place_of(pkt_at(sent, i + 1)))]++;
	for (; i != sent->end && (int32_t)(pkt_at(sent, i)->end - sequence -
					   length) <= 0; i++)
		pkt_at(sent, i)->what |= SCOPE_SENT_AGAIN;
	pkt->what |= SCOPE_SENT_AGAIN;
}
