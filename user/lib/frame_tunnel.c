// SPDX-License-Identifier: GPL-2.0
/*
 * Headers with another packet inside: MPLS (RFC 3032), PPPoE (RFC 2516), IP in
 * IP, GRE (RFC 2784, 2890; NVGRE is RFC 7637), VXLAN (RFC 7348), GENEVE
 * (RFC 8926).
 */
#include "frame_parts.h"

#define MPLS_LABEL_BYTES	4u
#define MPLS_LABELS_MAX		8
#define PPPOE_BYTES		8u	/* with PPP's protocol */
#define VXLAN_BYTES		8u
#define GENEVE_BYTES		8u
#define GRE_BYTES		4u

#define VXLAN_HAS_NETWORK	0x08
/* Of GRE: each of these is four bytes more. */
#define GRE_CHECKSUM		0x8000u
#define GRE_KEY			0x2000u		/* NVGRE's subnet */
#define GRE_SEQUENCE		0x1000u
/* Routing, and versions other than 0 (PPTP), are not followed. */
#define GRE_UNKNOWN		0x4007u


enum { PROTOCOL_IPV4 = 4, PROTOCOL_IPV6 = 41, PROTOCOL_GRE = 47 };

static bool into_gre(struct frame_cursor *cursor)
{
	const uint8_t *gre = cursor->data + cursor->at;
	uint32_t flags, bytes = GRE_BYTES;

	if (!frame_has(cursor, GRE_BYTES))
		return false;
	flags = frame_get16(gre);
	if (flags & GRE_UNKNOWN)
		return false;
	bytes += flags & GRE_CHECKSUM ? 4 : 0;
	bytes += flags & GRE_KEY ? 4 : 0;
	bytes += flags & GRE_SEQUENCE ? 4 : 0;
	cursor->type = frame_get16(gre + 2);
	if (!frame_has(cursor, bytes))
		return false;
	cursor->at += bytes;
	return true;
}

static bool into_vxlan(struct frame_cursor *cursor)
{
	const uint8_t *vxlan = cursor->data + cursor->at + FRAME_UDP_BYTES;

	if (!frame_has(cursor, FRAME_UDP_BYTES + VXLAN_BYTES) || !(vxlan[0] & VXLAN_HAS_NETWORK))
		return false;
	cursor->at += FRAME_UDP_BYTES + VXLAN_BYTES;
	cursor->type = FRAME_BRIDGED;
	return true;
}

static bool into_geneve(struct frame_cursor *cursor)
{
	const uint8_t *geneve = cursor->data + cursor->at + FRAME_UDP_BYTES;
	uint32_t bytes = FRAME_UDP_BYTES + GENEVE_BYTES;

	if (!frame_has(cursor, bytes) || geneve[0] >> 6)
		return false;
	bytes += (geneve[0] & 0x3f) * 4u;
	cursor->type = frame_get16(geneve + 2);
	if (!frame_has(cursor, bytes))
		return false;
	cursor->at += bytes;
	return true;
}

bool frame_into_mpls(struct frame_cursor *cursor)
{
	bool is_last = false;

	for (int i = 0; i < MPLS_LABELS_MAX && !is_last; i++) {
		if (!frame_has(cursor, MPLS_LABEL_BYTES + 1))
			return false;
		is_last = cursor->data[cursor->at + 2] & 1;
		cursor->at += MPLS_LABEL_BYTES;
	}
	if (!is_last)
		return false;
	cursor->type = cursor->data[cursor->at] >> 4 == 4 ? FRAME_IPV4 : FRAME_IPV6;
	return true;
}

bool frame_into_pppoe(struct frame_cursor *cursor)
{
	const uint8_t *pppoe = cursor->data + cursor->at;

	if (!frame_has(cursor, PPPOE_BYTES) || pppoe[0] != 0x11 || pppoe[1])
		return false;
	cursor->type = frame_of_ppp(frame_get16(pppoe + 6));
	cursor->at += PPPOE_BYTES;
	return cursor->type != FRAME_NONE;
}

bool frame_into_packet(struct frame_cursor *cursor,
		       const struct sluice_frame *frame)
{
	switch (cursor->type) {
	case PROTOCOL_IPV4:
		cursor->type = FRAME_IPV4;
		return true;
	case PROTOCOL_IPV6:
		cursor->type = FRAME_IPV6;
		return true;
	case PROTOCOL_GRE:
		return into_gre(cursor);
	case SLUICE_PROTOCOL_UDP:
		if (!frame_is_tunnel_port(frame->key.destination_port))
			return false;
		return frame->key.destination_port == FRAME_PORT_GENEVE ?
		       into_geneve(cursor) : into_vxlan(cursor);
	default:
		return false;
	}
}
