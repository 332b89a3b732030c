// SPDX-License-Identifier: GPL-2.0
/* Flags that have a value; see flag.h. */
#include "flag.h"

#include <inttypes.h>

#include "../lib/units.h"
#include "cmd.h"
#include "out.h"

static int value_missing(const struct flag *flag, const char *what)
{
	return out_refuse(EXIT_USAGE, flag->command,
			  "%s needs %s behind it", flag->name, what);
}

int flag_time(const struct flag *flag, const char *word, uint64_t *ret_ns)
{
	char error[256], min[32], max[32];
	uint64_t ns;

	if (!word)
		return value_missing(flag, "a time");
	if (sluice_parse_time(word, &ns, error, sizeof(error)))
		return out_refuse(EXIT_USAGE, flag->command, "%s: %s",
				  flag->name, error);
	if (ns < flag->min || ns > flag->max) {
		sluice_format_time(flag->min, min, sizeof(min));
		sluice_format_time(flag->max, max, sizeof(max));
		return out_refuse(EXIT_USAGE, flag->command,
				  "%s: '%s' is out of range: it takes %s to %s",
				  flag->name, word, min, max);
	}
	*ret_ns = ns;
	return EXIT_DONE;
}

int flag_count(const struct flag *flag, const char *word, uint64_t *ret)
{
	char error[256];
	uint64_t count;

	if (!word)
		return value_missing(flag, "a number");
	if (sluice_parse_count(word, &count, error, sizeof(error)))
		return out_refuse(EXIT_USAGE, flag->command, "%s: %s",
				  flag->name, error);
	if (count < flag->min || count > flag->max)
		return out_refuse(EXIT_USAGE, flag->command,
				  "%s: '%s' is out of range: it takes %" PRIu64 " to %" PRIu64,
				  flag->name, word, flag->min, flag->max);
	*ret = count;
	return EXIT_DONE;
}
