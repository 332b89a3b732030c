/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One experiment, as read from scenarios/NAME.scenario: a line per setting,
 * flow, policy and expected number; at most 40 lines. `--set KEY=VALUE`
 * goes through lab_scenario_set and takes every key that a file takes.
 *
 * Use: _load, then _set for each change, then _check; _free at the end.
 * Nothing here prints; every refusal is one sentence in error.
 */
#ifndef SLUICE_LAB_SCENARIO_H
#define SLUICE_LAB_SCENARIO_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fields.h"

#define LAB_LINES_MAX		40
#define LAB_LINE_BYTES		1024	/* of a line, its end included */
#define LAB_FLOW_LINES_MAX	16
#define LAB_POLICIES_MAX	16
#define LAB_EXPECTS_MAX		24
#define LAB_SENDERS_MAX		200
#define LAB_FLOWS_MAX		512
#define LAB_WARMUP_DEFAULT	UINT64_MAX

struct lab_settings {
	uint64_t senders;
	uint64_t nic_rate_bits_ps;	/* counts frame bytes without FCS (L2) */
	uint64_t port_rate_bits_ps;	/* the same */
	uint64_t port_buffer_pkts;
	uint64_t rtt_ns;
	uint64_t loss_ppm;		/* behind the port */
	uint64_t reorder_ppm;		/* behind the port */
	uint64_t duration_ns;		/* of each flow */
	uint64_t warmup_ns;		/* LAB_WARMUP_DEFAULT: a tenth of that */
	uint64_t device_rate_bits_ps;	/* L1; 0: none */
	uint64_t mtu_bytes;
	uint64_t ip_version;		/* 4 or 6 */
	uint64_t vlan_id;		/* of every frame; 0: no tag */
	uint64_t is_tso_on;		/* stack builds super-packets */
	uint64_t is_guests;		/* senders are guests of hosts that forward */
	char cc[LAB_NAME_BYTES];
};

enum lab_flow_kind {
	LAB_FLOW_TCP	 = 1 << 0,
	LAB_FLOW_UDP	 = 1 << 1,
	LAB_FLOW_FRAMES	 = 1 << 2,
	LAB_FLOW_TXTIME	 = 1 << 3,
	LAB_FLOW_GSO	 = 1 << 4,
	LAB_FLOW_PROGRAM = 1 << 5,
};

struct lab_flow {
	enum lab_flow_kind kind;
	uint64_t from[2];		/* senders, from 1; 0: all */
	uint64_t count;			/* per sender */
	uint64_t start_ns[2];		/* drawn from the seed in between */
	uint64_t bytes;			/* TCP: 0 = as long as the scenario */
	uint64_t every_ns;
	uint64_t rate_bits_ps;		/* of UDP payload */
	uint64_t size_bytes;		/* UDP payload of a datagram */
	uint64_t maxrate_bits_ps;	/* SO_MAX_PACING_RATE; 0: none */
	uint64_t segments;
	uint64_t lead_ns;		/* how far ahead txtime is queued */
	char cc[LAB_NAME_BYTES];	/* empty: the policy's, the scenario's */
	char clock[LAB_NAME_BYTES];
	char program[LAB_TEXT_BYTES];
	char peer[LAB_TEXT_BYTES];
	char first[LAB_NAME_BYTES];	/* peer (or empty), or run */
	char text[LAB_LINE_BYTES];	/* the line, for the results */
};

struct lab_policy {
	char name[LAB_NAME_BYTES];
	char qdisc[LAB_TEXT_BYTES];	/* behind `tc qdisc add dev DEV root` */
	char then[LAB_TEXT_BYTES];	/* a further tc command, {dev} = DEV */
	uint64_t gso_max_segs;		/* 0: as the device has it */
	char cc[LAB_NAME_BYTES];	/* empty: the scenario's */
	char clock[LAB_NAME_BYTES];	/* of SO_TXTIME; empty: the flow's */
	char sysctl[LAB_TEXT_BYTES];	/* KEY=VALUE[;KEY=VALUE] on senders */
	char text[LAB_LINE_BYTES];
};

struct lab_expect {
	char policy[LAB_NAME_BYTES];
	char key[LAB_TEXT_BYTES];	/* in the run, dots go deeper */
	char op[3];			/* >= <= == > < */
	double value;
	char when[LAB_TEXT_BYTES];	/* KEY=VALUE[,KEY=VALUE] or empty */
	char reason[LAB_LINE_BYTES];
	bool is_set;			/* by --set: for what is run, whatever that is */
	struct lab_settings settings;	/* for which it holds; by _check */
};

struct lab_scenario {
	char name[LAB_NAME_BYTES];
	char title[LAB_TEXT_BYTES];
	struct lab_settings settings;
	unsigned int settings_seen;	/* bit per row of the table, this origin */
	struct lab_settings file_settings;
	struct lab_flow flows[LAB_FLOW_LINES_MAX];
	unsigned int flows_count;
	struct lab_policy policies[LAB_POLICIES_MAX];
	unsigned int policies_count;
	struct lab_expect expects[LAB_EXPECTS_MAX];
	unsigned int expects_count;
	bool has_title;
	bool has_set_flow;		/* --set flow=… replaced the file's */
};

/*
 * Read path; the name is its last part without ".scenario". Returns 0, -EINVAL if what it
 * says is refused, or another -errno if it cannot be read.
 */
int lab_scenario_load(const char *path, struct lab_scenario **ret, char *error,
		      size_t error_size);
/* Take "KEY=VALUE" as a line "KEY VALUE" that replaces the file's. */
int lab_scenario_set(struct lab_scenario *scenario, const char *assignment,
		     char *error, size_t error_size);
/* After the last _set: everything that needs more than one line to judge. */
int lab_scenario_check(struct lab_scenario *scenario, char *error,
		       size_t error_size);
void lab_scenario_free(struct lab_scenario *scenario);

/* The policy of that name, NULL if there is none. */
const struct lab_policy *lab_policy_find(const struct lab_scenario *scenario,
					 const char *name);
/* How much of the start is left out of the metrics. */
uint64_t lab_warmup_ns(const struct lab_settings *settings);
/* Bytes of the IP and UDP headers before a datagram's payload. */
uint64_t lab_udp_headers_bytes(const struct lab_settings *settings);
/* How many flows a line makes: of all its senders. */
unsigned int lab_flow_instances(const struct lab_scenario *scenario,
				const struct lab_flow *flow);
/* True if the expectation was written for the settings in force. */
bool lab_expect_applies(const struct lab_scenario *scenario,
			const struct lab_expect *expect);
/* {name, title, settings, flows, policies} for the results. */
json_t *lab_scenario_json(const struct lab_scenario *scenario);

#endif
