/* SPDX-License-Identifier: GPL-2.0 */
/* Results by policy: means and spread over the seeds, for table and report. */
#ifndef SLUICE_LAB_SUMMARY_H
#define SLUICE_LAB_SUMMARY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct lab_figure {
	unsigned int count;		/* runs that have it; 0: unknown */
	double mean;
	double deviation;		/* standard deviation over runs, n - 1 */
	double min;
	double max;
};

struct lab_summary {
	const char *policy;
	unsigned int runs;
	const json_t *first_run;	/* of the lowest seed listed; for pictures */
	struct lab_figure goodput_bits_ps;
	struct lab_figure retransmitted_percent;
	struct lab_figure udp_lost_percent;	/* only where UDP was sent */
	struct lab_figure dropped_pkts;
	struct lab_figure jain;
	struct lab_figure queue_mean_pkts;
	struct lab_figure queue_p99_pkts;
	struct lab_figure queue_max_pkts;
	struct lab_figure pmr_1ms;
	struct lab_figure peak_1ms_bits_ps;
	struct lab_figure gap_cov;
	struct lab_figure train_p99_pkts;
	struct lab_figure superpacket_segments;
	struct lab_figure burst_at_port_pkts;
	struct lab_figure b0_pkts;
	struct lab_figure departure_p99_ns;	/* only where frames were stamped */
	unsigned int expected;		/* numbers stated for this policy */
	unsigned int met;
};

/*
 * One summary per policy in the order of first appearance. NULL if results
 * has no runs or there is no memory; the caller frees it with free(). The
 * strings belong to results.
 */
struct lab_summary *lab_summaries_create(const json_t *results,
					 size_t *ret_count);

/* The number at a dotted path ("metrics.pmr_1ms"); false if there is none. */
bool lab_number_at(const json_t *object, const char *path, double *ret_number);

/* The string at a dotted path, or fallback. */
const char *lab_string_at(const json_t *object, const char *path,
			  const char *fallback);

#endif
