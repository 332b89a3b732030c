// SPDX-License-Identifier: GPL-2.0
/* The options as the documentation states them; see model.h. */
#include "model.h"

#include <linux/netlink.h>
#include <string.h>

const struct model_option model_options[MODEL_OPTIONS] = {
	{ "rate", TCA_SLUICE_RATE_BYTES_PS, 8,
	  1000, 2000000000000ull, { 0 }, 0 },
	{ "overhead", TCA_SLUICE_OVERHEAD_BYTES, 4, 0, 256, { 0 }, 24 },
	{ "maxrate", TCA_SLUICE_MAXRATE_BYTES_PS, 8,
	  1000, 2000000000000ull, { 0 }, 0 },
	{ "gain", TCA_SLUICE_GAIN_PERCENT, 4, 25, 400, { 25, 25 }, 90 },
	{ "gain_ss", TCA_SLUICE_GAIN_SS_PERCENT, 4, 25, 400, { 25, 25 }, 69 },
	{ "burst", TCA_SLUICE_BURST_FRAMES, 4, 0, 64, { 0 }, 0 },
	{ "burst", TCA_SLUICE_BURST_NS, 8, 0, 1000000000, { 0 }, 0 },
	{ "train", TCA_SLUICE_TRAIN_FRAMES, 4, 1, 64, { 1, 1 }, 1 },
	{ "limit", TCA_SLUICE_LIMIT_PKTS, 4, 1, 1 << 24, { 1, 1 }, 10000 },
	{ "flow_limit", TCA_SLUICE_FLOW_LIMIT_PKTS, 4,
	  1, 1 << 24, { 1, 1 }, 100 },
	{ "horizon", TCA_SLUICE_HORIZON_NS, 8,
	  1000, 1000000000000ull, { 1000, 1000 }, 10000000000ull },
	{ "forward", TCA_SLUICE_FORWARD_NS, 8,
	  10000, 100000000, { 0, UINT64_MAX }, 0 },
	{ "timer_slack", TCA_SLUICE_TIMER_SLACK_NS, 8, 0, 200000, { 0 }, 0 },
	{ "smooth", TCA_SLUICE_SMOOTH_NS, 8, 10000, 100000000, { 0 }, 0 },
	{ "gap_frames", TCA_SLUICE_GAP_FRAMES_NS, 8, 20000, 1000000, { 0 }, 0 },
	{ "ce_threshold", TCA_SLUICE_CE_THRESHOLD_NS, 8,
	  0, 1000000000000ull, { 0, UINT64_MAX }, UINT64_MAX },
	{ "codel_target", TCA_SLUICE_CODEL_TARGET_NS, 8,
	  0, 1000000000000ull, { 0 }, 5000000 },
	{ "codel_interval", TCA_SLUICE_CODEL_INTERVAL_NS, 8,
	  1000000, 1000000000000ull, { 1000000, 1000000 }, 100000000 },
};

struct model_values model_initial(void)
{
	struct model_values values;
	int i;

	for (i = 0; i < MODEL_OPTIONS; i++)
		values.value[i] = model_options[i].initial;
	return values;
}

const struct model_option *model_find(uint16_t type)
{
	int i;

	for (i = 0; i < MODEL_OPTIONS; i++)
		if (model_options[i].type == type)
			return &model_options[i];
	return NULL;
}

bool model_takes(const struct model_option *option, uint64_t value)
{
	return value == option->also[0] || value == option->also[1] ||
	       (value >= option->min && value <= option->max);
}

static uint64_t *model_value(struct model_values *values, uint16_t type)
{
	return &values->value[model_find(type) - model_options];
}

/*
 * Read a list as netlink does: each attribute's length counts its header, the
 * next begins at a multiple of four, the last one needs no padding, and what
 * is left over is an error. @is_dump: unknown ones are skipped.
 */
static bool list_read(struct model_values *values, uint32_t *seen,
		      const uint8_t *at, size_t bytes, bool is_dump)
{
	while (bytes >= NLA_HDRLEN) {
		const struct model_option *option;
		struct nlattr attr;
		uint64_t value = 0;
		size_t step;

		memcpy(&attr, at, sizeof(attr));
		if (attr.nla_len < NLA_HDRLEN || attr.nla_len > bytes)
			return false;
		option = model_find(attr.nla_type & NLA_TYPE_MASK);
		if (option) {
			if (attr.nla_len != NLA_HDRLEN + option->bytes ||
			    (attr.nla_type & NLA_F_NESTED) ||
			    (*seen & 1u << option->type))
				return false;
			*seen |= 1u << option->type;
			memcpy(&value, at + NLA_HDRLEN, option->bytes);
			if (!model_takes(option, value))
				return false;
			*model_value(values, option->type) = value;
		} else if (!is_dump) {
			return false;
		}
		step = NLA_ALIGN(attr.nla_len);
		if (step >= bytes)
			return true;
		at += step;
		bytes -= step;
	}
	return bytes == 0;
}

bool model_apply(struct model_values *values, const void *attrs, size_t bytes)
{
	struct model_values next = *values;
	uint32_t seen = 0;

	if (!list_read(&next, &seen, attrs, bytes, false))
		return false;
	/* The burst has one unit: setting one takes back the other. */
	if ((seen & 1u << TCA_SLUICE_BURST_FRAMES) &&
	    !(seen & 1u << TCA_SLUICE_BURST_NS))
		*model_value(&next, TCA_SLUICE_BURST_NS) = 0;
	if ((seen & 1u << TCA_SLUICE_BURST_NS) &&
	    !(seen & 1u << TCA_SLUICE_BURST_FRAMES))
		*model_value(&next, TCA_SLUICE_BURST_FRAMES) = 0;
	if (*model_value(&next, TCA_SLUICE_BURST_NS) &&
	    *model_value(&next, TCA_SLUICE_BURST_FRAMES))
		return false;
	*values = next;
	return true;
}

bool model_read(struct model_values *values, const struct fault_qdisc *qdisc)
{
	uint32_t seen = 0;
	int i;

	if (!list_read(values, &seen, qdisc->options, qdisc->options_bytes,
		       true))
		return false;
	for (i = 0; i < MODEL_OPTIONS; i++)
		if (!(seen & 1u << model_options[i].type))
			return false;
	return true;
}

const char *model_differs(const struct model_values *a,
			  const struct model_values *b)
{
	int i;

	for (i = 0; i < MODEL_OPTIONS; i++)
		if (a->value[i] != b->value[i])
			return model_options[i].name;
	return NULL;
}
