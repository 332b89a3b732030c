// SPDX-License-Identifier: GPL-2.0
/* What keeps gap frames (gap_frames) from a line, or makes them say something. */
#include <linux/ethtool.h>
#include <stdio.h>
#include <stdlib.h>

#include "doctor_parts.h"
#include "gap.h"
#include "probe.h"
#include "qdisc.h"

static void off_fix(struct doctor *doctor, const struct doctor_device *device)
{
	doctor_fix(doctor, "sluice on %s gap_frames off", device->word);
}

/* Where the driver cannot have one queue, @fix; without one the option is taken back. */
static void queues_fix(struct doctor *doctor, const struct doctor_device *device,
		       const char *fix)
{
	char channels[32];

	sluice_gap_channels_format(device->link, channels, sizeof(channels));
	if (*channels)
		doctor_fix(doctor, "ethtool -L %s %s", device->word, channels);
	else if (fix)
		doctor_fix(doctor, "%s", fix);
	else
		off_fix(doctor, device);
}

/* May the device tell its link partner to stop? */
static bool has_tx_pause(const struct doctor_device *device)
{
	struct ethtool_pauseparam pause = { .cmd = ETHTOOL_GPAUSEPARAM };

	return !sluice_probe_ethtool(device->link->name, &pause) &&
	       pause.tx_pause;
}

/* What the kernel was told when it was asked, and what has become otherwise since. */
static bool has_changed(struct doctor *doctor,
			const struct doctor_device *device)
{
	if (device->queues > 1) {
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "departures are kept by gap frames (gap_frames), but it has %u transmit queues by now, which share the line: they end with the next frame",
			   device->queues);
		queues_fix(doctor, device, NULL);
	} else if (has_tx_pause(device)) {
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "departures are kept by gap frames (gap_frames), but by now it may pause its link partner, and the next gap frame ends the pause");
		doctor_fix(doctor, "ethtool -A %s autoneg off tx off",
			   device->word);
	} else if (device->link->has_carrier && !device->speed_bits_ps) {
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "departures are kept by gap frames (gap_frames), whose bytes are counted by the link's speed, and its driver does not tell that any more");
		off_fix(doctor, device);
	} else {
		return false;
	}
	return true;
}

void doctor_gap_say(struct doctor *doctor, const struct doctor_device *device,
		    uint64_t gap_frames_ns)
{
	char phrase[DOCTOR_LINE_SIZE], time[32];
	enum sluice_gap_line line;

	line = sluice_gap_line_find(device->link, phrase, sizeof(phrase));
	doctor_format_time(gap_frames_ns, time, sizeof(time));
	if (line == SLUICE_GAP_LINE_BARE) {
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "departures are kept by gap frames (gap_frames), but %s: the others leave back to back, up to %s early",
			   phrase, time);
		off_fix(doctor, device);
	} else if (has_changed(doctor, device)) {
		return;
	} else if (line == SLUICE_GAP_LINE_BEHIND) {
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "departures are kept by gap frames (gap_frames), but %s: without a line behind it frames leave up to %s early",
			   phrase, time);
		off_fix(doctor, device);
	} else {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "departures are kept by gap frames, handed over up to %s ahead",
			   time);
	}
}

/* It has sent some. */
static bool has_sent(const struct doctor *doctor,
		     const struct doctor_device *device)
{
	struct sluice_qdisc *qdiscs = NULL;
	char message[SLUICE_MESSAGE_SIZE];
	unsigned int i, count = 0;
	bool is_any = false;

	if (sluice_qdisc_list(doctor->patient->netlink, device->link->ifindex,
			      &qdiscs, &count, message))
		return false;
	for (i = 0; i < count; i++)
		is_any |= sluice_qdisc_is_ours(&qdiscs[i]) &&
			  sluice_qdisc_is_root(&qdiscs[i]) &&
			  qdiscs[i].xstats.gap_frames;
	free(qdiscs);
	return is_any;
}

bool doctor_gap_end_say(struct doctor *doctor,
			const struct doctor_device *device)
{
	char fix[SLUICE_WORD_SIZE + 16];

	if (device->queues < 2 || !has_sent(doctor, device))
		return false;
	snprintf(fix, sizeof(fix), "sluice on %s", device->word);
	doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
		   "departures were kept by gap frames (gap_frames), and are by timers now, because it has %u transmit queues: when it has one again, the option is to be given again",
		   device->queues);
	queues_fix(doctor, device, fix);
	return true;
}

bool doctor_gap_conf_judge(struct doctor *doctor,
			   const struct doctor_device *device, const char *path,
			   const char *fix)
{
	char phrase[DOCTOR_LINE_SIZE];

	if (sluice_gap_line_find(device->link, phrase, sizeof(phrase)) ==
	    SLUICE_GAP_LINE_BARE) {
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "%.200s: gap_frames is not for %s: %s, so 'sluice apply' refuses the file",
			   path, device->link->name, phrase);
		doctor_fix(doctor, "%s", fix);
		return true;
	}
	if (device->queues < 2)
		return false;
	doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
		   "%.200s: gap_frames needs %s to have one transmit queue, and it has %u, so 'sluice apply' refuses the file",
		   path, device->link->name, device->queues);
	queues_fix(doctor, device, fix);
	return true;
}
