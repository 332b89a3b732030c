/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An event of a processor, and the milliseconds up to it: the arithmetic of
 * cpu.bpf.c, which tests run on events of their own. Who includes it has the helpers
 * of BPF, or others of their names.
 *
 * Only a softirq's program can be interrupted by another one. What comes while it
 * writes does nothing: entry and exit both, so no time is lost, and as much of an
 * interrupt's counts as the softirq's.
 */
#ifndef SLUICE_CPU_EVENT_H
#define SLUICE_CPU_EVENT_H

#include "cpu_ring.h"

/*
 * What was written before is seen by whoever sees this, and what is written behind it is
 * not seen before. x86 keeps stores in order; elsewhere it takes an exchange (Linux 5.12).
 */
static __always_inline void store(__u64 *to, __u64 value)
{
#if defined(__TARGET_ARCH_x86)
	asm volatile("" : : : "memory");
	*(volatile __u64 *)to = value;
	asm volatile("" : : : "memory");
#else
	__sync_lock_test_and_set(to, value);
#endif
}

static __always_inline void ms_add(struct cpu_ms *ms, __u32 does, __u32 ns)
{
	ms->busy_ns += ns;
	if (does & CPU_IRQ)
		ms->irq_ns += ns;
	else if (does & CPU_SOFTIRQ)
		ms->softirq_ns += ns;
}

/*
 * Milliseconds that it did the same in, up to start_ns. Without a branch, because the kernel
 * checks each round of a loop.
 */
static __always_inline void ms_fill(struct cpu_ring *ring, __u64 next_ns,
				    __u64 start_ns, __u32 does)
{
	__u32 irq_ns = does & CPU_IRQ ? CPU_RING_MS_NS : 0;
	__u32 softirq_ns = does & CPU_SOFTIRQ ? CPU_RING_MS_NS - irq_ns : 0;
	__u32 at, i;

	if (start_ns - next_ns > CPU_RING_FILL_MS * (__u64)CPU_RING_MS_NS) {
		next_ns = start_ns - CPU_RING_FILL_MS * (__u64)CPU_RING_MS_NS;
		ring->lost_ns = next_ns;
	}
	at = CPU_RING_AT(next_ns);
	for (i = 0; i < CPU_RING_FILL_MS && next_ns < start_ns; i++) {
		struct cpu_ms *ms = &ring->ms[at++ & (CPU_RING_MS - 1)];

		ms->start_ns = next_ns;
		ms->busy_ns = CPU_RING_MS_NS;
		ms->softirq_ns = softirq_ns;
		ms->irq_ns = irq_ns;
		next_ns += CPU_RING_MS_NS;
	}
}

/* The millisecond of the time before is over, and maybe more than that one. */
static __noinline int ms_pass(struct cpu_ring *ring, __u64 since_ns,
			      __u64 now_ns, __u32 does)
{
	__u64 start_ns = now_ns - (now_ns - ring->phase_ns) % CPU_RING_MS_NS;
	__u64 next_ns = ring->end_ns;
	struct cpu_ms *ms;

	if (does) {
		ms_add(&ring->ms[ring->at & (CPU_RING_MS - 1)], does,
		       next_ns - since_ns);
		/* Not a whole one only where the phase has changed. */
		if (start_ns > next_ns)
			ms_fill(ring, next_ns +
				(start_ns - next_ns) % CPU_RING_MS_NS,
				start_ns, does);
	}
	ring->at = CPU_RING_AT(start_ns);
	ring->end_ns = start_ns + CPU_RING_MS_NS;
	ms = &ring->ms[ring->at & (CPU_RING_MS - 1)];
	ms->start_ns = start_ns;
	ms->busy_ns = 0;
	ms->softirq_ns = 0;
	ms->irq_ns = 0;
	if (does)
		ms_add(ms, does, now_ns - start_ns);
	return 0;
}

/* From now on it does @does in place of @other; @next_task: goes on with that task, 0: the same. */
static __always_inline void cpu_event(struct cpu_ring *ring, __u32 other,
				      __u32 does, __u64 next_task)
{
	__u64 state, now_ns, since_ns;
	__u32 did;

	if (*(volatile __u64 *)&ring->is_writing)
		return;
	store(&ring->is_writing, 1);
	now_ns = bpf_ktime_get_ns();
	state = ring->state;
	since_ns = state >> CPU_STATE_BITS;
	did = state & CPU_DOES;
	/* This clock may step back by some ns. */
	if (now_ns < since_ns)
		now_ns = since_ns;
	if (!ring->idle_task) {
		did |= CPU_TASK;
		if (!bpf_get_current_pid_tgid()) {
			did &= ~CPU_TASK;
			ring->idle_task = bpf_get_current_task();
		}
	}
	if (now_ns >= ring->end_ns)
		ms_pass(ring, since_ns, now_ns, state ? did : 0);
	else if (did)
		ms_add(&ring->ms[ring->at & (CPU_RING_MS - 1)], did,
		       now_ns - since_ns);
	does |= did & ~other;
	/* A task that is not known to be the idle one may be it until something else comes. */
	if (next_task && ring->idle_task && next_task != ring->idle_task)
		does |= CPU_TASK;
	store(&ring->state, now_ns << CPU_STATE_BITS | does);
	*(volatile __u64 *)&ring->is_writing = 0;
}

#endif
