// SPDX-License-Identifier: GPL-2.0
/* What `sluice monitor` says of the processors: from the kernel's own counts, per Gbit of a device, and no more than they tell. */
#include <stdlib.h>
#include <unistd.h>

#include "../../user/cli/out_cost.h"
#include "user_tap.h"

#define GBIT_BYTES	UINT64_C(125000000)

static char text[OUT_COST_SIZE];

static const char *said(uint64_t softirq_ns, uint64_t wire_bytes)
{
	const struct scope_host_load load = {
		.is_known = true, .softirq_ns = softirq_ns, .step_ns = 10000000,
	};

	out_cost_format(&load, wire_bytes, text, sizeof(text));
	return text;
}

static void test_format(void)
{
	const struct scope_host_load unknown = { .is_known = false };

	tap_text(said(80000000, GBIT_BYTES), "80ms", "80 ms for a Gbit");
	tap_text(said(80000000, 10 * GBIT_BYTES), "8ms", "or for ten");
	tap_ok(!strcmp(said(0, GBIT_BYTES), "<10ms"), "no step of the clock: less than one");
	tap_ok(!strcmp(said(0, 4 * GBIT_BYTES), "<2.5ms"), "less than one for all of it");
	tap_ok(!strcmp(said(80000000, GBIT_BYTES / 100), "8s"), "the least that says something");
	tap_ok(!strcmp(said(80000000, GBIT_BYTES / 100 - 1), "-"), "less traffic than that");
	tap_ok(!strcmp(said(80000000, 0), "-"), "none");
	said(UINT64_MAX / 2, UINT64_MAX);
	out_cost_format(&unknown, GBIT_BYTES, text, sizeof(text));
	tap_ok(!strcmp(text, "-"), "not known");
}

/* One processor for 10 s: 2 s in softirqs, 5 s idle, 1 s stolen. */
static void test_counts(void)
{
	struct scope_host_counts counts = { .all_ticks = 0 };

	scope_host_stat_parse("cpu  100 0 100 500 0 0 200 100 0 0\ncpu0 1\n", &counts);
	tap_ok(counts.all_ticks == 1000 && counts.busy_ticks == 500 && counts.softirq_ticks == 200,
	       "the first line of /proc/stat");
	scope_host_softirqs_parse("          CPU0 CPU1\n  NET_TX:  5  6\n  NET_RX: 70 80\n", &counts);
	tap_ok(counts.send_softirqs == 11 && counts.receive_softirqs == 150, "how many there were");
}

/* The files of this host, between two looks. */
static void test_look(void)
{
	const uint64_t step_ns = 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	struct scope_host_counts before;
	struct scope_host_load load;
	struct scope_host host;

	scope_host_open(&host);
	before = host.counts;
	do
		scope_host_look(&host, &load);
	while (host.counts.all_ticks == before.all_ticks);
	tap_ok(load.is_known && load.step_ns == step_ns &&
	       load.softirq_ns % step_ns == 0 && load.softirq_share <= 1,
	       "time in softirqs, in the steps of the kernel's clock");
	scope_host_close(&host);
}

static void test_json(void)
{
	struct scope_host_load load = {
		.is_known = true, .softirq_ns = 80000000, .step_ns = 10000000,
		.send_softirqs = 3, .receive_softirqs = 4,
	};
	json_t *object = out_cost_json(&load, 2 * GBIT_BYTES);

	tap_u64((uint64_t)json_integer_value(json_object_get(object, "softirq_per_gbit_ns")), 40000000, "JSON: per Gbit");
	tap_u64((uint64_t)json_integer_value(json_object_get(object, "softirq_ns")), 80000000, "JSON: in all");
	json_decref(object);
	object = out_cost_json(&load, 0);
	tap_ok(!json_object_get(object, "softirq_per_gbit_ns") && json_object_get(object, "send_softirqs"),
	       "JSON: without traffic, what there is");
	json_decref(object);
	load.is_known = false;
	object = out_cost_json(&load, GBIT_BYTES);
	tap_ok(json_is_null(object), "JSON: null where it is not known");
	json_decref(object);
}

int main(void)
{
	test_format();
	test_counts();
	test_look();
	test_json();
	return tap_done();
}
