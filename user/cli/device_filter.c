// SPDX-License-Identifier: GPL-2.0
#include "device_filter.h"

#include <errno.h>

#include "../lib/refuse.h"

int device_filter_set(struct device_filter *filter, const char *text,
		      bool excludes, char *error, size_t error_size)
{
	char reason[128];
	int err = regcomp(&filter->regex, text, REG_EXTENDED | REG_NOSUB);

	if (err) {
		regerror(err, &filter->regex, reason, sizeof(reason));
		return sluice_refuse(-EINVAL, error, error_size,
				     "'%s' is no regular expression: %s; it takes one as '^(eth|bond)[0-9]'",
				     text, reason);
	}
	filter->is_set = true;
	filter->excludes = excludes;
	return 0;
}

unsigned int device_filter_apply(const struct device_filter *filter,
				 struct sluice_qdisc *qdiscs,
				 unsigned int count)
{
	unsigned int i, kept = 0;

	if (!filter->is_set)
		return count;
	for (i = 0; i < count; i++)
		if (!regexec(&filter->regex, qdiscs[i].device, 0, NULL, 0) !=
		    filter->excludes)
			qdiscs[kept++] = qdiscs[i];
	return kept;
}

void device_filter_free(struct device_filter *filter)
{
	if (filter->is_set)
		regfree(&filter->regex);
	filter->is_set = false;
}
