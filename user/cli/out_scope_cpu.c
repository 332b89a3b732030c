// SPDX-License-Identifier: GPL-2.0
/* The text of what processors did while a device was looked at; see out_scope.h. */
#include <inttypes.h>

#include "../lib/units.h"
#include "../scope/cpu.h"
#include "out_scope.h"

#define PPM_P99		990000u

/* A ratio, and the peak and the mean that it is of. */
static void pmr_print(FILE *out, const struct scope_cpu_peak *peak)
{
	char pmr[32];

	sluice_format_number_about(peak->pmr, pmr, sizeof(pmr));
	fprintf(out, "%s (%.3g of %.3g %%)", pmr, 100 * peak->peak_share,
		100 * peak->mean_share);
}

static void pmrs_print(FILE *out, const struct scope_cpu *cpu)
{
	const struct scope_cpu_peak *all = &cpu->pmr[SCOPE_CPU_BUSY];
	const struct scope_cpu_peak *one = &cpu->one_pmr[SCOPE_CPU_BUSY];

	if (all->pmr <= 0)
		return;
	fputs("  peak of 1 ms over the mean   all ", out);
	pmr_print(out, all);
	if (one->pmr > 0) {
		fprintf(out, "; worst cpu %u: ", one->cpu);
		pmr_print(out, one);
	}
	fputc('\n', out);
}

/* Of all together, and whose millisecond was the highest. */
static void kind_print(FILE *out, const struct scope_cpu *cpu,
		       enum scope_cpu_kind kind)
{
	const struct scope_cpu_peak *one = &cpu->peak[kind];

	fprintf(out, "  %-8s mean %.3g %%, 1 ms p99 %.3g %%, highest %.3g %%",
		scope_cpu_kind_name(kind), 100 * scope_cpu_mean_share(cpu, kind),
		100 * scope_cpu_quantile_share(cpu, kind, PPM_P99),
		100 * scope_cpu_peak_share(cpu, kind));
	if (one->pmr > 0)
		fprintf(out, "; of cpu %u highest %.3g %%, mean %.3g %%",
			one->cpu, 100 * one->peak_share, 100 * one->mean_share);
	fputc('\n', out);
}

void out_scope_cpu(FILE *out, const struct scope *scope)
{
	const struct scope_cpu *cpu = scope->cpu;

	if (!scope->config.wants_cpu)
		return;
	if (!cpu) {
		fprintf(out, "\nprocessors: not known: %s\n",
			*scope->config.why_no_cpu ? scope->config.why_no_cpu :
						    SCOPE_CPU_NO_PACKET);
		return;
	}
	fprintf(out, "\nprocessors: %u, looked at for %" PRIu64 " ms on the axis of the packets\n",
		cpu->cpus, cpu->ms);
	for (uint32_t k = 0; k < SCOPE_CPU_KINDS; k++)
		kind_print(out, cpu, k);
	pmrs_print(out, cpu);
	if (cpu->missed_ms)
		fprintf(out, "! %" PRIu64 " ms of the processors were not read in time\n",
			cpu->missed_ms);
}
