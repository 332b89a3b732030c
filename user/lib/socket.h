/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The connected sockets of this network namespace, as sock_diag shows them:
 * addresses, and what TCP knows of its path.
 *
 * Part of libsluice: nothing here prints or exits. Functions return 0 or
 * -errno; @message holds SLUICE_MESSAGE_SIZE bytes and receives the kernel's
 * own sentence, or "".
 */
#ifndef SLUICE_SOCKET_H
#define SLUICE_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "netlink.h"

/* "[ffff:...:255.255.255.255]:65535" */
#define SLUICE_ENDPOINT_SIZE 56
#define SLUICE_CC_SIZE 16

/**
 * struct sluice_socket - one connected socket
 * @cookie: what the kernel knows it by, also as SO_COOKIE
 * @family: AF_INET or AF_INET6
 * @protocol: IPPROTO_TCP or IPPROTO_UDP
 * @local: its address, 4 or 16 bytes as @family says
 * @remote: its peer's
 * @local_port: its port
 * @remote_port: its peer's
 * @has_tcp: what follows is known; otherwise it is 0
 * @congestion_control: "cubic", …; "" unknown
 * @cwnd_pkts: congestion window
 * @mss_bytes: payload of a full segment
 * @srtt_us: smoothed RTT
 * @pacing_rate_bytes_ps: payload rate that TCP paces at; UINT64_MAX: not at all
 * @max_pacing_rate_bytes_ps: SO_MAX_PACING_RATE; UINT64_MAX: not set
 * @delivery_rate_bytes_ps: payload rate measured last
 * @retransmitted_pkts: segments sent again so far
 * @unsent_bytes: written by the application, not sent yet
 */
struct sluice_socket {
	uint64_t cookie;
	uint8_t family;
	uint8_t protocol;
	uint8_t local[16];
	uint8_t remote[16];
	uint16_t local_port;
	uint16_t remote_port;
	bool has_tcp;
	char congestion_control[SLUICE_CC_SIZE];
	uint32_t cwnd_pkts;
	uint32_t mss_bytes;
	uint32_t srtt_us;
	uint64_t pacing_rate_bytes_ps;
	uint64_t max_pacing_rate_bytes_ps;
	uint64_t delivery_rate_bytes_ps;
	uint32_t retransmitted_pkts;
	uint32_t unsent_bytes;
};

/**
 * struct sluice_sockets - all of them, by cookie; all zero for none
 * @sockets: in the order of their cookies
 * @count: how many
 * @room: for how many there is memory
 */
struct sluice_sockets {
	struct sluice_socket *sockets;
	unsigned int count;
	unsigned int room;
};

/*
 * Read one answer of sock_diag, whatever it holds: unknown attributes are
 * skipped, a TCP_INFO of an older kernel is taken as far as it goes. Returns
 * -EBADMSG if it is no such message.
 */
int sluice_socket_decode(const struct nlmsghdr *header, uint8_t protocol,
			 struct sluice_socket *ret);

/*
 * All connected TCP and UDP sockets. UDP is left out where the kernel cannot
 * list it. Returns -ENOENT when it cannot list TCP either (inet_diag is missing).
 * Release them with sluice_sockets_done(), also after a failure.
 */
int sluice_sockets_list(struct sluice_sockets *sockets, char *message);
/* The same over a socket of NETLINK_SOCK_DIAG that is open. */
int sluice_sockets_list_by(struct sluice_netlink *netlink,
			   struct sluice_sockets *sockets, char *message);
void sluice_sockets_done(struct sluice_sockets *sockets);

/* The socket of that cookie, NULL if there is none. */
const struct sluice_socket *
sluice_sockets_find(const struct sluice_sockets *sockets, uint64_t cookie);

/* An address without port; SLUICE_ENDPOINT_SIZE bytes. */
void sluice_address_format(uint8_t family, const uint8_t *address, char *text);

/* "10.0.0.1:80", "[fd00::1]:80"; SLUICE_ENDPOINT_SIZE bytes. */
void sluice_endpoint_format(uint8_t family, const uint8_t *address,
			    uint16_t port, char *text);

#endif
