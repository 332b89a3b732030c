// SPDX-License-Identifier: GPL-2.0
/* Gap frames; see gap.h. */
#include "gap.h"

#include <linux/ethtool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

enum gap_class {
	GAP_FILTERED,	/* the NIC is told to drop PAUSE frames that the host sends */
	GAP_FUNCTION,	/* a virtual function */
	GAP_GUEST,	/* a virtual machine's */
};

/*
 * Names as ETHTOOL_GDRVINFO has them; Linux 7.3. The filters:
 *	i40e	i40e_add_filter_to_drop_tx_flow_control_frames(), for all that send
 *	ice	ice_vsi_setup(), for all that send
 *	ixgbe	ixgbe_ndo_set_vf_spoofchk(), for virtual functions of X550 and E610
 *	libwx	wx_set_ethertype_anti_spoofing(), for virtual functions
 */
static const struct {
	const char *driver;
	enum gap_class class;
} drivers[] = {
	{ "i40e", GAP_FILTERED }, { "ice", GAP_FILTERED },
	{ "iavf", GAP_FUNCTION }, { "i40evf", GAP_FUNCTION },
	{ "ixgbevf", GAP_FUNCTION }, { "igbvf", GAP_FUNCTION },
	{ "txgbevf", GAP_FUNCTION }, { "ngbevf", GAP_FUNCTION },
	{ "cxgb4vf", GAP_FUNCTION },
	{ "virtio_net", GAP_GUEST }, { "vmxnet3", GAP_GUEST },
	{ "hv_netvsc", GAP_GUEST }, { "vif", GAP_GUEST },
	{ "ena", GAP_GUEST }, { "gve", GAP_GUEST }, { "mana", GAP_GUEST },
};

/* A physical function knows its virtual ones by their address on the bus. */
static bool is_function(const struct ethtool_drvinfo *info)
{
	char path[sizeof(info->bus_info) + 64];

	if (!*info->bus_info || strchr(info->bus_info, '/'))
		return false;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/physfn",
		 info->bus_info);
	return !access(path, F_OK);
}

static enum sluice_gap_line driver_judge(const struct ethtool_drvinfo *info,
					 char *phrase, size_t phrase_size)
{
	static const char *const formats[] = {
		[GAP_FILTERED] = "its driver (%s) has the NIC drop PAUSE frames of the host, as gap frames are",
		[GAP_FUNCTION] = "it is a virtual function (%s), which shares its line, and whose PAUSE frames NICs drop",
		[GAP_GUEST] = "a virtual machine's NIC (%s) has no line: its host takes frames as they come",
	};
	enum gap_class class = GAP_FUNCTION;
	unsigned int i;

	for (i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (!strcmp(drivers[i].driver, info->driver))
			break;
	if (i < sizeof(drivers) / sizeof(drivers[0]))
		class = drivers[i].class;
	else if (!is_function(info))
		return SLUICE_GAP_LINE_FILLED;
	snprintf(phrase, phrase_size, formats[class], info->driver);
	return SLUICE_GAP_LINE_BARE;
}

enum sluice_gap_line sluice_gap_line_find(const struct sluice_link *link,
					  char *phrase, size_t phrase_size)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };

	phrase[0] = '\0';
	if (!strcmp(link->kind, "veth")) {
		snprintf(phrase, phrase_size,
			 "a veth has no line, and hands on all at once that it is given");
		return SLUICE_GAP_LINE_BEHIND;
	}
	if (link->is_loopback) {
		snprintf(phrase, phrase_size, "loopback has no line");
		return SLUICE_GAP_LINE_BARE;
	}
	if (*link->kind) {
		snprintf(phrase, phrase_size,
			 "a device of kind %s has no line, and hands on all at once that it is given",
			 link->kind);
		return SLUICE_GAP_LINE_BARE;
	}
	if (sluice_probe_ethtool(link->name, &info))
		return SLUICE_GAP_LINE_FILLED;
	info.driver[sizeof(info.driver) - 1] = '\0';
	info.bus_info[sizeof(info.bus_info) - 1] = '\0';
	return driver_judge(&info, phrase, phrase_size);
}

void sluice_gap_channels_format(const struct sluice_link *link, char *text,
				size_t text_size)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };

	text[0] = '\0';
	if (sluice_probe_ethtool(link->name, &channels))
		return;
	if (channels.combined_count && channels.tx_count)
		snprintf(text, text_size, "combined 1 tx 0");
	else if (channels.combined_count)
		snprintf(text, text_size, "combined 1");
	else if (channels.max_tx)
		snprintf(text, text_size, "tx 1");
}
