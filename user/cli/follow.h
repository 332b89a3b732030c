/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Waiting for links that come up, for rates that are shares of their speed. What
 * the kernel tells of links is only taken as a hint to look at them again.
 */
#ifndef SLUICE_FOLLOW_H
#define SLUICE_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

struct mnl_socket;

/**
 * struct followed - a link that has been up
 * @ifindex: its number
 * @bits_ps: the speed that it had last
 */
struct followed {
	int ifindex;
	uint64_t bits_ps;
};

/**
 * struct follow - a run
 * @socket: the kernel says there that some link has changed
 * @links: what lies below the devices
 * @count: how many
 */
struct follow {
	struct mnl_socket *socket;
	struct followed *links;
	unsigned int count;
};

/*
 * Begin; what changes from here on is not missed. SIGINT and SIGTERM end
 * follow_wait() from now on. Returns 0 or -errno; follow_close() accepts zeroes.
 */
int follow_open(struct follow *follow);
void follow_close(struct follow *follow);

/*
 * Look at the links of the devices of these names, and at what is paced for them.
 * Is there one with a speed that it did not have at the look before?
 */
bool follow_look(struct follow *follow, const char *const *devices,
		 unsigned int count);

/* Wait until links have changed and rested for a second; false: it is to end. */
bool follow_wait(struct follow *follow);

/*
 * Tell systemd that the service has begun, and what it does (sd_notify(3)); who
 * has not asked for it is not told.
 */
void follow_notify(const char *status);

#endif
