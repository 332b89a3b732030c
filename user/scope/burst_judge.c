// SPDX-License-Identifier: GPL-2.0
/* What one burst tells; see burst_judge.h. */
#include "burst_judge.h"

#include "../lib/units.h"

#define BITS_PER_BYTE	8u
/* Preamble 8, header 14, FCS 4, gap 12. */
#define ETHERNET_BYTES	38u
/* Fewer arrivals between two marks tell no rate. */
#define ARRIVALS_MIN	4u
/* A rate that is at least a tenth below the other is lower. */
#define SLOWED_PARTS	10u

static uint64_t bits_ps(uint64_t packets, uint32_t packet_bytes, uint64_t ns)
{
	unsigned __int128 bits = (unsigned __int128)packets * packet_bytes *
				 BITS_PER_BYTE * SLUICE_NSEC_PER_SEC;

	/* Nothing arrives at 2^64 bits a second; a report may say so. */
	if (!ns || bits / ns > UINT64_MAX)
		return 0;
	return (uint64_t)(bits / ns);
}

uint64_t burst_line_bits_ps(uint64_t link_bits_ps, uint32_t packet_bytes)
{
	return (uint64_t)((unsigned __int128)link_bits_ps * packet_bytes /
			  (packet_bytes + ETHERNET_BYTES));
}

uint64_t burst_wire_bits_ps(uint64_t packet_bits_ps, uint32_t packet_bytes)
{
	unsigned __int128 wire = (unsigned __int128)packet_bits_ps *
				 (packet_bytes + ETHERNET_BYTES) / packet_bytes;

	return wire < UINT64_MAX ? (uint64_t)wire : UINT64_MAX;
}

static void burst_rate(struct burst_probe *probe)
{
	const struct burst_sent *sent = &probe->sent;

	probe->burst_bits_ps = bits_ps(sent->stamped_packets,
				       sent->packet_bytes, sent->stamped_ns);
	probe->is_stamped = probe->burst_bits_ps != 0;
	if (!probe->is_stamped)
		probe->burst_bits_ps = bits_ps(sent->packets,
					       sent->packet_bytes,
					       sent->call_ns);
	if (sent->line_bits_ps && probe->burst_bits_ps > sent->line_bits_ps)
		probe->burst_bits_ps = sent->line_bits_ps;
}

/* The first quarter may come out of a token bucket, faster than the rest. */
static void arrival_rate(struct burst_probe *probe)
{
	const struct burst_mark *from = &probe->report.marks[1];
	const struct burst_mark *to = &probe->report.marks[BURST_MARKS - 1];

	if (to->arrivals - from->arrivals >= ARRIVALS_MIN)
		probe->arrival_bits_ps = bits_ps(to->arrivals - from->arrivals,
						 probe->sent.packet_bytes,
						 to->ns - from->ns);
}

uint64_t burst_bottleneck_bits_ps(const struct burst_known *known)
{
	return known->arrival_bits_ps <
	       known->long_bits_ps - known->long_bits_ps / SLOWED_PARTS ?
	       known->arrival_bits_ps : 0;
}

static void rates_learn(const struct burst_probe *probe,
			struct burst_known *known)
{
	uint32_t received = probe->report.received;

	if (known->burst_bits_ps < probe->burst_bits_ps)
		known->burst_bits_ps = probe->burst_bits_ps;
	if (!probe->arrival_bits_ps || received < known->arrivals / 2)
		return;
	/* What much shorter ones have told does not count any more. */
	if (received / 2 > known->arrivals) {
		known->arrival_bits_ps = 0;
		known->long_bits_ps = 0;
	}
	if (known->arrivals < received)
		known->arrivals = received;
	if (known->arrival_bits_ps < probe->arrival_bits_ps)
		known->arrival_bits_ps = probe->arrival_bits_ps;
	if (known->long_bits_ps < probe->burst_bits_ps)
		known->long_bits_ps = probe->burst_bits_ps;
}

static uint32_t least(uint32_t a, uint64_t b)
{
	return a < b ? a : (uint32_t)b;
}

static void losses_assign(struct burst_probe *probe)
{
	probe->lost = probe->report.packets - probe->report.received;
	probe->lost_here = least(probe->lost, probe->sent.dropped);
	probe->lost_there = least(probe->lost - probe->lost_here,
				  probe->report.overflowed);
	if (!probe->lost)
		probe->outcome = BURST_LOSSLESS;
	else if (probe->lost_here + probe->lost_there < probe->lost)
		probe->outcome = BURST_LOST;
	else
		probe->outcome = probe->lost_there ? BURST_LOST_THERE :
						     BURST_LOST_HERE;
}

/*
 * A burst that the host interrupted drains meanwhile and seems to fit. That it
 * was slower than another by half says that the host can do better; what drained
 * must matter, too.
 */
static bool is_stretched(const struct burst_probe *probe,
			 const struct burst_known *known)
{
	return probe->sent.bundles > 1 &&
	       probe->burst_bits_ps < known->burst_bits_ps / 2 &&
	       probe->drained_pkts > 1 + probe->sent.packets / 64;
}

/*
 * What the path got it at. Packets of one bundle leave together: the time of its call
 * has also what the host did before it returned, so the fastest burst tells more.
 */
static uint64_t left_bits_ps(const struct burst_probe *probe,
			     const struct burst_known *known)
{
	return probe->sent.bundles > 1 ? probe->burst_bits_ps :
					 known->burst_bits_ps;
}

/* Of so many packets or bytes, while the burst came. */
static uint64_t drained(const struct burst_probe *probe,
			const struct burst_known *known, uint64_t count)
{
	uint64_t left = left_bits_ps(probe, known);

	return left ? (uint64_t)((unsigned __int128)count *
				 burst_bottleneck_bits_ps(known) / left) : 0;
}

void burst_judge(struct burst_probe *probe, struct burst_known *known)
{
	burst_rate(probe);
	arrival_rate(probe);
	losses_assign(probe);
	rates_learn(probe, known);
	probe->drained_pkts = drained(probe, known, probe->sent.packets);
	if (probe->outcome == BURST_LOSSLESS && is_stretched(probe, known))
		probe->outcome = BURST_STRETCHED;
}

uint64_t burst_buffer_bytes(const struct burst_probe *probe,
			    const struct burst_known *known)
{
	uint64_t bytes = (uint64_t)probe->sent.packets *
			 probe->sent.packet_bytes;
	uint64_t drained_bytes = drained(probe, known, bytes);

	return burst_bottleneck_bits_ps(known) && drained_bytes < bytes ?
	       bytes - drained_bytes : 0;
}
