/* SPDX-License-Identifier: GPL-2.0 */
/* Who talks to whom, for JSON: the same keys wherever a flow is named. */
#ifndef SLUICE_FLOW_JSON_H
#define SLUICE_FLOW_JSON_H

#include <jansson.h>

#include "frame.h"

/*
 * Put "protocol" ("tcp", "udp" or "ip"), "ip_protocol" (its number),
 * "source_address", "source_port", "destination_address" and
 * "destination_port" into object.
 */
void sluice_flow_key_json(json_t *object, const struct sluice_flow_key *key);

#endif
