// SPDX-License-Identifier: GPL-2.0
/*
 * departure_load FLOWS RATE_BITS_PS STARTS WARMUP_MS SPAN_MS: sends on FLOWS
 * connections to port 5001 of 10.0.0.2, each paced at RATE_BITS_PS. Flows of one
 * rate keep the phase that they began with, so they begin STARTS times, each time
 * with others; prints what /proc/departure says of SPAN_MS of each, after
 * WARMUP_MS. Without flows, only waits that long.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FLOWS_MAX	64
#define CHUNK_BYTES	65536u
#define NS_PER_S	1000000000u
/* Many super-packets, so that all phases are about as likely. */
#define PHASE_MAX_NS	9973000u
/*
 * A sender keeps the processor for some 700 us until its send buffer is full.
 * Flows that begin together wait for each other and lie that far apart, however
 * long each of them has slept before.
 */
#define FLOW_APART_NS	13000000u
/* The round trip of cost_wire, and what some others take to fill up again. */
#define CONNECT_MAX_NS	11000000u

static char chunk[CHUNK_BYTES];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/*
 * The same in each run, and for each policy. Mixed as by splitmix64: how far flows
 * of one start lie apart must be another in each start, too.
 */
static void sleep_phase(int start, int flow)
{
	uint64_t mixed = (uint64_t)(start * FLOWS_MAX + flow + 1) *
			 0x9e3779b97f4a7c15u;
	struct timespec span;
	uint64_t span_ns;

	mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
	mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
	mixed ^= mixed >> 31;
	span_ns = (uint64_t)flow * FLOW_APART_NS + mixed % PHASE_MAX_NS;
	span = (struct timespec){
		.tv_sec = (time_t)(span_ns / NS_PER_S),
		.tv_nsec = (long)(span_ns % NS_PER_S),
	};

	nanosleep(&span, NULL);
}

static void measure(const char *command)
{
	FILE *file = fopen("/proc/departure", "w");

	if (!file || fputs(command, file) < 0 || fclose(file))
		die("/proc/departure");
}

static void sleep_ms(long ms)
{
	struct timespec span = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&span, NULL);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static int connect_paced(uint64_t rate_bits_ps)
{
	const struct sockaddr_in there = {
		.sin_family = AF_INET,
		.sin_port = htons(5001),
		.sin_addr.s_addr = htonl(0x0a000002),
	};
	const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
	uint64_t rate_bytes_ps = rate_bits_ps / 8;
	int fd = socket(AF_INET, SOCK_STREAM, 0), room = 1 << 20;

	if (setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &rate_bytes_ps,
		       sizeof(rate_bytes_ps)))
		die("SO_MAX_PACING_RATE");
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (connect(fd, (const struct sockaddr *)&there, sizeof(there)))
		die("connect");
	return fd;
}

static void transmit(uint64_t rate_bits_ps)
{
	uint64_t began_ns = now_ns();
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = connect_paced(rate_bits_ps);
	if (now_ns() - began_ns > CONNECT_MAX_NS) {
		fputs("departure_load: a sender waited for another\n", stderr);
		exit(1);
	}
	while (send(fd, chunk, sizeof(chunk), MSG_NOSIGNAL) > 0)
		;
	die("send");
}

static void start(int number, int flows, uint64_t rate_bits_ps, long warmup_ms,
		  long span_ms)
{
	pid_t senders[FLOWS_MAX];
	int i, status;

	for (i = 0; i < flows; i++) {
		senders[i] = fork();
		if (senders[i] < 0)
			die("fork");
		if (senders[i])
			continue;
		sleep_phase(number, i);
		transmit(rate_bits_ps);
	}
	sleep_ms(warmup_ms);
	measure("on");
	sleep_ms(span_ms);
	measure("off");
	for (i = 0; i < flows; i++)
		kill(senders[i], SIGKILL);
	for (i = 0; i < flows; i++)
		if (waitpid(senders[i], &status, 0) < 0 || !WIFSIGNALED(status))
			exit(1);
	sleep_ms(20);
}

int main(int argc, char **argv)
{
	int i, flows, starts;
	char line[2048];
	FILE *file;

	if (argc != 6 || (flows = atoi(argv[1])) > FLOWS_MAX)
		return 2;
	starts = atoi(argv[3]);
	/* The first connection of a machine takes some ms more than others. */
	if (flows)
		close(connect_paced(strtoull(argv[2], NULL, 10)));
	measure("begin");
	for (i = 0; i < starts; i++)
		start(i, flows, strtoull(argv[2], NULL, 10), atol(argv[4]),
		      atol(argv[5]));
	file = fopen("/proc/departure", "r");
	if (!file || !fgets(line, sizeof(line), file))
		die("/proc/departure");
	printf("flows=%d %s", flows, line);
	return 0;
}
