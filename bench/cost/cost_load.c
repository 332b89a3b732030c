// SPDX-License-Identifier: GPL-2.0
/*
 * cost_load FLOWS RATE_BITS_PS WARMUP_MS SPAN_MS: sends on FLOWS connections
 * over cost_wire, each paced at RATE_BITS_PS (0: by the qdisc alone), and
 * prints one line: what the wire says of SPAN_MS, the mean of the smoothed
 * round trips, and how much of that time the processor was busy, by its TSC.
 * In an emulator whose TSC counts instructions, that is instructions.
 *
 * A second process of the lowest priority takes all that is left over and
 * counts it: whatever keeps it from its loop is the cost of sending. There is
 * one processor.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT_FIRST	20000u
#define FLOWS_MAX	20000u
#define CHUNK_BYTES	65536u
/* Connections that are made at once, or the queue of SYNs would be the test. */
#define CONNECTS_AT_ONCE 64u
/* A turn of the idle loop is 10 to 20 instructions, the least interrupt 500. */
#define LOOP_MAX_TSC	100u

static char chunk[CHUNK_BYTES];
static int connections[FLOWS_MAX];
static volatile uint64_t *idle_tsc;

__attribute__((noreturn, format(printf, 1, 2)))
static void die(const char *format, ...)
{
	int error = errno;
	va_list args;

	va_start(args, format);
	fputs("cost_load: ", stderr);
	vfprintf(stderr, format, args);
	fprintf(stderr, ": %s\n", strerror(error));
	va_end(args);
	exit(1);
}

static uint64_t tsc(void)
{
	return __builtin_ia32_rdtsc();
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- what is left over ---- */

__attribute__((noreturn))
static void soak(void)
{
	const struct sched_param lowest = { .sched_priority = 0 };
	uint64_t before = tsc();

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (sched_setscheduler(0, SCHED_IDLE, &lowest))
		die("no lowest priority");
	for (;;) {
		uint64_t now = tsc(), taken = now - before;

		before = now;
		if (taken < LOOP_MAX_TSC)
			*idle_tsc += taken;
	}
}

static void soak_start(void)
{
	idle_tsc = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (idle_tsc == MAP_FAILED)
		die("no shared memory");
	*idle_tsc = 0;
	switch (fork()) {
	case -1:
		die("no second process");
	case 0:
		soak();
	}
}

/* ---- sending ---- */

static void chunks_write(int fd)
{
	ssize_t done;

	do
		done = send(fd, chunk, sizeof(chunk), MSG_NOSIGNAL);
	while (done > 0);
	if (done < 0 && errno != EAGAIN && errno != ENOTCONN)
		die("a connection broke");
}

static void serve(int poll_fd, uint64_t until_ns)
{
	struct epoll_event events[256];

	while (now_ns() < until_ns) {
		int i, n = epoll_wait(poll_fd, events, 256, 1);

		if (n < 0)
			die("epoll");
		for (i = 0; i < n; i++)
			chunks_write(events[i].data.fd);
	}
}

static int connection_make(unsigned int number, uint64_t rate_bits_ps)
{
	struct sockaddr_in here = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)(PORT_FIRST + number)),
		.sin_addr.s_addr = htonl(0x0a000001),
	};
	const struct sockaddr_in there = {
		.sin_family = AF_INET,
		.sin_port = htons(5001),
		.sin_addr.s_addr = htonl(0x0a000002),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
	uint64_t rate_bytes_ps = rate_bits_ps / 8;
	const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
	int room = 1 << 20, unsent = 128 << 10;

	if (fd < 0)
		die("socket %u", number);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&here, sizeof(here)))
		die("port %u", PORT_FIRST + number);
	if (rate_bytes_ps &&
	    setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &rate_bytes_ps,
		       sizeof(rate_bytes_ps)))
		die("SO_MAX_PACING_RATE");
	/* The next measurement takes the same ports. */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
	if (connect(fd, (const struct sockaddr *)&there, sizeof(there)) &&
	    errno != EINPROGRESS)
		die("connect %u", number);
	return fd;
}

static int connections_make(unsigned int flows, uint64_t rate_bits_ps)
{
	int poll_fd = epoll_create1(0);
	unsigned int i;

	for (i = 0; i < flows; i++) {
		struct epoll_event event = { .events = EPOLLOUT | EPOLLET };

		connections[i] = connection_make(i, rate_bits_ps);
		event.data.fd = connections[i];
		if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, event.data.fd, &event))
			die("epoll");
		if (i % CONNECTS_AT_ONCE == CONNECTS_AT_ONCE - 1)
			serve(poll_fd, now_ns() + 2000000);
	}
	return poll_fd;
}

/* The mean of what the connections take their round trip for. */
static unsigned int srtt_us(unsigned int flows)
{
	uint64_t sum_us = 0;
	unsigned int i;

	for (i = 0; i < flows; i++) {
		struct tcp_info info;
		socklen_t length = sizeof(info);

		if (getsockopt(connections[i], IPPROTO_TCP, TCP_INFO, &info,
			       &length))
			die("TCP_INFO");
		sum_us += info.tcpi_rtt;
	}
	return (unsigned int)(sum_us / flows);
}

/* ---- the wire's own words ---- */

static void wire_reset(void)
{
	int fd = open("/proc/cost_wire", O_WRONLY);

	if (fd < 0 || write(fd, "0", 1) != 1)
		die("/proc/cost_wire");
	close(fd);
}

static void wire_print(void)
{
	char line[512];
	FILE *file = fopen("/proc/cost_wire", "r");

	if (!file || !fgets(line, sizeof(line), file))
		die("/proc/cost_wire");
	fputs(line, stdout);
	fclose(file);
}

int main(int argc, char **argv)
{
	struct rlimit files = { 2 * FLOWS_MAX, 2 * FLOWS_MAX };
	uint64_t from_tsc, from_idle, busy, span_ns;
	unsigned int flows;
	int poll_fd;

	if (argc != 5)
		return 2;
	flows = (unsigned int)atoi(argv[1]);
	if (!flows || flows > FLOWS_MAX || setrlimit(RLIMIT_NOFILE, &files))
		return 2;
	soak_start();
	poll_fd = connections_make(flows, strtoull(argv[2], NULL, 10));
	serve(poll_fd, now_ns() + strtoull(argv[3], NULL, 10) * 1000000);
	span_ns = strtoull(argv[4], NULL, 10) * 1000000;
	wire_reset();
	from_idle = *idle_tsc;
	from_tsc = tsc();
	serve(poll_fd, now_ns() + span_ns);
	busy = tsc() - from_tsc - (*idle_tsc - from_idle);
	printf("flows=%u busy=%llu srtt_us=%u ", flows,
	       (unsigned long long)busy, srtt_us(flows));
	wire_print();
	return 0;
}
