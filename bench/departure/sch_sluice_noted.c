// SPDX-License-Identifier: GPL-2.0
/*
 * sch_sluice_main.c, where each frame that leaves carries the departure that it
 * was given in its time stamp, for departure.c to read. One for a device that keeps
 * departures has its launch time there, and in its mark how much later than the
 * departure that is. All else is as shipped.
 */
#include "sch_sluice_path.h"

static inline u64 sluice_stats_frame_noted(struct sluice_sched *q,
					   struct sk_buff *skb, u32 n_frames,
					   u64 due_ns, u64 now_ns,
					   u32 wire_bytes)
{
	bool is_stamped = q->launch && q->launch != SLUICE_LAUNCH_LINE;

	if (!is_stamped)
		skb->tstamp = due_ns;
	skb->mark = pace_before(sluice_skb_cb(skb)->enqueued_ns, due_ns) ?
		    (u32)(is_stamped ? now_ns - due_ns : 0) << 1 : 1;
	return sluice_stats_frame(q, skb, n_frames, due_ns, now_ns, wire_bytes);
}

#define sluice_stats_frame sluice_stats_frame_noted
#include "sch_sluice_main.c"
