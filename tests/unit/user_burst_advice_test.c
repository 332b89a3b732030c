// SPDX-License-Identifier: GPL-2.0
/* What `sluice burst-test` advises, by what was measured. */
#include "../../user/scope/burst_advice.h"
#include "user_tap.h"

#define PACKET_BYTES	1500u

#define ADVISED_PROBES 5u

/* A search from eth0 that is at its end. */
static struct burst_result advised(uint32_t lossless, uint32_t lossy,
				   struct burst_probe *probes)
{
	struct burst_result result = {
		.host = { .ifindex = 2, .device = "eth0" },
		.packet_bytes = PACKET_BYTES, .probes = probes,
		.search = { .max = 4096, .lossless = lossless, .lossy = lossy,
			    .is_done = true },
		.end = BURST_END_FOUND,
	};

	return result;
}

/* Long bursts that arrived at these, of packets of 1500 bytes; the fastest is known. */
static struct burst_result slowed(uint32_t lossless, const uint64_t *rates,
				  struct burst_probe *probes)
{
	struct burst_result result = advised(lossless, lossless + 1, probes);
	unsigned int i;

	for (i = 0; i < ADVISED_PROBES; i++) {
		probes[i] = (struct burst_probe){ .arrival_bits_ps = rates[i],
						  .is_counted = true };
		probes[i].report.received = 100;
		if (result.known.arrival_bits_ps < rates[i])
			result.known.arrival_bits_ps = rates[i];
	}
	result.count = ADVISED_PROBES;
	result.known.arrivals = 100;
	result.known.long_bits_ps = 9000000000;
	return result;
}

static enum burst_advice_kind kind_of(const struct burst_result *result)
{
	struct burst_advice advice;

	burst_advise(result, &advice);
	return advice.kind;
}

static void test_advice_kinds(void)
{
	static const uint64_t rates[ADVISED_PROBES] = { 975292588, 975292588, 975292588, 975292588, 975292588 };
	struct burst_probe probes[ADVISED_PROBES];
	struct burst_result result = advised(20, 21, NULL);

	tap_ok(kind_of(&result) == BURST_ADVICE_SPACE, "advice: pace, at no known rate");
	result = advised(4096, 0, NULL);
	tap_ok(kind_of(&result) == BURST_ADVICE_LEAVE, "advice: a path that takes all needs no pacing");
	result = advised(64, 0, NULL);
	tap_ok(kind_of(&result) == BURST_ADVICE_LONGER, "advice: unless little was tried");
	result = advised(0, 1, NULL);
	tap_ok(kind_of(&result) == BURST_ADVICE_NONE, "advice: none where packets are lost one by one");
	result = slowed(20, rates, probes);
	tap_ok(kind_of(&result) == BURST_ADVICE_RATE, "advice: a rate");
	result.end = BURST_END_TIME;
	tap_ok(kind_of(&result) == BURST_ADVICE_NONE, "advice: none from a part of a test");
	result.end = BURST_END_HERE;
	tap_ok(kind_of(&result) == BURST_ADVICE_NONE, "advice: nor from what the hosts drop");
	result = slowed(20, rates, probes);
	strcpy(result.host.spacer, "tbf");
	tap_ok(kind_of(&result) == BURST_ADVICE_NONE, "advice: nor behind something that spaces");
	result = slowed(20, rates, probes);
	strcpy(result.host.device, "lo");
	tap_ok(kind_of(&result) == BURST_ADVICE_NONE, "advice: nor of a host for itself");
}

static void test_advice_rate(void)
{
	/* What 1 Gbit/s carries of them; one was interrupted, two a little. */
	static const uint64_t rates[ADVISED_PROBES] = { 960000000, 975292588, 400000000, 975292588, 970000000 };
	struct burst_probe probes[ADVISED_PROBES];
	struct burst_result result = slowed(20, rates, probes);
	struct burst_advice advice;

	burst_advise(&result, &advice);
	/* The second of four, 970 Mbit/s * 1538 / 1500 * 0.99, in three digits. */
	tap_u64(advice.rate_bits_ps, 984000000, "advice: one percent below the median, on the wire");
	tap_u64(advice.spread_ppm, 15680, "advice: how far apart they are, without the interrupted one");
	tap_u64(advice.train_frames, 10, "advice: trains of half of what is absorbed");
	probes[1].is_counted = false;
	probes[3].report.received = 49;
	burst_advise(&result, &advice);
	tap_u64(advice.rate_bits_ps, 974000000, "advice: bursts that do not count, or are short, do not");
	result.search.lossless = 3;
	burst_advise(&result, &advice);
	tap_u64(advice.train_frames, 1, "advice: no trains where three frames fill it");
	result.search.lossless = 1000;
	burst_advise(&result, &advice);
	tap_u64(advice.train_frames, 64, "advice: no longer ones than the qdisc takes");
	result.known.long_bits_ps = result.known.arrival_bits_ps;
	burst_advise(&result, &advice);
	tap_ok(advice.kind == BURST_ADVICE_SPACE && !advice.rate_bits_ps, "advice: what left no faster met no bottleneck");
}

int main(void)
{
	test_advice_kinds();
	test_advice_rate();
	return tap_done();
}
