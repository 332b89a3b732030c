// SPDX-License-Identifier: GPL-2.0
/* Fills a view from a scope that runs; see viewer.h. */
#include "viewer.h"

#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/socket.h"

#define TURNS			(SCOPE_SLOTS_PS + 1)	/* a second and its start */
#define PPM_HALF		500000u

/* What a flow had at each of the last turns. */
struct flow_past {
	uint64_t bytes[TURNS];
	uint64_t again_pkts[TURNS];
	uint32_t peak_1ms_bytes[TURNS];
};

struct scope_viewer {
	const struct scope *scope;
	uint64_t turns;
	uint64_t turn_ns[TURNS];	/* when */
	uint64_t end;			/* slots before this one are over */
	struct scope_slots slots[SCOPE_VIEW_DIRECTIONS];
	struct scope_holes holes;
	struct scope_host host;
	struct scope_host_load load[SCOPE_SLOTS];	/* by turn */
	struct flow_past *past;
	uint32_t past_flows;
	struct sluice_netlink *sock_diag;
	struct sluice_sockets sockets;
};

/* SCOPE_ANY does not come from a device. */
static unsigned int index_of(enum scope_direction direction)
{
	return direction == SCOPE_IN;
}

static enum scope_direction direction_at(unsigned int index)
{
	return index ? SCOPE_IN : SCOPE_OUT;
}

struct scope_viewer *scope_viewer_open(const struct scope *scope)
{
	struct scope_viewer *viewer = calloc(1, sizeof(*viewer));

	if (!viewer)
		return NULL;
	viewer->scope = scope;
	scope_host_open(&viewer->host);
	/* Without it there are no sockets, and so no cwnd. */
	if (sluice_netlink_open_protocol(&viewer->sock_diag,
					 NETLINK_SOCK_DIAG))
		viewer->sock_diag = NULL;
	return viewer;
}

void scope_viewer_close(struct scope_viewer *viewer)
{
	if (!viewer)
		return;
	scope_host_close(&viewer->host);
	sluice_netlink_close(viewer->sock_diag);
	sluice_sockets_done(&viewer->sockets);
	free(viewer->past);
	free(viewer);
}

/* ---- what is reported ---- */

static void millisecond_take(void *context, enum scope_direction direction,
			     const struct sluice_millisecond *one)
{
	struct scope_viewer *viewer = context;

	scope_slots_millisecond(&viewer->slots[index_of(direction)], one);
}

static void burst_take(void *context, enum scope_direction direction,
		       const struct sluice_burst *burst)
{
	struct scope_viewer *viewer = context;

	scope_slots_burst(&viewer->slots[index_of(direction)],
			  burst->start_ns - viewer->scope->start_ns, direction,
			  burst, viewer->scope->flows);
}

void scope_viewer_hook(struct scope_viewer *viewer, struct scope_config *config)
{
	config->millisecond = millisecond_take;
	config->burst = burst_take;
	config->context = viewer;
}

void scope_viewer_event(struct scope_viewer *viewer, uint64_t time_ns,
			enum scope_direction direction,
			const struct scope_flow_event *event)
{
	uint64_t start_ns = viewer->scope->start_ns;

	scope_slots_event(&viewer->slots[index_of(direction)],
			  time_ns > start_ns ? time_ns - start_ns : 0, event);
}

/* ---- at each turn ---- */

static int past_grow(struct scope_viewer *viewer, uint32_t flows)
{
	uint32_t room = viewer->past_flows;
	struct flow_past *past;

	if (flows <= room)
		return 0;
	room = flows + flows / 2;
	past = realloc(viewer->past, room * sizeof(*past));
	if (!past)
		return -1;
	memset(past + viewer->past_flows, 0,
	       (room - viewer->past_flows) * sizeof(*past));
	viewer->past = past;
	viewer->past_flows = room;
	return 0;
}

static void flows_look(struct scope_viewer *viewer)
{
	const struct scope_flows *flows = viewer->scope->flows;
	uint32_t count = flows ? scope_flows_count(flows) : 0;
	uint32_t second = flows ? (uint32_t)((viewer->scope->end_ns -
			  viewer->scope->start_ns) / SLUICE_NS_PER_S) : 0;
	unsigned int at = viewer->turns % TURNS;

	if (past_grow(viewer, count))
		return;
	for (uint32_t i = 0; i < count; i++) {
		const struct scope_flow *flow = scope_flow_at(flows, i);
		struct flow_past *past = &viewer->past[i];

		past->bytes[at] = flow->bytes;
		past->again_pkts[at] = flow->tcp.retransmitted_pkts;
		past->peak_1ms_bytes[at] = flow->block != second ? 0 :
			flow->window[1].block_max_bytes;
	}
}

void scope_viewer_turn(struct scope_viewer *viewer, struct scope *scope,
		       uint64_t real_ns, bool has_missed)
{
	char message[SLUICE_MESSAGE_SIZE];

	/* Until there is a second, rates are of what there is. */
	for (unsigned int i = 0; i < TURNS && !viewer->turns; i++)
		viewer->turn_ns[i] = real_ns - SCOPE_SLOT_NS;
	viewer->end = scope_slots_turn(viewer->slots, scope, viewer->end,
				       real_ns);
	scope_holes_turn(&viewer->holes, scope, viewer->end, real_ns, has_missed);
	scope_host_look(&viewer->host,
			&viewer->load[viewer->turns % SCOPE_SLOTS]);
	flows_look(viewer);
	if (viewer->sock_diag && viewer->turns % SCOPE_SLOTS_PS == 0) {
		sluice_sockets_done(&viewer->sockets);
		/* What cannot be read is not shown. */
		(void)sluice_sockets_list_by(viewer->sock_diag,
					     &viewer->sockets, message);
	}
	viewer->turn_ns[viewer->turns % TURNS] = real_ns;
	viewer->turns++;
}

/* ---- the view: bursts ---- */

static void burst_fill(const struct scope_viewer *viewer, unsigned int index,
		       const struct scope_burst *from,
		       struct scope_view_burst *ret)
{
	uint64_t now_ns = viewer->turn_ns[(viewer->turns - 1) % TURNS];

	*ret = (struct scope_view_burst){
		.direction = direction_at(index),
		.ago_ns = now_ns > from->burst.start_ns ?
			  now_ns - from->burst.start_ns : 0,
		.duration_ns = from->burst.duration_ns,
		.bytes = from->burst.bytes,
		.pkts = from->burst.pkts,
		.flows = from->flows,
	};
	for (uint32_t i = 0; i < from->flows; i++)
		ret->flow[i] = from->share[i].number;
}

static void largest_fill(const struct scope_viewer *viewer,
			 struct scope_view *ret)
{
	const struct scope_burst *largest = NULL;
	unsigned int index = 0;

	for (unsigned int i = 0; i < SCOPE_VIEW_DIRECTIONS; i++) {
		const struct scope_lane *lane =
			&viewer->scope->lane[direction_at(i)];

		for (uint32_t k = 0; k < lane->bursts; k++) {
			if (largest && lane->burst[k].burst.bytes <=
				       largest->burst.bytes)
				continue;
			largest = &lane->burst[k];
			index = i;
		}
	}
	if (!largest)
		return;
	burst_fill(viewer, index, largest, &ret->burst[0]);
	ret->burst[0].is_largest = true;
	ret->bursts = 1;
}

/* All of it was seen. */
static bool is_whole(const struct scope_viewer *viewer,
		     const struct sluice_burst *burst)
{
	return !scope_holes_between(&viewer->holes, viewer->scope,
				    burst->start_ns,
				    burst->start_ns + burst->duration_ns);
}

/*
 * The largest ever, then the largest of each slot, newest first. Where packets were not
 * seen there may have been larger ones.
 */
static void bursts_fill(const struct scope_viewer *viewer,
			struct scope_view *ret)
{
	uint64_t oldest = viewer->end > SCOPE_SLOTS ?
			  viewer->end - SCOPE_SLOTS + 1 : 0;

	ret->bursts = 0;
	if (!viewer->holes.had_any)
		largest_fill(viewer, ret);
	for (uint64_t number = viewer->end; number > oldest; number--) {
		for (unsigned int i = 0; i < SCOPE_VIEW_DIRECTIONS; i++) {
			struct scope_slot slot;

			scope_slots_sum(&viewer->slots[i], number, 1, &slot);
			if (!slot.burst.burst.bytes ||
			    !is_whole(viewer, &slot.burst.burst))
				continue;
			if (ret->bursts == SCOPE_VIEW_BURSTS)
				return;
			burst_fill(viewer, i, &slot.burst,
				   &ret->burst[ret->bursts++]);
		}
	}
}

/* ---- the view: flows ---- */

/* The socket of this host that a flow is from, or goes to. */
static const struct sluice_socket *
socket_find(const struct scope_viewer *viewer, const struct sluice_flow_key *key,
	    bool is_out)
{
	uint8_t family = key->ip_version == 6 ? AF_INET6 : AF_INET;
	size_t bytes = family == AF_INET6 ? 16 : 4;

	for (unsigned int i = 0; i < viewer->sockets.count; i++) {
		const struct sluice_socket *one = &viewer->sockets.sockets[i];

		if (one->has_tcp && one->family == family &&
		    one->local_port == (is_out ? key->source_port :
						 key->destination_port) &&
		    one->remote_port == (is_out ? key->destination_port :
						  key->source_port) &&
		    !memcmp(one->local, is_out ? key->source : key->destination,
			    bytes) &&
		    !memcmp(one->remote, is_out ? key->destination :
						  key->source, bytes))
			return one;
	}
	return NULL;
}

/* Without this host's address its end is the port alone, if there is one. */
static void name_fill(const struct sluice_flow_key *key, bool is_out,
		      struct scope_view_flow *ret)
{
	const char *protocol = sluice_flow_protocol_name(key);
	char from[SLUICE_FLOW_END_SIZE], to[SLUICE_FLOW_END_SIZE];
	char *own = is_out ? from : to;
	unsigned int port = is_out ? key->source_port : key->destination_port;

	sluice_flow_end_print(key, true, from, sizeof(from));
	sluice_flow_end_print(key, false, to, sizeof(to));
	snprintf(ret->name, sizeof(ret->name), "%s %s > %s", protocol, from, to);
	if (port)
		snprintf(own, SLUICE_FLOW_END_SIZE, ":%u", port);
	snprintf(ret->short_name, sizeof(ret->short_name), "%s %s > %s",
		 protocol, from, to);
}

static void flow_fill(const struct scope_viewer *viewer, uint32_t number,
		      struct scope_view_flow *ret)
{
	const struct scope_flow *flow = scope_flow_at(viewer->scope->flows,
						      number);
	const struct sluice_flow_key *key =
		scope_flow_key(viewer->scope->flows, number);
	const struct flow_past *past = &viewer->past[number];
	unsigned int now = (viewer->turns - 1) % TURNS;
	unsigned int then = viewer->turns % TURNS;
	bool is_out = flow->direction != SCOPE_IN;
	const struct sluice_socket *found = socket_find(viewer, key, is_out);
	uint32_t peak = 0;

	for (unsigned int i = 0; i < TURNS; i++)
		if (past->peak_1ms_bytes[i] > peak)
			peak = past->peak_1ms_bytes[i];
	ret->number = number;
	ret->direction = is_out ? SCOPE_OUT : SCOPE_IN;
	name_fill(key, is_out, ret);
	ret->peak_1ms_bits_ps = scope_view_bits_ps(peak, 1000000);
	ret->retransmitted_pkts = past->again_pkts[now] -
				  past->again_pkts[then];
	if (found && found->srtt_us) {
		/* the window of a socket is of what it sends */
		ret->cwnd_pkts = is_out ? found->cwnd_pkts : 0;
		ret->rtt_ns = found->srtt_us * UINT64_C(1000);
		ret->rtt = SCOPE_VIEW_RTT_KERNEL;
	} else if (flow->tcp.rtts && !viewer->holes.had_any) {
		ret->rtt_ns = scope_flow_rtt_quantile(flow, PPM_HALF);
		ret->rtt = SCOPE_VIEW_RTT_TIMED;
	}
}

/* Of the last second; the highest millisecond may be of the one before. */
static bool flows_have_holes(const struct scope_viewer *viewer)
{
	uint64_t now_ns = viewer->turn_ns[(viewer->turns - 1) % TURNS];
	uint64_t then_ns = viewer->turn_ns[viewer->turns % TURNS];

	return scope_holes_between(&viewer->holes, viewer->scope,
				   then_ns > SLUICE_NS_PER_S ?
				   then_ns - SLUICE_NS_PER_S : 0, now_ns);
}

/* The busiest of the last second, by insertion: few are kept. */
static void flows_fill(const struct scope_viewer *viewer,
		       struct scope_view *ret)
{
	uint32_t count = viewer->scope->flows ?
			 scope_flows_count(viewer->scope->flows) : 0;
	unsigned int now = (viewer->turns - 1) % TURNS;
	unsigned int then = viewer->turns % TURNS;
	uint64_t span_ns = viewer->turn_ns[now] - viewer->turn_ns[then];

	ret->flows = 0;
	for (uint32_t i = 0; i < count && i < viewer->past_flows; i++) {
		const struct flow_past *past = &viewer->past[i];
		double rate = scope_view_bits_ps(past->bytes[now] -
						 past->bytes[then], span_ns);
		uint32_t at = ret->flows;

		if (rate <= 0)
			continue;
		while (at && ret->flow[at - 1].rate_bits_ps < rate)
			at--;
		if (at == SCOPE_VIEW_FLOWS)
			continue;
		if (ret->flows < SCOPE_VIEW_FLOWS)
			ret->flows++;
		memmove(&ret->flow[at + 1], &ret->flow[at],
			(ret->flows - at - 1) * sizeof(ret->flow[0]));
		ret->flow[at] = (struct scope_view_flow){
			.number = i, .rate_bits_ps = rate,
		};
	}
	for (uint32_t i = 0; i < ret->flows; i++)
		flow_fill(viewer, ret->flow[i].number, &ret->flow[i]);
}

/* ---- the view ---- */

uint64_t scope_viewer_slots(const struct scope_viewer *viewer)
{
	return viewer->end;
}

void scope_viewer_fill(const struct scope_viewer *viewer, uint64_t slots,
		       struct scope_view *ret)
{
	if (!viewer->turns)
		return;
	ret->vantage = viewer->scope->config.vantage;
	ret->is_expanded = viewer->scope->config.expands_supers;
	ret->span_ns = slots * SCOPE_SLOT_NS;
	for (unsigned int i = 0; i < SCOPE_VIEW_DIRECTIONS; i++) {
		scope_view_lane_fill(&viewer->slots[i], viewer->end, slots,
				     ret->vantage.line_rate_bits_ps,
				     &viewer->holes, &ret->lane[i]);
		ret->lane[i].has_supers =
			viewer->scope->lane[direction_at(i)].super_pkts;
	}
	ret->has_holes = scope_holes_within(&viewer->holes, viewer->end, slots);
	ret->flows_have_holes = flows_have_holes(viewer);
	ret->had_holes = viewer->holes.had_any;
	ret->loads = (uint32_t)(viewer->turns < SCOPE_SLOTS ? viewer->turns :
							      SCOPE_SLOTS);
	for (uint32_t i = 0; i < ret->loads; i++)
		ret->load[i] = viewer->load[(viewer->turns - ret->loads + i) %
					    SCOPE_SLOTS];
	bursts_fill(viewer, ret);
	flows_fill(viewer, ret);
}
