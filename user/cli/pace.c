// SPDX-License-Identifier: GPL-2.0
/* Pacing devices; see pace.h. */
#include "pace.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/launch.h"
#include "../lib/owner.h"
#include "../lib/place.h"
#include "../lib/restore.h"
#include "cmd.h"
#include "hold.h"
#include "out.h"
#include "pace_parts.h"

/* A sentence of an owner names files. */
#define REASON_SIZE (PATH_MAX + 512)

/* ---- what is asked for ---- */

static bool options_are_equal(const struct sluice_options *a,
			      const struct sluice_options *b)
{
	unsigned int i;

	if (a->given != b->given || a->shares != b->shares)
		return false;
	for (i = 0; i <= TCA_SLUICE_MAX; i++)
		if (sluice_options_has(a, i) && a->values[i] != b->values[i])
			return false;
	return true;
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
		if (!strcmp(target->request->kind, request->kind) &&
		    options_are_equal(&target->request->options,
				      &request->options))
			return sharer_add(pace, request, link);
		return out_refuse(EXIT_USAGE, request->command,
				  "%s and %s both pace %s, with different options: name one of them",
				  target->request->device, request->device,
				  link->name);
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
	struct sluice_places places = { .count = 0 };
	int code = EXIT_DONE, err;
	char error[512];
	unsigned int i;

	err = sluice_places_find(&pace->links,
				 (int)if_nametoindex(request->device),
				 &places, error, sizeof(error));
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

/* ---- what is there, and what is to be done ---- */

/*
 * The first `on` is the one whose find counts, as long as it is in force. What
 * somebody else has put in its place since is a new find, but for the length of
 * super-packets, which is still what `on` has made of it.
 */
static int state_find(struct pace *pace, struct pace_target *target)
{
	struct sluice_bounds bounds = { .count = 0 };
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
		bounds = target->state.bounds;
		target->state.bounds = (struct sluice_bounds){ .count = 0 };
		sluice_state_done(&target->state);
	}
	memset(&target->state, 0, sizeof(target->state));
	target->state.bounds = bounds;
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
static int target_resolve(struct pace_target *target)
{
	char error[256];
	int err = sluice_shares_resolve(&target->request->options, target->link,
					&target->options, &target->state.shares,
					error, sizeof(error));

	target->request->is_link_down = err == -ENETDOWN;
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

	code = target_resolve(target);
	if (code)
		return code;
	wish.given = target->options;
	base_find(pace, target, &wish.base);
	train_find(target, &wish);
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

static void targets_done(struct pace *pace)
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

/*
 * A request has failed, and what it did is undone. Others that share a target with it
 * have that for their own, as it is now: they may do better, and else say why not.
 * Returns whether there is one.
 */
static bool targets_hand_over(struct pace *pace,
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
			(void)targets_hand_over(pace, next);
		has_one = true;
	}
	return has_one;
}

/*
 * Without a request that is refused the others are looked at anew: they may
 * have shared a device with it. Words that contradict each other refuse all.
 */
static int pace_prepare(struct pace *pace, struct pace_request *requests,
			unsigned int count)
{
	struct pace_request *request = NULL;
	int code;

	while ((code = requests_look(pace, requests, count, &request)) &&
	       pace->mode->is_each && code != EXIT_USAGE) {
		request->code = code;
		targets_done(pace);
	}
	return code;
}

/* ---- doing it ---- */

static int target_rehearse(struct pace *pace, const struct pace_target *target)
{
	int err = sluice_plan_rehearse(pace->netlink, target->link,
				       &target->before, &target->plan,
				       pace->message);

	if (err == -ENOENT && pace_absence_refuse(pace, target))
		return EXIT_UNSUPPORTED;
	return err ? out_refuse_errno(target->request->command, target->link->name,
				      err, pace->message) : EXIT_DONE;
}

static int store_refuse(const struct pace *pace, const char *command, int err)
{
	return out_refuse(EXIT_FAILED, command,
			  "cannot write %s, where what is there now would be saved for 'sluice off': %s: nothing is changed",
			  pace->store.folder, strerror(-err));
}

static bool is_share_changed(const struct pace_target *target)
{
	return memcmp(&target->state.shares, &target->shares_before,
		      sizeof(target->shares_before));
}

/*
 * The state is on disk before the first change. One that is there already does,
 * unless this command makes an mq or bounds a device that it does not name, gives a
 * rate as another share of the link, or takes up what was killed half way.
 */
static int target_save(struct pace *pace, struct pace_target *target)
{
	int err;

	if (target->is_known && target->phase_before == SLUICE_PHASE_ON &&
	    !sluice_plan_mq_handle(&target->plan) &&
	    !target->has_more_bounds && !is_share_changed(target))
		return EXIT_DONE;
	/* What `off` has left half way is recognised by this phase alone. */
	if (target->phase_before != SLUICE_PHASE_RESTORING)
		target->state.phase = SLUICE_PHASE_APPLYING;
	/* It may be there also when saving it failed. */
	target->is_saved = true;
	err = sluice_state_save(&pace->store, &target->state);
	return err ? store_refuse(pace, target->request->command, err) :
		     EXIT_DONE;
}

static int target_apply(struct pace *pace, struct pace_target *target)
{
	int err;

	/* Also when the first step is refused: see sluice_plan_apply(). */
	target->is_touched = true;
	err = sluice_plan_apply(pace->netlink, target->link->ifindex,
				&target->plan, pace->message);
	if (err)
		return out_refuse_errno(target->request->command,
					target->link->name, err,
					pace->message);
	if (*pace->message)
		out_refuse(EXIT_DONE, target->request->command,
			   "%s: the kernel notes: %s", target->link->name,
			   pace->message);
	err = pace_bounds_apply(pace, target);
	return err ? out_refuse_errno(target->request->command,
				      target->link->name, err,
				      pace->message) : EXIT_DONE;
}

/*
 * Put back what this command found, which may be the work of an older `on`. If
 * it is killed in the middle, that is as if `off` were.
 */
static bool target_put_back(struct pace *pace, struct pace_target *target)
{
	const int ifindex = target->link->ifindex;
	struct sluice_tree live = { .count = 0 };
	int err;

	if (target->is_saved)
		(void)sluice_state_mark(&pace->store, ifindex,
					SLUICE_PHASE_RESTORING);
	err = sluice_tree_read(pace->netlink, ifindex, &live, pace->message);
	if (!err)
		err = sluice_restore(pace->netlink, ifindex, &target->before,
				     target->link->tx_queue_len, &live,
				     pace->message);
	if (!err && !sluice_tree_is_restored(&target->before, &live))
		err = -EIO;
	if (!err)
		err = sluice_bounds_set(pace->netlink, &target->bounds,
					UINT32_MAX, pace->message);
	sluice_tree_done(&live);
	return !err;
}

/* Does a target belong to a request? To none: all of them do. */
static bool is_of(const struct pace_target *target,
		  const struct pace_request *request)
{
	return !request || target->request == request;
}

/* Where the shares cannot be written they do not fit the rate, and do not count. */
static void state_put_back(struct pace *pace, struct pace_target *target)
{
	target->state.phase = target->phase_before;
	if (is_share_changed(target)) {
		target->state.shares = target->shares_before;
		if (!sluice_state_save(&pace->store, &target->state))
			return;
	}
	(void)sluice_state_mark(&pace->store, target->link->ifindex,
				target->phase_before);
}

static void pace_roll_back(struct pace *pace,
			   const struct pace_request *request)
{
	unsigned int i;

	for (i = pace->count; i-- > 0;) {
		struct pace_target *target = &pace->targets[i];

		if (!is_of(target, request))
			continue;
		if (target->is_touched && !target_put_back(pace, target) &&
		    if_nametoindex(target->link->name)) {
			out_refuse(EXIT_FAILED, target->request->command,
				   "%s: undoing it failed too: 'sluice off %s' tries again",
				   target->link->name, target->link->name);
			continue;
		}
		if (target->is_saved && target->is_known)
			state_put_back(pace, target);
		else if (target->is_saved)
			(void)sluice_state_remove(&pace->store,
						  target->link->ifindex);
	}
}

/* All that one request asks for, or all that any does: whole, or not at all. */
static int pace_apply(struct pace *pace, const struct pace_request *request)
{
	int code = EXIT_DONE, err;
	unsigned int i;

	for (i = 0; !code && i < pace->count; i++)
		if (is_of(&pace->targets[i], request))
			code = target_save(pace, &pace->targets[i]);
	for (i = 0; !code && i < pace->count; i++)
		if (is_of(&pace->targets[i], request))
			code = target_apply(pace, &pace->targets[i]);
	for (i = 0; !code && i < pace->count; i++) {
		if (!pace->targets[i].is_saved ||
		    !is_of(&pace->targets[i], request))
			continue;
		err = sluice_state_mark(&pace->store,
					pace->targets[i].link->ifindex,
					SLUICE_PHASE_ON);
		if (err)
			code = store_refuse(pace,
					    pace->targets[i].request->command,
					    err);
	}
	if (code)
		pace_roll_back(pace, request);
	return code;
}

/*
 * The kernel's refusal says more than that of the disk. What it refuses for want
 * of the module or of privilege, it refuses of every device.
 */
static int pace_rehearse(struct pace *pace)
{
	bool is_again = false;
	unsigned int i;
	int code;

	for (i = 0; i < pace->count; i++) {
		struct pace_request *request = pace->targets[i].request;

		code = request->code ? EXIT_DONE :
		       target_rehearse(pace, &pace->targets[i]);
		if (code && (!pace->mode->is_each || code == EXIT_UNSUPPORTED))
			return code;
		if (!code)
			continue;
		request->code = code;
		is_again |= targets_hand_over(pace, request);
	}
	return is_again ? pace_rehearse(pace) : EXIT_DONE;
}

static int requests_apply(struct pace *pace, struct pace_request *requests,
			  unsigned int count)
{
	unsigned int i;

	if (!pace->mode->is_each)
		return pace_apply(pace, NULL);
	for (i = 0; i < count; i++) {
		if (requests[i].code)
			continue;
		requests[i].code = pace_apply(pace, &requests[i]);
		if (requests[i].code)
			(void)targets_hand_over(pace, &requests[i]);
	}
	return EXIT_DONE;
}

/* ---- all of it ---- */

static int pace_run(struct pace *pace, struct pace_request *requests,
		    unsigned int count, int lock_err)
{
	int code = EXIT_DONE, err;
	unsigned int i;

	err = sluice_links_list(pace->netlink, &pace->links, pace->message);
	if (err)
		code = out_refuse_errno(pace->mode->command, "all devices", err,
					pace->message);
	if (!code)
		code = pace_prepare(pace, requests, count);
	if (!code && !pace->mode->is_dry_run) {
		code = pace_rehearse(pace);
		if (!code && pace->count && lock_err)
			code = store_refuse(pace, pace->mode->command,
					    lock_err);
		if (!code)
			code = requests_apply(pace, requests, count);
	}
	if (!code)
		code = pace_report(pace, requests, count);
	for (i = 0; !code && i < count; i++)
		code = requests[i].code;
	return code;
}

static int pace_change(struct pace *pace, struct pace_request *requests,
		       unsigned int count)
{
	sigset_t before;
	int lock_err, code;

	if (pace->mode->is_dry_run)
		return pace_run(pace, requests, count, 0);
	/* First: another command may be changing what is looked at. */
	lock_err = sluice_store_lock(&pace->store);
	hold_begin(&before);
	code = pace_run(pace, requests, count, lock_err);
	hold_end(&before);
	return code;
}

int pace_devices(const struct pace_mode *mode, struct pace_request *requests,
		 unsigned int count)
{
	struct pace pace = {
		.mode = mode, .requests = requests, .requests_count = count,
	};
	int err, code;

	err = sluice_store_init(&pace.store, SLUICE_STATE_FOLDER);
	if (err)
		return out_refuse_store(mode->command, err);
	err = sluice_netlink_open(&pace.netlink);
	code = err ? out_refuse_errno(mode->command, "all devices", err, "") :
		     pace_change(&pace, requests, count);
	targets_done(&pace);
	sluice_links_done(&pace.links);
	sluice_store_unlock(&pace.store);
	sluice_netlink_close(pace.netlink);
	return code;
}
