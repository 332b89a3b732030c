// SPDX-License-Identifier: GPL-2.0
/* The messages of a burst test; see burst_packet.h. */
#include "burst_packet.h"

#include <string.h>

#include "../lib/udp_stamp.h"

#define MARKS_AT	64u
#define MARK_BYTES	12u
#define RUNS_AT		128u
#define RUN_BYTES	8u

size_t burst_type_bytes(enum burst_type type)
{
	switch (type) {
	case BURST_HELLO:
	case BURST_START:
		return BURST_REQUEST_BYTES;
	case BURST_ASK:
	case BURST_REPORT:
		return BURST_REPORT_BYTES;
	default:
		return BURST_HEADER_BYTES;
	}
}

void burst_header_put(uint8_t *to, const struct burst_header *header)
{
	sluice_be_put(to, BURST_MAGIC, 4);
	to[4] = BURST_VERSION;
	to[5] = (uint8_t)header->type;
	sluice_be_put(to + 6, 0, 2);
	sluice_be_put(to + 8, header->cookie, 8);
	sluice_be_put(to + 16, header->nonce, 8);
	sluice_be_put(to + 24, header->probe, 4);
	sluice_be_put(to + 28, header->packets, 4);
}

bool burst_header_get(const uint8_t *from, size_t captured, size_t bytes,
		      struct burst_header *ret)
{
	if (captured < BURST_HEADER_BYTES || bytes < captured ||
	    sluice_be_get(from, 4) != BURST_MAGIC ||
	    from[4] != BURST_VERSION || from[5] < BURST_HELLO ||
	    from[5] > BURST_END)
		return false;
	*ret = (struct burst_header){
		.type = (enum burst_type)from[5],
		.cookie = sluice_be_get(from + 8, 8),
		.nonce = sluice_be_get(from + 16, 8),
		.probe = (uint32_t)sluice_be_get(from + 24, 4),
		.packets = (uint32_t)sluice_be_get(from + 28, 4),
	};
	return bytes >= burst_type_bytes(ret->type);
}

void burst_report_put(uint8_t *to, const struct burst_report *report)
{
	const uint32_t counts[] = {
		report->packets, report->received, report->first_lost,
		report->duplicates, report->reordered, report->overflowed,
		report->runs,
	};
	unsigned int i;

	memset(to + BURST_HEADER_BYTES, 0,
	       BURST_REPORT_BYTES - BURST_HEADER_BYTES);
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		sluice_be_put(to + BURST_HEADER_BYTES + 4 * i, counts[i], 4);
	for (i = 0; i < BURST_MARKS; i++) {
		uint8_t *at = to + MARKS_AT + MARK_BYTES * i;

		sluice_be_put(at, report->marks[i].arrivals, 4);
		sluice_be_put(at + 4, report->marks[i].ns, 8);
	}
	for (i = 0; i < report->runs && i < BURST_RUNS_TOLD; i++) {
		uint8_t *at = to + RUNS_AT + RUN_BYTES * i;

		sluice_be_put(at, report->told[i].first, 4);
		sluice_be_put(at + 4, report->told[i].packets, 4);
	}
}

/* Runs stand apart, rise, and account for what is missing. */
static bool runs_are_sound(const struct burst_report *report)
{
	uint32_t told = report->runs < BURST_RUNS_TOLD ? report->runs :
							 BURST_RUNS_TOLD;
	uint64_t missing = report->packets - report->received, sum = 0;
	uint64_t next = 0;
	unsigned int i;

	if (!report->runs != !missing || report->runs > missing ||
	    report->first_lost != (missing ? report->told[0].first :
					     report->packets))
		return false;
	for (i = 0; i < told; i++) {
		const struct burst_run *run = &report->told[i];

		if (run->first < next || !run->packets ||
		    (uint64_t)run->first + run->packets > report->packets)
			return false;
		next = (uint64_t)run->first + run->packets + 1;
		sum += run->packets;
	}
	/* Each run that is not told is of at least one packet. */
	return report->runs > told ? sum + (report->runs - told) <= missing :
				     sum == missing;
}

static bool marks_are_sound(const struct burst_report *report)
{
	const struct burst_mark *marks = report->marks;
	unsigned int i;

	if (!report->received) {
		for (i = 0; i < BURST_MARKS; i++)
			if (marks[i].arrivals || marks[i].ns)
				return false;
		return true;
	}
	if (marks[0].arrivals != 1 || marks[0].ns ||
	    marks[BURST_MARKS - 1].arrivals != report->received)
		return false;
	for (i = 1; i < BURST_MARKS; i++)
		if (marks[i].arrivals < marks[i - 1].arrivals ||
		    marks[i].ns < marks[i - 1].ns)
			return false;
	return true;
}

bool burst_report_get(const uint8_t *from, struct burst_report *ret)
{
	uint32_t *counts[] = {
		&ret->packets, &ret->received, &ret->first_lost,
		&ret->duplicates, &ret->reordered, &ret->overflowed,
		&ret->runs,
	};
	unsigned int i;

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		*counts[i] = (uint32_t)
			sluice_be_get(from + BURST_HEADER_BYTES + 4 * i, 4);
	for (i = 0; i < BURST_MARKS; i++) {
		const uint8_t *at = from + MARKS_AT + MARK_BYTES * i;

		ret->marks[i].arrivals = (uint32_t)sluice_be_get(at, 4);
		ret->marks[i].ns = sluice_be_get(at + 4, 8);
	}
	for (i = 0; i < BURST_RUNS_TOLD; i++) {
		const uint8_t *at = from + RUNS_AT + RUN_BYTES * i;

		ret->told[i].first = (uint32_t)sluice_be_get(at, 4);
		ret->told[i].packets = (uint32_t)sluice_be_get(at + 4, 4);
	}
	return ret->packets && ret->packets <= BURST_PACKETS_CEILING &&
	       ret->received <= ret->packets && runs_are_sound(ret) &&
	       marks_are_sound(ret);
}
