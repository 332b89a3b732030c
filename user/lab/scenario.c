// SPDX-License-Identifier: GPL-2.0
/* Reading a scenario; see scenario.h. Judging it whole: scenario_check.c. */
#include "scenario.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/line.h"
#include "../lib/udp_stamp.h"
#include "../lib/units.h"
#include "scenario_tables.h"

#define WORDS_MAX	32

static const struct lab_settings settings_default = {
	.senders = 1,
	.nic_rate_bits_ps = 10000000000ull,
	.port_rate_bits_ps = 1000000000ull,
	.port_buffer_pkts = 64,
	.rtt_ns = 10000000ull,
	.duration_ns = 10 * SLUICE_NSEC_PER_SEC,
	.warmup_ns = LAB_WARMUP_DEFAULT,
	.mtu_bytes = 1500,
	.ip_version = 4,
	.is_tso_on = 1,
	.cc = "cubic",
};

/* "NAME VALUE NAME VALUE …" into object; every name at most once. */
static int pairs_parse(const struct lab_field *table, unsigned int kind,
		       const char *what, void *object, char **words,
		       unsigned int words_count, char *error, size_t error_size)
{
	unsigned int seen = 0, i;
	int err;

	for (i = 0; i < words_count; i += 2) {
		const struct lab_field *field = lab_field_find(table, words[i]);
		unsigned int bit;

		if (!field)
			return lab_refuse(error, error_size,
					  "unknown option '%s' of %s", words[i],
					  what);
		if (field->kinds && !(field->kinds & kind))
			return lab_refuse(error, error_size,
					  "%s does not take the option '%s'",
					  what, words[i]);
		bit = 1u << (field - table);
		if (seen & bit)
			return lab_refuse(error, error_size,
					  "option '%s' of %s is given twice",
					  words[i], what);
		seen |= bit;
		if (i + 1 == words_count)
			return lab_refuse(error, error_size,
					  "option '%s' of %s has no value; it must be %s",
					  words[i], what, field->range);
		err = lab_field_parse(field, object, words[i + 1], error,
				      error_size);
		if (err)
			return err;
	}
	return 0;
}

static int flow_take(struct lab_scenario *scenario, const char *line,
		     char **words, unsigned int words_count, char *error,
		     size_t error_size)
{
	const struct lab_kind_name *kind = lab_flow_kinds;
	struct lab_flow flow = { .count = 1, .size_bytes = 1200,
				 .lead_ns = 5000000, .clock = "monotonic" };
	char what[64];
	int err;

	while (words_count && kind->name && strcmp(kind->name, words[0]))
		kind++;
	if (!words_count || !kind->name)
		return lab_refuse(error, error_size,
				  "flow '%s' must be tcp, udp, frames, txtime, gso or program",
				  words_count ? words[0] : "");
	if (scenario->flows_count == LAB_FLOW_LINES_MAX)
		return lab_refuse(error, error_size,
				  "there may be at most %u flow lines",
				  LAB_FLOW_LINES_MAX);
	flow.kind = kind->kind;
	snprintf(what, sizeof(what), "flow %s", kind->name);
	err = pairs_parse(lab_flow_table, kind->kind, what, &flow, words + 1,
			  words_count - 1, error, error_size);
	if (err)
		return err;
	if (flow.segments * flow.size_bytes > SLUICE_UDP_BUNDLE_MAX_BYTES)
		return lab_refuse(error, error_size,
				  "%s: %" PRIu64 " segments of %" PRIu64 " bytes are more than the %u bytes that a bundle may have",
				  what, flow.segments, flow.size_bytes,
				  SLUICE_UDP_BUNDLE_MAX_BYTES);
	snprintf(flow.text, sizeof(flow.text), "%s", line);
	scenario->flows[scenario->flows_count++] = flow;
	return 0;
}

static struct lab_policy *policy_slot(struct lab_scenario *scenario,
				      const char *name)
{
	const struct lab_policy *found = lab_policy_find(scenario, name);

	return found ? &scenario->policies[found - scenario->policies] : NULL;
}

/* What was expected of a policy does not hold for another of its name. */
static void expects_forget(struct lab_scenario *scenario, const char *policy)
{
	unsigned int from, to = 0;

	for (from = 0; from < scenario->expects_count; from++)
		if (strcmp(scenario->expects[from].policy, policy))
			scenario->expects[to++] = scenario->expects[from];
	scenario->expects_count = to;
}

static int policy_take(struct lab_scenario *scenario, bool may_replace,
		       const char *line, char **words, unsigned int words_count,
		       char *error, size_t error_size)
{
	static const struct lab_field name_field = {
		.name = "policy", .value = LAB_VALUE_NAME,
		.offset = offsetof(struct lab_policy, name),
		.range = "a name of up to 31 letters, digits and _ - . +",
	};
	struct lab_policy policy = { .qdisc = "pfifo_fast" };
	struct lab_policy *slot;
	char what[64];
	int err;

	err = lab_field_parse(&name_field, &policy, words_count ? words[0] : "",
			      error, error_size);
	if (err)
		return err;
	slot = policy_slot(scenario, policy.name);
	if (slot && !may_replace)
		return lab_refuse(error, error_size, "policy %s is given twice",
				  policy.name);
	if (!slot && scenario->policies_count == LAB_POLICIES_MAX)
		return lab_refuse(error, error_size,
				  "there may be at most %u policies",
				  LAB_POLICIES_MAX);
	snprintf(what, sizeof(what), "policy %s", policy.name);
	err = pairs_parse(lab_policy_table, 0, what, &policy, words + 1,
			  words_count - 1, error, error_size);
	if (err)
		return err;
	snprintf(policy.text, sizeof(policy.text), "%s", line);
	if (slot)
		expects_forget(scenario, policy.name);
	else
		slot = &scenario->policies[scenario->policies_count++];
	*slot = policy;
	return 0;
}

/* POLICY KEY OP VALUE [when KEY=VALUE[,KEY=VALUE]] because "REASON" */
static int expect_take(struct lab_scenario *scenario, bool is_set, char **words,
		       unsigned int words_count, char *error, size_t error_size)
{
	static const char *const ops[] = { ">=", "<=", "==", ">", "<" };
	struct lab_expect expect = { .is_set = is_set };
	unsigned int i, at = 4;
	char *end;

	if (scenario->expects_count == LAB_EXPECTS_MAX)
		return lab_refuse(error, error_size,
				  "there may be at most %u expected numbers",
				  LAB_EXPECTS_MAX);
	if (words_count == 8 && !strcmp(words[4], "when"))
		at = 6;
	if (words_count != at + 2 || strcmp(words[at], "because"))
		return lab_refuse(error, error_size,
				  "expect must read POLICY KEY >=|<=|==|>|< NUMBER [when KEY=VALUE] because \"REASON\"");
	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (!strcmp(ops[i], words[2]))
			strcpy(expect.op, ops[i]);
	expect.value = strtod(words[3], &end);
	if (!expect.op[0])
		return lab_refuse(error, error_size,
				  "expect: '%s' must be one of >= <= == > <",
				  words[2]);
	/* nothing is more than "inf", and JSON has no word for it */
	if (*end || end == words[3] || !isfinite(expect.value))
		return lab_refuse(error, error_size,
				  "expect: '%s' is not a number", words[3]);
	if (strlen(words[0]) >= sizeof(expect.policy) ||
	    strlen(words[1]) >= sizeof(expect.key) ||
	    (at == 6 && strlen(words[5]) >= sizeof(expect.when)))
		return lab_refuse(error, error_size,
				  "expect: its policy, key or 'when' is too long");
	snprintf(expect.policy, sizeof(expect.policy), "%s", words[0]);
	snprintf(expect.key, sizeof(expect.key), "%s", words[1]);
	snprintf(expect.when, sizeof(expect.when), "%s", at == 6 ? words[5] : "");
	snprintf(expect.reason, sizeof(expect.reason), "%s", words[at + 1]);
	scenario->expects[scenario->expects_count++] = expect;
	return 0;
}

static int title_take(struct lab_scenario *scenario, bool may_replace,
		      const char *line, char *error, size_t error_size)
{
	const char *value = line + strspn(line, " \t");

	value += strcspn(value, " \t");
	value += strspn(value, " \t");
	if (scenario->has_title && !may_replace)
		return lab_refuse(error, error_size, "title is given twice");
	if (!*value || strlen(value) > 100)
		return lab_refuse(error, error_size,
				  "title must have 1 to 100 characters");
	scenario->has_title = true;
	snprintf(scenario->title, sizeof(scenario->title), "%s", value);
	return 0;
}

static int setting_take(struct lab_scenario *scenario, char **words,
			unsigned int words_count, char *error, size_t error_size)
{
	const struct lab_field *field;
	unsigned int bit;

	field = lab_field_find(lab_settings_table, words[0]);
	if (!field)
		return lab_refuse(error, error_size,
				  "unknown key '%s'; the keys are title, flow, policy, expect, senders, nic_rate, port_rate, port_buffer_pkts, rtt, loss, reorder, seconds, warmup, device_rate, mtu, ip_version, vlan, tso, guests and cc",
				  words[0]);
	bit = 1u << (field - lab_settings_table);
	if (scenario->settings_seen & bit)
		return lab_refuse(error, error_size, "key '%s' is given twice",
				  words[0]);
	if (words_count != 2)
		return lab_refuse(error, error_size,
				  "%s takes exactly one value; it must be %s",
				  words[0], field->range);
	scenario->settings_seen |= bit;
	return lab_field_parse(field, &scenario->settings, words[1], error,
			       error_size);
}

/* What goes into the results must be what JSON takes. */
static bool is_utf8(const char *text)
{
	json_t *string = json_string(text);

	json_decref(string);
	return string;
}

static int line_take(struct lab_scenario *scenario, bool may_replace,
		     const char *text, char *error, size_t error_size)
{
	char line[LAB_LINE_BYTES], *words[WORDS_MAX];
	unsigned int words_count;
	int count;

	if (strlen(text) >= sizeof(line))
		return lab_refuse(error, error_size,
				  "the line has more than %d characters",
				  LAB_LINE_BYTES - 1);
	if (!is_utf8(text))
		return lab_refuse(error, error_size, "is not UTF-8");
	strcpy(line, text);
	count = lab_words_split(line, words, WORDS_MAX, error, error_size);
	if (count <= 0)
		return count;
	words_count = (unsigned int)count;
	text += strspn(text, " \t");
	if (!strcmp(words[0], "title"))
		return title_take(scenario, may_replace, text, error, error_size);
	if (!strcmp(words[0], "flow"))
		return flow_take(scenario, text, words + 1, words_count - 1,
				 error, error_size);
	if (!strcmp(words[0], "policy"))
		return policy_take(scenario, may_replace, text, words + 1,
				   words_count - 1, error, error_size);
	if (!strcmp(words[0], "expect"))
		return expect_take(scenario, may_replace, words + 1,
				   words_count - 1, error, error_size);
	return setting_take(scenario, words, words_count, error, error_size);
}

/* Without its end, be that of DOS or not. */
static char *line_end(char *line)
{
	size_t length = strcspn(line, "\n");

	if (length && line[length - 1] == '\r')
		length--;
	line[length] = '\0';
	return line;
}

/* errno says why. */
static int unread_refuse(const char *path, char *error, size_t error_size)
{
	int err = -errno;

	lab_refuse(error, error_size, "%s: cannot be read: %s", path,
		   strerror(-err));
	return err;
}

static int lines_take(struct lab_scenario *scenario, const char *path,
		      FILE *file, char *error, size_t error_size)
{
	char phrase[LAB_ERROR_BYTES - 128], *line = NULL;
	unsigned int number = 0;
	size_t room = 0;
	ssize_t length;
	int err = 0;

	while (!err && (length = getline(&line, &room, file)) >= 0) {
		if (!sluice_line_open(line, (size_t)length, ++number))
			err = lab_refuse(phrase, sizeof(phrase),
					 "it holds a NUL byte: this is no text file");
		else if (number > LAB_LINES_MAX)
			err = lab_refuse(phrase, sizeof(phrase),
					 "a scenario has at most %d lines",
					 LAB_LINES_MAX);
		if (!err)
			err = line_take(scenario, false, line_end(line),
					phrase, sizeof(phrase));
		if (err)
			lab_refuse(error, error_size, "%s:%u: %s", path, number,
				   phrase);
	}
	if (!err && ferror(file))
		err = unread_refuse(path, error, error_size);
	free(line);
	return err;
}

int lab_scenario_load(const char *path, struct lab_scenario **ret, char *error,
		      size_t error_size)
{
	const char *name = strrchr(path, '/');
	struct lab_scenario *scenario;
	FILE *file = fopen(path, "re");
	int err;

	if (!file)
		return unread_refuse(path, error, error_size);
	scenario = calloc(1, sizeof(*scenario));
	if (!scenario) {
		fclose(file);
		lab_refuse(error, error_size, "out of memory");
		return -ENOMEM;
	}
	name = name ? name + 1 : path;
	snprintf(scenario->name, sizeof(scenario->name), "%.*s",
		 (int)strcspn(name, "."), name);
	scenario->settings = settings_default;
	err = lines_take(scenario, path, file, error, error_size);
	fclose(file);
	if (err) {
		lab_scenario_free(scenario);
		return err;
	}
	scenario->file_settings = scenario->settings;
	scenario->settings_seen = 0;
	*ret = scenario;
	return 0;
}

int lab_scenario_set(struct lab_scenario *scenario, const char *assignment,
		     char *error, size_t error_size)
{
	char phrase[LAB_ERROR_BYTES - 128], line[LAB_LINE_BYTES];
	const char *equals = strchr(assignment, '=');
	int err;

	if (!equals || equals == assignment)
		return lab_refuse(error, error_size,
				  "--set %s: must read KEY=VALUE, for example port_buffer_pkts=64",
				  assignment);
	if ((size_t)snprintf(line, sizeof(line), "%.*s %s",
			     (int)(equals - assignment), assignment,
			     equals + 1) >= sizeof(line))
		return lab_refuse(error, error_size, "--set: the value is too long");
	if (!strncmp(line, "flow ", 5) && !scenario->has_set_flow) {
		scenario->has_set_flow = true;
		scenario->flows_count = 0;
	}
	err = line_take(scenario, true, line, phrase, sizeof(phrase));
	if (err)
		return lab_refuse(error, error_size, "--set %s: %s", assignment,
				  phrase);
	return 0;
}

void lab_scenario_free(struct lab_scenario *scenario)
{
	free(scenario);
}
