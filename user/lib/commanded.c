// SPDX-License-Identifier: GPL-2.0
#include "commanded.h"

#define HIST_BITS		7u
#define BITS_NS_PER_BYTE_S	8000000000ull

int sluice_commanded_init(struct sluice_commanded *commanded,
			  uint64_t rate_bits_ps, uint32_t uncertainty_ns)
{
	*commanded = (struct sluice_commanded){
		.rate_bits_ps = rate_bits_ps, .uncertainty_ns = uncertainty_ns,
	};
	return sluice_hist_init(&commanded->early, HIST_BITS,
				SLUICE_HIST_OCTAVES_NS);
}

void sluice_commanded_done(struct sluice_commanded *commanded)
{
	sluice_hist_done(&commanded->early);
}

void sluice_commanded_add(struct sluice_commanded *commanded, uint64_t time_ns,
			  uint32_t bytes)
{
	unsigned __int128 wire = (unsigned __int128)bytes * BITS_NS_PER_BYTE_S;

	if (!commanded->pkts)
		commanded->first_ns = time_ns;
	if (time_ns >= commanded->tat_ns) {
		commanded->tat_ns = time_ns;
		commanded->tat_rest = 0;
	} else if (commanded->tat_ns - time_ns > commanded->uncertainty_ns) {
		sluice_hist_add(&commanded->early, commanded->tat_ns - time_ns);
	}
	/* what is less than a nanosecond is kept: no drift (P3) */
	wire += commanded->tat_rest;
	commanded->tat_ns += (uint64_t)(wire / commanded->rate_bits_ps);
	commanded->tat_rest = (uint64_t)(wire % commanded->rate_bits_ps);
	commanded->pkts++;
	commanded->bytes += bytes;
	commanded->last_ns = time_ns;
	commanded->last_bytes = bytes;
}

double sluice_commanded_error_ppm(const struct sluice_commanded *commanded)
{
	double rate = (double)commanded->rate_bits_ps, span_ns;

	if (commanded->last_ns == commanded->first_ns)
		return 0;
	span_ns = (double)(commanded->last_ns - commanded->first_ns);
	/* the last frame's own time lies behind its start */
	return ((double)(commanded->bytes - commanded->last_bytes) * 8e9 /
		span_ns - rate) / rate * 1e6;
}
