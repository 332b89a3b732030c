/* SPDX-License-Identifier: GPL-2.0 */
/* Captures as a source of packets for the scope. */
#ifndef SLUICE_SCOPE_FILE_H
#define SLUICE_SCOPE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scope.h"

struct scope_file_config {
	const char *path;		/* "-": standard input */
	uint64_t line_rate_bits_ps;	/* of the medium; 0: as the file says, or unknown */
	struct scope_config scope;	/* its vantage is filled from the file */
	/* Looked at now and then; what was read until then is the result. */
	const volatile bool *is_stopped;
};

/**
 * struct scope_file_result - how the reading went
 * @is_cut: the file ended in the middle of something, or is damaged: @error
 *	says where, and what came before it is in the scope
 * @was_stopped: as config asked
 */
struct scope_file_result {
	bool is_cut;
	bool was_stopped;
	char error[320];
};

/*
 * Read all of it. Returns 0 with a finished scope (done by the caller), or -1
 * with a sentence in result->error and nothing to free.
 */
int scope_file_read(const struct scope_file_config *config,
		    struct scope *scope, struct scope_file_result *result);

#endif
