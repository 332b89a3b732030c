// SPDX-License-Identifier: GPL-2.0
/* What the doctor finds of devices: qdiscs, NICs, and ways past them. */
#include <errno.h>
#include <linux/net_tstamp.h>

#include "user_doctor.h"

#define NET "/sys/class/net/eth0/"

/* ---- rates ---- */

/* What keeps departures, and whether its clock is right. */
static void test_launch(void)
{
	host_begin();
	look(1);
	is("launch", OK, "kept by timers", NULL, "launch: a NIC like most");
	devices[0].pacing_horizon_ns = 2000000000;
	look(1);
	is("launch", OK, "up to 2s ahead, which costs less", NULL,
	   "launch: it could");
	options_put(TCA_SLUICE_OFFLOAD_HORIZON_NS, 200000);
	fake_host.nic.clock_ahead_ns = INT64_MAX;
	look(1);
	is("launch", OK, "it keeps departures up to 200us ahead", NULL,
	   "launch: it does, by the kernel's clock");
	devices[0].pacing_horizon_ns = 0;
	fake_host.nic.clock_ahead_ns = -26000;
	look(1);
	is("launch", OK, "up to 200us ahead", NULL,
	   "launch: an eighth of the horizon and what the reading may be wrong by");
	fake_host.nic.clock_ahead_ns = -26001;
	look(1);
	is("launch", PROBLEM, "/dev/ptp3, is 26us behind CLOCK_TAI, of which it may be 25us off",
	   "phc2sys -c eth0 -s CLOCK_REALTIME -O", "launch: a clock behind");
	fake_host.nic.clock_ahead_ns = 37000000000;
	look(1);
	is("launch", PROBLEM, "is 37s ahead of CLOCK_TAI", "phc2sys",
	   "launch: a clock far ahead");
	fake_host.nic.clock_err = -ENODEV;
	look(1);
	is("launch", UNKNOWN, "cannot be read, so nobody can tell whether it would send when asked for: No such device",
	   NULL, "launch: a clock that cannot be read");
	fake_host_end();
}

static void test_rate(void)
{
	host_begin();
	options_put(TCA_SLUICE_RATE_BYTES_PS, 10000000000);
	look(1);
	is("rate", PROBLEM, "rate 80gbit is above", "sluice on eth0 rate off",
	   "rate: in force, 8 times the link");
	options_put(TCA_SLUICE_RATE_BYTES_PS, 1157500000);
	look(1);
	is("rate", OK, "fit its link", NULL, "rate: below the link");
	options_put(TCA_SLUICE_MAXRATE_BYTES_PS, 156250000);
	look(1);
	is("rate", NOTE, "maxrate 1.25gbit is an eighth", "",
	   "rate: a flow's, an eighth");
	fake_host_end();
}

/* ---- qdiscs ---- */

static void with_qdisc(const char *kind, enum sluice_severity severity,
		       const char *part, const char *fix)
{
	char claim[64];

	snprintf(claim, sizeof(claim), "qdisc: %s", kind);
	host_begin();
	fake_host_put("/etc/sluice/eth0.conf", NULL);
	fake_kernel_put(TC_H_ROOT, 0x80010000, kind, NULL, 0);
	look(1);
	is("qdisc", severity, part, fix, claim);
	fake_host_end();
}

static void test_qdisc(void)
{
	with_qdisc("pfifo_fast", PROBLEM, "ignores departure times",
		   "sluice on eth0");
	with_qdisc("fq_codel", PROBLEM, "one train at line rate",
		   "sluice on eth0");
	with_qdisc("noqueue", PROBLEM, "ignores", "sluice on eth0");
	with_qdisc("fq", PROBLEM, "super-packets of up to 65536 bytes",
		   "sluice on eth0");
	with_qdisc("cake", PROBLEM, "shapes all flows together", "sluice on");
	with_qdisc("etf", PROBLEM, "drops those that are late", "sluice on");
	with_qdisc("netem", PROBLEM, "a plan of its own",
		   "sluice on eth0 --takeover");
	with_qdisc("htb", PROBLEM, "htb ignores departure times",
		   "sluice on eth0 --takeover");
	with_qdisc("noop", NOTE, "has not been up", "");
	with_qdisc("fancy", UNKNOWN, "is not known here", "--takeover");
}

static void test_fq(void)
{
	_Alignas(struct nlmsghdr) char buffer[256];
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);

	mnl_attr_put_u32(header, TCA_FQ_RATE_ENABLE, 0);
	host_begin();
	fake_kernel_put(TC_H_ROOT, 0x80010000, "fq",
			mnl_nlmsg_get_payload(header),
			mnl_nlmsg_get_payload_len(header));
	look(1);
	is("qdisc", PROBLEM, "nopacing", "", "qdisc: fq that does not pace");
	fake_kernel_put(TC_H_ROOT, 0x80010000, "fq", NULL, 0);
	devices[0].gso_max_segs = 1;
	look(1);
	is("qdisc", NOTE, "gso_max_segs 1", "sluice apply /etc/sluice/eth0.conf",
	   "qdisc: fq and single segments");
	is("sizes", NOTE, "gso_max_segs is 1", "gso_max_segs 65535",
	   "sizes: single segments");
	fake_kernel_put(TC_H_ROOT, 0x5c00000, "fq", NULL, 0);
	look(1);
	is("qdisc", NOTE, "gso_max_segs 1", "sluice off eth0 && sluice on eth0",
	   "qdisc: fq in sluice's place, where there is a module");
	is("sizes", OK, "fq spaces packets of so few frames", NULL,
	   "sizes: single segments, as --no-module wants them");
	devices[0].gso_max_segs = 4;
	look(1);
	is("qdisc", NOTE, "packets of up to 4 frames", "sluice off eth0",
	   "qdisc: fq in sluice's place, in trains of four");
	fake_host_end();
}

/* A kernel that loads no modules, and so no sluice; with those functions. */
static void impossible_begin(const char *functions)
{
	host_begin();
	fake_host_put("/sys/module/sch_sluice", NULL);
	fake_host_put("/lib/modules", NULL);
	fake_host_put("/proc/modules", NULL);
	fake_host_put("/proc/kallsyms", functions);
	fake_kernel_put(TC_H_ROOT, 0x80010000, "pfifo_fast", NULL, 0);
}

/* Nothing that is proposed needs a sluice. */
static bool proposes_no_sluice(void)
{
	unsigned int i;

	for (i = 0; i < findings.count; i++)
		if (findings.findings[i].fix &&
		    !strncmp(findings.findings[i].fix, "sluice ", 7) &&
		    !strstr(findings.findings[i].fix, " --no-module"))
			return false;
	return true;
}

/* The host's @part, and the fix of its only device; NULL: it has none. */
static void with_impossible(const char *functions, const char *part,
			    const char *fix, const char *claim)
{
	impossible_begin(functions);
	look(1);
	tap_ok(proposes_no_sluice() &&
	       last_found("module")->severity == NOTE &&
	       strstr(last_found("module")->text, part), claim);
	is("qdisc", PROBLEM, "ignores departure times", fix, claim);
	fake_host_end();
}

static void test_impossible(void)
{
	static const char with_fq[] =
		"0000 t fq_enqueue_slow\n0000 t fq_enqueue\n0000 t fq_change\n";
	static const char fix[] =
		"sluice on eth0 --no-module";

	with_impossible(with_fq, "left is fq:", fix,
			"qdisc: no sluice is possible, but fq is");
	with_impossible("0000 t fq_enqueue.isra.0\n", "left is fq:", fix,
			"qdisc: fq as some compilers name it");
	with_impossible("0000 t fq_codel_enqueue\n", "CONFIG_NET_SCH_FQ", NULL,
			"qdisc: nor is fq");
	with_impossible(NULL, "does not tell", fix,
			"qdisc: a kernel that does not tell whether it has fq");

	impossible_begin(with_fq);
	fake_kernel.queues = 2;
	devices[0].tx_queues = 2;
	fake_host_put(NET "queues/tx-1/tx_maxrate", "0\n");
	fake_kernel_put(TC_H_ROOT, 0x10000, "mq", NULL, 0);
	look(1);
	is("qdisc", PROBLEM, "",
	   "sluice on eth0 --no-module",
	   "qdisc: no sluice is possible, fq on each queue");
	fake_host_end();

	impossible_begin(with_fq);
	fake_host_put("/run/sqm/eth0.state", "");
	fake_kernel_put(TC_H_ROOT, 0x80010000, "htb", NULL, 0);
	look(1);
	is("qdisc", PROBLEM, "htb ignores departure times", NULL,
	   "qdisc: fq takes no place of what cannot be put back");
	tap_ok(proposes_no_sluice(), "and nothing proposes a sluice");
	fake_kernel_put(TC_H_ROOT, 0x80010000, "fq", NULL, 0);
	devices[0].gso_max_segs = 1;
	fake_host_put(NET "queues/tx-0/byte_queue_limits/limit", "0\n");
	look(1);
	is("qdisc", NOTE, "fq spaces frames", NULL,
	   "qdisc: where no sluice is possible, fq does what there is");
	is("sizes", OK, "fq spaces packets of so few frames", NULL,
	   "sizes: and there its single segments stay");
	tap_ok(proposes_no_sluice(), "and nothing proposes a sluice");
	fake_host_end();
}

static void test_queues(void)
{
	char claim[] = "qdisc: sluice at the root of several queues";

	host_begin();
	fake_kernel.queues = 4;
	devices[0].tx_queues = 4;
	fake_host_put(NET "queues/tx-1/tx_maxrate", "0\n");
	fake_host_put(NET "queues/tx-2/tx_maxrate", "0\n");
	fake_host_put(NET "queues/tx-3/tx_maxrate", "0\n");
	look(1);
	is("qdisc", NOTE, "all 4 queues", "sluice on eth0", claim);
	is("queues", OK, "4 transmit queues, each for processors of its own",
	   NULL, "queues: none limited by the NIC, and XPS");
	fake_kernel_put(TC_H_ROOT, 0x5c00000, "mq", NULL, 0);
	fake_kernel_put(0x5c00001, 0x10000, SLUICE_KIND, NULL, 0);
	look(1);
	is("qdisc", PROBLEM, "fq_codel, on 3 of the 4 leaves of mq", "sluice on",
	   "qdisc: mq with something else in its leaves");
	fake_kernel_put(0x5c00002, 0x20000, SLUICE_KIND, NULL, 0);
	fake_kernel_put(0x5c00003, 0x30000, SLUICE_KIND, NULL, 0);
	fake_kernel_put(0x5c00004, 0x40000, SLUICE_KIND, NULL, 0);
	look(1);
	is("qdisc", OK, "sluice on each of 4 queues", NULL,
	   "qdisc: mq with sluice in all of them");
	fake_host_put(NET "queues/tx-2/tx_maxrate", "500\n");
	look(1);
	is("queues", PROBLEM, "1 of 4 queues, one to 500mbit", "tx_maxrate",
	   "queues: a limit of the NIC's own");
	fake_host_put(NET "address", "02:00:00:00:00:99\n");
	look(1);
	is("queues", UNKNOWN, "another network namespace", "unshare",
	   "queues: a sysfs that is not this namespace's");
	fake_kernel_begin(4);
	look(1);
	is("qdisc", PROBLEM, "fq_codel, on 4 of the 4 leaves of mq",
	   "sluice apply /etc/sluice/eth0.conf",
	   "qdisc: the kernel's default, and a file that says how to pace it");
	fake_host_end();

	host_begin();
	fake_kernel_put(TC_H_ROOT, 0x10000, "htb", NULL, 0);
	fake_kernel_put(0x10010, 0x20000, SLUICE_KIND, NULL, 0);
	look(1);
	is("qdisc", NOTE, "sluice is below htb", "tc qdisc show",
	   "qdisc: sluice below something else");
	fake_host_end();

	host_begin();
	sluice_tree_done(&fake_kernel.tree);
	look(1);
	is("qdisc", NOTE, "no qdisc", "ip link set eth0 up", "qdisc: none");
	fake_host_end();
}

static void test_owner(void)
{
	with_file("/run/sqm/eth0.state", "", "owner", NOTE,
		  "sqm-scripts", "sluice on eth0 --takeover",
		  "owner: sqm, and sluice is there");
	host_begin();
	fake_host.clsact_program = "cil_to_netdev";
	look(1);
	is("owner", NOTE, "Cilium", "", "owner: Cilium");
	is("egress", NOTE, "cil_to_netdev", "tc filter show dev eth0 egress",
	   "egress: its program");
	fake_host.clsact_program = "sluice_edt";
	look(1);
	is("egress", PROBLEM, "has been replaced", "sluice off eth0",
	   "egress: sluice's own program, whose fq has gone");
	fake_host.clsact_program = NULL;
	fake_host.tcx_err = -EPERM;
	look(1);
	is("egress", UNKNOWN, "Operation not permitted", "sudo",
	   "egress: programs that cannot be listed");
	fake_host.tcx_err = -EINVAL;
	look(1);
	is("egress", OK, "no BPF program", NULL, "egress: a kernel without tcx");
	fake_host_end();
}

static void test_boot(void)
{
	static const char path[] = "/etc/sluice/eth0.conf";

	with_file(path, NULL, "boot", NOTE, "(fq_codel)",
		  "touch /etc/sluice/eth0.conf", "boot: paced until then");
	with_file(path, "", "boot", OK, "after a boot", NULL,
		  "boot: a file says how");
	with_file("/usr/lib/udev/rules.d/90-sluice.rules", NULL, "boot", NOTE,
		  "a script of this host has to apply that", NULL,
		  "boot: but nothing reads it by itself");
	host_begin();
	fake_host_put(path, NULL);
	fake_host_put("/proc/sys/net/core/default_qdisc", "sluice\n");
	look(1);
	is("boot", OK, "default_qdisc", NULL, "boot: sluice is the default");
	fake_host_put("/proc/sys/net/core/default_qdisc", "fq\n");
	options_put(TCA_SLUICE_RATE_BYTES_PS, 115750000);
	look(1);
	is("boot", NOTE, "(fq)",
	   "printf '%s\\n' 'rate 926mbit' >/etc/sluice/eth0.conf",
	   "boot: the options that it has");
	fake_host_put("/proc/sys/net/core/default_qdisc", NULL);
	look(1);
	is("boot", NOTE, "which only the host's own network namespace tells",
	   "printf '%s\\n' 'rate 926mbit' >/etc/sluice/eth0.conf",
	   "boot: in another network namespace");
	fake_host_end();
}

/* ---- the NIC ---- */

static void test_nic(void)
{
	host_begin();
	fake_host.nic.duplex = DUPLEX_HALF;
	look(1);
	is("link", PROBLEM, "half duplex", "autoneg on", "link: half duplex");
	fake_host.nic.duplex = DUPLEX_FULL;
	fake_host.nic.mbits_ps = (uint32_t)SPEED_UNKNOWN;
	look(1);
	is("link", UNKNOWN, "does not tell", NULL, "link: no speed");
	devices[0].has_carrier = false;
	look(1);
	is("link", NOTE, "nobody is at the other end", "", "link: no carrier");
	devices[0].is_up = false;
	look(1);
	is("link", NOTE, "it is down", "ip link set eth0 up", "link: down");
	fake_host.nic.rx_pause = true;
	look(1);
	is("pause", NOTE, "obeys PAUSE", "ethtool -A eth0 rx off",
	   "pause: obeyed");
	fake_host.nic.pause_err = -EOPNOTSUPP;
	look(1);
	is("pause", OK, "knows no flow control", NULL, "pause: not there");
	fake_host.nic.tx_usecs = 251;
	look(1);
	is("interrupts", NOTE, "after 251us", "ethtool -C eth0 tx-usecs",
	   "interrupts: completions come late");
	fake_host.nic.tx_usecs = 0;
	fake_host.nic.rx_usecs = 1000;
	look(1);
	is("interrupts", NOTE, "gathered for 1000us", "rx-usecs",
	   "interrupts: ACKs come late");
	fake_host.nic.stamps = SOF_TIMESTAMPING_TX_HARDWARE;
	look(1);
	is("stamps", OK, "stamps what it sends (clock 3)", NULL,
	   "stamps: a NIC that can");
	fake_host.nic.stamps |= SOF_TIMESTAMPING_RX_HARDWARE;
	fake_host.nic.filters = 1u << HWTSTAMP_FILTER_ALL;
	look(1);
	is("stamps", OK, "(clock 3); what it receives it can stamp for sluice scope wire:eth0 --stamps hardware",
	   NULL, "stamps: one that stamps all that it receives");
	fake_host.nic.filters = 1u << HWTSTAMP_FILTER_PTP_V2_EVENT;
	look(1);
	is("stamps", OK, "(clock 3)", NULL,
	   "stamps: one that stamps PTP alone");
	fake_host.nic.stamps = 0;
	look(1);
	is("stamps", OK, "stamps nothing", NULL, "stamps: one that cannot");
	fake_host_end();
}

static void test_ring(void)
{
	static const char limit[] = NET "queues/tx-0/byte_queue_limits/limit";

	with_file(limit, "0\n", "ring", NOTE, "up to 512 frames",
		  "sluice on eth0 rate 9900mbit", "ring: without limits");
	with_file(limit, NULL, "ring", UNKNOWN, "cannot be read", NULL,
		  "ring: no file");
	with_file(NET "device", NULL, "ring", OK, "no ring", NULL,
		  "ring: no hardware");
	host_begin();
	fake_host_put(limit, "0\n");
	fake_host_put(NET "statistics/tx_packets", "12\n");
	look(1);
	is("ring", UNKNOWN, "when more has been sent", NULL,
	   "ring: nothing sent yet");
	fake_host_end();
}

static void test_offloads(void)
{
	host_begin();
	fake_host.nic.tso = FAKE_OFF;
	look(1);
	is("offloads", NOTE, "TSO is off: sluice does not need that",
	   "ethtool -K eth0 tso on", "offloads: TSO is off");
	fake_host.nic.tso = FAKE_FIXED;
	look(1);
	is("offloads", OK, "not needed", NULL, "offloads: TSO is not there");
	fake_host.nic.checksum = FAKE_OFF;
	look(1);
	is("offloads", NOTE, "sum up the bytes", "tx on", "offloads: checksums");
	fake_host.nic.checksum = FAKE_FIXED;
	fake_host.nic.gather = FAKE_OFF;
	look(1);
	is("offloads", NOTE, "copy the bytes", "sg on", "offloads: gathering");
	fake_host_end();
}

/* ---- past the qdisc ---- */

static void test_bypass(void)
{
	host_begin();
	fake_host.flowtables = 1;
	fake_host.is_flowtable_hw = true;
	look(1);
	is("flowtables", OK, "no flow table", NULL,
	   "flowtables: not asked for where that would load a module");
	fake_host_put("/sys/module/nf_flow_table/refcnt", "1\n");
	look(1);
	is("flowtables", PROBLEM, "in hardware between eth0, eth1",
	   "nft list flowtables", "flowtables: in hardware");
	fake_host.is_flowtable_hw = false;
	look(1);
	is("flowtables", OK, "1 flow table of nftables, none in hardware", NULL,
	   "flowtables: in software");
	fake_host.flowtable_err = -EPERM;
	look(1);
	is("flowtables", UNKNOWN, "Operation not permitted", "sudo",
	   "flowtables: without privilege");
	fake_host.flowtable_err = -EINVAL;
	fake_host.flowtables = 0;
	look(1);
	is("flowtables", OK, "no flow table", NULL,
	   "flowtables: a kernel without nftables");

	fake_host.hw_filters = 2;
	look(1);
	is("hardware_path", OK, "nothing is forwarded", NULL,
	   "hardware_path: a NIC that takes over no filters");
	fake_host.nic.hw_tc = FAKE_ON;
	look(1);
	is("hardware_path", NOTE, "taken over 2 filters", "tc -s filter",
	   "hardware_path: one that does");
	fake_host.hw_filters = 0;
	look(1);
	is("hardware_path", OK, "nothing is forwarded", NULL,
	   "hardware_path: one that may");

	devices[1] = (struct sluice_link){ .ifindex = 8, .name = "br0",
					   .kind = "bridge", .is_up = true };
	links.count = 2;
	devices[0].master = 8;
	fake_host_put(NET "phys_switch_id", "00aabb\n");
	look(1);
	is("hardware_path", NOTE, "port of a switch", "bridge -details",
	   "hardware_path: a switch in a bridge");
	devices[0].has_xdp = true;
	look(1);
	is("xdp", NOTE, "AF_XDP", "ip -details", "xdp: a program");
	fake_host_end();
}

/* ---- devices ---- */

static void test_place(void)
{
	host_begin();
	devices[1] = devices[0];
	devices[0] = (struct sluice_link){ .ifindex = 8, .name = "bond0",
					   .kind = "bond", .is_up = true };
	devices[1].master = 8;
	devices[2] = (struct sluice_link){ .ifindex = 9, .name = "wg0",
					   .kind = "wireguard", .is_up = true };
	links.count = 3;
	look(1);
	is("place", OK, "what is paced for this bond is below it: eth0", NULL,
	   "place: a bond's members");
	is("qdisc", OK, "sluice at the root", NULL, "place: and their qdiscs");
	tap_ok(!strcmp(found("qdisc")->device, "eth0") &&
	       !strcmp(found("place")->device, "bond0") &&
	       !*found("clock")->device, "each finding names its device");
	look(3);
	is("place", PROBLEM, "by which device the packets of this wireguard",
	   NULL, "place: a tunnel");
	look(0);
	is("place", NOTE, "no device is up", "ip -brief link",
	   "place: no device at all");
	fake_host_end();
}

static const char *chosen(void)
{
	static char text[256];
	const struct sluice_link **found_links;
	unsigned int i, count;

	text[0] = '\0';
	if (sluice_doctor_choose(&patient, &found_links, &count))
		abort();
	for (i = 0; i < count; i++) {
		strcat(text, found_links[i]->name);
		strcat(text, " ");
	}
	free(found_links);
	return text;
}

static void test_choose(void)
{
	host_begin();
	devices[1] = (struct sluice_link){ .ifindex = 1, .name = "lo",
		.is_up = true, .is_loopback = true };
	devices[2] = (struct sluice_link){ .ifindex = 2, .name = "veth0",
		.kind = "veth", .is_up = true };
	devices[3] = (struct sluice_link){ .ifindex = 3, .name = "eth1" };
	devices[4] = (struct sluice_link){ .ifindex = 4, .name = "bond0",
		.kind = "bond", .is_up = true };
	links.count = 5;
	tap_ok(!strcmp(chosen(), "eth0 "), "choice: hardware that is up");
	fake_host_put("/etc/sluice/bond0.conf", "");
	tap_ok(!strcmp(chosen(), "eth0 bond0 "),
	       "choice: and what has a file");
	fake_host_put("/etc/sluice", NULL);
	snprintf(devices[0].kind, sizeof(devices[0].kind), "veth");
	tap_ok(!strcmp(chosen(), "eth0 "),
	       "choice: and what has a sluice, whatever it is");
	fake_kernel_begin(1);
	tap_ok(!strcmp(chosen(), "eth0 veth0 "),
	       "choice: in a container, what there is");
	fake_host_end();
}

/* A name is not what a shell or a terminal takes it for. */
static void test_names(void)
{
	host_begin();
	strcpy(devices[0].name, "a;b'\33[c");
	fake_kernel_put(TC_H_ROOT, 0x80010000, "fq_codel", NULL, 0);
	look(1);
	is("qdisc", PROBLEM, "ignores", "sluice on 'a;b'\\''?[c'",
	   "a name stays one word in a command");
	fake_host_end();
}

int main(void)
{
	test_rate();
	test_launch();
	test_qdisc();
	test_fq();
	test_impossible();
	test_queues();
	test_owner();
	test_boot();
	test_nic();
	test_ring();
	test_offloads();
	test_bypass();
	test_place();
	test_choose();
	test_names();
	sluice_findings_done(&findings);
	return tap_done();
}
