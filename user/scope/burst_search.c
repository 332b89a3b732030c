// SPDX-License-Identifier: GPL-2.0
/* Which burst to try next; see burst_search.h. */
#include "burst_search.h"

void burst_search_begin(struct burst_search *search, uint32_t min,
			uint32_t max)
{
	*search = (struct burst_search){
		.min = min, .max = max, .packets = min,
		.guesses = BURST_GUESSES,
	};
}

static uint32_t doubled(uint32_t packets, uint32_t max)
{
	return packets > max / 2 ? max : 2 * packets;
}

/* @guess may be 0: there is none. */
static void search_next(struct burst_search *search, uint32_t guess)
{
	uint32_t low = search->lossless, high = search->lossy;

	search->is_guess = false;
	if (!high) {
		search->is_done = low == search->max;
		search->packets = doubled(low, search->max);
		return;
	}
	/* Nothing below the shortest burst is asked for. */
	if (low + 1 < search->min)
		low = search->min - 1;
	if (high - low <= 1) {
		search->is_done = true;
		return;
	}
	if (guess > low && guess < high && search->guesses) {
		search->guesses--;
		search->is_guess = true;
		search->packets = guess;
	} else {
		search->packets = low + (high - low) / 2;
	}
}

void burst_search_pass(struct burst_search *search)
{
	bool was_guess = search->is_guess;

	search->lossless = search->packets;
	/* If it was right, one more is one too many. */
	search_next(search, was_guess ? search->packets + 1 : 0);
}

void burst_search_loss(struct burst_search *search, uint32_t first_lost)
{
	search->lossy = search->packets;
	search_next(search, first_lost);
}

static uint32_t doublings(uint32_t min, uint32_t max)
{
	uint32_t steps = 1;

	for (; min < max; min = doubled(min, max))
		steps++;
	return steps;
}

/* Of bursts between two doublings, the last of which lost. */
static uint32_t halvings(uint32_t max)
{
	uint32_t gap, steps = 0;

	for (gap = max - max / 2; gap > 1; gap -= gap / 2)
		steps++;
	return steps;
}

uint32_t burst_search_steps_most(uint32_t min, uint32_t max)
{
	return doublings(min, max) + halvings(max) + BURST_GUESSES;
}

uint64_t burst_search_packets_most(uint32_t min, uint32_t max)
{
	uint64_t packets = min;

	for (; min < max; packets += min)
		min = doubled(min, max);
	return packets + (uint64_t)(halvings(max) + BURST_GUESSES) * max;
}
