/* SPDX-License-Identifier: GPL-2.0 */
/* Quantities of the scope as text, one type for all, so that several fit into one line of printf. */
#ifndef SLUICE_SCOPE_WORDS_H
#define SLUICE_SCOPE_WORDS_H

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../lib/units.h"

struct scope_text { char text[48]; };

/* "1.234gbit": four digits that count; not negative, not NAN. */
static inline struct scope_text rate_of(double bits_ps)
{
	struct scope_text ret = { "" };

	sluice_format_rate_about((uint64_t)bits_ps, ret.text, sizeof(ret.text));
	return ret;
}

/* The same of a time. */
static inline struct scope_text time_of(uint64_t ns)
{
	struct scope_text ret = { "" };

	sluice_format_time_about(ns, ret.text, sizeof(ret.text));
	return ret;
}

/* Of what stamps that are wrong by least_ns do not tell from 0, no more than that. */
static inline struct scope_text told_of(uint64_t ns, uint32_t least_ns)
{
	struct scope_text ret = { "below " };
	size_t length = ns < least_ns ? strlen(ret.text) : 0;

	sluice_format_time_about(ns < least_ns ? least_ns : ns,
				 ret.text + length, sizeof(ret.text) - length);
	return ret;
}

/* How far a rate is off, with its sign: in percent where ppm would have more than four digits. */
static inline struct scope_text error_of(double ppm)
{
	struct scope_text ret = { "" };

	if (ppm > -9999.5 && ppm < 9999.5)
		snprintf(ret.text, sizeof(ret.text), "%+.4g ppm", ppm);
	else
		snprintf(ret.text, sizeof(ret.text), "%+.4g %%", ppm / 1e4);
	return ret;
}

/* Exact below 10 kB; from there four digits that count, in units of 1000. */
static inline struct scope_text bytes_of(uint64_t bytes)
{
	struct scope_text ret = { "" };

	if (bytes >= 10000000)
		snprintf(ret.text, sizeof(ret.text), "%.4gMB", (double)bytes / 1e6);
	else if (bytes >= 10000)
		snprintf(ret.text, sizeof(ret.text), "%.4gkB", (double)bytes / 1e3);
	else
		snprintf(ret.text, sizeof(ret.text), "%" PRIu64 "B", bytes);
	return ret;
}

#endif
