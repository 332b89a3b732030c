/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What programs delivered: the traffic of a real program has no sender of
 * ours that could ask its socket, so its payload is read off the capture
 * behind the port.
 */
#ifndef SLUICE_LAB_DELIVERED_H
#define SLUICE_LAB_DELIVERED_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Give every entry of run's `flows` that has a 5-tuple and no goodput its
 * `delivered_bytes` and `goodput_bits_ps` over duration_ns, or the time from its
 * first payload to its last where that is longer, and add them to the goodput of
 * the run. TCP counts the distance between the lowest and the highest sequence
 * number, UDP every payload. 0, or -EINVAL with a sentence.
 */
int lab_delivered_add(json_t *run, const char *port_pcap, uint64_t duration_ns,
		      char *error, size_t error_size);

#endif
