// SPDX-License-Identifier: GPL-2.0
/* The packets of a device while they pass; see live.h. */
#include "live.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../lib/capture.h"
#include "../lib/now.h"
#include "../lib/refuse.h"
#include "../lib/units.h"
#include "live_parts.h"

/* Of the distance of two clocks, and of the step of one: the best of as many. */
#define CLOCK_TRIES		50u
/* What clocks of NICs keep to, if somebody steers them. */
#define HARDWARE_ERROR_NS	100u
#define MESSAGE_BYTES		8192u
#define WATCH_QUESTION		1u	/* the sequence number of one: what comes unasked has 0 */
#define TAP_REST_NS		(2 * SLUICE_CAPTURE_DELAY_MS * 1000000ll)

/**
 * struct scope_live - a device that is looked at
 * @config: how
 * @name: of the device; config.name lies there
 * @link: the device
 * @line_rate_bits_ps: of it
 * @bpf: what shows it; NULL: the other does
 * @tap: likewise
 * @watch_fd: where the kernel says that a device has gone
 * @gone_mono_ns: when that was read; 0: it is there
 * @hardware: stamps of the NIC, where they are wanted
 * @clock_delta_ns: CLOCK_REALTIME less CLOCK_MONOTONIC
 * @clock_step_ns: what the clock was seen to move by, at least
 * @clock_error_ns: what the distance of the clocks may be wrong by
 * @why_tap: sentence
 */
struct scope_live {
	struct scope_live_config config;
	char name[IF_NAMESIZE];
	struct sluice_link link;
	uint64_t line_rate_bits_ps;
	struct scope_bpf *bpf;
	struct sluice_capture *tap;
	int watch_fd;
	int64_t gone_mono_ns;
	struct scope_hardware hardware;
	int64_t clock_delta_ns;
	uint32_t clock_step_ns;
	uint32_t clock_error_ns;
	char why_tap[256];
};

/* ---- clocks ---- */

/*
 * CLOCK_REALTIME less CLOCK_MONOTONIC. What bounds the error also shows the smallest
 * step that readings of this clock have.
 */
static void clocks_compare(struct scope_live *live)
{
	const struct scope_live *other = live->config.same_clock_as;
	struct sluice_clock_distance distance = { 0 };

	if (other) {
		live->clock_delta_ns = other->clock_delta_ns;
		live->clock_error_ns = other->clock_error_ns;
		live->clock_step_ns = other->clock_step_ns;
		return;
	}
	(void)sluice_clock_compare(CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_TRIES,
				  0, &distance);
	live->clock_delta_ns = distance.delta_ns;
	live->clock_error_ns = distance.error_ns;
	live->clock_step_ns = live->clock_error_ns ? live->clock_error_ns : 1;
}

/* ---- the device ---- */

static int watch_open(void)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd < 0 ? -errno : fd;
}

/* Whether it is still there: the answer comes like what the kernel tells unasked. */
static void watch_ask(const struct scope_live *live)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg info;
	} question = {
		.header = { .nlmsg_len = sizeof(question),
			    .nlmsg_type = RTM_GETLINK,
			    .nlmsg_flags = NLM_F_REQUEST,
			    .nlmsg_seq = WATCH_QUESTION },
		.info = { .ifi_index = live->link.ifindex },
	};

	(void)send(live->watch_fd, &question, sizeof(question), 0);
}

/*
 * One that moves to another network namespace goes too. A port that leaves its bridge is
 * told by the same message, of the bridge's family, and stays.
 */
static bool watch_is_end(const struct scope_live *live,
			 const struct nlmsghdr *header)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(header);
	const struct nlmsgerr *refusal = mnl_nlmsg_get_payload(header);

	if (header->nlmsg_type == NLMSG_ERROR)
		return header->nlmsg_seq == WATCH_QUESTION &&
		       refusal->error == -ENODEV;
	return header->nlmsg_type == RTM_DELLINK &&
	       info->ifi_family == AF_UNSPEC &&
	       info->ifi_index == live->link.ifindex;
}

/*
 * Where many devices change at once there may be no room for all that is told of them. Then
 * it is asked, when there is room again for the answer.
 */
static void watch_read(struct scope_live *live)
{
	_Alignas(struct nlmsghdr) char buffer[MESSAGE_BYTES];
	bool has_missed = false;
	ssize_t received;

	while ((received = recv(live->watch_fd, buffer, sizeof(buffer), 0)) > 0 ||
	       (received < 0 && errno == ENOBUFS)) {
		const struct nlmsghdr *header = (const void *)buffer;
		int left = (int)received;

		has_missed |= received < 0;
		for (; received > 0 && mnl_nlmsg_ok(header, left);
		     header = mnl_nlmsg_next(header, &left))
			if (watch_is_end(live, header))
				live->gone_mono_ns = (int64_t)sluice_now_ns(CLOCK_MONOTONIC);
	}
	if (has_missed)
		watch_ask(live);
}

/* And the last packets have been handed over: a block of the tap's may not be full. */
static bool is_gone(const struct scope_live *live)
{
	return live->gone_mono_ns &&
	       (!live->tap ||
		(int64_t)sluice_now_ns(CLOCK_MONOTONIC) - live->gone_mono_ns >= TAP_REST_NS);
}

/* Its packets begin with IP: it has no header of its own. */
static bool device_is_raw(const char *name)
{
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is_raw = false;

	if (fd < 0)
		return false;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (!ioctl(fd, SIOCGIFHWADDR, &request))
		is_raw = request.ifr_hwaddr.sa_family != ARPHRD_ETHER &&
			 request.ifr_hwaddr.sa_family != ARPHRD_LOOPBACK;
	close(fd);
	return is_raw;
}

static int device_find(struct scope_live *live, char *error, size_t error_size)
{
	char message[SLUICE_MESSAGE_SIZE] = "";
	struct sluice_netlink *netlink = NULL;
	int ifindex = (int)if_nametoindex(live->name);
	int err;

	if (!ifindex)
		return sluice_refuse(-ENODEV, error, error_size,
				     "there is no device '%s': 'ip link' lists them",
				     live->name);
	err = sluice_netlink_open(&netlink);
	if (!err)
		err = sluice_link_read(netlink, ifindex, &live->link, message);
	sluice_netlink_close(netlink);
	if (err)
		return sluice_refuse(err, error, error_size,
				     "the kernel does not describe %s: %s",
				     live->name,
				     *message ? message : strerror(-err));
	/* Now, because a sandbox lets nobody ask. */
	live->line_rate_bits_ps = sluice_link_speed_bits_ps(&live->link);
	return 0;
}

/* ---- the packet socket ---- */

static int tap_open(struct scope_live *live, char *error, size_t error_size)
{
	struct sluice_capture_config config = {
		.ifindex = live->link.ifindex,
		.ring_bytes = live->config.ring_bytes,
		.has_sent = live->config.has_out,
		.has_received = live->config.has_in,
		.wants_hardware_stamps = live->config.wants_hardware_stamps,
	};
	int err = sluice_capture_open_for(&live->tap, &config);

	if (err == -EPERM)
		return sluice_refuse(err, error, error_size,
				     "looking at packets needs the capability NET_RAW: run it as root; a capture file needs no privilege");
	if (err)
		return sluice_refuse(err, error, error_size,
				     "the kernel opens no packet socket on %s: %s",
				     live->name, strerror(-err));
	return 0;
}

struct tap_drain {
	struct scope_live *live;
	int (*receive)(const struct scope_packet *packet, void *data);
	void *data;
	uint64_t end_ns;		/* what passed from then on is not wanted; 0: all is */
};

static int tap_receive(const struct sluice_captured *captured, void *data)
{
	struct tap_drain *drain = data;
	struct scope_packet packet = {
		.time_ns = captured->real_ns,
		.bytes = captured->bytes,
		.segment_bytes = (uint16_t)captured->segment_bytes,
		.direction = captured->is_received ? SCOPE_IN : SCOPE_OUT,
	};

	packet.is_ip = sluice_frame_parse(captured->data,
					  captured->captured_bytes,
					  captured->link_type, &packet.frame);
	/* A tag that the device inserts lies beside the bytes. */
	if (!packet.is_ip && !captured->tag)
		packet.is_mac_control =
			sluice_frame_is_mac_control(captured->data,
						    captured->captured_bytes,
						    captured->link_type);
	if (drain->live->config.wants_hardware_stamps)
		return scope_hardware_add(&drain->live->hardware, &packet,
					  captured,
					  drain->live->config.captured);
	if (drain->end_ns && packet.time_ns >= drain->end_ns)
		return 0;
	if (drain->live->config.captured)
		drain->live->config.captured(captured,
				drain->live->config.captured_data);
	return drain->receive(&packet, drain->data);
}

/* ---- opening ---- */

/* What cannot be had together, in sentences. */
static int config_check(const struct scope_live_config *config, char *error,
			size_t error_size)
{
	bool is_bpf_only = config->is_counting ||
			   config->place == SCOPE_LIVE_STACK;

	if (!config->has_out && !config->has_in)
		return sluice_refuse(-EINVAL, error, error_size,
				     "no direction was asked for");
	if (config->mode == SCOPE_LIVE_TAP && is_bpf_only)
		return sluice_refuse(-EINVAL, error, error_size,
				     "a packet socket is behind the qdisc and counts nothing: ask for BPF");
	if (!config->wants_hardware_stamps)
		return 0;
	if (config->has_out)
		return sluice_refuse(-EOPNOTSUPP, error, error_size,
				     "a NIC tells its stamp of what it sends to the sender alone: ask for what is received");
	if (config->mode == SCOPE_LIVE_BPF || is_bpf_only)
		return sluice_refuse(-EOPNOTSUPP, error, error_size,
				     "hardware stamps come through the packet socket: do not ask for BPF");
	if (config->same_clock_as)
		return sluice_refuse(-EOPNOTSUPP, error, error_size,
				     "hardware stamps are of the NIC's own clock: they cannot be of another one's");
	return 0;
}

static int source_open(struct scope_live *live, char *error, size_t error_size)
{
	const struct scope_live_config *config = &live->config;
	bool may_tap = config->mode == SCOPE_LIVE_AUTO && !config->is_counting &&
		       config->place == SCOPE_LIVE_QDISC;
	int err;

	/* Before the socket, so that what it shows first is stamped. */
	if (config->wants_hardware_stamps) {
		err = scope_hardware_open(&live->hardware, live->name,
					  live->link.ifindex,
					  config->may_switch_on, error,
					  error_size);
		return err ? err : tap_open(live, error, error_size);
	}
	if (config->mode == SCOPE_LIVE_TAP)
		return tap_open(live, error, error_size);
	err = scope_bpf_open(&live->bpf, config, &live->link,
			     device_is_raw(live->name), live->clock_delta_ns,
			     error, error_size);
	if (!err || !may_tap)
		return err;
	snprintf(live->why_tap, sizeof(live->why_tap), "%s", error);
	return tap_open(live, error, error_size);
}

static int live_set_up(struct scope_live *live, char *error, size_t error_size)
{
	int err = device_find(live, error, error_size);

	if (!err)
		err = config_check(&live->config, error, error_size);
	if (err)
		return err;
	/* First the watch: what goes from now on is noticed. */
	live->watch_fd = watch_open();
	if (live->watch_fd < 0)
		return sluice_refuse(live->watch_fd, error, error_size,
				     "the kernel opens no netlink socket: %s",
				     strerror(-live->watch_fd));
	clocks_compare(live);
	return source_open(live, error, error_size);
}

int scope_live_open(struct scope_live **ret,
		    const struct scope_live_config *config, char *error,
		    size_t error_size)
{
	struct scope_live *live = calloc(1, sizeof(*live));
	int err;

	if (!live)
		return sluice_refuse(-ENOMEM, error, error_size,
				     "there is no memory");
	live->watch_fd = -1;
	live->hardware.clock.fd = -1;
	live->config = *config;
	snprintf(live->name, sizeof(live->name), "%s", config->name);
	live->config.name = live->name;
	if (!live->config.ring_bytes)
		live->config.ring_bytes = SCOPE_LIVE_RING_BYTES;
	err = live_set_up(live, error, error_size);
	if (err) {
		scope_live_close(live);
		return err;
	}
	*ret = live;
	return 0;
}

void scope_live_close(struct scope_live *live)
{
	if (!live)
		return;
	scope_bpf_close(live->bpf);
	sluice_capture_close(live->tap);
	scope_hardware_close(&live->hardware);
	if (live->watch_fd >= 0)
		close(live->watch_fd);
	free(live);
}

const char *scope_live_why_tap(const struct scope_live *live)
{
	return live->why_tap;
}

const char *scope_live_why_undated(const struct scope_live *live)
{
	if (!live->config.wants_departures)
		return "";
	return live->bpf ? scope_bpf_why_undated(live->bpf) :
	       "a packet socket does not see them without BPF";
}

bool scope_live_has_switched_on(const struct scope_live *live)
{
	return live->hardware.stamps.is_needed;
}

/* ---- while it is open ---- */

unsigned int scope_live_fds(const struct scope_live *live,
			    struct pollfd fds[SCOPE_LIVE_FDS])
{
	unsigned int count = 0;

	fds[count++] = (struct pollfd){ .fd = live->watch_fd,
					.events = POLLIN };
	if (live->tap)
		fds[count++] = (struct pollfd){
			.fd = sluice_capture_fd(live->tap), .events = POLLIN,
		};
	return count;
}

/* Through the packet socket, in the order of stamps, while the clock runs on. */
static int hardware_drain(struct tap_drain *drain, bool is_last)
{
	struct scope_hardware *hardware = &drain->live->hardware;
	/* What is read from here on was stamped before now. */
	int set_err = scope_nic_clock_look(&hardware->clock), err = 0;

	if (!set_err)
		err = sluice_capture_drain(drain->live->tap, tap_receive, drain);
	if (!err)
		err = scope_hardware_give(hardware, is_last || set_err,
					  &drain->live->config, drain->receive,
					  drain->data);
	return err ? err : set_err;
}

static int live_drain(struct tap_drain *drain, bool is_last)
{
	struct scope_live *live = drain->live;
	bool has_ended;
	int err;

	/* Asked before the last packets are taken, told after them. */
	watch_read(live);
	has_ended = is_gone(live);
	if (live->config.wants_hardware_stamps)
		err = hardware_drain(drain, is_last || has_ended);
	else if (live->tap)
		err = sluice_capture_drain(live->tap, tap_receive, drain);
	else
		err = scope_bpf_drain(live->bpf, drain->receive, drain->data);
	return !err && has_ended ? -ENODEV : err;
}

int scope_live_drain(struct scope_live *live,
		     int (*receive)(const struct scope_packet *packet,
				    void *data),
		     void *data)
{
	struct tap_drain drain = { live, receive, data, 0 };

	return live_drain(&drain, false);
}

/* What passed before now, and lies in a block of the tap's that is not full. */
static int tap_rest(struct tap_drain *drain)
{
	uint64_t until_ns = sluice_now_ns(CLOCK_MONOTONIC) + TAP_REST_NS;
	int err = 0;

	drain->end_ns = sluice_now_ns(CLOCK_REALTIME);
	while (!err && sluice_now_ns(CLOCK_MONOTONIC) < until_ns) {
		poll(NULL, 0, SCOPE_LIVE_PERIOD_MS);
		err = live_drain(drain, false);
	}
	return err;
}

int scope_live_drain_last(struct scope_live *live,
			  int (*receive)(const struct scope_packet *packet,
					 void *data),
			  void *data)
{
	struct tap_drain drain = { live, receive, data, 0 };
	int err = live->tap ? tap_rest(&drain) : 0;

	return err ? err : live_drain(&drain, true);
}

int scope_live_count(struct scope_live *live,
		     int (*receive)(const struct scope_live_sum *sum,
				    void *data),
		     void *data)
{
	int err;

	if (!live->config.is_counting)
		return -EINVAL;
	watch_read(live);
	err = scope_bpf_count(live->bpf, receive, data);
	return !err && is_gone(live) ? -ENODEV : err;
}

int scope_live_losses(struct scope_live *live, struct scope_live_losses *ret)
{
	struct sluice_capture_losses losses;
	int err;

	if (live->bpf) {
		scope_bpf_losses(live->bpf, ret);
		return 0;
	}
	err = sluice_capture_losses(live->tap, &losses);
	if (err)
		return err;
	*ret = (struct scope_live_losses){
		.missed_pkts = losses.missed_pkts,
		.unshown_pkts = losses.unshown_pkts,
		.unstamped_pkts = live->hardware.unstamped_pkts,
	};
	live->hardware.unstamped_pkts = 0;
	return 0;
}

int64_t scope_live_clock_delta_ns(const struct scope_live *live)
{
	return live->clock_delta_ns;
}

uint64_t scope_live_now_ns(const struct scope_live *live)
{
	if (live->config.wants_hardware_stamps)
		return scope_hardware_now_ns(&live->hardware);
	return live->bpf ? sluice_now_ns(CLOCK_MONOTONIC) +
			   (uint64_t)live->clock_delta_ns :
			   sluice_now_ns(CLOCK_REALTIME);
}

static bool is_at_hooks(const struct scope_live *live)
{
	return live->config.is_counting ||
	       live->config.place == SCOPE_LIVE_STACK;
}

bool scope_live_is_raw(const struct scope_live *live)
{
	return device_is_raw(live->name);
}

/* Which one ticks behind the times of packets. */
static void clock_tell(const struct scope_live *live, struct scope_vantage *ret)
{
	if (live->config.wants_hardware_stamps) {
		scope_hardware_tell(&live->hardware, ret);
	} else if (live->bpf) {
		snprintf(ret->clock, sizeof(ret->clock), "monotonic");
		ret->clock_ahead_ns = -live->clock_delta_ns;
		ret->clock_error_ns = live->clock_error_ns;
	} else {
		snprintf(ret->clock, sizeof(ret->clock), "realtime");
	}
}

void scope_live_vantage(const struct scope_live *live,
			enum scope_direction direction,
			struct scope_vantage *ret)
{
	bool is_in = direction == SCOPE_IN;
	bool is_hardware = live->config.wants_hardware_stamps;

	memset(ret, 0, sizeof(*ret));
	snprintf(ret->name, sizeof(ret->name), "%s:%s",
		 is_in ? "received" :
		 is_at_hooks(live) ? "stack" : "qdisc", live->name);
	ret->stamp = is_hardware ? SCOPE_STAMP_HARDWARE :
		     is_at_hooks(live) ? SCOPE_STAMP_STACK :
		     is_in ? SCOPE_STAMP_SOFTIRQ :
		     live->tap ? SCOPE_STAMP_TAP : SCOPE_STAMP_QDISC;
	ret->resolution_ns = is_hardware ? 1 : live->clock_step_ns;
	ret->uncertainty_ns = is_hardware ? HARDWARE_ERROR_NS :
			      live->clock_step_ns +
			      (live->bpf ? live->clock_error_ns : 0);
	/* Joined by GRO; a stamp of the NIC is from before the interrupt. */
	ret->is_coalesced = is_in && !is_hardware;
	ret->has_supers = true;
	ret->line_rate_bits_ps = live->line_rate_bits_ps;
	clock_tell(live, ret);
}
