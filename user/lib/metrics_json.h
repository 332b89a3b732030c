/* SPDX-License-Identifier: GPL-2.0 */
/* What a meter found, as JSON with the unit in every key. */
#ifndef SLUICE_METRICS_JSON_H
#define SLUICE_METRICS_JSON_H

#include <jansson.h>

#include "metrics.h"

/* The whole meter; NULL if there is no memory. The caller owns it. */
json_t *sluice_meter_json(const struct sluice_meter *meter);

/*
 * Quantiles of the absolute error, early and late apart; source: how it is known
 * when frames were meant to leave. NULL: no memory.
 */
json_t *sluice_departure_json(const struct sluice_departure *departure,
			      const char *source);
#define SLUICE_DEPARTURE_STAMPED	"stamp in the UDP payload"

/* Add one train histogram's figures, by packets and by trains. */
json_t *sluice_train_json(const struct sluice_hist *pkts);

/* "10us", "1ms": a window length as part of a key. */
const char *sluice_window_name(uint32_t index);

/* A real with six significant digits, so that files stay short. */
json_t *sluice_json_real(double value);

#endif
