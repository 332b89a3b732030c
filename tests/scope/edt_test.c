// SPDX-License-Identifier: GPL-2.0
/*
 * The program of a device's rate (bpf/edt.bpf.c), run by this machine's kernel on packets that are
 * never sent (BPF_PROG_TEST_RUN): departures against the arithmetic of core/, of which it has
 * a copy that another compiler has made. What it does with sockets is seen at the loopback device of
 * a network namespace.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../core/wire.h"
#include "../../user/lib/clsact.h"
#include "../../user/lib/edt.h"
#include "../../user/lib/netlink.h"
#include "../../user/lib/now.h"
#include "../unit/user_tap.h"

#define BYTES_MAX	2048
/* Packets need less time than this to be sent one by one. */
#define SLOW_BYTES_PS	12500u
#define HOUR_NS		3600000000000ull
#define MANY		100000
/* Of the datagrams, on the wire: payload, headers, overhead. */
#define PAYLOAD_BYTES	1400
#define WIRE_BYTES	(PAYLOAD_BYTES + 8 + 20 + 14 + 24)
#define SOCKETS		4
#define LOOPBACK	1	/* its index, in every namespace */

static int program_fd, config_fd, state_fd;
static bool has_sockets;
static unsigned char frame[BYTES_MAX];

/* ---- the program ---- */

static int map_find(const char *name)
{
	uint32_t ids[8], bytes = sizeof(struct bpf_prog_info), i;
	struct bpf_prog_info program = {
		.nr_map_ids = 8, .map_ids = (uintptr_t)ids,
	};

	if (bpf_obj_get_info_by_fd(program_fd, &program, &bytes))
		return -1;
	for (i = 0; i < program.nr_map_ids; i++) {
		struct bpf_map_info map = { .id = 0 };
		int fd = bpf_map_get_fd_by_id(ids[i]);

		bytes = sizeof(map);
		if (!bpf_obj_get_info_by_fd(fd, &map, &bytes) &&
		    !strcmp(map.name, name))
			return fd;
		close(fd);
	}
	return -1;
}

/* A new clock, with nothing counted. */
static void begin(uint64_t rate_bytes_ps, uint32_t overhead_bytes)
{
	const struct edt_config config = {
		.rate_bytes_ps = rate_bytes_ps, .overhead_bytes = overhead_bytes,
		.horizon_ns = HOUR_NS, .backlog_ns = HOUR_NS,
	};

	if (program_fd > 0) {
		close(program_fd);
		close(config_fd);
		close(state_fd);
	}
	if (sluice_edt_load(&config, &program_fd, &has_sockets))
		abort();
	config_fd = map_find(EDT_CONFIG_NAME);
	state_fd = map_find(EDT_STATE_NAME);
	if (config_fd < 0 || state_fd < 0)
		abort();
}

static struct edt_state state_read(void)
{
	const uint32_t first = 0;
	struct edt_state state;

	if (bpf_map_lookup_elem_flags(state_fd, &first, &state, BPF_F_LOCK))
		abort();
	return state;
}

static struct edt_counters counters(void)
{
	return state_read().counters;
}

/* One packet; returns its departure, 0 if it is dropped. */
static uint64_t pass_many(struct __sk_buff packet, uint32_t bytes, int repeat)
{
	struct __sk_buff after = { .len = 0 };
	LIBBPF_OPTS(bpf_test_run_opts, options,
		.data_in = frame, .data_size_in = bytes,
		.ctx_in = &packet, .ctx_size_in = sizeof(packet),
		.ctx_out = &after, .ctx_size_out = sizeof(after),
		.repeat = repeat);

	if (bpf_prog_test_run_opts(program_fd, &options))
		abort();
	return options.retval == TC_ACT_SHOT ? 0 : after.tstamp;
}

static uint64_t pass(uint32_t bytes)
{
	return pass_many((struct __sk_buff){ .len = 0 }, bytes, 1);
}

/* Frames of a protocol that nobody has, or an empty segment of TCP. */
static void frame_make(uint16_t protocol, uint8_t flags)
{
	struct ethhdr *ethernet = (void *)frame;
	struct ip6_hdr *ipv6 = (void *)(ethernet + 1);
	struct iphdr *ip = (void *)(ethernet + 1);
	struct tcphdr *tcp = protocol == ETH_P_IP ? (void *)(ip + 1) :
						    (void *)(ipv6 + 1);

	memset(frame, 0, sizeof(frame));
	ethernet->h_proto = htons(protocol);
	if (protocol == ETH_P_IP) {
		ip->version = 4;
		ip->ihl = 5;
		ip->protocol = IPPROTO_TCP;
		ip->tot_len = htons(40);
	}
	if (protocol == ETH_P_IPV6) {
		ipv6->ip6_vfc = 0x60;
		ipv6->ip6_nxt = IPPROTO_TCP;
		ipv6->ip6_plen = htons(20);
	}
	tcp->doff = 5;
	((unsigned char *)tcp)[13] = flags;
}

/* ---- what is tested ---- */

static void test_rates(void)
{
	bool is_met = true;
	uint64_t rate;
	int i, j;

	begin(PACE_RATE_MIN_BYTES_PS, 24);
	frame_make(ETH_P_IP, TH_PUSH);
	for (i = 9; i <= 40; i++)
		for (j = -1; j <= 1; j++) {
			const uint32_t first = 0;
			struct edt_config config = {
				.horizon_ns = HOUR_NS, .backlog_ns = HOUR_NS,
			};
			struct pace_rate wanted, is;

			rate = (1ull << i) + (uint64_t)j;
			config.rate_bytes_ps = rate;
			pace_rate_set(&wanted, rate);
			if (bpf_map_update_elem(config_fd, &first, &config, 0))
				abort();
			pass(60);
			is = state_read().rate;
			is_met = is_met && is.bytes_ps == rate &&
				 is.mult == wanted.mult &&
				 is.shift == wanted.shift &&
				 is.round == wanted.round;
		}
	tap_ok(is_met, "P3: edt: rates are prepared as core/ does it, also when one takes another's place");
}

/* The clock behind the first packet is where the second goes. */
static bool departs_as(struct __sk_buff packet, uint32_t bytes,
		       uint32_t wire_bytes, uint32_t frames)
{
	struct pace_rate rate;
	struct pace_clock clock;
	uint64_t first_ns, second_ns, before;

	pass(60);
	clock = state_read().device;
	before = counters().frames;
	pace_rate_set(&rate, SLOW_BYTES_PS);
	first_ns = pass_many(packet, bytes, 1);
	if (first_ns != pace_clock_departure_ns(&clock))
		return false;
	pace_clock_advance(&clock, &rate, wire_bytes);
	second_ns = pass(60);
	return second_ns == pace_clock_departure_ns(&clock) &&
	       counters().frames == before + frames + 1;
}

static void test_bytes(void)
{
	const struct __sk_buff plain = { .len = 0 };

	begin(SLOW_BYTES_PS, 24);
	frame_make(0x88b5, 0);
	tap_ok(departs_as(plain, 42, 84, 1), "P2: edt: the smallest frame takes 84 bytes");
	tap_ok(departs_as(plain, 1514, 1538, 1), "P2: edt: a full frame takes 1538 bytes");
	/* 10 segments of 100 bytes and one of 50, each with 54 of headers */
	tap_ok(departs_as((struct __sk_buff){ .gso_segs = 11, .gso_size = 100,
					      .wire_len = 1104 + 10 * 54 },
			  1104, 10 * (154 + 24) + 104 + 24, 11),
	       "P2: edt: each segment of a super-packet has headers and overhead");
	tap_ok(departs_as((struct __sk_buff){ .gso_segs = 3, .gso_size = 1,
					      .wire_len = 54 + 3 + 2 * 54 },
			  57, 3 * 84, 3),
	       "P2: edt: and takes no less than the smallest frame");
	begin(SLOW_BYTES_PS, 0);
	tap_ok(departs_as(plain, 1514, 1514, 1), "P2: edt: no overhead");
	begin(SLOW_BYTES_PS, 256);
	tap_ok(departs_as(plain, 42, 60 + 256, 1), "P2: edt: much overhead");
}

/* Rates of which no frame takes whole nanoseconds. */
static void test_drift(void)
{
	bool is_met = true;
	uint64_t rate_bytes_ps;
	int i, n;

	frame_make(0x88b5, 0);
	for (rate_bytes_ps = 1234567; rate_bytes_ps < 50000000000;
	     rate_bytes_ps *= 7) {
		struct pace_clock clock;
		struct pace_rate rate;

		begin(rate_bytes_ps, 24);
		/* Far enough ahead that no packet comes late. */
		for (i = 0; i < 4; i++)
			pass_many((struct __sk_buff){ .gso_segs = 60,
						      .gso_size = 1,
						      .wire_len = 60000 },
				  1514, 10000);
		clock = state_read().device;
		pace_rate_set(&rate, rate_bytes_ps);
		pass_many((struct __sk_buff){ .len = 0 }, 1514, MANY);
		for (n = 0; n < MANY; n++)
			pace_clock_advance(&clock, &rate, 1538);
		is_met = is_met && state_read().device.next_ns == clock.next_ns &&
			 state_read().device.next_frac_q32 == clock.next_frac_q32;
	}
	tap_ok(is_met, "P3: edt: after 100,000 frames the clock is that of core/ to 2^-32 ns");
}

static void test_stamps(void)
{
	uint64_t departure_ns, asked_ns;

	begin(SLOW_BYTES_PS, 24);
	frame_make(ETH_P_IP, TH_PUSH);
	pass(1514);
	departure_ns = state_read().device.next_ns;
	asked_ns = departure_ns + 1000000000;
	tap_ok(pass_many((struct __sk_buff){ .tstamp = asked_ns }, 1514, 1) ==
	       asked_ns && counters().asked_pkts == 1,
	       "edt: a later time that a packet asks for stays");
	tap_ok(state_read().device.next_ns < asked_ns,
	       "edt: and nobody else has to wait for that");
	tap_ok(pass_many((struct __sk_buff){ .tstamp = 1 }, 1514, 1) >
	       departure_ns, "P4: edt: a time that has passed means now");
	tap_ok(pass_many((struct __sk_buff){ .tstamp = 1700000000000000000 },
			 1514, 1) < asked_ns && counters().foreign_clock_pkts == 1,
	       "P4: edt: a time of another clock means now, and is counted");
	begin(PACE_RATE_MAX_BYTES_PS, 24);
	tap_ok(!pass(60), "edt: what need not wait has no time, so that fq may give it one");
}

/* A dropped packet is none for the clock. */
static void test_backlog(void)
{
	const struct edt_config config = {
		.rate_bytes_ps = SLOW_BYTES_PS, .overhead_bytes = 24,
		.horizon_ns = HOUR_NS, .backlog_ns = 1000000000,
	};
	const uint32_t first = 0;
	int i, taken = 0;
	uint64_t next_ns;

	begin(SLOW_BYTES_PS, 24);
	frame_make(0x88b5, 0);
	if (bpf_map_update_elem(config_fd, &first, &config, 0))
		abort();
	/* 8.1 frames a second, and one goes at once */
	for (i = 0; i < 20; i++)
		taken += counters().over_backlog_pkts == 0 &&
			 (pass(1514) || !i);
	next_ns = state_read().device.next_ns;
	tap_ok(taken >= 9 && taken <= 11, "edt: what is not of a TCP socket waits for backlog_ns at most");
	pass(1514);
	tap_ok(state_read().device.next_ns == next_ns &&
	       counters().over_backlog_pkts == 2 &&
	       !counters().over_horizon_pkts,
	       "edt: what is dropped is counted, and takes none of the clock's time");
	tap_ok(counters().wait_max_ns <= 1000000000 &&
	       counters().wait_max_ns > 800000000, "edt: the longest wait is known");
}

static void test_prompt(void)
{
	const struct { uint16_t protocol; uint8_t flags; bool is_prompt; } samples[] = {
		{ ETH_P_IP, TH_ACK, true }, { ETH_P_IPV6, TH_ACK, true },
		{ ETH_P_IP, TH_SYN, true }, { ETH_P_IP, TH_SYN | TH_ACK, true },
		{ ETH_P_IP, TH_FIN | TH_ACK, false }, { ETH_P_IPV6, TH_RST, false },
		{ ETH_P_ARP, TH_ACK, false },
	};
	bool is_met = true;
	uint64_t ahead_ns, departure_ns;
	unsigned int i;

	for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		begin(SLOW_BYTES_PS, 24);
		/* What it overtakes is of the same connection. */
		frame_make(samples[i].protocol, TH_PUSH | TH_ACK);
		pass_many((struct __sk_buff){ .len = 0 }, 1514, 20);
		ahead_ns = state_read().device.next_ns;
		frame_make(samples[i].protocol, samples[i].flags);
		pass(samples[i].protocol == ETH_P_IPV6 ? 74 : 54);
		departure_ns = pass(samples[i].protocol == ETH_P_IPV6 ? 74 : 54);
		is_met = is_met &&
			 (departure_ns < ahead_ns) == samples[i].is_prompt &&
			 state_read().device.next_ns > ahead_ns;
	}
	tap_ok(is_met, "P6: edt: ACK and SYN wait for their like alone and for no data, of their own flow neither; FIN and RST stay behind it (P5)");
}

/* ---- sockets with a rate of their own ---- */

static struct sockaddr_in far_end = { .sin_family = AF_INET };
static int sockets_fd, far_fd;

/*
 * A new program at the loopback device of a new namespace. Without a socket at the far end the
 * kernel would answer, by the same device.
 */
static void begin_sockets(uint64_t rate_bytes_ps)
{
	const struct sluice_filter filter = {
		.ifindex = LOOPBACK, .side = SLUICE_PROGRAM_EGRESS,
		.priority = 1, .handle = 1, .name = EDT_NAME,
	};
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	char message[SLUICE_MESSAGE_SIZE];
	struct sluice_netlink *netlink;

	begin(rate_bytes_ps, 24);
	if (sockets_fd > 0) {
		close(sockets_fd);
		close(far_fd);
	}
	sockets_fd = map_find(EDT_SOCKETS_NAME);
	if (sockets_fd < 0 || unshare(CLONE_NEWNET))
		abort();
	far_fd = socket(AF_INET, SOCK_DGRAM, 0);
	far_end.sin_port = htons(9);
	far_end.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (ioctl(far_fd, SIOCSIFFLAGS, &request) || sluice_netlink_open(&netlink) ||
	    sluice_clsact_change(netlink, LOOPBACK, true, message) ||
	    sluice_filter_add(netlink, &filter, program_fd, message))
		abort();
	sluice_netlink_close(netlink);
	if (bind(far_fd, (const void *)&far_end, sizeof(far_end)))
		abort();
}

static void rate_ask(int fd, uint64_t rate_bytes_ps)
{
	if (setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &rate_bytes_ps,
		       sizeof(rate_bytes_ps)))
		abort();
}

static int udp_open(uint64_t rate_bytes_ps)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (rate_bytes_ps)
		rate_ask(fd, rate_bytes_ps);
	return fd;
}

static void udp_send(int fd)
{
	static const char payload[PAYLOAD_BYTES];

	(void)!sendto(fd, payload, sizeof(payload), 0,
		      (const void *)&far_end, sizeof(far_end));
}

static bool has_clock(int fd, struct pace_clock *ret)
{
	struct edt_socket value;

	if (bpf_map_lookup_elem(sockets_fd, &fd, &value))
		return false;
	*ret = value.clock;
	return true;
}

static bool is_same(const struct pace_clock *a, const struct pace_clock *b)
{
	return a->next_ns == b->next_ns && a->next_frac_q32 == b->next_frac_q32;
}

/* By turns, all ahead of now, at a device that holds packets back: each clock as core/ has it. */
static void test_sockets(void)
{
	static const uint64_t rates_bytes_ps[SOCKETS] = { 4099, 14000, 0, 1300 };
	struct pace_clock device, now, clocks[SOCKETS] = { { .next_ns = 0 } };
	struct pace_rate rate, own;
	bool is_met = true;
	int i, n, fds[SOCKETS];

	begin_sockets(SLOW_BYTES_PS);
	pace_rate_set(&rate, SLOW_BYTES_PS);
	for (i = 0; i < SOCKETS; i++) {
		fds[i] = udp_open(rates_bytes_ps[i]);
		udp_send(fds[i]);
		is_met = is_met && has_clock(fds[i], &clocks[i]) ==
				   (rates_bytes_ps[i] != 0);
	}
	tap_ok(is_met, "P1: edt: a socket with a rate has a clock, and no other");
	for (n = 0; n < 400; n++) {
		uint64_t departure_ns;

		i = (n * 7 + n / 5) % SOCKETS;
		device = state_read().device;
		departure_ns = pace_later_of(pace_clock_departure_ns(&device),
					     pace_clock_departure_ns(&clocks[i]));
		udp_send(fds[i]);
		pace_clock_advance(&device, &rate, WIRE_BYTES);
		now = state_read().device;
		is_met = is_met && is_same(&device, &now);
		if (!rates_bytes_ps[i])
			continue;
		pace_rate_set(&own, rates_bytes_ps[i]);
		pace_clock_not_before(&clocks[i], departure_ns);
		pace_clock_advance(&clocks[i], &own, WIRE_BYTES);
		is_met = is_met && has_clock(fds[i], &now) &&
			 is_same(&clocks[i], &now);
	}
	tap_ok(is_met, "P1, P2: edt: a departure is the later one of the device's and the socket's, to 2^-32 ns");
	tap_ok(counters().socket_held_pkts > 50 && counters().held_pkts > 50 &&
	       !counters().socket_unpaced_pkts && counters().frames == 404,
	       "edt: which of the two held a packet is counted");
	for (i = 0; i < SOCKETS; i++)
		close(fds[i]);
}

/* The device has room, so all is the socket's clock. */
static void test_socket_rate(void)
{
	struct pace_clock clock, now;
	struct pace_rate own;
	bool is_met;
	int fd, tcp, i;

	begin_sockets(PACE_RATE_MAX_BYTES_PS);
	fd = udp_open(SLOW_BYTES_PS);
	udp_send(fd);
	is_met = has_clock(fd, &clock);
	pace_rate_set(&own, SLOW_BYTES_PS);
	for (i = 0; i < 50; i++) {
		udp_send(fd);
		pace_clock_advance(&clock, &own, WIRE_BYTES);
	}
	tap_ok(is_met && has_clock(fd, &now) && is_same(&clock, &now),
	       "P1: edt: a socket's rate is kept where the device has room, too");
	rate_ask(fd, SLOW_BYTES_PS / 7);
	pace_rate_set(&own, SLOW_BYTES_PS / 7);
	udp_send(fd);
	pace_clock_advance(&clock, &own, WIRE_BYTES);
	tap_ok(has_clock(fd, &now) && is_same(&clock, &now),
	       "P1: edt: another rate holds from the next packet on");
	tcp = socket(AF_INET, SOCK_STREAM, 0);
	rate_ask(tcp, SLOW_BYTES_PS);
	(void)!connect(tcp, (const void *)&far_end, sizeof(far_end));
	tap_ok(counters().frames > 53 && !has_clock(tcp, &now),
	       "edt: TCP, which stamps what it paces, has no clock here");
	close(fd);
	close(tcp);
}

static void test_socket_horizon(void)
{
	const struct edt_config config = {
		.rate_bytes_ps = PACE_RATE_MAX_BYTES_PS, .overhead_bytes = 24,
		.horizon_ns = 1000000000, .backlog_ns = 10000000,
	};
	struct pace_clock before, after;
	const uint32_t first = 0;
	int fd, i;

	begin_sockets(PACE_RATE_MAX_BYTES_PS);
	if (bpf_map_update_elem(config_fd, &first, &config, 0))
		abort();
	fd = udp_open(SLOW_BYTES_PS);
	/* 8.5 frames a second */
	for (i = 0; i < 9; i++)
		udp_send(fd);
	tap_ok(!counters().over_horizon_pkts && counters().frames == 9,
	       "edt: a socket's own rate may hold for longer than backlog_ns");
	if (!has_clock(fd, &before))
		abort();
	for (i = 0; i < 5; i++)
		udp_send(fd);
	tap_ok(counters().over_horizon_pkts == 5 && counters().frames == 9 &&
	       has_clock(fd, &after) && is_same(&before, &after),
	       "edt: what it would hold beyond the horizon is dropped and counted, and takes no time of a clock");
	close(fd);
}

static bool has_line(const char *path, const char *part)
{
	FILE *file = fopen(path, "re");
	char line[512];
	bool has = false;

	while (file && !has && fgets(line, sizeof(line), file))
		has = strstr(line, part);
	if (file)
		fclose(file);
	return has;
}

/* The one that is told where the rate lies has a map of that. */
static void test_way(void)
{
	const bool has_types = !access("/sys/kernel/btf/vmlinux", R_OK) &&
		has_line("/proc/kallsyms", " bpf_cast_to_kern_ctx\n");
	struct bpf_prog_info program = { .nr_map_ids = 0 };
	uint32_t bytes = sizeof(program);

	/* Lockdown of this kind lets no program read the kernel's memory. */
	tap_ok(has_sockets || has_line("/sys/kernel/security/lockdown",
				       "[confidentiality]"),
	       "P1: edt: the program sees the rates of sockets, unless lockdown hides them");
	begin(SLOW_BYTES_PS, 24);
	if (bpf_obj_get_info_by_fd(program_fd, &program, &bytes))
		abort();
	tap_ok(!has_types || program.nr_map_ids == 3,
	       "edt: and where the kernel has types for that, it makes no call");
}

int main(void)
{
	int err = sluice_edt_rehearse(&has_sockets);

	if (err) {
		printf("1..0 # SKIP this kernel does not load the program: %s\n",
		       strerror(-err));
		return 0;
	}
	test_rates();
	test_bytes();
	test_drift();
	test_stamps();
	test_backlog();
	test_prompt();
	test_way();
	if (has_sockets) {
		test_sockets();
		test_socket_rate();
		test_socket_horizon();
	}
	return tap_done();
}
