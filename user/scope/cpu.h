/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What processors did, by the millisecond: figures from rows of milliseconds, each
 * with what every processor did in it. Pure: where the rows come from is cpu_live.h.
 *
 *   share   time of a millisecond that was busy, of one processor or as the mean of all
 *   PMR     most in a millisecond of a second, over the mean of that second
 *
 * Milliseconds and seconds begin where those of the rates do, so windows are aligned;
 * as in metrics.h the last second takes what is left. "One" is whichever processor
 * has the most. Seconds in which it was busy for less than 1 % have no PMR of one
 * processor: a single wake-up in them would be the highest of all.
 */
#ifndef SLUICE_SCOPE_CPU_H
#define SLUICE_SCOPE_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "../lib/quantile.h"

#define SCOPE_CPU_MS_NS		1000000u
#define SCOPE_CPU_BINS		16384u	/* then two become one */
/* Why nothing is known where nothing is in the way. */
#define SCOPE_CPU_NO_PACKET	"no packet came, or too few milliseconds passed behind the first"

enum scope_cpu_kind {
	SCOPE_CPU_BUSY,			/* a task, a softirq or an interrupt */
	SCOPE_CPU_SOFTIRQ,		/* without the interrupts in them */
	SCOPE_CPU_IRQ,			/* handlers of interrupts */
	SCOPE_CPU_KINDS,
};

/* A millisecond of one processor. */
struct scope_cpu_ms {
	uint32_t ns[SCOPE_CPU_KINDS];
};

/* Some milliseconds of one processor, or of all together. */
struct scope_cpu_sum {
	uint64_t ns[SCOPE_CPU_KINDS];
	uint64_t max_ns[SCOPE_CPU_KINDS];	/* in one of them */
};

/* The highest of something, beside its mean; shares are of one processor. */
struct scope_cpu_peak {
	uint32_t cpu;			/* number as the kernel has it; of all: 0 */
	double peak_share;		/* of the highest millisecond */
	double mean_share;		/* of its second */
	double pmr;			/* of both */
};

struct scope_cpu_bin {
	uint64_t busy_ns;		/* of all processors */
	uint32_t ms;			/* how many are in it */
	uint32_t max_ns[SCOPE_CPU_KINDS];	/* of one processor in one of them */
};

/* A second that is over or under way. */
struct scope_cpu_block {
	uint64_t number;
	uint64_t ms;
	struct scope_cpu_sum all;
	struct scope_cpu_sum *cpu;
};

/**
 * struct scope_cpu - the processors of a run
 * @cpus: how many are looked at
 * @id: their numbers
 * @ms: milliseconds that were added
 * @missed_ms: that were left out between these: not read in time
 * @end: number behind the last one
 * @all: all processors together, since the start
 * @cpu: each of them
 * @hist: of @all: time in a millisecond of one processor on average
 * @block: the older one first
 * @blocks: of them in use
 * @peak: the millisecond in which one processor had most; pmr 0: none
 * @pmr: of all together, the second where it is highest; pmr 0: none
 * @one_pmr: of one processor; pmr 0: none
 * @bin_ns: 1 ms x 2^n
 * @bins: with something in them, and before
 * @bin: SCOPE_CPU_BINS
 */
struct scope_cpu {
	uint32_t cpus;
	uint32_t *id;
	uint64_t ms;
	uint64_t missed_ms;
	uint64_t end;
	struct scope_cpu_sum all;
	struct scope_cpu_sum *cpu;
	struct sluice_hist hist[SCOPE_CPU_KINDS];
	struct scope_cpu_block block[2];
	uint32_t blocks;
	struct scope_cpu_peak peak[SCOPE_CPU_KINDS];
	struct scope_cpu_peak pmr[SCOPE_CPU_KINDS];
	struct scope_cpu_peak one_pmr[SCOPE_CPU_KINDS];
	uint64_t bin_ns;
	uint32_t bins;
	struct scope_cpu_bin *bin;
};

/* @id is copied. Returns 0, or -1 without memory. done accepts one that init refused. */
int scope_cpu_init(struct scope_cpu *cpu, uint32_t cpus, const uint32_t *id);
void scope_cpu_done(struct scope_cpu *cpu);

/* Add the time of one millisecond, or all of another sum. */
void scope_cpu_sum_add(struct scope_cpu_sum *sum, const uint64_t *ns);
void scope_cpu_sum_merge(struct scope_cpu_sum *to,
			 const struct scope_cpu_sum *from);

/* What so many milliseconds of one processor, or of several together, come to. */
struct scope_cpu_peak scope_cpu_peak_of(const struct scope_cpu_sum *sum,
					enum scope_cpu_kind kind, uint64_t ms,
					uint32_t cpus);
/* By the millisecond, and where these are alike by the mean. */
bool scope_cpu_is_higher(const struct scope_cpu_peak *one,
			 const struct scope_cpu_peak *other);

/*
 * A millisecond, @cpus of them side by side. Numbers are from the start of the run
 * and grow; those left out count as missed, but for those before the first.
 */
void scope_cpu_add(struct scope_cpu *cpu, uint64_t number,
		   const struct scope_cpu_ms *ms);

/* Close the seconds under way: before it peaks are those of seconds that are over. */
void scope_cpu_finish(struct scope_cpu *cpu);

/* Of all processors together, over the whole run, 0 to 1. */
double scope_cpu_mean_share(const struct scope_cpu *cpu,
			    enum scope_cpu_kind kind);
double scope_cpu_peak_share(const struct scope_cpu *cpu,
			    enum scope_cpu_kind kind);
double scope_cpu_quantile_share(const struct scope_cpu *cpu,
				enum scope_cpu_kind kind, uint32_t share_ppm);

/* "busy", "softirq", "irq". */
const char *scope_cpu_kind_name(enum scope_cpu_kind kind);

#endif
