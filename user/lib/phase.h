/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Phase of a stream against an ideal one, and how it wanders: MTIE and TDEV by
 * ITU-T G.810 for tau in octaves, in one pass and bounded memory.
 *
 * Frame i of the ideal stream is due at T_i = sum of 8 L_k / r over k < i; the
 * real one came at t_i. Its phase x_i = t_i - t_0 - T_i holds from T_i to T_(i+1),
 * so x is a function of ideal time without gaps, and a pause of the sender is a
 * step of it. With frames of one length this is G.810's sequence of samples.
 *
 *   MTIE(tau)  most that x moves inside of a window of tau
 *   TDEV(tau)  sqrt(mean (X3 - 2 X2 + X1)^2 / 6), X1 to X3 being means of x over
 *              three windows of tau, one behind the other
 *
 * Windows begin at each eighth of tau, not at each sample. TDEV's mean is then of
 * fewer terms. MTIE is at most that of windows that begin anywhere, and at least
 * theirs of 7/8 tau. Per octave 32 eighths are kept, each with its first, least,
 * greatest and mean phase; two become one of the next octave.
 */
#ifndef SLUICE_PHASE_H
#define SLUICE_PHASE_H

#include <stdbool.h>
#include <stdint.h>

#define SLUICE_PHASE_LEVELS	24u
#define SLUICE_PHASE_PARTS	8u	/* of tau */
#define SLUICE_PHASE_RING	32u	/* three times as many, a power of two */

struct sluice_phase_part {		/* ns */
	double first;
	double min;
	double max;
	double mean;
};

struct sluice_phase_level {		/* one tau */
	struct sluice_phase_part part[2 * SLUICE_PHASE_RING];	/* twice: no window wraps */
	uint64_t parts;			/* that are over */
	uint64_t windows;		/* that MTIE is of */
	double mtie_ns;
	uint64_t terms;			/* that TDEV is of */
	double square_sum;
};

struct sluice_phase {
	uint64_t part_ns;		/* of the first level */
	uint64_t left_ns;		/* of the part under way */
	struct sluice_phase_part part;	/* under way; mean is still a sum */
	struct sluice_phase_level level[SLUICE_PHASE_LEVELS];
};

/* The first tau is the least of 10 us x 2^k that has eight frames of frame_ns. */
void sluice_phase_init(struct sluice_phase *phase, uint64_t frame_ns);

/* A frame that came phase_ns late and takes frame_ns by the rate. */
void sluice_phase_add(struct sluice_phase *phase, int64_t phase_ns,
		      uint64_t frame_ns);

struct sluice_wander {
	uint64_t tau_ns;
	double mtie_ns;
	bool has_tdev;			/* that takes three tau */
	double tdev_ns;
};

/* False: the stream was shorter than this tau, and so than all behind it. */
bool sluice_phase_wander(const struct sluice_phase *phase, uint32_t level,
			 struct sluice_wander *ret);
/* The same by tau. */
bool sluice_phase_wander_at(const struct sluice_phase *phase, uint64_t tau_ns,
			    struct sluice_wander *ret);

#endif
