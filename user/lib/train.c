// SPDX-License-Identifier: GPL-2.0
#include "train.h"

#include <endian.h>
#include <string.h>

#include "wide.h"

#define WORD_BYTES	8u

const uint64_t sluice_thetas_ns[SLUICE_THETAS] = {
	0, 128, 256, 512, 1024, 2048, 100000
};

int sluice_trains_init(struct sluice_trains *trains, uint32_t hist_bits)
{
	int error = 0;

	*trains = (struct sluice_trains){ .pkts = 0 };
	for (uint32_t i = 0; i < SLUICE_THETAS; i++)
		error |= sluice_hist_init(&trains->theta[i].pkts, hist_bits,
					  SLUICE_HIST_OCTAVES_PKTS);
	return error;
}

void sluice_trains_done(struct sluice_trains *trains)
{
	for (uint32_t i = 0; i < SLUICE_THETAS; i++)
		sluice_hist_done(&trains->theta[i].pkts);
}

static void train_close(struct sluice_trains *trains, uint32_t index,
			const struct sluice_train_start *start)
{
	struct sluice_train *train = &trains->theta[index];
	uint64_t bytes = trains->bytes - start->bytes;
	uint64_t duration_ns = trains->last_ns - start->time_ns;

	sluice_hist_add(&train->pkts, trains->pkts - start->pkt);
	if (bytes > train->bytes_max)
		train->bytes_max = bytes;
	if (duration_ns > train->duration_max_ns)
		train->duration_max_ns = duration_ns;
}

/* The train of thetas from to to, which has several frames, ended. */
static void grid_close(struct sluice_trains *trains, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i <= to; i++) {
		const struct sluice_train_start *start = &trains->start[i];

		/* a frame of a higher class begins a train of this theta too */
		for (uint32_t class = i + 1; class < SLUICE_THETAS; class++)
			if (trains->start[class].pkt > start->pkt)
				start = &trains->start[class];
		train_close(trains, i, start);
	}
}

/* ---- frames ---- */

/* The class of the frame before a batch, then of each frame of it. */
struct marks {
	uint8_t class[WORD_BYTES + SLUICE_BATCH_PKTS + WORD_BYTES];
	uint8_t is_wire_end[SLUICE_BATCH_PKTS + WORD_BYTES];
};

/* Where trains stood in front of a batch. */
struct base {
	uint64_t pkts;
	uint64_t bytes;
	uint32_t last_bytes;
};

/* How many thetas of the grid lie below a gap: vectors need them written out. */
#define CLASS_OF(gap_ns)						\
	(uint8_t)(((gap_ns) > 128) + ((gap_ns) > 256) + ((gap_ns) > 512) + \
		  ((gap_ns) > 1024) + ((gap_ns) > 2048) + ((gap_ns) > 100000))

static inline __attribute__((always_inline))
void marks_set(struct marks *marks, const struct sluice_batch *batch)
{
	for (uint32_t i = 1; i < batch->count; i++) {
		uint32_t gap_ns = batch->gap_ns[i];

		marks->class[WORD_BYTES + i] = CLASS_OF(gap_ns);
		marks->is_wire_end[i] = gap_ns > batch->theta_ns[i];
	}
}

SLUICE_WIDE static void marks_set_wide(struct marks *marks,
				       const struct sluice_batch *batch)
{
	marks_set(marks, batch);
}

static void marks_fill(struct marks *marks, const struct sluice_trains *trains,
		       const struct sluice_batch *batch, uint64_t first_theta_ns)
{
	uint8_t *class = marks->class + WORD_BYTES;

	if (sluice_is_wide())
		marks_set_wide(marks, batch);
	else
		marks_set(marks, batch);
	class[-1] = (uint8_t)trains->last_class;
	class[0] = trains->pkts ? CLASS_OF(batch->first_gap_ns) : class[-1];
	marks->is_wire_end[0] = trains->pkts &&
				batch->first_gap_ns > first_theta_ns;
	/* nothing changes behind the end */
	memset(class + batch->count, class[batch->count - 1], WORD_BYTES);
	memset(marks->is_wire_end + batch->count, 0, WORD_BYTES);
}

/* Eight marks as a word, the first in its lowest byte. */
static inline uint64_t word_of(const uint8_t *marks)
{
	uint64_t word;

	memcpy(&word, marks, sizeof(word));
	return le64toh(word);
}

static inline struct sluice_train_start
start_of(const struct base *base, const struct sluice_batch *batch, uint32_t i)
{
	return (struct sluice_train_start){
		.pkt = base->pkts + i,
		.bytes = base->bytes + batch->bytes_before[i],
		.time_ns = batch->first_ns + batch->at_ns[i],
	};
}

/* Trains stand in front of frame i of the batch. */
static inline void position_set(struct sluice_trains *trains,
				const struct base *base,
				const struct sluice_batch *batch, uint32_t i)
{
	trains->pkts = base->pkts + i;
	trains->bytes = base->bytes + batch->bytes_before[i];
	if (!i)
		return;
	trains->last_ns = batch->first_ns + batch->at_ns[i - 1];
	trains->last_bytes = batch->bytes[i - 1];
}

/* Frames from `from` in front of `to` have the class of the one before them. */
static void same_add(struct sluice_trains *trains, const struct base *base,
		     const struct sluice_batch *batch, uint32_t from, uint32_t to)
{
	uint32_t class = trains->last_class;
	uint32_t max = trains->single_bytes_max[class];

	if (from == to)
		return;
	trains->singles[class] += to - from;
	trains->start[class] = start_of(base, batch, to - 1);
	if (!from && base->last_bytes > max)
		max = base->last_bytes;
	if (batch->max_bytes > max)
		for (uint32_t i = from ? from - 1 : 0; i + 1 < to; i++)
			max = batch->bytes[i] > max ? batch->bytes[i] : max;
	trains->single_bytes_max[class] = max;
}

/* Accounted, of the frame before frame i. */
static inline uint32_t bytes_before(const struct base *base,
				    const struct sluice_batch *batch, uint32_t i)
{
	return i ? batch->bytes[i - 1] : base->last_bytes;
}

/* Frame i is of another class than the one before. */
static void class_change(struct sluice_trains *trains, const struct base *base,
			 const struct sluice_batch *batch, uint32_t i,
			 uint32_t class)
{
	uint32_t last = trains->last_class, lower = class < last ? class : last;
	uint32_t bytes = bytes_before(base, batch, i);

	trains->singles[lower]++;
	if (bytes > trains->single_bytes_max[lower])
		trains->single_bytes_max[lower] = bytes;
	if (class > last) {
		position_set(trains, base, batch, i);
		grid_close(trains, lower + 1, class);
	}
	trains->start[class] = start_of(base, batch, i);
	trains->last_class = class;
}

static void grid_add(struct sluice_trains *trains, const struct base *base,
		     const struct sluice_batch *batch, const struct marks *marks)
{
	const uint8_t *class = marks->class + WORD_BYTES;
	uint32_t from = !base->pkts;

	for (uint32_t at = 0; at < batch->count; at += WORD_BYTES) {
		uint64_t changes = word_of(class + at) ^ word_of(class + at - 1);

		while (changes) {
			uint32_t byte = (uint32_t)__builtin_ctzll(changes) / 8;
			uint32_t i = at + byte;

			changes &= ~(0xffull << byte * 8);
			same_add(trains, base, batch, from, i);
			class_change(trains, base, batch, i, class[i]);
			from = i + 1;
		}
	}
	same_add(trains, base, batch, from, batch->count);
}

/* The "wire" train before frame i is over. */
static void wire_end(struct sluice_trains *trains, const struct base *base,
		     const struct sluice_batch *batch, uint32_t i)
{
	uint32_t bytes = bytes_before(base, batch, i);

	if (trains->wire_start.pkt + 1 != base->pkts + i) {
		position_set(trains, base, batch, i);
		train_close(trains, 0, &trains->wire_start);
	} else {
		trains->wire_singles++;
		if (bytes > trains->wire_single_bytes_max)
			trains->wire_single_bytes_max = bytes;
	}
	trains->wire_start = start_of(base, batch, i);
}

static void wire_add(struct sluice_trains *trains, const struct base *base,
		     const struct sluice_batch *batch, const struct marks *marks)
{
	for (uint32_t at = 0; at < batch->count; at += WORD_BYTES) {
		uint64_t ends = word_of(marks->is_wire_end + at);

		for (; ends; ends &= ends - 1)
			wire_end(trains, base, batch,
				 at + (uint32_t)__builtin_ctzll(ends) / 8);
	}
}

/* The first frame of all begins a train of every theta. */
static void trains_begin(struct sluice_trains *trains, uint64_t time_ns)
{
	struct sluice_train_start start = { .time_ns = time_ns };

	for (uint32_t i = 0; i < SLUICE_THETAS; i++)
		trains->start[i] = start;
	trains->wire_start = start;
	trains->last_class = SLUICE_THETAS - 1;
}

void sluice_trains_add(struct sluice_trains *trains,
		       const struct sluice_batch *batch, uint64_t first_theta_ns)
{
	struct base base = {
		trains->pkts, trains->bytes, trains->last_bytes
	};
	uint64_t last_ns = trains->last_ns;
	struct marks marks;

	if (!trains->pkts)
		trains_begin(trains, batch->first_ns);
	marks_fill(&marks, trains, batch, first_theta_ns);
	grid_add(trains, &base, batch, &marks);
	trains->last_ns = last_ns;	/* as frame 0 finds it */
	wire_add(trains, &base, batch, &marks);
	position_set(trains, &base, batch, batch->count);
}

static void singles_add(struct sluice_train *train, uint64_t count,
			uint32_t bytes_max)
{
	if (!count)
		return;
	sluice_hist_add_many(&train->pkts, 1, count);
	if (bytes_max > train->bytes_max)
		train->bytes_max = bytes_max;
}

void sluice_trains_sync(struct sluice_trains *trains)
{
	uint64_t singles = 0;
	uint32_t bytes_max = 0;

	for (uint32_t i = SLUICE_THETAS - 1; i; i--) {
		singles += trains->singles[i];
		if (trains->single_bytes_max[i] > bytes_max)
			bytes_max = trains->single_bytes_max[i];
		singles_add(&trains->theta[i], singles, bytes_max);
	}
	singles_add(&trains->theta[0], trains->wire_singles,
		    trains->wire_single_bytes_max);
	for (uint32_t i = 0; i < SLUICE_THETAS; i++)
		trains->singles[i] = 0;
	trains->wire_singles = 0;
}

void sluice_trains_finish(struct sluice_trains *trains)
{
	sluice_trains_sync(trains);
	if (!trains->pkts)
		return;
	grid_close(trains, 1, SLUICE_THETAS - 1);
	train_close(trains, 0, &trains->wire_start);
}

uint64_t sluice_trains_at_least(const struct sluice_trains *trains,
				uint32_t index, uint64_t pkts)
{
	const struct sluice_hist *hist = &trains->theta[index].pkts;
	uint64_t count = 0;

	for (uint32_t i = sluice_hist_index(hist, pkts); i <= hist->last; i++)
		count += hist->buckets[i].count;
	return count;
}
