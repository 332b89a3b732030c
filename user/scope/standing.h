/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The queue that stands: what the round trips of a flow never fall below for a
 * while, over the least of all of them. A queue that passes is empty at some time
 * in each interval of an RTT or more, and the least delay of the interval shows it;
 * one that stands is not (RFC 8289).
 *
 *	queue of an interval = its least round trip - the flow's least round trip
 *
 * An interval begins with a round trip that ends, and is over with the first one
 * 100 ms later or more that two came before; that one begins the next. Round trips
 * are timed one at a time, so the second of them lies in the interval. Where
 * nothing was on its way for 100 ms the interval ends before that, and counts if
 * it was as long by then; so does the last one.
 *
 * A queue that stood all the time is not seen: it is in the least round trip.
 */
#ifndef SLUICE_SCOPE_STANDING_H
#define SLUICE_SCOPE_STANDING_H

#include <stdbool.h>
#include <stdint.h>

#define SCOPE_STANDING_NS	100000000u
#define SCOPE_STANDING_RTTS	2u

struct scope_standing {
	uint64_t begin_ns;		/* of the interval under way */
	uint64_t last_ns;		/* end of its newest round trip */
	uint64_t least_ns;		/* of its round trips */
	uint32_t rtts : 31;		/* that it has */
	/*
	 * The data is received where it is seen, so that the queue is not on the way
	 * of what is timed. Known at the end.
	 */
	uint32_t is_received : 1;
	uint32_t intervals;		/* that are over and count */
	uint64_t highest_ns;		/* of their least round trips */
	double sum_ns;			/* of them */
};

/* A round trip of rtt_ns that ended at time_ns, in the order of time. */
void scope_standing_add(struct scope_standing *standing, uint64_t time_ns,
			uint64_t rtt_ns);

/* No round trips after this. */
void scope_standing_finish(struct scope_standing *standing);

#endif
