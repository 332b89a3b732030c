/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long may a frame of a flow be held that says nothing about its path?
 *
 * Both ends of a forwarded flow are elsewhere. Its round trip is seen once: what
 * follows a SYN or a SYN-ACK in the same direction has waited for the other end's
 * answer. From then on what comes is counted by round trips, which tells a flow that
 * grows from one that has found its rate:
 *
 *	grows	a 20th of the round trip, 1 ms at most: a window whose ACKs come
 *		back spread over more looks like a full path to HyStart, which takes
 *		ACKs 2 ms apart for a train of them, and slow start ends early
 *	steady	up to two fifths of it, twice as much with each round trip: the
 *		trains of a window, which are what overflows shallow buffers, fit
 *
 * Times are powers of two: a rate by a time takes divisions, which are made once.
 */
#ifndef SLUICE_CORE_PATH_H
#define SLUICE_CORE_PATH_H

#include "types.h"

/* A tick is 1024 ns; 2^22 of them are 4.3 s. */
#define PACE_PATH_TICK_SHIFT	10
#define PACE_PATH_RTT_MAX_TICKS	((1U << 22) - 1)
/* A flow whose handshake nobody saw: that of a data centre. */
#define PACE_PATH_RTT_UNKNOWN_TICKS	977

/* 15.6 us, 31 us ... 4 ms. */
#define PACE_PATH_TIMES		9
#define PACE_PATH_TIME_MAX_NS	4000000ULL

#define PACE_PATH_GROWING_MAX_NS	1000000ULL

/* So many round trips without growth make a steady flow. */
#define PACE_PATH_STEADY_ROUNDS	4
/* Without a packet for so many it may start slowly again. */
#define PACE_PATH_IDLE_ROUNDS	4

/**
 * struct pace_path - what is known of the path of a flow; all zero: nothing
 * @rtt_ticks: its round trip; 0: not known
 * @time: in use, 0 to PACE_PATH_TIMES - 1, see pace_path_time_ns()
 * @steady_rounds: round trips without growth, up to 7
 * @is_asked: a SYN has left at @round_end_ticks, and nothing since
 * @round_end_ticks: when the present round trip ends
 * @round_bytes: what came in it
 * @before_bytes: most that came in one of those before; forgets by 1/8 with each
 */
struct pace_path {
	u32 rtt_ticks : 22;
	u32 time : 4;
	u32 steady_rounds : 3;
	u32 is_asked : 1;
	u32 round_end_ticks;
	u32 round_bytes;
	u32 before_bytes;
};

/**
 * pace_path_time_ns - how long a frame may be held
 * @time: 0 to PACE_PATH_TIMES - 1
 *
 * Return: 15625 ns to PACE_PATH_TIME_MAX_NS.
 */
static inline u64 pace_path_time_ns(u32 time)
{
	return PACE_PATH_TIME_MAX_NS >> (PACE_PATH_TIMES - 1 - time);
}

/* The longest time that is not above @most_ns, or the shortest there is. */
static inline u32 pace_path_time_below(u64 most_ns)
{
	u32 time = PACE_PATH_TIMES - 1;

	while (time && pace_path_time_ns(time) > most_ns)
		time--;
	return time;
}

static inline u64 pace_path_rtt_ns(const struct pace_path *path)
{
	u64 rtt_ticks = path->rtt_ticks ? path->rtt_ticks :
			PACE_PATH_RTT_UNKNOWN_TICKS;

	return rtt_ticks << PACE_PATH_TICK_SHIFT;
}

/* While it grows, or may do so. */
static inline u32 pace_path_time_growing(const struct pace_path *path)
{
	u64 most_ns = pace_div64(pace_path_rtt_ns(path), 20);

	return pace_path_time_below(most_ns < PACE_PATH_GROWING_MAX_NS ?
				    most_ns : PACE_PATH_GROWING_MAX_NS);
}

/* When it has found its rate. */
static inline u32 pace_path_time_steady(const struct pace_path *path)
{
	return pace_path_time_below(pace_div64(pace_path_rtt_ns(path) * 2, 5));
}

/* A little less than the round trip: the next window is not to fall into it. */
static inline void pace_path_begin_round(struct pace_path *path, u32 now_ticks)
{
	u64 ns = pace_path_rtt_ns(path) / 8 * 7;

	path->round_end_ticks = now_ticks + (u32)(ns >> PACE_PATH_TICK_SHIFT);
	path->round_bytes = 0;
}

static inline void pace_path_start(struct pace_path *path, u32 now_ticks)
{
	path->time = pace_path_time_growing(path);
	path->steady_rounds = 0;
	path->before_bytes = 0;
	pace_path_begin_round(path, now_ticks);
}

/**
 * pace_path_ask - a SYN or a SYN-ACK leaves: the flow begins
 * @path: of its flow
 * @now_ns: the present
 */
static inline void pace_path_ask(struct pace_path *path, u64 now_ns)
{
	path->is_asked = 1;
	path->round_end_ticks = (u32)(now_ns >> PACE_PATH_TICK_SHIFT);
}

/**
 * pace_path_answered - another packet leaves, so the other end has answered
 * @path: of its flow
 * @now_ns: the present
 */
static inline void pace_path_answered(struct pace_path *path, u64 now_ns)
{
	u32 now_ticks = (u32)(now_ns >> PACE_PATH_TICK_SHIFT), rtt_ticks;

	if (!path->is_asked)
		return;
	path->is_asked = 0;
	/* Rounded up: it is never taken for shorter than it is, nor for 0. */
	rtt_ticks = now_ticks - path->round_end_ticks + 1;
	if (rtt_ticks > PACE_PATH_RTT_MAX_TICKS)
		rtt_ticks = PACE_PATH_RTT_MAX_TICKS;
	path->rtt_ticks = rtt_ticks;
	pace_path_start(path, now_ticks);
}

/* A round trip is over. */
static inline void pace_path_turn(struct pace_path *path, u32 now_ticks)
{
	u32 before_bytes = path->before_bytes - path->before_bytes / 8;

	if (path->round_bytes / 5 > path->before_bytes / 4) {
		path->steady_rounds = 0;
		path->time = pace_path_time_growing(path);
	} else if (path->steady_rounds < PACE_PATH_STEADY_ROUNDS) {
		path->steady_rounds++;
	} else if (path->time < pace_path_time_steady(path)) {
		path->time++;
	}
	path->before_bytes = path->round_bytes > before_bytes ?
			     path->round_bytes : before_bytes;
	pace_path_begin_round(path, now_ticks);
}

/**
 * pace_path_add - account for a packet that comes
 * @path: of its flow
 * @wire_bytes: its L1 bytes, of all its frames
 * @now_ns: the present
 * @since_ns: how long ago the one before came; much if there was none
 */
static inline void pace_path_add(struct pace_path *path, u32 wire_bytes,
				 u64 now_ns, u64 since_ns)
{
	u32 now_ticks = (u32)(now_ns >> PACE_PATH_TICK_SHIFT);

	if (since_ns >= PACE_PATH_IDLE_ROUNDS * pace_path_rtt_ns(path))
		pace_path_start(path, now_ticks);
	else if (now_ticks - path->round_end_ticks <= ~0U / 2)
		pace_path_turn(path, now_ticks);
	if (path->round_bytes > ~0U - wire_bytes)
		path->round_bytes = ~0U - wire_bytes;
	path->round_bytes += wire_bytes;
}

#endif
