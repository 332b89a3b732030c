// SPDX-License-Identifier: GPL-2.0
/*
 * fault churn replace|change|flap|mtu DEV ROUNDS: does something to the device
 * again and again while others send through it (P9, M2). A pause of some
 * milliseconds after each lets the traffic meet every state.
 * fault keep DEV NS ADDRESS: what a change keeps.
 * fault rehash DEV ADDRESS ADDRESS: a socket that becomes another one.
 */
#include "model.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_NS	(3 * NSEC_PER_MSEC)

static char sentence[FAULT_SENTENCE_SIZE];

/* Good options that differ from round to round; the limits stay sane. */
static void options_random(uint64_t *seed, struct fault_attrs *attrs)
{
	uint64_t dice = random_next(seed) >> 16;

	attrs->bytes = 0;
	attrs_put_number(attrs, TCA_SLUICE_RATE_BYTES_PS,
			 dice & 1 ? 0 : 2000000 + dice % 100000000, 8);
	attrs_put_number(attrs, TCA_SLUICE_MAXRATE_BYTES_PS,
			 dice & 2 ? 0 : 1000000 + dice % 10000000, 8);
	attrs_put_number(attrs, TCA_SLUICE_BURST_FRAMES, dice >> 8 & 63, 4);
	attrs_put_number(attrs, TCA_SLUICE_LIMIT_PKTS, 1 + (dice >> 16 & 1023),
			 4);
	attrs_put_number(attrs, TCA_SLUICE_FLOW_LIMIT_PKTS,
			 1 + (dice >> 24 & 255), 4);
	attrs_put_number(attrs, TCA_SLUICE_HORIZON_NS,
			 dice & 4 ? 1000 : 10000000000ull, 8);
	attrs_put_number(attrs, TCA_SLUICE_CODEL_TARGET_NS,
			 dice & 8 ? 0 : 1000 + dice % 5000000, 8);
	attrs_put_number(attrs, TCA_SLUICE_CE_THRESHOLD_NS,
			 dice & 16 ? UINT64_MAX : dice % 5000000, 8);
	attrs_put_number(attrs, TCA_SLUICE_OVERHEAD_BYTES, dice >> 32 & 255, 4);
}

static int churn_replace(int device, unsigned int round, uint64_t *seed)
{
	struct fault_attrs attrs;

	if (round & 1)
		return qdisc_root(device, RTM_NEWQDISC,
				  NLM_F_CREATE | NLM_F_REPLACE, "fq", NULL,
				  sentence);
	options_random(seed, &attrs);
	return qdisc_root(device, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE,
			  "sluice", &attrs, sentence);
}

static int churn_change(int device, unsigned int round, uint64_t *seed)
{
	struct fault_attrs attrs;

	(void)round;
	options_random(seed, &attrs);
	return qdisc_root(device, RTM_NEWQDISC, 0, "sluice", &attrs, sentence);
}

static int device_ioctl(int device, unsigned long command, int value)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { 0 };
	int err = 0;

	if_indextoname((unsigned int)device, request.ifr_name);
	if (command == SIOCSIFFLAGS) {
		ioctl(fd, SIOCGIFFLAGS, &request);
		request.ifr_flags = (short)(value ?
					    request.ifr_flags | IFF_UP :
					    request.ifr_flags & ~IFF_UP);
	} else {
		request.ifr_mtu = value;
	}
	if (ioctl(fd, command, &request))
		err = -errno;
	close(fd);
	return err;
}

static int churn_flap(int device, unsigned int round, uint64_t *seed)
{
	(void)seed;
	return device_ioctl(device, SIOCSIFFLAGS, round & 1);
}

static int churn_mtu(int device, unsigned int round, uint64_t *seed)
{
	static const int sizes[] = { 576, 9000, 68, 65535, 1500 };

	(void)seed;
	return device_ioctl(device, SIOCSIFMTU, sizes[round % 5]);
}

int main_churn(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*step)(int device, unsigned int round, uint64_t *seed);
	} kinds[] = {
		{ "replace", churn_replace }, { "change", churn_change },
		{ "flap", churn_flap }, { "mtu", churn_mtu },
	};
	unsigned int round, rounds, bad = 0;
	uint64_t seed = 4711;
	int device, first = 0;
	size_t i;

	if (argc != 3)
		return 2;
	for (i = 0; strcmp(kinds[i].name, argv[0]); i++)
		if (i == sizeof(kinds) / sizeof(kinds[0]) - 1)
			return 2;
	device = device_index(argv[1]);
	rounds = (unsigned int)strtoul(argv[2], NULL, 10);
	for (round = 0; round < rounds; round++) {
		int err = kinds[i].step(device, round, &seed);

		if (err && !bad++)
			first = err;
		sleep_ns(PAUSE_NS);
	}
	if (!ok(!bad, "P9: %s of %s under load, %u times: never refused",
		argv[0], argv[1], rounds))
		note("%u refused, the first: %s (%s)", bad, strerror(-first),
		     sentence);
	return 0;
}

/*
 * fault cycle FILE DEV ADDRESS ROUNDS: load the module, use it, leave packets
 * in it, take it away, unload it at once: nothing of it may be needed later.
 */
int main_cycle(int argc, char **argv)
{
	char *load[] = { "load", argv[0] }, *unload[] = { "unload", "sch_sluice" };
	unsigned int round, rounds, i, held = 0;
	struct fault_qdisc qdisc;
	int device;

	if (argc != 4)
		return 2;
	device = device_index(argv[1]);
	rounds = (unsigned int)strtoul(argv[3], NULL, 10);
	for (round = 0; round < rounds; round++) {
		struct fault_request remove = { .type = RTM_DELQDISC,
						.ifindex = device,
						.parent = TC_H_ROOT };

		main_module(2, load);
		if (qdisc_root(device, RTM_NEWQDISC,
			       NLM_F_CREATE | NLM_F_REPLACE, "sluice", NULL,
			       sentence))
			die("cannot set the qdisc: %s", sentence);
		for (i = 0; i < 20; i++) {
			int fd = udp_connect(argv[2], FAULT_PORT);
			uint64_t at = (uint64_t)clock_now_ns(CLOCK_MONOTONIC) +
				      (i & 1) * NSEC_PER_SEC;

			socket_txtime(fd, CLOCK_MONOTONIC);
			if (send_txtime(fd, "x", 1, at) != 1)
				die("cannot send");
			close(fd);
		}
		qdisc_get(device, TC_H_ROOT, &qdisc);
		held += qdisc.qlen;
		if (qdisc_talk(&remove, NULL))
			die("cannot remove the qdisc");
		main_module(2, unload);
	}
	ok(held == rounds * 10,
	   "P9: %u times loaded, used and unloaded at once, with 10 packets held",
	   rounds);
	return 0;
}

/* ---- keep: M2, a change that is taken loses no packet and no counter ---- */

#define KEEP_SOCKETS	20
#define KEEP_EACH	3
#define KEEP_AHEAD_NS	(2 * NSEC_PER_SEC)

static bool is_kept(const struct fault_qdisc *a, const struct fault_qdisc *b)
{
	return a->qlen == b->qlen && a->backlog_bytes == b->backlog_bytes &&
	       a->sent_pkts == b->sent_pkts && a->drops == b->drops &&
	       !memcmp(&a->xstats, &b->xstats, sizeof(a->xstats));
}

static unsigned int datagrams_drain(int fd)
{
	unsigned int count = 0;
	char data[2048];

	while (recv(fd, data, sizeof(data), MSG_DONTWAIT) >= 0)
		count++;
	return count;
}

int main_load_keep(int argc, char **argv)
{
	struct fault_qdisc before, after;
	unsigned int i, round, lost = 0;
	int fds[KEEP_SOCKETS], rx, device;
	struct fault_attrs attrs;
	uint64_t seed = 99;
	int64_t leave_ns;

	if (argc != 3)
		return 2;
	device = device_index(argv[0]);
	netns_enter("-");
	netns_enter(argv[1]);
	rx = udp_bind(argv[2], FAULT_PORT);
	netns_enter("-");
	leave_ns = clock_now_ns(CLOCK_MONOTONIC) + KEEP_AHEAD_NS;
	for (i = 0; i < KEEP_SOCKETS; i++) {
		fds[i] = udp_connect(argv[2], FAULT_PORT);
		socket_txtime(fds[i], CLOCK_MONOTONIC);
		for (round = 0; round < KEEP_EACH; round++)
			if (send_txtime(fds[i], "keep", 4, (uint64_t)leave_ns) != 4)
				die("cannot send");
	}
	if (qdisc_get(device, TC_H_ROOT, &before))
		die("cannot read the counters");
	ok(before.qlen == KEEP_SOCKETS * KEEP_EACH,
	   "M2: %u packets wait for their time", before.qlen);
	for (round = 0; round < 50; round++) {
		options_random(&seed, &attrs);
		if (qdisc_root(device, RTM_NEWQDISC, round & 1 ? 0 :
			       NLM_F_CREATE | NLM_F_REPLACE, "sluice", &attrs,
			       sentence))
			die("a good change is refused: %s", sentence);
		if (qdisc_get(device, TC_H_ROOT, &after))
			die("cannot read the counters");
		lost += !is_kept(&before, &after);
	}
	ok(!lost, "M2: 50 changes keep packets, backlog and all counters");
	attrs.bytes = 0;
	attrs_put_number(&attrs, TCA_SLUICE_MAXRATE_BYTES_PS, 0, 8);
	attrs_put_number(&attrs, TCA_SLUICE_RATE_BYTES_PS, 0, 8);
	if (qdisc_root(device, RTM_NEWQDISC, 0, "sluice", &attrs, sentence))
		die("a good change is refused: %s", sentence);
	ok(!datagrams_drain(rx), "P4: no packet left before its time");
	sleep_ns(leave_ns - clock_now_ns(CLOCK_MONOTONIC) + NSEC_PER_MSEC);
	i = datagrams_drain(rx);
	ok(i == KEEP_SOCKETS * KEEP_EACH,
	   "M2: all %u packets arrive at their time", i);
	return 0;
}

/* ---- rehash: P5 and P9 when a flow's socket turns into another ---- */

static void reconnect(int fd, const char *address)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(FAULT_PORT) };

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
	    connect(fd, &none, sizeof(none)) ||
	    connect(fd, (void *)&to, sizeof(to)))
		die("cannot reconnect to %s", address);
}

int main_rehash(int argc, char **argv)
{
	static const uint8_t data[1400];
	struct fault_qdisc before, during, after;
	int device, fd, other, round;

	if (argc != 3)
		return 2;
	device = device_index(argv[0]);
	other = udp_connect(argv[1], FAULT_PORT);
	fd = udp_connect(argv[1], FAULT_PORT);
	qdisc_get(device, TC_H_ROOT, &before);
	for (round = 0; round < 20; round++) {
		/* The device is taken, so that the flow waits for its turn. */
		if (send(other, data, sizeof(data), 0) < 0)
			die("cannot send");
		sleep_ns(100 * NSEC_PER_USEC);
		if (send(fd, data, 100, 0) < 0)
			die("cannot send");
		reconnect(fd, argv[1 + (round & 1)]);
		if (send(fd, data, 100, 0) < 0)
			die("cannot send");
		sleep_ns(PAUSE_NS);
	}
	qdisc_get(device, TC_H_ROOT, &during);
	ok(during.qlen > 0 && during.xstats.flows_waiting <= 2,
	   "P9: of two flows %u wait for their time", during.xstats.flows_waiting);
	sleep_ns(5 * NSEC_PER_SEC);
	qdisc_get(device, TC_H_ROOT, &after);
	ok(!after.qlen && after.xstats.sent_frames - before.xstats.sent_frames ==
				  60,
	   "P9: a socket that changes its address under load loses nothing (%llu of 60)",
	   (unsigned long long)(after.xstats.sent_frames -
				before.xstats.sent_frames));
	return 0;
}
