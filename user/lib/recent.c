// SPDX-License-Identifier: GPL-2.0
#include "recent.h"

#include <stdlib.h>
#include <string.h>

#define PKTS_FIRST	1024u		/* at least four batches */
#define BATCHES_FIRST	16u

int sluice_recent_init(struct sluice_recent *recent, uint64_t keep_ns,
		       uint64_t max_pkts)
{
	*recent = (struct sluice_recent){
		.pkts = malloc(PKTS_FIRST * sizeof(*recent->pkts)),
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
	free(recent->pkts);
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

static int pkts_grow(struct sluice_recent *recent)
{
	uint64_t mask = recent->pkts_mask * 2 + 1;
	struct sluice_recent_pkt *pkts;

	if (mask >= recent->max_pkts)
		return -1;
	pkts = malloc((mask + 1) * sizeof(*pkts));
	if (!pkts)
		return -1;
	for (uint64_t i = recent->first_pkt; i != recent->end_pkt; i++)
		pkts[i & mask] = recent->pkts[i & recent->pkts_mask];
	free(recent->pkts);
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

void sluice_recent_add(struct sluice_recent *recent, uint64_t time_ns,
		       uint64_t end_ns, const uint32_t *gaps_ns,
		       const uint32_t *bytes, uint32_t count)
{
	struct sluice_recent_pkt *pkts;
	uint64_t at, mask, sum = 0;
	uint32_t pkt_ns = (uint32_t)time_ns - gaps_ns[0];

	while (recent->end_batch - recent->first_batch > 1 &&
	       sluice_recent_batch(recent, recent->first_batch)->end_ns +
	       recent->keep_ns < time_ns)
		batch_drop(recent);
	room_make(recent, count);
	recent->batches[recent->end_batch++ & recent->batches_mask] =
		(struct sluice_recent_batch){
			.index = recent->end_pkt,
			.time_ns = time_ns,
			.end_ns = end_ns,
			.bytes_before = recent->bytes,
		};
	pkts = recent->pkts;
	mask = recent->pkts_mask;
	at = recent->end_pkt;
	for (uint32_t i = 0; i < count; i++) {
		pkt_ns += gaps_ns[i];
		sum += bytes[i];
		pkts[at++ & mask] = (struct sluice_recent_pkt){
			.time_ns = pkt_ns, .bytes = bytes[i],
		};
	}
	recent->bytes += sum;
	recent->end_pkt = at;
}
