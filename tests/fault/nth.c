// SPDX-License-Identifier: GPL-2.0
/*
 * fault nth netlink DEV | nth send DEV NS ADDRESS: lets the first allocation of
 * an operation fail, then the second, and so on until the operation needs no
 * more of them (/proc/self/fail-nth, of a kernel with CONFIG_FAULT_INJECTION).
 * fault failslab DEV traffic|netlink MS: a tenth of all allocations of all
 * processes and interrupts fails for a while, then every second, third, ….
 */
#include "model.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NTH_MAX		2000

static int nth_fd = -1;

static void nth_arm(unsigned int n)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", n);

	if (nth_fd < 0)
		nth_fd = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	if (nth_fd < 0 || pwrite(nth_fd, text, (size_t)length, 0) != length)
		die("cannot use /proc/self/fail-nth");
}

/* Ends it; returns true if an allocation was made to fail. */
static bool nth_disarm(void)
{
	char text[16] = "";

	if (pread(nth_fd, text, sizeof(text) - 1, 0) < 1)
		die("cannot read /proc/self/fail-nth");
	nth_arm(0);
	return atoi(text) == 0;
}

/* ---- netlink: whole or not at all, and the counters stay ---- */

static struct fault_attrs wanted;
static struct model_values wanted_values;

static bool is_sluice(const struct fault_qdisc *qdisc)
{
	return qdisc->is_there && !strcmp(qdisc->kind, "sluice");
}

static void root_get(int device, struct fault_qdisc *qdisc)
{
	int err = qdisc_get(device, TC_H_ROOT, qdisc);

	if (err) {
		errno = -err;
		die("cannot dump");
	}
}

/* Brings the device to a known state, without faults. */
static void state_set(int device, const char *kind)
{
	struct fault_qdisc qdisc;

	root_get(device, &qdisc);
	if (qdisc.is_there && qdisc.handle)
		qdisc_root(device, RTM_DELQDISC, 0, NULL, NULL, NULL);
	if (kind && qdisc_root(device, RTM_NEWQDISC,
			       NLM_F_CREATE | NLM_F_EXCL, kind, NULL, NULL))
		die("cannot add %s", kind);
}

/*
 * A lost acknowledgement says nothing about the request, so an error leaves two
 * outcomes: as before, or as wanted. No error leaves one.
 */
static bool is_whole(const struct fault_qdisc *before,
		     const struct fault_qdisc *after, int err)
{
	struct model_values values;

	if (is_sluice(after) && !model_read(&values, after))
		return false;
	if (is_sluice(after) && !model_differs(&values, &wanted_values))
		return true;
	return err && !strcmp(before->kind, after->kind) &&
	       before->options_bytes == after->options_bytes &&
	       !memcmp(before->options, after->options, after->options_bytes);
}

__attribute__((noreturn))
static void broken(const char *what, unsigned int n, int err,
		   const struct fault_qdisc *now)
{
	struct model_values have;
	const char *differs = NULL;

	if (is_sluice(now))
		differs = model_read(&have, now) ?
			  model_differs(&have, &wanted_values) : "the dump";
	note("what differs from the options wanted: %s",
	     differs ? differs : "nothing");
	errno = -err;
	die("%s is not whole when allocation %u fails: it returned %d, and now there is '%s'",
	    what, n, err, now->kind);
}

static bool add_step(int device, unsigned int n)
{
	struct fault_qdisc before, after;
	bool is_injected;
	int err;

	state_set(device, NULL);
	root_get(device, &before);
	nth_arm(n);
	err = qdisc_root(device, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL,
			 "sluice", &wanted, NULL);
	is_injected = nth_disarm();
	root_get(device, &after);
	if (!is_whole(&before, &after, err))
		broken("add", n, err, &after);
	return is_injected;
}

static bool change_step(int device, unsigned int n, uint16_t flags)
{
	struct fault_qdisc before, after;
	bool is_injected;
	int err;

	state_set(device, "sluice");
	root_get(device, &before);
	nth_arm(n);
	err = qdisc_root(device, RTM_NEWQDISC, flags, "sluice", &wanted, NULL);
	is_injected = nth_disarm();
	root_get(device, &after);
	if (!is_whole(&before, &after, err) || before.handle != after.handle)
		broken("change", n, err, &after);
	return is_injected;
}

static bool replace_step(int device, unsigned int n)
{
	struct fault_qdisc before, after;
	bool is_injected;
	int err;

	state_set(device, "fq");
	root_get(device, &before);
	nth_arm(n);
	err = qdisc_root(device, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE,
			 "sluice", &wanted, NULL);
	is_injected = nth_disarm();
	root_get(device, &after);
	if (!is_whole(&before, &after, err))
		broken("replace", n, err, &after);
	return is_injected;
}

static bool delete_step(int device, unsigned int n)
{
	struct fault_qdisc after;
	bool is_injected;
	int err;

	state_set(device, "sluice");
	nth_arm(n);
	err = qdisc_root(device, RTM_DELQDISC, 0, NULL, NULL, NULL);
	is_injected = nth_disarm();
	root_get(device, &after);
	if (!err && is_sluice(&after))
		broken("delete", n, err, &after);
	return is_injected;
}

static bool dump_step(int device, unsigned int n)
{
	struct fault_qdisc qdisc;
	bool is_injected;
	int err;

	if (n == 1) {
		state_set(device, NULL);
		qdisc_root(device, RTM_NEWQDISC, NLM_F_CREATE, "sluice",
			   &wanted, NULL);
	}
	nth_arm(n);
	err = qdisc_get(device, TC_H_ROOT, &qdisc);
	is_injected = nth_disarm();
	if (!err && is_sluice(&qdisc) && !is_whole(&qdisc, &qdisc, 0))
		broken("dump", n, err, &qdisc);
	return is_injected;
}

static bool modify_step(int device, unsigned int n)
{
	return change_step(device, n, 0);
}

static bool change_replace_step(int device, unsigned int n)
{
	return change_step(device, n, NLM_F_CREATE | NLM_F_REPLACE);
}

static int nth_netlink(int device)
{
	static const struct {
		const char *name;
		bool (*step)(int device, unsigned int n);
	} operations[] = {
		{ "add", add_step }, { "change", modify_step },
		{ "replace in place", change_replace_step },
		{ "replace of fq", replace_step }, { "delete", delete_step },
		{ "dump", dump_step },
	};
	unsigned int n;
	size_t i;

	attrs_put_number(&wanted, TCA_SLUICE_RATE_BYTES_PS, 12345678, 8);
	attrs_put_number(&wanted, TCA_SLUICE_LIMIT_PKTS, 777, 4);
	attrs_put_number(&wanted, TCA_SLUICE_GAIN_PERCENT, 111, 4);
	attrs_put_number(&wanted, TCA_SLUICE_GAP_FRAMES_NS, 200000, 8);
	wanted_values = model_initial();
	model_apply(&wanted_values, wanted.data, wanted.bytes);
	for (i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		for (n = 1; n < NTH_MAX && operations[i].step(device, n); n++)
			;
		ok(n > 1 && n < NTH_MAX,
		   "P9, M2: %s is whole or not at all, whichever of its %u allocations fails",
		   operations[i].name, n - 1);
	}
	state_set(device, NULL);
	return 0;
}

/* ---- traffic: every allocation on the way of a packet ---- */

static uint8_t payload[40000];

static void datagram_send(const char *address, unsigned int n)
{
	int fd = udp_connect(address, FAULT_PORT);

	nth_arm(n);
	(void)!send(fd, payload, 1000, MSG_DONTWAIT);
	close(fd);
}

static void bundle_send(const char *address, unsigned int n)
{
	int fd = udp_connect(address, FAULT_PORT);

	nth_arm(n);
	(void)!send_bundle(fd, payload, sizeof(payload), 1400);
	close(fd);
}

static void txtime_send(const char *address, unsigned int n)
{
	int fd = udp_connect(address, FAULT_PORT);

	socket_txtime(fd, CLOCK_MONOTONIC);
	nth_arm(n);
	(void)!send_txtime(fd, payload, 1000,
			   (uint64_t)(clock_now_ns(CLOCK_MONOTONIC) +
				      NSEC_PER_MSEC));
	close(fd);
}

int main_nth(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*send)(const char *address, unsigned int n);
	} kinds[] = {
		{ "a datagram", datagram_send },
		{ "a bundle of 29 segments", bundle_send },
		{ "a datagram with a departure time", txtime_send },
	};
	struct fault_qdisc qdisc;
	unsigned int n, stuck;
	int device;
	size_t i;

	if (argc < 2)
		return 2;
	device = device_index(argv[1]);
	if (!strcmp(argv[0], "netlink"))
		return nth_netlink(device);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		stuck = 0;
		for (n = 1; n < NTH_MAX; n++) {
			bool is_injected;

			kinds[i].send(argv[2], n);
			is_injected = nth_disarm();
			sleep_ns(20 * NSEC_PER_MSEC);
			root_get(device, &qdisc);
			stuck += qdisc.qlen != 0;
			if (!is_injected)
				break;
		}
		ok(n > 1 && n < NTH_MAX && !stuck,
		   "P9: %s is sent or dropped, whichever of its %u allocations fails",
		   kinds[i].name, n - 1);
	}
	root_get(device, &qdisc);
	ok(qdisc.xstats.flow_alloc_failed_pkts > 0,
	   "P9: packets without a flow were among them (%llu)",
	   (unsigned long long)qdisc.xstats.flow_alloc_failed_pkts);
	ok(qdisc.xstats.uncut_pkts > 0,
	   "P9: so were super-packets that could not be cut (%llu)",
	   (unsigned long long)qdisc.xstats.uncut_pkts);
	return 0;
}

/* ---- failslab: everybody at once ---- */

static void attr_write(const char *attr, const char *name, unsigned int value)
{
	char path[96], text[16];
	int length = snprintf(text, sizeof(text), "%u", value);
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s/%s", attr, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, (size_t)length) != length)
		die("cannot write %s", path);
	close(fd);
}

/* Opening a file may fail while it is on, so it is switched by what is open. */
static void faults_for(int device, bool has_netlink, unsigned int percent,
		       unsigned int interval, int64_t ns)
{
	int fd = open("/sys/kernel/debug/failslab/probability",
		      O_WRONLY | O_CLOEXEC);
	int64_t end_ns = clock_now_ns(CLOCK_MONOTONIC) + ns;
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", percent);
	struct fault_qdisc qdisc;
	unsigned int round = 0;

	attr_write("failslab", "interval", interval);
	attr_write("failslab", "times", (unsigned int)-1);
	if (fd < 0 || write(fd, text, (size_t)length) != length)
		die("cannot switch the faults on");
	while (clock_now_ns(CLOCK_MONOTONIC) < end_ns) {
		if (has_netlink) {
			qdisc_root(device, RTM_NEWQDISC,
				   NLM_F_CREATE | NLM_F_REPLACE,
				   round % 3 ? "sluice" : "fq",
				   round % 3 ? &wanted : NULL, NULL);
			qdisc_get(device, TC_H_ROOT, &qdisc);
			if (round % 5 == 4)
				qdisc_root(device, RTM_DELQDISC, 0, NULL,
					   NULL, NULL);
			round++;
		}
		sleep_ns(5 * NSEC_PER_MSEC);
	}
	/* A write may itself need memory. */
	for (round = 0; write(fd, "0", 1) != 1; round++)
		if (round > 1000)
			die("cannot switch the faults off");
	close(fd);
}

int main_failslab(int argc, char **argv)
{
	static const unsigned int intervals[] = { 2, 3, 5, 7, 11, 23, 101 };
	const unsigned int n = sizeof(intervals) / sizeof(intervals[0]);
	bool has_netlink;
	int64_t each_ns;
	int device;
	size_t i;

	if (argc != 3)
		return 2;
	device = device_index(argv[0]);
	has_netlink = !strcmp(argv[1], "netlink");
	each_ns = strtol(argv[2], NULL, 10) * NSEC_PER_MSEC / (n + 1);
	attrs_put_number(&wanted, TCA_SLUICE_RATE_BYTES_PS, 6000000, 8);
	faults_for(device, has_netlink, 10, 1, each_ns);
	for (i = 0; i < n; i++)
		faults_for(device, has_netlink, 100, intervals[i], each_ns);
	ok(true, "P9: a part of all allocations failed for %s ms, with %s",
	   argv[2], argv[1]);
	return 0;
}
