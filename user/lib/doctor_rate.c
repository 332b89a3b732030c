// SPDX-License-Identifier: GPL-2.0
/* Rates that a device is paced at: as they were asked for, and do they fit its link? */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "doctor_parts.h"
#include "fq.h"
#include "plan.h"
#include "state.h"

#define BITS_PER_BYTE 8

/* With a rate the limits of the fq are what `sluice on` made of its own ones. */
static void rate_add(const struct edt_config *config,
		     struct sluice_options *options)
{
	static const unsigned int limits[] = {
		TCA_SLUICE_LIMIT_PKTS, TCA_SLUICE_FLOW_LIMIT_PKTS,
	};
	size_t i;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (options->values[limits[i]] == SLUICE_FQ_LIMIT_NONE_PKTS)
			options->given &= ~(1u << limits[i]);
	sluice_options_set(options, TCA_SLUICE_RATE_BYTES_PS,
			   config->rate_bytes_ps);
	sluice_options_set(options, TCA_SLUICE_OVERHEAD_BYTES,
			   config->overhead_bytes);
}

void doctor_options_look(const struct doctor_device *device,
			 struct sluice_options *ret)
{
	static const struct sluice_tree nothing = { .count = 0 };

	if (device->is_stand_in)
		sluice_plan_fq_base(&device->tree, &nothing, ret);
	else
		sluice_plan_base(&device->tree, ret);
	if (device->edt.config.rate_bytes_ps)
		rate_add(&device->edt.config, ret);
}

void doctor_notes_look(const struct doctor *doctor,
		       struct doctor_device *device)
{
	struct sluice_options options;
	struct sluice_store store;
	struct sluice_state state;
	char folder[PATH_MAX], message[SLUICE_MESSAGE_SIZE];

	snprintf(folder, sizeof(folder), "%s" SLUICE_STATE_FOLDER,
		 doctor->patient->root);
	if (sluice_store_init(&store, folder) ||
	    sluice_state_load(&store, device->link->ifindex, &state))
		return;
	if (sluice_state_is_in_force(&state, &device->tree)) {
		if (state.has_edt)
			(void)sluice_edt_look(doctor->patient->netlink,
					      state.ifindex, &device->edt,
					      message);
		doctor_options_look(device, &options);
		device->via = sluice_links_find(doctor->patient->links,
						state.via);
		device->shares = state.shares;
		sluice_shares_confirm(&device->shares, &options);
	}
	sluice_state_done(&state);
}

static const char *flag_of(const struct doctor_device *device)
{
	return device->is_stand_in ? " --no-module" : "";
}

/* One that is above the link holds as much back as none. */
static bool rate_judge(struct doctor *doctor, const struct doctor_device *device,
		       const char *name, uint64_t rate_bits_ps)
{
	char fix[128];

	if (!rate_bits_ps)
		return false;
	if (rate_bits_ps > device->speed_bits_ps)
		snprintf(fix, sizeof(fix), "sluice on %s %s off%s",
			 device->word, name, flag_of(device));
	else
		snprintf(fix, sizeof(fix), "sluice show %s", device->word);
	return doctor_rate_judge(doctor, device, name, rate_bits_ps, fix);
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
	doctor_fix(doctor, "sluice on %s %s%s", device->word, asked,
		   flag_of(device));
	return true;
}

void doctor_check_rate(struct doctor *doctor,
		       const struct doctor_device *device)
{
	static const char *const names[] = { "rate", "maxrate" };
	bool is_said = false, is_set = false;
	struct sluice_options options;
	size_t i;

	doctor_options_look(device, &options);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct sluice_option *option = sluice_option_find(names[i]);
		uint64_t rate = options.values[option->attribute] *
				BITS_PER_BYTE;

		is_set |= rate;
		is_said |= share_judge(doctor, device, option,
				       &device->shares.of[option->attribute]) ||
			   rate_judge(doctor, device, names[i], rate);
	}
	if (!is_said)
		doctor_say(doctor, SLUICE_SEVERITY_OK, is_set ?
			   "its rates fit its link" : "no rate is set");
}
