/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The meter: every figure Sluice states about the spacing of frames, from a
 * stream of (start of frame, length), in one pass and without allocation per
 * frame; memory is the histograms and the frames of the last two seconds. The
 * same meter serves captures, live views, the lab and the tests.
 *
 * Notation: frame i starts at t_i and counts L_i accounted bytes; gap
 * g_i = t_i - t_(i-1); C is the line rate; R the mean rate of a block.
 *
 *   peak to mean   most bytes in any sliding window w, over R w
 *   gaps           g_i, and idle gaps g_i - 8 L_(i-1) / C
 *   trains         maximal runs of frames with g_i <= theta
 *   spectrum       s(rho) over the whole span, for fixed rates
 *   burst excess   s(rho) / L_max at multiples of R, each block apart
 *   delay factor   swing of a buffer that is filled by the frames of a block
 *                  and drained at R, over R (RFC 4445)
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

#include "aligned.h"
#include "batch.h"
#include "quantile.h"
#include "recent.h"
#include "spectrum.h"
#include "train.h"
#include "window.h"

#define SLUICE_NS_PER_S		1000000000ull
#define SLUICE_METER_WINDOWS	5u	/* 10 µs … 100 ms: peak to mean */
#define SLUICE_METER_SPANS	7u	/* 1 µs … 1 s: the envelope */
#define SLUICE_METER_MULTIPLES	4u	/* 1.0, 1.05, 1.25, 2 */

extern const uint64_t sluice_meter_windows_ns[SLUICE_METER_WINDOWS];
extern const uint64_t sluice_meter_spans_ns[SLUICE_METER_SPANS];
extern const uint32_t sluice_meter_multiples_percent[SLUICE_METER_MULTIPLES];

struct sluice_meter_config {
	uint64_t start_ns;		/* of the span; no frame before it is given */
	uint64_t end_ns;		/* no frame from it on; 0: one mean gap behind the last */
	uint64_t line_rate_bits_ps;	/* 0: unknown; no idle gaps, no "wire" trains, no hot time */
	uint32_t line_overhead_bytes;	/* the medium adds to a frame's bytes */
	uint32_t overhead_bytes;	/* the accounting adds, e.g. 24 for L1 */
	uint32_t min_frame_bytes;	/* shorter frames count as this; 0: none */
	uint32_t uncertainty_ns;	/* of a stamp */
	uint32_t hist_bits;		/* of histograms; 7: below 0.8 % wrong */
	bool has_stacks;		/* frames with one stamp leave one behind the other: trains
					 * and idle time are of what follows all of them */
	uint32_t hot_percent;		/* of the line rate that makes a window hot; 0: 50 */
	uint32_t rates;			/* of the spectrum, at most 32 */
	uint64_t rate_bits_ps[SLUICE_SPECTRUM_MAX];	/* rounded up to a grain, the first if need be */
	uint64_t max_recent_pkts;	/* for which a block is kept; 0: 2^25 */
	/* Each where not NULL: bursts and milliseconds as they end (aligned.h). */
	void (*burst)(void *context, const struct sluice_burst *burst);
	void (*millisecond)(void *context,
			    const struct sluice_millisecond *millisecond);
	void *context;
};

struct sluice_window_result {
	uint64_t window_ns;
	uint64_t peak_bytes;		/* over the whole span; 0: that is shorter */
	double peak_bits_ps;
	double pmr;			/* highest of all blocks */
	double floor;			/* F of the same block: what perfect CBR has */
	uint64_t block_mean_bits_ps;	/* R of the same block */
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

/*
 * A second that is over or under way. A block closes when the second behind
 * the next one begins: only then it is sure not to be the last but one.
 */
struct sluice_block {
	uint64_t number;
	uint64_t first_pkt;
	uint64_t pkts;
	uint64_t bytes;
	uint32_t max_frame_bytes;	/* accounted */
	uint64_t max_window_bytes[SLUICE_METER_WINDOWS];
};

struct sluice_wire_memo {		/* of one frame length */
	uint32_t frame_bytes;
	uint64_t wire_ns;		/* floor(8 L / C) */
	uint64_t theta_ns;		/* floor(1.1 x 8 L / C) + uncertainty */
};

#define SLUICE_WIRE_MEMOS	8u

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

	struct sluice_wire_memo memo[SLUICE_WIRE_MEMOS];
	struct sluice_wire_memo last_wire;	/* of the last frame looked at, or its stack */
	struct sluice_batch batch;	/* frames that wait to be looked at */
	uint64_t batch_end_ns;		/* a frame from here on begins another one */

	struct sluice_hist gap;
	struct sluice_hist idle;
	unsigned __int128 gap_square_sum;
	uint64_t censored_gaps;		/* g_i below the uncertainty */
	struct sluice_trains trains;
	struct sluice_aligned aligned;

	struct sluice_recent recent;
	struct sluice_windows windows;
	uint64_t span_bytes[SLUICE_METER_SPANS];	/* envelope */
	struct sluice_spectrum spectrum;
	struct sluice_spectrum block_spectrum;

	struct sluice_block block[2];	/* the older one first */
	uint32_t blocks;		/* of them in use */
	uint32_t blocks_counted;
	uint32_t blocks_cut;		/* forgotten in part: burst excess may be higher */
	struct sluice_window_result results[SLUICE_METER_WINDOWS];
	struct sluice_excess excess[SLUICE_METER_MULTIPLES];
	uint64_t delay_factor_ns;	/* RFC 4445: highest of all blocks */

	struct sluice_departure *departure;	/* NULL until the first */
};

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

/* Stamps tell times of that length; in shorter ones frames lie by chance. */
static inline bool sluice_meter_tells(const struct sluice_meter *meter,
				      uint64_t time_ns)
{
	return time_ns >= meter->config.uncertainty_ns;
}

/*
 * Burst excess is at most so many packets wrong as its floor is lower: told to within
 * a packet, or the half of it.
 */
static inline bool sluice_excess_is_told(const struct sluice_excess *excess)
{
	return excess->max - excess->least_max <= 1 ||
	       2 * excess->least_max >= excess->max;
}

/* The same of the backlog at rate i of the spectrum, of which a step of stamps is a part. */
static inline bool sluice_meter_tells_backlog(const struct sluice_meter *meter,
					      uint32_t i)
{
	double step_bytes = (double)sluice_spectrum_rate(&meter->spectrum, i) /
			    8e9 * meter->config.uncertainty_ns;

	return step_bytes <= meter->max_bytes || 2 * step_bytes <=
	       (double)sluice_spectrum_bytes(&meter->spectrum, i);
}

/* And so which frames were back to back: trains at the line rate, where that is known. */
static inline bool sluice_meter_tells_wire(const struct sluice_meter *meter)
{
	uint64_t rate = meter->config.line_rate_bits_ps;

	return rate && sluice_meter_tells(meter, meter->max_bytes *
					  8000000000ull / rate);
}

/* So many frames before batch_end_ns can be added without a look at any. */
static inline uint32_t sluice_meter_room(const struct sluice_meter *meter)
{
	return meter->batch.count ? SLUICE_BATCH_PKTS - meter->batch.count : 0;
}

/* As sluice_meter_add, of a frame that may be the first, too early, or too many. */
void sluice_meter_add_any(struct sluice_meter *meter, uint64_t time_ns,
			  uint32_t frame_bytes);

/* A frame of less than 2^24 bytes whose first bit is seen at time_ns. */
static inline void sluice_meter_add(struct sluice_meter *meter, uint64_t time_ns,
				    uint32_t frame_bytes)
{
	struct sluice_batch *batch = &meter->batch;
	uint32_t i = batch->count, bytes;

	if (time_ns - meter->last_ns >= meter->batch_end_ns - meter->last_ns ||
	    i - 1 >= SLUICE_BATCH_PKTS - 1) {
		sluice_meter_add_any(meter, time_ns, frame_bytes);
		return;
	}
	bytes = sluice_meter_bytes(&meter->config, frame_bytes);
	batch->at_ns[i] = (uint32_t)(time_ns - batch->first_ns);
	batch->frame_bytes[i] = frame_bytes;
	batch->count = i + 1;
	meter->pkts++;
	meter->bytes += bytes;
	meter->last_ns = time_ns;
	meter->last_bytes = bytes;
}

/*
 * The same of count frames in the order of time, all before batch_end_ns, no more
 * than sluice_meter_room says.
 */
void sluice_meter_add_all(struct sluice_meter *meter, const uint64_t *times_ns,
			  const uint32_t *frame_bytes, uint32_t count);

/* The frame just added was meant to leave at departure_ns. 0 or -1. */
int sluice_meter_departure(struct sluice_meter *meter, uint64_t departure_ns);

/*
 * Look at the frames that wait, so that sums, gaps, trains and windows hold all
 * that were added. Blocks and what is under way stay so.
 */
void sluice_meter_flush(struct sluice_meter *meter);

/*
 * Flush, and close the aligned windows that ended before time_ns: what is reported
 * of them need not wait for the next frame. No frame stamped earlier should follow;
 * one that does counts in the window of time_ns.
 */
void sluice_meter_advance(struct sluice_meter *meter, uint64_t time_ns);

/* Stamps are wrong by more from here on: peaks that they then do not tell are forgotten. */
void sluice_meter_coarsen(struct sluice_meter *meter, uint32_t uncertainty_ns);

/* Close the last block and the trains under way. No frames after this. */
void sluice_meter_finish(struct sluice_meter *meter);

/* Mean gap, rounded down; 0 with fewer than two frames. */
uint64_t sluice_meter_gap_ns(const struct sluice_meter *meter);

/* Mean rate over the span, accounted bytes; 0 of a single instant. */
double sluice_meter_mean_bits_ps(const struct sluice_meter *meter);

/*
 * Standard deviation over mean of the gaps; NAN: there are not two, none has a length,
 * or stamps do not tell one as long as the mean.
 */
double sluice_meter_gap_cov(const struct sluice_meter *meter);

#endif
