/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which burst to try next: double it until one loses, then halve what lies
 * between the longest that did not and the shortest that did. A first-in
 * first-out queue that drops at its tail tells where it was full by the first
 * packet that is missing; this guess is tried first, some times.
 *
 * Pure: the caller sends the bursts.
 */
#ifndef SLUICE_BURST_SEARCH_H
#define SLUICE_BURST_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

/* How often a guess may take the place of the middle. */
#define BURST_GUESSES 4u

/**
 * struct burst_search - a search and what it knows
 * @min: shortest burst, at least 1
 * @max: longest
 * @lossless: longest burst that lost nothing; 0: there is none yet
 * @lossy: shortest burst that lost; 0: there is none yet
 * @packets: the burst to try now
 * @guesses: that are left
 * @is_guess: @packets is one
 * @is_done: there is nothing left to try
 */
struct burst_search {
	uint32_t min;
	uint32_t max;
	uint32_t lossless;
	uint32_t lossy;
	uint32_t packets;
	uint32_t guesses;
	bool is_guess;
	bool is_done;
};

/*
 * From bursts of @min packets, at least 1, to those of @max, not below @min. The
 * first to try, in @search->packets, is @min.
 */
void burst_search_begin(struct burst_search *search, uint32_t min,
			uint32_t max);

/* @search->packets lost nothing. */
void burst_search_pass(struct burst_search *search);

/* @search->packets lost; so many had arrived before the first that is missing. */
void burst_search_loss(struct burst_search *search, uint32_t first_lost);

/* The most bursts that a search can take, and the most packets in all of them. */
uint32_t burst_search_steps_most(uint32_t min, uint32_t max);
uint64_t burst_search_packets_most(uint32_t min, uint32_t max);

#endif
