/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What sending costs the processors, as far as the kernel counts it anyway: the
 * time of all of them in softirqs, per Gbit that a device sent meanwhile. The
 * qdisc's timers end in one, so does what a device completes or receives; what a
 * program's system call sends by itself does not. It is of the host: what other
 * devices do is in it, and so are other softirqs.
 */
#ifndef SLUICE_OUT_COST_H
#define SLUICE_OUT_COST_H

#include <jansson.h>

#include "../scope/host.h"

/*
 * With less than this in an interval, most of the time is not of the device: one
 * step of the kernel's clock (10 ms) would be a second per Gbit.
 */
#define OUT_COST_LEAST_BITS UINT64_C(10000000)

#define OUT_COST_SIZE 32

/* "8.2ms", "<10ms" where the clock has not moved, "-" where it is not known. */
void out_cost_format(const struct scope_host_load *load, uint64_t wire_bytes,
		     char *text, size_t text_size);

/* The same in an object, with what it is made of. */
json_t *out_cost_json(const struct scope_host_load *load, uint64_t wire_bytes);

#endif
