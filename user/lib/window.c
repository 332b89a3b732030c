// SPDX-License-Identifier: GPL-2.0
#include "window.h"

#include <stdlib.h>
#include <string.h>

#define RING_FIRST	64u

int sluice_windows_init(struct sluice_windows *windows,
			const uint64_t *lengths_ns, uint32_t count)
{
	*windows = (struct sluice_windows){
		.count = count,
		.mask = RING_FIRST - 1,
		.ring = malloc(RING_FIRST * sizeof(*windows->ring)),
	};
	memcpy(windows->length_ns, lengths_ns, count * sizeof(*lengths_ns));
	return windows->ring ? 0 : -1;
}

void sluice_windows_done(struct sluice_windows *windows)
{
	free(windows->ring);
	windows->ring = NULL;
}

int sluice_windows_grow(struct sluice_windows *windows)
{
	uint64_t mask = windows->mask * 2 + 1;
	struct sluice_window_entry *ring = malloc((mask + 1) * sizeof(*ring));

	if (!ring)
		return -1;
	for (uint64_t i = windows->tail[windows->count - 1];
	     i != windows->head; i++)
		ring[i & mask] = windows->ring[i & windows->mask];
	free(windows->ring);
	windows->ring = ring;
	windows->mask = mask;
	return 0;
}
