// SPDX-License-Identifier: GPL-2.0
/* Can the module be there, and whose machine is this? */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor_parts.h"
#include "version.h"

/* ---- module ---- */

/* An upgrade replaces the file; what is loaded stays until nothing uses it. */
static void loaded_say(struct doctor *doctor)
{
	char version[DOCTOR_LINE_SIZE];

	if (doctor_line(doctor, version, sizeof(version),
			"/sys/module/sch_sluice/version") || !*version ||
	    !strcmp(version, SLUICE_VERSION)) {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "the module sch_sluice is loaded");
		return;
	}
	doctor_say(doctor, SLUICE_SEVERITY_NOTE,
		   "the module sch_sluice that is loaded has version %.32s, this command " SLUICE_VERSION ": it stays until 'sluice off' has freed every device, or until the next boot",
		   version);
	doctor_fix(doctor, "rmmod sch_sluice && modprobe sch_sluice");
}

static void check_module(struct doctor *doctor)
{
	const char *release = doctor->patient->release;
	uint64_t is_closed = 0;

	if (!sluice_proc_is_mounted(doctor->patient->root)) {
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "/proc is not mounted, or not all of it: 'sluice on' and 'sluice off' do nothing without it, and what only it tells is not known");
		doctor_fix(doctor, "mount -t proc proc /proc");
		return;
	}
	switch (doctor->module) {
	case SLUICE_MODULE_LOADED:
		loaded_say(doctor);
		break;
	case SLUICE_MODULE_HERE:
		(void)doctor_number(doctor, &is_closed,
				    "/proc/sys/kernel/modules_disabled");
		if (!is_closed) {
			doctor_say(doctor, SLUICE_SEVERITY_OK,
				   "the module sch_sluice is there for Linux %s, and not loaded yet: 'sluice on' asks for it",
				   release);
			break;
		}
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "the module sch_sluice is not loaded, and kernel.modules_disabled forbids to load any until the next boot ('sluice on DEV --no-module' takes the kernel's fq)");
		doctor_fix(doctor,
			   "echo sch_sluice >/etc/modules-load.d/sluice.conf && reboot");
		break;
	case SLUICE_MODULE_ELSEWHERE:
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "the module sch_sluice is built for Linux %s, but %s is running, so no device can be paced",
			   doctor->module_release, release);
		doctor_fix(doctor,
			   "apt install linux-headers-%s && dkms autoinstall",
			   release);
		break;
	case SLUICE_MODULE_ABSENT:
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "there is no kernel module sch_sluice, so no device can be paced by it: where none may be installed, 'sluice on DEV --no-module' takes the kernel's fq, which keeps less");
		doctor_fix(doctor, "apt install sluice-dkms");
		break;
	case SLUICE_MODULE_IMPOSSIBLE:
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "this kernel (%s) takes no modules and has no sch_sluice of its own, so no device can be paced by it: " SLUICE_MODULE_IMPOSSIBLE_STEP,
			   release);
		doctor_fq_look(doctor);
		break;
	case SLUICE_MODULE_UNKNOWN:
		doctor_say_unread(doctor, "/proc/modules", -ENOENT);
		break;
	}
}

/* ---- whose machine ---- */

/* What of the time since boot the hypervisor gave to others, in percent. */
static double stolen_percent(const struct doctor *doctor)
{
	/* user nice system idle iowait irq softirq steal: see proc(5) */
	unsigned long long times[8], sum = 0;
	char line[DOCTOR_LINE_SIZE];
	unsigned int i;

	if (doctor_line(doctor, line, sizeof(line), "/proc/stat") ||
	    sscanf(line, "cpu %llu %llu %llu %llu %llu %llu %llu %llu",
		   &times[0], &times[1], &times[2], &times[3], &times[4],
		   &times[5], &times[6], &times[7]) != 8)
		return -1;
	for (i = 0; i < 8; i++)
		sum += times[i];
	return sum ? 100.0 * (double)times[7] / (double)sum : 0;
}

/* Enough to reach the flags of the first processor. */
#define CPUINFO_BYTES 8192

static int is_virtual(const struct doctor *doctor)
{
	char *text = NULL, *flags;
	long length;
	int ret;

	if (doctor_has(doctor, "/sys/hypervisor/type") ||
	    doctor_has(doctor, "/proc/device-tree/hypervisor"))
		return 1;
	length = doctor_bytes(doctor, &text, CPUINFO_BYTES, "/proc/cpuinfo");
	if (length < 0)
		return (int)length;
	flags = strstr(text, "\nflags");
	if (flags)
		flags[1 + strcspn(flags + 1, "\n")] = '\0';
	/* Processors other than x86 do not say; ACPI tables and the like do. */
	ret = flags ? strstr(flags, " hypervisor") != NULL : -ENOTSUP;
	free(text);
	return ret;
}

/* Below this, what is stolen is not seen among other causes of lateness. */
#define STOLEN_PERCENT_SEEN 1.0

static void check_machine(struct doctor *doctor)
{
	int guest = is_virtual(doctor);
	double stolen = stolen_percent(doctor);

	if (guest == -ENOTSUP) {
		doctor_say(doctor, SLUICE_SEVERITY_UNKNOWN,
			   "whether this is a virtual machine is not told by this processor");
		doctor_fix(doctor, "systemd-detect-virt");
	} else if (guest < 0) {
		doctor_say_unread(doctor, "/proc/cpuinfo", guest);
	} else if (!guest) {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "not a virtual machine");
	} else if (stolen >= STOLEN_PERCENT_SEEN) {
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "a virtual machine, and %.2g %% of its processors' time went to others: timers are late by as long as they are away",
			   stolen);
		doctor_fix(doctor, "vmstat 1 10");
	} else {
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "a virtual machine: how even frames leave is up to its host as well, and can only be seen behind that");
	}
}

const struct doctor_check doctor_kernel_checks[] = {
	{ "module", check_module, NULL },
	{ "signature", doctor_check_signature, NULL },
	{ "machine", check_machine, NULL },
	{ NULL, NULL, NULL },
};
