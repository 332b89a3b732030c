// SPDX-License-Identifier: GPL-2.0
/* The figures of the host's processors, which belong to no direction; see figure.h. */
#include <math.h>

#include "cpu.h"
#include "figure.h"

#define PPM_P99		990000u
#define PPM		1e6

/* NAN: no second had a mean to compare with. */
static double known_pmr(const struct scope_cpu_peak *peak)
{
	return peak->pmr > 0 ? peak->pmr : NAN;
}

/* Shares as ppm of a processor, or of all. */
#define FIGURE(name, expression)					\
	static double name(const struct scope *scope,			\
			   const struct scope_lane *lane)		\
	{								\
		const struct scope_cpu *cpu = scope->cpu;		\
									\
		(void)lane;						\
		return cpu ? expression : NAN;				\
	}

FIGURE(cpu_mean, PPM * scope_cpu_mean_share(cpu, SCOPE_CPU_BUSY))
FIGURE(cpu_peak, PPM * scope_cpu_peak_share(cpu, SCOPE_CPU_BUSY))
FIGURE(cpu_p99, PPM * scope_cpu_quantile_share(cpu, SCOPE_CPU_BUSY, PPM_P99))
FIGURE(cpu_pmr, known_pmr(&cpu->pmr[SCOPE_CPU_BUSY]))
FIGURE(cpu_one_peak, PPM * cpu->peak[SCOPE_CPU_BUSY].peak_share)
FIGURE(cpu_one_pmr, known_pmr(&cpu->one_pmr[SCOPE_CPU_BUSY]))
FIGURE(softirq_mean, PPM * scope_cpu_mean_share(cpu, SCOPE_CPU_SOFTIRQ))
FIGURE(softirq_peak, PPM * scope_cpu_peak_share(cpu, SCOPE_CPU_SOFTIRQ))
FIGURE(softirq_one_peak, PPM * cpu->peak[SCOPE_CPU_SOFTIRQ].peak_share)
FIGURE(irq_mean, PPM * scope_cpu_mean_share(cpu, SCOPE_CPU_IRQ))
FIGURE(irq_one_peak, PPM * cpu->peak[SCOPE_CPU_IRQ].peak_share)

const struct scope_figure scope_cpu_figures[] = {
	{ "cpu_mean", "ppm", "share of all processors' time that is busy", cpu_mean, false },
	{ "cpu_peak_1ms", "ppm", "the same in the busiest millisecond", cpu_peak, false },
	{ "cpu_p99_1ms", "ppm", "the same, not exceeded in 99 % of the milliseconds", cpu_p99, false },
	{ "cpu_pmr_1ms", "", "busiest millisecond of all processors over the mean of its second", cpu_pmr, false },
	{ "cpu_one_peak_1ms", "ppm", "busy share of the busiest millisecond of any one processor", cpu_one_peak, false },
	{ "cpu_one_pmr_1ms", "", "busiest millisecond of a processor over the mean of its second, of the worst one", cpu_one_pmr, false },
	{ "softirq_mean", "ppm", "share of all processors' time in softirqs", softirq_mean, false },
	{ "softirq_peak_1ms", "ppm", "the same in the millisecond with most", softirq_peak, false },
	{ "softirq_one_peak_1ms", "ppm", "share in softirqs of the millisecond with most, of any one processor", softirq_one_peak, false },
	{ "irq_mean", "ppm", "share of all processors' time in handlers of interrupts", irq_mean, false },
	{ "irq_one_peak_1ms", "ppm", "share in them of the millisecond with most, of any one processor", irq_one_peak, false },
};

const size_t scope_cpu_figures_count = sizeof(scope_cpu_figures) /
				       sizeof(scope_cpu_figures[0]);

bool scope_figure_is_of_host(const struct scope_figure *figure)
{
	for (size_t i = 0; i < scope_cpu_figures_count; i++)
		if (figure == &scope_cpu_figures[i])
			return true;
	return false;
}
