/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Captures of a lab run that never happened: frames of several senders as a
 * model makes them, and a switch port simulated the plain way (a loop over
 * all frames, no rings), as a second opinion on the replay.
 */
#ifndef SLUICE_TESTS_USER_SYNTHETIC_H
#define SLUICE_TESTS_USER_SYNTHETIC_H

#include <stdint.h>

struct synthetic_frame {
	uint64_t end_ns;		/* last bit leaves the NIC */
	uint64_t departure_ns;	/* intended; 0: a TCP frame without stamp */
	uint32_t frame_bytes;
	uint32_t sender;		/* from 1 */
};

struct synthetic_run {
	uint32_t senders;
	uint64_t nic_rate_bits_ps;
	uint64_t port_rate_bits_ps;
	uint32_t port_buffer_pkts;
	uint64_t start_ns;
	uint64_t end_ns;
	struct synthetic_frame *frames;
	uint32_t count;
	uint32_t room;
	uint64_t dropped_pkts;		/* by _write */
	double queue_area_pkt_ns;	/* within the span */
	uint32_t queue_max_pkts;
};

/* The sender's NIC starts a frame at start_ns, or when it is free again. */
void synthetic_send(struct synthetic_run *run, uint32_t sender,
		    uint64_t start_ns, uint32_t frame_bytes,
		    uint64_t departure_ns);

/* Simulate the port and write wire-%u.pcap and port.pcap into dir. */
void synthetic_write(struct synthetic_run *run, const char *dir);

/* Releases what _send took. */
void synthetic_done(struct synthetic_run *run);

/* 64 bits of a generator whose state the caller keeps. */
uint64_t synthetic_random(uint64_t *state);

#endif
