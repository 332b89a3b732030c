/* SPDX-License-Identifier: GPL-2.0 */
/* What each word of a command does: what `sluice COMMAND --help` says beyond its usage. */
#ifndef SLUICE_HELP_H
#define SLUICE_HELP_H

#include <stddef.h>
#include <stdio.h>

/* A blank and text from column on; what does not fit goes below, behind indent. Ends the line. */
void help_wrap(FILE *out, const char *text, size_t column, size_t indent);

/* The words of the command of that name; nothing where all was said. */
void help_words_print(FILE *out, const char *command);

#endif
