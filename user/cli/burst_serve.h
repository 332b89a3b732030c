/* SPDX-License-Identifier: GPL-2.0 */
/* The receiving end of `sluice burst-test`: who may send, and what is said. */
#ifndef SLUICE_BURST_SERVE_H
#define SLUICE_BURST_SERVE_H

#include <signal.h>

#include "../scope/burst_receiver.h"

/* Of the receiver's list, loopback twice and its own address; the rest is free. */
#define BURST_SERVE_OWN		3u
#define BURST_SERVE_ALLOWED_MAX	(BURST_ALLOWED_MAX - BURST_SERVE_OWN)

/**
 * struct burst_serve - a receiver
 * @fd: from burst_listener_open()
 * @own: the address it is bound to
 * @allowed: who may send, beside this host
 * @n_allowed: how many
 * @span_ns: it ends after it
 * @stop: becomes true when it shall end before
 * @is_quiet: it prints nothing
 */
struct burst_serve {
	int fd;
	const struct sockaddr_storage *own;
	const struct burst_prefix *allowed;
	unsigned int n_allowed;
	uint64_t span_ns;
	const volatile sig_atomic_t *stop;
	bool is_quiet;
};

/*
 * Receive and print a line for each session, after giving up the privileges of
 * this process for good. Returns 0 or -errno.
 */
int burst_serve(const struct burst_serve *serve);

#endif
