// SPDX-License-Identifier: GPL-2.0
/* The statistics of the qdisc; see stat.h. */
#include "stat.h"

#include <linux/pkt_sched.h>
#include <string.h>

#include "edt.h"

#define FIELD(field) FIELD_OF(tc_sluice_xstats, field)
#define FLOW_FIELD(field) FIELD_OF(tc_sluice_flow_xstats, field)
#define FIELD_OF(type, field) \
	.key = #field, \
	.offset = offsetof(struct type, field), \
	.size = sizeof(((struct type *)0)->field)

#define HIST(field, buckets) \
	.key = #field, \
	.offset = offsetof(struct tc_sluice_xstats, field), \
	.n_buckets = buckets

const struct sluice_stat sluice_stat_table[] = {
	{ FIELD(enqueued_pkts), .group = SLUICE_STAT_PASSED,
	  .help = "Packets accepted, super-packets counted once." },
	{ FIELD(super_pkts), .group = SLUICE_STAT_PASSED,
	  .help = "Super-packets (GSO) among the packets accepted." },
	{ FIELD(super_pkt_frames), .group = SLUICE_STAT_PASSED,
	  .help = "Frames that these super-packets stand for." },
	{ FIELD(cut_pkts), .group = SLUICE_STAT_PASSED,
	  .help = "Super-packets cut into frames." },
	{ FIELD(sent_frames), .group = SLUICE_STAT_PASSED,
	  .help = "Frames handed to the device." },
	{ FIELD(sent_wire_bytes), .group = SLUICE_STAT_PASSED,
	  .help = "L1 bytes of the frames handed to the device." },
	{ FIELD(prompt_frames), .group = SLUICE_STAT_PASSED,
	  .help = "Frames that waited for no flow clock: ACK, SYN, FIN, RST." },
	{ FIELD(initial_window_frames), .group = SLUICE_STAT_PASSED,
	  .help = "Frames of initial windows, paced over the handshake RTT." },
	{ FIELD(offloaded_frames), .group = SLUICE_STAT_PASSED,
	  .help = "Frames handed over ahead, whose departure the device keeps." },
	{ FIELD(forward_held_frames), .group = SLUICE_STAT_PASSED,
	  .help = "Frames of guests and forwarded ones, held to leave evenly." },
	{ FIELD(smooth_held_frames), .group = SLUICE_STAT_PASSED,
	  .help = "Frames of UDP sockets without a rate, held to leave evenly." },
	{ FIELD(gap_frames), .group = SLUICE_STAT_PASSED,
	  .help = "Frames that filled the line up to a departure (gap_frames)." },
	{ FIELD(gap_wire_bytes), .group = SLUICE_STAT_PASSED,
	  .help = "L1 bytes of the frames that filled the line." },
	{ FIELD(late_frames), .group = SLUICE_STAT_BROKEN,
	  .help = "Frames that left after their departure time." },
	{ FIELD(horizon_capped_pkts), .group = SLUICE_STAT_BROKEN,
	  .help = "Packets that asked for a time beyond the horizon." },
	{ FIELD(past_pkts), .group = SLUICE_STAT_BROKEN,
	  .help = "Packets that asked for a time that had passed." },
	{ FIELD(foreign_clock_pkts), .group = SLUICE_STAT_BROKEN,
	  .help = "Packets whose time stamp is no departure time." },
	{ FIELD(uncut_pkts), .group = SLUICE_STAT_BROKEN,
	  .help = "Super-packets that left whole: no memory to cut them, only the device can, or more than 1024 frames." },
	{ FIELD(flow_alloc_failed_pkts), .group = SLUICE_STAT_BROKEN,
	  .help = "Packets not paced for lack of memory for a flow." },
	{ FIELD(gap_alloc_failed_frames), .group = SLUICE_STAT_BROKEN,
	  .help = "Gaps that a timer kept for lack of memory for a frame to fill them." },
	{ FIELD(gap_is_ended), .group = SLUICE_STAT_BROKEN, .is_gauge = true,
	  .help = "1: the kernel took gap_frames back: more queues, or the device may pause its link partner." },
	{ FIELD(offload_is_ended), .group = SLUICE_STAT_BROKEN,
	  .is_gauge = true,
	  .help = "1: the kernel took offload_horizon back: the device made its queues anew." },
	{ FIELD(limit_dropped_pkts), .group = SLUICE_STAT_LOST,
	  .help = "Packets dropped at the limit of the qdisc." },
	{ FIELD(flow_limit_dropped_pkts), .group = SLUICE_STAT_LOST,
	  .help = "Packets dropped at the limit of their flow." },
	{ FIELD(codel_dropped_pkts), .group = SLUICE_STAT_LOST,
	  .help = "Packets dropped by CoDel." },
	{ FIELD(corrupt_dropped_pkts), .group = SLUICE_STAT_LOST,
	  .help = "Super-packets dropped because nobody can cut them." },
	{ FIELD(reset_dropped_pkts), .group = SLUICE_STAT_LOST,
	  .help = "Packets that waited when the device went down." },
	{ FIELD(dropped_frames), .group = SLUICE_STAT_LOST,
	  .help = "Frames that accepted and then dropped packets were." },
	{ FIELD(codel_marked_pkts), .group = SLUICE_STAT_MARKED,
	  .help = "Packets marked by CoDel." },
	{ FIELD(ce_threshold_marked_pkts), .group = SLUICE_STAT_MARKED,
	  .help = "Packets marked at ce_threshold." },
	{ FIELD(timer_wakeups), .group = SLUICE_STAT_TIMERS,
	  .help = "Times that a timer woke the qdisc." },
	{ FIELD(burst_grown), .group = SLUICE_STAT_TIMERS,
	  .help = "Times that late timers made the burst grow." },
	{ FIELD(burst_now_ns), .group = SLUICE_STAT_TIMERS,
	  .is_time = true, .is_gauge = true,
	  .help = "What a flow may catch up at present." },
	{ FIELD(lateness_max_ns), .group = SLUICE_STAT_TIMERS,
	  .is_time = true, .is_gauge = true,
	  .help = "The largest lateness of a frame so far." },
	{ FIELD(flows_created), .group = SLUICE_STAT_FLOWS,
	  .help = "Flows made." },
	{ FIELD(flows_freed), .group = SLUICE_STAT_FLOWS,
	  .help = "Flows freed." },
	{ FIELD(flows), .group = SLUICE_STAT_FLOWS,
	  .is_gauge = true,
	  .help = "Flows in memory." },
	{ FIELD(flows_waiting), .group = SLUICE_STAT_FLOWS,
	  .is_gauge = true,
	  .help = "Flows that wait for their departure time." },
	{ FIELD(flows_due), .group = SLUICE_STAT_FLOWS,
	  .is_gauge = true,
	  .help = "Flows that wait for the device." },
	{ FIELD(link_speed_mbits_ps), .group = SLUICE_STAT_FLOWS,
	  .is_gauge = true,
	  .help = "Speed of the link as the device says, 0: unknown." },
	{ .key = NULL },
};

const struct sluice_stat sluice_flow_stat_table[] = {
	{ FLOW_FIELD(socket_cookie) },
	{ FLOW_FIELD(rate_bytes_ps) },
	{ FLOW_FIELD(asked_bytes_ps) },
	{ FLOW_FIELD(sent_frames) },
	{ FLOW_FIELD(sent_wire_bytes) },
	{ FLOW_FIELD(lateness_sum_ns), .is_time = true },
	{ FLOW_FIELD(hold_ns), .is_time = true },
	{ FLOW_FIELD(departure_delta_ns), .is_time = true, .is_signed = true },
	{ FLOW_FIELD(lateness_max_ns), .is_time = true },
	{ FLOW_FIELD(queued_pkts) },
	{ FLOW_FIELD(hash) },
	{ FLOW_FIELD(gain_percent) },
	{ FLOW_FIELD(hold_max_ns), .is_time = true },
	{ .key = NULL },
};

/* Where both count the same, fq's have sluice's keys. */
#define FQ_FIELD(name, field) \
	.key = name, \
	.offset = offsetof(struct tc_fq_qd_stats, field), \
	.size = sizeof(((struct tc_fq_qd_stats *)0)->field)

const struct sluice_stat sluice_fq_stat_table[] = {
	{ FQ_FIELD("horizon_capped_pkts", horizon_caps),
	  .group = SLUICE_STAT_BROKEN,
	  .help = "Packets that asked fq for a time beyond the horizon." },
	{ FQ_FIELD("flow_alloc_failed_pkts", allocation_errors),
	  .group = SLUICE_STAT_BROKEN,
	  .help = "Packets that fq did not pace for want of memory." },
	{ FQ_FIELD("flow_limit_dropped_pkts", flows_plimit),
	  .group = SLUICE_STAT_LOST,
	  .help = "Packets that fq lost because their flow held flow_limit." },
	{ FQ_FIELD("ce_marked_pkts", ce_mark), .group = SLUICE_STAT_MARKED,
	  .help = "ECN packets that fq held longer than ce_threshold." },
	{ FQ_FIELD("throttles", throttled), .group = SLUICE_STAT_TIMERS,
	  .help = "Times that fq let a flow wait for its departure time." },
	{ FQ_FIELD("unthrottle_latency_ns", unthrottle_latency_ns),
	  .group = SLUICE_STAT_TIMERS, .is_time = true, .is_gauge = true,
	  .help = "How late fq's timers are, on average." },
	{ FQ_FIELD("flows", flows), .group = SLUICE_STAT_FLOWS,
	  .is_gauge = true, .help = "Flows that fq knows." },
	{ FQ_FIELD("flows_waiting", throttled_flows),
	  .group = SLUICE_STAT_FLOWS, .is_gauge = true,
	  .help = "Flows that wait for their departure time in fq." },
	{ .key = NULL },
};

#define EDT_FIELD(field) EDT_NUMBER(#field, counters.field)
#define EDT_NUMBER(name, field) \
	.key = name, \
	.offset = offsetof(struct sluice_edt, field), \
	.size = sizeof(((struct sluice_edt *)0)->field)

const struct sluice_stat sluice_edt_stat_table[] = {
	{ EDT_FIELD(frames), .group = SLUICE_STAT_PASSED,
	  .help = "Frames that the device's rate was asked for." },
	{ EDT_FIELD(wire_bytes), .group = SLUICE_STAT_PASSED,
	  .help = "L1 bytes of these frames." },
	{ EDT_FIELD(held_pkts), .group = SLUICE_STAT_PASSED,
	  .help = "Packets that the device's rate made wait." },
	{ EDT_FIELD(prompt_pkts), .group = SLUICE_STAT_PASSED,
	  .help = "Empty TCP segments among them, which waited for their like alone." },
	{ EDT_FIELD(asked_pkts), .group = SLUICE_STAT_PASSED,
	  .help = "Packets that asked for a later time than the device's rate gave." },
	{ EDT_FIELD(socket_held_pkts), .group = SLUICE_STAT_PASSED,
	  .help = "Packets that had to wait longer for the rate of their socket." },
	{ EDT_FIELD(foreign_clock_pkts), .group = SLUICE_STAT_BROKEN,
	  .help = "Packets whose time stamp was no departure time." },
	{ EDT_FIELD(socket_unpaced_pkts), .group = SLUICE_STAT_BROKEN,
	  .help = "Packets whose socket's rate was not kept for want of memory." },
	{ EDT_FIELD(over_backlog_pkts), .group = SLUICE_STAT_LOST,
	  .help = "Packets dropped because too much waited; none of TCP sockets of this host." },
	{ EDT_FIELD(over_horizon_pkts), .group = SLUICE_STAT_LOST,
	  .help = "Packets dropped because their socket would have made them wait longer than the horizon." },
	{ EDT_FIELD(wait_max_ns), .group = SLUICE_STAT_TIMERS,
	  .is_time = true, .is_gauge = true,
	  .help = "The longest that the device's rate made a packet wait so far." },
	{ EDT_NUMBER("backlog_ns", ahead_ns), .group = SLUICE_STAT_TIMERS,
	  .is_time = true, .is_gauge = true,
	  .help = "What waits at present, as time at the device's rate." },
	{ .key = NULL },
};

const struct sluice_histogram sluice_histogram_table[] = {
	{ HIST(lateness_ns_hist, SLUICE_HIST_TIME_BUCKETS), .is_time = true,
	  .help = "How late frames left that had to wait." },
	{ HIST(hold_ns_hist, SLUICE_HIST_TIME_BUCKETS), .is_time = true,
	  .help = "From the arrival of frames to their departure." },
	{ HIST(train_frames_hist, SLUICE_HIST_TRAIN_BUCKETS),
	  .help = "Frames of a flow that left closer than half their gap." },
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

uint64_t sluice_stat_value(const void *xstats, const struct sluice_stat *stat)
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
