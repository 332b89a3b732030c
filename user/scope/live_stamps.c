// SPDX-License-Identifier: GPL-2.0
/*
 * Does the NIC stamp what it receives? Whether it does is one switch for all
 * who use the device (ptp4l for one), so it is read, and turned only when that
 * was allowed. Part of live.c.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/probe.h"
#include "../lib/refuse.h"
#include "live_parts.h"

static int config_talk(const char *device, unsigned long request,
		       struct hwtstamp_config *config)
{
	struct ifreq ifr = { .ifr_data = (void *)config };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", device);
	err = ioctl(fd, request, &ifr) < 0 ? -errno : 0;
	close(fd);
	return err;
}

int scope_stamps_check(const char *device, bool may_switch_on, char *error,
		       size_t error_size)
{
	struct ethtool_ts_info info = { .cmd = ETHTOOL_GET_TS_INFO };
	struct hwtstamp_config config = { 0 };
	int err = sluice_probe_ethtool(device, &info);

	if (err || !(info.so_timestamping & SOF_TIMESTAMPING_RX_HARDWARE) ||
	    !(info.rx_filters & 1u << HWTSTAMP_FILTER_ALL))
		return sluice_refuse(-EOPNOTSUPP, error, error_size,
				     "the NIC of %s does not stamp every packet that it receives: ask without hardware stamps",
				     device);
	err = config_talk(device, SIOCGHWTSTAMP, &config);
	if (!err && config.rx_filter == HWTSTAMP_FILTER_ALL)
		return 0;
	if (!may_switch_on)
		return sluice_refuse(-EOPNOTSUPP, error, error_size,
				     "the NIC of %s can stamp what it receives but that is switched off: 'hwstamp_ctl -i %s -r 1' switches it on for all programs",
				     device, device);
	config.rx_filter = HWTSTAMP_FILTER_ALL;
	err = config_talk(device, SIOCSHWTSTAMP, &config);
	if (!err && config.rx_filter == HWTSTAMP_FILTER_ALL)
		return 0;
	return sluice_refuse(err ? err : -EOPNOTSUPP, error, error_size,
			     "the NIC of %s did not switch on time stamps: %s",
			     device, strerror(err ? -err : EOPNOTSUPP));
}
