/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The switch port's queue, computed again from the frames that reached it.
 *
 * The port is a FIFO with a limit in packets and a rate, as net/sched/sch_netem.c
 * makes it: a frame that finds `limit` packets is dropped; otherwise it leaves
 *
 *   leave = max(now, leave of the frame before) + floor(bytes * 10^9 / (rate / 8))
 *
 * and counts as queued until the guest's clock shows that time, the frame being
 * sent included: a clock that moves in steps of clock_step_ns lets it go at the
 * first step not before it. A second,
 * unlimited queue runs beside it: its longest length is the smallest buffer
 * that would have held these same arrivals without loss.
 */
#ifndef SLUICE_LAB_REPLAY_H
#define SLUICE_LAB_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

struct lab_fifo {
	uint64_t limit_pkts;
	uint64_t *leave_ns;		/* ring of the queued frames' departures, stepped */
	uint64_t mask;
	uint64_t head;			/* frames ever queued */
	uint64_t tail;			/* frames ever sent */
	uint64_t last_leave_ns;		/* as computed, not stepped */
	uint64_t dropped_pkts;
	uint64_t ties;			/* arrivals in the very ns of a departure */
};

struct lab_replay_config {
	uint64_t rate_bits_ps;
	uint32_t limit_pkts;
	uint32_t link_overhead_bytes;
	uint64_t clock_step_ns;		/* of the guest's clock: 1, or UML's 256 */
	uint64_t start_ns;		/* occupancy is weighed in this span */
	uint64_t end_ns;
	uint64_t slot_ns;		/* of the series */
};

struct lab_replay {
	struct lab_replay_config config;
	struct lab_fifo port;
	struct lab_fifo unlimited;
	uint64_t unlimited_max_pkts;	/* within the span */
	uint64_t span_dropped_pkts;	/* by the port, within the span */
	uint64_t arrived_pkts;
	uint64_t now_ns;		/* occupancy is accounted up to here */
	uint64_t *level_ns;		/* time spent at each length */
	uint32_t levels;
	uint32_t max_pkts;		/* within the span */
	uint64_t *slot_area_pkt_ns;	/* integral of the length over each slot */
	uint32_t *slot_max_pkts;
	uint32_t slots;
	/* Called at each departure, in order; NULL: nobody cares. */
	void (*departed)(void *context, uint64_t leave_ns);
	void *context;
};

/* 0, or -1 (no memory). Release it with lab_replay_done(), also after a failure. */
int lab_replay_init(struct lab_replay *replay,
		    const struct lab_replay_config *config);
void lab_replay_done(struct lab_replay *replay);

/* A frame arrives; times must not go backwards. 0, or -1 (no memory). */
int lab_replay_arrive(struct lab_replay *replay, uint64_t now_ns,
		      uint32_t frame_bytes);

/* Let everything queued leave and close the accounts at end_ns. */
void lab_replay_finish(struct lab_replay *replay);

/*
 * Length of the port's queue over the span, weighted by time: mean, and the
 * quantile of share_ppm (1000000: the longest).
 */
double lab_replay_mean_pkts(const struct lab_replay *replay);
uint32_t lab_replay_quantile_pkts(const struct lab_replay *replay,
				  uint32_t share_ppm);

#endif
