/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scope: packets in, findings out. One struct scope for each vantage; in it
 * a meter, a list of bursts and a series of milliseconds for each direction, and
 * the flows of both.
 *
 * What is not known is not made up: without a line rate nothing is "hot" and
 * there are no wire trains, super-packets count as one packet each (or, where
 * asked for, as frames with one stamp, and are labelled so).
 */
#ifndef SLUICE_SCOPE_SCOPE_H
#define SLUICE_SCOPE_SCOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "../lib/commanded.h"
#include "../lib/metrics.h"
#include "flows.h"
#include "packet.h"

#define SCOPE_OVERHEAD_BYTES	24u	/* preamble, FCS, gap */
#define SCOPE_BURSTS_MAX	64u	/* the largest are kept */
#define SCOPE_BURST_FLOWS	4u
#define SCOPE_SERIES_BINS	16384u	/* then two become one */
#define SCOPE_RATES		24u	/* of the burst spectrum */

struct scope_cpu;
struct scope_join;

struct scope_config {
	struct scope_vantage vantage;
	uint64_t bottleneck_bits_ps;	/* B0 is asked for; 0: no */
	uint64_t commanded_bits_ps;	/* the rate that was to be kept; 0: none */
	bool expands_supers;		/* into frames with one stamp */
	bool wants_departures;		/* when packets that leave were meant to is asked */
	char why_undated[128];		/* why that is not known; "": it is */
	bool wants_cpu;			/* what processors do meanwhile is asked */
	char why_no_cpu[192];		/* why that is not known; "": it is, or no packet came */
	uint32_t max_flows;		/* 0: as flows.h */
	/* Each where not NULL: what the meters report while they run. */
	void (*millisecond)(void *context, enum scope_direction direction,
			    const struct sluice_millisecond *millisecond);
	void (*burst)(void *context, enum scope_direction direction,
		      const struct sluice_burst *burst);
	void *context;
};

struct scope_burst {
	struct sluice_burst burst;
	uint32_t flows;			/* in share */
	bool is_whole;			/* shares are of all of it */
	struct scope_share share[SCOPE_BURST_FLOWS];
};

struct scope_bin {
	uint64_t bytes;
	uint64_t pkts;
	uint32_t max_1ms_bytes;		/* of aligned windows */
	uint32_t max_100us_bytes;
	uint32_t max_10us_bytes;
};

/* The busiest windows of a bin. */
enum scope_peak { SCOPE_PEAK_10US, SCOPE_PEAK_100US, SCOPE_PEAK_1MS, SCOPE_PEAKS };

extern const uint32_t scope_peaks_ns[SCOPE_PEAKS];

static inline uint32_t scope_bin_peak_bytes(const struct scope_bin *bin,
					    enum scope_peak peak)
{
	return peak == SCOPE_PEAK_10US ? bin->max_10us_bytes :
	       peak == SCOPE_PEAK_100US ? bin->max_100us_bytes :
					  bin->max_1ms_bytes;
}

/* Frames of MAC control, which occupy the line and no queue behind it. */
struct scope_mac_control {
	uint64_t frames;
	uint64_t wire_bytes;
};

struct scope_series {
	uint64_t bin_ns;		/* 1 ms x 2^n */
	uint32_t bins;			/* with something in them, and before */
	struct scope_bin *bin;		/* SCOPE_SERIES_BINS */
};

/* One direction. */
struct scope_lane {
	bool is_used;
	enum scope_direction direction;
	struct scope_mac_control mac_control;	/* also of one that is not used */
	const struct scope_config *config;	/* that of the scope */
	struct scope_flows *const *flows;	/* those of the scope */
	struct sluice_meter meter;
	struct sluice_commanded commanded;	/* where a rate is */
	uint64_t not_ip_pkts;
	uint64_t super_pkts;
	uint64_t super_frames;		/* that they stand for */
	uint64_t retransmitted_pkts;
	uint64_t timeouts;
	uint64_t pure_acks;
	uint64_t undated_pkts;		/* when they were meant to leave is not known */
	struct scope_series series;
	uint32_t bursts;		/* in burst; unordered while it runs */
	struct scope_burst burst[SCOPE_BURSTS_MAX];
	uint64_t burst_least_bytes;	/* of those kept; 0: there is room for more */
	uint64_t bursts_seen;
	uint64_t bursts_wire_ns;	/* of all of them, as struct sluice_burst */
	uint64_t bursts_idle_ns;
};

struct scope {
	struct scope_config config;
	uint64_t start_ns;		/* stamp of the first packet */
	uint64_t end_ns;		/* of the last; after _finish the end of the span */
	uint64_t pkts;
	uint64_t backward_pkts;		/* stamped before the one before */
	uint64_t backward_max_ns;	/* by so much at most */
	uint64_t timeless_pkts;		/* of the unseen ones: the file gives no time for them */
	uint64_t short_pkts;		/* of a file: by IP's length longer than they are in it */
	uint64_t unseen_pkts;		/* that passed and are in no figure; of a file, as far as it says */
	bool has_unseen_count;		/* a file says how many are missing in it, also none */
	uint64_t left_out_pkts;		/* that a file's interfaces received and it has not; 0: few */
	uint32_t interfaces;		/* of the file, taken together; 0 or 1: one */
	bool has_other_link;		/* interfaces that are taken are not of Ethernet, */
	uint32_t link_type;		/* but of this type */
	bool has_several_links;		/* and others have another one */
	uint32_t copies_percent;	/* of packets, about, that the file has twice; 0: few */
	uint32_t file_step_ns;		/* that a file says its stamps have; 0: it is no file */
	struct scope_flows *flows;	/* NULL until the first packet */
	struct scope_lane lane[SCOPE_DIRECTIONS];
	const struct scope_join *join;	/* with the place before this one; NULL: there is none */
	const struct scope_cpu *cpu;	/* processors of the host meanwhile; NULL: not known */
};

/*
 * Config is copied. done frees what was made. add returns 0, or -1 without
 * memory: what was measured so far stays good.
 */
void scope_init(struct scope *scope, const struct scope_config *config);
/* Stamps have a coarser step from here on. */
void scope_coarsen(struct scope *scope, uint32_t resolution_ns);
/* Before packets are added, where several are there: see flows.h. _begin first. */
void scope_look_up_begin(const struct scope *scope, struct scope_packet *packet,
			 const struct scope_packet *before);
void scope_look_up(struct scope *scope, struct scope_packet *packets,
		   uint32_t count);
int scope_add(struct scope *scope, const struct scope_packet *packet,
	      struct scope_flow_event *ret_event);
/* The same for many, at most SCOPE_LOOK_UP_MAX, where nobody asks what they were. */
int scope_add_all(struct scope *scope, const struct scope_packet *packets,
		  uint32_t count);
/*
 * A frame of MAC control, which scope_add takes to here. It has no time: it is no part of
 * the span, and whatever else is measured is as if it had not been there.
 */
void scope_mac_control_add(struct scope *scope, enum scope_direction direction,
			   uint32_t frame_bytes);
void scope_finish(struct scope *scope);
void scope_done(struct scope *scope);

/* Frames that a packet stands for on the wire, and their bytes at L1. */
uint32_t scope_packet_frames(const struct scope_packet *packet);
uint32_t scope_packet_wire_bytes(const struct scope_packet *packet);

/*
 * Numbers of the flows with most bytes, most first, as many as there are up to
 * count. Returns how many, or -1 (no memory).
 */
int scope_top_flows(const struct scope *scope, uint32_t *ret_numbers,
		    uint32_t count);

/* Jain's index over the bytes of flows with payload; NAN without any. */
double scope_jain(const struct scope *scope);

/* Whether there is something to say of the direction: packets, or MAC control alone. */
static inline bool scope_lane_is_seen(const struct scope_lane *lane)
{
	return lane->is_used || lane->mac_control.frames;
}

/* Of all directions. */
uint64_t scope_mac_control_frames(const struct scope *scope);

/* Packets of the lane; those that were expanded count once. */
uint64_t scope_lane_pkts(const struct scope_lane *lane);

/*
 * Whether all was seen. A packet that was not makes a gap longer, a train shorter and a
 * round trip another one, and nobody knows where: of traffic with such packets no figure
 * is known but counts of what was seen, and what mean and peaks are at least.
 */
static inline bool scope_is_whole(const struct scope *scope)
{
	return !scope->unseen_pkts;
}

/*
 * Whether what was seen is one piece. A file that is a part of what its interfaces received
 * (around triggers) has holes, in which other packets passed: its trains, its bursts and
 * most of its gaps are what they were, but nothing is known that takes the whole span.
 * These are means and what is measured against them, shares of time, and what TCP did over
 * time; of mean and peaks it is known what they are at least. Nor is known what a hole looks
 * like: the longest gaps, and round trips and gaps of a flow, which may have but few packets
 * in each piece.
 */
static inline bool scope_is_one_piece(const struct scope *scope)
{
	return scope_is_whole(scope) && !scope->left_out_pkts;
}

/* Stamps tell times of that length. */
static inline bool scope_tells(const struct scope *scope, uint64_t time_ns)
{
	return time_ns >= scope->config.vantage.uncertainty_ns;
}

/* They move in a coarser step than the file says. */
static inline bool scope_is_coarser(const struct scope *scope)
{
	return scope->file_step_ns && scope->file_step_ns <
	       scope->config.vantage.resolution_ns;
}

/* Peaks of a flow in such windows (SCOPE_FLOW_WINDOWS), which must fit into the span, too. */
bool scope_tells_flow(const struct scope *scope, uint32_t window);
/* And so the trains of flows (SCOPE_FLOW_THETAS). */
bool scope_tells_train(const struct scope *scope, uint32_t theta);

/* Whether windows of 10 us, which bursts are made of, can be told, and called hot. */
static inline bool scope_tells_bursts(const struct scope_lane *lane)
{
	return lane->meter.config.line_rate_bits_ps &&
	       sluice_meter_tells(&lane->meter, sluice_hots_ns[0]);
}

/*
 * The shortest windows whose dispersion is told: a stamp that is wrong by u moves a frame
 * over a window's edge, which adds about R u^2 / 6 w to the IDC at R frames a time.
 */
uint64_t scope_dispersion_least_ns(const struct scope *scope,
				   const struct scope_lane *lane);

/* Windows of length i of sluice_hots_ns that the span touches; 0: it is shorter. */
uint64_t scope_hot_windows(const struct scope *scope, uint32_t i);

/*
 * Longest frame of a capture where that is more than Ethernet's with its tags:
 * it may be a jumbo frame, or a super-packet of the host that wrote the capture,
 * which does not say. 0: there is none.
 */
uint32_t scope_long_bytes(const struct scope *scope);
/* "none", "stack, expanded", "counted as one packet", "not known". */
const char *scope_supers_name(const struct scope *scope);

/* "out", "in", "any". */
const char *scope_direction_name(enum scope_direction direction);
/* "virtual", "hardware", "qdisc", "tap", "sniffed", "stack", "softirq". */
const char *scope_stamp_name(enum scope_stamp_class stamp);

#endif
