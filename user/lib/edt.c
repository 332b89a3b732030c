// SPDX-License-Identifier: GPL-2.0
/* A device's rate without the module; see edt.h. */
#include "edt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../core/wire.h"
#include "clsact.h"
#include "now.h"
#include "probe.h"
#include "qdisc.h"

/* A queue of pfifo_fast: frames, of this length with Ethernet's header. */
#define BACKLOG_FRAMES		1000u
#define BACKLOG_FRAME_BYTES	1514u
#define BACKLOG_MIN_NS		10000000u
#define MAPS_MAX		8
/* What a scope writes in front of the name of its filter, and of its programs. */
#define SCOPE_NAME		"sluice_scope "
#define SCOPE_PROGRAM_NAME	"scope_"
#define SCOPE_MADE_CLSACT	" clsact 1"

struct edt_config sluice_edt_config(uint64_t rate_bytes_ps,
				    uint32_t overhead_bytes,
				    uint64_t horizon_ns)
{
	struct edt_config config = {
		.rate_bytes_ps = rate_bytes_ps,
		.overhead_bytes = overhead_bytes,
		.horizon_ns = horizon_ns,
	};
	uint64_t bytes = (uint64_t)BACKLOG_FRAMES *
			 pace_wire_bytes(BACKLOG_FRAME_BYTES, 0,
					 overhead_bytes);

	config.backlog_ns = bytes * SLUICE_NSEC_PER_SEC / rate_bytes_ps;
	if (config.backlog_ns < BACKLOG_MIN_NS)
		config.backlog_ns = BACKLOG_MIN_NS;
	if (config.backlog_ns > horizon_ns)
		config.backlog_ns = horizon_ns;
	return config;
}

/* ---- maps ---- */

static int info_get(int fd, void *info, uint32_t info_bytes)
{
	union bpf_attr attr = { 0 };

	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = info_bytes;
	attr.info.info = (uintptr_t)info;
	return sluice_probe_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
}

static int fd_get(enum bpf_cmd command, uint32_t id)
{
	union bpf_attr attr = { 0 };

	attr.prog_id = id;
	return sluice_probe_bpf(command, &attr);
}

/* The map of that name which a program uses. Returns a descriptor or -errno. */
static int map_open(uint32_t program_id, const char *name)
{
	uint32_t ids[MAPS_MAX], i;
	struct bpf_prog_info program = {
		.nr_map_ids = MAPS_MAX, .map_ids = (uintptr_t)ids,
	};
	int fd = fd_get(BPF_PROG_GET_FD_BY_ID, program_id), err;

	if (fd < 0)
		return fd;
	err = info_get(fd, &program, sizeof(program));
	close(fd);
	for (i = 0; !err && i < program.nr_map_ids && i < MAPS_MAX; i++) {
		struct bpf_map_info map = { .id = 0 };

		fd = fd_get(BPF_MAP_GET_FD_BY_ID, ids[i]);
		if (fd < 0)
			return fd;
		err = info_get(fd, &map, sizeof(map));
		if (!err && !strcmp(map.name, name))
			return fd;
		close(fd);
	}
	return err ? err : -ENOENT;
}

/* @flags: BPF_F_LOCK for a value with a lock. */
static int map_access(uint32_t program_id, const char *name,
		      enum bpf_cmd command, void *value, uint64_t flags)
{
	uint32_t first = 0;
	union bpf_attr attr = { 0 };
	int fd = map_open(program_id, name), err;

	if (fd < 0)
		return fd;
	attr.map_fd = (uint32_t)fd;
	attr.key = (uintptr_t)&first;
	attr.value = (uintptr_t)value;
	attr.flags = flags;
	err = sluice_probe_bpf(command, &attr);
	close(fd);
	return err;
}

static int maps_read(uint32_t program_id, struct sluice_edt *ret)
{
	/* The program of an older sluice may fill less. */
	struct edt_state state = { .lock = { 0 } };
	uint64_t now_ns;
	int fd, err;

	err = map_access(program_id, EDT_CONFIG_NAME, BPF_MAP_LOOKUP_ELEM,
			 &ret->config, 0);
	if (!err)
		err = map_access(program_id, EDT_STATE_NAME,
				 BPF_MAP_LOOKUP_ELEM, &state, BPF_F_LOCK);
	if (err)
		return err;
	ret->counters = state.counters;
	now_ns = sluice_now_ns(CLOCK_MONOTONIC);
	if (pace_before(now_ns, state.device.next_ns))
		ret->ahead_ns = state.device.next_ns - now_ns;
	/* Where sockets have no clocks, there is no map of them. */
	fd = map_open(program_id, EDT_SOCKETS_NAME);
	ret->has_sockets = fd >= 0;
	if (fd >= 0)
		close(fd);
	return 0;
}

/* ---- the program ---- */

static void own_take(const struct sluice_filter *filter, void *data)
{
	struct sluice_filter *own = data;

	if (filter->is_bpf && !strcmp(filter->name, EDT_NAME))
		*own = *filter;
}

/* Our filter; its priority is 0 if there is none. */
static int own_find(struct sluice_netlink *netlink, int ifindex,
		    struct sluice_filter *ret, char *message)
{
	memset(ret, 0, sizeof(*ret));
	return sluice_filters_list(netlink, ifindex, SLUICE_PROGRAM_EGRESS,
				   own_take, ret, message);
}

int sluice_edt_look(struct sluice_netlink *netlink, int ifindex,
		    struct sluice_edt *ret, char *message)
{
	struct sluice_filter own;
	int err;

	memset(ret, 0, sizeof(*ret));
	err = own_find(netlink, ifindex, &own, message);
	if (err || !own.priority)
		return err;
	ret->is_there = true;
	ret->priority = own.priority;
	err = maps_read(own.program_id, ret);
	/* Others may not, and a program that goes is gone. */
	return err == -EPERM || err == -ENOENT ? 0 : err;
}

/* ---- the others ---- */

static bool is_scope(const char *name)
{
	return !strncmp(name, SCOPE_NAME, strlen(SCOPE_NAME)) ||
	       !strncmp(name, SCOPE_PROGRAM_NAME, strlen(SCOPE_PROGRAM_NAME));
}

static void program_take(const char *name, void *data)
{
	struct sluice_edt_place *place = data;

	if (strcmp(name, EDT_NAME) && !is_scope(name))
		snprintf(place->other, sizeof(place->other),
			 "the BPF program %s", *name ? name : "without a name");
}

static void filter_take(const struct sluice_filter *filter, void *data)
{
	struct sluice_edt_place *place = data;

	if (filter->priority == 1 && !*place->other)
		snprintf(place->other, sizeof(place->other),
			 "a filter of priority 1, in front of which none can be,");
	else if (filter->priority <= place->priority)
		place->priority = filter->priority - 1;
	/* It goes with the last scope, or else with us. */
	if (is_scope(filter->name) && strstr(filter->name, SCOPE_MADE_CLSACT))
		place->has_clsact = false;
}

static int clsact_look(struct sluice_netlink *netlink, int ifindex,
		       struct sluice_edt_place *ret, char *message)
{
	struct sluice_qdisc *qdiscs = NULL;
	unsigned int i, count = 0;
	int err = sluice_qdisc_list(netlink, ifindex, &qdiscs, &count, message);

	for (i = 0; i < count; i++) {
		ret->has_clsact |= !strcmp(qdiscs[i].kind, "clsact");
		/* The two have one place. */
		if (!strcmp(qdiscs[i].kind, "ingress"))
			snprintf(ret->other, sizeof(ret->other),
				 "the qdisc ingress, in whose place clsact has to be");
	}
	free(qdiscs);
	return err;
}

int sluice_edt_place_look(struct sluice_netlink *netlink, int ifindex,
			  struct sluice_edt_place *ret, char *message)
{
	enum sluice_program_side side;
	int err;

	memset(ret, 0, sizeof(*ret));
	ret->priority = SLUICE_FILTER_PRIORITY_INITIAL;
	err = clsact_look(netlink, ifindex, ret, message);
	if (!err)
		err = sluice_programs_list(netlink, ifindex,
					   SLUICE_PROGRAM_EGRESS, program_take,
					   ret);
	for (side = SLUICE_PROGRAM_INGRESS;
	     !err && side <= SLUICE_PROGRAM_EGRESS; side++) {
		struct sluice_edt_place seen = *ret;

		err = sluice_filters_list(netlink, ifindex, side, filter_take,
					  &seen, message);
		ret->has_clsact = seen.has_clsact;
		if (side == SLUICE_PROGRAM_EGRESS)
			*ret = seen;
	}
	return err;
}

/* ---- in and out ---- */

int sluice_edt_unset(struct sluice_netlink *netlink, int ifindex,
		     bool makes_clsact, char *message)
{
	struct sluice_filter own;
	int err = own_find(netlink, ifindex, &own, message);

	if (!err && own.priority)
		err = sluice_filter_delete(netlink, &own, message);
	/* Somebody else has removed it, or the device has gone. */
	if (err == -ENOENT || err == -ENODEV)
		err = 0;
	if (!err && makes_clsact)
		err = sluice_clsact_delete_empty(netlink, ifindex, message);
	return err == -ENODEV ? 0 : err;
}

int sluice_edt_rehearse(bool *ret_has_sockets)
{
	const struct edt_config config = { .rate_bytes_ps = 0 };
	int fd, err = sluice_edt_load(&config, &fd, ret_has_sockets);

	if (!err)
		close(fd);
	return err;
}

static int own_attach(struct sluice_netlink *netlink, int ifindex,
		      uint16_t priority, const struct edt_config *config,
		      char *message)
{
	const struct sluice_filter own = {
		.ifindex = ifindex, .side = SLUICE_PROGRAM_EGRESS,
		.priority = priority, .handle = 1, .name = EDT_NAME,
	};
	bool has_sockets;
	int fd, err = sluice_edt_load(config, &fd, &has_sockets);

	if (err)
		return err;
	err = sluice_clsact_change(netlink, ifindex, true, message);
	if (!err || err == -EEXIST)
		err = sluice_filter_add(netlink, &own, fd, message);
	close(fd);
	return err;
}

int sluice_edt_set(struct sluice_netlink *netlink, int ifindex,
		   const struct edt_config *config, char *message)
{
	struct edt_config value = *config;
	struct sluice_edt_place place;
	struct sluice_filter own;
	int err = own_find(netlink, ifindex, &own, message);

	if (!err && !own.priority)
		err = sluice_edt_place_look(netlink, ifindex, &place, message);
	if (err)
		return err;
	if (!own.priority)
		return own_attach(netlink, ifindex, place.priority, config,
				  message);
	return map_access(own.program_id, EDT_CONFIG_NAME,
			  BPF_MAP_UPDATE_ELEM, &value, BPF_ANY);
}
