/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Waiting for links: for ones that come up, where rates are shares of their speed,
 * and for ports and devices that come. What the kernel tells of links is only taken
 * as a hint to look at them again.
 */
#ifndef SLUICE_FOLLOW_H
#define SLUICE_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

struct mnl_socket;

/**
 * struct follow_device - one that is followed
 * @name: its name
 * @has_share: a rate is a share of its link, so that its speed counts
 * @has_ports: what is paced for it comes and goes; follow_look() says so
 */
struct follow_device {
	const char *name;
	bool has_share;
	bool has_ports;
};

/**
 * struct followed - a device, or what is paced for one
 * @ifindex: its number
 * @bits_ps: the speed that it had last; 0: it does not count, or was not known
 */
struct followed {
	int ifindex;
	uint64_t bits_ps;
};

/**
 * struct followed_links - those of one look
 * @links: they
 * @count: how many
 */
struct followed_links {
	struct followed *links;
	unsigned int count;
};

/**
 * struct follow - a run
 * @socket: the kernel says there that some link has changed
 * @seen: what was there at the last look
 */
struct follow {
	struct mnl_socket *socket;
	struct followed_links seen;
};

/* Why follow_wait() has ended. */
enum follow_event {
	FOLLOW_ENDS,	/* it was told to */
	FOLLOW_LINKS,	/* links have changed, and rested for a second */
	FOLLOW_TIME,	/* it is that time */
};

/*
 * Begin; what changes from here on is not missed. SIGINT and SIGTERM end
 * follow_wait() from now on, and waiting for the lock. Returns 0 or -errno;
 * follow_close() accepts zeroes.
 */
int follow_open(struct follow *follow);

/* It was told to end; what failed may have failed for that. */
bool follow_is_ended(void);

void follow_close(struct follow *follow);

/*
 * Look at these devices and at what is paced for them. Is there one that was not
 * there at the look before, or with another speed, if that counts?
 */
bool follow_look(struct follow *follow, struct follow_device *devices,
		 unsigned int count);

/* @until_ns: CLOCK_MONOTONIC; 0: for as long as it takes. */
enum follow_event follow_wait(struct follow *follow, uint64_t until_ns);

/*
 * Tell systemd that the service has begun, and what it does (sd_notify(3)); who
 * has not asked for it is not told.
 */
void follow_notify(const char *status);

#endif
