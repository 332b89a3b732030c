/* SPDX-License-Identifier: GPL-2.0 */
/* How a parser of libsluice refuses what it was given. */
#ifndef SLUICE_REFUSE_H
#define SLUICE_REFUSE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

/* Write one phrase to @error and return @err, so that `return` says both. */
__attribute__((format(printf, 4, 5)))
static inline int sluice_refuse(int err, char *error, size_t error_size,
				const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, error_size, format, args);
	va_end(args);
	return err;
}

#endif
