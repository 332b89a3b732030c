// SPDX-License-Identifier: GPL-2.0
/* The kernel's fq in sluice's place; see fq.h. */
#include "fq.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "refuse.h"
#include "units.h"

#define NS_PER_US	1000u
/* Rates up to here wait for each packet's own bytes, not for a quantum: all do. */
#define LOW_RATE_THRESHOLD	UINT32_MAX

/**
 * struct row - an option that both have
 * @attribute: sluice's
 * @fq_attribute: fq's, of 32 bits
 * @unit: what one of fq's is in sluice's
 * @has_off: all ones mean that it is off
 * @off: which sluice says so
 * @word: tc's
 * @suffix: behind its value, for tc
 */
struct row {
	uint16_t attribute;
	uint16_t fq_attribute;
	uint32_t unit;
	bool has_off;
	uint64_t off;
	const char *word;
	const char *suffix;
};

static const struct row rows[] = {
	{ TCA_SLUICE_LIMIT_PKTS, TCA_FQ_PLIMIT, 1, false, 0, "limit", "" },
	{ TCA_SLUICE_FLOW_LIMIT_PKTS, TCA_FQ_FLOW_PLIMIT, 1, false, 0,
	  "flow_limit", "" },
	{ TCA_SLUICE_MAXRATE_BYTES_PS, TCA_FQ_FLOW_MAX_RATE, 1, true, 0,
	  "maxrate", "bps" },
	{ TCA_SLUICE_HORIZON_NS, TCA_FQ_HORIZON, NS_PER_US, false, 0,
	  "horizon", "us" },
	{ TCA_SLUICE_CE_THRESHOLD_NS, TCA_FQ_CE_THRESHOLD, NS_PER_US, true,
	  SLUICE_CE_THRESHOLD_OFF, "ce_threshold", "us" },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct row *row_of(unsigned int attribute)
{
	unsigned int i;

	for (i = 0; i < ROWS; i++)
		if (rows[i].attribute == attribute)
			return &rows[i];
	return NULL;
}

bool sluice_fq_has(unsigned int attribute)
{
	return attribute == TCA_SLUICE_TRAIN_FRAMES ||
	       attribute == TCA_SLUICE_RATE_BYTES_PS ||
	       attribute == TCA_SLUICE_OVERHEAD_BYTES || row_of(attribute);
}

static bool is_off(const struct row *row, uint64_t value)
{
	return row->has_off && value == row->off;
}

static uint32_t fq_value(const struct row *row, uint64_t value)
{
	return is_off(row, value) ? UINT32_MAX : (uint32_t)(value / row->unit);
}

/* ---- what fq can do ---- */

static int option_refuse(const struct sluice_option *option, char *error,
			 size_t error_size)
{
	return sluice_refuse(-EINVAL, error, error_size,
			     "%s: not without the module: leave it out, or install the module ('sluice doctor' says how)",
			     option->name);
}

static int value_check(const struct sluice_option *option, uint64_t value,
		       char *error, size_t error_size)
{
	const struct row *row = row_of(option->attribute);
	char given[64], most[64];

	if (!row || is_off(row, value))
		return 0;
	sluice_option_format(option, value, given, sizeof(given));
	if (value % row->unit)
		return sluice_refuse(-EINVAL, error, error_size,
				     "%s: fq counts whole microseconds, which '%s' is not",
				     option->name, given);
	if (value / row->unit < UINT32_MAX)
		return 0;
	sluice_option_format(option, (uint64_t)row->unit * (UINT32_MAX - 1),
			     most, sizeof(most));
	return sluice_refuse(-EINVAL, error, error_size,
			     "%s: fq holds it in 32 bits, which '%s' does not fit: it takes up to %s",
			     option->name, given, most);
}

int sluice_fq_check(const struct sluice_options *options, char *error,
		    size_t error_size)
{
	const struct sluice_option *option = NULL;
	int err = 0;

	while (!err && (option = sluice_options_next(options, option))) {
		uint64_t value = options->values[option->attribute];

		if (sluice_fq_has(option->attribute))
			err = value_check(option, value, error, error_size);
		else
			err = option_refuse(option, error, error_size);
	}
	return err;
}

/* ---- saying it ---- */

void sluice_fq_put(struct nlmsghdr *request,
		   const struct sluice_options *options)
{
	struct nlattr *nest = mnl_attr_nest_start(request, TCA_OPTIONS);
	unsigned int i;

	mnl_attr_put_u32(request, TCA_FQ_TIMER_SLACK, 0);
	mnl_attr_put_u32(request, TCA_FQ_LOW_RATE_THRESHOLD,
			 LOW_RATE_THRESHOLD);
	mnl_attr_put_u8(request, TCA_FQ_HORIZON_DROP, 0);
	for (i = 0; i < ROWS; i++)
		if (sluice_options_has(options, rows[i].attribute))
			mnl_attr_put_u32(request, rows[i].fq_attribute,
					 fq_value(&rows[i],
						  options->values[rows[i].attribute]));
	mnl_attr_nest_end(request, nest);
}

void sluice_fq_decode(const struct nlattr *nest,
		      struct sluice_options *options)
{
	const struct nlattr *attr;
	uint32_t number;
	unsigned int i;

	mnl_attr_for_each_nested(attr, nest) {
		for (i = 0; i < ROWS; i++)
			if (rows[i].fq_attribute == mnl_attr_get_type(attr))
				break;
		if (i == ROWS || mnl_attr_get_payload_len(attr) != sizeof(number))
			continue;
		memcpy(&number, mnl_attr_get_payload(attr), sizeof(number));
		sluice_options_set(options, rows[i].attribute,
				   rows[i].has_off && number == UINT32_MAX ?
				   rows[i].off :
				   (uint64_t)number * rows[i].unit);
	}
}

void sluice_fq_words(const struct sluice_options *options, char *text,
		     size_t text_size)
{
	size_t length = (size_t)snprintf(text, text_size,
			" timer_slack 0 low_rate_threshold %ubps horizon_cap",
			LOW_RATE_THRESHOLD);
	unsigned int i;

	for (i = 0; i < ROWS && length < text_size; i++)
		if (sluice_options_has(options, rows[i].attribute))
			length += (size_t)snprintf(text + length,
					text_size - length, " %s %" PRIu32 "%s",
					rows[i].word,
					fq_value(&rows[i],
						 options->values[rows[i].attribute]),
					rows[i].suffix);
}
