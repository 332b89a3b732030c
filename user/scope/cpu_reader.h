/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the rings that bpf/cpu.bpf.c fills to rows of milliseconds. A processor that goes
 * on with the same for long writes nothing: what is under way is taken from its
 * state. It reads memory alone, no system call.
 */
#ifndef SLUICE_SCOPE_CPU_READER_H
#define SLUICE_SCOPE_CPU_READER_H

#include "../../bpf/cpu_ring.h"
#include "cpu.h"

/* A millisecond is read so long after its end: whoever adds to it has done so. */
#define SCOPE_CPU_LAG_NS	2000000u

/**
 * struct scope_cpu_reader - how far the rings are read
 * @rings: all of them, by number of the processor
 * @id: which of these are looked at
 * @cpus: how many that are
 * @start_ns: CLOCK_MONOTONIC at which milliseconds are counted from
 * @next_ns: when the next one to be handed over began
 * @row: of it
 */
struct scope_cpu_reader {
	struct cpu_ring *rings;
	const uint32_t *id;
	uint32_t cpus;
	uint64_t start_ns;
	uint64_t next_ns;
	struct scope_cpu_ms *row;
};

/*
 * Milliseconds begin at start_ns and whole ones from it. Those that have begun before
 * now_ns, and two more, are not handed over: processors have yet to learn of it.
 */
void scope_cpu_reader_start(struct scope_cpu_reader *reader, uint64_t start_ns,
			    uint64_t now_ns);

/*
 * Hand over the milliseconds that are over at now_ns, in order, each with all
 * processors. Those that have been written over, because this was not called for a
 * second, or never written (CPU_RING_FILL_MS), are left out. What just changes is left
 * to the next call.
 */
void scope_cpu_reader_read(struct scope_cpu_reader *reader, uint64_t now_ns,
			   void (*receive)(void *context, uint64_t number,
					   const struct scope_cpu_ms *row),
			   void *context);

#endif
