/* SPDX-License-Identifier: GPL-2.0 */
/* What the scope found, for people. */
#ifndef SLUICE_OUT_SCOPE_H
#define SLUICE_OUT_SCOPE_H

#include <stdio.h>

#include "../scope/scope.h"

/* A finished scope in 80 columns: the first five figures, then the tables. */
void out_scope(FILE *out, const struct scope *scope);

#endif
