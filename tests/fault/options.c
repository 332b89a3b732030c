// SPDX-License-Identifier: GPL-2.0
/*
 * fault options DEV SPARE ROUNDS: every option below, at and above its range,
 * broken attribute lists, and ROUNDS random ones. SPARE is a device that the
 * random rounds add the qdisc to and take it from.
 *
 * M2: a refused change leaves every byte of the dumped options as it was and
 * says why; one that is taken sets what it names and nothing else.
 */
#include "model.h"

#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_TYPE (TCA_OPTIONS | NLA_F_NESTED)

/* What went wrong in a group of cases; one TAP line per group. */
struct group {
	const char *claim;
	unsigned int cases;
	unsigned int bad;
	char first[512];
};

static int device;
static char sentence[FAULT_SENTENCE_SIZE];

__attribute__((format(printf, 2, 3)))
static void group_fail(struct group *group, const char *format, ...)
{
	va_list args;

	if (group->bad++)
		return;
	va_start(args, format);
	vsnprintf(group->first, sizeof(group->first), format, args);
	va_end(args);
}

static void group_report(const struct group *group)
{
	if (!ok(!group->bad, "M2: %s (%u cases)", group->claim, group->cases))
		note("%u of them failed, the first: %s", group->bad,
		     group->first);
}

static void state_get(int ifindex, struct fault_qdisc *qdisc,
		      struct model_values *values)
{
	int err = qdisc_get(ifindex, TC_H_ROOT, qdisc);

	if (err) {
		errno = -err;
		die("cannot dump the qdisc of device %d", ifindex);
	}
	if (!qdisc->is_there || strcmp(qdisc->kind, "sluice"))
		die("device %d has no sluice", ifindex);
	if (values && !model_read(values, qdisc))
		die("the dump lacks an option, or has one twice");
}

static int list_send(int ifindex, uint16_t flags, uint16_t options_type,
		     const struct fault_attrs *attrs)
{
	struct fault_request request = {
		.type = RTM_NEWQDISC,
		.flags = flags,
		.ifindex = ifindex,
		.parent = TC_H_ROOT,
		.kind = "sluice",
		.options_type = options_type,
		.options = attrs->data,
		.options_bytes = attrs->bytes,
	};

	return qdisc_talk(&request, sentence);
}

/* Sends a change and judges the outcome against what the model says. */
static void change_judge(struct group *group, const char *what,
			 const struct fault_attrs *attrs, uint16_t options_type,
			 bool is_good)
{
	struct fault_qdisc before, after;
	struct model_values want, have;
	const char *name;
	int err;

	group->cases++;
	state_get(device, &before, &want);
	if (is_good != model_apply(&want, attrs->data, attrs->bytes) &&
	    options_type == OPTIONS_TYPE)
		die("the test and its model disagree about: %s", what);
	err = list_send(device, 0, options_type, attrs);
	state_get(device, &after, &have);
	if (is_good) {
		name = model_differs(&want, &have);
		if (err)
			group_fail(group, "%s: refused (%d, %s)", what, err,
				   sentence);
		else if (name)
			group_fail(group, "%s: %s is wrong", what, name);
		return;
	}
	if (!err)
		group_fail(group, "%s: taken", what);
	else if (!sentence[0])
		group_fail(group, "%s: refused without a sentence (%d)", what,
			   err);
	else if (before.options_bytes != after.options_bytes ||
		 memcmp(before.options, after.options, before.options_bytes))
		group_fail(group, "%s: refused, but options changed", what);
}

static void value_judge(struct group *group, const struct model_option *option,
			uint64_t value)
{
	bool is_good = model_takes(option, value);
	struct fault_attrs attrs = { 0 };
	char what[64];

	snprintf(what, sizeof(what), "%s %llu", option->name,
		 (unsigned long long)value);
	attrs_put_number(&attrs, option->type, value, option->bytes);
	change_judge(group, what, &attrs, OPTIONS_TYPE, is_good);
	if (!is_good && !strstr(sentence, option->name))
		group_fail(group, "%s: the sentence '%s' does not name it",
			   what, sentence);
	if (!is_good && !strstr(sentence, " to "))
		group_fail(group, "%s: the sentence '%s' has no range", what,
			   sentence);
}

static void ranges_test(void)
{
	int i;

	for (i = 0; i < MODEL_OPTIONS; i++) {
		const struct model_option *option = &model_options[i];
		uint64_t top = option->bytes == 4 ? UINT32_MAX : UINT64_MAX;
		char claim[96];
		struct group group = { .claim = claim };

		snprintf(claim, sizeof(claim),
			 "%s (attribute %u) is taken inside its range only",
			 option->name, option->type);
		if (option->min > 0) {
			value_judge(&group, option, option->min - 1);
			value_judge(&group, option, 1);
			value_judge(&group, option, 0);
		}
		value_judge(&group, option, option->min);
		value_judge(&group, option, option->min + 1);
		value_judge(&group, option, option->max - 1);
		value_judge(&group, option, option->max);
		value_judge(&group, option, option->max + 1);
		value_judge(&group, option, top / 2);
		value_judge(&group, option, top / 2 + 1);
		value_judge(&group, option, top - 1);
		value_judge(&group, option, top);
		value_judge(&group, option, option->also[0]);
		value_judge(&group, option, option->also[1]);
		value_judge(&group, option, option->initial);
		group_report(&group);
	}
}

static void lengths_test(void)
{
	static const uint8_t zeros[32];
	struct group group = { .claim = "a value of a wrong length is refused" };
	size_t bytes;
	int i;

	for (i = 0; i < MODEL_OPTIONS; i++) {
		for (bytes = 0; bytes <= 20; bytes++) {
			struct fault_attrs attrs = { 0 };
			char what[64];

			if (bytes == model_options[i].bytes)
				continue;
			snprintf(what, sizeof(what), "%s of %zu bytes",
				 model_options[i].name, bytes);
			attrs_put(&attrs, model_options[i].type, zeros, bytes);
			change_judge(&group, what, &attrs, OPTIONS_TYPE, false);
		}
	}
	group_report(&group);
}

static void unknown_test(void)
{
	static const uint16_t types[] = {
		TCA_SLUICE_UNSPEC, TCA_SLUICE_PAD, TCA_SLUICE_MAX + 1, 31, 32,
		33, 64, 100, 1000, 0x3fff, 0x3fff & ~TCA_SLUICE_MAX,
	};
	struct group group = { .claim = "an unknown attribute is refused" };
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct fault_attrs attrs = { 0 };
		char what[64];

		snprintf(what, sizeof(what), "attribute %u", types[i]);
		attrs_put_number(&attrs, types[i], 1, 4);
		change_judge(&group, what, &attrs, OPTIONS_TYPE, false);
		/* A good option before it must not be set (whole or not). */
		attrs.bytes = 0;
		attrs_put_number(&attrs, TCA_SLUICE_LIMIT_PKTS, 77, 4);
		attrs_put_number(&attrs, types[i], 1, 4);
		change_judge(&group, what, &attrs, OPTIONS_TYPE, false);
	}
	group_report(&group);
}

static void repeats_test(void)
{
	struct group group = { .claim = "an attribute given twice is refused" };
	int i;

	for (i = 0; i < MODEL_OPTIONS; i++) {
		const struct model_option *option = &model_options[i];
		struct fault_attrs attrs = { 0 };
		char what[64];

		snprintf(what, sizeof(what), "%s twice", option->name);
		attrs_put_number(&attrs, option->type, option->max,
				 option->bytes);
		attrs_put_number(&attrs, TCA_SLUICE_OVERHEAD_BYTES +
				 (option->type == TCA_SLUICE_OVERHEAD_BYTES) * 2,
				 30, 4);
		attrs_put_number(&attrs, option->type, option->max,
				 option->bytes);
		change_judge(&group, what, &attrs, OPTIONS_TYPE, false);
		if (!strstr(sentence, "twice"))
			group_fail(&group, "%s: the sentence is '%s'", what,
				   sentence);
	}
	group_report(&group);
}

/* Lists whose frame is wrong: lengths that lie, flags that do not belong. */
static void nesting_test(void)
{
	struct group group = { .claim = "a broken list is refused" };
	struct nlattr lie = { .nla_type = TCA_SLUICE_LIMIT_PKTS };
	struct fault_attrs attrs = { 0 };
	uint16_t length;

	attrs_put_number(&attrs, TCA_SLUICE_LIMIT_PKTS, 500, 4);
	change_judge(&group, "options without the nested flag", &attrs,
		     TCA_OPTIONS, false);
	if (strstr(sentence, "overhead"))
		group_fail(&group, "options without the nested flag: '%s'",
			   sentence);
	attrs.bytes = 0;
	attrs_put_number(&attrs, TCA_SLUICE_LIMIT_PKTS | NLA_F_NESTED, 500, 4);
	change_judge(&group, "a number with the nested flag", &attrs,
		     OPTIONS_TYPE, false);
	for (length = 0; length <= 1024; length = length < 16 ? length + 1 :
						  length * 2) {
		char what[64];

		if (length == 8)
			continue;
		attrs.bytes = 0;
		attrs_put_number(&attrs, TCA_SLUICE_OVERHEAD_BYTES, 99, 4);
		lie.nla_len = length;
		attrs_raw(&attrs, &lie, sizeof(lie));
		attrs_raw(&attrs, "\1\0\0\0", 4);
		snprintf(what, sizeof(what), "a length that says %u", length);
		change_judge(&group, what, &attrs, OPTIONS_TYPE, false);
	}
	for (length = 1; length < NLA_HDRLEN; length++) {
		attrs.bytes = 0;
		attrs_put_number(&attrs, TCA_SLUICE_OVERHEAD_BYTES, 99, 4);
		attrs_raw(&attrs, "\1\1\1", length);
		change_judge(&group, "bytes left over", &attrs, OPTIONS_TYPE,
			     false);
	}
	group_report(&group);
}

/* One bad value among good ones, at every place: all or nothing. */
static void whole_test(void)
{
	struct group group = { .claim = "one bad value refuses the whole list" };
	struct fault_attrs attrs;
	int bad, i;

	for (bad = -1; bad < MODEL_OPTIONS; bad++) {
		char what[64];

		attrs.bytes = 0;
		for (i = 0; i < MODEL_OPTIONS; i++) {
			const struct model_option *option = &model_options[i];
			uint64_t value = option->min + 1;

			if (option->type == TCA_SLUICE_BURST_NS)
				value = 0;
			if (i == bad)
				value = option->max + 1;
			attrs_put_number(&attrs, option->type, value,
					 option->bytes);
		}
		snprintf(what, sizeof(what), "the bad one is %s",
			 bad < 0 ? "none" : model_options[bad].name);
		change_judge(&group, what, &attrs, OPTIONS_TYPE, bad < 0);
	}
	attrs.bytes = 0;
	attrs_put_number(&attrs, TCA_SLUICE_BURST_FRAMES, 2, 4);
	attrs_put_number(&attrs, TCA_SLUICE_BURST_NS, 2, 8);
	change_judge(&group, "burst in both units", &attrs, OPTIONS_TYPE, false);
	attrs.bytes = 0;
	attrs_put_number(&attrs, TCA_SLUICE_BURST_FRAMES, 2, 4);
	change_judge(&group, "burst in frames", &attrs, OPTIONS_TYPE, true);
	attrs.bytes = 0;
	attrs_put_number(&attrs, TCA_SLUICE_BURST_NS, 2, 8);
	change_judge(&group, "burst in time", &attrs, OPTIONS_TYPE, true);
	attrs.bytes = 0;
	change_judge(&group, "no option at all", &attrs, OPTIONS_TYPE, true);
	group_report(&group);
}

/* A value that lies on, near or far from a bound. */
static uint64_t random_value(uint64_t *seed, const struct model_option *option)
{
	switch (random_next(seed) >> 32 & 7) {
	case 0:
		return option->min - 1;
	case 1:
		return option->min;
	case 2:
		return option->max;
	case 3:
		return option->max + 1;
	case 4:
		return option->also[random_next(seed) & 1];
	case 5:
		return random_next(seed) >> (random_next(seed) >> 58);
	default:
		return option->min + random_next(seed) %
				     (option->max - option->min + 1);
	}
}

static void random_attr(uint64_t *seed, struct fault_attrs *attrs)
{
	uint64_t dice = random_next(seed) >> 20;
	const struct model_option *option;
	uint16_t type, bytes;
	uint64_t value[4];
	size_t i;

	option = &model_options[dice % MODEL_OPTIONS];
	type = option->type;
	bytes = option->bytes;
	for (i = 0; i < 4; i++)
		value[i] = random_next(seed);
	value[0] = random_value(seed, option);
	switch (dice >> 8 & 63) {
	case 0:
		type = dice >> 16 & 0x3f;
		break;
	case 1:
		bytes = dice >> 16 & 0x1f;
		break;
	case 2:
		type |= NLA_F_NESTED;
		break;
	case 3:
		type |= NLA_F_NET_BYTEORDER;
		break;
	}
	attrs_put(attrs, type, value, bytes);
}

static void random_list(uint64_t *seed, struct fault_attrs *attrs)
{
	uint64_t dice = random_next(seed) >> 20;
	unsigned int n = dice & 3;

	attrs->bytes = 0;
	while (n--)
		random_attr(seed, attrs);
	/* Now and then a byte is wrong, or the end is missing. */
	if (attrs->bytes && (dice >> 4 & 15) == 0)
		attrs->data[(dice >> 8) % attrs->bytes] ^= 1 << (dice >> 32 & 7);
	if (attrs->bytes && (dice >> 40 & 15) == 0)
		attrs->bytes = (dice >> 44) % attrs->bytes;
}

/* One round on the spare device: add, look, and take away again. */
static void random_add(struct group *group, int spare, unsigned int round,
		       const struct fault_attrs *attrs)
{
	struct model_values want = model_initial(), have;
	bool is_good = model_apply(&want, attrs->data, attrs->bytes);
	struct fault_request remove = { .type = RTM_DELQDISC, .ifindex = spare,
					.parent = TC_H_ROOT };
	struct fault_qdisc qdisc;
	int err = list_send(spare, NLM_F_CREATE | NLM_F_EXCL, OPTIONS_TYPE,
			    attrs);

	if (is_good != !err) {
		group_fail(group, "round %u: add returned %d (%s)", round, err,
			   sentence);
	} else if (err && !sentence[0]) {
		group_fail(group, "round %u: no sentence (%d)", round, err);
	} else if (!err) {
		state_get(spare, &qdisc, &have);
		if (model_differs(&want, &have))
			group_fail(group, "round %u: %s is wrong after add",
				   round, model_differs(&want, &have));
	}
	if (!err && qdisc_talk(&remove, NULL))
		die("cannot remove the qdisc of the spare device");
	qdisc_get(spare, TC_H_ROOT, &qdisc);
	if (qdisc.is_there && !strcmp(qdisc.kind, "sluice"))
		group_fail(group, "round %u: the qdisc stayed", round);
}

static void random_test(int spare, unsigned int rounds)
{
	struct group group = {
		.claim = "random lists are judged as the documentation says",
	};
	struct model_values want = model_initial(), have;
	struct fault_qdisc before, after;
	struct fault_attrs attrs;
	uint64_t seed = 20260101;
	unsigned int taken = 0;

	state_get(device, &before, &want);
	for (group.cases = 0; group.cases < rounds; group.cases++) {
		uint64_t dice = random_next(&seed) >> 40;
		uint16_t flags = (dice & 1) ? NLM_F_CREATE | NLM_F_REPLACE : 0;
		bool is_good;
		int err;

		random_list(&seed, &attrs);
		if ((dice >> 1 & 15) == 0) {
			random_add(&group, spare, group.cases, &attrs);
			continue;
		}
		is_good = model_apply(&want, attrs.data, attrs.bytes);
		err = list_send(device, flags, OPTIONS_TYPE, &attrs);
		state_get(device, &after, &have);
		taken += !err;
		if (is_good != !err)
			group_fail(&group, "round %u: returned %d (%s)",
				   group.cases, err, sentence);
		else if (err && !sentence[0])
			group_fail(&group, "round %u: no sentence (%d)",
				   group.cases, err);
		else if (model_differs(&want, &have))
			group_fail(&group, "round %u: %s is wrong", group.cases,
				   model_differs(&want, &have));
		else if (err && memcmp(before.options, after.options,
				       after.options_bytes))
			group_fail(&group, "round %u: a refused list changed "
				   "the dump", group.cases);
		before = after;
	}
	group_report(&group);
	ok(taken > rounds / 10 && taken < rounds,
	   "M2: the random lists are neither all good nor all bad (%u of %u taken)",
	   taken, rounds);
}

static void initial_test(void)
{
	struct model_values want = model_initial(), have;
	struct fault_qdisc qdisc;
	const char *name;

	state_get(device, &qdisc, &have);
	name = model_differs(&want, &have);
	if (!ok(!name, "M2: without options the documented defaults hold"))
		note("%s differs", name);
}

int main_options(int argc, char **argv)
{
	int spare;

	if (argc != 3)
		return 2;
	device = device_index(argv[0]);
	spare = device_index(argv[1]);
	initial_test();
	ranges_test();
	lengths_test();
	unknown_test();
	repeats_test();
	nesting_test();
	whole_test();
	random_test(spare, (unsigned int)strtoul(argv[2], NULL, 10));
	return 0;
}
