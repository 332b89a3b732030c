/* SPDX-License-Identifier: GPL-2.0 */
/* What the scope found, for people. */
#ifndef SLUICE_OUT_SCOPE_H
#define SLUICE_OUT_SCOPE_H

#include <stdio.h>

#include "../scope/join.h"
#include "../scope/live.h"
#include "../scope/record.h"
#include "../scope/scope.h"

/* A finished scope in 80 columns: the first five figures, then the tables. */
void out_scope(FILE *out, const struct scope *scope);

/* Part of it: the processors of the host, where they were asked for. */
void out_scope_cpu(FILE *out, const struct scope *scope);

/*
 * The figures of figure.h of each direction of count scopes, for Prometheus:
 * sluice_scope_NAME in base units; what is not known is absent. losses: of devices;
 * NULL: a capture. recorded: NULL: there is no recording.
 */
void out_scope_metrics(FILE *out, const struct scope *scopes,
		       unsigned int count,
		       const struct scope_live_losses *losses,
		       const struct scope_record_state *recorded);

/* What became of packets and their spacing between two places. */
void out_scope_join(FILE *out, const struct scope_join *join,
		    const struct scope *first, const struct scope *second);

#endif
