// SPDX-License-Identifier: GPL-2.0
#include "train.h"

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

void sluice_trains_close(struct sluice_trains *trains, uint32_t from,
			 uint32_t to)
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

void sluice_trains_close_wire(struct sluice_trains *trains)
{
	train_close(trains, 0, &trains->wire_start);
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
	sluice_trains_close(trains, 1, SLUICE_THETAS - 1);
	sluice_trains_close_wire(trains);
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
