/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the sluice qdiscs of a device did between two looks at their counters:
 * one at the root, one for each queue below mq, or wherever they are; or those fq
 * that are in their place (stand_in.h).
 *
 * The kernel copies the counters of a qdisc under its lock, so those of one
 * belong together; when exactly is known to half the time that the look took.
 *
 * Part of libsluice: nothing here prints or exits.
 */
#ifndef SLUICE_INTERVAL_H
#define SLUICE_INTERVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "link.h"
#include "qdisc.h"

/**
 * struct sluice_look - a device and its sluice qdiscs at one moment
 * @mono_ns: the middle of the look, CLOCK_MONOTONIC
 * @error_ns: how far from it the counters may have been read
 * @is_there: the device
 * @link: the device
 * @root_kind: kind of its root qdisc, "none" if it has none
 * @qdiscs: those of kind sluice, or in their place; of these, fq's counters are
 *	in xstats too, as far as sluice has the same
 * @count: how many
 * @stand_ins: how many of them are fq
 */
struct sluice_look {
	uint64_t mono_ns;
	uint64_t error_ns;
	bool is_there;
	struct sluice_link link;
	char root_kind[SLUICE_KIND_SIZE];
	struct sluice_qdisc *qdiscs;
	unsigned int count;
	unsigned int stand_ins;
};

/*
 * Look now. Returns 0, also when the device has gone, or -errno and the
 * kernel's sentence. Release *ret with sluice_look_done(), which accepts
 * zeroes.
 */
int sluice_look_take(struct sluice_netlink *netlink, int ifindex,
		     struct sluice_look *ret, char *message);
void sluice_look_done(struct sluice_look *look);

/**
 * struct sluice_interval - what lies between looks, all qdiscs together
 * @span_ns: how long it took
 * @error_ns: by how much that may be wrong
 * @qdiscs: sluice qdiscs at its end, or those in their place
 * @is_stand_in: it is fq that paces: no lateness and no trains are counted
 * @throttles: times that fq let a flow wait
 * @edt: what its rate without the module counted in it; what is no counter, at its end
 * @is_gone: the device was not there at some look
 * @is_down: it was switched off or had no carrier at some look, or packets
 *	were lost because it went down
 * @is_up: it was switched on and had a carrier at some look
 * @is_replaced: some qdisc came, went, or began to count anew
 * @is_changed: options changed
 * @root_kind: kind of the root qdisc at its end
 * @mtu_bytes: of the device, at its end
 * @options: of one qdisc, at its end
 * @drops: packets lost, as in tc -s
 * @qlen_pkts: packets in the qdiscs at its end
 * @backlog_bytes: their bytes
 * @delta: counters and histograms: the sum of what was added. burst_now_ns is
 *	the largest seen at the end of a look, lateness_max_ns the new maximum or
 *	0, flows the sum at its end, link_speed_mbits_ps the last
 * @xstats_bytes: what of @delta all modules sent
 */
struct sluice_interval {
	uint64_t span_ns;
	uint64_t error_ns;
	unsigned int qdiscs;
	bool is_stand_in;
	uint64_t throttles;
	struct sluice_edt edt;
	bool is_gone;
	bool is_down;
	bool is_up;
	bool is_replaced;
	bool is_changed;
	char root_kind[SLUICE_KIND_SIZE];
	unsigned int mtu_bytes;
	struct sluice_options options;
	uint64_t drops;
	uint64_t qlen_pkts;
	uint64_t backlog_bytes;
	struct tc_sluice_xstats delta;
	size_t xstats_bytes;
};

/*
 * Add what lies between two looks, in the order of time, to an interval that
 * began as all zero.
 */
void sluice_interval_add(struct sluice_interval *interval,
			 const struct sluice_look *before,
			 const struct sluice_look *after);

/* Something per second, rounded down; 0 for an interval without length. */
uint64_t sluice_interval_per_s(const struct sluice_interval *interval,
			       uint64_t count);

#endif
