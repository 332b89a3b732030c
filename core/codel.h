/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CoDel on the time that a packet is held beyond the departure it asked for.
 *
 * A paced aggregate without it is one big FIFO: whoever sends faster than the
 * pacer lets go fills the queue up to its limit. The hold time has to stay
 * above @target_ns for a whole @interval_ns before the first packet is marked
 * or dropped; after that the next one follows at interval / sqrt(count).
 *
 * Source: RFC 8289 sections 5.1 to 5.6. Unlike the kernel's codel_impl.h this
 * one is told the time, so that it can be tested with any.
 */
#ifndef SLUICE_CORE_CODEL_H
#define SLUICE_CORE_CODEL_H

#include "types.h"

/* RFC 8289 section 4.3 and 4.4: 5 ms and a wide-area RTT of 100 ms. */
#define PACE_CODEL_TARGET_DEFAULT_NS	5000000ULL
#define PACE_CODEL_INTERVAL_DEFAULT_NS	100000000ULL

/**
 * struct pace_codel_params - what CoDel aims for
 * @target_ns: acceptable standing hold time; 0 switches CoDel off
 * @interval_ns: how long it may stay above, a worst-case RTT
 */
struct pace_codel_params {
	u64 target_ns;
	u64 interval_ns;
};

/**
 * struct pace_codel - the state of one queue, all zero at the start
 * @first_above_ns: when the hold time will have been above target for an
 *	interval; 0 while it is below
 * @next_ns: time of the next signal while signalling
 * @count: signals since signalling began, at most PACE_CODEL_COUNT_MAX
 * @last_count: @count when signalling ended last
 * @is_signalling: between the first signal and the queue's recovery
 */
struct pace_codel {
	u64 first_above_ns;
	u64 next_ns;
	u32 count : 31;
	u32 is_signalling : 1;
	u32 last_count;
};

#define PACE_CODEL_COUNT_MAX	0x7fffffffU

/**
 * pace_sqrt - integer square root
 * @x: 0 to 2^32 - 1
 *
 * Return: floor(sqrt(x)). Sixteen steps of one bit each.
 */
static inline u32 pace_sqrt(u32 x)
{
	u32 root = 0;
	u32 bit;

	for (bit = 1U << 15; bit; bit >>= 1) {
		u32 trial = root | bit;

		if ((u64)trial * trial <= x)
			root = trial;
	}
	return root;
}

/* The control law, @count from 1; 2^8 more digits, or sqrt(2) would count as 1. */
static inline u64 pace_codel_law_ns(u64 time_ns, u64 interval_ns, u32 count)
{
	u32 capped = count < (1U << 16) ? count : (1U << 16) - 1;

	return time_ns + pace_div64(interval_ns << 8, pace_sqrt(capped << 16));
}

/**
 * pace_codel_is_calm - would pace_codel_signal() say no and change nothing
 * @codel: state of the queue that a packet leaves
 * @params: what to aim for
 * @hold_ns: how long it was held beyond its asked departure
 * @is_last: nothing stands behind it
 *
 * Return: true if that call can be left out.
 */
static inline bool pace_codel_is_calm(const struct pace_codel *codel,
				      const struct pace_codel_params *params,
				      u64 hold_ns, bool is_last)
{
	return (hold_ns < params->target_ns || is_last) &&
	       !codel->first_above_ns && !codel->is_signalling;
}

/**
 * pace_codel_signal - must this packet be marked or dropped
 * @codel: state of the queue that it leaves
 * @params: what to aim for; @params->interval_ns below 2^55
 * @hold_ns: how long it was held beyond its asked departure
 * @is_last: nothing stands behind it: a queue of one packet is no queue
 * @now_ns: the present
 *
 * Call it once for each packet that is about to leave, in order.
 *
 * Return: true if the packet should carry the signal.
 */
static inline bool pace_codel_signal(struct pace_codel *codel,
				     const struct pace_codel_params *params,
				     u64 hold_ns, bool is_last, u64 now_ns)
{
	bool is_over = false;

	if (!params->target_ns)
		return false;
	if (hold_ns < params->target_ns || is_last)
		codel->first_above_ns = 0;
	else if (!codel->first_above_ns)
		codel->first_above_ns = now_ns + params->interval_ns;
	else
		is_over = !pace_before(now_ns, codel->first_above_ns);

	if (codel->is_signalling) {
		if (!is_over) {
			codel->is_signalling = 0;
			return false;
		}
		if (pace_before(now_ns, codel->next_ns))
			return false;
		/* A sender that never yields is signalled for weeks. */
		if (codel->count != PACE_CODEL_COUNT_MAX)
			codel->count++;
		codel->next_ns = pace_codel_law_ns(codel->next_ns,
						   params->interval_ns,
						   codel->count);
		return true;
	}
	if (!is_over)
		return false;

	/* Soon after the last episode: go on near the rate that worked. */
	codel->is_signalling = 1;
	if (codel->count - codel->last_count > 1 &&
	    pace_before(now_ns, codel->next_ns + 16 * params->interval_ns))
		codel->count = codel->count - codel->last_count;
	else
		codel->count = 1;
	codel->last_count = codel->count;
	codel->next_ns = pace_codel_law_ns(now_ns, params->interval_ns,
					   codel->count);
	return true;
}

#endif
