/* SPDX-License-Identifier: GPL-2.0 */
/* What the files analyse*.c share: the state of one analysis. */
#ifndef SLUICE_LAB_ANALYSE_PARTS_H
#define SLUICE_LAB_ANALYSE_PARTS_H

#include <stdbool.h>

#include "../lib/frame.h"
#include "../lib/metrics.h"
#include "../lib/pcap.h"
#include "analyse.h"
#include "replay.h"

/* Frames on end with no idle time between them at the device rate. */
struct lab_stretch {
	uint64_t pkts;			/* gaps, so frames less one */
	uint64_t bytes;			/* of all frames but the last, L1 */
	uint64_t duration_ns;		/* first start to last start */
};

struct lab_wire {			/* one sender's capture */
	struct sluice_pcap *pcap;
	struct sluice_pcap_record record;	/* the one to be taken next */
	struct sluice_frame frame;		/* of it */
	uint64_t span_bytes;			/* in the span of the metrics, L1 */
	struct sluice_meter meter;
	uint64_t pkts;				/* IP frames in the capture */
	uint64_t other_pkts;			/* ARP and the like: left out */
	/* Smallest gap * rate - 8 * 10^9 * L at the device rate: below 0 is a breach. */
	int64_t device_slack_min;
	bool has_device_slack;
	uint64_t too_close_pkts;		/* frames with a slack below 0 */
	struct lab_stretch stretch;		/* under way */
	struct lab_stretch longest;
};

struct lab_seen_flow {
	uint32_t sender;		/* from 1 */
	uint64_t captured_pkts;		/* in the whole capture */
	uint64_t span_pkts;		/* in the span of the metrics */
	struct sluice_meter meter;
	bool has_meter;
};

struct lab_series {			/* sender 1, whole span, link bytes */
	uint64_t *slot_bytes;		/* per 1 ms */
	uint32_t slots;
};

struct lab_analysis {
	const struct lab_analyse_input *in;
	char *error;
	size_t error_size;
	uint64_t metrics_start_ns;	/* start + warm-up */
	struct lab_wire *wires;		/* in->senders */
	struct sluice_flows *flows;
	struct lab_seen_flow *flow;		/* by number; flow_room allocated */
	uint32_t flow_room;
	uint32_t max_frame_bytes;
	uint64_t stamp_bits;		/* all stamps or-ed: shows the clock's step */
	uint64_t clock_step_ns;		/* 1 unless every stamp is a multiple of more */
	struct lab_replay replay;
	struct sluice_spectrum port_spectrum;	/* B0: the port's rate alone */
	uint64_t port_spectrum_last_ns;
	bool has_port_arrival;
	struct lab_series series;
	uint32_t port_rate_index;	/* in the senders' spectra */
	int device_rate_index;		/* the same; -1: none */
	struct sluice_pcap *port;	/* the port's own capture, to check the replay */
	uint64_t port_pkts;
	uint64_t port_wrong_pkts;	/* departures that the replay puts elsewhere */
	uint64_t port_wrong_max_ns;	/* by how much at most */
	uint64_t port_other_pkts;	/* frames that came over no wire */
	bool port_failed;
};

/* Writes the sentence that the caller of the analysis gets. Returns -1. */
int lab_analysis_fail(struct lab_analysis *analysis, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* analyse_json.c: everything found, put into run. 0 or -1 with a sentence. */
int lab_analysis_json(struct lab_analysis *analysis, json_t *run);

#endif
