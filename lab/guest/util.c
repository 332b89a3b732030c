// SPDX-License-Identifier: GPL-2.0
/* What every program of the guest needs; see guest.h. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

void die(const char *format, ...)
{
	int error = errno;
	va_list args;

	fprintf(stderr, "lab guest: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	if (error)
		fprintf(stderr, " (%s)", strerror(error));
	fputc('\n', stderr);
	exit(1);
}

uint64_t clock_ns(int clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

static int timer_fd = -1;

void sleep_exactly(void)
{
	timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (timer_fd < 0)
		die("cannot make a timer");
}

void sleep_until_mono_ns(uint64_t mono_ns)
{
	struct itimerspec until = { .it_value = {
		.tv_sec = (time_t)(mono_ns / NSEC_PER_SEC),
		.tv_nsec = (long)(mono_ns % NSEC_PER_SEC),
	} };
	uint64_t expirations;

	if (timer_fd < 0) {
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME,
				       &until.it_value, NULL) == EINTR)
			;
		return;
	}
	if (timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &until, NULL))
		die("cannot set a timer");
	while (read(timer_fd, &expirations, sizeof(expirations)) < 0)
		if (errno != EINTR)
			die("cannot wait for a timer");
}

void netns_enter(const char *ns)
{
	char path[64];
	int fd;

	if (!strcmp(ns, "-"))
		return;
	snprintf(path, sizeof(path), "/run/netns/%s", ns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die("cannot enter the name space %s", ns);
	close(fd);
}

FILE *result_open(const char *what, unsigned int number)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "out/%s-%u.json", what, number);
	file = fopen(path, "we");
	if (!file)
		die("cannot write %s", path);
	return file;
}

void result_close(FILE *file)
{
	if (ferror(file) || fclose(file))
		die("cannot write a result");
}

static int family_of(const char *ip)
{
	return strchr(ip, ':') ? AF_INET6 : AF_INET;
}

int socket_make(const char *ip, int type)
{
	int fd = socket(family_of(ip), type | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0)
		die("cannot open a socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	return fd;
}

socklen_t address_fill(struct sockaddr_storage *storage, const char *ip,
		       uint64_t port)
{
	struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)storage;
	struct sockaddr_in *ipv4 = (struct sockaddr_in *)storage;
	bool is_ipv6 = family_of(ip) == AF_INET6;

	memset(storage, 0, sizeof(*storage));
	storage->ss_family = (sa_family_t)family_of(ip);
	/* both kinds of address have the port at the same place */
	ipv4->sin_port = htons((uint16_t)port);
	if (inet_pton(family_of(ip), ip, is_ipv6 ? (void *)&ipv6->sin6_addr :
						   (void *)&ipv4->sin_addr) != 1)
		die("%s is not an address", ip);
	return is_ipv6 ? sizeof(*ipv6) : sizeof(*ipv4);
}

void socket_bind(int fd, const char *ip, uint64_t port)
{
	struct sockaddr_storage address;
	socklen_t address_bytes = address_fill(&address, ip, port);

	if (bind(fd, (struct sockaddr *)&address, address_bytes))
		die("cannot bind %s port %llu", ip, (unsigned long long)port);
}

void maxrate_set(int fd, uint64_t bits_ps)
{
	uint64_t bytes_ps = bits_ps / 8;

	if (bits_ps && setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &bytes_ps,
				  sizeof(bytes_ps)))
		die("cannot set SO_MAX_PACING_RATE");
}
