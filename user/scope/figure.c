// SPDX-License-Identifier: GPL-2.0
#include "figure.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "join.h"
#include "sums.h"

#define PPM_P50		500000u
#define PPM_P99		990000u
#define PPM_P999	999000u
#define PPM_ALL		1000000u
#define PPM		1e6
#define NAME_SIZE	32u
#define NAME_FAR	4u		/* so many letters make it another name */

/* Octaves of 10 us. */
#define TAU_10MS_NS	10240000u
#define TAU_1S_NS	1310720000u

/* NAN: no rate was to be kept, or the span is too short. */
static struct sluice_wander wander(const struct scope *scope,
				   const struct scope_lane *lane,
				   uint64_t tau_ns)
{
	struct sluice_wander ret = { .mtie_ns = NAN, .tdev_ns = NAN };

	if (scope->config.commanded_bits_ps &&
	    sluice_phase_wander_at(&lane->commanded.phase, tau_ns, &ret) &&
	    !ret.has_tdev)
		ret.tdev_ns = NAN;
	return ret;
}

#define FIGURE(name, expression)					\
	static double name(const struct scope *scope,			\
			   const struct scope_lane *lane)		\
	{								\
		const struct sluice_meter *meter = &lane->meter;	\
									\
		(void)scope;						\
		(void)meter;						\
		return expression;					\
	}

/* Of what is above 0 where it is known: not so of a single instant, or a short span. */
static double known(double value)
{
	return value > 0 ? value : NAN;
}

FIGURE(mean_rate, known(sluice_meter_mean_bits_ps(meter)))
FIGURE(peak_10us, known(meter->results[0].peak_bits_ps))
FIGURE(peak_100us, known(meter->results[1].peak_bits_ps))
FIGURE(peak_1ms, known(meter->results[2].peak_bits_ps))
FIGURE(pmr_10us, known(meter->results[0].pmr))
FIGURE(pmr_100us, known(meter->results[1].pmr))
FIGURE(pmr_1ms, known(meter->results[2].pmr))
FIGURE(pmr_10ms, known(meter->results[3].pmr))
FIGURE(pmr_100ms, known(meter->results[4].pmr))
/* What is mostly made by the step of stamps is not known. */
static double excess(const struct sluice_excess *one)
{
	return sluice_excess_is_told(one) ? known(one->max) : NAN;
}

static double gap(const struct sluice_meter *meter, uint32_t share_ppm)
{
	uint64_t gap_ns = sluice_hist_quantile(&meter->gap, share_ppm);

	return meter->gap.count && sluice_meter_tells(meter, gap_ns) ?
	       (double)gap_ns : NAN;
}

FIGURE(bef_100, excess(&meter->excess[0]))
FIGURE(bef_105, excess(&meter->excess[1]))
FIGURE(bef_125, excess(&meter->excess[2]))
FIGURE(bef_200, excess(&meter->excess[3]))
FIGURE(gap_cov, sluice_meter_gap_cov(meter))
FIGURE(gap_p50, gap(meter, PPM_P50))
FIGURE(gap_p99, gap(meter, PPM_P99))
FIGURE(train_p99, sluice_meter_tells_wire(meter) ? (double)
       sluice_hist_quantile_weighted(&meter->trains.theta[0].pkts, PPM_P99) :
       NAN)
FIGURE(train_max, sluice_meter_tells_wire(meter) ?
       (double)meter->trains.theta[0].pkts.max : NAN)
FIGURE(train_2us_p99, sluice_meter_tells(meter, sluice_thetas_ns[5]) ? (double)
       sluice_hist_quantile_weighted(&meter->trains.theta[5].pkts, PPM_P99) :
       NAN)
FIGURE(b0, scope->config.bottleneck_bits_ps && meter->max_bytes &&
       sluice_meter_tells_backlog(meter, 0) ? (double)
       sluice_spectrum_bytes(&meter->spectrum, 0) / meter->max_bytes : NAN)
FIGURE(rate_error, scope->config.commanded_bits_ps ?
       sluice_commanded_error_ppm(&lane->commanded) : NAN)
FIGURE(cdvt, !scope->config.commanded_bits_ps || meter->pkts < 2 ? NAN :
       lane->commanded.early.count ? (double)lane->commanded.early.max : 0)
FIGURE(rate_error_1s, scope->config.commanded_bits_ps ?
       sluice_rate_errors_worst_ppm(&lane->commanded.rate_errors[0]) : NAN)
FIGURE(rate_error_100ms, scope->config.commanded_bits_ps ?
       sluice_rate_errors_worst_ppm(&lane->commanded.rate_errors[1]) : NAN)
FIGURE(late_p99, scope->config.commanded_bits_ps && meter->pkts > 1 ? (double)
       sluice_hist_quantile(&lane->commanded.departure.late, PPM_P99) : NAN)
FIGURE(mtie_10ms, wander(scope, lane, TAU_10MS_NS).mtie_ns)
FIGURE(mtie_1s, wander(scope, lane, TAU_1S_NS).mtie_ns)
FIGURE(tdev_10ms, wander(scope, lane, TAU_10MS_NS).tdev_ns)
FIGURE(delay_factor, meter->blocks_counted &&
       sluice_meter_tells(meter, meter->delay_factor_ns) ?
       (double)meter->delay_factor_ns : NAN)
FIGURE(bursts, scope_tells_bursts(lane) ? (double)lane->bursts_seen : NAN)

/* Taken as a share of a million, as other shares are. */
FIGURE(burst_intensity, scope_tells_bursts(lane) ? PPM / 100 *
       sluice_burst_intensity(lane->bursts_idle_ns, lane->bursts_wire_ns) : NAN)

/* NAN: no packet was found at both places, or there is one place. */
static double pdv(const struct scope *scope, uint32_t share_ppm)
{
	return scope->join && scope->join->ways &&
	       scope_join_is_whole(scope->join) ? (double)
	       scope_join_later_ns(scope->join, share_ppm) : NAN;
}

FIGURE(pdv_p50, pdv(scope, PPM_P50))
FIGURE(pdv_p99, pdv(scope, PPM_P99))
FIGURE(pdv_p999, pdv(scope, PPM_P999))
FIGURE(pdv_max, pdv(scope, PPM_ALL))
FIGURE(retention_bef, scope->join ?
       scope_join_retention(scope->join, SCOPE_JOIN_BEF) : NAN)
FIGURE(retention_cov, scope->join ?
       scope_join_retention(scope->join, SCOPE_JOIN_COV) : NAN)

static double hot_100us(const struct scope *scope,
			const struct scope_lane *lane)
{
	uint64_t windows = scope_hot_windows(scope, 1);

	if (!lane->meter.config.line_rate_bits_ps || !windows ||
	    !sluice_meter_tells(&lane->meter, sluice_hots_ns[1]))
		return NAN;
	return PPM * (double)lane->meter.aligned.hot[1].hot_windows /
	       (double)windows;
}

/* NAN: of no packet is it known when it was meant to leave. */
static double departure_late(const struct scope_lane *lane, uint32_t share_ppm)
{
	const struct sluice_departure *departure = lane->meter.departure;

	return departure ? (double)sluice_hist_quantile(&departure->late,
							share_ppm) : NAN;
}

FIGURE(departure_p50, departure_late(lane, PPM_P50))
FIGURE(departure_p99, departure_late(lane, PPM_P99))
FIGURE(departure_p999, departure_late(lane, PPM_P999))
FIGURE(departure_max, departure_late(lane, PPM_ALL))
FIGURE(departure_early, !meter->departure ? NAN :
       meter->departure->early.count ? (double)meter->departure->early.max : 0)

static double departure_bias(const struct scope *scope,
			     const struct scope_lane *lane)
{
	const struct sluice_departure *departure = lane->meter.departure;
	uint64_t pkts;

	(void)scope;
	if (!departure)
		return NAN;
	pkts = departure->late.count + departure->early.count +
	       departure->exact;
	return ((double)departure->late.sum - (double)departure->early.sum) /
	       (double)pkts;
}

static double jain(const struct scope *scope, const struct scope_lane *lane)
{
	(void)lane;
	return scope_jain(scope);
}

/* Of the sums over the flows of the direction. */
#define SUMS_FIGURE(name, expression)					\
	static double name(const struct scope *scope,			\
			   const struct scope_lane *lane)		\
	{								\
		struct scope_sums sums;					\
									\
		scope_sums_of(scope, lane->direction, &sums);		\
		return expression;					\
	}

SUMS_FIGURE(goodput, scope_sums_goodput_bits_ps(&sums, scope))
SUMS_FIGURE(ack_compressed, sums.acks_compared ? PPM *
	    (double)sums.acks_compressed / (double)sums.acks_compared : NAN)
SUMS_FIGURE(retransmitted, sums.told_pkts ? PPM *
	    (double)lane->retransmitted_pkts /
	    (double)scope_lane_pkts(lane) : NAN)
SUMS_FIGURE(timeouts, sums.told_pkts ? (double)lane->timeouts : NAN)
SUMS_FIGURE(loss_run_max, sums.told_pkts ? (double)sums.loss_run_max_pkts : NAN)
SUMS_FIGURE(rtt_inflation, scope_sums_inflation(&sums))
SUMS_FIGURE(standing_queue, scope_sums_standing(&sums))
SUMS_FIGURE(standing_queue_max, sums.standing_intervals ?
	    (double)sums.standing_max_ns : NAN)

static struct scope_fairness fairness(const struct scope *scope, uint32_t series)
{
	struct scope_fairness ret = { .mean = NAN };

	if (scope->flows)
		scope_fair_result(scope_flows_fair(scope->flows), series, &ret);
	return ret;
}

static double jain_100ms(const struct scope *scope,
			 const struct scope_lane *lane)
{
	(void)lane;
	return fairness(scope, 0).mean;
}

static double jain_1s(const struct scope *scope, const struct scope_lane *lane)
{
	(void)lane;
	return fairness(scope, 1).mean;
}

/* All of the span where it never was. */
static double jain_converged(const struct scope *scope,
			     const struct scope_lane *lane)
{
	struct scope_fairness one = fairness(scope, 0);

	(void)lane;
	return !one.windows ? NAN : isnan(one.converged_ns) ?
	       (double)(scope->end_ns - scope->start_ns) : one.converged_ns;
}

const struct scope_figure scope_figures[] = {
	{ "mean_rate", "bits/s", "mean rate", mean_rate, true },
	{ "goodput", "bits/s", "TCP's payload that had not been sent before", goodput, true },
	{ "peak_1ms", "bits/s", "highest rate in any millisecond", peak_1ms, true },
	{ "peak_100us", "bits/s", "highest rate in any 100 us", peak_100us, true },
	{ "peak_10us", "bits/s", "highest rate in any 10 us", peak_10us, true },
	{ "pmr_100ms", "", "peak of 100 ms over the mean of its second", pmr_100ms, true },
	{ "pmr_10ms", "", "peak of 10 ms over the mean of its second", pmr_10ms, true },
	{ "pmr_1ms", "", "peak of 1 ms over the mean of its second", pmr_1ms, true },
	{ "pmr_100us", "", "peak of 100 us over the mean of its second", pmr_100us, true },
	{ "pmr_10us", "", "peak of 10 us over the mean of its second", pmr_10us, true },
	{ "bef_100", "packets", "burst excess at the mean rate", bef_100, true },
	{ "bef_105", "packets", "burst excess at 1.05 times the mean rate", bef_105, true },
	{ "bef_125", "packets", "burst excess at 1.25 times the mean rate", bef_125, true },
	{ "bef_200", "packets", "burst excess at twice the mean rate", bef_200, true },
	{ "gap_cov", "", "coefficient of variation of the gaps", gap_cov, true },
	{ "gap_p50", "ns", "median gap", gap_p50, false },
	{ "gap_p99", "ns", "99th percentile of the gaps", gap_p99, true },
	{ "train_p99", "packets", "99 % of packets are in trains at line rate of at most", train_p99, false },
	{ "train_max", "packets", "longest train at line rate", train_max, false },
	{ "train_2us_p99", "packets", "99 % of packets are in trains with gaps up to 2.048 us of at most", train_2us_p99, false },
	{ "hot_100us", "ppm", "share of 100 us with more than half of the line rate", hot_100us, true },
	{ "bursts", "", "unbroken runs of 10 us above half of the line rate", bursts, false },
	{ "burst_intensity", "ppm", "intensity of the microbursts (RFC 8238), all of these runs together", burst_intensity, false },
	{ "b0", "packets", "smallest buffer without loss at the bottleneck", b0, true },
	{ "rate_error", "ppm", "mean rate above the one that was to be kept", rate_error, true },
	{ "rate_error_1s", "ppm", "the same in the second where it is worst", rate_error_1s, true },
	{ "rate_error_100ms", "ppm", "the same in the 100 ms where it is worst", rate_error_100ms, true },
	{ "cdvt", "ns", "how much too early a frame came at most, by the rate to be kept", cdvt, true },
	{ "late_p99", "ns", "99th percentile of how late frames were by the rate to be kept, had there always been one", late_p99, true },
	{ "mtie_10ms", "ns", "most that the phase against that rate moves in 10.24 ms (MTIE)", mtie_10ms, true },
	{ "mtie_1s", "ns", "most that it moves in 1.31 s", mtie_1s, true },
	{ "tdev_10ms", "ns", "how much the phase wanders over 10.24 ms (TDEV)", tdev_10ms, true },
	{ "delay_factor", "ns", "swing of a buffer drained at the mean rate (RFC 4445), in time", delay_factor, true },
	{ "departure_bias", "ns", "mean of departures less what was meant; early ones count against late ones", departure_bias, false },
	{ "departure_p50", "ns", "median of how late departures were", departure_p50, false },
	{ "departure_p99", "ns", "99th percentile of how late departures were", departure_p99, false },
	{ "departure_p999", "ns", "99.9th percentile of how late departures were", departure_p999, false },
	{ "departure_max", "ns", "the latest departure", departure_max, false },
	{ "departure_early", "ns", "the earliest departure, before its time by", departure_early, false },
	{ "retransmitted", "ppm", "packets that carry what was sent before", retransmitted, true },
	{ "timeouts", "", "retransmissions after 200 ms of silence", timeouts, true },
	{ "loss_run_max", "packets", "most packets in a row, in sequence, that were sent again", loss_run_max, true },
	{ "ack_compressed", "ppm", "ACKs closer than 3/4 of what their data was apart when sent", ack_compressed, false },
	{ "rtt_inflation", "", "mean round trip over the least of its flow", rtt_inflation, true },
	{ "standing_queue", "ns", "least round trip of each 100 ms less the least of its flow, on average", standing_queue, true },
	{ "standing_queue_max", "ns", "the same of the 100 ms and the flow where it is most", standing_queue_max, true },
	{ "pdv_p50", "ns", "median of the delays from the first of two places less the least of them (RFC 5481)", pdv_p50, false },
	{ "pdv_p99", "ns", "99th percentile of those delays less the least", pdv_p99, false },
	{ "pdv_p999", "ns", "99.9th percentile of those delays less the least", pdv_p999, false },
	{ "pdv_max", "ns", "the longest of those delays less the least", pdv_max, false },
	{ "retention_bef_125", "", "burst excess at 1.25 times the mean over that at the first of two places", retention_bef, true },
	{ "retention_gap_cov", "", "variation of the gaps over that at the first of two places", retention_cov, true },
	{ "jain", "", "Jain's fairness index of the flows with data", jain, true },
	{ "jain_1s", "", "mean of the index of each second, of the flows that were there", jain_1s, true },
	{ "jain_100ms", "", "the same of each 100 ms", jain_100ms, true },
	{ "jain_converged", "ns", "until it is 0.95 in each 100 ms that follows", jain_converged, true },
};

const size_t scope_figures_count = sizeof(scope_figures) /
				   sizeof(scope_figures[0]);

const struct scope_figure *scope_figure_find(const char *name)
{
	for (size_t i = 0; i < scope_figures_count; i++)
		if (!strcmp(scope_figures[i].name, name))
			return &scope_figures[i];
	for (size_t i = 0; i < scope_cpu_figures_count; i++)
		if (!strcmp(scope_cpu_figures[i].name, name))
			return &scope_cpu_figures[i];
	return NULL;
}

double scope_figure_value(const struct scope_figure *figure,
			  const struct scope *scope,
			  const struct scope_lane *lane)
{
	bool is_known = figure->is_of_span ? scope_is_one_piece(scope) :
					     scope_is_whole(scope);

	return is_known || scope_figure_is_of_host(figure) ?
	       figure->value(scope, lane) : NAN;
}

/* Letters to put in, take away or change until one name is the other (Levenshtein). */
static size_t name_distance(const char *one, const char *other)
{
	size_t cost[NAME_SIZE], length = strlen(other);

	for (size_t k = 0; k <= length; k++)
		cost[k] = k;
	for (size_t i = 0; one[i]; i++) {
		size_t before = cost[0];

		cost[0] = i + 1;
		for (size_t k = 0; k < length; k++) {
			size_t same = before + (one[i] != other[k]);
			size_t more = (cost[k] < cost[k + 1] ? cost[k] :
							       cost[k + 1]) + 1;

			before = cost[k + 1];
			cost[k + 1] = same < more ? same : more;
		}
	}
	return cost[length];
}

/* The figure whose name is most like that; NULL: none is. */
static const char *name_nearest(const char *name)
{
	size_t all = scope_figures_count + scope_cpu_figures_count;
	size_t least = NAME_FAR;
	const char *ret = NULL;

	for (size_t i = 0; i < all; i++) {
		const char *one = i < scope_figures_count ?
			scope_figures[i].name :
			scope_cpu_figures[i - scope_figures_count].name;
		size_t distance = name_distance(name, one);

		/* foo is no b0 */
		if (distance < least && distance * 2 <= strlen(name)) {
			least = distance;
			ret = one;
		}
	}
	return ret;
}

const struct scope_lane *scope_main_lane(const struct scope *scope)
{
	static const enum scope_direction order[] = {
		SCOPE_OUT, SCOPE_ANY, SCOPE_IN
	};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (scope->lane[order[i]].is_used)
			return &scope->lane[order[i]];
	return NULL;
}

int scope_condition_parse(const char *text, struct scope_condition *ret,
			  char *error, size_t error_size)
{
	char name[NAME_SIZE];
	size_t length = strcspn(text, "<>");
	const char *rest = text + length;
	char *end;

	if (!*rest || length >= sizeof(name)) {
		snprintf(error, error_size,
			 "'%s' is no condition: it takes NAME>NUMBER or NAME<NUMBER, as pmr_1ms>1.2",
			 text);
		return -EINVAL;
	}
	memcpy(name, text, length);
	name[length] = '\0';
	ret->figure = scope_figure_find(name);
	if (!ret->figure && name_nearest(name)) {
		snprintf(error, error_size,
			 "there is no figure '%s' in '%s': is it %s? 'man sluice' lists them",
			 name, text, name_nearest(name));
		return -EINVAL;
	}
	if (!ret->figure) {
		snprintf(error, error_size,
			 "there is no figure '%s' in '%s': 'man sluice' lists them (pmr_1ms, bef_125, train_max, ...)",
			 name, text);
		return -EINVAL;
	}
	ret->compare = *rest == '>' ? SCOPE_GREATER : SCOPE_LESS;
	rest++;
	if (*rest == '=') {
		ret->compare++;
		rest++;
	}
	ret->limit = strtod(rest, &end);
	if (end == rest || *end || !isfinite(ret->limit)) {
		snprintf(error, error_size,
			 "'%s' in '%s' is no number", rest, text);
		return -EINVAL;
	}
	return 0;
}

bool scope_condition_holds(const struct scope_condition *condition,
			   const struct scope *scope, double *ret_value)
{
	const struct scope_lane *lane = scope_main_lane(scope);
	double value = lane || scope_figure_is_of_host(condition->figure) ?
		       scope_figure_value(condition->figure, scope, lane) : NAN;

	*ret_value = value;
	switch (condition->compare) {
	case SCOPE_GREATER:
		return value > condition->limit;
	case SCOPE_GREATER_EQUAL:
		return value >= condition->limit;
	case SCOPE_LESS:
		return value < condition->limit;
	case SCOPE_LESS_EQUAL:
		return value <= condition->limit;
	}
	return false;
}
