/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The packets of the last seconds, eight bytes each, for what must be computed
 * over a span whose end or mean is only known later. They come in batches; of
 * each batch the first stamp and the running total of bytes are kept, so that a
 * search by time need not look at packets.
 *
 * Stamps are kept modulo 2^32 ns, which tells packets up to 4.29 s apart. A batch
 * spans one second at most.
 */
#ifndef SLUICE_RECENT_H
#define SLUICE_RECENT_H

#include <stdbool.h>
#include <stdint.h>

#include "batch.h"

struct sluice_recent_pkt {
	uint32_t time_ns;		/* low 32 bits */
	uint32_t bytes_before;		/* of all packets before it, low 32 bits */
};

struct sluice_recent_batch {
	uint64_t index;			/* of its first packet, from 0 on */
	uint64_t time_ns;		/* of the same */
	uint64_t end_ns;		/* stamp of its last packet */
	uint64_t bytes_before;		/* of all packets before it */
};

struct sluice_recent {
	struct sluice_recent_pkt *pkts;
	uint64_t pkts_mask;
	uint64_t first_pkt;		/* the oldest that is kept */
	uint64_t end_pkt;		/* behind the newest */
	struct sluice_recent_batch *batches;
	uint64_t batches_mask;
	uint64_t first_batch;
	uint64_t end_batch;
	uint64_t bytes;			/* of all packets ever */
	uint64_t keep_ns;		/* at least; longer than any window */
	uint64_t max_pkts;		/* kept at most, whatever keep_ns says */
	uint64_t lost_pkts;		/* forgotten too early for that */
};

/*
 * keep_ns is at most two seconds. Returns 0 or -1 (no memory); done accepts one that init
 * refused.
 */
int sluice_recent_init(struct sluice_recent *recent, uint64_t keep_ns,
		       uint64_t max_pkts);
void sluice_recent_done(struct sluice_recent *recent);

/*
 * Add a batch, and forget what is older than keep_ns. Where there is no room for
 * more, the oldest are forgotten too early and counted as lost.
 */
void sluice_recent_add(struct sluice_recent *recent,
		       const struct sluice_batch *batch);

/*
 * Of packets from index on, which are kept, at most SLUICE_BATCH_PKTS: the gap
 * behind the one before (behind last_ns for the first), and their bytes.
 */
void sluice_recent_read(const struct sluice_recent *recent, uint64_t index,
			uint32_t count, uint32_t last_ns, uint32_t *ret_gaps_ns,
			uint32_t *ret_bytes);

/* The batch of that number, and the packet of that index; both must be kept still. */
static inline const struct sluice_recent_batch *
sluice_recent_batch(const struct sluice_recent *recent, uint64_t number)
{
	return &recent->batches[number & recent->batches_mask];
}

static inline const struct sluice_recent_pkt *
sluice_recent_pkt(const struct sluice_recent *recent, uint64_t index)
{
	return &recent->pkts[index & recent->pkts_mask];
}

#endif
