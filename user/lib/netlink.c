// SPDX-License-Identifier: GPL-2.0
/* Questions to the kernel over netlink; see netlink.h. */
#include "netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* The kernel fills dumps up to 32 KiB when it is offered as much. */
#define RECEIVE_BYTES 32768

struct sluice_netlink {
	struct mnl_socket *socket;
	unsigned int port_id;
	unsigned int sequence;
	unsigned int parts;	/* of the last answer */
	bool is_interrupted;	/* it was, as the kernel says */
	_Alignas(struct nlmsghdr) char buffer[RECEIVE_BYTES];
};

int sluice_netlink_open_protocol(struct sluice_netlink **ret, int protocol)
{
	struct sluice_netlink *netlink = calloc(1, sizeof(*netlink));
	int err, on = 1;

	if (!netlink)
		return -ENOMEM;
	netlink->socket = mnl_socket_open(protocol);
	if (!netlink->socket)
		goto err_free;
	if (mnl_socket_bind(netlink->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		goto err_free;
	netlink->port_id = mnl_socket_get_portid(netlink->socket);
	/* Without it the kernel's errors are numbers only: no reason to fail. */
	(void)mnl_socket_setsockopt(netlink->socket, NETLINK_EXT_ACK, &on,
				    sizeof(on));
	*ret = netlink;
	return 0;

err_free:
	err = -errno;
	sluice_netlink_close(netlink);
	return err;
}

int sluice_netlink_open(struct sluice_netlink **ret)
{
	return sluice_netlink_open_protocol(ret, NETLINK_ROUTE);
}

void sluice_netlink_close(struct sluice_netlink *netlink)
{
	if (!netlink)
		return;
	if (netlink->socket)
		mnl_socket_close(netlink->socket);
	free(netlink);
}

/* Where the attributes of an error message begin: behind the echoed request. */
static size_t extack_offset(const struct nlmsghdr *header)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(header);
	size_t offset = sizeof(*error);

	if (!(header->nlmsg_flags & NLM_F_CAPPED)) {
		if (error->msg.nlmsg_len < sizeof(error->msg))
			return SIZE_MAX;
		offset += error->msg.nlmsg_len - sizeof(error->msg);
	}
	return MNL_ALIGN(offset);
}

void sluice_netlink_extack(const struct nlmsghdr *header, char *message)
{
	size_t payload, offset, length;
	const struct nlattr *attr;
	const void *start;

	message[0] = '\0';
	if (header->nlmsg_type != NLMSG_ERROR ||
	    !(header->nlmsg_flags & NLM_F_ACK_TLVS) ||
	    header->nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(struct nlmsgerr))
		return;
	payload = header->nlmsg_len - MNL_NLMSG_HDRLEN;
	offset = extack_offset(header);
	if (offset > payload)
		return;
	start = (const char *)mnl_nlmsg_get_payload(header) + offset;
	mnl_attr_for_each_payload(start, payload - offset) {
		if (mnl_attr_get_type(attr) != NLMSGERR_ATTR_MSG)
			continue;
		length = strnlen(mnl_attr_get_payload(attr),
				 mnl_attr_get_payload_len(attr));
		snprintf(message, SLUICE_MESSAGE_SIZE, "%.*s", (int)length,
			 (const char *)mnl_attr_get_payload(attr));
	}
}

/*
 * Read one message. Returns 1 when the answer is complete, 0 when more is to
 * come, -errno when the kernel or the receiver refuses.
 */
static int message_receive(const struct nlmsghdr *header,
			   int (*receive)(const struct nlmsghdr *header,
					  void *data),
			   void *data, char *message)
{
	const struct nlmsgerr *error;

	switch (header->nlmsg_type) {
	case NLMSG_ERROR:
		if (header->nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(*error))
			return -EBADMSG;
		error = mnl_nlmsg_get_payload(header);
		sluice_netlink_extack(header, message);
		return error->error ? error->error : 1;
	case NLMSG_DONE:
		/* A dump that broke off says so here. */
		if (header->nlmsg_len >= MNL_NLMSG_HDRLEN + sizeof(int)) {
			int err = *(const int *)mnl_nlmsg_get_payload(header);

			return err < 0 ? err : 1;
		}
		return 1;
	case NLMSG_NOOP:
		return 0;
	default:
		return receive ? receive(header, data) : 0;
	}
}

bool sluice_netlink_is_in_parts(const struct sluice_netlink *netlink)
{
	return netlink->parts > 1;
}

bool sluice_netlink_is_interrupted(const struct sluice_netlink *netlink)
{
	return netlink->is_interrupted;
}

int sluice_netlink_talk(struct sluice_netlink *netlink,
			struct nlmsghdr *request,
			int (*receive)(const struct nlmsghdr *header,
				       void *data),
			void *data, char *message)
{
	int err = 0;

	message[0] = '\0';
	netlink->parts = 0;
	netlink->is_interrupted = false;
	request->nlmsg_seq = ++netlink->sequence;
	if (mnl_socket_sendto(netlink->socket, request,
			      request->nlmsg_len) < 0)
		return -errno;
	while (!err) {
		const struct nlmsghdr *header = (const void *)netlink->buffer;
		bool is_part = false;
		ssize_t received;
		int left;

		received = mnl_socket_recvfrom(netlink->socket,
					       netlink->buffer,
					       sizeof(netlink->buffer));
		if (received < 0)
			return -errno;
		for (left = (int)received; !err && mnl_nlmsg_ok(header, left);
		     header = mnl_nlmsg_next(header, &left)) {
			if (header->nlmsg_seq != netlink->sequence ||
			    header->nlmsg_pid != netlink->port_id)
				continue;
			is_part |= header->nlmsg_type >= NLMSG_MIN_TYPE;
			netlink->is_interrupted |=
				header->nlmsg_flags & NLM_F_DUMP_INTR;
			err = message_receive(header, receive, data, message);
		}
		netlink->parts += is_part;
	}
	return err < 0 ? err : 0;
}
