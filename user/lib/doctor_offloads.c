// SPDX-License-Identifier: GPL-2.0
/* What the device can do with super-packets, by the names of its features. */
#include <errno.h>
#include <linux/ethtool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor_parts.h"
#include "probe.h"

#define BLOCK_BITS 32u

/* More than any kernel has: they are less than 100. */
#define FEATURES_MAX 1024u

/**
 * struct features - what a device can do and does
 * @count: how many the kernel knows
 * @names: of them, ETH_GSTRING_LEN bytes each
 * @state: their bits
 */
struct features {
	unsigned int count;
	struct ethtool_gstrings *names;
	struct ethtool_gfeatures *state;
};

static void features_done(struct features *features)
{
	free(features->names);
	free(features->state);
}

static int features_count(const char *device, unsigned int *ret)
{
	union {
		struct ethtool_sset_info info;
		char room[sizeof(struct ethtool_sset_info) + sizeof(uint32_t)];
	} set = { .info = { .cmd = ETHTOOL_GSSET_INFO,
			    .sset_mask = 1u << ETH_SS_FEATURES } };
	int err = sluice_probe_ethtool(device, &set);

	if (err)
		return err;
	if (!set.info.sset_mask)
		return -EOPNOTSUPP;
	memcpy(ret, set.room + sizeof(set.info), sizeof(uint32_t));
	return *ret && *ret <= FEATURES_MAX ? 0 : -EBADMSG;
}

static int features_read(const char *device, struct features *ret)
{
	unsigned int count, blocks;
	int err = features_count(device, &count);

	memset(ret, 0, sizeof(*ret));
	if (err)
		return err;
	blocks = (count + BLOCK_BITS - 1) / BLOCK_BITS;
	ret->count = count;
	ret->names = calloc(1, sizeof(*ret->names) +
			    (size_t)count * ETH_GSTRING_LEN);
	ret->state = calloc(1, sizeof(*ret->state) +
			    blocks * sizeof(ret->state->features[0]));
	if (!ret->names || !ret->state)
		return -ENOMEM;
	ret->names->cmd = ETHTOOL_GSTRINGS;
	ret->names->string_set = ETH_SS_FEATURES;
	ret->names->len = count;
	ret->state->cmd = ETHTOOL_GFEATURES;
	ret->state->size = blocks;
	err = sluice_probe_ethtool(device, ret->names);
	return err ? err : sluice_probe_ethtool(device, ret->state);
}

enum state { STATE_FIXED_OFF, STATE_OFF, STATE_ON };

/* A feature that the kernel has never heard of is off, and stays so. */
static enum state feature_state(const struct features *features,
				const char *name)
{
	const struct ethtool_get_features_block *block;
	unsigned int i;
	uint32_t bit;

	for (i = 0; i < features->count; i++)
		if (!strncmp((const char *)features->names->data +
			     (size_t)i * ETH_GSTRING_LEN, name,
			     ETH_GSTRING_LEN))
			break;
	if (i == features->count)
		return STATE_FIXED_OFF;
	block = &features->state->features[i / BLOCK_BITS];
	bit = 1u << i % BLOCK_BITS;
	if (block->active & bit)
		return STATE_ON;
	return block->available & bit && !(block->never_changed & bit) ?
	       STATE_OFF : STATE_FIXED_OFF;
}

/* One is on, else one could be. */
static enum state checksum_state(const struct features *features)
{
	static const char *const names[] = {
		"tx-checksum-ip-generic", "tx-checksum-ipv4",
		"tx-checksum-ipv6",
	};
	enum state best = STATE_FIXED_OFF, state;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		state = feature_state(features, names[i]);
		if (state > best)
			best = state;
	}
	return best;
}

static void features_say(struct doctor *doctor,
			 const struct doctor_device *device,
			 const struct features *features)
{
	enum state tso = feature_state(features, "tx-tcp-segmentation");
	enum state sum = checksum_state(features);
	enum state gather = feature_state(features, "tx-scatter-gather");

	if (sum == STATE_OFF || gather == STATE_OFF) {
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "%s off: sluice cuts super-packets into frames, and the processor then has to %s of each",
			   sum == STATE_OFF ? "transmit checksums are" :
			   "scatter-gather is",
			   sum == STATE_OFF ? "sum up the bytes" :
			   "copy the bytes");
		doctor_fix(doctor, "ethtool -K %s tx on sg on", device->word);
	}
	if (tso == STATE_OFF) {
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "TSO is off: sluice does not need that, because it cuts super-packets itself, and with 'train' TSO saves work");
		doctor_fix(doctor, "ethtool -K %s tso on", device->word);
	}
	if (sum == STATE_OFF || gather == STATE_OFF || tso == STATE_OFF)
		return;
	doctor_say(doctor, SLUICE_SEVERITY_OK, "TSO is %s",
		   tso == STATE_ON ? "on, as it should be" :
		   feature_state(features, "tx-gso-partial") == STATE_ON ?
		   "not there, but partial GSO is" :
		   "not there, and not needed");
}

void doctor_check_offloads(struct doctor *doctor,
			   const struct doctor_device *device)
{
	struct features features;
	int err = features_read(device->link->name, &features);

	if (err == -ENOMEM)
		doctor->err = err;
	else if (err)
		doctor_say_unread(doctor, "its offloads", err);
	else
		features_say(doctor, device, &features);
	features_done(&features);
}

int doctor_hw_tc_is_on(const char *device)
{
	struct features features;
	int ret = features_read(device, &features);

	if (!ret)
		ret = feature_state(&features, "hw-tc-offload") == STATE_ON;
	features_done(&features);
	return ret;
}

/* A device that was not told otherwise has the kernel's own limit. */
#define GSO_MAX_SEGS_USUAL 65535u

/* What a paced flow should not be cut into by the stack already. */
#define GSO_SEGS_LEAST 8u

/* Short, and meant to be: by `sluice on --no-module`, or there is no better. */
static bool is_for_fq(const struct doctor *doctor,
		      const struct doctor_device *device)
{
	if (device->link->gso_max_segs >= GSO_SEGS_LEAST || !device->has_fq)
		return false;
	return device->is_stand_in ||
	       (device->link->gso_max_segs == 1 &&
		doctor->module == SLUICE_MODULE_IMPOSSIBLE);
}

void doctor_check_sizes(struct doctor *doctor,
			const struct doctor_device *device)
{
	const struct sluice_link *link = device->link;

	if (!link->gso_max_segs || !link->mtu_bytes) {
		doctor_say(doctor, SLUICE_SEVERITY_UNKNOWN,
			   "the kernel does not tell how long packets may be");
	} else if (is_for_fq(doctor, device)) {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "gso_max_segs is %u, so that fq spaces packets of so few frames",
			   link->gso_max_segs);
	} else if (link->gso_max_segs < GSO_SEGS_LEAST) {
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "gso_max_segs is %u: the stack makes packets of so few frames, which costs more for each; sluice cuts long ones when they leave",
			   link->gso_max_segs);
		doctor_fix(doctor, "ip link set %s gso_max_segs %u",
			   device->word, link->tso_max_segs ?
			   link->tso_max_segs : GSO_MAX_SEGS_USUAL);
	} else {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "MTU %u, super-packets of up to %u bytes",
			   link->mtu_bytes, link->gso_max_bytes);
	}
}
