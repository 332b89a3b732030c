// SPDX-License-Identifier: GPL-2.0
/*
 * A filter at clsact, for kernels before 6.6. Part of live.c.
 *
 * A clsact that is there stays, with all its filters (S2). Ours is the first, and
 * gives no verdict, so that the others are asked as if it were not there. It
 * goes by priority and handle; the clsact goes too if we made it and it has no
 * filter left.
 *
 * A filter does not vanish with who made it, and a scope that gave up its
 * privileges cannot remove it. So a keeper (keeper.h) does, also after SIGKILL. If
 * both were killed it stays. Its name says whose it is, so that the next scope on
 * the device sees that its owner has gone.
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/clsact.h"
#include "live_parts.h"

#define NAME_PREFIX	"sluice_scope "
#define NAME_FORMAT	NAME_PREFIX "pid %d start %llu pidns %lu clsact %d"
/* Of ours beside filters of the same priority, which count from 1. */
#define HANDLE_OURS		0x51u
#define FILTERS_MAX		64u

/* ---- whose a filter is ---- */

struct owner {
	int pid;
	unsigned long long start;
	unsigned long pid_namespace;
	int is_clsact_ours;
};

/* Field 22 of /proc/PID/stat, in ticks since boot; 0: there is no such process. */
static unsigned long long process_start(int pid)
{
	unsigned long long start = 0;
	char path[64], text[1024], *at;
	unsigned int field;
	size_t bytes;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	bytes = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[bytes] = '\0';
	/* The name of the program, field 2, may hold anything. */
	at = strrchr(text, ')');
	for (field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		start = strtoull(at, NULL, 10);
	return start;
}

static unsigned long pid_namespace(void)
{
	struct stat status;

	return stat("/proc/self/ns/pid", &status) ? 0 : status.st_ino;
}

static bool owner_parse(const char *name, struct owner *ret)
{
	return sscanf(name, NAME_FORMAT, &ret->pid, &ret->start,
		      &ret->pid_namespace, &ret->is_clsact_ours) == 4;
}

/* Of a process in another namespace nobody here can tell. */
static bool owner_is_gone(const struct owner *owner)
{
	return owner->pid_namespace == pid_namespace() &&
	       process_start(owner->pid) != owner->start;
}

/* ---- the filters that are there ---- */

/**
 * struct filters - those of one direction
 * @found: the first ones
 * @count: how many; never more than FILTERS_MAX
 * @first_priority: lowest of those that are not a scope's; 0: there is none
 * @first_is_shareable: BPF for all protocols: another handle may lie beside it
 */
struct filters {
	struct sluice_filter found[FILTERS_MAX];
	unsigned int count;
	uint32_t first_priority;
	bool first_is_shareable;
};

static enum sluice_program_side side_of(bool is_ingress)
{
	return is_ingress ? SLUICE_PROGRAM_INGRESS : SLUICE_PROGRAM_EGRESS;
}

static void filter_take(const struct sluice_filter *filter, void *data)
{
	struct filters *filters = data;
	struct owner owner;

	if (!owner_parse(filter->name, &owner) &&
	    (!filters->first_priority ||
	     filter->priority < filters->first_priority)) {
		filters->first_priority = filter->priority;
		filters->first_is_shareable = filter->is_bpf &&
					      filter->protocol == ETH_P_ALL;
	}
	if (filters->count < FILTERS_MAX)
		filters->found[filters->count++] = *filter;
}

static int filters_list(const struct scope_tc *tc, bool is_ingress,
			struct filters *ret)
{
	char message[SLUICE_MESSAGE_SIZE];

	memset(ret, 0, sizeof(*ret));
	return sluice_filters_list(tc->netlink, tc->ifindex,
				   side_of(is_ingress), filter_take, ret,
				   message);
}

/* ---- in and out ---- */

/*
 * Filters of scopes that were killed. One of them may have made the clsact, and so may one
 * that is at work: who ends last takes it away.
 */
static int leftovers_remove(struct scope_tc *tc, bool is_ingress,
			    struct filters *filters)
{
	char message[SLUICE_MESSAGE_SIZE];
	int err = filters_list(tc, is_ingress, filters);
	unsigned int i;

	for (i = 0; !err && i < filters->count; i++) {
		const struct sluice_filter *filter = &filters->found[i];
		struct owner owner;

		if (!owner_parse(filter->name, &owner))
			continue;
		tc->is_clsact_ours |= owner.is_clsact_ours;
		if (owner_is_gone(&owner))
			(void)sluice_filter_delete(tc->netlink, filter,
						   message);
	}
	return err;
}

static bool is_taken(const struct scope_tc *tc, const struct filters *filters)
{
	for (unsigned int i = 0; i < filters->count; i++)
		if (filters->found[i].priority == tc->priority &&
		    filters->found[i].handle == tc->handle)
			return true;
	return false;
}

/*
 * In front of the others; beside them if there is no number in front. Processes of two
 * containers may have the same number.
 */
static void place_find(struct scope_tc *tc, const struct filters *filters)
{
	tc->handle = HANDLE_OURS + (uint32_t)getpid() * 2;
	if (!filters->first_priority)
		tc->priority = SLUICE_FILTER_PRIORITY_INITIAL;
	else if (filters->first_priority > 1)
		tc->priority = (uint16_t)(filters->first_priority - 1);
	else
		tc->priority = filters->first_is_shareable ? 1 : 2;
	while (is_taken(tc, filters))
		tc->handle += 2;
}

static struct sluice_filter filter_of(const struct scope_tc *tc)
{
	return (struct sluice_filter){
		.ifindex = tc->ifindex, .side = side_of(tc->is_ingress),
		.priority = tc->priority, .handle = tc->handle,
	};
}

static int filter_add(const struct scope_tc *tc, int prog_fd, char *message)
{
	struct sluice_filter filter = filter_of(tc);

	snprintf(filter.name, sizeof(filter.name), NAME_FORMAT, getpid(),
		 process_start(getpid()), pid_namespace(), tc->is_clsact_ours);
	return sluice_filter_add(tc->netlink, &filter, prog_fd, message);
}

static void filter_remove(struct scope_tc *tc)
{
	const struct sluice_filter filter = filter_of(tc);
	char message[SLUICE_MESSAGE_SIZE];

	(void)sluice_filter_delete(tc->netlink, &filter, message);
	if (tc->is_clsact_ours)
		(void)sluice_clsact_delete_empty(tc->netlink, tc->ifindex,
						 message);
}

/* By the keeper, which has a socket of its own. */
static void filter_keeper_remove(void *data)
{
	struct scope_tc *tc = data;

	tc->netlink = NULL;
	if (!sluice_netlink_open(&tc->netlink))
		filter_remove(tc);
}

int scope_tc_attach(struct scope_tc *tc, int prog_fd, char *message)
{
	struct filters *filters = malloc(sizeof(*filters));
	char why[SLUICE_MESSAGE_SIZE];
	int err;

	message[0] = '\0';
	if (!filters)
		return -ENOMEM;
	err = sluice_clsact_change(tc->netlink, tc->ifindex, true, message);
	tc->is_clsact_ours |= !err;
	/* It is there already, or ingress in its place. */
	if (err == -EEXIST)
		err = 0;
	if (!err)
		err = leftovers_remove(tc, !tc->is_ingress, filters);
	if (!err)
		err = leftovers_remove(tc, tc->is_ingress, filters);
	if (!err)
		err = filters_list(tc, tc->is_ingress, filters);
	if (!err) {
		place_find(tc, filters);
		err = filter_add(tc, prog_fd, message);
	}
	free(filters);
	if (err && tc->is_clsact_ours)
		(void)sluice_clsact_delete_empty(tc->netlink, tc->ifindex, why);
	if (err)
		return err;
	err = scope_keeper_start(&tc->keeper, filter_keeper_remove, tc, NULL);
	tc->is_attached = !err;
	if (err)
		filter_remove(tc);
	return err;
}

void scope_tc_detach(struct scope_tc *tc)
{
	if (tc->is_attached)
		scope_keeper_end(&tc->keeper);
	tc->is_attached = false;
}
