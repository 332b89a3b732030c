/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A departure clock: when may the next frame leave?
 *
 *	departure = max(clock, time asked for)
 *	clock     = departure + wire_bytes / rate
 *
 * One clock per flow keeps P1, one per device keeps P2, and the fraction of a
 * nanosecond that it carries keeps P3.
 *
 * A clock that lies in the past is a debt: the host was late, or the flow had
 * nothing to send. pace_clock_forgive() drops the debt but for a stated credit.
 * With a credit of 0 no two departures are ever closer than wire_bytes / rate.
 * With credit c a flow that was held up may catch up, and leaves at most
 * c * rate bytes more than the line through its departures allows; that is the
 * burst setting. The rounding of a departure to whole nanoseconds is no debt.
 */
#ifndef SLUICE_CORE_CLOCK_H
#define SLUICE_CORE_CLOCK_H

#include "rate.h"
#include "types.h"

/**
 * struct pace_clock - the earliest departure of the next frame
 * @next_ns: whole nanoseconds, in the clock of the caller's now_ns
 * @next_frac_q32: the rest in 2^-32 ns
 */
struct pace_clock {
	u64 next_ns;
	u32 next_frac_q32;
};

/**
 * pace_clock_departure_ns - the first whole nanosecond at which a frame may go
 * @clock: the clock
 *
 * Return: next departure in ns, rounded up, so that it is never early.
 */
static inline u64 pace_clock_departure_ns(const struct pace_clock *clock)
{
	return clock->next_ns + (clock->next_frac_q32 != 0);
}

/**
 * pace_clock_not_before - let the next frame wait for a time asked for
 * @clock: the clock
 * @time_ns: earliest departure; one that is no later than the clock's own
 *	changes nothing, so that a frame that asks for just the nanosecond to
 *	which its departure is rounded keeps the fraction (P3)
 */
static inline void pace_clock_not_before(struct pace_clock *clock, u64 time_ns)
{
	if (pace_before(pace_clock_departure_ns(clock), time_ns)) {
		clock->next_ns = time_ns;
		clock->next_frac_q32 = 0;
	}
}

/**
 * pace_clock_forgive - drop a debt beyond a credit
 * @clock: the clock
 * @now_ns: the present
 * @credit_ns: how much of the debt may be caught up, 0 to 2^62
 *
 * Call it when a frame is sent or a flow becomes busy again. The debt is taken
 * from the departure in whole nanoseconds, so that a frame that left on time
 * keeps its fraction and the long-run rate stays exact (P3).
 */
static inline void pace_clock_forgive(struct pace_clock *clock, u64 now_ns,
				      u64 credit_ns)
{
	u64 oldest_ns = now_ns - credit_ns;

	if (pace_before(pace_clock_departure_ns(clock), oldest_ns)) {
		clock->next_ns = oldest_ns;
		clock->next_frac_q32 = 0;
	}
}

/**
 * pace_clock_advance_by - account for a frame that leaves
 * @clock: the clock, already moved to the departure of this frame
 * @span: how long the frame takes, as told by pace_rate_span()
 */
static inline void pace_clock_advance_by(struct pace_clock *clock,
					 struct pace_span span)
{
	u64 frac_q32 = (u64)clock->next_frac_q32 + span.frac_q32;

	clock->next_ns += span.ns + (frac_q32 >> 32);
	clock->next_frac_q32 = (u32)frac_q32;
}

/**
 * pace_clock_advance - account for the bytes of a frame that leaves
 * @clock: the clock, already moved to the departure of this frame
 * @rate: the rate of the flow or device
 * @wire_bytes: L1 bytes of the frame, see pace_wire_bytes()
 */
static inline void pace_clock_advance(struct pace_clock *clock,
				      const struct pace_rate *rate,
				      u32 wire_bytes)
{
	pace_clock_advance_by(clock, pace_rate_span(rate, wire_bytes));
}

#endif
