/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lines of sluice monitor: one for a device and an interval. Where fq paces in sluice's
 * place, it has what fq and the rate beside it count.
 */
#ifndef SLUICE_OUT_MONITOR_H
#define SLUICE_OUT_MONITOR_H

#include "../lib/interval.h"
#include "../lib/lapse.h"
#include "../scope/host.h"

/* @rows: lines since the header, 0 before the first one. */
void out_monitor(const char *device, const struct sluice_interval *interval,
		 const struct scope_host_load *load, unsigned int *rows);

/* The same as an object. */
void out_monitor_json(const char *device, const struct sluice_interval *interval,
		      const struct sluice_lapse *lapse,
		      const struct scope_host_load *load);

#endif
