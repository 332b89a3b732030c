// SPDX-License-Identifier: GPL-2.0
/* What to ask of a pacer after a burst test; see burst_advice.h. */
#include "burst_advice.h"

#include <stdlib.h>
#include <string.h>

#include "../../kernel/uapi/sluice.h"

/*
 * One percent below what half of the bursts saw: more than the clocks of two ports
 * differ by (200 ppm, IEEE 802.3), and what stamps after an interrupt may add.
 */
#define MARGIN_PARTS 100u

#define OUTLIER_PARTS 10u

/* Sixteen super-packets of TCP at once: more than hosts send but for a test. */
#define PLENTY_BYTES (16u * 65536u)

/* Where trains meet those of others, half of the room is theirs. */
#define TRAIN_PARTS 2u

#define PPM 1000000u

/* More bursts of a kind do not make a median better. */
#define ARRIVALS_MAX 256u

/* Who answers for a burst that decided nothing, and what spaced it, is not the path. */
static bool is_of_path(const struct burst_result *result)
{
	const struct burst_host *host = &result->host;

	return result->end == BURST_END_FOUND && *host->device &&
	       strcmp(host->device, "lo") && !*host->spacer;
}

/*
 * What a burst tells of the bottleneck's rate, 0: nothing. It must be a long one,
 * as burst_judge() takes them, and none that an interrupted receiver made slower
 * by a tenth or more.
 */
static uint64_t arrival_of(const struct burst_result *result,
			   const struct burst_probe *probe)
{
	const uint64_t fastest = burst_bottleneck_bits_ps(&result->known);

	return probe->is_counted &&
	       probe->report.received >= result->known.arrivals / 2 &&
	       probe->arrival_bits_ps > fastest - fastest / OUTLIER_PARTS ?
	       probe->arrival_bits_ps : 0;
}

static uint64_t round_down_to_three_digits(uint64_t value)
{
	uint64_t scale = 1;

	while (value / scale >= 1000)
		scale *= 10;
	return value / scale * scale;
}

static int rates_compare(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static void rate_advise(const struct burst_result *result,
			struct burst_advice *advice)
{
	const uint32_t room = result->search.lossless / TRAIN_PARTS;
	uint64_t rates[ARRIVALS_MAX], wire;
	unsigned int i, count = 0;

	for (i = 0; i < result->count && count < ARRIVALS_MAX; i++) {
		rates[count] = arrival_of(result, &result->probes[i]);
		count += rates[count] != 0;
	}
	if (!burst_bottleneck_bits_ps(&result->known) || !count)
		return;
	qsort(rates, count, sizeof(*rates), rates_compare);
	wire = burst_wire_bits_ps(rates[(count - 1) / 2], result->packet_bytes);
	advice->kind = BURST_ADVICE_RATE;
	advice->spread_ppm = (rates[count - 1] - rates[0]) * PPM /
			     rates[count - 1];
	advice->rate_bits_ps = round_down_to_three_digits(wire -
							  wire / MARGIN_PARTS);
	if (room > 1)
		advice->train_frames = room < SLUICE_TRAIN_MAX_FRAMES ?
				       room : SLUICE_TRAIN_MAX_FRAMES;
}

void burst_advise(const struct burst_result *result,
		  struct burst_advice *ret)
{
	const struct burst_search *search = &result->search;

	*ret = (struct burst_advice){ .train_frames = 1 };
	if (!is_of_path(result) || !search->lossless)
		return;
	if (search->lossy) {
		ret->kind = BURST_ADVICE_SPACE;
		rate_advise(result, ret);
	} else {
		ret->kind = (uint64_t)search->lossless * result->packet_bytes <
			    PLENTY_BYTES ? BURST_ADVICE_LONGER :
					   BURST_ADVICE_LEAVE;
	}
}
