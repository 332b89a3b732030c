// SPDX-License-Identifier: GPL-2.0
/*
 * What the doctor finds (doctor.h): on a host on which all is well nothing, and
 * with one thing wrong that one thing. Each test begins with a fresh host.
 */
#include <errno.h>
#include <linux/net_tstamp.h>
#include <stdlib.h>

#include "../../user/lib/doctor.h"
#include "fake_host.h"
#include "user_tap.h"

#define EFI "/sys/firmware/efi/efivars/"
#define SECURE_BOOT EFI "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define ENROLLED EFI "MokListRT-605dab50-e046-4300-abb6-3dd810dd8b23"
#define CPU "/sys/devices/system/cpu/"
#define IPV4 "/proc/sys/net/ipv4/"
#define NET "/sys/class/net/eth0/"

static struct sluice_link devices[8];
static struct sluice_links links = { .links = devices };
static struct sluice_patient patient;
static struct sluice_findings findings;

/* The fake kernel takes any netlink for its own. */
static char netlink;

static void host_begin(void)
{
	fake_host_begin();
	devices[0] = fake_host_link();
	links.count = 1;
	patient = (struct sluice_patient){
		.root = fake_host.root, .release = FAKE_RELEASE,
		.netlink = (struct sluice_netlink *)&netlink, .links = &links,
		.sleeps = { 200, 1000000, 5000, 20000, 1, 50000 },
	};
}

/* Look at the first @count devices. */
static void look(unsigned int count)
{
	const struct sluice_link *requested[8] = { NULL };
	unsigned int i;

	for (i = 0; i < count; i++)
		requested[i] = &devices[i];
	sluice_findings_done(&findings);
	if (sluice_doctor_run(&patient, requested, count, &findings))
		abort();
}

/* The worst of what a check says. */
static const struct sluice_finding *found(const char *check)
{
	static const unsigned int ranks[SLUICE_SEVERITIES] = { 0, 1, 3, 2 };
	const struct sluice_finding *worst = NULL;
	unsigned int i;

	for (i = 0; i < findings.count; i++) {
		const struct sluice_finding *finding = &findings.findings[i];

		if (strcmp(finding->check, check))
			continue;
		if (!worst ||
		    ranks[finding->severity] > ranks[worst->severity])
			worst = finding;
	}
	return worst;
}

/* NULL as fix: there is none; "": any. */
static void is(const char *check, enum sluice_severity severity,
	       const char *text, const char *fix, const char *claim)
{
	const struct sluice_finding *finding = found(check);
	bool is_met = finding && finding->severity == severity &&
		      strstr(finding->text, text) && (!fix ? !finding->fix :
		      !*fix || (finding->fix && strstr(finding->fix, fix)));

	if (!tap_ok(is_met, claim))
		printf("# got %s \"%s\", \"%s\"\n", finding ?
		       sluice_severity_name(finding->severity) : "nothing",
		       finding ? finding->text : "",
		       finding && finding->fix ? finding->fix : "no fix");
}

/* One file is different, and one check says so. */
static void with_file(const char *path, const char *text, const char *check,
		      enum sluice_severity severity, const char *part,
		      const char *fix, const char *claim)
{
	host_begin();
	fake_host_put(path, text);
	look(1);
	is(check, severity, part, fix, claim);
	fake_host_end();
}

#define OK SLUICE_SEVERITY_OK
#define NOTE SLUICE_SEVERITY_NOTE
#define PROBLEM SLUICE_SEVERITY_PROBLEM
#define UNKNOWN SLUICE_SEVERITY_UNKNOWN

/* ---- all is well ---- */

static void test_well(void)
{
	bool is_met = true;
	unsigned int i;

	host_begin();
	look(1);
	for (i = 0; i < findings.count; i++)
		if (findings.findings[i].severity != OK) {
			printf("# %s: %s\n", findings.findings[i].check,
			       findings.findings[i].text);
			is_met = false;
		}
	tap_ok(is_met && findings.count >= 25,
	       "a host on which all is well: every check says so");
	for (i = 0; i < findings.count; i++)
		is_met = is_met && !findings.findings[i].fix;
	tap_ok(is_met, "and nothing has to be mended");
	fake_host_end();
}

/* Without any file or answer nothing is taken for good that could be bad. */
static void test_empty(void)
{
	static const char *const checks[] = {
		"clock", "timers", "sleeps", "machine", "frequency", "idle",
		"congestion", "pacing_ratio", "send_buffer", "link", "pause",
		"offloads", "interrupts", "ring", "queues", "egress",
	};
	bool is_met = true;
	unsigned int i;

	host_begin();
	for (i = 0; fake_host_files[i][0]; i++)
		fake_host_put(fake_host_files[i][0], NULL);
	fake_host_put("/sys/devices", NULL);
	fake_host.nic.link_err = -EPERM;
	fake_host.nic.pause_err = -EPERM;
	fake_host.nic.coalesce_err = -EPERM;
	fake_host.nic.features_err = -EPERM;
	fake_host.tcx_err = -EPERM;
	memset(&patient.sleeps, 0, sizeof(patient.sleeps));
	look(1);
	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (!found(checks[i]) ||
		    found(checks[i])->severity != UNKNOWN) {
			printf("# %s\n", checks[i]);
			is_met = false;
		}
	tap_ok(is_met, "a host that tells nothing: it is not known, not well");
	is("pause", UNKNOWN, "Operation not permitted", "sudo sluice doctor",
	   "what needs root says so");
	fake_host_end();
}

/* ---- module ---- */

static void test_module(void)
{
	host_begin();
	fake_host_put("/sys/module/sch_sluice", NULL);
	look(1);
	is("module", OK, "'sluice on' loads it", NULL, "module: not loaded yet");
	fake_host_put("/proc/sys/kernel/modules_disabled", "1\n");
	look(1);
	is("module", PROBLEM, "modules_disabled", "modules-load.d",
	   "module: none may be loaded any more");
	patient.release = "6.12.0-other";
	look(1);
	is("module", PROBLEM, "is built for Linux " FAKE_RELEASE,
	   "linux-headers-6.12.0-other", "module: for another kernel");
	fake_host_put("/lib/modules/" FAKE_RELEASE "/modules.dep", NULL);
	look(1);
	is("module", PROBLEM, "there is no kernel module",
	   "apt install sluice-dkms", "module: nowhere");
	fake_host_put("/proc/modules", NULL);
	look(1);
	is("module", PROBLEM, "takes no modules", NULL,
	   "module: a kernel that takes none");
	fake_host_end();
}

static void test_signature(void)
{
	host_begin();
	fake_host_put_bytes(SECURE_BOOT, "\6\0\0\0\1", 5);
	look(1);
	is("signature", OK, "Secure Boot is on, and the kernel has taken", NULL,
	   "signature: Secure Boot, and the module is loaded");
	fake_host_put("/sys/module/sch_sluice", NULL);
	look(1);
	is("signature", PROBLEM, "has no key", "apt install sluice-dkms",
	   "signature: Secure Boot without a key to sign with");
	fake_host_put("/var/lib/dkms/mok.pub", FAKE_KEY);
	look(1);
	is("signature", PROBLEM, "reboot and confirm",
	   "mokutil --import /var/lib/dkms/mok.pub",
	   "signature: a key that is not enrolled");
	fake_host_put(ENROLLED, "others, " FAKE_KEY ", and more");
	look(1);
	is("signature", OK, "is enrolled", NULL, "signature: one that is");
	fake_host_put("/var/lib/dkms/mok.pub", NULL);
	fake_host_put("/var/lib/shim-signed/mok/MOK.der", "another key");
	look(1);
	is("signature", PROBLEM, "is not",
	   "mokutil --import /var/lib/shim-signed/mok/MOK.der",
	   "signature: where Ubuntu keeps it");
	fake_host_put_bytes(SECURE_BOOT, "\6\0\0\0\0", 5);
	look(1);
	is("signature", OK, "need no signature", NULL,
	   "signature: Secure Boot is off");
	fake_host_put_bytes(SECURE_BOOT, "\6\0", 2);
	look(1);
	is("signature", UNKNOWN, "does not hold", NULL,
	   "signature: a variable that is cut off");
	fake_host_put(SECURE_BOOT, NULL);
	fake_host_put(ENROLLED, NULL);
	look(1);
	is("signature", UNKNOWN, "not mounted", "mount -t efivarfs",
	   "signature: efivarfs is not mounted");
	fake_host_put("/sys/firmware/efi", NULL);
	fake_host_put("/sys/kernel/security/lockdown",
		      "none [integrity] confidentiality\n");
	look(1);
	is("signature", PROBLEM, "locked down", "", "signature: lockdown");
	fake_host_put("/sys/kernel/security/lockdown", NULL);
	fake_host_put("/sys/module/module/parameters/sig_enforce", "Y\n");
	look(1);
	is("signature", PROBLEM, "sig_enforce", "", "signature: sig_enforce");
	fake_host_end();
}

static void test_machine(void)
{
	host_begin();
	fake_host_put("/proc/cpuinfo", "processor: 0\nflags : fpu hypervisor\n");
	look(1);
	is("machine", NOTE, "a virtual machine: how even", NULL,
	   "machine: a virtual one");
	fake_host_put("/proc/stat", "cpu  1000 0 1000 7900 0 0 0 100 0 0\n");
	look(1);
	is("machine", NOTE, "1 % of its processors' time", "vmstat",
	   "machine: one whose time is stolen");
	fake_host_put("/proc/cpuinfo", "processor: 0\nFeatures : fp asimd\n");
	look(1);
	is("machine", UNKNOWN, "not told", "systemd-detect-virt",
	   "machine: a processor that does not tell");
	fake_host_put("/sys/hypervisor/type", "xen\n");
	look(1);
	is("machine", NOTE, "a virtual machine", "", "machine: one of Xen");
	fake_host_end();
}

/* ---- time ---- */

static void test_clock(void)
{
	static const char folder[] =
		"/sys/devices/system/clocksource/clocksource0/";
	char now[128], available[128];

	snprintf(now, sizeof(now), "%scurrent_clocksource", folder);
	snprintf(available, sizeof(available), "%savailable_clocksource",
		 folder);
	with_file(now, "hpet\n", "clock", PROBLEM, "clock source is hpet",
		  "echo tsc >/sys", "clock: a slow one, and tsc is there");
	host_begin();
	fake_host_put(now, "acpi_pm\n");
	fake_host_put(available, "hpet acpi_pm\n");
	look(1);
	is("clock", PROBLEM, "acpi_pm", "dmesg",
	   "clock: a slow one, and tsc was given up");
	fake_host_end();
	with_file(now, "kvm-clock\n", "clock", OK, "kvm-clock", NULL,
		  "clock: a guest's");
	with_file(now, "", "clock", UNKNOWN, "does not hold", NULL,
		  "clock: an empty file");
}

static void test_timers(void)
{
	with_file("/proc/timer_list", "  .hres_active : 1\n  .hres_active : 0\n",
		  "timers", PROBLEM, "on 1 processor:", "dmesg",
		  "timers: a processor whose timers wait for the tick");
	host_begin();
	fake_host_put("/proc/timer_list", NULL);
	look(1);
	is("timers", OK, "high resolution", NULL,
	   "timers: without root, by the resolution of the clock");
	patient.sleeps.resolution_ns = 4000000;
	look(1);
	is("timers", PROBLEM, "only every 4ms", "dmesg", "timers: coarse ones");
	fake_host_put("/boot/config-" FAKE_RELEASE,
		      "# CONFIG_HIGH_RES_TIMERS is not set\n");
	look(1);
	is("timers", PROBLEM, "4ms", "grep HIGH_RES_TIMERS",
	   "timers: a kernel that is built so");
	fake_host_put("/proc/cmdline", "quiet highres=off\n");
	look(1);
	is("timers", PROBLEM, "4ms", "update-grub",
	   "timers: a kernel that was told so");
	fake_host_end();
}

static void test_sleeps(void)
{
	host_begin();
	patient.sleeps.p99_ns = 250000;
	look(1);
	is("sleeps", OK, "99 % within 250us", NULL, "sleeps: just early enough");
	patient.sleeps.p99_ns = 251000;
	look(1);
	is("sleeps", NOTE, "half ended within 5us and 99 % within 251us", "",
	   "sleeps: later than what is caught up");
	fake_host_end();
}

static void test_measure(void)
{
	struct sluice_sleeps sleeps;

	sluice_sleeps_measure(&sleeps);
	tap_ok(sleeps.count == 200 && sleeps.median_ns > 0 &&
	       sleeps.median_ns <= sleeps.p99_ns && sleeps.resolution_ns,
	       "sleeps: measured on this machine");
}

static void test_processors(void)
{
	with_file(CPU "cpu1/cpufreq/scaling_governor", "schedutil\n",
		  "frequency", NOTE, "1 of 2 processors have the frequency governor schedutil",
		  "cpupower frequency-set", "frequency: a governor that changes it");
	with_file(CPU "cpu0/cpufreq/scaling_governor", "powersave\n",
		  "frequency", NOTE, "after a pause", "cpupower",
		  "frequency: powersave of a driver that scales");
	host_begin();
	fake_host_put(CPU "cpu0/cpufreq/scaling_governor", "powersave\n");
	fake_host_put(CPU "cpu0/cpufreq/scaling_driver", "acpi-cpufreq\n");
	look(1);
	is("frequency", NOTE, "at their lowest", "cpupower",
	   "frequency: powersave of a driver that does not");
	fake_host_put(CPU "cpu0/cpufreq", NULL);
	fake_host_put(CPU "cpu1/cpufreq", NULL);
	look(1);
	is("frequency", OK, "does not change", NULL, "frequency: fixed");
	fake_host_put(CPU "cpu0/cpuidle/state2/disable", "0\n");
	look(1);
	is("idle", NOTE, "133us to wake up (C6)", "cpupower idle-set -D 20",
	   "idle: a deep state");
	fake_host_put_bytes("/dev/cpu_dma_latency", "\x14\0\0\0", 4);
	look(1);
	is("idle", OK, "C1, wakes up in 2us", NULL,
	   "idle: one that somebody forbids (pm_qos)");
	fake_host_put("/dev/cpu_dma_latency", NULL);
	fake_host_put(CPU "cpu0/cpuidle/state2/latency", "900\n");
	look(1);
	is("idle", PROBLEM, "more than the 250us", "cpupower",
	   "idle: one deeper than what is caught up");
	fake_host_put(CPU "cpu0/cpuidle/state2/latency", "long\n");
	look(1);
	is("idle", UNKNOWN, "does not hold", NULL, "idle: not a number");
	fake_host_end();
}

/* ---- TCP ---- */

static void test_tcp(void)
{
	with_file(IPV4 "tcp_congestion_control", "bbr\n", "congestion", NOTE,
		  "bbr sets its rate", "=cubic", "congestion: bbr");
	with_file(IPV4 "tcp_congestion_control", "reno\n", "congestion", OK,
		  "reno", NULL, "congestion: reno");
	with_file(IPV4 "tcp_pacing_ca_ratio", "117\n", "pacing_ratio", PROBLEM,
		  "105% of its window per RTT, and cannot use all of it",
		  "tcp_pacing_ca_ratio=120", "pacing_ratio: below the window");
	with_file(IPV4 "tcp_pacing_ca_ratio", "118\n", "pacing_ratio", OK, "",
		  NULL, "pacing_ratio: just enough");
	with_file(IPV4 "tcp_pacing_ca_ratio", "150\n", "pacing_ratio", NOTE,
		  "closer together", "=120", "pacing_ratio: more than enough");
	with_file(IPV4 "tcp_pacing_ss_ratio", "120\n", "pacing_ratio", NOTE,
		  "slow start takes longer", "tcp_pacing_ss_ratio=200",
		  "pacing_ratio: slow start that does not double");
	with_file(IPV4 "tcp_pacing_ss_ratio", "400\n", "pacing_ratio", NOTE,
		  "overflows", "=200", "pacing_ratio: slow start too fast");
	with_file(IPV4 "tcp_tso_win_divisor", "1\n", "tcp_bursts", NOTE,
		  "tcp_tso_win_divisor is 1", "=3", "tcp_bursts: waiting");
	with_file(IPV4 "tcp_tso_win_divisor", "0\n", "tcp_bursts", OK, "", NULL,
		  "tcp_bursts: the other way of not waiting");
	with_file(IPV4 "tcp_slow_start_after_idle", "0\n", "tcp_bursts", OK, "",
		  NULL, "tcp_bursts: an old window, but sluice spaces it");
	host_begin();
	fake_kernel_put(TC_H_ROOT, 0x80010000, "fq_codel", NULL, 0);
	fake_host_put(IPV4 "tcp_slow_start_after_idle", "0\n");
	look(1);
	is("tcp_bursts", NOTE, "a whole old window", "=1",
	   "tcp_bursts: and nobody spaces it");
	fake_host_put(IPV4 "tcp_slow_start_after_idle", "1\n");
	fake_host_put(IPV4 "tcp_min_tso_segs", "32\n");
	look(1);
	is("tcp_bursts", NOTE, "no super-packet is shorter", "=2",
	   "tcp_bursts: long super-packets");
	fake_host_put(IPV4 "tcp_min_tso_segs", "2\n");
	look(1);
	is("tcp_bursts", OK, "", NULL, "tcp_bursts: tcp_tso_rtt_log without fq");
	fake_kernel_put(TC_H_ROOT, 0x80010000, "fq", NULL, 0);
	look(1);
	is("tcp_bursts", NOTE, "tcp_tso_rtt_log is 9", "=0",
	   "tcp_bursts: and with fq");
	fake_host_put(IPV4 "tcp_tso_rtt_log", NULL);
	look(1);
	is("tcp_bursts", OK, "", NULL, "tcp_bursts: a kernel without it");
	fake_host_end();
}

static void test_send_buffer(void)
{
	static const char wmem[] = IPV4 "tcp_wmem";

	with_file(wmem, "4096\t16384\t4194304\n", "send_buffer", NOTE,
		  "fills a path of 3.36ms",
		  "tcp_wmem='4096 16384 268435456'",
		  "send_buffer: too short for 10 Gbit/s");
	with_file(wmem, "4096\t16384\n", "send_buffer", UNKNOWN, "", NULL,
		  "send_buffer: two numbers");
	host_begin();
	fake_host_put(wmem, "4096\t16384\t4194304\n");
	fake_host.nic.mbits_ps = 1000;
	look(1);
	is("send_buffer", OK, "33.6ms at 1gbit", NULL,
	   "send_buffer: the same for 1 Gbit/s");
	fake_host_end();
}

/* ---- configuration and rates ---- */

static void test_conf(void)
{
	static const char path[] = "/etc/sluice/eth0.conf";

	with_file(path, "rate 9gbps\n", "conf", PROBLEM,
		  "/etc/sluice/eth0.conf:1: rate: '9gbps' could mean bits or",
		  "vi} /etc/sluice/eth0.conf", "conf: gbps");
	with_file(path, "rate 80gbit\n", "conf", PROBLEM,
		  "8 times it looks like bits taken for bytes", "",
		  "conf: 8 times the link");
	with_file(path, "rate 20gbit\n", "conf", PROBLEM,
		  "so it holds nothing back", "", "conf: twice the link");
	with_file(path, "rate 10gbit\n", "conf", OK, "1 device in", NULL,
		  "conf: the link");
	with_file(path, "rate 1.25gbit\n", "conf", NOTE, "is an eighth", "",
		  "conf: an eighth of the link");
	with_file(path, "rate 50mbit\n", "conf", NOTE, "a hundredth", "",
		  "conf: far below the link");
	with_file(path, "", "conf", OK, "", NULL, "conf: an empty file");
	with_file(path, NULL, "conf", OK, "no device has a file", NULL,
		  "conf: no file");
	with_file("/etc/sluice/eth9.conf", "", "conf", NOTE,
		  "/etc/sluice/eth9.conf is about a device that is not here",
		  "ip -brief", "conf: of no device");
	with_file("/etc/sluice/default.conf", "gain lots\n", "conf", PROBLEM,
		  "/etc/sluice/default.conf:1:", "",
		  "conf: a mistake in what all have in common");
	host_begin();
	fake_host.nic.mbits_ps = (uint32_t)SPEED_UNKNOWN;
	look(1);
	is("conf", UNKNOWN, "rate 9gbit cannot be compared", NULL,
	   "conf: a link whose speed is not known");
	fake_host_end();
}

static void options_put(unsigned int attribute, uint64_t value)
{
	_Alignas(struct nlmsghdr) char buffer[256];
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);

	mnl_attr_put_u64(header, (uint16_t)attribute, value);
	fake_kernel_put(TC_H_ROOT, 0x80010000, SLUICE_KIND,
			mnl_nlmsg_get_payload(header),
			mnl_nlmsg_get_payload_len(header));
}

static void test_rate(void)
{
	host_begin();
	options_put(TCA_SLUICE_RATE_BYTES_PS, 10000000000);
	look(1);
	is("rate", PROBLEM, "rate 80gbit is above", "sluice show eth0",
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
	is("qdisc", NOTE, "gso_max_segs 1", "sluice on eth0",
	   "qdisc: fq and single segments");
	is("sizes", NOTE, "gso_max_segs is 1", "gso_max_segs 65535",
	   "sizes: single segments");
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
	is("qdisc", PROBLEM, "fq_codel, on 4 of the 4 leaves of mq", "sluice on",
	   "qdisc: the kernel's default");
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
	host_begin();
	fake_host_put(path, NULL);
	fake_host_put("/proc/sys/net/core/default_qdisc", "sluice\n");
	look(1);
	is("boot", OK, "default_qdisc", NULL, "boot: sluice is the default");
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
	devices[0].pacing_horizon_ns = 2000000000;
	look(1);
	is("stamps", OK, "stamps what it sends (clock 3); it could hold frames back for 2s",
	   NULL, "stamps: a NIC that can");
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
	test_well();
	test_empty();
	test_module();
	test_signature();
	test_machine();
	test_clock();
	test_timers();
	test_sleeps();
	test_measure();
	test_processors();
	test_tcp();
	test_send_buffer();
	test_conf();
	test_rate();
	test_qdisc();
	test_fq();
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
