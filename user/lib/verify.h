/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Measuring for some seconds what pacing does on some devices, from two sides:
 * what the qdiscs count, and what a tap behind them sees.
 *
 * Part of libsluice: nothing here prints or exits.
 */
#ifndef SLUICE_VERIFY_H
#define SLUICE_VERIFY_H

#include <signal.h>

#include "capture.h"
#include "interval.h"
#include "lapse.h"
#include "seen.h"
#include "verdict.h"

/**
 * struct sluice_verified - one device
 * @ifindex: the device
 * @device: its name at the start
 * @interval: what its qdiscs counted
 * @link_bits_ps: speed of the link, 0: not known
 * @tap_err: why there is no tap, -errno; 0: there was one
 * @losses: what the tap has not shown; with any of it gaps and trains of @seen
 *	are not what they were
 * @seen: what it has shown
 * @is_kept_behind: the device keeps departures (offload_horizon) or its line does
 *	(gap_frames), so the tap sees when frames were handed over, and not when they
 *	leave
 * @is_kept_by_line: it is the line
 * @lapse: what has become of the options that keep departures, at the end
 * @link: the device, for what mends that
 * @evidence: all of it, for sluice_verdict_say(); it points to @interval
 * @verdict: what it comes to
 */
struct sluice_verified {
	int ifindex;
	char device[IF_NAMESIZE];
	struct sluice_interval interval;
	uint64_t link_bits_ps;
	int tap_err;
	struct sluice_capture_losses losses;
	struct sluice_seen seen;
	bool is_kept_behind;
	bool is_kept_by_line;
	struct sluice_lapse lapse;
	struct sluice_link link;
	struct sluice_evidence evidence;
	struct sluice_verdict verdict;
};

/* There was a tap, and it saw all. */
static inline bool sluice_verified_has_tap(const struct sluice_verified *device)
{
	return !device->tap_err && !device->losses.missed_pkts &&
	       !device->losses.unshown_pkts;
}

/* The tap saw all, and in the gaps that it has on the wire. */
static inline bool sluice_verified_has_gaps(const struct sluice_verified *device)
{
	return sluice_verified_has_tap(device) && !device->is_kept_behind;
}

/*
 * Measure these devices for @span_ns, or until a signal handler sets *is_stopped,
 * and a quarter of a second more at most. Returns 0 and fills *ret with one element
 * for each, which sluice_verified_free() releases, or -errno and the kernel's
 * sentence.
 */
int sluice_verify(struct sluice_netlink *netlink,
		  const struct sluice_link *const *links, unsigned int count,
		  uint64_t span_ns, const volatile sig_atomic_t *is_stopped,
		  struct sluice_verified **ret, char *message);
void sluice_verified_free(struct sluice_verified *devices, unsigned int count);

#endif
