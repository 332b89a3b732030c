/* SPDX-License-Identifier: GPL-2.0 */
/* What `sluice burst-test` prints. */
#ifndef SLUICE_OUT_BURST_H
#define SLUICE_OUT_BURST_H

#include <stdio.h>

#include "../scope/burst.h"

/* "[2001:db8::1]:9978", at most. */
#define OUT_BURST_PEER_SIZE 64

/* The address alone, without port and brackets; then the address with both. */
void out_burst_address(const struct burst_peer *peer, char *text,
		       size_t text_size);
void out_burst_peer(const struct burst_peer *peer, char *text,
		    size_t text_size);

/* What would be sent, at most. */
void out_burst_plan(FILE *out, const char *to, const struct burst_test *test);

/* The verdict in one line, then what it rests on. */
void out_burst(FILE *out, const char *to, const struct burst_test *test);

/* The same for programs, as an array of one. Returns an exit code. */
int out_burst_json(const char *to, const struct burst_test *test);

#endif
