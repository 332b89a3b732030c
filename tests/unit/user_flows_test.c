// SPDX-License-Identifier: GPL-2.0
/* The table of flows: from keys to numbers. */
#include "../../user/lib/frame.h"
#include "user_tap.h"

static void test_prepared(void)
{
	struct sluice_flows *flows = sluice_flows_create();
	struct sluice_flow_key keys[3000];
	uint32_t hashes[3000];
	bool is_right = true;

	memset(keys, 0, sizeof(keys));
	for (uint32_t i = 0; i < 3000; i++) {
		keys[i].ip_version = i % 2 ? 4 : 6;
		keys[i].source[0] = (uint8_t)(i / 2);
		keys[i].destination[3] = (uint8_t)(i / 512);
		hashes[i] = sluice_flows_prepare(flows, &keys[i]);
	}
	tap_ok(sluice_flows_find(flows, &keys[0]) == -1,
	       "a key that is only prepared is no flow");
	/* The table grows below what is prepared. */
	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 3000; i++)
			is_right &= sluice_flows_number_prepared(flows, &keys[i],
								 hashes[i]) == i;
	for (uint32_t i = 0; i < 3000; i++)
		is_right &= sluice_flows_find(flows, &keys[i]) == i &&
			    !memcmp(sluice_flows_key(flows, i), &keys[i],
				    sizeof(keys[i]));
	tap_ok(is_right && sluice_flows_count(flows) == 3000,
	       "in two steps flows have the same numbers");
	sluice_flows_free(flows);
}

static void test_flows(void)
{
	struct sluice_flows *flows = sluice_flows_create();
	struct sluice_flow_key key = { .ip_version = 4, .protocol = 6 };
	bool is_right = true;

	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 1000000; i++) {
			key.source_port = (uint16_t)i;
			key.source[0] = (uint8_t)(i >> 16);
			key.destination[3] = (uint8_t)i;
			is_right &= sluice_flows_number(flows, &key) == i;
		}
	tap_ok(is_right && sluice_flows_count(flows) == 1000000,
	       "a million flows keep their numbers");
	sluice_flows_free(flows);
}

/* They lie together; a flow from an end to itself is its own other direction. */
static void test_directions(void)
{
	struct sluice_flows *flows = sluice_flows_create();
	bool is_right = true;

	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 20000; i++) {
			struct sluice_flow_key key = {
				.ip_version = i % 2 ? 6 : 4, .protocol = 6,
				.source_port = (uint16_t)(i / 2 * 7919 + 1),
				.destination_port = (uint16_t)(i / 3),
			}, back = key;

			key.source[i % 3] = back.destination[i % 3] = (uint8_t)i;
			key.destination[1] = back.source[1] = (uint8_t)(i >> 8);
			back.source_port = key.destination_port;
			back.destination_port = key.source_port;
			is_right &= round || (sluice_flows_find(flows, &key) < 0 &&
					      sluice_flows_find(flows, &back) < 0);
			is_right &= sluice_flows_number(flows, &key) == 2 * i &&
				    (round || sluice_flows_find(flows, &back) < 0) &&
				    sluice_flows_number(flows, &back) == 2 * i + 1;
		}
	for (int i = 0; i < 2; i++) {
		struct sluice_flow_key key = { .ip_version = i ? 6 : 4 };

		is_right &= sluice_flows_number(flows, &key) == 40000 + i &&
			    sluice_flows_find(flows, &key) == 40000 + i;
	}
	tap_ok(is_right, "both directions of connections are flows of their own");
	sluice_flows_free(flows);
}

int main(void)
{
	test_flows();
	test_directions();
	test_prepared();
	return tap_done();
}
