/* SPDX-License-Identifier: GPL-2.0 */
/* Raw frames, and super-packets with a header of one's own. */
#ifndef FAULT_PACKET_H
#define FAULT_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What came out of a receiving packet socket. */
struct packet_tally {
	unsigned int frames;
	uint64_t bytes;
	size_t longest;
};

/* What VIRTIO_NET_HDR_… say, see linux/virtio_net.h. */
struct packet_offload {
	uint8_t flags;
	uint8_t gso_type;
	uint16_t header_bytes;
	uint16_t gso_size;
	uint16_t csum_start;
	uint16_t csum_offset;
};

/* @with_offload: frames are preceded by a struct packet_offload. */
int packet_open(const char *device, bool with_offload);
/* Counts and forgets what has come, of any protocol but ARP and IPv6 ND. */
void packet_drain(int fd, struct packet_tally *ret);
/* An Ethernet header to everybody. */
void packet_header(uint8_t *frame, uint16_t protocol);

#endif
