/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers into a JSON object: for the files that fill many keys. */
#ifndef SLUICE_JSON_SET_H
#define SLUICE_JSON_SET_H

#include <jansson.h>
#include <stdint.h>

#include "metrics_json.h"

static inline void set_int(json_t *object, const char *key, uint64_t value)
{
	json_object_set_new(object, key, json_integer((json_int_t)value));
}

/* With six significant digits. */
static inline void set_real(json_t *object, const char *key, double value)
{
	json_object_set_new(object, key, sluice_json_real(value));
}

#endif
