/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Filters in the language of pcap-filter(7), compiled and run by libpcap, on
 * the records of a capture file.
 */
#ifndef SLUICE_FILTER_H
#define SLUICE_FILTER_H

#include <stddef.h>
#include <stdint.h>

#include "pcap.h"

struct sluice_filter;

/*
 * Load libpcap, for who will not be able to do so later: no files can be opened
 * in a sandbox. Others need not call it. Returns 0, or -1 with a sentence.
 */
int sluice_filter_load(char *error, size_t error_size);

/*
 * Compile for records of this link type, those of the file's first interface.
 * Returns 0, or -1 with a sentence that has libpcap's reason. Given back with
 * sluice_filter_free. A name of a host in the expression is looked up.
 */
int sluice_filter_create(struct sluice_filter **ret_filter,
			 const char *expression, uint32_t link_type,
			 char *error, size_t error_size);

/* Accepts NULL. */
void sluice_filter_free(struct sluice_filter *filter);

/*
 * 1: the record passes, 0: it does not. -1: the expression has no meaning for
 * the link type of this record, which is of another interface than the first;
 * the sentence is in error.
 */
int sluice_filter_match(struct sluice_filter *filter,
			const struct sluice_pcap_record *record, char *error,
			size_t error_size);

#endif
