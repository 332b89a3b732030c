// SPDX-License-Identifier: GPL-2.0
/*
 * A TCP sender: large blocking writes until a timer says stop, or a given
 * number of bytes. What was delivered is what the receiver acknowledged, as
 * the kernel counts it (TCP_INFO), at the very end of the flow's own time.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define WRITE_BYTES (256u << 10)

static volatile sig_atomic_t is_over;

static void alarm_handler(int signal)
{
	(void)signal;
	is_over = 1;
}

/* Interrupts a blocked write at end; again soon, for a write just begun. */
static void alarm_at(uint64_t end_mono_ns)
{
	struct sigaction action = { .sa_handler = alarm_handler };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = SIGALRM };
	struct itimerspec when = {
		.it_value.tv_sec = (time_t)(end_mono_ns / NSEC_PER_SEC),
		.it_value.tv_nsec = (long)(end_mono_ns % NSEC_PER_SEC),
		.it_interval.tv_nsec = NSEC_PER_MSEC,
	};
	timer_t timer;

	sigaction(SIGALRM, &action, NULL);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) ||
	    timer_settime(timer, TIMER_ABSTIME, &when, NULL))
		die("cannot arm a timer");
}

static int tcp_connect(const struct guest_flow *flow)
{
	struct sockaddr_storage peer;
	socklen_t peer_bytes = address_fill(&peer, flow->dst, flow->dport);
	int fd = socket_make(flow->src, SOCK_STREAM);

	if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, flow->cc,
		       (socklen_t)strlen(flow->cc)))
		die("congestion control %s is not in this kernel", flow->cc);
	maxrate_set(fd, flow->maxrate_bits_ps);
	socket_bind(fd, flow->src, flow->sport);
	while (connect(fd, (struct sockaddr *)&peer, peer_bytes)) {
		if (is_over)
			return fd;
		if (errno != EINTR)
			die("flow %u cannot connect", flow->number);
	}
	return fd;
}

static void write_until_over(int fd)
{
	static char data[WRITE_BYTES];

	while (!is_over)
		if (write(fd, data, sizeof(data)) < 0 && errno != EINTR)
			die("write failed");
}

/* True when the receiver has read everything and closed. */
static bool write_bytes(int fd, uint64_t bytes)
{
	static char data[WRITE_BYTES];
	char end;

	while (bytes && !is_over) {
		size_t part = bytes < sizeof(data) ? (size_t)bytes : sizeof(data);
		ssize_t done = write(fd, data, part);

		if (done < 0 && errno != EINTR)
			die("write failed");
		if (done > 0)
			bytes -= (uint64_t)done;
	}
	if (is_over || shutdown(fd, SHUT_WR))
		return false;
	while (!is_over)
		if (recv(fd, &end, 1, 0) == 0)
			return true;
	return false;
}

static void tcp_report(const struct guest_flow *flow,
		       const struct tcp_info *info, uint64_t elapsed_ns,
		       bool is_complete)
{
	FILE *file = result_open("flow", flow->number);

	fprintf(file, "{\"acked_bytes\":%llu,\"elapsed_ns\":%llu,",
		(unsigned long long)info->tcpi_bytes_acked,
		(unsigned long long)elapsed_ns);
	fprintf(file, "\"sent_segments\":%u,\"retransmitted_segments\":%u,",
		info->tcpi_data_segs_out, info->tcpi_total_retrans);
	fprintf(file, "\"cwnd_pkts\":%u,\"srtt_us\":%u,\"min_rtt_us\":%u,",
		info->tcpi_snd_cwnd, info->tcpi_rtt, info->tcpi_min_rtt);
	fprintf(file, "\"pacing_rate_bits_ps\":%llu,\"complete\":%s}\n",
		info->tcpi_pacing_rate == ~0ull ? 0 :
		(unsigned long long)info->tcpi_pacing_rate * 8,
		is_complete ? "true" : "false");
	result_close(file);
}

void tcp_send(const struct guest_flow *flow, const struct guest_span *span)
{
	struct linger no_linger = { .l_onoff = 1, .l_linger = 0 };
	struct tcp_info info = { 0 };
	socklen_t info_size = sizeof(info);
	uint64_t begin_ns;
	bool is_complete = true;
	int fd;

	sleep_until_mono_ns(span->start_mono_ns + flow->start_ns);
	if (flow->bytes) {
		begin_ns = clock_ns(CLOCK_MONOTONIC);
		alarm_at(span->start_mono_ns + flow->duration_ns);
		fd = tcp_connect(flow);
		is_complete = write_bytes(fd, flow->bytes);
	} else {
		fd = tcp_connect(flow);
		begin_ns = clock_ns(CLOCK_MONOTONIC);
		alarm_at(begin_ns + flow->duration_ns);
		write_until_over(fd);
	}
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &info_size))
		die("cannot read TCP_INFO");
	tcp_report(flow, &info, clock_ns(CLOCK_MONOTONIC) - begin_ns,
		   is_complete);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &no_linger, sizeof(no_linger));
	close(fd);
}
