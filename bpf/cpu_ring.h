/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the programs of cpu.bpf.c hand to user space: for each processor a ring of
 * milliseconds, and what it does just now. Shared by bpf/ and user/scope.
 */
#ifndef SLUICE_CPU_RING_H
#define SLUICE_CPU_RING_H

#include <linux/types.h>

#define CPU_RING_MS_NS	1000000u
#define CPU_RING_MS	1024u	/* a power of two; user space looks 4 times in it */
/* Of a processor that did the same for longer no more are written when that ends. */
#define CPU_RING_FILL_MS	128u
#define CPU_RING_AT(start_ns) \
	((__u32)((start_ns) / CPU_RING_MS_NS) & (CPU_RING_MS - 1))

/* What a processor does, in the lower bits of cpu_ring.state. */
#define CPU_TASK	1u	/* runs a task that is not the idle one */
#define CPU_SOFTIRQ	2u
#define CPU_IRQ		4u
#define CPU_DOES	7u
#define CPU_STATE_BITS	3u	/* the rest is CLOCK_MONOTONIC: enough for 73 years */

/**
 * struct cpu_ms - a millisecond of one processor
 * @start_ns: when it began, CLOCK_MONOTONIC; tells it from the one 1024 ms before, so
 *	none is ever cleared
 * @busy_ns: with a task, a softirq or an interrupt
 * @softirq_ns: in softirqs, without the interrupts in them
 * @irq_ns: in handlers of interrupts
 */
struct cpu_ms {
	__u64 start_ns;
	__u32 busy_ns;
	__u32 softirq_ns;
	__u32 irq_ns;
	__u32 reserved;
};

/**
 * struct cpu_ring - one processor, written by it alone but for phase_ns
 * @state: since when it does what; 0: nothing has been seen of it. Each event changes it
 * @is_writing: an event changes the rest just now
 * @end_ns: of the millisecond that state's time lies in
 * @lost_ns: milliseconds before that one were not all written
 * @idle_task: address of its idle task; 0: not yet known
 * @at: index of that millisecond
 * @phase_ns: user space says where milliseconds begin: time modulo 1 ms
 * @ms: a millisecond that has passed without an event while it was idle is not there
 */
struct cpu_ring {
	__u64 state;
	__u64 is_writing;
	__u64 end_ns;
	__u64 lost_ns;
	__u64 idle_task;
	__u32 at;
	__u32 phase_ns;
	struct cpu_ms ms[CPU_RING_MS];
};

#endif
