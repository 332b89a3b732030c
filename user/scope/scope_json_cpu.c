// SPDX-License-Identifier: GPL-2.0
/* The JSON of what processors did: while it runs, and all of it. */
#include "cpu_slots.h"
#include "scope_json_parts.h"
#include "view_json.h"

#define PPM_P50		500000u
#define PPM_P99		990000u

/* A mean beside its peak; @has_cpu: of which processor. */
static json_t *peak_json(const struct scope_cpu_peak *peak, bool has_cpu)
{
	json_t *object = json_object();

	if (has_cpu)
		set_int(object, "cpu", peak->cpu);
	set_real(object, "mean_share", peak->mean_share);
	set_real(object, "peak_1ms_share", peak->peak_share);
	return object;
}

/* With their ratio; null where there is none. */
static json_t *pmr_json(const struct scope_cpu_peak *peak, bool has_cpu)
{
	json_t *object;

	if (peak->pmr <= 0)
		return json_null();
	object = peak_json(peak, has_cpu);
	set_real(object, "pmr_1ms", peak->pmr);
	return object;
}

json_t *scope_cpu_view_json(const struct scope_cpu_view *view)
{
	json_t *object;

	if (!view->is_known)
		return json_null();
	object = json_object();
	set_int(object, "cpus", view->cpus);
	set_int(object, "missed_ms", view->missed_ms);
	for (uint32_t k = 0; k < SCOPE_CPU_KINDS; k++) {
		json_t *kind = json_object();

		json_object_set_new(kind, "all", peak_json(&view->all[k], false));
		json_object_set_new(kind, "one", peak_json(&view->one[k], true));
		json_object_set_new(object, scope_cpu_kind_name(k), kind);
	}
	return object;
}

/* All together over the whole run; of one the second with its highest millisecond. */
static json_t *kind_json(const struct scope_cpu *cpu, enum scope_cpu_kind kind)
{
	json_t *object = json_object(), *all = json_object();

	set_real(all, "mean_share", scope_cpu_mean_share(cpu, kind));
	set_real(all, "peak_1ms_share", scope_cpu_peak_share(cpu, kind));
	set_real(all, "p50_1ms_share",
		 scope_cpu_quantile_share(cpu, kind, PPM_P50));
	set_real(all, "p99_1ms_share",
		 scope_cpu_quantile_share(cpu, kind, PPM_P99));
	json_object_set_new(all, "pmr", pmr_json(&cpu->pmr[kind], false));
	json_object_set_new(object, "all", all);
	json_object_set_new(object, "one", peak_json(&cpu->peak[kind], true));
	json_object_set_new(object, "one_pmr",
			    pmr_json(&cpu->one_pmr[kind], true));
	return object;
}

static json_t *each_json(const struct scope_cpu *cpu)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < cpu->cpus; i++) {
		json_t *object = json_object();

		set_int(object, "cpu", cpu->id[i]);
		for (uint32_t k = 0; k < SCOPE_CPU_KINDS; k++) {
			struct scope_cpu_peak peak =
				scope_cpu_peak_of(&cpu->cpu[i], k, cpu->ms, 1);

			json_object_set_new(object, scope_cpu_kind_name(k),
					    peak_json(&peak, false));
		}
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *series_json(const struct scope_cpu *cpu)
{
	json_t *object = json_object(), *ms = json_array(), *busy = json_array();
	json_t *most[SCOPE_CPU_KINDS] = {
		json_array(), json_array(), json_array()
	};
	static const char *const names[SCOPE_CPU_KINDS] = {
		"max_one_busy_ns", "max_one_softirq_ns", "max_one_irq_ns"
	};

	for (uint32_t i = 0; i < cpu->bins; i++) {
		append_int(ms, cpu->bin[i].ms);
		append_int(busy, cpu->bin[i].busy_ns);
		for (uint32_t k = 0; k < SCOPE_CPU_KINDS; k++)
			append_int(most[k], cpu->bin[i].max_ns[k]);
	}
	set_int(object, "bin_ns", cpu->bin_ns);
	json_object_set_new(object, "known_ms", ms);
	json_object_set_new(object, "busy_ns", busy);
	for (uint32_t k = 0; k < SCOPE_CPU_KINDS; k++)
		json_object_set_new(object, names[k], most[k]);
	return object;
}

json_t *scope_cpu_json(const struct scope_cpu *cpu)
{
	json_t *object = json_object();

	set_int(object, "cpus", cpu->cpus);
	set_int(object, "known_ms", cpu->ms);
	set_int(object, "missed_ms", cpu->missed_ms);
	for (uint32_t k = 0; k < SCOPE_CPU_KINDS; k++)
		json_object_set_new(object, scope_cpu_kind_name(k),
				    kind_json(cpu, k));
	json_object_set_new(object, "each", each_json(cpu));
	json_object_set_new(object, "series", series_json(cpu));
	return object;
}
