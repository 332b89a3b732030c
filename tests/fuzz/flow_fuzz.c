// SPDX-License-Identifier: GPL-2.0
/*
 * Flows and sockets: what the kernel sends is read as it is meant, older and
 * newer structs too, and what a mad one sends does no harm (ASan, UBSan).
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "../../user/cli/out_flow.h"
#include "../../user/lib/stat.h"
#include "../unit/flow_sample.h"
#include "../unit/user_tap.h"
#include "mutate.h"

#define SEED	0xf10e
#define ROUNDS	60000
#define COOKIE	0x123456789abULL

static void fuzz_flow(FILE *nowhere)
{
	_Alignas(struct nlmsghdr) char buffer[FLOW_SAMPLE_BYTES];
	struct tc_sluice_flow_xstats xstats = flow_sample_xstats(COOKIE);
	struct nlmsghdr *sample, *message;
	u64 state = SEED, i, decoded = 0;
	struct sluice_flow flow;
	bool is_met = true;

	sample = flow_sample_build(buffer, &xstats, sizeof(xstats));
	for (i = 0; i < ROUNDS; i++) {
		json_t *json;
		int err;

		message = message_mutate(sample, &state);
		err = sluice_flow_decode(message, &flow);
		free(message);
		is_met = is_met && (!err || err == -EBADMSG || err == -ENOENT);
		if (err || i % 4)
			continue;
		decoded++;
		out_flow(nowhere, &flow);
		json = out_flow_json(&flow);
		is_met = is_met && json && !json_dumpf(json, nowhere, 0);
		json_decref(json);
	}
	tap_ok(is_met && decoded > ROUNDS / 20, "fuzz: any message as a flow");
}

static void fuzz_socket(FILE *nowhere)
{
	_Alignas(struct nlmsghdr) char buffer[FLOW_SAMPLE_BYTES];
	struct nlmsghdr *sample, *message;
	u64 state = SEED, i, decoded = 0;
	struct sluice_socket socket;
	bool is_met = true;

	sample = socket_sample_build(buffer, AF_INET6, "fd00::1", "fd00::2",
				     COOKIE, sizeof(struct tcp_info));
	for (i = 0; i < ROUNDS; i++) {
		json_t *json;
		int err;

		message = message_mutate(sample, &state);
		err = sluice_socket_decode(message, i % 3 ? IPPROTO_TCP :
							    IPPROTO_UDP,
					   &socket);
		free(message);
		is_met = is_met && (!err || err == -EBADMSG);
		if (err || i % 4)
			continue;
		decoded++;
		out_socket(nowhere, &socket);
		json = out_socket_json(&socket);
		is_met = is_met && json && !json_dumpf(json, nowhere, 0);
		json_decref(json);
	}
	tap_ok(is_met && decoded > ROUNDS / 20,
	       "fuzz: any message as a socket");
}

static void test_lengths(void)
{
	_Alignas(struct nlmsghdr) char buffer[FLOW_SAMPLE_BYTES];
	struct tc_sluice_flow_xstats xstats = flow_sample_xstats(COOKIE);
	struct sluice_socket socket;
	struct nlmsghdr *message;
	struct sluice_flow flow;
	bool is_met = true;
	size_t length, part;

	for (length = 0; length <= sizeof(xstats) + 64; length += 4) {
		message = flow_sample_build(buffer, &xstats, length);
		message = message_copy(message, message->nlmsg_len);
		part = length < sizeof(xstats) ? length : sizeof(xstats);
		is_met = is_met && !sluice_flow_decode(message, &flow) &&
			 flow.xstats_bytes == part &&
			 flow.qdisc == 0x80010000 &&
			 !memcmp(&flow.xstats, &xstats, part) &&
			 (part == sizeof(xstats) ||
			  !((const char *)&flow.xstats)[part]);
		free(message);
	}
	tap_ok(is_met, "flows of an older and of a newer module are read");

	is_met = true;
	for (length = 0; length <= sizeof(struct tcp_info); length += 4) {
		bool has_rate = length >= offsetof(struct tcp_info,
						   tcpi_pacing_rate) + 8;

		message = socket_sample_build(buffer, AF_INET, "10.0.0.1",
					      "10.0.0.2", COOKIE, length);
		message = message_copy(message, message->nlmsg_len);
		is_met = is_met &&
			 !sluice_socket_decode(message, IPPROTO_TCP, &socket) &&
			 socket.has_tcp && socket.cookie == COOKIE &&
			 (length % 8 || (socket.pacing_rate_bytes_ps ==
			  (has_rate ? 13097222 : UINT64_MAX)));
		free(message);
	}
	tap_ok(is_met, "TCP_INFO of an older kernel is read");
}

static const char *endpoints(uint8_t family, const char *local,
			     const char *remote)
{
	_Alignas(struct nlmsghdr) char buffer[FLOW_SAMPLE_BYTES];
	char a[SLUICE_ENDPOINT_SIZE], b[SLUICE_ENDPOINT_SIZE];
	static char text[2 * SLUICE_ENDPOINT_SIZE + 4];
	struct sluice_socket socket;

	sluice_socket_decode(socket_sample_build(buffer, family, local, remote,
						 COOKIE, 8),
			     IPPROTO_TCP, &socket);
	sluice_endpoint_format(socket.family, socket.local, socket.local_port,
			       a);
	sluice_endpoint_format(socket.family, socket.remote,
			       socket.remote_port, b);
	snprintf(text, sizeof(text), "%s > %s", a, b);
	return text;
}

static void test_addresses(void)
{
	tap_text(endpoints(AF_INET, "10.0.0.1", "255.255.255.255"),
		 "10.0.0.1:43210 > 255.255.255.255:5001", "IPv4");
	tap_text(endpoints(AF_INET6, "fd00::1", "::"),
		 "[fd00::1]:43210 > [::]:5001", "IPv6");
	tap_text(endpoints(AF_INET6, "ffff:eeee:dddd:cccc:bbbb:aaaa:9999:8888",
			   "ffff:eeee:dddd:cccc:bbbb:aaaa:9999:7777"),
		 "[ffff:eeee:dddd:cccc:bbbb:aaaa:9999:8888]:43210 > [ffff:eeee:dddd:cccc:bbbb:aaaa:9999:7777]:5001",
		 "the longest IPv6");
	tap_text(endpoints(AF_INET6, "::ffff:10.0.0.1", "::ffff:10.0.0.2"),
		 "10.0.0.1:43210 > 10.0.0.2:5001",
		 "IPv4 over an IPv6 socket reads as IPv4");
}

/* Flows and sockets by the same cookie belong together; order is total. */
static void test_join_and_sort(void)
{
	struct sluice_socket of_flows[] = {
		{ .cookie = 2 }, { .cookie = 5 }, { .cookie = UINT64_MAX },
	};
	struct sluice_sockets sockets = { of_flows, 3, 3 };
	struct sluice_flow list[] = {
		{ .xstats = { .socket_cookie = 5, .rate_bytes_ps = 7,
			      .queued_pkts = 1, .hold_ns = 9,
			      .sent_frames = 10, .lateness_sum_ns = 100 } },
		{ .xstats = { .socket_cookie = 3, .rate_bytes_ps = 9,
			      .queued_pkts = 2, .hold_ns = 7 } },
		{ .xstats = { .hash = 2, .rate_bytes_ps = 8, .queued_pkts = 3,
			      .hold_ns = 8, .sent_frames = 1,
			      .lateness_sum_ns = 99 } },
	};
	struct sluice_flows flows = { list, 3, 3 };

	sluice_flows_join(&flows, &sockets);
	tap_ok(list[0].socket == &of_flows[1] && !list[1].socket &&
	       !list[2].socket, "a flow finds its socket, and no other one");
	sluice_flows_sort(&flows, SLUICE_FLOW_BY_RATE);
	tap_ok(list[0].xstats.rate_bytes_ps == 9 &&
	       list[2].xstats.rate_bytes_ps == 7, "sorted by rate");
	sluice_flows_sort(&flows, SLUICE_FLOW_BY_QUEUED);
	tap_ok(list[0].xstats.queued_pkts == 3 &&
	       list[2].xstats.queued_pkts == 1, "sorted by queue");
	sluice_flows_sort(&flows, SLUICE_FLOW_BY_HELD);
	tap_ok(list[0].xstats.hold_ns == 9 && list[2].xstats.hold_ns == 7,
	       "sorted by hold");
	sluice_flows_sort(&flows, SLUICE_FLOW_BY_LATE);
	tap_ok(sluice_flow_lateness_ns(&list[0]) == 99 &&
	       sluice_flow_lateness_ns(&list[1]) == 10 &&
	       sluice_flow_lateness_ns(&list[2]) == 0, "sorted by lateness");
}

static void test_table(void)
{
	unsigned char bytes[sizeof(struct tc_sluice_flow_xstats)] = { 0 };
	const struct sluice_stat *stat = sluice_flow_stat_table;
	size_t i, once = 0;

	for (; stat->key; stat++)
		for (i = 0; i < stat->size; i++)
			bytes[stat->offset + i]++;
	for (i = 0; i < sizeof(bytes); i++)
		once += bytes[i] == 1;
	/* The flags are words of their own. */
	tap_u64(once + 4, sizeof(bytes),
		"every number of a flow is in the table, once");
}

int main(void)
{
	FILE *nowhere = fopen("/dev/null", "w");

	if (!nowhere)
		abort();
	test_table();
	fuzz_flow(nowhere);
	fuzz_socket(nowhere);
	test_lengths();
	test_addresses();
	test_join_and_sort();
	fclose(nowhere);
	return tap_done();
}
