/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Named values with a type and a range, described by tables: the same parser
 * serves the lines of a scenario file, the options of a flow or a policy, and
 * `--set KEY=VALUE`, so they cannot disagree.
 */
#ifndef SLUICE_LAB_FIELDS_H
#define SLUICE_LAB_FIELDS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define LAB_NAME_BYTES 32
#define LAB_TEXT_BYTES 384
#define LAB_ERROR_BYTES 640

enum lab_value {
	LAB_VALUE_COUNT,	/* u64 */
	LAB_VALUE_COUNT_RANGE,	/* u64[2], "4" or "1-4" */
	LAB_VALUE_RATE,		/* u64, bits/s */
	LAB_VALUE_TIME,		/* u64, ns */
	LAB_VALUE_TIME_RANGE,	/* u64[2], ns, "5ms" or "0..78ms" */
	LAB_VALUE_SECONDS,	/* u64, ns, a bare number of seconds */
	LAB_VALUE_SIZE,		/* u64, bytes */
	LAB_VALUE_SHARE,	/* u64, parts per million */
	LAB_VALUE_SWITCH,	/* u64, on or off */
	LAB_VALUE_NAME,		/* char[LAB_NAME_BYTES], letters, digits, _-.+ */
	LAB_VALUE_TEXT,		/* char[LAB_TEXT_BYTES] */
};

struct lab_field {
	const char *name;	/* as written */
	enum lab_value value;
	size_t offset;		/* in the object that the table describes */
	uint64_t min;		/* in the unit of the value */
	uint64_t max;
	const char *range;	/* the valid values, for people */
	const char *json_key;	/* with its unit; NULL: not recorded */
	unsigned int kinds;	/* which kinds of object take it; 0: all */
};

/* Tables end with a field without a name. */
const struct lab_field *lab_field_find(const struct lab_field *table,
				       const char *name);

/*
 * Parse text into the field of object. Returns 0, or -EINVAL with a phrase
 * that names the field and its range; object is then unchanged.
 */
int lab_field_parse(const struct lab_field *field, void *object,
		    const char *text, char *error, size_t error_size);

/* The object with its json_keys, as numbers in their units. */
json_t *lab_fields_json(const struct lab_field *table, const void *object);

/*
 * Cut line into words in place: blanks separate, double quotes join, # starts
 * a comment. Returns the number of words or -EINVAL with a phrase.
 */
int lab_words_split(char *line, char **words, unsigned int words_max,
		    char *error, size_t error_size);

/* Writes the phrase. Returns -EINVAL. */
__attribute__((format(printf, 3, 4)))
int lab_refuse(char *error, size_t error_size, const char *format, ...);

#endif
