// SPDX-License-Identifier: GPL-2.0
/* Sockets with departure times, rates and bundles; see fault.h. */
#include "fault.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SO_TXTIME
#define SO_TXTIME 61
#endif
#define SCM_TXTIME_TYPE SO_TXTIME
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

void netns_enter(const char *name)
{
	static int first = -1;
	char path[64];
	int fd;

	if (first < 0)
		first = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (!strcmp(name, "-")) {
		fd = first;
	} else {
		snprintf(path, sizeof(path), "/run/netns/%s", name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die("cannot enter the name space %s", name);
	if (fd != first)
		close(fd);
}

socklen_t address_fill(struct sockaddr_storage *address, const char *text,
		       uint16_t port)
{
	struct sockaddr_in6 *in6 = (void *)address;
	struct sockaddr_in *in = (void *)address;

	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		return sizeof(*in);
	}
	if (inet_pton(AF_INET6, text, &in6->sin6_addr) != 1)
		die("%s is no address", text);
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	return sizeof(*in6);
}

static int udp_socket(const char *text, uint16_t port, bool is_bound)
{
	struct sockaddr_storage address;
	socklen_t size = address_fill(&address, text, port);
	int fd = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int bytes = 4 << 20;

	if (fd < 0)
		die("cannot open a socket");
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	if (is_bound ? bind(fd, (void *)&address, size) :
		       connect(fd, (void *)&address, size))
		die("cannot use %s port %u", text, port);
	return fd;
}

int udp_connect(const char *address, uint16_t port)
{
	return udp_socket(address, port, false);
}

int udp_bind(const char *address, uint16_t port)
{
	return udp_socket(address, port, true);
}

void socket_rate(int fd, uint64_t bytes_ps)
{
	if (setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &bytes_ps,
		       sizeof(bytes_ps)))
		die("cannot set SO_MAX_PACING_RATE");
}

void socket_txtime(int fd, int clock)
{
	struct sock_txtime txtime = { .clockid = clock };

	if (setsockopt(fd, SOL_SOCKET, SO_TXTIME, &txtime, sizeof(txtime)))
		die("cannot set SO_TXTIME with clock %d", clock);
}

static long send_with(int fd, const void *data, size_t bytes, int level,
		      int type, const void *value, size_t value_bytes)
{
	union {
		char room[CMSG_SPACE(sizeof(uint64_t))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec iov = { .iov_base = (void *)data, .iov_len = bytes };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(value_bytes),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = level;
	cmsg->cmsg_type = type;
	cmsg->cmsg_len = CMSG_LEN(value_bytes);
	memcpy(CMSG_DATA(cmsg), value, value_bytes);
	return sendmsg(fd, &msg, MSG_NOSIGNAL);
}

long send_txtime(int fd, const void *data, size_t bytes, uint64_t time_ns)
{
	return send_with(fd, data, bytes, SOL_SOCKET, SCM_TXTIME_TYPE, &time_ns,
			 sizeof(time_ns));
}

long send_bundle(int fd, const void *data, size_t bytes,
		 uint16_t segment_bytes)
{
	return send_with(fd, data, bytes, IPPROTO_UDP, UDP_SEGMENT,
			 &segment_bytes, sizeof(segment_bytes));
}
