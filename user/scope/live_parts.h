/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of live.c know of each other. */
#ifndef SLUICE_SCOPE_LIVE_PARTS_H
#define SLUICE_SCOPE_LIVE_PARTS_H

#include "../lib/link.h"
#include "keeper.h"
#include "live.h"
#include "live_clock.h"
#include "live_order.h"
#include "stamps_share.h"

/* Ring of all CPUs together unless it is set. */
#define SCOPE_LIVE_RING_BYTES	(16u << 20)

/* ---- BPF: live_bpf.c, or live_nobpf.c in its place ---- */

struct scope_bpf;

/*
 * Load and attach. @clock_delta_ns is CLOCK_REALTIME less CLOCK_MONOTONIC. Returns
 * 0, or -errno and a sentence.
 */
int scope_bpf_open(struct scope_bpf **ret,
		   const struct scope_live_config *config,
		   const struct sluice_link *link, bool is_raw,
		   int64_t clock_delta_ns, char *error, size_t error_size);
void scope_bpf_close(struct scope_bpf *bpf);	/* accepts NULL */
/* Why departures are not seen though they were wanted; "" if it is not so. */
const char *scope_bpf_why_undated(const struct scope_bpf *bpf);
int scope_bpf_drain(struct scope_bpf *bpf,
		    int (*receive)(const struct scope_packet *packet,
				   void *data),
		    void *data);
int scope_bpf_count(struct scope_bpf *bpf,
		    int (*receive)(const struct scope_live_sum *sum, void *data),
		    void *data);
void scope_bpf_losses(struct scope_bpf *bpf, struct scope_live_losses *ret);

/* ---- clsact: live_tc.c ---- */

/**
 * struct scope_tc - our filter at one direction of a device
 * @netlink: to the kernel
 * @ifindex: the device
 * @is_ingress: of it; otherwise egress
 * @is_clsact_ours: there was none before this scope, or before another that is at work,
 *	so it goes when it is empty; set it for the second direction if it is so of
 *	the first: either may end last
 * @priority: of the filter
 * @handle: of the filter
 * @is_attached: it is there
 * @keeper: removes it
 */
struct scope_tc {
	struct sluice_netlink *netlink;
	int ifindex;
	bool is_ingress;
	bool is_clsact_ours;
	uint16_t priority;
	uint32_t handle;
	bool is_attached;
	struct scope_keeper keeper;
};

/*
 * Attach a program as the first filter. Filters that scopes left which were
 * killed are removed. Returns 0 or -errno; @message as in netlink.h.
 */
int scope_tc_attach(struct scope_tc *tc, int prog_fd, char *message);
void scope_tc_detach(struct scope_tc *tc);	/* accepts one that is not attached */

/* ---- time stamps of the NIC: live_stamps.c ---- */

/**
 * struct scope_stamps - how a NIC stamps what it receives
 * @ifindex: its device
 * @clock: number of the clock that it stamps by
 * @is_needed: a scope has switched it on, this one or another that this one shares
 *	the switch with, and the keeper sees to it that it is put back
 * @turn: how it was switched
 * @share: with other scopes
 * @keeper: of that
 */
struct scope_stamps {
	int ifindex;
	int clock;
	bool is_needed;
	struct scope_stamps_turn turn;
	struct scope_stamps_share share;
	struct scope_keeper keeper;
};

/*
 * Returns 0 if the NIC stamps all that it receives, after switching that on where
 * @may_switch_on. Otherwise -errno and a sentence. Scopes share the switch by a file
 * in @folder.
 */
int scope_stamps_open(struct scope_stamps *stamps, const char *folder,
		      const char *device, int ifindex, bool may_switch_on,
		      char *error, size_t error_size);
/*
 * As it was before, unless somebody has changed it since, or another scope needs it.
 * Accepts zeroes.
 */
void scope_stamps_close(struct scope_stamps *stamps);

/* ---- packets by them: live_hardware.c ---- */

/**
 * struct scope_hardware - what comes with stamps of the NIC
 * @stamps: how it stamps
 * @clock: by which clock; its fd is -1 until it is open
 * @order: packets that wait for older ones
 * @unstamped_pkts: not yet told
 */
struct scope_hardware {
	struct scope_stamps stamps;
	struct scope_nic_clock clock;
	struct scope_order order;
	uint64_t unstamped_pkts;
};

/*
 * Has the NIC stamp, as scope_stamps_open(), and opens its clock. @hardware: zeroes,
 * and -1 as the clock's fd. Returns 0, or -errno and a sentence; it is to be closed
 * in any case.
 */
int scope_hardware_open(struct scope_hardware *hardware, const char *device,
			int ifindex, bool may_switch_on, char *error,
			size_t error_size);
/* Puts stamping back, and throws away packets that still wait. */
void scope_hardware_close(struct scope_hardware *hardware);

/* Now, in the times of packets. */
uint64_t scope_hardware_now_ns(const struct scope_hardware *hardware);

/* A packet as it was captured: it gets its time, or is counted. Returns 0 or -ENOMEM. */
int scope_hardware_add(struct scope_hardware *hardware,
		       struct scope_packet *packet,
		       const struct sluice_captured *captured, bool has_bytes);

/* Hand over what is older than all that may still come, or at last everything. */
int scope_hardware_give(struct scope_hardware *hardware, bool is_last,
			const struct scope_live_config *config,
			int (*receive)(const struct scope_packet *packet,
				       void *data),
			void *data);

/* What is known of the clock. */
void scope_hardware_tell(const struct scope_hardware *hardware,
			 struct scope_vantage *vantage);

#endif
