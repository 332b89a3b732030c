/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the captures of one lab run to its figures. The captures are read
 * twice: the first pass finds the flows and the mean rates, the second one feeds the meters (user/lib/metrics.h), replays the port's
 * queue and fills the series for the report.
 */
#ifndef SLUICE_LAB_ANALYSE_H
#define SLUICE_LAB_ANALYSE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct lab_analyse_input {
	unsigned int senders;
	const char *dir;		/* holds wire-%u.pcap (from 1) and port.pcap */
	uint64_t nic_rate_bits_ps;
	uint64_t port_rate_bits_ps;
	unsigned int port_buffer_pkts;
	unsigned int frame_overhead_bytes; /* frame to L1: 24 (preamble, FCS, gap) */
	uint64_t start_ns;		/* measured span, CLOCK_REALTIME of the guest */
	uint64_t end_ns;
	uint64_t device_rate_bits_ps;	/* L1 rate of the pacer under test; 0: none */
	uint64_t warmup_ns;		/* left out of `metrics` at the start of the span */
	unsigned int link_overhead_bytes; /* what the lab's links charge per frame
					   * beyond the captured length: 0 for netem
					   * without packetoverhead */
};

/*
 * Adds `metrics`, `port_queue`, `series` and entries of `flows` to run.
 * Returns 0, or -1 with one sentence in error; run is then as it was.
 */
int lab_analyse(const struct lab_analyse_input *in, json_t *run, char *error,
		size_t error_size);

#endif
