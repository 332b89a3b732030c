// SPDX-License-Identifier: GPL-2.0
/* Was the promise kept? See verdict.h. */
#include "verdict_parts.h"

#include <string.h>

#include "../../core/wire.h"
#include "stat.h"
#include "units.h"

#define PPM		1000000u
/* Of Ethernet, which the MTU leaves out. */
#define HEADER_BYTES	14u
/* As in the module: what late timers may make a clock catch up. */
#define BURST_AUTO_MAX_NS	250000u

/* ---- figures of an interval ---- */

static uint64_t hist_sum(const __u64 *counts, unsigned int n_buckets)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < n_buckets; i++)
		sum += counts[i];
	return sum;
}

uint64_t sluice_interval_waited(const struct sluice_interval *interval)
{
	if (interval->is_stand_in)
		return interval->throttles;
	return hist_sum(interval->delta.lateness_ns_hist,
			SLUICE_HIST_TIME_BUCKETS);
}

uint64_t sluice_interval_lateness_ns(const struct sluice_interval *interval)
{
	unsigned int bucket;

	if (!sluice_histogram_quantile(interval->delta.lateness_ns_hist,
				       SLUICE_HIST_TIME_BUCKETS,
				       SLUICE_VERDICT_PARTS,
				       SLUICE_VERDICT_WHOLE, &bucket))
		return 0;
	return bucket ? UINT64_C(1) << bucket : 0;
}

uint64_t sluice_interval_departures(const struct sluice_interval *interval)
{
	if (interval->is_stand_in)
		return interval->delta.sent_frames;
	return hist_sum(interval->delta.hold_ns_hist, SLUICE_HIST_TIME_BUCKETS);
}

static uint64_t option_of(const struct sluice_interval *interval,
			  unsigned int attribute)
{
	return interval->options.values[attribute];
}

/* The bucket up to which 99 % of the frames of paced flows lie, 0: none. */
static unsigned int train_bucket(const struct sluice_interval *interval)
{
	__u64 frames[SLUICE_HIST_TRAIN_BUCKETS];
	unsigned int i, bucket;

	/* A train counts as often as it has frames. */
	for (i = 0; i < SLUICE_HIST_TRAIN_BUCKETS; i++)
		frames[i] = interval->delta.train_frames_hist[i] *
			    ((UINT64_C(1) << i) - 1);
	if (!sluice_histogram_quantile(frames, SLUICE_HIST_TRAIN_BUCKETS,
				       SLUICE_VERDICT_PARTS,
				       SLUICE_VERDICT_WHOLE, &bucket))
		return 0;
	return bucket;
}

/* Frames of a departure, as the options cut them. */
static uint64_t piece_frames(const struct sluice_interval *interval)
{
	uint64_t cut = option_of(interval, TCA_SLUICE_TRAIN_FRAMES);

	return cut ? cut : 1;
}

/* Most trains are as long as the options cut them, if that may be. */
static bool is_cut_bucket(const struct sluice_interval *interval,
			  unsigned int bucket)
{
	return bucket && piece_frames(interval) >> (bucket - 1) == 1;
}

uint64_t sluice_interval_train_frames(const struct sluice_interval *interval)
{
	unsigned int bucket = train_bucket(interval);

	if (is_cut_bucket(interval, bucket))
		return piece_frames(interval);
	return (UINT64_C(1) << bucket) - 1;
}

/* What the options promise a frame's distance by; 0: the flows' own rates. */
static uint64_t commanded_bytes_ps(const struct sluice_interval *interval)
{
	uint64_t rate = option_of(interval, TCA_SLUICE_RATE_BYTES_PS);

	return rate ? rate : option_of(interval, TCA_SLUICE_MAXRATE_BYTES_PS);
}

uint64_t sluice_interval_gap_ns(const struct sluice_interval *interval)
{
	uint64_t rate = commanded_bytes_ps(interval);

	if (!rate || !interval->delta.sent_frames)
		return 0;
	return (uint64_t)((unsigned __int128)interval->delta.sent_wire_bytes *
			  SLUICE_NSEC_PER_SEC / interval->delta.sent_frames /
			  rate);
}

/* ---- trains ---- */

/* Frames that come together where a clock catches up as much. */
static uint64_t catch_up_frames(const struct sluice_facts *facts)
{
	uint64_t behind_ns = facts->late_ns;

	if (!facts->gap_ns || facts->late_ns <= facts->gap_ns)
		return 1;
	if (behind_ns > facts->delta->burst_now_ns)
		behind_ns = facts->delta->burst_now_ns;
	return 1 + (behind_ns + facts->gap_ns - 1) / facts->gap_ns;
}

/* The module counts a burst in full frames, and gives shorter ones as many bytes. */
static uint64_t allowed_frames(const struct sluice_facts *facts)
{
	const struct tc_sluice_xstats *delta = facts->delta;
	uint64_t full_bytes = facts->interval->mtu_bytes + HEADER_BYTES +
			      PACE_OVERHEAD_DEFAULT_BYTES;
	uint64_t burst = option_of(facts->interval, TCA_SLUICE_BURST_FRAMES);
	uint64_t burst_ns = option_of(facts->interval, TCA_SLUICE_BURST_NS);
	uint64_t cut = piece_frames(facts->interval);

	/* At the flows' own rates a time is no number of frames. */
	if (burst_ns)
		burst = facts->gap_ns ? 1 + burst_ns / facts->gap_ns :
					UINT64_MAX;
	else if (burst && delta->sent_wire_bytes)
		burst = 1 + ((burst - 1) * full_bytes * delta->sent_frames +
			     delta->sent_wire_bytes - 1) /
			    delta->sent_wire_bytes;
	return cut > burst ? cut : burst;
}

/* The longest trains that any evidence shows, or that the options cut. */
static void trains_find(struct sluice_facts *facts)
{
	unsigned int bucket = train_bucket(facts->interval);
	uint64_t cut = piece_frames(facts->interval);
	uint64_t other = facts->evidence->tap_train_frames;

	facts->train_frames = sluice_interval_train_frames(facts->interval);
	facts->least_train_frames = bucket ? UINT64_C(1) << (bucket - 1) : 0;
	if (!other)
		other = catch_up_frames(facts);
	if (other < cut)
		other = cut;
	if (other > facts->train_frames)
		facts->train_frames = other;
	if (other > facts->least_train_frames)
		facts->least_train_frames = other;
}

/* ---- reasons ---- */

static bool is_more_than_ppm(uint64_t part, uint64_t whole, uint32_t ppm)
{
	return (unsigned __int128)part * PPM > (unsigned __int128)whole * ppm;
}

/* More than one of a hundred. */
static bool is_noticed(uint64_t part, uint64_t whole)
{
	return is_more_than_ppm(part, whole,
				PPM / SLUICE_VERDICT_WHOLE *
				(SLUICE_VERDICT_WHOLE - SLUICE_VERDICT_PARTS));
}

static bool is_gone(const struct sluice_facts *facts)
{
	return facts->interval->is_gone;
}

static bool is_absent(const struct sluice_facts *facts)
{
	return !facts->interval->qdiscs && !facts->interval->is_replaced;
}

/* Neither a packet left nor one was lost: no promise was broken. */
static bool has_no_link(const struct sluice_facts *facts)
{
	return facts->interval->is_down && !facts->interval->is_up &&
	       !facts->delta->sent_frames && !facts->delta->reset_dropped_pkts;
}

static bool is_down(const struct sluice_facts *facts)
{
	return facts->interval->is_down;
}

static bool is_replaced(const struct sluice_facts *facts)
{
	return facts->interval->is_replaced;
}

static bool is_changed(const struct sluice_facts *facts)
{
	return facts->interval->is_changed;
}

static bool is_above_link(const struct sluice_facts *facts)
{
	uint64_t link = facts->evidence->link_bits_ps;

	return link && facts->rate_bytes_ps > link / BITS_PER_BYTE;
}

uint64_t sluice_facts_limit_dropped(const struct sluice_facts *facts)
{
	return facts->delta->limit_dropped_pkts +
	       facts->delta->flow_limit_dropped_pkts;
}

static bool is_over_limit(const struct sluice_facts *facts)
{
	uint64_t lost = sluice_facts_limit_dropped(facts);

	return is_more_than_ppm(lost, lost + facts->delta->enqueued_pkts,
				SLUICE_VERDICT_LOST_MAX_PPM);
}

static bool is_corrupt(const struct sluice_facts *facts)
{
	return is_more_than_ppm(facts->delta->corrupt_dropped_pkts,
				facts->delta->enqueued_pkts,
				SLUICE_VERDICT_LOST_MAX_PPM);
}

static bool is_uncut(const struct sluice_facts *facts)
{
	return is_noticed(facts->delta->uncut_pkts, facts->delta->super_pkts);
}

static bool has_no_flow(const struct sluice_facts *facts)
{
	return is_noticed(facts->delta->flow_alloc_failed_pkts,
			  facts->delta->enqueued_pkts);
}

static bool is_beyond_horizon(const struct sluice_facts *facts)
{
	return is_noticed(facts->delta->horizon_capped_pkts,
			  facts->delta->enqueued_pkts);
}

uint64_t sluice_facts_past_frames(const struct sluice_facts *facts)
{
	uint64_t seen = facts->evidence->tap_frames;

	return seen > facts->delta->sent_frames ?
	       seen - facts->delta->sent_frames : 0;
}

static bool is_past(const struct sluice_facts *facts)
{
	return sluice_facts_past_frames(facts) >= SLUICE_VERDICT_FRAMES_MIN &&
	       is_more_than_ppm(sluice_facts_past_frames(facts),
				facts->evidence->tap_frames,
				SLUICE_VERDICT_PAST_MAX_PPM);
}

/* Below mq they share a clock; below classes each has its own. */
static unsigned int clocks(const struct sluice_interval *interval)
{
	const char *root = interval->root_kind;

	return !strcmp(root, SLUICE_KIND) || !strcmp(root, "mq") ||
	       !strcmp(root, "mqprio") ? 1 : interval->qdiscs;
}

/* All that a clock allows: the span, its error, the burst, a frame each. */
static bool is_above_rate(const struct sluice_facts *facts)
{
	const struct sluice_interval *interval = facts->interval;
	unsigned __int128 allowed_ns = interval->span_ns + interval->error_ns +
				       BURST_AUTO_MAX_NS;

	if (!facts->rate_bytes_ps)
		return false;
	allowed_ns += (unsigned __int128)(interval->qdiscs + 1) *
		      facts->gap_ns;
	return (unsigned __int128)facts->delta->sent_wire_bytes *
	       SLUICE_NSEC_PER_SEC >
	       allowed_ns * facts->rate_bytes_ps * clocks(interval);
}

static bool has_no_traffic(const struct sluice_facts *facts)
{
	return facts->delta->sent_frames < SLUICE_VERDICT_FRAMES_MIN;
}

static bool is_unpaced(const struct sluice_facts *facts)
{
	return !facts->rate_bytes_ps && !facts->trains &&
	       !facts->waited;
}

static bool is_below(const struct sluice_facts *facts)
{
	return !is_noticed(facts->waited,
			   sluice_interval_departures(facts->interval));
}

/* For certain: by the lower end of the bucket. */
static bool is_late(const struct sluice_facts *facts)
{
	uint64_t least_ns = facts->late_ns / 2;

	if (least_ns >= SLUICE_VERDICT_LATE_MAX_NS &&
	    least_ns >= facts->gap_ns)
		return true;
	/* Nothing was caught up: it is lost. */
	return facts->train_frames <= 1 && facts->gap_ns &&
	       least_ns >= facts->gap_ns;
}

static bool is_link_full(const struct sluice_facts *facts)
{
	uint64_t sent_bits_ps = BITS_PER_BYTE *
		sluice_interval_per_s(facts->interval,
				      facts->delta->sent_wire_bytes);
	uint64_t link = facts->evidence->link_bits_ps;

	return is_late(facts) && link &&
	       sent_bits_ps >= link / 100 * SLUICE_VERDICT_LINK_FULL_PERCENT;
}

/* The burst is what timers were late by: does it explain what frames were? */
static bool is_late_by_timers(const struct sluice_facts *facts)
{
	uint64_t late_ns = facts->late_ns / 2;

	if (late_ns > BURST_AUTO_MAX_NS)
		late_ns = BURST_AUTO_MAX_NS;
	return is_late(facts) && facts->delta->burst_now_ns * 2 >= late_ns;
}

static bool has_long_trains(const struct sluice_facts *facts)
{
	return facts->train_frames > SLUICE_VERDICT_TRAIN_MAX_FRAMES &&
	       facts->least_train_frames > facts->allowed_frames;
}

static bool has_burst_grown(const struct sluice_facts *facts)
{
	return has_long_trains(facts) && facts->delta->burst_now_ns;
}

static const struct {
	const char *key;
	enum sluice_verdict_kind kind;
	bool (*holds)(const struct sluice_facts *facts);
} reasons[SLUICE_REASONS] = {
	[SLUICE_REASON_GONE] = { "gone", SLUICE_VERDICT_NOT_KEPT, is_gone },
	[SLUICE_REASON_ABSENT] = { "absent", SLUICE_VERDICT_NOT_KEPT,
				   is_absent },
	[SLUICE_REASON_NO_LINK] = { "no_link", SLUICE_VERDICT_NO_LINK,
				    has_no_link },
	[SLUICE_REASON_DOWN] = { "down", SLUICE_VERDICT_NOT_KEPT, is_down },
	[SLUICE_REASON_REPLACED] = { "replaced", SLUICE_VERDICT_NOT_KEPT,
				     is_replaced },
	[SLUICE_REASON_CHANGED] = { "changed", SLUICE_VERDICT_NOT_KEPT,
				    is_changed },
	[SLUICE_REASON_LINK] = { "rate_above_link", SLUICE_VERDICT_NOT_KEPT,
				 is_above_link },
	[SLUICE_REASON_LIMIT] = { "over_limit", SLUICE_VERDICT_NOT_KEPT,
				  is_over_limit },
	[SLUICE_REASON_CORRUPT] = { "corrupt", SLUICE_VERDICT_NOT_KEPT,
				    is_corrupt },
	[SLUICE_REASON_UNCUT] = { "uncut", SLUICE_VERDICT_NOT_KEPT, is_uncut },
	[SLUICE_REASON_NO_FLOW] = { "no_flow_memory", SLUICE_VERDICT_NOT_KEPT,
				    has_no_flow },
	[SLUICE_REASON_HORIZON] = { "beyond_horizon", SLUICE_VERDICT_NOT_KEPT,
				    is_beyond_horizon },
	[SLUICE_REASON_PAST] = { "past_sluice", SLUICE_VERDICT_NOT_KEPT,
				 is_past },
	[SLUICE_REASON_RATE] = { "above_rate", SLUICE_VERDICT_NOT_KEPT,
				 is_above_rate },
	[SLUICE_REASON_NO_TRAFFIC] = { "no_traffic",
				       SLUICE_VERDICT_NO_DIFFERENCE,
				       has_no_traffic },
	[SLUICE_REASON_UNPACED] = { "unpaced", SLUICE_VERDICT_NO_DIFFERENCE,
				    is_unpaced },
	[SLUICE_REASON_BELOW] = { "below_rate", SLUICE_VERDICT_NO_DIFFERENCE,
				  is_below },
	[SLUICE_REASON_LINK_FULL] = { "link_full", SLUICE_VERDICT_NOT_KEPT,
				      is_link_full },
	[SLUICE_REASON_LATE_TIMERS] = { "late_timers", SLUICE_VERDICT_NOT_KEPT,
					is_late_by_timers },
	[SLUICE_REASON_LATE_DEVICE] = { "late_device", SLUICE_VERDICT_NOT_KEPT,
					is_late },
	[SLUICE_REASON_BURST] = { "burst_grown", SLUICE_VERDICT_NOT_KEPT,
				  has_burst_grown },
	[SLUICE_REASON_LONG_TRAINS] = { "long_trains", SLUICE_VERDICT_NOT_KEPT,
					has_long_trains },
};

struct sluice_facts sluice_facts_of(const struct sluice_evidence *evidence)
{
	const struct sluice_interval *interval = evidence->interval;
	struct sluice_facts facts = {
		.evidence = evidence,
		.interval = interval,
		.delta = &interval->delta,
		.rate_bytes_ps = option_of(interval, TCA_SLUICE_RATE_BYTES_PS),
		.late_ns = sluice_interval_lateness_ns(interval),
		.gap_ns = sluice_interval_gap_ns(interval),
		.waited = sluice_interval_waited(interval),
		.trains = hist_sum(interval->delta.train_frames_hist,
				   SLUICE_HIST_TRAIN_BUCKETS),
	};

	trains_find(&facts);
	facts.allowed_frames = allowed_frames(&facts);
	return facts;
}

void sluice_verdict_find(const struct sluice_evidence *evidence,
			 struct sluice_verdict *ret)
{
	struct sluice_facts facts = sluice_facts_of(evidence);
	unsigned int i;

	*ret = (struct sluice_verdict){
		.kind = facts.train_frames > 1 ? SLUICE_VERDICT_TRAINS :
						 SLUICE_VERDICT_KEPT,
		.train_frames = facts.train_frames,
	};
	for (i = SLUICE_REASON_NONE + 1; i < SLUICE_REASONS; i++) {
		if (!reasons[i].holds(&facts))
			continue;
		ret->kind = reasons[i].kind;
		ret->reason = (enum sluice_reason)i;
		return;
	}
}

const char *sluice_verdict_key(enum sluice_verdict_kind kind)
{
	static const char *const keys[] = {
		[SLUICE_VERDICT_NO_LINK] = "no_link",
		[SLUICE_VERDICT_NO_DIFFERENCE] = "no_difference",
		[SLUICE_VERDICT_KEPT] = "kept",
		[SLUICE_VERDICT_TRAINS] = "kept_in_trains",
		[SLUICE_VERDICT_NOT_KEPT] = "not_kept",
	};

	return keys[kind];
}

const char *sluice_reason_key(enum sluice_reason reason)
{
	return reasons[reason].key;
}
