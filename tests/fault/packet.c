// SPDX-License-Identifier: GPL-2.0
/* Packet sockets; see packet.h. */
#include "packet.h"
#include "fault.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>

int packet_open(const char *device, bool with_offload)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = device_index(device),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	int bytes = 256 << 20, on = 1;

	if (fd < 0 || bind(fd, (void *)&address, sizeof(address)))
		die("cannot open a packet socket on %s", device);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
	if (with_offload && setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on,
				       sizeof(on)))
		die("cannot set PACKET_VNET_HDR");
	return fd;
}

/* Neighbour discovery goes on in the background: not ours. */
static bool is_chatter(const uint8_t *frame, size_t bytes)
{
	uint16_t protocol = (uint16_t)(frame[12] << 8 | frame[13]);

	if (bytes < ETH_HLEN)
		return false;
	return protocol == ETH_P_ARP ||
	       (protocol == ETH_P_IPV6 && bytes > 20 && frame[20] != 17 &&
		frame[20] != 6 && frame[20] != 44);
}

void packet_drain(int fd, struct packet_tally *ret)
{
	uint8_t frame[128];
	long bytes;

	memset(ret, 0, sizeof(*ret));
	while ((bytes = recv(fd, frame, sizeof(frame),
			     MSG_DONTWAIT | MSG_TRUNC)) >= 0) {
		if (is_chatter(frame, (size_t)bytes))
			continue;
		ret->frames++;
		ret->bytes += (uint64_t)bytes;
		if ((size_t)bytes > ret->longest)
			ret->longest = (size_t)bytes;
	}
	if (errno != EAGAIN)
		die("cannot receive frames");
}

void packet_header(uint8_t *frame, uint16_t protocol)
{
	memset(frame, 0xff, ETH_ALEN);
	memcpy(frame + ETH_ALEN, "\2\0\0\0\0\1", ETH_ALEN);
	frame[12] = (uint8_t)(protocol >> 8);
	frame[13] = (uint8_t)protocol;
}
