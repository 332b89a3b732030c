// SPDX-License-Identifier: GPL-2.0
/* Waiting for links that come up; see follow.h. */
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

#include "../lib/place.h"

/*
 * A link that comes up is told of several times, and its members and what lies
 * above it with it.
 */
#define REST_MS 1000

static volatile sig_atomic_t is_stopped;

static void stop(int signal_number)
{
	(void)signal_number;
	is_stopped = 1;
}

int follow_open(struct follow *follow)
{
	struct sigaction action = { .sa_handler = stop, .sa_flags = SA_RESTART };

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

void follow_close(struct follow *follow)
{
	if (follow->socket)
		mnl_socket_close(follow->socket);
	free(follow->links);
	memset(follow, 0, sizeof(*follow));
}

/* ---- looking ---- */

/* Note the speed; true: it is another one. What cannot be noted is new again. */
static bool link_note(struct follow *follow, int ifindex, uint64_t bits_ps)
{
	struct followed *grown;
	unsigned int i;
	bool is_new;

	for (i = 0; i < follow->count; i++) {
		if (follow->links[i].ifindex != ifindex)
			continue;
		is_new = follow->links[i].bits_ps != bits_ps;
		follow->links[i].bits_ps = bits_ps;
		return is_new;
	}
	grown = reallocarray(follow->links, follow->count + 1, sizeof(*grown));
	if (!grown)
		return true;
	follow->links = grown;
	grown[follow->count++] = (struct followed){ ifindex, bits_ps };
	return true;
}

static bool device_look(struct follow *follow, const struct sluice_links *links,
			const char *device)
{
	struct sluice_places places = { .count = 0 };
	bool is_new = false;
	char error[512];
	unsigned int i;

	if (sluice_places_find(links, (int)if_nametoindex(device), &places,
			       error, sizeof(error)))
		return false;
	for (i = 0; i < places.count; i++) {
		const struct sluice_link *link = places.found[i];
		uint64_t bits_ps = link->has_carrier ?
				   sluice_link_speed_bits_ps(link) : 0;

		if (bits_ps)
			is_new |= link_note(follow, link->ifindex, bits_ps);
	}
	sluice_places_done(&places);
	return is_new;
}

bool follow_look(struct follow *follow, const char *const *devices,
		 unsigned int count)
{
	struct sluice_links links = { .count = 0 };
	struct sluice_netlink *netlink = NULL;
	char message[SLUICE_MESSAGE_SIZE];
	bool is_new = false;
	unsigned int i;

	if (!sluice_netlink_open(&netlink) &&
	    !sluice_links_list(netlink, &links, message))
		for (i = 0; i < count; i++)
			is_new |= device_look(follow, &links, devices[i]);
	sluice_links_done(&links);
	sluice_netlink_close(netlink);
	return is_new;
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

bool follow_wait(struct follow *follow)
{
	while (!is_stopped && !socket_wait(follow, -1))
		;
	do
		socket_drain(follow);
	while (!is_stopped && socket_wait(follow, REST_MS));
	return !is_stopped;
}

/* ---- systemd ---- */

void follow_notify(const char *status)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char text[256];
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
	snprintf(text, sizeof(text), "READY=1\nSTATUS=%s", status);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)!sendto(fd, text, strlen(text), MSG_NOSIGNAL, (void *)&to, size);
	close(fd);
}
