/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A figure that was measured several times, and how well its mean is known: the
 * 95 % confidence interval by Student's t distribution, for runs that do not
 * depend on each other. One run has none.
 *
 * Part of libsluice: nothing here prints or exits.
 */
#ifndef SLUICE_SAMPLE_H
#define SLUICE_SAMPLE_H

#include <stdbool.h>

/**
 * struct sluice_sample - the runs so far
 * @runs: how many
 * @mean: of them
 * @squares: sum of the squares of the distances from it
 */
struct sluice_sample {
	unsigned int runs;
	double mean;
	double squares;
};

/* One more run (Welford's recurrence, which does not cancel). */
void sluice_sample_add(struct sluice_sample *sample, double value);

/* The mean is within that of the true one, 95 times of 100; 0 of less than two. */
double sluice_sample_half_width(const struct sluice_sample *sample);

/*
 * Both have an interval, and these do not meet: chance alone makes such a
 * difference once in 20 times where one side has no spread, and once in 150 or
 * less where both have the same.
 */
bool sluice_samples_differ(const struct sluice_sample *a,
			   const struct sluice_sample *b);

#endif
