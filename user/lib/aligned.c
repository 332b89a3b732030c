// SPDX-License-Identifier: GPL-2.0
#include "aligned.h"

#include <math.h>

#define HURST_WINDOWS_MIN	32u
#define HURST_LEVELS_MIN	3u
#define BITS_NS_PER_BYTE_S	8000000000ull

const uint64_t sluice_hots_ns[SLUICE_HOTS] = { 10000, 100000, 1000000 };

void sluice_aligned_init(struct sluice_aligned *aligned,
			 const struct sluice_aligned_config *config)
{
	*aligned = (struct sluice_aligned){ .config = *config };
	for (uint32_t i = 0; i < SLUICE_LEVELS; i++)
		aligned->whole_windows[i] = UINT64_MAX;
	for (uint32_t i = 0; config->line_rate_bits_ps && i < SLUICE_HOTS; i++)
		aligned->hot[i].hot_bytes_min = (uint64_t)
			((unsigned __int128)config->line_rate_bits_ps *
			 config->hot_percent * sluice_hots_ns[i] /
			 (100 * BITS_NS_PER_BYTE_S)) + 1;
}

/* Of a number below 2^63: one instruction. */
static inline double real(uint64_t number)
{
	return (double)(int64_t)number;
}

/* The change from the window before, which may have been an empty one. */
static void level_step(struct sluice_level *level)
{
	double bytes = real(level->bytes), last = real(level->last_bytes);
	double step = bytes - last;

	if (level->number > level->last_number + 1 || !level->pkts_sum) {
		/* up from an empty one; down to one before, if there were any */
		step = level->number ? bytes : 0;
		level->step_square_sum += last * last;
	}
	level->step_square_sum += step * step;
	level->last_number = level->number;
	level->last_bytes = level->bytes;
}

/* The window under way is over, and one with packets that counts. */
static inline void level_add(struct sluice_level *level)
{
	double pkts = real(level->pkts), bytes = real(level->bytes);

	level_step(level);
	level->pkts_sum += pkts;
	level->pkts_square_sum += pkts * pkts;
	level->bytes_sum += bytes;
	level->bytes_square_sum += bytes * bytes;
}

/* The first level's window is over; each goes into that of the next. */
static void levels_turn(struct sluice_aligned *aligned, uint64_t number)
{
	for (uint32_t k = 0; k < SLUICE_LEVELS; k++, number >>= 1) {
		struct sluice_level *level = &aligned->level[k];

		if (level->number == number)
			break;
		if (level->pkts && level->number < aligned->whole_windows[k])
			level_add(level);
		if (k + 1 < SLUICE_LEVELS) {
			level[1].pkts += level->pkts;
			level[1].bytes += level->bytes;
		}
		level->number = number;
		level->pkts = 0;
		level->bytes = 0;
	}
}

double sluice_burst_intensity(uint64_t idle_ns, uint64_t wire_ns)
{
	if (!wire_ns)
		return NAN;
	return idle_ns < wire_ns ?
	       100 * (double)(wire_ns - idle_ns) / (double)wire_ns : 0;
}

static uint64_t wire_ns(const struct sluice_aligned *aligned, uint64_t bytes)
{
	return (uint64_t)((unsigned __int128)bytes * BITS_NS_PER_BYTE_S /
			  aligned->config.line_rate_bits_ps);
}

/* A run of the shortest hot windows ended. */
static void burst_report(const struct sluice_aligned *aligned)
{
	const struct sluice_reach *reach = &aligned->burst;
	const struct sluice_hot *hot = &aligned->hot[0];
	uint64_t busy_ns = wire_ns(aligned, hot->burst_bytes - reach->last_bytes);
	uint64_t span_ns = reach->last_ns - reach->first_ns;

	aligned->config.burst(aligned->config.context,
		&(struct sluice_burst){
			.start_ns = aligned->config.start_ns +
				    hot->burst_first * SLUICE_SLOT_NS,
			.duration_ns = hot->burst_windows * SLUICE_SLOT_NS,
			.bytes = hot->burst_bytes,
			.pkts = hot->burst_pkts,
			.peak_bytes = hot->burst_peak_bytes,
			.wire_ns = wire_ns(aligned, hot->burst_bytes),
			.idle_ns = span_ns > busy_ns ? span_ns - busy_ns : 0,
		});
}

/* The run of hot windows ended. */
static void burst_end(struct sluice_aligned *aligned, uint32_t k)
{
	struct sluice_hot *hot = &aligned->hot[k];

	if (!hot->burst_windows)
		return;
	hot->bursts++;
	if (hot->burst_windows > hot->burst_max_windows)
		hot->burst_max_windows = hot->burst_windows;
	if (k == 0 && aligned->config.burst)
		burst_report(aligned);
	hot->burst_windows = 0;
}

static void burst_add(struct sluice_hot *hot)
{
	if (!hot->burst_windows) {
		hot->burst_first = hot->number;
		hot->burst_bytes = 0;
		hot->burst_pkts = 0;
		hot->burst_peak_bytes = 0;
	}
	hot->burst_windows++;
	hot->burst_bytes += hot->bytes;
	hot->burst_pkts += hot->pkts;
	if (hot->bytes > hot->burst_peak_bytes)
		hot->burst_peak_bytes = hot->bytes;
}

/* The window of 10 µs that is over goes to the run of hot ones. */
static void reach_add(struct sluice_aligned *aligned)
{
	if (!aligned->hot[0].burst_windows)
		aligned->burst.first_ns = aligned->slot.first_ns;
	aligned->burst.last_ns = aligned->slot.last_ns;
	aligned->burst.last_bytes = aligned->slot.last_bytes;
}

/* A window of hot length k is over, and the next with packets is number. */
static void hot_turn(struct sluice_aligned *aligned, uint32_t k,
		     uint64_t number)
{
	struct sluice_hot *hot = &aligned->hot[k];
	bool is_hot = hot->hot_bytes_min && hot->bytes >= hot->hot_bytes_min;

	if (hot->bytes > hot->max_bytes)
		hot->max_bytes = hot->bytes;
	if (is_hot) {
		if (k == 0)
			reach_add(aligned);
		hot->hot_windows++;
		hot->hot_bytes += hot->bytes;
		burst_add(hot);
	}
	if (!is_hot || number != hot->number + 1)
		burst_end(aligned, k);
	hot->number = number;
	hot->bytes = 0;
	hot->pkts = 0;
}

static void millisecond_turn(struct sluice_aligned *aligned, uint64_t number)
{
	struct sluice_hot *hot = &aligned->hot[2];

	if (hot->bytes && aligned->config.millisecond)
		aligned->config.millisecond(aligned->config.context,
			&(struct sluice_millisecond){
				.number = hot->number,
				.bytes = hot->bytes,
				.pkts = hot->pkts,
				.max_100us_bytes = aligned->max_100us_bytes,
				.max_10us_bytes = aligned->max_10us_bytes,
			});
	aligned->max_100us_bytes = 0;
	aligned->max_10us_bytes = 0;
	hot_turn(aligned, 2, number);
}

/* The 10 µs window under way is over; the next with packets is number. */
static void slot_turn(struct sluice_aligned *aligned, uint64_t number)
{
	struct sluice_level *slot = &aligned->level[0];
	struct sluice_hot *hot = aligned->hot;

	for (uint32_t k = 0; k < SLUICE_HOTS; k++) {
		hot[k].bytes += slot->bytes;
		hot[k].pkts += slot->pkts;
	}
	if (slot->bytes > aligned->max_10us_bytes)
		aligned->max_10us_bytes = slot->bytes;
	hot_turn(aligned, 0, number);
	/* ten of these windows, and a hundred */
	if (number - hot[1].number * 10 >= 10) {
		if (hot[1].bytes > aligned->max_100us_bytes)
			aligned->max_100us_bytes = hot[1].bytes;
		hot_turn(aligned, 1, number / 10);
	}
	if (number - hot[2].number * 100 >= 100)
		millisecond_turn(aligned, number / 100);
	levels_turn(aligned, number);
}

/* The 10 µs window under way has ended: begin the one that holds time_ns. */
static void aligned_turn(struct sluice_aligned *aligned, uint64_t time_ns)
{
	uint64_t start_ns = aligned->config.start_ns;
	uint64_t number = (time_ns - start_ns) / SLUICE_SLOT_NS;

	slot_turn(aligned, number);
	aligned->slot_end_ns = start_ns + (number + 1) * SLUICE_SLOT_NS;
}

void sluice_aligned_add(struct sluice_aligned *aligned,
			const struct sluice_batch *batch)
{
	uint32_t i = 0, from;

	while (i < batch->count) {
		uint64_t time_ns = batch->first_ns + batch->at_ns[i];
		uint64_t left_ns;

		sluice_aligned_advance(aligned, time_ns);
		left_ns = aligned->slot_end_ns - batch->first_ns;
		from = i++;
		while (i < batch->count && batch->at_ns[i] < left_ns)
			i++;
		if (!aligned->level[0].pkts)
			aligned->slot.first_ns = time_ns;
		aligned->slot.last_ns = batch->first_ns + batch->at_ns[i - 1];
		aligned->slot.last_bytes = batch->bytes[i - 1];
		aligned->level[0].pkts += i - from;
		aligned->level[0].bytes += batch->bytes_before[i] -
					   batch->bytes_before[from];
	}
}

void sluice_aligned_advance(struct sluice_aligned *aligned, uint64_t time_ns)
{
	if (time_ns >= aligned->slot_end_ns)
		aligned_turn(aligned, time_ns);
}

void sluice_aligned_finish(struct sluice_aligned *aligned, uint64_t end_ns)
{
	uint64_t slots = (end_ns - aligned->config.start_ns) / SLUICE_SLOT_NS;

	for (uint32_t k = 0; k < SLUICE_LEVELS; k++)
		aligned->whole_windows[k] = slots >> k;
	/* beyond any window of every level and length */
	aligned_turn(aligned, aligned->config.start_ns +
		     ((slots >> SLUICE_LEVELS) + 2) *
		     (SLUICE_SLOT_NS * 100ull << SLUICE_LEVELS));
}

void sluice_aligned_dispersion(const struct sluice_aligned *aligned,
			       uint32_t k, uint64_t end_ns,
			       struct sluice_dispersion *ret)
{
	const struct sluice_level *level = &aligned->level[k];
	uint64_t window_ns = (uint64_t)SLUICE_SLOT_NS << k;
	uint64_t windows = (end_ns - aligned->config.start_ns) / window_ns;
	double n = (double)windows, pkts, bytes, pkts_variance, bytes_variance;
	double steps = level->step_square_sum;

	*ret = (struct sluice_dispersion){
		.window_ns = window_ns, .windows = windows,
	};
	if (!windows || level->pkts_sum <= 0)
		return;
	pkts = level->pkts_sum / n;
	bytes = level->bytes_sum / n;
	pkts_variance = fmax(0, level->pkts_square_sum / n - pkts * pkts);
	bytes_variance = fmax(0, level->bytes_square_sum / n - bytes * bytes);
	ret->pkts_mean = pkts;
	ret->pkts_idc = pkts_variance / pkts;
	ret->bytes_idc = bytes_variance / (bytes * (bytes / pkts));
	ret->rate_variance = bytes_variance / (bytes * bytes);
	/* empty windows at the end of the span */
	if (level->last_number + 1 < windows)
		steps += (double)level->last_bytes * (double)level->last_bytes;
	if (windows > 1)
		ret->rate_deviation = sqrt(steps / (2 * (n - 1))) / bytes;
}

double sluice_aligned_hurst(const struct sluice_aligned *aligned,
			    uint64_t end_ns, uint64_t least_ns)
{
	double n = 0, x_sum = 0, y_sum = 0, xx_sum = 0, xy_sum = 0;

	for (uint32_t k = 0; k < SLUICE_LEVELS; k++) {
		struct sluice_dispersion one;
		double x = k, y;

		sluice_aligned_dispersion(aligned, k, end_ns, &one);
		if (one.windows < HURST_WINDOWS_MIN || one.rate_variance <= 0 ||
		    one.window_ns < least_ns)
			continue;
		y = log2(one.rate_variance);
		n++;
		x_sum += x;
		y_sum += y;
		xx_sum += x * x;
		xy_sum += x * y;
	}
	if (n < HURST_LEVELS_MIN)
		return NAN;
	return 1 + (n * xy_sum - x_sum * y_sum) /
		   (n * xx_sum - x_sum * x_sum) / 2;
}
