/* SPDX-License-Identifier: GPL-2.0 */
/* Lines of the files that people write. */
#ifndef SLUICE_LINE_H
#define SLUICE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Editors of Windows put it in front of a text in UTF-8. */
#define SLUICE_BYTE_ORDER_MARK "\xef\xbb\xbf"

/*
 * Make a line ready to be parsed: in the first one (@number 1) such a mark
 * becomes blanks. False: it holds a NUL byte, so this is no text.
 */
static inline bool sluice_line_open(char *line, size_t length,
				    unsigned int number)
{
	const size_t mark_bytes = strlen(SLUICE_BYTE_ORDER_MARK);

	if (number == 1 && !strncmp(line, SLUICE_BYTE_ORDER_MARK, mark_bytes))
		memset(line, ' ', mark_bytes);
	return strlen(line) == length;
}

#endif
