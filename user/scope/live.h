/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The packets of a device while they pass, from BPF programs or, where these are
 * not to be had, from a packet socket. One source serves both directions.
 *
 *   sends      stack -> tc's hook -> qdisc -> packet socket -> driver
 *   receives   driver -> GRO -> packet socket, tc's hook -> stack
 *
 * Both directions are seen by a packet socket: what leaves behind the qdisc, where
 * pacing has been done. With BPF the socket's filter takes a record of a packet
 * and lets none in; without it the socket fills a ring. In front of the qdisc
 * (SCOPE_LIVE_STACK) BPF alone looks, at tc's hooks, by tcx (Linux 6.6) or clsact.
 * `lo` shows a packet twice, once in each direction.
 *
 * Times are CLOCK_REALTIME. The packet socket's are as the clock was then. Those
 * of BPF are CLOCK_MONOTONIC plus the distance of the two clocks when the
 * source was opened: later steps of the wall clock are not in them. What the
 * distance is wrong by is part of the vantage's uncertainty. Those of the NIC are
 * of its own clock, less what that was ahead when the source was opened.
 *
 * S2: nothing is changed on the host. Programs are attached by links that vanish
 * with this process, however it ends; a filter at clsact is removed by a process
 * that waits for that. If both are killed it stays until the next scope on
 * the device starts, and costs little: when its lane is full it only counts. Time
 * stamping by the NIC is not switched on unless allowed, and then is switched back
 * in the same way (live_stamps.c).
 *
 * Nothing here prints or exits. Functions return 0 or -errno, and the one that
 * opens writes a sentence to a buffer of the caller.
 */
#ifndef SLUICE_SCOPE_LIVE_H
#define SLUICE_SCOPE_LIVE_H

#include <poll.h>

#include "packet.h"

struct scope_live;
struct sluice_captured;

enum scope_live_mode {
	SCOPE_LIVE_AUTO,		/* BPF, else a packet socket alone */
	SCOPE_LIVE_BPF,
	SCOPE_LIVE_TAP,
};

enum scope_live_place {
	SCOPE_LIVE_QDISC,		/* behind the qdisc */
	SCOPE_LIVE_STACK,		/* in front of it; BPF alone is there */
};

enum scope_live_hook {
	SCOPE_LIVE_HOOK_AUTO,		/* tcx, else clsact */
	SCOPE_LIVE_HOOK_TCX,
	SCOPE_LIVE_HOOK_CLSACT,
};

/**
 * struct scope_live_config - what to look at
 * @name: the device
 * @has_out: what it sends
 * @has_in: what it receives
 * @mode: SCOPE_LIVE_…
 * @place: where to look
 * @hook: how to get to tc's hooks
 * @is_counting: only sums of the kernel's ticks, by scope_live_count(): BPF at tc's
 *	hooks, in front of the qdisc
 * @wants_departures: when packets that leave were meant to, where the kernel knows it:
 *	BPF behind the qdisc, with BTF
 * @wants_hardware_stamps: of the NIC, which it gives received packets alone
 * @may_switch_on: let the NIC stamp for everybody if it does not yet, until the
 *	source is closed
 * @same_clock_as: another source that is open: the distance of the clocks is the one
 *	found there, so that times of the two can be compared; NULL: none
 * @ring_bytes: kernel memory for packets not yet drained; 0: 16 MB, with BPF at
 *	least 512 KB for each CPU
 */
struct scope_live_config {
	const char *name;
	bool has_out;
	bool has_in;
	enum scope_live_mode mode;
	enum scope_live_place place;
	enum scope_live_hook hook;
	bool is_counting;
	bool wants_departures;
	bool wants_hardware_stamps;
	bool may_switch_on;
	const struct scope_live *same_clock_as;
	uint32_t ring_bytes;
	/*
	 * Called with the bytes of each packet just before it is handed over, where
	 * not NULL. A packet socket alone has them: mode must be SCOPE_LIVE_TAP.
	 */
	void (*captured)(const struct sluice_captured *captured, void *data);
	void *captured_data;
};

/*
 * Returns 0, or -errno and a sentence without a full stop in @error: -ENODEV,
 * -EPERM, -EOPNOTSUPP if this kernel or device cannot.
 */
int scope_live_open(struct scope_live **ret,
		    const struct scope_live_config *config, char *error,
		    size_t error_size);
/* Takes everything away again. Accepts NULL. */
void scope_live_close(struct scope_live *live);

/* Why it is a packet socket without BPF though that was tried; "" if it is not so. */
const char *scope_live_why_tap(const struct scope_live *live);

/* Why departures are not seen though they were wanted; "" if it is not so. */
const char *scope_live_why_undated(const struct scope_live *live);

/* The NIC's stamps were switched on for this source. */
bool scope_live_has_switched_on(const struct scope_live *live);

/*
 * What to wait for, at most SCOPE_LIVE_FDS; returns how many. BPF wakes nobody, so
 * drain after SCOPE_LIVE_PERIOD_MS in any case.
 */
#define SCOPE_LIVE_FDS		2u
#define SCOPE_LIVE_PERIOD_MS	5
unsigned int scope_live_fds(const struct scope_live *live,
			    struct pollfd fds[SCOPE_LIVE_FDS]);

/*
 * Hand over what has been seen, in the order of time. @receive returns 0 or
 * -errno, which ends it and is returned. -ENODEV: the device has gone; what it
 * had shown before is handed over first. -ESTALE: the NIC's clock was set or does not
 * run evenly, so stamps from before and after cannot be compared: there is no more.
 */
int scope_live_drain(struct scope_live *live,
		     int (*receive)(const struct scope_packet *packet,
				    void *data),
		     void *data);

/*
 * The same at the end: hand over also what waits for packets of before it, and what a
 * packet socket has seen and not handed over yet, which takes 40 ms.
 */
int scope_live_drain_last(struct scope_live *live,
			  int (*receive)(const struct scope_packet *packet,
					 void *data),
			  void *data);

/**
 * struct scope_live_sum - what passed in a tick, as this kernel counted it: where a tick came
 *	late, as under a hypervisor, what passed meanwhile is of the one before
 * @time_ns: when it began, to within a tick
 * @direction: SCOPE_OUT or SCOPE_IN
 * @wire_bytes: at layer 1, of all frames of super-packets
 * @pkts: packets; super-packets count as one
 * @frames: that those are cut into or were joined from
 * @unknown_supers: super-packets whose frames are not known: they count as one frame
 * @mac_control_frames: of MAC control, which are in no other sum
 * @mac_control_wire_bytes: of these, at layer 1
 */
struct scope_live_sum {
	uint64_t time_ns;
	uint8_t direction;
	uint64_t wire_bytes;
	uint64_t pkts;
	uint64_t frames;
	uint64_t unknown_supers;
	uint64_t mac_control_frames;
	uint64_t mac_control_wire_bytes;
};

/* How long a tick is: 1 ms to 10 ms. */
uint64_t scope_live_tick_ns(void);

/* Sums are kept for half a second or more: count five times in that. */
#define SCOPE_LIVE_COUNT_MS	100

/* The same for a source that counts; sums of nothing are left out. */
int scope_live_count(struct scope_live *live,
		     int (*receive)(const struct scope_live_sum *sum,
				    void *data),
		     void *data);

/**
 * struct scope_live_losses - what was not shown
 * @missed_pkts: there was no room: it was not drained in time
 * @missed_bytes: of them; 0 from a packet socket, which does not count them
 * @unshown_pkts: super-packets of a kind that the kernel cannot tell a socket
 * @unstamped_pkts: the NIC did not stamp them, or by no time of its clock: they were
 *	not handed over
 * @missed_sums: sums of one CPU that were written over
 */
struct scope_live_losses {
	uint64_t missed_pkts;
	uint64_t missed_bytes;
	uint64_t unshown_pkts;
	uint64_t unstamped_pkts;
	uint64_t missed_sums;
};

/* Packets of the device that are in no figure. */
static inline uint64_t
scope_live_unseen_pkts(const struct scope_live_losses *losses)
{
	return losses->missed_pkts + losses->unshown_pkts +
	       losses->unstamped_pkts;
}

/* Since the last call, or since it was opened. */
int scope_live_losses(struct scope_live *live, struct scope_live_losses *ret);

/* What was added to CLOCK_MONOTONIC for the times of packets. */
int64_t scope_live_clock_delta_ns(const struct scope_live *live);

/* Now, as packets would be stamped: where the wall clock is set meanwhile, BPF's is not. */
uint64_t scope_live_now_ns(const struct scope_live *live);

/* Packets of the device begin with IP: it has no header of its own. */
bool scope_live_is_raw(const struct scope_live *live);

/* The place that packets of a direction are seen at. */
void scope_live_vantage(const struct scope_live *live,
			enum scope_direction direction,
			struct scope_vantage *ret);

#endif
