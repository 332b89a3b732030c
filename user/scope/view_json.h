/* SPDX-License-Identifier: GPL-2.0 */
/* A frame of the live view for programs. */
#ifndef SLUICE_SCOPE_VIEW_JSON_H
#define SLUICE_SCOPE_VIEW_JSON_H

#include <jansson.h>

#include "view.h"

/* Without schema_version, which the caller adds. NULL: no memory. */
json_t *scope_view_json(const struct scope_view *view, uint64_t real_ns);

/* Part of it: what processors do. */
json_t *scope_cpu_view_json(const struct scope_cpu_view *view);

#endif
