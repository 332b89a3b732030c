// SPDX-License-Identifier: GPL-2.0
/* Do the rates that a device is paced at fit the speed of its link? */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "doctor_parts.h"
#include "plan.h"
#include "state.h"

#define BITS_PER_BYTE 8

/* One that is above the link holds as much back as none. */
static bool rate_judge(struct doctor *doctor, const struct doctor_device *device,
		       const char *name, uint64_t rate_bits_ps)
{
	char fix[128];

	if (!rate_bits_ps)
		return false;
	if (rate_bits_ps > device->speed_bits_ps)
		snprintf(fix, sizeof(fix), "sluice on %s %s off", device->word,
			 name);
	else
		snprintf(fix, sizeof(fix), "sluice show %s", device->word);
	return doctor_rate_judge(doctor, device, name, rate_bits_ps, fix);
}

/* Shares of the link's speed, as `sluice on` noted them; none if that is lost. */
static void shares_look(const struct doctor *doctor,
			const struct doctor_device *device,
			const struct sluice_options *options,
			struct sluice_shares *ret)
{
	char folder[PATH_MAX];
	struct sluice_store store;

	memset(ret, 0, sizeof(*ret));
	snprintf(folder, sizeof(folder), "%s" SLUICE_STATE_FOLDER,
		 doctor->patient->root);
	if (!sluice_store_init(&store, folder))
		sluice_state_shares(&store, device->link->ifindex, options,
				    ret);
}

/* The link has another speed than its share was worked out with. */
static bool share_judge(struct doctor *doctor,
			const struct doctor_device *device,
			const struct sluice_option *option,
			const struct sluice_share *share)
{
	char asked[64], speed[32], now[32];

	if (!share->ppm || share->link_bits_ps == device->speed_bits_ps)
		return false;
	sluice_share_format(option, share->ppm, asked, sizeof(asked));
	doctor_format_rate(share->link_bits_ps, speed, sizeof(speed));
	doctor_format_rate(device->speed_bits_ps, now, sizeof(now));
	if (!device->speed_bits_ps) {
		if (!share->is_assumed)
			return false;
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "%s was worked out with %s, assumed as the speed of its link, which is not known: if it comes up with another, the rate does not follow by itself",
			   asked, speed);
		doctor_fix(doctor, "ip link show %s", device->word);
		return true;
	}
	doctor_say(doctor, sluice_share_bytes_ps(share) * BITS_PER_BYTE >
		   device->speed_bits_ps ? SLUICE_SEVERITY_PROBLEM :
		   SLUICE_SEVERITY_NOTE,
		   "%s was worked out %s %s; it has %s now, and the rate does not follow by itself",
		   asked, share->is_assumed ? "while the link was down, with" :
		   "when the link had", speed, now);
	doctor_fix(doctor, "sluice on %s %s", device->word, asked);
	return true;
}

void doctor_check_rate(struct doctor *doctor,
		       const struct doctor_device *device)
{
	static const char *const names[] = { "rate", "maxrate" };
	bool is_said = false, is_set = false;
	struct sluice_options options;
	struct sluice_shares shares;
	size_t i;

	sluice_plan_base(&device->tree, &options);
	shares_look(doctor, device, &options, &shares);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct sluice_option *option = sluice_option_find(names[i]);
		uint64_t rate = options.values[option->attribute] *
				BITS_PER_BYTE;

		is_set |= rate;
		is_said |= share_judge(doctor, device, option,
				       &shares.of[option->attribute]) ||
			   rate_judge(doctor, device, names[i], rate);
	}
	if (!is_said)
		doctor_say(doctor, SLUICE_SEVERITY_OK, is_set ?
			   "its rates fit its link" : "no rate is set");
}
