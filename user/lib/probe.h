/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Questions to the kernel that go neither through netlink nor through files.
 * Tests link answers of their own in place of probe.c.
 *
 * Part of libsluice: nothing here prints or exits. Functions return what the
 * kernel does, 0 or more, or -errno.
 */
#ifndef SLUICE_PROBE_H
#define SLUICE_PROBE_H

#include <linux/bpf.h>

#include "clock.h"

struct hwtstamp_config;

/* SIOCETHTOOL: @command is a struct of linux/ethtool.h with its cmd set. */
int sluice_probe_ethtool(const char *device, void *command);

/*
 * SIOCGHWTSTAMP and SIOCSHWTSTAMP: how the NIC stamps packets, for all programs. What is
 * written comes back as the driver has it then.
 */
int sluice_probe_stamps(const char *device, unsigned long request,
			struct hwtstamp_config *config);

/* How far /dev/ptpINDEX, the clock of a NIC, is from CLOCK_TAI. */
int sluice_probe_tai(int index, struct sluice_clock_distance *ret);

/* bpf(2). */
int sluice_probe_bpf(enum bpf_cmd command, union bpf_attr *attr);

#endif
