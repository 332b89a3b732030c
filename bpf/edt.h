/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the command and edt.bpf.c share: the maps of a device's rate without the module.
 */
#ifndef SLUICE_BPF_EDT_H
#define SLUICE_BPF_EDT_H

#include <linux/bpf.h>

#include "../core/clock.h"

/* Of the program, of its filter, and of its maps. */
#define EDT_NAME	"sluice_edt"
#define EDT_CONFIG_NAME	"edt_config"
#define EDT_STATE_NAME	"edt_state"
#define EDT_SOCKETS_NAME "edt_sockets"

/**
 * struct edt_config - what the device is to keep; each is read and written as one word
 * @rate_bytes_ps: wire bytes/s, PACE_RATE_MIN_BYTES_PS .. PACE_RATE_MAX_BYTES_PS
 * @overhead_bytes: L1 bytes added to every frame, 0 .. PACE_OVERHEAD_MAX_BYTES
 * @horizon_ns: no packet is given a departure further ahead, since fq would move it
 * @backlog_ns: nor one that is not of a TCP socket of this host, which is held back otherwise
 */
struct edt_config {
	__u64 rate_bytes_ps;
	__u64 overhead_bytes;
	__u64 horizon_ns;
	__u64 backlog_ns;
};

/**
 * struct edt_counters - super-packets count once, but for @frames
 * @frames: that the wire is to carry
 * @wire_bytes: of them, as the rate counts them
 * @held_pkts: had to wait for the device's clock
 * @prompt_pkts: of these, empty TCP segments that waited for their like alone
 * @asked_pkts: keep a later time of their own
 * @foreign_clock_pkts: had a stamp that is no departure time
 * @over_backlog_pkts: dropped: not of a TCP socket, and further ahead than backlog_ns
 * @over_horizon_pkts: dropped: of one, or by its socket's clock, and further ahead than horizon_ns
 * @wait_max_ns: the longest that the clock made a packet wait
 * @socket_held_pkts: have to wait for their socket's clock
 * @socket_unpaced_pkts: there was no memory for their socket's clock
 */
struct edt_counters {
	__u64 frames;
	__u64 wire_bytes;
	__u64 held_pkts;
	__u64 prompt_pkts;
	__u64 asked_pkts;
	__u64 foreign_clock_pkts;
	__u64 over_backlog_pkts;
	__u64 over_horizon_pkts;
	__u64 wait_max_ns;
	__u64 socket_held_pkts;
	__u64 socket_unpaced_pkts;
};

/**
 * struct edt_socket - the clock of a socket that has a rate of its own
 * @rate: its rate, prepared
 * @clock: departure of its next frame; under the lock of its device's state
 */
struct edt_socket {
	struct pace_rate rate;
	struct pace_clock clock;
};

/**
 * struct edt_state - one for all queues and processors
 * @lock: over all that follows
 * @rate: of edt_config, prepared
 * @device: departure of the next frame
 * @prompt: the same, as if there were only empty TCP segments
 * @counters: since the program was attached
 */
struct edt_state {
	struct bpf_spin_lock lock;
	struct pace_rate rate;
	struct pace_clock device;
	struct pace_clock prompt;
	struct edt_counters counters;
};

#endif
