// SPDX-License-Identifier: GPL-2.0
/* Pacing devices without the module, by the kernel's own fq; see pace.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../lib/module.h"
#include "../lib/word.h"
#include "cmd.h"
#include "leftovers.h"
#include "out.h"
#include "pace_parts.h"

/* The words that are proposed instead of a command. */
#define INSTEAD_SIZE 1024

/* ---- how long super-packets may be ---- */

int pace_bounds_look(struct pace *pace, struct pace_target *target)
{
	struct sluice_bounds *bounds = &target->state.bounds;
	const unsigned int known = bounds->count;
	unsigned int i;
	int err = 0;

	if (pace_target_is_fq(target))
		err = sluice_bounds_look(bounds, &pace->links, target->link,
					 &pace->store);
	target->has_more_bounds = bounds->count > known;
	for (i = 0; !err && i < bounds->count; i++) {
		const struct sluice_link *link =
			sluice_links_find(&pace->links,
					  bounds->bounds[i].ifindex);

		if (link)
			err = sluice_bounds_add(&target->bounds, link->ifindex,
						link->gso_max_segs);
	}
	return err;
}

int pace_bounds_apply(struct pace *pace, const struct pace_target *target)
{
	const struct sluice_bounds *bounds = &target->state.bounds;

	if (pace_target_is_fq(target))
		return sluice_bounds_set(pace->netlink, bounds, target->segs,
					 pace->message);
	return leftovers_bounds(pace->netlink, &pace->store,
				target->request->command, &target->state,
				pace->message);
}

/* An `on` that was killed may not have come to the train. */
void pace_fq_base(const struct pace_target *target, struct sluice_options *ret)
{
	uint64_t train = target->link->gso_max_segs;

	sluice_plan_fq_base(&target->before, &target->state.tree, ret);
	if (target->is_known && target->phase_before == SLUICE_PHASE_ON &&
	    train && train <= SLUICE_TRAIN_MAX_FRAMES)
		sluice_options_set(ret, TCA_SLUICE_TRAIN_FRAMES, train);
	pace_edt_base(target, ret);
}

/* What a device is to have for a target; 0: it is not bounded for that. */
static unsigned int bound_segs(const struct pace_target *target, int ifindex)
{
	const struct sluice_bound *bound =
		sluice_bounds_find(&target->state.bounds, ifindex);

	if (!bound || target->request->code)
		return 0;
	return bound->segs < target->segs ? bound->segs : target->segs;
}

/*
 * What a device of the bounds is to have, and has not; NULL: nothing to do. A bond is
 * bounded for each of its members, and said once.
 */
static const struct sluice_link *bound_change(const struct pace *pace,
					      const struct pace_target *target,
					      unsigned int i,
					      unsigned int *ret_segs)
{
	const int ifindex = target->state.bounds.bounds[i].ifindex;
	const struct sluice_link *link = sluice_links_find(&pace->links,
							   ifindex);
	const struct pace_target *other;

	*ret_segs = bound_segs(target, ifindex);
	for (other = pace->targets; other != target; other++)
		if (bound_segs(other, ifindex) == *ret_segs)
			return NULL;
	return link && link->gso_max_segs != *ret_segs ? link : NULL;
}

void pace_bounds_print(const struct pace *pace, const struct pace_target *target)
{
	const struct sluice_link *link;
	char device[SLUICE_WORD_SIZE];
	unsigned int i, segs;

	for (i = 0; i < target->state.bounds.count; i++) {
		link = bound_change(pace, target, i, &segs);
		if (!link)
			continue;
		sluice_word_make(link->name, device);
		printf("ip link set dev %s gso_max_segs %u\n", device, segs);
	}
}

json_t *pace_bounds_json(const struct pace *pace,
			 const struct pace_target *target)
{
	json_t *array = json_array();
	const struct sluice_link *link;
	unsigned int i, segs;

	for (i = 0; i < target->state.bounds.count; i++) {
		link = bound_change(pace, target, i, &segs);
		if (link)
			json_array_append_new(array,
				json_pack("{s:o, s:i}", "dev",
					  out_name_json(link->name),
					  "segs", (int)segs));
	}
	return array;
}

/* ---- refusing ---- */

int pace_kind_refuse(const struct pace_target *target)
{
	const char *device = target->link->name;

	if (pace_target_is_fq(target))
		return out_refuse(EXIT_FAILED, target->request->command,
				  "%s: sluice paces it with the module: 'sluice off %s' first",
				  device, device);
	return out_refuse(EXIT_FAILED, target->request->command,
			  "%s: it is paced without the module, by fq: 'sluice off %s' first, or add %s",
			  device, device, target->request->command[0] == 'o' ?
			  "--no-module" : "'module no'");
}

/* Would the kernel make an fq for this target? Only asked, nothing is changed. */
static bool has_fq(struct pace *pace, const struct pace_target *target)
{
	const struct sluice_wish wish = {
		.kind = SLUICE_FQ_KIND, .found = &target->before,
	};
	struct sluice_plan plan;
	int err;

	err = sluice_plan_on(&target->before, target->queues, &wish, &plan);
	if (!err)
		err = sluice_plan_rehearse(pace->netlink, target->link,
					   &target->before, &plan,
					   pace->message);
	sluice_plan_done(&plan);
	return !err;
}

/* One option as it is proposed to fq; those that fq cannot take go to @without. */
static void option_propose(const struct sluice_option *option,
			   const struct sluice_options *options, FILE *words,
			   FILE *without)
{
	const uint64_t value = options->values[option->attribute];
	struct sluice_options one = { .given = 0 };
	char text[64], reason[256];

	if (sluice_options_is_share(options, option->attribute))
		sluice_options_set_share(&one, option->attribute, value);
	else
		sluice_options_set(&one, option->attribute, value);
	if (sluice_fq_check(&one, reason, sizeof(reason))) {
		fprintf(without, "%s%s", ftell(without) ? ", " : " without ",
			option->name);
		return;
	}
	if (one.shares) {
		sluice_share_format(option, value, text, sizeof(text));
		fprintf(words, " %s", text);
		return;
	}
	sluice_option_format(option, value, text, sizeof(text));
	fprintf(words, " %s %s", option->name, text);
}

/* The command that works here: with all of its devices, and what fq can do. */
static void command_propose(const struct pace *pace, char *text,
			    size_t text_size)
{
	const struct sluice_options *options = &pace->requests[0].options;
	const struct sluice_option *option = NULL;
	char without[256] = "";
	FILE *words = fmemopen(text, text_size, "w");
	FILE *lost = fmemopen(without, sizeof(without), "w");
	unsigned int i;

	text[0] = '\0';
	if (words && lost) {
		fputs("; or 'sluice on", words);
		for (i = 0; i < pace->requests_count; i++)
			fprintf(words, " %s", pace->requests[i].device);
		while ((option = sluice_options_next(options, option)))
			option_propose(option, options, words, lost);
		fflush(lost);
		fprintf(words, " --no-module': the kernel's fq,%s%s which keeps less",
			without, *without ? "," : "");
	}
	if (words)
		fclose(words);
	if (lost)
		fclose(lost);
}

int pace_absence_refuse(struct pace *pace, const struct pace_target *target)
{
	char instead[INSTEAD_SIZE];

	pace->lacks_module = sluice_module_may_come("");
	if (pace_target_is_fq(target))
		return out_refuse(EXIT_UNSUPPORTED, target->request->command,
				  "%s: this kernel has no fq (CONFIG_NET_SCH_FQ), or could not load its module sch_fq: 'modprobe sch_fq' says why",
				  target->link->name);
	if (!has_fq(pace, target))
		instead[0] = '\0';
	else if (pace->mode->is_each)
		snprintf(instead, sizeof(instead),
			 "; or write 'module no' into it: the kernel's fq, which keeps less");
	else
		command_propose(pace, instead, sizeof(instead));
	return out_refuse_module(target->request->command, target->link->name,
				 instead);
}

/* ---- what it comes to ---- */

void pace_fq_report(const struct pace *pace, const struct pace_request *request,
		    const char *mark)
{
	const struct pace_target *target = NULL;
	unsigned int i;

	for (i = 0; !target && i < pace->count; i++)
		if (pace->targets[i].request == request)
			target = &pace->targets[i];
	if (!target)
		return;
	printf("%s%s: the kernel's fq paces it, not sluice\n"
	       "%s  kept: departure times of TCP, SO_MAX_PACING_RATE, SO_TXTIME and maxrate,\n"
	       "%s    and super-packets of TCP have at most %u frame%s\n"
	       "%s  not kept: a gap%s of the device; sluice's gains, so TCP's stay (2.0\n"
	       "%s    in slow start, 1.2 after it); single frames of guests, of what is\n"
	       "%s    forwarded, of UDP GSO and of connections that are open already, until\n"
	       "%s    'ip route flush cache' takes those of IPv4 along\n",
	       mark, request->device, mark, mark, target->segs,
	       target->segs == 1 ? "" : "s", mark,
	       target->edt_wanted.rate_bytes_ps ? "" : " and a rate",
	       mark, mark, mark);
	if (target->edt_wanted.rate_bytes_ps)
		pace_edt_report(target, pace->mode->is_dry_run, mark);
	if (target->segs == 1)
		printf("%s  cost: up to 1.5 times the instructions of sluice's single frames (docs/cost.md)\n",
		       mark);
}
