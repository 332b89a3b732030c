/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What `sluice verify` prints. Each figure stands below the place where it was
 * taken, with its resolution and what it may be wrong by (S1).
 */
#ifndef SLUICE_OUT_VERIFY_H
#define SLUICE_OUT_VERIFY_H

#include <stdio.h>

#include "../lib/verify.h"

/* The device whose verdict is the one of all; there is one at least. */
unsigned int out_verified_worst(const struct sluice_verified *devices,
				unsigned int count);

/* The verdict on what was asked for, then each device. */
void out_verified(FILE *out, const char *asked,
		  const struct sluice_verified *devices, unsigned int count);

/* The same as an array with an object for each device; returns an exit code. */
int out_verified_json(const char *asked, const struct sluice_verified *devices,
		      unsigned int count);

#endif
