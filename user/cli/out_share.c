// SPDX-License-Identifier: GPL-2.0
/* Shares of the link's speed; see out_share.h. */
#include "out_share.h"

#include <string.h>

#include "../lib/link.h"
#include "../lib/qdisc.h"
#include "../lib/units.h"

#define BITS_PER_MBIT 1000000

/* Sluice tells it among its statistics, fq does not. */
static uint64_t link_bits_ps(const struct sluice_qdisc *qdisc)
{
	struct sluice_link link = { .ifindex = qdisc->ifindex };

	if (!qdisc->is_stand_in)
		return (uint64_t)qdisc->xstats.link_speed_mbits_ps *
		       BITS_PER_MBIT;
	snprintf(link.name, sizeof(link.name), "%s", qdisc->device);
	return sluice_link_speed_bits_ps(&link);
}

void out_shares_look(const struct sluice_store *store,
		     const struct sluice_qdisc *qdisc, struct out_shares *ret)
{
	memset(ret, 0, sizeof(*ret));
	sluice_state_shares(store, qdisc->ifindex, &qdisc->options,
			    &ret->shares);
	ret->link_bits_ps = link_bits_ps(qdisc);
	ret->is_stand_in = qdisc->is_stand_in;
}

static bool is_stale(const struct out_shares *shares,
		     const struct sluice_option *option)
{
	return shares->link_bits_ps && shares->link_bits_ps !=
	       shares->shares.of[option->attribute].link_bits_ps;
}

void out_share_format(const struct out_shares *shares,
		      const struct sluice_option *option, const char *device,
		      char *text, size_t text_size)
{
	const struct sluice_share *share =
		&shares->shares.of[option->attribute];
	char percent[32], speed[32], now[32];

	sluice_format_share(share->ppm, percent, sizeof(percent));
	sluice_format_rate(share->link_bits_ps, speed, sizeof(speed));
	sluice_format_rate(shares->link_bits_ps, now, sizeof(now));
	if (is_stale(shares, option))
		snprintf(text, text_size,
			 "was %s of %s; the link has %s now: 'sluice on %s %s %s%s'",
			 percent, speed, now, device, option->name, percent,
			 shares->is_stand_in ? " --no-module" : "");
	else if (share->is_assumed && !shares->link_bits_ps)
		snprintf(text, text_size,
			 "is %s of %s, assumed as the speed of its link, which is not known",
			 percent, speed);
	else
		snprintf(text, text_size, "is %s of its link's %s", percent,
			 speed);
}

void out_shares(FILE *out, const struct out_shares *shares, const char *device)
{
	const struct sluice_option *option = NULL;
	char text[OUT_SHARE_SIZE];

	while ((option = sluice_shares_next(&shares->shares, option))) {
		out_share_format(shares, option, device, text, sizeof(text));
		fprintf(out, "  %s %s\n", option->name, text);
	}
}

static json_t *share_json(const struct out_shares *shares,
			  const struct sluice_option *option)
{
	const struct sluice_share *share =
		&shares->shares.of[option->attribute];
	json_t *object;

	object = json_pack("{s:s, s:I, s:I, s:b, s:b}", "option", option->name,
			   "link_ppm", (json_int_t)share->ppm,
			   "link_bits_ps", (json_int_t)share->link_bits_ps,
			   "is_current", !is_stale(shares, option),
			   "is_assumed", share->is_assumed);
	if (object && shares->link_bits_ps)
		json_object_set_new(object, "link_now_bits_ps",
			json_integer((json_int_t)shares->link_bits_ps));
	return object;
}

void out_shares_json(json_t *object, const struct out_shares *shares)
{
	const struct sluice_option *option = NULL;
	json_t *array = NULL;

	while ((option = sluice_shares_next(&shares->shares, option))) {
		if (!array)
			array = json_array();
		json_array_append_new(array, share_json(shares, option));
	}
	if (array)
		json_object_set_new(object, "link_shares", array);
}
