/* SPDX-License-Identifier: GPL-2.0 */
/* What the commands print of options that have lapsed (lapse.h). */
#ifndef SLUICE_OUT_LAPSE_H
#define SLUICE_OUT_LAPSE_H

#include <jansson.h>
#include <stdio.h>

#include "../lib/lapse.h"

#define OUT_LAPSE_SIZE 512

/* What, why, and the next step, in one sentence; "" for none. */
void out_lapse_format(const struct sluice_lapse *lapse,
		      const struct sluice_link *link, char *text,
		      size_t text_size);

/* A line with it, or nothing. */
void out_lapse(FILE *out, const char *indent, const struct sluice_lapse *lapse,
	       const struct sluice_link *link);

/* The key "lapse" of an object, or nothing. */
void out_lapse_json(json_t *object, const struct sluice_lapse *lapse);

#endif
