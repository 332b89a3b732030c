// SPDX-License-Identifier: GPL-2.0
/*
 * What each processor does, millisecond by millisecond: busy, in softirqs, in
 * handlers of interrupts. Programs at raw tracepoints, which read their arguments
 * as numbers and so need nothing of the kernel's types (BTF):
 *
 *   sched_switch			another task; which one is the idle one is known by
 *					its address, learnt while it runs
 *   softirq_entry, softirq_exit	softirqs do not nest
 *   irq_handler_entry, _exit		nor do handlers on one processor
 *
 * At each the time since the one before goes to the milliseconds that it lies in,
 * by what the processor did in it. Interrupts that have no handler (on x86 the local
 * timer's, and those among processors) count as what they interrupt.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "cpu_event.h"

/* One entry per processor; user space sets the size. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cpu_ring);
} cpu_rings SEC(".maps");

static __always_inline int event(__u32 other, __u32 does, __u64 next_task)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct cpu_ring *ring = bpf_map_lookup_elem(&cpu_rings, &cpu);

	if (ring)
		cpu_event(ring, other, does, next_task);
	return 0;
}

SEC("raw_tp/sched_switch")
int cpu_switch(struct bpf_raw_tracepoint_args *ctx)
{
	return event(CPU_DOES, 0, ctx->args[2]);
}

SEC("raw_tp/softirq_entry")
int cpu_softirq_entry(void *ctx)
{
	return event(0, CPU_SOFTIRQ, 0);
}

SEC("raw_tp/softirq_exit")
int cpu_softirq_exit(void *ctx)
{
	return event(CPU_SOFTIRQ, 0, 0);
}

SEC("raw_tp/irq_handler_entry")
int cpu_irq_entry(void *ctx)
{
	return event(0, CPU_IRQ, 0);
}

SEC("raw_tp/irq_handler_exit")
int cpu_irq_exit(void *ctx)
{
	return event(CPU_IRQ, 0, 0);
}

/* Attached nowhere: user space runs it once on each processor, to know what it does. */
SEC("raw_tp")
int cpu_look(void *ctx)
{
	return event(0, 0, 0);
}

char _license[] SEC("license") = "GPL";
