// SPDX-License-Identifier: GPL-2.0
#include "phase.h"

#include <math.h>

#define PART_MIN_NS		1250u	/* an eighth of 10 us */
#define RING_MASK		(SLUICE_PHASE_RING - 1)
/* A longer frame is no frame: what came before is not compared with it. */
#define FRAME_MAX_PARTS		1024u

static inline double least(double a, double b)
{
	return a < b ? a : b;
}

static inline double greatest(double a, double b)
{
	return a > b ? a : b;
}

void sluice_phase_init(struct sluice_phase *phase, uint64_t frame_ns)
{
	*phase = (struct sluice_phase){ .part_ns = PART_MIN_NS };
	while (phase->part_ns < frame_ns)
		phase->part_ns *= 2;
	phase->left_ns = phase->part_ns;
}

/* That part; those behind it follow. */
static const struct sluice_phase_part *
part_at(const struct sluice_phase_level *level, uint64_t number)
{
	return &level->part[number & RING_MASK];
}

static void part_put(struct sluice_phase_level *level,
		     const struct sluice_phase_part *part)
{
	uint64_t at = level->parts++ & RING_MASK;

	level->part[at] = *part;
	level->part[at + SLUICE_PHASE_RING] = *part;
}

/* The window of tau in front of the newest part, and that part's begin. */
static void window_close(struct sluice_phase_level *level)
{
	const struct sluice_phase_part *part =
		part_at(level, level->parts - 1 - SLUICE_PHASE_PARTS);
	double min = part[SLUICE_PHASE_PARTS].first, max = min;

	for (uint32_t i = 0; i < SLUICE_PHASE_PARTS; i++) {
		min = least(min, part[i].min);
		max = greatest(max, part[i].max);
	}
	level->windows++;
	level->mtie_ns = greatest(level->mtie_ns, max - min);
}

/* Three windows of tau that end with the newest part. */
static void term_close(struct sluice_phase_level *level)
{
	const struct sluice_phase_part *part =
		part_at(level, level->parts - 3 * SLUICE_PHASE_PARTS);
	double term = 0;

	for (uint32_t i = 0; i < SLUICE_PHASE_PARTS; i++)
		term += part[i].mean - 2 * part[SLUICE_PHASE_PARTS + i].mean +
			part[2 * SLUICE_PHASE_PARTS + i].mean;
	term /= SLUICE_PHASE_PARTS;
	level->terms++;
	level->square_sum += term * term;
}

/* A part is over; with the one before it, one of the next level may be. */
static void part_close(struct sluice_phase *phase,
		       struct sluice_phase_part part)
{
	for (uint32_t k = 0; k < SLUICE_PHASE_LEVELS; k++) {
		struct sluice_phase_level *level = &phase->level[k];
		const struct sluice_phase_part *before;

		part_put(level, &part);
		if (level->parts > SLUICE_PHASE_PARTS)
			window_close(level);
		if (level->parts >= 3 * SLUICE_PHASE_PARTS)
			term_close(level);
		if (level->parts % 2)
			return;
		before = part_at(level, level->parts - 2);
		part.first = before->first;
		part.min = least(part.min, before->min);
		part.max = greatest(part.max, before->max);
		part.mean = (part.mean + before->mean) / 2;
	}
}

void sluice_phase_add(struct sluice_phase *phase, int64_t phase_ns,
		      uint64_t frame_ns)
{
	struct sluice_phase_part *part = &phase->part;
	double x = (double)phase_ns;

	if (frame_ns / FRAME_MAX_PARTS >= phase->part_ns) {
		for (uint32_t k = 0; k < SLUICE_PHASE_LEVELS; k++)
			phase->level[k].parts = 0;
		phase->left_ns = phase->part_ns;
		return;
	}
	do {
		uint64_t part_ns = frame_ns < phase->left_ns ? frame_ns :
				   phase->left_ns;

		if (phase->left_ns == phase->part_ns)
			*part = (struct sluice_phase_part){ x, x, x, 0 };
		part->min = least(part->min, x);
		part->max = greatest(part->max, x);
		part->mean += x * (double)part_ns;
		phase->left_ns -= part_ns;
		frame_ns -= part_ns;
		if (!phase->left_ns) {
			part->mean /= (double)phase->part_ns;
			part_close(phase, *part);
			phase->left_ns = phase->part_ns;
		}
	} while (frame_ns);
}

bool sluice_phase_wander(const struct sluice_phase *phase, uint32_t number,
			 struct sluice_wander *ret)
{
	const struct sluice_phase_level *level = &phase->level[number];

	if (!level->windows)
		return false;
	*ret = (struct sluice_wander){
		.tau_ns = phase->part_ns * SLUICE_PHASE_PARTS << number,
		.mtie_ns = level->mtie_ns,
		.has_tdev = level->terms > 0,
		.tdev_ns = level->terms ? sqrt(level->square_sum / 6 /
					       (double)level->terms) : 0,
	};
	return true;
}

bool sluice_phase_wander_at(const struct sluice_phase *phase, uint64_t tau_ns,
			    struct sluice_wander *ret)
{
	for (uint32_t k = 0; k < SLUICE_PHASE_LEVELS; k++)
		if (phase->part_ns * SLUICE_PHASE_PARTS << k == tau_ns)
			return sluice_phase_wander(phase, k, ret);
	return false;
}
