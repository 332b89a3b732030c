// SPDX-License-Identifier: GPL-2.0
/*
 * Does the NIC stamp what it receives? Whether it does is one switch for all
 * who use the device (ptp4l for one), so it is read, and turned only when that
 * was allowed. Part of live.c.
 *
 * What was turned is turned back at the end, if it then is as we left it: whoever
 * has turned it since wants it so. A program that found it on since, and uses it
 * without setting it, cannot be seen: it is left without stamps, as it would have
 * been without us. Not to turn it back would change the host for good (S2). What
 * cannot be read is not turned, for it could not be turned back. Another scope that
 * finds it on shares it: the last one turns it back (stamps_share.h). Where there is
 * no room for the file that they share, each scope is alone.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>

#include "../lib/probe.h"
#include "../lib/refuse.h"
#include "live_parts.h"

/* ---- what it can, and what it does ---- */

/* 0 and which clock it stamps by, or a refusal. */
static int ability_check(const char *device, int *ret_clock, char *error,
			 size_t error_size)
{
	struct ethtool_ts_info info = { .cmd = ETHTOOL_GET_TS_INFO };
	int err = sluice_probe_ethtool(device, &info);

	if (err || !(info.so_timestamping & SOF_TIMESTAMPING_RX_HARDWARE))
		return sluice_refuse(-EOPNOTSUPP, error, error_size,
				     "the NIC of %s does not stamp what it receives: look at it without --stamps",
				     device);
	if (!(info.rx_filters & 1u << HWTSTAMP_FILTER_ALL))
		return sluice_refuse(-EOPNOTSUPP, error, error_size,
				     "the NIC of %s does not stamp every packet that it receives, but those of PTP or the like alone: look at it without --stamps",
				     device);
	if (info.phc_index < 0)
		return sluice_refuse(-EOPNOTSUPP, error, error_size,
				     "the NIC of %s does not tell which clock it stamps by, so nobody can tell whether its stamps are right: look at it without --stamps",
				     device);
	*ret_clock = info.phc_index;
	return 0;
}

static bool is_same(const struct hwtstamp_config *one,
		    const struct hwtstamp_config *other)
{
	return one->flags == other->flags && one->tx_type == other->tx_type &&
	       one->rx_filter == other->rx_filter;
}

/* ---- the switch ---- */

static void turn_back(int ifindex, const struct scope_stamps_turn *turn)
{
	struct hwtstamp_config now = { 0 }, before = turn->before;
	char device[IF_NAMESIZE];

	/* By its number: it may have another name by now. */
	if (!if_indextoname((unsigned int)ifindex, device) ||
	    sluice_probe_stamps(device, SIOCGHWTSTAMP, &now) ||
	    !is_same(&now, &turn->ours))
		return;
	(void)sluice_probe_stamps(device, SIOCSHWTSTAMP, &before);
}

/* In the keeper. */
static void put_back(void *data)
{
	struct scope_stamps *stamps = data;
	bool is_last = stamps->share.fd < 0 ||
		       scope_stamps_share_leave(&stamps->share, &stamps->turn);

	if (is_last)
		turn_back(stamps->ifindex, &stamps->turn);
	scope_stamps_share_close(&stamps->share, is_last);
}

/* What is sent is stamped as it was: that is somebody else's. */
static int switch_on(struct scope_stamps *stamps, const char *device,
		     char *error, size_t error_size)
{
	struct scope_stamps_turn *turn = &stamps->turn;
	int err;

	turn->ours = turn->before;
	turn->ours.rx_filter = HWTSTAMP_FILTER_ALL;
	err = sluice_probe_stamps(device, SIOCSHWTSTAMP, &turn->ours);
	if (err == -EPERM)
		return sluice_refuse(err, error, error_size,
				     "switching on time stamps needs the capability NET_ADMIN: run it as root");
	if (err)
		return sluice_refuse(err, error, error_size,
				     "the NIC of %s did not switch on time stamps: %s",
				     device, strerror(-err));
	/* The driver has written what it has done instead. */
	if (turn->ours.rx_filter != HWTSTAMP_FILTER_ALL) {
		turn_back(stamps->ifindex, turn);
		return sluice_refuse(-EOPNOTSUPP, error, error_size,
				     "the NIC of %s did not switch on time stamps of all that it receives: look at it without --stamps",
				     device);
	}
	stamps->is_needed = true;
	if (stamps->share.fd >= 0 &&
	    scope_stamps_share_join(&stamps->share, turn))
		scope_stamps_share_close(&stamps->share, false);
	return 0;
}

/* It is on: by a scope, which shares it, or by somebody else. */
static void switch_share(struct scope_stamps *stamps)
{
	struct scope_stamps_turn turn;

	if (stamps->share.fd < 0 ||
	    !scope_stamps_share_find(&stamps->share, &turn) ||
	    !is_same(&turn.ours, &stamps->turn.before))
		return;
	stamps->turn = turn;
	stamps->is_needed = !scope_stamps_share_join(&stamps->share, NULL);
}

static int switch_look(struct scope_stamps *stamps, const char *device,
		       bool may_switch_on, char *error, size_t error_size)
{
	struct hwtstamp_config *now = &stamps->turn.before;
	int err = sluice_probe_stamps(device, SIOCGHWTSTAMP, now);

	if (err)
		return sluice_refuse(-EOPNOTSUPP, error, error_size,
				     "the driver of %s does not tell whether its NIC stamps what it receives (%s): look at it without --stamps",
				     device, strerror(-err));
	if (now->rx_filter == HWTSTAMP_FILTER_ALL) {
		switch_share(stamps);
		return 0;
	}
	if (!may_switch_on)
		return sluice_refuse(-EOPNOTSUPP, error, error_size,
				     now->rx_filter == HWTSTAMP_FILTER_NONE ?
				     "the NIC of %s can stamp what it receives, but that is switched off: --switch-stamps-on switches it on for all programs until the scope ends" :
				     "the NIC of %s stamps only some of what it receives, as a program has asked it to: --switch-stamps-on lets it stamp all for all programs until the scope ends",
				     device);
	return switch_on(stamps, device, error, error_size);
}

int scope_stamps_open(struct scope_stamps *stamps, const char *folder,
		      const char *device, int ifindex, bool may_switch_on,
		      char *error, size_t error_size)
{
	struct scope_stamps_share *share = &stamps->share;
	int err = ability_check(device, &stamps->clock, error, error_size);

	if (err)
		return err;
	stamps->ifindex = ifindex;
	(void)scope_stamps_share_open(share, folder, ifindex);
	err = switch_look(stamps, device, may_switch_on, error, error_size);
	if (!stamps->is_needed) {
		scope_stamps_share_close(share, scope_stamps_share_is_alone(share));
		return err;
	}
	scope_stamps_share_release(share);
	err = scope_keeper_start(&stamps->keeper, put_back, stamps, &share->fd);
	if (err) {
		put_back(stamps);
		stamps->is_needed = false;
		return sluice_refuse(err, error, error_size,
				     "there is no process that would switch time stamps off again: %s",
				     strerror(-err));
	}
	/* From here on it is the keeper's, which lives as long as it is needed. */
	scope_stamps_share_close(share, false);
	return 0;
}

void scope_stamps_close(struct scope_stamps *stamps)
{
	if (stamps->is_needed)
		scope_keeper_end(&stamps->keeper);
	stamps->is_needed = false;
}
