// SPDX-License-Identifier: GPL-2.0
/* From what a guest left in its directory to the JSON of one run. */
#include "collect.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../lib/frame.h"
#include "../lib/units.h"
#include "analyse.h"
#include "delivered.h"

/* Preamble 8, FCS 4, gap 12: from the captured frame to L1. */
#define FRAME_OVERHEAD_BYTES 24
#define BITS_PER_BYTE 8

static uint64_t number_of(const json_t *object, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(object, key));
}

static void number_set(json_t *object, const char *key, uint64_t value)
{
	json_object_set_new(object, key, json_integer((json_int_t)value));
}

static uint64_t rate_bits_ps(uint64_t bytes, uint64_t ns)
{
	unsigned __int128 bits = (unsigned __int128)bytes * BITS_PER_BYTE;

	return ns ? (uint64_t)(bits * SLUICE_NSEC_PER_SEC / ns) : 0;
}

static json_t *result_load(const char *dir, const char *what,
			   unsigned int number, char *error, size_t error_size)
{
	char path[PATH_MAX];
	json_error_t where;
	json_t *json;

	if (number)
		snprintf(path, sizeof(path), "%s/out/%s-%u.json", dir, what,
			 number);
	else
		snprintf(path, sizeof(path), "%s/out/%s.json", dir, what);
	json = json_load_file(path, 0, &where);
	if (!json)
		lab_refuse(error, error_size,
			   "the guest left no good %s-%u.json (%s)", what,
			   number, where.text);
	return json;
}

/* ---- flows ---- */

static json_t *flow_identity(const struct lab_plan *plan,
			     const struct lab_flow_instance *instance)
{
	const struct lab_flow *flow = instance->flow;
	bool is_tcp = flow->kind == LAB_FLOW_TCP;
	json_t *json = json_object();
	char src[LAB_ADDRESS_BYTES], dst[LAB_ADDRESS_BYTES], kind[16];

	lab_host_address(&plan->scenario->settings, instance->sender, src);
	lab_host_address(&plan->scenario->settings, 0, dst);
	/* the first two words of the line are "flow KIND" */
	snprintf(kind, sizeof(kind), "%s", "");
	sscanf(flow->text, "flow %15s", kind);
	json_object_set_new(json, "kind", json_string(kind));
	if (is_tcp)
		json_object_set_new(json, "cc",
				    json_string(lab_flow_cc(plan, flow)));
	number_set(json, "number", instance->number);
	number_set(json, "sender", instance->sender);
	number_set(json, "start_ns", instance->start_ns);
	if (flow->kind == LAB_FLOW_PROGRAM)
		return json;
	json_object_set_new(json, "protocol", json_string(is_tcp ? "tcp" : "udp"));
	number_set(json, "ip_protocol", is_tcp ? SLUICE_PROTOCOL_TCP :
						 SLUICE_PROTOCOL_UDP);
	json_object_set_new(json, "source_address", json_string(src));
	json_object_set_new(json, "destination_address", json_string(dst));
	number_set(json, "source_port",
		   LAB_PLAN_SOURCE_FIRST + instance->number);
	number_set(json, "destination_port",
		   LAB_PLAN_PORT_FIRST + instance->number);
	return json;
}

static void tcp_flow_fill(json_t *json, const json_t *sent)
{
	uint64_t acked = number_of(sent, "acked_bytes");

	json_object_update(json, (json_t *)sent);
	number_set(json, "goodput_bits_ps",
		   rate_bits_ps(acked, number_of(sent, "elapsed_ns")));
}

static void udp_flow_fill(json_t *json, const json_t *sent,
			  const json_t *received)
{
	uint64_t sent_pkts = number_of(sent, "sent_pkts");
	uint64_t received_pkts = number_of(received, "received_pkts");

	json_object_update(json, (json_t *)sent);
	json_object_update(json, (json_t *)received);
	number_set(json, "lost_pkts",
		   sent_pkts > received_pkts ? sent_pkts - received_pkts : 0);
	number_set(json, "goodput_bits_ps",
		   rate_bits_ps(number_of(received, "received_bytes"),
				number_of(sent, "elapsed_ns")));
}

/* What the receiver itself lost cannot be told from what the network did. */
static int overflow_refuse(const struct lab_flow_instance *instance,
			   const json_t *received, char *error,
			   size_t error_size)
{
	uint64_t pkts = number_of(received, "receiver_overflow_pkts");

	return !pkts ? 0 : lab_refuse(error, error_size,
		"flow %u: its receiver had no room for %" PRIu64 " datagrams, so what the network lost is not known: lower the rate or raise the size",
		instance->number, pkts);
}

static json_t *flow_collect(const struct lab_plan *plan,
			    const struct lab_flow_instance *instance,
			    const char *dir, char *error, size_t error_size)
{
	json_t *json = flow_identity(plan, instance), *sent, *received;

	if (instance->flow->kind == LAB_FLOW_PROGRAM)
		return json;
	sent = result_load(dir, "flow", instance->number, error, error_size);
	if (!sent) {
		json_decref(json);
		return NULL;
	}
	if (instance->flow->kind == LAB_FLOW_TCP) {
		tcp_flow_fill(json, sent);
		json_decref(sent);
		return json;
	}
	received = result_load(dir, "recv", instance->number, error, error_size);
	if (received && !overflow_refuse(instance, received, error, error_size)) {
		udp_flow_fill(json, sent, received);
	} else {
		json_decref(json);
		json = NULL;
	}
	json_decref(sent);
	json_decref(received);
	return json;
}

static json_t *flows_collect(const struct lab_plan *plan, const char *dir,
			     char *error, size_t error_size)
{
	json_t *flows = json_array();
	unsigned int i;

	for (i = 0; i < plan->flows_count; i++) {
		json_t *flow = flow_collect(plan, &plan->flows[i], dir, error,
					    error_size);

		if (!flow) {
			json_decref(flows);
			return NULL;
		}
		json_array_append_new(flows, flow);
	}
	return flows;
}

/* ---- totals ---- */

struct totals {
	uint64_t goodput_bits_ps;
	uint64_t sent_segments, retransmitted_segments;
	uint64_t udp_sent_pkts, udp_lost_pkts, udp_reordered_pkts;
	uint64_t transfers, transfers_complete;	/* TCP flows of given bytes */
	uint64_t transfer_sum_ns, transfer_max_ns;
	double jain_sum, jain_square_sum;
	unsigned int jain_count;
};

/* A transfer that did not end counts with the time that it had. */
static void transfer_add(struct totals *totals, const json_t *flow)
{
	uint64_t elapsed_ns = number_of(flow, "elapsed_ns");

	totals->transfers++;
	totals->transfer_sum_ns += elapsed_ns;
	if (elapsed_ns > totals->transfer_max_ns)
		totals->transfer_max_ns = elapsed_ns;
	if (json_is_true(json_object_get(flow, "complete")))
		totals->transfers_complete++;
}

/* Jain: over TCP flows that last as long as the scenario. */
static void totals_add(struct totals *totals, const json_t *flow, bool is_bulk,
		       uint64_t duration_ns)
{
	uint64_t goodput = number_of(flow, "goodput_bits_ps");
	const char *protocol =
		json_string_value(json_object_get(flow, "protocol"));
	bool is_tcp = protocol && !strcmp(protocol, "tcp");

	/* a transfer adds its bytes to the whole span, not its own speed */
	totals->goodput_bits_ps += is_tcp && !is_bulk ?
		rate_bits_ps(number_of(flow, "acked_bytes"), duration_ns) :
		goodput;
	if (!protocol)
		return;
	if (is_tcp) {
		totals->sent_segments += number_of(flow, "sent_segments");
		totals->retransmitted_segments +=
			number_of(flow, "retransmitted_segments");
	} else {
		totals->udp_sent_pkts += number_of(flow, "sent_pkts");
		totals->udp_lost_pkts += number_of(flow, "lost_pkts");
		totals->udp_reordered_pkts += number_of(flow, "reordered_pkts");
	}
	if (is_tcp && !is_bulk)
		transfer_add(totals, flow);
	if (is_bulk) {
		totals->jain_sum += (double)goodput;
		totals->jain_square_sum += (double)goodput * (double)goodput;
		totals->jain_count++;
	}
}

static void totals_set(json_t *run, const struct totals *totals)
{
	number_set(run, "goodput_bits_ps", totals->goodput_bits_ps);
	number_set(run, "sent_segments", totals->sent_segments);
	number_set(run, "retransmitted_segments",
		   totals->retransmitted_segments);
	json_object_set_new(run, "retransmitted_percent",
			    json_real(totals->sent_segments ?
				      100.0 * (double)totals->retransmitted_segments /
				      (double)totals->sent_segments : 0));
	number_set(run, "udp_sent_pkts", totals->udp_sent_pkts);
	number_set(run, "udp_lost_pkts", totals->udp_lost_pkts);
	number_set(run, "udp_reordered_pkts", totals->udp_reordered_pkts);
	if (totals->transfers) {
		number_set(run, "transfers", totals->transfers);
		number_set(run, "transfers_complete",
			   totals->transfers_complete);
		number_set(run, "transfer_mean_ns",
			   totals->transfer_sum_ns / totals->transfers);
		number_set(run, "transfer_max_ns", totals->transfer_max_ns);
	}
	json_object_set_new(run, "jain", totals->jain_square_sum > 0 ?
			    json_real(totals->jain_sum * totals->jain_sum /
				      (totals->jain_count * totals->jain_square_sum)) :
			    json_null());
}

static void totals_collect(json_t *run, const struct lab_plan *plan,
			   const json_t *flows)
{
	struct totals totals = { 0 };
	unsigned int i;

	for (i = 0; i < plan->flows_count; i++) {
		const struct lab_flow *flow = plan->flows[i].flow;

		totals_add(&totals, json_array_get(flows, i),
			   flow->kind == LAB_FLOW_TCP && !flow->bytes,
			   plan->scenario->settings.duration_ns);
	}
	totals_set(run, &totals);
}

/* ---- counters of the kernel ---- */

/* The element of a tc listing that is the root qdisc of its device. */
static const json_t *root_qdisc(const json_t *listing)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(listing, i, entry)
		if (json_is_true(json_object_get(entry, "root")))
			return entry;
	return NULL;
}

static int port_collect(json_t *run, const char *dir, char *error,
			size_t error_size)
{
	json_t *listing = result_load(dir, "port", 0, error, error_size);
	const json_t *qdisc = root_qdisc(listing);

	if (!listing)
		return -EINVAL;
	if (!qdisc) {
		json_decref(listing);
		return lab_refuse(error, error_size,
				  "the port's qdisc is missing from port.json");
	}
	number_set(run, "port_dropped_pkts", number_of(qdisc, "drops"));
	number_set(run, "port_sent_pkts", number_of(qdisc, "packets"));
	number_set(run, "port_sent_bytes", number_of(qdisc, "bytes"));
	json_decref(listing);
	return 0;
}

/* What the filter above a sender's qdisc saw: super-packets and segments. */
static void stack_count(const json_t *listing, uint64_t *superpackets,
			uint64_t *segments)
{
	const json_t *filter;
	size_t i;

	json_array_foreach(listing, i, filter) {
		const json_t *options = json_object_get(filter, "options");
		const json_t *action =
			json_array_get(json_object_get(options, "actions"), 0);
		const json_t *stats = json_object_get(action, "stats");

		*superpackets += number_of(options, "rule_hit");
		*segments += number_of(stats, "packets");
	}
}

static int senders_collect(json_t *run, const struct lab_plan *plan,
			   const char *dir, char *error, size_t error_size)
{
	uint64_t superpackets = 0, segments = 0, drops = 0;
	json_t *sluice = json_array();
	unsigned int i;

	for (i = 1; i <= plan->scenario->settings.senders; i++) {
		json_t *stack = result_load(dir, "stack", i, error, error_size);
		json_t *qdisc = stack ? result_load(dir, "qdisc", i, error,
						    error_size) : NULL;

		if (qdisc) {
			stack_count(stack, &superpackets, &segments);
			drops += number_of(root_qdisc(qdisc), "drops");
			if (lab_policy_is_sluice(plan->policy))
				json_array_append(sluice,
						  json_array_get(qdisc, 0));
		}
		json_decref(stack);
		json_decref(qdisc);
		if (!qdisc)
			break;
	}
	if (i <= plan->scenario->settings.senders) {
		json_decref(sluice);
		return -EINVAL;
	}
	number_set(run, "stack_superpackets", superpackets);
	number_set(run, "stack_segments", segments);
	number_set(run, "qdisc_dropped_pkts", drops);
	json_object_set_new(run, "superpacket_segments_mean",
			    json_real(superpackets ? (double)segments /
				      (double)superpackets : 0));
	if (json_array_size(sluice))
		json_object_set(run, "sluice", sluice);
	json_decref(sluice);
	return 0;
}

/* ---- the whole ---- */

static int captures_analyse(json_t *run, const struct lab_plan *plan,
			    const char *dir, char *error, size_t error_size)
{
	const struct lab_settings *settings = &plan->scenario->settings;
	json_t *span = result_load(dir, "span", 0, error, error_size);
	struct lab_analyse_input input = {
		.senders = (unsigned int)settings->senders,
		.nic_rate_bits_ps = settings->nic_rate_bits_ps,
		.port_rate_bits_ps = settings->port_rate_bits_ps,
		.port_buffer_pkts = (unsigned int)settings->port_buffer_pkts,
		.frame_overhead_bytes = FRAME_OVERHEAD_BYTES,
		.device_rate_bits_ps = settings->device_rate_bits_ps,
		.warmup_ns = lab_warmup_ns(settings),
	};
	char out[PATH_MAX];

	if (!span)
		return -EINVAL;
	snprintf(out, sizeof(out), "%s/out", dir);
	input.dir = out;
	input.start_ns = number_of(span, "start_real_ns");
	input.end_ns = input.start_ns + number_of(span, "duration_ns");
	json_decref(span);
	number_set(run, "start_real_ns", input.start_ns);
	return lab_analyse(&input, run, error, error_size);
}

/* Only a program's flows have no sender of ours that says what arrived. */
static int programs_collect(json_t *run, const struct lab_plan *plan,
			    const char *dir, char *error, size_t error_size)
{
	char path[PATH_MAX];
	unsigned int i;

	for (i = 0; i < plan->flows_count; i++)
		if (plan->flows[i].flow->kind == LAB_FLOW_PROGRAM)
			break;
	if (i == plan->flows_count)
		return 0;
	snprintf(path, sizeof(path), "%s/out/port.pcap", dir);
	return lab_delivered_add(run, path,
				 plan->scenario->settings.duration_ns, error,
				 error_size);
}

json_t *lab_collect(const struct lab_plan *plan, const char *dir, char *error,
		    size_t error_size)
{
	json_t *run = json_object(), *flows;

	json_object_set_new(run, "policy", json_string(plan->policy->name));
	number_set(run, "seed", plan->seed);
	flows = flows_collect(plan, dir, error, error_size);
	if (flows) {
		totals_collect(run, plan, flows);
		json_object_set_new(run, "flows", flows);
	}
	if (!flows || port_collect(run, dir, error, error_size) ||
	    senders_collect(run, plan, dir, error, error_size) ||
	    captures_analyse(run, plan, dir, error, error_size) ||
	    programs_collect(run, plan, dir, error, error_size)) {
		json_decref(run);
		return NULL;
	}
	return run;
}

int lab_dmesg_check(const char *dir, char *error, size_t error_size)
{
	static const char *const bad[] = {
		"WARNING:", "BUG:", "Oops", "UBSAN:", "KASAN:", "Call Trace:",
		"unreferenced object", "Kernel panic",
	};
	char path[PATH_MAX], line[512];
	FILE *file;
	unsigned int i;
	int err = 0;

	snprintf(path, sizeof(path), "%s/dmesg", dir);
	file = fopen(path, "re");
	if (!file)
		return lab_refuse(error, error_size,
				  "the guest left no kernel log");
	while (!err && fgets(line, sizeof(line), file))
		for (i = 0; !err && i < sizeof(bad) / sizeof(bad[0]); i++)
			if (strstr(line, bad[i])) {
				line[strcspn(line, "\n")] = '\0';
				err = lab_refuse(error, error_size,
						 "the guest's kernel complained: %s",
						 line);
			}
	fclose(file);
	return err;
}
