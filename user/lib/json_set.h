/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers into a JSON object: for the files that fill many keys. */
#ifndef SLUICE_JSON_SET_H
#define SLUICE_JSON_SET_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "metrics_json.h"

/* All values are below 2^63, which is what JSON's integers hold here. */
static inline void set_int(json_t *object, const char *key, uint64_t value)
{
	json_object_set_new(object, key, json_integer((json_int_t)value));
}

/* Null where it is not known. */
static inline void set_int_if(json_t *object, const char *key, bool is_known,
			      uint64_t value)
{
	json_object_set_new(object, key, is_known ?
			    json_integer((json_int_t)value) : json_null());
}

/* With six significant digits; NAN is null. */
static inline void set_real(json_t *object, const char *key, double value)
{
	json_object_set_new(object, key, sluice_json_real(value));
}

#endif
