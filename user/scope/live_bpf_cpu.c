// SPDX-License-Identifier: GPL-2.0
/*
 * The programs that see what processors do: load, attach, look at each processor once.
 * After opening nothing here makes a system call. See cpu_live.h.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../lib/probe.h"
#include "../lib/refuse.h"
#include "cpu_live.h"
#include "live_bpf.h"

#define POINTS	5u

/* An end that is seen without its beginning does no harm, so ends are attached first. */
static const struct {
	const char *program;
	const char *tracepoint;
} points[POINTS] = {
	{ "cpu_softirq_exit", "softirq_exit" },
	{ "cpu_irq_exit", "irq_handler_exit" },
	{ "cpu_softirq_entry", "softirq_entry" },
	{ "cpu_irq_entry", "irq_handler_entry" },
	{ "cpu_switch", "sched_switch" },
};

/**
 * struct scope_cpu_source - the programs at work
 * @object: them
 * @link_fd: what attaches each; it vanishes with this process
 * @rings: mapped, of all possible processors
 * @possible: how many that are, by the highest number
 * @id: those that are there
 * @cpus: how many that are
 */
struct scope_cpu_source {
	struct bpf_object *object;
	int link_fd[POINTS];
	struct cpu_ring *rings;
	uint32_t possible;
	uint32_t *id;
	uint32_t cpus;
};

static int program_fd(const struct scope_cpu_source *source, const char *name)
{
	return bpf_program__fd(
		bpf_object__find_program_by_name(source->object, name));
}

static int source_load(struct scope_cpu_source *source)
{
	struct bpf_map *map;
	int err;

	source->object = sluice_bpf_image_open(&scope_cpu_image);
	if (!source->object)
		return -errno;
	map = bpf_object__find_map_by_name(source->object, "cpu_rings");
	if (!map)
		return -ENOENT;
	err = bpf_map__set_max_entries(map, source->possible);
	if (!err)
		err = bpf_object__load(source->object);
	if (err)
		return err;
	source->rings = mmap(NULL, source->possible * sizeof(*source->rings),
			     PROT_READ | PROT_WRITE, MAP_SHARED,
			     bpf_map__fd(map), 0);
	if (source->rings != MAP_FAILED)
		return 0;
	source->rings = NULL;
	return -errno;
}

static int source_attach(struct scope_cpu_source *source, char *error,
			 size_t error_size)
{
	for (unsigned int i = 0; i < POINTS; i++) {
		union bpf_attr attr;

		memset(&attr, 0, sizeof(attr));
		attr.raw_tracepoint.name = (uintptr_t)points[i].tracepoint;
		attr.raw_tracepoint.prog_fd =
			(uint32_t)program_fd(source, points[i].program);
		source->link_fd[i] = sluice_probe_bpf(BPF_RAW_TRACEPOINT_OPEN,
						      &attr);
		if (source->link_fd[i] == -ENOENT)
			return sluice_refuse(-EOPNOTSUPP, error, error_size,
					     "this kernel has no tracepoint %s",
					     points[i].tracepoint);
		if (source->link_fd[i] < 0)
			return sluice_refuse(source->link_fd[i], error, error_size,
					     "the kernel attaches nothing to the tracepoint %s: %s",
					     points[i].tracepoint,
					     strerror(-source->link_fd[i]));
	}
	return 0;
}

/* Run elsewhere if we may: a processor that had nothing but us to do is idle then. */
static void leave(uint32_t cpu, const cpu_set_t *allowed)
{
	cpu_set_t others = *allowed;

	if (cpu >= CPU_SETSIZE)
		return;
	CPU_CLR(cpu, &others);
	(void)sched_setaffinity(0, sizeof(others), &others);
}

/*
 * What each does now; those that are not there cannot be looked at. One that is idle
 * shows its idle task, and what it does is known from then on.
 */
static int source_look(struct scope_cpu_source *source, char *error,
		       size_t error_size)
{
	int fd = program_fd(source, "cpu_look"), err = 0;
	cpu_set_t allowed;
	bool may_leave = !sched_getaffinity(0, sizeof(allowed), &allowed);

	for (uint32_t i = 0; i < source->possible; i++) {
		struct bpf_test_run_opts run = {
			.sz = sizeof(run), .cpu = i,
			.flags = BPF_F_TEST_RUN_ON_CPU,
		};

		if (may_leave)
			leave(i, &allowed);
		err = bpf_prog_test_run_opts(fd, &run);
		if (!err)
			source->id[source->cpus++] = i;
		else if (err != -ENXIO)
			break;
	}
	if (may_leave)
		(void)sched_setaffinity(0, sizeof(allowed), &allowed);
	if (source->cpus)
		return 0;
	return sluice_refuse(-EOPNOTSUPP, error, error_size,
			     "this kernel does not run a program on each processor (Linux 5.10 does): %s",
			     strerror(-err));
}

static int source_start(struct scope_cpu_source *source, char *error,
			size_t error_size)
{
	int err = source_load(source);

	if (err == -EPERM)
		return sluice_refuse(err, error, error_size,
				     "BPF needs the capabilities BPF and PERFMON: run it as root");
	if (err)
		return sluice_refuse(err, error, error_size,
				     "this kernel does not load the BPF programs: %s",
				     strerror(-err));
	err = source_attach(source, error, error_size);
	return err ? err : source_look(source, error, error_size);
}

int scope_cpu_source_open(struct scope_cpu_source **ret, char *error,
			  size_t error_size)
{
	struct scope_cpu_source *source = calloc(1, sizeof(*source));
	libbpf_print_fn_t print;
	int err;

	if (!source)
		return sluice_refuse(-ENOMEM, error, error_size,
				     "there is no memory");
	for (unsigned int i = 0; i < POINTS; i++)
		source->link_fd[i] = -1;
	source->possible = scope_bpf_cpus();
	source->id = calloc(source->possible, sizeof(*source->id));
	print = libbpf_set_print(sluice_bpf_silent);
	err = source->id ? source_start(source, error, error_size) :
	      sluice_refuse(-ENOMEM, error, error_size, "there is no memory");
	libbpf_set_print(print);
	if (err) {
		scope_cpu_source_close(source);
		return err;
	}
	*ret = source;
	return 0;
}

void scope_cpu_source_close(struct scope_cpu_source *source)
{
	if (!source)
		return;
	for (unsigned int i = 0; i < POINTS; i++)
		if (source->link_fd[i] >= 0)
			close(source->link_fd[i]);
	if (source->rings)
		munmap(source->rings,
		       source->possible * sizeof(*source->rings));
	bpf_object__close(source->object);
	free(source->id);
	free(source);
}

struct cpu_ring *scope_cpu_source_rings(const struct scope_cpu_source *source)
{
	return source->rings;
}

uint32_t scope_cpu_source_cpus(const struct scope_cpu_source *source,
			       const uint32_t **ret_id)
{
	*ret_id = source->id;
	return source->cpus;
}
