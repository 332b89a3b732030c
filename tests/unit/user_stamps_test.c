// SPDX-License-Identifier: GPL-2.0
/* Stamps of the NIC: when they may be used, the switch, the clock, and the order of packets. */
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../user/lib/now.h"
#include "../../user/lib/probe.h"
#include "../../user/scope/live_parts.h"
#include "core_random.h"
#include "user_tap.h"

#define ALL	(1u << HWTSTAMP_FILTER_NONE | 1u << HWTSTAMP_FILTER_ALL)
#define STAMPS	(SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_RAW_HARDWARE)

/* A NIC; the keeper, another process, sees it too. */
static struct nic {
	int info_err, get_err, set_err;
	struct ethtool_ts_info info;
	struct hwtstamp_config config;
	int answer;			/* filter that it takes in place of what it is told; -1: none */
	unsigned int sets;
} *nic;

int sluice_probe_ethtool(const char *device, void *command)
{
	(void)device;
	memcpy(command, &nic->info, sizeof(nic->info));
	return nic->info_err;
}

int sluice_probe_stamps(const char *device, unsigned long request,
			struct hwtstamp_config *config)
{
	(void)device;
	if (request == SIOCGHWTSTAMP) {
		*config = nic->config;
		return nic->get_err;
	}
	nic->sets++;
	if (nic->set_err)
		return nic->set_err;
	nic->config = *config;
	if (nic->answer >= 0)
		nic->config.rx_filter = nic->answer;
	nic->answer = -1;
	*config = nic->config;
	return 0;
}

/* One that stamps all, and is off. */
static void nic_reset(void)
{
	*nic = (struct nic){
		.info = { .so_timestamping = STAMPS, .rx_filters = ALL,
			  .phc_index = 3 },
		.answer = -1,
	};
}

static struct scope_stamps stamps;
static char said[320];
static char folder[] = "/tmp/sluice-stamps-XXXXXX";

static int stamps_of(struct scope_stamps *scope, bool may_switch_on)
{
	*scope = (struct scope_stamps){ .ifindex = 0 };
	said[0] = '\0';
	return scope_stamps_open(scope, folder, "eth7",
				 (int)if_nametoindex("lo"), may_switch_on, said,
				 sizeof(said));
}

static int open_stamps(bool may_switch_on)
{
	return stamps_of(&stamps, may_switch_on);
}

static bool nic_is(int tx_type, int rx_filter, unsigned int sets)
{
	return nic->config.tx_type == tx_type &&
	       nic->config.rx_filter == rx_filter && nic->sets == sets;
}

/* It says so, and nothing was written, whether that would have been allowed or not. */
static void refused(const char *words, const char *claim)
{
	int err = open_stamps(true);

	tap_ok(err == -EOPNOTSUPP && strstr(said, words) &&
	       strstr(said, "eth7") && !nic->sets, claim);
	tap_ok(open_stamps(false) == -EOPNOTSUPP && !nic->sets, claim);
}

static void test_refusals(void)
{
	nic_reset();
	nic->info_err = -EOPNOTSUPP;
	refused("does not stamp what it receives", "stamps: the driver knows none");
	nic_reset();
	nic->info.so_timestamping = SOF_TIMESTAMPING_TX_HARDWARE |
				    SOF_TIMESTAMPING_RX_SOFTWARE;
	refused("does not stamp what it receives", "stamps: of what is sent alone");
	nic_reset();
	nic->info.rx_filters = 1u << HWTSTAMP_FILTER_PTP_V2_EVENT;
	refused("those of PTP", "stamps: of PTP alone");
	nic_reset();
	nic->info.phc_index = -1;
	refused("which clock", "stamps: of an unknown clock");
	/* A driver that can only be told: what it does for others would be written over. */
	nic_reset();
	nic->get_err = -EOPNOTSUPP;
	refused("does not tell whether", "stamps: a switch that cannot be read");
	nic_reset();
	tap_ok(open_stamps(false) == -EOPNOTSUPP &&
	       strstr(said, "switched off: --switch-stamps-on") && !nic->sets,
	       "stamps: off, and not to be switched on unasked");
	nic->config.rx_filter = HWTSTAMP_FILTER_PTP_V2_EVENT;
	tap_ok(open_stamps(false) == -EOPNOTSUPP &&
	       strstr(said, "only some") && !nic->sets,
	       "stamps: on for PTP, and not to be changed unasked");
}

static void test_switch(void)
{
	nic_reset();
	nic->config.rx_filter = HWTSTAMP_FILTER_ALL;
	tap_ok(!open_stamps(true) && stamps.clock == 3 && !stamps.is_needed,
	       "stamps: on already");
	scope_stamps_close(&stamps);
	tap_ok(nic_is(0, HWTSTAMP_FILTER_ALL, 0), "stamps: and left alone");

	nic_reset();
	tap_ok(!open_stamps(true) && stamps.is_needed &&
	       nic_is(0, HWTSTAMP_FILTER_ALL, 1), "stamps: switched on");
	scope_stamps_close(&stamps);
	tap_ok(nic_is(0, HWTSTAMP_FILTER_NONE, 2), "stamps: and off again");

	nic_reset();
	nic->config = (struct hwtstamp_config){
		.flags = HWTSTAMP_FLAG_BONDED_PHC_INDEX,
		.tx_type = HWTSTAMP_TX_ON,
		.rx_filter = HWTSTAMP_FILTER_PTP_V2_EVENT,
	};
	tap_ok(!open_stamps(true) &&
	       nic_is(HWTSTAMP_TX_ON, HWTSTAMP_FILTER_ALL, 1) &&
	       nic->config.flags == HWTSTAMP_FLAG_BONDED_PHC_INDEX,
	       "stamps: all in place of PTP; of what is sent as before");
	scope_stamps_close(&stamps);
	tap_ok(nic_is(HWTSTAMP_TX_ON, HWTSTAMP_FILTER_PTP_V2_EVENT, 2),
	       "stamps: and PTP alone again");

	nic_reset();
	tap_ok(!open_stamps(true), "stamps: switched on, and somebody comes");
	nic->config.tx_type = HWTSTAMP_TX_ON;
	scope_stamps_close(&stamps);
	tap_ok(nic_is(HWTSTAMP_TX_ON, HWTSTAMP_FILTER_ALL, 1),
	       "stamps: what he has set stays");

	nic_reset();
	nic->set_err = -EPERM;
	tap_ok(open_stamps(true) == -EPERM && strstr(said, "NET_ADMIN") &&
	       !stamps.is_needed, "stamps: nobody may switch them on");
	nic_reset();
	nic->answer = HWTSTAMP_FILTER_PTP_V2_EVENT;
	tap_ok(open_stamps(true) == -EOPNOTSUPP && !stamps.is_needed &&
	       nic_is(0, HWTSTAMP_FILTER_NONE, 2),
	       "stamps: a driver that does something else is put back");
	scope_stamps_close(&stamps);
	tap_u64(nic->sets, 2, "stamps: closing what was not opened does nothing");
}

/*
 * One that has switched it on, in a process of its own, until it is killed; its
 * keeper is to be this process's child.
 */
static pid_t scope_of_another(void)
{
	struct scope_stamps another;
	int fds[2];
	char byte;
	pid_t pid;

	if (pipe(fds) || prctl(PR_SET_CHILD_SUBREAPER, 1))
		abort();
	pid = fork();
	if (!pid) {
		/* What the first one holds ends with that one. */
		if (stamps.is_needed)
			close(stamps.keeper.hold_fd);
		byte = (char)stamps_of(&another, true);
		if (write(fds[1], &byte, 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(fds[1]);
	tap_ok(read(fds[0], &byte, 1) == 1 && !byte,
	       "stamps: another scope switches them on");
	close(fds[0]);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	return pid;
}

/* Returns when its keeper has ended, too. */
static void another_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	waitpid(-1, NULL, 0);
}

static void test_share(void)
{
	struct scope_stamps other;
	pid_t pid;

	nic_reset();
	tap_ok(!open_stamps(true) && !stamps_of(&other, true) &&
	       nic_is(0, HWTSTAMP_FILTER_ALL, 1), "share: two scopes");
	scope_stamps_close(&stamps);
	tap_ok(nic_is(0, HWTSTAMP_FILTER_ALL, 1),
	       "share: what one has switched on stays for the other");
	tap_ok(!open_stamps(false), "share: and for a third, which may switch nothing");
	scope_stamps_close(&other);
	tap_ok(nic_is(0, HWTSTAMP_FILTER_ALL, 1), "share: and stays");
	scope_stamps_close(&stamps);
	tap_ok(nic_is(0, HWTSTAMP_FILTER_NONE, 2),
	       "share: until the last one ends");

	nic_reset();
	pid = scope_of_another();
	tap_ok(!open_stamps(true), "share: a scope beside it");
	another_kill(pid);
	tap_ok(nic_is(0, HWTSTAMP_FILTER_ALL, 1),
	       "share: the one that switched is killed, the other goes on");
	scope_stamps_close(&stamps);
	tap_ok(nic_is(0, HWTSTAMP_FILTER_NONE, 2), "share: and puts it back");

	nic_reset();
	tap_ok(!open_stamps(true), "share: a scope");
	pid = scope_of_another();
	scope_stamps_close(&stamps);
	another_kill(pid);
	tap_ok(nic_is(0, HWTSTAMP_FILTER_NONE, 2),
	       "share: put back by the one that is killed last");

	nic_reset();
	tap_ok(!open_stamps(true), "share: a scope, and somebody else");
	nic->config.tx_type = HWTSTAMP_TX_ON;
	tap_ok(!stamps_of(&other, true) && !other.is_needed,
	       "share: what he has set is not a scope's");
	nic->config.rx_filter = HWTSTAMP_FILTER_NONE;
	tap_ok(!stamps_of(&other, true) &&
	       nic_is(HWTSTAMP_TX_ON, HWTSTAMP_FILTER_ALL, 2),
	       "share: what he has switched off is switched on again");
	scope_stamps_close(&other);
	scope_stamps_close(&stamps);
	tap_ok(nic_is(HWTSTAMP_TX_ON, HWTSTAMP_FILTER_NONE, 3),
	       "share: and is as he left it, when both are gone");

	nic_reset();
	nic->config.rx_filter = HWTSTAMP_FILTER_ALL;
	tap_ok(!open_stamps(true) && !stamps.is_needed && !rmdir(folder),
	       "share: nothing is left of it");
	pid = open(folder, O_CREAT | O_WRONLY, 0600);
	nic_reset();
	tap_ok(!open_stamps(true) && nic_is(0, HWTSTAMP_FILTER_ALL, 1),
	       "share: without room for its file each scope is alone");
	scope_stamps_close(&stamps);
	tap_ok(nic_is(0, HWTSTAMP_FILTER_NONE, 2), "share: and puts it back");
	close(pid);
	unlink(folder);
}

static bool was_set(int64_t moved_ns, uint32_t error_ns, uint64_t elapsed_ns)
{
	struct sluice_clock_distance before = { -5, error_ns };
	struct sluice_clock_distance now = { moved_ns - 5, error_ns };

	return scope_clock_was_set(&before, &now, elapsed_ns);
}

static void test_clock(void)
{
	struct sluice_clock_distance one = { 0 };
	struct scope_nic_clock clock = {
		.fd = -1, .distance = { 1000000000000000000, 10 },
		.looked_raw_ns = sluice_now_ns(CLOCK_MONOTONIC_RAW),
	};
	int64_t now_ns;

	tap_ok(!was_set(6000, 0, 5000000) && was_set(6001, 0, 5000000) &&
	       !was_set(-6000, 0, 5000000) && was_set(-6001, 0, 5000000),
	       "clock: 1000 ppm of the time between, and a us");
	tap_ok(!was_set(6800, 400, 5000000) && was_set(6801, 400, 5000000),
	       "clock: and what both readings may be wrong by");
	tap_ok(was_set(INT64_C(-1700000000000000000), UINT32_MAX, 5000000),
	       "clock: back to 1970");
	tap_ok(!sluice_clock_compare(CLOCK_MONOTONIC_RAW, CLOCK_MONOTONIC_RAW, 9,
				    0, &one) &&
	       one.delta_ns <= one.error_ns && -one.delta_ns <= one.error_ns,
	       "clock: the distance to itself is 0, but for the error");
	tap_u64((uint64_t)-sluice_clock_compare(99, CLOCK_MONOTONIC, 3, 0, &one),
		EINVAL, "clock: one that cannot be read");
	now_ns = clock.begin_ns = scope_nic_clock_now_ns(&clock);
	tap_ok(scope_nic_clock_may_be(&clock, now_ns) &&
	       scope_nic_clock_may_be(&clock, now_ns - 900000000) &&
	       scope_nic_clock_may_be(&clock, now_ns + 900000000),
	       "clock: stamps of now may be");
	tap_ok(!scope_nic_clock_may_be(&clock, now_ns - 1100000000) &&
	       !scope_nic_clock_may_be(&clock, now_ns + 60000000000) &&
	       !scope_nic_clock_may_be(&clock, 0) &&
	       !scope_nic_clock_may_be(&clock, (int64_t)0xffff888100c0ffee),
	       "clock: not those of long ago, of later, none, or an address");
	tap_ok(scope_nic_clock_open(&clock, 4242, said, sizeof(said)) ==
	       -EOPNOTSUPP && strstr(said, "/dev/ptp4242"),
	       "clock: one that is not there");
}

#define PACKETS	30000u

/* Times in blocks that come in turns; of equal ones the first stays the first. */
static void test_order(void)
{
	static const uint8_t data[SLUICE_CAPTURE_SNAP_BYTES] = { 7 };
	struct sluice_captured captured = {
		.data = data, .captured_bytes = sizeof(data),
	};
	const struct sluice_captured *got;
	const struct scope_packet *packet;
	struct scope_order order = { 0 };
	uint32_t wrong = 0, taken = 0, last_bytes = 0;
	uint64_t last_ns = 0;
	u64 state = 1;

	for (uint32_t i = 0; i < PACKETS; i++) {
		struct scope_packet one = {
			.time_ns = random_below(&state, PACKETS / 4), .bytes = i,
			.is_ip = true,
			.frame = { .payload = data, .payload_captured_bytes = 9 },
		};

		captured.real_ns = i;
		wrong += scope_order_add(&order, &one, &captured) != 0;
		/* Room that is given back is taken again. */
		if (i % 3 == 0)
			taken += scope_order_take(&order, 0, &got) != NULL;
	}
	tap_u64(taken, 0, "order: nothing is older than time");
	while ((packet = scope_order_take(&order, PACKETS / 8, &got))) {
		wrong += packet->time_ns < last_ns ||
			 (packet->time_ns == last_ns && taken &&
			  packet->bytes <= last_bytes) ||
			 got->real_ns != packet->bytes || got->data[0] != 7 ||
			 packet->frame.payload || (packet->mark & 255) != 7;
		last_ns = packet->time_ns;
		last_bytes = packet->bytes;
		taken++;
	}
	tap_u64(wrong, 0, "order: by time, then by arrival, with their bytes");
	tap_ok(last_ns == PACKETS / 8 - 1 && taken + order.count == PACKETS,
	       "order: the rest waits");
	for (uint32_t i = 0; i < 2 * PACKETS; i++) {
		struct scope_packet one = { .time_ns = 5000 + i, .bytes = i };

		wrong += scope_order_add(&order, &one, &captured) != 0;
		packet = scope_order_take(&order, UINT64_MAX, &got);
		wrong += !packet || packet->time_ns < last_ns;
		last_ns = packet ? packet->time_ns : 0;
	}
	tap_u64(wrong, 0, "order: what goes makes room for what comes");
	tap_ok(order.room <= 2 * PACKETS, "order: it does not grow for that");
	scope_order_done(&order);
	tap_ok(!scope_order_take(&order, UINT64_MAX, &got), "order: none left");
}

static int take(const struct scope_packet *packet, void *data)
{
	uint64_t *sum = data;

	sum[0]++;
	sum[1] = packet->time_ns;
	return 0;
}

static void test_hardware(void)
{
	struct scope_hardware hardware = { .clock.fd = -1 };
	struct scope_live_config config = { .name = "" };
	struct sluice_captured captured = { .has_hardware_stamp = true };
	struct scope_packet packet = { .bytes = 60 };
	uint64_t sum[2] = { 0 }, now_ns;

	hardware.clock.distance.delta_ns = 500000000000;
	hardware.clock.ahead.delta_ns = 200000000000;
	hardware.clock.begin_ns = scope_nic_clock_now_ns(&hardware.clock);
	now_ns = (uint64_t)scope_nic_clock_now_ns(&hardware.clock);
	captured.real_ns = now_ns;
	tap_ok(!scope_hardware_add(&hardware, &packet, &captured, false),
	       "hardware: a packet");
	tap_u64(packet.time_ns, now_ns - 200000000000,
		"hardware: its time is of this host");
	scope_hardware_give(&hardware, false, &config, take, sum);
	tap_u64(sum[0], 0, "hardware: it waits for older ones");
	captured.real_ns = now_ns - 100000000;
	scope_hardware_add(&hardware, &packet, &captured, false);
	captured.has_hardware_stamp = false;
	scope_hardware_add(&hardware, &packet, &captured, false);
	captured.has_hardware_stamp = true;
	captured.real_ns = 1;
	scope_hardware_add(&hardware, &packet, &captured, false);
	tap_u64(hardware.unstamped_pkts, 2, "hardware: no stamp, or none of this clock");
	scope_hardware_give(&hardware, false, &config, take, sum);
	tap_u64(sum[0], 1, "hardware: an old one comes before it");
	scope_hardware_give(&hardware, true, &config, take, sum);
	tap_u64(sum[0], 2, "hardware: at last it comes, too");
	scope_hardware_close(&hardware);
}

int main(void)
{
	nic = mmap(NULL, sizeof(*nic), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (nic == MAP_FAILED || !mkdtemp(folder))
		return 1;
	test_refusals();
	test_switch();
	test_share();
	test_clock();
	test_order();
	test_hardware();
	return tap_done();
}
