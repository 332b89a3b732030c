/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A capture that is being written, beside packets of a device: a FIFO, or a file
 * that grows. A process of its own parses it, so that waiting for bytes holds up
 * nothing, and bytes of strangers are parsed where nothing else is (no privilege,
 * few system calls); packets come through a pipe. Who takes that process over can make
 * up packets, and no more: what comes is looked at as strangers' bytes are.
 *
 * Nothing here prints or exits, but that process.
 */
#ifndef SLUICE_SCOPE_FEED_H
#define SLUICE_SCOPE_FEED_H

#include "file.h"

struct scope_feed;

/**
 * struct scope_feed_config - what to read
 * @path: its name; "-": standard input
 * @label: of the place
 * @line_rate_bits_ps: of the medium; 0: as the file says, or unknown
 * @filter: as in file.h
 * @interface: likewise
 */
struct scope_feed_config {
	const char *path;
	const char *label;
	uint64_t line_rate_bits_ps;
	const char *filter;
	const char *interface;
};

/*
 * Before anything is opened that the process must not have. Returns 0, or -errno and
 * a sentence.
 */
int scope_feed_open(struct scope_feed **ret,
		    const struct scope_feed_config *config, char *error,
		    size_t error_size);
/* From a process that is there already and writes to @fd what that one would; -ENOMEM. */
int scope_feed_from(struct scope_feed **ret, int fd);
void scope_feed_close(struct scope_feed *feed);		/* accepts NULL */

/* Readable when packets are there. */
int scope_feed_fd(const struct scope_feed *feed);

/*
 * Hand over what is there. @receive returns 0 or -errno, which ends it and is
 * returned. 1: the capture has ended, and all of it was handed over.
 */
int scope_feed_drain(struct scope_feed *feed,
		     int (*receive)(const struct scope_packet *packet,
				    void *data),
		     void *data);

/* Known before the first packet; NULL: not yet. */
const struct scope_vantage *scope_feed_vantage(const struct scope_feed *feed);

/* That the capture says are missing in it, as far as it was read. */
uint64_t scope_feed_unseen_pkts(const struct scope_feed *feed);

/* Frames of MAC control by direction, as far as it was read: they are no packets. */
const struct scope_mac_control *scope_feed_mac_control(const struct scope_feed *feed);

/* Of one that has ended: why its packets are not all there; "": they are. */
const char *scope_feed_error(const struct scope_feed *feed);

#endif
