// SPDX-License-Identifier: GPL-2.0
/* What keeps gap frames (gap_frames) from a line, or makes them say something. */
#include "doctor_parts.h"
#include "gap.h"

static void off_fix(struct doctor *doctor, const struct doctor_device *device)
{
	doctor_fix(doctor, "sluice on %s gap_frames off", device->word);
}

/* What the kernel was told when it was asked, and what has become otherwise since. */
static bool has_changed(struct doctor *doctor,
			const struct doctor_device *device)
{
	char fix[SLUICE_LAPSE_SIZE];

	switch (device->lapse.cause) {
	case SLUICE_LAPSE_QUEUES:
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "departures are kept by gap frames (gap_frames), but it has %u transmit queues by now, which share the line: they end with the next frame",
			   device->queues);
		break;
	case SLUICE_LAPSE_PAUSE:
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "departures are kept by gap frames (gap_frames), but by now it may pause its link partner, and the next gap frame ends the pause");
		break;
	case SLUICE_LAPSE_SPEED:
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "departures are kept by gap frames (gap_frames), whose bytes are counted by the link's speed, and its driver does not tell that any more");
		break;
	default:
		return false;
	}
	sluice_lapse_fix(&device->lapse, device->link, fix);
	if (*fix)
		doctor_fix(doctor, "%s", fix);
	else
		off_fix(doctor, device);
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

bool doctor_lapse_say(struct doctor *doctor, const struct doctor_device *device)
{
	const struct sluice_lapse *lapse = &device->lapse;
	char text[SLUICE_LAPSE_SIZE], fix[SLUICE_LAPSE_SIZE];

	if (!lapse->is_over)
		return false;
	sluice_lapse_say(lapse, text);
	doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
		   "departures are kept by timers: %s; when that has changed, the option is to be given again",
		   text);
	sluice_lapse_fix(lapse, device->link, fix);
	if (*fix)
		doctor_fix(doctor, "%s", fix);
	else if (lapse->cause == SLUICE_LAPSE_QUEUES)
		doctor_fix(doctor, "sluice on %s", device->word);
	else
		doctor_fix(doctor, "sluice on %s %s TIME", device->word,
			   sluice_lapse_option(lapse));
	return true;
}

bool doctor_gap_conf_judge(struct doctor *doctor,
			   const struct doctor_device *device, const char *path,
			   const char *fix)
{
	char phrase[DOCTOR_LINE_SIZE], channels[32];

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
	sluice_gap_channels_format(device->link, channels, sizeof(channels));
	if (*channels)
		doctor_fix(doctor, "ethtool -L %s %s", device->word, channels);
	else
		doctor_fix(doctor, "%s", fix);
	return true;
}
