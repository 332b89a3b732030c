// SPDX-License-Identifier: GPL-2.0
/* Pacing devices; see pace.h. */
#include "pace.h"

#include <errno.h>
#include <string.h>

#include "../lib/restore.h"
#include "cmd.h"
#include "hold.h"
#include "leftovers.h"
#include "out.h"
#include "pace_parts.h"

/* ---- doing it ---- */

static int target_rehearse(struct pace *pace, struct pace_target *target)
{
	int err = sluice_plan_rehearse(pace->netlink, target->link,
				       &target->before, &target->plan,
				       pace->message);

	if (err == -ENOENT && pace_absence_refuse(pace, target))
		return EXIT_UNSUPPORTED;
	return err ? out_refuse_errno(target->request->command, target->link->name,
				      err, pace->message) :
		     pace_edt_rehearse(target);
}

static int store_refuse(const struct pace *pace, const char *command, int err)
{
	return out_refuse(EXIT_FAILED, command,
			  "cannot write %s, where what is there now would be saved for 'sluice off': %s: nothing is changed",
			  pace->store.folder, strerror(-err));
}

static bool is_share_changed(const struct pace_target *target)
{
	return !sluice_shares_are_equal(&target->state.shares,
					&target->shares_before);
}

/*
 * The state is on disk before the first change. One that is there already does,
 * unless this command makes an mq, bounds a device that it does not name or adds a program
 * at the egress, gives a rate as another share of the link, or takes up what was killed
 * half way.
 */
static int target_save(struct pace *pace, struct pace_target *target)
{
	int err;

	if (target->is_known && target->phase_before == SLUICE_PHASE_ON &&
	    !sluice_plan_mq_handle(&target->plan) &&
	    !target->has_more_bounds && !target->has_more_edt &&
	    !is_share_changed(target))
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
	unsigned int at = 0;
	int err;

	/* Also when the first step is refused: see sluice_plan_apply(). */
	target->is_touched = true;
	err = sluice_plan_apply_from(pace->netlink, target->link->ifindex,
				     &target->plan, &at, pace->message);
	if (err && pace_launch_refuse(pace, target, at))
		return EXIT_FAILED;
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
				      pace->message) :
		     pace_edt_apply(pace, target);
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
	if (!err)
		err = pace_edt_put_back(pace, target);
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
		is_again |= pace_targets_hand_over(pace, request);
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
			(void)pace_targets_hand_over(pace, &requests[i]);
	}
	return EXIT_DONE;
}

/* ---- all of it ---- */

/* What was refused to all was refused to each. */
static void requests_refuse(const struct pace *pace,
			    struct pace_request *requests, unsigned int count,
			    int code)
{
	unsigned int i;

	for (i = 0; code && i < count; i++) {
		if (requests[i].code)
			continue;
		requests[i].code = code;
		if (pace->lacks_module)
			requests[i].wait = PACE_PASSES;
	}
}

/* Devices that are not there, programs that own them, disks and memory that are full. */
static void requests_judge(struct pace_request *requests, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (requests[i].code == EXIT_FAILED &&
		    requests[i].wait == PACE_LASTS)
			requests[i].wait = PACE_PASSES;
}

static int pace_run(struct pace *pace, struct pace_request *requests,
		    unsigned int count, int lock_err)
{
	int code = EXIT_DONE, err;
	unsigned int i;

	err = sluice_links_list(pace->netlink, &pace->links, pace->message);
	if (err)
		code = out_refuse_errno(pace->mode->command, "all devices", err,
					pace->message);
	if (!code && !pace->mode->is_dry_run && !lock_err)
		leftovers_remove(pace->mode->command, pace->netlink,
				 &pace->store, &pace->links);
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
	requests_refuse(pace, requests, count, code);
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
	int err, code = EXIT_DONE;

	err = sluice_store_init(&pace.store, SLUICE_STATE_FOLDER);
	if (err)
		code = out_refuse_store(mode->command, err);
	err = code ? 0 : sluice_netlink_open(&pace.netlink);
	if (err)
		code = out_refuse_errno(mode->command, "all devices", err, "");
	requests_refuse(&pace, requests, count, code);
	if (!code)
		code = pace_change(&pace, requests, count);
	requests_judge(requests, count);
	pace_targets_done(&pace);
	sluice_links_done(&pace.links);
	sluice_store_unlock(&pace.store);
	sluice_netlink_close(pace.netlink);
	return code;
}
