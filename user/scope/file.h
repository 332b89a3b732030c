/* SPDX-License-Identifier: GPL-2.0 */
/* Captures as a source of packets for the scope. */
#ifndef SLUICE_SCOPE_FILE_H
#define SLUICE_SCOPE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "join.h"
#include "scope.h"

#define SCOPE_FILES_MAX		2u

/**
 * struct scope_file_config - what to read, and how
 * @path: names of the files, in the order that packets pass them
 * @label: of the place that each is of, "wire" or "qdisc"; NULL: "wire"
 * @fd: the files, open; closed when they have been read
 * @files: one, or two places of the same traffic
 * @line_rate_bits_ps: of the medium; 0: as the file says, or unknown
 * @filter: in the language of pcap-filter(7); NULL: all packets
 * @interface: of a pcapng file, by number or name; NULL: all together
 * @scope: of each file; its vantage is filled from the file
 * @opened: called where not NULL when a file's vantage is known
 * @receive: where not NULL it gets the packets in place of the scope, and is told which
 *	is the last one for which nothing has to be waited
 * @unseen: called where not NULL when the files say that more packets are missing, with
 *	how many so far; of one file
 * @mac_control: called where not NULL when there were more frames of MAC control, with
 *	those of each direction so far; of one file. No other call is told of them
 * @data: for all of these
 * @is_stopped: looked at now and then, and where a signal comes while bytes are waited
 *	for; what was read until then is the result
 */
struct scope_file_config {
	const char *path[SCOPE_FILES_MAX];
	const char *label[SCOPE_FILES_MAX];
	int fd[SCOPE_FILES_MAX];
	unsigned int files;
	uint64_t line_rate_bits_ps;
	const char *filter;
	const char *interface;
	struct scope_config scope;
	void (*opened)(const struct scope_vantage *vantage, void *data);
	void (*receive)(const struct scope_packet *packet, bool is_last,
			void *data);
	void (*unseen)(uint64_t pkts, void *data);
	void (*mac_control)(const struct scope_mac_control sums[SCOPE_DIRECTIONS],
			    void *data);
	void *data;
	const volatile bool *is_stopped;
};

/**
 * struct scope_file_result - what was found
 * @scope: of each file, finished
 * @join: of two files
 * @is_cut: a file ended in the middle of something, or is damaged, or memory ran
 *	out: @error says where, and what came before it is in the scope
 * @was_stopped: as config asked
 */
struct scope_file_result {
	struct scope scope[SCOPE_FILES_MAX];
	struct scope_join join;
	bool is_cut;
	bool was_stopped;
	char error[320];
};

/*
 * Read all of it. Returns 0, or with a sentence in result->error -1, or -EOPNOTSUPP
 * where a library is missing. Either way the result is given back with
 * scope_files_done.
 */
int scope_files_read(const struct scope_file_config *config,
		     struct scope_file_result *result);
void scope_files_done(struct scope_file_result *result);

#endif
