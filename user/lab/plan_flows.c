// SPDX-License-Identifier: GPL-2.0
/* The flows of a run: who sends what to whom, and when; see plan.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "plan.h"
#include "random.h"

static const char *kind_name(enum lab_flow_kind kind)
{
	switch (kind) {
	case LAB_FLOW_TCP: return "tcp";
	case LAB_FLOW_UDP: return "udp";
	case LAB_FLOW_FRAMES: return "frames";
	case LAB_FLOW_TXTIME: return "txtime";
	case LAB_FLOW_GSO: return "gso";
	case LAB_FLOW_PROGRAM: return "program";
	}
	return "";
}

const char *lab_flow_cc(const struct lab_plan *plan, const struct lab_flow *flow)
{
	if (*flow->cc)
		return flow->cc;
	return *plan->policy->cc ? plan->policy->cc :
				   plan->scenario->settings.cc;
}

void lab_host_address(const struct lab_settings *settings, unsigned int host,
		      char text[LAB_ADDRESS_BYTES])
{
	if (settings->ip_version == 6)
		snprintf(text, LAB_ADDRESS_BYTES, host ? "fd00::1:%x" : "fd00::1",
			 host);
	else
		snprintf(text, LAB_ADDRESS_BYTES, host ? "10.0.1.%u" : "10.0.0.1",
			 host);
}

void lab_plan_draw(struct lab_plan *plan, const struct lab_scenario *scenario,
		   const struct lab_policy *policy, uint64_t seed)
{
	struct lab_random random = { seed };
	unsigned int line;

	plan->scenario = scenario;
	plan->policy = policy;
	plan->seed = seed;
	plan->flows_count = 0;
	for (line = 0; line < scenario->flows_count; line++) {
		const struct lab_flow *flow = &scenario->flows[line];
		uint64_t first = flow->from[0] ? flow->from[0] : 1;
		uint64_t last = flow->from[0] ? flow->from[1] :
						scenario->settings.senders;
		uint64_t i, sender;

		for (sender = first; sender <= last; sender++)
			for (i = 0; i < flow->count; i++) {
				struct lab_flow_instance *instance =
					&plan->flows[plan->flows_count++];

				instance->flow = flow;
				instance->number = plan->flows_count;
				instance->sender = (unsigned int)sender;
				instance->start_ns = lab_random_between(&random,
					flow->start_ns[0], flow->start_ns[1]);
			}
	}
}

/* net/NAME-NUMBER: the program of a flow as a script. */
static int script_write(const struct lab_plan *plan, const char *dir,
			const struct lab_flow_instance *instance,
			const char *name, const char *template, char *error,
			size_t error_size)
{
	const struct lab_settings *settings = &plan->scenario->settings;
	char file_name[48], port[16], command[2 * LAB_TEXT_BYTES];
	char src[LAB_ADDRESS_BYTES], dst[LAB_ADDRESS_BYTES];
	const struct lab_plan_name extra[] = {
		{ "src", src }, { "dst", dst }, { "port", port },
		{ NULL, NULL },
	};
	FILE *file;
	int err;

	lab_host_address(settings, instance->sender, src);
	lab_host_address(settings, 0, dst);
	snprintf(port, sizeof(port), "%u", LAB_PLAN_PORT_FIRST + instance->number);
	err = lab_plan_expand(plan, template, extra, command, sizeof(command),
			      error, error_size);
	if (err)
		return err;
	snprintf(file_name, sizeof(file_name), "net/%s-%u", name,
		 instance->number);
	file = lab_plan_open(dir, file_name, error, error_size);
	if (!file)
		return -EINVAL;
	fprintf(file, "#!/bin/sh\n%s\n", command);
	return lab_plan_close(file, file_name, error, error_size);
}

static void flow_print(FILE *file, const struct lab_plan *plan,
		       const struct lab_flow_instance *instance)
{
	const struct lab_settings *settings = &plan->scenario->settings;
	const struct lab_flow *flow = instance->flow;
	const char *clock = *plan->policy->clock ? plan->policy->clock :
						   flow->clock;
	char src[LAB_ADDRESS_BYTES], dst[LAB_ADDRESS_BYTES];

	lab_host_address(settings, instance->sender, src);
	lab_host_address(settings, 0, dst);
	fprintf(file, "flow number=%u kind=%s ns=s%u src=%s sport=%u dst=%s dport=%u",
		instance->number, kind_name(flow->kind), instance->sender, src,
		LAB_PLAN_SOURCE_FIRST + instance->number, dst,
		LAB_PLAN_PORT_FIRST + instance->number);
	fprintf(file, " start_ns=%" PRIu64 " duration_ns=%" PRIu64,
		instance->start_ns, settings->duration_ns);
	fprintf(file, " cc=%s bytes=%" PRIu64 " every_ns=%" PRIu64
		" rate_bits_ps=%" PRIu64 " size_bytes=%" PRIu64
		" maxrate_bits_ps=%" PRIu64 " segments=%" PRIu64
		" lead_ns=%" PRIu64 " clock=%s peer=%d run_first=%d"
		" l1_overhead_bytes=%" PRIu64 "\n",
		lab_flow_cc(plan, flow), flow->bytes, flow->every_ns,
		flow->rate_bits_ps, flow->size_bytes, flow->maxrate_bits_ps,
		flow->segments, flow->lead_ns, clock, *flow->peer != '\0',
		!strcmp(flow->first, "run"),
		LAB_L1_FRAME_BYTES + lab_udp_headers_bytes(settings) +
			(settings->vlan_id ? LAB_VLAN_TAG_BYTES : 0));
}

int lab_plan_write_flows(const struct lab_plan *plan, const char *dir,
			 char *error, size_t error_size)
{
	FILE *file = lab_plan_open(dir, "net/traffic", error, error_size);
	unsigned int i;
	int err = 0;

	if (!file)
		return -EINVAL;
	fprintf(file, "duration_ns %" PRIu64 "\n",
		plan->scenario->settings.duration_ns);
	for (i = 0; !err && i < plan->flows_count; i++) {
		const struct lab_flow_instance *instance = &plan->flows[i];

		flow_print(file, plan, instance);
		if (*instance->flow->program)
			err = script_write(plan, dir, instance, "program",
					   instance->flow->program, error,
					   error_size);
		if (!err && *instance->flow->peer)
			err = script_write(plan, dir, instance, "peer",
					   instance->flow->peer, error,
					   error_size);
	}
	if (err) {
		fclose(file);
		return err;
	}
	return lab_plan_close(file, "net/traffic", error, error_size);
}
