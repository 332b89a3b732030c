/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of pace.c share. */
#ifndef SLUICE_PACE_PARTS_H
#define SLUICE_PACE_PARTS_H

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
	bool is_touched;
};

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
 * @links: all devices
 * @targets: the ones to pace
 * @count: how many
 * @left_out: tunnels among the ports of what was asked for
 * @left_out_count: how many
 * @sharers: whose targets are paced for another request, in the order of the requests
 * @sharers_count: how many
 * @message: the kernel's sentence
 */
struct pace {
	const struct pace_mode *mode;
	struct sluice_netlink *netlink;
	struct sluice_store store;
	struct sluice_links links;
	struct pace_target *targets;
	unsigned int count;
	struct pace_left_out *left_out;
	unsigned int left_out_count;
	struct pace_sharer *sharers;
	unsigned int sharers_count;
	char message[SLUICE_MESSAGE_SIZE];
};

/* What was done, or what would be; returns an exit code. */
int pace_report(const struct pace *pace, const struct pace_request *requests,
		unsigned int count);

#endif
