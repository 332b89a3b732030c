// SPDX-License-Identifier: GPL-2.0
/*
 * What the doctor finds on a host (doctor.h): where all is well nothing, and with
 * one thing wrong that one thing.
 */
#include <errno.h>

#include "../../user/lib/version.h"
#include "user_doctor.h"

#define EFI "/sys/firmware/efi/efivars/"
#define SECURE_BOOT EFI "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define ENROLLED EFI "MokListRT-605dab50-e046-4300-abb6-3dd810dd8b23"
#define CPU "/sys/devices/system/cpu/"
#define IPV4 "/proc/sys/net/ipv4/"

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
	fake_host_put("/sys/module/sch_sluice/version", "0.0.9\n");
	look(1);
	is("module", NOTE, "that is loaded has version 0.0.9, this command " SLUICE_VERSION,
	   "rmmod sch_sluice", "module: replaced by an upgrade, and still loaded");
	fake_host_put("/sys/module/sch_sluice/version", SLUICE_VERSION "\n");
	look(1);
	is("module", OK, "is loaded", NULL, "module: the same version");
	fake_host_put("/sys/module/sch_sluice", NULL);
	look(1);
	is("module", OK, "not loaded yet", NULL, "module: not loaded yet");
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
	fake_host_put("/proc", NULL);
	look(1);
	is("module", PROBLEM, "/proc is not mounted", "mount -t proc",
	   "module: without /proc no kernel is said to take none");
	is("tcp_bursts", UNKNOWN, "cannot be read", NULL,
	   "tcp_bursts: nor is a setting taken for one that it does not have");
	fake_host_end();
}

static void test_signature(void)
{
	host_begin();
	fake_host_put_bytes(SECURE_BOOT, "\6\0\0\0\1", 5);
	look(1);
	is("signature", OK, "need no signature", NULL,
	   "signature: Secure Boot, but the kernel is not locked down");
	fake_host_put("/sys/kernel/security/lockdown", NULL);
	look(1);
	is("signature", OK, "Secure Boot is on, and the kernel has taken", NULL,
	   "signature: Secure Boot, and the module is loaded");
	fake_host_put("/sys/module/sch_sluice", NULL);
	look(1);
	is("signature", PROBLEM, "has no key",
	   "apt install openssl && dkms build --force sluice/",
	   "signature: Secure Boot without a key to sign with");
	tap_ok(!strstr(found("module")->text, "loads"),
	       "module: nobody promises that a kernel takes what it would refuse");
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
	fake_host_put("/sys/kernel/security/lsm", "capability\n");
	look(1);
	is("signature", OK, "need no signature", NULL,
	   "signature: a kernel that knows no lockdown");
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
	sluice_findings_done(&findings);
	return tap_done();
}
