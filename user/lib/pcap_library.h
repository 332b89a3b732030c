/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Libraries that few captures need: loaded when one does and not linked, because
 * each command would wait for them and for what they bring along.
 */
#ifndef SLUICE_PCAP_LIBRARY_H
#define SLUICE_PCAP_LIBRARY_H

#include <stddef.h>

struct pcap_function {
	const char *name;
	void **place;			/* of the pointer to it */
};

/*
 * Load the first of these files that is there, and find its functions. Returns 0,
 * or -1 with the reason in why (a phrase); all places are NULL then.
 */
int pcap_library_load(const char *const *files, size_t files_count,
		      const struct pcap_function *functions, size_t count,
		      char *why, size_t why_size);

#endif
