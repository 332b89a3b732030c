// SPDX-License-Identifier: GPL-2.0
/*
 * Receivers. TCP: reads without copying, woken once per 256 KiB. UDP: looks
 * into its buffer every 10 ms (waiting costs nothing in virtual time), so
 * that a datagram does not cost a wake-up; counts what came and in which
 * order, and reports when told to stop.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../../user/lib/udp_stamp.h"
#include "guest.h"

#define READ_BYTES (1u << 20)
#define LOW_WATER_BYTES (256 << 10)
#define POLL_NS (10 * NSEC_PER_MSEC)
#define BATCH 256
#define BUFFER_BYTES (64 << 20)

static void ready_tell(int ready_fd)
{
	if (write(ready_fd, "r", 1) != 1)
		die("cannot report readiness");
	close(ready_fd);
}

void tcp_receive(const struct guest_flow *flow, int ready_fd)
{
	static char data[READ_BYTES];
	int listener, fd, low = LOW_WATER_BYTES;
	ssize_t got;

	netns_enter("d");
	listener = socket_make(flow->dst, SOCK_STREAM);
	socket_bind(listener, flow->dst, flow->dport);
	if (listen(listener, 1))
		die("cannot listen");
	ready_tell(ready_fd);
	fd = accept(listener, NULL, NULL);
	if (fd < 0)
		die("cannot accept");
	setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof(low));
	do
		got = recv(fd, data, sizeof(data), MSG_TRUNC);
	while (got > 0 || (got < 0 && errno == EINTR));
	close(fd);
	exit(0);
}

struct udp_count {
	uint64_t received_pkts;
	uint64_t received_bytes;
	uint64_t reordered_pkts;	/* came after one with a higher number */
	uint64_t foreign_pkts;		/* without our stamp */
	uint64_t next_sequence;
};

static volatile sig_atomic_t must_stop;

static void stop_handler(int signal)
{
	(void)signal;
	must_stop = 1;
}

static void udp_count_one(struct udp_count *count, const uint8_t *data,
			  size_t bytes)
{
	struct sluice_udp_stamp stamp;

	if (!sluice_udp_stamp_get(data, bytes, &stamp)) {
		count->foreign_pkts++;
		return;
	}
	count->received_pkts++;
	count->received_bytes += bytes;
	if (stamp.sequence < count->next_sequence)
		count->reordered_pkts++;
	else
		count->next_sequence = stamp.sequence + 1;
}

static void udp_drain(int fd, struct udp_count *count)
{
	static uint8_t data[BATCH][64];
	struct mmsghdr messages[BATCH];
	struct iovec pieces[BATCH];
	int got, i;

	do {
		memset(messages, 0, sizeof(messages));
		for (i = 0; i < BATCH; i++) {
			pieces[i].iov_base = data[i];
			pieces[i].iov_len = sizeof(data[i]);
			messages[i].msg_hdr.msg_iov = &pieces[i];
			messages[i].msg_hdr.msg_iovlen = 1;
		}
		got = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT | MSG_TRUNC,
			       NULL);
		for (i = 0; i < got; i++)
			udp_count_one(count, data[i], messages[i].msg_len);
	} while (got == BATCH);
}

/* Datagrams that came and found the buffer full: no loss of the network. */
static unsigned int udp_overflows(int fd)
{
	uint32_t memory[SK_MEMINFO_VARS] = { 0 };
	socklen_t bytes = sizeof(memory);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &bytes))
		die("cannot read SO_MEMINFO");
	return memory[SK_MEMINFO_DROPS];
}

static void udp_report(const struct guest_flow *flow,
		       const struct udp_count *count, unsigned int overflows)
{
	FILE *file = result_open("recv", flow->number);

	fprintf(file, "{\"received_pkts\":%llu,\"received_bytes\":%llu,\"reordered_pkts\":%llu",
		(unsigned long long)count->received_pkts,
		(unsigned long long)count->received_bytes,
		(unsigned long long)count->reordered_pkts);
	if (overflows)
		fprintf(file, ",\"receiver_overflow_pkts\":%u", overflows);
	fprintf(file, "}\n");
	result_close(file);
}

void udp_receive(const struct guest_flow *flow, int ready_fd)
{
	struct sigaction action = { .sa_handler = stop_handler };
	struct udp_count count = { 0 };
	int fd, room = BUFFER_BYTES;
	uint64_t next_ns;

	netns_enter("d");
	fd = socket_make(flow->dst, SOCK_DGRAM);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	socket_bind(fd, flow->dst, flow->dport);
	sigaction(SIGTERM, &action, NULL);
	ready_tell(ready_fd);
	next_ns = clock_ns(CLOCK_MONOTONIC);
	while (!must_stop) {
		next_ns += POLL_NS;
		sleep_until_mono_ns(next_ns);
		udp_drain(fd, &count);
	}
	udp_report(flow, &count, udp_overflows(fd));
	exit(0);
}
