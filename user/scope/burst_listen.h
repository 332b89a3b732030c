/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The receiver of burst tests with its socket: answers until its time is over.
 *
 * Nothing here prints or exits.
 */
#ifndef SLUICE_BURST_LISTEN_H
#define SLUICE_BURST_LISTEN_H

#include <signal.h>

#include "burst_receiver.h"

/**
 * struct burst_listen - a receiver that runs
 * @fd: from burst_listener_open()
 * @until_mono_ns: when it ends
 * @stop: becomes true when it shall end before
 * @receiver: who may send; the rest is filled in
 * @ended: a session has ended, its figures are in @receiver->ended; may be NULL
 * @refused: the first datagram of somebody who may not send; may be NULL
 */
struct burst_listen {
	int fd;
	uint64_t until_mono_ns;
	const volatile sig_atomic_t *stop;
	struct burst_receiver *receiver;
	void (*ended)(const struct burst_session *session);
	void (*refused)(const struct burst_peer *peer);
};

/* A receiver with a key of its own; NULL when memory or randomness runs out. */
struct burst_receiver *burst_receiver_new(void);

/* Returns 0 when its time is over or it was stopped, or -errno. */
int burst_listen_run(const struct burst_listen *listen);

#endif
