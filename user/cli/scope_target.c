// SPDX-License-Identifier: GPL-2.0
/* What to look at, and what may have been meant; see scope_target.h. */
#include "scope_target.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "out.h"

#define NEAR_MAX	2u		/* letters that may be wrong */

static const struct {
	enum scope_target_place place;
	const char *word;
} places[] = {
	{ SCOPE_TARGET_STACK, "stack" }, { SCOPE_TARGET_QDISC, "qdisc" },
	{ SCOPE_TARGET_TAP, "tap" }, { SCOPE_TARGET_WIRE, "wire" },
};

/* Letters to add, drop or change, so that one becomes the other (Levenshtein). */
static unsigned int distance(const char *one, const char *other)
{
	unsigned int row[IF_NAMESIZE + 1];
	size_t length = strlen(other);

	for (size_t i = 0; i <= length; i++)
		row[i] = (unsigned int)i;
	for (unsigned int k = 1; *one; one++, k++) {
		unsigned int diagonal = row[0];

		row[0] = k;
		for (size_t i = 1; i <= length; i++) {
			unsigned int best = diagonal + (*one != other[i - 1]);

			diagonal = row[i];
			if (row[i] + 1 < best)
				best = row[i] + 1;
			if (row[i - 1] + 1 < best)
				best = row[i - 1] + 1;
			row[i] = best;
		}
	}
	return row[length];
}

/* Neither a file nor a device: what is like it, or where devices are listed. */
static int target_refuse(const char *name)
{
	struct if_nameindex *all = if_nameindex();
	char near[2 * IF_NAMESIZE] = "";
	unsigned int least = NEAR_MAX + 1;

	for (struct if_nameindex *one = all; one && one->if_index; one++) {
		unsigned int far = strlen(name) < IF_NAMESIZE ?
				   distance(name, one->if_name) : least;

		/* A name of two letters is like all others. */
		if (far >= least || far >= strlen(name))
			continue;
		least = far;
		snprintf(near, sizeof(near), "%s", one->if_name);
	}
	if_freenameindex(all);
	if (*near)
		return out_refuse(EXIT_FAILED, "scope",
				  "there is neither a file nor a device '%s': did you mean the device %s?",
				  name, near);
	return out_refuse(EXIT_FAILED, "scope",
			  "there is neither a file nor a device '%s': 'ip link' lists the devices",
			  name);
}

int scope_target_parse(const char *word, struct scope_target *ret)
{
	const char *colon = strchr(word, ':');
	bool is_file, is_device;

	*ret = (struct scope_target){ .label = "wire", .name = word };
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		size_t length = strlen(places[i].word);

		if (strncmp(word, places[i].word, length) ||
		    word[length] != ':')
			continue;
		ret->place = places[i].place;
		ret->label = places[i].word;
		ret->name = word + length + 1;
	}
	is_file = !strcmp(ret->name, "-") || !access(ret->name, F_OK);
	is_device = if_nametoindex(ret->name);
	if (!is_file && !is_device && colon && if_nametoindex(colon + 1))
		return out_refuse(EXIT_FAILED, "scope",
				  "'%.*s' is no place of the device %s: it takes stack:, qdisc:, wire: or tap: in front of it",
				  (int)(colon - word), word, colon + 1);
	if (!is_file && !is_device)
		return target_refuse(ret->name);
	ret->is_device = !is_file ||
			 (is_device && ret->place != SCOPE_TARGET_BARE &&
			  ret->place != SCOPE_TARGET_WIRE);
	return EXIT_DONE;
}

void scope_target_config(const struct scope_target *target, bool is_alone,
			 struct scope_live_config *ret)
{
	bool is_both = target->place == SCOPE_TARGET_BARE ||
		       target->place == SCOPE_TARGET_TAP ||
		       (target->place == SCOPE_TARGET_QDISC && is_alone);

	*ret = (struct scope_live_config){
		.name = target->name,
		.has_out = is_both || target->place != SCOPE_TARGET_WIRE,
		.has_in = is_both || target->place == SCOPE_TARGET_WIRE,
		.mode = target->place == SCOPE_TARGET_TAP ? SCOPE_LIVE_TAP :
							    SCOPE_LIVE_AUTO,
		.place = target->place == SCOPE_TARGET_STACK ?
			 SCOPE_LIVE_STACK : SCOPE_LIVE_QDISC,
	};
}
