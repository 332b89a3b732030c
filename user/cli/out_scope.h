/* SPDX-License-Identifier: GPL-2.0 */
/* What the scope found, for people. */
#ifndef SLUICE_OUT_SCOPE_H
#define SLUICE_OUT_SCOPE_H

#include <stdio.h>

#include "../scope/join.h"
#include "../scope/scope.h"

/* A finished scope in 80 columns: the first five figures, then the tables. */
void out_scope(FILE *out, const struct scope *scope);

/* What became of packets and their spacing between two places. */
void out_scope_join(FILE *out, const struct scope_join *join,
		    const struct scope *first, const struct scope *second);

#endif
