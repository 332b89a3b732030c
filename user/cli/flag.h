/* SPDX-License-Identifier: GPL-2.0 */
/* Flags that have a value, as verify and monitor take them. */
#ifndef SLUICE_FLAG_H
#define SLUICE_FLAG_H

#include <stdint.h>

/**
 * struct flag - a flag and what its value may be
 * @command: for messages
 * @name: "--for"
 * @min: smallest value: ns, or a number
 * @max: largest
 */
struct flag {
	const char *command;
	const char *name;
	uint64_t min;
	uint64_t max;
};

/*
 * Read the word behind a flag (NULL: there is none). Returns EXIT_DONE and
 * fills *ret, or EXIT_USAGE, and what is wrong has been said.
 */
int flag_time(const struct flag *flag, const char *word, uint64_t *ret_ns);
int flag_count(const struct flag *flag, const char *word, uint64_t *ret);

#endif
