/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Blocks of a pcapng file (draft-ietf-opsawg-pcapng), in this machine's byte order
 * and with stamps of a nanosecond. Each function writes one block to a buffer and
 * returns its bytes, a multiple of 4; the buffer has SCOPE_PCAPNG_ROOM, and what
 * a packet has captured.
 */
#ifndef SLUICE_SCOPE_PCAPNG_WRITE_H
#define SLUICE_SCOPE_PCAPNG_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "packet.h"

#define SCOPE_PCAPNG_ROOM	1024u	/* headers and options; text is cut */

/* The first block of a file. */
size_t scope_pcapng_section(uint8_t *to, const char *comment);

/* A place that packets come from: interfaces count from 0 in their order. */
size_t scope_pcapng_interface(uint8_t *to, uint32_t link_type,
			      uint32_t snap_bytes,
			      const struct scope_vantage *vantage);

struct scope_pcapng_packet {
	uint32_t interface;
	uint64_t time_ns;
	const uint8_t *data;
	uint32_t captured_bytes;
	uint32_t bytes;
	enum scope_direction direction;
	const char *comment;		/* NULL: none */
};

size_t scope_pcapng_packet(uint8_t *to,
			   const struct scope_pcapng_packet *packet);

/*
 * How many packets an interface had, and how many more are in no block; NULL leaves
 * that open.
 */
size_t scope_pcapng_statistics(uint8_t *to, uint32_t interface,
			       uint64_t time_ns, uint64_t received_pkts,
			       const uint64_t *dropped_pkts, const char *comment);

/* Of a block in memory: its bytes, and the time of a packet's. */
uint32_t scope_pcapng_block_bytes(const uint8_t *block);
uint64_t scope_pcapng_packet_time(const uint8_t *block);

#endif
