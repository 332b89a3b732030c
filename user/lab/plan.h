/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From one scenario, policy and seed to the files that a guest obeys: `plan`
 * (the script that boot.sh runs) and net/ (batches for ip, tc and bridge,
 * sysctls, captures, flows). The files depend on nothing else: no path, no
 * time, no name of the machine.
 *
 *	s1: nic1 --+                                       d: dn
 *	 (policy)  | veth                                     | veth
 *	sw: sp1 ---+--> wire1 (ifb: netem nic_rate) --> br0 --> pdn
 *	                                             (netem port_rate, limit)
 *
 * A frame enters sp1 when the policy's qdisc lets it go, is held on wire1 for
 * the time that a NIC of nic_rate would need, and joins the bridge when its
 * last bit has left. The whole RTT is delay on the way back, at dn. With a
 * VLAN, hosts have their addresses on nic1.ID and dn.ID; the tag travels
 * beside the frame, as it does to a NIC that inserts it.
 *
 * With guests, nic1 belongs to a host that forwards what its guest sends, and
 * that gives up the socket of each packet as it comes in:
 *
 *	s1: gst1 --- h1: tap1, nic1 (policy) --- sw: sp1 …
 */
#ifndef SLUICE_LAB_PLAN_H
#define SLUICE_LAB_PLAN_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "scenario.h"

#define LAB_PLAN_PORT_FIRST	5000	/* + flow number, at the receiver */
#define LAB_PLAN_SOURCE_FIRST	10000	/* + flow number, at the sender */
/* Room for the name of a device, or for an address, as text. */
#define LAB_DEVICE_BYTES	16
#define LAB_ADDRESS_BYTES	48
/* L1 of a frame without its payload: Ethernet 14; FCS 4, preamble 8, gap 12. */
#define LAB_L1_FRAME_BYTES	38
#define LAB_VLAN_TAG_BYTES	4

/* One flow of one sender. */
struct lab_flow_instance {
	const struct lab_flow *flow;
	unsigned int number;		/* from 1 */
	unsigned int sender;		/* from 1 */
	uint64_t start_ns;		/* after the start of the measured span */
};

struct lab_plan {
	const struct lab_scenario *scenario;
	const struct lab_policy *policy;
	uint64_t seed;
	struct lab_flow_instance flows[LAB_FLOWS_MAX];
	unsigned int flows_count;
};

/* Fill plan: which flows there are and when they start. */
void lab_plan_draw(struct lab_plan *plan, const struct lab_scenario *scenario,
		   const struct lab_policy *policy, uint64_t seed);
/* Write the files under dir, which exists. 0, or -EINVAL with a sentence. */
int lab_plan_write(const struct lab_plan *plan, const char *dir, char *error,
		   size_t error_size);
/* True if the policy needs the Sluice module and command in the guest. */
bool lab_policy_is_sluice(const struct lab_policy *policy);

/* Congestion control of a flow under a policy. */
const char *lab_flow_cc(const struct lab_plan *plan, const struct lab_flow *flow);
/* Address of a host: a sender, from 1, or the receiver, 0. */
void lab_host_address(const struct lab_settings *settings, unsigned int host,
		      char text[LAB_ADDRESS_BYTES]);

/* plan_text.c: replace {name} in template; names of the scenario and extra. */
struct lab_plan_name {
	const char *name;
	const char *value;
};
int lab_plan_expand(const struct lab_plan *plan, const char *template,
		    const struct lab_plan_name *extra, char *text,
		    size_t text_size, char *error, size_t error_size);

/* plan_flows.c: net/traffic and the programs' scripts. */
int lab_plan_write_flows(const struct lab_plan *plan, const char *dir,
			 char *error, size_t error_size);
/* Open dir/name for writing; NULL with a sentence. Close with _close. */
FILE *lab_plan_open(const char *dir, const char *name, char *error,
		    size_t error_size);
int lab_plan_close(FILE *file, const char *name, char *error,
		   size_t error_size);

#endif
