/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is counted in aligned windows, which begin at whole multiples of their
 * length from the start of the span: dispersion and variance over dyadic
 * lengths, hot time and bursts, and a series of milliseconds.
 *
 * Only windows that have packets are looked at, so a quiet trace costs nothing;
 * the empty ones follow from the length of the span.
 */
#ifndef SLUICE_ALIGNED_H
#define SLUICE_ALIGNED_H

#include <stdbool.h>
#include <stdint.h>

#include "batch.h"

#define SLUICE_SLOT_NS		10000u	/* the shortest window */
#define SLUICE_LEVELS		17u	/* 10 µs x 2^0 … 2^16, 655 ms */
#define SLUICE_HOTS		3u	/* 10 µs, 100 µs, 1 ms */

extern const uint64_t sluice_hots_ns[SLUICE_HOTS];

struct sluice_level {			/* windows of 10 µs x 2^k */
	uint64_t number;		/* of the one under way */
	uint64_t pkts;			/* in it */
	uint64_t bytes;
	double pkts_sum;		/* of those that are over */
	double pkts_square_sum;
	double bytes_sum;
	double bytes_square_sum;
	double step_square_sum;		/* of bytes from a window to the next */
	uint64_t last_number;		/* the last one with packets that is over */
	uint64_t last_bytes;
};

struct sluice_hot {			/* windows of one length */
	uint64_t number;		/* of the one under way */
	uint64_t bytes;			/* in it */
	uint64_t pkts;
	uint64_t max_bytes;		/* of one that is over */
	uint64_t hot_bytes_min;		/* in a hot one; 0: no line rate, none is hot */
	uint64_t hot_windows;
	uint64_t hot_bytes;
	uint64_t bursts;		/* unbroken runs of hot windows */
	uint64_t burst_max_windows;
	uint64_t burst_first;		/* the run under way: its first window */
	uint64_t burst_windows;		/* how many; 0: none */
	uint64_t burst_bytes;
	uint64_t burst_pkts;
	uint64_t burst_peak_bytes;	/* of its busiest window */
};

/* A run of hot windows that ended. */
struct sluice_burst {
	uint64_t start_ns;
	uint64_t duration_ns;
	uint64_t bytes;
	uint64_t pkts;
	uint64_t peak_bytes;		/* in a window of 10 µs */
	uint64_t wire_ns;		/* its bytes at the line rate */
	uint64_t idle_ns;		/* of the line, between its first frame and its last */
};

/*
 * Intensity of a microburst in percent (RFC 8238, 6.1.1): 100 less the share that
 * the gaps between its frames have of the frames. That text has no units for the
 * two. They are taken as times here, a gap as that from the end of a frame to the
 * next one: frames back to back have 100, the most that there is (RFC 8239, 6.2),
 * half of the line rate has 0, and what is less dense has 0 too. NAN without frames.
 */
double sluice_burst_intensity(uint64_t idle_ns, uint64_t wire_ns);

/* A millisecond that had packets. */
struct sluice_millisecond {
	uint64_t number;		/* from the start of the span */
	uint64_t bytes;
	uint64_t pkts;
	uint64_t max_100us_bytes;	/* of its aligned windows */
	uint64_t max_10us_bytes;
};

/* The frames of a window, or of the run of hot ones that it ends. */
struct sluice_reach {
	uint64_t first_ns;		/* stamp of the first */
	uint64_t last_ns;		/* of the last */
	uint32_t last_bytes;
};

struct sluice_aligned_config {
	uint64_t start_ns;
	uint64_t line_rate_bits_ps;	/* 0: nothing is hot */
	uint32_t hot_percent;		/* of the line rate */
	/* Called where not NULL, in the order of time. */
	void (*burst)(void *context, const struct sluice_burst *burst);
	void (*millisecond)(void *context,
			    const struct sluice_millisecond *millisecond);
	void *context;
};

struct sluice_aligned {
	struct sluice_aligned_config config;
	uint64_t slot_end_ns;		/* of the window of 10 µs under way */
	struct sluice_level level[SLUICE_LEVELS];
	uint64_t whole_windows[SLUICE_LEVELS];	/* in the span; known at its end */
	struct sluice_hot hot[SLUICE_HOTS];
	struct sluice_reach slot;	/* of the window of 10 µs under way */
	struct sluice_reach burst;	/* of the run of those */
	uint64_t max_10us_bytes;	/* in the millisecond under way */
	uint64_t max_100us_bytes;
	bool has_begun;
};

/* Before the first packet; it allocates nothing, and there is nothing to free. */
void sluice_aligned_init(struct sluice_aligned *aligned,
			 const struct sluice_aligned_config *config);

/* Time must not go backwards, nor lie before the start. */
void sluice_aligned_add(struct sluice_aligned *aligned,
			const struct sluice_batch *batch);

/*
 * Close the windows that ended before time_ns, which is not before the start: a
 * burst with nothing behind it is reported now. Later packets of before count at
 * time_ns.
 */
void sluice_aligned_advance(struct sluice_aligned *aligned, uint64_t time_ns);

/*
 * Close what is under way. A window that the end cuts does not count for
 * variance; it does for bursts and the series.
 */
void sluice_aligned_finish(struct sluice_aligned *aligned, uint64_t end_ns);

struct sluice_dispersion {
	uint64_t window_ns;
	uint64_t windows;		/* whole ones in the span */
	double pkts_mean;
	double pkts_idc;		/* variance over mean; 0 where there is none */
	double bytes_idc;		/* variance / (mean x mean frame) */
	double rate_variance;		/* of the rate over its mean, squared */
	double rate_deviation;		/* Allan's, of the rate over its mean */
};

/* After _finish. */
void sluice_aligned_dispersion(const struct sluice_aligned *aligned,
			       uint32_t level, uint64_t end_ns,
			       struct sluice_dispersion *ret);

/*
 * H = 1 + b / 2, b the slope of log variance over log window length, over the
 * levels with at least 32 windows, of least_ns or more; NAN with fewer than three of them.
 */
double sluice_aligned_hurst(const struct sluice_aligned *aligned,
			    uint64_t end_ns, uint64_t least_ns);

#endif
