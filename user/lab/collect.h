/* SPDX-License-Identifier: GPL-2.0 */
/* From what a guest left in its directory to the JSON of one run. */
#ifndef SLUICE_LAB_COLLECT_H
#define SLUICE_LAB_COLLECT_H

#include <jansson.h>
#include <stddef.h>

#include "plan.h"

/* The run object, or NULL with one sentence in error. */
json_t *lab_collect(const struct lab_plan *plan, const char *dir, char *error,
		    size_t error_size);

/* 0, or -EINVAL with the first warning of the guest's kernel log. */
int lab_dmesg_check(const char *dir, char *error, size_t error_size);

#endif
