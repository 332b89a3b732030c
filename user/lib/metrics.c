// SPDX-License-Identifier: GPL-2.0
#include "metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "swing.h"

#define DEPARTURE_HIST_BITS	7u
#define HOT_PERCENT		50u	/* of the line rate: IMC 2017's bursts */
#define KEEP_NS			(2 * SLUICE_NS_PER_S)
#define RECENT_MAX_PKTS		(1u << 25)	/* 256 MB; 2 s at 16 million a second */
#define BLOCK_RATE_MAX_PERCENT	200u	/* of its mean */
#define BLOCK_HORIZON_S		2u	/* it lasts no longer */

const uint64_t sluice_meter_windows_ns[SLUICE_METER_WINDOWS] = {
	10000, 100000, 1000000, 10000000, 100000000
};

const uint64_t sluice_meter_spans_ns[SLUICE_METER_SPANS] = {
	1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000
};

/* The span that has the length of window i. */
#define SPAN_OF_WINDOW(i)	((i) + 1)

const uint32_t sluice_meter_multiples_percent[SLUICE_METER_MULTIPLES] = {
	100, 105, 125, 200
};

/* ---- blocks ---- */

/* The number of the last block of a span that ends at end_ns. */
static uint64_t block_last(const struct sluice_meter *meter, uint64_t end_ns)
{
	uint64_t seconds = (end_ns - meter->config.start_ns) / SLUICE_NS_PER_S;

	return seconds ? seconds - 1 : 0;
}

/* Peak over mean of the block, and the floor that perfect CBR would have. */
static void block_window(struct sluice_meter *meter,
			 const struct sluice_block *block, uint64_t length_ns,
			 uint32_t i)
{
	struct sluice_window_result *result = &meter->results[i];
	uint64_t peak = block->max_window_bytes[i];
	double length = (double)length_ns;
	double mean = (double)block->bytes * (double)result->window_ns /
		      length;		/* bytes in w */
	unsigned __int128 mean_top, size_bottom;
	uint64_t frames;

	/* nothing is said by one longer than what was seen, or than stamps tell */
	if (length_ns < result->window_ns ||
	    !sluice_meter_tells(meter, result->window_ns))
		return;
	if (peak > result->peak_bytes) {
		result->peak_bytes = peak;
		result->peak_bits_ps = (double)peak * 8e9 /
				       (double)result->window_ns;
	}
	if ((double)peak / mean <= result->pmr)
		return;
	/* ceil(w R / L), in integers: a whole number must not be rounded up */
	mean_top = (unsigned __int128)block->bytes * result->window_ns;
	size_bottom = (unsigned __int128)block->max_frame_bytes * length_ns;
	frames = (uint64_t)((mean_top + size_bottom - 1) / size_bottom);
	result->pmr = (double)peak / mean;
	result->floor = (double)frames * block->max_frame_bytes / mean;
	result->block_mean_bits_ps = (uint64_t)((double)block->bytes * 8e9 /
						length);
}

/* So many % of its mean. */
static uint64_t block_rate(const struct sluice_block *block, uint64_t length_ns,
			   uint32_t percent)
{
	return (uint64_t)((unsigned __int128)block->bytes * 8 *
			  SLUICE_NS_PER_S * percent / 100 / length_ns);
}

/* Run the block's frames through buckets drained at multiples of its mean. */
static void block_spectrum(struct sluice_meter *meter,
			   const struct sluice_block *block, uint64_t length_ns)
{
	struct sluice_spectrum *spectrum = &meter->block_spectrum;
	const struct sluice_recent *recent = &meter->recent;
	uint32_t gaps_ns[SLUICE_BATCH_PKTS], bytes[SLUICE_BATCH_PKTS];
	uint64_t index = block->first_pkt, end = index + block->pkts;
	struct sluice_swing swing = sluice_swing_begin(block->bytes, length_ns);
	uint64_t factor_ns;
	uint32_t last_ns;

	/* its grain is that of the block: a slow one would else be rounded away */
	sluice_spectrum_init(spectrum, block_rate(block, length_ns,
			     BLOCK_RATE_MAX_PERCENT), BLOCK_HORIZON_S, 0);
	for (uint32_t i = 0; i < SLUICE_METER_MULTIPLES; i++)
		sluice_spectrum_add_rate(spectrum, block_rate(block, length_ns,
					 sluice_meter_multiples_percent[i]));
	if (index < recent->first_pkt) {
		meter->blocks_cut++;
		index = recent->first_pkt;
	}
	last_ns = sluice_recent_pkt(recent, index)->time_ns;
	while (index < end) {
		uint32_t count = end - index < SLUICE_BATCH_PKTS ?
				 (uint32_t)(end - index) : SLUICE_BATCH_PKTS;

		sluice_recent_read(recent, index, count, last_ns, gaps_ns,
				   bytes);
		index += count;
		last_ns = sluice_recent_pkt(recent, index - 1)->time_ns;
		sluice_spectrum_add_batch(spectrum, gaps_ns, bytes, count);
		sluice_swing_add(&swing, gaps_ns, bytes, count);
	}
	factor_ns = sluice_swing_ns(&swing);
	if (factor_ns > meter->delay_factor_ns)
		meter->delay_factor_ns = factor_ns;
}

static void block_excess(struct sluice_meter *meter,
			 const struct sluice_block *block, uint32_t i)
{
	struct sluice_excess *excess = &meter->excess[i];
	const struct sluice_spectrum *spectrum = &meter->block_spectrum;
	uint64_t bytes = sluice_spectrum_bytes(spectrum, i);
	double factor = sluice_spectrum_factor(spectrum, i,
					       block->max_frame_bytes, 0);
	double least = sluice_spectrum_factor(spectrum, i,
					      block->max_frame_bytes,
					      meter->config.uncertainty_ns);

	/* one frame is always there at once */
	if (least < 1)
		least = 1;
	if (factor > excess->max)
		excess->max = factor;
	if (least > excess->least_max)
		excess->least_max = least;
	if (!excess->min || factor < excess->min)
		excess->min = factor;
	if (bytes > excess->bytes_max)
		excess->bytes_max = bytes;
}

static void block_close(struct sluice_meter *meter,
			const struct sluice_block *block, uint64_t length_ns)
{
	meter->blocks_counted++;
	for (uint32_t i = 0; i < SLUICE_METER_WINDOWS; i++)
		block_window(meter, block, length_ns, i);
	block_spectrum(meter, block, length_ns);
	for (uint32_t i = 0; i < SLUICE_METER_MULTIPLES; i++)
		block_excess(meter, block, i);
}

static void block_close_oldest(struct sluice_meter *meter)
{
	block_close(meter, &meter->block[0], SLUICE_NS_PER_S);
	meter->block[0] = meter->block[1];
	meter->blocks--;
}

/* What the windows saw goes to the block under way, and they begin anew. */
static void windows_take(struct sluice_meter *meter)
{
	struct sluice_window *windows = meter->windows.window;
	struct sluice_block *block = &meter->block[meter->blocks - 1];

	for (uint32_t i = 0; i < SLUICE_METER_WINDOWS; i++)
		if (windows[SPAN_OF_WINDOW(i)].max_bytes >
		    block->max_window_bytes[i])
			block->max_window_bytes[i] =
				windows[SPAN_OF_WINDOW(i)].max_bytes;
	for (uint32_t i = 0; i < SLUICE_METER_SPANS; i++) {
		if (windows[i].max_bytes > meter->span_bytes[i])
			meter->span_bytes[i] = windows[i].max_bytes;
		windows[i].max_bytes = 0;
	}
}

/* Begin the block that time_ns lies in; close those that cannot be the last. */
static void block_begin(struct sluice_meter *meter, uint64_t time_ns)
{
	uint64_t number = (time_ns - meter->config.start_ns) / SLUICE_NS_PER_S;

	if (meter->blocks)
		windows_take(meter);
	while (meter->blocks && (meter->blocks == 2 ||
				 meter->block[0].number + 1 < number))
		block_close_oldest(meter);
	meter->block[meter->blocks++] = (struct sluice_block){
		.number = number,
		.first_pkt = meter->recent.end_pkt,
	};
}

/* At the end of the span: the last block takes what is left behind it. */
static void blocks_finish(struct sluice_meter *meter, uint64_t end_ns)
{
	uint64_t last = block_last(meter, end_ns), length_ns;
	struct sluice_block *block = meter->block;

	if (!meter->blocks)
		return;
	windows_take(meter);
	if (meter->blocks == 2 && block[0].number < last)
		block_close_oldest(meter);
	if (meter->blocks == 2) {
		block[0].pkts += block[1].pkts;
		block[0].bytes += block[1].bytes;
		if (block[1].max_frame_bytes > block[0].max_frame_bytes)
			block[0].max_frame_bytes = block[1].max_frame_bytes;
		for (uint32_t i = 0; i < SLUICE_METER_WINDOWS; i++)
			if (block[1].max_window_bytes[i] >
			    block[0].max_window_bytes[i])
				block[0].max_window_bytes[i] =
					block[1].max_window_bytes[i];
	}
	length_ns = block[0].number < last ? SLUICE_NS_PER_S :
		    end_ns - meter->config.start_ns - last * SLUICE_NS_PER_S;
	if (length_ns)			/* a single instant has no rate */
		block_close(meter, &block[0], length_ns);
	meter->blocks = 0;
}

/* ---- the meter ---- */

static int hists_init(struct sluice_meter *meter)
{
	uint32_t bits = meter->config.hist_bits;

	return sluice_hist_init(&meter->gap, bits, SLUICE_HIST_OCTAVES_NS) |
	       sluice_hist_init(&meter->idle, bits, SLUICE_HIST_OCTAVES_NS) |
	       sluice_trains_init(&meter->trains, bits);
}

static void spectra_init(struct sluice_meter *meter)
{
	const struct sluice_meter_config *config = &meter->config;
	uint64_t max_rate = config->line_rate_bits_ps;

	for (uint32_t i = 0; i < config->rates; i++)
		if (config->rate_bits_ps[i] > max_rate)
			max_rate = config->rate_bits_ps[i];
	if (!max_rate)
		max_rate = 1000 * SLUICE_NS_PER_S;
	sluice_spectrum_init(&meter->spectrum, max_rate,
			     SLUICE_SPECTRUM_HORIZON_S,
			     config->rates ? config->rate_bits_ps[0] : 0);
	for (uint32_t i = 0; i < config->rates; i++)
		sluice_spectrum_add_rate(&meter->spectrum,
					 config->rate_bits_ps[i]);
}

static void memos_clear(struct sluice_meter *meter)
{
	for (uint32_t i = 0; i < SLUICE_WIRE_MEMOS; i++)
		meter->memo[i].frame_bytes = UINT32_MAX;
}

int sluice_meter_init(struct sluice_meter *meter,
		      const struct sluice_meter_config *config)
{
	struct sluice_aligned_config aligned = {
		.start_ns = config->start_ns,
		.line_rate_bits_ps = config->line_rate_bits_ps,
		.hot_percent = config->hot_percent ? config->hot_percent :
						     HOT_PERCENT,
		.burst = config->burst,
		.millisecond = config->millisecond,
		.context = config->context,
	};
	int error;

	memset(meter, 0, sizeof(*meter));
	meter->config = *config;
	meter->min_bytes = UINT32_MAX;
	error = hists_init(meter);
	error |= sluice_recent_init(&meter->recent, KEEP_NS,
				    config->max_recent_pkts ?
				    config->max_recent_pkts : RECENT_MAX_PKTS);
	if (error)
		return -1;
	memos_clear(meter);
	sluice_aligned_init(&meter->aligned, &aligned);
	sluice_windows_init(&meter->windows, sluice_meter_spans_ns,
			    SLUICE_METER_SPANS);
	spectra_init(meter);
	for (uint32_t i = 0; i < SLUICE_METER_WINDOWS; i++)
		meter->results[i].window_ns = sluice_meter_windows_ns[i];
	return 0;
}

void sluice_meter_done(struct sluice_meter *meter)
{
	sluice_hist_done(&meter->gap);
	sluice_hist_done(&meter->idle);
	sluice_trains_done(&meter->trains);
	sluice_recent_done(&meter->recent);
	if (meter->departure) {
		sluice_hist_done(&meter->departure->late);
		sluice_hist_done(&meter->departure->early);
		free(meter->departure);
		meter->departure = NULL;
	}
}

/* The frame's wire time and its theta; lengths repeat, divisions need not. */
static inline const struct sluice_wire_memo *wire_of(struct sluice_meter *meter,
					      uint32_t frame_bytes)
{
	uint64_t rate = meter->config.line_rate_bits_ps;
	uint64_t bits = ((uint64_t)frame_bytes +
			 meter->config.line_overhead_bytes) * 8;
	struct sluice_wire_memo *memo =
		&meter->memo[(frame_bytes ^ frame_bytes >> 3) %
			     SLUICE_WIRE_MEMOS];

	if (memo->frame_bytes == frame_bytes)
		return memo;
	/* below 2^24 bits, so the products fit 64 */
	*memo = (struct sluice_wire_memo){
		.frame_bytes = frame_bytes,
		.wire_ns = bits * SLUICE_NS_PER_S / rate,
		.theta_ns = bits * 11 * SLUICE_NS_PER_S / (rate * 10) +
			    meter->config.uncertainty_ns,
	};
	return memo;
}

static inline uint32_t at_most_32_bits(uint64_t value)
{
	return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

/* Wire time and theta of the frame before each. */
static void batch_wire(struct sluice_meter *meter)
{
	struct sluice_batch *batch = &meter->batch;
	struct sluice_wire_memo last = meter->last_wire;
	uint32_t wire_ns = 0, theta_ns = 0;

	for (uint32_t i = 1; i < batch->count; i++) {
		if (batch->frame_bytes[i - 1] != last.frame_bytes || i == 1) {
			last = *wire_of(meter, batch->frame_bytes[i - 1]);
			wire_ns = at_most_32_bits(last.wire_ns);
			theta_ns = at_most_32_bits(last.theta_ns);
		}
		batch->wire_ns[i] = wire_ns;
		batch->theta_ns[i] = theta_ns;
	}
	meter->last_wire = *wire_of(meter, batch->frame_bytes[batch->count - 1]);
}

/* The same of all frames before each that have the stamp of the last of them. */
static void batch_stacks(struct sluice_meter *meter, uint64_t before_wire_ns)
{
	struct sluice_batch *batch = &meter->batch;
	uint32_t uncertainty_ns = meter->config.uncertainty_ns;
	uint64_t wire_ns = batch->first_gap_ns ? 0 : before_wire_ns;

	for (uint32_t i = 1; i < batch->count; i++) {
		bool is_stack = wire_ns;

		wire_ns += batch->wire_ns[i];
		if (is_stack) {
			batch->wire_ns[i] = at_most_32_bits(wire_ns);
			batch->theta_ns[i] = at_most_32_bits(wire_ns * 11 / 10 +
							     uncertainty_ns);
		}
		if (batch->gap_ns[i])
			wire_ns = 0;
	}
	if (!wire_ns)
		return;
	meter->last_wire.wire_ns += wire_ns;
	meter->last_wire.theta_ns = meter->last_wire.wire_ns * 11 / 10 +
				    uncertainty_ns;
}

/* Gaps, and gaps less the wire time of the frame before. */
static void batch_gaps(struct sluice_meter *meter, uint64_t first_wire_ns)
{
	const struct sluice_batch *batch = &meter->batch;
	uint64_t first_ns = batch->first_gap_ns;
	bool has_line = meter->config.line_rate_bits_ps;
	struct sluice_batch_gaps gaps;

	sluice_batch_gaps(batch, meter->config.uncertainty_ns, &gaps);
	sluice_hist_add_batch(&meter->gap, batch->gap_ns + 1, batch->count - 1);
	if (has_line)
		sluice_hist_add_batch(&meter->idle, gaps.idle_ns + 1,
				      batch->count - 1);
	meter->gap_square_sum += gaps.square_sum;
	meter->censored_gaps += gaps.censored;
	if (!meter->recent.end_pkt)	/* the first of all frames has none */
		return;
	meter->gap_square_sum += (unsigned __int128)first_ns * first_ns;
	meter->censored_gaps += first_ns < meter->config.uncertainty_ns;
	sluice_hist_add(&meter->gap, first_ns);
	if (has_line)
		sluice_hist_add(&meter->idle, first_ns > first_wire_ns ?
				first_ns - first_wire_ns : 0);
}

static void batch_block(struct sluice_meter *meter)
{
	const struct sluice_batch *batch = &meter->batch;
	struct sluice_block *block = &meter->block[meter->blocks - 1];

	block->pkts += batch->count;
	block->bytes += batch->bytes_before[batch->count];
	if (batch->max_bytes > block->max_frame_bytes)
		block->max_frame_bytes = batch->max_bytes;
	if (batch->min_bytes < meter->min_bytes)
		meter->min_bytes = batch->min_bytes;
	if (batch->max_bytes > meter->max_bytes)
		meter->max_bytes = batch->max_bytes;
}

void sluice_meter_flush(struct sluice_meter *meter)
{
	struct sluice_batch *batch = &meter->batch;
	struct sluice_wire_memo before = meter->last_wire;

	if (!batch->count)
		return;
	sluice_batch_prepare(batch, meter->config.min_frame_bytes,
			     meter->config.overhead_bytes);
	if (meter->config.line_rate_bits_ps)
		batch_wire(meter);
	if (meter->config.line_rate_bits_ps && meter->config.has_stacks)
		batch_stacks(meter, before.wire_ns);
	batch_gaps(meter, before.wire_ns);
	sluice_trains_add(&meter->trains, batch, before.theta_ns);
	sluice_aligned_add(&meter->aligned, batch);
	if (batch->first_gap_ns > INT32_MAX)
		sluice_spectrum_drain(&meter->spectrum, batch->first_gap_ns);
	else
		batch->gap_ns[0] = (uint32_t)batch->first_gap_ns;
	sluice_spectrum_add_batch(&meter->spectrum, batch->gap_ns, batch->bytes,
				  batch->count);
	batch_block(meter);
	sluice_recent_add(&meter->recent, batch);
	sluice_windows_add(&meter->windows, &meter->recent, batch);
	batch->count = 0;
}

void sluice_meter_coarsen(struct sluice_meter *meter, uint32_t uncertainty_ns)
{
	sluice_meter_flush(meter);
	meter->config.uncertainty_ns = uncertainty_ns;
	memos_clear(meter);
	for (uint32_t i = 0; i < SLUICE_METER_WINDOWS; i++)
		if (!sluice_meter_tells(meter, meter->results[i].window_ns))
			meter->results[i] = (struct sluice_window_result){
				.window_ns = meter->results[i].window_ns
			};
	if (meter->config.line_rate_bits_ps && meter->pkts)
		meter->last_wire = *wire_of(meter, meter->last_wire.frame_bytes);
}

void sluice_meter_advance(struct sluice_meter *meter, uint64_t time_ns)
{
	sluice_meter_flush(meter);
	if (meter->pkts)
		sluice_aligned_advance(&meter->aligned, time_ns);
}

/* A new batch: at a new second, after a long gap, or as the one before is full. */
static void batch_begin(struct sluice_meter *meter, uint64_t time_ns,
			uint64_t gap_ns)
{
	uint64_t start_ns = meter->config.start_ns;

	sluice_meter_flush(meter);
	if (time_ns >= meter->batch_end_ns) {
		block_begin(meter, time_ns);
		meter->batch_end_ns = start_ns +
			((time_ns - start_ns) / SLUICE_NS_PER_S + 1) *
			SLUICE_NS_PER_S;
	}
	meter->batch.first_ns = time_ns;
	meter->batch.first_gap_ns = gap_ns;
}

void sluice_meter_add_any(struct sluice_meter *meter, uint64_t time_ns,
			  uint32_t frame_bytes)
{
	struct sluice_batch *batch = &meter->batch;
	uint32_t bytes = sluice_meter_bytes(&meter->config, frame_bytes), i;
	uint64_t gap_ns = 0;

	if (!meter->pkts) {
		meter->first_ns = time_ns;
	} else if (time_ns < meter->last_ns) {
		meter->backward_pkts++;
		time_ns = meter->last_ns;
	} else {
		gap_ns = time_ns - meter->last_ns;
	}
	if (!batch->count || batch->count == SLUICE_BATCH_PKTS ||
	    time_ns >= meter->batch_end_ns)
		batch_begin(meter, time_ns, gap_ns);
	i = batch->count++;
	batch->at_ns[i] = (uint32_t)(time_ns - batch->first_ns);
	batch->frame_bytes[i] = frame_bytes;
	meter->pkts++;
	meter->bytes += bytes;
	meter->last_ns = time_ns;
	meter->last_bytes = bytes;
}

void sluice_meter_add_all(struct sluice_meter *meter, const uint64_t *times_ns,
			  const uint32_t *frame_bytes, uint32_t count)
{
	struct sluice_batch *batch = &meter->batch;
	uint32_t *at_ns = batch->at_ns + batch->count;
	uint32_t first_ns = (uint32_t)batch->first_ns;
	uint64_t bytes = 0;

	if (!count)
		return;
	for (uint32_t i = 0; i < count; i++)
		at_ns[i] = (uint32_t)times_ns[i] - first_ns;
	for (uint32_t i = 0; i < count; i++)
		bytes += sluice_meter_bytes(&meter->config, frame_bytes[i]);
	memcpy(batch->frame_bytes + batch->count, frame_bytes,
	       count * sizeof(*frame_bytes));
	batch->count += count;
	meter->pkts += count;
	meter->bytes += bytes;
	meter->last_ns = times_ns[count - 1];
	meter->last_bytes = sluice_meter_bytes(&meter->config,
					       frame_bytes[count - 1]);
}

int sluice_meter_departure(struct sluice_meter *meter, uint64_t departure_ns)
{
	struct sluice_departure *departure = meter->departure;
	uint64_t time_ns = meter->last_ns;

	if (!departure) {
		departure = calloc(1, sizeof(*departure));
		if (!departure)
			return -1;
		meter->departure = departure;
		if (sluice_hist_init(&departure->late, DEPARTURE_HIST_BITS,
				     SLUICE_HIST_OCTAVES_NS) |
		    sluice_hist_init(&departure->early, DEPARTURE_HIST_BITS,
				     SLUICE_HIST_OCTAVES_NS))
			return -1;
	}
	if (!departure->late.buckets || !departure->early.buckets)
		return -1;
	if (time_ns > departure_ns)
		sluice_hist_add(&departure->late, time_ns - departure_ns);
	else if (time_ns < departure_ns)
		sluice_hist_add(&departure->early, departure_ns - time_ns);
	else
		departure->exact++;
	return 0;
}

uint64_t sluice_meter_gap_ns(const struct sluice_meter *meter)
{
	uint64_t span_ns = meter->last_ns - meter->first_ns;

	return meter->pkts > 1 ? span_ns / (meter->pkts - 1) : 0;
}

void sluice_meter_finish(struct sluice_meter *meter)
{
	if (!meter->pkts)
		return;
	sluice_meter_flush(meter);
	/* what a constant rate takes for all */
	if (!meter->config.end_ns)
		meter->config.end_ns = meter->last_ns +
				       sluice_meter_gap_ns(meter);
	blocks_finish(meter, meter->config.end_ns);
	sluice_trains_finish(&meter->trains);
	sluice_aligned_finish(&meter->aligned, meter->config.end_ns);
}

double sluice_meter_mean_bits_ps(const struct sluice_meter *meter)
{
	uint64_t span_ns = meter->config.end_ns - meter->config.start_ns;

	return span_ns ? (double)meter->bytes * 8e9 / (double)span_ns : 0;
}

double sluice_meter_gap_cov(const struct sluice_meter *meter)
{
	unsigned __int128 sum = meter->gap.sum;
	unsigned __int128 n = meter->gap.count, variance;

	if (n < 2 || !sum || sum < n * meter->config.uncertainty_ns)
		return NAN;
	/* n^2 var = n sum(g^2) - (sum g)^2, in integers: no cancellation */
	variance = n * meter->gap_square_sum - sum * sum;
	return sqrt((double)variance) / (double)sum;
}
