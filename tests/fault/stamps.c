// SPDX-License-Identifier: GPL-2.0
/*
 * fault stamps DEV NS ADDRESS: departure times of local sockets (P4, P1).
 * fault forward DEV …: time stamps of packets that others sent, see there.
 *
 * Every case has a socket, hence a flow, of its own. The receiver's stamp is
 * the time at which the frame crossed the veth, which takes no time there.
 */
#include "fault.h"

#include <errno.h>
#include <linux/pkt_sched.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* The guest's clock moves by some 100 ns when a process reads it. */
#define TOLERANCE_NS	(20 * NSEC_PER_USEC)
#define HORIZON_NS	(50 * NSEC_PER_MSEC)

enum outcome {
	AT_ASKED,	/* leaves then */
	AT_ONCE,	/* no departure time, or of the past */
	AT_HORIZON,
};

struct stamp_case {
	const char *name;
	int64_t offset_ns;	/* from now; or the stamp itself: @is_raw */
	bool is_raw;
	enum outcome outcome;
	bool is_past;		/* counted in past_pkts */
};

static const struct stamp_case stamp_cases[] = {
	{ "3 ms ahead", 3 * NSEC_PER_MSEC, false, AT_ASKED, false },
	{ "100 us ahead", 100 * NSEC_PER_USEC, false, AT_ASKED, false },
	{ "just within the horizon", HORIZON_NS - NSEC_PER_MSEC, false,
	  AT_ASKED, false },
	{ "1 ms beyond the horizon", HORIZON_NS + NSEC_PER_MSEC, false,
	  AT_HORIZON, false },
	{ "a day ahead", 86400 * NSEC_PER_SEC, false, AT_HORIZON, false },
	{ "100 years ahead", 100 * 365 * 86400LL * NSEC_PER_SEC, false,
	  AT_HORIZON, false },
	{ "1 ms ago", -NSEC_PER_MSEC, false, AT_ONCE, true },
	{ "one second after the epoch", NSEC_PER_SEC, true, AT_ONCE, true },
	{ "1 ns after the epoch", 1, true, AT_ONCE, true },
	{ "zero: none", 0, true, AT_ONCE, false },
	{ "2^63 - 1", INT64_MAX, true, AT_HORIZON, false },
	{ "2^64 - 1", -1, true, AT_ONCE, true },
};

static int rx_fd;
static int device;

static int64_t receive_ns(int fd, int64_t patience_ns)
{
	union {
		char room[CMSG_SPACE(sizeof(struct timespec))];
		struct cmsghdr align;
	} control;
	char data[2048];
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	struct timespec limit = { .tv_sec = patience_ns / NSEC_PER_SEC,
				  .tv_nsec = patience_ns % NSEC_PER_SEC };
	struct timespec stamp;
	struct cmsghdr *cmsg;

	if (ppoll(&wait, 1, &limit, NULL) != 1)
		return -1;
	if (recvmsg(fd, &msg, 0) < 0)
		die("cannot receive");
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg || cmsg->cmsg_type != SCM_TIMESTAMPNS)
		die("a packet came without a receive stamp");
	memcpy(&stamp, CMSG_DATA(cmsg), sizeof(stamp));
	return stamp.tv_sec * NSEC_PER_SEC + stamp.tv_nsec;
}

static void counters_get(struct tc_sluice_xstats *ret)
{
	struct fault_qdisc qdisc;

	if (qdisc_get(device, TC_H_ROOT, &qdisc) || !qdisc.is_there)
		die("cannot read the counters");
	*ret = qdisc.xstats;
}

/*
 * 2^63 as a time in a signed world is the far past, in an unsigned one the far
 * future; either is fine, but it must be counted and the packet must arrive.
 */
static void edge_case(const char *address, int clock, const char *clock_name)
{
	struct tc_sluice_xstats before, after;
	int fd = udp_connect(address, FAULT_PORT);
	uint64_t counted;

	socket_txtime(fd, clock);
	counters_get(&before);
	if (send_txtime(fd, "x", 1, 1ull << 63) != 1)
		die("cannot send");
	ok(receive_ns(rx_fd, 2 * HORIZON_NS) >= 0,
	   "P4: %s %s 2^63: arrives within the horizon", address, clock_name);
	counters_get(&after);
	counted = after.past_pkts - before.past_pkts +
		  after.horizon_capped_pkts - before.horizon_capped_pkts;
	ok(counted == 1, "P4: %s %s 2^63: counted once", address, clock_name);
	close(fd);
}

static void stamp_judge(const char *address, int clock, const char *clock_name,
			const struct stamp_case *c)
{
	struct tc_sluice_xstats before, after;
	int64_t sent_ns, came_ns, want_ns;
	int fd = udp_connect(address, FAULT_PORT);
	int64_t stamp;

	socket_txtime(fd, clock);
	counters_get(&before);
	stamp = c->is_raw ? c->offset_ns :
			    clock_now_ns(clock) + c->offset_ns;
	sent_ns = clock_now_ns(CLOCK_REALTIME);
	if (send_txtime(fd, "x", 1, (uint64_t)stamp) != 1)
		die("cannot send");
	came_ns = receive_ns(rx_fd, 2 * HORIZON_NS);
	want_ns = c->outcome == AT_ASKED ? sent_ns + c->offset_ns :
		  c->outcome == AT_HORIZON ? sent_ns + HORIZON_NS : sent_ns;
	if (!ok(came_ns >= want_ns - TOLERANCE_NS &&
		came_ns <= want_ns + TOLERANCE_NS,
		"P4: %s %s, %s: leaves when it should", address, clock_name,
		c->name))
		note("late by %lld ns (-1 s and more: not at all)",
		     (long long)(came_ns - want_ns));
	counters_get(&after);
	if (!ok(after.past_pkts - before.past_pkts == c->is_past &&
		after.horizon_capped_pkts - before.horizon_capped_pkts ==
			(c->outcome == AT_HORIZON) &&
		after.foreign_clock_pkts == before.foreign_clock_pkts,
		"P4: %s %s, %s: the counters say so", address, clock_name,
		c->name))
		note("past +%lld, capped +%lld, foreign +%lld",
		     (long long)(after.past_pkts - before.past_pkts),
		     (long long)(after.horizon_capped_pkts -
				 before.horizon_capped_pkts),
		     (long long)(after.foreign_clock_pkts -
				 before.foreign_clock_pkts));
	close(fd);
}

int main_stamps(int argc, char **argv)
{
	static const struct {
		const char *name;
		int clock;
	} clocks[] = {
		{ "MONOTONIC", CLOCK_MONOTONIC },
		{ "TAI", CLOCK_TAI },
		{ "REALTIME", CLOCK_REALTIME },
	};
	size_t i, j;
	int on = 1;

	if (argc != 3)
		return 2;
	device = device_index(argv[0]);
	netns_enter("-");
	netns_enter(argv[1]);
	rx_fd = udp_bind(argv[2], FAULT_PORT);
	setsockopt(rx_fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	netns_enter("-");
	for (i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		for (j = 0; j < sizeof(stamp_cases) / sizeof(stamp_cases[0]);
		     j++)
			stamp_judge(argv[2], clocks[i].clock, clocks[i].name,
				    &stamp_cases[j]);
		edge_case(argv[2], clocks[i].clock, clocks[i].name);
	}
	return 0;
}

/*
 * fault forward DEV CLAIM SENDER-NS RECEIVER-NS ADDRESS COUNT FOREIGN: COUNT
 * packets of SENDER-NS cross the host, and DEV, on their way to ADDRESS while
 * receive stamps are on. All arrive at once; FOREIGN of them (or "any") are
 * counted as carrying the time of another clock.
 */
int main_forward(int argc, char **argv)
{
	struct tc_sluice_xstats before, after;
	int fd, i, came = 0, on = 1, count;
	int64_t sent_ns, came_ns, worst_ns = 0;
	uint64_t foreign;

	if (argc != 7)
		return 2;
	device = device_index(argv[0]);
	count = atoi(argv[5]);
	netns_enter("-");
	netns_enter(argv[3]);
	rx_fd = udp_bind(argv[4], FAULT_PORT);
	setsockopt(rx_fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	netns_enter("-");
	netns_enter(argv[2]);
	fd = udp_connect(argv[4], FAULT_PORT);
	netns_enter("-");
	sleep_ns(NSEC_PER_MSEC); /* stamps are switched on by a worker */
	counters_get(&before);
	for (i = 0; i < count; i++) {
		sent_ns = clock_now_ns(CLOCK_REALTIME);
		if (send(fd, "x", 1, 0) != 1)
			die("cannot send");
		came_ns = receive_ns(rx_fd, NSEC_PER_SEC);
		if (came_ns < 0)
			continue;
		came++;
		if (came_ns - sent_ns > worst_ns)
			worst_ns = came_ns - sent_ns;
	}
	counters_get(&after);
	foreign = after.foreign_clock_pkts - before.foreign_clock_pkts;
	ok(came == count, "P4: %s: %d of %d packets arrive", argv[1], came,
	   count);
	ok(worst_ns <= TOLERANCE_NS, "P4: %s: at once (%lld ns)", argv[1],
	   (long long)worst_ns);
	ok(after.enqueued_pkts - before.enqueued_pkts == (uint64_t)count,
	   "P4: %s: all passed the qdisc", argv[1]);
	ok(after.horizon_capped_pkts == before.horizon_capped_pkts &&
	   after.past_pkts == before.past_pkts,
	   "P4: %s: no stamp was taken for a departure time", argv[1]);
	if (strcmp(argv[6], "any"))
		ok(foreign == (uint64_t)atoi(argv[6]),
		   "P4: %s: %llu stamps of another clock are counted",
		   argv[1], (unsigned long long)foreign);
	return 0;
}
