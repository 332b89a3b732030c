/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The statistics of qdiscs in Prometheus' text exposition format (0.0.4).
 *
 * Names follow from those of uapi/sluice.h: the prefix sluice_, base units
 * (seconds, bytes, also for rates), _total for what only grows. Labels are
 * device, parent and handle; flows have none: there are too many.
 */
#ifndef SLUICE_OUT_METRICS_H
#define SLUICE_OUT_METRICS_H

#include <stdio.h>

#include "../lib/qdisc.h"

#define OUT_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/*
 * All metrics of those qdiscs that are sluices. What a module does not know,
 * and options that are off, are absent.
 */
void out_metrics(FILE *out, const struct sluice_qdisc *qdiscs,
		 unsigned int count);

/* The value of a label, with what would end it made harmless. */
void out_metrics_label(FILE *out, const char *value);

#endif
