// SPDX-License-Identifier: GPL-2.0
/* Can the module be there: build, signature, and whose machine this is. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor_parts.h"
#include "module.h"
#include "version.h"

/* Variables of EFI carry four bytes of attributes before their value. */
#define EFI_ATTRIBUTES_BYTES 4
#define EFI_FOLDER "/sys/firmware/efi/efivars/"
#define SECURE_BOOT EFI_FOLDER "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define ENROLLED_KEYS EFI_FOLDER "MokListRT-605dab50-e046-4300-abb6-3dd810dd8b23"

/* More than any firmware's list of keys, or a key, has. */
#define KEYS_BYTES_MAX (256 * 1024)

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
	char other[128];

	if (!sluice_proc_is_mounted(doctor->patient->root)) {
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "/proc is not mounted, or not all of it: 'sluice on' and 'sluice off' do nothing without it, and what only it tells is not known");
		doctor_fix(doctor, "mount -t proc proc /proc");
		return;
	}
	switch (sluice_module_find(doctor->patient->root, release, other,
				   sizeof(other))) {
	case SLUICE_MODULE_LOADED:
		loaded_say(doctor);
		break;
	case SLUICE_MODULE_HERE:
		(void)doctor_number(doctor, &is_closed,
				    "/proc/sys/kernel/modules_disabled");
		if (!is_closed) {
			doctor_say(doctor, SLUICE_SEVERITY_OK,
				   "the module sch_sluice is there for Linux %s; 'sluice on' loads it",
				   release);
			break;
		}
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "the module sch_sluice is not loaded, and kernel.modules_disabled forbids to load any until the next boot");
		doctor_fix(doctor,
			   "echo sch_sluice >/etc/modules-load.d/sluice.conf && reboot");
		break;
	case SLUICE_MODULE_ELSEWHERE:
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "the module sch_sluice is built for Linux %s, but %s is running, so no device can be paced",
			   other, release);
		doctor_fix(doctor,
			   "apt install linux-headers-%s && dkms autoinstall",
			   release);
		break;
	case SLUICE_MODULE_ABSENT:
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "there is no kernel module sch_sluice, so no device can be paced");
		doctor_fix(doctor, "apt install sluice-dkms");
		break;
	case SLUICE_MODULE_IMPOSSIBLE:
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "this kernel (%s) takes no modules and has no sch_sluice of its own, so no device can be paced: " SLUICE_MODULE_IMPOSSIBLE_STEP,
			   release);
		break;
	case SLUICE_MODULE_UNKNOWN:
		doctor_say_unread(doctor, "/proc/modules", -ENOENT);
		break;
	}
}

/* ---- signature ---- */

/* Is Secure Boot on? 1, 0, or -errno; -ENOENT: nobody has mounted efivarfs. */
static int secure_boot(const struct doctor *doctor)
{
	char *bytes = NULL;
	long length = doctor_bytes(doctor, &bytes, EFI_ATTRIBUTES_BYTES + 1,
				   SECURE_BOOT);
	int ret;

	if (length > EFI_ATTRIBUTES_BYTES)
		ret = bytes[EFI_ATTRIBUTES_BYTES] == 1;
	else if (length >= 0)
		ret = -EINVAL;
	else if (length != -ENOENT)
		ret = (int)length;
	else if (doctor_has(doctor, "/sys/firmware/efi") &&
		 !doctor_has_entries(doctor, EFI_FOLDER))
		ret = -ENOENT;
	else
		ret = 0;
	free(bytes);
	return ret;
}

/*
 * Who wants a signature: a phrase, "" if nobody does. Returns 0 or -errno. What
 * the kernel says of itself counts; where it says nothing, because securityfs is
 * not mounted, those of distributions want one under Secure Boot.
 */
static int signature_wanted(const struct doctor *doctor, char *who,
			    size_t who_size)
{
	char line[DOCTOR_LINE_SIZE];
	int is_on;

	who[0] = '\0';
	if (!doctor_line(doctor, line, sizeof(line),
			 "/sys/module/module/parameters/sig_enforce") &&
	    *line == 'Y') {
		snprintf(who, who_size, "module.sig_enforce is set");
		return 0;
	}
	if (!doctor_line(doctor, line, sizeof(line),
			 "/sys/kernel/security/lockdown")) {
		if (*line && !strstr(line, "[none]"))
			snprintf(who, who_size,
				 "the kernel is locked down (%.64s)", line);
		return 0;
	}
	if (doctor_has_entries(doctor, "/sys/kernel/security"))
		return 0;
	is_on = secure_boot(doctor);
	if (is_on > 0)
		snprintf(who, who_size, "Secure Boot is on");
	return is_on < 0 ? is_on : 0;
}

/* 1: the firmware's list has the key, 0: it has not, -errno. */
static int key_is_enrolled(const struct doctor *doctor, const char *path)
{
	char *key = NULL, *list = NULL;
	long key_bytes = doctor_bytes(doctor, &key, KEYS_BYTES_MAX, "%s", path);
	long list_bytes = doctor_bytes(doctor, &list, KEYS_BYTES_MAX,
				       ENROLLED_KEYS);
	int ret;

	if (key_bytes < 0)
		ret = (int)key_bytes;
	else if (!key_bytes)
		ret = -EINVAL;
	else if (list_bytes == -ENOENT)
		ret = 0;
	else if (list_bytes < 0)
		ret = (int)list_bytes;
	else
		ret = memmem(list, (size_t)list_bytes, key,
			     (size_t)key_bytes) != NULL;
	free(key);
	free(list);
	return ret;
}

static void key_say(struct doctor *doctor, const char *who)
{
	/* DKMS upstream and Debian; Ubuntu. */
	static const char *const keys[] = {
		"/var/lib/dkms/mok.pub", "/var/lib/shim-signed/mok/MOK.der",
	};
	const char *key = NULL;
	unsigned int i;
	int enrolled;

	for (i = 0; !key && i < sizeof(keys) / sizeof(keys[0]); i++)
		if (doctor_has(doctor, "%s", keys[i]))
			key = keys[i];
	if (!key) {
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "%s: the kernel takes only signed modules, and DKMS has no key here to sign with",
			   who);
		doctor_fix(doctor,
			   "apt install sluice-dkms && mokutil --import %s",
			   keys[0]);
		return;
	}
	enrolled = key_is_enrolled(doctor, key);
	if (enrolled > 0) {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "%s, and the key that DKMS signs with (%s) is enrolled",
			   who, key);
	} else if (enrolled < 0) {
		doctor_say(doctor, SLUICE_SEVERITY_UNKNOWN,
			   "%s, and whether the key that DKMS signs with (%s) is enrolled cannot be read: %s",
			   who, key, strerror(-enrolled));
		doctor_fix(doctor, "sudo mokutil --test-key %s", key);
	} else {
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "%s: the kernel takes only modules signed with an enrolled key, and the one that DKMS signs with is not: after this command, reboot and confirm",
			   who);
		doctor_fix(doctor, "mokutil --import %s", key);
	}
}

static void check_signature(struct doctor *doctor)
{
	char who[DOCTOR_LINE_SIZE];
	int err = signature_wanted(doctor, who, sizeof(who));

	if (err == -ENOENT) {
		doctor_say(doctor, SLUICE_SEVERITY_UNKNOWN,
			   "whether Secure Boot wants signed modules is not known: efivarfs is not mounted");
		doctor_fix(doctor,
			   "mount -t efivarfs efivarfs /sys/firmware/efi/efivars");
	} else if (err) {
		doctor_say_unread(doctor, "the state of Secure Boot", err);
	} else if (!*who) {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "modules need no signature");
	} else if (doctor_has(doctor, "/sys/module/sch_sluice")) {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "%s, and the kernel has taken the module", who);
	} else {
		key_say(doctor, who);
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
	{ "signature", check_signature, NULL },
	{ "machine", check_machine, NULL },
	{ NULL, NULL, NULL },
};
