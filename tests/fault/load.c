// SPDX-License-Identifier: GPL-2.0
/*
 * fault mix ADDRESS MS [NS]: all kinds of senders at once for MS milliseconds:
 * TCP, paced UDP, UDP GSO, SO_TXTIME up to two seconds ahead. They do not mind
 * if the device, the route or the name space goes away under them, and send by
 * the clock: a guest's processor takes no time, so whoever sends as fast as he
 * can never ends.
 * fault sink NS: receives all of it until it is killed; prints its process id
 * when it listens.
 */
#include "fault.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TICK_NS		(10 * NSEC_PER_MSEC)
#define SINK_MAX	64

static uint8_t zeros[65536];

static void tcp_tick(int fd, unsigned int tick, const char *address)
{
	(void)tick;
	(void)address;
	if (send(fd, zeros, 20000, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return;
}

static void udp_tick(int fd, unsigned int tick, const char *address)
{
	int i;

	(void)address;
	if (tick == 0)
		socket_rate(fd, 1000000);
	for (i = 0; i < 5; i++)
		if (send(fd, zeros, 1200, MSG_DONTWAIT) < 0)
			return;
}

static void bundle_tick(int fd, unsigned int tick, const char *address)
{
	(void)address;
	if (tick == 0)
		socket_rate(fd, 4000000);
	if (send_bundle(fd, zeros, 24000, 1200) < 0)
		return;
}

static void txtime_tick(int fd, unsigned int tick, const char *address)
{
	int64_t ahead_ns = (int64_t)(tick % 200) * TICK_NS;

	(void)address;
	if (tick == 0)
		socket_txtime(fd, CLOCK_MONOTONIC);
	if (send_txtime(fd, zeros, 600, (uint64_t)(clock_now_ns(CLOCK_MONOTONIC) +
						   ahead_ns)) < 0)
		return;
}

/* A new socket, hence a new flow, every time. */
static void crowd_tick(int fd, unsigned int tick, const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)(5000 + tick)) };
	int other = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)fd;
	inet_pton(AF_INET, address, &to.sin_addr);
	if (other < 0)
		return;
	if (!connect(other, (void *)&to, sizeof(to)))
		(void)!send(other, zeros, 100, MSG_DONTWAIT);
	close(other);
}

static int tcp_connect(const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(FAULT_PORT) };
	struct linger hard = { .l_onoff = 1 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1)
		die("cannot make a socket to %s", address);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	if (connect(fd, (void *)&to, sizeof(to)) && errno != EINPROGRESS)
		die("cannot connect to %s", address);
	return fd;
}

int main_mix(int argc, char **argv)
{
	static const struct {
		void (*tick)(int fd, unsigned int tick, const char *address);
		bool is_tcp;
	} kinds[] = {
		{ tcp_tick, true }, { tcp_tick, true }, { udp_tick, false },
		{ bundle_tick, false }, { txtime_tick, false },
		{ crowd_tick, false },
	};
	unsigned int tick, ticks, i;
	int status = 0, bad = 0;

	if (argc < 2)
		return 2;
	if (argc > 2)
		netns_enter(argv[2]);
	ticks = (unsigned int)(strtoul(argv[1], NULL, 10) * NSEC_PER_MSEC /
			       TICK_NS);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		int fd;

		if (fork())
			continue;
		fd = kinds[i].is_tcp ? tcp_connect(argv[0]) :
				       udp_connect(argv[0], FAULT_PORT);
		for (tick = 0; tick < ticks; tick++) {
			kinds[i].tick(fd, tick, argv[0]);
			sleep_ns(TICK_NS);
		}
		exit(0);
	}
	while (wait(&status) > 0)
		bad |= status;
	return bad ? 1 : 0;
}

/*
 * fault talk NS ADDRESS MS: a TCP connection whose two ends both send, so that
 * ACKs go out between paced data; DCTCP, so that ACKs could be marked.
 */
static void talk(int fd, unsigned int ticks)
{
	while (ticks--) {
		(void)!send(fd, zeros, 40000, MSG_DONTWAIT | MSG_NOSIGNAL);
		sleep_ns(TICK_NS / 2);
		while (recv(fd, zeros, sizeof(zeros), MSG_DONTWAIT) > 0)
			;
		sleep_ns(TICK_NS / 2);
	}
}

static int talk_socket(struct sockaddr_in *address, const char *text)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	memset(address, 0, sizeof(*address));
	address->sin_family = AF_INET;
	address->sin_port = htons(FAULT_PORT + 1);
	if (fd < 0 || inet_pton(AF_INET, text, &address->sin_addr) != 1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "dctcp", 5))
		die("cannot make a socket for %s", text);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return fd;
}

int main_talk(int argc, char **argv)
{
	struct sockaddr_in address;
	unsigned int ticks;
	int fd, listener;
	pid_t peer;

	if (argc != 3)
		return 2;
	ticks = (unsigned int)(strtoul(argv[2], NULL, 10) * NSEC_PER_MSEC /
			       TICK_NS);
	netns_enter("-");
	netns_enter(argv[0]);
	listener = talk_socket(&address, argv[1]);
	if (bind(listener, (void *)&address, sizeof(address)) ||
	    listen(listener, 1))
		die("cannot listen");
	peer = fork();
	if (!peer) {
		fd = accept(listener, NULL, NULL);
		talk(fd, ticks);
		exit(fd < 0);
	}
	netns_enter("-");
	fd = talk_socket(&address, argv[1]);
	if (connect(fd, (void *)&address, sizeof(address)))
		die("cannot connect");
	talk(fd, ticks);
	return waitpid(peer, NULL, 0) != peer;
}

/*
 * fault bulk ADDRESS BYTES: one TCP connection that writes as much at once as
 * the socket takes, so that super-packets grow as large as they can.
 */
int main_bulk(int argc, char **argv)
{
	static uint8_t block[1 << 20];
	struct sockaddr_storage to;
	socklen_t size;
	long bytes, sent = 0, n;
	int fd, buffer = 8 << 20;

	if (argc != 2)
		return 2;
	bytes = strtol(argv[1], NULL, 10);
	size = address_fill(&to, argv[0], FAULT_PORT);
	fd = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof(buffer));
	if (fd < 0 || connect(fd, (void *)&to, size))
		die("cannot connect to %s", argv[0]);
	while (sent < bytes) {
		n = send(fd, block, sizeof(block), MSG_NOSIGNAL);
		if (n < 0)
			die("cannot send to %s", argv[0]);
		sent += n;
	}
	shutdown(fd, SHUT_WR);
	n = recv(fd, block, 1, 0);
	return ok(n == 0, "P9: %s gets %ld bytes and says so", argv[0], sent) ?
	       0 : 1;
}

static int sink_open(int type)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6,
				    .sin6_port = htons(FAULT_PORT) };
	int fd = socket(AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1, bytes = 8 << 20;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	if (fd < 0 || bind(fd, (void *)&any, sizeof(any)) ||
	    (type == SOCK_STREAM && listen(fd, SINK_MAX)))
		die("cannot listen");
	return fd;
}

/* Reads what there is; a connection that has ended is forgotten. */
static void sink_read(struct pollfd *fd)
{
	long bytes;

	while ((bytes = recv(fd->fd, zeros, sizeof(zeros),
			     MSG_DONTWAIT | MSG_TRUNC)) > 0)
		;
	if (bytes == 0 || errno != EAGAIN) {
		close(fd->fd);
		fd->fd = -1;
	}
}

static void sink_accept(struct pollfd *fds)
{
	int i, fd = accept4(fds[0].fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	for (i = 2; fd >= 0 && i < SINK_MAX; i++) {
		if (fds[i].fd < 0) {
			fds[i].fd = fd;
			return;
		}
	}
	if (fd >= 0)
		close(fd);
}

int main_sink(int argc, char **argv)
{
	static struct pollfd fds[SINK_MAX];
	int i;

	if (argc != 1)
		return 2;
	netns_enter(argv[0]);
	for (i = 0; i < SINK_MAX; i++)
		fds[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	fds[0].fd = sink_open(SOCK_STREAM);
	fds[1].fd = sink_open(SOCK_DGRAM);
	i = fork();
	if (i) {
		printf("%d\n", i);
		return i < 0;
	}
	fclose(stdout);
	for (;;) {
		if (poll(fds, SINK_MAX, -1) < 0)
			continue;
		if (fds[0].revents)
			sink_accept(fds);
		while (recv(fds[1].fd, zeros, 1, MSG_DONTWAIT | MSG_TRUNC) >= 0)
			;
		for (i = 2; i < SINK_MAX; i++)
			if (fds[i].fd >= 0 && fds[i].revents)
				sink_read(&fds[i]);
	}
}
