/* SPDX-License-Identifier: GPL-2.0 */
/* Devices by their names: those that an expression matches, or all others. */
#ifndef SLUICE_DEVICE_FILTER_H
#define SLUICE_DEVICE_FILTER_H

#include <regex.h>
#include <stdbool.h>

#include "../lib/qdisc.h"

struct device_filter {		/* all zeros: every device passes */
	regex_t regex;
	bool is_set;
	bool excludes;
};

/*
 * From an extended regular expression, which matches anywhere in a name. Returns
 * 0, or -EINVAL with a phrase in error that quotes it.
 */
int device_filter_set(struct device_filter *filter, const char *text,
		      bool excludes, char *error, size_t error_size);

/* Moves the qdiscs of devices that pass to the front; returns how many they are. */
unsigned int device_filter_apply(const struct device_filter *filter,
				 struct sluice_qdisc *qdiscs,
				 unsigned int count);

/* Every device passes from here on. Accepts zeroes. */
void device_filter_free(struct device_filter *filter);

#endif
