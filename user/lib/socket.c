// SPDX-License-Identifier: GPL-2.0
/* The connected sockets of this network namespace; see socket.h. */
#include "socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/*
 * The kernel's numbers of TCP's states, which no header for programs has beside
 * linux/tcp.h. Listening, closed and TIME_WAIT sockets have no flow; a connected
 * UDP socket is established.
 */
#define STATE_ESTABLISHED	1
#define STATES_ALL		0xfffU
#define STATES_WITHOUT_FLOW	(1U << 6 | 1U << 7 | 1U << 10)

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

static void tcp_decode(const struct nlattr *attr, struct sluice_socket *ret)
{
	size_t length = mnl_attr_get_payload_len(attr);
	struct tcp_info info = { .tcpi_pacing_rate = UINT64_MAX,
				 .tcpi_max_pacing_rate = UINT64_MAX };

	if (length > sizeof(info))
		length = sizeof(info);
	memcpy(&info, mnl_attr_get_payload(attr), length);
	ret->has_tcp = true;
	ret->cwnd_pkts = info.tcpi_snd_cwnd;
	ret->mss_bytes = info.tcpi_snd_mss;
	ret->srtt_us = info.tcpi_rtt;
	ret->pacing_rate_bytes_ps = info.tcpi_pacing_rate;
	ret->max_pacing_rate_bytes_ps = info.tcpi_max_pacing_rate;
	ret->delivery_rate_bytes_ps = info.tcpi_delivery_rate;
	ret->retransmitted_pkts = info.tcpi_total_retrans;
	ret->unsent_bytes = info.tcpi_notsent_bytes;
}

static void address_decode(const struct inet_diag_sockid *id,
			   struct sluice_socket *ret)
{
	memcpy(ret->local, id->idiag_src, sizeof(ret->local));
	memcpy(ret->remote, id->idiag_dst, sizeof(ret->remote));
	ret->local_port = ntohs(id->idiag_sport);
	ret->remote_port = ntohs(id->idiag_dport);
	/* An IPv6 socket that talks IPv4. */
	if (ret->family != AF_INET6 ||
	    memcmp(ret->remote, mapped, sizeof(mapped)) ||
	    memcmp(ret->local, mapped, sizeof(mapped)))
		return;
	ret->family = AF_INET;
	memmove(ret->local, ret->local + sizeof(mapped), 4);
	memmove(ret->remote, ret->remote + sizeof(mapped), 4);
}

int sluice_socket_decode(const struct nlmsghdr *header, uint8_t protocol,
			 struct sluice_socket *ret)
{
	const struct inet_diag_msg *diag;
	const struct nlattr *attr;

	if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    header->nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(*diag))
		return -EBADMSG;
	diag = mnl_nlmsg_get_payload(header);
	if (diag->idiag_family != AF_INET && diag->idiag_family != AF_INET6)
		return -EBADMSG;
	memset(ret, 0, sizeof(*ret));
	ret->family = diag->idiag_family;
	ret->protocol = protocol;
	ret->cookie = (uint64_t)diag->id.idiag_cookie[1] << 32 |
		      diag->id.idiag_cookie[0];
	address_decode(&diag->id, ret);
	mnl_attr_for_each_payload((const void *)(diag + 1),
				  header->nlmsg_len - MNL_NLMSG_HDRLEN -
				  sizeof(*diag)) {
		switch (mnl_attr_get_type(attr)) {
		case INET_DIAG_INFO:
			if (protocol == IPPROTO_TCP)
				tcp_decode(attr, ret);
			break;
		case INET_DIAG_CONG:
			snprintf(ret->congestion_control,
				 sizeof(ret->congestion_control), "%.*s",
				 (int)mnl_attr_get_payload_len(attr),
				 (const char *)mnl_attr_get_payload(attr));
			break;
		}
	}
	return 0;
}

struct listing {
	struct sluice_sockets *sockets;
	uint8_t protocol;
};

static int socket_receive(const struct nlmsghdr *header, void *data)
{
	const struct listing *listing = data;
	struct sluice_sockets *sockets = listing->sockets;
	struct sluice_socket socket;

	if (sluice_socket_decode(header, listing->protocol, &socket))
		return 0;
	if (sockets->count == sockets->room) {
		unsigned int room = sockets->room ? 2 * sockets->room : 64;
		void *grown = reallocarray(sockets->sockets, room,
					   sizeof(*sockets->sockets));

		if (!grown)
			return -ENOMEM;
		sockets->sockets = grown;
		sockets->room = room;
	}
	sockets->sockets[sockets->count++] = socket;
	return 0;
}

static int protocol_list(struct sluice_netlink *netlink, uint8_t family,
			 uint8_t protocol, struct sluice_sockets *sockets,
			 char *message)
{
	struct listing listing = { sockets, protocol };
	_Alignas(struct nlmsghdr) char buffer[128];
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct inet_diag_req_v2 *request;

	header->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	request = mnl_nlmsg_put_extra_header(header, sizeof(*request));
	request->sdiag_family = family;
	request->sdiag_protocol = protocol;
	request->idiag_ext = 1 << (INET_DIAG_INFO - 1) |
			     1 << (INET_DIAG_CONG - 1);
	request->idiag_states = protocol == IPPROTO_TCP ?
				STATES_ALL & ~STATES_WITHOUT_FLOW :
				1U << STATE_ESTABLISHED;
	return sluice_netlink_talk(netlink, header, socket_receive, &listing,
				   message);
}

static int cookie_compare(const void *left, const void *right)
{
	const struct sluice_socket *a = left, *b = right;

	return (a->cookie > b->cookie) - (a->cookie < b->cookie);
}

int sluice_sockets_list_by(struct sluice_netlink *netlink,
			   struct sluice_sockets *sockets, char *message)
{
	static const struct {
		uint8_t family;
		uint8_t protocol;
		bool is_needed;
	} lists[] = {
		{ AF_INET, IPPROTO_TCP, true },
		/* A kernel without IPv6, and one without udp_diag. */
		{ AF_INET6, IPPROTO_TCP, false },
		{ AF_INET, IPPROTO_UDP, false },
		{ AF_INET6, IPPROTO_UDP, false },
	};
	unsigned int i;
	int err = 0;

	message[0] = '\0';
	for (i = 0; !err && i < sizeof(lists) / sizeof(lists[0]); i++) {
		err = protocol_list(netlink, lists[i].family,
				    lists[i].protocol, sockets, message);
		if (err != -ENOMEM && !lists[i].is_needed)
			err = 0;
	}
	if (sockets->count)
		qsort(sockets->sockets, sockets->count,
		      sizeof(*sockets->sockets), cookie_compare);
	return err;
}

int sluice_sockets_list(struct sluice_sockets *sockets, char *message)
{
	struct sluice_netlink *netlink = NULL;
	int err;

	message[0] = '\0';
	err = sluice_netlink_open_protocol(&netlink, NETLINK_SOCK_DIAG);
	if (!err)
		err = sluice_sockets_list_by(netlink, sockets, message);
	sluice_netlink_close(netlink);
	return err;
}

void sluice_sockets_done(struct sluice_sockets *sockets)
{
	free(sockets->sockets);
	memset(sockets, 0, sizeof(*sockets));
}

const struct sluice_socket *
sluice_sockets_find(const struct sluice_sockets *sockets, uint64_t cookie)
{
	struct sluice_socket key = { .cookie = cookie };

	if (!sockets->count)
		return NULL;
	return bsearch(&key, sockets->sockets, sockets->count,
		       sizeof(*sockets->sockets), cookie_compare);
}

void sluice_address_format(uint8_t family, const uint8_t *address, char *text)
{
	if (!inet_ntop(family, address, text, SLUICE_ENDPOINT_SIZE))
		snprintf(text, SLUICE_ENDPOINT_SIZE, "?");
}

void sluice_endpoint_format(uint8_t family, const uint8_t *address,
			    uint16_t port, char *text)
{
	char plain[SLUICE_ENDPOINT_SIZE];

	sluice_address_format(family, address, plain);
	snprintf(text, SLUICE_ENDPOINT_SIZE, family == AF_INET6 ? "[%.47s]:%u" :
		 "%.47s:%u", plain, port);
}
