// SPDX-License-Identifier: GPL-2.0
/*
 * What the scope's sources hold against those who fill them: a packet socket whose frames
 * come faster than they are taken, and a process that parses captures and was taken
 * over. Needs root, for a network namespace.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../user/lib/capture.h"
#include "../../user/scope/feed.h"
#include "../../user/scope/live.h"
#include "../unit/user_tap.h"

/* ---- a packet socket ---- */

#define PATIENCE_S	20u		/* of a drain that would never end */
#define PKTS_BEFORE	4000u		/* some blocks of the ring are full of them */

static int sender_fd;
static uint64_t taken_pkts;

static void lo_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };

	(void)ioctl(sender_fd, SIOCSIFFLAGS, &request);
}

static void datagram_send(void)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	(void)sendto(sender_fd, "", 1, 0, (const void *)&to, sizeof(to));
}

/* For each that is taken there are more, each of them seen twice. */
static int captured_answer(const struct sluice_captured *captured, void *data)
{
	(void)captured;
	(void)data;
	taken_pkts++;
	datagram_send();
	datagram_send();
	return 0;
}

static void never_ends(int signal_number)
{
	static const char text[] = "Bail out! the drain does not end\n";

	(void)signal_number;
	_exit(write(STDOUT_FILENO, text, sizeof(text) - 1) < 0 ? 2 : 1);
}

static void test_drain_ends(void)
{
	struct sluice_capture_config config = {
		.ring_bytes = 1 << 20, .has_sent = true, .has_received = true,
	};
	struct sluice_capture *capture;

	sender_fd = unshare(CLONE_NEWNET) ? -1 :
		    socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	lo_up();
	config.ifindex = (int)if_nametoindex("lo");
	if (!tap_ok(sender_fd >= 0 && !sluice_capture_open_for(&capture, &config),
		    "capture: it looks at lo"))
		return;
	for (unsigned int i = 0; i < PKTS_BEFORE; i++)
		datagram_send();
	fflush(stdout);
	signal(SIGALRM, never_ends);
	alarm(PATIENCE_S);
	tap_u64((uint64_t)sluice_capture_drain(capture, captured_answer, NULL), 0,
		"capture: a drain ends though frames come faster than it takes them");
	alarm(0);
	tap_ok(taken_pkts >= 1000, "capture: and has taken what the ring held");
	sluice_capture_close(capture);
}

static int packet_count(const struct scope_packet *packet, void *data)
{
	(void)packet;
	taken_pkts += (uint64_t)data;
	return 0;
}

/* What was sent just before the end lies in a block that is not full: it is waited for. */
static void test_last_packets(void)
{
	const struct scope_live_config config = {
		.name = "lo", .has_out = true, .has_in = true,
		.mode = SCOPE_LIVE_TAP,
	};
	struct scope_live *live;
	char error[256];
	int err;

	if (!tap_ok(!scope_live_open(&live, &config, error, sizeof(error)),
		    "live: a packet socket looks at lo"))
		return;
	taken_pkts = 0;
	for (unsigned int i = 0; i < 20; i++)
		datagram_send();
	err = scope_live_drain_last(live, packet_count, (void *)1);
	tap_u64((uint64_t)-err, 0, "live: the last drain");
	/* each is seen twice, and so is what says that nobody listens there */
	tap_ok(taken_pkts >= 40, "live: it has what was sent just before");
	scope_live_close(live);
	close(sender_fd);
}

/* ---- a process that parses ---- */

enum { MESSAGE_VANTAGE, MESSAGE_PACKET, MESSAGE_END, MESSAGE_UNSEEN,
       MESSAGE_MAC_CONTROL };

#define ERROR_BYTES	sizeof(((struct scope_file_result *)NULL)->error)

static struct scope_packet received;
static unsigned int received_pkts;

static int packet_keep(const struct scope_packet *packet, void *data)
{
	(void)data;
	received = *packet;
	received_pkts++;
	return 0;
}

static void message_write(int fd, uint32_t kind, const void *from, size_t bytes)
{
	const uint32_t head[] = { kind, (uint32_t)bytes };

	if (write(fd, head, sizeof(head)) != sizeof(head) ||
	    write(fd, from, bytes) != (ssize_t)bytes)
		_exit(2);
}

struct told {
	const struct scope_vantage *vantage;	/* NULL: none */
	const struct scope_packet *packet;
	const char *error;			/* of ERROR_BYTES */
	uint64_t unseen_pkts;			/* 0: not told */
	uint64_t mac_control_frames;		/* that are sent; likewise */
};

/* What a drain says of what was told; then the process ends without a word. */
static int drained(const struct told *told, struct scope_feed **ret)
{
	int ends[2], err;

	received_pkts = 0;
	if (pipe2(ends, O_CLOEXEC) || scope_feed_from(ret, ends[0]))
		_exit(2);
	if (told->vantage)
		message_write(ends[1], MESSAGE_VANTAGE, told->vantage,
			      sizeof(*told->vantage));
	if (told->packet)
		message_write(ends[1], MESSAGE_PACKET, told->packet,
			      sizeof(*told->packet));
	if (told->unseen_pkts)
		message_write(ends[1], MESSAGE_UNSEEN, &told->unseen_pkts,
			      sizeof(told->unseen_pkts));
	if (told->mac_control_frames) {
		const struct scope_mac_control sums[SCOPE_DIRECTIONS] = {
			[SCOPE_OUT] = { told->mac_control_frames, 84 },
		};

		message_write(ends[1], MESSAGE_MAC_CONTROL, sums, sizeof(sums));
	}
	if (told->error)
		message_write(ends[1], MESSAGE_END, told->error, ERROR_BYTES);
	close(ends[1]);
	err = scope_feed_drain(*ret, packet_keep, NULL);
	return err;
}

static void refused(const struct told *told, const char *claim)
{
	struct scope_feed *feed;

	tap_u64((uint64_t)-drained(told, &feed), EPROTO, claim);
	tap_u64(received_pkts, 0, "feed: and hands over nothing");
	scope_feed_close(feed);
}

static void test_feed(void)
{
	struct scope_vantage vantage = { .stamp = SCOPE_STAMP_SNIFFED };
	struct scope_packet packet = {
		.direction = SCOPE_OUT, .is_ip = true, .has_flow = true,
		.flow = 12345, .frame.payload = (const void *)0x1000,
		.frame.payload_captured_bytes = 1000,
	};
	static char error[ERROR_BYTES];
	struct scope_feed *feed;

	memset(vantage.name, 'n', sizeof(vantage.name));
	memset(error, 'e', sizeof(error));
	tap_u64((uint64_t)drained(&(struct told){ &vantage, &packet, error, 7, 5 },
				  &feed), 1, "feed: a place, a packet, the end");
	tap_ok(received_pkts == 1 && !received.frame.payload &&
	       !received.has_flow,
	       "feed: addresses and numbers of the other process mean nothing");
	tap_u64(strnlen(scope_feed_vantage(feed)->name, sizeof(vantage.name)),
		sizeof(vantage.name) - 1, "feed: a name ends");
	tap_u64(strnlen(scope_feed_error(feed), ERROR_BYTES), ERROR_BYTES - 1,
		"feed: so does a sentence");
	tap_u64(scope_feed_unseen_pkts(feed), 7, "feed: what the capture misses");
	tap_ok(scope_feed_mac_control(feed)[SCOPE_OUT].frames == 5 &&
	       scope_feed_mac_control(feed)[SCOPE_OUT].wire_bytes == 84 &&
	       !scope_feed_mac_control(feed)[SCOPE_IN].frames,
	       "feed: frames of MAC control by direction");
	scope_feed_close(feed);
	refused(&(struct told){ .vantage = &vantage, .unseen_pkts = UINT64_MAX },
		"feed: refuses more than can be missing");
	refused(&(struct told){ .vantage = &vantage, .mac_control_frames = UINT64_MAX },
		"feed: refuses more frames of MAC control than can be");
	refused(&(struct told){ .packet = &packet },
		"feed: refuses a packet of no place");
	packet.direction = SCOPE_DIRECTIONS;
	refused(&(struct told){ .vantage = &vantage, .packet = &packet },
		"feed: refuses a direction that there is not");
	vantage.stamp = SCOPE_STAMP_SOFTIRQ + 1;
	packet.direction = SCOPE_OUT;
	refused(&(struct told){ .vantage = &vantage, .packet = &packet },
		"feed: refuses a class of stamps that there is not");
}

int main(void)
{
	if (geteuid()) {
		puts("Bail out! this needs root");
		return 1;
	}
	test_drain_ends();
	test_last_packets();
	test_feed();
	return tap_done();
}
