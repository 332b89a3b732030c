// SPDX-License-Identifier: GPL-2.0
/*
 * What TCP hands to the pacer: its rate, how much at a time, and whether its
 * window or its buffer says when. Settings that change none of these are left
 * out, such as tcp_limit_output_bytes: once sluice or fq has paced a socket, the
 * kernel goes by the socket's rate instead.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "doctor_parts.h"
#include "option.h"

#define SYSCTL_FOLDER "/proc/sys/net/ipv4"

/* ---- congestion control ---- */

static void check_congestion(struct doctor *doctor)
{
	char name[DOCTOR_LINE_SIZE];
	int err = doctor_line(doctor, name, sizeof(name), SYSCTL_FOLDER
			      "/tcp_congestion_control");

	if (err) {
		doctor_say_unread(doctor, "tcp_congestion_control", err);
	} else if (!strncmp(name, "bbr", 3)) {
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "%.32s sets its rate by itself, again and again above what the path takes: shallow buffers overflow however evenly it sends",
			   name);
		doctor_fix(doctor,
			   "sysctl -w net.ipv4.tcp_congestion_control=cubic");
	} else {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "%.32s is paced by its window over its RTT", name);
	}
}

/* ---- the rate that TCP computes ---- */

/*
 * Frames carry up to 6 % more bytes than TCP counts, so a flow that is paced at
 * less than 106 % of its window per RTT cannot use its window; slow start
 * doubles the window from 138 % on. See "The gain" in docs/design.md.
 */
#define WINDOW_PERCENT 106
#define DOUBLE_PERCENT 138

static uint64_t initial_of(unsigned int attribute)
{
	const struct sluice_option *option = sluice_option_table;

	while (option->attribute != attribute)
		option++;
	return option->initial;
}

struct ratio {
	const char *file;
	uint64_t usual_percent;
	unsigned int gain;
	uint64_t least_percent;
	enum sluice_severity severity;
	const char *too_little;
	const char *too_much;
};

/* Returns true if it said something. */
static bool ratio_judge(struct doctor *doctor, const struct ratio *ratio)
{
	uint64_t percent, paced_percent, gain_percent = initial_of(ratio->gain);
	int err = doctor_number(doctor, &percent, SYSCTL_FOLDER "/%s",
				ratio->file);
	bool is_less;

	if (err) {
		doctor_say_unread(doctor, ratio->file, err);
		return true;
	}
	paced_percent = percent * gain_percent / 100;
	is_less = paced_percent < ratio->least_percent;
	if (!is_less && percent <= ratio->usual_percent)
		return false;
	doctor_say(doctor, is_less ? ratio->severity : SLUICE_SEVERITY_NOTE,
		   "%s is %" PRIu64 " instead of %" PRIu64 ": with sluice's gain of %" PRIu64 "%% a flow is paced at %" PRIu64 "%% of its window per RTT, and %s",
		   ratio->file, percent, ratio->usual_percent, gain_percent,
		   paced_percent,
		   is_less ? ratio->too_little : ratio->too_much);
	doctor_fix(doctor, "sysctl -w net.ipv4.%s=%" PRIu64, ratio->file,
		   ratio->usual_percent);
	return true;
}

static void check_pacing_ratio(struct doctor *doctor)
{
	static const struct ratio ratios[] = {
		{ "tcp_pacing_ca_ratio", 120, TCA_SLUICE_GAIN_PERCENT,
		  WINDOW_PERCENT, SLUICE_SEVERITY_PROBLEM,
		  "cannot use all of it",
		  "its frames leave closer together than they need" },
		{ "tcp_pacing_ss_ratio", 200, TCA_SLUICE_GAIN_SS_PERCENT,
		  DOUBLE_PERCENT, SLUICE_SEVERITY_NOTE,
		  "slow start takes longer than it could",
		  "slow start overflows shallow buffers" },
	};
	bool is_said = false;
	unsigned int i;

	for (i = 0; i < 2; i++)
		is_said |= ratio_judge(doctor, &ratios[i]);
	if (!is_said)
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "TCP's pacing ratios are what sluice's gain is made for");
}

/* ---- how much at a time ---- */

/* With a third of the window, the kernel's own value, three wake-ups fill it. */
#define WIN_DIVISOR_LEAST 3
#define MIN_TSO_SEGS_MOST 2

static bool sysctl_judge(struct doctor *doctor, const char *file,
			 uint64_t usual, bool (*is_bad)(uint64_t value),
			 const char *why)
{
	uint64_t value;
	int err = doctor_number(doctor, &value, SYSCTL_FOLDER "/%s", file);

	/* Kernels that do not have it do not do it. */
	if ((err == -ENOENT && doctor_has(doctor, SYSCTL_FOLDER)) ||
	    (!err && !is_bad(value)))
		return false;
	if (err) {
		doctor_say_unread(doctor, file, err);
		return true;
	}
	doctor_say(doctor, SLUICE_SEVERITY_NOTE, "%s is %" PRIu64 ": %s", file,
		   value, why);
	doctor_fix(doctor, "sysctl -w net.ipv4.%s=%" PRIu64, file, usual);
	return true;
}

static bool divisor_is_bad(uint64_t value)
{
	return value && value < WIN_DIVISOR_LEAST;
}

static bool segments_are_bad(uint64_t value)
{
	return value > MIN_TSO_SEGS_MOST;
}

static bool is_set(uint64_t value)
{
	return value;
}

static bool is_clear(uint64_t value)
{
	return !value;
}

static void check_tcp_bursts(struct doctor *doctor)
{
	bool is_said;

	is_said = sysctl_judge(doctor, "tcp_tso_win_divisor", WIN_DIVISOR_LEAST,
			       divisor_is_bad,
			       "TCP waits until so large a part of its window can go at once, and in those pauses a pacer has nothing to send");
	if (!doctor_all_paced(doctor)) {
		is_said |= sysctl_judge(doctor, "tcp_min_tso_segs",
					MIN_TSO_SEGS_MOST, segments_are_bad,
					"no super-packet is shorter, and where sluice does not cut it, it leaves as one train");
		is_said |= sysctl_judge(doctor, "tcp_slow_start_after_idle", 1,
					is_clear,
					"after a pause a flow sends a whole old window, and where sluice does not space it, at once");
	}
	if (doctor_any_fq(doctor))
		is_said |= sysctl_judge(doctor, "tcp_tso_rtt_log", 0, is_set,
					"on paths of less than about 2 ms TCP makes its super-packets longer than 1 ms of the flow's rate, and fq sends each as one train");
	if (!is_said)
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "how much TCP hands over at a time does no harm");
}

/* ---- the send buffer ---- */

/*
 * The RTT of a path of some 1000 km. Where the buffer holds less, it and not the
 * window says when a flow sends.
 */
#define PATH_NS 10000000ull

/* What the fix allows for: the far side of the world is a third of it more. */
#define FAR_NS 200000000ull
#define WMEM_MOST 0x7fffffffull

static void check_send_buffer(struct doctor *doctor)
{
	uint64_t bits_ps = doctor_fastest_bits_ps(doctor), least, usual, most;
	uint64_t filled_ns, wanted = 1;
	char line[DOCTOR_LINE_SIZE], rate[32], rtt[32];
	int err = doctor_line(doctor, line, sizeof(line), SYSCTL_FOLDER
			      "/tcp_wmem");

	if (!err && (sscanf(line, "%" SCNu64 " %" SCNu64 " %" SCNu64, &least,
			    &usual, &most) != 3 || most > WMEM_MOST))
		err = -EINVAL;
	if (err) {
		doctor_say_unread(doctor, "tcp_wmem", err);
		return;
	}
	if (!bits_ps) {
		doctor_say(doctor, SLUICE_SEVERITY_UNKNOWN,
			   "whether a send buffer of %" PRIu64 " bytes is enough depends on the link's speed, which is not known",
			   most);
		return;
	}
	filled_ns = (uint64_t)((double)most * 8e9 / (double)bits_ps);
	doctor_format_rate(bits_ps, rate, sizeof(rate));
	doctor_format_time(filled_ns, rtt, sizeof(rtt));
	if (filled_ns >= PATH_NS) {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "a send buffer fills a path of %s at %s", rtt, rate);
		return;
	}
	doctor_say(doctor, SLUICE_SEVERITY_NOTE,
		   "tcp_wmem ends at %" PRIu64 " bytes: one flow at %s fills a path of %s; on longer ones its buffer and not its window says when it sends, and it sends in bursts",
		   most, rate, rtt);
	while (wanted < WMEM_MOST / 2 &&
	       (double)wanted * 8e9 < (double)bits_ps * FAR_NS)
		wanted *= 2;
	doctor_fix(doctor,
		   "sysctl -w net.ipv4.tcp_wmem='%" PRIu64 " %" PRIu64 " %" PRIu64 "'",
		   least, usual, wanted);
}

const struct doctor_check doctor_tcp_checks[] = {
	{ "congestion", check_congestion, NULL },
	{ "pacing_ratio", check_pacing_ratio, NULL },
	{ "tcp_bursts", check_tcp_bursts, NULL },
	{ "send_buffer", check_send_buffer, NULL },
	{ NULL, NULL, NULL },
};
