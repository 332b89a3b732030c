// SPDX-License-Identifier: GPL-2.0
/* What makes the gaps: clock, timers, and processors that must wake up. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor_parts.h"

/*
 * Sluice lets a clock that fell behind catch up by at most this, see "The
 * burst" in docs/design.md: what is later than that costs rate.
 */
#define CATCH_UP_NS 250000

/* High-resolution timers have 1 ns; ones that wait for the tick 1 ms or more. */
#define TICK_NS_LEAST 100000

/* ---- clock ---- */

static void check_clock(struct doctor *doctor)
{
	/* Reading these takes ten times as long as a frame has at 10 Gbit/s. */
	static const char *const slow[] = {
		"hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit",
	};
	static const char folder[] = "/sys/devices/system/clocksource/clocksource0";
	char now[DOCTOR_LINE_SIZE], available[DOCTOR_LINE_SIZE];
	unsigned int i;
	int err;

	err = doctor_line(doctor, now, sizeof(now), "%s/current_clocksource",
			  folder);
	if (err || !*now) {
		doctor_say_unread(doctor, "the clock source",
				  err ? err : -EINVAL);
		return;
	}
	for (i = 0; i < sizeof(slow) / sizeof(slow[0]); i++)
		if (!strcmp(now, slow[i]))
			break;
	if (i == sizeof(slow) / sizeof(slow[0])) {
		doctor_say(doctor, SLUICE_SEVERITY_OK, "the clock source is %s",
			   now);
		return;
	}
	doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
		   "the clock source is %s, which takes about as long to read as a frame to send, and is read for each",
		   now);
	if (!doctor_line(doctor, available, sizeof(available),
			 "%s/available_clocksource", folder) &&
	    strstr(available, "tsc"))
		doctor_fix(doctor, "echo tsc >%s/current_clocksource", folder);
	else
		doctor_fix(doctor, "dmesg | grep -i -e tsc -e clocksource");
}

/* ---- timers ---- */

/* Room for the headers of some hundred processors. */
#define TIMER_LIST_BYTES (4 * 1024 * 1024)

/*
 * The processors whose timers wait for the tick. Returns how many, -errno if
 * the list cannot be read, as it cannot without root.
 */
static int coarse_processors(const struct doctor *doctor)
{
	static const char key[] = "hres_active";
	char *text = NULL, *at;
	int coarse = 0, seen = 0;
	long length;

	length = doctor_bytes(doctor, &text, TIMER_LIST_BYTES,
			      "/proc/timer_list");
	if (length < 0)
		return (int)length;
	for (at = text; (at = strstr(at, key)); seen++) {
		at += strlen(key);
		at += strspn(at, " \t:");
		coarse += *at == '0';
	}
	free(text);
	return seen ? coarse : -ENODATA;
}

static bool config_has(const struct doctor *doctor, const char *line)
{
	char *text = NULL;
	bool is_there;

	if (doctor_bytes(doctor, &text, 1024 * 1024, "/boot/config-%s",
			 doctor->patient->release) < 0)
		return false;
	is_there = strstr(text, line);
	free(text);
	return is_there;
}

static void coarse_say(struct doctor *doctor, const char *what)
{
	char options[4096];

	doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
		   "%s: without high-resolution timers frames leave in trains at each tick",
		   what);
	if (!doctor_line(doctor, options, sizeof(options), "/proc/cmdline") &&
	    strstr(options, "highres=off"))
		doctor_fix(doctor,
			   "sed -i 's/ *highres=off//' /etc/default/grub && update-grub && reboot");
	else if (config_has(doctor, "# CONFIG_HIGH_RES_TIMERS is not set"))
		doctor_fix(doctor,
			   "grep HIGH_RES_TIMERS /boot/config-* # and boot one with =y");
	else
		doctor_fix(doctor,
			   "dmesg | grep -i -e 'high resolution' -e hrtimer -e clockevent");
}

static void check_timers(struct doctor *doctor)
{
	uint64_t resolution_ns = doctor->patient->sleeps.resolution_ns;
	int coarse = coarse_processors(doctor);
	char what[DOCTOR_LINE_SIZE], time[32];

	if (coarse > 0) {
		snprintf(what, sizeof(what),
			 "timers wait for the tick on %d processor%s", coarse,
			 coarse == 1 ? "" : "s");
		coarse_say(doctor, what);
	} else if (resolution_ns >= TICK_NS_LEAST) {
		doctor_format_time(resolution_ns, time, sizeof(time));
		snprintf(what, sizeof(what), "timers come only every %s", time);
		coarse_say(doctor, what);
	} else if (resolution_ns || !coarse) {
		/* Without root the one number for all processors must do. */
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "timers have high resolution%s", coarse < 0 ?
			   "" : " on every processor");
	} else {
		doctor_say_unread(doctor, "/proc/timer_list", coarse);
	}
}

/* ---- sleeps ---- */

static void check_sleeps(struct doctor *doctor)
{
	const struct sluice_sleeps *sleeps = &doctor->patient->sleeps;
	char median[32], p99[32], sleep[32], slack[32];

	if (!sleeps->count) {
		doctor_say(doctor, SLUICE_SEVERITY_UNKNOWN,
			   "how late timers are could not be measured");
		return;
	}
	doctor_format_time(sleeps->median_ns, median, sizeof(median));
	doctor_format_time(sleeps->p99_ns, p99, sizeof(p99));
	doctor_format_time(sleeps->sleep_ns, sleep, sizeof(sleep));
	doctor_format_time(sleeps->slack_ns, slack, sizeof(slack));
	if (sleeps->p99_ns <= CATCH_UP_NS) {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "of %u sleeps of %s half ended within %s and 99 %% within %s, seen from user space: the qdisc wakes sooner, and programs that pace themselves up to %s later (their timer slack)",
			   sleeps->count, sleep, median, p99, slack);
		return;
	}
	doctor_say(doctor, SLUICE_SEVERITY_NOTE,
		   "of %u sleeps of %s half ended within %s and 99 %% within %s, seen from user space: busy or sleepy processors make gaps late as well, and more than 250us is not caught up",
		   sleeps->count, sleep, median, p99);
	doctor_fix(doctor, "cat /proc/pressure/cpu");
}

/* ---- frequency ---- */

/* Drivers whose "powersave" goes up with the load; others' stays at the bottom. */
static bool powersave_scales(const char *driver)
{
	return !strcmp(driver, "intel_pstate") ||
	       !strncmp(driver, "amd-pstate-epp", 14) ||
	       !strncmp(driver, "amd_pstate_epp", 14);
}

#define CPU_FOLDER "/sys/devices/system/cpu"

static void check_frequency(struct doctor *doctor)
{
	char governor[DOCTOR_LINE_SIZE], driver[DOCTOR_LINE_SIZE];
	char found[DOCTOR_LINE_SIZE] = "";
	unsigned int i, end = doctor_numbered(doctor, CPU_FOLDER, "cpu");
	unsigned int slow = 0, changing = 0;

	for (i = 0; i < end; i++) {
		if (doctor_line(doctor, governor, sizeof(governor), CPU_FOLDER
				"/cpu%u/cpufreq/scaling_governor", i))
			continue;
		(void)doctor_line(doctor, driver, sizeof(driver), CPU_FOLDER
				  "/cpu%u/cpufreq/scaling_driver", i);
		if (!*found || strcmp(governor, "performance"))
			snprintf(found, sizeof(found), "%.64s", governor);
		if (!strcmp(governor, "performance"))
			continue;
		if (!strcmp(governor, "powersave") && !powersave_scales(driver))
			slow++;
		else
			changing++;
	}
	if (!end) {
		doctor_say_unread(doctor, CPU_FOLDER, -ENOENT);
	} else if (!*found) {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "the kernel does not change the processors' frequency");
	} else if (!slow && !changing) {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "the frequency governor is performance");
	} else {
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "%u of %u processors have the frequency governor %s: %s",
			   slow + changing, end, found, slow ?
			   "at their lowest frequency they cut and send frames late" :
			   "after a pause the first frames are cut and sent slowly");
		doctor_fix(doctor, "cpupower frequency-set -g performance");
	}
}

/* ---- idle states ---- */

/* Waking up from less is not seen beside the 5 us that a timer takes anyway. */
#define WAKE_US_SEEN 20

/* The longest sleep that somebody allows (pm_qos), -1: as long as it likes. */
static int64_t allowed_us(const struct doctor *doctor)
{
	char *bytes = NULL;
	int32_t limit_us;
	int64_t ret = -1;

	if (doctor_bytes(doctor, &bytes, sizeof(limit_us),
			 "/dev/cpu_dma_latency") == sizeof(limit_us)) {
		memcpy(&limit_us, bytes, sizeof(limit_us));
		/* 2000 s stand for no limit. */
		if (limit_us >= 0 && limit_us < 2000000000)
			ret = limit_us;
	}
	free(bytes);
	return ret;
}

/* The deepest state of processor 0 that is in use, and how long it wakes up. */
static int deepest_find(const struct doctor *doctor, uint64_t *ret_us,
			char *name, size_t name_size)
{
	static const char folder[] = CPU_FOLDER "/cpu0/cpuidle";
	unsigned int i, end = doctor_numbered(doctor, folder, "state");
	int64_t limit_us = allowed_us(doctor);
	uint64_t latency_us, is_disabled;
	int err;

	*ret_us = 0;
	name[0] = '\0';
	for (i = 0; i < end; i++) {
		err = doctor_number(doctor, &latency_us, "%s/state%u/latency",
				    folder, i);
		if (err)
			return err;
		if (doctor_number(doctor, &is_disabled, "%s/state%u/disable",
				  folder, i))
			is_disabled = 0;
		if (is_disabled || latency_us < *ret_us ||
		    (limit_us >= 0 && latency_us > (uint64_t)limit_us))
			continue;
		*ret_us = latency_us;
		(void)doctor_line(doctor, name, name_size, "%s/state%u/name",
				  folder, i);
	}
	return 0;
}

static void check_idle(struct doctor *doctor)
{
	char name[DOCTOR_LINE_SIZE];
	uint64_t latency_us;
	int err = deepest_find(doctor, &latency_us, name, sizeof(name));

	if (!doctor_has(doctor, CPU_FOLDER))
		err = -ENOENT;
	if (err) {
		doctor_say_unread(doctor, "the idle states", err);
	} else if (!*name) {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "the kernel knows no idle states to wake up from");
	} else if (latency_us < WAKE_US_SEEN) {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "the deepest idle state, %.32s, wakes up in %" PRIu64 "us",
			   name, latency_us);
	} else {
		doctor_say(doctor, latency_us * 1000 > CATCH_UP_NS ?
			   SLUICE_SEVERITY_PROBLEM : SLUICE_SEVERITY_NOTE,
			   "an idle processor takes %" PRIu64 "us to wake up (%.32s), and timers come later by that%s",
			   latency_us, name, latency_us * 1000 > CATCH_UP_NS ?
			   ": more than the 250us that are caught up" : "");
		doctor_fix(doctor, "cpupower idle-set -D %u", WAKE_US_SEEN);
	}
}

const struct doctor_check doctor_time_checks[] = {
	{ "clock", check_clock, NULL },
	{ "timers", check_timers, NULL },
	{ "sleeps", check_sleeps, NULL },
	{ "frequency", check_frequency, NULL },
	{ "idle", check_idle, NULL },
	{ NULL, NULL, NULL },
};
