// SPDX-License-Identifier: GPL-2.0
/* What sending costs the processors; see out_cost.h. */
#include "out_cost.h"

#include <stdio.h>

#include "../lib/units.h"

#define BITS_PER_BYTE 8u
#define BITS_PER_GBIT 1000000000u

static bool is_worth_it(const struct scope_host_load *load, uint64_t wire_bytes)
{
	return load->is_known &&
	       wire_bytes >= OUT_COST_LEAST_BITS / BITS_PER_BYTE;
}

static uint64_t per_gbit(uint64_t ns, uint64_t wire_bytes)
{
	return (uint64_t)((unsigned __int128)ns * BITS_PER_GBIT /
			  BITS_PER_BYTE / wire_bytes);
}

void out_cost_format(const struct scope_host_load *load, uint64_t wire_bytes,
		     char *text, size_t text_size)
{
	const bool is_below = !load->softirq_ns;
	char time[OUT_COST_SIZE];

	if (!is_worth_it(load, wire_bytes)) {
		snprintf(text, text_size, "-");
		return;
	}
	sluice_format_time_about(per_gbit(is_below ? load->step_ns :
					  load->softirq_ns, wire_bytes),
				 time, sizeof(time));
	snprintf(text, text_size, "%s%s", is_below ? "<" : "", time);
}

json_t *out_cost_json(const struct scope_host_load *load, uint64_t wire_bytes)
{
	json_t *object;

	if (!load->is_known)
		return json_null();
	object = json_pack("{s:f, s:f, s:I, s:I, s:I, s:I}",
			   "busy_share", (double)load->busy_share,
			   "softirq_share", (double)load->softirq_share,
			   "softirq_ns", (json_int_t)load->softirq_ns,
			   "softirq_step_ns", (json_int_t)load->step_ns,
			   "receive_softirqs",
			   (json_int_t)load->receive_softirqs,
			   "send_softirqs", (json_int_t)load->send_softirqs);
	if (object && is_worth_it(load, wire_bytes))
		json_object_set_new(object, "softirq_per_gbit_ns",
			json_integer((json_int_t)per_gbit(load->softirq_ns,
							  wire_bytes)));
	return object;
}
