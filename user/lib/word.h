/* SPDX-License-Identifier: GPL-2.0 */
/* Names of devices in commands that are proposed or printed. */
#ifndef SLUICE_WORD_H
#define SLUICE_WORD_H

#include <net/if.h>
#include <string.h>

/* A device's name as a word of a shell: each letter may need four. */
#define SLUICE_WORD_SIZE (4 * IF_NAMESIZE + 3)

/*
 * A device may be called "a;reboot": in a command it must stay one word. @word
 * holds SLUICE_WORD_SIZE bytes.
 */
static inline void sluice_word_make(const char *name, char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:@+-";

	if (name[strspn(name, plain)] == '\0') {
		strcpy(word, name);
		return;
	}
	*word++ = '\'';
	for (; *name; name++) {
		if (*name == '\'')
			word = stpcpy(word, "'\\'");
		*word++ = *name;
	}
	strcpy(word, "'");
}

#endif
