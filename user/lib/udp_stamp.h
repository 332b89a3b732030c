/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The stamp a test sender writes at the start of a UDP payload: which
 * datagram this is and when it was meant to leave. The analysis compares it
 * with the time the frame was seen (departure error, e_i = t_i - d_i).
 *
 *   0        4        8                16               24
 *   | magic  | source |    sequence    |  departure_ns  |   all big endian
 *
 * A bundle cut by UDP GSO carries one stamp per segment. departure_ns is
 * CLOCK_REALTIME; 0 means that the sender had no intention for this one.
 */
#ifndef SLUICE_UDP_STAMP_H
#define SLUICE_UDP_STAMP_H

#include <stddef.h>
#include <stdint.h>

/* UDP GSO (UDP_SEGMENT) takes bundles of 64 KiB with their headers, and some room. */
#define SLUICE_UDP_BUNDLE_MAX_BYTES 65000u

#define SLUICE_UDP_STAMP_MAGIC	0x534c5545u	/* "SLUE" */
#define SLUICE_UDP_STAMP_BYTES	24u

struct sluice_udp_stamp {
	uint32_t source;		/* free for the sender, e.g. its number */
	uint64_t sequence;		/* of the datagram in its flow, from 0 */
	uint64_t departure_real_ns;
};

/* The lowest bytes of value, the highest of them first. */
static inline void sluice_be_put(uint8_t *to, uint64_t value, unsigned int bytes)
{
	while (bytes--) {
		to[bytes] = (uint8_t)value;
		value >>= 8;
	}
}

static inline uint64_t sluice_be_get(const uint8_t *from, unsigned int bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | *from++;
	return value;
}

/* Write a stamp to the first SLUICE_UDP_STAMP_BYTES bytes of a payload. */
static inline void sluice_udp_stamp_put(uint8_t *payload,
					const struct sluice_udp_stamp *stamp)
{
	sluice_be_put(payload, SLUICE_UDP_STAMP_MAGIC, 4);
	sluice_be_put(payload + 4, stamp->source, 4);
	sluice_be_put(payload + 8, stamp->sequence, 8);
	sluice_be_put(payload + 16, stamp->departure_real_ns, 8);
}

/* Return 1 and fill *ret_stamp if the payload starts with a stamp, else 0. */
static inline int sluice_udp_stamp_get(const uint8_t *payload, size_t bytes,
				       struct sluice_udp_stamp *ret_stamp)
{
	if (bytes < SLUICE_UDP_STAMP_BYTES ||
	    sluice_be_get(payload, 4) != SLUICE_UDP_STAMP_MAGIC)
		return 0;
	ret_stamp->source = (uint32_t)sluice_be_get(payload + 4, 4);
	ret_stamp->sequence = sluice_be_get(payload + 8, 8);
	ret_stamp->departure_real_ns = sluice_be_get(payload + 16, 8);
	return 1;
}

#endif
