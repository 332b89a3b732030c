/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The programs that run inside a guest of the lab. They obey the files that
 * user/lab/plan*.c writes, as root of a machine that lives for one run: any
 * failure ends the program with one sentence, and the run with it.
 */
#ifndef LAB_GUEST_H
#define LAB_GUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#define GUEST_FLOWS_MAX 512
#define NSEC_PER_SEC 1000000000ull
#define NSEC_PER_MSEC 1000000ull

struct guest_flow {
	unsigned int number;
	char kind[16];
	char ns[16];
	char src[48];
	char dst[48];
	char cc[32];
	char clock[16];		/* of SO_TXTIME: tai or monotonic */
	uint64_t sport;
	uint64_t dport;
	uint64_t start_ns;	/* after the start of the measured span */
	uint64_t duration_ns;
	uint64_t bytes;
	uint64_t every_ns;
	uint64_t rate_bits_ps;
	uint64_t size_bytes;
	uint64_t maxrate_bits_ps;
	uint64_t segments;
	uint64_t lead_ns;
	uint64_t l1_overhead_bytes;	/* of a datagram's frame */
	uint64_t peer;		/* 1: a peer script runs at the receiver */
	uint64_t run_first;	/* 1: the peer starts on time, run before it */
};

/* When the measured span starts, by two clocks. */
struct guest_span {
	uint64_t start_mono_ns;
	uint64_t start_real_ns;
	uint64_t duration_ns;
};

/* util.c */
/* One sentence on stderr, and the end of this program. */
__attribute__((noreturn, format(printf, 1, 2)))
void die(const char *format, ...);
uint64_t clock_ns(int clock);			/* of a CLOCK_…, now */
void sleep_until_mono_ns(uint64_t mono_ns);	/* returns at once if that has passed */
/*
 * From now on this process sleeps to the nanosecond: a plain sleep may end a
 * timer slack later (50 us, at least 1 ns). Not inherited usefully by a fork.
 */
void sleep_exactly(void);
void netns_enter(const char *ns);	/* "-": the first one, nothing to do */
/* A result file of that flow in the run's folder. */
FILE *result_open(const char *what, unsigned int number);
void result_close(FILE *file);			/* what could not be written ends the program */
/* IPv4 or IPv6, whichever the text ip is; all three end the program if not. */
int socket_make(const char *ip, int type);
socklen_t address_fill(struct sockaddr_storage *storage, const char *ip,
		       uint64_t port);
void socket_bind(int fd, const char *ip, uint64_t port);
void maxrate_set(int fd, uint64_t bits_ps);	/* SO_MAX_PACING_RATE; 0: none */

/* setup.c: `lab-traffic setup FILE` and `insmod FILE` */
int setup_main(const char *path);
int module_load(const char *path);

/* send_tcp.c, send_udp.c, receive.c: the life of one child each */
void tcp_send(const struct guest_flow *flow, const struct guest_span *span);
void udp_send(const struct guest_flow *flow, const struct guest_span *span);
void tcp_receive(const struct guest_flow *flow, int ready_fd);
void udp_receive(const struct guest_flow *flow, int ready_fd);

#endif
