// SPDX-License-Identifier: GPL-2.0
/*
 * Dumps and errors from a kernel that has gone mad, the same ones in every run:
 * bytes, lengths and ends of a good message are changed, and whatever is made
 * of it is printed as text and as JSON. ASan watches the ends of the message,
 * UBSan the arithmetic.
 */
#include <errno.h>
#include <stdlib.h>

#include "../../user/cli/out.h"
#include "../../user/cli/out_share.h"
#include "../../user/lib/stat.h"
#include "../unit/qdisc_sample.h"
#include "../unit/user_tap.h"
#include "mutate.h"

#define SEED	0x55
#define ROUNDS	60000

static void fuzz_dump(FILE *nowhere)
{
	_Alignas(struct nlmsghdr) char buffer[SAMPLE_BYTES];
	struct nlmsghdr *sample, *message;
	u64 state = SEED, i, decoded = 0, ours = 0;
	struct out_shares shares = { .link_bits_ps = 1000000000 };
	struct sluice_qdisc qdisc;
	bool is_met = true;

	sample = sample_build(buffer, sizeof(struct tc_sluice_xstats));
	for (i = 0; i < ROUNDS; i++) {
		int err;

		message = message_mutate(sample, &state);
		err = sluice_qdisc_decode(message, &qdisc);
		is_met = is_met && (!err || err == -EBADMSG);
		decoded += !err;
		if (!err && sluice_qdisc_is_ours(&qdisc) && i % 4 == 0) {
			json_t *json;

			ours++;
			snprintf(qdisc.device, sizeof(qdisc.device), "eth%s",
				 i % 8 ? "0" : "\xff\xc3");
			shares.shares.of[TCA_SLUICE_RATE_BYTES_PS] =
				(struct sluice_share){ i % 1000001, state, i & 8 };
			out_qdisc(nowhere, &qdisc, &shares);
			json = out_qdisc_json(&qdisc, &shares);
			is_met = is_met && json &&
				 !json_dumpf(json, nowhere, 0);
			json_decref(json);
		}
		free(message);
	}
	tap_ok(is_met && decoded > ROUNDS / 2 && ours > ROUNDS / 20,
	       "fuzz: any message as a dump");
	printf("# %llu decoded, %llu printed\n", decoded, ours);
}

/* Every length of statistics: what is there is read, what is not is absent. */
static void test_lengths(void)
{
	const size_t known = sizeof(struct tc_sluice_xstats);
	_Alignas(struct nlmsghdr) char buffer[SAMPLE_BYTES];
	struct tc_sluice_xstats wanted;
	struct sluice_qdisc qdisc;
	struct nlmsghdr *message;
	bool is_met = true;
	size_t length, part;

	sample_stats(&wanted);
	for (length = 0; length <= known + 256; length += 4) {
		message = sample_build(buffer, length);
		message = message_copy(message, message->nlmsg_len);
		part = length < known ? length : known;
		is_met = is_met && !sluice_qdisc_decode(message, &qdisc) &&
			 qdisc.xstats_bytes == part &&
			 !memcmp(&qdisc.xstats, &wanted, part) &&
			 (part == known ||
			  !((const char *)&qdisc.xstats)[part]) &&
			 qdisc.packets == 236096 && qdisc.qlen_pkts == 33;
		free(message);
	}
	tap_ok(is_met, "statistics of an older and of a newer module are read");
}

/* An error message with the kernel's sentence, as NETLINK_EXT_ACK has it. */
static struct nlmsghdr *error_build(void *buffer, uint16_t flags)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct nlmsgerr *error;

	header->nlmsg_type = NLMSG_ERROR;
	header->nlmsg_flags = flags;
	error = mnl_nlmsg_put_extra_header(header, sizeof(*error));
	error->error = -EINVAL;
	error->msg.nlmsg_len = sizeof(error->msg);
	if (!(flags & NLM_F_CAPPED)) {
		error->msg.nlmsg_len += 20;
		mnl_nlmsg_put_extra_header(header, 20);
	}
	mnl_attr_put_u32(header, NLMSGERR_ATTR_OFFS, 36);
	mnl_attr_put_strz(header, NLMSGERR_ATTR_MSG,
			  "sluice: gain must be 25 to 400 percent");
	return header;
}

static void fuzz_error(void)
{
	static const uint16_t flags[] = {
		NLM_F_ACK_TLVS, NLM_F_ACK_TLVS | NLM_F_CAPPED,
	};
	_Alignas(struct nlmsghdr) char buffer[SAMPLE_BYTES];
	char message[SLUICE_MESSAGE_SIZE];
	struct nlmsghdr *sample, *copy;
	u64 state = SEED, i, f;

	for (f = 0; f < 2; f++) {
		sample = error_build(buffer, flags[f]);
		sluice_netlink_extack(sample, message);
		tap_text(message, "sluice: gain must be 25 to 400 percent",
			 f ? "the kernel's sentence behind a capped request" :
			     "the kernel's sentence behind a whole request");
		for (i = 0; i < ROUNDS; i++) {
			copy = message_mutate(sample, &state);
			sluice_netlink_extack(copy, message);
			free(copy);
		}
	}
	tap_ok(true, "fuzz: any message as an error");
}

/* Every attribute and every byte of the statistics is in a table, once. */
static void test_tables(void)
{
	const struct sluice_histogram *hist = sluice_histogram_table;
	const struct sluice_option *option = sluice_option_table;
	const struct sluice_stat *stat = sluice_stat_table;
	unsigned char bytes[sizeof(struct tc_sluice_xstats)] = { 0 };
	uint32_t attributes = 0;
	size_t i, once = 0;

	for (; option->name; option++)
		attributes ^= 1u << option->attribute;
	tap_u64(attributes, (2u << TCA_SLUICE_MAX) - 2 - (1u << TCA_SLUICE_PAD),
		"every attribute is in the option table");
	for (; stat->key; stat++)
		for (i = 0; i < stat->size; i++)
			bytes[stat->offset + i]++;
	for (; hist->key; hist++)
		for (i = 0; i < hist->n_buckets * sizeof(__u64); i++)
			bytes[hist->offset + i]++;
	for (i = 0; i < sizeof(bytes); i++)
		once += bytes[i] == 1;
	/* Four bytes of padding stand before the first histogram, if any. */
	tap_ok(once + 8 > sizeof(bytes), "every statistic is in a table, once");
}

int main(void)
{
	FILE *nowhere = fopen("/dev/null", "w");

	if (!nowhere)
		abort();
	test_tables();
	fuzz_dump(nowhere);
	test_lengths();
	fuzz_error();
	fclose(nowhere);
	return tap_done();
}
