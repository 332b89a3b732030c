// SPDX-License-Identifier: GPL-2.0
/*
 * Scenario lines that nobody expected, the same ones in every run: a line is
 * taken or refused with a reason, a refused one leaves the scenario usable,
 * and what the check accepts becomes results and plans without a fault.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../user/lab/plan.h"
#include "../../user/lab/scenario.h"
#include "../unit/core_random.h"
#include "../unit/user_tap.h"

#define SEED		0x6b
#define SCENARIOS	20000
#define LINES		12

static const char *const pieces[] = {
	"ip_version", "vlan", "senders", "nic_rate", "port_rate", "port_buffer_pkts", "rtt", "loss",
	"reorder", "seconds", "cc", "tso", "mtu", "device_rate", "title",
	"flow", "policy", "expect", "tcp", "udp", "frames", "txtime", "gso",
	"program", "from", "count", "start", "bytes", "every", "rate", "size",
	"maxrate", "segments", "interval", "lead", "clock", "run", "peer", "first",
	"qdisc", "then", "gso_max_segs", "sysctl", "when", "because", ">=",
	"fq", "sluice", "1", "0", "6", "200", "201", "1-4", "4-1", "1-", "10ms",
	"0..78ms", "..", "1gbit", "10gbps", "100kB", "0.1%", "on", "off",
	"tai", "monotonic", "\"a b\"", "\"", "#", "{device_rate}", "{", "}",
	"{nosuch}", "senders=6", "senders=0,", ",", "=", "1e9", "nan", "\xff",
	"\"{dev} {mtu}\"", "a=b;c", "18446744073709551616",
};

#define N_PIECES (sizeof(pieces) / sizeof(pieces[0]))

/* On the heap, exactly as long as it is, so that ASan sees its end. */
static char *random_assignment(u64 *state)
{
	char line[2000];
	size_t length = 0;
	u64 i, n = 1 + random_below(state, 12);

	length += (size_t)snprintf(line, sizeof(line), "%s=",
				   pieces[random_below(state, 22)]);
	for (i = 0; i < n; i++)
		length += (size_t)snprintf(line + length, sizeof(line) - length,
				"%s%s", pieces[random_below(state, N_PIECES)],
				random_below(state, 8) ? " " : "");
	if (!random_below(state, 200)) {
		memset(line + length, 'x', sizeof(line) - length - 1);
		line[sizeof(line) - 1] = '\0';
	}
	return strdup(line);
}

static bool is_sentence(const char *error)
{
	return *error && !strchr(error, '\n');
}

/* Drawing and expanding must hold for every scenario that was accepted. */
static bool plans_hold(const struct lab_scenario *scenario)
{
	static struct lab_plan plan;
	char text[2048], error[LAB_ERROR_BYTES];
	unsigned int i;

	for (i = 0; i < scenario->policies_count; i++) {
		lab_plan_draw(&plan, scenario, &scenario->policies[i], i);
		if (plan.flows_count > LAB_FLOWS_MAX)
			return false;
		error[0] = '\0';
		if (lab_plan_expand(&plan, scenario->policies[i].qdisc, NULL,
				    text, sizeof(text), error, sizeof(error)) &&
		    !is_sentence(error))
			return false;
	}
	return true;
}

/* Returns 1 if the scenario was accepted, 0 if refused, -1 on a broken promise. */
static int fuzz_one(const char *path, u64 *state)
{
	char error[LAB_ERROR_BYTES];
	struct lab_scenario *scenario;
	json_t *json;
	u64 i, n = random_below(state, LINES);
	int accepted = 0;

	if (lab_scenario_load(path, &scenario, error, sizeof(error)))
		return -1;
	for (i = 0; i < n; i++) {
		char *assignment = random_assignment(state);

		error[0] = '\0';
		if (lab_scenario_set(scenario, assignment, error,
				     sizeof(error)) && !is_sentence(error))
			accepted = -1;
		free(assignment);
	}
	error[0] = '\0';
	if (lab_scenario_check(scenario, error, sizeof(error))) {
		if (!is_sentence(error))
			accepted = -1;
	} else if (accepted != -1) {
		accepted = plans_hold(scenario) ? 1 : -1;
	}
	json = lab_scenario_json(scenario);
	if (!json)
		accepted = -1;
	json_decref(json);
	lab_scenario_free(scenario);
	return accepted;
}

int main(void)
{
	static const char base[] = "flow tcp start 0..9ms\npolicy fq qdisc fq\n"
				   "expect fq goodput_bits_ps >= 1 because \"x\"\n";
	char path[] = "/tmp/scenario-fuzz-XXXXXX", claim[96];
	int file = mkstemp(path), result;
	u64 state = SEED, i, accepted = 0;
	bool is_met = file >= 0 &&
		      write(file, base, sizeof(base) - 1) == sizeof(base) - 1;

	for (i = 0; i < SCENARIOS && is_met; i++) {
		result = fuzz_one(path, &state);
		is_met = result >= 0;
		accepted += result > 0;
	}
	if (file >= 0) {
		close(file);
		unlink(path);
	}
	snprintf(claim, sizeof(claim),
		 "scenario: %d of lines nobody expected, %llu accepted",
		 SCENARIOS, (unsigned long long)accepted);
	tap_ok(is_met, claim);
	tap_ok(accepted > SCENARIOS / 100, "scenario: some are good");
	return tap_done();
}
