// SPDX-License-Identifier: GPL-2.0
/* The options of the qdisc; see option.h. */
#include "option.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "refuse.h"
#include "units.h"

#define BITS_PER_BYTE 8

const struct sluice_option sluice_option_table[] = {
	{
		.name = "rate", .key = "rate_bytes_ps",
		.attribute = TCA_SLUICE_RATE_BYTES_PS, .size = 8,
		.unit = SLUICE_UNIT_RATE,
		.min = SLUICE_RATE_MIN_BYTES_PS,
		.max = SLUICE_RATE_MAX_BYTES_PS,
		.words = { { "off", 0 } }, .example = "926mbit",
		.help = "rate of the device, counted on the wire",
	}, {
		.name = "overhead", .key = "overhead_bytes",
		.attribute = TCA_SLUICE_OVERHEAD_BYTES, .size = 4,
		.unit = SLUICE_UNIT_BYTES,
		.max = SLUICE_OVERHEAD_MAX_BYTES, .initial = 24,
		.example = "24",
		.help = "bytes on the wire that a frame's length does not count",
	}, {
		.name = "maxrate", .key = "maxrate_bytes_ps",
		.attribute = TCA_SLUICE_MAXRATE_BYTES_PS, .size = 8,
		.unit = SLUICE_UNIT_RATE,
		.min = SLUICE_RATE_MIN_BYTES_PS,
		.max = SLUICE_RATE_MAX_BYTES_PS,
		.words = { { "off", 0 } }, .example = "100mbit",
		.help = "ceiling of each flow, counted on the wire",
	}, {
		.name = "gain", .key = "gain_percent",
		.attribute = TCA_SLUICE_GAIN_PERCENT, .size = 4,
		.unit = SLUICE_UNIT_PERCENT,
		.min = SLUICE_GAIN_MIN_PERCENT,
		.max = SLUICE_GAIN_MAX_PERCENT, .initial = 90,
		.example = "90%",
		.help = "rate of a TCP flow, in percent of what TCP computed",
	}, {
		.name = "gain_ss", .key = "gain_ss_percent",
		.attribute = TCA_SLUICE_GAIN_SS_PERCENT, .size = 4,
		.unit = SLUICE_UNIT_PERCENT,
		.min = SLUICE_GAIN_MIN_PERCENT,
		.max = SLUICE_GAIN_MAX_PERCENT, .initial = 69,
		.example = "69%",
		.help = "the same in slow start",
	}, {
		.name = "burst", .key = "burst_frames",
		.attribute = TCA_SLUICE_BURST_FRAMES, .size = 4,
		.unit = SLUICE_UNIT_FRAMES,
		.min = 1, .max = SLUICE_BURST_MAX_FRAMES,
		.words = { { "auto", 0 } }, .example = "4",
		.help = "longest train of one flow, in frames",
	}, {
		.name = "burst", .key = "burst_ns",
		.attribute = TCA_SLUICE_BURST_NS, .size = 8,
		.unit = SLUICE_UNIT_TIME,
		.min = 1, .max = SLUICE_BURST_MAX_NS,
		.example = "50us",
		.help = "the same as a length of time",
	}, {
		.name = "train", .key = "train_frames",
		.attribute = TCA_SLUICE_TRAIN_FRAMES, .size = 4,
		.unit = SLUICE_UNIT_FRAMES,
		.min = 1, .max = SLUICE_TRAIN_MAX_FRAMES, .initial = 1,
		.example = "4",
		.help = "frames of TCP that leave as one departure",
	}, {
		.name = "limit", .key = "limit_pkts",
		.attribute = TCA_SLUICE_LIMIT_PKTS, .size = 4,
		.unit = SLUICE_UNIT_PKTS,
		.min = 1, .max = SLUICE_LIMIT_MAX_PKTS, .initial = 10000,
		.example = "10000",
		.help = "packets held in all",
	}, {
		.name = "flow_limit", .key = "flow_limit_pkts",
		.attribute = TCA_SLUICE_FLOW_LIMIT_PKTS, .size = 4,
		.unit = SLUICE_UNIT_PKTS,
		.min = 1, .max = SLUICE_LIMIT_MAX_PKTS, .initial = 100,
		.example = "100",
		.help = "packets held of one flow",
	}, {
		.name = "horizon", .key = "horizon_ns",
		.attribute = TCA_SLUICE_HORIZON_NS, .size = 8,
		.unit = SLUICE_UNIT_TIME,
		.min = SLUICE_HORIZON_MIN_NS, .max = SLUICE_TIME_MAX_NS,
		.initial = 10000000000, .example = "10s",
		.help = "how far ahead a departure may be asked for",
	}, {
		.name = "offload_horizon", .key = "offload_horizon_ns",
		.attribute = TCA_SLUICE_OFFLOAD_HORIZON_NS, .size = 8,
		.unit = SLUICE_UNIT_TIME,
		.min = 1, .max = SLUICE_OFFLOAD_HORIZON_MAX_NS,
		.words = { { "off", 0 } }, .example = "200us",
		.help = "how early a NIC with launch times gets a frame",
	}, {
		.name = "gap_frames", .key = "gap_frames_ns",
		.attribute = TCA_SLUICE_GAP_FRAMES_NS, .size = 8,
		.unit = SLUICE_UNIT_TIME,
		.min = SLUICE_GAP_FRAMES_MIN_NS, .max = SLUICE_GAP_FRAMES_MAX_NS,
		.words = { { "off", 0 } }, .example = "200us",
		.help = "how early any NIC gets a frame; gap frames fill its line",
	}, {
		.name = "timer_slack", .key = "timer_slack_ns",
		.attribute = TCA_SLUICE_TIMER_SLACK_NS, .size = 8,
		.unit = SLUICE_UNIT_TIME,
		.min = 1, .max = SLUICE_TIMER_SLACK_MAX_NS,
		.words = { { "off", 0 } }, .example = "50us",
		.help = "how late a timer may be to serve other departures as well",
	}, {
		.name = "forward", .key = "forward_ns",
		.attribute = TCA_SLUICE_FORWARD_NS, .size = 8,
		.unit = SLUICE_UNIT_TIME,
		.min = SLUICE_SMOOTH_MIN_NS, .max = SLUICE_SMOOTH_MAX_NS,
		.words = { { "off", 0 }, { "auto", SLUICE_FORWARD_AUTO } },
		.example = "1ms",
		.help = "most that frames of guests and forwarded ones are held to leave evenly",
	}, {
		.name = "smooth", .key = "smooth_ns",
		.attribute = TCA_SLUICE_SMOOTH_NS, .size = 8,
		.unit = SLUICE_UNIT_TIME,
		.min = SLUICE_SMOOTH_MIN_NS, .max = SLUICE_SMOOTH_MAX_NS,
		.words = { { "off", 0 } }, .example = "8ms",
		.help = "the same for UDP of sockets that ask for no rate",
	}, {
		.name = "ce_threshold", .key = "ce_threshold_ns",
		.attribute = TCA_SLUICE_CE_THRESHOLD_NS, .size = 8,
		.unit = SLUICE_UNIT_TIME,
		.max = SLUICE_TIME_MAX_NS, .initial = SLUICE_CE_THRESHOLD_OFF,
		.words = { { "off", SLUICE_CE_THRESHOLD_OFF } },
		.example = "1ms",
		.help = "mark ECN packets that are held longer than this",
	}, {
		.name = "codel_target", .key = "codel_target_ns",
		.attribute = TCA_SLUICE_CODEL_TARGET_NS, .size = 8,
		.unit = SLUICE_UNIT_TIME,
		.min = 1, .max = SLUICE_TIME_MAX_NS, .initial = 5000000,
		.words = { { "off", 0 } }, .example = "5ms",
		.help = "hold time that CoDel accepts",
	}, {
		.name = "codel_interval", .key = "codel_interval_ns",
		.attribute = TCA_SLUICE_CODEL_INTERVAL_NS, .size = 8,
		.unit = SLUICE_UNIT_TIME,
		.min = SLUICE_CODEL_INTERVAL_MIN_NS, .max = SLUICE_TIME_MAX_NS,
		.initial = 100000000, .example = "100ms",
		.help = "how long CoDel lets it be exceeded",
	},
	{ .name = NULL },
};

const struct sluice_option *sluice_option_find(const char *name)
{
	const struct sluice_option *option = sluice_option_table;

	for (; option->name; option++)
		if (!strcmp(option->name, name))
			return option;
	return NULL;
}

const struct sluice_option *sluice_option_meant(const char *word)
{
	char name[32], *at;

	word += strspn(word, "-");
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "=:"), word);
	for (at = name; *at; at++)
		if (*at == '-')
			*at = '_';
	return sluice_option_find(name);
}

static const struct sluice_option *
option_twin(const struct sluice_option *option)
{
	const struct sluice_option *twin = option + 1;

	return twin->name && !strcmp(twin->name, option->name) ? twin : NULL;
}

static const struct sluice_option *
option_elder_twin(const struct sluice_option *option)
{
	return option != sluice_option_table &&
	       !strcmp(option[-1].name, option->name) ? option - 1 : NULL;
}

static void names_list(char *text, size_t text_size)
{
	const struct sluice_option *option = sluice_option_table;
	const char *last = "";
	size_t length = 0;

	text[0] = '\0';
	for (; option->name; option++) {
		if (!strcmp(option->name, last) || length >= text_size)
			continue;
		length += (size_t)snprintf(text + length, text_size - length,
					   "%s%s", length ? ", " : "",
					   option->name);
		last = option->name;
	}
}

/* Digits only: for burst, a number of frames and not a time. */
static bool is_plain_number(const char *text)
{
	return *text && !text[strspn(text, "0123456789")];
}

/* One value, in the unit of the attribute; the range is not checked yet. */
static int value_parse(const struct sluice_option *option, const char *text,
		       uint64_t *ret, char *error, size_t error_size)
{
	char number[32], reason[160];
	size_t length = strlen(text);
	int err;

	switch (option->unit) {
	case SLUICE_UNIT_RATE:
		err = sluice_parse_rate(text, ret, error, error_size);
		if (err)
			return err;
		if (*ret % BITS_PER_BYTE)
			return sluice_refuse(-EINVAL, error, error_size,
					     "'%s' is not a whole number of bytes per second",
					     text);
		*ret /= BITS_PER_BYTE;
		return 0;
	case SLUICE_UNIT_TIME:
		return sluice_parse_time(text, ret, error, error_size);
	case SLUICE_UNIT_BYTES:
		return sluice_parse_size(text, ret, error, error_size);
	case SLUICE_UNIT_PERCENT:
		if (length && length < sizeof(number) &&
		    text[length - 1] == '%') {
			memcpy(number, text, length - 1);
			number[length - 1] = '\0';
			err = sluice_parse_count(number, ret, reason,
						 sizeof(reason));
			return err ? sluice_refuse(err, error, error_size,
						   "'%s' is not a whole number of percent",
						   text) : 0;
		}
		return sluice_parse_count(text, ret, error, error_size);
	case SLUICE_UNIT_FRAMES:
	case SLUICE_UNIT_PKTS:
		return sluice_parse_count(text, ret, error, error_size);
	}
	return sluice_refuse(-EINVAL, error, error_size, "'%s' has no unit",
			     text);
}

/* "92.5%" of the link, where the option is a rate. */
static bool is_share(const struct sluice_option *option, const char *text)
{
	size_t length = strlen(text);

	return option->unit == SLUICE_UNIT_RATE && length &&
	       text[length - 1] == '%';
}

/* The row of a pair that was not chosen is set to 0: not in force. */
static void options_put(struct sluice_options *options,
			const struct sluice_option *option, uint64_t value)
{
	const struct sluice_option *twin = option_twin(option);

	if (!twin)
		twin = option_elder_twin(option);
	if (twin)
		sluice_options_set(options, twin->attribute, 0);
	sluice_options_set(options, option->attribute, value);
}

/* Parse and check one option, and put it there. */
static int option_parse(const struct sluice_option *option, const char *text,
			struct sluice_options *options, char *error,
			size_t error_size)
{
	const struct sluice_option *twin = option_twin(option);
	bool is_of_link = is_share(option, text);
	char reason[192], range[96];
	uint64_t value = 0;
	int err, i;

	for (i = 0; i < SLUICE_OPTION_WORDS && option->words[i].name; i++)
		if (!strcmp(option->words[i].name, text)) {
			options_put(options, option, option->words[i].value);
			return 0;
		}
	sluice_option_range(option, range, sizeof(range));
	if (twin && !is_plain_number(text))
		option = twin;
	err = is_of_link ?
	      sluice_parse_share(text, &value, reason, sizeof(reason)) :
	      value_parse(option, text, &value, reason, sizeof(reason));
	if (err)
		return sluice_refuse(-EINVAL, error, error_size,
				     "%s: %s; it takes %s", option->name,
				     reason, range);
	if (value < (is_of_link ? 1 : option->min) ||
	    value > (is_of_link ? SLUICE_SHARE_MAX_PPM : option->max))
		return sluice_refuse(-EINVAL, error, error_size,
				     "%s: '%s' is out of range; it takes %s",
				     option->name, text, range);
	if (is_of_link)
		sluice_options_set_share(options, option->attribute, value);
	else
		options_put(options, option, value);
	return 0;
}

int sluice_option_refuse(const char *word, char *error, size_t error_size)
{
	const struct sluice_option *meant = sluice_option_meant(word);
	char names[256];

	if (meant)
		return sluice_refuse(-EINVAL, error, error_size,
				     "there is no option '%s': it is written as in '%s %s'",
				     word, meant->name, meant->example);
	names_list(names, sizeof(names));
	return sluice_refuse(-EINVAL, error, error_size,
			     "there is no option '%s': use one of %s", word,
			     names);
}

int sluice_options_parse(unsigned int n_words, char *const *words,
			 struct sluice_options *ret, char *error,
			 size_t error_size)
{
	struct sluice_options options = { .given = 0 };
	unsigned int i;

	for (i = 0; i < n_words; i += 2) {
		const struct sluice_option *option = sluice_option_find(words[i]);
		const struct sluice_option *twin;
		int err;

		if (!option)
			return sluice_option_refuse(words[i], error, error_size);
		twin = option_twin(option);
		if (sluice_options_has(&options, option->attribute) ||
		    (twin && sluice_options_has(&options, twin->attribute)))
			return sluice_refuse(-EINVAL, error, error_size,
					     "%s is given twice: say it once",
					     words[i]);
		if (i + 1 == n_words)
			return sluice_refuse(-EINVAL, error, error_size,
					     "%s needs a value, such as '%s %s'",
					     words[i], words[i],
					     option->example);
		err = option_parse(option, words[i + 1], &options, error,
				   error_size);
		if (err)
			return err;
	}
	*ret = options;
	return 0;
}

void sluice_option_format(const struct sluice_option *option, uint64_t value,
			  char *text, size_t text_size)
{
	int i;

	for (i = 0; i < SLUICE_OPTION_WORDS && option->words[i].name; i++)
		if (value == option->words[i].value) {
			snprintf(text, text_size, "%s", option->words[i].name);
			return;
		}
	switch (option->unit) {
	case SLUICE_UNIT_RATE:
		if (value > UINT64_MAX / BITS_PER_BYTE)
			snprintf(text, text_size, "%" PRIu64 "B/s", value);
		else
			sluice_format_rate(value * BITS_PER_BYTE, text,
					   text_size);
		break;
	case SLUICE_UNIT_TIME:
		sluice_format_time(value, text, text_size);
		break;
	case SLUICE_UNIT_PERCENT:
		snprintf(text, text_size, "%" PRIu64 "%%", value);
		break;
	case SLUICE_UNIT_BYTES:
	case SLUICE_UNIT_FRAMES:
	case SLUICE_UNIT_PKTS:
		snprintf(text, text_size, "%" PRIu64, value);
		break;
	}
}

void sluice_option_range(const struct sluice_option *option, char *text,
			 size_t text_size)
{
	static const char *const units[] = {
		[SLUICE_UNIT_RATE] = "",
		[SLUICE_UNIT_TIME] = "",
		[SLUICE_UNIT_BYTES] = " bytes",
		[SLUICE_UNIT_FRAMES] = " frames",
		[SLUICE_UNIT_PKTS] = " packets",
		[SLUICE_UNIT_PERCENT] = "",
	};
	const struct sluice_option *twin = option_twin(option);
	const struct sluice_option_word *word = option->words;
	char low[48], high[48], twin_range[64] = "";

	sluice_option_format(option, option->min, low, sizeof(low));
	sluice_option_format(option, option->max, high, sizeof(high));
	if (twin) {
		char twin_low[24], twin_high[24];

		sluice_option_format(twin, twin->min, twin_low,
				     sizeof(twin_low));
		sluice_option_format(twin, twin->max, twin_high,
				     sizeof(twin_high));
		snprintf(twin_range, sizeof(twin_range), ", %s to %s",
			 twin_low, twin_high);
	}
	snprintf(text, text_size, "%s to %s%s%s%s%s%s%s%s", low, high,
		 units[option->unit], twin_range,
		 option->unit == SLUICE_UNIT_RATE ?
		 ", up to 100% of the link" : "",
		 word[1].name ? ", " : "", word[1].name ? word[1].name : "",
		 word[0].name ? ", or " : "", word[0].name ? word[0].name : "");
}

/* Of a pair, the row that is not in force says nothing. */
static bool option_is_shown(const struct sluice_options *options,
			    const struct sluice_option *option)
{
	const struct sluice_option *twin = option_twin(option);

	if (!sluice_options_has(options, option->attribute))
		return false;
	if (twin && sluice_options_has(options, twin->attribute))
		return !options->values[twin->attribute];
	if (option_elder_twin(option))
		return options->values[option->attribute];
	return true;
}

const struct sluice_option *
sluice_options_next(const struct sluice_options *options,
		    const struct sluice_option *after)
{
	const struct sluice_option *option =
		after ? after + 1 : sluice_option_table;

	for (; option->name; option++)
		if (option_is_shown(options, option))
			return option;
	return NULL;
}

const struct sluice_option *
sluice_options_next_number(const struct sluice_options *options,
			   const struct sluice_option *after)
{
	const struct sluice_option *option;

	option = after ? after + 1 : sluice_option_table;
	for (; option->name; option++)
		if (sluice_options_has(options, option->attribute) &&
		    options->values[option->attribute] <= INT64_MAX)
			return option;
	return NULL;
}
