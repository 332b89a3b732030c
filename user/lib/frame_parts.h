/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the frame parser share: frame.c has the link headers, IP,
 * TCP and UDP; frame_tunnel.c the headers that have another packet inside.
 */
#ifndef SLUICE_FRAME_PARTS_H
#define SLUICE_FRAME_PARTS_H

#include "frame.h"

#define FRAME_UDP_BYTES	8u

/* EtherTypes: what comes next. */
enum { FRAME_NONE = 0, FRAME_IPV4 = 0x0800, FRAME_BRIDGED = 0x6558,
       FRAME_VLAN = 0x8100, FRAME_IPV6 = 0x86dd, FRAME_MPLS = 0x8847,
       FRAME_MPLS_UPSTREAM = 0x8848, FRAME_PPPOE = 0x8864, FRAME_QINQ = 0x88a8,
       FRAME_QINQ_OLD = 0x9100 };

/* Where a walk stands: data[at..captured) is what is left. */
struct frame_cursor {
	const uint8_t *data;
	uint32_t captured;
	uint32_t at;
	uint32_t type;			/* FRAME_… of what lies at `at` */
	uint8_t tunnels;		/* passed so far */
};

static inline uint32_t frame_get16(const uint8_t *from)
{
	return (uint32_t)from[0] << 8 | from[1];
}

static inline uint32_t frame_get32(const uint8_t *from)
{
	return frame_get16(from) << 16 | frame_get16(from + 2);
}

static inline bool frame_has(const struct frame_cursor *cursor, uint32_t bytes)
{
	return cursor->captured - cursor->at >= bytes;
}

/*
 * Each moves the cursor to what is inside of the header at it, whose type it
 * sets. False: nothing that is understood.
 */
bool frame_into_mpls(struct frame_cursor *cursor);
bool frame_into_pppoe(struct frame_cursor *cursor);
/* The same of a packet whose protocol is the cursor's type. */
bool frame_into_packet(struct frame_cursor *cursor,
		       const struct sluice_frame *frame);

#endif
