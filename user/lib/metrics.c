// SPDX-License-Identifier: GPL-2.0
#include "metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEPARTURE_HIST_BITS	7u

const uint64_t sluice_meter_windows_ns[SLUICE_METER_WINDOWS] = {
	10000, 100000, 1000000, 10000000, 100000000
};

const uint64_t sluice_meter_thetas_ns[SLUICE_METER_THETAS] = {
	0, 128, 256, 512, 1024, 2048, 100000
};

const uint32_t sluice_meter_multiples_percent[SLUICE_METER_MULTIPLES] = {
	100, 105, 125, 200
};

int sluice_tally_init(struct sluice_tally *tally, uint64_t start_ns,
		      uint64_t end_ns)
{
	uint64_t blocks = (end_ns - start_ns) / SLUICE_NS_PER_S;

	*tally = (struct sluice_tally){
		.start_ns = start_ns,
		.end_ns = end_ns,
		.blocks = blocks ? (uint32_t)blocks : 1,
	};
	tally->block_bytes = calloc(tally->blocks, sizeof(*tally->block_bytes));
	return tally->block_bytes ? 0 : -1;
}

void sluice_tally_done(struct sluice_tally *tally)
{
	free(tally->block_bytes);
	tally->block_bytes = NULL;
}

void sluice_tally_add(struct sluice_tally *tally, uint64_t time_ns,
		      uint32_t bytes)
{
	uint64_t block = (time_ns - tally->start_ns) / SLUICE_NS_PER_S;

	if (block >= tally->blocks)
		block = tally->blocks - 1;
	tally->block_bytes[block] += bytes;
	tally->bytes += bytes;
	tally->pkts++;
}

/* 8 * bytes / rate in ns, rounded down; the product fits 64 bits: bytes < 2^21. */
static uint64_t wire_ns(uint64_t bytes, uint64_t rate_bits_ps)
{
	return bytes * 8 * SLUICE_NS_PER_S / rate_bits_ps;
}

static uint64_t block_length_ns(const struct sluice_meter *meter)
{
	return meter->block_end_ns - meter->block_start_ns;
}

/*
 * Begin the block that starts at start_ns: its end, and the rates of the
 * burst excess from its mean, known from the tally or guessed from the last.
 */
static void block_begin(struct sluice_meter *meter, uint64_t start_ns)
{
	const struct sluice_tally *tally = meter->config.tally;
	uint64_t bytes = meter->block_bytes;
	uint64_t end_ns = start_ns + SLUICE_NS_PER_S;

	if (meter->config.end_ns < end_ns + SLUICE_NS_PER_S)
		end_ns = meter->config.end_ns;
	if (tally)
		bytes = tally->block_bytes[meter->block];
	meter->block_start_ns = start_ns;
	meter->block_end_ns = end_ns;
	meter->has_block_rate = bytes != 0;
	sluice_spectrum_reset(&meter->block_spectrum);
	for (uint32_t i = 0; i < SLUICE_METER_MULTIPLES; i++) {
		unsigned __int128 bits = (unsigned __int128)bytes * 8 *
			SLUICE_NS_PER_S * sluice_meter_multiples_percent[i] /
			100 / (end_ns - start_ns);

		sluice_spectrum_set_rate(&meter->block_spectrum, i,
					 (uint64_t)bits);
	}
	meter->block_bytes = 0;
	meter->block_pkts = 0;
	meter->block_max_bytes = 0;
	for (uint32_t i = 0; i < SLUICE_METER_WINDOWS; i++)
		meter->windows.max_bytes[i] = 0;
}

/* Peak over mean of the block, and the floor that perfect CBR would have. */
static void block_window(struct sluice_meter *meter, uint32_t i)
{
	struct sluice_window_result *result = &meter->results[i];
	uint64_t peak = meter->windows.max_bytes[i];
	double length = (double)block_length_ns(meter);
	double mean = (double)meter->block_bytes *
		      (double)result->window_ns / length; /* bytes in w */
	unsigned __int128 mean_top, size_bottom;
	uint64_t frames;

	if (peak > result->peak_bytes) {
		result->peak_bytes = peak;
		result->peak_bits_ps = (double)peak * 8e9 /
				       (double)result->window_ns;
	}
	if ((double)peak / mean <= result->pmr)
		return;
	/* ceil(w R / L), in integers: a whole number must not be rounded up */
	mean_top = (unsigned __int128)meter->block_bytes * result->window_ns;
	size_bottom = (unsigned __int128)meter->block_max_bytes *
		      block_length_ns(meter);
	frames = (uint64_t)((mean_top + size_bottom - 1) / size_bottom);
	result->pmr = (double)peak / mean;
	result->floor = (double)frames * meter->block_max_bytes / mean;
	result->block_mean_bits_ps = (uint64_t)((double)meter->block_bytes *
						8e9 / length);
}

static void block_excess(struct sluice_meter *meter, uint32_t i)
{
	struct sluice_excess *excess = &meter->excess[i];
	const struct sluice_spectrum *spectrum = &meter->block_spectrum;
	uint64_t bytes = sluice_spectrum_bytes(spectrum, i);
	double factor = sluice_spectrum_factor(spectrum, i,
					       meter->block_max_bytes, 0);
	double least = sluice_spectrum_factor(spectrum, i,
					      meter->block_max_bytes,
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

static void block_close(struct sluice_meter *meter)
{
	if (!meter->block_bytes)
		return;
	meter->blocks_counted++;
	for (uint32_t i = 0; i < SLUICE_METER_WINDOWS; i++)
		block_window(meter, i);
	if (!meter->has_block_rate)
		return;
	for (uint32_t i = 0; i < SLUICE_METER_MULTIPLES; i++)
		block_excess(meter, i);
}

/* Close blocks until time_ns lies in the one under way. */
static void block_advance(struct sluice_meter *meter, uint64_t time_ns)
{
	uint64_t end_ns = meter->config.end_ns;
	uint64_t start_ns = meter->config.start_ns, number, last;

	block_close(meter);
	number = (time_ns - start_ns) / SLUICE_NS_PER_S;
	last = (end_ns - start_ns) / SLUICE_NS_PER_S;
	last = last ? last - 1 : 0;
	if (number > last)
		number = last;
	if (number > meter->block + 1)
		meter->block_bytes = 0;	/* no mean known of the one before */
	meter->block = (uint32_t)number;
	block_begin(meter, start_ns + number * SLUICE_NS_PER_S);
}

int sluice_meter_init(struct sluice_meter *meter,
		      const struct sluice_meter_config *config)
{
	uint64_t max_rate = config->line_rate_bits_ps;
	int error;

	memset(meter, 0, sizeof(*meter));
	meter->config = *config;
	meter->min_bytes = UINT32_MAX;
	meter->wire_memo_bytes = UINT32_MAX;
	error = sluice_hist_init(&meter->gap, config->hist_bits,
				 SLUICE_HIST_OCTAVES_NS);
	error |= sluice_hist_init(&meter->idle, config->hist_bits,
				  SLUICE_HIST_OCTAVES_NS);
	for (uint32_t i = 0; i < SLUICE_METER_THETAS; i++)
		error |= sluice_hist_init(&meter->trains[i].pkts,
					  config->hist_bits,
					  SLUICE_HIST_OCTAVES_PKTS);
	error |= sluice_windows_init(&meter->windows, sluice_meter_windows_ns,
				     SLUICE_METER_WINDOWS);
	if (error)
		return -1;
	for (uint32_t i = 0; i < config->rates; i++)
		if (config->rate_bits_ps[i] > max_rate)
			max_rate = config->rate_bits_ps[i];
	if (!max_rate)
		max_rate = 1000 * SLUICE_NS_PER_S;
	sluice_spectrum_init(&meter->spectrum, max_rate);
	for (uint32_t i = 0; i < config->rates; i++)
		sluice_spectrum_add_rate(&meter->spectrum,
					 config->rate_bits_ps[i]);
	sluice_spectrum_init(&meter->block_spectrum, max_rate * 2);
	for (uint32_t i = 0; i < SLUICE_METER_MULTIPLES; i++)
		sluice_spectrum_add_rate(&meter->block_spectrum, 0);
	for (uint32_t i = 0; i < SLUICE_METER_WINDOWS; i++)
		meter->results[i].window_ns = sluice_meter_windows_ns[i];
	block_begin(meter, config->start_ns);
	return 0;
}

void sluice_meter_done(struct sluice_meter *meter)
{
	sluice_hist_done(&meter->gap);
	sluice_hist_done(&meter->idle);
	for (uint32_t i = 0; i < SLUICE_METER_THETAS; i++)
		sluice_hist_done(&meter->trains[i].pkts);
	sluice_windows_done(&meter->windows);
	if (meter->departure) {
		sluice_hist_done(&meter->departure->late);
		sluice_hist_done(&meter->departure->early);
		free(meter->departure);
		meter->departure = NULL;
	}
}

/* The train of theta i ended with the frame before this one. */
static void train_close(struct sluice_meter *meter, uint32_t i)
{
	struct sluice_trains *trains = &meter->trains[i];
	uint64_t bytes = meter->bytes - trains->run.first_bytes;
	uint64_t duration_ns = meter->last_ns - trains->run.first_ns;

	sluice_hist_add(&trains->pkts, meter->pkts - trains->run.first_pkt);
	if (bytes > trains->bytes_max)
		trains->bytes_max = bytes;
	if (duration_ns > trains->duration_max_ns)
		trains->duration_max_ns = duration_ns;
}

static void train_begin(struct sluice_meter *meter, uint32_t i,
			uint64_t time_ns)
{
	meter->trains[i].run = (struct sluice_run){
		.first_pkt = meter->pkts,
		.first_bytes = meter->bytes,
		.first_ns = time_ns,
	};
}

/* What the gap before the frame at time_ns says: gaps and ends of trains. */
static void add_gap(struct sluice_meter *meter, uint64_t time_ns,
		    uint64_t gap_ns)
{
	sluice_hist_add(&meter->gap, gap_ns);
	meter->gap_square_sum += (unsigned __int128)gap_ns * gap_ns;
	meter->censored_gaps += gap_ns < meter->config.uncertainty_ns;
	for (uint32_t i = 1; i < SLUICE_METER_THETAS &&
			     gap_ns > sluice_meter_thetas_ns[i]; i++) {
		train_close(meter, i);
		train_begin(meter, i, time_ns);
	}
	if (!meter->config.line_rate_bits_ps)
		return;
	sluice_hist_add(&meter->idle, gap_ns > meter->last_wire_ns ?
				      gap_ns - meter->last_wire_ns : 0);
	if (gap_ns > meter->last_theta_ns) {
		train_close(meter, 0);
		train_begin(meter, 0, time_ns);
	}
}

/* Remember this frame's time on the wire; lengths repeat, divisions need not. */
static void remember_wire(struct sluice_meter *meter, uint32_t frame_bytes)
{
	uint64_t rate = meter->config.line_rate_bits_ps;
	uint64_t bytes = (uint64_t)frame_bytes +
			 meter->config.line_overhead_bytes;

	if (frame_bytes != meter->wire_memo_bytes && rate) {
		meter->wire_memo_bytes = frame_bytes;
		meter->wire_memo_ns = wire_ns(bytes, rate);
		meter->theta_memo_ns = wire_ns(bytes * 11, rate * 10) +
				       meter->config.uncertainty_ns;
	}
	meter->last_wire_ns = meter->wire_memo_ns;
	meter->last_theta_ns = meter->theta_memo_ns;
}

int sluice_meter_add(struct sluice_meter *meter, uint64_t time_ns,
		     uint32_t frame_bytes)
{
	uint32_t bytes = sluice_meter_bytes(&meter->config, frame_bytes);
	uint64_t gap_ns = 0;

	if (meter->pkts) {
		if (time_ns < meter->last_ns) {
			meter->backward_pkts++;
			time_ns = meter->last_ns;
		}
		gap_ns = time_ns - meter->last_ns;
		add_gap(meter, time_ns, gap_ns);
	} else {
		meter->first_ns = time_ns;
		for (uint32_t i = 0; i < SLUICE_METER_THETAS; i++)
			train_begin(meter, i, time_ns);
	}
	if (time_ns >= meter->block_end_ns)
		block_advance(meter, time_ns);
	sluice_spectrum_add(&meter->spectrum, gap_ns, bytes);
	sluice_spectrum_add(&meter->block_spectrum,
			    meter->block_pkts ? gap_ns : 0, bytes);
	remember_wire(meter, frame_bytes);
	meter->pkts++;
	meter->bytes += bytes;
	meter->block_pkts++;
	meter->block_bytes += bytes;
	meter->last_ns = time_ns;
	meter->last_bytes = bytes;
	if (bytes > meter->block_max_bytes)
		meter->block_max_bytes = bytes;
	if (bytes > meter->max_bytes)
		meter->max_bytes = bytes;
	if (bytes < meter->min_bytes)
		meter->min_bytes = bytes;
	return sluice_windows_add(&meter->windows, time_ns, bytes);
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

void sluice_meter_finish(struct sluice_meter *meter)
{
	uint32_t first = meter->config.line_rate_bits_ps ? 0 : 1;

	if (!meter->pkts)
		return;
	for (uint32_t i = first; i < SLUICE_METER_THETAS; i++)
		train_close(meter, i);
	block_close(meter);
}

double sluice_meter_mean_bits_ps(const struct sluice_meter *meter)
{
	return (double)meter->bytes * 8e9 /
	       (double)(meter->config.end_ns - meter->config.start_ns);
}

double sluice_meter_gap_cov(const struct sluice_meter *meter)
{
	unsigned __int128 sum = meter->gap.sum;
	unsigned __int128 n = meter->gap.count, variance;

	if (!n || !sum)
		return 0;
	/* n^2 var = n sum(g^2) - (sum g)^2, in integers: no cancellation */
	variance = n * meter->gap_square_sum - sum * sum;
	return sqrt((double)variance) / (double)sum;
}
