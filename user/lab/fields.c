// SPDX-License-Identifier: GPL-2.0
/* Named values with a type and a range; see fields.h. */
#include "fields.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../lib/units.h"

int lab_refuse(char *error, size_t error_size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, error_size, format, args);
	va_end(args);
	return -EINVAL;
}

const struct lab_field *lab_field_find(const struct lab_field *table,
				       const char *name)
{
	for (; table->name; table++)
		if (!strcmp(table->name, name))
			return table;
	return NULL;
}

static int switch_parse(const char *text, uint64_t *ret)
{
	if (strcmp(text, "on") && strcmp(text, "off"))
		return -EINVAL;
	*ret = !strcmp(text, "on");
	return 0;
}

static int seconds_parse(const char *text, uint64_t *ret_ns, char *error,
			 size_t error_size)
{
	char with_unit[64];

	if (!isdigit((unsigned char)text[strlen(text) - 1]))
		return lab_refuse(error, error_size,
				  "'%s' is not a bare number of seconds", text);
	snprintf(with_unit, sizeof(with_unit), "%ss", text);
	return sluice_parse_time(with_unit, ret_ns, error, error_size);
}

static int number_parse(enum lab_value value, const char *text, uint64_t *ret,
			char *error, size_t error_size)
{
	if (!*text)
		return lab_refuse(error, error_size, "an empty value");
	switch (value) {
	case LAB_VALUE_COUNT:
	case LAB_VALUE_COUNT_RANGE:
		return sluice_parse_count(text, ret, error, error_size);
	case LAB_VALUE_RATE:
		return sluice_parse_rate(text, ret, error, error_size);
	case LAB_VALUE_TIME:
	case LAB_VALUE_TIME_RANGE:
		return sluice_parse_time(text, ret, error, error_size);
	case LAB_VALUE_SECONDS:
		return seconds_parse(text, ret, error, error_size);
	case LAB_VALUE_SIZE:
		return sluice_parse_size(text, ret, error, error_size);
	case LAB_VALUE_SHARE:
		return sluice_parse_share(text, ret, error, error_size);
	case LAB_VALUE_SWITCH:
		if (!switch_parse(text, ret))
			return 0;
		return lab_refuse(error, error_size, "'%s' is not on or off",
				  text);
	default:
		return -EINVAL;
	}
}

/* "A" or "A<separator>B" into two numbers, A not above B. */
static int range_parse(enum lab_value value, const char *text,
		       const char *separator, uint64_t ret[2], char *error,
		       size_t error_size)
{
	const char *split = strstr(text, separator);
	uint64_t ends[2];
	char first[64];
	int err;

	snprintf(first, sizeof(first), "%.*s",
		 split ? (int)(split - text) : (int)strlen(text), text);
	err = number_parse(value, first, &ends[0], error, error_size);
	if (err)
		return err;
	ends[1] = ends[0];
	if (split) {
		err = number_parse(value, split + strlen(separator), &ends[1],
				   error, error_size);
		if (err)
			return err;
	}
	if (ends[0] > ends[1])
		return lab_refuse(error, error_size, "'%s' runs backwards",
				  text);
	ret[0] = ends[0];
	ret[1] = ends[1];
	return 0;
}

static int name_check(const char *text)
{
	if (!*text || strlen(text) >= LAB_NAME_BYTES)
		return -EINVAL;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr("_-.+", *text))
			return -EINVAL;
	return 0;
}

static int numbers_parse(const struct lab_field *field, const char *text,
			 uint64_t numbers[2], unsigned int *ret_count,
			 char *error, size_t error_size)
{
	*ret_count = 2;
	if (field->value == LAB_VALUE_COUNT_RANGE)
		return range_parse(field->value, text, "-", numbers, error,
				   error_size);
	if (field->value == LAB_VALUE_TIME_RANGE)
		return range_parse(field->value, text, "..", numbers, error,
				   error_size);
	*ret_count = 1;
	return number_parse(field->value, text, numbers, error, error_size);
}

static int text_parse(const struct lab_field *field, void *object,
		      const char *text, char *error, size_t error_size)
{
	size_t room = field->value == LAB_VALUE_NAME ? LAB_NAME_BYTES :
						       LAB_TEXT_BYTES;

	if (strlen(text) >= room ||
	    (field->value == LAB_VALUE_NAME && name_check(text)))
		return lab_refuse(error, error_size, "%s '%s' must be %s",
				  field->name, text, field->range);
	/* zeros behind the text, so that objects compare as bytes */
	strncpy((char *)object + field->offset, text, room);
	return 0;
}

int lab_field_parse(const struct lab_field *field, void *object,
		    const char *text, char *error, size_t error_size)
{
	char phrase[LAB_ERROR_BYTES / 2];
	uint64_t numbers[2] = { 0, 0 };
	unsigned int count, i;

	if (field->value == LAB_VALUE_NAME || field->value == LAB_VALUE_TEXT)
		return text_parse(field, object, text, error, error_size);
	if (numbers_parse(field, text, numbers, &count, phrase, sizeof(phrase)))
		return lab_refuse(error, error_size, "%s: %s; it must be %s",
				  field->name, phrase, field->range);
	for (i = 0; i < count; i++)
		if (numbers[i] < field->min || numbers[i] > field->max)
			return lab_refuse(error, error_size,
					  "%s: '%s' is out of range; it must be %s",
					  field->name, text, field->range);
	memcpy((char *)object + field->offset, numbers,
	       count * sizeof(numbers[0]));
	return 0;
}

json_t *lab_fields_json(const struct lab_field *table, const void *object)
{
	json_t *json = json_object();

	for (; table->name; table++) {
		const void *at = (const char *)object + table->offset;
		json_t *value;

		if (!table->json_key)
			continue;
		if (table->value == LAB_VALUE_NAME ||
		    table->value == LAB_VALUE_TEXT)
			value = json_string(at);
		else if (table->value == LAB_VALUE_SWITCH)
			value = json_boolean(*(const uint64_t *)at);
		else
			value = json_integer((json_int_t)*(const uint64_t *)at);
		json_object_set_new(json, table->json_key, value);
	}
	return json;
}

/* One word from *at, unquoted in place; *at moves behind it. */
static char *word_take(char **at, int *ret_unclosed)
{
	char *word, *to, *from = *at;
	int quoted = 0;

	word = to = from;
	for (; *from && (quoted || !isspace((unsigned char)*from)); from++) {
		if (*from == '"')
			quoted = !quoted;
		else
			*to++ = *from;
	}
	*ret_unclosed = quoted;
	*at = *from ? from + 1 : from;
	*to = '\0';
	return word;
}

int lab_words_split(char *line, char **words, unsigned int words_max,
		    char *error, size_t error_size)
{
	unsigned int count = 0;
	int unclosed;

	for (;;) {
		while (isspace((unsigned char)*line))
			line++;
		if (!*line || *line == '#')
			return (int)count;
		if (count == words_max)
			return lab_refuse(error, error_size,
					  "has more than %u words", words_max);
		words[count++] = word_take(&line, &unclosed);
		if (unclosed)
			return lab_refuse(error, error_size,
					  "a quotation mark is not closed");
	}
}
