/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trains: maximal runs of frames with gaps of at most theta, for the "wire"
 * theta (1.1 times the wire time of the frame before) and a grid of fixed ones.
 *
 * A gap's class is the number of grid thetas below it, so a frame of class c
 * begins a train for the first c of them. Where the train before had one frame,
 * which is so for all thetas up to the lower of two classes in a row, only a
 * count for that class goes up.
 */
#ifndef SLUICE_TRAIN_H
#define SLUICE_TRAIN_H

#include <stdbool.h>
#include <stdint.h>

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
 * The next frame, gap_ns after the one before; is_wire_end says that the gap is
 * longer than the wire theta. For the first frame both do not matter.
 */
static inline void sluice_trains_add(struct sluice_trains *trains,
				     uint64_t time_ns, uint64_t gap_ns,
				     bool is_wire_end, uint32_t bytes);

/* How many thetas of the grid, which doubles from 128 to 2048 ns, lie below. */
static inline uint32_t sluice_theta_class(uint64_t gap_ns)
{
	uint64_t over = (gap_ns - (gap_ns != 0)) >> 7;
	uint32_t class = 64 - (uint32_t)__builtin_clzll(over << 1 | 1) - 1;

	return class < 5 ? class : 5 + (gap_ns > 100000);
}

/* Put single frames into the histograms. Trains under way stay so. */
void sluice_trains_sync(struct sluice_trains *trains);

/* Close the trains under way, and sync. No frames after this. */
void sluice_trains_finish(struct sluice_trains *trains);

/* How many trains of theta index have at least pkts frames; after _sync. */
uint64_t sluice_trains_at_least(const struct sluice_trains *trains,
				uint32_t index, uint64_t pkts);

/* The train of thetas from to to, which has several frames, ended. */
void sluice_trains_close(struct sluice_trains *trains, uint32_t from,
			 uint32_t to);
void sluice_trains_close_wire(struct sluice_trains *trains);

static inline void sluice_trains_add(struct sluice_trains *trains,
				     uint64_t time_ns, uint64_t gap_ns,
				     bool is_wire_end, uint32_t bytes)
{
	struct sluice_train_start start = {
		.pkt = trains->pkts, .bytes = trains->bytes, .time_ns = time_ns,
	};
	uint32_t class = sluice_theta_class(gap_ns);
	uint32_t lower = class < trains->last_class ? class :
						      trains->last_class;

	if (!trains->pkts) {
		class = SLUICE_THETAS - 1;
		for (uint32_t i = 0; i < SLUICE_THETAS; i++)
			trains->start[i] = start;
		trains->wire_start = start;
	} else {
		trains->singles[lower]++;
		if (trains->last_bytes > trains->single_bytes_max[lower])
			trains->single_bytes_max[lower] = trains->last_bytes;
		if (class > trains->last_class)
			sluice_trains_close(trains, lower + 1, class);
		if (is_wire_end) {
			if (trains->wire_start.pkt + 1 == trains->pkts) {
				trains->wire_singles++;
				if (trains->last_bytes > trains->wire_single_bytes_max)
					trains->wire_single_bytes_max = trains->last_bytes;
			} else {
				sluice_trains_close_wire(trains);
			}
			trains->wire_start = start;
		}
	}
	trains->start[class] = start;
	trains->last_class = class;
	trains->pkts++;
	trains->bytes += bytes;
	trains->last_ns = time_ns;
	trains->last_bytes = bytes;
}

#endif
