/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of pace.c share. */
#ifndef SLUICE_PACE_PARTS_H
#define SLUICE_PACE_PARTS_H

#include <jansson.h>

#include "../lib/edt.h"
#include "../lib/fq.h"
#include "../lib/lapse.h"
#include "../lib/plan.h"
#include "../lib/state.h"
#include "pace.h"

/**
 * struct pace_target - one device that is to be paced
 * @request: what asked for it
 * @link: the device
 * @queues: its transmit queues
 * @before: its tree before this command
 * @state: what was there before the first `on`
 * @is_known: @state was on disk already
 * @phase_before: and its phase was this
 * @shares_before: and its shares were these
 * @options: what is asked for, its shares resolved
 * @is_saved: this command has written it
 * @plan: what is to be done
 * @segs: frames that TCP's super-packets may have on the devices of
 *	@state.bounds, if there are any
 * @bounds: what they might have before this command
 * @has_more_bounds: the state on disk does not name all of them
 * @edt: the BPF program that keeps its rate without the module, before this command
 * @edt_wanted: what it is to keep; its rate is 0: there is to be none
 * @edt_makes_clsact: it needs a clsact, which is not there
 * @edt_priority: of its filter
 * @has_more_edt: the state on disk does not say that there is one
 * @lapse: an option that the kernel has taken back, and that is not asked for again
 * @is_line_behind: its gap frames need a line behind it
 * @is_touched: some of it may have been done
 */
struct pace_target {
	struct pace_request *request;
	const struct sluice_link *link;
	unsigned int queues;
	struct sluice_tree before;
	struct sluice_state state;
	bool is_known;
	enum sluice_phase phase_before;
	struct sluice_shares shares_before;
	struct sluice_options options;
	bool is_saved;
	struct sluice_plan plan;
	unsigned int segs;
	struct sluice_bounds bounds;
	bool has_more_bounds;
	struct sluice_edt edt;
	struct edt_config edt_wanted;
	bool edt_makes_clsact;
	uint16_t edt_priority;
	bool has_more_edt;
	struct sluice_lapse lapse;
	bool is_line_behind;
	bool is_touched;
};

static inline bool pace_target_is_fq(const struct pace_target *target)
{
	return !__builtin_strcmp(target->request->kind, SLUICE_FQ_KIND);
}

/* A port that is not paced, and what asked for it. */
struct pace_left_out {
	const struct pace_request *request;
	const struct sluice_link *link;
};

/* Another request for a target, with the same options. */
struct pace_sharer {
	struct pace_request *request;
	const struct sluice_link *link;
};

/**
 * struct pace - one run
 * @mode: how
 * @netlink: to the kernel
 * @store: the states
 * @requests: what is asked for
 * @requests_count: how much
 * @links: all devices
 * @targets: the ones to pace
 * @count: how many
 * @left_out: tunnels among the ports of what was asked for
 * @left_out_count: how many
 * @sharers: whose targets are paced for another request, in the order of the requests
 * @sharers_count: how many
 * @lacks_module: the kernel does not know what is to pace, but may load it later
 * @message: the kernel's sentence
 */
struct pace {
	const struct pace_mode *mode;
	struct sluice_netlink *netlink;
	struct sluice_store store;
	const struct pace_request *requests;
	unsigned int requests_count;
	struct sluice_links links;
	struct pace_target *targets;
	unsigned int count;
	struct pace_left_out *left_out;
	unsigned int left_out_count;
	struct pace_sharer *sharers;
	unsigned int sharers_count;
	bool lacks_module;
	char message[SLUICE_MESSAGE_SIZE];
};

/* ---- before the first change, in pace_look.c ---- */

/*
 * Without a request that is refused the others are looked at anew: they may
 * have shared a device with it. Words that contradict each other refuse all.
 */
int pace_prepare(struct pace *pace, struct pace_request *requests,
		 unsigned int count);

/*
 * A request has failed, and what it did is undone. Others that share a target with it
 * have that for their own, as it is now: they may do better, and else say why not.
 * Returns whether there is one.
 */
bool pace_targets_hand_over(struct pace *pace,
			    const struct pace_request *failed);

/* Frees what was found for the requests, so that they can be prepared anew. */
void pace_targets_done(struct pace *pace);

/* ---- saying it, in pace_report.c ---- */

/* What was done, or what would be; returns an exit code. */
int pace_report(const struct pace *pace, const struct pace_request *requests,
		unsigned int count);

/* ---- launch times, in pace_launch.c ---- */

/*
 * The kernel has refused step @at of a target's plan. Where that is launch times of
 * one queue, and others have them, says which. Returns an exit code; EXIT_DONE: that
 * is not it. What was asked of the queues is to be rolled back.
 */
int pace_launch_refuse(struct pace *pace, const struct pace_target *target,
		       unsigned int at);

/* ---- gap frames, in pace_gap.c ---- */

/*
 * Refuses those that would not get to a line, or that need fewer transmit queues; what
 * the kernel asks for beside that it says itself. Returns an exit code.
 */
int pace_gap_check(const struct pace *pace, struct pace_target *target,
		   const struct sluice_wish *wish);

/* Whose line they fill where the device has none; and what the kernel has taken back. */
void pace_gap_report(const struct pace_target *target);

/* ---- without the module, in pace_fq.c ---- */

/* Which devices are bounded for a target, and what they have now. 0 or -errno. */
int pace_bounds_look(struct pace *pace, struct pace_target *target);

/* Have them as short as the target's train, or as they were for sluice. 0 or -errno. */
int pace_bounds_apply(struct pace *pace, const struct pace_target *target);

/* Add what a target that is known already has, with its train. */
void pace_fq_base(const struct pace_target *target, struct sluice_options *ret);

/*
 * Another pacer than the one that is asked for is in force, from an older `on`.
 * Returns an exit code.
 */
int pace_kind_refuse(const struct pace_target *target);

/*
 * The kernel has not what is asked for; without sluice, what it has instead.
 * Returns EXIT_UNSUPPORTED, or EXIT_DONE where that is not it.
 */
int pace_absence_refuse(struct pace *pace, const struct pace_target *target);

/* What fq keeps, and what not, once for each request. @mark: before each line. */
void pace_fq_report(const struct pace *pace, const struct pace_request *request,
		    const char *mark);

/* The change of one bound, in the words of ip(8). */
void pace_bounds_print(const struct pace *pace, const struct pace_target *target);
json_t *pace_bounds_json(const struct pace *pace,
			 const struct pace_target *target);

/* ---- a rate without the module, in pace_edt.c ---- */

/* What the device keeps by now. 0 or -errno. */
int pace_edt_look(struct pace *pace, struct pace_target *target);

/* Add what a target that is known already keeps. */
void pace_edt_base(const struct pace_target *target,
		   struct sluice_options *ret);

/* Take the rate out of a wish, whose rest is the fq's. Returns an exit code. */
int pace_edt_plan(struct pace *pace, struct pace_target *target,
		  struct sluice_wish *wish);

/* Does this kernel load the program, and with clocks for sockets? Returns an exit code. */
int pace_edt_rehearse(struct pace_target *target);

/* Have the device keep what is wanted; the fq is there already. Returns an exit code. */
int pace_edt_apply(struct pace *pace, const struct pace_target *target);

/* Have it keep what it did before this command. 0 or -errno. */
int pace_edt_put_back(struct pace *pace, const struct pace_target *target);

/* What the rate of a target comes to. @mark: before each line. */
void pace_edt_report(const struct pace_target *target, bool is_dry_run,
		     const char *mark);

/* The change, in the words of tc(8) as far as it has them. */
void pace_edt_print(const struct pace_target *target);
json_t *pace_edt_json(const struct pace_target *target, bool is_dry_run);

#endif
