// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's fq in sluice's place: what it can be told (fq.h), which devices its
 * super-packets are bounded on (bound.h), and what of it a record keeps (M1).
 */
#include "../../user/lib/bound.h"
#include "../../user/lib/fq.h"
#include "../../user/lib/state.h"
#include "fake_kernel.h"
#include "user_tap.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- options ---- */

static struct sluice_options options_of(const char *words)
{
	struct sluice_options options = { .given = 0 };
	char copy[256], error[256], *list[16], *rest = NULL;
	unsigned int count = 0;
	char *word;

	snprintf(copy, sizeof(copy), "%s", words);
	for (word = strtok_r(copy, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest))
		list[count++] = word;
	if (sluice_options_parse(count, list, &options, error, sizeof(error)))
		abort();
	return options;
}

/* What fq makes of them, as a dump of the kernel says it again. */
static struct sluice_options there_and_back(const struct sluice_options *options)
{
	_Alignas(struct nlmsghdr) char buffer[512];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct sluice_options again = { .given = 0 };

	sluice_fq_put(request, options);
	sluice_fq_decode(mnl_nlmsg_get_payload(request), &again);
	return again;
}

static void test_options(void)
{
	static const char *const samples[] = {
		"maxrate 8kbit limit 1 flow_limit 16777216 horizon 1us ce_threshold 0ns",
		"maxrate 34.359738352gbit horizon 1000s ce_threshold 1000s",
		"maxrate off ce_threshold off",
		"limit 10000",
	};
	struct sluice_options options, again;
	char error[256] = "";
	bool is_taken = true, is_met = true;
	unsigned int i;

	for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		options = options_of(samples[i]);
		is_taken = is_taken &&
			   !sluice_fq_check(&options, error, sizeof(error));
		again = there_and_back(&options);
		is_met = is_met && again.given == options.given &&
			 !memcmp(again.values, options.values,
				 sizeof(options.values));
	}
	tap_ok(is_taken, "fq takes what fits");
	tap_ok(is_met, "fq: each option comes back as it was given");
}

/* The values of 32 bits that are always set. */
static void test_always(void)
{
	_Alignas(struct nlmsghdr) char buffer[512];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	const struct sluice_options none = { .given = 0 };
	const struct nlattr *attr;
	unsigned int met = 0;

	sluice_fq_put(request, &none);
	mnl_attr_for_each_nested(attr, (const struct nlattr *)
				 mnl_nlmsg_get_payload(request)) {
		switch (mnl_attr_get_type(attr)) {
		case TCA_FQ_TIMER_SLACK:
			met += !mnl_attr_get_u32(attr);
			break;
		case TCA_FQ_LOW_RATE_THRESHOLD:
			met += mnl_attr_get_u32(attr) == UINT32_MAX;
			break;
		case TCA_FQ_HORIZON_DROP:
			met += !mnl_attr_get_u8(attr);
			break;
		default:
			met += 10;
		}
	}
	tap_u64(met, 3, "P4: fq: no slack, each packet its own gap, nothing dropped beyond the horizon");
}

static void test_refused(void)
{
	static const struct { const char *words, *part; } samples[] = {
		{ "gain 100%", "gain: not without the module" },
		{ "burst 4", "burst: not without the module" },
		{ "burst 50us", "burst: not without the module" },
		{ "codel_target 5ms", "codel_target: not without the module" },
		{ "maxrate 34.35973836gbit", "it takes up to 34.359738352gbit" },
		{ "horizon 1001ns", "horizon: fq counts whole microseconds, which '1.001us' is not" },
		{ "ce_threshold 1ns", "ce_threshold: fq counts whole microseconds" },
	};
	struct sluice_options options;
	char error[256];
	unsigned int i;

	for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		options = options_of(samples[i].words);
		error[0] = '\0';
		if (sluice_fq_check(&options, error, sizeof(error)) != -EINVAL)
			snprintf(error, sizeof(error), "taken: %s",
				 samples[i].words);
		tap_text(error, samples[i].part, "fq: what it cannot do is refused in words");
	}
	options = options_of("rate 16tbit overhead 256");
	tap_ok(!sluice_fq_check(&options, error, sizeof(error)),
	       "fq: a rate of the device goes with it");
}

/* ---- bounds ---- */

static struct sluice_store store = { .boot_id = "boot", .netns_inode = 42 };
static char folder[] = "/tmp/sluice-fq.XXXXXX";

static const struct sluice_link devices[] = {
	{ .ifindex = 1, .name = "lo", .gso_max_segs = 65535 },
	{ .ifindex = 2, .name = "eth0", .master = 4, .gso_max_segs = 65535 },
	{ .ifindex = 3, .name = "eth1", .master = 4, .gso_max_segs = 64 },
	{ .ifindex = 4, .name = "bond0", .kind = "bond", .gso_max_segs = 50 },
	{ .ifindex = 5, .name = "vlan7", .kind = "vlan", .lower = 4,
	  .gso_max_segs = 40 },
	{ .ifindex = 6, .name = "gre0", .kind = "gre", .gso_max_segs = 30 },
	{ .ifindex = 7, .name = "old0", .kind = "vlan", .lower = 2 },
};

static const struct sluice_links links = {
	.links = (struct sluice_link *)devices,
	.count = sizeof(devices) / sizeof(devices[0]),
};

static bool has(const struct sluice_bounds *bounds, int ifindex,
		unsigned int segs)
{
	const struct sluice_bound *bound = sluice_bounds_find(bounds, ifindex);

	return bound && bound->segs == segs;
}

static void test_bounds(void)
{
	struct sluice_state state = {
		.ifindex = 3, .phase = SLUICE_PHASE_ON, .via = 4,
		.kind = SLUICE_FQ_KIND, .has_edt = true, .makes_clsact = true,
	}, again = { .ifindex = 0 };
	struct sluice_bounds bounds = { .count = 0 };

	tap_ok(!sluice_bounds_look(&bounds, &links, &devices[1], &store) &&
	       bounds.count == 3 && has(&bounds, 2, 65535) &&
	       has(&bounds, 4, 50) && has(&bounds, 5, 40),
	       "bounds: the device, its bond, and the VLAN on that");
	sluice_bounds_done(&bounds);

	/* The other port is paced already, and the bond had more before. */
	if (sluice_bounds_add(&state.bounds, 3, 64) ||
	    sluice_bounds_add(&state.bounds, 4, 65535) ||
	    sluice_state_save(&store, &state))
		abort();
	tap_ok(!sluice_state_load(&store, 3, &again) &&
	       !strcmp(again.kind, SLUICE_FQ_KIND) &&
	       again.bounds.count == 2 && has(&again.bounds, 4, 65535) &&
	       again.has_edt && again.makes_clsact,
	       "M1: a record says what paces, what super-packets were, and whose clsact is");
	tap_ok(!sluice_bounds_look(&bounds, &links, &devices[1], &store) &&
	       has(&bounds, 4, 65535) && has(&bounds, 5, 40),
	       "M1: bounds: what another record says a device had, it had");
	tap_ok(!sluice_bounds_look(&bounds, &links, &devices[1], &store) &&
	       bounds.count == 3, "bounds: a second look adds nothing");
	sluice_bounds_done(&bounds);
	sluice_state_done(&again);
	sluice_state_done(&state);
	(void)sluice_state_remove(&store, 3);
}

/* The driver takes less by now: the kernel would refuse what was there before. */
static void test_less(void)
{
	struct sluice_bounds bounds = { .count = 0 }, less;
	struct sluice_bound now;
	char message[SLUICE_MESSAGE_SIZE];

	fake_kernel_begin(1);
	if (sluice_bounds_add(&bounds, FAKE_IFINDEX, 65535))
		abort();
	fake_kernel.tso_max_segs = 65535;
	tap_ok(!sluice_bounds_set(NULL, &bounds, 1, message) &&
	       fake_kernel.gso_max_segs == 1, "bounds: set");
	tap_ok(!sluice_bounds_restore(NULL, &store, FAKE_IFINDEX, &bounds,
				      &less, message) && !less.count &&
	       fake_kernel.gso_max_segs == 65535, "M1: bounds: put back");
	sluice_bounds_done(&less);
	tap_ok(!sluice_bounds_less_now(NULL, &bounds, &now, message),
	       "M1: bounds: and so the kernel says");
	fake_kernel.tso_max_segs = 64;
	fake_kernel.gso_max_segs = 1;
	tap_ok(!sluice_bounds_restore(NULL, &store, FAKE_IFINDEX, &bounds,
				      &less, message) &&
	       has(&less, FAKE_IFINDEX, 64) && fake_kernel.gso_max_segs == 64,
	       "M1: bounds: as far as the driver lets them, and which they are");
	sluice_bounds_done(&less);
	tap_ok(sluice_bounds_less_now(NULL, &bounds, &now, message) == 1 &&
	       now.ifindex == FAKE_IFINDEX && now.segs == 64,
	       "M1: bounds: it is not said that they are as before");
	tap_ok(!sluice_bounds_set(NULL, &bounds, 128, message) &&
	       fake_kernel.gso_max_segs == 64, "bounds: nor is more asked for");
	sluice_bounds_done(&bounds);
}

int main(void)
{
	test_options();
	test_always();
	test_refused();
	if (!mkdtemp(folder))
		return 1;
	store.folder = folder;
	test_bounds();
	test_less();
	rmdir(folder);
	return tap_done();
}
