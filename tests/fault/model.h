/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the qdisc should make of a list of attributes, written down a second
 * time: the option tests compare the kernel's answers with it.
 */
#ifndef FAULT_MODEL_H
#define FAULT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fault.h"

/* Values that an option takes: @min to @max, and two more (or @min again). */
struct model_option {
	const char *name;	/* as sentences call it */
	uint16_t type;
	uint16_t bytes;
	uint64_t min;
	uint64_t max;
	uint64_t also[2];
	uint64_t initial;
};

#define MODEL_OPTIONS 18
extern const struct model_option model_options[MODEL_OPTIONS];

/* Values in force, in the order of model_options[]. */
struct model_values {
	uint64_t value[MODEL_OPTIONS];
};

struct model_values model_initial(void);
const struct model_option *model_find(uint16_t type);
bool model_takes(const struct model_option *option, uint64_t value);
/* True if the list is good; only then @values changes. */
bool model_apply(struct model_values *values, const void *attrs, size_t bytes);
/* Reads a dump; false if an option is missing, twice or of a wrong size. */
bool model_read(struct model_values *values, const struct fault_qdisc *qdisc);
/* The name of an option whose value differs, or NULL. */
const char *model_differs(const struct model_values *a,
			  const struct model_values *b);

#endif
