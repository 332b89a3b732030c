/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a tap saw of a device: the rate, peaks, gaps and trains of all frames
 * and of single flows, and trains at a commanded rate. It is told packets, by
 * capture.h or by a test, and uses the meter of metrics.h.
 *
 * A packet that is cut behind the tap counts as its frames, all at the time of
 * the packet: when each leaves is not known, and together is what they are.
 *
 * Part of libsluice: nothing here prints or exits.
 */
#ifndef SLUICE_SEEN_H
#define SLUICE_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "capture.h"
#include "frame.h"
#include "metrics.h"

/* Flows with a meter of their own, the first that come: 60 KB each. */
#define SLUICE_SEEN_FLOWS_MAX	64u
/* Of fewer frames there is no hundredth part. */
#define SLUICE_SEEN_FRAMES_MIN	100u
/*
 * What a stamp may be wrong by, as a time of departure from the qdisc: from
 * there to the tap a frame has its checksum made and a lock taken. It is an
 * allowance, not a measurement.
 */
#define SLUICE_SEEN_ERROR_NS	1000u

/**
 * struct sluice_pacing - trains at a rate: frames closer than half their gap
 * @rate_bytes_ps: the rate, 0: none
 * @frames: trains by their length
 * @run_frames: the train under way
 * @last_ns: when its last frame came
 * @last_gap_ns: what that takes at the rate
 */
struct sluice_pacing {
	uint64_t rate_bytes_ps;
	struct sluice_hist frames;
	uint64_t run_frames;
	uint64_t last_ns;
	uint64_t last_gap_ns;
};

/* One flow with a meter. */
struct sluice_seen_flow {
	struct sluice_meter meter;
	struct sluice_pacing pacing;
};

/**
 * struct sluice_seen_config - what is looked for
 * @start_real_ns: the span, CLOCK_REALTIME; what lies outside does not count
 * @end_real_ns: end of it
 * @overhead_bytes: L1 bytes added to every frame
 * @link_bits_ps: speed of the link, 0: not known
 * @rate_bytes_ps: commanded for the device, 0: none
 * @maxrate_bytes_ps: commanded for each flow, 0: none
 */
struct sluice_seen_config {
	uint64_t start_real_ns;
	uint64_t end_real_ns;
	uint32_t overhead_bytes;
	uint64_t link_bits_ps;
	uint64_t rate_bytes_ps;
	uint64_t maxrate_bytes_ps;
};

/**
 * struct sluice_seen - what was seen
 * @config: as it was told
 * @meter: all frames
 * @pacing: trains at the device's rate
 * @numbers: flows by their key
 * @flows: the first of them, NULL where there is none
 * @cut_pkts: packets that are cut behind the tap
 * @cut_frames: the frames they become
 * @no_flow_frames: frames of flows without a meter, or of none
 * @mac_control_frames: that end with this line (sluice_frame_is_mac_control()): they
 *	are in nothing else
 * @mac_control_wire_bytes: of these
 */
struct sluice_seen {
	struct sluice_seen_config config;
	struct sluice_meter meter;
	struct sluice_pacing pacing;
	struct sluice_flows *numbers;
	struct sluice_seen_flow *flows[SLUICE_SEEN_FLOWS_MAX];
	uint64_t cut_pkts;
	uint64_t cut_frames;
	uint64_t no_flow_frames;
	uint64_t mac_control_frames;
	uint64_t mac_control_wire_bytes;
};

/* Returns 0 or -ENOMEM; done accepts what init refused, and zeroes. */
int sluice_seen_init(struct sluice_seen *seen,
		     const struct sluice_seen_config *config);
void sluice_seen_done(struct sluice_seen *seen);

/* A packet, in the order of time. Returns 0 or -ENOMEM. */
int sluice_seen_add(struct sluice_seen *seen,
		    const struct sluice_captured *captured);

/* The span ends sooner; no packet from @end_real_ns on has been added. */
void sluice_seen_shorten(struct sluice_seen *seen, uint64_t end_real_ns);

/* The end: no packets after this. */
void sluice_seen_finish(struct sluice_seen *seen);

/*
 * 99 % of the frames were in trains of at most so many: of all frames at the
 * device's rate, or else of the worst flow at maxrate. 0: neither is set, too few
 * frames came, or half a gap is shorter than what stamps may be wrong by.
 */
uint64_t sluice_seen_train_frames(const struct sluice_seen *seen);

/*
 * The same where no rate is commanded: of the TCP flow that is worst, in trains
 * without a gap at the link's speed; or, where that is not known, of all frames, in
 * packets that are cut behind the tap, if more than 1 % of them are.
 */
uint64_t sluice_seen_together_frames(const struct sluice_seen *seen);

/* Flows that have a meter. */
unsigned int sluice_seen_flows(const struct sluice_seen *seen);

#endif
