// SPDX-License-Identifier: GPL-2.0
/* A frame of the live view for programs; see view_json.h. */
#include "view_json.h"

#include <math.h>

#include "scope_json_parts.h"

static void set_rate(json_t *object, const char *key, double bits_ps)
{
	set_int(object, key, (uint64_t)llround(bits_ps));
}

static json_t *lane_json(const struct scope_view_lane *lane)
{
	const struct scope_slot *span = &lane->span;
	json_t *object = json_object(), *trains = json_array();

	set_rate(object, "mean_bits_ps", lane->bits_ps[SCOPE_VIEW_MEAN]);
	set_rate(object, "peak_1ms_bits_ps", lane->bits_ps[SCOPE_VIEW_1MS]);
	set_rate(object, "peak_100us_bits_ps", lane->bits_ps[SCOPE_VIEW_100US]);
	set_rate(object, "peak_10us_bits_ps", lane->bits_ps[SCOPE_VIEW_10US]);
	json_object_set_new(object, "has_super_packets",
			    json_boolean(lane->has_supers));
	set_int(object, "bytes", span->bytes);
	set_int(object, "pkts", span->pkts);
	set_int(object, "retransmitted_pkts", span->retransmitted_pkts);
	set_int(object, "timeouts", span->timeouts);
	set_int(object, "pure_acks", span->acks);
	set_int(object, "clumped_acks", span->clumped_acks);
	set_int(object, "mac_control_frames", span->mac_control.frames);
	set_int(object, "mac_control_wire_bytes", span->mac_control.wire_bytes);
	set_int(object, "largest_burst_bytes", span->burst.burst.bytes);
	for (uint32_t i = 0; i < SCOPE_SLOT_TRAINS; i++)
		append_int(trains, span->train_pkts[i]);
	/* in trains of 1, 2, 4 … 64 packets and more, gaps to 100 us */
	json_object_set_new(object, "train_pkts_by_octave", trains);
	return object;
}

/*
 * TCP's own round trips are known whatever was seen; others are of all the time.
 * has_holes: of its figures alone, and not of all that the object has.
 */
static json_t *flow_json(const struct scope_view_flow *flow, bool has_holes,
			 bool had_holes)
{
	json_t *object = json_object();

	set_int(object, "flow", flow->number);
	json_object_set_new(object, "name", json_string(flow->name));
	json_object_set_new(object, "direction", json_string(
				    scope_direction_name(flow->direction)));
	set_rate(object, "mean_bits_ps", flow->rate_bits_ps);
	set_rate(object, "peak_1ms_bits_ps", flow->peak_1ms_bits_ps);
	set_int(object, "retransmitted_pkts", flow->retransmitted_pkts);
	if (flow->cwnd_pkts)
		set_int(object, "cwnd_pkts", flow->cwnd_pkts);
	if (flow->rtt == SCOPE_VIEW_RTT_KERNEL ||
	    (flow->rtt != SCOPE_VIEW_RTT_NONE && !had_holes)) {
		set_int(object, "rtt_ns", flow->rtt_ns);
		json_object_set_new(object, "rtt_by", json_string(flow->rtt ==
				    SCOPE_VIEW_RTT_KERNEL ? "kernel" : "timing"));
	}
	if (has_holes)
		scope_json_keep_seen(object);
	return object;
}

static json_t *load_json(const struct scope_host_load *load)
{
	json_t *object = json_object();

	json_object_set_new(object, "busy_share",
			    json_real((double)load->busy_share));
	json_object_set_new(object, "softirq_share",
			    json_real((double)load->softirq_share));
	set_int(object, "receive_softirqs", load->receive_softirqs);
	set_int(object, "send_softirqs", load->send_softirqs);
	set_int(object, "squeezed", load->squeezed);
	set_int(object, "dropped_pkts", load->dropped_pkts);
	return object;
}

json_t *scope_view_json(const struct scope_view *view, uint64_t real_ns)
{
	json_t *object = json_object(), *flows = json_array();

	set_int(object, "time_ns", real_ns);
	json_object_set_new(object, "vantage", json_string(view->vantage.name));
	set_int(object, "span_ns", view->span_ns);
	set_int(object, "missed_pkts", view->missed_pkts);
	set_int(object, "span_missed_pkts", view->span_missed_pkts);
	json_object_set_new(object, "has_holes",
			    json_boolean(view->has_holes));
	json_object_set_new(object, "flows_have_holes",
			    json_boolean(view->flows_have_holes));
	set_int(object, "unshown_pkts", view->unshown_pkts);
	set_int(object, "unstamped_pkts", view->unstamped_pkts);
	json_object_set_new(object, "out", lane_json(&view->lane[0]));
	json_object_set_new(object, "in", lane_json(&view->lane[1]));
	if (view->loads && view->load[view->loads - 1].is_known)
		json_object_set_new(object, "host",
				    load_json(&view->load[view->loads - 1]));
	if (view->cpu.is_wanted)
		json_object_set_new(object, "processors",
				    scope_cpu_view_json(&view->cpu));
	for (uint32_t i = 0; i < view->flows; i++)
		json_array_append_new(flows, flow_json(&view->flow[i],
						       view->flows_have_holes &&
						       !view->has_holes,
						       view->had_holes));
	json_object_set_new(object, "flows", flows);
	if (view->has_holes)
		scope_json_keep_seen(object);
	return object;
}
