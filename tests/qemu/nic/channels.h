/* SPDX-License-Identifier: GPL-2.0 */
/* How many queues the NIC sends by: ethtool -l and -L. It receives by one. */
#ifndef NIC_CHANNELS_H
#define NIC_CHANNELS_H

#include <linux/ethtool.h>
#include <linux/netdevice.h>

static void nic_get_channels(struct net_device *dev,
			     struct ethtool_channels *channels)
{
	channels->max_combined = dev->num_tx_queues;
	channels->combined_count = dev->real_num_tx_queues;
}

static int nic_set_channels(struct net_device *dev,
			    struct ethtool_channels *channels)
{
	return netif_set_real_num_tx_queues(dev, channels->combined_count);
}

#endif
