// SPDX-License-Identifier: GPL-2.0
/* What is asked for, what is there, and what is to be done; see pace.h. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/launch.h"
#include "../lib/owner.h"
#include "../lib/place.h"
#include "cmd.h"
#include "out.h"
#include "pace_parts.h"

/* A sentence of an owner names files. */
#define REASON_SIZE (PATH_MAX + 512)

/* ---- what is asked for ---- */

static bool option_differs(const struct sluice_options *a,
			   const struct sluice_options *b, unsigned int i)
{
	if (sluice_options_has(a, i) != sluice_options_has(b, i) ||
	    sluice_options_is_share(a, i) != sluice_options_is_share(b, i))
		return true;
	return sluice_options_has(a, i) && a->values[i] != b->values[i];
}

/*
 * The first attribute that they have not alike: TCA_SLUICE_UNSPEC is the kind, and
 * TCA_SLUICE_MAX + 1 none.
 */
static unsigned int requests_differ_in(const struct pace_request *a,
				       const struct pace_request *b)
{
	unsigned int i;

	if (strcmp(a->kind, b->kind))
		return TCA_SLUICE_UNSPEC;
	for (i = TCA_SLUICE_UNSPEC + 1; i <= TCA_SLUICE_MAX; i++)
		if (option_differs(&a->options, &b->options, i))
			break;
	return i;
}

static const char *attribute_name(unsigned int attribute)
{
	const struct sluice_option *option = sluice_option_table;

	while (option->name && option->attribute != attribute)
		option++;
	return option->name ? option->name : "module";
}

/* FILE:LINE, or FILE alone where it does not have the option. */
static const char *request_place(const struct pace_request *request,
				 unsigned int attribute, char *text,
				 size_t text_size)
{
	if (request->lines[attribute])
		snprintf(text, text_size, "%s:%u", request->path,
			 request->lines[attribute]);
	else
		snprintf(text, text_size, "%s", request->path);
	return text;
}

/* Words of one command have the same options for all devices: these are files. */
static int requests_compare(const struct pace_request *first,
			    const struct pace_request *second,
			    const struct sluice_link *link,
			    const char *command)
{
	const unsigned int at = requests_differ_in(first, second);
	char places[2][REASON_SIZE];

	if (at > TCA_SLUICE_MAX)
		return EXIT_DONE;
	return out_refuse(EXIT_USAGE, command,
			  "%s and %s both pace %s, with different options (%s): make them alike, or keep one of the files",
			  request_place(first, at, places[0],
					sizeof(places[0])),
			  request_place(second, at, places[1],
					sizeof(places[1])),
			  link->name, attribute_name(at));
}

static int sharer_add(struct pace *pace, struct pace_request *request,
		      const struct sluice_link *link)
{
	struct pace_sharer *grown = reallocarray(pace->sharers,
						 pace->sharers_count + 1,
						 sizeof(*grown));

	if (!grown)
		return out_refuse_errno(request->command, request->device,
					-ENOMEM, "");
	pace->sharers = grown;
	grown[pace->sharers_count++] = (struct pace_sharer){ request, link };
	return EXIT_DONE;
}

static int target_add(struct pace *pace, struct pace_request *request,
		      const struct sluice_link *link)
{
	struct pace_target *grown, *target;
	unsigned int i;

	for (i = 0; i < pace->count; i++) {
		target = &pace->targets[i];
		if (target->link != link)
			continue;
		if (requests_compare(target->request, request, link,
				     request->command))
			return EXIT_USAGE;
		return sharer_add(pace, request, link);
	}
	grown = reallocarray(pace->targets, pace->count + 1, sizeof(*grown));
	if (!grown)
		return out_refuse_errno(request->command, request->device,
					-ENOMEM, "");
	pace->targets = grown;
	target = &grown[pace->count++];
	memset(target, 0, sizeof(*target));
	target->request = request;
	target->link = link;
	return EXIT_DONE;
}

static int left_out_add(struct pace *pace, const struct pace_request *request,
			const struct sluice_link *link)
{
	struct pace_left_out *grown = reallocarray(pace->left_out,
					      pace->left_out_count + 1,
					      sizeof(*grown));

	if (!grown)
		return out_refuse_errno(request->command, request->device,
					-ENOMEM, "");
	pace->left_out = grown;
	grown[pace->left_out_count++] = (struct pace_left_out){ request, link };
	return EXIT_DONE;
}

static int request_resolve(struct pace *pace, struct pace_request *request)
{
	const int ifindex = (int)if_nametoindex(request->device);
	struct sluice_places places = { .count = 0 };
	int code = EXIT_DONE, err;
	char error[512];
	unsigned int i;

	err = sluice_places_find(&pace->links, ifindex, &places, error,
				 sizeof(error));
	if (err == -EOPNOTSUPP &&
	    sluice_places_change(&pace->links, ifindex))
		request->wait = PACE_FOR_LINK;
	if (err == -EOPNOTSUPP)
		return out_refuse(EXIT_UNSUPPORTED, request->command, "%s",
				  error);
	if (err)
		return out_refuse_errno(request->command, request->device,
					err, "");
	for (i = 0; !code && i < places.count; i++)
		code = target_add(pace, request, places.found[i]);
	for (i = 0; !code && i < places.left_out_count; i++)
		code = left_out_add(pace, request, places.left_out[i]);
	sluice_places_done(&places);
	return code;
}

/* What is not there, or cannot be paced, stands in nobody's way. */
static int beside_compare(const struct pace *pace,
			  const struct pace_request *beside)
{
	struct sluice_places places = { .count = 0 };
	unsigned int i, j;
	int code = EXIT_DONE;
	char error[512];

	if (sluice_places_find(&pace->links,
			       (int)if_nametoindex(beside->device), &places,
			       error, sizeof(error)))
		return EXIT_DONE;
	for (i = 0; !code && i < pace->count; i++)
		for (j = 0; !code && j < places.count; j++)
			if (pace->targets[i].link == places.found[j])
				code = requests_compare(pace->targets[i].request,
							beside, places.found[j],
							pace->targets[i].request->command);
	sluice_places_done(&places);
	return code;
}

/* ---- what is there, and what is to be done ---- */

/*
 * The first `on` is the one whose find counts, as long as it is in force. What
 * somebody else has put in its place since is a new find, but for the length of
 * super-packets and the program at its egress, which are still as `on` has left them.
 */
static int state_find(struct pace *pace, struct pace_target *target)
{
	struct sluice_state old = { .ifindex = 0 };
	int err = sluice_state_load(&pace->store, target->link->ifindex,
				    &target->state);

	if (err && err != -ENOENT)
		return err;
	target->is_known = !err &&
		(sluice_state_is_in_force(&target->state, &target->before) ||
		 sluice_state_is_half_way(&target->state, &target->before));
	if (target->is_known) {
		target->phase_before = target->state.phase;
		target->shares_before = target->state.shares;
		return 0;
	}
	if (!err) {
		old = target->state;
		target->state.bounds = (struct sluice_bounds){ .count = 0 };
		sluice_state_done(&target->state);
	}
	memset(&target->state, 0, sizeof(target->state));
	target->state.bounds = old.bounds;
	target->state.has_edt = old.has_edt;
	target->state.makes_clsact = old.makes_clsact;
	snprintf(target->state.kind, sizeof(target->state.kind), "%s",
		 target->request->kind);
	target->state.ifindex = target->link->ifindex;
	target->state.phase = SLUICE_PHASE_APPLYING;
	target->state.via = (int)if_nametoindex(target->request->device);
	target->state.tx_queue_len = target->link->tx_queue_len;
	return sluice_tree_copy(&target->before, &target->state.tree);
}

/* Departures may be left to a NIC whose clock is right. */
static int launch_check(const struct pace_target *target)
{
	const struct sluice_options *options = &target->request->options;
	uint64_t horizon_ns = options->values[TCA_SLUICE_OFFLOAD_HORIZON_NS];
	char reason[REASON_SIZE], fix[REASON_SIZE] = "";
	int err = 0;

	if (sluice_options_has(options, TCA_SLUICE_OFFLOAD_HORIZON_NS) &&
	    horizon_ns)
		err = sluice_launch_check(target->link, horizon_ns, reason,
					  sizeof(reason));
	if (!err)
		return EXIT_DONE;
	if (err == -ERANGE)
		snprintf(fix, sizeof(fix), "run '" SLUICE_LAUNCH_FIX "', or ",
			 target->link->name, sluice_launch_tai_s());
	return out_refuse(EXIT_FAILED, target->request->command,
			  "%s: its %s: %sleave out offload_horizon",
			  target->link->name, reason, fix);
}

/* May this device's qdisc be changed at all? */
static int target_check(struct pace *pace, struct pace_target *target)
{
	char reason[REASON_SIZE];

	if (target->is_known)
		return strcmp(target->state.kind, target->request->kind) ?
		       pace_kind_refuse(target) : EXIT_DONE;
	target->state.is_restorable =
		sluice_tree_is_restorable(&target->state.tree, reason,
					  sizeof(reason));
	if (pace->mode->is_takeover)
		return EXIT_DONE;
	if (!target->state.is_restorable)
		return out_refuse(EXIT_FAILED, target->request->command,
				  "%s: %s, so 'sluice off' could not put it back: delete it, or add --takeover to lose it",
				  target->link->name, reason);
	if (sluice_owner_find(pace->netlink, "", &pace->links, target->link,
			      reason, sizeof(reason)))
		return out_refuse(EXIT_FAILED, target->request->command, "%s",
				  reason);
	return EXIT_DONE;
}

static int target_look(struct pace *pace, struct pace_target *target)
{
	int err;

	target->queues = sluice_link_queues(target->link);
	err = sluice_tree_read(pace->netlink, target->link->ifindex,
			       &target->before, pace->message);
	if (!err)
		err = state_find(pace, target);
	if (!err)
		err = pace_bounds_look(pace, target);
	if (!err)
		err = pace_edt_look(pace, target);
	if (err)
		return out_refuse_errno(target->request->command,
					target->link->name, err,
					pace->message);
	err = launch_check(target);
	return err ? err : target_check(pace, target);
}

static void base_take(const struct pace_target *target,
		      struct sluice_options *ret)
{
	if (pace_target_is_fq(target))
		pace_fq_base(target, ret);
	else
		sluice_plan_base(&target->before, ret);
}

/* A new member of a bond, or a new queue, takes what the others have. */
static void base_find(const struct pace *pace, const struct pace_target *target,
		      struct sluice_options *ret)
{
	unsigned int i;

	base_take(target, ret);
	for (i = 0; !ret->given && i < pace->count; i++)
		if (pace->targets[i].request == target->request)
			base_take(&pace->targets[i], ret);
}

/* As long as the command, or else an older one, says; single frames at first. */
static void train_find(struct pace_target *target, struct sluice_wish *wish)
{
	const struct sluice_options *options[] = { &wish->given, &wish->base };
	unsigned int i;

	target->segs = pace_target_is_fq(target) ? 1 : UINT32_MAX;
	if (!pace_target_is_fq(target))
		return;
	for (i = 0; i < 2; i++)
		if (sluice_options_has(options[i], TCA_SLUICE_TRAIN_FRAMES)) {
			target->segs = (unsigned int)
				options[i]->values[TCA_SLUICE_TRAIN_FRAMES];
			break;
		}
	sluice_options_set(&wish->given, TCA_SLUICE_TRAIN_FRAMES, target->segs);
}

/* Of a bond each member has a speed of its own. */
static int target_resolve(const struct pace *pace, struct pace_target *target)
{
	const struct pace_request *request = target->request;
	uint64_t beside_bits_ps = 0;
	char error[256];
	int err;

	if (request->options.shares && strcmp(request->device, target->link->name))
		beside_bits_ps = sluice_share_beside_bits_ps(&pace->links,
							     target->link);
	err = sluice_shares_resolve(&request->options, target->link,
				    beside_bits_ps, &target->options,
				    &target->state.shares, error,
				    sizeof(error));

	if (err == -ENETDOWN)
		target->request->wait = PACE_FOR_LINK;
	if (err)
		return out_refuse(err == -EOPNOTSUPP ? EXIT_UNSUPPORTED :
				  EXIT_FAILED, target->request->command,
				  "%s: %s", target->link->name, error);
	/* What a share comes to may be more than fq can hold. */
	if (pace_target_is_fq(target) &&
	    sluice_fq_check(&target->options, error, sizeof(error)))
		return out_refuse(EXIT_FAILED, target->request->command,
				  "%s: %s", target->link->name, error);
	return EXIT_DONE;
}

static int target_plan(struct pace *pace, struct pace_target *target)
{
	struct sluice_wish wish = {
		.kind = target->request->kind,
		.found = &target->state.tree,
	};
	int code, err;

	code = target_resolve(pace, target);
	if (code)
		return code;
	wish.given = target->options;
	base_find(pace, target, &wish.base);
	train_find(target, &wish);
	code = pace_gap_check(pace, target, &wish);
	if (!code)
		code = pace_edt_plan(pace, target, &wish);
	if (code)
		return code;
	err = sluice_plan_on(&target->before, target->queues, &wish,
			     &target->plan);
	if (err)
		return out_refuse_errno(target->request->command,
					target->link->name, err, "");
	if (sluice_plan_mq_handle(&target->plan))
		target->state.mq_handle = sluice_plan_mq_handle(&target->plan);
	return EXIT_DONE;
}

/* @ret_request: whose code it is, unless that is EXIT_DONE. */
static int requests_look(struct pace *pace, struct pace_request *requests,
			 unsigned int count, struct pace_request **ret_request)
{
	int code = EXIT_DONE;
	unsigned int i;

	for (i = 0; !code && i < count; i++) {
		*ret_request = &requests[i];
		if (!requests[i].code)
			code = request_resolve(pace, &requests[i]);
	}
	for (i = 0; !code && i < pace->mode->beside_count; i++)
		code = beside_compare(pace, &pace->mode->beside[i]);
	for (i = 0; !code && i < pace->count; i++) {
		*ret_request = pace->targets[i].request;
		code = target_look(pace, &pace->targets[i]);
	}
	for (i = 0; !code && i < pace->count; i++) {
		*ret_request = pace->targets[i].request;
		code = target_plan(pace, &pace->targets[i]);
	}
	return code;
}

static void target_done(struct pace_target *target)
{
	sluice_tree_done(&target->before);
	sluice_state_done(&target->state);
	sluice_plan_done(&target->plan);
	sluice_bounds_done(&target->bounds);
}

void pace_targets_done(struct pace *pace)
{
	unsigned int i;

	for (i = 0; i < pace->count; i++)
		target_done(&pace->targets[i]);
	free(pace->targets);
	free(pace->left_out);
	free(pace->sharers);
	pace->targets = NULL;
	pace->left_out = NULL;
	pace->sharers = NULL;
	pace->count = 0;
	pace->left_out_count = 0;
	pace->sharers_count = 0;
}

/* The next request for a target whose own has failed; NULL: there is none. */
static struct pace_request *sharer_find(const struct pace *pace,
					const struct pace_target *target)
{
	unsigned int i;

	for (i = 0; i < pace->sharers_count; i++)
		if (pace->sharers[i].link == target->link &&
		    !pace->sharers[i].request->code)
			return pace->sharers[i].request;
	return NULL;
}

bool pace_targets_hand_over(struct pace *pace,
			    const struct pace_request *failed)
{
	bool has_one = false;
	unsigned int i;

	for (i = 0; i < pace->count; i++) {
		struct pace_target *target = &pace->targets[i];
		struct pace_request *next = target->request == failed ?
					    sharer_find(pace, target) : NULL;

		if (!next)
			continue;
		target_done(target);
		*target = (struct pace_target){
			.request = next, .link = target->link,
		};
		next->code = target_look(pace, target);
		if (!next->code)
			next->code = target_plan(pace, target);
		if (next->code)
			(void)pace_targets_hand_over(pace, next);
		has_one = true;
	}
	return has_one;
}

int pace_prepare(struct pace *pace, struct pace_request *requests,
		 unsigned int count)
{
	struct pace_request *request = NULL;
	int code;

	while ((code = requests_look(pace, requests, count, &request)) &&
	       pace->mode->is_each && code != EXIT_USAGE) {
		request->code = code;
		pace_targets_done(pace);
	}
	return code;
}
