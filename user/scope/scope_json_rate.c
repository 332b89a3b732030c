// SPDX-License-Identifier: GPL-2.0
/* The JSON of a direction against the rate that it was to keep. */
#include <math.h>

#include "scope_json_parts.h"

#define PPM_P50		500000u
#define PPM_P99		990000u

static json_t *rate_errors_json(const struct sluice_commanded *commanded)
{
	json_t *all = json_array();

	for (uint32_t i = 0; i < SLUICE_COMMANDED_WINDOWS; i++) {
		const struct sluice_rate_errors *errors =
			&commanded->rate_errors[i];
		json_t *one = json_object();

		set_int(one, "window_ns", sluice_commanded_windows_ns[i]);
		set_int(one, "windows", errors->windows);
		if (errors->windows) {
			set_real(one, "min_ppm", errors->min_ppm);
			set_real(one, "max_ppm", errors->max_ppm);
		}
		json_array_append_new(all, one);
	}
	return all;
}

/* By how much the phase moves, for each tau that the span is long enough for. */
static json_t *wander_json(const struct sluice_phase *phase)
{
	json_t *object = json_object(), *taus = json_array();
	json_t *mtie = json_array(), *tdev = json_array();
	struct sluice_wander one;

	for (uint32_t k = 0; k < SLUICE_PHASE_LEVELS &&
			     sluice_phase_wander(phase, k, &one); k++) {
		append_int(taus, one.tau_ns);
		append_int(mtie, (uint64_t)fmin(one.mtie_ns, (double)(INT64_MAX / 2)));
		if (one.has_tdev)
			json_array_append_new(tdev,
					      sluice_json_real(one.tdev_ns));
	}
	json_object_set_new(object, "tau_ns", taus);
	json_object_set_new(object, "mtie_ns", mtie);
	json_object_set_new(object, "tdev_ns", tdev);
	return object;
}

static json_t *inferred_json(const struct sluice_commanded *commanded)
{
	const struct sluice_hist *over = &commanded->over_frame;
	json_t *object = sluice_departure_json(&commanded->departure,
			"the rate, as if something had always been ready");

	if (!object)
		return NULL;
	set_real(object, "over_frame_p50",
		 (double)sluice_hist_quantile(over, PPM_P50) / 1000);
	set_real(object, "over_frame_p99",
		 (double)sluice_hist_quantile(over, PPM_P99) / 1000);
	set_int(object, "pauses", commanded->pauses);
	set_int(object, "pause_max_ns", commanded->pause_max_ns);
	return object;
}

json_t *scope_commanded_json(const struct sluice_commanded *commanded)
{
	const struct sluice_hist *early = &commanded->early;
	json_t *object = json_object();

	set_int(object, "rate_bits_ps", commanded->rate_bits_ps);
	set_real(object, "rate_error_ppm",
		 sluice_commanded_error_ppm(commanded));
	set_int(object, "early_pkts", early->count);
	set_int(object, "early_p99_ns", sluice_hist_quantile(early, PPM_P99));
	set_int(object, "cdvt_ns", early->count ? early->max : 0);
	json_object_set_new(object, "rate_errors", rate_errors_json(commanded));
	json_object_set_new(object, "departure_error",
			    inferred_json(commanded));
	json_object_set_new(object, "wander", wander_json(&commanded->phase));
	return object;
}
