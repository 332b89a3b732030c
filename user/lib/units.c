// SPDX-License-Identifier: GPL-2.0
/* Quantities as people write them; see units.h. */
#include "units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "refuse.h"

struct unit {
	const char *name;
	uint64_t factor;
};

/* From small to large; the formatters walk them backwards. */
static const struct unit rate_units[] = {
	{ "bit", 1 },
	{ "kbit", 1000 },
	{ "mbit", 1000000 },
	{ "gbit", 1000000000 },
	{ "tbit", 1000000000000 },
	{ NULL, 0 },
};

static const struct unit time_units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "ms", 1000000 },
	{ "s", SLUICE_NSEC_PER_SEC },
	{ NULL, 0 },
};

static const struct unit size_units[] = {
	{ "", 1 },
	{ "B", 1 },
	{ "kB", 1000 },
	{ "KiB", 1024 },
	{ "MB", 1000000 },
	{ "MiB", 1048576 },
	{ "GB", 1000000000 },
	{ "GiB", 1073741824 },
	{ NULL, 0 },
};

static const struct unit share_units[] = {
	{ "ppm", 1 },
	{ "%", 10000 },
	{ NULL, 0 },
};

static const struct unit count_units[] = {
	{ "", 1 },
	{ NULL, 0 },
};

/* Digits after the point that are kept: 10^18 still fits in 64 bits. */
#define FRACTION_DIGITS_MAX 18

/* What "INT[.FRACTION]" is: whole + fraction / scale. */
struct number {
	uint64_t whole, fraction, scale;
	bool is_huge;		/* whole does not fit */
};

/* Returns where the number ends, or NULL if there is none. */
static const char *number_read(const char *text, struct number *ret)
{
	uint64_t whole = 0, fraction = 0, scale = 1;
	unsigned int digits = 0;
	const char *at = text;
	bool is_huge = false;

	for (; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, (uint64_t)(*at - '0'), &whole))
			is_huge = true;
	if (at == text)
		return NULL;
	if (*at == '.') {
		const char *point = at++;

		for (; *at >= '0' && *at <= '9'; at++) {
			if (++digits > FRACTION_DIGITS_MAX)
				return NULL;
			fraction = fraction * 10 + (uint64_t)(*at - '0');
			scale *= 10;
		}
		if (at == point + 1)
			return NULL;
	}
	*ret = (struct number){ whole, fraction, scale, is_huge };
	return at;
}

/* The number times factor, exactly or not at all. */
static int scale_exactly(const struct number *number, uint64_t factor,
			 uint64_t *ret)
{
	unsigned __int128 part = (unsigned __int128)number->fraction * factor;
	uint64_t value;

	if (part % number->scale)
		return -EDOM;
	if (number->is_huge ||
	    __builtin_mul_overflow(number->whole, factor, &value) ||
	    __builtin_add_overflow(value, (uint64_t)(part / number->scale),
				   &value))
		return -ERANGE;
	*ret = value;
	return 0;
}

/*
 * Letters of both cases are the same. Not strcasecmp(), which goes by the
 * user's language: in Turkish the small letter of I is another one.
 */
static int compare_caseless(const char *a, const char *b)
{
	for (;; a++, b++) {
		int left = *a >= 'A' && *a <= 'Z' ? *a - 'A' + 'a' : *a;
		int right = *b >= 'A' && *b <= 'Z' ? *b - 'A' + 'a' : *b;

		if (left != right || !left)
			return left - right;
	}
}

static const struct unit *unit_find(const struct unit *units, const char *name,
				    int (*compare)(const char *, const char *))
{
	for (; units->name; units++)
		if (!compare(units->name, name))
			return units;
	return NULL;
}

static int quantity_parse(const char *text, const struct unit *units,
			  int (*compare)(const char *, const char *),
			  const char *what, const char *smallest, uint64_t *ret,
			  char *error, size_t error_size)
{
	const struct unit *unit;
	struct number number;
	const char *end;

	end = number_read(text, &number);
	if (!end)
		return sluice_refuse(-EINVAL, error, error_size,
				     "'%s' is not %s", text, what);
	unit = unit_find(units, end, compare);
	if (!unit && !*end && !number.whole && !number.fraction &&
	    !number.is_huge)
		unit = units;
	if (!unit && !*end)
		return sluice_refuse(-EINVAL, error, error_size,
				     "'%s' is not %s: it has no unit, which stands right behind the number",
				     text, what);
	if (!unit)
		return sluice_refuse(-EINVAL, error, error_size,
				     "'%s' is not %s", text, what);
	switch (scale_exactly(&number, unit->factor, ret)) {
	case 0:
		return 0;
	case -EDOM:
		return sluice_refuse(-EINVAL, error, error_size,
				     "'%s' is finer than %s", text, smallest);
	default:
		return sluice_refuse(-EINVAL, error, error_size,
				     "'%s' is too large", text);
	}
}

int sluice_parse_count(const char *text, uint64_t *ret_count, char *error,
		       size_t error_size)
{
	return quantity_parse(text, count_units, strcmp, "a whole number",
			      "a whole number", ret_count, error, error_size);
}

int sluice_parse_rate(const char *text, uint64_t *ret_bits_ps, char *error,
		      size_t error_size)
{
	size_t length = strlen(text);

	if (length >= 3 && !compare_caseless(text + length - 3, "bps"))
		return sluice_refuse(-EINVAL, error, error_size,
				     "'%s' could mean bits or bytes (in tc, bps is bytes per second): write bits as kbit, mbit or gbit",
				     text);
	return quantity_parse(text, rate_units, compare_caseless,
			      "a rate such as 926mbit or 9.26gbit", "1 bit/s",
			      ret_bits_ps, error, error_size);
}

int sluice_parse_time(const char *text, uint64_t *ret_ns, char *error,
		      size_t error_size)
{
	return quantity_parse(text, time_units, strcmp,
			      "a time such as 10ms or 16.7ms (ns, us, ms, s)",
			      "1 ns", ret_ns, error, error_size);
}

int sluice_parse_size(const char *text, uint64_t *ret_bytes, char *error,
		      size_t error_size)
{
	return quantity_parse(text, size_units, strcmp,
			      "a size such as 100kB or 64KiB", "1 byte",
			      ret_bytes, error, error_size);
}

int sluice_parse_share(const char *text, uint64_t *ret_ppm, char *error,
		       size_t error_size)
{
	return quantity_parse(text, share_units, strcmp,
			      "a share such as 0.1% or 0", "1 ppm", ret_ppm,
			      error, error_size);
}

/* Largest unit that needs no fraction or a short one. */
static void quantity_format(uint64_t value, const struct unit *units,
			    unsigned int units_count, char *text,
			    size_t text_size)
{
	unsigned int i = units_count;
	uint64_t fraction;
	char digits[24];
	size_t length;

	while (--i > 0)
		if (value >= units[i].factor)
			break;
	fraction = value % units[i].factor;
	if (!fraction) {
		snprintf(text, text_size, "%" PRIu64 "%s",
			 value / units[i].factor, units[i].name);
		return;
	}
	/* factor + fraction prints as 1, then the fraction with its zeros */
	length = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64,
				  units[i].factor + fraction);
	while (length > 1 && digits[length - 1] == '0')
		digits[--length] = '\0';
	snprintf(text, text_size, "%" PRIu64 ".%s%s", value / units[i].factor,
		 digits + 1, units[i].name);
}

void sluice_format_rate(uint64_t bits_ps, char *text, size_t text_size)
{
	quantity_format(bits_ps, rate_units, 5, text, text_size);
}

void sluice_format_time(uint64_t ns, char *text, size_t text_size)
{
	quantity_format(ns, time_units, 4, text, text_size);
}

void sluice_format_share(uint64_t ppm, char *text, size_t text_size)
{
	quantity_format(ppm, &share_units[1], 1, text, text_size);
}

/* The nearest number of four digits and zeroes. */
static uint64_t round_to_four_digits(uint64_t value)
{
	uint64_t scale = 1;

	while (value / scale >= 10000)
		scale *= 10;
	return (value / scale + (value % scale * 2 >= scale && scale > 1)) *
	       scale;
}

void sluice_format_rate_about(uint64_t bits_ps, char *text, size_t text_size)
{
	sluice_format_rate(round_to_four_digits(bits_ps), text, text_size);
}

void sluice_format_time_about(uint64_t ns, char *text, size_t text_size)
{
	sluice_format_time(round_to_four_digits(ns), text, text_size);
}

void sluice_format_number_about(double value, char *text, size_t text_size)
{
	snprintf(text, text_size, value < 99.5 ? "%.3g" : "%.0f", value);
}
