// SPDX-License-Identifier: GPL-2.0
/* What a scenario file may say; see scenario_tables.h. */
#include "scenario_tables.h"

#include "../lib/units.h"
#include "scenario.h"

#define MS 1000000ull
#define S SLUICE_NSEC_PER_SEC
#define KBIT 1000ull
#define TBIT 1000000000000ull

#define SETTING(member) .offset = offsetof(struct lab_settings, member)
#define FLOW(member) .offset = offsetof(struct lab_flow, member)
#define POLICY(member) .offset = offsetof(struct lab_policy, member)

#define NAME_RANGE "a name of up to 31 letters, digits and _ - . +"
#define TEXT_RANGE "text of up to 383 characters"

const struct lab_field lab_settings_table[] = {
	{ .name = "senders", .value = LAB_VALUE_COUNT, SETTING(senders),
	  .min = 1, .max = LAB_SENDERS_MAX, .range = "a whole number from 1 to 200",
	  .json_key = "senders" },
	{ .name = "nic_rate", .value = LAB_VALUE_RATE, SETTING(nic_rate_bits_ps),
	  .min = 1000 * KBIT, .max = TBIT, .range = "from 1mbit to 1tbit",
	  .json_key = "nic_rate_bits_ps" },
	{ .name = "port_rate", .value = LAB_VALUE_RATE, SETTING(port_rate_bits_ps),
	  .min = 1000 * KBIT, .max = TBIT, .range = "from 1mbit to 1tbit",
	  .json_key = "port_rate_bits_ps" },
	{ .name = "port_buffer_pkts", .value = LAB_VALUE_COUNT,
	  SETTING(port_buffer_pkts), .min = 1, .max = 1000000,
	  .range = "a whole number from 1 to 1000000 packets",
	  .json_key = "port_buffer_pkts" },
	{ .name = "rtt", .value = LAB_VALUE_TIME, SETTING(rtt_ns),
	  .min = 0, .max = 10 * S, .range = "from 0 to 10s", .json_key = "rtt_ns" },
	{ .name = "loss", .value = LAB_VALUE_SHARE, SETTING(loss_ppm),
	  .min = 0, .max = 500000, .range = "from 0 to 50%", .json_key = "loss_ppm" },
	{ .name = "reorder", .value = LAB_VALUE_SHARE, SETTING(reorder_ppm),
	  .min = 0, .max = 500000, .range = "from 0 to 50%",
	  .json_key = "reorder_ppm" },
	{ .name = "seconds", .value = LAB_VALUE_SECONDS, SETTING(duration_ns),
	  .min = 50 * MS, .max = 3600 * S, .range = "from 0.05 to 3600 (seconds)",
	  .json_key = "duration_ns" },
	{ .name = "warmup", .value = LAB_VALUE_TIME, SETTING(warmup_ns),
	  .min = 0, .max = 3600 * S, .range = "a time such as 500ms, up to 3600s" },
	{ .name = "device_rate", .value = LAB_VALUE_RATE,
	  SETTING(device_rate_bits_ps), .min = 1000 * KBIT, .max = TBIT,
	  .range = "from 1mbit to 1tbit", .json_key = "device_rate_bits_ps" },
	{ .name = "mtu", .value = LAB_VALUE_COUNT, SETTING(mtu_bytes),
	  .min = 576, .max = 9216, .range = "a whole number from 576 to 9216 bytes",
	  .json_key = "mtu_bytes" },
	{ .name = "ip_version", .value = LAB_VALUE_COUNT, SETTING(ip_version),
	  .min = 4, .max = 6, .range = "4 or 6", .json_key = "ip_version" },
	{ .name = "vlan", .value = LAB_VALUE_COUNT, SETTING(vlan_id),
	  .min = 0, .max = 4094, .range = "a whole number from 1 to 4094, or 0 for no tag",
	  .json_key = "vlan_id" },
	{ .name = "tso", .value = LAB_VALUE_SWITCH, SETTING(is_tso_on),
	  .max = 1, .range = "on or off", .json_key = "tso" },
	{ .name = "guests", .value = LAB_VALUE_SWITCH, SETTING(is_guests),
	  .max = 1, .range = "on or off", .json_key = "guests" },
	{ .name = "cc", .value = LAB_VALUE_NAME, SETTING(cc),
	  .range = NAME_RANGE, .json_key = "cc" },
	{ .name = NULL },
};

#define UDP_KINDS (LAB_FLOW_UDP | LAB_FLOW_FRAMES | LAB_FLOW_TXTIME | LAB_FLOW_GSO)

const struct lab_field lab_flow_table[] = {
	{ .name = "from", .value = LAB_VALUE_COUNT_RANGE, FLOW(from),
	  .min = 1, .max = LAB_SENDERS_MAX,
	  .range = "a sender or a range of senders such as 1-4" },
	{ .name = "count", .value = LAB_VALUE_COUNT, FLOW(count),
	  .min = 1, .max = 100, .range = "a whole number from 1 to 100" },
	{ .name = "start", .value = LAB_VALUE_TIME_RANGE, FLOW(start_ns),
	  .min = 0, .max = 3600 * S,
	  .range = "a time or a range such as 0..78ms, up to 3600s" },
	{ .name = "cc", .value = LAB_VALUE_NAME, FLOW(cc), .range = NAME_RANGE,
	  .kinds = LAB_FLOW_TCP },
	{ .name = "bytes", .value = LAB_VALUE_SIZE, FLOW(bytes),
	  .min = 1, .max = 1000000000000ull, .range = "from 1 to 1000GB",
	  .kinds = LAB_FLOW_TCP | LAB_FLOW_FRAMES },
	{ .name = "every", .value = LAB_VALUE_TIME, FLOW(every_ns),
	  .min = 1000, .max = 60 * S, .range = "from 1us to 60s",
	  .kinds = LAB_FLOW_FRAMES },
	{ .name = "rate", .value = LAB_VALUE_RATE, FLOW(rate_bits_ps),
	  .min = KBIT, .max = TBIT, .range = "from 1kbit to 1tbit",
	  .kinds = LAB_FLOW_UDP },
	{ .name = "size", .value = LAB_VALUE_SIZE, FLOW(size_bytes),
	  .min = 24, .max = 9188, .range = "from 24 to 9188 bytes",
	  .kinds = UDP_KINDS },
	{ .name = "maxrate", .value = LAB_VALUE_RATE, FLOW(maxrate_bits_ps),
	  .min = KBIT, .max = TBIT, .range = "from 1kbit to 1tbit",
	  .kinds = UDP_KINDS | LAB_FLOW_TCP },
	{ .name = "segments", .value = LAB_VALUE_COUNT, FLOW(segments),
	  .min = 1, .max = 64, .range = "a whole number from 1 to 64",
	  .kinds = LAB_FLOW_GSO },
	{ .name = "interval", .value = LAB_VALUE_TIME, FLOW(every_ns),
	  .min = 1000, .max = 60 * S, .range = "from 1us to 60s",
	  .kinds = LAB_FLOW_TXTIME | LAB_FLOW_GSO },
	{ .name = "lead", .value = LAB_VALUE_TIME, FLOW(lead_ns),
	  .min = 0, .max = S, .range = "from 0 to 1s", .kinds = LAB_FLOW_TXTIME },
	{ .name = "clock", .value = LAB_VALUE_NAME, FLOW(clock),
	  .range = "tai or monotonic", .kinds = LAB_FLOW_TXTIME },
	{ .name = "run", .value = LAB_VALUE_TEXT, FLOW(program),
	  .range = TEXT_RANGE, .kinds = LAB_FLOW_PROGRAM },
	{ .name = "peer", .value = LAB_VALUE_TEXT, FLOW(peer),
	  .range = TEXT_RANGE, .kinds = LAB_FLOW_PROGRAM },
	{ .name = "first", .value = LAB_VALUE_NAME, FLOW(first),
	  .range = "peer or run", .kinds = LAB_FLOW_PROGRAM },
	{ .name = NULL },
};

const struct lab_field lab_policy_table[] = {
	{ .name = "qdisc", .value = LAB_VALUE_TEXT, POLICY(qdisc),
	  .range = TEXT_RANGE },
	{ .name = "then", .value = LAB_VALUE_TEXT, POLICY(then),
	  .range = TEXT_RANGE },
	{ .name = "gso_max_segs", .value = LAB_VALUE_COUNT, POLICY(gso_max_segs),
	  .min = 1, .max = 65535, .range = "a whole number from 1 to 65535" },
	{ .name = "cc", .value = LAB_VALUE_NAME, POLICY(cc), .range = NAME_RANGE },
	{ .name = "clock", .value = LAB_VALUE_NAME, POLICY(clock),
	  .range = "tai or monotonic" },
	{ .name = "sysctl", .value = LAB_VALUE_TEXT, POLICY(sysctl),
	  .range = TEXT_RANGE },
	{ .name = NULL },
};

const struct lab_kind_name lab_flow_kinds[] = {
	{ "tcp", LAB_FLOW_TCP },
	{ "udp", LAB_FLOW_UDP },
	{ "frames", LAB_FLOW_FRAMES },
	{ "txtime", LAB_FLOW_TXTIME },
	{ "gso", LAB_FLOW_GSO },
	{ "program", LAB_FLOW_PROGRAM },
	{ NULL, 0 },
};
