// SPDX-License-Identifier: GPL-2.0
#include "commanded.h"

#include <math.h>

#define HIST_BITS		7u
#define BITS_NS_PER_BYTE_S	8000000000ull
#define FULL_FRAME_BYTES	1538u
#define THOUSAND		1000u
/* Beyond this Sluice's own flows do not catch up: what verify calls too late. */
#define CATCH_UP_MAX_NS		262144u

const uint64_t sluice_commanded_windows_ns[SLUICE_COMMANDED_WINDOWS] = {
	SLUICE_NS_PER_S, SLUICE_NS_PER_S / 10
};

int sluice_commanded_init(struct sluice_commanded *commanded,
			  uint64_t rate_bits_ps, uint32_t uncertainty_ns)
{
	*commanded = (struct sluice_commanded){
		.rate_bits_ps = rate_bits_ps, .uncertainty_ns = uncertainty_ns,
	};
	sluice_phase_init(&commanded->phase, FULL_FRAME_BYTES *
			  BITS_NS_PER_BYTE_S / rate_bits_ps);
	return sluice_hist_init(&commanded->early, HIST_BITS,
				SLUICE_HIST_OCTAVES_NS) |
	       sluice_hist_init(&commanded->departure.late, HIST_BITS,
				SLUICE_HIST_OCTAVES_NS) |
	       sluice_hist_init(&commanded->departure.early, HIST_BITS,
				SLUICE_HIST_OCTAVES_NS) |
	       sluice_hist_init(&commanded->over_frame, HIST_BITS,
				SLUICE_HIST_OCTAVES_NS);
}

void sluice_commanded_done(struct sluice_commanded *commanded)
{
	sluice_hist_done(&commanded->early);
	sluice_hist_done(&commanded->departure.late);
	sluice_hist_done(&commanded->departure.early);
	sluice_hist_done(&commanded->over_frame);
}

/* A frame's time by the rate, further; what is less than 1 ns is kept: no drift (P3). */
static uint64_t time_add(const struct sluice_commanded *commanded,
			 uint64_t *time_ns, uint64_t *rest)
{
	uint64_t step_ns = commanded->frame_ns;

	*rest += commanded->frame_rest;
	if (*rest >= commanded->rate_bits_ps) {
		*rest -= commanded->rate_bits_ps;
		step_ns++;
	}
	*time_ns += step_ns;
	return step_ns;
}

static void frame_time(struct sluice_commanded *commanded, uint32_t bytes)
{
	unsigned __int128 wire = (unsigned __int128)bytes * BITS_NS_PER_BYTE_S;

	if (bytes == commanded->last_bytes)
		return;
	commanded->frame_ns = (uint64_t)(wire / commanded->rate_bits_ps);
	commanded->frame_rest = (uint64_t)(wire - (unsigned __int128)
			commanded->frame_ns * commanded->rate_bits_ps);
	commanded->last_bytes = bytes;
}

static void cell_add(struct sluice_commanded *commanded, uint64_t time_ns)
{
	if (time_ns >= commanded->tat_ns) {
		commanded->tat_ns = time_ns;
		commanded->tat_rest = 0;
	} else if (commanded->tat_ns - time_ns > commanded->uncertainty_ns) {
		sluice_hist_add(&commanded->early, commanded->tat_ns - time_ns);
	}
	time_add(commanded, &commanded->tat_ns, &commanded->tat_rest);
}

static void departure_add(struct sluice_commanded *commanded, uint64_t time_ns)
{
	struct sluice_departure *departure = &commanded->departure;
	uint64_t due_ns = commanded->begin_ns + commanded->ideal_ns;
	uint64_t error_ns;

	if (time_ns < due_ns) {
		error_ns = due_ns - time_ns;
		sluice_hist_add(&departure->early, error_ns);
	} else if (time_ns == due_ns) {
		error_ns = 0;
		departure->exact++;
	} else {
		error_ns = time_ns - due_ns;
		if (error_ns > CATCH_UP_MAX_NS &&
		    error_ns > commanded->frame_ns) {
			commanded->begin_ns = time_ns - commanded->ideal_ns;
			commanded->pauses++;
			if (error_ns > commanded->pause_max_ns)
				commanded->pause_max_ns = error_ns;
			return;
		}
		sluice_hist_add(&departure->late, error_ns);
	}
	if (commanded->frame_ns && error_ns < UINT64_MAX / THOUSAND)
		sluice_hist_add(&commanded->over_frame,
				error_ns * THOUSAND / commanded->frame_ns);
}

static void rate_error_add(struct sluice_rate_errors *errors, uint64_t length_ns,
			   uint64_t time_ns, double rate_bits_ps)
{
	double error_ppm;

	if (errors->bytes) {
		error_ppm = ((double)errors->bytes * 8e9 /
			     (double)(time_ns - errors->first_ns) /
			     rate_bits_ps - 1) * 1e6;
		if (!errors->windows || error_ppm < errors->min_ppm)
			errors->min_ppm = error_ppm;
		if (!errors->windows || error_ppm > errors->max_ppm)
			errors->max_ppm = error_ppm;
		errors->windows++;
		errors->end_ns += (time_ns - errors->end_ns) / length_ns *
				  length_ns;
	} else {
		errors->end_ns = time_ns;
	}
	errors->end_ns += length_ns;
	errors->first_ns = time_ns;
	errors->bytes = 0;
}

void sluice_commanded_add(struct sluice_commanded *commanded, uint64_t time_ns,
			  uint32_t bytes)
{
	uint64_t due_ns, step_ns;

	if (!commanded->pkts) {
		commanded->first_ns = time_ns;
		commanded->begin_ns = time_ns;
	}
	frame_time(commanded, bytes);
	cell_add(commanded, time_ns);
	departure_add(commanded, time_ns);
	due_ns = commanded->first_ns + commanded->ideal_ns;
	step_ns = time_add(commanded, &commanded->ideal_ns,
			   &commanded->ideal_rest);
	sluice_phase_add(&commanded->phase, (int64_t)(time_ns - due_ns),
			 step_ns);
	for (uint32_t i = 0; i < SLUICE_COMMANDED_WINDOWS; i++) {
		struct sluice_rate_errors *errors = &commanded->rate_errors[i];

		if (time_ns >= errors->end_ns)
			rate_error_add(errors, sluice_commanded_windows_ns[i],
				       time_ns, (double)commanded->rate_bits_ps);
		errors->bytes += bytes;
	}
	commanded->pkts++;
	commanded->bytes += bytes;
	commanded->last_ns = time_ns;
}

double sluice_commanded_error_ppm(const struct sluice_commanded *commanded)
{
	double rate = (double)commanded->rate_bits_ps, span_ns;

	if (commanded->last_ns == commanded->first_ns)
		return NAN;
	span_ns = (double)(commanded->last_ns - commanded->first_ns);
	/* the last frame's own time lies behind its start */
	return ((double)(commanded->bytes - commanded->last_bytes) * 8e9 /
		span_ns - rate) / rate * 1e6;
}

double sluice_rate_errors_worst_ppm(const struct sluice_rate_errors *errors)
{
	if (!errors->windows)
		return NAN;
	return errors->max_ppm > -errors->min_ppm ? errors->max_ppm :
						    errors->min_ppm;
}
