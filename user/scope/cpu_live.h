/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the processors of this host do while a device is looked at, on the axis of its
 * packets: milliseconds begin where those of the rates do, at the first packet.
 *
 * Programs of BPF at five tracepoints of the scheduler and of interrupts see it. They
 * vanish with this process, however it ends (S2); but as long as it runs each such
 * event of the whole host costs some tens of ns, so it is looked at when asked for.
 * At the start each processor is looked at once, by an interrupt.
 */
#ifndef SLUICE_SCOPE_CPU_LIVE_H
#define SLUICE_SCOPE_CPU_LIVE_H

#include <stddef.h>

#include "../../bpf/cpu_ring.h"
#include "cpu_slots.h"

/* ---- the programs: live_bpf_cpu.c, or live_nobpf.c in its place ---- */

struct scope_cpu_source;

/* Returns 0, or -errno and a phrase. Before privileges are given up. */
int scope_cpu_source_open(struct scope_cpu_source **ret, char *error,
			  size_t error_size);
void scope_cpu_source_close(struct scope_cpu_source *source);	/* accepts NULL */
/* Of all possible processors, and the numbers of those that are there. */
struct cpu_ring *scope_cpu_source_rings(const struct scope_cpu_source *source);
uint32_t scope_cpu_source_cpus(const struct scope_cpu_source *source,
			       const uint32_t **ret_id);

/* ---- a run ---- */

struct scope_cpu_live;

/* As scope_cpu_source_open. */
int scope_cpu_live_open(struct scope_cpu_live **ret, char *error,
			size_t error_size);
void scope_cpu_live_close(struct scope_cpu_live *live);	/* accepts NULL */

/*
 * Look, each few ms: see CPU_RING_FILL_MS. @start_ns: CLOCK_MONOTONIC of the first packet,
 * 0 as long as there was none. This and what follows accepts NULL.
 */
void scope_cpu_live_look(struct scope_cpu_live *live, uint64_t start_ns);

/* Of the last slots, as scope_viewer_fill. */
void scope_cpu_live_fill(const struct scope_cpu_live *live, uint64_t end,
			 uint64_t count, struct scope_cpu_view *ret);

/* Look for the last time. NULL: there was no millisecond to look at. It lives as long as live does. */
const struct scope_cpu *scope_cpu_live_finish(struct scope_cpu_live *live);

#endif
