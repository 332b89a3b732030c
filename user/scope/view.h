/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a live view of the scope shows, apart from how it is filled and from where
 * it is drawn: figures in, text out. Rates are bits a second at layer 1, peaks are
 * of aligned windows.
 */
#ifndef SLUICE_SCOPE_VIEW_H
#define SLUICE_SCOPE_VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cpu_slots.h"
#include "host.h"
#include "view_lane.h"

#define SCOPE_VIEW_DIRECTIONS	2u	/* out, in */
#define SCOPE_VIEW_BURSTS	8u
#define SCOPE_VIEW_FLOWS	32u
#define SCOPE_VIEW_FLOW_NAME	120u

struct scope_view_burst {
	bool is_largest;		/* ever; the others are the newest */
	enum scope_direction direction;
	uint64_t ago_ns;
	uint64_t duration_ns;
	uint64_t bytes;
	uint64_t pkts;
	uint32_t flows;			/* in flow, most bytes first */
	uint32_t flow[SCOPE_BURST_FLOWS];	/* numbers, as in the list of flows */
};

/* Where a round trip was measured. */
enum scope_view_rtt { SCOPE_VIEW_RTT_NONE, SCOPE_VIEW_RTT_KERNEL, SCOPE_VIEW_RTT_TIMED };

struct scope_view_flow {
	uint32_t number;
	enum scope_direction direction;
	char name[SCOPE_VIEW_FLOW_NAME];
	char short_name[SCOPE_VIEW_FLOW_NAME];	/* without this host's address */
	double rate_bits_ps;
	double peak_1ms_bits_ps;	/* of the second under way or the one before */
	uint64_t retransmitted_pkts;	/* in the span */
	uint32_t cwnd_pkts;		/* 0: no socket of it is here */
	uint64_t rtt_ns;
	enum scope_view_rtt rtt;
};

/**
 * struct scope_view - one frame
 * @vantage: place, stamps and what they may be wrong by
 * @why_tap: why it is a packet socket; "" if it is not so
 * @has_switched_on: the NIC's stamps, for all programs
 * @span_ns: what "now" figures are of
 * @elapsed_ns: since the start
 * @missed_pkts: since the start
 * @span_missed_pkts: of a line, since the one before
 * @has_holes: packets were not seen in the span, or shortly before it. Then nothing is
 *	known but counts of what was seen, and what rates are at least
 * @flows_have_holes: the same of the time that figures of flows are of
 * @had_holes: the same since the start, of what is of all that time
 * @unshown_pkts: since the start
 * @unstamped_pkts: since the start
 * @recorded: one phrase about the recording; "" without one
 * @is_paused: figures stand still
 * @is_expanded: super-packets count as frames with one stamp, else as one packet
 * @loads: in load, the newest last, one a slot
 * @cpu: what processors did in the span, by the millisecond
 */
struct scope_view {
	struct scope_vantage vantage;
	const char *why_tap;
	bool has_switched_on;
	uint64_t span_ns;
	uint64_t elapsed_ns;
	uint64_t missed_pkts;
	uint64_t span_missed_pkts;
	bool has_holes;
	bool flows_have_holes;
	bool had_holes;
	uint64_t unshown_pkts;
	uint64_t unstamped_pkts;
	char recorded[80];
	bool is_paused;
	bool is_expanded;
	struct scope_view_lane lane[SCOPE_VIEW_DIRECTIONS];
	uint32_t bursts;
	struct scope_view_burst burst[SCOPE_VIEW_BURSTS];
	uint32_t flows;
	struct scope_view_flow flow[SCOPE_VIEW_FLOWS];
	uint32_t loads;
	struct scope_host_load load[SCOPE_SLOTS];
	struct scope_cpu_view cpu;
};

/**
 * struct scope_view_style - how to draw
 * @columns: 80 have room for all; below that figures are left out
 * @rows: lines that may be used; 24 have room for both directions
 * @is_utf8: bars of blocks, else of ASCII
 * @has_out: show what is sent
 * @has_in: show what is received
 * @has_help: show what the keys do in place of the flows
 */
struct scope_view_style {
	unsigned int columns;
	unsigned int rows;
	bool is_utf8;
	bool has_out;
	bool has_in;
	bool has_help;
};

/* Lines without trailing blanks, none wider than columns, at most rows. */
void scope_view_draw(FILE *out, const struct scope_view *view,
		     const struct scope_view_style *style);

/* "out" … : one line a direction, of KEY=VALUE words; prefix begins each. */
void scope_view_lines(FILE *out, const struct scope_view *view,
		      const char *prefix);

#endif
