// SPDX-License-Identifier: GPL-2.0
/*
 * Records and configuration files that somebody has damaged, and devices and
 * qdiscs of a kernel that has gone mad; the same ones in every run. ASan
 * watches the ends, and what is taken must come out again as it went in.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../user/lib/conf.h"
#include "../../user/lib/program.h"
#include "../../user/lib/restore.h"
#include "../../user/lib/state.h"
#include "../unit/qdisc_sample.h"
#include "../unit/user_tap.h"
#include "mutate.h"

#define SEED	0xf0
#define ROUNDS	40000
#define TEXT_ROOM 2048

static const struct sluice_store store = {
	.folder = "/nonexistent", .boot_id = "7f4e1c1e-2b6a-4b0e-9c7f-0123456789ab",
	.netns_inode = 4026531840, .netns_cookie = 1, .lock_fd = -1,
};

/* A copy on the heap that ends where it ends, with some bytes changed. */
static char *text_mutate(const char *text, const char *letters, u64 *state)
{
	size_t length = strlen(text), n_letters = strlen(letters);
	char *copy = malloc(TEXT_ROOM), *exact;
	u64 i, n = random_below(state, 5);

	if (!copy || length + 8 > TEXT_ROOM)
		abort();
	memcpy(copy, text, length + 1);
	if (!random_below(state, 4))
		copy[length = random_below(state, length + 1)] = '\0';
	for (i = 0; i < n && length; i++) {
		size_t at = random_below(state, length);

		switch (random_below(state, 3)) {
		case 0:		/* another letter */
			copy[at] = letters[random_below(state, n_letters)];
			break;
		case 1:		/* one less */
			memmove(copy + at, copy + at + 1, length - at);
			length--;
			break;
		case 2:		/* one that grammar does not expect */
			copy[at] = (char)random_next(state);
			break;
		}
		length = strlen(copy);
	}
	exact = strdup(copy);
	free(copy);
	if (!exact)
		abort();
	return exact;
}

/* ---- records ---- */

static struct sluice_state state_sample(void)
{
	static unsigned char options[] = { 8, 0, 1, 0, 0x10, 0x27, 0, 0 };
	struct sluice_state state = {
		.ifindex = 3, .phase = SLUICE_PHASE_ON, .via = 5,
		.mq_handle = 0x5c00000, .kind = "fq", .tx_queue_len = 1000,
		.is_restorable = true,
	};
	struct sluice_node nodes[] = {
		{ .kind = "mq", .handle = 0x10000, .parent = TC_H_ROOT,
		  .options = options, .options_bytes = 0 },
		{ .kind = "fq", .handle = 0x80010000, .parent = 0x10001,
		  .options = options, .options_bytes = sizeof(options) },
		{ .kind = SLUICE_KIND, .handle = 0x20000, .parent = 0x10002,
		  .options = options, .options_bytes = sizeof(options),
		  .is_nested = true },
		{ .kind = "fq_codel", .parent = 0x10003 },
	};
	unsigned int i;

	if (sluice_bounds_add(&state.bounds, 3, 65535) ||
	    sluice_bounds_add(&state.bounds, 9, 44))
		abort();
	for (i = 0; i < 4; i++)
		if (sluice_tree_add(&state.tree, &nodes[i]))
			abort();
	return state;
}

static void test_record(void)
{
	struct sluice_state state = state_sample(), again;
	char *text = sluice_state_format(&store, &state), *twice;
	struct sluice_store other = store;

	if (!text || sluice_state_parse(&store, text, &again))
		abort();
	twice = sluice_state_format(&store, &again);
	tap_ok(twice && !strcmp(text, twice) &&
	       sluice_tree_is_equal(&state.tree, &again.tree) &&
	       again.tree.nodes[2].is_nested && !again.tree.nodes[1].is_nested,
	       "M1: a record says again what it was told");
	sluice_state_done(&again);
	other.boot_id[0] = '8';
	tap_ok(sluice_state_parse(&other, text, &again) == -ENOENT,
	       "a record of another boot does not count");
	other = store;
	other.netns_inode++;
	tap_ok(sluice_state_parse(&other, text, &again) == -ENOENT,
	       "a record of another name space does not count");
	other = store;
	other.netns_cookie++;
	tap_ok(sluice_state_parse(&other, text, &again) == -ENOENT,
	       "nor one of a name space that is gone and had the number");
	free(text);
	free(twice);
	sluice_state_done(&state);
}

static void test_record_cut(void)
{
	struct sluice_state state = state_sample(), again;
	char *text = sluice_state_format(&store, &state);
	size_t length = text ? strlen(text) : 0, i;
	bool is_met = length > 0;

	/* The last character is the end of the last line, and not needed. */
	for (i = 0; i + 1 < length; i++) {
		char *cut = strndup(text, i);

		is_met = is_met && cut &&
			 sluice_state_parse(&store, cut, &again) < 0;
		free(cut);
	}
	tap_ok(is_met, "M1: a record that was cut anywhere is refused");
	free(text);
	sluice_state_done(&state);
}

static void fuzz_record(void)
{
	struct sluice_state sample = state_sample(), state;
	char *text = sluice_state_format(&store, &sample);
	u64 random = SEED, i, taken = 0;
	bool is_met = text != NULL;

	for (i = 0; is_met && i < ROUNDS; i++) {
		char *mutated = text_mutate(text, "0123456789abcdef =+-\nqAOR",
					    &random);
		struct sluice_plan plan;
		int err;

		err = sluice_state_parse(&store, mutated, &state);
		is_met = !err || err == -EINVAL || err == -ENOENT;
		if (!err) {
			char *once = sluice_state_format(&store, &state);
			char reason[256];

			taken++;
			/* Whatever it says, a plan can be made of it. */
			sluice_tree_is_restorable(&state.tree, reason,
						  sizeof(reason));
			if (sluice_plan_restore(&state.tree, &sample.tree,
						&plan))
				abort();
			sluice_plan_done(&plan);
			is_met = once != NULL;
			free(once);
			sluice_state_done(&state);
		}
		free(mutated);
	}
	tap_ok(is_met && taken > ROUNDS / 20 && taken < ROUNDS,
	       "fuzz: any text as a record");
	printf("# %llu taken\n", taken);
	free(text);
	sluice_state_done(&sample);
}

/* ---- messages ---- */

static void fuzz_tree(void)
{
	_Alignas(struct nlmsghdr) char buffer[SAMPLE_BYTES];
	struct nlmsghdr *sample = sample_build(buffer, 64), *message;
	const int ifindex = ((struct tcmsg *)mnl_nlmsg_get_payload(sample))
			    ->tcm_ifindex;
	u64 state = SEED, i, added = 0;
	struct sluice_options options;
	bool is_met = true;

	for (i = 0; i < ROUNDS; i++) {
		struct sluice_tree tree = { .count = 0 };
		char reason[256];

		message = message_mutate(sample, &state);
		is_met = is_met && !sluice_node_decode(message, ifindex, &tree);
		free(message);
		added += tree.count;
		sluice_tree_is_restorable(&tree, reason, sizeof(reason));
		sluice_plan_base(&tree, &options);
		sluice_tree_done(&tree);
	}
	tap_ok(is_met && added > ROUNDS / 2 && added < ROUNDS,
	       "fuzz: any message as a qdisc of a tree");
}

/* A dump's padding depends on its place, and must not be sent back. */
static void test_pads(void)
{
	_Alignas(struct nlmsghdr) char buffer[SAMPLE_BYTES];
	struct nlmsghdr *sample = sample_build(buffer, 64);
	struct sluice_tree tree = { .count = 0 };
	const struct nlattr *attr;
	unsigned int pads = 0, attrs = 0;

	if (sluice_node_decode(sample, ((struct tcmsg *)
			       mnl_nlmsg_get_payload(sample))->tcm_ifindex,
			       &tree) || tree.count != 1)
		abort();
	mnl_attr_for_each_payload((const void *)tree.nodes[0].options,
				  tree.nodes[0].options_bytes) {
		pads += mnl_attr_get_type(attr) == TCA_SLUICE_PAD;
		attrs++;
	}
	tap_ok(!pads && attrs > 4, "M1: padding is no option");
	sluice_tree_done(&tree);
}

static void fuzz_link(void)
{
	_Alignas(struct nlmsghdr) char buffer[SAMPLE_BYTES];
	struct nlmsghdr *sample = mnl_nlmsg_put_header(buffer), *message;
	struct ifinfomsg *info;
	struct nlattr *nest;
	struct sluice_link link;
	u64 state = SEED, i, decoded = 0;
	char name[64];
	uint32_t id;
	bool is_met = true;

	sample->nlmsg_type = RTM_NEWLINK;
	info = mnl_nlmsg_put_extra_header(sample, sizeof(*info));
	info->ifi_index = 3;
	mnl_attr_put_strz(sample, IFLA_IFNAME, "bond0.7");
	mnl_attr_put_u32(sample, IFLA_MASTER, 5);
	mnl_attr_put_u32(sample, IFLA_LINK, 2);
	mnl_attr_put_u32(sample, IFLA_NUM_TX_QUEUES, 8);
	mnl_attr_put_u32(sample, IFLA_TXQLEN, 1000);
	mnl_attr_put(sample, IFLA_ADDRESS, 6, "\2\0\0\0\0\1");
	nest = mnl_attr_nest_start(sample, IFLA_LINKINFO);
	mnl_attr_put_strz(sample, IFLA_INFO_KIND, "vlan");
	mnl_attr_nest_end(sample, nest);
	nest = mnl_attr_nest_start(sample, IFLA_XDP);
	mnl_attr_put_u8(sample, IFLA_XDP_ATTACHED, XDP_ATTACHED_DRV);
	mnl_attr_nest_end(sample, nest);
	mnl_attr_put_u32(sample, IFLA_MTU, 9000);
	mnl_attr_put_u32(sample, IFLA_GSO_MAX_SIZE, 65536);
	mnl_attr_put_u32(sample, IFLA_GSO_MAX_SEGS, 16);
	mnl_attr_put_u32(sample, IFLA_TSO_MAX_SEGS, 64);
	mnl_attr_put_u32(sample, SLUICE_LINK_PACING_HORIZON, 4000000000u);
	tap_ok(!sluice_link_decode(sample, &link) && link.ifindex == 3 &&
	       !strcmp(link.name, "bond0.7") && !strcmp(link.kind, "vlan") &&
	       link.master == 5 && link.lower == 2 && link.tx_queues == 8 &&
	       link.tx_queue_len == 1000 && link.address_bytes == 6,
	       "a device is read");
	tap_ok(link.has_xdp && link.mtu_bytes == 9000 &&
	       link.gso_max_bytes == 65536 && link.gso_max_segs == 16 &&
	       link.tso_max_segs == 64 && link.pacing_horizon_ns == 4000000000u,
	       "and what packets it takes");
	for (i = 0; i < ROUNDS; i++) {
		message = message_mutate(sample, &state);
		decoded += !sluice_link_decode(message, &link);
		is_met = is_met && memchr(link.name, 0, sizeof(link.name)) &&
			 memchr(link.kind, 0, sizeof(link.kind)) &&
			 link.address_bytes <= sizeof(link.address);
		message->nlmsg_type = RTM_NEWTFILTER;
		sluice_program_decode(message, name, sizeof(name), &id);
		free(message);
	}
	tap_ok(is_met && decoded > ROUNDS / 2,
	       "fuzz: any message as a device, and as a filter");
}

/* ---- configuration files ---- */

static void fuzz_conf(void)
{
	static const char sample[] =
		"# all of them\nrate 926mbit\nmaxrate 1gbit # a tenth\n\n"
		"burst 4\nlimit 10000\ngain 120%\nce_threshold off\n";
	char path[] = "/tmp/sluice-conf-XXXXXX";
	u64 state = SEED, i, taken = 0;
	int fd = mkstemp(path);
	bool is_met = fd >= 0;

	for (i = 0; is_met && i < ROUNDS / 4; i++) {
		struct sluice_conf_file said = { .options = { .given = 0 } };
		char error[SLUICE_CONF_ERROR_SIZE] = "";
		char *text = text_mutate(sample, "0123456789mgbit%#\n\t ",
					 &state);
		int err;

		if (ftruncate(fd, 0) ||
		    pwrite(fd, text, strlen(text), 0) != (ssize_t)strlen(text))
			abort();
		free(text);
		err = sluice_conf_read(path, &said, error, sizeof(error));
		taken += !err;
		/* A refusal names the line and leaves no option behind. */
		is_met = !err || (err == -EINVAL && !said.options.given &&
				  !strncmp(error, path, strlen(path)) &&
				  error[strlen(path)] == ':');
	}
	tap_ok(is_met && taken > ROUNDS / 80 && taken < ROUNDS / 4,
	       "fuzz: any text as a configuration file");
	printf("# %llu taken\n", taken);
	if (fd >= 0)
		close(fd);
	unlink(path);
}

int main(void)
{
	test_record();
	test_record_cut();
	fuzz_record();
	fuzz_tree();
	test_pads();
	fuzz_link();
	fuzz_conf();
	return tap_done();
}
