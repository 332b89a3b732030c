// SPDX-License-Identifier: GPL-2.0
/* The statistics of the qdisc; see stat.h. */
#include "stat.h"

#include <string.h>

#define FIELD(field) \
	.key = #field, \
	.offset = offsetof(struct tc_sluice_xstats, field), \
	.size = sizeof(((struct tc_sluice_xstats *)0)->field)

#define HIST(field, buckets) \
	.key = #field, \
	.offset = offsetof(struct tc_sluice_xstats, field), \
	.n_buckets = buckets

const struct sluice_stat sluice_stat_table[] = {
	{ FIELD(enqueued_pkts), .group = SLUICE_STAT_PASSED },
	{ FIELD(super_pkts), .group = SLUICE_STAT_PASSED },
	{ FIELD(super_pkt_frames), .group = SLUICE_STAT_PASSED },
	{ FIELD(cut_pkts), .group = SLUICE_STAT_PASSED },
	{ FIELD(sent_frames), .group = SLUICE_STAT_PASSED },
	{ FIELD(sent_wire_bytes), .group = SLUICE_STAT_PASSED },
	{ FIELD(prompt_frames), .group = SLUICE_STAT_PASSED },
	{ FIELD(initial_window_frames), .group = SLUICE_STAT_PASSED },
	{ FIELD(late_frames), .group = SLUICE_STAT_BROKEN },
	{ FIELD(horizon_capped_pkts), .group = SLUICE_STAT_BROKEN },
	{ FIELD(past_pkts), .group = SLUICE_STAT_BROKEN },
	{ FIELD(foreign_clock_pkts), .group = SLUICE_STAT_BROKEN },
	{ FIELD(uncut_pkts), .group = SLUICE_STAT_BROKEN },
	{ FIELD(flow_alloc_failed_pkts), .group = SLUICE_STAT_BROKEN },
	{ FIELD(limit_dropped_pkts), .group = SLUICE_STAT_LOST },
	{ FIELD(flow_limit_dropped_pkts), .group = SLUICE_STAT_LOST },
	{ FIELD(codel_dropped_pkts), .group = SLUICE_STAT_LOST },
	{ FIELD(corrupt_dropped_pkts), .group = SLUICE_STAT_LOST },
	{ FIELD(reset_dropped_pkts), .group = SLUICE_STAT_LOST },
	{ FIELD(dropped_frames), .group = SLUICE_STAT_LOST },
	{ FIELD(codel_marked_pkts), .group = SLUICE_STAT_MARKED },
	{ FIELD(ce_threshold_marked_pkts), .group = SLUICE_STAT_MARKED },
	{ FIELD(timer_wakeups), .group = SLUICE_STAT_TIMERS },
	{ FIELD(burst_grown), .group = SLUICE_STAT_TIMERS },
	{ FIELD(burst_now_ns), .group = SLUICE_STAT_TIMERS, .is_time = true,
	  .is_gauge = true },
	{ FIELD(lateness_max_ns), .group = SLUICE_STAT_TIMERS,
	  .is_time = true, .is_gauge = true },
	{ FIELD(flows_created), .group = SLUICE_STAT_FLOWS },
	{ FIELD(flows_freed), .group = SLUICE_STAT_FLOWS },
	{ FIELD(flows), .group = SLUICE_STAT_FLOWS, .is_gauge = true },
	{ FIELD(flows_waiting), .group = SLUICE_STAT_FLOWS, .is_gauge = true },
	{ FIELD(flows_due), .group = SLUICE_STAT_FLOWS, .is_gauge = true },
	{ FIELD(link_speed_mbits_ps), .group = SLUICE_STAT_FLOWS,
	  .is_gauge = true },
	{ .key = NULL },
};

const struct sluice_histogram sluice_histogram_table[] = {
	{ HIST(lateness_ns_hist, SLUICE_HIST_TIME_BUCKETS), .is_time = true },
	{ HIST(hold_ns_hist, SLUICE_HIST_TIME_BUCKETS), .is_time = true },
	{ HIST(train_frames_hist, SLUICE_HIST_TRAIN_BUCKETS) },
	{ .key = NULL },
};

bool sluice_stat_is_there(const struct sluice_stat *stat, size_t received)
{
	return (size_t)stat->offset + stat->size <= received;
}

bool sluice_histogram_is_there(const struct sluice_histogram *hist, size_t received)
{
	return hist->offset + hist->n_buckets * sizeof(__u64) <= received;
}

uint64_t sluice_stat_value(const struct tc_sluice_xstats *xstats,
			   const struct sluice_stat *stat)
{
	const char *field = (const char *)xstats + stat->offset;
	uint64_t wide;
	uint32_t narrow;

	if (stat->size == sizeof(narrow)) {
		memcpy(&narrow, field, sizeof(narrow));
		return narrow;
	}
	memcpy(&wide, field, sizeof(wide));
	return wide;
}

const __u64 *sluice_histogram_counts(const struct tc_sluice_xstats *xstats,
				const struct sluice_histogram *hist)
{
	return (const void *)((const char *)xstats + hist->offset);
}

bool sluice_histogram_quantile(const __u64 *counts, unsigned int n_buckets,
			  uint64_t parts, uint64_t whole,
			  unsigned int *ret_bucket)
{
	unsigned __int128 total = 0, below = 0;
	unsigned int i;

	for (i = 0; i < n_buckets; i++)
		total += counts[i];
	if (!total)
		return false;
	for (i = 0; i < n_buckets; i++) {
		below += counts[i];
		if (below * whole >= total * parts)
			break;
	}
	*ret_bucket = i;
	return true;
}
