/* SPDX-License-Identifier: GPL-2.0 */
/* What `sluice flows` prints: flows and sockets, for people and for programs. */
#ifndef SLUICE_OUT_FLOW_H
#define SLUICE_OUT_FLOW_H

#include <jansson.h>
#include <stdio.h>

#include "../lib/flow.h"
#include "../lib/socket.h"

/* The names of the columns, then two lines for each flow, in 80 columns. */
void out_flow_header(FILE *out);
void out_flow(FILE *out, const struct sluice_flow *flow);

/* The same for a socket that no sluice knows. */
void out_socket(FILE *out, const struct sluice_socket *socket);

/* NULL when memory runs out. */
json_t *out_flow_json(const struct sluice_flow *flow);
json_t *out_socket_json(const struct sluice_socket *socket);

#endif
