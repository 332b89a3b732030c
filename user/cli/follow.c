// SPDX-License-Identifier: GPL-2.0
/* Waiting for links; see follow.h. */
#include "follow.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../lib/now.h"
#include "../lib/place.h"

/*
 * A link that comes up is told of several times, and its members and what lies
 * above it with it. Where some link never rests it is enough of a hint after a while.
 */
#define REST_MS 1000
#define RESTLESS_MAX 10

#define NS_PER_MS 1000000

static volatile sig_atomic_t is_stopped;

static void stop(int signal_number)
{
	(void)signal_number;
	is_stopped = 1;
}

int follow_open(struct follow *follow)
{
	/* Not restarted: another command may hold the lock for long. */
	struct sigaction action = { .sa_handler = stop };

	memset(follow, 0, sizeof(*follow));
	follow->socket = mnl_socket_open2(NETLINK_ROUTE,
					  SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!follow->socket ||
	    mnl_socket_bind(follow->socket, RTMGRP_LINK, MNL_SOCKET_AUTOPID))
		return -errno;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	return 0;
}

bool follow_is_ended(void)
{
	return is_stopped;
}

void follow_close(struct follow *follow)
{
	if (follow->socket)
		mnl_socket_close(follow->socket);
	free(follow->seen.links);
	memset(follow, 0, sizeof(*follow));
}

/* ---- looking ---- */

static struct followed *followed_find(const struct followed_links *links,
				      int ifindex)
{
	unsigned int i;

	for (i = 0; i < links->count; i++)
		if (links->links[i].ifindex == ifindex)
			return &links->links[i];
	return NULL;
}

/**
 * struct look - one that is under way
 * @links: all devices
 * @before: what was there at the one before
 * @seen: what is there now
 * @is_new: some of it was not there, or had another speed
 */
struct look {
	struct sluice_links links;
	const struct followed_links *before;
	struct followed_links seen;
	bool is_new;
};

/* @bits_ps: 0: not known, so that is no change. What cannot be noted is new again. */
static void look_note(struct look *look, int ifindex, uint64_t bits_ps)
{
	const struct followed *was = followed_find(look->before, ifindex);
	struct followed *is = followed_find(&look->seen, ifindex), *grown;

	if (!bits_ps && was)
		bits_ps = was->bits_ps;
	look->is_new |= !was || was->bits_ps != bits_ps;
	if (is) {
		is->bits_ps = bits_ps ? bits_ps : is->bits_ps;
		return;
	}
	grown = reallocarray(look->seen.links, look->seen.count + 1,
			     sizeof(*grown));
	if (!grown)
		return;
	look->seen.links = grown;
	grown[look->seen.count++] = (struct followed){ ifindex, bits_ps };
}

static void look_device(struct look *look, struct follow_device *device)
{
	const int ifindex = (int)if_nametoindex(device->name);
	struct sluice_places places = { .count = 0 };
	char error[512];
	unsigned int i;

	if (!sluice_links_find(&look->links, ifindex))
		return;
	device->has_ports = sluice_places_change(&look->links, ifindex);
	look_note(look, ifindex, 0);
	if (sluice_places_find(&look->links, ifindex, &places, error,
			       sizeof(error)))
		return;
	for (i = 0; i < places.count; i++) {
		const struct sluice_link *link = places.found[i];

		look_note(look, link->ifindex,
			  device->has_share && link->has_carrier ?
			  sluice_link_speed_bits_ps(link) : 0);
	}
	sluice_places_done(&places);
}

bool follow_look(struct follow *follow, struct follow_device *devices,
		 unsigned int count)
{
	struct look look = { .before = &follow->seen };
	struct sluice_netlink *netlink = NULL;
	char message[SLUICE_MESSAGE_SIZE];
	unsigned int i;

	if (!sluice_netlink_open(&netlink) &&
	    !sluice_links_list(netlink, &look.links, message)) {
		for (i = 0; i < count; i++)
			look_device(&look, &devices[i]);
		free(follow->seen.links);
		follow->seen = look.seen;
	}
	sluice_links_done(&look.links);
	sluice_netlink_close(netlink);
	return look.is_new;
}

/* ---- waiting ---- */

/* Messages that there was no room for have come, too. */
static void socket_drain(struct follow *follow)
{
	char buffer[8192];

	while (mnl_socket_recvfrom(follow->socket, buffer, sizeof(buffer)) > 0 ||
	       errno == ENOBUFS || errno == ENOSPC)
		;
}

/* True when something came; false after the time, or when told to stop. */
static bool socket_wait(struct follow *follow, int timeout_ms)
{
	struct pollfd fd = { .fd = mnl_socket_get_fd(follow->socket),
			     .events = POLLIN };
	const struct timespec timeout = {
		.tv_sec = timeout_ms / 1000,
		.tv_nsec = timeout_ms % 1000 * 1000000L,
	};
	sigset_t ends, before;
	int ready = -1;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, &before);
	if (!is_stopped)
		ready = ppoll(&fd, 1, timeout_ms < 0 ? NULL : &timeout, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ready > 0;
}

/* -1: no end; it never fires too early. */
static int until_ms(uint64_t until_ns)
{
	const uint64_t now_ns = sluice_now_ns(CLOCK_MONOTONIC);

	if (!until_ns)
		return -1;
	return until_ns <= now_ns ? 0 :
	       (int)((until_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS);
}

enum follow_event follow_wait(struct follow *follow, uint64_t until_ns)
{
	unsigned int restless = 0;
	int left_ms;

	do {
		left_ms = until_ms(until_ns);
		if (is_stopped || !left_ms)
			return is_stopped ? FOLLOW_ENDS : FOLLOW_TIME;
	} while (!socket_wait(follow, left_ms));
	do
		socket_drain(follow);
	while (!is_stopped && restless++ < RESTLESS_MAX &&
	       socket_wait(follow, REST_MS));
	return is_stopped ? FOLLOW_ENDS : FOLLOW_LINKS;
}

/* ---- systemd ---- */

void follow_notify(const char *status)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char text[512];
	socklen_t size;
	int fd;

	if (!path || (*path != '/' && *path != '@') ||
	    strlen(path) >= sizeof(to.sun_path))
		return;
	strcpy(to.sun_path, path);
	size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
			   strlen(path));
	if (*path == '@')
		to.sun_path[0] = '\0';
	snprintf(text, sizeof(text), "READY=1\nSTATUS=%.*s",
		 (int)strcspn(status, "\n"), status);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)!sendto(fd, text, strlen(text), MSG_NOSIGNAL, (void *)&to, size);
	close(fd);
}
