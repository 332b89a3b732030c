// SPDX-License-Identifier: GPL-2.0
/* Figures of several runs; see sample.h. */
#include "sample.h"

#include <math.h>

/*
 * The 97.5 % quantile of Student's t distribution with n degrees of freedom
 * (NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2), the last for all
 * beyond 30: that of 31, so that no interval is told too short.
 */
static const double quantiles[] = {
	12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
	2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
	2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
	2.040,
};

#define QUANTILES (sizeof(quantiles) / sizeof(quantiles[0]))

void sluice_sample_add(struct sluice_sample *sample, double value)
{
	double delta = value - sample->mean;

	sample->mean += delta / ++sample->runs;
	sample->squares += delta * (value - sample->mean);
}

double sluice_sample_half_width(const struct sluice_sample *sample)
{
	unsigned int freedom;

	if (sample->runs < 2)
		return 0;
	freedom = sample->runs - 1;
	return quantiles[(freedom < QUANTILES ? freedom : QUANTILES) - 1] *
	       sqrt(sample->squares / freedom / sample->runs);
}

bool sluice_samples_differ(const struct sluice_sample *a,
			   const struct sluice_sample *b)
{
	return a->runs > 1 && b->runs > 1 &&
	       fabs(a->mean - b->mean) > sluice_sample_half_width(a) +
					 sluice_sample_half_width(b);
}
