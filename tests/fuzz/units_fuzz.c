// SPDX-License-Identifier: GPL-2.0
/*
 * Words from the command line that nobody expected, the same ones in every
 * run: a parser returns 0 or -EINVAL, leaves its result alone when it refuses
 * and always gives a reason; what it accepts it can write and read again.
 */
#include <errno.h>
#include <stdlib.h>

#include "../../user/lib/option.h"
#include "../../user/lib/units.h"
#include "../unit/core_random.h"
#include "../unit/user_tap.h"

#define SEED		0x54
#define ROUNDS		400000
#define UNTOUCHED	0x5a5a5a5a5a5a5a5aull

static const char *const pieces[] = {
	"", "0", "1", "9", "926", "18446744073709551615",
	"18446744073709551616", "00", ".", ".5", "-", "+", " ", "%", "e9",
	"0x", "bit", "kbit", "mbit", "gbit", "tbit", "gbps", "bps", "Gbit",
	"ns", "us", "ms", "s", "B", "kB", "KiB", "MB", "GiB", "ppm", "off",
	"auto", "\x80", "\xff", "%s", "%n", "mbitmbit",
};

#define N_PIECES (sizeof(pieces) / sizeof(pieces[0]))

struct parser {
	const char *name;
	int (*parse)(const char *text, uint64_t *ret, char *error,
		     size_t error_size);
	void (*format)(uint64_t value, char *text, size_t text_size);
};

static const struct parser parsers[] = {
	{ "count", sluice_parse_count, NULL },
	{ "rate", sluice_parse_rate, sluice_format_rate },
	{ "time", sluice_parse_time, sluice_format_time },
	{ "size", sluice_parse_size, NULL },
	{ "share", sluice_parse_share, NULL },
};

/* A word on the heap, exactly as long as it is, so that ASan sees its end. */
static char *random_word(u64 *state)
{
	char word[128] = "";
	size_t length = 0;
	u64 i, n = 1 + random_below(state, 4);

	if (!random_below(state, 3)) {
		length = random_below(state, 40);
		for (i = 0; i < length; i++)
			word[i] = (char)(1 + random_below(state, 255));
		word[length] = '\0';
	}
	for (i = 0; i < n; i++)
		length += (size_t)snprintf(word + length, sizeof(word) - length,
				"%s", pieces[random_below(state, N_PIECES)]);
	return strdup(word);
}

static bool round_trip_holds(const struct parser *parser, uint64_t value)
{
	char text[64], error[256];
	uint64_t again;

	if (!parser->format)
		return true;
	parser->format(value, text, sizeof(text));
	return !parser->parse(text, &again, error, sizeof(error)) &&
	       again == value;
}

static void fuzz_parser(const struct parser *parser)
{
	char claim[80], error[256];
	u64 state = SEED, i, accepted = 0;
	bool is_met = true;

	for (i = 0; i < ROUNDS && is_met; i++) {
		char *word = random_word(&state);
		uint64_t value = UNTOUCHED;
		int err;

		error[0] = '\0';
		/* A small buffer cuts the reason short, no more. */
		err = parser->parse(word, &value, error,
				    i % 2 ? sizeof(error) : 8);
		if (err)
			is_met = err == -EINVAL && value == UNTOUCHED &&
				 error[0];
		else
			is_met = round_trip_holds(parser, value);
		if (!is_met)
			printf("# '%s'\n", word);
		accepted += !err;
		free(word);
	}
	snprintf(claim, sizeof(claim), "fuzz: any word as a %s", parser->name);
	tap_ok(is_met && accepted, claim);
}

static bool is_word(const struct sluice_option *option, uint64_t value)
{
	int i;

	for (i = 0; i < SLUICE_OPTION_WORDS && option->words[i].name; i++)
		if (value == option->words[i].value)
			return true;
	return false;
}

static bool options_hold(const struct sluice_options *options)
{
	const struct sluice_option *option = sluice_option_table;

	for (; option->name; option++) {
		uint64_t value = options->values[option->attribute];

		if (!sluice_options_has(options, option->attribute))
			continue;
		if (sluice_options_is_share(options, option->attribute)) {
			if (option->unit != SLUICE_UNIT_RATE || !value ||
			    value > SLUICE_SHARE_MAX_PPM)
				return false;
			continue;
		}
		if ((value < option->min || value > option->max) && value &&
		    !is_word(option, value))
			return false;
	}
	return true;
}

static char *option_word(u64 *state)
{
	u64 n = 0;

	if (!random_below(state, 8))
		return random_word(state);
	while (sluice_option_table[n].name)
		n++;
	return strdup(sluice_option_table[random_below(state, n)].name);
}

static char *value_word(u64 *state)
{
	const struct sluice_option *option = sluice_option_table;
	u64 n = 0;

	if (!random_below(state, 2))
		return random_word(state);
	while (option[n].name)
		n++;
	return strdup(option[random_below(state, n)].example);
}

static void fuzz_options(void)
{
	u64 state = SEED, i, n, accepted = 0;
	bool is_met = true;
	char error[512];

	for (i = 0; i < ROUNDS && is_met; i++) {
		struct sluice_options options = { .given = UINT32_MAX };
		u64 n_words = random_below(&state, 8);
		char *words[8];
		int err;

		for (n = 0; n < n_words; n++)
			words[n] = n % 2 ? value_word(&state) :
					   option_word(&state);
		error[0] = '\0';
		err = sluice_options_parse((unsigned int)n_words, words,
					   &options, error, sizeof(error));
		if (err)
			is_met = err == -EINVAL && error[0] &&
				 options.given == UINT32_MAX;
		else
			is_met = options_hold(&options);
		accepted += !err && n_words;
		for (n = 0; n < n_words; n++)
			free(words[n]);
	}
	tap_ok(is_met && accepted > 1000, "fuzz: any words as options");
	printf("# %llu accepted\n", accepted);
}

/* Numbers for people are in no notation that only some of them read. */
static void test_about(void)
{
	static const struct { double value; const char *wanted; } cases[] = {
		{ 0.5, "0.5" }, { 1, "1" }, { 12.34, "12.3" }, { 99.49, "99.5" },
		{ 99.6, "100" }, { 999.9, "1000" }, { 1e6, "1000000" },
	};
	bool is_met = true;
	char text[32];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sluice_format_number_about(cases[i].value, text, sizeof(text));
		if (!strcmp(text, cases[i].wanted))
			continue;
		printf("# %s, not %s\n", text, cases[i].wanted);
		is_met = false;
	}
	tap_ok(is_met, "about: three digits, and no exponent");
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(parsers) / sizeof(parsers[0]); i++)
		fuzz_parser(&parsers[i]);
	fuzz_options();
	test_about();
	return tap_done();
}
