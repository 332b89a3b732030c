// SPDX-License-Identifier: GPL-2.0
/*
 * The scope's BPF programs: load, attach, read what they leave. Part of live.c.
 * After opening nothing here makes a system call but the reading of a clock.
 */
#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../../bpf/scope_record.h"
#include "../lib/now.h"
#include "../lib/probe.h"
#include "../lib/refuse.h"
#include "../lib/units.h"
#include "live_bpf.h"
#include "live_parts.h"
#include "live_tcx.h"

#define HOOKS	2u			/* out, in */
#define LANE_BYTES_USUAL (512u << 10)
/* Until a record has its stamp, at most; then it has none. */
#define STAMP_WAIT_NS	1000000u

/**
 * struct hook - a place that a program is attached at
 * @link_fd: of tcx; -1: not by tcx
 * @tc: of clsact
 */
struct hook {
	int link_fd;
	struct scope_tc tc;
};

/**
 * struct count_lane - how far the sums of one CPU and direction are read
 * @buckets: them
 * @at: number of the next one
 * @tick: of the one before
 */
struct count_lane {
	const struct scope_buckets *buckets;
	uint32_t at;
	uint64_t tick;
};

/**
 * struct scope_bpf - the programs at work
 * @objects: what is loaded
 * @socket_fd: the packet socket whose filter it is; -1: at the hooks
 * @stamp_fd: link of the program that sees departures; -1: nobody asked
 * @why_undated: why they are not seen though somebody did
 * @hooks: those of tc
 * @netlink: for clsact
 * @cpus: possible ones by their highest number, each has a lane
 * @lane_bytes: ring of each
 * @lanes: mapped
 * @lanes_bytes: how much of it
 * @positions: of a drain: up to where each CPU has written
 * @buckets: mapped, if it counts
 * @buckets_bytes: how much of it
 * @counts: two per CPU
 * @phase_ns: when tick 0 would have begun, by CLOCK_MONOTONIC, or up to a tick later;
 *	INT64_MAX: not known yet
 * @clock_delta_ns: to be added to a time
 * @reported: losses that have been told
 * @missed_sums: not yet told
 */
struct scope_bpf {
	struct scope_bpf_objects objects;
	int socket_fd;
	int stamp_fd;
	char why_undated[128];
	struct hook hooks[HOOKS];
	struct sluice_netlink *netlink;
	unsigned int cpus;
	uint32_t lane_bytes;
	uint8_t *lanes;
	size_t lanes_bytes;
	uint64_t *positions;
	uint8_t *buckets;
	size_t buckets_bytes;
	struct count_lane *counts;
	int64_t phase_ns;
	int64_t clock_delta_ns;
	struct scope_live_losses reported;
	uint64_t missed_sums;
};

/* ---- lanes ---- */

static size_t lane_value_bytes(uint32_t lane_bytes)
{
	return (SCOPE_LANE_VALUE_BYTES(lane_bytes) + 7) & ~(size_t)7;
}

static struct scope_lane *lane_of(const struct scope_bpf *bpf, unsigned int cpu)
{
	return (void *)(bpf->lanes + cpu * lane_value_bytes(bpf->lane_bytes));
}

/*
 * A power of two; CPUs share what was asked for. With the usual size or more each has
 * room for 13 ms at a million packets a second, however many there are.
 */
static uint32_t lane_bytes_find(uint32_t ring_bytes, unsigned int cpus)
{
	uint32_t bytes = ring_bytes < SCOPE_LIVE_RING_BYTES ?
			 SCOPE_LANE_BYTES_MIN : LANE_BYTES_USUAL;

	while (bytes < SCOPE_LANE_BYTES_MAX && bytes * 2 <= ring_bytes / cpus)
		bytes *= 2;
	return bytes;
}

static void *map_memory(const struct bpf_map *map, size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			    bpf_map__fd(map), 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static int memory_map(struct scope_bpf *bpf, bool is_counting)
{
	unsigned int i;

	bpf->lanes_bytes = bpf->cpus * lane_value_bytes(bpf->lane_bytes);
	bpf->lanes = map_memory(bpf->objects.lanes, bpf->lanes_bytes);
	bpf->positions = calloc(bpf->cpus, sizeof(*bpf->positions));
	if (!bpf->lanes || !bpf->positions)
		return -ENOMEM;
	if (!is_counting)
		return 0;
	bpf->buckets_bytes = (size_t)bpf->cpus * HOOKS *
			     sizeof(struct scope_buckets);
	bpf->buckets = map_memory(bpf->objects.buckets, bpf->buckets_bytes);
	bpf->counts = calloc((size_t)bpf->cpus * HOOKS, sizeof(*bpf->counts));
	if (!bpf->buckets || !bpf->counts)
		return -ENOMEM;
	for (i = 0; i < bpf->cpus * HOOKS; i++) {
		bpf->counts[i].buckets = (const void *)
			(bpf->buckets + i * sizeof(struct scope_buckets));
		/* Bucket 0 is never written: a CPU begins by moving on. */
		bpf->counts[i].at = 1;
	}
	return 0;
}

/* ---- attaching ---- */

static int tcx_attach(struct hook *hook, int prog_fd, int ifindex, bool is_in)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = (uint32_t)prog_fd;
	attr.link_create.target_ifindex = (uint32_t)ifindex;
	attr.link_create.attach_type = is_in ? SCOPE_TCX_INGRESS :
					       SCOPE_TCX_EGRESS;
	attr.link_create.flags = SCOPE_TCX_BEFORE;
	fd = sluice_probe_bpf(BPF_LINK_CREATE, &attr);
	if (fd < 0)
		return fd;
	hook->link_fd = fd;
	return 0;
}

static int clsact_attach(struct scope_bpf *bpf, struct hook *hook, int prog_fd,
			 int ifindex, bool is_in, char *message)
{
	int err = bpf->netlink ? 0 : sluice_netlink_open(&bpf->netlink);

	if (err)
		return err;
	hook->tc = (struct scope_tc){
		.netlink = bpf->netlink, .ifindex = ifindex, .is_ingress = is_in,
		.is_clsact_ours = bpf->hooks[!is_in].tc.is_clsact_ours,
	};
	return scope_tc_attach(&hook->tc, prog_fd, message);
}

static int hook_attach(struct scope_bpf *bpf,
		       const struct scope_live_config *config, int ifindex,
		       bool is_in, char *error, size_t error_size)
{
	static const char *const names[2][2] = {
		{ "scope_out", "scope_in" }, { "scope_count_out", "scope_count_in" },
	};
	char message[SLUICE_MESSAGE_SIZE] = "";
	struct hook *hook = &bpf->hooks[is_in];
	struct bpf_program *program;
	int err = -EOPNOTSUPP, fd;

	program = bpf_object__find_program_by_name(bpf->objects.object,
						   names[config->is_counting][is_in]);
	fd = bpf_program__fd(program);
	if (config->hook != SCOPE_LIVE_HOOK_CLSACT) {
		err = tcx_attach(hook, fd, ifindex, is_in);
		if (!err)
			return 0;
		/* What a kernel before 6.6 says of a kind that it does not know. */
		if (err != -EINVAL || config->hook == SCOPE_LIVE_HOOK_TCX)
			return sluice_refuse(err, error, error_size,
					     "the kernel attaches no program to %s by tcx: %s",
					     config->name, strerror(-err));
	}
	err = clsact_attach(bpf, hook, fd, ifindex, is_in, message);
	if (!err)
		return 0;
	return sluice_refuse(err, error, error_size,
			     "the kernel attaches no program to %s by clsact: %s",
			     config->name,
			     *message ? message : strerror(-err));
}

/*
 * A packet socket whose filter takes the records. Protocol 0: nothing comes before
 * it is bound, and by then it has the filter.
 */
static int socket_attach(struct scope_bpf *bpf, const char *name, int ifindex,
			 char *error, size_t error_size)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = ifindex,
	};
	int prog_fd = bpf_program__fd(bpf->objects.tap);

	bpf->socket_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (bpf->socket_fd < 0 ||
	    setsockopt(bpf->socket_fd, SOL_SOCKET, SO_ATTACH_BPF, &prog_fd,
		       sizeof(prog_fd)) ||
	    bind(bpf->socket_fd, (struct sockaddr *)&address, sizeof(address)))
		return sluice_refuse(-errno, error, error_size,
				     "the kernel attaches no program to a packet socket on %s: %s",
				     name, strerror(errno));
	return 0;
}

static int programs_attach(struct scope_bpf *bpf,
			   const struct scope_live_config *config, int ifindex,
			   char *error, size_t error_size)
{
	int err = 0;

	if (config->place == SCOPE_LIVE_QDISC && !config->is_counting)
		return socket_attach(bpf, config->name, ifindex, error,
				     error_size);
	if (config->has_in)
		err = hook_attach(bpf, config, ifindex, true, error,
				  error_size);
	if (!err && config->has_out)
		err = hook_attach(bpf, config, ifindex, false, error,
				  error_size);
	return err;
}

/* ---- all of it ---- */

static int load_refuse(int err, char *error, size_t error_size)
{
	if (err == -EPERM)
		return sluice_refuse(err, error, error_size,
				     "BPF needs the capabilities BPF, PERFMON and NET_ADMIN: run it as root");
	return sluice_refuse(err, error, error_size,
			     "this kernel does not load the BPF programs: %s",
			     strerror(-err));
}

const char *scope_bpf_why_undated(const struct scope_bpf *bpf)
{
	return bpf->why_undated;
}

int scope_bpf_open(struct scope_bpf **ret,
		   const struct scope_live_config *config,
		   const struct sluice_link *link, bool is_raw,
		   int64_t clock_delta_ns, char *error, size_t error_size)
{
	struct scope_bpf *bpf = calloc(1, sizeof(*bpf));
	bool is_at_hooks = config->place == SCOPE_LIVE_STACK;
	int err;
	struct scope_bpf_sizes sizes = {
		.is_raw = is_raw, .ifindex = link->ifindex,
		.has_out = config->has_out, .has_in = config->has_in,
		.is_counting = config->is_counting,
		.has_tap = !is_at_hooks && !config->is_counting,
		.has_hooks = is_at_hooks && !config->is_counting,
	};

	if (!bpf)
		return sluice_refuse(-ENOMEM, error, error_size,
				     "there is no memory");
	bpf->socket_fd = -1;
	bpf->stamp_fd = -1;
	bpf->hooks[0].link_fd = -1;
	bpf->hooks[1].link_fd = -1;
	bpf->clock_delta_ns = clock_delta_ns;
	bpf->phase_ns = INT64_MAX;
	bpf->cpus = scope_bpf_cpus();
	bpf->lane_bytes = config->is_counting ? SCOPE_LANE_BYTES_MIN :
			  lane_bytes_find(config->ring_bytes, bpf->cpus);
	sizes.cpus = bpf->cpus;
	sizes.lane_bytes = bpf->lane_bytes;
	err = scope_bpf_load_stamps(&bpf->objects, &sizes,
				    config->wants_departures, &bpf->stamp_fd,
				    bpf->why_undated,
				    sizeof(bpf->why_undated));
	if (!err)
		err = memory_map(bpf, config->is_counting);
	if (err)
		(void)load_refuse(err, error, error_size);
	else
		err = programs_attach(bpf, config, link->ifindex, error,
				      error_size);
	if (err) {
		scope_bpf_close(bpf);
		return err;
	}
	*ret = bpf;
	return 0;
}

void scope_bpf_close(struct scope_bpf *bpf)
{
	unsigned int i;

	if (!bpf)
		return;
	for (i = 0; i < HOOKS; i++) {
		if (bpf->hooks[i].link_fd >= 0)
			close(bpf->hooks[i].link_fd);
		scope_tc_detach(&bpf->hooks[i].tc);
	}
	if (bpf->socket_fd >= 0)
		close(bpf->socket_fd);
	if (bpf->stamp_fd >= 0)
		close(bpf->stamp_fd);
	sluice_netlink_close(bpf->netlink);
	if (bpf->lanes)
		munmap(bpf->lanes, bpf->lanes_bytes);
	if (bpf->buckets)
		munmap(bpf->buckets, bpf->buckets_bytes);
	scope_bpf_unload(&bpf->objects);
	free(bpf->positions);
	free(bpf->counts);
	free(bpf);
}

/* ---- records ---- */

static const struct scope_record *record_next(const struct scope_bpf *bpf,
					      const struct scope_lane *lane)
{
	return (const void *)(lane->data +
			      (lane->tail & SCOPE_LANE_MASK(bpf->lane_bytes)));
}

/*
 * The lane with the oldest record, and the age that those of the others have: as
 * long as it is older than that, it goes on.
 */
static struct scope_lane *lane_oldest(const struct scope_bpf *bpf,
				      uint64_t until_ns,
				      uint64_t *ret_others_ns,
				      uint64_t *ret_position)
{
	struct scope_lane *oldest = NULL;
	uint64_t oldest_ns = UINT64_MAX;
	unsigned int i;

	*ret_others_ns = UINT64_MAX;
	for (i = 0; i < bpf->cpus; i++) {
		struct scope_lane *lane = lane_of(bpf, i);
		uint64_t mono_ns;

		if (lane->tail == bpf->positions[i])
			continue;
		mono_ns = record_next(bpf, lane)->mono_ns;
		if (mono_ns > until_ns)
			continue;
		if (mono_ns >= oldest_ns) {
			if (mono_ns < *ret_others_ns)
				*ret_others_ns = mono_ns;
			continue;
		}
		*ret_others_ns = oldest_ns;
		oldest_ns = mono_ns;
		oldest = lane;
		*ret_position = bpf->positions[i];
	}
	return oldest;
}

/*
 * All CPUs' positions are read first. What a CPU stamps before another one and
 * writes after that was read comes with the next drain, out of order by as much.
 */
int scope_bpf_drain(struct scope_bpf *bpf,
		    int (*receive)(const struct scope_packet *packet,
				   void *data),
		    void *data)
{
	uint32_t stamp_bytes = bpf->stamp_fd >= 0 ? SCOPE_STAMP_BYTES : 0;
	uint64_t others_ns, position = 0, until_ns = UINT64_MAX;
	struct scope_lane *lane;
	unsigned int i;
	int err = 0;

	if (stamp_bytes)
		until_ns = sluice_now_ns(CLOCK_MONOTONIC) - STAMP_WAIT_NS;
	for (i = 0; i < bpf->cpus; i++)
		bpf->positions[i] = __atomic_load_n(&lane_of(bpf, i)->head,
						    __ATOMIC_ACQUIRE);
	while (!err && (lane = lane_oldest(bpf, until_ns, &others_ns,
					   &position))) {
		while (!err && lane->tail != position) {
			const struct scope_record *record =
				record_next(bpf, lane);
			struct scope_packet packet;

			if (record->mono_ns > others_ns ||
			    record->mono_ns > until_ns)
				break;
			scope_bpf_packet(record, bpf->clock_delta_ns,
					 stamp_bytes, &packet);
			err = receive(&packet, data);
			__atomic_store_n(&lane->tail,
					 lane->tail + stamp_bytes +
					 scope_bpf_record_bytes(record),
					 __ATOMIC_RELEASE);
		}
	}
	return err;
}

/* ---- sums ---- */

/* What the kernel counts its ticks by, and moves its coarse clocks at. */
uint64_t scope_live_tick_ns(void)
{
	struct timespec step = { .tv_nsec = 0 };

	(void)clock_getres(CLOCK_MONOTONIC_COARSE, &step);
	return (uint64_t)step.tv_nsec;
}

/* A first packet comes a tick after the beginning of its own at most. */
static void phase_look(struct scope_bpf *bpf, uint64_t tick_ns)
{
	for (unsigned int i = 0; i < bpf->cpus * HOOKS; i++) {
		const struct scope_buckets *buckets = bpf->counts[i].buckets;
		uint32_t at = __atomic_load_n(&buckets->at, __ATOMIC_ACQUIRE);
		const struct scope_bucket *bucket =
			&buckets->ring[at % SCOPE_BUCKETS];
		int64_t phase_ns = (int64_t)(bucket->begin_ns -
					     bucket->tick * tick_ns);

		if (at && phase_ns < bpf->phase_ns)
			bpf->phase_ns = phase_ns;
	}
}

/*
 * The next bucket that is complete; NULL: none. One that was overwritten since
 * it was looked for is counted.
 */
static const struct scope_bucket *bucket_next(struct scope_bpf *bpf,
					      struct count_lane *count,
					      uint64_t until_tick)
{
	uint32_t newest = __atomic_load_n(&count->buckets->at,
					  __ATOMIC_ACQUIRE);
	const struct scope_bucket *bucket;
	uint64_t tick;

	/* The oldest ones are about to be written over. */
	if (newest - count->at >= SCOPE_BUCKETS / 2 &&
	    (int32_t)(newest - count->at) > 0) {
		bpf->missed_sums += newest - SCOPE_BUCKETS / 2 + 1 - count->at;
		count->at = newest - SCOPE_BUCKETS / 2 + 1;
	}
	if ((int32_t)(newest - count->at) < 0)
		return NULL;
	bucket = &count->buckets->ring[count->at % SCOPE_BUCKETS];
	tick = __atomic_load_n(&bucket->tick, __ATOMIC_ACQUIRE);
	/* A tick of the past: it is being begun just now. */
	return tick < until_tick && tick > count->tick ? bucket : NULL;
}

/* All CPUs' and both directions' sums of the oldest tick that is left; returns whether there is one. */
static bool tick_sum(struct scope_bpf *bpf, uint64_t until_tick,
		     uint64_t tick_ns, struct scope_live_sum sums[HOOKS])
{
	uint64_t tick = UINT64_MAX;

	for (unsigned int i = 0; i < bpf->cpus * HOOKS; i++) {
		const struct scope_bucket *bucket =
			bucket_next(bpf, &bpf->counts[i], until_tick);

		if (bucket && bucket->tick < tick)
			tick = bucket->tick;
	}
	if (tick == UINT64_MAX)
		return false;
	for (unsigned int i = 0; i < HOOKS; i++)
		sums[i] = (struct scope_live_sum){
			.direction = i ? SCOPE_IN : SCOPE_OUT,
			.time_ns = (uint64_t)bpf->phase_ns + tick * tick_ns +
				   (uint64_t)bpf->clock_delta_ns,
		};
	for (unsigned int i = 0; i < bpf->cpus * HOOKS; i++) {
		const struct scope_bucket *bucket =
			bucket_next(bpf, &bpf->counts[i], until_tick);
		struct scope_live_sum *sum = &sums[i % HOOKS];

		if (!bucket || bucket->tick != tick)
			continue;
		sum->wire_bytes += bucket->wire_bytes;
		sum->pkts += bucket->pkts;
		sum->frames += bucket->pkts + bucket->more_frames;
		sum->unknown_supers += bucket->unknown_supers;
		sum->mac_control_frames += bucket->mac_control_frames;
		sum->mac_control_wire_bytes += bucket->mac_control_wire_bytes;
		bpf->counts[i].tick = tick;
		bpf->counts[i].at++;
	}
	return true;
}

int scope_bpf_count(struct scope_bpf *bpf,
		    int (*receive)(const struct scope_live_sum *sum, void *data),
		    void *data)
{
	uint64_t tick_ns = scope_live_tick_ns(), until_tick;
	struct scope_live_sum sums[HOOKS];
	/* First: what begins after this is not complete. */
	uint64_t coarse_ns = sluice_now_ns(CLOCK_MONOTONIC_COARSE);
	int err = 0;

	phase_look(bpf, tick_ns);
	if (bpf->phase_ns == INT64_MAX)
		return 0;
	/*
	 * The kernel moves that clock just behind its number of the tick: that has as many by now, or
	 * one more. Two ticks later a CPU that was interrupted has added its packet.
	 */
	until_tick = (uint64_t)((int64_t)coarse_ns - bpf->phase_ns) / tick_ns - 1;
	while (!err && tick_sum(bpf, until_tick, tick_ns, sums))
		for (unsigned int i = 0; !err && i < HOOKS; i++)
			if (sums[i].pkts || sums[i].mac_control_frames)
				err = receive(&sums[i], data);
	return err;
}

void scope_bpf_losses(struct scope_bpf *bpf, struct scope_live_losses *ret)
{
	struct scope_live_losses all = { .missed_sums = bpf->missed_sums };
	unsigned int i, j;

	for (i = 0; i < bpf->cpus; i++)
		for (j = 0; j < HOOKS; j++) {
			const struct scope_lane *lane = lane_of(bpf, i);

			all.missed_pkts += __atomic_load_n(&lane->missed_pkts[j],
							   __ATOMIC_RELAXED);
			all.missed_bytes += __atomic_load_n(&lane->missed_bytes[j],
							    __ATOMIC_RELAXED);
		}
	*ret = (struct scope_live_losses){
		.missed_pkts = all.missed_pkts - bpf->reported.missed_pkts,
		.missed_bytes = all.missed_bytes - bpf->reported.missed_bytes,
		.missed_sums = all.missed_sums - bpf->reported.missed_sums,
	};
	bpf->reported = all;
}
