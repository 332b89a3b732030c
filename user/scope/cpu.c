// SPDX-License-Identifier: GPL-2.0
/* What processors did, by the millisecond; see cpu.h. */
#include "cpu.h"

#include <stdlib.h>
#include <string.h>

#define HIST_BITS	7u		/* below 0.8 % wrong */
#define HIST_OCTAVES	21u		/* more than 1 ms */
#define MS_PER_S	1000u
/* Of a second in which one processor has a PMR: at most 100 then. */
#define PMR_MEAN_MIN	0.01

const char *scope_cpu_kind_name(enum scope_cpu_kind kind)
{
	static const char *const names[SCOPE_CPU_KINDS] = {
		"busy", "softirq", "irq"
	};

	return names[kind];
}

/* ---- memory ---- */

int scope_cpu_init(struct scope_cpu *cpu, uint32_t cpus, const uint32_t *id)
{
	bool has_memory = true;

	memset(cpu, 0, sizeof(*cpu));
	cpu->cpus = cpus;
	cpu->id = calloc(cpus, sizeof(*cpu->id));
	cpu->cpu = calloc(cpus, sizeof(*cpu->cpu));
	cpu->bin_ns = SCOPE_CPU_MS_NS;
	cpu->bin = calloc(SCOPE_CPU_BINS, sizeof(*cpu->bin));
	for (uint32_t i = 0; i < 2; i++) {
		cpu->block[i].cpu = calloc(cpus, sizeof(*cpu->cpu));
		has_memory &= cpu->block[i].cpu != NULL;
	}
	for (uint32_t k = 0; k < SCOPE_CPU_KINDS; k++)
		has_memory &= !sluice_hist_init(&cpu->hist[k], HIST_BITS,
						HIST_OCTAVES);
	if (!has_memory || !cpu->id || !cpu->cpu || !cpu->bin)
		return -1;
	memcpy(cpu->id, id, cpus * sizeof(*id));
	return 0;
}

void scope_cpu_done(struct scope_cpu *cpu)
{
	free(cpu->id);
	free(cpu->cpu);
	free(cpu->bin);
	for (uint32_t i = 0; i < 2; i++)
		free(cpu->block[i].cpu);
	for (uint32_t k = 0; k < SCOPE_CPU_KINDS; k++)
		sluice_hist_done(&cpu->hist[k]);
	memset(cpu, 0, sizeof(*cpu));
}

/* ---- seconds ---- */

void scope_cpu_sum_add(struct scope_cpu_sum *sum, const uint64_t *ns)
{
	for (uint32_t k = 0; k < SCOPE_CPU_KINDS; k++) {
		sum->ns[k] += ns[k];
		if (ns[k] > sum->max_ns[k])
			sum->max_ns[k] = ns[k];
	}
}

void scope_cpu_sum_merge(struct scope_cpu_sum *to,
			 const struct scope_cpu_sum *from)
{
	for (uint32_t k = 0; k < SCOPE_CPU_KINDS; k++) {
		to->ns[k] += from->ns[k];
		if (from->max_ns[k] > to->max_ns[k])
			to->max_ns[k] = from->max_ns[k];
	}
}

struct scope_cpu_peak scope_cpu_peak_of(const struct scope_cpu_sum *sum,
					enum scope_cpu_kind kind, uint64_t ms,
					uint32_t cpus)
{
	double whole_ns = (double)SCOPE_CPU_MS_NS * cpus;
	struct scope_cpu_peak ret = {
		.peak_share = (double)sum->max_ns[kind] / whole_ns,
		.mean_share = (double)sum->ns[kind] / whole_ns / (double)ms,
	};

	if (ret.mean_share > 0)
		ret.pmr = ret.peak_share / ret.mean_share;
	return ret;
}

bool scope_cpu_is_higher(const struct scope_cpu_peak *one,
			 const struct scope_cpu_peak *other)
{
	return one->peak_share > other->peak_share ||
	       (one->peak_share == other->peak_share &&
		one->mean_share > other->mean_share);
}

static void block_close(struct scope_cpu *cpu,
			const struct scope_cpu_block *block)
{
	for (uint32_t k = 0; k < SCOPE_CPU_KINDS; k++) {
		struct scope_cpu_peak peak =
			scope_cpu_peak_of(&block->all, k, block->ms, cpu->cpus);

		if (peak.pmr > cpu->pmr[k].pmr)
			cpu->pmr[k] = peak;
		for (uint32_t i = 0; i < cpu->cpus; i++) {
			peak = scope_cpu_peak_of(&block->cpu[i], k, block->ms,
						 1);
			peak.cpu = cpu->id[i];
			if (scope_cpu_is_higher(&peak, &cpu->peak[k]))
				cpu->peak[k] = peak;
			if (peak.mean_share >= PMR_MEAN_MIN &&
			    peak.pmr > cpu->one_pmr[k].pmr)
				cpu->one_pmr[k] = peak;
		}
	}
}

/* The older one makes room: it is sure not to be the last but one. */
static void block_begin(struct scope_cpu *cpu, uint64_t number)
{
	struct scope_cpu_sum *kept = cpu->block[0].cpu;

	if (cpu->blocks == 2) {
		block_close(cpu, &cpu->block[0]);
		cpu->block[0] = cpu->block[1];
		cpu->block[1].cpu = kept;
		cpu->blocks = 1;
	}
	kept = cpu->block[cpu->blocks].cpu;
	memset(kept, 0, cpu->cpus * sizeof(*kept));
	cpu->block[cpu->blocks++] = (struct scope_cpu_block){
		.number = number, .cpu = kept,
	};
}

void scope_cpu_finish(struct scope_cpu *cpu)
{
	struct scope_cpu_block *first = &cpu->block[0], *last = &cpu->block[1];

	if (cpu->blocks == 2 && last->ms < MS_PER_S) {
		first->ms += last->ms;
		scope_cpu_sum_merge(&first->all, &last->all);
		for (uint32_t i = 0; i < cpu->cpus; i++)
			scope_cpu_sum_merge(&first->cpu[i], &last->cpu[i]);
		cpu->blocks = 1;
	}
	for (uint32_t i = 0; i < cpu->blocks; i++)
		block_close(cpu, &cpu->block[i]);
	cpu->blocks = 0;
}

/* ---- the series ---- */

/* Two bins become one. */
static void series_fold(struct scope_cpu *cpu)
{
	for (uint32_t i = 0; i < SCOPE_CPU_BINS; i++) {
		struct scope_cpu_bin *to = &cpu->bin[i / 2];
		struct scope_cpu_bin from = cpu->bin[i];

		cpu->bin[i] = (struct scope_cpu_bin){ .ms = 0 };
		to->busy_ns += from.busy_ns;
		to->ms += from.ms;
		for (uint32_t k = 0; k < SCOPE_CPU_KINDS; k++)
			if (from.max_ns[k] > to->max_ns[k])
				to->max_ns[k] = from.max_ns[k];
	}
	cpu->bins = (cpu->bins + 1) / 2;
	cpu->bin_ns *= 2;
}

static struct scope_cpu_bin *bin_at(struct scope_cpu *cpu, uint64_t number)
{
	uint64_t at = number * SCOPE_CPU_MS_NS / cpu->bin_ns;

	while (at >= SCOPE_CPU_BINS) {
		series_fold(cpu);
		at = number * SCOPE_CPU_MS_NS / cpu->bin_ns;
	}
	if (at >= cpu->bins)
		cpu->bins = (uint32_t)at + 1;
	return &cpu->bin[at];
}

/* ---- milliseconds ---- */

void scope_cpu_add(struct scope_cpu *cpu, uint64_t number,
		   const struct scope_cpu_ms *ms)
{
	struct scope_cpu_bin *bin = bin_at(cpu, number);
	uint64_t all[SCOPE_CPU_KINDS] = { 0 };
	struct scope_cpu_block *block;

	if (cpu->ms)
		cpu->missed_ms += number - cpu->end;
	cpu->ms++;
	cpu->end = number + 1;
	if (!cpu->blocks ||
	    cpu->block[cpu->blocks - 1].number != number / MS_PER_S)
		block_begin(cpu, number / MS_PER_S);
	block = &cpu->block[cpu->blocks - 1];
	block->ms++;
	for (uint32_t i = 0; i < cpu->cpus; i++) {
		uint64_t one[SCOPE_CPU_KINDS];

		for (uint32_t k = 0; k < SCOPE_CPU_KINDS; k++) {
			one[k] = ms[i].ns[k];
			all[k] += one[k];
			if (ms[i].ns[k] > bin->max_ns[k])
				bin->max_ns[k] = ms[i].ns[k];
		}
		scope_cpu_sum_add(&block->cpu[i], one);
		scope_cpu_sum_add(&cpu->cpu[i], one);
	}
	bin->ms++;
	bin->busy_ns += all[SCOPE_CPU_BUSY];
	scope_cpu_sum_add(&block->all, all);
	scope_cpu_sum_add(&cpu->all, all);
	for (uint32_t k = 0; k < SCOPE_CPU_KINDS; k++)
		sluice_hist_add(&cpu->hist[k], all[k] / cpu->cpus);
}

/* ---- all of it ---- */

double scope_cpu_mean_share(const struct scope_cpu *cpu,
			    enum scope_cpu_kind kind)
{
	return (double)cpu->all.ns[kind] /
	       ((double)SCOPE_CPU_MS_NS * cpu->cpus * (double)cpu->ms);
}

double scope_cpu_peak_share(const struct scope_cpu *cpu,
			    enum scope_cpu_kind kind)
{
	return (double)cpu->all.max_ns[kind] /
	       ((double)SCOPE_CPU_MS_NS * cpu->cpus);
}

double scope_cpu_quantile_share(const struct scope_cpu *cpu,
				enum scope_cpu_kind kind, uint32_t share_ppm)
{
	return (double)sluice_hist_quantile(&cpu->hist[kind], share_ppm) /
	       SCOPE_CPU_MS_NS;
}
