// SPDX-License-Identifier: GPL-2.0
#include "metrics_json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_set.h"

#define PPM_P1		10000u
#define PPM_P50		500000u
#define PPM_P90		900000u
#define PPM_P99		990000u
#define PPM_P999	999000u

const char *sluice_window_name(uint32_t index)
{
	static const char *const names[SLUICE_METER_WINDOWS] = {
		"10us", "100us", "1ms", "10ms", "100ms"
	};

	return names[index];
}

json_t *sluice_json_real(double value)
{
	char text[32];

	if (!isfinite(value))
		return json_null();
	snprintf(text, sizeof(text), "%.6g", value);
	return json_real(strtod(text, NULL));
}

static json_t *windows_json(const struct sluice_meter *meter)
{
	json_t *all = json_object();

	for (uint32_t i = 0; i < SLUICE_METER_WINDOWS; i++) {
		const struct sluice_window_result *result = &meter->results[i];
		bool is_known = result->peak_bytes;
		json_t *one = json_object();

		set_int(one, "window_ns", result->window_ns);
		set_int_if(one, "peak_bytes", is_known, result->peak_bytes);
		set_int_if(one, "peak_bits_ps", is_known,
			   (uint64_t)result->peak_bits_ps);
		set_real(one, "pmr", is_known ? result->pmr : NAN);
		set_real(one, "pmr_floor", is_known ? result->floor : NAN);
		set_real(one, "pmr_over_floor", is_known ?
			 result->pmr / result->floor : NAN);
		set_int_if(one, "at_mean_bits_ps", is_known,
			   result->block_mean_bits_ps);
		json_object_set_new(all, sluice_window_name(i), one);
	}
	return all;
}

/* Null where it is less than least_ns, below which no gap is told from another. */
static json_t *gap_json(const struct sluice_hist *hist, uint64_t least_ns)
{
	static const struct { const char *key; uint32_t share_ppm; } shares[] = {
		{ "p1_ns", PPM_P1 }, { "p50_ns", PPM_P50 }, { "p90_ns", PPM_P90 },
		{ "p99_ns", PPM_P99 }, { "p999_ns", PPM_P999 },
	};
	json_t *object = json_object();

	set_int(object, "gaps", hist->count);
	if (!hist->count)
		return object;
	set_int_if(object, "min_ns", hist->min >= least_ns, hist->min);
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		uint64_t ns = sluice_hist_quantile(hist, shares[i].share_ppm);

		set_int_if(object, shares[i].key, ns >= least_ns, ns);
	}
	set_int_if(object, "max_ns", hist->max >= least_ns, hist->max);
	set_real(object, "mean_ns", (double)hist->sum / (double)hist->count);
	return object;
}

json_t *sluice_train_json(const struct sluice_hist *pkts)
{
	json_t *object = json_object();

	set_int(object, "trains", pkts->count);
	set_int(object, "by_pkts_p50_pkts",
		sluice_hist_quantile_weighted(pkts, PPM_P50));
	set_int(object, "by_pkts_p90_pkts",
		sluice_hist_quantile_weighted(pkts, PPM_P90));
	set_int(object, "by_pkts_p99_pkts",
		sluice_hist_quantile_weighted(pkts, PPM_P99));
	set_int(object, "by_trains_p50_pkts",
		sluice_hist_quantile(pkts, PPM_P50));
	set_int(object, "by_trains_p99_pkts",
		sluice_hist_quantile(pkts, PPM_P99));
	set_int(object, "max_pkts", pkts->count ? pkts->max : 0);
	return object;
}

static json_t *trains_json(const struct sluice_meter *meter)
{
	json_t *all = json_array();

	for (uint32_t i = 0; i < SLUICE_THETAS; i++) {
		const struct sluice_train *train = &meter->trains.theta[i];
		json_t *one;

		/* what is not known is absent */
		if (i ? !sluice_meter_tells(meter, sluice_thetas_ns[i]) :
			!sluice_meter_tells_wire(meter))
			continue;
		one = sluice_train_json(&train->pkts);

		if (i == 0)
			json_object_set_new(one, "theta", json_string("wire"));
		else
			set_int(one, "theta_ns", sluice_thetas_ns[i]);
		set_int(one, "max_bytes", train->bytes_max);
		set_int(one, "max_duration_ns", train->duration_max_ns);
		json_array_append_new(all, one);
	}
	return all;
}

static json_t *spectrum_json(const struct sluice_meter *meter)
{
	const struct sluice_spectrum *spectrum = &meter->spectrum;
	json_t *object = json_object();
	json_t *rates = json_array(), *bytes = json_array();

	for (uint32_t i = 0; i < spectrum->count; i++) {
		json_array_append_new(rates, json_integer((json_int_t)
				      sluice_spectrum_rate(spectrum, i)));
		json_array_append_new(bytes,
				      sluice_meter_tells_backlog(meter, i) ?
				      json_integer((json_int_t)
				      sluice_spectrum_bytes(spectrum, i)) :
				      json_null());
	}
	json_object_set_new(object, "rate_bits_ps", rates);
	json_object_set_new(object, "burst_bytes", bytes);
	if (spectrum->is_saturated)
		json_object_set_new(object, "is_lower_bound", json_true());
	return object;
}

static json_t *excess_json(const struct sluice_meter *meter)
{
	bool is_known = meter->blocks_counted;
	json_t *all = json_array();

	for (uint32_t i = 0; i < SLUICE_METER_MULTIPLES; i++) {
		const struct sluice_excess *excess = &meter->excess[i];
		json_t *one = json_object();

		set_real(one, "rate_over_mean",
			 sluice_meter_multiples_percent[i] / 100.0);
		set_real(one, "max_pkts", is_known ? excess->max : NAN);
		set_real(one, "max_pkts_at_least", is_known ?
			 excess->least_max : NAN);
		set_real(one, "min_pkts", is_known ? excess->min : NAN);
		set_int_if(one, "max_bytes", is_known, excess->bytes_max);
		json_array_append_new(all, one);
	}
	return all;
}

json_t *sluice_departure_json(const struct sluice_departure *departure,
			      const char *source)
{
	const struct sluice_hist *late = &departure->late;
	const struct sluice_hist *early = &departure->early;
	uint64_t pkts = late->count + early->count + departure->exact;
	json_t *object = json_object();
	struct sluice_hist all;

	if (!object || sluice_hist_init(&all, late->bits,
					SLUICE_HIST_OCTAVES_NS) < 0) {
		json_decref(object);
		return NULL;
	}
	sluice_hist_merge(&all, late);
	sluice_hist_merge(&all, early);
	all.buckets[0].count += departure->exact;
	all.count += departure->exact;
	if (departure->exact)
		all.min = 0;
	json_object_set_new(object, "source", json_string(source));
	set_int(object, "pkts", pkts);
	set_real(object, "bias_ns", pkts ? ((double)late->sum -
					    (double)early->sum) / (double)pkts : 0);
	set_int(object, "p50_ns", sluice_hist_quantile(&all, PPM_P50));
	set_int(object, "p99_ns", sluice_hist_quantile(&all, PPM_P99));
	set_int(object, "p999_ns", sluice_hist_quantile(&all, PPM_P999));
	set_int(object, "max_ns", all.count ? all.max : 0);
	set_int(object, "exact_pkts", departure->exact);
	set_int(object, "late_pkts", late->count);
	set_int(object, "late_p50_ns", sluice_hist_quantile(late, PPM_P50));
	set_int(object, "late_p99_ns", sluice_hist_quantile(late, PPM_P99));
	set_int(object, "late_p999_ns", sluice_hist_quantile(late, PPM_P999));
	set_int(object, "late_max_ns", late->max);
	set_int(object, "early_pkts", early->count);
	set_int(object, "early_p50_ns", sluice_hist_quantile(early, PPM_P50));
	set_int(object, "early_p99_ns", sluice_hist_quantile(early, PPM_P99));
	set_int(object, "early_p999_ns", sluice_hist_quantile(early, PPM_P999));
	set_int(object, "early_max_ns", early->max);
	sluice_hist_done(&all);
	return object;
}

json_t *sluice_meter_json(const struct sluice_meter *meter)
{
	json_t *object = json_object();
	json_t *gaps = gap_json(&meter->gap, meter->config.uncertainty_ns);
	double mean = sluice_meter_mean_bits_ps(meter);

	set_int(object, "pkts", meter->pkts);
	set_int(object, "bytes", meter->bytes);
	set_int_if(object, "mean_bits_ps", mean > 0, (uint64_t)mean);
	set_int(object, "backward_stamps_pkts", meter->backward_pkts);
	json_object_set_new(object, "windows", windows_json(meter));
	set_real(gaps, "cov", sluice_meter_gap_cov(meter));
	set_int(gaps, "below_uncertainty", meter->censored_gaps);
	json_object_set_new(object, "gap", gaps);
	/* what is left of a gap behind a frame: 0 is back to back */
	if (sluice_meter_tells_wire(meter))
		json_object_set_new(object, "idle_gap",
				    gap_json(&meter->idle, 0));
	json_object_set_new(object, "trains", trains_json(meter));
	if (meter->spectrum.count)
		json_object_set_new(object, "spectrum", spectrum_json(meter));
	json_object_set_new(object, "burst_excess", excess_json(meter));
	if (meter->departure)
		json_object_set_new(object, "departure_error",
				    sluice_departure_json(meter->departure,
							  SLUICE_DEPARTURE_STAMPED));
	return object;
}
