// SPDX-License-Identifier: GPL-2.0
/* Flags that have a value; see flag.h. */
#include "flag.h"

#include <inttypes.h>
#include <stdio.h>

#include "../lib/units.h"
#include "cmd.h"
#include "out.h"

static int value_missing(const struct flag *flag, const char *what)
{
	return out_refuse(EXIT_USAGE, flag->command,
			  "%s needs %s behind it", flag->name, what);
}

/* Every refusal of a value says what it takes, as those of options do. */
static int value_refuse(const struct flag *flag, const char *word,
			const char *error, const char *min, const char *max)
{
	if (error)
		return out_refuse(EXIT_USAGE, flag->command,
				  "%s: %s; it takes %s to %s", flag->name,
				  error, min, max);
	return out_refuse(EXIT_USAGE, flag->command,
			  "%s: '%s' is out of range: it takes %s to %s",
			  flag->name, word, min, max);
}

/* Whoever reads the flags of a command keeps them, so that each is one address. */
static int repeated_refuse(const struct flag *flag)
{
	static const struct flag *given[16];
	unsigned int i;

	for (i = 0; i < sizeof(given) / sizeof(given[0]) && given[i]; i++)
		if (given[i] == flag)
			return out_refuse(EXIT_USAGE, flag->command,
					  "%s is given twice: give it once",
					  flag->name);
	if (i < sizeof(given) / sizeof(given[0]))
		given[i] = flag;
	return EXIT_DONE;
}

int flag_time(const struct flag *flag, const char *word, uint64_t *ret_ns)
{
	char error[256], min[32], max[32];
	uint64_t ns = 0;
	int err;

	if (!word)
		return value_missing(flag, "a time");
	if (repeated_refuse(flag))
		return EXIT_USAGE;
	err = sluice_parse_time(word, &ns, error, sizeof(error));
	sluice_format_time(flag->min, min, sizeof(min));
	sluice_format_time(flag->max, max, sizeof(max));
	if (err || ns < flag->min || ns > flag->max)
		return value_refuse(flag, word, err ? error : NULL, min, max);
	*ret_ns = ns;
	return EXIT_DONE;
}

int flag_count(const struct flag *flag, const char *word, uint64_t *ret)
{
	char error[256], min[32], max[32];
	uint64_t count = 0;
	int err;

	if (!word)
		return value_missing(flag, "a number");
	if (repeated_refuse(flag))
		return EXIT_USAGE;
	err = sluice_parse_count(word, &count, error, sizeof(error));
	snprintf(min, sizeof(min), "%" PRIu64, flag->min);
	snprintf(max, sizeof(max), "%" PRIu64, flag->max);
	if (err || count < flag->min || count > flag->max)
		return value_refuse(flag, word, err ? error : NULL, min, max);
	*ret = count;
	return EXIT_DONE;
}
