/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trains: maximal runs of frames with gaps of at most theta, for the "wire"
 * theta (1.1 times the wire time of the frame before) and a grid of fixed ones.
 *
 * A gap's class is the number of grid thetas below it, so a frame of class c
 * begins a train for the first c of them. Where the train before had one frame,
 * which is so for all thetas up to the lower of two classes in a row, only a
 * count for that class goes up; and where the class stays the same nothing else
 * happens, so that such frames are counted together.
 */
#ifndef SLUICE_TRAIN_H
#define SLUICE_TRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "batch.h"
#include "quantile.h"

#define SLUICE_THETAS	7u		/* wire, 128 … 2048 ns, 100 µs */

/*
 * Index 0 is "wire": 1.1 x 8 L / C, and what stamps may be wrong by, so that a
 * coarse clock does not cut trains. Its entry here is 0.
 */
extern const uint64_t sluice_thetas_ns[SLUICE_THETAS];

struct sluice_train_start {
	uint64_t pkt;			/* its number */
	uint64_t bytes;			/* of all packets before it */
	uint64_t time_ns;
};

struct sluice_train {			/* for one theta */
	struct sluice_hist pkts;	/* lengths; single frames after _sync */
	uint64_t bytes_max;
	uint64_t duration_max_ns;	/* first start to last start */
};

struct sluice_trains {
	struct sluice_train theta[SLUICE_THETAS];
	/* The last frame of each class; the first frame counts for all. */
	struct sluice_train_start start[SLUICE_THETAS];
	struct sluice_train_start wire_start;
	uint64_t singles[SLUICE_THETAS];	/* by the lower class; not in pkts yet */
	uint32_t single_bytes_max[SLUICE_THETAS];
	uint64_t wire_singles;
	uint32_t wire_single_bytes_max;
	uint32_t last_class;
	uint64_t pkts;			/* so far */
	uint64_t bytes;
	uint64_t last_ns;
	uint32_t last_bytes;
};

/* Returns 0 or -1 (no memory); done accepts one that init refused. */
int sluice_trains_init(struct sluice_trains *trains, uint32_t hist_bits);
void sluice_trains_done(struct sluice_trains *trains);

/*
 * The next frames. A gap longer than its theta_ns ends a "wire" train;
 * first_theta_ns is that of the first, which may not fit the batch's 32 bits. For
 * the first frame of all it does not matter.
 */
void sluice_trains_add(struct sluice_trains *trains,
		       const struct sluice_batch *batch, uint64_t first_theta_ns);

/* Put single frames into the histograms. Trains under way stay so. */
void sluice_trains_sync(struct sluice_trains *trains);

/* Close the trains under way, and sync. No frames after this. */
void sluice_trains_finish(struct sluice_trains *trains);

/* How many trains of theta index have at least pkts frames; after _sync. */
uint64_t sluice_trains_at_least(const struct sluice_trains *trains,
				uint32_t index, uint64_t pkts);

#endif
