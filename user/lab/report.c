// SPDX-License-Identifier: GPL-2.0
#include "report.h"

#include <stdlib.h>

#include "report_parts.h"

static void read_settings(struct report *report)
{
	report->settings = json_object_get(json_object_get(report->results,
							   "scenario"),
					   "settings");
	lab_number_at(report->settings, "senders", &report->senders);
	lab_number_at(report->settings, "nic_rate_bits_ps",
		      &report->nic_rate_bits_ps);
	lab_number_at(report->settings, "port_rate_bits_ps",
		      &report->port_rate_bits_ps);
	lab_number_at(report->settings, "port_buffer_pkts",
		      &report->buffer_pkts);
	for (size_t i = 0; i < report->count; i++)
		if (report->policies[i].runs > report->seeds)
			report->seeds = report->policies[i].runs;
}

int lab_report_write(const json_t *results, FILE *out, char *error,
		     size_t error_size)
{
	struct report report = { .out = out, .results = results };

	report.policies = lab_summaries_create(results, &report.count);
	if (!report.policies) {
		snprintf(error, error_size, "no report: the results hold no runs");
		return -1;
	}
	read_settings(&report);
	report_head(&report);
	report_rates(&report);
	report_bars(&report);
	report_curves(&report);
	report_queue(&report);
	report_expected(&report);
	report_table(&report);
	report_foot(&report);
	free(report.policies);
	if (fflush(out) || ferror(out)) {
		snprintf(error, error_size, "the report could not be written: is the disk full?");
		return -1;
	}
	return 0;
}
