// SPDX-License-Identifier: GPL-2.0
/* A host for the doctor; see fake_host.h. */
#include "fake_host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ftw.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/pkt_cls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../user/lib/probe.h"
#include "../fuzz/mutate.h"

#define ROOM 4096

struct fake_host fake_host;

const char *const fake_host_files[][2] = {
	{ "/sys/module/sch_sluice/initstate", "live\n" },
	{ "/lib/modules/" FAKE_RELEASE "/modules.dep",
	  "updates/dkms/sch_sluice.ko.xz:\n" },
	{ "/lib/modules/" FAKE_RELEASE "/modules.builtin",
	  "kernel/net/core/failover.ko\n" },
	{ "/proc/modules", "sch_sluice 65536 1 - Live 0x0\n" },
	{ "/proc/sys/kernel/modules_disabled", "0\n" },
	{ "/sys/kernel/security/lockdown", "[none] integrity confidentiality\n" },
	{ "/sys/module/module/parameters/sig_enforce", "N\n" },
	{ "/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu tsc msr\n" },
	{ "/proc/stat", "cpu  1000 0 1000 8000 0 0 0 0 0 0\ncpu0 1 2 3\n" },
	{ "/proc/cmdline", "root=/dev/sda1 ro quiet\n" },
	{ "/proc/timer_list", "cpu: 0\n  .hres_active    : 1\ncpu: 1\n  .hres_active    : 1\n" },
	{ "/sys/devices/system/clocksource/clocksource0/current_clocksource",
	  "tsc\n" },
	{ "/sys/devices/system/clocksource/clocksource0/available_clocksource",
	  "tsc hpet acpi_pm \n" },
	{ "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
	  "performance\n" },
	{ "/sys/devices/system/cpu/cpu0/cpufreq/scaling_driver",
	  "intel_pstate\n" },
	{ "/sys/devices/system/cpu/cpu1/cpufreq/scaling_governor",
	  "performance\n" },
	{ "/sys/devices/system/cpu/cpu1/cpufreq/scaling_driver",
	  "intel_pstate\n" },
	{ "/sys/devices/system/cpu/cpu0/cpuidle/state0/name", "POLL\n" },
	{ "/sys/devices/system/cpu/cpu0/cpuidle/state0/latency", "0\n" },
	{ "/sys/devices/system/cpu/cpu0/cpuidle/state0/disable", "0\n" },
	{ "/sys/devices/system/cpu/cpu0/cpuidle/state1/name", "C1\n" },
	{ "/sys/devices/system/cpu/cpu0/cpuidle/state1/latency", "2\n" },
	{ "/sys/devices/system/cpu/cpu0/cpuidle/state1/disable", "0\n" },
	{ "/sys/devices/system/cpu/cpu0/cpuidle/state2/name", "C6\n" },
	{ "/sys/devices/system/cpu/cpu0/cpuidle/state2/latency", "133\n" },
	{ "/sys/devices/system/cpu/cpu0/cpuidle/state2/disable", "1\n" },
	{ "/proc/sys/net/core/default_qdisc", "fq_codel\n" },
	{ "/proc/sys/net/ipv4/tcp_congestion_control", "cubic\n" },
	{ "/proc/sys/net/ipv4/tcp_pacing_ca_ratio", "120\n" },
	{ "/proc/sys/net/ipv4/tcp_pacing_ss_ratio", "200\n" },
	{ "/proc/sys/net/ipv4/tcp_tso_win_divisor", "3\n" },
	{ "/proc/sys/net/ipv4/tcp_min_tso_segs", "2\n" },
	{ "/proc/sys/net/ipv4/tcp_tso_rtt_log", "9\n" },
	{ "/proc/sys/net/ipv4/tcp_slow_start_after_idle", "1\n" },
	{ "/proc/sys/net/ipv4/tcp_wmem", "4096\t16384\t67108864\n" },
	{ "/etc/sluice/eth0.conf", "rate 9gbit\n" },
	{ "/usr/lib/udev/rules.d/90-sluice.rules", "" },
	{ "/sys/class/net/eth0/ifindex", "7\n" },
	{ "/sys/class/net/eth0/address", "02:00:00:00:00:01\n" },
	{ "/sys/class/net/eth0/device/vendor", "0x8086\n" },
	{ "/sys/class/net/eth0/statistics/tx_packets", "123456\n" },
	{ "/sys/class/net/eth0/queues/tx-0/tx_maxrate", "0\n" },
	{ "/sys/class/net/eth0/queues/tx-0/xps_cpus", "1\n" },
	{ "/sys/class/net/eth0/queues/tx-0/byte_queue_limits/limit",
	  "30000\n" },
	{ NULL, NULL },
};

/* ---- files ---- */

static int entry_remove(const char *path, const struct stat *status, int type,
			struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

void fake_host_put_bytes(const char *path, const void *bytes, size_t length)
{
	char whole[512], *slash;
	FILE *file;

	snprintf(whole, sizeof(whole), "%s%s", fake_host.root, path);
	nftw(whole, entry_remove, 8, FTW_DEPTH | FTW_PHYS);
	if (!bytes)
		return;
	for (slash = whole + strlen(fake_host.root) + 1;
	     (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(whole, 0755) && errno != EEXIST)
			abort();
		*slash = '/';
	}
	file = fopen(whole, "w");
	if (!file || fwrite(bytes, 1, length, file) != length || fclose(file))
		abort();
}

void fake_host_put(const char *path, const char *text)
{
	fake_host_put_bytes(path, text, text ? strlen(text) : 0);
}

/* ---- netlink ---- */

/* Every message goes the same way: exactly its length, whole or damaged. */
static int message_send(const struct nlmsghdr *message,
			int (*receive)(const struct nlmsghdr *header,
				       void *data),
			void *data)
{
	struct nlmsghdr *sent = fake_host.damage ?
		message_mutate(message, fake_host.damage) :
		message_copy(message, message->nlmsg_len);
	int err = receive(sent, data);

	free(sent);
	return err;
}

static int filter_send(const char *kind, const char *name, uint32_t flags,
		       int (*receive)(const struct nlmsghdr *header,
				      void *data),
		       void *data)
{
	_Alignas(struct nlmsghdr) char buffer[ROOM];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nlattr *nest;

	message->nlmsg_type = RTM_NEWTFILTER;
	mnl_nlmsg_put_extra_header(message, sizeof(struct tcmsg));
	mnl_attr_put_strz(message, TCA_KIND, kind);
	nest = mnl_attr_nest_start(message, TCA_OPTIONS);
	if (name)
		mnl_attr_put_strz(message, TCA_BPF_NAME, name);
	mnl_attr_put_u32(message, TCA_FLOWER_FLAGS, flags);
	mnl_attr_nest_end(message, nest);
	return message_send(message, receive, data);
}

static int filters_answer(const struct nlmsghdr *request,
			  int (*receive)(const struct nlmsghdr *header,
					 void *data),
			  void *data)
{
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(request);
	unsigned int i;
	int err = 0;

	if (tcm->tcm_parent == TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS) &&
	    fake_host.clsact_program)
		return filter_send("bpf", fake_host.clsact_program, 0, receive,
				   data);
	if (tcm->tcm_parent != TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS))
		return 0;
	/* One that is only in software, and those of the hardware. */
	if (fake_host.hw_filters)
		err = filter_send("flower", NULL, 0, receive, data);
	for (i = 0; !err && i < fake_host.hw_filters; i++)
		err = filter_send("flower", NULL, TCA_CLS_FLAGS_IN_HW, receive,
				  data);
	return err;
}

static int flowtable_send(int (*receive)(const struct nlmsghdr *header,
					 void *data),
			  void *data)
{
	_Alignas(struct nlmsghdr) char buffer[ROOM];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nlattr *hook, *devices;

	message->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWFLOWTABLE;
	mnl_nlmsg_put_extra_header(message, sizeof(struct nfgenmsg));
	mnl_attr_put_strz(message, NFTA_FLOWTABLE_TABLE, "filter");
	hook = mnl_attr_nest_start(message, NFTA_FLOWTABLE_HOOK);
	devices = mnl_attr_nest_start(message, NFTA_FLOWTABLE_HOOK_DEVS);
	mnl_attr_put_strz(message, NFTA_DEVICE_NAME, "eth0");
	mnl_attr_put_strz(message, NFTA_DEVICE_NAME, "eth1");
	mnl_attr_nest_end(message, devices);
	mnl_attr_nest_end(message, hook);
	/* Netfilter's numbers are big-endian. */
	mnl_attr_put_u32(message, NFTA_FLOWTABLE_FLAGS,
			 htonl(fake_host.is_flowtable_hw));
	return message_send(message, receive, data);
}

static int host_answer(const struct nlmsghdr *request,
		       int (*receive)(const struct nlmsghdr *header,
				      void *data),
		       void *data)
{
	unsigned int i;
	int err = 0;

	if (request->nlmsg_type == RTM_GETTFILTER)
		return filters_answer(request, receive, data);
	if (request->nlmsg_type !=
	    (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETFLOWTABLE))
		return 0;
	for (i = 0; !err && i < fake_host.flowtables; i++)
		err = flowtable_send(receive, data);
	return err ? err : fake_host.flowtable_err;
}

int sluice_netlink_open_protocol(struct sluice_netlink **ret, int protocol)
{
	(void)protocol;
	*ret = NULL;
	return 0;
}

void sluice_netlink_close(struct sluice_netlink *netlink)
{
	(void)netlink;
}

/* ---- ethtool and BPF ---- */

static const char *const feature_names[] = {
	"tx-scatter-gather", "tx-checksum-ip-generic", "tx-tcp-segmentation",
	"hw-tc-offload",
};

#define N_FEATURES 4u
/* In the second block of bits, as on real kernels. */
#define FEATURE_FIRST 31u
#define N_NAMES (FEATURE_FIRST + N_FEATURES)

static void features_answer(struct ethtool_gfeatures *answer)
{
	const enum fake_feature states[] = {
		fake_host.nic.gather, fake_host.nic.checksum,
		fake_host.nic.tso, fake_host.nic.hw_tc,
	};
	unsigned int i;

	for (i = 0; i < N_FEATURES; i++) {
		unsigned int at = FEATURE_FIRST + i;
		struct ethtool_get_features_block *block =
			&answer->features[at / 32];

		block->available |= (uint32_t)(states[i] != FAKE_FIXED) <<
				    at % 32;
		block->active |= (uint32_t)(states[i] == FAKE_ON) << at % 32;
	}
}

static int link_answer(struct ethtool_link_settings *answer)
{
	if (fake_host.nic.link_err)
		return fake_host.nic.link_err;
	if (answer->link_mode_masks_nwords != 3) {
		answer->link_mode_masks_nwords = -3;
		return 0;
	}
	answer->speed = fake_host.nic.mbits_ps;
	answer->duplex = fake_host.nic.duplex;
	return 0;
}

int sluice_probe_ethtool(const char *device, void *command)
{
	struct ethtool_pauseparam *pause = command;
	struct ethtool_coalesce *coalesce = command;
	struct ethtool_sset_info *set = command;
	struct ethtool_gstrings *strings = command;
	struct ethtool_ts_info *stamps = command;
	struct ethtool_channels *channels = command;
	unsigned int i;

	(void)device;
	switch (*(uint32_t *)command) {
	case ETHTOOL_GLINKSETTINGS:
		return link_answer(command);
	case ETHTOOL_GPAUSEPARAM:
		pause->rx_pause = fake_host.nic.rx_pause;
		pause->tx_pause = fake_host.nic.tx_pause;
		return fake_host.nic.pause_err;
	case ETHTOOL_GCOALESCE:
		coalesce->tx_coalesce_usecs = fake_host.nic.tx_usecs;
		coalesce->rx_coalesce_usecs = fake_host.nic.rx_usecs;
		return fake_host.nic.coalesce_err;
	case ETHTOOL_GDRVINFO:
		if (!fake_host.nic.driver)
			return -EOPNOTSUPP;
		strcpy(((struct ethtool_drvinfo *)command)->driver,
		       fake_host.nic.driver);
		return 0;
	case ETHTOOL_GCHANNELS:
		if (!fake_host.nic.combined)
			return -EOPNOTSUPP;
		channels->combined_count = fake_host.nic.combined;
		return 0;
	case ETHTOOL_GET_TS_INFO:
		stamps->so_timestamping = fake_host.nic.stamps;
		stamps->phc_index = 3;
		stamps->rx_filters = fake_host.nic.filters;
		return 0;
	case ETHTOOL_GRINGPARAM:
		((struct ethtool_ringparam *)command)->tx_pending = 512;
		return 0;
	case ETHTOOL_GSSET_INFO:
		memcpy(set + 1, &(uint32_t){ N_NAMES }, sizeof(uint32_t));
		return fake_host.nic.features_err;
	case ETHTOOL_GSTRINGS:
		for (i = 0; i < N_FEATURES; i++)
			strcpy((char *)strings->data + (size_t)
			       (FEATURE_FIRST + i) * ETH_GSTRING_LEN,
			       feature_names[i]);
		return 0;
	case ETHTOOL_GFEATURES:
		features_answer(command);
		return 0;
	}
	return -EOPNOTSUPP;
}

int sluice_probe_tai(int index, struct sluice_clock_distance *ret)
{
	(void)index;
	if (fake_host.nic.clock_err)
		return fake_host.nic.clock_err;
	ret->delta_ns = fake_host.nic.clock_ahead_ns;
	ret->error_ns = 1000;
	return 0;
}

int sluice_probe_bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	if (command == BPF_PROG_QUERY)
		attr->query.prog_cnt = 0;
	return fake_host.tcx_err;
}

/* ---- all of it ---- */

struct sluice_link fake_host_link(void)
{
	return (struct sluice_link){
		.ifindex = FAKE_IFINDEX, .name = "eth0", .tx_queues = 1,
		.is_up = true, .has_carrier = true, .mtu_bytes = 1500,
		.gso_max_bytes = 65536, .gso_max_segs = 65535,
		.tso_max_segs = 65535, .tx_queue_len = 1000,
		.address = { 2, 0, 0, 0, 0, 1 }, .address_bytes = 6,
	};
}

void fake_host_begin(void)
{
	unsigned int i;

	fake_kernel_begin(1);
	fake_kernel_put(TC_H_ROOT, 0x80010000, SLUICE_KIND, NULL, 0);
	fake_kernel.answer = host_answer;
	memset(&fake_host, 0, sizeof(fake_host));
	fake_host.nic = (struct fake_nic){
		.mbits_ps = 10000, .duplex = DUPLEX_FULL, .tx_usecs = 50,
		.rx_usecs = 50, .tso = FAKE_ON, .checksum = FAKE_ON,
		.gather = FAKE_ON, .hw_tc = FAKE_FIXED,
	};
	strcpy(fake_host.root, "/tmp/sluice-doctor-XXXXXX");
	if (!mkdtemp(fake_host.root))
		abort();
	for (i = 0; fake_host_files[i][0]; i++)
		fake_host_put(fake_host_files[i][0], fake_host_files[i][1]);
}

void fake_host_end(void)
{
	nftw(fake_host.root, entry_remove, 8, FTW_DEPTH | FTW_PHYS);
	sluice_tree_done(&fake_kernel.tree);
}
