/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Gap frames: how many bytes fill the time until a departure, and in how many
 * frames.
 *
 *	| frame |===== gap frame =====|== gap frame ==| frame |
 *	        ^ the line is free                    ^ departure
 *
 * A line that always sends counts time in bytes. No frame is shorter than the
 * smallest of Ethernet, so a gap that is shorter than that makes the next frame
 * late by the rest, and a longer one is divided such that no such rest is left.
 *
 * Source: R. Takano et al., "Design and evaluation of precise software pacing
 * mechanisms for fast long-distance networks", PFLDnet 2005, for the idea.
 */
#ifndef SLUICE_CORE_GAP_H
#define SLUICE_CORE_GAP_H

#include "types.h"

/**
 * pace_gap_wire_bytes - bytes that a line sends in a time
 * @gap_ns: the time, 0 to 10^6 ns
 * @line_bytes_ps: speed of the line in bytes/s, at most PACE_RATE_MAX_BYTES_PS
 *
 * Return: wire bytes, rounded up: what waits for their end is not early.
 */
static inline u64 pace_gap_wire_bytes(u64 gap_ns, u64 line_bytes_ps)
{
	return pace_div64(gap_ns * line_bytes_ps + PACE_NSEC_PER_SEC - 1,
			  PACE_NSEC_PER_SEC);
}

/**
 * pace_gap_frame_wire_bytes - the next gap frame of a gap
 * @gap_bytes: wire bytes that are to be filled, 1 or more
 * @min_bytes: of the shortest frame on the wire
 * @max_bytes: of the longest, at least twice @min_bytes
 *
 * Asked again for what is left, the frames fill the gap to the byte if it is at
 * least @min_bytes.
 *
 * Return: wire bytes of the frame.
 */
static inline u32 pace_gap_frame_wire_bytes(u64 gap_bytes, u32 min_bytes,
					    u32 max_bytes)
{
	if (gap_bytes <= min_bytes)
		return min_bytes;
	if (gap_bytes <= max_bytes)
		return (u32)gap_bytes;
	if (gap_bytes < (u64)max_bytes + min_bytes)
		return (u32)(gap_bytes - min_bytes);
	return max_bytes;
}

#endif
