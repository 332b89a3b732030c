/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The meter: every figure Sluice states about the spacing of frames, from a
 * stream of (start of frame, length), in one pass and without allocation per
 * frame. The same meter serves captures, live views, the lab and the tests;
 * one meter per flow and one for the aggregate.
 *
 * Notation: frame i starts at t_i and counts L_i accounted bytes; gap
 * g_i = t_i - t_(i-1); C is the line rate; R the mean rate of a block.
 *
 *   peak to mean   most bytes in any sliding window w, over R w
 *   gaps           g_i, and idle gaps g_i - 8 L_(i-1) / C
 *   trains         maximal runs of frames with g_i <= theta
 *   spectrum       s(rho) over the whole span, for fixed rates
 *   burst excess   s(rho) / L_max at multiples of R, each block apart
 *   departure      t_i - d_i for frames whose intended departure is known
 *
 * A block is one second from start_ns on; the last one takes what is left, so
 * blocks last 1 s to 2 s (less only if the whole span does). A block's mean is
 * what "the 1 s mean" means everywhere.
 */
#ifndef SLUICE_METRICS_H
#define SLUICE_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "quantile.h"
#include "spectrum.h"
#include "window.h"

#define SLUICE_NS_PER_S		1000000000ull
#define SLUICE_METER_THETAS	7u	/* wire, 128 … 2048 ns, 100 µs */
#define SLUICE_METER_WINDOWS	5u	/* 10 µs … 100 ms */
#define SLUICE_METER_MULTIPLES	4u	/* 1.0, 1.05, 1.25, 2 */

extern const uint64_t sluice_meter_windows_ns[SLUICE_METER_WINDOWS];
/*
 * Index 0 is "wire": 1.1 x 8 L / C, and what stamps may be wrong by, so that a
 * coarse clock does not cut trains. Its entry here is 0.
 */
extern const uint64_t sluice_meter_thetas_ns[SLUICE_METER_THETAS];
extern const uint32_t sluice_meter_multiples_percent[SLUICE_METER_MULTIPLES];

/* Bytes and frames of every block: the first pass over a capture. */
struct sluice_tally {
	uint64_t start_ns;
	uint64_t end_ns;
	uint64_t *block_bytes;
	uint32_t blocks;
	uint64_t pkts;
	uint64_t bytes;
};

struct sluice_meter_config {
	uint64_t start_ns;		/* the span; frames outside are not given */
	uint64_t end_ns;
	uint64_t line_rate_bits_ps;	/* 0: unknown; no idle gaps, no "wire" trains */
	uint32_t line_overhead_bytes;	/* the medium adds to a frame's bytes */
	uint32_t overhead_bytes;	/* the accounting adds, e.g. 24 for L1 */
	uint32_t min_frame_bytes;	/* shorter frames count as this; 0: none */
	uint32_t uncertainty_ns;	/* of a stamp */
	uint32_t hist_bits;		/* of histograms; 7: below 0.8 % wrong */
	uint32_t rates;			/* of the spectrum, at most 32 */
	uint64_t rate_bits_ps[SLUICE_SPECTRUM_MAX];
	/* Bytes per block from a tally of the same span, to know R in advance;
	 * must outlive the meter. NULL: the block before serves as R. */
	const struct sluice_tally *tally;
};

struct sluice_window_result {
	uint64_t window_ns;
	uint64_t peak_bytes;		/* over the whole span */
	double peak_bits_ps;
	double pmr;			/* highest of all blocks */
	double floor;			/* F of the same block: what perfect CBR has */
	uint64_t block_mean_bits_ps;	/* R of the same block */
};

struct sluice_run {			/* the train under way */
	uint64_t first_pkt;
	uint64_t first_bytes;
	uint64_t first_ns;
};

struct sluice_trains {
	struct sluice_hist pkts;
	uint64_t bytes_max;
	uint64_t duration_max_ns;	/* first start to last start */
	struct sluice_run run;
};

struct sluice_excess {			/* burst excess at a multiple of R */
	double max;			/* over blocks */
	double min;
	double least_max;		/* max, less what stamps may be wrong by */
	uint64_t bytes_max;
};

struct sluice_departure {
	struct sluice_hist late;	/* t_i - d_i > 0 */
	struct sluice_hist early;	/* d_i - t_i > 0 */
	uint64_t exact;
};

struct sluice_meter {
	struct sluice_meter_config config;
	uint64_t pkts;
	uint64_t bytes;			/* accounted */
	uint64_t first_ns;
	uint64_t last_ns;
	uint32_t last_bytes;
	uint32_t max_bytes;		/* L_max */
	uint32_t min_bytes;
	uint64_t backward_pkts;		/* stamp before the previous one: taken as equal */

	uint64_t last_wire_ns;		/* floor(8 L / C) of the last frame */
	uint64_t last_theta_ns;		/* floor(1.1 x 8 L / C) + uncertainty */
	uint32_t wire_memo_bytes;	/* frame length the two belong to */
	uint64_t wire_memo_ns;
	uint64_t theta_memo_ns;

	struct sluice_hist gap;
	struct sluice_hist idle;
	unsigned __int128 gap_square_sum;
	uint64_t censored_gaps;		/* g_i below the uncertainty */
	struct sluice_trains trains[SLUICE_METER_THETAS];

	struct sluice_windows windows;
	struct sluice_spectrum spectrum;
	struct sluice_spectrum block_spectrum;
	bool has_block_rate;

	uint32_t block;			/* number of the one under way */
	uint64_t block_start_ns;
	uint64_t block_end_ns;
	uint64_t block_bytes;
	uint64_t block_pkts;
	uint32_t block_max_bytes;
	uint32_t blocks_counted;
	struct sluice_window_result results[SLUICE_METER_WINDOWS];
	struct sluice_excess excess[SLUICE_METER_MULTIPLES];

	struct sluice_departure *departure;	/* NULL until the first */
};

int sluice_tally_init(struct sluice_tally *tally, uint64_t start_ns,
		      uint64_t end_ns);
void sluice_tally_done(struct sluice_tally *tally);
void sluice_tally_add(struct sluice_tally *tally, uint64_t time_ns,
		      uint32_t bytes);

/* Bytes that the accounting gives a frame. */
static inline uint32_t
sluice_meter_bytes(const struct sluice_meter_config *config,
		   uint32_t frame_bytes)
{
	if (frame_bytes < config->min_frame_bytes)
		frame_bytes = config->min_frame_bytes;
	return frame_bytes + config->overhead_bytes;
}

/* Returns 0 or -1 (no memory). done accepts a meter that init refused. */
int sluice_meter_init(struct sluice_meter *meter,
		      const struct sluice_meter_config *config);
void sluice_meter_done(struct sluice_meter *meter);

/*
 * A frame whose first bit is seen at time_ns, start_ns <= time_ns < end_ns.
 * Returns 0 or -1 (no memory; the meter stays usable for what it has).
 */
int sluice_meter_add(struct sluice_meter *meter, uint64_t time_ns,
		     uint32_t frame_bytes);

/* The frame just added was meant to leave at departure_ns. 0 or -1. */
int sluice_meter_departure(struct sluice_meter *meter, uint64_t departure_ns);

/* Close the last block and the trains under way. No frames after this. */
void sluice_meter_finish(struct sluice_meter *meter);

/* Mean rate over the span, accounted bytes. */
double sluice_meter_mean_bits_ps(const struct sluice_meter *meter);

/* Standard deviation over mean of the gaps; 0 with fewer than two frames. */
double sluice_meter_gap_cov(const struct sluice_meter *meter);

#endif
