// SPDX-License-Identifier: GPL-2.0
/*
 * transfer recv PORT FILE: takes one TCP connection and writes into FILE how
 * many bytes came, all of them in order; no file if one was wrong.
 * transfer send ADDRESS PORT BYTES: sends that many, byte n being n * 7, and
 * waits until the other end has closed.
 * transfer cable TAP DEV: makes the tap and carries frames between it and a
 * device, as a virtual machine behind it would, until it is killed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATTERN_BYTES	256u
#define BLOCK_BYTES	65536u

static unsigned char block[BLOCK_BYTES];
/* Byte n of the transfer, for any n that is a multiple of 256 or less after it. */
static unsigned char pattern[BLOCK_BYTES + PATTERN_BYTES];

static void pattern_make(void)
{
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (unsigned char)(i * 7);
}

static int fail(const char *what)
{
	perror(what);
	return 1;
}

/*
 * Killed, it resets its connection. Else the kernel goes on with what was queued,
 * for minutes, and sends it when a device that has gone is back.
 */
static void reset_if_killed(int fd, int is_reset)
{
	struct linger linger = { .l_onoff = is_reset };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

static int receive(const char *port, const char *path)
{
	struct sockaddr_in here = { .sin_family = AF_INET };
	int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1, fd;
	unsigned long long total = 0;
	FILE *file;
	ssize_t n;

	here.sin_port = htons((uint16_t)atoi(port));
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (struct sockaddr *)&here, sizeof(here)) ||
	    listen(listener, 1))
		return fail("transfer: listen");
	fd = accept(listener, NULL, NULL);
	reset_if_killed(fd, 1);
	while ((n = recv(fd, block, sizeof(block), 0)) > 0) {
		if (memcmp(block, pattern + total % PATTERN_BYTES, (size_t)n)) {
			fprintf(stderr, "transfer: wrong bytes behind %llu\n",
				total);
			return 1;
		}
		total += (unsigned long long)n;
	}
	reset_if_killed(fd, 0);
	file = fopen(path, "w");
	if (n || !file || fprintf(file, "%llu\n", total) < 0 || fclose(file))
		return fail("transfer: receive");
	return 0;
}

static int transmit(const char *address, const char *port, const char *bytes)
{
	struct sockaddr_in there = { .sin_family = AF_INET };
	unsigned long long left = strtoull(bytes, NULL, 10), total = 0;
	int fd = socket(AF_INET, SOCK_STREAM, 0), tries;

	there.sin_port = htons((uint16_t)atoi(port));
	inet_pton(AF_INET, address, &there.sin_addr);
	reset_if_killed(fd, 1);
	for (tries = 0; connect(fd, (struct sockaddr *)&there, sizeof(there));
	     tries++) {
		if (errno != ECONNREFUSED || tries == 100)
			return fail("transfer: connect");
		usleep(20000);
	}
	while (left) {
		size_t n = left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES;
		ssize_t done = send(fd, pattern + total % PATTERN_BYTES, n,
				    MSG_NOSIGNAL);

		if (done < 0)
			return fail("transfer: send");
		total += (unsigned long long)done;
		left -= (unsigned long long)done;
	}
	shutdown(fd, SHUT_WR);
	return recv(fd, block, 1, 0) ? fail("transfer: end") : 0;
}

static int tap_make(const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR);

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	return fd < 0 || ioctl(fd, TUNSETIFF, &request) ? -1 : fd;
}

/* A socket for all frames that the device receives, whoever they are for. */
static int device_open(const char *name)
{
	struct sockaddr_ll here = { .sll_family = AF_PACKET };
	struct packet_mreq all = { .mr_type = PACKET_MR_PROMISC };
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), one = 1;
	struct ifreq request = { 0 };

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (fd < 0 || ioctl(fd, SIOCGIFINDEX, &request))
		return -1;
	here.sll_ifindex = all.mr_ifindex = request.ifr_ifindex;
	here.sll_protocol = htons(ETH_P_ALL);
	if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
		       sizeof(one)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all,
		       sizeof(all)) ||
	    bind(fd, (struct sockaddr *)&here, sizeof(here)))
		return -1;
	return fd;
}

static int cable(const char *tap, const char *device)
{
	struct pollfd ends[2] = {
		{ .fd = tap_make(tap), .events = POLLIN },
		{ .fd = device_open(device), .events = POLLIN },
	};

	if (ends[0].fd < 0 || ends[1].fd < 0)
		return fail("transfer: cable");
	while (poll(ends, 2, -1) > 0)
		for (int i = 0; i < 2; i++) {
			ssize_t n;

			if (!(ends[i].revents & POLLIN))
				continue;
			n = read(ends[i].fd, block, sizeof(block));
			/* A device that is down takes nothing: as a cable does. */
			if (n > 0 && write(ends[!i].fd, block, (size_t)n) < 0)
				continue;
		}
	return fail("transfer: poll");
}

int main(int argc, char **argv)
{
	pattern_make();
	if (argc == 4 && !strcmp(argv[1], "cable"))
		return cable(argv[2], argv[3]);
	if (argc == 4 && !strcmp(argv[1], "recv"))
		return receive(argv[2], argv[3]);
	if (argc == 5 && !strcmp(argv[1], "send"))
		return transmit(argv[2], argv[3], argv[4]);
	return 2;
}
