// SPDX-License-Identifier: GPL-2.0
/* What only the whole scenario can tell, and the scenario as JSON. */
#include "scenario.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scenario_tables.h"

#define IPV4_BYTES 20
#define IPV6_BYTES 40
#define UDP_BYTES 8
/* RFC 8200: the smallest that a link may have. */
#define IPV6_MTU_MIN_BYTES 1280
/* veth_get_link_ksettings() of the kernel. */
#define VETH_BITS_PS UINT64_C(10000000000)

const struct lab_policy *lab_policy_find(const struct lab_scenario *scenario,
					 const char *name)
{
	unsigned int i;

	for (i = 0; i < scenario->policies_count; i++)
		if (!strcmp(scenario->policies[i].name, name))
			return &scenario->policies[i];
	return NULL;
}

uint64_t lab_udp_headers_bytes(const struct lab_settings *settings)
{
	return (settings->ip_version == 6 ? IPV6_BYTES : IPV4_BYTES) + UDP_BYTES;
}

static int clock_check(const char *where, const char *clock, char *error,
		       size_t error_size)
{
	if (!*clock || !strcmp(clock, "tai") || !strcmp(clock, "monotonic"))
		return 0;
	return lab_refuse(error, error_size,
			  "%s: clock '%s' must be tai or monotonic", where,
			  clock);
}

/* The options without which a kind of flow means nothing. */
static const char *flow_missing(const struct lab_flow *flow)
{
	switch (flow->kind) {
	case LAB_FLOW_TCP:
		return NULL;
	case LAB_FLOW_UDP:
		return flow->rate_bits_ps ? NULL : "rate";
	case LAB_FLOW_FRAMES:
		return !flow->bytes ? "bytes" : flow->every_ns ? NULL : "every";
	case LAB_FLOW_TXTIME:
		return flow->every_ns ? NULL : "interval";
	case LAB_FLOW_GSO:
		return !flow->segments ? "segments" :
		       flow->every_ns ? NULL : "interval";
	case LAB_FLOW_PROGRAM:
		return !*flow->program ? "run" :
		       *flow->first && !*flow->peer ? "peer" : NULL;
	}
	return NULL;
}

unsigned int lab_flow_instances(const struct lab_scenario *scenario,
				const struct lab_flow *flow)
{
	uint64_t senders = flow->from[0] ? flow->from[1] - flow->from[0] + 1 :
					   scenario->settings.senders;

	return (unsigned int)(senders * flow->count);
}

static int flow_check(const struct lab_scenario *scenario,
		      const struct lab_flow *flow, char *error,
		      size_t error_size)
{
	const struct lab_settings *settings = &scenario->settings;
	const char *missing = flow_missing(flow);

	if (missing)
		return lab_refuse(error, error_size,
				  "'%s' needs the option '%s'", flow->text,
				  missing);
	if (flow->from[1] > settings->senders)
		return lab_refuse(error, error_size,
				  "'%s' is from sender %" PRIu64 ", but senders is %" PRIu64,
				  flow->text, flow->from[1], settings->senders);
	if (flow->start_ns[1] >= settings->duration_ns)
		return lab_refuse(error, error_size,
				  "'%s' may start at %" PRIu64 " ms or later, which is not before the end (seconds)",
				  flow->text, flow->start_ns[1] / 1000000);
	if (flow->kind != LAB_FLOW_TCP && flow->kind != LAB_FLOW_PROGRAM &&
	    flow->size_bytes + lab_udp_headers_bytes(settings) > settings->mtu_bytes)
		return lab_refuse(error, error_size,
				  "'%s': size must be at most %" PRIu64 " bytes with this mtu",
				  flow->text,
				  settings->mtu_bytes - lab_udp_headers_bytes(settings));
	if (*flow->first && strcmp(flow->first, "peer") &&
	    strcmp(flow->first, "run"))
		return lab_refuse(error, error_size,
				  "'%s': first '%s' must be peer or run",
				  flow->text, flow->first);
	return clock_check(flow->text, flow->clock, error, error_size);
}

/* settings := the file's, or those in force, with the changes that "when" lists. */
static int expect_resolve(const struct lab_scenario *scenario,
			  struct lab_expect *expect, char *error,
			  size_t error_size)
{
	char phrase[LAB_ERROR_BYTES / 2], when[LAB_TEXT_BYTES];
	char *rest = when, *item;

	expect->settings = expect->is_set ? scenario->settings :
					    scenario->file_settings;
	strcpy(when, expect->when);
	while ((item = strsep(&rest, ",")) && *expect->when) {
		char *equals = strchr(item, '=');
		const struct lab_field *field;

		if (equals)
			*equals = '\0';
		field = lab_field_find(lab_settings_table, item);
		if (!equals || !field)
			return lab_refuse(error, error_size,
					  "expect %s %s: 'when %s' must list settings as KEY=VALUE",
					  expect->policy, expect->key,
					  expect->when);
		if (lab_field_parse(field, &expect->settings, equals + 1,
				    phrase, sizeof(phrase)))
			return lab_refuse(error, error_size,
					  "expect %s %s: when %s",
					  expect->policy, expect->key, phrase);
	}
	return 0;
}

static int expects_check(struct lab_scenario *scenario, char *error,
			 size_t error_size)
{
	unsigned int i;
	int err;

	for (i = 0; i < scenario->expects_count; i++) {
		struct lab_expect *expect = &scenario->expects[i];

		if (!lab_policy_find(scenario, expect->policy))
			return lab_refuse(error, error_size,
					  "expect names the policy '%s', which the scenario does not have",
					  expect->policy);
		err = expect_resolve(scenario, expect, error, error_size);
		if (err)
			return err;
	}
	return 0;
}

/*
 * Gap frames are counted by the speed that a veth tells, and by frames that are as long
 * on the wire as the wire takes them for.
 */
static int gap_frames_check(const struct lab_settings *settings,
			    const struct lab_policy *policy, char *error,
			    size_t error_size)
{
	if (!strstr(policy->qdisc, " gap_frames ") &&
	    !strstr(policy->then, " gap_frames "))
		return 0;
	if (settings->nic_rate_bits_ps != VETH_BITS_PS)
		return lab_refuse(error, error_size,
				  "policy %s: gap_frames fills a line of 10gbit, as a veth says that it is; set nic_rate 10gbit",
				  policy->name);
	if (settings->vlan_id)
		return lab_refuse(error, error_size,
				  "policy %s: gap_frames have no tag; leave out vlan",
				  policy->name);
	if (!strstr(policy->qdisc, " overhead 0") &&
	    !strstr(policy->then, " overhead 0"))
		return lab_refuse(error, error_size,
				  "policy %s: gap_frames needs 'overhead 0' here, because the links count no preamble, FCS and gap",
				  policy->name);
	return 0;
}

static int policies_check(const struct lab_scenario *scenario, char *error,
			  size_t error_size)
{
	unsigned int i;
	int err;

	if (!scenario->policies_count)
		return lab_refuse(error, error_size,
				  "there is no policy; add a line such as: policy fq qdisc fq");
	for (i = 0; i < scenario->policies_count; i++) {
		const struct lab_policy *policy = &scenario->policies[i];

		if ((strstr(policy->qdisc, "{device_rate}") ||
		     strstr(policy->then, "{device_rate}")) &&
		    !scenario->settings.device_rate_bits_ps)
			return lab_refuse(error, error_size,
					  "policy %s uses {device_rate}; add a line such as: device_rate 926mbit",
					  policy->name);
		err = clock_check(policy->text, policy->clock, error,
				  error_size);
		if (!err)
			err = gap_frames_check(&scenario->settings, policy,
					       error, error_size);
		if (err)
			return err;
	}
	return 0;
}

uint64_t lab_warmup_ns(const struct lab_settings *settings)
{
	return settings->warmup_ns == LAB_WARMUP_DEFAULT ?
		settings->duration_ns / 10 : settings->warmup_ns;
}

static int network_check(const struct lab_settings *settings, char *error,
		    size_t error_size)
{
	if (settings->ip_version == 5)
		return lab_refuse(error, error_size,
				  "ip_version: '5' is out of range; it must be 4 or 6");
	if (settings->ip_version == 6 && settings->mtu_bytes < IPV6_MTU_MIN_BYTES)
		return lab_refuse(error, error_size,
				  "ip_version 6 needs an mtu of at least %d bytes, this is %" PRIu64,
				  IPV6_MTU_MIN_BYTES, settings->mtu_bytes);
	if (settings->is_guests && settings->vlan_id)
		return lab_refuse(error, error_size,
				  "guests: their hosts forward no vlan; leave out one of the two");
	return 0;
}

static int scenario_judge(struct lab_scenario *scenario, char *error,
			  size_t error_size)
{
	unsigned int i, flows = 0;
	int err;

	err = network_check(&scenario->settings, error, error_size);
	if (err)
		return err;
	if (lab_warmup_ns(&scenario->settings) >= scenario->settings.duration_ns)
		return lab_refuse(error, error_size,
				  "warmup must end before the flows do (seconds)");
	if (!scenario->flows_count)
		return lab_refuse(error, error_size,
				  "there is no flow; add a line such as: flow tcp start 0..78ms");
	for (i = 0; i < scenario->flows_count; i++) {
		err = flow_check(scenario, &scenario->flows[i], error,
				 error_size);
		if (err)
			return err;
		flows += lab_flow_instances(scenario, &scenario->flows[i]);
	}
	if (flows > LAB_FLOWS_MAX)
		return lab_refuse(error, error_size,
				  "there are %u flows; at most %d are possible",
				  flows, LAB_FLOWS_MAX);
	err = policies_check(scenario, error, error_size);
	return err ? err : expects_check(scenario, error, error_size);
}

int lab_scenario_check(struct lab_scenario *scenario, char *error,
		       size_t error_size)
{
	char phrase[LAB_ERROR_BYTES - 64];

	if (!scenario_judge(scenario, phrase, sizeof(phrase)))
		return 0;
	return lab_refuse(error, error_size, "scenario %s: %s", scenario->name,
			  phrase);
}

bool lab_expect_applies(const struct lab_scenario *scenario,
			const struct lab_expect *expect)
{
	return (expect->is_set || !scenario->has_set_flow) &&
	       !memcmp(&expect->settings, &scenario->settings,
		       sizeof(expect->settings));
}

json_t *lab_scenario_json(const struct lab_scenario *scenario)
{
	json_t *flows = json_array(), *policies = json_array();
	json_t *settings = lab_fields_json(lab_settings_table,
					   &scenario->settings);
	unsigned int i;

	for (i = 0; i < scenario->flows_count; i++)
		json_array_append_new(flows,
				      json_string(scenario->flows[i].text));
	for (i = 0; i < scenario->policies_count; i++)
		json_array_append_new(policies,
				      json_string(scenario->policies[i].text));
	json_object_set_new(settings, "warmup_ns", json_integer(
		(json_int_t)lab_warmup_ns(&scenario->settings)));
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:s}",
			 "name", scenario->name, "title", scenario->title,
			 "settings", settings,
			 "flows", flows, "policies", policies,
			 "link_accounting", "frame bytes without FCS, preamble and gap (L2)");
}
