/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A host for the doctor: files below a folder, a NIC that answers ethtool, BPF
 * programs, flow tables. Qdiscs are those of fake_kernel.h. Link fake_host.c and
 * fake_kernel.c in place of user/lib/netlink.c and user/lib/probe.c.
 */
#ifndef SLUICE_TESTS_FAKE_HOST_H
#define SLUICE_TESTS_FAKE_HOST_H

#include <linux/ethtool.h>

#include "../../user/lib/doctor.h"
#include "core_random.h"
#include "fake_kernel.h"

#define FAKE_RELEASE "6.1.0-test"
#define FAKE_KEY "a key as DKMS makes it"

/* How a feature of the NIC is. */
enum fake_feature { FAKE_FIXED, FAKE_OFF, FAKE_ON };

/**
 * struct fake_nic - what the driver answers
 * @mbits_ps: speed; SPEED_UNKNOWN as a driver says it
 * @duplex: DUPLEX_…
 * @link_err: to ETHTOOL_GLINKSETTINGS, as all of these: -errno, 0: an answer
 * @pause_err: to ETHTOOL_GPAUSEPARAM
 * @rx_pause: it obeys
 * @tx_pause: it sends them
 * @driver: its name
 * @combined: channels that both send and receive, 0: it does not say
 * @coalesce_err: to ETHTOOL_GCOALESCE
 * @tx_usecs: completions
 * @rx_usecs: ACKs
 * @stamps: so_timestamping
 * @filters: rx_filters
 * @clock_err: when its clock is read
 * @clock_ahead_ns: of CLOCK_TAI
 * @features_err: to all about features
 * @tso: tx-tcp-segmentation
 * @checksum: tx-checksum-ip-generic
 * @gather: tx-scatter-gather
 * @hw_tc: hw-tc-offload
 */
struct fake_nic {
	uint32_t mbits_ps;
	uint8_t duplex;
	int link_err;
	int pause_err;
	bool rx_pause;
	bool tx_pause;
	const char *driver;
	uint32_t combined;
	int coalesce_err;
	uint32_t tx_usecs;
	uint32_t rx_usecs;
	uint32_t stamps;
	uint32_t filters;
	int clock_err;
	int64_t clock_ahead_ns;
	int features_err;
	enum fake_feature tso;
	enum fake_feature checksum;
	enum fake_feature gather;
	enum fake_feature hw_tc;
};

/**
 * struct fake_host - the rest
 * @root: the folder
 * @nic: of every device
 * @tcx_err: of listing programs, -errno
 * @clsact_program: name of a program before the qdisc; NULL: none
 * @hw_filters: filters that the hardware has taken over
 * @flowtable_err: -errno
 * @flowtables: how many there are
 * @is_flowtable_hw: and forward in hardware, between eth0 and eth1
 * @damage: messages are damaged on their way, by this state; NULL: not
 */
struct fake_host {
	char root[64];
	struct fake_nic nic;
	int tcx_err;
	const char *clsact_program;
	unsigned int hw_filters;
	int flowtable_err;
	unsigned int flowtables;
	bool is_flowtable_hw;
	u64 *damage;
};

extern struct fake_host fake_host;

/* A host on which nothing defeats pacing: eth0 with 10 Gbit/s and sluice. */
void fake_host_begin(void);
void fake_host_end(void);

/* A file below the root, with its folders; "" is a file, NULL removes it. */
void fake_host_put(const char *path, const char *text);
void fake_host_put_bytes(const char *path, const void *bytes, size_t length);

/* All files that fake_host_begin() makes; ends with NULL. */
extern const char *const fake_host_files[][2];

/* eth0; its sysfs is made by fake_host_begin(). */
struct sluice_link fake_host_link(void);

#endif
