// SPDX-License-Identifier: GPL-2.0
#include "recent.h"

#include <stdlib.h>

#include "pages.h"
#include "wide.h"

#define PKTS_FIRST	1024u		/* at least four batches */
#define BATCHES_FIRST	16u

static size_t pkts_bytes(uint64_t mask)
{
	return (mask + 1) * sizeof(struct sluice_recent_pkt);
}

int sluice_recent_init(struct sluice_recent *recent, uint64_t keep_ns,
		       uint64_t max_pkts)
{
	*recent = (struct sluice_recent){
		.pkts = sluice_pages_take(pkts_bytes(PKTS_FIRST - 1)),
		.pkts_mask = PKTS_FIRST - 1,
		.batches = malloc(BATCHES_FIRST * sizeof(*recent->batches)),
		.batches_mask = BATCHES_FIRST - 1,
		.keep_ns = keep_ns,
		.max_pkts = max_pkts,
	};
	return recent->pkts && recent->batches ? 0 : -1;
}

void sluice_recent_done(struct sluice_recent *recent)
{
	sluice_pages_give(recent->pkts, pkts_bytes(recent->pkts_mask));
	free(recent->batches);
	recent->pkts = NULL;
	recent->batches = NULL;
}

/* Forget the oldest batch. */
static void batch_drop(struct sluice_recent *recent)
{
	recent->first_batch++;
	recent->first_pkt = recent->first_batch == recent->end_batch ?
			    recent->end_pkt :
			    sluice_recent_batch(recent,
						recent->first_batch)->index;
}

/* A ring that was never full is moved as it is. */
static int pkts_grow(struct sluice_recent *recent)
{
	uint64_t mask = recent->pkts_mask * 2 + 1;
	size_t bytes = pkts_bytes(recent->pkts_mask);
	struct sluice_recent_pkt *pkts;
	bool is_straight = recent->end_pkt <= recent->pkts_mask + 1;

	if (mask >= recent->max_pkts)
		return -1;
	pkts = is_straight ?
	       sluice_pages_grow(recent->pkts, bytes, pkts_bytes(mask)) :
	       sluice_pages_take(pkts_bytes(mask));
	if (!pkts)
		return -1;
	if (!is_straight) {
		for (uint64_t i = recent->first_pkt; i != recent->end_pkt; i++)
			pkts[i & mask] = recent->pkts[i & recent->pkts_mask];
		sluice_pages_give(recent->pkts, bytes);
	}
	recent->pkts = pkts;
	recent->pkts_mask = mask;
	return 0;
}

static int batches_grow(struct sluice_recent *recent)
{
	uint64_t mask = recent->batches_mask * 2 + 1;
	struct sluice_recent_batch *batches =
		malloc((mask + 1) * sizeof(*batches));

	if (!batches)
		return -1;
	for (uint64_t i = recent->first_batch; i != recent->end_batch; i++)
		batches[i & mask] = recent->batches[i & recent->batches_mask];
	free(recent->batches);
	recent->batches = batches;
	recent->batches_mask = mask;
	return 0;
}

/* As batch_drop, of one that should still be kept. */
static void batch_lose(struct sluice_recent *recent)
{
	uint64_t first_pkt = recent->first_pkt;

	batch_drop(recent);
	recent->lost_pkts += recent->first_pkt - first_pkt;
}

/* Room for count packets and a batch: there are always two batches to lose. */
static void room_make(struct sluice_recent *recent, uint32_t count)
{
	while (recent->end_pkt + count - recent->first_pkt >
	       recent->pkts_mask + 1)
		if (pkts_grow(recent) < 0)
			batch_lose(recent);
	if (recent->end_batch - recent->first_batch > recent->batches_mask &&
	    batches_grow(recent) < 0)
		batch_lose(recent);
}

static inline __attribute__((always_inline))
void pkts_put(struct sluice_recent_pkt *pkts, const struct sluice_batch *batch,
	      uint32_t before, uint32_t from, uint32_t to)
{
	uint32_t first_ns = (uint32_t)batch->first_ns;

	for (uint32_t i = from; i < to; i++) {
		pkts[i - from].time_ns = first_ns + batch->at_ns[i];
		pkts[i - from].bytes_before = before + batch->bytes_before[i];
	}
}

SLUICE_WIDE static void pkts_put_wide(struct sluice_recent_pkt *pkts,
				      const struct sluice_batch *batch,
				      uint32_t before, uint32_t from,
				      uint32_t to)
{
	pkts_put(pkts, batch, before, from, to);
}

/* Up to the end of the ring, and from its begin on. */
static void pkts_add(struct sluice_recent *recent,
		     const struct sluice_batch *batch)
{
	uint32_t before = (uint32_t)recent->bytes;

	for (uint32_t from = 0, to; from < batch->count; from = to) {
		uint64_t at = (recent->end_pkt + from) & recent->pkts_mask;
		uint64_t room = recent->pkts_mask + 1 - at;

		to = batch->count - from > room ? from + (uint32_t)room :
						  batch->count;
		if (sluice_is_wide())
			pkts_put_wide(recent->pkts + at, batch, before, from,
				      to);
		else
			pkts_put(recent->pkts + at, batch, before, from, to);
	}
}

void sluice_recent_add(struct sluice_recent *recent,
		       const struct sluice_batch *batch)
{
	while (recent->end_batch - recent->first_batch > 1 &&
	       sluice_recent_batch(recent, recent->first_batch)->end_ns +
	       recent->keep_ns < batch->first_ns)
		batch_drop(recent);
	room_make(recent, batch->count);
	recent->batches[recent->end_batch++ & recent->batches_mask] =
		(struct sluice_recent_batch){
			.index = recent->end_pkt,
			.time_ns = batch->first_ns,
			.end_ns = batch->first_ns +
				  batch->at_ns[batch->count - 1],
			.bytes_before = recent->bytes,
		};
	pkts_add(recent, batch);
	recent->bytes += batch->bytes_before[batch->count];
	recent->end_pkt += batch->count;
}

static inline __attribute__((always_inline))
void pkts_read(const struct sluice_recent_pkt *pkts, uint32_t steps,
	       uint32_t *ret_gaps_ns, uint32_t *ret_bytes)
{
	for (uint32_t i = 0; i < steps; i++) {
		ret_gaps_ns[i + 1] = pkts[i + 1].time_ns - pkts[i].time_ns;
		ret_bytes[i] = pkts[i + 1].bytes_before - pkts[i].bytes_before;
	}
}

SLUICE_WIDE static void pkts_read_wide(const struct sluice_recent_pkt *pkts,
				       uint32_t steps, uint32_t *ret_gaps_ns,
				       uint32_t *ret_bytes)
{
	pkts_read(pkts, steps, ret_gaps_ns, ret_bytes);
}

void sluice_recent_read(const struct sluice_recent *recent, uint64_t index,
			uint32_t count, uint32_t last_ns, uint32_t *ret_gaps_ns,
			uint32_t *ret_bytes)
{
	while (count) {
		uint64_t at = index & recent->pkts_mask;
		uint64_t room = recent->pkts_mask + 1 - at;
		uint32_t some = count < room ? count : (uint32_t)room;
		const struct sluice_recent_pkt *pkts = recent->pkts + at;
		uint32_t behind = index + some == recent->end_pkt ?
			(uint32_t)recent->bytes :
			sluice_recent_pkt(recent, index + some)->bytes_before;

		ret_gaps_ns[0] = pkts[0].time_ns - last_ns;
		if (sluice_is_wide())
			pkts_read_wide(pkts, some - 1, ret_gaps_ns, ret_bytes);
		else
			pkts_read(pkts, some - 1, ret_gaps_ns, ret_bytes);
		ret_bytes[some - 1] = behind - pkts[some - 1].bytes_before;
		last_ns = pkts[some - 1].time_ns;
		index += some;
		count -= some;
		ret_gaps_ns += some;
		ret_bytes += some;
	}
}
