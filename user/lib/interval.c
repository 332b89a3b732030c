// SPDX-License-Identifier: GPL-2.0
/* What sluice did between two looks; see interval.h. */
#include "interval.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../core/wire.h"
#include "now.h"
#include "stand_in.h"
#include "stat.h"
#include "units.h"

/* ---- looks ---- */

/* What fq and its device's rate count, as sluice would. A super-packet counts as its frames. */
static void stand_in_convert(struct sluice_qdisc *qdisc)
{
	const struct tc_fq_qd_stats *fq = &qdisc->fq_stats;
	const struct sluice_edt *edt = &qdisc->edt;
	const uint64_t overhead_bytes =
		sluice_options_has(&qdisc->options, TCA_SLUICE_OVERHEAD_BYTES) ?
		qdisc->options.values[TCA_SLUICE_OVERHEAD_BYTES] :
		PACE_OVERHEAD_DEFAULT_BYTES;
	uint64_t others = fq->flows_plimit + fq->horizon_drops;

	qdisc->xstats = (struct tc_sluice_xstats){
		.enqueued_pkts = qdisc->packets,
		.sent_frames = qdisc->packets,
		.sent_wire_bytes = qdisc->bytes + qdisc->packets *
				   overhead_bytes,
		.flow_limit_dropped_pkts = fq->flows_plimit,
		.limit_dropped_pkts = (qdisc->drops > others ?
				       qdisc->drops - others : 0) +
				      (edt->is_there ? sluice_edt_drops(edt) : 0),
		.foreign_clock_pkts = edt->is_there ?
				      edt->counters.foreign_clock_pkts : 0,
		.horizon_capped_pkts = fq->horizon_caps,
		.flow_alloc_failed_pkts = fq->allocation_errors,
	};
}

/* Keep the qdiscs that pace, and the kind of the root. */
static void look_sort(struct sluice_look *look, unsigned int count)
{
	unsigned int i;

	snprintf(look->root_kind, sizeof(look->root_kind), "none");
	for (i = 0; i < count; i++) {
		if (sluice_qdisc_is_root(&look->qdiscs[i]))
			memcpy(look->root_kind, look->qdiscs[i].kind,
			       sizeof(look->root_kind));
		if (!sluice_qdisc_paces(&look->qdiscs[i]))
			continue;
		if (look->qdiscs[i].is_stand_in) {
			stand_in_convert(&look->qdiscs[i]);
			look->stand_ins++;
		}
		look->qdiscs[look->count++] = look->qdiscs[i];
	}
}

int sluice_look_take(struct sluice_netlink *netlink, int ifindex,
		     struct sluice_look *ret, char *message)
{
	struct sluice_look look = { .is_there = true };
	uint64_t began_ns, ended_ns;
	unsigned int count = 0;
	int err;

	began_ns = sluice_now_ns(CLOCK_MONOTONIC);
	err = sluice_qdisc_list(netlink, ifindex, &look.qdiscs, &count,
				message);
	ended_ns = sluice_now_ns(CLOCK_MONOTONIC);
	look.error_ns = (ended_ns - began_ns) / 2;
	look.mono_ns = began_ns + look.error_ns;
	if (!err)
		err = sluice_stand_ins_mark(netlink, look.qdiscs, count,
					    message);
	if (!err)
		err = sluice_link_read(netlink, ifindex, &look.link, message);
	if (err == -ENODEV) {
		look.is_there = false;
		count = 0;
		err = 0;
	}
	if (err) {
		free(look.qdiscs);
		return err;
	}
	look_sort(&look, count);
	*ret = look;
	return 0;
}

void sluice_look_done(struct sluice_look *look)
{
	free(look->qdiscs);
	look->qdiscs = NULL;
	look->count = 0;
}

/* ---- between them ---- */

static const struct sluice_qdisc *same_qdisc(const struct sluice_look *look,
					     const struct sluice_qdisc *qdisc)
{
	unsigned int i;

	for (i = 0; i < look->count; i++)
		if (look->qdiscs[i].handle == qdisc->handle &&
		    look->qdiscs[i].parent == qdisc->parent)
			return &look->qdiscs[i];
	return NULL;
}

static bool options_are_same(const struct sluice_options *a,
			     const struct sluice_options *b)
{
	return a->given == b->given &&
	       !memcmp(a->values, b->values, sizeof(a->values));
}

/* A counter that is less than before: it is another qdisc. */
static bool has_begun_anew(const struct sluice_qdisc *before,
			   const struct sluice_qdisc *after)
{
	const struct sluice_stat *stat = sluice_stat_table;

	for (; stat->key; stat++)
		if (!stat->is_gauge &&
		    sluice_stat_value(&after->xstats, stat) <
		    sluice_stat_value(&before->xstats, stat))
			return true;
	return false;
}

static void numbers_add(void *delta, const void *before, const void *after,
			size_t offset, unsigned int count)
{
	const __u64 *from = (const void *)((const char *)before + offset);
	const __u64 *now = (const void *)((const char *)after + offset);
	__u64 *to = (void *)((char *)delta + offset);
	unsigned int i;

	for (i = 0; i < count; i++)
		to[i] += now[i] - from[i];
}

/* Counters have 64 bits; only gauges have less. */
static void counters_add(struct tc_sluice_xstats *delta,
			 const struct tc_sluice_xstats *before,
			 const struct tc_sluice_xstats *after)
{
	const struct sluice_stat *stat = sluice_stat_table;
	const struct sluice_histogram *hist = sluice_histogram_table;

	for (; stat->key; stat++)
		if (!stat->is_gauge)
			numbers_add(delta, before, after, stat->offset, 1);
	for (; hist->key; hist++)
		numbers_add(delta, before, after, hist->offset,
			    hist->n_buckets);
}

static void gauges_add(struct tc_sluice_xstats *delta,
		       const struct tc_sluice_xstats *before,
		       const struct tc_sluice_xstats *after)
{
	if (after->burst_now_ns > delta->burst_now_ns)
		delta->burst_now_ns = after->burst_now_ns;
	if (after->lateness_max_ns > before->lateness_max_ns &&
	    after->lateness_max_ns > delta->lateness_max_ns)
		delta->lateness_max_ns = after->lateness_max_ns;
	delta->flows += after->flows;
	delta->flows_waiting += after->flows_waiting;
	delta->flows_due += after->flows_due;
	delta->link_speed_mbits_ps = after->link_speed_mbits_ps;
}

static void qdisc_add(struct sluice_interval *interval,
		      const struct sluice_look *look,
		      const struct sluice_qdisc *after)
{
	static const struct sluice_qdisc nothing;
	const struct sluice_qdisc *before = same_qdisc(look, after);

	if (before && has_begun_anew(before, after))
		before = NULL;
	if (!before)
		interval->is_replaced = true;
	else if (!options_are_same(&before->options, &after->options))
		interval->is_changed = true;
	if (!before)
		before = &nothing;
	counters_add(&interval->delta, &before->xstats, &after->xstats);
	gauges_add(&interval->delta, &before->xstats, &after->xstats);
	interval->throttles += after->fq_stats.throttled -
			       before->fq_stats.throttled;
	interval->drops += after->drops - before->drops;
	interval->qlen_pkts += after->qlen_pkts;
	interval->backlog_bytes += after->backlog_bytes;
	interval->options = after->options;
	if (after->xstats_bytes < interval->xstats_bytes ||
	    !interval->xstats_bytes)
		interval->xstats_bytes = after->xstats_bytes;
}

/* It counts for the device, beside its first queue. */
static const struct sluice_edt *edt_of(const struct sluice_look *look)
{
	static const struct sluice_edt nothing;
	unsigned int i;

	for (i = 0; i < look->count; i++)
		if (look->qdiscs[i].edt.is_there)
			return &look->qdiscs[i].edt;
	return &nothing;
}

static void edt_add(struct sluice_interval *interval,
		    const struct sluice_edt *before,
		    const struct sluice_edt *after)
{
	static const struct sluice_edt nothing;
	const struct sluice_stat *stat = sluice_edt_stat_table;
	struct sluice_edt *edt = &interval->edt;

	edt->is_there = after->is_there;
	if (!after->is_there)
		return;
	if (after->counters.frames < before->counters.frames) {
		interval->is_replaced = true;
		before = &nothing;
	}
	for (; stat->key; stat++)
		if (!stat->is_gauge)
			numbers_add(edt, before, after, stat->offset, 1);
	edt->has_sockets = after->has_sockets;
	edt->ahead_ns = after->ahead_ns;
	edt->counters.wait_max_ns = after->counters.wait_max_ns;
}

static bool is_up(const struct sluice_look *look)
{
	return look->is_there && look->link.is_up && look->link.has_carrier;
}

static bool is_down(const struct sluice_look *look)
{
	return look->is_there && !is_up(look);
}

void sluice_interval_add(struct sluice_interval *interval,
			 const struct sluice_look *before,
			 const struct sluice_look *after)
{
	struct tc_sluice_xstats *delta = &interval->delta;
	unsigned int i;

	/* Of the first look and the last one. */
	if (interval->span_ns)
		interval->error_ns += after->error_ns - before->error_ns;
	else
		interval->error_ns = after->error_ns + before->error_ns;
	interval->span_ns += after->mono_ns - before->mono_ns;
	interval->is_gone |= !before->is_there || !after->is_there;
	interval->qlen_pkts = 0;
	interval->backlog_bytes = 0;
	delta->flows = 0;
	delta->flows_waiting = 0;
	delta->flows_due = 0;
	for (i = 0; i < before->count; i++)
		if (!same_qdisc(after, &before->qdiscs[i]))
			interval->is_replaced = true;
	for (i = 0; i < after->count; i++)
		qdisc_add(interval, before, &after->qdiscs[i]);
	edt_add(interval, edt_of(before), edt_of(after));
	interval->qdiscs = after->count;
	interval->is_stand_in = after->stand_ins;
	interval->is_down |= is_down(before) || is_down(after) ||
			     delta->reset_dropped_pkts;
	interval->is_up |= is_up(before) || is_up(after);
	interval->mtu_bytes = after->link.mtu_bytes;
	memcpy(interval->root_kind, after->root_kind,
	       sizeof(interval->root_kind));
}

uint64_t sluice_interval_per_s(const struct sluice_interval *interval,
			       uint64_t count)
{
	return interval->span_ns ?
	       (uint64_t)((unsigned __int128)count * SLUICE_NSEC_PER_SEC /
			  interval->span_ns) : 0;
}
