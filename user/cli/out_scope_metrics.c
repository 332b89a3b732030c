// SPDX-License-Identifier: GPL-2.0
/* What the scope found, in Prometheus' text exposition format; see out_scope.h. */
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "../scope/figure.h"
#include "out_metrics.h"
#include "out_scope.h"

/* Base units: bytes and seconds, also in rates; shares as ratios. */
static const struct {
	const char *unit;		/* of figure.h */
	const char *suffix;
	double scale;
} units[] = {
	{ "bits/s", "_bytes_per_second", 1 / 8. },
	{ "ns", "_seconds", 1e-9 },
	{ "ppm", "_ratio", 1e-6 },
	{ "packets", "_packets", 1 },
	{ "", "", 1 },
};

static unsigned int unit_of(const struct scope_figure *figure)
{
	unsigned int i = 0;

	while (strcmp(units[i].unit, figure->unit))
		i++;
	return i;
}

/* In front of the first sample: a figure without one is absent. */
static void head_print(FILE *out, const struct scope_figure *figure)
{
	const char *suffix = units[unit_of(figure)].suffix;

	fprintf(out, "# HELP sluice_scope_%s%s %c%s.\n", figure->name, suffix,
		toupper((unsigned char)figure->help[0]), figure->help + 1);
	fprintf(out, "# TYPE sluice_scope_%s%s gauge\n", figure->name, suffix);
}

/* Two samples of one figure must not have the same labels: nobody would read them. */
static bool has_twin(const struct scope *scopes, unsigned int number)
{
	for (unsigned int i = 0; i < number; i++)
		if (!strcmp(scopes[i].config.vantage.name,
			    scopes[number].config.vantage.name))
			return true;
	return false;
}

/* @direction: SCOPE_DIRECTIONS: of none, a figure of the host. */
static void sample_print(FILE *out, const struct scope_figure *figure,
			 const struct scope *scopes, unsigned int number,
			 uint32_t direction, bool *has_head)
{
	const struct scope *scope = &scopes[number];
	bool is_of_host = direction == SCOPE_DIRECTIONS;
	unsigned int unit = unit_of(figure);
	double value = is_of_host ? scope_figure_value(figure, scope, NULL) :
		scope->lane[direction].is_used ?
		scope_figure_value(figure, scope, &scope->lane[direction]) :
		NAN;

	if (isnan(value))
		return;
	if (!*has_head)
		head_print(out, figure);
	*has_head = true;
	fprintf(out, "sluice_scope_%s%s{vantage=\"", figure->name,
		units[unit].suffix);
	out_metrics_label(out, scope->config.vantage.name);
	if (has_twin(scopes, number))
		fprintf(out, " (%u)", number + 1);
	if (!is_of_host)
		fprintf(out, "\",direction=\"%s",
			scope_direction_name(direction));
	fprintf(out, "\"} %.9g\n", value * units[unit].scale);
}

/* What other figures are worth. */
static void missed_print(FILE *out, const struct scope_live_losses *losses)
{
	fputs("# HELP sluice_scope_missed_packets Packets that were missed: with any, figures of the traffic are not known and absent.\n"
	      "# TYPE sluice_scope_missed_packets gauge\n", out);
	fprintf(out, "sluice_scope_missed_packets %" PRIu64 "\n",
		losses->missed_pkts);
	fputs("# HELP sluice_scope_unshown_packets Super-packets that this kernel cannot show: with any, it is the same.\n"
	      "# TYPE sluice_scope_unshown_packets gauge\n", out);
	fprintf(out, "sluice_scope_unshown_packets %" PRIu64 "\n",
		losses->unshown_pkts);
	fputs("# HELP sluice_scope_unstamped_packets Packets that the NIC did not stamp, where its stamps were asked for: with any, it is the same.\n"
	      "# TYPE sluice_scope_unstamped_packets gauge\n", out);
	fprintf(out, "sluice_scope_unstamped_packets %" PRIu64 "\n",
		losses->unstamped_pkts);
}

static void unrecorded_print(FILE *out, const struct scope_record_state *recorded)
{
	fputs("# HELP sluice_scope_unrecorded_packets Packets that should be in the recording, and had no room in its ring: they are in all figures.\n"
	      "# TYPE sluice_scope_unrecorded_packets gauge\n", out);
	fprintf(out, "sluice_scope_unrecorded_packets %" PRIu64 "\n",
		recorded->unrecorded_pkts);
}

/* Of places that say how many, also none. */
static void unseen_print(FILE *out, const struct scope *scopes, unsigned int count)
{
	bool has_head = false;

	for (unsigned int i = 0; i < count; i++) {
		if (scope_is_whole(&scopes[i]) && !scopes[i].has_unseen_count)
			continue;
		if (!has_head)
			fputs("# HELP sluice_scope_unseen_packets Packets of a place that are in no figure, as far as it says: with any, figures of its traffic are not known and absent.\n"
			      "# TYPE sluice_scope_unseen_packets gauge\n", out);
		has_head = true;
		fputs("sluice_scope_unseen_packets{vantage=\"", out);
		out_metrics_label(out, scopes[i].config.vantage.name);
		if (has_twin(scopes, i))
			fprintf(out, " (%u)", i + 1);
		fprintf(out, "\"} %" PRIu64 "\n", scopes[i].unseen_pkts);
	}
}

void out_scope_metrics(FILE *out, const struct scope *scopes,
		       unsigned int count,
		       const struct scope_live_losses *losses,
		       const struct scope_record_state *recorded)
{
	if (losses)
		missed_print(out, losses);
	if (recorded)
		unrecorded_print(out, recorded);
	unseen_print(out, scopes, count);
	for (size_t k = 0; k < scope_figures_count; k++) {
		bool has_head = false;

		for (unsigned int i = 0; i < count; i++)
			for (uint32_t d = 0; d < SCOPE_DIRECTIONS; d++)
				sample_print(out, &scope_figures[k], scopes, i,
					     d, &has_head);
	}
	for (size_t k = 0; k < scope_cpu_figures_count; k++) {
		bool has_head = false;

		for (unsigned int i = 0; i < count; i++)
			sample_print(out, &scope_cpu_figures[k], scopes, i,
				     SCOPE_DIRECTIONS, &has_head);
	}
}
