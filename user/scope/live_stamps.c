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
 * cannot be read is not turned, for it could not be turned back.
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

static void put_back(void *data)
{
	const struct scope_stamps *stamps = data;
	struct hwtstamp_config now = { 0 }, before = stamps->before;
	char device[IF_NAMESIZE];

	/* By its number: it may have another name by now. */
	if (!if_indextoname((unsigned int)stamps->ifindex, device) ||
	    sluice_probe_stamps(device, SIOCGHWTSTAMP, &now) ||
	    !is_same(&now, &stamps->ours))
		return;
	(void)sluice_probe_stamps(device, SIOCSHWTSTAMP, &before);
}

/* What is sent is stamped as it was: that is somebody else's. */
static int switch_on(struct scope_stamps *stamps, const char *device,
		     char *error, size_t error_size)
{
	int err;

	stamps->ours = stamps->before;
	stamps->ours.rx_filter = HWTSTAMP_FILTER_ALL;
	err = sluice_probe_stamps(device, SIOCSHWTSTAMP, &stamps->ours);
	if (err == -EPERM)
		return sluice_refuse(err, error, error_size,
				     "switching on time stamps needs the capability NET_ADMIN: run it as root");
	if (err)
		return sluice_refuse(err, error, error_size,
				     "the NIC of %s did not switch on time stamps: %s",
				     device, strerror(-err));
	/* The driver has written what it has done instead. */
	if (stamps->ours.rx_filter != HWTSTAMP_FILTER_ALL) {
		put_back(stamps);
		return sluice_refuse(-EOPNOTSUPP, error, error_size,
				     "the NIC of %s did not switch on time stamps of all that it receives: look at it without --stamps",
				     device);
	}
	err = scope_keeper_start(&stamps->keeper, put_back, stamps);
	if (err) {
		put_back(stamps);
		return sluice_refuse(err, error, error_size,
				     "there is no process that would switch time stamps off again: %s",
				     strerror(-err));
	}
	stamps->is_changed = true;
	return 0;
}

int scope_stamps_open(struct scope_stamps *stamps, const char *device,
		      int ifindex, bool may_switch_on, char *error,
		      size_t error_size)
{
	int err = ability_check(device, &stamps->clock, error, error_size);

	if (err)
		return err;
	stamps->ifindex = ifindex;
	err = sluice_probe_stamps(device, SIOCGHWTSTAMP, &stamps->before);
	if (err)
		return sluice_refuse(-EOPNOTSUPP, error, error_size,
				     "the driver of %s does not tell whether its NIC stamps what it receives (%s): look at it without --stamps",
				     device, strerror(-err));
	if (stamps->before.rx_filter == HWTSTAMP_FILTER_ALL)
		return 0;
	if (!may_switch_on)
		return sluice_refuse(-EOPNOTSUPP, error, error_size,
				     stamps->before.rx_filter ==
				     HWTSTAMP_FILTER_NONE ?
				     "the NIC of %s can stamp what it receives, but that is switched off: --switch-stamps-on switches it on for all programs until the scope ends" :
				     "the NIC of %s stamps only some of what it receives, as a program has asked it to: --switch-stamps-on lets it stamp all for all programs until the scope ends",
				     device);
	return switch_on(stamps, device, error, error_size);
}

void scope_stamps_close(struct scope_stamps *stamps)
{
	if (stamps->is_changed)
		scope_keeper_end(&stamps->keeper);
	stamps->is_changed = false;
}
