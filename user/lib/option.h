/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The options of the qdisc, as one table: the command line, the netlink
 * message, the dump, the help text, JSON and the man page check all read it.
 *
 * Options go through three steps: sluice_options_parse() reads words and
 * checks each value against its range, the caller decides, and only then
 * sluice_plan_apply() sends the whole set. A refused word changes nothing (M2).
 */
#ifndef SLUICE_OPTION_H
#define SLUICE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../kernel/uapi/sluice.h"

enum sluice_unit {
	SLUICE_UNIT_RATE,	/* people write bits/s, the kernel bytes/s */
	SLUICE_UNIT_TIME,	/* ns */
	SLUICE_UNIT_BYTES,
	SLUICE_UNIT_FRAMES,
	SLUICE_UNIT_PKTS,
	SLUICE_UNIT_PERCENT,
};

/**
 * struct sluice_option_word - a name for one value
 * @name: the name, NULL for none
 * @value: the value
 */
struct sluice_option_word {
	const char *name;
	uint64_t value;
};

#define SLUICE_OPTION_WORDS 2

/**
 * struct sluice_option - one attribute of the qdisc
 * @name: what people write; two rows of the same name are two ways to say it
 * @key: the attribute's name in lower case, also the JSON key
 * @attribute: TCA_SLUICE_…
 * @size: bytes of the attribute's value, 4 or 8
 * @unit: of the value
 * @min: smallest value in the unit of the attribute
 * @max: largest
 * @initial: value of a new qdisc
 * @words: names for values outside of the range, those there are first
 * @example: a value as people write it
 * @help: what it means, in one line
 */
struct sluice_option {
	const char *name;
	const char *key;
	uint16_t attribute;
	uint16_t size;
	enum sluice_unit unit;
	uint64_t min;
	uint64_t max;
	uint64_t initial;
	struct sluice_option_word words[SLUICE_OPTION_WORDS];
	const char *example;
	const char *help;
};

/* Ends with a row whose name is NULL. */
extern const struct sluice_option sluice_option_table[];

/**
 * struct sluice_options - values of options, by attribute
 * @values: in the unit of the attribute
 * @given: bit n is set when attribute n has a value
 * @shares: bit n is set when that value is a share of the link's speed, in
 *	parts per million: only what sluice_shares_resolve() made of it may go
 *	to the kernel
 */
struct sluice_options {
	uint64_t values[TCA_SLUICE_MAX + 1];
	uint32_t given;
	uint32_t shares;
};

/* @attribute: TCA_SLUICE_…, here and below. */
static inline bool sluice_options_has(const struct sluice_options *options,
				      unsigned int attribute)
{
	return options->given & (1u << attribute);
}

/* Give it a value, in the unit of the attribute. */
static inline void sluice_options_set(struct sluice_options *options,
				      unsigned int attribute, uint64_t value)
{
	options->values[attribute] = value;
	options->given |= 1u << attribute;
	options->shares &= ~(1u << attribute);
}

/* Whether its value is a share of the link's speed, in parts per million. */
static inline bool sluice_options_is_share(const struct sluice_options *options,
					   unsigned int attribute)
{
	return options->shares & (1u << attribute);
}

static inline void sluice_options_set_share(struct sluice_options *options,
					    unsigned int attribute,
					    uint64_t ppm)
{
	sluice_options_set(options, attribute, ppm);
	options->shares |= 1u << attribute;
}

/*
 * Read "NAME VALUE NAME VALUE …" and check every value. Returns 0 and fills
 * *ret, or -EINVAL, leaves *ret alone and says in one phrase which word was
 * wrong and what is right.
 */
int sluice_options_parse(unsigned int n_words, char *const *words,
			 struct sluice_options *ret, char *error,
			 size_t error_size);

/* A value as people write it: sluice_options_parse() reads it back. */
void sluice_option_format(const struct sluice_option *option, uint64_t value,
			  char *text, size_t text_size);

/* The first row of that name, NULL if there is none. */
const struct sluice_option *sluice_option_find(const char *name);

/* The row that a word means as others write options: "--rate", "rate=1gbit", "gain-ss". */
const struct sluice_option *sluice_option_meant(const char *word);
/* Refuse a word that is none: how that row is written, or which there are. -EINVAL. */
int sluice_option_refuse(const char *word, char *error, size_t error_size);

/* All of a link's speed; a rate may be given as a part of it. */
#define SLUICE_SHARE_MAX_PPM 1000000

/*
 * The values that an option takes, as a phrase: "8kbit to 16tbit, up to 100% of
 * the link, or off".
 */
void sluice_option_range(const struct sluice_option *option, char *text,
			 size_t text_size);

/*
 * The next row to show of a set: it skips rows that were not given, and the
 * row of a pair (burst) that is not in force. Start with NULL; returns NULL
 * after the last.
 */
const struct sluice_option *
sluice_options_next(const struct sluice_options *options,
		    const struct sluice_option *after);

/*
 * The same for JSON: all rows that were given, those of a pair both, but none
 * that is "off" or "auto" by a value above all numbers (ce_threshold, forward).
 */
const struct sluice_option *
sluice_options_next_number(const struct sluice_options *options,
			   const struct sluice_option *after);

#endif
