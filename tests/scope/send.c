// SPDX-License-Identifier: GPL-2.0
/*
 * What the scope's tests need of the kernel:
 *
 *   send udp ADDRESS PORT COUNT BYTES [SEGMENT [RATE]]	datagrams, in bundles with SEGMENT
 *						(0: none), at RATE bytes/s (SO_MAX_PACING_RATE)
 *   send flood ADDRESS PORT PKTS_PS SECONDS	small ones; prints how many, in how many
 *						us, and how many us of CPU that took
 *   send at ADDRESS PORT COUNT OFFSET_US	datagrams that are to leave so long after (before,
 *						if negative) they are sent, by SO_TXTIME
 *   send split DEV COUNT				frames of UDP that DEV, a tap device, receives,
 *						of which the kernel has the header of
 *						Ethernet in one piece and the rest in another
 *   send tcx DEV				how many programs tcx has: in, out; exit
 *						code 1: the kernel has no tcx
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_tun.h>
#include <linux/net_tstamp.h>
#include <net/if.h>
#include <stdbool.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "../../user/scope/live_tcx.h"

#ifndef SO_TXTIME
#define SO_TXTIME 61
#define SCM_TXTIME SO_TXTIME
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

static char payload[65536];

static int udp_socket(const char *address, int port,
		      struct sockaddr_storage *ret, socklen_t *ret_size)
{
	struct sockaddr_in6 *six = (void *)ret;
	struct sockaddr_in *four = (void *)ret;
	bool is_six = strchr(address, ':');

	memset(ret, 0, sizeof(*ret));
	ret->ss_family = is_six ? AF_INET6 : AF_INET;
	*ret_size = is_six ? sizeof(*six) : sizeof(*four);
	if (is_six)
		six->sin6_port = htons((uint16_t)port);
	else
		four->sin_port = htons((uint16_t)port);
	if (inet_pton(ret->ss_family, address, is_six ?
		      (void *)&six->sin6_addr : (void *)&four->sin_addr) != 1)
		return -1;
	return socket(ret->ss_family, SOCK_DGRAM, 0);
}

static int udp_send(const char *address, int port, long count, size_t bytes,
		    int segment_bytes, uint64_t rate_bytes_ps)
{
	struct sockaddr_storage to;
	socklen_t size;
	int fd = udp_socket(address, port, &to, &size);

	if (fd < 0 || bytes > sizeof(payload) ||
	    (segment_bytes && setsockopt(fd, SOL_UDP, UDP_SEGMENT,
					 &segment_bytes, sizeof(segment_bytes))) ||
	    (rate_bytes_ps && setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE,
					 &rate_bytes_ps, sizeof(rate_bytes_ps))))
		return 1;
	for (; count; count--)
		if (sendto(fd, payload, bytes, 0, (void *)&to, size) < 0) {
			perror("send");
			return 1;
		}
	return 0;
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Bundles that the stack cuts behind the qdisc, so that sending keeps up. */
static int udp_flood(const char *address, int port, uint64_t pkts_ps,
		     uint64_t seconds)
{
	int segment_bytes = 64, fd;
	const size_t segments = 50;
	struct sockaddr_storage to;
	uint64_t began_ns, due, sent = 0;
	socklen_t size;

	fd = udp_socket(address, port, &to, &size);
	if (fd < 0 || setsockopt(fd, SOL_UDP, UDP_SEGMENT, &segment_bytes,
				 sizeof(segment_bytes)))
		return 1;
	began_ns = clock_ns(CLOCK_MONOTONIC);
	while (sent < pkts_ps * seconds) {
		due = (clock_ns(CLOCK_MONOTONIC) - began_ns) * pkts_ps /
		      1000000000;
		if (due < sent)
			continue;
		if (sendto(fd, payload, segments * (size_t)segment_bytes, 0,
			   (void *)&to, size) < 0) {
			perror("send");
			return 1;
		}
		sent += segments;
	}
	printf("%ju %ju %ju\n", (uintmax_t)sent,
	       (uintmax_t)(clock_ns(CLOCK_MONOTONIC) - began_ns) / 1000,
	       (uintmax_t)clock_ns(CLOCK_PROCESS_CPUTIME_ID) / 1000);
	return 0;
}

/* One every 2 ms, each with the time that it is to leave at. */
static int udp_at(const char *address, int port, long count, int64_t offset_us)
{
	struct sock_txtime txtime = { .clockid = CLOCK_MONOTONIC };
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(uint64_t))];
	struct iovec data = { payload, 1000 };
	struct sockaddr_storage to;
	struct msghdr message = {
		.msg_name = &to, .msg_iov = &data, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	const struct timespec pause = { .tv_nsec = 2000000 };
	int fd = udp_socket(address, port, &to, &message.msg_namelen);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_TXTIME, &txtime,
				 sizeof(txtime)))
		return 1;
	for (; count; count--) {
		uint64_t at_ns = clock_ns(CLOCK_MONOTONIC) +
				 (uint64_t)(offset_us * 1000);

		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_TXTIME;
		header->cmsg_len = CMSG_LEN(sizeof(at_ns));
		memcpy(CMSG_DATA(header), &at_ns, sizeof(at_ns));
		memcpy(payload, &at_ns, sizeof(at_ns));
		if (sendmsg(fd, &message, 0) < 0) {
			perror("send");
			return 1;
		}
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* -1: the kernel does not know what that is. */
static int tcx_count(const char *device, unsigned int attach_type)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	/* target_ifindex shares its place with target_fd. */
	attr.query.target_fd = if_nametoindex(device);
	attr.query.attach_type = attach_type;
	if (syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof(attr)))
		return -1;
	return (int)attr.query.prog_cnt;
}

/* Of 10.9.0.2:8 to 10.9.0.9:9, 100 bytes each. */
static int frames_split(const char *device, long count)
{
	static uint8_t frame[142] = {
		2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 2, 0x08, 0x00,
		0x45, 0, 0, 128, 0, 1, 0x40, 0, 64, 17, 0, 0,
		10, 9, 0, 2, 10, 9, 0, 9, 0, 8, 0, 9, 0, 108, 0, 0,
	};
	const struct iovec pieces[] = {
		{ frame, 14 }, { frame + 14, sizeof(frame) - 14 },
	};
	struct ifreq request = {
		.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_NAPI | IFF_NAPI_FRAGS,
	};
	int fd = open("/dev/net/tun", O_RDWR);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request))
		return 1;
	while (count-- > 0)
		if (writev(fd, pieces, 2) != (ssize_t)sizeof(frame))
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	if (argc >= 6 && !strcmp(argv[1], "udp"))
		return udp_send(argv[2], atoi(argv[3]), atol(argv[4]),
				(size_t)atol(argv[5]),
				argc > 6 ? atoi(argv[6]) : 0,
				argc > 7 ? (uint64_t)atoll(argv[7]) : 0);
	if (argc == 6 && !strcmp(argv[1], "flood"))
		return udp_flood(argv[2], atoi(argv[3]),
				 (uint64_t)atol(argv[4]),
				 (uint64_t)atol(argv[5]));
	if (argc == 6 && !strcmp(argv[1], "at"))
		return udp_at(argv[2], atoi(argv[3]), atol(argv[4]),
			      atol(argv[5]));
	if (argc == 4 && !strcmp(argv[1], "split"))
		return frames_split(argv[2], atol(argv[3]));
	if (argc == 3 && !strcmp(argv[1], "tcx")) {
		int in = tcx_count(argv[2], SCOPE_TCX_INGRESS);
		int out = tcx_count(argv[2], SCOPE_TCX_EGRESS);

		printf("%d %d\n", in, out);
		return in < 0;
	}
	fputs("send: wrong words\n", stderr);
	return 2;
}
